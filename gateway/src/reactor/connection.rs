//! One connection of the reactor: its socket, what came and is not understood, what is told and not
//! written. It never waits, and keeps whole messages whole also where it is cut off.

use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::path::Path;

use mio::net::{TcpStream, UnixStream};
use ringside_protocol::Timestamp;

use super::READ_BYTES;
use crate::identity::SourceId;
use crate::talk::{Farewell, Talk};

pub(super) enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// Does the same with either kind.
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
    /// What is told and not yet written, from `written` on; it begins where a message does.
    pub(super) out: Vec<u8>,
    written: usize,
    pub(super) can_read: bool,
    pub(super) can_write: bool,
    pub(super) is_listed: bool,
    pub(super) is_dirty: bool,
    /// The other side says nothing more.
    is_over: bool,
    /// Since when it ends: it does when everything told is written and the other side has gone too.
    ending: Option<Timestamp>,
    /// What it held is given back.
    pub(super) has_departed: bool,
}

impl Connection {
    /// Nothing was said yet.
    pub(super) fn new(socket: Socket, source: SourceId, talk: Box<dyn Talk>) -> Self {
        Self {
            socket,
            source,
            talk,
            inbox: Vec::new(),
            read_from: 0,
            out: Vec::new(),
            written: 0,
            can_read: true,
            can_write: true,
            is_listed: false,
            is_dirty: false,
            is_over: false,
            ending: None,
            has_departed: false,
        }
    }

    /// Since when it ends.
    pub(super) const fn ending(&self) -> Option<Timestamp> {
        self.ending
    }

    /// Bytes told and not taken.
    pub(super) fn untaken(&self) -> usize {
        self.out.len() - self.written
    }

    /// Whether it ends, everything told is written, and the other side says nothing more.
    pub(super) fn is_done(&self) -> bool {
        self.ending.is_some() && self.out.is_empty() && self.is_over
    }

    /// Reads what there is, up to a message and a piece.
    pub(super) fn fill(
        &mut self,
        scratch: &mut [u8],
        message_bytes_max: usize,
    ) -> Result<(), Farewell> {
        let enough = message_bytes_max + READ_BYTES;
        while self.can_read && self.inbox.len() - self.read_from < enough {
            let count = self.take(scratch)?;
            self.inbox.extend_from_slice(&scratch[..count]);
        }
        Ok(())
    }

    /// Reads and forgets: closed with something unread, a socket takes back what was written.
    pub(super) fn discard(&mut self, scratch: &mut [u8]) {
        if self.can_read {
            // Why it is over interests nobody any more.
            let _ = self.take(scratch);
        }
    }

    /// One read; what it finds of the other side's end is kept.
    fn take(&mut self, scratch: &mut [u8]) -> Result<usize, Farewell> {
        match each_socket!(&mut self.socket, it => it.read(scratch)) {
            Ok(0) => Err(self.over("the other side has closed the connection".into())),
            Ok(count) => Ok(count),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.can_read = false;
                Ok(0)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(0),
            Err(error) => Err(self.over(format!("the connection broke: {error}"))),
        }
    }

    fn over(&mut self, why: String) -> Farewell {
        (self.can_read, self.is_over) = (false, true);
        why.into()
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
            self.written = 0;
        } else if self.written > READ_BYTES {
            let begun = self.begun_at();
            self.out.drain(..begun);
            self.written -= begun;
        }
        true
    }

    /// Where the message begins that the next written byte is of.
    fn begun_at(&self) -> usize {
        let mut at = 0;
        loop {
            let bytes = self.talk.message_bytes(&self.out[at..]);
            if bytes == 0 || at + bytes > self.written {
                return at.min(self.written);
            }
            at += bytes;
        }
    }

    /// Ends it when what was told is written.
    pub(super) fn end(&mut self, why: &Farewell, now: Timestamp) {
        if self.ending.is_none() {
            self.talk.farewell(why, &mut self.out);
            self.ending = Some(now);
        }
    }

    /// Ends it without what was told, which is not taken anyway; but for the rest of a message that
    /// has begun, after which a good-bye can be read.
    pub(super) fn cut_off(&mut self, why: &Farewell, now: Timestamp) {
        let begun = self.begun_at();
        if begun == self.written {
            self.out.clear();
            self.written = 0;
        } else {
            let bytes = self.talk.message_bytes(&self.out[begun..]);
            self.out.truncate(begun + bytes);
        }
        self.end(why, now);
    }

    /// Tells the other side that nothing more comes.
    pub(super) fn hang_up(&self) {
        // Where it has gone already, it need not be told.
        let _ = each_socket!(&self.socket, it => it.shutdown(Shutdown::Write));
    }
}

/// Takes away a socket's file that nobody listens on any more.
pub(super) fn clear_way(path: &Path) -> io::Result<()> {
    if !path.exists() || std::os::unix::net::UnixStream::connect(path).is_ok() {
        return Ok(());
    }
    std::fs::remove_file(path)
}
