//! What exactly is signed: the bytes that a client signed are made again from its request, and
//! there is one request only that they can stand for. Never looks at what a parameter means.

use std::fmt;

use data_encoding::HEXLOWER_PERMISSIVE;

/// A request taken apart: what was signed, and the signature as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Signed {
    /// The signed bytes.
    pub payload: String,
    /// The signature, no longer percent-encoded.
    pub signature: String,
}

/// Why a request cannot have been signed as it came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PayloadError {
    /// There is no `signature`.
    Unsigned,
    /// A parameter is there twice: which of the two was meant?
    Twice(String),
    /// A parameter is not one `name=value`: its bytes could be read as another request.
    Ambiguous(String),
}

impl fmt::Display for PayloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned => f.write_str("the request has no `signature`; sign it"),
            Self::Twice(name) => write!(f, "`{name}` is given twice; give it once"),
            Self::Ambiguous(pair) => write!(
                f,
                "`{pair}` is not one `name=value`; percent-encode `&` and `=` inside of values"
            ),
        }
    }
}

impl std::error::Error for PayloadError {}

/// What a REST request signs: its query and its body as they came, one right behind the other,
/// without the `signature`, wherever it stands. Doors refuse names they do not know: where query
/// and body meet is not signed.
///
/// # Errors
/// [`PayloadError`] says why this cannot be what was signed.
pub fn rest_payload(query: &str, body: &str) -> Result<Signed, PayloadError> {
    let (query, body) = (pairs(query)?, pairs(body)?);
    once(query.iter().chain(&body).map(|(name, _)| *name))?;
    let signature = query.iter().chain(&body).find(|(name, _)| *name == SIGNATURE);
    let (_, signature) = signature.ok_or(PayloadError::Unsigned)?;
    let payload = unsigned(&query) + &unsigned(&body);
    Ok(Signed { payload, signature: percent_decoded(signature) })
}

/// What a request of the WebSocket API signs: every parameter but `signature`, sorted by name, as
/// `name=value&name=value`. Values are texts without quotes, and numbers with their own digits.
///
/// # Errors
/// [`PayloadError`] says why this cannot be what was signed.
pub fn ws_payload(params: &[(&str, &str)]) -> Result<String, PayloadError> {
    once(params.iter().map(|(name, _)| *name))?;
    let mut params: Vec<Pair<'_>> = params.to_vec();
    params.sort_unstable();
    let torn = |(name, value): &&Pair<'_>| !is_name(name) || value.contains('&');
    match params.iter().find(torn) {
        Some((name, _)) => Err(PayloadError::Ambiguous((*name).to_owned())),
        None => Ok(unsigned(&params)),
    }
}

const SIGNATURE: &str = "signature";

type Pair<'t> = (&'t str, &'t str);

fn pairs(text: &str) -> Result<Vec<Pair<'_>>, PayloadError> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    text.split('&').map(pair).collect()
}

fn pair(text: &str) -> Result<Pair<'_>, PayloadError> {
    let ambiguous = || PayloadError::Ambiguous(text.to_owned());
    let (name, value) = text.split_once('=').ok_or_else(ambiguous)?;
    // A signature in base64 ends with `=`, and is no part of what is signed.
    let whole = is_name(name) && (name == SIGNATURE || !value.contains('='));
    if whole { Ok((name, value)) } else { Err(ambiguous()) }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn once<'t>(names: impl Iterator<Item = &'t str>) -> Result<(), PayloadError> {
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    match names.windows(2).find(|two| two[0] == two[1]) {
        Some(two) => Err(PayloadError::Twice(two[0].to_owned())),
        None => Ok(()),
    }
}

fn unsigned(pairs: &[Pair<'_>]) -> String {
    let signed = pairs.iter().filter(|(name, _)| *name != SIGNATURE);
    let written: Vec<String> = signed.map(|(name, value)| format!("{name}={value}")).collect();
    written.join("&")
}

/// `%2B` becomes `+`. What is no such escape stays; no signature has a `%`, so it will be refused.
fn percent_decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut decoded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.get(..2).and_then(|digits| HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()) {
            Some(byte) => {
                decoded.push(char::from(byte[0]));
                decoded.push_str(&part[2..]);
            }
            None => {
                decoded.push('%');
                decoded.push_str(part);
            }
        }
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(payload: &str, signature: &str) -> Result<Signed, PayloadError> {
        Ok(Signed { payload: payload.to_owned(), signature: signature.to_owned() })
    }

    #[test]
    fn what_a_rest_request_signs() {
        // GWY-006: query and body as they came, wherever libraries put the signature.
        for (query, body, expected) in [
            ("b=2&a=1&signature=ff", "", signed("b=2&a=1", "ff")),
            ("", "b=2&a=1&signature=ff", signed("b=2&a=1", "ff")),
            ("signature=ff&b=2", "", signed("b=2", "ff")),
            ("b=2&signature=ff&a=1", "", signed("b=2&a=1", "ff")),
            ("b=2", "a=1&signature=ff", signed("b=2a=1", "ff")),
            ("b=2&signature=ff", "a=1", signed("b=2a=1", "ff")),
            ("signature=ff", "", signed("", "ff")),
            ("a=&signature=", "", signed("a=", "")),
            ("a=%5B%22X%22%5D&signature=Zm8%2BYg%3d%3D", "", signed("a=%5B%22X%22%5D", "Zm8+Yg==")),
            ("signature=Zm9vYg==", "", signed("", "Zm9vYg==")),
            ("signature=a%", "", signed("", "a%")),
            ("signature=%zz%2", "", signed("", "%zz%2")),
        ] {
            assert_eq!(rest_payload(query, body), expected, "{query} and {body}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_was_not_signed() {
        let twice = |name: &str| Err(PayloadError::Twice(name.to_owned()));
        let ambiguous = |pair: &str| Err(PayloadError::Ambiguous(pair.to_owned()));
        for (attack, query, body, expected) in [
            ("no signature", "a=1", "b=2", Err(PayloadError::Unsigned)),
            ("nothing at all", "", "", Err(PayloadError::Unsigned)),
            ("one of two signatures", "signature=1", "signature=2", twice("signature")),
            ("one of two prices", "price=1&price=9&signature=f", "", twice("price")),
            ("query against body", "price=1&signature=f", "price=9", twice("price")),
            ("a price cut in two", "price=1", "00&signature=f", ambiguous("00")),
            ("a name cut in two", "pri", "ce=100&signature=f", ambiguous("pri")),
            ("body swallowed", "a=1b=2&signature=f", "", ambiguous("a=1b=2")),
            ("a digit wanders into a name", "price=1", "0b=2&signature=f", ambiguous("0b=2")),
            ("no name", "=2&signature=f", "", ambiguous("=2")),
            ("no pair", "a=1&&signature=f", "", ambiguous("")),
        ] {
            assert_eq!(rest_payload(query, body), expected, "{attack}");
        }
    }

    #[test]
    fn what_a_websocket_request_signs() {
        type Expected = Result<&'static str, PayloadError>;
        let rows: &[(&[(&str, &str)], Expected)] = &[
            (&[], Ok("")),
            (&[("symbol", "X"), ("apiKey", "k"), ("signature", "f")], Ok("apiKey=k&symbol=X")),
            (&[("b", "2"), ("B", "1"), ("a", "")], Ok("B=1&a=&b=2")),
            (&[("b", "x=y")], Ok("b=x=y")),
            (&[("a", "1&b=2")], Err(PayloadError::Ambiguous("a".to_owned()))),
            (&[("a=1&b", "2")], Err(PayloadError::Ambiguous("a=1&b".to_owned()))),
            (&[("a", "1"), ("a", "2")], Err(PayloadError::Twice("a".to_owned()))),
        ];
        for (params, expected) in rows {
            assert_eq!(ws_payload(params), expected.clone().map(str::to_owned), "{params:?}");
        }
    }

    #[test]
    fn refusals_say_what_to_do() {
        for (error, fix) in [
            (PayloadError::Unsigned, "sign it"),
            (PayloadError::Twice("price".to_owned()), "`price` is given twice; give it once"),
            (PayloadError::Ambiguous("a=b=c".to_owned()), "percent-encode"),
        ] {
            assert!(error.to_string().contains(fix), "{error}");
        }
    }
}
