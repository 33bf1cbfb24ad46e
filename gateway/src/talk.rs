//! What a connection is to the reactor: a conversation that takes bytes and events and leaves bytes
//! and commands. It has no socket and no clock.

use core::fmt;

use ringside_protocol::{AccountId, Command, Event, EventHeader, Origin, Sequence, Timestamp};

use crate::Busy;
use crate::house::House;
use crate::identity::SourceId;
use crate::library::Answer;
use crate::market::Published;

/// A connection's number; it is given to another after the connection has ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ConnectionId(pub u32);

/// The way into the venue.
pub trait Venue {
    /// Sends a command to the engine; a token other than 0 comes back when the command and all of
    /// its events, and everything before them, have been heard.
    ///
    /// # Errors
    /// [`Busy`]: it was not sent, and nothing of it is kept.
    fn offer(&mut self, origin: Origin, command: Command, token: u64) -> Result<(), Busy>;
}

/// What a conversation is given for a step.
pub struct Context<'a> {
    /// Which connection it is on.
    pub id: ConnectionId,
    /// The time.
    pub now: Timestamp,
    /// Where the other side is.
    pub source: SourceId,
    /// What all conversations share.
    pub house: &'a mut House,
    /// The way into the venue.
    pub venue: &'a mut dyn Venue,
    /// What the other side is told.
    pub out: &'a mut Vec<u8>,
}

/// What came of reading.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// A message of so many bytes was taken.
    Taken(usize),
    /// There is no whole message yet.
    Wanting,
    /// The next message cannot be taken now; it is kept and tried again.
    Held,
    /// The connection ends; what was said before is still told.
    Over(Farewell),
}

/// Why a connection ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Farewell {
    /// The kind of reason.
    pub cause: Cause,
    /// A sentence for the other side.
    pub why: String,
}

/// Kinds of reasons for which connections end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// A rule of the venue.
    Policy,
    /// The venue stops.
    Leaving,
    /// What came is not of the protocol.
    Protocol,
    /// A kind of message that is not taken here.
    Unsupported,
    /// Text that is no text.
    NotText,
    /// A message that is larger than is taken.
    TooBig,
    /// The session is over.
    Ended,
}

impl Farewell {
    /// For a reason of this kind.
    pub fn new(cause: Cause, why: impl Into<String>) -> Self {
        Self { cause, why: why.into() }
    }

    /// Because the session is over.
    pub fn ended() -> Self {
        Self::new(Cause::Ended, "the session is over; log in to the next")
    }
}

impl fmt::Display for Farewell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl<T: Into<String>> From<T> for Farewell {
    fn from(why: T) -> Self {
        Self::new(Cause::Policy, why)
    }
}

/// A conversation.
pub trait Talk: Send {
    /// Takes the first message of `bytes`, which begin where the last taken message ended.
    fn read(&mut self, bytes: &[u8], context: &mut Context<'_>) -> Step;

    /// An event that is reported to a stream whose messages it wants.
    fn hear(
        &mut self,
        header: &EventHeader,
        event: &Event,
        context: &mut Context<'_>,
    ) -> Result<(), Farewell>;

    /// A command it asked about is done; `sequence` is the place it got.
    fn settled(
        &mut self,
        token: u64,
        sequence: Sequence,
        context: &mut Context<'_>,
    ) -> Result<(), Farewell>;

    /// A command that touched an account it subscribed to has ended.
    fn touched(
        &mut self,
        header: &EventHeader,
        account: AccountId,
        context: &mut Context<'_>,
    ) -> Result<(), Farewell>;

    /// The venue's session has ended and the next has begun; its last events were heard before.
    fn rolled(&mut self, context: &mut Context<'_>) -> Result<(), Farewell> {
        let _ = context;
        Ok(())
    }

    /// Public market data that it subscribed to.
    fn published(&mut self, published: &Published, out: &mut Vec<u8>);

    /// What it asked the library for.
    fn fetched(&mut self, answer: Answer, context: &mut Context<'_>) -> Result<(), Farewell>;

    /// Time passes; called a few times a second, and when the other side has taken what it was
    /// told.
    fn tick(&mut self, context: &mut Context<'_>) -> Result<(), Farewell>;

    /// How many bytes the first message of `told` has; none where that cannot be said. Who is cut
    /// off in the middle of one is told the rest of it before the good-bye.
    fn message_bytes(&self, told: &[u8]) -> Option<usize> {
        let _ = told;
        None
    }

    /// Says good-bye in its own language.
    fn farewell(&mut self, why: &Farewell, out: &mut Vec<u8>);

    /// The connection is gone: what it held is given back.
    fn gone(&mut self, context: &mut Context<'_>);
}
