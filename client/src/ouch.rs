//! A bot's way into the venue: orders out, messages in, over one blocking connection that may break
//! at any moment. It numbers orders, keeps those that nobody has answered, and after a reconnect
//! finds out which of them the venue has; only the others are sent again, under the same numbers
//! (CLI-033, X-CLI-001, X-CLI-002). It never sleeps, reads no clock of its own and starts no
//! thread.
//!
//! ```no_run
//! use ringside_client::order::{NewOrder, symbol};
//! use ringside_client::ouch::{ClientError, OuchClient};
//! use ringside_client::soup::{Login, Resume};
//! use ringside_protocol::{Side, Timestamp};
//!
//! fn trade(clock: fn() -> Timestamp) -> Result<(), ClientError> {
//!     let address: std::net::SocketAddr = "127.0.0.1:7001".parse().unwrap();
//!     let login = Login::new("AMBER1", "k7dq2m9xwt").unwrap();
//!     let mut bot = OuchClient::connect(address.into(), login, Resume::LIVE, Box::new(clock))?;
//!     let order = bot.place(&NewOrder::limit(Side::Buy, symbol("SOL"), 10, 9_950))?;
//!     loop {
//!         match bot.next() {
//!             Ok(told) => println!("{} says {:?} of order {order}", told.number, told.message),
//!             Err(ClientError::Lost(_)) => bot.reconnect()?, // nothing is missed
//!             Err(other) => return Err(other),
//!         }
//!     }
//! }
//! ```

use core::fmt;
use core::time::Duration;
use std::collections::VecDeque;
use std::io;

use ringside_protocol::Timestamp;
use ringside_protocol::wire::WireError;
use ringside_protocol::wire::ouch::{
    AccountQuery, Appendages, Cancel, DisableOrderEntry, EnableOrderEntry, Firm, Inbound,
    MassCancel, Modify, Outbound, Side, Symbol,
};
use ringside_protocol::wire::soup::LoginReject;

use crate::order::{Life, NewOrder, Terms};
use crate::socket::{Address, Socket};
use crate::soup::{Login, Packet, Patience, Resume, SessionError, SoupSession};

/// A connection must be there, and its login answered, within this.
pub const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// The highest number that a client gives; those above are the venue's.
pub use ringside_protocol::USER_REF_MAX;

/// Bytes read at once.
const READ_BYTES: usize = 64 * 1024;

/// What says the time: nanoseconds since the Unix epoch, or since anything else that does not jump.
pub type Clock = Box<dyn FnMut() -> Timestamp + Send>;

/// A message of the stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Told {
    /// Its number: always one more than that of the message before.
    pub number: u64,
    /// It.
    pub message: Outbound,
}

/// Why a client cannot go on. After [`ClientError::Lost`], [`ClientError::Session`] and
/// [`ClientError::Ended`] it can, with [`OuchClient::reconnect`].
#[derive(Debug)]
pub enum ClientError {
    /// The venue does not let it in, and says why.
    Refused(LoginReject, String),
    /// The connection is gone; the venue's last words, or the system's.
    Lost(String),
    /// The venue speaks the session's protocol in another way.
    Session(SessionError),
    /// A message that is none.
    Message(WireError),
    /// The session is over: there will be no more messages in it, and what was not answered by now
    /// was not executed. [`OuchClient::reconnect`] begins in the next session, where numbers start
    /// at 1 again; orders that live on come first, as `Restated` with numbers of the venue's own,
    /// by which they can be cancelled, replaced and modified.
    Ended,
    /// [`USER_REF_MAX`] numbers were used; trade on another stream.
    NumbersUsedUp,
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(reject, why) => write!(f, "not let in ({reject:?}): {why}"),
            Self::Lost(why) => write!(f, "the connection is lost: {why}"),
            Self::Session(error) => error.fmt(f),
            Self::Message(error) => error.fmt(f),
            Self::Ended => f.write_str("the session is over"),
            Self::NumbersUsedUp => write!(f, "{USER_REF_MAX} numbers were used"),
        }
    }
}

impl std::error::Error for ClientError {}

impl From<SessionError> for ClientError {
    fn from(error: SessionError) -> Self {
        Self::Session(error)
    }
}

/// A session of a stream that enters orders.
pub struct OuchClient {
    address: Address,
    soup: SoupSession,
    socket: Option<Socket>,
    clock: Clock,
    numbers: Numbers,
    told: VecDeque<Told>,
    /// The session is over; what it told is given first.
    has_ended: bool,
    /// What the venue said last to people, and what it said first.
    words: String,
    welcome: String,
    out: Vec<u8>,
    scratch: Vec<u8>,
}

/// Which numbers were given, and what of that the venue has not confirmed.
#[derive(Debug, Default)]
struct Numbers {
    /// The next one to give; none while the venue has not said which it knows.
    next: Option<u32>,
    /// The highest ever given here.
    given: u32,
    unanswered: VecDeque<(u32, Inbound)>,
    /// The answer to a query of the caller's.
    queried: Option<u32>,
}

impl OuchClient {
    /// Logs in to a stream.
    ///
    /// # Errors
    /// [`ClientError::Refused`] with the venue's reason, [`ClientError::Lost`] where nobody
    /// answers.
    pub fn connect(
        address: Address,
        login: Login,
        resume: Resume,
        clock: Clock,
    ) -> Result<Self, ClientError> {
        Self::connect_with(address, login, resume, Patience::default(), clock)
    }

    /// [`Self::connect`] with a patience of its own.
    ///
    /// # Errors
    /// As there.
    pub fn connect_with(
        address: Address,
        login: Login,
        resume: Resume,
        patience: Patience,
        clock: Clock,
    ) -> Result<Self, ClientError> {
        let mut client = Self {
            address,
            soup: SoupSession::new(login, resume, patience),
            socket: None,
            clock,
            numbers: Numbers::default(),
            told: VecDeque::new(),
            has_ended: false,
            words: String::new(),
            welcome: String::new(),
            out: Vec::new(),
            scratch: vec![0; READ_BYTES],
        };
        client.reconnect()?;
        Ok(client)
    }

    /// Connects again and goes on behind the last message. What was entered and never answered is
    /// resolved before anything new is entered: the venue is asked which numbers it knows, the
    /// others are sent again as they were. Cancels are not: their answer or the order's end is
    /// among the messages to come, and a cancel may be repeated.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub fn reconnect(&mut self) -> Result<(), ClientError> {
        self.cut();
        if self.soup.resume().session.is_blank() {
            // Another session than any before: it has seen no number.
            self.numbers = Numbers::default();
        }
        self.numbers.next = None;
        self.has_ended = false;
        self.words.clear();
        self.welcome.clear();
        let socket = Socket::connect(&self.address, CONNECT_WITHIN).map_err(lost)?;
        self.socket = Some(socket);
        let now = (self.clock)();
        self.soup.connect(now, &mut self.out);
        self.flush()?;
        while !self.soup.is_in() {
            self.step(self.soup.patience().silence_max)?;
        }
        self.send(&query())
    }

    /// The same at another address.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub fn reconnect_to(&mut self, address: Address) -> Result<(), ClientError> {
        self.address = address;
        self.reconnect()
    }

    /// Enters an order and says its number. Where the connection breaks meanwhile, that shows in
    /// the next message, and the order is sent again after the reconnect if the venue has it not.
    ///
    /// # Errors
    /// Nothing was entered: the venue could not be asked for the numbers it knows, or all are used.
    pub fn place(&mut self, order: &NewOrder) -> Result<u32, ClientError> {
        self.numbered(|number| order.enter(number).into())
    }

    /// Puts an order in the place of another and says its number; as [`Self::place`].
    ///
    /// # Errors
    /// As there.
    pub fn replace(&mut self, order: u32, terms: &Terms, life: Life) -> Result<u32, ClientError> {
        self.numbered(|number| terms.replace(order, number, life).into())
    }

    /// Cancels every order of an instrument; blank: of all; as [`Self::place`].
    ///
    /// # Errors
    /// As there.
    pub fn cancel_all(&mut self, symbol: Symbol) -> Result<u32, ClientError> {
        let (firm, appendages) = (Firm::BLANK, Appendages::NONE);
        self.numbered(|user_ref| MassCancel { user_ref, firm, symbol, appendages }.into())
    }

    /// Asks the venue to take no more orders of this stream; as [`Self::place`].
    ///
    /// # Errors
    /// As there.
    pub fn disable(&mut self) -> Result<u32, ClientError> {
        let (firm, appendages) = (Firm::BLANK, Appendages::NONE);
        self.numbered(|user_ref| DisableOrderEntry { user_ref, firm, appendages }.into())
    }

    /// Asks the venue to take orders of this stream again; as [`Self::place`].
    ///
    /// # Errors
    /// As there.
    pub fn enable(&mut self) -> Result<u32, ClientError> {
        let (firm, appendages) = (Firm::BLANK, Appendages::NONE);
        self.numbered(|user_ref| EnableOrderEntry { user_ref, firm, appendages }.into())
    }

    /// Cancels an order. The venue is silent where the order has ended: that was told already.
    ///
    /// # Errors
    /// [`ClientError::Lost`]: it may not have arrived; a cancel may be repeated.
    pub fn cancel(&mut self, order: u32) -> Result<(), ClientError> {
        self.reduce(order, 0)
    }

    /// Leaves an order so many lots in all, executed ones included, and its place in the queue.
    ///
    /// # Errors
    /// As [`Self::cancel`].
    pub fn reduce(&mut self, order: u32, quantity: u32) -> Result<(), ClientError> {
        self.send(&Cancel { user_ref: order, quantity, appendages: Appendages::NONE }.into())
    }

    /// The same as a Modify message.
    ///
    /// # Errors
    /// As [`Self::cancel`].
    pub fn modify(&mut self, order: u32, side: Side, quantity: u32) -> Result<(), ClientError> {
        let appendages = Appendages::NONE;
        self.send(&Modify { user_ref: order, side, quantity, appendages }.into())
    }

    /// Asks which number the venue expects next. Messages that come meanwhile are kept.
    ///
    /// # Errors
    /// When the connection ends before the answer.
    pub fn query(&mut self) -> Result<u32, ClientError> {
        self.number()?;
        self.numbers.queried = None;
        self.send(&query())?;
        loop {
            match self.numbers.queried.take() {
                Some(next) => return Ok(next),
                None => self.step(self.soup.patience().heartbeat)?,
            }
        }
    }

    /// The next message of the stream, waiting for it as long as the venue is there.
    ///
    /// # Errors
    /// [`ClientError`]; every message before was given.
    // A stream that ends by an error is no iterator.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Told, ClientError> {
        loop {
            match self.told.pop_front() {
                Some(told) => return Ok(told),
                None => self.step(self.soup.patience().heartbeat)?,
            }
        }
    }

    /// The next message of the stream; `None` where none comes within `limit`.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub fn next_within(&mut self, limit: Duration) -> Result<Option<Told>, ClientError> {
        let limit_ns = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
        let until = (self.clock)().0.saturating_add(limit_ns);
        while self.told.is_empty() {
            let left = until.saturating_sub((self.clock)().0);
            self.step(Duration::from_nanos(left).min(self.soup.patience().heartbeat))?;
            if left == 0 {
                break;
            }
        }
        Ok(self.told.pop_front())
    }

    /// Where the next connection goes on.
    pub const fn resume(&self) -> Resume {
        self.soup.resume()
    }

    /// What the venue said first after the login: limits, times, the session, as JSON (GWY-001).
    pub fn welcome(&self) -> &str {
        &self.welcome
    }

    /// What it said last to people; why it refused or ended something stands there.
    pub fn words(&self) -> &str {
        &self.words
    }

    /// How many numbered requests nobody has answered.
    pub fn unanswered(&self) -> usize {
        self.numbers.unanswered.len()
    }

    /// Drops the connection without a word, as a line that breaks does.
    pub fn cut(&mut self) {
        if let Some(socket) = self.socket.take() {
            socket.close();
        }
        self.out.clear();
    }

    /// Says good-bye and waits for the venue's end of it; the messages that came before.
    ///
    /// # Errors
    /// When the connection was broken already, or the venue does not close it.
    pub fn log_out(mut self) -> Result<Vec<Told>, ClientError> {
        let now = (self.clock)();
        self.soup.log_out(now, &mut self.out);
        self.flush()?;
        loop {
            match self.step(self.soup.patience().heartbeat) {
                Ok(()) => {}
                Err(ClientError::Lost(_)) => return Ok(self.told.into()),
                Err(other) => return Err(other),
            }
        }
    }

    /// Gives a request the next number, keeps it until it is answered, and sends it.
    fn numbered(&mut self, request: impl FnOnce(u32) -> Inbound) -> Result<u32, ClientError> {
        let number = self.number()?;
        if number > USER_REF_MAX {
            return Err(ClientError::NumbersUsedUp);
        }
        let request = request(number);
        self.numbers.give(number, request);
        match self.send(&request) {
            Ok(()) | Err(ClientError::Lost(_)) => Ok(number),
            Err(other) => Err(other),
        }
    }

    /// The next number to give, once the venue has said which it knows.
    fn number(&mut self) -> Result<u32, ClientError> {
        loop {
            match self.numbers.next {
                Some(next) => return Ok(next),
                None => self.step(self.soup.patience().heartbeat)?,
            }
        }
    }

    fn send(&mut self, message: &Inbound) -> Result<(), ClientError> {
        let now = (self.clock)();
        self.soup.send(now, &mut self.out, |out| message.encode(out));
        self.flush()
    }

    fn flush(&mut self) -> Result<(), ClientError> {
        let Some(socket) = &mut self.socket else {
            self.out.clear();
            return Err(self.gone("there is no connection"));
        };
        let written = socket.write_all(&self.out);
        self.out.clear();
        // What the venue said before it closed may still lie there to be read: the end of the
        // connection is found by reading, not here.
        written.or_else(|error| if is_closed(&error) { Ok(()) } else { Err(lost(error)) })
    }

    /// Reads once, waiting so long, and understands everything that came.
    fn step(&mut self, limit: Duration) -> Result<(), ClientError> {
        if self.has_ended {
            self.socket = None;
            return Err(ClientError::Ended);
        }
        let Some(socket) = &mut self.socket else {
            return Err(self.gone("there is no connection"));
        };
        let read = socket.read_within(limit, &mut self.scratch);
        let now = (self.clock)();
        let understood = match read {
            Ok(Some(0)) => Err(self.gone("the venue has closed it")),
            Ok(Some(count)) => {
                self.soup.feed(&self.scratch[..count], now);
                self.understand()
            }
            Ok(None) => Ok(()),
            Err(error) => Err(self.gone(&error.to_string())),
        };
        let done = understood.and_then(|()| {
            self.soup.tick(now, &mut self.out)?;
            if self.out.is_empty() { Ok(()) } else { self.flush() }
        });
        if done.is_err() {
            self.socket = None;
        }
        done
    }

    fn understand(&mut self) -> Result<(), ClientError> {
        while let Some(packet) = self.soup.packet()? {
            match packet {
                Packet::Message { number, payload } => {
                    let message = Outbound::decode(payload).map_err(ClientError::Message)?;
                    self.numbers.confirm(&message);
                    self.told.push_back(Told { number, message });
                }
                Packet::Aside(payload) => {
                    let message = Outbound::decode(payload).map_err(ClientError::Message)?;
                    self.aside(&message);
                }
                Packet::Debug(text) => {
                    self.words = String::from_utf8_lossy(text).into_owned();
                    if self.welcome.is_empty() && self.soup.is_in() {
                        self.welcome.clone_from(&self.words);
                    }
                }
                Packet::Refused(reject) => {
                    return Err(ClientError::Refused(reject, core::mem::take(&mut self.words)));
                }
                Packet::Accepted { .. } | Packet::Heartbeat => {}
                Packet::End => {
                    self.has_ended = true;
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn aside(&mut self, message: &Outbound) {
        let Outbound::AccountQueryResponse(response) = message else { return };
        if self.numbers.next.is_some() {
            self.numbers.queried = Some(response.next_user_ref);
            return;
        }
        for request in self.numbers.resolve(response.next_user_ref) {
            let now = (self.clock)();
            self.soup.send(now, &mut self.out, |out| request.encode(out));
        }
    }

    fn gone(&self, why: &str) -> ClientError {
        ClientError::Lost(if self.words.is_empty() { why.into() } else { self.words.clone() })
    }
}

impl Numbers {
    fn give(&mut self, number: u32, request: Inbound) {
        self.next = Some(number + 1);
        self.given = number;
        self.unanswered.push_back((number, request));
    }

    /// A message about an order confirms it and every number before it, for they were taken in
    /// order. A refused cancel confirms nothing: it may name a number that was never given.
    fn confirm(&mut self, message: &Outbound) {
        let known = match message {
            Outbound::Accepted(message) => message.user_ref,
            Outbound::Replaced(message) => message.user_ref,
            Outbound::Rejected(message) => message.user_ref,
            Outbound::Executed(message) => message.user_ref,
            Outbound::Canceled(message) => message.user_ref,
            Outbound::AiqCanceled(message) => message.user_ref,
            Outbound::Modified(message) => message.user_ref,
            Outbound::MassCancelResponse(message) => message.user_ref,
            Outbound::DisableResponse(message) => message.user_ref,
            Outbound::EnableResponse(message) => message.user_ref,
            Outbound::SystemEvent(_)
            | Outbound::BrokenTrade(_)
            | Outbound::CancelPending(_)
            | Outbound::CancelReject(_)
            | Outbound::PriorityUpdate(_)
            | Outbound::Restated(_)
            | Outbound::AccountQueryResponse(_) => 0,
        };
        self.known_below(known.saturating_add(1));
    }

    /// The venue has all numbers below this.
    fn known_below(&mut self, next: u32) {
        while self.unanswered.front().is_some_and(|(number, _)| *number < next) {
            self.unanswered.pop_front();
        }
    }

    /// The venue says which number it does not know yet: what it has not is to be sent again.
    fn resolve(&mut self, next: u32) -> impl Iterator<Item = Inbound> {
        self.known_below(next);
        self.next = Some(next.max(self.given + 1));
        self.unanswered.iter().map(|(_, request)| *request)
    }
}

fn query() -> Inbound {
    AccountQuery { appendages: Appendages::NONE }.into()
}

fn lost(error: io::Error) -> ClientError {
    ClientError::Lost(error.to_string())
}

fn is_closed(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset)
}

#[cfg(test)]
mod tests {
    use ringside_protocol::wire::ouch::{CancelReject, Rejected};

    use super::*;
    use crate::order::symbol;

    fn order(number: u32) -> Inbound {
        let side = ringside_protocol::Side::Buy;
        NewOrder::limit(side, symbol("X"), 1, 100).enter(number).into()
    }

    fn numbers(unanswered: &[u32]) -> Numbers {
        let mut numbers = Numbers { next: Some(1), ..Numbers::default() };
        unanswered.iter().for_each(|&number| numbers.give(number, order(number)));
        numbers
    }

    fn left(numbers: &Numbers) -> Vec<u32> {
        numbers.unanswered.iter().map(|(number, _)| *number).collect()
    }

    /// CLI-033, X-CLI-001: what the venue has is not sent again, the rest is, in order.
    #[test]
    fn a_reconnect_sends_again_what_the_venue_has_not() {
        // The numbers that are unanswered, the venue's next one, what is sent again, our next one.
        let rows: &[(&[u32], u32, &[u32], u32)] = &[
            (&[], 1, &[], 1),
            (&[], 40, &[], 40),
            (&[5, 6, 7], 5, &[5, 6, 7], 8),
            (&[5, 6, 7], 7, &[7], 8),
            (&[5, 6, 7], 8, &[], 8),
            (&[5, 6, 7], 90, &[], 90),
        ];
        for &(unanswered, next, again, ours) in rows {
            let mut numbers = numbers(unanswered);
            let sent: Vec<Inbound> = numbers.resolve(next).collect();
            let wanted: Vec<Inbound> = again.iter().map(|&number| order(number)).collect();
            assert_eq!(sent, wanted, "{unanswered:?} {next}");
            assert_eq!(numbers.next, Some(ours), "{unanswered:?} {next}");
        }
    }

    #[test]
    fn an_answer_confirms_every_number_up_to_its_own() {
        let rejected = |user_ref| {
            let client_id = Default::default();
            Outbound::Rejected(Rejected { time: 0, user_ref, reason: 1, client_id })
        };
        let mut numbers = numbers(&[3, 4, 5, 9]);
        numbers.confirm(&rejected(2));
        assert_eq!(left(&numbers), [3, 4, 5, 9]);
        numbers.confirm(&rejected(4));
        assert_eq!(left(&numbers), [5, 9]);
        numbers.confirm(&Outbound::CancelReject(CancelReject { time: 0, user_ref: 9 }));
        assert_eq!(left(&numbers), [5, 9], "a cancel may name any number");
        numbers.confirm(&rejected(9));
        assert_eq!(left(&numbers), [0; 0]);
    }

    #[test]
    fn nobody_listens() {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        drop(socket);
        let login = Login::new("A", "b").unwrap();
        let clock = Box::new(|| Timestamp(0));
        let found = OuchClient::connect(address.into(), login, Resume::LIVE, clock);
        assert!(matches!(found, Err(ClientError::Lost(_))));
    }
}
