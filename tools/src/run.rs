//! `ringside run`: executes a scenario and prints what came of it.

use std::path::PathBuf;

use ringside_protocol::EventKind;

use crate::cli::Ending;
use crate::play::{self, Play};
use crate::scenario::expect;
use crate::scenario::runner::Show;
use crate::scenario::spelling::nearest;

/// Execute a scenario in process and print every event, one JSON object a line.
///
/// The same file prints the same bytes on every run and every machine: no threads, no network, no
/// wall clock. Answers to queries stand between the events; failed expectations and lines that
/// could not be understood go to standard error.
///
/// The exit status is 0 when the whole file ran, 1 when an `expect` failed, 2 when a line could not
/// be understood (nothing of it was applied), 3 when the venue broke a rule of its own books, which
/// are audited at the end of every run, and 4 when a file could not be read or written.
///
/// With --journal the commands are kept as a venue keeps them: a journal, and a snapshot of the
/// state at the end. The directory is made; one that holds a journal already is refused.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ringside run tests/scenarios/example.jsonl
  ringside run --events executed,trade day.jsonl > fills.jsonl
  ringside run --quiet day.jsonl && echo as expected
  ringside run --quiet --journal day day.jsonl && ringside replay --events day
  generate-orders | ringside run -")]
pub struct Run {
    /// The scenario: JSON Lines, or - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Print only events of these kinds
    #[arg(long, value_name = "KINDS", value_delimiter = ',', value_parser = kind)]
    events: Option<Vec<Kind>>,

    /// Print no events: only answers to queries, and failures
    #[arg(long, conflicts_with = "events")]
    quiet: bool,

    /// Keep every command in this directory, for `replay`, `verify` and `inspect`
    #[arg(long, value_name = "DIR")]
    journal: Option<PathBuf>,
}

/// A kind of event; none where the language has it and the engine not yet: it never occurs.
type Kind = Option<EventKind>;

fn kind(word: &str) -> Result<Kind, String> {
    expect::kind(word).map_err(|known| match nearest(word, known) {
        Some(nearest) => format!("that is not a kind of event; did you mean `{nearest}`?"),
        None => "that is not a kind of event".to_owned(),
    })
}

impl Run {
    /// Runs the scenario.
    pub fn perform(self) -> Ending {
        let play = Play { show: self.show(), path: self.file, journal: self.journal };
        play::play(play, play::stdout()).ending
    }

    fn show(&self) -> Show {
        match &self.events {
            _ if self.quiet => Show::QUIET,
            Some(kinds) => {
                Show { kinds: Some(kinds.iter().copied().flatten().collect()), queries: true }
            }
            None => Show::EVERYTHING,
        }
    }
}
