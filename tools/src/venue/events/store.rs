//! The event store as it is found: which events are there, and of which commands all of them are.

use std::sync::{Arc, Mutex};

use ringside_journal::segment::Batch;
use ringside_journal::storage::Storage;
use ringside_journal::{Access, Chain, begin};
use ringside_protocol::{EventHeader, Sequence, SessionNumber};

use super::error::EventsError;
use super::reader::EventReader;
use super::shelf::Shelf;
use super::walk::last_event;
use super::writer::{EventWriter, Settings};

/// How far events are complete.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Complete {
    /// The last event's ordinal; 0: there is none.
    pub ordinal: u64,
    /// The last command whose events are all there, as far as is known: later ones may have said
    /// nothing. 0: none is known.
    pub command: Sequence,
}

/// The store, read. What is of commands that are not complete is not in it.
#[derive(Clone, Debug)]
pub struct EventStore<S> {
    pub(super) storage: S,
    pub(super) access: Access,
    pub(super) chain: Chain,
    complete: Complete,
    /// The last event, and the venue's session behind it.
    last: Option<(EventHeader, SessionNumber)>,
}

impl<S: Storage> EventStore<S> {
    /// Reads the store in `storage`; an empty directory is an empty store.
    ///
    /// # Errors
    /// [`EventsError`]: what was on disk is not whole any more.
    pub fn open(storage: S, access: Access) -> Result<Self, EventsError> {
        let chain = Chain::read(&storage, access, 0).map_err(EventsError::Chain)?;
        let complete = Complete::default();
        Self { storage, access, chain, complete, last: None }.cut_after(Sequence(u64::MAX))
    }

    /// The store as if the venue had ended with this command: events of later ones are cut, whole
    /// batches at a time, so some before it may have to be made again.
    ///
    /// # Errors
    /// [`EventsError`] where a batch is not what it says.
    pub fn cut_after(mut self, command: Sequence) -> Result<Self, EventsError> {
        let (complete, last) = last_complete(&self.chain, command.0)?;
        if !self.chain.links().is_empty() {
            self.chain = self.chain.cut_after(complete.ordinal).map_err(EventsError::Chain)?;
        }
        (self.complete, self.last) = (complete, last);
        Ok(self)
    }

    /// The empty store whose first event will have the ordinal after this: those up to there are
    /// lost.
    ///
    /// # Panics
    /// When it is not empty.
    #[must_use]
    pub fn starting_after(mut self, ordinal: u64) -> Self {
        self.chain = self.chain.starting_after(ordinal);
        self.complete.ordinal = ordinal;
        self
    }

    /// Whether there is no event, and never was.
    pub fn is_empty(&self) -> bool {
        self.chain.links().is_empty()
    }

    /// The ordinal of the oldest event that is kept; of the next, where there is none.
    pub fn oldest(&self) -> u64 {
        let first = self.chain.links().first();
        first.map_or(self.complete.ordinal + 1, |link| link.opening.first_sequence)
    }

    /// How far events are complete.
    pub const fn complete(&self) -> Complete {
        self.complete
    }

    /// Begins to write behind the last complete command. When this returns, all events up to there
    /// are on disk.
    ///
    /// # Errors
    /// What the disk says; then nothing has begun.
    ///
    /// # Panics
    /// When the store was not opened alone, or segments are to be longer than an index reaches.
    pub fn begin(self, settings: &Settings) -> Result<EventWriter<S>, EventsError> {
        assert_eq!(self.access, Access::Alone, "who writes is alone");
        let Settings { segment_bytes, author, time_ns } = *settings;
        let writer = begin(&self.storage, &self.chain, segment_bytes, author, time_ns)
            .map_err(EventsError::Chain)?;
        // What was not proven to be on disk lies in the new segment now: read what there is.
        let chain = Chain::read(&self.storage, Access::Live, 0).map_err(EventsError::Chain)?;
        let newest = chain.links().last().map(|link| link.number);
        assert_eq!(newest, Some(writer.place().segment), "the segment just begun is the newest");
        let shelf = Arc::new(Mutex::new(Shelf::with_live(&self.storage, &chain)?));
        Ok(EventWriter::new(self.storage, writer, shelf, settings, self.complete, self.last))
    }

    /// Reads what is there now.
    pub fn reader(&self) -> EventReader<S> {
        let shelf = Arc::new(Mutex::new(Shelf::of(&self.chain)));
        EventReader::new(self.storage.clone(), self.access, shelf)
    }
}

/// The end of the last batch that ends with a command, and with none after `through`.
fn last_complete(
    chain: &Chain,
    through: u64,
) -> Result<(Complete, Option<(EventHeader, SessionNumber)>), EventsError> {
    for link in chain.links().iter().rev() {
        let mut found = None;
        for batch in chain.batches(link.opening.first_sequence).map_err(EventsError::Chain)? {
            let batch = batch.map_err(EventsError::Chain)?;
            if let Some(last) = ends_with_command(&batch)? {
                if last.0.sequence.0 > through {
                    break;
                }
                let command = Sequence(batch.header.checkpoint.sequence.min(through));
                found = Some((Complete { ordinal: batch.header.last_sequence(), command }, last));
            }
        }
        if let Some((complete, last)) = found {
            return Ok((complete, Some(last)));
        }
    }
    Ok((Complete { ordinal: chain.oldest() - 1, command: Sequence(0) }, None))
}

/// The last event of a batch that ends where a command ends, and the session behind it.
fn ends_with_command(
    batch: &Batch<'_>,
) -> Result<Option<(EventHeader, SessionNumber)>, EventsError> {
    let last = last_event(batch)?;
    Ok(last.filter(|(last, _)| last.sequence.0 <= batch.header.checkpoint.sequence))
}
