//! The journal: records in one order, in checksummed segments on disk, with one sync for all that
//! came in meanwhile, and a recovery that knows what was acknowledged.
//!
//! It knows no domain: a record is bytes with a sequence. It reads no clock and starts no thread.
//! [`format`](mod@format) draws the bytes; [`storage`] is the seam to the disk, with real files
//! ([`file`](mod@file)), mapped ones ([`mmap`]), and a double that loses what was not synced
//! ([`memory`]).
//!
//! ```
//! use ringside_journal::{Access, Author, Chain, Records, begin};
//! use ringside_journal::memory::MemoryStorage;
//!
//! let storage = MemoryStorage::new();
//! let chain = Chain::read(&storage, Access::Alone, 0).unwrap();
//! let mut writer = begin(&storage, &chain, 1 << 16, Author::default(), 0).unwrap();
//! let checkpoint = Default::default();
//! let record = [7; 64];
//! writer.append(&Records { count: 1, parts: [&record, &[]], checkpoint, time_ns: 0 }).unwrap();
//! assert_eq!(writer.sync().unwrap(), 1, "sequence 1 is on disk");
//!
//! let chain = Chain::read(&storage, Access::Alone, 0).unwrap();
//! let batch = chain.batches(1).unwrap().next().unwrap().unwrap();
//! assert_eq!(batch.payload, record);
//! ```

mod begin;
mod chain;
mod checksum;
pub mod file;
pub mod format;
pub mod index;
mod lock;
pub mod memory;
pub mod mmap;
pub mod names;
pub mod retention;
pub mod segment;
pub mod snapshots;
pub mod storage;
mod tail;
mod writer;

pub use begin::{begin, make_spare};
pub use chain::{Access, Chain, ChainBatches, ChainError, Link, Torn};
pub use format::{Author, Checkpoint, Durability};
pub use lock::{DirectoryLock, LockError};
pub use tail::Tail;
pub use writer::{Leaving, Records, Room, Spare, Unsynced, WriteError, Writer};
