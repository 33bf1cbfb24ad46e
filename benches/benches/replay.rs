//! A journal of the reference flow, read and executed once more: `cargo bench -p ringside-benches
//! --bench replay [-- --commands N] [--rounds N]`.
//!
//! The journal lies in a temporary directory (`TMPDIR`) and in the page cache. Each figure is the
//! median of the rounds, wall time and CPU time of the thread over the commands; the state hash
//! must be that of the engine which the journal was written beside.

use std::path::Path;
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use ringside_benches::flow;
use ringside_benches::venue::{Naming, Ready, Scope, ready};
use ringside_engine::book::Ladder;
use ringside_engine::{Counter, Engine};
use ringside_protocol::read_command;
use ringside_tools::scenario::recorder::Recorder;
use ringside_tools::venue::execution::{Execution, Until};
use ringside_tools::venue::reading::Reading;
use ringside_tools::venue::recording::Recording;

/// Wall time and CPU time.
type Spent = (Duration, Duration);

fn main() {
    let commands = argument("--commands").unwrap_or(2_000_000);
    let rounds = argument("--rounds").unwrap_or(5);
    let (records, _) = flow::mixed(commands, 42);
    let directory = tempfile::tempdir().expect("a directory");
    let venue = directory.path();
    let ready = ready::<Ladder>(&records, Naming::UserRefs, Scope::Full);
    let (engine, writing) = timed(|| write(venue, &ready));
    let count = engine.sequence().0;
    println!("journal of {count} commands, set-up and prefill among them");
    print("written, executed, snapshot", count, writing);
    let mut scans = Vec::new();
    let mut replays = Vec::new();
    for _ in 0..rounds {
        scans.push(timed(|| assert_eq!(scan(venue), count)).1);
        let (replayed, spent) = timed(|| replay(venue));
        assert_eq!(replayed.state_hash(), engine.state_hash());
        replays.push(spent);
    }
    print("every batch read and checked", count, median(scans));
    print("replayed, checkpoints compared", count, median(replays));
}

/// Executes set-up and flow, and keeps both.
fn write(venue: &Path, ready: &Ready<Ladder>) -> Engine {
    let mut recording = Recording::begin(venue).expect("a record");
    let (mut engine, mut sink) = (Engine::new(), Counter::default());
    for slots in [&ready.before, &ready.slots] {
        let mut at = 0;
        while at < slots.len() {
            let (command, taken) = read_command(&slots[at..]).expect("a command");
            recording.record(&command, &engine).expect("room on the disk");
            engine.apply(&command, &mut sink);
            at += taken;
        }
    }
    recording.finish(&engine).expect("room on the disk");
    engine
}

/// Reads and checks every batch; says how many commands there are.
fn scan(venue: &Path) -> u64 {
    let reading = Reading::open(venue).expect("a journal");
    let batches = reading.chain.batches(1).expect("its beginning");
    batches.map(|batch| u64::from(batch.expect("a whole batch").header.count)).sum()
}

/// What `ringside replay` does.
fn replay(venue: &Path) -> Engine {
    let reading = Reading::open(venue).expect("a journal");
    let engine = reading.start(|_| true).expect("its beginning");
    let mut execution = Execution::new(engine);
    for batch in reading.chain.batches(1).expect("its beginning") {
        let batch = batch.expect("a whole batch");
        execution.batch(&batch, Until::End, &mut ()).expect("the same events");
    }
    execution.into_engine()
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Spent) {
    let (wall, cpu) = (Instant::now(), ThreadTime::now());
    let done = work();
    (done, (wall.elapsed(), cpu.elapsed()))
}

fn print(what: &str, count: u64, (wall, cpu): Spent) {
    let rate = |spent: Duration| count as f64 / spent.as_secs_f64() / 1e6;
    let (wall_rate, cpu_rate) = (rate(wall), rate(cpu));
    println!("{what:<32} {wall_rate:>8.2} M commands/s wall, {cpu_rate:>8.2} M commands/s CPU");
}

fn median(mut values: Vec<Spent>) -> Spent {
    values.sort();
    values[values.len() / 2]
}

fn argument(name: &str) -> Option<usize> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1).map(|value| value.parse().unwrap_or_else(|_| panic!("{name} takes a number")))
}
