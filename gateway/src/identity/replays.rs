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
