//! The segments of the store as readers see them: those that are finished, and the one in hand.
//! Writer and readers of one process share a shelf; a reader holds it only while it looks things
//! up, never while it reads events.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use ringside_journal::format::{FormatError, OPENING_AT, Opening};
use ringside_journal::index::{self, Entry, Index, IndexBuilder};
use ringside_journal::segment::{Batches, Place, Stop};
use ringside_journal::storage::{Contents, Storage};
use ringside_journal::{Access, Chain, ChainError, names};

use super::error::EventsError;
use super::walk::index_batch;

/// A finished segment.
#[derive(Debug)]
pub(super) struct Segment {
    /// The ordinal of its first event.
    pub(super) first: u64,
    /// After its last batch.
    pub(super) end: Place,
    /// Once they are looked at.
    contents: OnceLock<Contents>,
    /// Once it is read or made.
    index: Mutex<Option<Index>>,
}

impl Segment {
    /// One that was read.
    fn read(first: u64, end: Place, contents: Contents) -> Self {
        Self { first, end, contents: OnceLock::from(contents), index: Mutex::new(None) }
    }

    /// One that was just finished.
    fn left(first: u64, end: Place, index: Index) -> Self {
        Self { first, end, contents: OnceLock::new(), index: Mutex::new(Some(index)) }
    }

    /// Its number.
    pub(super) const fn number(&self) -> u64 {
        self.end.segment
    }

    /// Its bytes.
    pub(super) fn contents<S: Storage>(&self, storage: &S) -> io::Result<&Contents> {
        if let Some(contents) = self.contents.get() {
            return Ok(contents);
        }
        let contents = storage.view(&names::segment(self.number()))?;
        Ok(self.contents.get_or_init(|| contents))
    }

    /// Its index: from its file, or, where that is not whole, made again; then the file too, if the
    /// store is ours alone.
    pub(super) fn index<S: Storage>(
        &self,
        storage: &S,
        access: Access,
    ) -> Result<Index, EventsError> {
        let mut held = locked(&self.index);
        if let Some(index) = &*held {
            return Ok(index.clone());
        }
        let index = match index::read(storage, &self.end) {
            Ok(index) => index,
            Err(_) => self.made_again(storage, access)?,
        };
        *held = Some(index.clone());
        Ok(index)
    }

    fn made_again<S: Storage>(&self, storage: &S, access: Access) -> Result<Index, EventsError> {
        let index = self.rebuilt(storage)?;
        if access == Access::Alone {
            // It serves from memory too; the next to open the store tries again.
            let _ = index::write(storage, self.number(), &index);
        }
        Ok(index)
    }

    /// Its index, made from the events.
    pub(super) fn rebuilt<S: Storage>(&self, storage: &S) -> Result<Index, EventsError> {
        Ok(self.indexed(storage)?.seal(&self.end))
    }

    fn indexed<S: Storage>(&self, storage: &S) -> Result<IndexBuilder, EventsError> {
        let contents = self.contents(storage)?;
        let (opening, crc) =
            Opening::read(contents, self.number()).map_err(|why| self.head(why))?;
        let start = Place::first(self.number(), &opening, crc);
        let mut builder = IndexBuilder::default();
        let mut batches = Batches::new(contents, start, self.end.offset);
        for batch in batches.by_ref() {
            index_batch(&mut builder, &batch)?;
        }
        if batches.place() != self.end {
            return Err(self.broken(batches.place(), batches.stop()));
        }
        Ok(builder)
    }

    fn head(&self, why: FormatError) -> EventsError {
        EventsError::Chain(ChainError::Head { segment: self.number(), offset: OPENING_AT, why })
    }

    fn broken(&self, place: Place, stop: Option<Stop>) -> EventsError {
        EventsError::Chain(ChainError::Corrupt {
            segment: self.number(),
            offset: place.offset,
            first_sequence: place.next_sequence,
            last_sequence: self.end.next_sequence - 1,
            why: stop.unwrap_or(Stop::Unlinked),
        })
    }

    /// Writes its index and, from then on, reads it from the file. An index that cannot be written
    /// serves from memory, and the next to open the store makes it again.
    pub(super) fn file_index<S: Storage>(&self, storage: &S) {
        let mut held = locked(&self.index);
        let Some(index) = &*held else { return };
        if index::write(storage, self.number(), index).is_ok()
            && let Ok(filed) = index::read(storage, &self.end)
        {
            *held = Some(filed);
        }
    }
}

/// The segment in hand.
#[derive(Debug)]
pub(super) struct Live {
    /// The ordinal of its first event.
    pub(super) first: u64,
    /// After the last batch that readers may see.
    pub(super) end: Place,
    pub(super) index: IndexBuilder,
}

/// All segments.
#[derive(Debug)]
pub(super) struct Shelf {
    /// Oldest first.
    pub(super) finished: Vec<Arc<Segment>>,
    /// None: nobody in this process writes.
    pub(super) live: Option<Live>,
}

impl Shelf {
    /// Of a store that nobody in this process writes.
    pub(super) fn of(chain: &Chain) -> Self {
        let finished = finished(chain);
        Self { finished, live: None }
    }

    /// Of a store whose last segment is in hand.
    pub(super) fn with_live<S: Storage>(storage: &S, chain: &Chain) -> Result<Self, EventsError> {
        let mut finished = finished(chain);
        let last = finished.pop().expect("Invariant: a writer has begun a segment");
        let live = Live { first: last.first, end: last.end, index: last.indexed(storage)? };
        Ok(Self { finished, live: Some(live) })
    }

    /// The segment in hand was left at `end`, and the writer is at `now` of the next.
    pub(super) fn leave(&mut self, end: Place, now: Place) -> Arc<Segment> {
        let live = self.live.as_mut().expect("Invariant: who leaves a segment had one in hand");
        let left = Arc::new(Segment::left(live.first, end, live.index.seal(&end)));
        self.finished.push(Arc::clone(&left));
        live.index.clear();
        (live.first, live.end) = (end.next_sequence, now);
        left
    }

    /// A batch came that ends at `end`.
    pub(super) fn show(&mut self, entries: impl Iterator<Item = Entry>, end: Place) {
        let live = self.live.as_mut().expect("Invariant: who writes has a segment in hand");
        entries.for_each(|entry| live.index.add(entry));
        live.end = end;
    }
}

fn finished(chain: &Chain) -> Vec<Arc<Segment>> {
    let links = chain.links();
    let segment = |at: usize| {
        let link = &links[at];
        let first = link.opening.first_sequence;
        let end = match (links.get(at + 1), link.end_crc) {
            (Some(next), Some(previous_crc)) => Place {
                segment: link.number,
                offset: link.end,
                previous_crc,
                next_sequence: next.opening.first_sequence,
            },
            (Some(_), None) | (None, _) => {
                chain.end().expect("Invariant: a chain with segments has an end")
            }
        };
        Arc::new(Segment::read(first, end, link.contents.clone()))
    };
    (0..links.len()).map(segment).collect()
}

/// Locks what is shared within the store.
pub(super) fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().expect("Invariant: nobody panics while holding the shelf")
}
