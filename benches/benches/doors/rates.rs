//! Order to answer at several rates, beside an echo: what sockets and the system cost by
//! themselves. Orders are IOC that find nothing, so the book stays as it is; the wait ends with
//! `accepted`, or with the answer to `order.place`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;
use std::time::Duration;

use hdrhistogram::Histogram;
use ringside_benches::run::{directory, median};

use crate::READ_BYTES;
use crate::drive::drive;
use crate::place::{KEY, address, open};
use crate::speech::{Echo, Json, Ouch, connect};

const RATES: [u64; 3] = [1_000, 10_000, 50_000];
const DURABILITIES: [&str; 2] = ["async", "sync"];

/// Prints the table.
pub(crate) fn print(rounds: usize, length: Duration) {
    println!("order to answer, µs from when it was due; medians of {rounds} rounds, in turns\n");
    println!(
        "{:<10} {:<22} {:>8} {:>9} {:>9} {:>9}",
        "orders/s", "", "p50", "p99", "p99.9", "sent"
    );
    for rate in RATES {
        for durability in DURABILITIES {
            print_rows(rate, durability, rounds, length);
        }
    }
}

fn print_rows(rate: u64, durability: &str, rounds: usize, length: Duration) {
    let names = ["echo".to_owned(), format!("OUCH, {durability}"), format!("JSON, {durability}")];
    let mut found: [Vec<[f64; 3]>; 3] = Default::default();
    let mut sent = 0;
    for _ in 0..rounds {
        for (at, found) in found.iter_mut().enumerate() {
            let (waits, count) = measure(at, durability, rate, length);
            found.push([0.5, 0.99, 0.999].map(|q| waits.value_at_quantile(q) as f64 / 1_000.0));
            sent = count;
        }
    }
    for (name, found) in names.iter().zip(found) {
        let [p50, p99, p999] =
            [0, 1, 2].map(|q| median(&found.iter().map(|row| row[q]).collect::<Vec<_>>()));
        println!("{rate:<10} {name:<22} {p50:>8.1} {p99:>9.1} {p999:>9.1} {sent:>9}");
    }
}

fn measure(what: usize, durability: &str, rate: u64, length: Duration) -> (Histogram<u64>, u64) {
    if what == 0 {
        let (address, echo) = echo();
        let waits = drive(&mut Echo, connect(address), rate, length);
        drop(echo);
        return waits;
    }
    let home = tempfile::tempdir_in(directory()).expect("a directory");
    let served = open(home.path(), durability);
    let waits = if what == 1 {
        let (mut ouch, socket) = Ouch::log_in(address(&served, false));
        drive(&mut ouch, socket, rate, length)
    } else {
        let (mut json, socket) = Json::log_on(address(&served, true), &KEY, "bench");
        drive(&mut json, socket, rate, length)
    };
    served.venue.stop();
    waits
}

/// A thread that sends back what it reads.
fn echo() -> (SocketAddr, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let work = move || {
        let (mut socket, _) = listener.accept().expect("a client");
        socket.set_nodelay(true).expect("no delay");
        let mut buffer = vec![0; READ_BYTES];
        while let Ok(bytes @ 1..) = socket.read(&mut buffer) {
            socket.write_all(&buffer[..bytes]).expect("a socket that takes");
        }
    };
    (address, thread::spawn(work))
}
