//! One WebSocket connection: the HTTP request that opens it, its frames, pings both ways, and by
//! its path what is spoken on it: the API of orders and accounts (`api`), or public streams
//! (`streams`).

mod api;
mod catching;
pub mod frames;
mod pipe;
pub(crate) mod shown;
mod streams;

use ringside_protocol::{AccountId, Event, EventHeader, Sequence, Timestamp};
use tungstenite::Message;
use tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tungstenite::http::StatusCode;

use self::api::Api;
use self::frames::{Frames, Next};
use self::streams::Streams;
use crate::house::Counts;
use crate::library::Answer;
use crate::limits::Limits;
use crate::market::Published;
use crate::talk::{Cause, Context, Farewell, Step, Talk};
use crate::throttle::Throttle;

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
    Open { frames: Frames, speech: Speech },
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
        let mut asked = None;
        #[expect(clippy::result_large_err, reason = "the library's own signature")]
        let callback = |request: &Request, response: Response| route(request, response, &mut asked);
        let message_bytes_max = self.limits.message_bytes_max;
        let (frames, taken) = match Frames::open(bytes, message_bytes_max, callback, context.out) {
            Ok(Some(opened)) => opened,
            Ok(None) => return Step::Wanting,
            Err(why) => return Step::Over(why),
        };
        let asked = asked.expect("Invariant: what is accepted was routed");
        match self.begin(asked, context) {
            Ok(speech) => self.stage = Stage::Open { frames, speech },
            Err(farewell) => return Step::Over(farewell),
        }
        Step::Taken(taken)
    }

    fn begin(&self, asked: Asked, context: &mut Context<'_>) -> Result<Speech, Farewell> {
        Ok(match asked {
            Asked::Api { bearer, shows_limits } => {
                Speech::Api(Box::new(Api::new(self.connected, bearer, shows_limits)))
            }
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
        let Stage::Open { frames, .. } = &mut self.stage else { return Ok(Step::Wanting) };
        match frames.next(bytes, context.out)? {
            Next::Message(message) => {
                self.heard = context.now;
                self.message(message, context)
            }
            Next::Fed(bytes) => Ok(Step::Taken(bytes)),
            Next::Wanting => Ok(Step::Wanting),
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
            Speech::Api(api) => api.text(&text, self.throttle.spent(), context)?,
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

/// What a path asks for.
enum Asked {
    Api { bearer: Option<String>, shows_limits: bool },
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
        "/ws-api/v3" => {
            let shows_limits = query.split('&').any(|pair| pair == "returnRateLimits=true");
            Some(Asked::Api { bearer: bearer(request), shows_limits })
        }
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
        let Stage::Open { frames, .. } = &mut self.stage else {
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
                frames.send(Message::Ping(Default::default()), context.out);
                (self.pinged, self.heard) = (Some(context.now), context.now);
            }
            Some(_) | None => {}
        }
        self.api().map_or(Ok(()), |api| api.tick(context))
    }

    fn message_bytes(&self, told: &[u8]) -> Option<usize> {
        frames::first_bytes(told)
    }

    fn farewell(&mut self, why: &Farewell, out: &mut Vec<u8>) {
        if let Stage::Open { frames, .. } = &mut self.stage {
            frames.close(why, out);
        }
    }

    fn gone(&mut self, context: &mut Context<'_>) {
        match self.speech() {
            Some(Speech::Api(api)) => api.gone(context),
            Some(Speech::Streams(streams)) => streams.gone(context),
            None => {}
        }
    }
}
