//! The chain of segments in a directory: which there are, in which order, where each ends, how far
//! what is in them is whole, and how far it is proven to be on disk. Read only.
//!
//! ```text
//! segment 1           segment 2            segment 4                     (3 is void: 4 skips it)
//! ├───────────────┤◄──┤─────────────┤xxx│◄─┤──────────────┤▒▒▒▒▒│000000
//!   previous_end ─┘     previous_end ┘          cut ──────┘     └─ whole
//! ```
//!
//! *Proven* is the highest sequence that any whole batch, opening or snapshot says was on disk.
//! What is broken at or below it is corruption: it was acknowledged, and it is gone. What is broken
//! above it is a torn tail: it was never acknowledged.
//!
//! The *cut* is where the next writer ties on: after the last batch that is proven to be on disk
//! *where it lies*. It never lies behind a mark or an opening that only the system's memory may
//! hold: whoever tied on there would hang in the air after a power cut.

use std::io;

use crate::format::{BATCHES_AT, FormatError, Identity, OPENING_AT, Opening};
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

    /// The end of the segment before; none where there was none.
    fn before(&self) -> Option<Place> {
        let Opening { previous, previous_end, previous_crc, first_sequence, .. } = self.opening;
        (previous > 0).then_some(Place {
            segment: previous,
            offset: previous_end,
            previous_crc,
            next_sequence: first_sequence,
        })
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
    /// The records asked for are older than the oldest that is kept, or there is none at all.
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
                 {last_sequence} were on disk and cannot be read. {REMEDY}",
                names::segment(*segment)
            ),
            Self::Head { segment, offset, why } => write!(
                f,
                "the head of {} is corrupt at offset {offset}: {why}. {REMEDY}",
                names::segment(*segment)
            ),
            Self::Missing { segment, next, before_sequence } => write!(
                f,
                "{} is missing: {} follows it with sequence {before_sequence}. {REMEDY}",
                names::segment(*segment),
                names::segment(*next)
            ),
            Self::TooOld { wanted, oldest } => write!(
                f,
                "sequences {wanted} to {} are in no segment that is there",
                oldest.saturating_sub(1)
            ),
        }
    }
}

/// What an operator can do.
const REMEDY: &str = "Nothing was changed. Put a whole copy of that file in its place; where there \
                      is none, begin a new directory from the newest snapshot";

impl std::error::Error for ChainError {}

/// A journal, read.
#[derive(Clone, Debug)]
pub struct Chain {
    links: Vec<Link>,
    /// Numbers of files without an opening, ascending: spares, what a crash left of a beginning,
    /// and segments whose opening never reached the disk.
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
    /// Where the next writer ties on.
    cut: Option<Place>,
    /// A segment that others follow, and whose opening never reached the disk.
    gap: Option<u64>,
}

impl Chain {
    /// Reads the chain of `storage`. `proof` is the highest sequence that something outside the
    /// segments, such as a snapshot, proves to have been on disk; 0: nothing does.
    ///
    /// # Errors
    /// [`ChainError`]: what is proven to have been there is not.
    pub fn read<S: Storage>(storage: &S, access: Access, proof: u64) -> Result<Self, ChainError> {
        let files = Files::read(storage, access)?;
        let inside = files.proof(access);
        let beside = match access {
            Access::Alone => proof_beside(storage, &files)?,
            Access::Live => 0,
        };
        let mut chain = Self {
            unopened: files.unopened,
            void: files.void.iter().map(|(number, _)| *number).collect(),
            highest_number: files.highest_number,
            links: files.links,
            whole: 0,
            proven: 0,
            torn: None,
            is_clean: false,
            void_to: 0,
            end: None,
            cut: None,
            gap: files.gap,
        };
        chain.measure(proof.max(inside).max(beside))?;
        Ok(chain)
    }

    /// The segments, oldest first.
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// The first sequence that is kept; the one after the last, where none is.
    pub fn oldest(&self) -> u64 {
        self.links.first().map_or(self.whole + 1, |link| link.opening.first_sequence)
    }

    /// What the newest segment opened with.
    pub fn last_opening(&self) -> Option<&Opening> {
        self.links.last().map(|link| &link.opening)
    }

    /// After the last whole batch; none in an empty journal.
    pub const fn end(&self) -> Option<Place> {
        self.end
    }

    /// Where the next writer ties on: after the last batch that is proven to be on disk where it
    /// lies. What is whole behind it has to be copied. None: nothing is, it begins anew.
    pub const fn cut(&self) -> Option<Place> {
        self.cut
    }

    /// The sequence that comes first behind the cut.
    pub fn cut_sequence(&self) -> u64 {
        self.cut.map_or(self.oldest(), |cut| cut.next_sequence)
    }

    /// The last sequence that the next opening declares void; 0: none.
    pub(crate) fn void_to(&self) -> u64 {
        // Who ties on before a segment takes over what that one declared void.
        let is_skipped = |link: &&Link| self.cut.is_none_or(|cut| link.number > cut.segment);
        let skipped = self.links.iter().filter(is_skipped).map(|link| link.opening.void_to).max();
        let void_to = self.void_to.max(skipped.unwrap_or(0));
        let is_anything_void = self.torn.is_some() || self.whole >= self.cut_sequence();
        if is_anything_void { void_to.max(self.whole) } else { void_to }
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
        self.proven = self.proven.min(self.whole);
        if self.cut_sequence() > self.whole + 1 {
            self.cut = self.end;
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

    /// Walks over everything that may not be whole: from the segment of the last proven sequence
    /// on.
    fn measure(&mut self, proof: u64) -> Result<(), ChainError> {
        let holds_proof =
            self.links.partition_point(|link| link.opening.first_sequence <= proof.max(1));
        let first = holds_proof.saturating_sub(1);
        let Some(link) = self.links.get(first) else { return self.measure_nothing(proof) };
        self.whole = link.opening.first_sequence - 1;
        self.proven = self.whole;
        self.cut = link.before();
        for at in first..self.links.len() {
            let link = self.links[at].clone();
            let is_last = at + 1 == self.links.len();
            let stop = self.measure_link(&link, proof, is_last);
            if let Some(torn) = self.tear(&link, stop, is_last && self.whole < proof) {
                return self.torn_at(torn, at, proof);
            }
        }
        Ok(())
    }

    /// There is no segment.
    fn measure_nothing(&mut self, proof: u64) -> Result<(), ChainError> {
        match (self.gap, proof) {
            (None, 0) => Ok(()),
            (None, _) => Err(ChainError::TooOld { wanted: 1, oldest: proof.saturating_add(1) }),
            (Some(gap), _) => self.torn_at(never_opened(gap), 0, proof),
        }
    }

    /// Goes over one segment, as far as it is whole, and says why no further.
    fn measure_link(&mut self, link: &Link, proof: u64, is_last: bool) -> Stop {
        let mut batches = link.batches();
        let mut cut = self.cut;
        // Its opening is on disk for sure once its writer has gone on from there.
        let mut is_settled = !is_last;
        self.is_clean = false;
        self.end = Some(batches.place());
        while let Some(batch) = batches.next() {
            self.whole = batch.header.last_sequence();
            self.is_clean = batch.header.is_clean_stop();
            is_settled |= batch.header.first_sequence > link.opening.durable;
            // A batch is on disk as a whole; a mark may be in memory only.
            if batch.header.count > 0 && batch.header.first_sequence <= proof {
                self.proven = self.whole;
                cut = Some(batches.place());
            }
            self.end = Some(batches.place());
        }
        if is_settled {
            self.cut = cut;
        }
        batches.stop().unwrap_or(Stop::End)
    }

    /// What is torn after a segment, where `stop` was found; none where all is in order.
    fn tear(&self, link: &Link, stop: Stop, is_short: bool) -> Option<Torn> {
        let offset = self.end.map_or(BATCHES_AT, |end| end.offset);
        let is_cut = link.end_crc.is_some_and(|crc| {
            self.end.is_none_or(|end| end.previous_crc != crc || end.offset != link.end)
        });
        let is_gap = link.end_crc.is_none() && self.gap.is_some();
        match stop {
            broken @ (Stop::Broken(_) | Stop::Unlinked) => {
                Some(Torn { segment: link.number, offset, why: broken })
            }
            Stop::End if is_cut => Some(Torn { segment: link.number, offset, why: Stop::Unlinked }),
            Stop::End if is_gap => self.gap.map(never_opened),
            Stop::End => is_short.then_some(Torn { segment: link.number, offset, why: Stop::End }),
        }
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
        let void = self.links.drain((at + 1).min(self.links.len())..);
        self.void.extend(void.map(|link| link.number));
        self.torn = Some(torn);
        self.is_clean = false;
        Ok(())
    }
}

const fn never_opened(segment: u64) -> Torn {
    Torn { segment, offset: OPENING_AT, why: Stop::Broken(FormatError::Zero) }
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
    void: Vec<(u64, Head)>,
    highest_number: u64,
    gap: Option<u64>,
}

impl Files {
    fn read<S: Storage>(storage: &S, access: Access) -> Result<Self, ChainError> {
        let mut numbers: Vec<u64> =
            storage.names()?.iter().filter_map(|name| names::segment_number(name)).collect();
        numbers.sort_unstable();
        let (opened, unopened) = heads(storage, &numbers, access)?;
        let Linked { chain, void, gap } = linked(&opened, &unopened)?;
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
        let highest_number = numbers.last().copied().unwrap_or(0);
        Ok(Self { links, unopened, void, highest_number, gap })
    }

    /// The highest sequence that the chain itself proves to be on disk.
    fn proof(&self, access: Access) -> u64 {
        let openings = self.links.iter().map(|link| self.counts(link.number, link.opening.durable));
        let inside = self.links.last().map(|link| match access {
            Access::Alone => durable_beyond(&link.contents, link.number, 0),
            // A copy is older at its begin than at its end: what lies behind a break in it may
            // speak of what was written into the break meanwhile.
            Access::Live => link.batches().map(|batch| batch.header.durable).max().unwrap_or(0),
        });
        openings.max().unwrap_or(0).max(inside.unwrap_or(0))
    }

    /// What a segment's word still proves: nothing that a later opening has declared void.
    fn counts(&self, number: u64, durable: u64) -> u64 {
        let later = self.links.iter().filter(|link| link.number > number);
        let void_to = later.map(|link| link.opening.void_to).max().unwrap_or(0);
        if durable > void_to { durable } else { 0 }
    }
}

type Head = (Opening, u32);

/// What void segments prove, and batches in some whose opening never came.
fn proof_beside<S: Storage>(storage: &S, files: &Files) -> io::Result<u64> {
    let void = files.void.iter().map(|(number, head)| (*number, head.0.durable));
    let unopened = files.unopened.iter().map(|&number| (number, 0));
    let mut highest = 0;
    for (number, opened_with) in unopened.chain(void) {
        let contents = storage.view(&names::segment(number))?;
        let durable = durable_beyond(&contents, number, BATCHES_AT).max(opened_with);
        highest = highest.max(files.counts(number, durable));
    }
    Ok(highest)
}

/// Which segments are opened, with their heads, and which are not; both ascending.
///
/// The newest is read first: a writer who goes on meanwhile opens others later, never before.
#[expect(clippy::type_complexity, reason = "the two halves of what came in")]
fn heads<S: Storage>(
    storage: &S,
    numbers: &[u64],
    access: Access,
) -> Result<(Vec<(u64, Head)>, Vec<u64>), ChainError> {
    let (mut opened, mut unopened) = (Vec::new(), Vec::new());
    for &number in numbers.iter().rev() {
        let is_newest = opened.is_empty();
        match head(storage, number) {
            Ok(Some(head)) => opened.push((number, head)),
            Ok(None) => unopened.push(number),
            // It is being written this moment.
            Err(ChainError::Head { .. }) if access == Access::Live && is_newest => {
                unopened.push(number);
            }
            Err(error) => return Err(error),
        }
    }
    opened.reverse();
    unopened.reverse();
    Ok((opened, unopened))
}

/// A segment's opening; none where it is a spare or was not even made completely.
fn head<S: Storage>(storage: &S, number: u64) -> Result<Option<Head>, ChainError> {
    let bytes = storage.copy(&names::segment(number), 0, BATCHES_AT as usize)?;
    let error = |offset, why| ChainError::Head { segment: number, offset, why };
    let opening = Opening::read(&bytes, number);
    if matches!(opening, Err(FormatError::Zero | FormatError::Short)) {
        return Ok(None);
    }
    // First of all it says which version the rest is.
    let identity = Identity::read(&bytes).map_err(|why| error(0, why))?;
    if identity.number != number {
        return Err(error(0, FormatError::Field("number")));
    }
    opening.map(Some).map_err(|why| error(OPENING_AT, why))
}

fn copy<S: Storage>(storage: &S, number: u64) -> io::Result<Contents> {
    let name = names::segment(number);
    let bytes = storage.length(&name)?;
    Ok(Contents::new(storage.copy(&name, 0, bytes as usize)?))
}

/// Opened segments, followed from the newest back.
#[derive(Default)]
struct Linked {
    chain: Vec<(u64, Head)>,
    void: Vec<(u64, Head)>,
    gap: Option<u64>,
}

/// Follows the links from the newest segment back to the oldest that is there. Where a link leads
/// to a segment that was never opened, everything from there on is void: its opening was written
/// before and did not reach the disk.
fn linked(opened: &[(u64, Head)], unopened: &[u64]) -> Result<Linked, ChainError> {
    let mut linked = Linked::default();
    for &(number, head) in opened.iter().rev() {
        linked.step_over_gap(unopened, Some(number));
        let Some((next, (opening, _))) = linked.chain.last() else {
            linked.chain.push((number, head));
            continue;
        };
        match number.cmp(&opening.previous) {
            core::cmp::Ordering::Greater => linked.void.push((number, head)),
            core::cmp::Ordering::Equal => linked.chain.push((number, head)),
            core::cmp::Ordering::Less => {
                return Err(ChainError::Missing {
                    segment: opening.previous,
                    next: *next,
                    before_sequence: opening.first_sequence,
                });
            }
        }
    }
    linked.step_over_gap(unopened, None);
    linked.chain.reverse();
    Ok(linked)
}

impl Linked {
    /// Voids what hangs on a segment that was never opened, once the next older one is `below` it.
    fn step_over_gap(&mut self, unopened: &[u64], below: Option<u64>) {
        let Some((_, (opening, _))) = self.chain.last() else { return };
        let previous = opening.previous;
        if below.is_none_or(|below| below < previous) && unopened.contains(&previous) {
            self.void.append(&mut self.chain);
            self.gap = Some(previous);
        }
    }
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
