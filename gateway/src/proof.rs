//! Who asks, in the words of the JSON dialect: signed requests are let in, and what identity
//! refuses becomes an error with its code, status and word. The same on WebSocket and HTTP.

use ringside_protocol::wire::json::{Access, Code, RequestError, Signed};
use ringside_protocol::{Permissions, Timestamp};

use crate::house::House;
use crate::identity::{self, Holder, KeyError, Refusal, ReplayError, TimeError, TokenError};

/// Lets a signed request in, once; tells who signed it, and their key as they sent it.
///
/// # Errors
/// What is wrong with the key, the time, the signature or the permission.
pub(crate) fn prove(
    signed: &Signed,
    access: Access,
    house: &mut House,
    now: Timestamp,
) -> Result<(Holder, String), RequestError> {
    let House { keys, secrets, replays, .. } = house;
    let mut request = identity::Request {
        api_key: &signed.api_key,
        payload: signed.payload.as_bytes(),
        signature: &signed.signature,
        // Milliseconds: what the dialect has read as a time cannot be taken for another unit.
        timestamp: signed.sent.timestamp.0 / 1_000_000,
        recv_window_ms: Some(signed.sent.window_ns.div_ceil(1_000_000)),
    };
    let mut admitted = identity::admit(request, keys, secrets, replays, now);
    let encoded = signed.encoded_payload();
    if let (Err(Refusal::Signature(_)), Some(encoded)) = (&admitted, &encoded) {
        request.payload = encoded.as_bytes();
        admitted = identity::admit(request, keys, secrets, replays, now);
    }
    let key = admitted.map_err(refusal_error)?;
    check_permission(key, access)?;
    Ok((key.holder(), signed.api_key.clone()))
}

/// Whether a key may do what is asked.
///
/// # Errors
/// 403 with `PERMISSION`.
pub(crate) fn check_permission(key: &identity::Key, access: Access) -> Result<(), RequestError> {
    let needed = match access {
        Access::Public => return Ok(()),
        Access::Read => Permissions::READ,
        Access::Trade => Permissions::TRADE,
    };
    if key.permissions.has(needed) {
        return Ok(());
    }
    let words: Vec<&str> = needed.words().collect();
    let fix = format!("the key lacks the permission {}; ask the operator", words.join(", "));
    Err(RequestError::new(Code::Key, fix).with_status(403).with_word("PERMISSION"))
}

/// A signed request that is not let in.
pub(crate) fn refusal_error(refusal: Refusal) -> RequestError {
    let fix = refusal.to_string();
    match refusal {
        Refusal::Key(error) => key_error(error),
        Refusal::Time(TimeError::Window { .. }) => RequestError::new(Code::Window, fix),
        Refusal::Time(TimeError::Stale { .. } | TimeError::Ahead { .. }) => {
            RequestError::new(Code::Timestamp, fix)
        }
        Refusal::Signature(_) => RequestError::new(Code::Signature, fix),
        Refusal::Replay(ReplayError::Replayed) => {
            RequestError::new(Code::Signature, fix).with_word("REPLAYED")
        }
        Refusal::Replay(ReplayError::BeforeStart) => {
            RequestError::new(Code::Timestamp, fix).with_word("BEFORE_START")
        }
        Refusal::Replay(ReplayError::Full) => RequestError::new(Code::TooManyRequests, fix),
    }
}

/// A key that opens nothing (GWY-016).
pub(crate) fn key_error(error: KeyError) -> RequestError {
    let fix = error.to_string();
    match error {
        KeyError::NotAKey => RequestError::new(Code::KeyFormat, fix),
        KeyError::Unknown => RequestError::new(Code::Key, fix),
        KeyError::Expired(_) => RequestError::new(Code::Key, fix).with_word("KEY_EXPIRED"),
    }
}

/// A token that is worth nothing (GWY-011).
pub(crate) fn token_error(error: TokenError) -> RequestError {
    let (code, word) = match error {
        TokenError::Unknown => (Code::Unauthorized, "TOKEN_UNKNOWN"),
        TokenError::Expired(_) => (Code::Unauthorized, "TOKEN_EXPIRED"),
        TokenError::Full => (Code::Busy, "TOKENS_FULL"),
    };
    RequestError::new(code, error.to_string()).with_word(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::SignatureError;

    #[test]
    fn every_refusal_has_its_class() {
        // GWY-012, GWY-016
        let at = Timestamp(1);
        for (refusal, status, code, word) in [
            (Refusal::Key(KeyError::NotAKey), 401, -2014, None),
            (Refusal::Key(KeyError::Unknown), 401, -2015, None),
            (Refusal::Key(KeyError::Expired(at)), 401, -2015, Some("KEY_EXPIRED")),
            (Refusal::Time(TimeError::Stale { age_ms: 2, window_ms: 1 }), 400, -1021, None),
            (Refusal::Time(TimeError::Ahead { ahead_ms: 2 }), 400, -1021, None),
            (Refusal::Time(TimeError::Window { asked_ms: 70_000 }), 400, -1131, None),
            (Refusal::Signature(SignatureError::Wrong), 401, -1022, None),
            (Refusal::Replay(ReplayError::Replayed), 401, -1022, Some("REPLAYED")),
            (Refusal::Replay(ReplayError::BeforeStart), 400, -1021, Some("BEFORE_START")),
            (Refusal::Replay(ReplayError::Full), 429, -1003, None),
        ] {
            let error = refusal_error(refusal);
            let found = error.reason.as_ref().map(|reason| reason.word);
            assert_eq!((error.status, error.code.number(), found), (status, code, word));
            assert_eq!(error.fix, refusal.to_string());
        }
        for (error, status, word) in [
            (TokenError::Unknown, 401, "TOKEN_UNKNOWN"),
            (TokenError::Expired(at), 401, "TOKEN_EXPIRED"),
            (TokenError::Full, 503, "TOKENS_FULL"),
        ] {
            let error = token_error(error);
            assert_eq!((error.status, error.reason.map(|r| r.word)), (status, Some(word)));
        }
    }
}
