//! The journal's files: heads, checksums, sequences, what lies behind a break, and spares.

use ringside_journal::format::FormatError;
use ringside_journal::names;
use ringside_journal::segment::Stop;
use ringside_journal::{Chain, ChainError, Torn};

use super::findings::Findings;
use crate::figures::{counted, grouped};
use crate::venue::survey::{Behind, Extent, Part, Survey};

const RESTORE: &str = "restore the directory from a copy; `ringside inspect` with --segment and \
                       --at shows what is left";

/// Where something lies in the journal.
fn place(number: u64, offset: u64) -> String {
    format!("journal/{}, offset {}", names::segment(number), grouped(offset))
}

fn file(number: u64) -> String {
    format!("journal/{}", names::segment(number))
}

/// Looks at every file by itself and at how they hang together.
pub(super) fn check(surveys: &[Survey], findings: &mut Findings) {
    findings.checked.segments = surveys.len() as u64;
    for survey in surveys {
        check_identity(survey, findings);
        check_part(survey, surveys, findings);
    }
}

fn check_identity(survey: &Survey, findings: &mut Findings) {
    let bytes = survey.contents.len() as u64;
    match survey.identity {
        Ok(identity) if identity.number != survey.number => findings.trouble(
            place(survey.number, 0),
            format!("it says that it is segment {}: it was renamed or copied", identity.number),
            "give it back the name of its number",
        ),
        Ok(identity) if identity.segment_bytes != bytes => findings.trouble(
            place(survey.number, 0),
            format!(
                "the file has {} bytes, made were {}",
                grouped(bytes),
                grouped(identity.segment_bytes)
            ),
            RESTORE,
        ),
        Ok(_) => {}
        // What was not even made says nothing of itself.
        Err(_) if matches!(survey.part, Part::Unmade) => {}
        Err(why) => {
            findings.trouble(place(survey.number, 0), format!("its identity: {why}"), RESTORE);
        }
    }
}

fn check_part(survey: &Survey, surveys: &[Survey], findings: &mut Findings) {
    let number = survey.number;
    match survey.part {
        Part::Followed { by, end, end_crc } => {
            check_followed(survey, surveys, (by, end, end_crc), findings);
        }
        Part::Gap { before, by } => check_gap(survey, surveys, (before, by), findings),
        Part::Last => {
            count(survey.extent(), findings);
        }
        Part::Spare => {}
        Part::Void => findings.note(
            file(number),
            "a later segment skips it: nothing in it counts; it may be taken away",
        ),
        Part::Unfinished => findings.note(
            file(number),
            "an interrupted recovery left it: batches were copied into it, its opening never \
             came; nothing in it counts, and the next start takes it away",
        ),
        Part::Unmade => findings.note(
            file(number),
            "it was not made to its end: an interrupted start left it; the next start takes it \
             away",
        ),
        Part::Damaged => findings.trouble(
            place(number, ringside_journal::format::OPENING_AT),
            format!("its opening: {}", survey.opening.as_ref().err().unwrap_or(&FormatError::Zero)),
            RESTORE,
        ),
        Part::NotZero(offset) => findings.trouble(
            place(number, offset),
            "this is a spare, and spares are zeros behind their identity".to_owned(),
            "no record is lost, and the next start takes it away; but no program of ours wrote \
             this: check the disk",
        ),
    }
}

fn count(extent: Option<Extent>, findings: &mut Findings) -> Option<Extent> {
    let extent = extent?;
    findings.checked.batches += extent.batches + extent.marks;
    findings.checked.commands += extent.records;
    Some(extent)
}

/// A segment that another follows must end exactly where and as that one says.
fn check_followed(
    survey: &Survey,
    surveys: &[Survey],
    (by, end, end_crc): (u64, u64, u32),
    findings: &mut Findings,
) {
    let Some(extent) = count(survey.extent(), findings) else { return };
    if extent.end.offset == end && extent.end.previous_crc == end_crc {
        return;
    }
    let next = first_sequence(surveys, by);
    broken(survey, &extent, next, findings);
}

/// The segment behind this one is missing or damaged.
fn check_gap(
    survey: &Survey,
    surveys: &[Survey],
    (before, by): (u64, u64),
    findings: &mut Findings,
) {
    let Some(extent) = count(survey.extent(), findings) else { return };
    if surveys.iter().any(|other| other.number == before) {
        return;
    }
    let (first, next) = (extent.end.next_sequence, first_sequence(surveys, by));
    findings.trouble(
        file(before),
        format!(
            "it is missing: {} ends with sequence {}, {} begins with {next}; {}",
            survey.name(),
            first.saturating_sub(1),
            names::segment(by),
            lost(first, next),
        ),
        "put it back, from a copy of the directory",
    );
}

fn first_sequence(surveys: &[Survey], number: u64) -> u64 {
    let survey = surveys.iter().find(|other| other.number == number);
    let opening = survey.and_then(|survey| survey.opening.as_ref().ok());
    opening.map_or(0, |(opening, _)| opening.first_sequence)
}

/// Which sequences cannot be read between one that is whole and the next that is.
fn lost(first: u64, next: u64) -> String {
    match next.saturating_sub(first) {
        0 => "no command is between them".to_owned(),
        1 => format!("sequence {first} cannot be read"),
        _ => format!("sequences {first} to {} cannot be read", next - 1),
    }
}

fn broken(survey: &Survey, extent: &Extent, next: u64, findings: &mut Findings) {
    let offset = extent.end.offset;
    let why = match extent.stop {
        Stop::End => "its batches end there, and the next segment begins later".to_owned(),
        stop @ (Stop::Broken(_) | Stop::Unlinked) => stop.to_string(),
    };
    findings.trouble(
        place(survey.number, offset),
        format!(
            "{why}; {}{}",
            lost(extent.end.next_sequence, next),
            behind(survey.behind(offset + 1)),
        ),
        RESTORE,
    );
}

/// What is whole behind a break, as the rest of a sentence.
fn behind(behind: Option<Behind>) -> String {
    let Some(behind) = behind else { return String::new() };
    let Behind { batches, offset, first_sequence, last_sequence } = behind;
    format!(
        "; {} with sequences {first_sequence} to {last_sequence} can still be read from offset {} \
         on",
        counted(batches, "whole batch"),
        grouped(offset)
    )
}

/// The chain's own verdict on the end: a torn tail, or records that are proven to be lost.
pub(super) fn check_end(
    surveys: &[Survey],
    chain: &Result<Chain, ChainError>,
    findings: &mut Findings,
) {
    match chain {
        Ok(chain) => {
            if let Some(torn) = &chain.torn {
                note_torn(surveys, torn, findings);
            }
        }
        Err(ChainError::Corrupt { segment, offset, first_sequence, last_sequence, why }) => {
            let at = place(*segment, *offset);
            if findings.knows(&at) {
                return;
            }
            let survey = surveys.iter().find(|survey| survey.number == *segment);
            let rest = survey.and_then(|survey| survey.behind(offset + 1));
            findings.trouble(
                at,
                format!(
                    "{why}; {} and were on disk{}",
                    lost(*first_sequence, last_sequence + 1),
                    behind(rest)
                ),
                RESTORE,
            );
        }
        Err(ChainError::Head { segment, offset, why }) => {
            if !findings.knows(&place(*segment, *offset)) {
                findings.trouble(place(*segment, *offset), why.to_string(), RESTORE);
            }
        }
        Err(ChainError::Missing { segment, .. }) if findings.knows(&file(*segment)) => {}
        Err(error) => findings.trouble("journal".to_owned(), error.to_string(), RESTORE),
    }
}

fn note_torn(surveys: &[Survey], torn: &Torn, findings: &mut Findings) {
    let survey = surveys.iter().find(|survey| survey.number == torn.segment);
    let rest = survey.and_then(|survey| survey.behind(torn.offset + 1));
    findings.note(
        place(torn.segment, torn.offset),
        format!(
            "torn tail: {}; nothing proves that what came there was ever on disk, so the next \
             start leaves it out{}",
            torn.why,
            behind(rest)
        ),
    );
}
