//! Ten million commands since the last snapshot, and a venue that comes back from them:
//! `cargo bench -p ringside-benches --bench recover -- [--commands N] [--rounds N]
//! [--directory DIR]`.
//!
//! The commands are the reference flow, journalled in batches of 256 and without a snapshot; they
//! lie in the page cache. Each figure is the median of the rounds, of wall time and of CPU time of
//! the thread, which is all that a crowded machine can say. The engine that comes back must have
//! traded what the flow's totals say. A million open orders from a snapshot: see the bench
//! `restore`.

use std::path::Path;
use std::time::Instant;

use cpu_time::ThreadTime;
use ringside_benches::flow::{self, PREFILL, Totals};
use ringside_benches::run::{argument, directory, median, print_machine};
use ringside_benches::venue::{Naming, Ready as Flow, Scope, ready};
use ringside_engine::Engine;
use ringside_engine::book::Ladder;
use ringside_journal::storage::Storage;
use ringside_journal::{Access, Author, Chain, Records, Room, Writer, begin, make_spare};
use ringside_protocol::{InstrumentId, Slot, Timestamp, peek_command};
use ringside_tools::venue::assembly::Ready;
use ringside_tools::venue::layout::Layout;
use ringside_tools::venue::recovery;
use ringside_tools::venue::settings::Settings;

const SEGMENT_BYTES: u64 = 64 << 20;
/// Slots of a batch, at least, but for the last.
const BATCH_SLOTS: usize = 256;

fn main() {
    let commands = argument("--commands").unwrap_or(10_000_000);
    let rounds = argument("--rounds").unwrap_or(5);
    print_machine();
    let directory = tempfile::tempdir_in(directory()).expect("a directory");
    let expected = Expected::of(commands, directory.path());
    println!("{} commands without a snapshot; medians of {rounds} rounds", expected.sequence);
    let mut spent = [const { Vec::new() }; STEPS.len()];
    for _ in 0..rounds {
        for ((_, step), spent) in STEPS.iter().zip(&mut spent) {
            spent.push(step(directory.path(), &expected));
        }
    }
    print!("{:<32} {:>10} {:>10}", "step, median of rounds", "wall s", "CPU s");
    println!(" {:>14} {:>14}", "wall M/s", "CPU M/s");
    for ((name, _), spent) in STEPS.iter().zip(&spent) {
        let [wall, cpu] = [0, 1].map(|of| median(&spent.iter().map(|s| s[of]).collect::<Vec<_>>()));
        let rate = |seconds| expected.sequence as f64 / seconds / 1e6;
        println!("{name:<32} {wall:>10.3} {cpu:>10.3} {:>14.2} {:>14.2}", rate(wall), rate(cpu));
    }
}

/// Seconds of wall and of CPU time.
type Spent = [f64; 2];

type Step = fn(&Path, &Expected) -> Spent;

const STEPS: [(&str, Step); 3] = [
    ("the journal read and measured", read),
    ("read and executed", replay),
    ("a venue opened: a restart", open),
];

fn timed<T>(work: impl FnOnce() -> T) -> (T, Spent) {
    let (wall, cpu) = (Instant::now(), ThreadTime::now());
    let done = work();
    (done, [wall.elapsed().as_secs_f64(), cpu.elapsed().as_secs_f64()])
}

/// What must come back.
struct Expected {
    sequence: u64,
    totals: Totals,
    /// Trades, volume and notional of the prefill.
    before: Totals,
}

impl Expected {
    /// Journals a flow of so many commands.
    fn of(commands: usize, directory: &Path) -> Self {
        let (records, totals) = flow::mixed(commands, 42);
        let flow = ready::<Ladder>(&records, Naming::UserRefs, Scope::Full);
        let before =
            traded(&ready::<Ladder>(&records[..PREFILL], Naming::UserRefs, Scope::Full).engine);
        Self { sequence: journalled(&flow, directory), totals, before }
    }

    fn check(&self, engine: &Engine) {
        let there = traded(engine);
        assert_eq!(there.trades - self.before.trades, self.totals.trades);
        assert_eq!(there.volume - self.before.volume, self.totals.volume);
        assert_eq!(there.notional - self.before.notional, self.totals.notional);
        assert!(engine.sequence().0 >= self.sequence);
    }
}

fn traded(engine: &Engine) -> Totals {
    let turnover = engine.turnover(InstrumentId(0));
    Totals {
        trades: engine.stats().trades,
        volume: turnover.volume as u64,
        notional: turnover.notional as u64,
    }
}

/// Writes set-up, prefill and flow as a journal that was stopped in order; how many commands.
fn journalled(flow: &Flow<Ladder>, directory: &Path) -> u64 {
    let layout = Layout::new(directory);
    layout.create().expect("a directory");
    let storage = layout.journal();
    let chain = Chain::read(&storage, Access::Alone, 0).expect("an empty journal");
    let mut writer =
        begin(&storage, &chain, SEGMENT_BYTES, Author::default(), 0).expect("a segment");
    for slots in [&flow.before, &flow.slots] {
        write(&storage, &mut writer, slots);
    }
    writer.stop(0).expect("stopped");
    writer.written()
}

fn write<S: Storage>(storage: &S, writer: &mut Writer<S::File>, mut slots: &[Slot]) {
    while !slots.is_empty() {
        if writer.room() == Room::Kept {
            let next = writer.place().segment + 1;
            writer.offer(make_spare(storage, next, SEGMENT_BYTES).expect("a spare"));
        }
        let (count, taken) = batch(slots);
        let (parts, checkpoint) = ([slots[..taken].as_flattened(), &[]], Default::default());
        writer.append(&Records { count, parts, checkpoint, time_ns: 0 }).expect("written");
        slots = &slots[taken..];
    }
}

/// Whole commands of [`BATCH_SLOTS`], and their slots.
fn batch(slots: &[Slot]) -> (u32, usize) {
    let (mut count, mut at) = (0, 0);
    while at < slots.len().min(BATCH_SLOTS) {
        at += peek_command(&slots[at]).1;
        count += 1;
    }
    (count, at)
}

fn read(directory: &Path, expected: &Expected) -> Spent {
    let journal = Layout::new(directory).journal();
    let (chain, spent) = timed(|| Chain::read(&journal, Access::Alone, 0));
    assert!(chain.expect("a whole journal").whole >= expected.sequence);
    spent
}

fn replay(directory: &Path, expected: &Expected) -> Spent {
    let layout = Layout::new(directory);
    let (rebuilt, spent) = timed(|| recovery::rebuild(&layout));
    let (engine, report) = rebuilt.expect("a venue");
    assert_eq!((report.snapshot, report.replayed), (0, engine.sequence().0));
    expected.check(&engine);
    spent
}

/// With the segment that the venue goes on in, filled with zeros and synced.
fn open(directory: &Path, expected: &Expected) -> Spent {
    let (ready, spent) = timed(|| Ready::open(Settings::new(directory), Timestamp(0)));
    expected.check(ready.expect("a venue").engine());
    spent
}
