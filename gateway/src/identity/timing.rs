//! Whether a signed request is fresh: not older than its window, not from the future. Order does
//! not matter: requests that overtake one another are fine.

use std::fmt;

use ringside_protocol::Timestamp;

/// How long a request is worth something when it does not say, in milliseconds.
pub const RECV_WINDOW_DEFAULT_MS: u64 = 5_000;
/// The longest window there is, in milliseconds: of a longer one, this much is used. So what was
/// signed needs to be remembered this long and no longer.
pub const RECV_WINDOW_USED_MS_MAX: u64 = 5_000;
/// The longest window that may be asked for, in milliseconds. Libraries ask for 10,000 by default.
pub const RECV_WINDOW_MS_MAX: u64 = 60_000;
/// A request is from the future if it is this much ahead, in nanoseconds.
pub const AHEAD_NS_MAX: u64 = Timestamp::SECOND;

/// Numbers from here on are microseconds, below milliseconds: the year 5138 in one, 1973 in the
/// other.
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
                 or send sooner (recvWindow has no effect above {RECV_WINDOW_USED_MS_MAX})"
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

/// The number that stands for a time: microseconds where they can be told from milliseconds, which
/// a time of long ago could not.
pub const fn number(time: Timestamp) -> u64 {
    let micros = time.0 / 1_000;
    if micros < MICROSECONDS_FROM { time.0 / MS } else { micros }
}

/// More than fits is later than any clock.
const fn nanoseconds(timestamp: u64) -> Timestamp {
    let unit = if timestamp < MICROSECONDS_FROM { MS } else { 1_000 };
    Timestamp(timestamp.saturating_mul(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_long_ago_is_not_taken_for_one_of_today() {
        for ns in [0, 1_795_000_000 * MS, 1_795_000_000_000 * MS, 1_795_000_000_000_123_000] {
            assert_eq!(nanoseconds(number(Timestamp(ns))), Timestamp(ns));
        }
    }

    #[test]
    fn a_request_is_fresh_within_its_window() {
        const NOW_MS: u64 = 1_700_000_000_000;
        let stale = |age_ms, window_ms| Err(TimeError::Stale { age_ms, window_ms });
        for (what, timestamp, window, expected) in [
            ("now", NOW_MS, None, Ok(())),
            ("now in microseconds", NOW_MS * 1_000, None, Ok(())),
            ("as old as the default", NOW_MS - RECV_WINDOW_DEFAULT_MS, None, Ok(())),
            ("older", NOW_MS - 5_001, None, stale(5_001, 5_000)),
            ("a microsecond older", NOW_MS * 1_000 - 5_000_001, None, stale(5_001, 5_000)),
            ("as old as a short window", NOW_MS - 100, Some(100), Ok(())),
            ("older than a short window", NOW_MS - 101, Some(100), stale(101, 100)),
            ("no window at all", NOW_MS - 1, Some(0), stale(1, 0)),
            ("what libraries ask for", NOW_MS, Some(10_000), Ok(())),
            ("is not what they get", NOW_MS - 5_001, Some(10_000), stale(5_001, 5_000)),
            ("the longest window", NOW_MS, Some(RECV_WINDOW_MS_MAX), Ok(())),
            ("longer", NOW_MS, Some(60_001), Err(TimeError::Window { asked_ms: 60_001 })),
            ("a little ahead", NOW_MS + 999, None, Ok(())),
            ("ahead", NOW_MS + 1_000, None, Err(TimeError::Ahead { ahead_ms: 1_000 })),
            ("in seconds", NOW_MS / 1_000, None, stale(NOW_MS - NOW_MS / 1_000, 5_000)),
        ] {
            let now = Timestamp(NOW_MS * MS);
            let sent = check_time(timestamp, window, now);
            assert_eq!(sent.map(|_| ()), expected, "{what}");
        }
    }

    #[test]
    fn limits_are_what_they_say() {
        assert_eq!(AHEAD_NS_MAX, 1_000 * MS);
        assert_eq!(RECV_WINDOW_USED_MS_MAX, 5_000);
        let far = check_time(u64::MAX, None, Timestamp(0));
        assert!(matches!(far, Err(TimeError::Ahead { .. })), "the end of time is ahead");
    }

    #[test]
    fn when_it_was_sent_is_told_in_nanoseconds() {
        let now = Timestamp(1_700_000_000_000 * MS);
        for timestamp in [1_700_000_000_000, 1_700_000_000_000_000] {
            assert_eq!(check_time(timestamp, None, now), Ok(now));
        }
    }

    #[test]
    fn refusals_say_what_to_do() {
        for (error, fix) in [
            (TimeError::Stale { age_ms: 9, window_ms: 5 }, "9 ms old, and 5 ms are allowed; set"),
            (
                TimeError::Ahead { ahead_ms: 7 },
                "7 ms ahead of the venue's clock, and less than 1000",
            ),
            (TimeError::Window { asked_ms: 70_000 }, "recvWindow is 70000, and at most 60000"),
        ] {
            assert!(error.to_string().contains(fix), "{error}");
        }
    }
}
