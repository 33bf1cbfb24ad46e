//! Order to answer beside clients who do not read: one who is told every trade and the depth, and
//! one who is told what becomes of the measured account's orders. Each order buys from one that
//! rests, so there is something to tell. Who is cut off at `out_bytes_max` comes again.

use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use hdrhistogram::Histogram;
use ringside_benches::run::{directory, median};
use ringside_tools::serve::Served;

use crate::drive::drive;
use crate::place::{KEY, MAKER, address, open};
use crate::speech::{Json, Ouch, ask, upgraded};

/// Orders a second.
const RATE: u64 = 10_000;
/// How often it is looked whether somebody was cut off.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Prints the table.
pub(crate) fn print(rounds: usize, length: Duration) {
    println!(
        "\norder to answer beside clients who do not read, {RATE} orders/s, async, µs from when it \
         was due; medians of {rounds} rounds, in turns\n"
    );
    println!("{:<24} {:>8} {:>9} {:>9} {:>9}", "", "p50", "p99", "p99.9", "cut off");
    let cases = [("OUCH", false), ("OUCH", true), ("JSON", false), ("JSON", true)];
    let mut found: [Vec<[f64; 4]>; 4] = Default::default();
    for _ in 0..rounds {
        for (&(door, is_stalled), found) in cases.iter().zip(&mut found) {
            let (waits, cut_off) = measure(door == "JSON", is_stalled, length);
            let [p50, p99, p999] =
                [0.5, 0.99, 0.999].map(|q| waits.value_at_quantile(q) as f64 / 1_000.0);
            found.push([p50, p99, p999, cut_off as f64]);
        }
    }
    for ((door, is_stalled), found) in cases.into_iter().zip(found) {
        let name = if is_stalled { format!("{door}, two do not read") } else { door.to_owned() };
        let [p50, p99, p999, cut_off] =
            [0, 1, 2, 3].map(|at| median(&found.iter().map(|row| row[at]).collect::<Vec<_>>()));
        println!("{name:<24} {p50:>8.1} {p99:>9.1} {p999:>9.1} {cut_off:>9}");
    }
}

/// The waits, and how many were cut off.
fn measure(json: bool, is_stalled: bool, length: Duration) -> (Histogram<u64>, u64) {
    let home = tempfile::tempdir_in(directory()).expect("a directory");
    let served = open(home.path(), "async");
    let door = address(&served, true);
    let (_, mut maker) = Json::log_on(door, &MAKER, "maker");
    ask(&mut maker, REST, b"\"status\":200");
    let is_over = AtomicBool::new(false);
    let (waits, cut_off) = thread::scope(|scope| {
        let stalled = scope.spawn(|| if is_stalled { stall(&served, &is_over) } else { 0 });
        let (waits, _) = if json {
            let (mut json, socket) = Json::log_on(door, &KEY, "bench-json");
            drive(&mut json, socket, RATE, length)
        } else {
            let (mut ouch, socket) = Ouch::log_in(address(&served, false));
            drive(&mut ouch, socket, RATE, length)
        };
        is_over.store(true, Ordering::Relaxed);
        stalled.thread().unpark();
        (waits, stalled.join().expect("clients who do not read"))
    });
    served.venue.stop();
    (waits, cut_off)
}

/// What every measured order buys from.
const REST: &str = r#"{"id":1,"method":"order.place","params":{"symbol":"SOLUSDC","side":"SELL",
"type":"LIMIT","timeInForce":"GTC","price":"1.00","quantity":"1000000","newOrderRespType":"ACK"}}"#;

/// Two clients who never read, until it is over; how many were cut off.
fn stall(served: &Served, is_over: &AtomicBool) -> u64 {
    let door = address(served, true);
    let began = served.counts.cut_off.load(Ordering::Relaxed);
    let mut seen = began;
    let mut stalled = [public(door), private(door)];
    while !is_over.load(Ordering::Relaxed) {
        thread::park_timeout(LOOK_EVERY);
        let cut_off = served.counts.cut_off.load(Ordering::Relaxed);
        if cut_off > seen {
            seen = cut_off;
            stalled = [public(door), private(door)];
        }
    }
    drop(stalled);
    seen - began
}

fn public(door: SocketAddr) -> TcpStream {
    upgraded(door, "/ws/solusdc@trade/solusdc@bookTicker/solusdc@depth@100ms")
}

fn private(door: SocketAddr) -> TcpStream {
    let (_, mut socket) = Json::log_on(door, &KEY, "bench-deaf");
    let subscribe = r#"{"id":1,"method":"userDataStream.subscribe","params":{"scope":"account"}}"#;
    ask(&mut socket, subscribe, b"\"subscriptionId\"");
    socket
}
