//! Whether a signed request is fresh: not older than its window, not from the future. Order does not
//! matter: requests that overtake one another are fine.

use std::fmt;

use ringside_protocol::Timestamp;

/// How long a request is worth something when it does not say, in milliseconds.
pub const RECV_WINDOW_DEFAULT_MS: u64 = 5_000;
/// The longest window there is, in milliseconds: of a longer one, this much is used. So what was signed
/// needs to be remembered this long and no longer.
pub const RECV_WINDOW_USED_MS_MAX: u64 = 5_000;
/// The longest window that may be asked for, in milliseconds. Libraries ask for 10,000 by default.
pub const RECV_WINDOW_MS_MAX: u64 = 60_000;
/// A request is from the future if it is this much ahead, in nanoseconds.
pub const AHEAD_NS_MAX: u64 = Timestamp::SECOND;

/// Numbers from here on are microseconds, below milliseconds: the year 5138 in one, 1973 in the other.
const MICROSECONDS_FROM: u64 = 100_000_000_000_000;
const MS: u64 = 1_000_000;

/// Why a request is not taken now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeError {
    /// It is older than its window.
    Stale {
        /// How old it is, in milliseconds.
        age_ms: u64,
        /// How old it may be, in milliseconds.
        window_ms: u64,
    },
    /// It is stamped too far ahead of the venue's clock.
    Ahead {
        /// By how much, in milliseconds.
        ahead_ms: u64,
    },
    /// It asks for a window of more than [`RECV_WINDOW_MS_MAX`].
    Window {
        /// What it asks for, in milliseconds.
        asked_ms: u64,
    },
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stale { age_ms, window_ms } => write!(
                f,
                "the timestamp is {age_ms} ms old, and {window_ms} ms are allowed; set the clock, \
                 or send sooner (more than {RECV_WINDOW_USED_MS_MAX} ms of recvWindow have no effect)"
            ),
            Self::Ahead { ahead_ms } => write!(
                f,
                "the timestamp is {ahead_ms} ms ahead of the venue's clock, and less than {} are \
                 allowed; set the clock, or take the venue's time",
                AHEAD_NS_MAX / MS
            ),
            Self::Window { asked_ms } => write!(
                f,
                "recvWindow is {asked_ms}, and at most {RECV_WINDOW_MS_MAX} are allowed; \
                 {RECV_WINDOW_DEFAULT_MS} is the default"
            ),
        }
    }
}

impl std::error::Error for TimeError {}

/// Checks a request's `timestamp` (milliseconds or microseconds since 1970) and `recvWindow`
/// (milliseconds) and returns when it was sent.
///
/// # Errors
/// [`TimeError`] says why it is not taken now.
pub fn check_time(
    timestamp: u64,
    recv_window_ms: Option<u64>,
    now: Timestamp,
) -> Result<Timestamp, TimeError> {
    let asked_ms = recv_window_ms.unwrap_or(RECV_WINDOW_DEFAULT_MS);
    if asked_ms > RECV_WINDOW_MS_MAX {
        return Err(TimeError::Window { asked_ms });
    }
    let sent = nanoseconds(timestamp);
    let ahead = sent.0.saturating_sub(now.0);
    if ahead >= AHEAD_NS_MAX {
        return Err(TimeError::Ahead { ahead_ms: ahead / MS });
    }
    let (age, window_ms) = (now.0.saturating_sub(sent.0), asked_ms.min(RECV_WINDOW_USED_MS_MAX));
    if age > window_ms * MS {
        return Err(TimeError::Stale { age_ms: age.div_ceil(MS), window_ms });
    }
    Ok(sent)
}

/// More than fits is later than any clock.
const fn nanoseconds(timestamp: u64) -> Timestamp {
    let unit = if timestamp < MICROSECONDS_FROM { MS } else { 1_000 };
    Timestamp(timestamp.saturating_mul(unit))
}
