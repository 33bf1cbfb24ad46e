//! The event store: everything the venue ever said, in a journal of its own, with an index by
//! stream and by instrument. Resend, feed replay, drop copy and history read it.
//!
//! It is derived: the commands alone make it again. A record's sequence in it is the event's
//! *ordinal* over the venue's life, 1, 2, 3, …: the engine's count of events after it.
//!
//! ```text
//! DIR/events/000000000001.segment   events in 128-byte slots; a batch ends where a command ends
//! DIR/events/000000000001.index     where in it each stream's and instrument's events lie
//! ```
//!
//! The last event of each command is marked so, as on the ring it came by. A batch's checkpoint
//! names the last command whose events are all at or before the batch's end,
//! and, where a journal of commands has its hash, the venue's session that its first event is of:
//! the events themselves are here. A batch that ends within a command (one that says
//! more than a batch holds) names the command before. So whoever opens the store knows which
//! events are of commands that are complete; what lies behind them is cut and made again.

mod error;
pub mod keys;
mod reader;
mod recreate;
mod shelf;
mod store;
mod verify;
mod walk;
mod writer;

pub use error::EventsError;
pub use reader::{EventReader, Found, Keyed, Scan};
pub use recreate::{Recording, Recovered, Start, recover, recreate, start};
pub use store::{Complete, EventStore};
pub use verify::{Verified, verify};
pub use writer::{EventWriter, SEGMENT_BYTES, SYNC_BYTES, Settings};
