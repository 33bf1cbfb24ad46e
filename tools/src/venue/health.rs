//! What the venue can take at the moment: the disk's word and the clock's, heard at the doors
//! before anything is sequenced (JRN-010).

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

pub use ringside_gateway::Busy;
use ringside_protocol::Command;

/// How much of what comes in is taken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Admission {
    /// Everything.
    Open = 0,
    /// Cancels, sessions and kills only: the disk is nearly full, or the clock has stepped.
    Kept = 1,
    /// The disk is full to the last.
    Nothing = 2,
}

/// One word from each writer to the disk and one from the clock, read by every door.
#[derive(Debug, Default)]
pub struct Health {
    journal: AtomicU8,
    events: AtomicU8,
    is_clock_stepped: AtomicBool,
    is_clock_confirmed: AtomicBool,
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

    /// The clock's word.
    pub fn set_clock_stepped(&self, is_stepped: bool) {
        self.is_clock_stepped.store(is_stepped, Ordering::Relaxed);
    }

    /// Whether it has stepped and nobody has confirmed that.
    pub fn is_clock_stepped(&self) -> bool {
        self.is_clock_stepped.load(Ordering::Relaxed)
    }

    /// The operator takes the clock for right; false where it has not stepped.
    pub fn confirm_clock(&self) -> bool {
        let is_stepped = self.is_clock_stepped();
        self.is_clock_confirmed.store(is_stepped, Ordering::Relaxed);
        is_stepped
    }

    /// Whether the operator did since this was asked last.
    pub fn take_clock_confirmed(&self) -> bool {
        let is_confirmed = &self.is_clock_confirmed;
        is_confirmed.load(Ordering::Relaxed) && is_confirmed.swap(false, Ordering::Relaxed)
    }

    /// Why what is not kept is not taken now.
    pub fn busy(&self) -> Busy {
        if self.disk() == 0 { Busy::ClockStepped } else { Busy::DiskFull }
    }

    fn disk(&self) -> u8 {
        self.journal.load(Ordering::Relaxed).max(self.events.load(Ordering::Relaxed))
    }

    /// What is taken now.
    pub fn admission(&self) -> Admission {
        match self.disk().max(u8::from(self.is_clock_stepped())) {
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
