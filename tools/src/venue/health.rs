//! What the venue can take at the moment: the disk's word, heard at the doors before anything is
//! sequenced (JRN-010).

use std::sync::atomic::{AtomicU8, Ordering};

pub use ringside_gateway::Busy;
use ringside_protocol::Command;

/// How much of what comes in is taken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Admission {
    /// Everything.
    Open = 0,
    /// The disk is nearly full: cancels, sessions and kills only, into the room that is kept.
    Kept = 1,
    /// The disk is full to the last.
    Nothing = 2,
}

/// One word from each writer to the disk, read by every door.
#[derive(Debug, Default)]
pub struct Health {
    journal: AtomicU8,
    events: AtomicU8,
}

impl Health {
    /// The journaler's word.
    pub fn set_journal(&self, admission: Admission) {
        self.journal.store(admission as u8, Ordering::Relaxed);
    }

    /// The recorder's word.
    pub fn set_events(&self, admission: Admission) {
        self.events.store(admission as u8, Ordering::Relaxed);
    }

    /// What is taken now.
    pub fn admission(&self) -> Admission {
        let (journal, events) = (&self.journal, &self.events);
        match journal.load(Ordering::Relaxed).max(events.load(Ordering::Relaxed)) {
            0 => Admission::Open,
            1 => Admission::Kept,
            _ => Admission::Nothing,
        }
    }
}

/// Whether a command belongs to what the kept room is for: it ends something or names who is there.
pub fn is_kept(command: &Command) -> bool {
    match command {
        Command::Cancel(_)
        | Command::MassCancel(_)
        | Command::Session(_)
        | Command::Kill(_)
        | Command::Clock(_) => true,
        Command::Venue(_)
        | Command::InitialGrant(_)
        | Command::Currency(_)
        | Command::Instrument(_)
        | Command::InstrumentState(_)
        | Command::Account(_)
        | Command::Limits(_)
        | Command::Deposit(_)
        | Command::Withdraw(_)
        | Command::Key(_)
        | Command::Behaviour(_)
        | Command::Mark(_)
        | Command::Order(_)
        | Command::Amend(_)
        | Command::Replace(_) => false,
    }
}
