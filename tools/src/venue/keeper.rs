//! The keeper: what the writers must never wait for. It makes spare segments ahead of need, syncs
//! segments that were left behind where nobody waits for them, and tries again when the disk is
//! full.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use ringside_journal::storage::{Storage, StorageFile};
use ringside_journal::{Spare, Unsynced, Writer, make_spare, names};

use super::fatal::Fatal;

/// Spares that wait at a time.
const SPARES: usize = 1;
/// A full disk is asked again this often.
const RETRY: Duration = Duration::from_millis(100);

/// What the journaler asks for.
pub enum Request<F> {
    /// A spare with this number.
    Spare(u64),
    /// A sync of a segment it has left.
    Left(Unsynced<F>),
    /// A sync of the segment it writes, which holds everything up to `through`.
    Sync {
        /// Its number.
        segment: u64,
        /// The last sequence in it.
        through: u64,
    },
}

enum Reply<F> {
    Spare(Spare<F>),
    Synced(u64),
}

/// The journaler's end.
pub struct Keeping<F> {
    requests: Sender<Request<F>>,
    replies: Receiver<Reply<F>>,
    next_number: u64,
    asked: usize,
    /// Syncs that were asked for and not answered.
    syncs: usize,
    synced: Option<u64>,
    spares: VecDeque<Spare<F>>,
}

impl<F: StorageFile> Keeping<F> {
    /// Asks for something; what the keeper does not hear any more, nobody waits for. Journal and
    /// events have a keeper each.
    pub(crate) fn ask(&mut self, request: Request<F>) {
        self.syncs += usize::from(!matches!(request, Request::Spare(_)));
        let _ = self.requests.send(request);
    }

    /// Hands the writer what spares there are and asks for what it will need.
    pub(crate) fn supply(&mut self, writer: &mut Writer<F>) {
        self.hear();
        self.spares.drain(..).for_each(|spare| {
            self.asked -= 1;
            writer.offer(spare);
        });
        while writer.spares() + self.asked < SPARES {
            self.ask(Request::Spare(self.next_number));
            self.next_number += 1;
            self.asked += 1;
        }
    }

    /// Whether a spare was asked for and has not come.
    pub(crate) const fn awaits_spare(&self) -> bool {
        self.asked > 0
    }

    /// Waits for the keeper's next word.
    pub(crate) fn wait_for_spare(&mut self, writer: &mut Writer<F>) {
        self.supply(writer);
        if writer.spares() == 0
            && let Ok(reply) = self.replies.recv()
        {
            self.take(reply);
            self.supply(writer);
        }
    }

    /// A spare that was asked for and has come.
    pub(crate) fn take_spare(&mut self) -> Option<Spare<F>> {
        self.hear();
        self.spares.pop_front()
    }

    fn hear(&mut self) {
        while let Ok(reply) = self.replies.try_recv() {
            self.take(reply);
        }
    }

    /// Waits for every sync that was asked for, and tells the writer.
    pub(crate) fn settle(&mut self, writer: &mut Writer<F>) {
        while self.syncs > 0 {
            let Ok(reply) = self.replies.recv() else { return };
            self.take(reply);
        }
        if let Some(durable) = self.synced() {
            writer.raise_durable(durable);
        }
    }

    /// What has been synced since this was asked last.
    pub(crate) fn synced(&mut self) -> Option<u64> {
        self.synced.take()
    }

    fn take(&mut self, reply: Reply<F>) {
        match reply {
            Reply::Spare(spare) => self.spares.push_back(spare),
            Reply::Synced(sequence) => {
                self.synced = Some(sequence);
                self.syncs -= 1;
            }
        }
    }
}

/// The keeper itself; [`Keeper::run`] ends when the journaler's end is gone.
pub struct Keeper<S: Storage> {
    storage: S,
    segment_bytes: u64,
    requests: Receiver<Request<S::File>>,
    replies: Sender<Reply<S::File>>,
    /// Spares that the disk had no room for yet.
    owed: VecDeque<u64>,
    fatal: Fatal,
}

/// A keeper over `storage` and the journaler's end of it; spares are numbered from `next_number`.
pub fn keeper<S: Storage>(
    storage: S,
    segment_bytes: u64,
    next_number: u64,
    fatal: Fatal,
) -> (Keeper<S>, Keeping<S::File>) {
    let (requests, asked) = channel();
    let (replied, replies) = channel();
    let keeper = Keeper {
        storage,
        segment_bytes,
        requests: asked,
        replies: replied,
        owed: VecDeque::new(),
        fatal,
    };
    let spares = VecDeque::new();
    (keeper, Keeping { requests, replies, next_number, asked: 0, syncs: 0, synced: None, spares })
}

impl<S: Storage> Keeper<S> {
    /// Serves until nobody asks any more.
    pub fn run(mut self) {
        loop {
            match self.next_request() {
                Ok(request) => self.serve(request),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.make_owed();
        }
    }

    fn next_request(&self) -> Result<Request<S::File>, RecvTimeoutError> {
        if self.owed.is_empty() {
            return self.requests.recv().map_err(|_| RecvTimeoutError::Disconnected);
        }
        self.requests.recv_timeout(RETRY)
    }

    fn serve(&mut self, request: Request<S::File>) {
        match request {
            Request::Spare(number) => self.owed.push_back(number),
            Request::Left(mut left) => {
                let synced = left.file.sync();
                self.reply_synced(synced, left.last_sequence);
            }
            Request::Sync { segment, through } => {
                let file = self.storage.open(&names::segment(segment));
                let synced = file.and_then(|mut file| file.sync());
                self.reply_synced(synced, through);
            }
        }
    }

    fn reply_synced(&self, synced: std::io::Result<()>, through: u64) {
        match synced {
            Ok(()) => self.reply(Reply::Synced(through)),
            Err(error) => self.fatal.disk_failed(&error),
        }
    }

    /// Whoever does not listen any more does not need it.
    fn reply(&self, reply: Reply<S::File>) {
        let _ = self.replies.send(reply);
    }

    fn make_owed(&mut self) {
        while let Some(&number) = self.owed.front() {
            match make_spare(&self.storage, number, self.segment_bytes) {
                Ok(spare) => {
                    self.owed.pop_front();
                    self.fatal.spare_again();
                    self.reply(Reply::Spare(spare));
                }
                Err(error) => return self.fatal.no_spare(number, &error),
            }
        }
    }
}
