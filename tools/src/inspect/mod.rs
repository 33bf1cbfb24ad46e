//! `ringside inspect`: shows what lies in a venue's directory, as text for people, damaged files
//! too. It never changes anything there.

mod commands;
mod segments;
mod table;

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;

use ringside_journal::format::BATCHES_AT;
use ringside_journal::names;
use ringside_journal::segment::Batch;

use crate::cli::Ending;
use crate::figures::grouped;
use crate::venue::layout::Layout;
use crate::venue::reading::{self, ReadError};
use crate::venue::survey::{Part, Survey};
use crate::{play, report};
use commands::Decoded;

/// Show what lies in a venue's directory.
///
/// Without further words: every segment with what it says of itself, and every snapshot. With
/// --segment: the batches of one. With --segment and --at, or with --sequence: the commands around
/// a place, decoded. What is broken is named, and what is still whole behind it is shown. The
/// directory may be in use; nothing in it is changed.
///
/// The exit status is 0 when there was something to show, damaged or not, 1 when there is no such
/// segment or sequence, and 4 when the directory holds no journal or cannot be read.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ringside inspect venue
  ringside inspect --segment 1 venue
  ringside inspect --segment 1 --at 1024 venue
  ringside inspect --sequence 1234 --count 30 venue")]
pub struct Inspect {
    /// The venue's directory
    #[arg(value_name = "DIR")]
    directory: PathBuf,

    /// The number of a segment
    #[arg(long, value_name = "N", conflicts_with = "sequence")]
    segment: Option<u64>,

    /// An offset in that segment
    #[arg(long, value_name = "OFFSET", requires = "segment")]
    at: Option<u64>,

    /// The sequence of a command
    #[arg(long, value_name = "S")]
    sequence: Option<u64>,

    /// How many batches or commands to show at most
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    count: usize,
}

/// There is nothing to show; in words.
struct Nothing(String);

impl Inspect {
    /// Shows what was asked for.
    pub fn perform(self) -> Ending {
        let (layout, surveys) = match self.survey() {
            Ok(found) => found,
            Err(error) => {
                report::journal(&self.directory, &error);
                return Ending::Unreadable;
            }
        };
        match self.show(&layout, &surveys) {
            Ok(text) => match play::stdout().write_all(text.as_bytes()) {
                Ok(()) => Ending::Done,
                Err(error) => play::unwritten("inspect", &error),
            },
            Err(Nothing(why)) => {
                report::note(&self.directory, &why);
                Ending::Unexpected
            }
        }
    }

    fn survey(&self) -> Result<(Layout, Vec<Survey>), ReadError> {
        let layout = reading::venue(&self.directory)?;
        let surveys = Survey::all(&layout.journal()).map_err(ringside_journal::ChainError::Io)?;
        Ok((layout, surveys))
    }

    fn show(&self, layout: &Layout, surveys: &[Survey]) -> Result<String, Nothing> {
        match (self.segment, self.sequence) {
            (Some(number), _) => {
                let survey = surveys.iter().find(|survey| survey.number == number);
                let survey = survey.ok_or_else(|| no_segment(number, surveys))?;
                match self.at {
                    Some(offset) => self.around_offset(survey, offset),
                    None => Ok(self.segment(survey)),
                }
            }
            (None, Some(sequence)) => self.around_sequence(surveys, sequence),
            (None, None) => Ok(overview(layout, surveys)),
        }
    }

    /// One segment: its heads, its batches, its end.
    fn segment(&self, survey: &Survey) -> String {
        let mut text = format!("{}\n{}", survey.name(), segments::heads(survey));
        let Some(extent) = survey.extent() else {
            text.push_str(&self.unopened(survey));
            return text;
        };
        let all = (extent.batches + extent.marks) as usize;
        text.push_str("\nbatches\n");
        text.push_str(&segments::batches(survey.batches().into_iter().flatten().take(self.count)));
        text.push_str(&segments::more(all, self.count, "--count shows more, --at others"));
        text.push('\n');
        text.push_str(&segments::end(survey, &extent, self.count));
        text
    }

    /// Batches of a segment that was never opened, and what else is in it.
    fn unopened(&self, survey: &Survey) -> String {
        let whole: Vec<Batch<'_>> = survey.whole_batches(BATCHES_AT).collect();
        let mut text = String::new();
        if !whole.is_empty() {
            text.push_str("\nwhole batches, none of which counts\n");
            text.push_str(&segments::batches(whole.iter().take(self.count).copied()));
            text.push_str(&segments::more(whole.len(), self.count, "--count shows more"));
        }
        if let Part::NotZero(offset) = survey.part {
            text.push_str("\nthe first bytes that are not zero\n");
            text.push_str(&segments::bytes_at(survey, offset));
        }
        text
    }

    /// The batch that an offset lies in, and the commands around it.
    fn around_offset(&self, survey: &Survey, offset: u64) -> Result<String, Nothing> {
        let bytes = survey.contents.len() as u64;
        if offset >= bytes {
            let (name, bytes) = (survey.name(), grouped(bytes));
            return Err(Nothing(format!("{name} ends at offset {bytes}; give one before that")));
        }
        let found = survey.whole_batches(0).find(|batch| batch.end() > offset);
        match found.filter(|batch| batch.offset <= offset) {
            Some(batch) => {
                let is_asked = |decoded: &Decoded| decoded.offset <= offset && offset < decoded.end;
                Ok(self.batch(survey, &batch, is_asked))
            }
            None => Ok(outside(survey, offset)),
        }
    }

    /// A batch and the commands in it around the one that is asked for.
    fn batch(
        &self,
        survey: &Survey,
        batch: &Batch<'_>,
        is_asked: impl Fn(&Decoded) -> bool,
    ) -> String {
        let decoded = commands::decode(batch);
        let asked = decoded.iter().position(&is_asked).unwrap_or(0);
        let first = asked.saturating_sub(self.count / 2);
        let shown: Vec<&Decoded> = decoded.iter().skip(first).take(self.count).collect();
        let mut text = format!("{}{}\n", survey.name(), standing(survey, batch));
        text.push_str(&segments::batches([*batch]));
        if !shown.is_empty() {
            text.push('\n');
            text.push_str(&commands::table(&shown, &is_asked));
            text.push_str(&segments::more(
                decoded.len(),
                shown.len(),
                "--count shows more of this batch",
            ));
        }
        text
    }

    /// Every whole batch with this sequence, wherever it lies.
    fn around_sequence(&self, surveys: &[Survey], sequence: u64) -> Result<String, Nothing> {
        let holds = |batch: &Batch<'_>| {
            (batch.header.first_sequence..=batch.header.last_sequence()).contains(&sequence)
        };
        let is_asked = |decoded: &Decoded| {
            decoded.command.as_ref().is_ok_and(|command| command.sequence.0 == sequence)
        };
        let found = surveys.iter().flat_map(|survey| {
            let batches = survey.whole_batches(BATCHES_AT).filter(holds);
            batches.map(|batch| self.batch(survey, &batch, is_asked)).collect::<Vec<_>>()
        });
        let texts: Vec<String> = found.collect();
        match texts.is_empty() {
            true => Err(no_sequence(sequence, surveys)),
            false => Ok(texts.join("\n")),
        }
    }
}

fn overview(layout: &Layout, surveys: &[Survey]) -> String {
    let mut text = String::from("segments\n");
    text.push_str(&segments::overview(surveys));
    text.push_str("\nsnapshots\n");
    text.push_str(&segments::snapshots(layout));
    text
}

/// Whether a batch counts.
fn standing(survey: &Survey, batch: &Batch<'_>) -> &'static str {
    let is_linked = survey.extent().is_some_and(|extent| batch.end() <= extent.end.offset);
    match survey.part {
        Part::Void => ", which is void: nothing in it counts",
        Part::Spare | Part::Unfinished | Part::Unmade | Part::Damaged | Part::NotZero(_) => {
            ", which has no opening: nothing leads to this batch"
        }
        Part::Followed { .. } | Part::Gap { .. } | Part::Last if is_linked => "",
        Part::Followed { end, .. } if batch.offset >= end => ", behind its end: void",
        Part::Followed { .. } | Part::Gap { .. } | Part::Last => {
            ", behind a break: nothing leads to this batch"
        }
    }
}

/// What there is at an offset that no whole batch covers.
fn outside(survey: &Survey, offset: u64) -> String {
    let mut text = format!("{}\n", survey.name());
    let place =
        if offset < BATCHES_AT { "in the head of the segment" } else { "in no whole batch" };
    writeln!(text, "offset {} lies {place}", grouped(offset)).expect("a string takes everything");
    text.push_str(&segments::bytes_at(survey, offset));
    let before = survey.whole_batches(0).take_while(|batch| batch.end() <= offset).last();
    let after = survey.whole_batches(offset).next();
    for (what, batch) in [("before it", before), ("behind it", after)] {
        match batch {
            Some(batch) => {
                let standing = standing(survey, &batch);
                write!(text, "the whole batch {what}{standing}\n{}", segments::batches([batch]))
            }
            None => writeln!(text, "no whole batch lies {what}"),
        }
        .expect("a string takes everything");
    }
    if let Some(extent) = survey.extent() {
        text.push_str(&segments::end(survey, &extent, 1));
    }
    text
}

fn no_segment(number: u64, surveys: &[Survey]) -> Nothing {
    let there: Vec<String> = surveys.iter().map(|survey| survey.number.to_string()).collect();
    let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
    Nothing(format!("there is no {}; there are: {there}", names::segment(number)))
}

fn no_sequence(sequence: u64, surveys: &[Survey]) -> Nothing {
    let extents = || surveys.iter().filter_map(Survey::extent);
    let openings = surveys.iter().filter_map(|survey| survey.opening.as_ref().ok());
    let first = openings.map(|(opening, _)| opening.first_sequence).min().unwrap_or(0);
    let last = extents().map(|extent| extent.end.next_sequence.saturating_sub(1)).max();
    let last = last.unwrap_or(0);
    Nothing(format!(
        "no whole batch holds sequence {sequence}; the journal goes from {first} to {last}"
    ))
}
