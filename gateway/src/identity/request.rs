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
