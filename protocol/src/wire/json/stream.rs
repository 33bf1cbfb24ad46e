//! The stream door (`/ws` and `/stream`): names of public streams, requests to hear them, and the
//! answers. One bad name in a request spoils nothing but itself (GWY-020).

use std::borrow::Cow;
use std::fmt;

use super::error::{Code, RequestError};
use super::params::Text;
use super::request::{Envelope, RequestId};
use super::writer::Writer;
use crate::Name;

/// Streams that one connection may hear, and one request may name.
pub const STREAMS_ASKED_MAX: usize = 1_024;

/// How often a stream of depth speaks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Speed {
    /// Every 1000 ms.
    Second,
    /// Every 100 ms.
    Tenth,
}

/// What is heard of an instrument.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Channel {
    /// `@trade`.
    Trade,
    /// `@depth`, `@depth@100ms`.
    Depth(Speed),
    /// `@depth5`, `@depth10`, `@depth20`, each with `@100ms` or without.
    Partial(u8, Speed),
    /// `@bookTicker`.
    BookTicker,
}

/// Channels by name.
const CHANNELS: &[(&str, Channel)] = &[
    ("trade", Channel::Trade),
    ("bookTicker", Channel::BookTicker),
    ("depth", Channel::Depth(Speed::Second)),
    ("depth@100ms", Channel::Depth(Speed::Tenth)),
    ("depth5", Channel::Partial(5, Speed::Second)),
    ("depth5@100ms", Channel::Partial(5, Speed::Tenth)),
    ("depth10", Channel::Partial(10, Speed::Second)),
    ("depth10@100ms", Channel::Partial(10, Speed::Tenth)),
    ("depth20", Channel::Partial(20, Speed::Second)),
    ("depth20@100ms", Channel::Partial(20, Speed::Tenth)),
];

/// A public stream: `solusdc@depth@100ms`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct StreamName {
    /// The instrument's REST symbol, in upper case.
    pub symbol: Name,
    /// What is heard of it.
    pub channel: Channel,
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = CHANNELS.iter().find(|(_, channel)| *channel == self.channel);
        let channel = named.map_or("", |(name, _)| name);
        write!(f, "{}@{channel}", self.symbol.as_str().to_ascii_lowercase())
    }
}

impl StreamName {
    /// Reads a name. `@1000ms` may be said of what speaks so often anyway.
    ///
    /// # Errors
    /// What of it is unknown, with what there is.
    pub fn parse(text: &str) -> Result<Self, StreamError> {
        let (symbol, channel) = text.split_once('@').ok_or(StreamError::Form)?;
        let symbol = Name::parse(&symbol.to_ascii_uppercase()).map_err(|_| StreamError::Symbol)?;
        let plain = channel.strip_suffix("@1000ms").filter(|plain| plain.starts_with("depth"));
        let channel = plain.unwrap_or(channel);
        let known = CHANNELS.iter().find(|(name, _)| *name == channel);
        let channel = known.ok_or(StreamError::Channel)?.1;
        Ok(Self { symbol, channel })
    }
}

/// Why a stream is not heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StreamError {
    /// Not `symbol@channel`.
    Form,
    /// No such instrument.
    Symbol,
    /// No such channel.
    Channel,
    /// More than [`STREAMS_ASKED_MAX`] on the connection.
    TooMany,
}

impl StreamError {
    /// What it says.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Form => "a stream is named symbol@channel, such as solusdc@trade",
            Self::Symbol => "no such symbol; ask exchangeInfo for them",
            Self::Channel => {
                "no such channel; there are trade, bookTicker, depth, depth5, depth10, depth20, \
                 those of depth also with @100ms"
            }
            Self::TooMany => "a connection hears at most 1024 streams; open another",
        }
    }
}

/// One stream of a request: its name as it was sent, and which it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StreamItem<'a> {
    /// As it was sent.
    pub name: Cow<'a, str>,
    /// Which it is, or why it is none.
    pub stream: Result<StreamName, StreamError>,
}

impl<'a> StreamItem<'a> {
    fn of(name: Cow<'a, str>) -> Self {
        Self { stream: StreamName::parse(&name), name }
    }
}

/// A request on the stream door.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StreamRequest<'a> {
    /// Echoed in the answer.
    pub id: RequestId,
    /// What is asked.
    pub ask: StreamAsk<'a>,
}

/// What is asked on the stream door.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StreamAsk<'a> {
    /// `SUBSCRIBE`.
    Subscribe(Vec<StreamItem<'a>>),
    /// `UNSUBSCRIBE`.
    Unsubscribe(Vec<StreamItem<'a>>),
    /// `LIST_SUBSCRIPTIONS`.
    List,
    /// `SET_PROPERTY combined`: whether events come in the wrapper.
    SetCombined(bool),
    /// `GET_PROPERTY combined`.
    GetCombined,
}

/// The streams in a path: those behind `/ws/`, or the value of `streams=` behind `/stream`, parted
/// by `/`.
pub fn parse_stream_path(text: &str) -> Vec<StreamItem<'_>> {
    let names = text.split('/').filter(|name| !name.is_empty());
    names.take(STREAMS_ASKED_MAX).map(|name| StreamItem::of(name.into())).collect()
}

/// Reads a request of the stream door. `limit` is the longest message in bytes.
///
/// # Errors
/// [`RequestError`]; [`RequestError::write_stream`] writes the answer.
pub fn parse_stream_request(text: &str, limit: usize) -> Result<StreamRequest<'_>, RequestError> {
    let envelope = Envelope::of(text, limit)?;
    match ask(&envelope) {
        Ok(ask) => Ok(StreamRequest { id: envelope.id, ask }),
        Err(error) => Err(error.to(envelope.id)),
    }
}

fn ask<'a>(envelope: &Envelope<'a>) -> Result<StreamAsk<'a>, RequestError> {
    envelope.check_members()?;
    let method = envelope.method()?;
    Ok(match method.as_ref() {
        "SUBSCRIBE" => StreamAsk::Subscribe(items(envelope.params)?),
        "UNSUBSCRIBE" => StreamAsk::Unsubscribe(items(envelope.params)?),
        "LIST_SUBSCRIPTIONS" => StreamAsk::List,
        "SET_PROPERTY" => StreamAsk::SetCombined(set_combined(envelope.params)?),
        "GET_PROPERTY" => get_combined(envelope.params)?,
        _ => {
            let fix = "use SUBSCRIBE, UNSUBSCRIBE, LIST_SUBSCRIPTIONS, SET_PROPERTY, GET_PROPERTY";
            return Err(RequestError::about(Code::Unsupported, "method", fix));
        }
    })
}

fn items(params: Option<&str>) -> Result<Vec<StreamItem<'_>>, RequestError> {
    let wrong = |fix: String| RequestError::about(Code::BadValue, "params", fix);
    let params = super::params::required(params, "params")?;
    let names: Vec<Text<'_>> = serde_json::from_str(params)
        .map_err(|error| wrong(format!("write a list of stream names; {error}")))?;
    if names.is_empty() || names.len() > STREAMS_ASKED_MAX {
        return Err(wrong(format!("name 1 to {STREAMS_ASKED_MAX} streams")));
    }
    Ok(names.into_iter().map(|Text(name)| StreamItem::of(name)).collect())
}

const COMBINED: &str = "the only property is \"combined\", true or false";

fn set_combined(params: Option<&str>) -> Result<bool, RequestError> {
    match params.map(serde_json::from_str::<(Text<'_>, bool)>) {
        Some(Ok((Text(name), combined))) if name == "combined" => Ok(combined),
        Some(_) | None => Err(RequestError::about(Code::BadValue, "params", COMBINED)),
    }
}

fn get_combined<'a>(params: Option<&str>) -> Result<StreamAsk<'a>, RequestError> {
    match params.map(serde_json::from_str::<(Text<'_>,)>) {
        Some(Ok((Text(name),))) if name == "combined" => Ok(StreamAsk::GetCombined),
        Some(_) | None => Err(RequestError::about(Code::BadValue, "params", COMBINED)),
    }
}

/// A stream that was asked for and is not heard.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StreamFailure<'a> {
    /// As it was asked for.
    pub name: &'a str,
    /// Why.
    pub error: StreamError,
}

/// The answer to `SUBSCRIBE`, `UNSUBSCRIBE` and `SET_PROPERTY`: `{"result":null,"id":…}`.
///
/// Streams that failed are listed in `errors`, each with its name; where all that were asked for
/// failed (`done` is 0), there is an `error` instead of the result.
pub fn streams_changed(
    out: &mut Vec<u8>,
    id: &RequestId,
    done: usize,
    failures: &[StreamFailure<'_>],
) {
    let mut answer = Writer::object(out);
    match failures.first() {
        Some(first) if done == 0 => write_failure(answer.open("error"), first),
        Some(_) | None => answer.null("result"),
    }
    if !failures.is_empty() {
        let mut list = answer.list("errors");
        for failure in failures {
            write_failure(list.item(), failure);
        }
        list.end();
    }
    answer.raw("id", id.as_json());
    answer.end();
}

fn write_failure(mut error: Writer<'_>, failure: &StreamFailure<'_>) {
    error.number("code", STREAM_CODE_REQUEST);
    error.escaped("msg", &format!("Invalid request: {}", failure.error.message()));
    error.escaped("stream", failure.name);
    error.end();
}

/// The answer to `LIST_SUBSCRIPTIONS`.
pub fn streams_listed<'a>(
    out: &mut Vec<u8>,
    id: &RequestId,
    streams: impl IntoIterator<Item = &'a StreamName>,
) {
    let mut answer = Writer::object(out);
    let mut list = answer.list("result");
    for stream in streams {
        list.item_text(stream);
    }
    list.end();
    answer.raw("id", id.as_json());
    answer.end();
}

/// The answer to `GET_PROPERTY combined`.
pub fn stream_property(out: &mut Vec<u8>, id: &RequestId, combined: bool) {
    let mut answer = Writer::object(out);
    answer.number("result", combined);
    answer.raw("id", id.as_json());
    answer.end();
}

/// The stream door's own codes: a request it cannot make sense of, and text that is no JSON.
const STREAM_CODE_REQUEST: u8 = 2;
const STREAM_CODE_JSON: u8 = 3;

impl RequestError {
    /// Writes the answer of the stream door: `{"error":{"code":2,"msg":…},"id":…}`.
    pub fn write_stream(&self, out: &mut Vec<u8>) {
        let (code, prefix) = match self.code == Code::Json {
            true => (STREAM_CODE_JSON, "Invalid JSON: "),
            false => (STREAM_CODE_REQUEST, "Invalid request: "),
        };
        let mut answer = Writer::object(out);
        let mut error = answer.open("error");
        error.number("code", code);
        error.escaped("msg", &format!("{prefix}{}", self.fix));
        if !self.field.is_empty() {
            error.escaped("field", &self.field);
        }
        error.end();
        answer.raw("id", self.id.as_json());
        answer.end();
    }
}
