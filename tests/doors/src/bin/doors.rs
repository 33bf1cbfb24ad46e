//! `ringside` by another name, for tests that start venues; and a stage for clients that others
//! wrote: a venue is started, a program is run before its door, its exit status is this one's.
//!
//! ```text
//! doors stage PROGRAM ARGUMENT...   HOST, PORT, USERNAME, TICKET and ORDER stand for the real ones
//! doors dump FILE                   a session, both ways, as a dump that text2pcap reads
//! doors feed FILE                   what the public feed's door says of a few orders, byte by byte
//! doors ahead NS CONFIGURATION      serves by a clock that is ahead, and moved by lines of numbers
//! ```

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use ringside_client::order::{NewOrder, symbol};
use ringside_client::socket::Address;
use ringside_client::soup::{Login, Resume};
use ringside_doors::line::{Heard, Line, request};
use ringside_doors::spoken::encoded;
use ringside_doors::venue::{Plan, SYMBOL, Venue, wall};
use ringside_protocol::wire::soup::ClientPacket;
use ringside_protocol::{Side, Timestamp};
use ringside_tools::serve::Serve;
use ringside_tools::venue::clock::SharedClock;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["stage", program, ref rest @ ..] => stage(program, rest),
        ["dump", file] => dump(file),
        ["feed", file] => feed(file),
        ["ahead", ns, configuration] => ahead(number(ns), configuration),
        _ => ringside_tools::cli::main(),
    }
}

/// Serves by the wall's clock and so much more; each line that comes is more of it, and is said
/// again when the clock is there.
fn ahead(ns: u64, configuration: &str) -> ExitCode {
    let ahead = Arc::new(AtomicU64::new(ns));
    let moved = Arc::clone(&ahead);
    thread::spawn(move || {
        for line in io::stdin().lines().map_while(Result::ok) {
            moved.fetch_add(number(&line), Ordering::SeqCst);
            println!("{line}");
        }
    });
    let clock: SharedClock = Arc::new(move || Timestamp(wall().0 + ahead.load(Ordering::SeqCst)));
    Serve::of(configuration.into()).perform_by(&clock).into()
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn opened() -> Venue {
    planned(&Plan::new("fused", "sync"))
}

fn planned(plan: &Plan) -> Venue {
    let program = env::current_exe().expect("this program");
    Venue::start(&program.display().to_string(), plan)
}

fn order(number: u32) -> Vec<u8> {
    let side = if number % 2 == 1 { Side::Buy } else { Side::Sell };
    encoded(&NewOrder::limit(side, symbol(SYMBOL), 5, 10_000).enter(number).into())
}

fn stage(program: &str, arguments: &[&str]) -> ExitCode {
    let venue = opened();
    let Address::Tcp(address) = venue.doors.v4 else { panic!("{:?} is no port", venue.doors) };
    let arguments = arguments.iter().map(|&argument| match argument {
        "HOST" => address.ip().to_string(),
        "PORT" => address.port().to_string(),
        "USERNAME" => venue.stream(0),
        "TICKET" => venue.ticket(0).to_owned(),
        "ORDER1" | "ORDER2" => hex(&order(argument[5..].parse().expect("a number"))),
        other => other.to_owned(),
    });
    let status = Command::new(program).args(arguments).status();
    let status = status.unwrap_or_else(|error| panic!("{program} cannot be started: {error}"));
    ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1))
}

/// A session with one of everything that SoupBinTCP has: logins, data both ways, heartbeats, debug
/// text, a login that is refused, a logout.
fn dump(file: &str) -> ExitCode {
    let venue = opened();
    let mut text = String::new();
    let mut refused = Line::recorded(&venue.doors.v4);
    refused.bytes(&request(&venue.login(0), Resume { next: 99, ..Resume::FIRST }));
    refused.to_end();
    let mut line = Line::recorded(&venue.doors.v4);
    line.log_in(&venue.login(0), Resume::FIRST);
    line.say(&ClientPacket::Heartbeat);
    line.say(&ClientPacket::Debug(b"a capture"));
    for number in 1..=4 {
        line.say(&ClientPacket::Unsequenced(&order(number)));
    }
    line.until(|heard| matches!(heard, Heard::Heartbeat));
    line.say(&ClientPacket::Logout);
    line.to_end();
    for (direction, bytes) in refused.record().iter().chain(line.record()) {
        write!(text, "{direction} 000000").expect("a text takes every byte");
        for byte in bytes {
            write!(text, " {byte:02x}").expect("a text takes every byte");
        }
        text.push('\n');
    }
    fs::write(file, text).unwrap_or_else(|error| panic!("{file} cannot be written: {error}"));
    ExitCode::SUCCESS
}

/// What somebody hears who takes a snapshot and then sees orders that come, trade, are reduced,
/// replaced and cancelled.
fn feed(file: &str) -> ExitCode {
    let venue = planned(&Plan::new("fused", "sync").every_door());
    let door = venue.doors.public.as_ref().expect("every door is open");
    let mut line = Line::recorded(&door.market_data.v4);
    line.bytes(&request(&Login::new("feed", "").expect("a name"), Resume::LIVE));
    line.until(|heard| matches!(heard, Heard::Aside(message) if message[0] == b'G'));

    let [mut buyer, mut seller] = [0, 1].map(|account| venue.bot(account));
    let limit = |side, lots, ticks| NewOrder::limit(side, symbol(SYMBOL), lots, ticks);
    let first = buyer.place(&limit(Side::Buy, 5, 10_000)).expect("sent");
    let better = limit(Side::Buy, 6, 10_001);
    let second = buyer.replace(first, &better.terms, better.life).expect("sent");
    buyer.reduce(second, 4).expect("sent");
    buyer.query().expect("an answer, so all of it is done");
    let third = seller.place(&limit(Side::Sell, 5, 10_001)).expect("sent");
    seller.cancel(third).expect("sent");
    for _ in 0..2 {
        line.until(|heard| matches!(heard, Heard::Message(message) if message[0] == b'D'));
    }
    let heard = line.record().iter().filter(|(direction, _)| *direction == 'I');
    let bytes: Vec<u8> = heard.flat_map(|(_, bytes)| bytes).copied().collect();
    fs::write(file, bytes).unwrap_or_else(|error| panic!("{file} cannot be written: {error}"));
    ExitCode::SUCCESS
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
