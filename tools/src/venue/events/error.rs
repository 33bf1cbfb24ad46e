//! What can be wrong with the event store, where, and what to do about it.

use std::io;

use ringside_engine::ImageError;
use ringside_journal::format::FormatError;
use ringside_journal::names;
use ringside_journal::snapshots::SnapshotError;
use ringside_journal::{ChainError, WriteError};
use ringside_protocol::{EventHeader, SessionNumber, SlotError};

use crate::venue::records::BadRecord;

/// Why the store cannot be read, written, made again or trusted.
#[derive(Debug)]
pub enum EventsError {
    /// The disk refuses.
    Io(io::Error),
    /// Its segments are not a whole journal.
    Chain(ChainError),
    /// The commands are not a whole journal.
    Commands(ChainError),
    /// Nothing can be written.
    Write(WriteError),
    /// A batch that an index names is damaged.
    Batch {
        /// The segment's number.
        segment: u64,
        /// The batch's offset.
        offset: u64,
        /// What is wrong with it.
        why: FormatError,
    },
    /// A batch that is whole does not hold the events it says.
    Record {
        /// The segment's number.
        segment: u64,
        /// The batch's offset.
        offset: u64,
        /// The event's ordinal.
        ordinal: u64,
        /// What is there instead; none: fewer or more slots than the events take.
        why: Option<SlotError>,
    },
    /// What was given to be appended is no event.
    NoEvent(SlotError),
    /// What was given to be appended does not follow from the event before.
    Order {
        /// The last event that was appended, if it is known.
        after: Option<EventHeader>,
        /// The event given.
        given: EventHeader,
    },
    /// A batch of the commands' journal does not hold commands.
    Command(BadRecord),
    /// A snapshot is no image of an engine.
    Image(ImageError),
    /// The events after the store's last cannot be made again: no state is old enough.
    Gap {
        /// The last ordinal of the store.
        last: u64,
        /// The ordinal before the first that can be made.
        from: u64,
    },
    /// The store holds events that the commands do not have.
    Beyond {
        /// The last ordinal of the store.
        last: u64,
        /// Events of all commands.
        commands: u64,
    },
    /// An event is not what executing the commands gives.
    Differs {
        /// Its ordinal.
        ordinal: u64,
        /// The event that execution gives.
        expected: EventHeader,
        /// The event that is stored.
        found: EventHeader,
    },
    /// A batch says that a command is complete, and it is not, or the other way round.
    Checkpoint {
        /// The segment's number.
        segment: u64,
        /// The batch's offset.
        offset: u64,
        /// The command that it says is complete.
        command: u64,
    },
    /// A batch is of another session than the events before it say.
    Session {
        /// The segment's number.
        segment: u64,
        /// The batch's offset.
        offset: u64,
        /// The session that it says it is of.
        session: SessionNumber,
    },
    /// The index of a segment is whole and does not say what the segment holds.
    Index {
        /// The segment's number.
        segment: u64,
    },
}

impl From<io::Error> for EventsError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<WriteError> for EventsError {
    fn from(error: WriteError) -> Self {
        Self::Write(error)
    }
}

impl From<BadRecord> for EventsError {
    fn from(error: BadRecord) -> Self {
        Self::Command(error)
    }
}

impl From<SnapshotError> for EventsError {
    fn from(error: SnapshotError) -> Self {
        match error {
            SnapshotError::Io(error) => Self::Io(error),
            invalid @ SnapshotError::Invalid(_) => {
                Self::Io(io::Error::new(io::ErrorKind::InvalidData, invalid.to_string()))
            }
        }
    }
}

impl From<ImageError> for EventsError {
    fn from(error: ImageError) -> Self {
        Self::Image(error)
    }
}

/// What helps where the store itself is damaged.
const REMEDY: &str = "move the directory `events` away and start again: it is made anew";

/// An event's place, in words.
struct Told(EventHeader);

impl core::fmt::Display for Told {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "event {} of command {}", self.0.index, self.0.sequence.0)
    }
}

impl core::fmt::Display for EventsError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Io(error) => write!(f, "the events cannot be read or written: {error}"),
            Self::Chain(error) => write!(f, "the events: {error}; {REMEDY}"),
            Self::Commands(error) => write!(f, "the commands: {error}"),
            Self::Write(error) => write!(f, "the events: {error}"),
            Self::Batch { segment, offset, why } => {
                let name = names::segment(*segment);
                write!(f, "events/{name} is damaged at offset {offset}: {why}; {REMEDY}")
            }
            Self::Record { segment, offset, ordinal, why } => {
                let name = names::segment(*segment);
                write!(f, "events/{name}, batch at offset {offset}: not the event {ordinal}: ")?;
                match why {
                    Some(why) => write!(f, "{why}; {REMEDY}"),
                    None => write!(f, "its slots are not counted right; {REMEDY}"),
                }
            }
            Self::NoEvent(why) => write!(f, "what came to the event store is no event: {why}"),
            Self::Order { after: Some(after), given } => {
                write!(f, "{} does not follow {}", Told(*given), Told(*after))
            }
            Self::Order { after: None, given } => {
                write!(f, "{} is not the first of its command", Told(*given))
            }
            Self::Command(error) => write!(f, "the commands: {error}"),
            Self::Image(error) => write!(f, "a snapshot cannot be used: {error}"),
            Self::Gap { last, from } => write!(
                f,
                "events {} to {from} cannot be made again: neither commands nor snapshots reach \
                 back so far; {REMEDY} from event {} on",
                last + 1,
                from + 1
            ),
            Self::Beyond { last, commands } => write!(
                f,
                "the events end with {last}, the commands give {commands}: the two are not of \
                 one venue, or commands are missing"
            ),
            Self::Differs { ordinal, expected, found } => write!(
                f,
                "event {ordinal} is not what the commands give: {} expected, {} found, and their \
                 bytes differ; {REMEDY}",
                Told(*expected),
                Told(*found)
            ),
            Self::Checkpoint { segment, offset, command } => {
                let name = names::segment(*segment);
                write!(f, "events/{name}, batch at offset {offset}: command {command} is not ")?;
                write!(f, "the last that is complete there; {REMEDY}")
            }
            Self::Session { segment, offset, session } => {
                let name = names::segment(*segment);
                write!(f, "events/{name}, batch at offset {offset}: it is not of the session ")?;
                write!(f, "{} that it says; {REMEDY}", session.0)
            }
            Self::Index { segment } => write!(
                f,
                "events/{} does not say what its segment holds; remove it: it is made again",
                names::index(*segment)
            ),
        }
    }
}

impl std::error::Error for EventsError {}
