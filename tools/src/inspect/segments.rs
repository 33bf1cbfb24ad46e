//! Segments and snapshots, one a line, and what a segment opened with.

use ringside_journal::format::{FormatError, Opening};
use ringside_journal::segment::{Batch, Stop};
use ringside_journal::snapshots;
use ringside_protocol::Timestamp;

use super::table::{Table, dump};
use crate::figures::{counted, grouped};
use crate::scenario::answers::hex;
use crate::scenario::time;
use crate::venue::layout::Layout;
use crate::venue::reading;
use crate::venue::survey::{Extent, Part, Survey};

/// Digits of a hash that are shown where there is little room.
const SHORT_BYTES: usize = 4;

/// Every segment, then what each opened with.
pub(super) fn overview(surveys: &[Survey]) -> String {
    let mut table = Table::new([
        "segment", "bytes", "first", "last", "commands", "batches", "marks", "ends at", "part",
    ]);
    surveys.iter().for_each(|survey| table.row(overview_row(survey)));
    let mut text = table.text();
    text.push('\n');
    text.push_str(&openings(surveys));
    text
}

fn overview_row(survey: &Survey) -> [String; 9] {
    let (name, bytes) = (format!("{:012}", survey.number), grouped(survey.contents.len()));
    let Some(extent) = survey.extent() else {
        let none = || "-".to_owned();
        return [name, bytes, none(), none(), none(), none(), none(), none(), part(survey)];
    };
    let first = survey.opening.as_ref().map_or(0, |(opening, _)| opening.first_sequence);
    let last = extent.end.next_sequence.saturating_sub(1);
    let (commands, batches) = (grouped(extent.records), grouped(extent.batches));
    let (marks, end) = (grouped(extent.marks), grouped(extent.end.offset));
    [name, bytes, grouped(first), grouped(last), commands, batches, marks, end, part(survey)]
}

fn openings(surveys: &[Survey]) -> String {
    let mut table = Table::new([
        "segment",
        "previous",
        "its end",
        "durable",
        "void to",
        "epoch",
        "mode",
        "build",
        "configuration",
        "boot",
        "opened",
    ]);
    for survey in surveys {
        let Ok((opening, _)) = &survey.opening else { continue };
        let (author, short) = (opening.author, |bytes: [u8; 16]| hex(&bytes[..SHORT_BYTES]));
        table.row([
            format!("{:012}", survey.number),
            or_none(opening.previous),
            or_none(opening.previous_end),
            grouped(opening.durable),
            or_none(opening.void_to),
            author.epoch.to_string(),
            author.durability.word().to_owned(),
            short(author.build),
            short(author.configuration),
            short(author.boot),
            time::text(Timestamp(opening.time_ns)),
        ]);
    }
    table.text()
}

fn or_none(number: u64) -> String {
    if number == 0 { "-".to_owned() } else { grouped(number) }
}

/// What part a segment plays, in words, and whether it is broken.
pub(super) fn part(survey: &Survey) -> String {
    match survey.part {
        Part::Followed { by, end, end_crc } => {
            let is_whole =
                |extent: &Extent| extent.end.offset == end && extent.end.previous_crc == end_crc;
            match survey.extent().is_some_and(|extent| is_whole(&extent)) {
                true => format!("followed by {by}"),
                false => format!("BROKEN: {by} says that it ends at {}", grouped(end)),
            }
        }
        Part::Gap { before, .. } => format!("followed by {before}, which is missing or damaged"),
        Part::Last => match survey.extent().map(|extent| extent.stop) {
            Some(stop @ (Stop::Broken(_) | Stop::Unlinked)) => format!("newest; at its end {stop}"),
            Some(Stop::End) | None => "newest".to_owned(),
        },
        Part::Void => "void: a later one skips it".to_owned(),
        Part::Spare => "spare".to_owned(),
        Part::Unfinished => "left by an interrupted recovery".to_owned(),
        Part::Unmade => "not made to its end".to_owned(),
        Part::Damaged => {
            let why = survey.opening.as_ref().err().unwrap_or(&FormatError::Zero);
            format!("DAMAGED: its opening: {why}")
        }
        Part::NotZero(offset) => format!("spare, but NOT ZERO at {}", grouped(offset)),
    }
}

/// Everything that one segment says of itself.
pub(super) fn heads(survey: &Survey) -> String {
    let mut lines = vec![("part", part(survey))];
    lines.push(match survey.identity {
        Ok(identity) => (
            "identity",
            format!("segment {}, {} bytes", identity.number, grouped(identity.segment_bytes)),
        ),
        Err(why) => ("identity", format!("none: {why}")),
    });
    match &survey.opening {
        Ok((opening, crc)) => lines.extend(opening_lines(opening, *crc)),
        Err(why) => lines.push(("opening", format!("none: {why}"))),
    }
    lines.iter().map(|(name, value)| format!("  {name:<15}{value}\n")).collect()
}

fn opening_lines(opening: &Opening, crc: u32) -> Vec<(&'static str, String)> {
    let author = opening.author;
    let previous = match opening.previous {
        0 => "none".to_owned(),
        number => format!(
            "segment {number} up to offset {}, checksum {:08x}",
            grouped(opening.previous_end),
            opening.previous_crc
        ),
    };
    let void = match opening.void_to {
        0 => "nothing".to_owned(),
        to => format!(
            "of the segment before, sequences {} to {}: copied here, or never whole",
            grouped(opening.first_sequence),
            grouped(to)
        ),
    };
    vec![
        ("previous", previous),
        ("first sequence", grouped(opening.first_sequence)),
        ("durable", grouped(opening.durable)),
        ("void", void),
        ("opened", time::text(Timestamp(opening.time_ns))),
        ("epoch", author.epoch.to_string()),
        ("mode", author.durability.word().to_owned()),
        ("build", hex(&author.build)),
        ("configuration", hex(&author.configuration)),
        ("boot", hex(&author.boot)),
        ("checksum", format!("{crc:08x}")),
    ]
}

/// Batches, one a line.
pub(super) fn batches<'a>(batches: impl IntoIterator<Item = Batch<'a>>) -> String {
    let mut table = Table::new([
        "offset",
        "first",
        "last",
        "count",
        "bytes",
        "durable",
        "checkpoint",
        "event hash",
        "checksum",
        "epoch",
        "",
    ]);
    for batch in batches {
        let header = batch.header;
        let remark = match header.count {
            _ if header.is_clean_stop() => "clean stop",
            0 => "mark",
            _ => "",
        };
        table.row([
            grouped(batch.offset),
            grouped(header.first_sequence),
            grouped(header.last_sequence()),
            grouped(header.count),
            grouped(header.bytes()),
            grouped(header.durable),
            or_none(header.checkpoint.sequence),
            format!("{:016x}", header.checkpoint.event_hash),
            format!("{:08x}", batch.crc),
            header.epoch.to_string(),
            remark.to_owned(),
        ]);
    }
    table.text()
}

/// Why no batch follows at the end of a segment, and what is whole behind it.
pub(super) fn end(survey: &Survey, extent: &Extent, count: usize) -> String {
    let offset = extent.end.offset;
    let mut text = format!("offset {}: {}\n", grouped(offset), why(survey, extent));
    if survey.behind(offset).is_some() {
        text.push_str(&bytes_at(survey, offset));
        let all: Vec<_> = survey.whole_batches(offset).collect();
        text.push_str(&format!(
            "behind it, {} that nothing leads to:\n",
            counted(all.len() as u64, "whole batch")
        ));
        text.push_str(&batches(all.iter().take(count).copied()));
        text.push_str(&more(all.len(), count, "--at shows others"));
    } else if matches!(extent.stop, Stop::Broken(_) | Stop::Unlinked) {
        text.push_str(&bytes_at(survey, offset));
    }
    text
}

/// What is not shown.
pub(super) fn more(all: usize, shown: usize, how: &str) -> String {
    match all.saturating_sub(shown) {
        0 => String::new(),
        rest => format!("  … and {} more; {how}\n", grouped(rest)),
    }
}

fn why(survey: &Survey, extent: &Extent) -> String {
    let expected = extent.end.next_sequence;
    match (extent.stop, survey.part) {
        (Stop::End, Part::Followed { by, end, .. }) if extent.end.offset >= end => {
            format!("segment {by} goes on here, with sequence {}", grouped(expected))
        }
        (Stop::End, _) if extent.end.offset >= survey.contents.len() as u64 => {
            "the file is full".to_owned()
        }
        (Stop::End, _) => "nothing is written from here on".to_owned(),
        (stop @ (Stop::Broken(_) | Stop::Unlinked), _) => {
            format!("BROKEN: {stop}; sequence {} should come here", grouped(expected))
        }
    }
}

/// A few of the bytes at an offset.
pub(super) fn bytes_at(survey: &Survey, offset: u64) -> String {
    const SHOWN_BYTES: usize = 128;
    let start = (offset as usize).min(survey.contents.len());
    let end = (start + SHOWN_BYTES).min(survey.contents.len());
    dump(&survey.contents[start..end], offset)
}

/// Every snapshot.
pub(super) fn snapshots(layout: &Layout) -> String {
    let mut table = Table::new(["sequence", "bytes", "image", "event hash", "time", "state hash"]);
    for sequence in reading::sequences(layout).into_iter().rev() {
        let none = || "-".to_owned();
        table.row(match snapshots::read(&layout.snapshots(), sequence) {
            Ok(snapshot) => [
                grouped(sequence),
                grouped(snapshot.image().len()),
                format!("version {}", snapshot.head.schema),
                format!("{:016x}", snapshot.head.event_hash),
                time::text(Timestamp(snapshot.head.time_ns)),
                hex(&snapshot.hash),
            ],
            Err(why) => {
                [grouped(sequence), none(), none(), none(), none(), format!("DAMAGED: {why}")]
            }
        });
    }
    table.text()
}
