//! A line to the venue that says exactly the bytes a test wants, and hears packets as they come. It
//! keeps no count and sends no heartbeat of its own.

use std::time::Duration;

use ringside_client::socket::{Address, Socket};
use ringside_client::soup::{Login, Patience, Resume, SoupSession};
use ringside_protocol::Timestamp;
use ringside_protocol::wire::soup::{self, ClientPacket, LoginAccepted, LoginReject, ServerPacket};

/// What does not come within this does not come.
const COMES_WITHIN: Duration = Duration::from_secs(60);

/// A packet of the venue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Heard {
    /// Text for people.
    Debug(String),
    /// The login was good.
    Accepted(LoginAccepted),
    /// It was not.
    Refused(LoginReject),
    /// A numbered message.
    Message(Vec<u8>),
    /// One without a number.
    Aside(Vec<u8>),
    /// Still here.
    Heartbeat,
    /// The session is over.
    End,
}

impl From<ServerPacket<'_>> for Heard {
    fn from(packet: ServerPacket<'_>) -> Self {
        match packet {
            ServerPacket::Debug(text) => Self::Debug(String::from_utf8_lossy(text).into_owned()),
            ServerPacket::LoginAccepted(accepted) => Self::Accepted(accepted),
            ServerPacket::LoginRejected(reject) => Self::Refused(reject),
            ServerPacket::Sequenced(payload) => Self::Message(payload.to_vec()),
            ServerPacket::Unsequenced(payload) => Self::Aside(payload.to_vec()),
            ServerPacket::Heartbeat => Self::Heartbeat,
            ServerPacket::EndOfSession => Self::End,
        }
    }
}

/// What went over a line: `O` out to the venue, `I` in from it.
type Record = Vec<(char, Vec<u8>)>;

/// A connection.
pub struct Line {
    socket: Socket,
    inbox: Vec<u8>,
    record: Option<Record>,
}

impl Line {
    /// Connects.
    ///
    /// # Panics
    /// When nobody listens.
    pub fn connect(address: &Address) -> Self {
        let socket = Socket::connect(address, COMES_WITHIN)
            .unwrap_or_else(|error| panic!("{address}: {error}"));
        Self { socket, inbox: Vec::new(), record: None }
    }

    /// Connects, and keeps what goes over the line.
    ///
    /// # Panics
    /// As [`Self::connect`].
    pub fn recorded(address: &Address) -> Self {
        Self { record: Some(Record::new()), ..Self::connect(address) }
    }

    /// What went over the line, if that was kept.
    pub fn record(&self) -> &[(char, Vec<u8>)] {
        self.record.as_deref().unwrap_or_default()
    }

    /// Connects and is let in.
    ///
    /// # Panics
    /// When it is not.
    pub fn enter(address: &Address, login: &Login, resume: Resume) -> (Self, LoginAccepted) {
        let mut line = Self::connect(address);
        let accepted = line.log_in(login, resume);
        (line, accepted)
    }

    /// Logs in and hears what is said first; the text is the welcome.
    ///
    /// # Panics
    /// When it is not let in.
    pub fn log_in(&mut self, login: &Login, resume: Resume) -> LoginAccepted {
        self.bytes(&request(login, resume));
        let accepted = match self.hear() {
            Some(Heard::Accepted(accepted)) => accepted,
            other => panic!("{other:?} is no Login Accepted"),
        };
        match self.hear() {
            Some(Heard::Debug(_)) => accepted,
            other => panic!("{other:?} is no welcome"),
        }
    }

    /// Says these bytes; false where nobody takes them any more.
    pub fn bytes(&mut self, bytes: &[u8]) -> bool {
        if let Some(record) = &mut self.record {
            record.push(('O', bytes.to_vec()));
        }
        self.socket.write_all(bytes).is_ok()
    }

    /// Says a packet; false where nobody takes it any more.
    pub fn say(&mut self, packet: &ClientPacket<'_>) -> bool {
        let mut bytes = Vec::new();
        packet.encode(&mut bytes);
        self.bytes(&bytes)
    }

    /// Ends what it says, and goes on hearing.
    pub fn finish(&self) {
        let ended = match &self.socket {
            Socket::Tcp(stream) => stream.shutdown(std::net::Shutdown::Write),
            Socket::Unix(stream) => stream.shutdown(std::net::Shutdown::Write),
        };
        ended.expect("a connection that stands");
    }

    /// The next packet; `None` where the venue has closed the connection in order.
    ///
    /// # Panics
    /// When none comes, the connection breaks, or the bytes are no packet.
    pub fn hear(&mut self) -> Option<Heard> {
        loop {
            let found = soup::decode_server(&self.inbox).expect("packets");
            if let Some((packet, bytes)) = found {
                let heard = Heard::from(packet);
                self.inbox.drain(..bytes);
                return Some(heard);
            }
            if !self.read() {
                assert!(self.inbox.is_empty(), "it ends within a packet: {:?}", self.inbox);
                return None;
            }
        }
    }

    /// Whether somebody who logs in is answered.
    pub fn answers(&mut self, login: &Login) -> bool {
        self.bytes(&request(login, Resume::LIVE)) && self.try_hear().is_some()
    }

    /// The next packet; `None` also where the connection is broken.
    ///
    /// # Panics
    /// When nothing comes at all, or the bytes are no packet.
    pub fn try_hear(&mut self) -> Option<Heard> {
        loop {
            let found = soup::decode_server(&self.inbox).expect("packets");
            if let Some((packet, bytes)) = found {
                let heard = Heard::from(packet);
                self.inbox.drain(..bytes);
                return Some(heard);
            }
            let mut piece = [0; 4096];
            let read = self.socket.read_within(COMES_WITHIN, &mut piece).ok()?;
            let count = read.expect("it says something in time");
            if count == 0 {
                return None;
            }
            self.inbox.extend_from_slice(&piece[..count]);
        }
    }

    fn read(&mut self) -> bool {
        let mut piece = [0; 16 * 1024];
        let read = self.socket.read_within(COMES_WITHIN, &mut piece);
        let count = read.expect("a connection that stands").expect("it says something in time");
        self.inbox.extend_from_slice(&piece[..count]);
        if let Some(record) = self.record.as_mut().filter(|_| count > 0) {
            record.push(('I', piece[..count].to_vec()));
        }
        count > 0
    }

    /// The next numbered message.
    ///
    /// # Panics
    /// When the connection ends before one comes.
    pub fn message(&mut self) -> Vec<u8> {
        let mut words = String::new();
        loop {
            match self.hear() {
                Some(Heard::Message(payload)) => return payload,
                Some(Heard::Heartbeat) => {}
                Some(Heard::Debug(text)) => words = text,
                other => panic!("{other:?} is no message; {words}"),
            }
        }
    }

    /// So many numbered messages.
    ///
    /// # Panics
    /// As [`Self::message`].
    pub fn messages(&mut self, count: usize) -> Vec<Vec<u8>> {
        (0..count).map(|_| self.message()).collect()
    }

    /// Hears until a packet is as wanted; everything up to it.
    ///
    /// # Panics
    /// When the connection ends before.
    pub fn until(&mut self, is_wanted: impl Fn(&Heard) -> bool) -> Vec<Heard> {
        let mut all = Vec::new();
        loop {
            let heard = self.hear().unwrap_or_else(|| panic!("it ends after {all:?}"));
            let is_last = is_wanted(&heard);
            all.push(heard);
            if is_last {
                return all;
            }
        }
    }

    /// Everything to the end of the connection, but for heartbeats.
    ///
    /// # Panics
    /// As [`Self::hear`].
    pub fn to_end(&mut self) -> Vec<Heard> {
        let mut all = Vec::new();
        while let Some(heard) = self.hear() {
            all.push(heard);
        }
        all.retain(|heard| *heard != Heard::Heartbeat);
        all
    }

    /// Everything but heartbeats, however the connection ends: it may have ended within a packet.
    ///
    /// # Panics
    /// When nothing comes at all, or the bytes are no packet.
    pub fn rest(&mut self) -> Vec<Heard> {
        let mut all: Vec<Heard> = core::iter::from_fn(|| self.try_hear()).collect();
        all.retain(|heard| *heard != Heard::Heartbeat);
        all
    }

    /// The last words before the end of the connection.
    ///
    /// # Panics
    /// Where there are none.
    pub fn last_words(&mut self) -> String {
        match self.to_end().pop() {
            Some(Heard::Debug(text)) => text,
            other => panic!("{other:?} are no words"),
        }
    }
}

/// The bytes of a login request.
pub fn request(login: &Login, resume: Resume) -> Vec<u8> {
    let mut out = Vec::new();
    SoupSession::new(*login, resume, Patience::default()).connect(Timestamp(0), &mut out);
    out
}
