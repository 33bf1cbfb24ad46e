//! `power`: cuts the power of a driven venue's disk at random moments, again and again, and looks
//! at what is left after every cut. In `sync` nothing acknowledged may be missing; in `async`
//! something must be, once at least, or the cuts prove nothing.
//!
//! `RINGSIDE_CUTS` says how often (20), `RINGSIDE_SEED` which moments (1).

use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, io};

use ringside_crash::disk::{Disk, enclosed, missing};
use ringside_crash::driven::{Driven, Ended, Load};
use ringside_crash::setting;
use ringside_crash::verdict::{Acknowledged, Verdict, judge};
use ringside_journal::Durability;
use ringside_tools::cli::{self, Ending};
use ringside_tools::random::Random;
use ringside_tools::venue::topology::Topology;

/// Cuts that one file system is for: then it has grown old, and there is a new one.
const CUTS_OF_A_DISK: u64 = 10;
/// Cuts in `async`, which must show a loss.
const CUTS_ASYNC: u64 = 10;
/// A venue whose disk has gone finds out in this time.
const FINDS_OUT: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    match env::args().nth(1).as_deref() {
        // The venue itself, in a process of its own.
        Some("drive") => cli::main(),
        Some("enclosed") => perform(),
        Some(_) | None => enclose(),
    }
}

/// Performs where no mount outlives this process.
fn enclose() -> ExitCode {
    if let Some(why) = missing() {
        println!("SKIPPED: power cuts: {why}");
        return ExitCode::SUCCESS;
    }
    let status = enclosed(["enclosed".into()]).status().expect("unshare is there");
    if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn perform() -> ExitCode {
    let cuts = setting("RINGSIDE_CUTS", 20);
    let outcome = run(Durability::Sync, cuts).and_then(|()| run(Durability::Async, CUTS_ASYNC));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("FAILED: {error}");
            ExitCode::FAILURE
        }
    }
}

/// So many cuts in a mode.
fn run(durability: Durability, cuts: u64) -> Result<(), String> {
    let began = Instant::now();
    let mut record = Record::default();
    let mut first = 0;
    while first < cuts {
        let count = CUTS_OF_A_DISK.min(cuts - first);
        let mut bench = Bench::new(durability).map_err(|error| error.to_string())?;
        for cut in first..first + count {
            bench.cut(cut, &mut record).map_err(|error| {
                format!("{} cut {cut}, seed {}: {error}", durability.word(), seed())
            })?;
        }
        first += count;
    }
    println!(
        "{}: {cuts} power cuts in {} s: {record}",
        durability.word(),
        began.elapsed().as_secs()
    );
    record.proves(durability)
}

fn seed() -> u64 {
    setting("RINGSIDE_SEED", 1)
}

/// One disk, and what was acknowledged on it.
struct Bench {
    disk: Disk,
    durability: Durability,
    acknowledged: Acknowledged,
}

impl Bench {
    fn new(durability: Durability) -> io::Result<Self> {
        Ok(Self { disk: Disk::new()?, durability, acknowledged: Acknowledged::default() })
    }

    /// Drives the venue, cuts the power, and judges what is left.
    fn cut(&mut self, cut: u64, record: &mut Record) -> Result<(), String> {
        let venue = self.disk.path().join("venue");
        let ended = self.drive(&venue, cut).map_err(|error| error.to_string())?;
        self.acknowledged.extend(&ended.answers);
        self.disk.restore().map_err(|error| error.to_string())?;
        let verdict = self.judge(&venue).map_err(|error| format!("{error}\n{}", ended.said))?;
        record.note(&ended, &verdict);
        Ok(())
    }

    fn judge(&mut self, venue: &Path) -> Result<Verdict, String> {
        let verdict = judge(venue, &self.acknowledged)?;
        if self.durability == Durability::Sync {
            return verdict.nothing_lost();
        }
        // What is lost now stays lost, and its numbers are given again.
        self.acknowledged = Acknowledged::default();
        Ok(verdict)
    }

    /// A venue that runs until the power goes.
    fn drive(&self, venue: &Path, cut: u64) -> io::Result<Ended> {
        let mut random = Random::new(seed(), cut);
        let load = self.load(cut, &mut random);
        let mut driven = Driven::start(&env::current_exe()?, venue, &load);
        // One in five falls into the way up, or shortly behind; the others, within the answers of
        // about an eighth of a second.
        if !random.percent(20) {
            driven.await_answers(random.within(1, load.rate / 16));
        }
        driven.hear_for(Duration::from_micros(random.below(40_000)));
        self.disk.cut()?;
        if random.percent(70) {
            return Ok(driven.kill());
        }
        found_out(driven.ended(FINDS_OUT))
    }

    fn load(&self, cut: u64, random: &mut Random) -> Load {
        Load {
            rate: [2_000, 20_000, 100_000][random.below(3) as usize],
            seed: cut,
            topology: Topology::ALL[random.below(2) as usize],
            durability: self.durability,
            snapshot_every: random.within(200, 2000),
        }
    }
}

/// A venue that lost its disk has said so by its exit status: on its way up or while it ran.
fn found_out(ended: Result<Ended, Driven>) -> io::Result<Ended> {
    let ended = ended.map_err(|_| io::Error::other("the venue goes on without a disk"))?;
    let has_said = |ending: Ending| ended.status.code() == Some(ending as i32);
    if has_said(Ending::Unreadable) || has_said(Ending::DiskFailed) {
        return Ok(ended);
    }
    let Ended { status, said, .. } = ended;
    Err(io::Error::other(format!("without a disk the venue ended with {status}: {said}")))
}

/// What came of all cuts.
#[derive(Debug, Default)]
struct Record {
    answered: usize,
    lost: usize,
    losses: u64,
    torn: u64,
    from_snapshot: u64,
    early: u64,
    segments: usize,
}

impl Record {
    fn note(&mut self, ended: &Ended, verdict: &Verdict) {
        self.answered += ended.answers.len();
        self.lost += verdict.lost.len();
        self.losses += u64::from(!verdict.lost.is_empty());
        self.torn += u64::from(verdict.report.torn.is_some());
        self.from_snapshot += u64::from(verdict.report.snapshot > 0);
        self.early += u64::from(ended.answers.is_empty());
        self.segments = self.segments.max(verdict.segments);
    }

    /// A harness that cannot lose proves nothing.
    fn proves(&self, durability: Durability) -> Result<(), String> {
        match durability {
            Durability::Sync => Ok(()),
            Durability::Memory | Durability::Async if self.losses > 0 => Ok(()),
            Durability::Memory | Durability::Async => {
                Err("no cut lost anything that was not synced: these are no power cuts".into())
            }
        }
    }
}

impl std::fmt::Display for Record {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { answered, lost, losses, torn, from_snapshot, early, segments } = self;
        write!(
            f,
            "{answered} orders acknowledged, {lost} of them lost in {losses} cuts; {early} cuts \
             before the first answer, {torn} tore the journal's end, {from_snapshot} recovered \
             from a snapshot; up to {segments} segments"
        )
    }
}
