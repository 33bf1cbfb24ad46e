//! `ringside verify`: is everything in a venue's directory as it was written, and does it come out
//! again? It never changes anything there.

pub mod findings;
mod record;
mod segments;
mod states;

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::cli::Ending;
use crate::figures::{a_second, counted, seconds};
use crate::venue::reading::{self, ReadError};
use crate::venue::survey::Survey;
use crate::{play, progress, report};
use findings::{Checked, Findings};

/// Check everything in a venue's directory.
///
/// Of the journal every batch is read: its checksum, that it follows from the one before, that no
/// sequence is missing; the head of every segment; that spares are zeros. Every snapshot is read
/// and its hash computed. Then the whole journal is executed once more: every event hash that it
/// carries and the state of every snapshot must come out again. The directory may be in use;
/// nothing in it is changed.
///
/// The last line says what was checked. Troubles go to standard error, each with where it is and
/// how to proceed; so do notes, such as a torn tail, which a crash leaves and a start puts right.
///
/// The exit status is 0 when nothing is wrong, 1 when something is, and 4 when the directory holds
/// no journal or cannot be read.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ringside verify venue
  ringside verify --quick venue && rsync -a venue backup/")]
pub struct Verify {
    /// The venue's directory
    #[arg(value_name = "DIR")]
    directory: PathBuf,

    /// Check checksums and sequences only; execute nothing
    #[arg(long)]
    quick: bool,
}

impl Verify {
    /// Checks everything and reports.
    pub fn perform(self) -> Ending {
        let clock = Instant::now();
        match self.check() {
            Ok(findings) => self.conclude(&findings, clock.elapsed()),
            Err(error) => {
                report::journal(&self.directory, &error);
                Ending::Unreadable
            }
        }
    }

    /// One check after the other; each adds what it finds.
    fn check(&self) -> Result<Findings, ReadError> {
        let layout = reading::venue(&self.directory)?;
        let mut findings = Findings::default();
        let promises = states::read_snapshots(&layout, &mut findings);
        let chain = reading::chain(&layout, states::proof(&promises));
        let surveys = Survey::all(&layout.journal()).map_err(ringside_journal::ChainError::Io)?;
        segments::check(&surveys, &mut findings);
        segments::check_end(&surveys, &chain, &mut findings);
        if let (Ok(chain), false) = (&chain, self.quick) {
            let bar = progress::commands(chain.whole, true);
            states::check(&layout, chain, &promises, &bar, &mut findings);
            record::check(&layout, chain, &mut findings);
            bar.finish_and_clear();
        }
        Ok(findings)
    }

    fn conclude(&self, findings: &Findings, spent: Duration) -> Ending {
        findings.notes.iter().for_each(|note| report::verify_note(&self.directory, note));
        findings.troubles.iter().for_each(|found| report::trouble(&self.directory, found));
        let (verdict, ending) = match findings.troubles.len() as u64 {
            0 => ("in order".to_owned(), Ending::Done),
            count => (counted(count, "trouble"), Ending::Unexpected),
        };
        let text = format!("{}: {verdict}", self.summary(&findings.checked, spent));
        match writeln!(play::stdout(), "{text}") {
            Ok(()) => ending,
            Err(error) => ending.max(play::unwritten("verify", &error)),
        }
    }

    fn summary(&self, checked: &Checked, spent: Duration) -> String {
        let read = format!(
            "{}, {}, {}, {} read",
            counted(checked.commands, "command"),
            counted(checked.batches, "batch"),
            counted(checked.segments, "segment"),
            counted(checked.snapshots, "snapshot"),
        );
        let (spent, rate) = (seconds(spent), a_second(checked.commands, spent));
        if self.quick {
            return format!("{read} in {spent}, {rate} commands a second");
        }
        format!(
            "{read}; {} executed, {} and {} agree{}; in {spent}, {rate} commands a second",
            counted(checked.executed, "command"),
            counted(checked.checkpoints, "event hash"),
            counted(checked.states, "state"),
            match checked.events {
                0 => String::new(),
                events => format!("; {} as executed", counted(events, "recorded event")),
            },
        )
    }
}
