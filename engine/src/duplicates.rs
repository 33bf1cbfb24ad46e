//! The memory of client order ids: at most once, with bounded memory (ENG-033, GWY-015).
//!
//! An id is remembered while its order lives, and afterwards among the account's last
//! [`FINISHED_IDS_KEPT`] finished ones; longer while it is younger than [`RECV_WINDOW_MAX`], in
//! which a delayed repeat could still arrive, up to [`FINISHED_IDS_MAX`].

use std::collections::{HashMap, VecDeque};

use foldhash::fast::FixedState;
use ringside_protocol::{AccountId, ClientOrderId, InstrumentId, OrderId, OrderStatus, Timestamp};
use serde::{Deserialize, Serialize};

use crate::book::SlotIndex;

/// Finished ids an account keeps, however old.
pub const FINISHED_IDS_KEPT: usize = 65_536;
/// Finished ids an account keeps at most, however young; beyond it orders are refused.
pub const FINISHED_IDS_MAX: usize = 1_048_576;
/// How old a signed request may be at most, nanoseconds: 5 s.
pub const RECV_WINDOW_MAX: u64 = 5 * Timestamp::SECOND;

/// What an id stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Known {
    /// A living order.
    Live(SlotIndex),
    /// An id that is used up: its order ended, goes by another id now, or (order 0) was refused.
    Finished(OrderId, OrderStatus, InstrumentId),
}

/// A finished id, as it waits to be forgotten.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct FinishedId {
    pub(crate) id: ClientOrderId,
    pub(crate) order: OrderId,
    /// Its state when the id was used up; not final where the order goes by another id.
    pub(crate) status: OrderStatus,
    pub(crate) instrument: InstrumentId,
    pub(crate) time: Timestamp,
}

/// Every remembered id.
#[derive(Default, Debug)]
pub(crate) struct Duplicates {
    known: HashMap<(AccountId, ClientOrderId), Known, FixedState>,
    /// By account, oldest first.
    finished: Vec<VecDeque<FinishedId>>,
}

impl Duplicates {
    #[inline(always)]
    pub(crate) fn find(&self, account: AccountId, id: ClientOrderId) -> Option<Known> {
        self.known.get(&(account, id)).copied()
    }

    /// False when the account has as many young finished ids as are kept.
    pub(crate) fn has_room(&self, account: AccountId) -> bool {
        self.finished.get(account.index()).is_none_or(|ids| ids.len() < FINISHED_IDS_MAX)
    }

    /// An order rests under this id.
    #[inline(always)]
    pub(crate) fn live(&mut self, account: AccountId, id: ClientOrderId, slot: SlotIndex) {
        self.known.insert((account, id), Known::Live(slot));
    }

    /// The order of this id has ended, or was refused.
    pub(crate) fn finish(&mut self, account: AccountId, finished: FinishedId) {
        let known = Known::Finished(finished.order, finished.status, finished.instrument);
        self.known.insert((account, finished.id), known);
        if self.finished.len() <= account.index() {
            self.finished.resize_with(account.index() + 1, VecDeque::new);
        }
        let ids = &mut self.finished[account.index()];
        ids.push_back(finished);
        while ids.len() > FINISHED_IDS_KEPT {
            let oldest = ids[0];
            if finished.time.0.saturating_sub(oldest.time.0) < RECV_WINDOW_MAX {
                break;
            }
            ids.pop_front();
            self.known.remove(&(account, oldest.id));
        }
    }

    /// Room for so many ids more.
    pub(crate) fn reserve(&mut self, ids: usize) {
        self.known.reserve(ids);
    }

    /// The finished ids of an account as an image has them, oldest first; false where one is known.
    pub(crate) fn restore(&mut self, account: AccountId, ids: &[FinishedId]) -> bool {
        if self.finished.len() <= account.index() {
            self.finished.resize_with(account.index() + 1, VecDeque::new);
        }
        self.finished[account.index()].extend(ids);
        let known = |used: &FinishedId| Known::Finished(used.order, used.status, used.instrument);
        ids.iter().all(|used| self.known.insert((account, used.id), known(used)).is_none())
    }

    /// [`Self::live`] for an image; false where the id is known.
    pub(crate) fn restore_live(
        &mut self,
        account: AccountId,
        id: ClientOrderId,
        slot: SlotIndex,
    ) -> bool {
        self.known.insert((account, id), Known::Live(slot)).is_none()
    }

    /// The finished ids of an account, oldest first.
    pub(crate) fn finished(&self, account: AccountId) -> impl Iterator<Item = &FinishedId> {
        self.finished.get(account.index()).into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(n: usize, time: u64) -> FinishedId {
        FinishedId {
            id: ClientOrderId::parse(&format!("id-{n}")).unwrap(),
            order: OrderId(n as u64),
            status: OrderStatus::Filled,
            instrument: InstrumentId(0),
            time: Timestamp(time),
        }
    }

    #[test]
    fn the_last_finished_ids_are_kept_and_young_ones_longer() {
        let account = AccountId(3);
        let mut memory = Duplicates::default();
        for n in 0..=FINISHED_IDS_KEPT {
            memory.finish(account, finished(n, 0));
        }
        let first = finished(0, 0);
        assert!(memory.find(account, first.id).is_some(), "younger than the window");
        assert_eq!(memory.find(AccountId(4), first.id), None, "ids are the account's own");
        memory.finish(account, finished(FINISHED_IDS_KEPT + 1, RECV_WINDOW_MAX));
        assert_eq!(memory.find(account, first.id), None);
        assert_eq!(memory.finished(account).count(), FINISHED_IDS_KEPT);
    }

    #[test]
    fn young_ids_fill_up_to_a_limit() {
        let account = AccountId(0);
        let mut memory = Duplicates::default();
        for n in 0..FINISHED_IDS_MAX {
            assert!(memory.has_room(account));
            memory.finish(account, finished(n, 1));
        }
        assert!(!memory.has_room(account));
        memory.finish(account, finished(FINISHED_IDS_MAX, RECV_WINDOW_MAX + 1));
        assert!(memory.has_room(account), "they make room as they age");
    }
}
