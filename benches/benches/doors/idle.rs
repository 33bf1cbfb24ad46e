//! The memory of sessions that are logged on, hear what becomes of their orders, and are silent.
//! The venue is a process of its own, so what is measured is the venue's alone.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use ringside_benches::run::{directory, median};
use ringside_tools::serve;

use crate::place::{KEY, address, configuration};
use crate::speech::{Json, ask};

/// Behind this stands the directory of a venue that this program serves.
pub(crate) const SERVE: &str = "--serve";
/// How many sessions there are when it is looked.
const SESSIONS: [usize; 3] = [0, 1_000, 4_000];

/// Prints the table.
pub(crate) fn print(rounds: usize) {
    println!("\nidle sessions over WebSocket; medians of {rounds} rounds\n");
    println!("{:<10} {:>14} {:>16}", "sessions", "resident MiB", "KiB a session");
    let found: Vec<[u64; 3]> = (0..rounds).map(|_| measure()).collect();
    for (at, sessions) in SESSIONS.into_iter().enumerate() {
        let of = |value: fn(&[u64; 3], usize) -> f64| {
            median(&found.iter().map(|row| value(row, at)).collect::<Vec<_>>())
        };
        let resident = of(|row, at| row[at] as f64 / 1_024.0);
        let grown = of(|row, at| row[at].saturating_sub(row[0]) as f64);
        let each =
            if sessions == 0 { String::new() } else { format!("{:.1}", grown / sessions as f64) };
        println!("{sessions:<10} {resident:>14.1} {each:>16}");
    }
}

/// The venue's resident memory, in KiB, with so many sessions each.
fn measure() -> [u64; 3] {
    let home = tempfile::tempdir_in(directory()).expect("a directory");
    let (mut venue, door) = start(home.path());
    let mut sessions = Vec::new();
    let resident = SESSIONS.map(|count| {
        while sessions.len() < count {
            sessions.push(session(door, sessions.len()));
        }
        resident_kib(&venue)
    });
    venue.kill().expect("it runs");
    venue.wait().expect("it was started here");
    resident
}

/// A session on a stream of its own.
fn session(door: SocketAddr, number: usize) -> TcpStream {
    let (_, mut socket) = Json::log_on(door, &KEY, &format!("idle-{number}"));
    let subscribe = r#"{"id":1,"method":"userDataStream.subscribe","params":{}}"#;
    ask(&mut socket, subscribe, b"\"subscriptionId\"");
    socket
}

/// A venue in a process of its own, and its JSON door.
fn start(home: &Path) -> (Child, SocketAddr) {
    let program = std::env::current_exe().expect("this program");
    let mut venue = Command::new(program)
        .arg(SERVE)
        .arg(home)
        .stdout(Stdio::piped())
        .spawn()
        .expect("a process");
    let mut line = String::new();
    let stdout = venue.stdout.take().expect("it is a pipe");
    BufReader::new(stdout).read_line(&mut line).expect("an address");
    (venue, line.trim().parse().expect("an address"))
}

/// Serves a venue until it is killed.
pub(crate) fn serve(home: &Path) {
    let served = serve::serve(&configuration(home, "async")).expect("a venue");
    println!("{}", address(&served, true));
    served.venue.wait();
}

fn resident_kib(venue: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", venue.id()));
    let status = status.expect("a process that runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).expect("a number of kB")
}
