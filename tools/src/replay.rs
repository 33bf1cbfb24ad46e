//! `ringside replay`: executes a journal once more. It never changes the directory.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Instant;

use indicatif::ProgressBar;
use ringside_engine::Engine;
use ringside_journal::snapshots::Snapshot;
use ringside_protocol::{Event, EventHeader};

use crate::cli::Ending;
use crate::figures::{a_second, counted, seconds};
use crate::scenario::answers::hex;
use crate::scenario::floor::Floor;
use crate::scenario::memory::{Memory, Told};
use crate::scenario::{events, time};
use crate::venue::execution::{Audience, Execution, ExecutionError, Until};
use crate::venue::reading::{ReadError, Reading};
use crate::{play, progress, report};

/// Execute a venue's journal once more and print the last sequence and the state hash.
///
/// The line is that of `ringside hash`: a venue that prints the same line as another went through
/// the same states. On the way the events are compared with the event hashes that the journal
/// carries. The directory may be in use; nothing in it is changed.
///
/// The whole journal is executed from its first command on. Where its first segments are gone it
/// starts from the newest snapshot that is old enough, and says so.
///
/// The exit status is 0 when all was executed and agrees, 1 when the journal ends before --to, 3
/// when the events are not those of the time when they were journalled, and 4 when the directory is
/// damaged, holds no journal, or cannot be read.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ringside replay venue
  ringside replay --events venue > events.jsonl
  ringside replay --to 1234 venue
  ringside replay --to 2026-01-01T00:00:00Z venue")]
pub struct Replay {
    /// The venue's directory
    #[arg(value_name = "DIR")]
    directory: PathBuf,

    /// Print every event, as `ringside run` does, instead of the hash
    #[arg(long)]
    events: bool,

    /// Stop behind a sequence (digits: 1234) or a venue time (RFC 3339: 2026-01-01T00:00:00Z)
    #[arg(long, value_name = "SEQ|TIME", value_parser = until)]
    to: Option<Until>,
}

/// Digits are a sequence, never nanoseconds; a time is RFC 3339.
fn until(text: &str) -> Result<Until, String> {
    let help = "write a sequence in digits, such as 1234, or a venue time as RFC 3339, such as \
                2026-01-01T00:00:00Z";
    match text.parse() {
        Ok(sequence) => Ok(Until::Sequence(sequence)),
        Err(_) => time::rfc3339(text).map(Until::Time).ok_or_else(|| help.to_owned()),
    }
}

/// Why a replay ended early.
enum Trouble {
    Read(ReadError),
    Execution(ExecutionError),
}

impl<E: Into<ReadError>> From<E> for Trouble {
    fn from(error: E) -> Self {
        Self::Read(error.into())
    }
}

impl From<ExecutionError> for Trouble {
    fn from(error: ExecutionError) -> Self {
        Self::Execution(error)
    }
}

impl Replay {
    /// Executes the journal.
    pub fn perform(self) -> Ending {
        match self.replay() {
            Ok(ending) => ending,
            Err(Trouble::Read(error)) => {
                report::journal(&self.directory, &error);
                Ending::Unreadable
            }
            Err(Trouble::Execution(error)) => self.broken(&error),
        }
    }

    fn replay(&self) -> Result<Ending, Trouble> {
        let reading = Reading::open(&self.directory)?;
        let engine = self.start(&reading)?;
        if let Some(torn) = &reading.chain.torn {
            report::torn(&self.directory, torn);
        }
        let mut execution = Execution::new(engine);
        if self.events {
            let mut printer = Printer::new(play::stdout());
            self.execute(&reading, &mut execution, &mut printer)?;
            printer.out.flush().map_err(ExecutionError::Output)?;
        } else {
            self.execute(&reading, &mut execution, &mut ())?;
            let (engine, out) = (execution.engine(), &mut play::stdout());
            let hash = hex(&engine.state_hash());
            writeln!(out, "{} {hash}", engine.sequence().0).map_err(ExecutionError::Output)?;
        }
        Ok(self.reached(execution.engine()))
    }

    fn until(&self) -> Until {
        self.to.unwrap_or(Until::End)
    }

    /// Events need every command before them, for the names of orders; a hash does not.
    fn start(&self, reading: &Reading) -> Result<Engine, ReadError> {
        let until = self.until();
        let is_early = |snapshot: &Snapshot| match until {
            Until::Sequence(last) => snapshot.head.sequence <= last,
            Until::Time(last) => snapshot.head.time_ns <= last.0,
            Until::End => true,
        };
        let engine = reading.start(|snapshot| !self.events && is_early(snapshot))?;
        if engine.sequence().0 > 0 {
            let (from, oldest) = (engine.sequence().0, reading.chain.oldest());
            report::note(
                &self.directory,
                &format!(
                    "the journal begins with sequence {oldest}: starting from the snapshot of \
                     sequence {from}"
                ),
            );
        }
        Ok(engine)
    }

    fn execute(
        &self,
        reading: &Reading,
        execution: &mut Execution,
        audience: &mut impl Audience,
    ) -> Result<(), Trouble> {
        let clock = Instant::now();
        let bar = progress::commands(self.length(reading, execution), !self.events);
        let executed = execute(reading, execution, self.until(), audience, &bar);
        bar.finish_and_clear();
        let (count, spent) = (execution.executed(), clock.elapsed());
        let compared = counted(execution.compared(), "checkpoint");
        report::aside(&format!(
            "replayed {} in {}: {} a second; {compared} compared",
            counted(count, "command"),
            seconds(spent),
            a_second(count, spent),
        ));
        executed
    }

    /// Commands there are to execute, at most.
    fn length(&self, reading: &Reading, execution: &Execution) -> u64 {
        let last = match self.until() {
            Until::Sequence(last) => last.min(reading.chain.whole),
            Until::Time(_) | Until::End => reading.chain.whole,
        };
        last.saturating_sub(execution.began())
    }

    /// Whether it came as far as was asked.
    fn reached(&self, engine: &Engine) -> Ending {
        match self.until() {
            Until::Sequence(last) if engine.sequence().0 < last => {
                let end = engine.sequence().0;
                let text = format!("the journal ends with sequence {end}, before {last}");
                report::note(&self.directory, &text);
                Ending::Unexpected
            }
            Until::Sequence(_) | Until::Time(_) | Until::End => Ending::Done,
        }
    }

    fn broken(&self, error: &ExecutionError) -> Ending {
        match error {
            ExecutionError::Diverged { .. } => {
                report::diverged(&self.directory, error);
                Ending::Violation
            }
            ExecutionError::Record(_)
            | ExecutionError::Behaviour(_)
            | ExecutionError::TimeWentBack { .. } => {
                report::journal(&self.directory, error);
                Ending::Unreadable
            }
            ExecutionError::Output(error) => play::unwritten("replay", error),
        }
    }
}

/// Everything that is not executed yet, up to `until`.
fn execute(
    reading: &Reading,
    execution: &mut Execution,
    until: Until,
    audience: &mut impl Audience,
    bar: &ProgressBar,
) -> Result<(), Trouble> {
    for batch in reading.chain.batches(execution.engine().sequence().0 + 1)? {
        let is_more = execution.batch(&batch?, until, audience)?;
        bar.set_position(execution.executed());
        if !is_more {
            break;
        }
    }
    Ok(())
}

/// Prints events as a run does.
struct Printer<W> {
    memory: Memory,
    told: Vec<Told>,
    buffer: Vec<u8>,
    out: W,
}

impl<W: Write> Printer<W> {
    fn new(out: W) -> Self {
        Self { memory: Memory::default(), told: Vec::new(), buffer: Vec::new(), out }
    }

    fn print(&mut self, engine: &Engine) -> io::Result<()> {
        let floor = Floor { engine, memory: &self.memory };
        self.buffer.clear();
        for told in self.told.drain(..) {
            events::write(&mut self.buffer, &told, &floor);
            self.buffer.push(b'\n');
        }
        self.out.write_all(&self.buffer)
    }
}

impl<W: Write> Audience for Printer<W> {
    fn event(&mut self, header: &EventHeader, event: &Event) {
        if !event.kind().is_for_doors() {
            self.told.push(self.memory.tell(*header, *event));
        }
    }

    fn executed(&mut self, engine: &Engine) -> Result<(), ExecutionError> {
        self.print(engine).map_err(ExecutionError::Output)
    }
}

#[cfg(test)]
mod tests {
    use ringside_protocol::Timestamp;

    use super::*;

    #[test]
    fn digits_are_a_sequence_and_times_are_rfc_3339() {
        for (text, expected) in [
            ("1234", Some(Until::Sequence(1234))),
            ("0", Some(Until::Sequence(0))),
            ("1970-01-01T00:00:01Z", Some(Until::Time(Timestamp(1_000_000_000)))),
            ("1970-01-01", None),
            ("-1", None),
            ("18446744073709551616", None),
            ("noon", None),
        ] {
            assert_eq!(until(text).ok(), expected, "{text}");
        }
    }
}
