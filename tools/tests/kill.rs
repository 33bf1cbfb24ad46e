//! A venue that is killed (kill -9) again and again on one directory, at any moment: on its way up,
//! while it recovers, rotates segments and writes snapshots. `RINGSIDE_SCALE=10` makes it fifty
//! times a topology.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringside_crash::driven::{Answer, Driven, Ended, Load, drive};
use ringside_crash::setting;
use ringside_crash::verdict::{Acknowledged, Verdict, judge};
use ringside_journal::{Access, Chain, Durability};
use ringside_protocol::*;
use ringside_tools::drive::market::TRADERS;
use ringside_tools::random::Random;
use ringside_tools::scenario::answers::hex;
use ringside_tools::venue::assembly::Ready;
use ringside_tools::venue::door::{Door, Input, Output};
use ringside_tools::venue::fatal::Fatal;
use ringside_tools::venue::layout::Layout;
use ringside_tools::venue::settings::Settings;
use ringside_tools::venue::station::Turn;
use ringside_tools::venue::{clock, topology::Topology};

/// A venue asked to stop has ended in this time.
const STOPS_WITHIN: Duration = Duration::from_secs(5);

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_ringside"))
}

fn load(topology: Topology, seed: u64, durability: Durability) -> Load {
    Load { rate: 20_000, seed, topology, durability, snapshot_every: 1000 }
}

/// One directory through all its lives.
struct Lives {
    directory: PathBuf,
    topology: Topology,
    random: Random,
    acknowledged: Acknowledged,
    record: Record,
}

/// What the lives met.
#[derive(Default)]
struct Record {
    lives: u64,
    early: u64,
    torn: u64,
    from_snapshot: u64,
    segments: usize,
}

impl Lives {
    fn new(directory: &Path, topology: Topology) -> Self {
        Self {
            directory: directory.to_path_buf(),
            topology,
            random: Random::new(setting("RINGSIDE_SEED", 1), topology as u64),
            acknowledged: Acknowledged::default(),
            record: Record::default(),
        }
    }

    /// Starts it, kills it, and judges what it left.
    fn one(&mut self) {
        let driven = self.start();
        let ended = self.kill(driven);
        self.acknowledged.extend(&ended.answers);
        let verdict = self.judge(&ended.said);
        self.record.note(&ended, &verdict);
    }

    fn start(&mut self) -> Driven {
        let durability = [Durability::Sync, Durability::Async][self.random.below(2) as usize];
        let load = load(self.topology, self.record.lives, durability);
        Driven::start(program(), &self.directory, &load)
    }

    /// One in three dies on its way up, or shortly behind.
    fn kill(&mut self, mut driven: Driven) -> Ended {
        if self.random.percent(67) {
            driven.await_answers(self.random.within(1, 5000));
        }
        driven.hear_for(Duration::from_micros(self.random.below(30_000)));
        driven.kill()
    }

    #[track_caller]
    fn judge(&self, said: &str) -> Verdict {
        let verdict = judge(&self.directory, &self.acknowledged).and_then(Verdict::nothing_lost);
        verdict.unwrap_or_else(|error| {
            panic!("{} after {}: {error}\n{said}", self.topology, self.record)
        })
    }

    /// Ends it as an operator does.
    fn stop(&mut self) {
        let mut driven = self.start();
        assert!(driven.await_answers(1000), "it runs until it is asked");
        driven.terminate();
        let ended = driven.ended(STOPS_WITHIN).expect("it stops in time");
        assert_eq!(ended.status.code(), Some(0), "{}", ended.said);
        self.acknowledged.extend(&ended.answers);
        let verdict = self.judge(&ended.said);
        assert_eq!(printed_hash(&ended.said), hex(&verdict.engine.state_hash()));
        assert!(verdict.report.was_clean, "the stop is marked");
        assert_eq!(verdict.report.snapshot, verdict.engine.sequence().0, "all of it is an image");
        assert_eq!(verdict.report.replayed, 0);
    }
}

impl Record {
    fn note(&mut self, ended: &Ended, verdict: &Verdict) {
        self.lives += 1;
        self.early += u64::from(ended.answers.is_empty());
        self.torn += u64::from(verdict.report.torn.is_some());
        self.from_snapshot += u64::from(verdict.report.snapshot > 0);
        self.segments = verdict.segments;
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lives, early, torn, from_snapshot, segments } = self;
        write!(
            f,
            "{lives} kills, {early} before the first answer; {torn} tore the journal's end, \
             {from_snapshot} recovered from a snapshot; {segments} segments"
        )
    }
}

fn printed_hash(said: &str) -> String {
    let line = said.lines().find_map(|line| line.strip_prefix("state hash"));
    line.unwrap_or_else(|| panic!("no state hash in {said}")).trim().to_owned()
}

/// JRN-001, JRN-002, JRN-003, TST-012: nothing acknowledged is lost or there twice, and the newest
/// snapshot with its tail leads where all commands lead.
fn dies_and_goes_on(topology: Topology) {
    let directory = tempfile::tempdir().unwrap();
    let mut lives = Lives::new(&directory.path().join("venue"), topology);
    for _ in 0..5 * setting("RINGSIDE_SCALE", 1) {
        lives.one();
    }
    lives.stop();
    let (record, count) = (&lives.record, lives.acknowledged.len());
    println!("{topology}: {record}; {count} orders acknowledged, none lost, none twice");
    assert!(record.segments > 1 && record.from_snapshot > 0, "{record}: too gentle");
}

#[test]
fn fused_is_killed_and_goes_on() {
    dies_and_goes_on(Topology::Fused);
}

#[test]
fn pipelined_is_killed_and_goes_on() {
    dies_and_goes_on(Topology::Pipelined);
}

/// What a venue begins with is there as a whole or not at all: half of it would be for ever.
#[test]
fn a_first_start_that_is_killed_begins_whole_or_not_at_all() {
    let mut random = Random::new(setting("RINGSIDE_SEED", 1), 2);
    let mut found = [0, 0];
    for life in 0..20 * setting("RINGSIDE_SCALE", 1) {
        let directory = tempfile::tempdir().unwrap();
        let load = load(Topology::ALL[random.below(2) as usize], life, Durability::Sync);
        let mut driven = Driven::start(program(), directory.path(), &load);
        // Up to an eighth of a second, short moments as often as long ones.
        driven.hear_for(Duration::from_micros(1 << random.within(10, 17)));
        let ended = driven.kill();
        let verdict = judge(directory.path(), &Acknowledged::default()).unwrap();
        let (accounts, _, _) = verdict.engine.counts();
        assert!([0, TRADERS as usize].contains(&accounts), "{accounts} accounts\n{}", ended.said);
        assert!(accounts > 0 || verdict.engine.sequence() == Sequence(0), "it can begin again");
        found[usize::from(accounts > 0)] += 1;
    }
    println!("first starts killed: {} had begun, {} had not", found[1], found[0]);
}

/// What `async` leaves unproven is copied into the first segment, which is full then: orders are
/// turned away until the next is there, and not for ever.
#[test]
fn a_start_with_a_full_segment_goes_on() {
    let directory = tempfile::tempdir().unwrap();
    for topology in Topology::ALL.repeat(2) {
        let load = Load { rate: 100_000, ..load(topology, 1, Durability::Async) };
        let mut driven = Driven::start(program(), directory.path(), &load);
        assert!(driven.await_answers(10_000), "{topology}: it ends by a kill");
        driven.kill();
    }
}

#[test]
fn a_directory_has_one_process() {
    let directory = tempfile::tempdir().unwrap();
    let load = load(Topology::Fused, 1, Durability::Sync);
    let mut first = Driven::start(program(), directory.path(), &load);
    assert!(first.await_answers(1));
    let second = drive(program(), directory.path(), &load).output().unwrap();
    assert_eq!((second.status.code(), second.stdout.len()), (Some(4), 0));
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(said.contains(&format!("is in use by process {}", first.pid())), "{said}");
    assert!(first.await_answers(1000), "the first is not disturbed");
}

/// A client that was answered, does not know it, and sends everything again; then one order more.
struct Again {
    answered: Vec<Answer>,
    /// The sequence of the new order.
    last: Sequence,
    /// All events until it is answered.
    heard: Arc<Mutex<Vec<(Sequence, Event)>>>,
}

impl Door for Again {
    fn turn(&mut self, input: &mut Input, output: &mut Output, _: bool) -> Turn {
        for answer in self.answered.drain(..) {
            input.offer(origin(answer.stream), order(answer)).expect("the lane takes it");
        }
        let mut heard = self.heard.lock().unwrap();
        output.each(|header, event| heard.push((header.sequence, *event)));
        let is_answered = heard.last().is_some_and(|&(sequence, _)| sequence >= self.last);
        if is_answered { Turn::Done } else { Turn::Idle }
    }
}

fn origin(stream: u32) -> Origin {
    Origin { key: KeyId::NONE, stream: StreamId(stream), ..Origin::default() }
}

/// An order that meets nobody.
fn order(Answer { stream, user_ref }: Answer) -> Command {
    Order {
        account: AccountId(stream),
        instrument: InstrumentId(0),
        price: Price::new(1).unwrap().into(),
        quantity: Quantity::new(1).unwrap().into(),
        side: Side::Buy,
        user_ref,
        ..Order::default()
    }
    .into()
}

/// ENG-033: a number that was used before the crash is ignored after it.
#[test]
fn an_order_sent_again_after_a_crash_is_no_second_order() {
    let directory = tempfile::tempdir().unwrap();
    let load = load(Topology::Fused, 1, Durability::Sync);
    let mut driven = Driven::start(program(), directory.path(), &load);
    assert!(driven.await_answers(500));
    let mut acknowledged = Acknowledged::default();
    acknowledged.extend(&driven.kill().answers);

    let ready = Ready::open(Settings::new(directory.path()), clock::wall()()).unwrap();
    let mut answered = acknowledged.last_of_streams();
    let fresh = ready.engine().user_ref_high(StreamId(0)) + 1;
    answered.push(Answer { stream: 0, user_ref: fresh });
    assert!(answered.len() > 2, "several streams send again");
    let last = Sequence(ready.engine().sequence().0 + answered.len() as u64);
    let heard = Arc::new(Mutex::new(Vec::new()));
    let again = Box::new(Again { answered, last, heard: Arc::clone(&heard) });
    let venue = ready.start(vec![again], clock::wall(), Fatal::new(|why| panic!("{why}"))).unwrap();
    let ended = venue.wait();

    assert_eq!(ended.engine.sequence(), last, "every one is a command");
    let heard = heard.lock().unwrap();
    assert!(heard.iter().all(|&(sequence, _)| sequence == last), "no other has events: {heard:?}");
    assert!(heard.iter().any(|(_, event)| matches!(event, Event::Accepted(_))), "{heard:?}");
    assert_eq!(ended.engine.user_ref_high(StreamId(0)), fresh);
    let journal = Layout::new(directory.path()).journal();
    assert!(Chain::read(&journal, Access::Alone, 0).unwrap().is_clean);
}
