//! An order meets the book: it trades at the resting orders' prices, best first and oldest first,
//! until it is filled, its limit ends it, or it meets its own account; then the rest rests or ends.

use ringside_protocol::{Amended, CancelReason, EventKind, Name, OrderStatus, Priority, SelfTrade};

use super::Incoming;
use super::amend::After;
use crate::Engine;
use crate::book::{Book, Cold, History, Node, SlotIndex, Terms};
use crate::out::{EventSink, Out};
use crate::settle::Match;

/// What an order does after meeting its own account.
enum Meeting {
    /// It goes on.
    GoesOn,
    /// It ends here.
    Ends,
}

impl<B: Book> Engine<B> {
    /// Executes an accepted or amended order.
    #[inline(never)]
    pub(crate) fn execute<S: EventSink>(&mut self, incoming: &mut Incoming, out: &mut Out<'_, S>) {
        let reason = self.match_against_book(incoming, out);
        if incoming.leaves == 0 && reason.is_none() {
            self.finish_filled(incoming);
            return;
        }
        match reason {
            Some(reason) => self.cancel_rest(incoming, reason, out),
            None if incoming.rests() => self.rest(incoming),
            None => self.cancel_rest(incoming, CancelReason::NoLiquidity, out),
        }
    }

    /// Trades while it can. Says why what is left must not rest, if it must not.
    #[inline(always)]
    fn match_against_book<S: EventSink>(
        &mut self,
        incoming: &mut Incoming,
        out: &mut Out<'_, S>,
    ) -> Option<CancelReason> {
        let opposite = incoming.side.opposite();
        while incoming.leaves > 0 {
            let resting = self.books[incoming.instrument()].front(opposite)?;
            let node = &self.pool[resting];
            if !incoming.reaches(node.price) {
                return None;
            }
            let is_own = node.holding == incoming.holding;
            if is_own && incoming.self_trade != SelfTrade::None {
                match self.meet_own(incoming, resting, out) {
                    Meeting::GoesOn => continue,
                    Meeting::Ends => return Some(CancelReason::SelfTrade),
                }
            }
            self.trade(incoming, resting, out);
        }
        None
    }

    /// An incoming order meets an order of its own account (X-ENG-009).
    #[cold]
    fn meet_own<S: EventSink>(
        &mut self,
        incoming: &mut Incoming,
        resting: SlotIndex,
        out: &mut Out<'_, S>,
    ) -> Meeting {
        match incoming.self_trade {
            SelfTrade::CancelMaker => self.cancel(resting, CancelReason::SelfTrade, out),
            SelfTrade::CancelBoth => {
                self.cancel(resting, CancelReason::SelfTrade, out);
                return Meeting::Ends;
            }
            SelfTrade::Decrement => return self.decrement_both(incoming, resting, out),
            SelfTrade::RejectTaker | SelfTrade::CancelTaker | SelfTrade::None => {
                return Meeting::Ends;
            }
        }
        Meeting::GoesOn
    }

    /// Both shrink by the smaller leaves, without a trade; who reaches zero is cancelled.
    fn decrement_both<S: EventSink>(
        &mut self,
        incoming: &mut Incoming,
        resting: SlotIndex,
        out: &mut Out<'_, S>,
    ) -> Meeting {
        let lots = incoming.leaves.min(self.pool[resting].leaves);
        let incoming_ends = incoming.leaves == lots;
        if self.pool[resting].leaves == lots {
            self.cancel(resting, CancelReason::SelfTrade, out);
        } else {
            self.unhold(resting, lots);
            self.books[incoming.instrument()].reduce(&mut self.pool, resting, lots);
            let node = &self.pool[resting];
            let (quantity, leaves) = (node.executed + node.leaves, node.leaves);
            let after = After { quantity, leaves, before: leaves + lots };
            self.emit_amended(resting, after, Priority::Kept, Name::ABSENT, out);
        }
        if incoming_ends {
            // Its end reports what is cancelled, and releases it.
            return Meeting::Ends;
        }
        self.give_back(incoming, lots);
        self.emit_shrunk(incoming, lots, out);
        Meeting::GoesOn
    }

    /// Says that an incoming order is now less.
    fn emit_shrunk<S: EventSink>(&mut self, incoming: &Incoming, lots: u64, out: &mut Out<'_, S>) {
        let name = &incoming.name;
        let place = self.holdings.at(incoming.holding).hold_place(incoming.side);
        let held = self.balances.at(place).held;
        let report = self.streams.report(name.origin.stream, name.user_ref, EventKind::Amended);
        out.emit(Amended {
            account: name.account,
            instrument: name.instrument,
            order: incoming.order,
            price: incoming.price,
            quantity: incoming.executed + incoming.leaves,
            cumulative: incoming.executed,
            leaves: incoming.leaves,
            held: held.into(),
            priority: Priority::Kept,
            side: incoming.side,
            reserved: [0; 2],
            report,
            taken_off: lots,
            new_id: Name::ABSENT,
            reserved_2: [0; 4],
        });
    }

    /// Lots of an incoming order are open no more.
    fn give_back(&mut self, incoming: &mut Incoming, lots: u64) {
        incoming.leaves -= lots;
        if self.venue.matching_only {
            return;
        }
        let hold = u128::from(incoming.hold_per_lot) * u128::from(lots);
        incoming.held -= hold;
        let holding = self.holdings.at_mut(incoming.holding);
        holding.closed(incoming.side, lots, incoming.price);
        let place = holding.hold_place(incoming.side);
        self.balances.at_mut(place).hold(-(hold as i128));
    }

    /// One match: both sides execute at the resting order's price (ENG-013).
    #[inline(always)]
    fn trade<S: EventSink>(
        &mut self,
        incoming: &mut Incoming,
        resting: SlotIndex,
        out: &mut Out<'_, S>,
    ) {
        let quantity = incoming.leaves.min(self.pool[resting].leaves);
        self.venue.last_trade += 1;
        self.stats.trades += 1;
        let node = self.pool[resting];
        incoming.leaves -= quantity;
        incoming.executed += quantity;
        incoming.cost += u128::from(node.price) * u128::from(quantity);
        self.settle(&Match { incoming, resting: &node, quantity }, out);
        incoming.held -= self.hold_used(incoming, node.price, quantity);
        self.fill_resting(incoming.instrument(), resting, quantity);
    }

    /// What of an incoming order's hold an execution used up.
    #[inline(always)]
    fn hold_used(&self, incoming: &Incoming, price: u64, quantity: u64) -> u128 {
        if self.venue.matching_only {
            return 0;
        }
        u128::from(self.hold_at(incoming, price)) * u128::from(quantity)
    }

    /// A resting order executed so many lots: it shrinks where it stands, or is filled and gone.
    #[inline(always)]
    fn fill_resting(&mut self, instrument: usize, resting: SlotIndex, quantity: u64) {
        if self.pool[resting].leaves > quantity {
            self.books[instrument].reduce(&mut self.pool, resting, quantity);
            self.pool[resting].executed += quantity;
            self.pool.cold_mut(resting).history.updated = self.time;
            return;
        }
        self.books[instrument].remove(&mut self.pool, resting);
        self.unlink_own(resting);
        self.forget(resting, OrderStatus::Filled);
    }

    #[inline(always)]
    fn finish_filled(&mut self, incoming: &Incoming) {
        assert!(incoming.held == 0, "Invariant: a filled order holds nothing");
        match incoming.slot {
            Some(slot) => {
                self.forget(slot, OrderStatus::Filled);
            }
            None => self.finish_name(&incoming.name, incoming.order, OrderStatus::Filled),
        }
    }

    /// Puts what is left into the book.
    #[inline(always)]
    fn rest(&mut self, incoming: &Incoming) {
        let slot = match incoming.slot {
            Some(slot) => self.retake_place(slot, incoming),
            None => self.take_place(incoming),
        };
        self.link_own(slot);
        self.books[incoming.instrument()].insert(&mut self.pool, slot);
    }

    fn retake_place(&mut self, slot: SlotIndex, incoming: &Incoming) -> SlotIndex {
        let node = &mut self.pool[slot];
        node.price = incoming.price;
        node.leaves = incoming.leaves;
        node.executed = incoming.executed;
        node.hold_per_lot = incoming.hold_per_lot;
        self.pool.cold_mut(slot).history = self.history(incoming);
        slot
    }

    const fn history(&self, incoming: &Incoming) -> History {
        let entered = match incoming.entered {
            Some(entered) => entered,
            None => self.time,
        };
        let Incoming { cost, executed, .. } = *incoming;
        History { cost, executed, entered, updated: self.time }
    }

    #[inline(always)]
    fn take_place(&mut self, incoming: &Incoming) -> SlotIndex {
        let node = Node {
            order: incoming.order,
            price: incoming.price,
            leaves: incoming.leaves,
            executed: incoming.executed,
            hold_per_lot: incoming.hold_per_lot,
            holding: incoming.holding,
            next: SlotIndex::NONE,
            previous: SlotIndex::NONE,
            stream: incoming.name.origin.stream,
            user_ref: incoming.name.user_ref,
            terms: Terms {
                side: incoming.side,
                time_in_force: incoming.time_in_force,
                flags: incoming.flags,
                self_trade: incoming.self_trade,
            },
        };
        let name = &incoming.name;
        let cold = Cold {
            id: if name.is_numbered() { Name::ABSENT } else { name.id },
            tag: incoming.tag,
            younger: SlotIndex::NONE,
            older: SlotIndex::NONE,
            history: self.history(incoming),
        };
        let slot = self.pool.insert(node, cold);
        if name.is_numbered() {
            self.streams.set_live(name.origin.stream, name.user_ref, slot);
        } else {
            self.duplicates.live(name.account, name.id, slot);
        }
        slot
    }
}
