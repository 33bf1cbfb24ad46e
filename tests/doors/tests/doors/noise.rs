//! Strangers send random bytes and conversations with a mistake in them to every port, with new
//! connections all the time; those who trade meanwhile do not notice, and nothing of the strangers
//! is left (GWY-004, GWY-005, GWY-018). `RINGSIDE_NOISE_SECONDS=600` makes it ten minutes.

mod healthy;

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use hdrhistogram::Histogram;
use ringside_client::socket::Address;
use ringside_client::soup::Resume;
use ringside_client::websocket::API;
use ringside_crash::verdict::{Acknowledged, judge};
use ringside_doors::line::Line;
use ringside_doors::noise::{Desk, Mistake, Stranger};
use ringside_doors::venue::{Plan, TOPOLOGIES, Venue, key};
use ringside_tests::random::Random;
use ringside_tests::seed;

use self::healthy::{Binary, Http, Json, Tape, steady};
use crate::cycles::settled;
use crate::open;

/// How long strangers come, where nothing else is said; a tenth of it there are none, before.
const SECONDS: u64 = 4;
/// Strangers at once; each comes from two accounts.
const STRANGERS: u32 = 2;
/// Those who trade have the accounts before.
const FIRST_STRANGER: u32 = 2;
/// What the venue may have grown by in the second half of the noise, but for what it keeps of the
/// orders of those who trade: what strangers fill up to its bounds (names, tokens, orders that were
/// refused). Of their connections nothing is kept.
const GROWTH_BYTES_MAX: u64 = 8 << 20;
/// What it keeps of an order: its row, its name, its messages on the tape.
const ORDER_BYTES_MAX: u64 = 1_024;
/// A connection whose other side has said its last ends within this.
const ENDS_WITHIN: Duration = Duration::from_secs(60);

#[test]
fn strangers_at_every_port_disturb_nobody_and_leave_nothing_behind() {
    let length = Duration::from_secs(noise_seconds()) / TOPOLOGIES.len() as u32;
    for topology in TOPOLOGIES {
        pestered(topology, length);
    }
}

fn noise_seconds() -> u64 {
    let set = std::env::var("RINGSIDE_NOISE_SECONDS").ok();
    set.map_or(SECONDS, |text| text.parse().expect("RINGSIDE_NOISE_SECONDS is a number"))
}

/// Those who trade, by a way in that no stranger uses: limits of an address are not theirs.
struct Healthy {
    binary: Binary,
    json: Json,
    http: Http,
}

/// How long they waited for answers.
type Waits = [(&'static str, Histogram<u64>); 3];

impl Healthy {
    /// All three at their steady rate for so long.
    fn trade(&mut self, length: Duration) -> Waits {
        let Self { binary, json, http } = self;
        thread::scope(|scope| {
            let binary = scope.spawn(|| steady(binary, length));
            let json = scope.spawn(|| steady(json, length));
            let http = scope.spawn(|| steady(http, length));
            [("OUCH", binary), ("JSON", json), ("HTTP", http)]
                .map(|(door, waits)| (door, waits.join().unwrap()))
        })
    }
}

fn pestered(topology: &'static str, length: Duration) {
    let plan = Plan::new(topology, "async").accounts(FIRST_STRANGER + 2 * STRANGERS).every_door();
    let mut venue = open(&plan.limit("requests_per_minute", 10_000_000));
    let tape = Tape::listen(&venue);
    let mut healthy =
        Healthy { binary: Binary::new(&venue), json: Json::new(&venue), http: Http::new(&venue) };
    healthy.binary.fill_rings();
    let quiet = healthy.trade(length / 10);
    let sockets = venue.sockets();
    let mut came = Came::new();
    let mut noisy = Vec::new();
    let mut memory = [0; 2];
    for (half, memory) in (0..).zip(&mut memory) {
        let (waits, strangers) = with_strangers(&venue, half, || healthy.trade(length / 2));
        noisy.push(waits);
        strangers.into_iter().for_each(|(desk, count)| *came.entry(desk).or_default() += count);
        let left = settled(&venue, sockets, || healthy.binary.asks_for_nothing());
        assert_eq!(left, sockets, "{topology}: sockets of strangers are left");
        *memory = venue.memory();
    }
    healthy.json.heard_all(&venue);
    healthy.binary.heard_all(&venue);
    let told = tape.heard_all(&venue);
    were_served(&venue);

    println!("{topology}, seed {}: connections {came:?}; {told} messages on the tape", seed());
    print_waits("quiet", &[quiet]);
    print_waits("noise", &noisy);
    let (grown, orders) = (memory[1].saturating_sub(memory[0]), orders(&noisy[1]));
    println!(
        "{sockets} sockets before and after; in the second half {orders} orders, {grown} bytes \
         more than {}",
        memory[0]
    );
    assert!(came.len() == Desk::ALL.len(), "{came:?}: they came to every port");
    assert!(grown <= GROWTH_BYTES_MAX + orders * ORDER_BYTES_MAX, "{topology}: {grown} bytes more");
    ends_in_order(&mut venue);
}

/// Strangers who made no mistake before they were in got in, and were told something at both doors.
fn were_served(venue: &Venue) {
    for at in (FIRST_STRANGER..).step_by(2).take(STRANGERS as usize) {
        let (_, accepted) = Line::enter(&venue.doors.v6, &venue.login(at), Resume::LIVE);
        assert!(accepted.sequence > 1, "S{at}");
        let welcome = venue.web(API).log_on(&key(at), &format!("J{at}")).unwrap();
        assert!(welcome["nextNumber"].as_u64() > Some(1), "{welcome}");
    }
}

/// It has not panicked, and its books are in order.
fn ends_in_order(venue: &mut Venue) {
    assert_eq!(venue.stop().code(), Some(0), "{}", venue.said());
    assert!(!venue.said().contains("panicked"), "{}", venue.said());
    let verdict = judge(&venue.files(), &Acknowledged::default());
    verdict.unwrap_or_else(|error| panic!("{error}\n{}", venue.said()));
}

/// How many orders those who trade have entered.
fn orders(waits: &Waits) -> u64 {
    waits.iter().filter(|(door, _)| *door != "HTTP").map(|(_, waits)| waits.len()).sum()
}

fn print_waits(when: &str, phases: &[Waits]) {
    for (at, (door, _)) in phases[0].iter().enumerate() {
        let mut all = Histogram::<u64>::new(3).expect("three digits");
        phases.iter().for_each(|waits| all.add(&waits[at].1).expect("it grows"));
        let us = |part| all.value_at_quantile(part) / 1_000;
        let (p50, p99, max) = (us(0.5), us(0.99), all.max() / 1_000);
        println!("  {when} {door}: {} asked, p50 {p50} µs, p99 {p99} µs, max {max} µs", all.len());
    }
}

/// Connections by where strangers came.
type Came = BTreeMap<String, u64>;

/// Does something while strangers come.
fn with_strangers<T>(venue: &Venue, half: u64, does: impl FnOnce() -> T) -> (T, Came) {
    let is_over = &AtomicBool::new(false);
    thread::scope(|scope| {
        let strangers: Vec<_> = (0..STRANGERS)
            .map(|number| scope.spawn(move || pester(venue, number, half, is_over)))
            .collect();
        let done = does();
        is_over.store(true, Ordering::Relaxed);
        let mut came = Came::new();
        for (desk, count) in strangers.into_iter().flat_map(|stranger| stranger.join().unwrap()) {
            *came.entry(desk).or_default() += count;
        }
        (done, came)
    })
}

/// Comes again and again until it is over, to every port by turns.
fn pester(venue: &Venue, number: u32, half: u64, is_over: &AtomicBool) -> Came {
    let at = FIRST_STRANGER + 2 * number;
    let (known, knocking) = (Stranger::new(venue, at), Stranger::new(venue, at + 1));
    let mut random = Random::new(seed() * 1_000 + u64::from(number) * 10 + half);
    let mut came = Came::new();
    while !is_over.load(Ordering::Relaxed) {
        for desk in Desk::ALL {
            let mistake = random.pick(&Mistake::ALL);
            // Who gets in has made no mistake before. Names of those who guess are locked.
            let (stranger, kept) = if random.chance(1, 4) { (&knocking, 0) } else { (&known, 1) };
            let said = mistake.make(&stranger.talks(desk, &mut random), kept, &mut random);
            visit(&desk.address(venue), &said, random.chance(1, 4));
            *came.entry(format!("{desk:?}")).or_default() += 1;
        }
    }
    came
}

/// Says all of it and hears to the end, or goes at once.
fn visit(address: &Address, said: &[u8], in_a_hurry: bool) {
    let Address::Tcp(address) = *address else { panic!("{address} is no port") };
    let mut socket = TcpStream::connect(address).expect("the door is open");
    socket.set_read_timeout(Some(ENDS_WITHIN)).expect("a limit");
    socket.set_write_timeout(Some(ENDS_WITHIN)).expect("a limit");
    // The venue may have ended it already.
    let _ = socket.write_all(said);
    if in_a_hurry || socket.shutdown(Shutdown::Write).is_err() {
        return;
    }
    let mut piece = [0; 16 * 1024];
    loop {
        match socket.read(&mut piece) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => {
                let is_held = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
                return assert!(!is_held, "the venue keeps who has said his last: {said:?}");
            }
        }
    }
}
