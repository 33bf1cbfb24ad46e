//! An open loop: every order has a time at which it is due, whatever became of the one before.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::READ_BYTES;
use crate::speech::Speaks;

/// Sends orders when they are due and waits for the answer to each.
pub(crate) fn drive(
    speech: &mut dyn Speaks,
    mut socket: TcpStream,
    rate: u64,
    length: Duration,
) -> (Histogram<u64>, u64) {
    let mut waits = Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("bounds");
    let count = rate * length.as_millis() as u64 / 1_000;
    let interval = Duration::from_nanos(1_000_000_000 / rate);
    let (mut due, mut sent, mut answered) = (VecDeque::new(), 0u64, 0u64);
    let (mut out, mut came, mut buffer) = (Vec::new(), Vec::new(), vec![0; READ_BYTES]);
    socket.set_nonblocking(true).expect("a socket that does not block");
    let began = Instant::now();
    while answered < count {
        let now = began.elapsed();
        while sent < count && interval * (sent as u32) <= now {
            sent += 1;
            speech.order(sent, &mut out);
            due.push_back(interval * (sent as u32 - 1));
        }
        if !out.is_empty() {
            send(&mut socket, &out);
            out.clear();
        }
        // It looks without sleeping: a socket's own timeouts are as coarse as the system's ticks.
        match socket.read(&mut buffer) {
            Ok(0) => panic!("the venue has closed the connection"),
            Ok(bytes) => came.extend_from_slice(&buffer[..bytes]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
        let now = began.elapsed();
        for _ in 0..speech.answers(&mut came) {
            answered += 1;
            let due = due.pop_front().expect("an answer to an order");
            let wait = now.saturating_sub(due).as_nanos() as u64;
            waits.record(wait.max(1)).expect("within bounds");
        }
    }
    (waits, count)
}

/// Writes all of it, however often the socket is full.
fn send(socket: &mut TcpStream, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match socket.write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
    }
}
