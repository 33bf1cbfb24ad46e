//! One WebSocket connection: the HTTP request that opens it, its frames, pings both ways, and by
//! its path what is spoken on it: the API of orders and accounts ([`api`]), or public streams
//! ([`streams`]).

mod api;
mod catching;
mod pipe;
pub(crate) mod shown;
mod streams;

use ringside_protocol::{AccountId, Event, EventHeader, Sequence, Timestamp};
use tungstenite::error::CapacityError;
use tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tungstenite::http::StatusCode;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};

use self::api::Api;
use self::pipe::Pipe;
use self::streams::Streams;
use crate::house::Counts;
use crate::library::Answer;
use crate::limits::Limits;
use crate::market::Published;
use crate::talk::{Cause, Context, Farewell, Step, Talk};
use crate::throttle::Throttle;

/// Bytes of the HTTP request that opens a connection, at most.
pub const REQUEST_BYTES_MAX: usize = 8 * 1024;

/// Bytes that the library reads at once from what came in; every connection keeps so many.
const READ_BUFFER_BYTES: usize = 4 * 1024;

/// A WebSocket connection.
pub struct Web {
    limits: Limits,
    connected: Timestamp,
    throttle: Throttle,
    stage: Stage,
    /// A message that cannot be taken now.
    held: Option<String>,
    /// When something was heard last, and a ping that is not answered yet.
    heard: Timestamp,
    pinged: Option<Timestamp>,
}

enum Stage {
    /// The HTTP request is not complete.
    Opening,
    /// Messages go both ways.
    Open { socket: Box<WebSocket<Pipe>>, speech: Speech },
}

/// What is spoken.
enum Speech {
    Api(Box<Api>),
    Streams(Streams),
}

/// What a speech made of a message.
enum Taken {
    Done,
    /// The venue is busy with what came before: the message waits.
    Held,
}

impl Web {
    /// A connection that was just made.
    pub fn new(limits: &Limits, now: Timestamp) -> Self {
        Self {
            limits: *limits,
            connected: now,
            throttle: Throttle::new(limits.messages_per_second, now),
            stage: Stage::Opening,
            held: None,
            heard: now,
            pinged: None,
        }
    }

    /// Answers the HTTP request, when it is there.
    fn open(&mut self, bytes: &[u8], context: &mut Context<'_>) -> Step {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4);
        let Some(end) = end else {
            return if bytes.len() > REQUEST_BYTES_MAX {
                plain(context.out, 431, "the request's head is longer than is read");
                Step::Over(format!("no request within {REQUEST_BYTES_MAX} bytes").into())
            } else {
                Step::Wanting
            };
        };
        let mut pipe = Pipe::default();
        pipe.push(&bytes[..end]);
        let mut asked = None;
        #[expect(clippy::result_large_err, reason = "the library's own signature")]
        let callback = |request: &Request, response: Response| route(request, response, &mut asked);
        // The pipe is a buffer already: the library's own would be so much for every idle client.
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .write_buffer_size(0)
            .max_message_size(Some(self.limits.message_bytes_max))
            .max_frame_size(Some(self.limits.message_bytes_max));
        match tungstenite::accept_hdr_with_config(pipe, callback, Some(config)) {
            Ok(mut socket) => {
                socket.get_mut().pull(context.out);
                let asked = asked.expect("Invariant: what is accepted was routed");
                match self.begin(asked, context) {
                    Ok(speech) => self.stage = Stage::Open { socket: Box::new(socket), speech },
                    Err(farewell) => return Step::Over(farewell),
                }
                Step::Taken(end)
            }
            Err(error) => {
                let (status, why) = refusal(&error);
                plain(context.out, status, &why);
                Step::Over(why.into())
            }
        }
    }

    fn begin(&self, asked: Asked, context: &mut Context<'_>) -> Result<Speech, Farewell> {
        Ok(match asked {
            Asked::Api { bearer } => Speech::Api(Box::new(Api::new(self.connected, bearer))),
            Asked::Streams { path, combined } => {
                let mut streams = Streams::new(combined);
                streams.subscribe_path(&path, context);
                Speech::Streams(streams)
            }
        })
    }

    /// Takes a message that lies in the library, or gives it what came in.
    fn next(&mut self, bytes: &[u8], context: &mut Context<'_>) -> Result<Step, Farewell> {
        if let Some(text) = self.held.take() {
            return self.text(text, context);
        }
        let Stage::Open { socket, .. } = &mut self.stage else { return Ok(Step::Wanting) };
        let read = socket.read();
        // Pongs and the answer to a close are written while reading.
        let flushed = socket.flush();
        socket.get_mut().pull(context.out);
        match read {
            Ok(message) => {
                self.heard = context.now;
                self.message(message, context)
            }
            Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => {
                if bytes.is_empty() {
                    return Ok(Step::Wanting);
                }
                socket.get_mut().push(bytes);
                Ok(Step::Taken(bytes.len()))
            }
            Err(Error::ConnectionClosed | Error::AlreadyClosed) => {
                Err("the client has closed the connection".into())
            }
            Err(error) => {
                let _ = flushed;
                Err(misread(&error))
            }
        }
    }

    fn message(&mut self, message: Message, context: &mut Context<'_>) -> Result<Step, Farewell> {
        match message {
            Message::Text(text) => self.text(text.to_string(), context),
            Message::Binary(_) => {
                let why = "messages are JSON text, not binary";
                Err(Farewell::new(Cause::Unsupported, why))
            }
            Message::Pong(_) => {
                self.pinged = None;
                Ok(Step::Taken(0))
            }
            Message::Ping(_) | Message::Close(_) | Message::Frame(_) => Ok(Step::Taken(0)),
        }
    }

    fn text(&mut self, text: String, context: &mut Context<'_>) -> Result<Step, Farewell> {
        if !self.throttle.take(context.now) {
            self.held = Some(text);
            return Ok(Step::Held);
        }
        let Stage::Open { speech, .. } = &mut self.stage else { return Ok(Step::Wanting) };
        let taken = match speech {
            Speech::Api(api) => api.text(&text, context)?,
            Speech::Streams(streams) => streams.text(&text, context),
        };
        Ok(match taken {
            Taken::Done => Step::Taken(0),
            Taken::Held => {
                Counts::add(&context.house.counts.busy);
                self.held = Some(text);
                Step::Held
            }
        })
    }

    fn speech(&mut self) -> Option<&mut Speech> {
        match &mut self.stage {
            Stage::Opening => None,
            Stage::Open { speech, .. } => Some(speech),
        }
    }

    fn api(&mut self) -> Option<&mut Api> {
        match self.speech() {
            Some(Speech::Api(api)) => Some(api),
            Some(Speech::Streams(_)) | None => None,
        }
    }
}

/// What is wrong with what came.
fn misread(error: &Error) -> Farewell {
    let cause = match error {
        Error::Utf8(_) => Cause::NotText,
        Error::Capacity(CapacityError::MessageTooLong { .. }) => Cause::TooBig,
        _ => Cause::Protocol,
    };
    Farewell::new(cause, format!("not a message that is taken here: {error}"))
}

const fn code(cause: Cause) -> CloseCode {
    match cause {
        Cause::Policy => CloseCode::Policy,
        Cause::Leaving => CloseCode::Away,
        Cause::Protocol => CloseCode::Protocol,
        Cause::Unsupported => CloseCode::Unsupported,
        Cause::NotText => CloseCode::Invalid,
        Cause::TooBig => CloseCode::Size,
    }
}

/// What a path asks for.
enum Asked {
    Api { bearer: Option<String> },
    Streams { path: String, combined: bool },
}

/// Looks at the path; what is on no path is answered by its own status.
#[expect(clippy::result_large_err, reason = "the library's own signature")]
fn route(
    request: &Request,
    response: Response,
    asked: &mut Option<Asked>,
) -> Result<Response, ErrorResponse> {
    let path = request.uri().path();
    let query = request.uri().query().unwrap_or_default();
    let streams = query.split('&').find_map(|pair| pair.strip_prefix("streams="));
    *asked = match path.trim_end_matches('/') {
        "/ws-api/v3" => Some(Asked::Api { bearer: bearer(request) }),
        "/ws" => Some(Asked::Streams { path: String::new(), combined: false }),
        "/stream" => {
            Some(Asked::Streams { path: streams.unwrap_or_default().to_owned(), combined: true })
        }
        other => other
            .strip_prefix("/ws/")
            .map(|names| Asked::Streams { path: names.to_owned(), combined: false }),
    };
    if asked.is_some() {
        return Ok(response);
    }
    let mut refused = ErrorResponse::new(Some(
        "no such path; there are /ws-api/v3, /ws, /ws/STREAM and /stream?streams=STREAM/STREAM"
            .to_owned(),
    ));
    *refused.status_mut() = StatusCode::NOT_FOUND;
    Err(refused)
}

fn bearer(request: &Request) -> Option<String> {
    let header = request.headers().get("authorization")?.to_str().ok()?;
    header.strip_prefix("Bearer ").map(str::to_owned)
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

impl Talk for Web {
    fn read(&mut self, bytes: &[u8], context: &mut Context<'_>) -> Step {
        match &self.stage {
            Stage::Opening => self.open(bytes, context),
            Stage::Open { .. } => self.next(bytes, context).unwrap_or_else(Step::Over),
        }
    }

    fn hear(
        &mut self,
        header: &EventHeader,
        event: &Event,
        context: &mut Context<'_>,
    ) -> Result<(), Farewell> {
        if let Some(api) = self.api() {
            api.hear(header, event, context);
        }
        Ok(())
    }

    fn settled(
        &mut self,
        token: u64,
        sequence: Sequence,
        context: &mut Context<'_>,
    ) -> Result<(), Farewell> {
        if let Some(api) = self.api() {
            api.settled(token, sequence, context);
        }
        Ok(())
    }

    fn touched(
        &mut self,
        header: &EventHeader,
        account: AccountId,
        context: &mut Context<'_>,
    ) -> Result<(), Farewell> {
        if let Some(api) = self.api() {
            api.touched(header, account, context);
        }
        Ok(())
    }

    fn published(&mut self, published: &Published, out: &mut Vec<u8>) {
        if let Some(Speech::Streams(streams)) = self.speech() {
            streams.published(published, out);
        }
    }

    fn fetched(&mut self, answer: Answer, context: &mut Context<'_>) -> Result<(), Farewell> {
        self.api().map_or(Ok(()), |api| api.fetched(answer, context))
    }

    fn tick(&mut self, context: &mut Context<'_>) -> Result<(), Farewell> {
        let since = |then: Timestamp| u128::from(context.now.0.saturating_sub(then.0));
        let Stage::Open { socket, .. } = &mut self.stage else {
            return match since(self.connected) > self.limits.login_within.as_nanos() {
                true => Err("no request came".into()),
                false => Ok(()),
            };
        };
        match self.pinged {
            Some(at) if since(at) > self.limits.pong_within.as_nanos() => {
                return Err("a ping was not answered in time".into());
            }
            None if since(self.heard) > self.limits.ping_every.as_nanos() => {
                // Into memory: it cannot fail while the connection is open.
                let _ = socket.send(Message::Ping(Default::default()));
                socket.get_mut().pull(context.out);
                (self.pinged, self.heard) = (Some(context.now), context.now);
            }
            Some(_) | None => {}
        }
        self.api().map_or(Ok(()), |api| api.tick(context))
    }

    fn message_bytes(&self, told: &[u8]) -> Option<usize> {
        pipe::first_bytes(told)
    }

    fn farewell(&mut self, why: &Farewell, out: &mut Vec<u8>) {
        let Stage::Open { socket, .. } = &mut self.stage else { return };
        // A close frame holds 123 bytes of reason.
        let mut reason = why.why.clone();
        while reason.len() > 123 {
            reason.pop();
        }
        let frame = CloseFrame { code: code(why.cause), reason: reason.into() };
        // A connection that is closed already says no more.
        let _ = socket.close(Some(frame)).and_then(|()| socket.flush());
        socket.get_mut().pull(out);
    }

    fn gone(&mut self, context: &mut Context<'_>) {
        match self.speech() {
            Some(Speech::Api(api)) => api.gone(context),
            Some(Speech::Streams(streams)) => streams.gone(context),
            None => {}
        }
    }
}
