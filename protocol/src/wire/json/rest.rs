//! The same requests over HTTP (`/api/v3`): verb, path and query string in, typed request out.

use std::borrow::Cow;

use super::error::{Code, RequestError};
use super::method;
use super::params::{Given, Params};
use super::request::{Request, RequestId, Security};

/// Verbs and paths, and the method each stands for.
const ENDPOINTS: &[(&str, &str, &str)] = &[
    ("GET", "/api/v3/ping", "ping"),
    ("GET", "/api/v3/time", "time"),
    ("GET", "/api/v3/exchangeInfo", "exchangeInfo"),
    ("GET", "/api/v3/depth", "depth"),
    ("GET", "/api/v3/order", "order.status"),
    ("POST", "/api/v3/order", "order.place"),
    ("POST", "/api/v3/order/test", "order.test"),
    ("DELETE", "/api/v3/order", "order.cancel"),
    ("GET", "/api/v3/openOrders", "openOrders.status"),
    ("DELETE", "/api/v3/openOrders", "openOrders.cancelAll"),
    ("GET", "/api/v3/account", "account.status"),
];

/// Reads a request of the REST API. `query` and `body` are `a=1&b=2`, percent-encoded, without a
/// leading `?`; parameters may be in either. `api_key` is the header `X-MBX-APIKEY`.
///
/// What is signed for is `query` and `body` one after the other as they were sent, without the
/// signature, so that it may be sent anywhere among them.
///
/// # Errors
/// [`RequestError`]; [`RequestError::write_rest`] writes the body of the answer.
pub fn parse_rest<'a>(
    verb: &str,
    path: &str,
    query: &'a str,
    body: &'a str,
    api_key: Option<&str>,
) -> Result<Request<'a>, RequestError> {
    let name = endpoint(verb, path)?;
    let mut params = Params::default();
    add_pairs(&mut params, query)?;
    add_pairs(&mut params, body)?;
    let payload = params.has("signature").then(|| unsigned(query) + &unsigned(body));
    let method = method::parse(name, &mut params)?;
    let security = security(&mut params, api_key, payload)?;
    let return_rate_limits = params.truth("returnRateLimits")?;
    params.finish()?;
    Ok(Request { id: RequestId::NULL, method, security, return_rate_limits })
}

/// Reads by whom a request of ours is made (`/v1/session`) that has no parameters of its own; as
/// [`parse_rest`].
///
/// # Errors
/// [`RequestError`], also for a parameter that says nothing about who asks.
pub fn parse_rest_security(
    query: &str,
    body: &str,
    api_key: Option<&str>,
) -> Result<Security, RequestError> {
    let mut params = Params::default();
    add_pairs(&mut params, query)?;
    add_pairs(&mut params, body)?;
    let payload = params.has("signature").then(|| unsigned(query) + &unsigned(body));
    let security = security(&mut params, api_key, payload)?;
    params.finish()?;
    Ok(security)
}

/// A signature in base64 whose `+` was not encoded is read with blanks, which no signature has.
fn security(
    params: &mut Params<'_>,
    api_key: Option<&str>,
    payload: Option<String>,
) -> Result<Security, RequestError> {
    Ok(match Security::of(params, api_key, payload)? {
        Security::Signed(mut signed) => {
            signed.signature = signed.signature.replace(' ', "+");
            Security::Signed(signed)
        }
        other @ (Security::Session { .. } | Security::Named { .. }) => other,
    })
}

fn endpoint(verb: &str, path: &str) -> Result<&'static str, RequestError> {
    if let Some((_, _, name)) = ENDPOINTS.iter().find(|(v, p, _)| *v == verb && *p == path) {
        return Ok(name);
    }
    let verbs: Vec<_> = ENDPOINTS.iter().filter(|(_, p, _)| *p == path).map(|e| e.0).collect();
    if verbs.is_empty() {
        let error = RequestError::new(Code::Unsupported, "no such path below /api/v3");
        return Err(error.with_status(404));
    }
    let fix = format!("this path answers {}", verbs.join(", "));
    Err(RequestError::new(Code::Unsupported, fix).with_status(405))
}

fn add_pairs<'a>(params: &mut Params<'a>, pairs: &'a str) -> Result<(), RequestError> {
    for pair in pairs.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = decode(name)?;
        params.add(name, Given::Text(decode(value)?))?;
    }
    Ok(())
}

/// The pairs without the signature, as they were sent.
fn unsigned(pairs: &str) -> String {
    let kept: Vec<_> = pairs.split('&').filter(|pair| !pair.starts_with("signature=")).collect();
    kept.join("&")
}

/// Undoes percent-encoding; `+` is a space.
fn decode(text: &str) -> Result<Cow<'_, str>, RequestError> {
    if !text.contains(['%', '+']) {
        return Ok(text.into());
    }
    let wrong = || {
        let fix = "write % as %25, and UTF-8 otherwise";
        RequestError::about_unknown(Code::IllegalCharacters, text, fix)
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(rest.next(), rest.next()).ok_or_else(wrong)?,
            _ => byte,
        });
    }
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| wrong())
}

fn hex(high: Option<u8>, low: Option<u8>) -> Option<u8> {
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}

/// Percent-encodes the values of `a=1&b=2` as form encoding has it; `&` and the first `=` of a pair
/// stand.
pub(super) fn encode_pairs(pairs: &str) -> String {
    let mut encoded = String::with_capacity(pairs.len());
    for (place, pair) in pairs.split('&').enumerate() {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        encoded.push_str(if place == 0 { "" } else { "&" });
        encode(name, &mut encoded);
        encoded.push('=');
        encode(value, &mut encoded);
    }
    encoded
}

fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
}
