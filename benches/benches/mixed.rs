//! The matching core on the reference flow, beside its peer, in one run: `cargo bench -p
//! ringside-benches --bench mixed [-- --commands N] [--rounds N] [--only NUMBER]`.
//!
//! Candidates take turns; each figure is the median of the rounds, CPU time of the thread over the
//! commands, reading each command from its slot included. Every run's totals are checked first: a
//! candidate that trades wrongly has no speed.

use std::time::Duration;

use cpu_time::ThreadTime;
use hdrhistogram::Histogram;
use ringside_benches::flow::{self, Record, Totals};
use ringside_benches::peer::Peer;
use ringside_benches::run::{argument, print_machine};
use ringside_benches::venue::{Naming, Scope, ready};
use ringside_engine::Counter;
use ringside_engine::book::Ladder;
use ringside_protocol::CommandReader;

struct Candidate {
    name: &'static str,
    run: fn(&[Record], Totals) -> Duration,
}

const CANDIDATES: [Candidate; 5] = [
    Candidate {
        name: "full apply, orders by UserRefNum",
        run: |records, totals| ringside(records, totals, Naming::UserRefs, Scope::Full),
    },
    Candidate {
        name: "full apply, orders by client id",
        run: |records, totals| ringside(records, totals, Naming::ClientIds, Scope::Full),
    },
    Candidate {
        name: "matching only, orders by UserRefNum",
        run: |records, totals| ringside(records, totals, Naming::UserRefs, Scope::MatchingOnly),
    },
    Candidate { name: "reading the slots alone", run: reading },
    Candidate { name: "orderbook-rs 0.15.3", run: orderbook_rs },
];

fn ringside(records: &[Record], totals: Totals, naming: Naming, scope: Scope) -> Duration {
    let mut venue = ready::<Ladder>(records, naming, scope);
    let mut sink = Counter::default();
    let clock = ThreadTime::now();
    venue.run(&mut sink);
    let spent = clock.elapsed();
    assert_eq!(venue.totals(), totals);
    spent
}

/// What of the figures above is reading the commands, before the engine sees them.
fn reading(records: &[Record], _totals: Totals) -> Duration {
    let venue = ready::<Ladder>(records, Naming::UserRefs, Scope::Full);
    let clock = ThreadTime::now();
    venue.read();
    clock.elapsed()
}

fn orderbook_rs(records: &[Record], totals: Totals) -> Duration {
    let peer = Peer::ready(records);
    let clock = ThreadTime::now();
    peer.run(records);
    let spent = clock.elapsed();
    if peer.totals().trades != totals.trades {
        println!("note: orderbook-rs made {:?}, expected {totals:?}", peer.totals());
    }
    spent
}

fn main() {
    let commands = argument("--commands").unwrap_or(2_000_000);
    let rounds = argument("--rounds").unwrap_or(5);
    let (records, totals) = flow::mixed(commands, 42);
    println!("flow mixed: {commands} commands, seed 42, {totals:?}");
    print_machine();
    let only = argument("--only");
    let is_asked = |at: &usize| only.is_none_or(|only| only == *at);
    let candidates: Vec<usize> = (0..CANDIDATES.len()).filter(is_asked).collect();
    let mut spent = vec![Vec::new(); candidates.len()];
    for _ in 0..rounds {
        for (&candidate, spent) in candidates.iter().zip(&mut spent) {
            let time = (CANDIDATES[candidate].run)(&records, totals);
            spent.push(time.as_nanos() as f64 / commands as f64);
        }
    }
    let medians: Vec<f64> = spent.into_iter().map(median).collect();
    println!("{:<40} {:>12} {:>8}", "candidate, median of rounds", "ns/command", "ratio");
    for (&candidate, ns) in candidates.iter().zip(&medians) {
        println!("{:<40} {ns:>12.1} {:>8.2}", CANDIDATES[candidate].name, ns / medians[0]);
    }
    if only.is_none() {
        print_percentiles(&records);
    }
}

/// Wall time of single commands, with what reading the clock costs left in.
fn print_percentiles(records: &[Record]) {
    let mut venue = ready::<Ladder>(records, Naming::UserRefs, Scope::Full);
    let mut histogram = Histogram::<u64>::new(3).expect("three digits");
    let (mut sink, mut at) = (Counter::default(), 0);
    let mut reader = CommandReader::default();
    let slots = std::mem::take(&mut venue.slots);
    while at < slots.len() {
        let clock = std::time::Instant::now();
        let (stamp, command, taken) = reader.read(&slots[at..]).expect("a command");
        venue.engine.apply_view(&stamp, command, &mut sink);
        histogram.saturating_record(clock.elapsed().as_nanos() as u64);
        at += taken;
    }
    let at = |quantile| histogram.value_at_quantile(quantile);
    println!(
        "full apply, one command, clock included: p50 {} p99 {} p99.9 {} max {} ns",
        at(0.5),
        at(0.99),
        at(0.999),
        histogram.max()
    );
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
