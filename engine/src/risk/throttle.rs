//! The order rate: a sliding second of venue time (RSK-008). Orders and amends count, refused ones
//! too; cancels do not.

use ringside_protocol::{Reason, Timestamp};

use super::Refusal;
use crate::ledger::Account;

/// Orders a second that a rate limit can allow at most.
pub const ORDER_RATE_MAX: u32 = 1_000_000;

/// Remembers a submission, as many as the limit counts and one more.
pub(crate) fn note_submission(account: &mut Account, now: Timestamp) {
    let Some(limit) = account.limits.max_orders_per_second else { return };
    account.submissions.push_back(now);
    while account.submissions.len() > limit as usize + 1 {
        account.submissions.pop_front();
    }
}

/// Refuses when more submissions than the limit, the latest included, lie in the last second.
pub(crate) fn over_rate(account: &Account, now: Timestamp) -> Result<(), Refusal> {
    let Some(limit) = account.limits.max_orders_per_second else { return Ok(()) };
    if account.submissions.len() <= limit as usize {
        return Ok(());
    }
    // A silent second makes room for one more: when the oldest but one that counts has left.
    let counted = account.submissions.iter().rev().nth(limit as usize);
    let free_at = counted.map_or(0, |time| time.0.saturating_add(Timestamp::SECOND));
    if free_at <= now.0 {
        return Ok(());
    }
    let next = account.submissions.iter().rev().nth((limit as usize).saturating_sub(1));
    let wait = next.map_or(Timestamp::SECOND, |time| time.0 + Timestamp::SECOND - now.0);
    Err(Refusal::with(Reason::RateLimited, limit, wait))
}
