//! The chain of segments in a directory: which there are, in which order, where each ends, how far
//! what is in them is whole, and how far it is proven to be on disk. Read only.
//!
//! ```text
//! segment 1           segment 2            segment 4                     (3 is void: 4 skips it)
//! ├───────────────┤◄──┤─────────────┤xxx│◄─┤──────────────┤▒▒▒▒▒│000000
//!   previous_end ─┘     previous_end ┘       proven ──────┘     └─ whole
//! ```
//!
//! *Proven* is the highest sequence that any whole batch, opening or snapshot says was on disk.
//! What is broken at or below it is corruption: it was acknowledged, and it is gone. What is broken
//! above it is a torn tail: it was never acknowledged.

use std::io;

use crate::format::{BATCHES_AT, FormatError, Identity, Opening};
use crate::names;
use crate::segment::{Batch, Batches, Place, Stop, durable_beyond};
use crate::storage::{Contents, Storage};

/// Whether somebody else may be writing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Nobody: the directory is locked, or a copy.
    Alone,
    /// Somebody may be: the last segment is copied before it is read.
    Live,
}

/// One segment of the chain.
#[derive(Clone, Debug)]
pub struct Link {
    /// Its number.
    pub number: u64,
    /// What it opened with.
    pub opening: Opening,
    /// The opening's checksum.
    pub opening_crc: u32,
    /// Offset at which it ends: its length, or where the next one cut it.
    pub end: u64,
    /// The checksum of its last batch, by the word of the next one; none for the last.
    pub end_crc: Option<u32>,
    /// All of the file.
    pub contents: Contents,
}

impl Link {
    fn batches(&self) -> Batches<'_> {
        let place = Place::first(self.number, &self.opening, self.opening_crc);
        Batches::new(&self.contents, place, self.end)
    }

    /// After the last batch that holds nothing after `sequence`.
    fn place_after(&self, sequence: u64) -> Place {
        let before = self.batches().take_while(|batch| batch.header.last_sequence() <= sequence);
        let first = Place::first(self.number, &self.opening, self.opening_crc);
        before.last().map_or(first, |batch| Place::after(&batch))
    }
}

/// Where and why the records end before the files do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Torn {
    /// Number of the segment.
    pub segment: u64,
    /// Offset of the first byte that is not whole.
    pub offset: u64,
    /// Why it is not.
    pub why: Stop,
}

/// Why a journal cannot be read. Nothing has been changed.
#[derive(Debug)]
pub enum ChainError {
    /// The disk refuses.
    Io(io::Error),
    /// Records that were acknowledged are not whole any more.
    Corrupt {
        /// Number of the segment.
        segment: u64,
        /// Offset of the first byte that is not whole.
        offset: u64,
        /// The first sequence that is lost.
        first_sequence: u64,
        /// The last sequence that is proven to have been there.
        last_sequence: u64,
        /// Why it is not whole.
        why: Stop,
    },
    /// A segment's head is not whole.
    Head {
        /// Number of the segment.
        segment: u64,
        /// Offset of the head.
        offset: u64,
        /// Why it is not whole.
        why: FormatError,
    },
    /// A segment that others follow is not there.
    Missing {
        /// Its number.
        segment: u64,
        /// The one that follows it.
        next: u64,
        /// The sequence that the next one begins with.
        before_sequence: u64,
    },
    /// The records asked for are older than the oldest that is kept.
    TooOld {
        /// The first sequence asked for.
        wanted: u64,
        /// The first that is there.
        oldest: u64,
    },
}

impl From<io::Error> for ChainError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl core::fmt::Display for ChainError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Io(error) => write!(f, "the journal cannot be read: {error}"),
            Self::Corrupt { segment, offset, first_sequence, last_sequence, why } => write!(
                f,
                "{} is corrupt at offset {offset}: {why}; sequences {first_sequence} to \
                 {last_sequence} were on disk and cannot be read",
                names::segment(*segment)
            ),
            Self::Head { segment, offset, why } => write!(
                f,
                "the head of {} is corrupt at offset {offset}: {why}",
                names::segment(*segment)
            ),
            Self::Missing { segment, next, before_sequence } => write!(
                f,
                "{} is missing: {} follows it with sequence {before_sequence}",
                names::segment(*segment),
                names::segment(*next)
            ),
            Self::TooOld { wanted, oldest } => write!(
                f,
                "sequences {wanted} to {} are missing: the oldest segment that is there begins \
                 with {oldest}",
                oldest - 1
            ),
        }
    }
}

impl std::error::Error for ChainError {}

/// A journal, read.
#[derive(Clone, Debug)]
pub struct Chain {
    links: Vec<Link>,
    /// Numbers of files without an opening: spares, and what a crash left of a beginning.
    pub unopened: Vec<u64>,
    /// Numbers of segments that a later one skipped: nothing in them counts.
    pub void: Vec<u64>,
    /// The highest number of any segment there is; 0: there is none.
    pub highest_number: u64,
    /// The last sequence that is whole; 0: none.
    pub whole: u64,
    /// The last sequence of what is proven to be on disk, at the end of its batch.
    pub proven: u64,
    /// Where the records end, if something broken follows.
    pub torn: Option<Torn>,
    /// Whether the last thing written was a clean stop.
    pub is_clean: bool,
    /// The last sequence of what was cut off; 0: nothing was.
    void_to: u64,
    /// After the last whole batch.
    end: Option<Place>,
    /// After the batch of `proven`.
    proven_end: Option<Place>,
}

impl Chain {
    /// Reads the chain of `storage`. `proof` is the highest sequence that something outside the
    /// segments, such as a snapshot, proves to have been on disk; 0: nothing does.
    ///
    /// # Errors
    /// [`ChainError`]: what is proven to have been there is not.
    pub fn read<S: Storage>(storage: &S, access: Access, proof: u64) -> Result<Self, ChainError> {
        let files = Files::read(storage, access)?;
        let proof = match access {
            Access::Alone => proof
                .max(proof_in(storage, &files.unopened)?)
                .max(files.unanswered(proof_in(storage, &files.void)?)),
            Access::Live => proof,
        };
        let mut chain = Self {
            unopened: files.unopened,
            void: files.void,
            highest_number: files.highest_number,
            links: files.links,
            whole: 0,
            proven: 0,
            torn: None,
            is_clean: false,
            void_to: 0,
            end: None,
            proven_end: None,
        };
        let proof = chain.proof(proof);
        chain.measure(proof)?;
        Ok(chain)
    }

    /// The segments, oldest first.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// The first sequence that is kept; the one after the last, where none is.
    pub fn oldest(&self) -> u64 {
        self.links.first().map_or(1, |link| link.opening.first_sequence)
    }

    /// What the newest segment opened with.
    pub fn last_opening(&self) -> Option<&Opening> {
        self.links.last().map(|link| &link.opening)
    }

    /// After the last whole batch; none in an empty journal.
    pub const fn end(&self) -> Option<Place> {
        self.end
    }

    /// After the batch of the last proven sequence; none in an empty journal.
    pub const fn proven_end(&self) -> Option<Place> {
        self.proven_end
    }

    /// The last sequence that the next opening declares void; 0: none.
    pub(crate) fn void_to(&self) -> u64 {
        let is_uncertain = self.torn.is_some() || self.whole > self.proven;
        if is_uncertain { self.void_to.max(self.whole) } else { self.void_to }
    }

    /// The chain as if it had ended with the last batch that holds nothing after `sequence`: what
    /// comes later counts no more, proven or not. [`begin`](crate::begin()) makes it last.
    ///
    /// # Errors
    /// [`ChainError::TooOld`] where all that is kept comes later.
    pub fn cut_after(mut self, sequence: u64) -> Result<Self, ChainError> {
        if sequence >= self.whole {
            return Ok(self);
        }
        let oldest = self.links.first().map_or(self.whole + 1, |link| link.opening.first_sequence);
        let kept = self.links.partition_point(|link| link.opening.first_sequence <= sequence);
        let void = self.links.split_off(kept.max(1).min(self.links.len()));
        let link = self.links.last_mut().filter(|_| oldest <= sequence + 1);
        let link = link.ok_or(ChainError::TooOld { wanted: sequence + 1, oldest })?;
        let end = link.place_after(sequence);
        (link.end, link.end_crc) = (end.offset, None);
        self.void.extend(void.iter().map(|link| link.number));
        // What earlier cuts declared void stays so.
        let void_before = void.iter().map(|link| link.opening.void_to).max().unwrap_or(0);
        self.void_to = self.void_to.max(void_before).max(self.whole);
        self.whole = end.next_sequence - 1;
        self.end = Some(end);
        if self.proven >= self.whole {
            (self.proven, self.proven_end) = (self.whole, self.end);
        }
        (self.torn, self.is_clean) = (None, false);
        Ok(self)
    }

    /// The chain of an empty journal whose first record will be the one after `sequence`: those up
    /// to there are kept elsewhere, or nowhere.
    ///
    /// # Panics
    /// When it is not empty.
    #[must_use]
    pub fn starting_after(mut self, sequence: u64) -> Self {
        assert!(self.links.is_empty(), "only what is empty starts anywhere");
        (self.whole, self.proven) = (sequence, sequence);
        self
    }

    /// The batches that hold `from` and everything after it, up to the last whole one.
    ///
    /// # Errors
    /// [`ChainError::TooOld`] where `from` is not kept any more. The batches themselves are
    /// results: an error among them ends them.
    pub fn batches(&self, from: u64) -> Result<ChainBatches<'_>, ChainError> {
        if from < self.oldest() {
            return Err(ChainError::TooOld { wanted: from, oldest: self.oldest() });
        }
        let first = self.links.partition_point(|link| link.opening.first_sequence <= from);
        let links = &self.links[first.saturating_sub(1)..];
        Ok(ChainBatches { chain: self, links, within: None, from, is_over: links.is_empty() })
    }

    /// The highest sequence that anything proves to be on disk.
    fn proof(&self, outside: u64) -> u64 {
        let openings = self.links.iter().map(|link| link.opening.durable).max();
        let inside = self.links.last().map(|link| durable_beyond(&link.contents, link.number, 0));
        outside.max(openings.unwrap_or(0)).max(inside.unwrap_or(0))
    }

    /// Walks over everything that may not be whole: from the segment of the last proven sequence
    /// on.
    fn measure(&mut self, proof: u64) -> Result<(), ChainError> {
        let holds_proof =
            self.links.partition_point(|link| link.opening.first_sequence <= proof.max(1));
        let first = holds_proof.saturating_sub(1);
        if let Some(link) = self.links.get(first) {
            self.whole = link.opening.first_sequence - 1;
            self.proven = self.whole;
        }
        for at in first..self.links.len() {
            let link = self.links[at].clone();
            let stop = self.measure_link(&link, proof);
            let is_last = at + 1 == self.links.len();
            let is_cut = link.end_crc.is_some_and(|crc| {
                self.end.is_none_or(|end| end.previous_crc != crc || end.offset != link.end)
            });
            let why = match stop {
                Stop::End if is_cut => Some(Stop::Unlinked),
                Stop::End => None,
                broken @ (Stop::Broken(_) | Stop::Unlinked) => Some(broken),
            };
            if let Some(why) = why {
                let offset = self.end.map_or(BATCHES_AT, |end| end.offset);
                return self.torn_at(Torn { segment: link.number, offset, why }, at, proof);
            }
            if is_last && self.whole < proof {
                return self.torn_at(self.short(&link), at, proof);
            }
        }
        if self.links.is_empty() && proof > 0 {
            return Err(ChainError::TooOld { wanted: 1, oldest: proof + 1 });
        }
        Ok(())
    }

    fn short(&self, link: &Link) -> Torn {
        let offset = self.end.map_or(BATCHES_AT, |end| end.offset);
        Torn { segment: link.number, offset, why: Stop::End }
    }

    fn measure_link(&mut self, link: &Link, proof: u64) -> Stop {
        let mut batches = link.batches();
        self.is_clean = false;
        if self.proven_end.is_none() || self.whole <= proof {
            self.proven_end = Some(batches.place());
        }
        self.end = Some(batches.place());
        while let Some(batch) = batches.next() {
            self.whole = batch.header.last_sequence();
            self.is_clean = batch.header.is_clean_stop();
            // A batch is on disk as a whole; a mark belongs to what is before it.
            if batch.header.first_sequence <= proof || self.whole <= proof {
                self.proven = self.whole;
                self.proven_end = Some(batches.place());
            }
            self.end = Some(batches.place());
        }
        batches.stop().unwrap_or(Stop::End)
    }

    /// The records end here; everything behind is void, unless it is proven to have been there.
    fn torn_at(&mut self, torn: Torn, at: usize, proof: u64) -> Result<(), ChainError> {
        if self.whole < proof {
            return Err(ChainError::Corrupt {
                segment: torn.segment,
                offset: torn.offset,
                first_sequence: self.whole + 1,
                last_sequence: proof,
                why: torn.why,
            });
        }
        let void = self.links.split_off(at + 1);
        self.void.extend(void.iter().map(|link| link.number));
        self.torn = Some(torn);
        self.is_clean = false;
        Ok(())
    }
}

/// Batches over the whole chain; see [`Chain::batches`].
#[derive(Debug)]
pub struct ChainBatches<'a> {
    chain: &'a Chain,
    links: &'a [Link],
    within: Option<Batches<'a>>,
    from: u64,
    is_over: bool,
}

impl<'a> ChainBatches<'a> {
    /// The next batch, whether it is asked for or not.
    fn step(&mut self) -> Option<Result<Batch<'a>, ChainError>> {
        loop {
            let (link, rest) = self.links.split_first()?;
            let within = self.within.get_or_insert_with(|| link.batches());
            if let Some(batch) = within.next() {
                return Some(Ok(batch));
            }
            let (place, stop) = (within.place(), within.stop().unwrap_or(Stop::End));
            if self.chain.end.is_some_and(|end| end == place) || rest.is_empty() {
                return None;
            }
            let is_whole = place.offset == link.end && link.end_crc == Some(place.previous_crc);
            if !is_whole {
                let why = if stop == Stop::End { Stop::Unlinked } else { stop };
                return Some(Err(ChainError::Corrupt {
                    segment: link.number,
                    offset: place.offset,
                    first_sequence: place.next_sequence,
                    last_sequence: rest[0].opening.first_sequence - 1,
                    why,
                }));
            }
            self.links = rest;
            self.within = None;
        }
    }
}

impl<'a> Iterator for ChainBatches<'a> {
    type Item = Result<Batch<'a>, ChainError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.is_over {
            match self.step() {
                Some(Ok(batch)) if batch.header.last_sequence() < self.from => {}
                Some(Ok(batch)) => return Some(Ok(batch)),
                Some(Err(error)) => {
                    self.is_over = true;
                    return Some(Err(error));
                }
                None => self.is_over = true,
            }
        }
        None
    }
}

/// The files of a directory, sorted into a chain and the rest.
struct Files {
    links: Vec<Link>,
    unopened: Vec<u64>,
    void: Vec<u64>,
    highest_number: u64,
}

impl Files {
    fn read<S: Storage>(storage: &S, access: Access) -> Result<Self, ChainError> {
        let mut numbers: Vec<u64> =
            storage.names()?.iter().filter_map(|name| names::segment_number(name)).collect();
        numbers.sort_unstable();
        let mut opened = Vec::new();
        let mut unopened = Vec::new();
        for &number in &numbers {
            match head(storage, number)? {
                Some(head) => opened.push((number, head)),
                None => unopened.push(number),
            }
        }
        let (chain, void) = linked(&opened)?;
        let last = chain.last().map(|(number, _)| *number);
        let load = |number| match access {
            Access::Live if Some(number) >= last => copy(storage, number),
            Access::Live | Access::Alone => storage.view(&names::segment(number)),
        };
        let mut links = Vec::with_capacity(chain.len());
        for (number, (opening, opening_crc)) in chain {
            let contents = load(number)?;
            let end = contents.len() as u64;
            links.push(Link { number, opening, opening_crc, end, end_crc: None, contents });
        }
        cut(&mut links);
        Ok(Self { links, unopened, void, highest_number: numbers.last().copied().unwrap_or(0) })
    }
}

impl Files {
    /// What void segments prove, unless an opening of the chain declares it void with them.
    fn unanswered(&self, proof: u64) -> u64 {
        let answered = self.links.iter().map(|link| link.opening.void_to).max();
        if proof > answered.unwrap_or(0) { proof } else { 0 }
    }
}

type Head = (Opening, u32);

/// What batches prove that lie in void segments, or in some whose opening never came.
fn proof_in<S: Storage>(storage: &S, numbers: &[u64]) -> io::Result<u64> {
    let mut highest = 0;
    for &number in numbers {
        let contents = storage.view(&names::segment(number))?;
        highest = highest.max(durable_beyond(&contents, number, BATCHES_AT));
    }
    Ok(highest)
}

/// A segment's opening; none where it is a spare or was not even made completely.
fn head<S: Storage>(storage: &S, number: u64) -> Result<Option<Head>, ChainError> {
    let bytes = storage.copy(&names::segment(number), 0, BATCHES_AT as usize)?;
    let error = |offset, why| ChainError::Head { segment: number, offset, why };
    let opening = match Opening::read(&bytes, number) {
        Err(FormatError::Zero | FormatError::Short) => return Ok(None),
        Err(why) => return Err(error(crate::format::OPENING_AT, why)),
        Ok(opening) => opening,
    };
    let identity = Identity::read(&bytes).map_err(|why| error(0, why))?;
    if identity.number != number {
        return Err(error(0, FormatError::Field("number")));
    }
    Ok(Some(opening))
}

fn copy<S: Storage>(storage: &S, number: u64) -> io::Result<Contents> {
    let name = names::segment(number);
    let bytes = storage.length(&name)?;
    Ok(Contents::new(storage.copy(&name, 0, bytes as usize)?))
}

/// Follows the links from the newest segment back to the oldest that is there.
#[expect(clippy::type_complexity, reason = "the two halves of what came in")]
fn linked(opened: &[(u64, Head)]) -> Result<(Vec<(u64, Head)>, Vec<u64>), ChainError> {
    let mut chain: Vec<(u64, Head)> = Vec::new();
    let mut void = Vec::new();
    for &(number, head) in opened.iter().rev() {
        let Some((next, (opening, _))) = chain.last() else {
            chain.push((number, head));
            continue;
        };
        match number.cmp(&opening.previous) {
            core::cmp::Ordering::Greater => void.push(number),
            core::cmp::Ordering::Equal => chain.push((number, head)),
            core::cmp::Ordering::Less => {
                return Err(ChainError::Missing {
                    segment: opening.previous,
                    next: *next,
                    before_sequence: opening.first_sequence,
                });
            }
        }
    }
    chain.reverse();
    Ok((chain, void))
}

/// Each segment ends where the next one says.
fn cut(links: &mut [Link]) {
    for at in 1..links.len() {
        let Opening { previous_end, previous_crc, .. } = links[at].opening;
        let before = &mut links[at - 1];
        before.end = before.end.min(previous_end);
        before.end_crc = Some(previous_crc);
    }
}
