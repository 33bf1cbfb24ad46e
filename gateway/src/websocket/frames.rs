//! Frames of one WebSocket: the HTTP request that opens it, the messages that are made of what
//! comes in, the frames that are made of what is told. It has no socket and knows no dialect.

use tungstenite::error::CapacityError;
use tungstenite::handshake::server::Callback;
use tungstenite::http::StatusCode;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};

use super::pipe::Pipe;
use crate::talk::{Cause, Farewell};

pub use super::pipe::first_bytes;

/// Bytes of the HTTP request that opens a connection, at most.
pub const REQUEST_BYTES_MAX: usize = 8 * 1024;

/// Bytes that the library reads at once from what came in; every connection keeps so many.
const READ_BUFFER_BYTES: usize = 4 * 1024;

/// A close frame holds so many bytes of reason.
const REASON_BYTES_MAX: usize = 123;

/// A WebSocket that is open.
pub struct Frames {
    socket: Box<WebSocket<Pipe>>,
}

/// What comes next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// A message.
    Message(Message),
    /// So many bytes were taken in; there may be a message now.
    Fed(usize),
    /// There is no whole message yet.
    Wanting,
}

impl Frames {
    /// Answers the HTTP request that `bytes` begin with, when it is there, as `callback` decides;
    /// how long it was.
    ///
    /// # Errors
    /// It is none that opens a WebSocket here, and is answered so.
    pub fn open(
        bytes: &[u8],
        message_bytes_max: usize,
        callback: impl Callback,
        out: &mut Vec<u8>,
    ) -> Result<Option<(Self, usize)>, Farewell> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4);
        let Some(end) = end else {
            if bytes.len() <= REQUEST_BYTES_MAX {
                return Ok(None);
            }
            plain(out, 431, "the request's head is longer than is read");
            return Err(format!("no request within {REQUEST_BYTES_MAX} bytes").into());
        };
        let mut pipe = Pipe::default();
        pipe.push(&bytes[..end]);
        let config = config(message_bytes_max);
        match tungstenite::accept_hdr_with_config(pipe, callback, Some(config)) {
            Ok(mut socket) => {
                socket.get_mut().pull(out);
                Ok(Some((Self { socket: Box::new(socket) }, end)))
            }
            Err(error) => {
                let (status, why) = refusal(&error);
                plain(out, status, &why);
                Err(why.into())
            }
        }
    }

    /// The next message of what came in; where there is none, takes `bytes` in.
    ///
    /// # Errors
    /// What came is no message, or the other side has closed.
    pub fn next(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<Next, Farewell> {
        let read = self.socket.read();
        // Pongs and the answer to a close are written while reading; a closed one says no more.
        let _ = self.socket.flush();
        self.socket.get_mut().pull(out);
        match read {
            Ok(message) => Ok(Next::Message(message)),
            Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => {
                if bytes.is_empty() {
                    return Ok(Next::Wanting);
                }
                self.socket.get_mut().push(bytes);
                Ok(Next::Fed(bytes.len()))
            }
            Err(Error::ConnectionClosed | Error::AlreadyClosed) => {
                Err("the client has closed the connection".into())
            }
            Err(error) => Err(misread(&error)),
        }
    }

    /// Sends a message.
    pub fn send(&mut self, message: Message, out: &mut Vec<u8>) {
        // Into memory: it cannot fail while the connection is open.
        let _ = self.socket.send(message);
        self.socket.get_mut().pull(out);
    }

    /// Closes it, and says why.
    pub fn close(&mut self, why: &Farewell, out: &mut Vec<u8>) {
        let mut reason = why.why.clone();
        while reason.len() > REASON_BYTES_MAX {
            reason.pop();
        }
        let frame = CloseFrame { code: code(why.cause), reason: reason.into() };
        // A connection that is closed already says no more.
        let _ = self.socket.close(Some(frame)).and_then(|()| self.socket.flush());
        self.socket.get_mut().pull(out);
    }
}

/// The pipe is a buffer already: the library's own would be so much for every idle client.
fn config(message_bytes_max: usize) -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_message_size(Some(message_bytes_max))
        .max_frame_size(Some(message_bytes_max))
}

/// What is wrong with what came.
fn misread(error: &Error) -> Farewell {
    let cause = if matches!(error, Error::Utf8(_)) {
        Cause::NotText
    } else if matches!(error, Error::Capacity(CapacityError::MessageTooLong { .. })) {
        Cause::TooBig
    } else {
        Cause::Protocol
    };
    Farewell::new(cause, format!("not a message that is taken here: {error}"))
}

const fn code(cause: Cause) -> CloseCode {
    match cause {
        Cause::Policy => CloseCode::Policy,
        Cause::Leaving | Cause::Ended => CloseCode::Away,
        Cause::Protocol => CloseCode::Protocol,
        Cause::Unsupported => CloseCode::Unsupported,
        Cause::NotText => CloseCode::Invalid,
        Cause::TooBig => CloseCode::Size,
    }
}

fn refusal<R: tungstenite::handshake::HandshakeRole>(
    error: &tungstenite::HandshakeError<R>,
) -> (u16, String) {
    match error {
        tungstenite::HandshakeError::Failure(Error::Http(response)) => {
            let why = response.body().as_ref().map(|body| String::from_utf8_lossy(body).into());
            (response.status().as_u16(), why.unwrap_or_default())
        }
        tungstenite::HandshakeError::Failure(error) => {
            (400, format!("this is the WebSocket door, and no upgrade was asked for: {error}"))
        }
        tungstenite::HandshakeError::Interrupted(_) => (400, "the request is not complete".into()),
    }
}

/// An HTTP answer to who does not speak WebSocket.
fn plain(out: &mut Vec<u8>, status: u16, why: &str) {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let head = format!(
        "HTTP/1.1 {status} {}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        reason.unwrap_or("Bad Request"),
        why.len()
    );
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(why.as_bytes());
}
