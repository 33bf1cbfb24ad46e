//! Every segment of a directory as it lies there, damaged ones among them: what each says of
//! itself, what part it plays, and how far its batches follow from one another. Where
//! [`Chain`](ringside_journal::Chain) ends at the first thing that is not whole, this goes on. It
//! never changes anything.

use std::io;

use ringside_journal::format::{BATCHES_AT, BatchHeader, FormatError, Identity, Opening};
use ringside_journal::names;
use ringside_journal::segment::{Batch, Batches, Place, Stop, whole_batches};
use ringside_journal::storage::{Contents, Storage};

/// A segment's file.
#[derive(Debug)]
pub struct Survey {
    /// The number in its name.
    pub number: u64,
    /// All of it.
    pub contents: Contents,
    /// What was written when it was made.
    pub identity: Result<Identity, FormatError>,
    /// What was written when it began to be used, and its checksum.
    pub opening: Result<(Opening, u32), FormatError>,
    /// The part it plays.
    pub part: Part,
}

/// The part that a segment plays in its directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// Its batches count, up to where the next one says that it ends.
    Followed {
        /// The number of the next one.
        by: u64,
        /// Where it ends.
        end: u64,
        /// The checksum of its last batch.
        end_crc: u32,
    },
    /// Its batches count; the one that followed it is missing or damaged.
    Gap {
        /// The number of that one.
        before: u64,
        /// The number of the one after that.
        by: u64,
    },
    /// Its batches count; it is the newest.
    Last,
    /// A later one skipped it: nothing in it counts.
    Void,
    /// Made ahead of use, and all zeros.
    Spare,
    /// Its opening never came, though batches did: what an interrupted start left. Nothing in it
    /// counts.
    Unfinished,
    /// It was not made to its end: an interrupted start left it. Nothing in it counts.
    Unmade,
    /// Its opening is damaged.
    Damaged,
    /// It should be a spare, and is not all zeros from this offset on.
    NotZero(u64),
}

/// How far the batches of a segment follow from one another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extent {
    /// Batches with records.
    pub batches: u64,
    /// Batches without.
    pub marks: u64,
    /// Records.
    pub records: u64,
    /// Where the last of them ends.
    pub end: Place,
    /// Why none follows.
    pub stop: Stop,
}

/// What lies behind a break: whole batches that nothing leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Behind {
    /// How many.
    pub batches: u64,
    /// The offset of the first.
    pub offset: u64,
    /// The first sequence in them.
    pub first_sequence: u64,
    /// The last sequence in them.
    pub last_sequence: u64,
}

impl Survey {
    /// All segments, oldest first. The newest that is in use, and those after it, are copied, for
    /// somebody may be writing.
    ///
    /// # Errors
    /// What the disk says.
    pub fn all<S: Storage>(storage: &S) -> io::Result<Vec<Self>> {
        let found = storage.names()?;
        let mut numbers: Vec<u64> =
            found.iter().filter_map(|name| names::segment_number(name)).collect();
        numbers.sort_unstable();
        let mut newest = None;
        for &number in &numbers {
            let head = storage.copy(&names::segment(number), 0, BATCHES_AT as usize)?;
            if Opening::read(&head, number).is_ok() {
                newest = Some(number);
            }
        }
        let is_finished = |number| newest.is_some_and(|newest| number < newest);
        // Newest first: what a newer one says of an older one is then in that, too.
        let read = |&number| Self::read(storage, number, is_finished(number));
        let mut surveys = numbers.iter().rev().map(read).collect::<io::Result<Vec<_>>>()?;
        surveys.reverse();
        give_parts(&mut surveys);
        Ok(surveys)
    }

    /// What looks damaged may only have been read while it was written: it is read again.
    fn read<S: Storage>(storage: &S, number: u64, is_finished: bool) -> io::Result<Self> {
        let survey = Self::read_once(storage, number, is_finished)?;
        match survey.part {
            Part::Damaged | Part::NotZero(_) => Self::read_once(storage, number, is_finished),
            Part::Followed { .. }
            | Part::Gap { .. }
            | Part::Last
            | Part::Void
            | Part::Spare
            | Part::Unfinished
            | Part::Unmade => Ok(survey),
        }
    }

    fn read_once<S: Storage>(storage: &S, number: u64, is_finished: bool) -> io::Result<Self> {
        let name = names::segment(number);
        let contents = match is_finished {
            true => storage.view(&name)?,
            false => {
                let bytes = storage.length(&name)? as usize;
                Contents::new(storage.copy(&name, 0, bytes)?)
            }
        };
        let (identity, opening) = (Identity::read(&contents), Opening::read(&contents, number));
        let part = match opening {
            Ok(_) => Part::Last,
            Err(FormatError::Zero | FormatError::Short) => unopened(&contents, number, identity),
            Err(
                FormatError::Magic
                | FormatError::Version(_)
                | FormatError::Checksum
                | FormatError::Field(_),
            ) => Part::Damaged,
        };
        Ok(Self { number, contents, identity, opening, part })
    }

    /// The name of its file.
    pub fn name(&self) -> String {
        names::segment(self.number)
    }

    /// Its batches, one after the other, as far as they count; none without an opening.
    pub fn batches(&self) -> Option<Batches<'_>> {
        let (opening, crc) = self.opening.as_ref().ok()?;
        let end = match self.part {
            Part::Followed { end, .. } => end,
            Part::Gap { .. }
            | Part::Last
            | Part::Void
            | Part::Spare
            | Part::Unfinished
            | Part::Unmade
            | Part::Damaged
            | Part::NotZero(_) => self.contents.len() as u64,
        };
        Some(Batches::new(&self.contents, Place::first(self.number, opening, *crc), end))
    }

    /// Walks over its batches; none without an opening.
    pub fn extent(&self) -> Option<Extent> {
        let mut walk = self.batches()?;
        let (mut batches, mut marks, mut records) = (0, 0, 0);
        for batch in walk.by_ref() {
            match batch.header.count {
                0 => marks += 1,
                count => {
                    batches += 1;
                    records += u64::from(count);
                }
            }
        }
        let stop = walk.stop().unwrap_or(Stop::End);
        Some(Extent { batches, marks, records, end: walk.place(), stop })
    }

    /// Every whole batch from an offset on, whether anything leads to it or not.
    pub fn whole_batches(&self, offset: u64) -> impl Iterator<Item = Batch<'_>> {
        whole_batches(&self.contents, self.number, offset)
    }

    /// What is still whole behind a break at this offset.
    pub fn behind(&self, offset: u64) -> Option<Behind> {
        let mut found: Option<Behind> = None;
        for batch in self.whole_batches(offset) {
            let (first, last) = (batch.header.first_sequence, batch.header.last_sequence());
            let so_far = found.get_or_insert(Behind {
                batches: 0,
                offset: batch.offset,
                first_sequence: first,
                last_sequence: last,
            });
            so_far.batches += 1;
            so_far.first_sequence = so_far.first_sequence.min(first);
            so_far.last_sequence = so_far.last_sequence.max(last);
        }
        found
    }
}

/// What a file without an opening is.
fn unopened(contents: &[u8], number: u64, identity: Result<Identity, FormatError>) -> Part {
    if identity.is_err() && first_not_zero(contents, 0).is_none() {
        return Part::Unmade;
    }
    let rest = if identity.is_ok() { IDENTITY_END } else { 0 };
    match first_not_zero(contents, rest) {
        None => Part::Spare,
        Some(_) if begins_with_batch(contents, number) => Part::Unfinished,
        Some(offset) => Part::NotZero(offset),
    }
}

/// Bytes of an identity.
const IDENTITY_END: u64 = 64;

/// Whether a batch, whole or torn, stands where the first one belongs, or a whole one further on.
fn begins_with_batch(contents: &[u8], number: u64) -> bool {
    match BatchHeader::read(contents, number, BATCHES_AT) {
        Ok(_) | Err(FormatError::Checksum | FormatError::Short | FormatError::Field(_)) => true,
        Err(FormatError::Zero | FormatError::Magic | FormatError::Version(_)) => {
            whole_batches(contents, number, BATCHES_AT).next().is_some()
        }
    }
}

/// The offset of the first byte from `from` on that is not zero.
pub fn first_not_zero(contents: &[u8], from: u64) -> Option<u64> {
    const PIECE_BYTES: usize = 4096;
    let start = (from as usize).min(contents.len());
    let is_zero = |piece: &[u8]| piece.iter().fold(0, |all, byte| all | byte) == 0;
    let pieces = contents[start..].chunks(PIECE_BYTES).enumerate();
    let (at, piece) = pieces.into_iter().find(|(_, piece)| !is_zero(piece))?;
    let within = piece.iter().position(|&byte| byte != 0)?;
    Some((start + at * PIECE_BYTES + within) as u64)
}

/// Follows the openings from the newest segment back to the oldest.
fn give_parts(surveys: &mut [Survey]) {
    let mut next: Option<(u64, Opening)> = None;
    for survey in surveys.iter_mut().rev() {
        let Ok((opening, _)) = survey.opening else { continue };
        survey.part = match next {
            None => Part::Last,
            Some((_, after)) if survey.number > after.previous => Part::Void,
            Some((by, after)) if survey.number == after.previous => {
                Part::Followed { by, end: after.previous_end, end_crc: after.previous_crc }
            }
            Some((by, after)) => Part::Gap { before: after.previous, by },
        };
        if survey.part != Part::Void {
            next = Some((survey.number, opening));
        }
    }
}
