//! A signed request from beginning to end: the checks in the one order in which they are safe. What
//! is remembered against replays was proved first, so nobody without a key can fill that memory.

use std::fmt;

use ringside_protocol::Timestamp;

use super::{
    Key, KeyError, Keys, ReplayError, Replays, Secrets, SignatureError, TimeError, check_time,
    verify,
};

/// A request as its door took it apart.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// What the client sent as its API key.
    pub api_key: &'r str,
    /// The signed bytes, from [`rest_payload`](super::rest_payload) or
    /// [`ws_payload`](super::ws_payload).
    pub payload: &'r [u8],
    /// The signature, no longer percent-encoded.
    pub signature: &'r str,
    /// Milliseconds or microseconds since 1970.
    pub timestamp: u64,
    /// Milliseconds; absent is the default.
    pub recv_window_ms: Option<u64>,
}

/// Why a request is not let in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// The key opens nothing.
    Key(KeyError),
    /// It is not fresh.
    Time(TimeError),
    /// The signature proves nothing.
    Signature(SignatureError),
    /// It was taken already, or too many were.
    Replay(ReplayError),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(why) => why.fmt(f),
            Self::Time(why) => why.fmt(f),
            Self::Signature(why) => why.fmt(f),
            Self::Replay(why) => why.fmt(f),
        }
    }
}

impl std::error::Error for Refusal {}

/// Lets a signed request in, once, and tells by which key.
///
/// # Errors
/// [`Refusal`] says why not; nothing of a refused request is remembered.
pub fn admit<'k>(
    request: Request<'_>,
    keys: &'k Keys,
    secrets: &Secrets,
    replays: &mut Replays,
    now: Timestamp,
) -> Result<&'k Key, Refusal> {
    let Request { api_key, payload, signature, timestamp, recv_window_ms } = request;
    let key = keys.named(api_key, now).map_err(Refusal::Key)?;
    let sent = check_time(timestamp, recv_window_ms, now).map_err(Refusal::Time)?;
    let proof = verify(key, secrets, payload, signature).map_err(Refusal::Signature)?;
    replays.admit(proof, key.account, sent, now).map_err(Refusal::Replay)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64;
    use ed25519_dalek::{Signer, SigningKey};
    use ringside_protocol::{AccountId, KeyId, Permissions};

    use super::super::keys::api_key;
    use super::*;

    const NOW_MS: u64 = 1_700_000_000_000;

    fn signing(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    fn public(seed: u8) -> [u8; 32] {
        signing(seed).verifying_key().to_bytes()
    }

    fn ms(ms: u64) -> Timestamp {
        Timestamp(ms * 1_000_000)
    }

    /// What comes in: which key it names, which one signed, what was signed, what is sent, when.
    struct Sent {
        named: u8,
        signed_by: u8,
        signed: &'static str,
        sent: &'static str,
        timestamp: u64,
    }

    const GOOD: Sent =
        Sent { named: 1, signed_by: 1, signed: "pay 1", sent: "pay 1", timestamp: NOW_MS };

    /// Keys 1 and 2 may trade; 3 has expired; 4 was never granted.
    fn admitted(replays: &mut Replays, sent: &Sent) -> Result<KeyId, Refusal> {
        let mut keys = Keys::new();
        for (seed, expires) in [(1, 0), (2, 0), (3, NOW_MS)] {
            let (id, account) = (KeyId(seed.into()), AccountId(seed.into()));
            keys.grant(id, account, public(seed), Permissions::EVERY, ms(expires));
        }
        let signature = signing(sent.signed_by).sign(sent.signed.as_bytes());
        let request = Request {
            api_key: &api_key(&public(sent.named)),
            payload: sent.sent.as_bytes(),
            signature: &BASE64.encode(&signature.to_bytes()),
            timestamp: sent.timestamp,
            recv_window_ms: None,
        };
        admit(request, &keys, &Secrets::new(), replays, ms(NOW_MS)).map(|key| key.id)
    }

    #[test]
    fn who_gets_in() {
        // GWY-002, GWY-006, GWY-016: each row alone, before a fresh venue.
        let expired = KeyError::Expired(ms(NOW_MS));
        let stale = TimeError::Stale { age_ms: 5_001, window_ms: 5_000 };
        let ahead = TimeError::Ahead { ahead_ms: 1_000 };
        let wrong = Err(Refusal::Signature(SignatureError::Wrong));
        for (what, sent, expected) in [
            ("one of ours", GOOD, Ok(KeyId(1))),
            (
                "nobody's key",
                Sent { named: 4, signed_by: 4, ..GOOD },
                Err(Refusal::Key(KeyError::Unknown)),
            ),
            ("an expired key", Sent { named: 3, signed_by: 3, ..GOOD }, Err(Refusal::Key(expired))),
            ("stale", Sent { timestamp: NOW_MS - 5_001, ..GOOD }, Err(Refusal::Time(stale))),
            (
                "from the future",
                Sent { timestamp: NOW_MS + 1_000, ..GOOD },
                Err(Refusal::Time(ahead)),
            ),
            ("in another's name", Sent { named: 2, ..GOOD }, wrong),
            ("altered", Sent { sent: "pay 9", ..GOOD }, wrong),
        ] {
            let mut replays = Replays::new(Timestamp(0));
            assert_eq!(admitted(&mut replays, &sent), expected, "{what}");
            assert_eq!(replays.len(), usize::from(expected.is_ok()), "{what}: what is remembered");
        }
    }

    #[test]
    fn a_recorded_request_is_worth_nothing() {
        let mut replays = Replays::new(Timestamp(0));
        let older = Sent { signed: "pay 2", sent: "pay 2", timestamp: NOW_MS - 4_000, ..GOOD };
        let same_by_another = Sent { named: 2, signed_by: 2, ..GOOD };
        let again = Err(Refusal::Replay(ReplayError::Replayed));
        for (what, sent, expected) in [
            ("its first use", &GOOD, Ok(KeyId(1))),
            ("its second", &GOOD, again),
            ("one signed before it, arriving later", &older, Ok(KeyId(1))),
            ("the same by another key", &same_by_another, Ok(KeyId(2))),
            ("its third", &GOOD, again),
        ] {
            assert_eq!(admitted(&mut replays, sent), expected, "{what}");
        }
    }

    #[test]
    fn a_refusal_speaks_for_what_refused() {
        for (refusal, text) in [
            (Refusal::Key(KeyError::Unknown), KeyError::Unknown.to_string()),
            (
                Refusal::Time(TimeError::Ahead { ahead_ms: 2_000 }),
                TimeError::Ahead { ahead_ms: 2_000 }.to_string(),
            ),
            (Refusal::Signature(SignatureError::Wrong), SignatureError::Wrong.to_string()),
            (Refusal::Replay(ReplayError::Full), ReplayError::Full.to_string()),
        ] {
            assert_eq!(refusal.to_string(), text);
        }
    }
}
