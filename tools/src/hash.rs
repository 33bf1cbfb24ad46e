//! `ringside hash`: what a scenario ends in, as two words.

use std::io::{self, Write};
use std::path::PathBuf;

use crate::cli::Ending;
use crate::play::{self, Play};
use crate::scenario::answers::hex;
use crate::scenario::runner::Show;

/// Run a scenario quietly and print the last sequence and the state hash.
///
/// Two machines that print the same line went through the same states: same book, same money, same
/// memory. The exit status is that of `ringside run`; where it is 2, 3 or 4 nothing is printed.
#[derive(clap::Args)]
#[command(after_help = "Example:
  ringside hash tests/scenarios/example.jsonl")]
pub struct Hash {
    /// The scenario: JSON Lines, or - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Hash {
    /// Runs the scenario and prints the hash.
    pub fn perform(self) -> Ending {
        let play = Play { path: self.file, show: Show::NOTHING, journal: None };
        let played = play::play(play, io::sink());
        if played.ending > Ending::Unexpected {
            return played.ending;
        }
        let engine = played.runner.engine();
        let hash = hex(&engine.state_hash());
        // A reader who has gone away is no trouble of ours.
        let _ = writeln!(play::stdout(), "{} {hash}", engine.sequence().0);
        played.ending
    }
}
