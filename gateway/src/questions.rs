//! What other threads ask of the reactor's: there is one set of views, and it is there. Questions
//! wait in a bounded queue, a few are answered a turn, and the reactor never waits for who asked.
//!
//! Answers made in a turn are held back until [`Answers::tell`]; those that give out or end a token
//! until what they say is on file ([`Answers::filed`]).

use core::fmt;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::time::Duration;

use ringside_protocol::depth::Depth;
use ringside_protocol::wire::json::RequestError;
use ringside_protocol::wire::json::answer::BearerShown;
use ringside_protocol::wire::json::info::InstrumentShown;
use ringside_protocol::{InstrumentId, Timestamp};
use ringside_ring::Wake;
use tokio::sync::oneshot;

use crate::bearer::{self, BearerAsk};
use crate::filing::Filing;
use crate::house::House;
use crate::websocket::shown;

/// Questions that wait, at most.
pub const QUESTIONS_MAX: usize = 256;
/// Questions answered in a turn, at most.
pub const ANSWERED_PER_TURN_MAX: usize = 4;
/// Who gets no answer within this asks no more.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// Where an answer goes.
pub type Reply<T> = oneshot::Sender<T>;

/// Every instrument, in order of their ids; none: a currency of its is not known, which passes.
pub type Instruments = Vec<Option<InstrumentShown>>;

/// What can be asked.
pub enum Question {
    /// Every instrument with its rules.
    Instruments(Reply<Instruments>),
    /// A book by level, with its last depth update.
    Depth {
        /// Of which instrument.
        instrument: InstrumentId,
        /// Levels a side, at most.
        levels: usize,
        /// Where the answer goes.
        reply: Reply<(u64, Depth)>,
    },
    /// A bearer session is opened, refreshed, looked at or ended.
    Bearer {
        /// What is asked.
        ask: BearerAsk,
        /// Where the answer goes.
        reply: Reply<Result<Option<BearerShown>, RequestError>>,
    },
}

/// Why there is no answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unanswered {
    /// [`QUESTIONS_MAX`] wait already.
    Full,
    /// None came within [`ANSWER_WITHIN`].
    Late,
    /// Nobody answers any more: the venue ends.
    Gone,
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "more is asked than is answered; try again in a second",
            Self::Late => "the venue was too busy to answer within a second; try again",
            Self::Gone => "the venue is stopping; try again when it runs",
        })
    }
}

impl std::error::Error for Unanswered {}

/// The end of who asks.
#[derive(Clone)]
pub struct Questions {
    asked: SyncSender<Question>,
    wake: Arc<dyn Wake>,
}

impl Questions {
    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// [`Unanswered`]; what was asked is perhaps done all the same if it is [`Unanswered::Late`].
    pub async fn ask<T>(
        &self,
        question: impl FnOnce(Reply<T>) -> Question,
    ) -> Result<T, Unanswered> {
        let (reply, answer) = oneshot::channel();
        self.asked.try_send(question(reply)).map_err(|error| match error {
            TrySendError::Full(_) => Unanswered::Full,
            TrySendError::Disconnected(_) => Unanswered::Gone,
        })?;
        self.wake.wake();
        let answered = tokio::time::timeout(ANSWER_WITHIN, answer).await;
        answered.map_err(|_| Unanswered::Late)?.map_err(|_| Unanswered::Gone)
    }
}

/// The reactor's end.
pub struct Answers {
    asked: Receiver<Question>,
    told: Vec<Tell>,
    filing: Filing<Tell>,
}

/// Tells an answer.
type Tell = Box<dyn FnOnce() + Send>;

/// Both ends. `wake` calls the reactor when a question lies there.
pub fn questions(wake: Arc<dyn Wake>) -> (Questions, Answers) {
    let (sender, asked) = sync_channel(QUESTIONS_MAX);
    (
        Questions { asked: sender, wake },
        Answers { asked, told: Vec::new(), filing: Filing::default() },
    )
}

impl Answers {
    /// Answers up to [`ANSWERED_PER_TURN_MAX`] questions; says whether there was one.
    pub fn turn(&mut self, house: &mut House, now: Timestamp) -> bool {
        for answered in 0..ANSWERED_PER_TURN_MAX {
            match self.asked.try_recv() {
                Ok(question) => self.answer(question, house, now),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => return answered > 0,
            }
        }
        true
    }

    /// Tells what was answered.
    pub fn tell(&mut self) {
        self.told.drain(..).for_each(|tell| tell());
    }

    /// Whether answers wait for a file that nobody writes yet.
    pub const fn is_filing(&self) -> bool {
        self.filing.is_wanted()
    }

    /// A writing begins that has in it what was answered so far.
    pub fn seal(&mut self, writing: u64) {
        self.filing.seal(writing);
    }

    /// Tells what waited for the writings up to this one.
    pub fn filed(&mut self, writing: u64) {
        while let Some(tell) = self.filing.filed(writing) {
            tell();
        }
    }

    fn answer(&mut self, question: Question, house: &mut House, now: Timestamp) {
        match question {
            Question::Instruments(reply) => {
                self.told.extend(answered(reply, || instruments(house)));
            }
            Question::Depth { instrument, levels, reply } => {
                self.told.extend(answered(reply, || depth(house, instrument, levels)));
            }
            Question::Bearer { ask, reply } => {
                let mut is_kept = false;
                let tell = answered(reply, || {
                    let answer = bearer::answer(&ask, house, now);
                    is_kept = answer.is_ok() && ask.changes();
                    answer
                });
                match tell {
                    Some(tell) if is_kept => self.filing.hold(tell),
                    tell => self.told.extend(tell),
                }
            }
        }
    }
}

/// The answer; nothing is done for somebody who has gone.
fn answered<T: Send + 'static>(reply: Reply<T>, answer: impl FnOnce() -> T) -> Option<Tell> {
    if reply.is_closed() {
        return None;
    }
    let answer = answer();
    // Who has gone meanwhile is not told.
    Some(Box::new(move || drop(reply.send(answer))))
}

fn instruments(house: &House) -> Instruments {
    let directory = &house.views.directory;
    let ids = (0..directory.instruments().len() as u32).map(InstrumentId);
    ids.map(|id| shown::instrument(directory, id)).collect()
}

fn depth(house: &House, instrument: InstrumentId, levels: usize) -> (u64, Depth) {
    let (books, mut depth) = (&house.views.books, Depth::default());
    books.depth(instrument, levels, &house.views.directory, &mut depth);
    (books.last_update(instrument).0, depth)
}
