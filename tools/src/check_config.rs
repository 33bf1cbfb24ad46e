//! `ringside check-config`: what a configuration says, or what is wrong with it. Opens no door,
//! starts no venue and changes no file.

use std::io::Write;
use std::path::PathBuf;

use crate::cli::Ending;
use crate::config::genesis::kept;
use crate::config::{Configuration, Listen};
use crate::{play, report};

/// Check a configuration and print the values that a venue would run with.
///
/// What is printed is a configuration itself: defaults are filled in, paths are relative to where
/// you are, secrets are left out. The genesis is executed in memory, and compared with what the
/// venue in that directory began with, if there is one.
///
/// The exit status is 0 when `serve` would take the file, 2 when it would not; then the line, the
/// key and what to do go to standard error.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ringside check-config ringside.toml
  ringside check-config ringside.toml > effective.toml")]
pub struct CheckConfig {
    /// The configuration: TOML
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl CheckConfig {
    /// Checks and prints.
    pub fn perform(self) -> Ending {
        let configuration = match Configuration::read(&self.file) {
            Ok(configuration) => configuration,
            Err(error) => {
                report::configuration(&error);
                return Ending::NotUnderstood;
            }
        };
        if let Err(error) = kept::check(&configuration.venue.directory, &configuration.genesis) {
            report::fatal(&error.to_string());
            return Ending::NotUnderstood;
        }
        if let Some(warning) = exposed(&configuration.exposed()) {
            report::warning(&warning);
        }
        print(&configuration.shown())
    }
}

/// What to know about doors that other machines reach; none where there are none.
pub fn exposed(doors: &[&Listen]) -> Option<String> {
    let doors: Vec<String> = doors.iter().map(ToString::to_string).collect();
    (!doors.is_empty()).then(|| {
        format!(
            "plaintext = true: other machines reach {}, and whoever is between can read and alter \
             what is said there",
            doors.join(", ")
        )
    })
}

fn print(text: &str) -> Ending {
    let printed = play::stdout().write_all(text.as_bytes());
    printed.map_or_else(|error| play::unwritten("standard output", &error), |()| Ending::Done)
}
