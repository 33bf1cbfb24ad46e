//! One connection of the reactor: its socket, what it said and was told, and how it ends. Nobody
//! who is told good-bye loses it because he was still talking, and nobody keeps a connection by not
//! listening to it.

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;

use mio::net::{TcpStream, UnixStream};
use ringside_protocol::Timestamp;

use super::READ_BYTES;
use crate::identity::SourceId;
use crate::limits::FAREWELL_NS_MAX;
use crate::talk::{Farewell, Talk};

/// Pieces of a connection that ends which are read and forgotten in a turn.
const DISCARDS_A_TURN: usize = 4;

pub(super) enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

macro_rules! each_socket {
    ($socket:expr, $it:ident => $does:expr) => {
        match $socket {
            Socket::Tcp($it) => $does,
            Socket::Unix($it) => $does,
        }
    };
}
pub(super) use each_socket;

pub(super) struct Connection {
    pub(super) socket: Socket,
    pub(super) source: SourceId,
    pub(super) talk: Box<dyn Talk>,
    /// What was read and not yet understood, from `read_from` on.
    pub(super) inbox: Vec<u8>,
    pub(super) read_from: usize,
    /// What is told and not yet written, from `written` on.
    pub(super) out: Vec<u8>,
    pub(super) written: usize,
    /// `out` begins with a whole message.
    is_whole: bool,
    pub(super) can_read: bool,
    pub(super) can_write: bool,
    pub(super) is_listed: bool,
    pub(super) is_dirty: bool,
    /// The other side has said its last.
    pub(super) closed: Option<Farewell>,
    /// The venue ended it, and not the other side; until that is counted.
    pub(super) was_cut_off: bool,
    /// It ends when everything told is written and the other side has seen it; at this time anyway.
    ends_by: Option<Timestamp>,
    /// Nothing more is written.
    is_shut: bool,
}

impl Connection {
    pub(super) const fn new(socket: Socket, source: SourceId, talk: Box<dyn Talk>) -> Self {
        Self {
            socket,
            source,
            talk,
            inbox: Vec::new(),
            read_from: 0,
            out: Vec::new(),
            written: 0,
            is_whole: true,
            can_read: true,
            can_write: true,
            is_listed: false,
            is_dirty: false,
            closed: None,
            was_cut_off: false,
            ends_by: None,
            is_shut: false,
        }
    }

    /// Reads what there is, up to a message and a piece.
    pub(super) fn fill(&mut self, scratch: &mut [u8], message_bytes_max: usize) {
        let enough = message_bytes_max + READ_BYTES;
        while self.can_read && self.inbox.len() - self.read_from < enough {
            let count = self.read(scratch);
            self.inbox.extend_from_slice(&scratch[..count]);
        }
    }

    /// Reads what there is and forgets it: a socket that is closed with something unread takes back
    /// what was written last.
    pub(super) fn discard(&mut self, scratch: &mut [u8]) {
        self.inbox = Vec::new();
        self.read_from = 0;
        for _ in 0..DISCARDS_A_TURN {
            if self.can_read {
                self.read(scratch);
            }
        }
    }

    /// Reads once.
    fn read(&mut self, scratch: &mut [u8]) -> usize {
        let why = match each_socket!(&mut self.socket, it => it.read(scratch)) {
            Ok(0) => "the other side has closed the connection".to_owned(),
            Ok(count) => return count,
            Err(error) if error.kind() == ErrorKind::Interrupted => return 0,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.can_read = false;
                return 0;
            }
            Err(error) => format!("the connection broke: {error}"),
        };
        self.can_read = false;
        self.closed = Some(Farewell::from(why));
        0
    }

    /// Forgets what was understood.
    pub(super) fn tidy(&mut self) {
        if self.read_from == self.inbox.len() {
            self.inbox.clear();
            self.read_from = 0;
        } else if self.read_from > READ_BYTES {
            self.inbox.drain(..self.read_from);
            self.read_from = 0;
        }
    }

    /// Writes what the socket takes; false where there is nobody to take it.
    pub(super) fn drain(&mut self) -> bool {
        while self.can_write && self.written < self.out.len() {
            let rest = &self.out[self.written..];
            match each_socket!(&mut self.socket, it => it.write(rest)) {
                Ok(0) => return false,
                Ok(count) => self.written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.can_write = false,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
        if self.written == self.out.len() {
            self.out.clear();
            (self.written, self.is_whole) = (0, true);
        } else if self.written > READ_BYTES {
            self.forget_written();
        }
        true
    }

    /// Whether no more than so many bytes wait, once the socket has taken what it takes.
    pub(super) fn is_drained_to(&mut self, bytes: usize) -> bool {
        // Where nobody is there to take it, the next write says so.
        !self.drain() || self.out.len() - self.written <= bytes
    }

    /// Forgets what is written, but for the message that is half written.
    fn forget_written(&mut self) {
        let whole = self.messages_written().map_or(self.written, |(start, _)| start);
        self.is_whole &= self.messages_written().is_some();
        self.out.drain(..whole);
        self.written -= whole;
    }

    /// Where the message begins that is half written, and where it ends; none where that cannot be
    /// said.
    fn messages_written(&self) -> Option<(usize, usize)> {
        let (mut start, mut end) = (0, 0);
        while end < self.written {
            let bytes = self.talk.message_bytes(&self.out[end..]).filter(|_| self.is_whole)?;
            (start, end) = (end, end + bytes);
        }
        Some(if end == self.written { (end, end) } else { (start, end) })
    }

    /// Ends it when what was told is written.
    pub(super) fn end(&mut self, why: &Farewell, now: Timestamp) {
        if !self.is_ending() {
            self.talk.farewell(why, &mut self.out);
            self.ends(now);
        }
    }

    /// Ends it at once: what was told is not taken anyway. Of a message that is half written, the
    /// rest is; where none can be told from the next, there is no good-bye.
    pub(super) fn cut_off(&mut self, why: &Farewell, now: Timestamp) {
        if let Some((_, end)) = self.messages_written() {
            self.out.truncate(end);
            return self.end(why, now);
        }
        self.out.clear();
        self.written = 0;
        self.ends(now);
    }

    fn ends(&mut self, now: Timestamp) {
        self.was_cut_off = self.closed.is_none();
        self.ends_by = Some(Timestamp(now.0.saturating_add(FAREWELL_NS_MAX)));
    }

    /// Writes nothing more, and says so to the other side; false where that was said before.
    pub(super) fn shut(&mut self) -> bool {
        let was_shut = core::mem::replace(&mut self.is_shut, true);
        if !was_shut {
            // Where it is gone already, the next read says so.
            let _ = each_socket!(&mut self.socket, it => it.shutdown(Shutdown::Write));
        }
        !was_shut
    }

    /// Whether it ends, now or soon.
    pub(super) const fn is_ending(&self) -> bool {
        self.ends_by.is_some()
    }

    /// Whether nobody has anything more to say.
    pub(super) const fn is_finished(&self) -> bool {
        self.out.is_empty() && self.closed.is_some()
    }

    /// Whether it had to be gone by now.
    pub(super) fn is_overdue(&self, now: Timestamp) -> bool {
        self.ends_by.is_some_and(|by| now >= by)
    }
}
