//! What was told before: asked for by sessions that resume, fetched by a thread that may read
//! files, handed over in pieces. The reactor never waits for it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use ringside_protocol::{Event, EventHeader, SessionNumber, StreamId};
use ringside_ring::Wake;

use crate::talk::ConnectionId;

/// Questions and answers on their way, at most.
pub const ASKED_MAX: usize = 1_024;

/// A record of everything that was told.
pub trait Library: Send {
    /// Adds to `found` the events that became messages of a stream in one of the venue's sessions
    /// with numbers above `after`, in order and without a gap, at most so many; fewer where no more
    /// are written yet.
    ///
    /// # Errors
    /// A sentence on what cannot be read.
    fn stream(
        &mut self,
        stream: StreamId,
        session: SessionNumber,
        after: u64,
        at_most: usize,
        found: &mut Vec<(EventHeader, Event)>,
    ) -> Result<(), String>;
}

/// A question.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ask {
    /// Who asks.
    pub connection: ConnectionId,
    /// About which stream.
    pub stream: StreamId,
    /// Told in which of the venue's sessions.
    pub session: SessionNumber,
    /// From the message after this one on.
    pub after: u64,
    /// So many messages at most.
    pub at_most: usize,
}

/// An answer: what was found, or why nothing can be.
#[derive(Debug)]
pub struct Answer {
    /// What was asked.
    pub ask: Ask,
    /// What was found.
    pub found: Result<Vec<(EventHeader, Event)>, String>,
}

/// The reactor's end.
pub struct Desk {
    asks: SyncSender<Ask>,
    answers: Receiver<Answer>,
}

impl Desk {
    /// Asks; false where too much is asked already: ask again.
    pub fn ask(&self, ask: Ask) -> bool {
        match self.asks.try_send(ask) {
            Ok(()) => true,
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => false,
        }
    }

    /// The next answer, if there is one.
    pub fn answer(&self) -> Option<Answer> {
        self.answers.try_recv().ok()
    }
}

/// The reading end: runs on a thread of its own until the reactor is gone.
pub struct Librarian {
    record: Box<dyn Library>,
    asks: Receiver<Ask>,
    answers: SyncSender<Answer>,
    wake: Arc<dyn Wake>,
}

/// A desk and who works behind it. `wake` calls the reactor when an answer lies there.
pub fn library(library: Box<dyn Library>, wake: Arc<dyn Wake>) -> (Desk, Librarian) {
    let (asks, asked) = sync_channel(ASKED_MAX);
    let (answers, answered) = sync_channel(ASKED_MAX);
    (Desk { asks, answers: answered }, Librarian { record: library, asks: asked, answers, wake })
}

impl Librarian {
    /// Answers until nobody asks any more.
    pub fn run(mut self) {
        while let Ok(ask) = self.asks.recv() {
            let mut found = Vec::with_capacity(ask.at_most);
            let Ask { stream, session, after, at_most, .. } = ask;
            let read = self.record.stream(stream, session, after, at_most, &mut found);
            if self.answers.send(Answer { ask, found: read.map(|()| found) }).is_err() {
                return;
            }
            self.wake.wake();
        }
    }
}
