//! The gate: what may be told. An event may leave the venue when the command that caused it is as
//! safe as the durability mode promises (JRN-001, X-JRN-004).

use ringside_journal::Durability;
use ringside_ring::{Seat, Waiter, Watch};

/// Lets pass what is safe enough.
#[derive(Clone)]
pub struct Gate {
    /// The last sequence that is safe; none: everything passes at once.
    safe: Option<Watch>,
}

/// How far the journaler has come, for gates and whoever else asks.
#[derive(Clone)]
pub struct Progress {
    /// The last sequence written.
    pub written: Watch,
    /// The last sequence on disk.
    pub durable: Watch,
}

impl Gate {
    /// The gate of a durability mode.
    pub fn new(durability: Durability, progress: &Progress) -> Self {
        let safe = match durability {
            Durability::Memory => None,
            Durability::Async => Some(progress.written.clone()),
            Durability::Sync => Some(progress.durable.clone()),
        };
        Self { safe }
    }

    /// Events of commands up to this sequence may be told.
    pub fn passes(&self) -> u64 {
        self.safe.as_ref().map_or(u64::MAX, Watch::get)
    }

    /// A seat to sleep at until more passes; none where everything does.
    pub fn attend(&self, waiter: &Waiter) -> Option<Seat> {
        let seat = |safe: &Watch| waiter.attend(safe).expect("Invariant: seats for every station");
        self.safe.as_ref().map(seat)
    }
}
