//! `ringside import`: order flow that was recorded at real exchanges, as scenarios; and how far the
//! engine, given the same orders, does what the exchange did.
//!
//! A reader for each source (`bitstamp`, `lobster`, `databento`) turns rows into one common
//! form (`flow`); that is written as a scenario (`emit`) or run and compared (`check`).

mod agreement;
mod bitstamp;
mod check;
mod databento;
mod decimal;
mod emit;
mod error;
mod flow;
mod lobster;
mod queue;
mod source;
mod venue;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use agreement::{Agreement, Mode, Requirement};
pub use error::ImportError;
use flow::{Figure, Recording};

use crate::cli::Ending;
use crate::report;

/// Where recorded market data lies when no path is given and `RINGSIDE_MARKET_DATA` is not set.
pub const DATA_PATH_DEFAULT: &str = "../shared/data";

/// Turn order flow recorded at an exchange into a scenario, or check the engine against it.
///
/// Recorded traders are anonymous: the account `buyer` sends every buy order, `seller` every sell
/// order, both with ample funds, so neither self-trade prevention nor money interferes.
///
/// The exit status is 0 when it was written and, with --check, the engine agrees with the exchange
/// as far as it must; 1 when it falls short; 2 when the recording could not be understood, and 4
/// when the scenario could not be written.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  ringside import bitstamp ../shared/data/bitstamp_l3 --out bitstamp.jsonl
  ringside run bitstamp.jsonl --events trade
  ringside import lobster ../shared/data --check --differences 3")]
pub struct Import {
    /// Who recorded it, and in which form
    #[arg(value_enum, value_name = "SOURCE")]
    source: Source,

    /// The folder of the recording, or the folder that holds it [default: $RINGSIDE_MARKET_DATA,
    /// else ../shared/data]
    path: Option<PathBuf>,

    /// Write the scenario to this file; without --out and --check it goes to standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Run it in process and compare trades, fills and books with the exchange's
    #[arg(long)]
    check: bool,

    /// Show the first so many differences of each figure
    #[arg(long, value_name = "N", default_value_t = 0, requires = "check")]
    differences: usize,
}

impl Import {
    /// Imports, writes and checks.
    pub fn perform(self) -> Ending {
        let path = self.path.clone().unwrap_or_else(data_path);
        match self.source.read(&path) {
            Ok(recording) => self.deliver(&recording),
            Err(error) => {
                report::recording(&error);
                Ending::NotUnderstood
            }
        }
    }

    fn deliver(&self, recording: &Recording) -> Ending {
        if let Err(error) = self.write(recording) {
            let name =
                self.out.as_ref().map_or("standard output".into(), |out| out.to_string_lossy());
            report::unwritable(&name, &error);
            return Ending::Unreadable;
        }
        if self.check { self.compare(recording) } else { Ending::Done }
    }

    /// Writes the scenario; a reader that wants no more of it is no error.
    fn write(&self, recording: &Recording) -> io::Result<()> {
        let written = match &self.out {
            Some(out) => emit::scenario(recording, &mut BufWriter::new(File::create(out)?)),
            None if self.check => Ok(()),
            None => emit::scenario(recording, &mut BufWriter::new(io::stdout().lock())),
        };
        written.or_else(|error| match error.kind() == io::ErrorKind::BrokenPipe {
            true => Ok(()),
            false => Err(error),
        })
    }

    /// Runs the recording and prints how far the engine agrees.
    fn compare(&self, recording: &Recording) -> Ending {
        let mut notes = recording.notes.clone();
        let mut agreement = Agreement::default();
        for &mode in self.source.modes() {
            match check::run(recording, mode, &mut agreement) {
                Ok(end) => notes.push(end),
                Err(violation) => {
                    report::violation(self.source.word(), &violation);
                    return Ending::Violation;
                }
            }
        }
        self.print(&notes, &agreement);
        match agreement.suffices(self.source.requirements()) {
            true => Ending::Done,
            false => Ending::Unexpected,
        }
    }

    fn print(&self, notes: &[String], agreement: &Agreement) {
        let notes: String = notes.iter().map(|note| format!("{note}\n")).collect();
        let (word, required) = (self.source.word(), self.source.requirements());
        let report = agreement.report(word, required, self.differences);
        // Whoever closes the output early has seen enough.
        let _ = write!(io::stdout(), "{notes}{report}");
    }
}

fn data_path() -> PathBuf {
    std::env::var_os("RINGSIDE_MARKET_DATA").unwrap_or_else(|| DATA_PATH_DEFAULT.into()).into()
}

/// Who recorded it, and in which form.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Source {
    /// Bitstamp's order-by-order log (`*.log.xz` or `*.log`)
    Bitstamp,
    /// LOBSTER message and order book files
    Lobster,
    /// Databento MBO and MBP-10 as CSV (`mbo.csv`, `mbp.csv`)
    DatabentoCsv,
}

impl Source {
    fn read(self, path: &Path) -> Result<Recording, ImportError> {
        match self {
            Self::Bitstamp => bitstamp::read(path),
            Self::Lobster => lobster::read(path),
            Self::DatabentoCsv => databento::read(path),
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Bitstamp => "bitstamp",
            Self::Lobster => "lobster",
            Self::DatabentoCsv => "databento-csv",
        }
    }

    const fn modes(self) -> &'static [Mode] {
        match self {
            Self::Bitstamp | Self::DatabentoCsv => &[Mode::Free],
            Self::Lobster => &[Mode::Free, Mode::Resynced],
        }
    }

    /// What a correct engine reaches.
    const fn requirements(self) -> &'static [Requirement] {
        match self {
            Self::Bitstamp => BITSTAMP,
            Self::Lobster => LOBSTER,
            Self::DatabentoCsv => DATABENTO,
        }
    }
}

const BITSTAMP: &[Requirement] = &[
    Requirement::new(Mode::Free, Figure::Trades, 505, 575),
    Requirement::new(Mode::Free, Figure::BestSides, 98, 100),
];

const LOBSTER: &[Requirement] = &[
    Requirement::new(Mode::Resynced, Figure::FillLists, 994, 1000),
    Requirement::new(Mode::Free, Figure::FillLists, 98, 100),
    Requirement::new(Mode::Free, Figure::Rows, 1, 1),
];

const DATABENTO: &[Requirement] = &[
    Requirement::new(Mode::Free, Figure::FillLists, 1, 1),
    Requirement::new(Mode::Free, Figure::Rows, 1, 1),
];
