//! `ringside drive`: a venue under load, in process: the threads, rings and files of a server, with
//! a seeded crowd where the doors will be.

pub mod market;
pub mod trader;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringside_journal::{ChainError, Durability};
use ringside_protocol::StreamId;
use ringside_ring::Wait;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use self::trader::{Enough, Load, Tally, Trader};
use crate::cli::Ending;
use crate::report;
use crate::scenario::answers::hex;
use crate::venue::assembly::{Ended, Ready};
use crate::venue::clock;
use crate::venue::fatal::Fatal;
use crate::venue::recovery::RecoveryError;
use crate::venue::settings::Settings;
use crate::venue::topology::{self, Topology};

/// Run a venue on a directory under a seeded load, in process.
///
/// It is what a server will be, without doors: commands are journalled, acknowledged when the
/// durability mode allows it, matched, and recorded; a shadow engine writes snapshots. Kill it in
/// any way and start it again on the same directory: it goes on where it stopped. SIGTERM and
/// Ctrl-C stop it in order. At the end it prints how long orders waited for their answers and the
/// state hash, which `ringside replay` must find again.
///
/// The exit status is 0 when it ended in order, 4 when the directory does not lead to a venue (the
/// reason says what to do), 5 when the disk failed while it ran.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ringside drive /tmp/venue --seconds 10
  ringside drive /tmp/venue --rate 100000 --durability async
  ringside drive /tmp/venue --in-flight 1 --topology pipelined")]
pub struct Drive {
    /// The venue's directory; made where there is none
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Send so many commands a second, whatever comes back
    #[arg(long, value_name = "N", default_value_t = 10_000, conflicts_with = "in_flight",
          value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    rate: u64,
    /// Keep so many orders unanswered instead
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=4096))]
    in_flight: Option<u64>,
    /// Stop after so many seconds
    #[arg(long, value_name = "N", default_value_t = 10)]
    seconds: u64,
    /// Stop after so many commands
    #[arg(long, value_name = "N", default_value_t = u64::MAX)]
    commands: u64,
    /// What decides the load
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// When an answer may be told: memory, async (written) or sync (on disk)
    #[arg(long, value_name = "MODE", default_value = "sync", value_parser = durability)]
    durability: Durability,
    /// Which stages share a thread: fused or pipelined; by the number of cores where not given
    #[arg(long, value_name = "TOPOLOGY", value_parser = topology)]
    topology: Option<Topology>,
    /// What waiting threads do: park, yield or spin
    #[arg(long, value_name = "WAIT", default_value = "park", value_parser = wait)]
    wait: Wait,
    /// Write a snapshot after so many commands
    #[arg(long, value_name = "N", default_value_t = 2_000_000,
          value_parser = clap::value_parser!(u64).range(1..))]
    snapshot_every: u64,
    /// Size of a segment, MiB
    #[arg(long, value_name = "MIB", default_value_t = 64,
          value_parser = clap::value_parser!(u64).range(1..=65_536))]
    segment: u64,
    /// Delete segments that recovery does not need any more
    #[arg(long)]
    delete_old: bool,
    /// Print every answered order, `stream number`, as soon as it is answered
    #[arg(long)]
    answers: bool,
}

fn one_of<T: Copy>(word: &str, all: &[T], spelt: fn(T) -> &'static str) -> Result<T, String> {
    let found = all.iter().copied().find(|&one| spelt(one) == word);
    found.ok_or_else(|| {
        let words: Vec<&str> = all.iter().map(|&one| spelt(one)).collect();
        format!("give one of: {}", words.join(", "))
    })
}

fn durability(word: &str) -> Result<Durability, String> {
    one_of(word, &Durability::ALL, Durability::word)
}

fn topology(word: &str) -> Result<Topology, String> {
    one_of(word, &Topology::ALL, Topology::word)
}

fn wait(word: &str) -> Result<Wait, String> {
    one_of(word, &[Wait::Park, Wait::Yield, Wait::Spin], |wait| match wait {
        Wait::Park => "park",
        Wait::Yield => "yield",
        Wait::Spin => "spin",
    })
}

impl Drive {
    /// Runs the venue to the end of its load.
    pub fn perform(self) -> Ending {
        match self.run() {
            Ok(()) => Ending::Done,
            Err(error) => {
                let name = self.directory.display();
                report::fatal(&format!("{name}: {error}{}", advice(&error)));
                Ending::Unreadable
            }
        }
    }

    fn run(&self) -> Result<(), RecoveryError> {
        let (settings, clock) = (self.settings(), clock::wall());
        let mut ready = Ready::open(settings.clone(), clock())?;
        if ready.is_new() {
            let now = clock();
            ready.genesis(&market::genesis(now), now)?;
        }
        announce(&settings, &ready);
        let streams = (0..market::TRADERS).map(StreamId);
        let last_ref = streams.map(|stream| ready.engine().user_ref_high(stream)).collect();
        let tally = Arc::new(Mutex::new(Tally::new()));
        let enough = Enough { commands: self.commands, after: Duration::from_secs(self.seconds) };
        let load = self.in_flight.map_or(Load::Rate(self.rate), Load::InFlight);
        let session = ready.engine().session().number;
        let mut door = Trader::new(self.seed, load, enough, last_ref, session, Arc::clone(&tally));
        if self.answers {
            door = door.telling(Box::new(io::BufWriter::new(io::stdout())));
        }
        let venue = ready.start(vec![Box::new(door)], clock, Fatal::new(end))?;
        stop_on_signals(venue.stop_sign())?;
        let ended = venue.wait();
        let tally = tally.lock().expect("Invariant: nobody panics with the tally");
        summarise(&tally, &ended, !self.answers);
        Ok(())
    }

    fn settings(&self) -> Settings {
        let settings = Settings::new(&self.directory);
        Settings {
            durability: self.durability,
            topology: self.topology.unwrap_or(settings.topology),
            wait: self.wait,
            segment_bytes: self.segment << 20,
            snapshot_every: self.snapshot_every,
            delete_old: self.delete_old,
            ..settings
        }
    }
}

/// What to do about it, where there is something.
fn advice(error: &RecoveryError) -> &'static str {
    match error {
        RecoveryError::Chain(ChainError::Corrupt { .. } | ChainError::Head { .. }) => {
            "; nothing was changed: `ringside inspect` shows the place, and a copy of the file \
             or a backup is the way back"
        }
        RecoveryError::Chain(ChainError::Missing { .. } | ChainError::TooOld { .. }) => {
            "; nothing was changed: put the missing files back"
        }
        RecoveryError::Chain(ChainError::Io(_))
        | RecoveryError::Lock(_)
        | RecoveryError::Events(_)
        | RecoveryError::Execution(_)
        | RecoveryError::NoStart { .. }
        | RecoveryError::Io(_) => "",
    }
}

/// The end of a venue whose disk has failed.
pub(crate) fn end(why: &str) {
    report::fatal(why);
    process::exit(Ending::DiskFailed as i32);
}

/// SIGTERM and Ctrl-C stop the venue in order; a second one, at once.
pub(crate) fn stop_on_signals(stop: crate::venue::door::StopSign) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in signals.forever() {
            if stop.is_up() {
                process::exit(128 + signal);
            }
            stop.raise();
        }
    })?;
    Ok(())
}

pub(crate) fn announce(settings: &Settings, ready: &Ready) {
    let found = ready.report();
    let mut text = format!(
        "venue at {}: {}, {} on {} cores\n",
        settings.directory.display(),
        settings.durability.word(),
        settings.topology,
        topology::cores()
    );
    for (sequence, why) in &found.passed_over {
        text += &format!("snapshot {sequence} cannot be used: {why}; an older start is taken\n");
    }
    if let Some(torn) = found.torn {
        text += &format!(
            "the journal was torn at segment {}, offset {}: {}; what lies there was never \
             acknowledged and is void\n",
            torn.segment, torn.offset, torn.why
        );
    }
    text += &format!(
        "recovered to sequence {}: snapshot {}, {} commands executed again; {}, epoch {}\n",
        ready.engine().sequence().0,
        found.snapshot,
        found.replayed,
        if found.was_clean { "stopped in order before" } else { "not stopped in order before" },
        found.epoch
    );
    // There is nowhere to say that this could not be said.
    let _ = io::stderr().write_all(text.as_bytes());
}

#[expect(clippy::float_arithmetic, reason = "figures for people")]
fn summarise(tally: &Tally, ended: &Ended, on_stdout: bool) {
    let engine = &ended.engine;
    let sequence = engine.sequence();
    let shadow = match ended.shadow {
        Some(shadow) if shadow == (sequence.0, engine.event_hash()) => "agrees",
        Some((behind, _)) if behind < sequence.0 => "is behind; verify compares the rest",
        Some(_) | None => "does not agree; verify the directory",
    };
    let at = |percentile| tally.latency_ns.value_at_quantile(percentile) as f64 / 1000.0;
    let seconds = tally.elapsed.as_secs_f64();
    let text = format!(
        "sent          {} in {seconds:.1} s, {:.0} a second; {} turned away and tried again\n\
         answered      {} orders; µs from due to answer: p50 {:.1}, p99 {:.1}, p99.9 {:.1}, \
         max {:.1}\n\
         shadow        {shadow}\nsequence      {}\nstate hash    {}\n",
        tally.sent,
        tally.sent as f64 / seconds.max(1e-9),
        tally.busy,
        tally.answered,
        at(0.5),
        at(0.99),
        at(0.999),
        at(1.0),
        sequence.0,
        hex(&engine.state_hash())
    );
    let written = match on_stdout {
        true => io::stdout().write_all(text.as_bytes()),
        false => io::stderr().write_all(text.as_bytes()),
    };
    // A reader who has gone away is no trouble of ours.
    let _ = written;
}
