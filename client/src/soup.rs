//! A SoupBinTCP session as its client has it, without I/O and without a clock: bytes and times go
//! in, packets come out. It outlives its connections: it counts what it was told, so the next
//! connection goes on behind the last message. It never asks for a message twice.
//!
//! ```
//! use ringside_client::soup::{Login, Packet, Patience, Resume, SoupSession};
//! use ringside_protocol::Timestamp;
//! use ringside_protocol::wire::soup::{LoginAccepted, ServerPacket, SessionId};
//!
//! let login = Login::new("AMBER1", "k7dq2m9xwt").expect("a name and a ticket");
//! let mut session = SoupSession::new(login, Resume::FIRST, Patience::default());
//! let (mut out, now) = (Vec::new(), Timestamp(0));
//! session.connect(now, &mut out); // `out` goes to the socket
//!
//! let mut heard = Vec::new(); // what the venue answers
//! let today = SessionId::new("2611210001").unwrap();
//! ServerPacket::LoginAccepted(LoginAccepted { session: today, sequence: 1 }).encode(&mut heard);
//! ServerPacket::Sequenced(b"first").encode(&mut heard);
//! session.feed(&heard, now);
//! assert_eq!(session.packet().unwrap(), Some(Packet::Accepted { session: today, next: 1 }));
//! assert_eq!(session.packet().unwrap(), Some(Packet::Message { number: 1, payload: b"first" }));
//! assert_eq!(session.packet().unwrap(), None, "more bytes are needed");
//! assert_eq!(session.resume(), Resume { session: today, next: 2 });
//! ```

use core::fmt;
use core::time::Duration;

use ringside_protocol::Timestamp;
use ringside_protocol::wire::Alpha;
use ringside_protocol::wire::soup::{
    self, ClientPacket, LoginReject, LoginRequest, ServerPacket, SessionId, SoupError,
};

/// Who logs in. Its debug text keeps the ticket to itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Login {
    stream: Alpha<6>,
    ticket: Alpha<10>,
}

impl Login {
    /// A stream's name, at most 6 characters, and its ticket, at most 10; `None` where either is
    /// longer or not printable ASCII.
    pub fn new(stream: &str, ticket: &str) -> Option<Self> {
        Some(Self { stream: Alpha::new(stream)?, ticket: Alpha::new(ticket)? })
    }

    /// The stream's name.
    pub fn stream(&self) -> &str {
        self.stream.as_str()
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({})", self.stream)
    }
}

/// Where in a stream's messages to go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Resume {
    /// The session the numbers are of; blank: the one that is running.
    pub session: SessionId,
    /// The number of the first message wanted; 0: only what comes from now on.
    pub next: u64,
}

impl Resume {
    /// Every message there ever was.
    pub const FIRST: Self = Self { session: SessionId::BLANK, next: 1 };
    /// Only what comes from now on.
    pub const LIVE: Self = Self { session: SessionId::BLANK, next: 0 };
}

/// How long to wait before saying something, and before giving up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Patience {
    /// A heartbeat is sent when nothing else was for so long.
    pub heartbeat: Duration,
    /// The connection is given up when nothing was heard for so long (X-CLI-003). The venue says
    /// something every second.
    pub silence_max: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { heartbeat: Duration::from_secs(1), silence_max: Duration::from_secs(3) }
    }
}

/// What the venue said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Packet<'a> {
    /// The login was good.
    Accepted {
        /// The session it is now in.
        session: SessionId,
        /// The number of the next message.
        next: u64,
    },
    /// The login was not; the connection ends.
    Refused(LoginReject),
    /// The next numbered message.
    Message {
        /// Its number, one more than that of the message before.
        number: u64,
        /// It.
        payload: &'a [u8],
    },
    /// A message without a number: it is not told again.
    Aside(&'a [u8]),
    /// Text for people.
    Debug(&'a [u8]),
    /// Still here.
    Heartbeat,
    /// The session is over: no more messages in it. The next login is for the next one, from its
    /// first message on.
    End,
}

/// Why a connection is of no more use. Connect again; the session goes on where it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SessionError {
    /// Bytes that are no packet.
    Malformed(SoupError),
    /// The venue goes on elsewhere than was asked for: messages would be missing, or come twice.
    Elsewhere {
        /// What was asked for.
        asked: Resume,
        /// Where the venue goes on.
        told: Resume,
    },
    /// A packet that has no place before the login is accepted, or after.
    OutOfPlace(&'static str),
    /// Nothing was heard for so long.
    Silent(Duration),
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => error.fmt(f),
            Self::Elsewhere { asked, told } => write!(
                f,
                "asked to go on at {} of {:?}, the venue goes on at {} of {:?}",
                asked.next, asked.session, told.next, told.session
            ),
            Self::OutOfPlace(what) => write!(f, "{what} has no place here"),
            Self::Silent(limit) => write!(f, "nothing was heard for {} ms", limit.as_millis()),
        }
    }
}

impl std::error::Error for SessionError {}

/// A session, through any number of connections.
#[derive(Debug)]
pub struct SoupSession {
    login: Login,
    resume: Resume,
    patience: Patience,
    is_in: bool,
    /// What was heard and not yet understood, from `read_from` on.
    inbox: Vec<u8>,
    read_from: usize,
    heard: Timestamp,
    told: Timestamp,
}

impl SoupSession {
    /// A session that has no connection yet.
    pub const fn new(login: Login, resume: Resume, patience: Patience) -> Self {
        Self {
            login,
            resume,
            patience,
            is_in: false,
            inbox: Vec::new(),
            read_from: 0,
            heard: Timestamp(0),
            told: Timestamp(0),
        }
    }

    /// Begins on a new connection: what the last one left half said is forgotten. The login request
    /// goes to `out`.
    pub fn connect(&mut self, now: Timestamp, out: &mut Vec<u8>) {
        self.is_in = false;
        self.inbox.clear();
        self.read_from = 0;
        (self.heard, self.told) = (now, now);
        let Login { stream: username, ticket: password } = self.login;
        let Resume { session, next: sequence } = self.resume;
        let request = LoginRequest { username, password, session, sequence };
        ClientPacket::Login(request).encode(out);
    }

    /// Bytes that came.
    pub fn feed(&mut self, bytes: &[u8], now: Timestamp) {
        self.heard = now;
        self.inbox.drain(..self.read_from);
        self.read_from = 0;
        self.inbox.extend_from_slice(bytes);
    }

    /// The next packet; `None`: more bytes are needed.
    ///
    /// # Errors
    /// [`SessionError`]: the connection cannot be used any more.
    pub fn packet(&mut self) -> Result<Option<Packet<'_>>, SessionError> {
        let found = soup::decode_server(&self.inbox[self.read_from..]);
        let Some((packet, bytes)) = found.map_err(SessionError::Malformed)? else {
            return Ok(None);
        };
        self.read_from += bytes;
        let Self { resume, is_in, .. } = self;
        understand(packet, resume, is_in).map(Some)
    }

    /// A message for the venue.
    pub fn send(&mut self, now: Timestamp, out: &mut Vec<u8>, message: impl FnOnce(&mut Vec<u8>)) {
        soup::unsequenced(out, message);
        self.told = now;
    }

    /// A farewell: the venue closes the connection.
    pub fn log_out(&mut self, now: Timestamp, out: &mut Vec<u8>) {
        ClientPacket::Logout.encode(out);
        self.told = now;
    }

    /// Time has passed: a heartbeat, where it is due.
    ///
    /// # Errors
    /// [`SessionError::Silent`]: the venue is not there any more.
    pub fn tick(&mut self, now: Timestamp, out: &mut Vec<u8>) -> Result<(), SessionError> {
        let Patience { heartbeat, silence_max } = self.patience;
        if since(self.heard, now) > silence_max {
            return Err(SessionError::Silent(silence_max));
        }
        if self.is_in && since(self.told, now) >= heartbeat {
            ClientPacket::Heartbeat.encode(out);
            self.told = now;
        }
        Ok(())
    }

    /// What the next connection asks for.
    pub const fn resume(&self) -> Resume {
        self.resume
    }

    /// Who logs in.
    pub const fn login(&self) -> &Login {
        &self.login
    }

    /// How long it waits.
    pub const fn patience(&self) -> &Patience {
        &self.patience
    }

    /// Whether this connection's login was accepted.
    pub const fn is_in(&self) -> bool {
        self.is_in
    }
}

fn since(then: Timestamp, now: Timestamp) -> Duration {
    Duration::from_nanos(now.0.saturating_sub(then.0))
}

fn understand<'a>(
    packet: ServerPacket<'a>,
    resume: &mut Resume,
    is_in: &mut bool,
) -> Result<Packet<'a>, SessionError> {
    match packet {
        ServerPacket::Debug(text) => Ok(Packet::Debug(text)),
        ServerPacket::Heartbeat => Ok(Packet::Heartbeat),
        ServerPacket::LoginAccepted(_) if *is_in => {
            Err(SessionError::OutOfPlace("a second Login Accepted"))
        }
        ServerPacket::LoginAccepted(accepted) => {
            let told = Resume { session: accepted.session, next: accepted.sequence };
            *resume = entered(*resume, told)?;
            *is_in = true;
            Ok(Packet::Accepted { session: told.session, next: told.next })
        }
        ServerPacket::LoginRejected(reject) => Ok(Packet::Refused(reject)),
        ServerPacket::Sequenced(payload) if *is_in => {
            let number = resume.next;
            resume.next += 1;
            Ok(Packet::Message { number, payload })
        }
        ServerPacket::Unsequenced(payload) if *is_in => Ok(Packet::Aside(payload)),
        ServerPacket::Sequenced(_) | ServerPacket::Unsequenced(_) => {
            Err(SessionError::OutOfPlace("a message before Login Accepted"))
        }
        ServerPacket::EndOfSession => {
            *resume = Resume::FIRST;
            Ok(Packet::End)
        }
    }
}

/// Numbers are dense: the venue must go on exactly where it was asked to.
fn entered(asked: Resume, told: Resume) -> Result<Resume, SessionError> {
    let is_there = told.next > 0 && (asked.next == 0 || asked.next == told.next);
    let is_same = asked.session.is_blank() || asked.session == told.session;
    if is_there && is_same { Ok(told) } else { Err(SessionError::Elsewhere { asked, told }) }
}

#[cfg(test)]
mod tests {
    use ringside_protocol::wire::soup::LoginAccepted;

    use super::*;

    const SECOND: u64 = Timestamp::SECOND;

    fn today() -> SessionId {
        SessionId::new("2611210001").unwrap()
    }

    fn session(resume: Resume) -> SoupSession {
        let login = Login::new("AMBER1", "k7dq2m9xwt").unwrap();
        let mut session = SoupSession::new(login, resume, Patience::default());
        session.connect(Timestamp(0), &mut Vec::new());
        session
    }

    fn accepted(session: SessionId, sequence: u64) -> ServerPacket<'static> {
        ServerPacket::LoginAccepted(LoginAccepted { session, sequence })
    }

    fn fed(session: &mut SoupSession, packet: ServerPacket<'_>) -> Result<(), SessionError> {
        let mut bytes = Vec::new();
        packet.encode(&mut bytes);
        session.feed(&bytes, Timestamp(0));
        session.packet().map(drop)
    }

    #[test]
    fn the_next_connection_asks_for_the_message_behind_the_last() {
        let mut session = session(Resume { session: SessionId::BLANK, next: 7 });
        fed(&mut session, accepted(today(), 7)).unwrap();
        for payload in [b"a", b"b", b"c"] {
            fed(&mut session, ServerPacket::Sequenced(payload)).unwrap();
        }
        // What is not numbered is not counted.
        fed(&mut session, ServerPacket::Unsequenced(b"aside")).unwrap();
        fed(&mut session, ServerPacket::Debug(b"text")).unwrap();
        fed(&mut session, ServerPacket::Heartbeat).unwrap();
        // Half a packet is lost with its connection.
        session.feed(&[0, 5, b'S', b'd'], Timestamp(0));
        assert_eq!(session.packet(), Ok(None));

        let mut out = Vec::new();
        session.connect(Timestamp(9), &mut out);
        let (asked, _) = soup::decode_client(&out).unwrap().unwrap();
        let ClientPacket::Login(asked) = asked else { panic!("{asked:?} is no login") };
        assert_eq!((asked.session, asked.sequence), (today(), 10));
        assert!(!session.is_in());
        fed(&mut session, accepted(today(), 10)).unwrap();
    }

    /// The day is over: what comes next is another session's first message.
    #[test]
    fn the_end_of_a_session_is_told_and_the_next_login_is_for_the_next() {
        let mut session = session(Resume { session: today(), next: 7 });
        fed(&mut session, accepted(today(), 7)).unwrap();
        fed(&mut session, ServerPacket::Sequenced(b"the last")).unwrap();
        let mut bytes = Vec::new();
        ServerPacket::EndOfSession.encode(&mut bytes);
        session.feed(&bytes, Timestamp(0));
        assert_eq!(session.packet(), Ok(Some(Packet::End)));
        assert_eq!(session.resume(), Resume::FIRST);
        let tomorrow = SessionId::new("2611220001").unwrap();
        session.connect(Timestamp(9), &mut Vec::new());
        fed(&mut session, accepted(tomorrow, 1)).unwrap();
        assert_eq!(session.resume(), Resume { session: tomorrow, next: 1 });
    }

    #[test]
    fn a_venue_that_goes_on_elsewhere_is_not_believed() {
        let other = SessionId::new("2611220001").unwrap();
        let at = |session, next| Resume { session, next };
        for (asked, told, is_good) in [
            (at(SessionId::BLANK, 0), at(today(), 1), true),
            (at(SessionId::BLANK, 0), at(today(), 40), true),
            (at(SessionId::BLANK, 4), at(other, 4), true),
            (at(today(), 4), at(today(), 4), true),
            (at(today(), 4), at(today(), 5), false),
            (at(today(), 4), at(today(), 3), false),
            (at(today(), 4), at(other, 4), false),
            (at(SessionId::BLANK, 0), at(today(), 0), false),
        ] {
            let mut session = session(asked);
            let found = fed(&mut session, accepted(told.session, told.next));
            let wanted =
                if is_good { Ok(()) } else { Err(SessionError::Elsewhere { asked, told }) };
            assert_eq!(found, wanted, "{asked:?} {told:?}");
        }
    }

    #[test]
    fn packets_out_of_place_end_the_connection() {
        let before = SessionError::OutOfPlace("a message before Login Accepted");
        let mut early = session(Resume::FIRST);
        assert_eq!(fed(&mut early, ServerPacket::Sequenced(b"x")), Err(before));
        let mut early = session(Resume::FIRST);
        assert_eq!(fed(&mut early, ServerPacket::Unsequenced(b"x")), Err(before));
        let mut twice = session(Resume::FIRST);
        fed(&mut twice, accepted(today(), 1)).unwrap();
        let again = SessionError::OutOfPlace("a second Login Accepted");
        assert_eq!(fed(&mut twice, accepted(today(), 1)), Err(again));
        let mut unknown = session(Resume::FIRST);
        unknown.feed(&[0, 1, b'?'], Timestamp(0));
        assert!(matches!(unknown.packet(), Err(SessionError::Malformed(SoupError::Type { .. }))));
    }

    /// X-CLI-003: connected but silent is noticed.
    #[test]
    fn heartbeats_go_out_when_nothing_else_does_and_silence_is_noticed() {
        let mut session = session(Resume::FIRST);
        let mut out = Vec::new();
        session.tick(Timestamp(2 * SECOND), &mut out).unwrap();
        assert!(out.is_empty(), "before the login there is nothing to say");
        fed(&mut session, accepted(today(), 1)).unwrap();
        session.tick(Timestamp(SECOND), &mut out).unwrap();
        assert_eq!(out, [0, 1, b'R']);
        out.clear();
        session.send(Timestamp(SECOND + 5), &mut out, |out| out.push(b'Q'));
        assert_eq!(out, [0, 2, b'U', b'Q']);
        out.clear();
        session.tick(Timestamp(2 * SECOND), &mut out).unwrap();
        assert!(out.is_empty(), "a message is as good as a heartbeat");
        session.tick(Timestamp(3 * SECOND), &mut out).unwrap();
        let late = session.tick(Timestamp(3 * SECOND + 1), &mut out).unwrap_err();
        assert_eq!(late.to_string(), "nothing was heard for 3000 ms");
    }

    #[test]
    fn a_login_keeps_its_ticket_to_itself() {
        let login = Login::new("AMBER1", "k7dq2m9xwt").unwrap();
        assert_eq!(format!("{login:?}"), "Login(AMBER1)");
        assert_eq!(Login::new("LONGER1", "x"), None);
        assert_eq!(Login::new("A", "longer than it can be"), None);
    }
}
