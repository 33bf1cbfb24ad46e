//! A connection made of memory: what came in waits to be read, what is written waits to be sent. So
//! the WebSocket library runs without a socket.

use std::io::{self, ErrorKind, Read, Write};

/// Both directions.
#[derive(Debug, Default)]
pub(super) struct Pipe {
    incoming: Vec<u8>,
    read: usize,
    outgoing: Vec<u8>,
}

impl Pipe {
    /// Something came in.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.read == self.incoming.len() {
            self.incoming.clear();
            self.read = 0;
        }
        self.incoming.extend_from_slice(bytes);
    }

    /// What is to be sent is moved to the end of `out`.
    pub(super) fn pull(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.outgoing);
    }
}

impl Read for Pipe {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let waiting = &self.incoming[self.read..];
        if waiting.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = waiting.len().min(into.len());
        into[..count].copy_from_slice(&waiting[..count]);
        self.read += count;
        Ok(count)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.outgoing.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Appends a text message as the venue sends it: one frame, not masked (RFC 6455, 5.2).
pub(super) fn text(out: &mut Vec<u8>, payload: &[u8]) {
    const FINAL_TEXT: u8 = 0x81;
    out.push(FINAL_TEXT);
    match payload.len() {
        length @ 0..=125 => out.push(length as u8),
        length @ 126..=0xFFFF => {
            out.push(126);
            out.extend([(length >> 8) as u8, length as u8]);
        }
        length => {
            out.push(127);
            out.extend((0..8).rev().map(|byte| (length as u64 >> (8 * byte)) as u8));
        }
    }
    out.extend_from_slice(payload);
}

/// How many bytes the first frame of what the venue sends has, or the answer to an upgrade; none
/// where not even that can be said yet.
pub fn first_bytes(sent: &[u8]) -> Option<usize> {
    const FINAL: u8 = 0x80;
    let (&first, &length) = (sent.first()?, sent.get(1)?);
    if first & FINAL == 0 {
        let end = sent.windows(4).position(|four| four == b"\r\n\r\n")?;
        return Some(end + 4);
    }
    let (head, payload) = match length {
        126 => (4, number(sent.get(2..4)?)),
        127 => (10, number(sent.get(2..10)?)),
        short => (2, usize::from(short)),
    };
    Some(head + payload)
}

/// The highest byte first.
fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |number, &byte| number << 8 | usize::from(byte))
}

#[cfg(test)]
mod tests {
    use tungstenite::protocol::Role;
    use tungstenite::{Message, WebSocket};

    use super::*;

    #[test]
    fn texts_of_every_length_are_read_as_they_were_written() {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 200_000] {
            let (payload, mut pipe, mut bytes) = ("x".repeat(length), Pipe::default(), Vec::new());
            text(&mut bytes, payload.as_bytes());
            assert_eq!(first_bytes(&bytes), Some(bytes.len()), "{length}");
            pipe.push(&bytes);
            let mut reader = WebSocket::from_raw_socket(pipe, Role::Client, None);
            assert_eq!(reader.read().unwrap(), Message::text(payload), "{length}");
        }
    }

    #[test]
    fn where_the_first_thing_sent_ends() {
        let rows: &[(&[u8], Option<usize>)] = &[
            (b"HTTP/1.1 101 Switching Protocols\r\n\r\n\x81\x01x", Some(36)),
            (b"HTTP/1.1 101 Switching", None),
            (b"\x81\x01x\x81", Some(3)),
            (b"\x88\x02\x03\xe8", Some(4)),
            (b"\x81\x7e\x01", None),
            (b"\x81", None),
            (b"", None),
        ];
        for (sent, bytes) in rows {
            assert_eq!(first_bytes(sent), *bytes, "{sent:?}");
        }
    }
}
