//! A request of the WebSocket API: its id, what is asked, and by whom it is signed. Text in, typed
//! request or precise error out; nothing is looked up and no signature is checked here.

use super::error::{Code, RequestError};
use super::method::{self, Method};
use super::params::{Members, Params, not_an_object, required, text};
use crate::Timestamp;

/// The longest id of a request, in bytes of JSON.
pub const ID_BYTES_MAX: usize = 128;
/// The largest `recvWindow`, in milliseconds.
pub const WINDOW_MS_MAX: u64 = 60_000;
/// The `recvWindow` of a request that gives none, in nanoseconds.
pub const WINDOW_NS_DEFAULT: u64 = 5_000_000_000;
/// The longest API key and signature, in characters.
pub const CREDENTIAL_CHARACTERS_MAX: usize = 512;

/// What a client asks.
#[derive(Clone, PartialEq, Debug)]
pub struct Request<'a> {
    /// Echoed in the answer.
    pub id: RequestId,
    /// What is asked.
    pub method: Method<'a>,
    /// By whom.
    pub security: Security,
    /// Whether rate limits are asked for; none: as the session has it.
    pub return_rate_limits: Option<bool>,
}

/// The id of a request, kept as the JSON it was written in and never interpreted.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RequestId(Option<Box<str>>);

impl RequestId {
    /// No id.
    pub const NULL: Self = Self(None);

    /// As it is echoed.
    pub fn as_json(&self) -> &str {
        self.0.as_deref().unwrap_or("null")
    }

    /// A number, a string or `null`, of at most [`ID_BYTES_MAX`] bytes.
    pub(super) fn of_json(json: &str) -> Result<Self, RequestError> {
        let kind = json.as_bytes().first();
        let fits = json.len() <= ID_BYTES_MAX && !matches!(kind, Some(b'[' | b'{' | b't' | b'f'));
        if !fits || json.contains(['.', 'e', 'E']) && kind != Some(&b'"') {
            let fix = format!("use a string, a whole number or null of {ID_BYTES_MAX} bytes");
            return Err(RequestError::about(Code::BadValue, "id", fix));
        }
        if kind == Some(&b'"') {
            text("id", json)?;
        }
        Ok(Self(Some(json.into()).filter(|_| kind != Some(&b'n'))))
    }
}

impl Default for RequestId {
    fn default() -> Self {
        Self::NULL
    }
}

/// By whom a request is made, and how that is to be proved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Security {
    /// By whoever the session logged on as; nobody, if nobody did.
    Session {
        /// When it was sent, if it says so.
        sent: Option<SentAt>,
    },
    /// By the owner of a key that is only named.
    Named {
        /// The key.
        api_key: String,
        /// When it was sent, if it says so.
        sent: Option<SentAt>,
    },
    /// By the owner of a key who signed it.
    Signed(Signed),
}

/// When a request was sent, and how long it is meant to be good for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SentAt {
    /// The client's clock.
    pub timestamp: Timestamp,
    /// Good for so long after it, in nanoseconds; the venue may have a shorter limit.
    pub window_ns: u64,
}

/// A signed request: whose key, the signature, and the text it must be the signature of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signed {
    /// Whose.
    pub api_key: String,
    /// Hexadecimal (HMAC-SHA256) or base64 (Ed25519), as it was sent.
    pub signature: String,
    /// When it was sent.
    pub sent: SentAt,
    /// What is signed for.
    pub payload: String,
}

impl Signed {
    /// The payload as libraries that percent-encode values sign it; none where that is the same.
    /// A signature of either is good.
    pub fn encoded_payload(&self) -> Option<String> {
        let encoded = super::rest::encode_pairs(&self.payload);
        Some(encoded).filter(|encoded| *encoded != self.payload)
    }
}

/// Reads a request of the WebSocket API (`/ws-api/v3`). `limit` is the longest message in bytes.
///
/// # Errors
/// [`RequestError`] with the request's id where that could be read; the connection stays up.
///
/// ```
/// use ringside_protocol::wire::json::{Method, parse_ws_api};
///
/// let request = parse_ws_api(r#"{"id":1,"method":"time"}"#, 65_536).unwrap();
/// assert_eq!((request.id.as_json(), request.method), ("1", Method::Time));
/// let error = parse_ws_api(r#"{"id":2,"method":"tme"}"#, 65_536).unwrap_err();
/// assert_eq!((error.id.as_json(), error.field.as_ref()), ("2", "method"));
/// ```
pub fn parse_ws_api(text: &str, limit: usize) -> Result<Request<'_>, RequestError> {
    let envelope = Envelope::of(text, limit)?;
    envelope.request().map_err(|error| error.to(envelope.id.clone()))
}

/// The members of a request, not looked into.
pub(super) struct Envelope<'a> {
    pub(super) id: RequestId,
    pub(super) method: Option<&'a str>,
    pub(super) params: Option<&'a str>,
    unknown: Option<String>,
}

impl<'a> Envelope<'a> {
    pub(super) fn of(text: &'a str, limit: usize) -> Result<Self, RequestError> {
        if text.len() > limit {
            let fix = format!("the message has {} bytes; at most {limit} are read", text.len());
            return Err(RequestError::new(Code::Json, fix).with_status(413));
        }
        let Members(members) = serde_json::from_str(text).map_err(not_an_object)?;
        let mut envelope = Self { id: RequestId::NULL, method: None, params: None, unknown: None };
        let mut id = None;
        for (name, value) in members {
            let member = match name.as_ref() {
                "id" => &mut id,
                "method" => &mut envelope.method,
                "params" => &mut envelope.params,
                _ => {
                    envelope.unknown = Some(name.into_owned());
                    continue;
                }
            };
            if member.replace(value.get()).is_some() {
                let fix = "the member is there twice; send it once";
                return Err(RequestError::about_unknown(Code::TooManyParameters, &name, fix));
            }
        }
        envelope.id = RequestId::of_json(required(id, "id")?)?;
        Ok(envelope)
    }

    /// Refuses members that no request has.
    pub(super) fn check_members(&self) -> Result<(), RequestError> {
        match &self.unknown {
            None => Ok(()),
            Some(name) => {
                let fix = "a request has id, method and params; parameters go into params";
                Err(RequestError::about_unknown(Code::UnknownParameter, name, fix))
            }
        }
    }

    /// The method's name without its version.
    pub(super) fn method(&self) -> Result<std::borrow::Cow<'a, str>, RequestError> {
        let json = required(self.method, "method")?;
        if !json.starts_with('"') {
            return Err(RequestError::about(Code::BadValue, "method", "write it as a string"));
        }
        text("method", json)
    }

    fn request(&self) -> Result<Request<'a>, RequestError> {
        self.check_members()?;
        let name = self.method()?;
        let mut params = match self.params {
            None | Some("null") => Params::default(),
            Some(json) => Params::of_json(json)?,
        };
        let payload = params.has("signature").then(|| params.payload());
        let name = name.strip_prefix("v3/").unwrap_or(&name);
        let method = method::parse(name, &mut params)?;
        let security = Security::of(&mut params, None, payload)?;
        let return_rate_limits = params.truth("returnRateLimits")?;
        params.finish()?;
        Ok(Request { id: self.id.clone(), method, security, return_rate_limits })
    }
}

impl Security {
    /// From the parameters that every request may have; `key` is the key of an HTTP header.
    pub(super) fn of(
        params: &mut Params<'_>,
        key: Option<&str>,
        payload: Option<String>,
    ) -> Result<Self, RequestError> {
        let named = credential(params, "apiKey")?;
        let header = key.filter(|key| !key.is_empty()).map(|key| short("apiKey", key));
        let api_key = named.or(header.transpose()?);
        let signature = credential(params, "signature")?;
        let sent = SentAt::of(params)?;
        match (signature, api_key, payload) {
            (Some(signature), api_key, Some(payload)) => {
                let api_key = required(api_key, "apiKey")?;
                let sent = required(sent, "timestamp")?;
                Ok(Self::Signed(Signed { api_key, signature, sent, payload }))
            }
            (_, Some(api_key), _) => Ok(Self::Named { api_key, sent }),
            (_, None, _) => Ok(Self::Session { sent }),
        }
    }
}

impl SentAt {
    /// Milliseconds, or microseconds where there are so many that it can be nothing else.
    fn of(params: &mut Params<'_>) -> Result<Option<Self>, RequestError> {
        const MICROSECONDS_MIN: u64 = 10_000_000_000_000;
        const STAMP_MAX: u64 = u64::MAX / 1_000;
        let stamp = params.whole("timestamp", 1, STAMP_MAX)?;
        let window_ns = window(params)?;
        Ok(stamp.map(|stamp| {
            let unit = if stamp < MICROSECONDS_MIN { 1_000_000 } else { 1_000 };
            Self { timestamp: Timestamp(stamp * unit), window_ns }
        }))
    }
}

/// `recvWindow`: milliseconds with up to three decimals.
fn window(params: &mut Params<'_>) -> Result<u64, RequestError> {
    let Some(given) = params.decimal("recvWindow")? else { return Ok(WINDOW_NS_DEFAULT) };
    let microseconds = crate::decimal::parse(given.as_str(), 3).ok();
    let fits = 1..=i128::from(WINDOW_MS_MAX) * 1_000;
    match microseconds.filter(|microseconds| fits.contains(microseconds)) {
        Some(microseconds) => Ok(microseconds as u64 * 1_000),
        None => {
            let fix = format!("milliseconds, above 0 and at most {WINDOW_MS_MAX}, 3 decimals");
            Err(RequestError::about(Code::Window, "recvWindow", fix))
        }
    }
}

fn credential(params: &mut Params<'_>, name: &'static str) -> Result<Option<String>, RequestError> {
    params.text(name)?.map(|text| short(name, &text)).transpose()
}

fn short(name: &'static str, text: &str) -> Result<String, RequestError> {
    if text.len() > CREDENTIAL_CHARACTERS_MAX {
        let fix = format!("it has at most {CREDENTIAL_CHARACTERS_MAX} characters");
        let code = if name == "apiKey" { Code::KeyFormat } else { Code::Signature };
        return Err(RequestError::about(code, name, fix));
    }
    Ok(text.to_owned())
}
