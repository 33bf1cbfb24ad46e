//! What was signed and used within the window: nothing signed is taken twice. It never forgets
//! early: when it is full, it takes no more until something is too old to be repeated.

use std::collections::BTreeMap;
use std::fmt;

use ringside_protocol::{AccountId, Timestamp};

use super::Proof;
use super::aged::Aged;
use super::timing::RECV_WINDOW_USED_MS_MAX;

/// How many signed requests are remembered, of all accounts.
pub const REPLAYS_MAX: usize = 262_144;
/// How many of one account: what it signs in five seconds.
pub const REPLAYS_PER_ACCOUNT_MAX: usize = 65_536;

/// Why a signed request is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReplayError {
    /// It was taken already.
    Replayed,
    /// It was sent before this venue began to remember, so it may have been taken already.
    BeforeStart,
    /// The account, or everybody, signed more than is remembered.
    Full,
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Replayed => {
                "the same signed request was taken already; sign each one with its own timestamp"
            }
            Self::BeforeStart => {
                "the request was signed before the venue started; sign it again with the time now"
            }
            Self::Full => {
                "too many signed requests within five seconds; wait, or log on once and send \
                 orders over that session"
            }
        })
    }
}

impl std::error::Error for ReplayError {}

/// What was signed and used within the window.
pub struct Replays {
    after: Timestamp,
    /// By the time from which each is too old to be taken anyway.
    used: Aged<Proof, AccountId>,
    counts: BTreeMap<AccountId, usize>,
}

impl Replays {
    /// Remembers from now on. What was sent at or before `after` is refused: whoever starts a venue
    /// that ran before gives the time now and [`AHEAD_NS_MAX`](super::timing::AHEAD_NS_MAX), for
    /// what was taken before is forgotten; a new venue gives 0.
    pub const fn new(after: Timestamp) -> Self {
        Self { after, used: Aged::new(), counts: BTreeMap::new() }
    }

    /// Takes a request that was found to be signed and fresh; once.
    ///
    /// # Errors
    /// [`ReplayError`] says why not.
    pub fn admit(
        &mut self,
        proof: Proof,
        account: AccountId,
        sent: Timestamp,
        now: Timestamp,
    ) -> Result<(), ReplayError> {
        self.forget(now);
        if sent <= self.after {
            return Err(ReplayError::BeforeStart);
        }
        if self.used.get(&proof).is_some() {
            return Err(ReplayError::Replayed);
        }
        let of_account = self.counts.get(&account).copied().unwrap_or(0);
        if self.used.len() == REPLAYS_MAX || of_account == REPLAYS_PER_ACCOUNT_MAX {
            return Err(ReplayError::Full);
        }
        self.counts.insert(account, of_account + 1);
        self.used.put(proof, too_old_from(sent), account);
        Ok(())
    }

    /// How many are remembered.
    pub fn len(&self) -> usize {
        self.used.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn forget(&mut self, now: Timestamp) {
        while let Some((_, account)) = self.used.pop_due(now) {
            let count = self.counts.get_mut(&account).expect("Invariant: what is kept is counted");
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&account);
            }
        }
    }
}

/// A request that is as old as the window is still taken, so it is remembered a nanosecond longer.
const fn too_old_from(sent: Timestamp) -> Timestamp {
    Timestamp(sent.0.saturating_add(RECV_WINDOW_USED_MS_MAX * 1_000_000 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::timing::{AHEAD_NS_MAX, check_time};

    const MS: u64 = 1_000_000;
    const START: u64 = 1_700_000_000_000;
    const AMBER: AccountId = AccountId(0);

    fn proof(number: usize) -> Proof {
        Proof(*blake3::hash(&number.to_le_bytes()).as_bytes())
    }

    fn ms(ms: u64) -> Timestamp {
        Timestamp((START + ms) * MS)
    }

    #[test]
    fn nothing_signed_is_taken_twice() {
        // GWY-006: rows are what comes, in order: which request, sent when, here when.
        let mut replays = Replays::new(Timestamp(0));
        for (what, number, sent, now, expected) in [
            ("first", 1, 1_000, 1_000, Ok(())),
            ("again at once", 1, 1_000, 1_000, Err(ReplayError::Replayed)),
            ("another in the same millisecond", 2, 1_000, 1_001, Ok(())),
            ("an older one overtaken, but fresh", 3, 400, 1_002, Ok(())),
            ("that one again", 3, 400, 1_003, Err(ReplayError::Replayed)),
            ("one from a little ahead", 4, 1_990, 1_004, Ok(())),
            ("again at the end of its window", 1, 1_000, 6_000, Err(ReplayError::Replayed)),
            (
                "the one from ahead, as late as it can be",
                4,
                1_990,
                6_990,
                Err(ReplayError::Replayed),
            ),
        ] {
            assert!(check_time(START + sent, None, ms(now)).is_ok(), "{what}: it is fresh");
            assert_eq!(replays.admit(proof(number), AMBER, ms(sent), ms(now)), expected, "{what}");
        }
    }

    #[test]
    fn what_is_too_old_to_be_taken_is_forgotten() {
        let mut replays = Replays::new(Timestamp(0));
        assert!(replays.is_empty());
        for number in 0..100 {
            assert_eq!(replays.admit(proof(number), AMBER, ms(0), ms(0)), Ok(()));
        }
        assert_eq!(replays.len(), 100);
        let late = ms(RECV_WINDOW_USED_MS_MAX + 1);
        assert!(check_time(START, None, late).is_err(), "the clock refuses what is forgotten");
        assert_eq!(replays.admit(proof(100), AMBER, late, late), Ok(()));
        assert_eq!(replays.len(), 1);
    }

    #[test]
    fn what_came_before_a_restart_is_not_taken_again() {
        // The venue stops at 2,000 and starts again at 2,010: it has forgotten, the thief has not.
        let mut replays = Replays::new(Timestamp(ms(2_010).0 + AHEAD_NS_MAX));
        for (what, sent, expected) in [
            ("before", 1_990, Err(ReplayError::BeforeStart)),
            ("before, from ahead", 2_999, Err(ReplayError::BeforeStart)),
            ("just possible", 3_010, Err(ReplayError::BeforeStart)),
            ("not possible before", 3_011, Ok(())),
        ] {
            assert_eq!(replays.admit(proof(0), AMBER, ms(sent), ms(2_500)), expected, "{what}");
        }
    }

    #[test]
    fn one_account_does_not_take_the_room_of_all() {
        let mut replays = Replays::new(Timestamp(0));
        let accounts = REPLAYS_MAX / REPLAYS_PER_ACCOUNT_MAX;
        let mut sign = |account: usize, number: usize, now| {
            let account = AccountId(account as u32);
            replays.admit(proof(number), account, ms(now), ms(now))
        };
        for number in 0..REPLAYS_PER_ACCOUNT_MAX {
            assert_eq!(sign(0, number, 0), Ok(()));
        }
        assert_eq!(sign(0, REPLAYS_MAX, 1), Err(ReplayError::Full));
        assert_eq!(sign(0, 7, 1), Err(ReplayError::Replayed), "full, but it forgets nothing");
        for number in REPLAYS_PER_ACCOUNT_MAX..REPLAYS_MAX {
            assert_eq!(sign(number % (accounts - 1) + 1, number, 1), Ok(()));
        }
        assert_eq!(sign(accounts, REPLAYS_MAX, 2), Err(ReplayError::Full), "all of it is taken");
        assert_eq!(sign(0, REPLAYS_MAX, RECV_WINDOW_USED_MS_MAX + 1), Ok(()), "time makes room");
    }

    #[test]
    fn refusals_say_what_to_do() {
        for (error, fix) in [
            (ReplayError::Replayed, "sign each one with its own timestamp"),
            (ReplayError::BeforeStart, "sign it again"),
            (ReplayError::Full, "log on once"),
        ] {
            assert!(error.to_string().contains(fix), "{error}");
        }
    }
}
