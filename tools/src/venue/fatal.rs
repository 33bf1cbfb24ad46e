//! Trouble that the venue's threads cannot answer themselves. A venue that does not know what is on
//! its disk tells nothing more and ends, with an exit status of its own; a restart finds out.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ringside_journal::WriteError;

use super::events::EventsError;
use crate::report;

/// Called once, with a sentence, when the venue must end.
pub type Ender = dyn Fn(&str) + Send + Sync;

/// The way every thread reports trouble.
#[derive(Clone)]
pub struct Fatal {
    end: Arc<Ender>,
    is_short: Arc<AtomicBool>,
}

impl Fatal {
    /// Ends by `end`, which usually does not return.
    pub fn new(end: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self { end: Arc::new(end), is_short: Arc::default() }
    }

    pub(crate) fn journal_failed(&self, error: &WriteError) {
        (self.end)(&format!(
            "the journal failed: {error}; nothing that is not on disk was told; check the disk, \
             then start again: recovery finds what is there"
        ));
    }

    pub(crate) fn events_failed(&self, error: &EventsError) {
        (self.end)(&format!(
            "the record of events failed: {error}; check the disk, then start again: what is \
             missing is made again from the commands"
        ));
    }

    /// A door cannot keep what it must.
    pub fn door_failed(&self, error: &io::Error) {
        (self.end)(&format!(
            "the file of tickets cannot be written: {error}; make room or set its permissions \
             right, then start again"
        ));
    }

    pub(crate) fn disk_failed(&self, error: &io::Error) {
        self.journal_failed(&WriteError::Io(io::Error::new(error.kind(), error.to_string())));
    }

    /// A spare could not be made; said once until one can.
    pub(crate) fn no_spare(&self, number: u64, error: &io::Error) {
        if !self.is_short.swap(true, Ordering::Relaxed) {
            let name = ringside_journal::names::segment(number);
            report::warning(&format!(
                "{name} cannot be made: {error}; orders will be refused when the segment in hand \
                 is nearly full, cancels a little longer; make room and everything goes on"
            ));
        }
    }

    /// A spare could be made again.
    pub(crate) fn spare_again(&self) {
        if self.is_short.swap(false, Ordering::Relaxed) {
            report::warning("there is room on the disk again: everything is taken");
        }
    }
}
