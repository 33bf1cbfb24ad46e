//! How orders end before they are filled: cancelled one by one, by the many, by the kill switch, by
//! the end of a session.

use ringside_protocol::{
    AccountId, Cancel, CancelReason, Canceled, CommandPayload, Confirmed, EventKind, InstrumentId,
    MassCancel, OrderId, OrderRef, OrderStatus, Origin, Reason, Request, Side, StreamId,
};

use super::Incoming;
use super::identity::{Claim, Naming};
use crate::Engine;
use crate::book::{Book, Node, SlotIndex};
use crate::out::{EventSink, Out};
use crate::risk::Refusal;

/// Which orders are meant; what is `None` does not narrow it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Scope {
    pub(crate) account: Option<AccountId>,
    pub(crate) instrument: Option<InstrumentId>,
    pub(crate) stream: Option<StreamId>,
    pub(crate) side: Option<Side>,
    pub(crate) tag: Option<u32>,
}

impl<B: Book> Engine<B> {
    /// One order's end, asked for by its owner.
    #[inline(always)]
    pub(crate) fn cancel_order<S: EventSink>(
        &mut self,
        cancel: &Cancel,
        origin: Origin,
        out: &mut Out<'_, S>,
    ) {
        let target = &cancel.target;
        let mut name = Naming {
            account: cancel.account,
            instrument: InstrumentId::NONE,
            origin,
            user_ref: target.user_ref,
            id: target.id,
        };
        let found = self.find_permitted(cancel.account, origin, target);
        match found {
            Ok(slot) => {
                self.detach(slot);
                self.end_detached(slot, CancelReason::User, out);
            }
            Err(refusal) => {
                name.instrument = self.instrument_meant(cancel.account, target.id);
                if refusal.reason == Reason::TooLate && !self.hears_late_cancels(origin.stream) {
                    name.origin.stream = StreamId::NONE;
                }
                let order = refusal.order();
                self.refuse(Cancel::NUMBER, &name, order, refusal, out);
            }
        }
    }

    /// The order meant, if whoever asks may cancel it. Permission goes before everything that could
    /// be wrong with the order.
    #[inline(always)]
    fn find_permitted(
        &self,
        account: AccountId,
        origin: Origin,
        target: &OrderRef,
    ) -> Result<SlotIndex, Refusal> {
        let found = self.find_order(account, origin, target);
        match &found {
            Ok(slot) => self.check_holder(self.pool[*slot].holding, origin)?,
            Err(_) => self.check_asker(account, origin)?,
        }
        found
    }

    fn hears_late_cancels(&self, stream: StreamId) -> bool {
        self.streams.get(stream).is_none_or(|stream| stream.kind.hears_late_cancels())
    }

    /// Many orders' end, in order of entry (X-ENG-011).
    #[cold]
    pub(crate) fn mass_cancel<S: EventSink>(
        &mut self,
        mass: &MassCancel,
        origin: Origin,
        out: &mut Out<'_, S>,
    ) {
        let name = Naming {
            account: mass.account,
            instrument: mass.instrument,
            origin,
            user_ref: mass.user_ref,
            id: Default::default(),
        };
        match self.claim_request(&name) {
            Claim::Repeated => return,
            Claim::Refused(refusal) => {
                return self.refuse(MassCancel::NUMBER, &name, OrderId(0), refusal, out);
            }
            Claim::New => {}
        }
        if let Err(refusal) = self.check_asker(mass.account, origin) {
            let number = MassCancel::NUMBER;
            return self.refuse(number, &name, OrderId(0), refusal, out);
        }
        let tag = self.tags.find(mass.account, mass.tag);
        let scope = Scope {
            account: Some(mass.account),
            instrument: mass.instrument.is_some().then_some(mass.instrument),
            stream: mass.stream.is_some().then_some(mass.stream),
            side: mass.side(),
            tag: if mass.tag.is_absent() { None } else { Some(tag.unwrap_or(u32::MAX)) },
        };
        self.cancel_all(&scope, CancelReason::User, out);
        self.confirm(&name, Request::MassCancel, out);
    }

    /// Says on the stream that a numbered request was done.
    pub(crate) fn confirm<S: EventSink>(
        &mut self,
        name: &Naming,
        request: Request,
        out: &mut Out<'_, S>,
    ) {
        if !name.is_numbered() {
            return;
        }
        let report = self.streams.report(name.origin.stream, name.user_ref, EventKind::Confirmed);
        out.emit(Confirmed {
            account: name.account,
            instrument: name.instrument,
            request,
            reserved: [0; 3],
            report,
            reserved_2: 0,
        });
    }

    /// Cancels what fits the scope, in order of entry.
    pub(crate) fn cancel_all<S: EventSink>(
        &mut self,
        scope: &Scope,
        reason: CancelReason,
        out: &mut Out<'_, S>,
    ) {
        for slot in self.orders_in(scope) {
            self.cancel(slot, reason, out);
        }
    }

    /// The orders that fit the scope, in order of entry.
    pub(crate) fn orders_in(&self, scope: &Scope) -> Vec<SlotIndex> {
        let mut orders: Vec<SlotIndex> = match scope.account {
            Some(account) => self.own_orders(account).collect(),
            None => self.pool.iter().map(|(slot, _)| slot).collect(),
        };
        orders.retain(|&slot| self.fits(slot, scope));
        orders.sort_unstable_by_key(|&slot| self.pool[slot].order);
        orders
    }

    /// The open orders of an account, instrument by instrument.
    fn own_orders(&self, account: AccountId) -> impl Iterator<Item = SlotIndex> {
        self.accounts[account.index()].holdings.iter().flat_map(|&place| {
            let oldest = self.holdings.at(place).oldest.some();
            core::iter::successors(oldest, |&slot| self.pool.cold(slot).younger.some())
        })
    }

    fn fits(&self, slot: SlotIndex, scope: &Scope) -> bool {
        let node = &self.pool[slot];
        let instrument = self.holdings.at(node.holding).instrument;
        scope.instrument.is_none_or(|wanted| wanted == instrument)
            && scope.stream.is_none_or(|wanted| wanted == node.stream)
            && scope.side.is_none_or(|wanted| wanted == node.terms.side)
            && scope.tag.is_none_or(|wanted| wanted == self.pool.cold(slot).tag)
    }

    /// The account exists and may trade.
    fn check_asker(&self, account: AccountId, origin: Origin) -> Result<(), Refusal> {
        if account.index() >= self.accounts.len() {
            return Err(Reason::UnknownAccount.into());
        }
        self.check_permission(account, origin)
    }

    /// Ends a resting order.
    #[inline(never)]
    pub(crate) fn cancel<S: EventSink>(
        &mut self,
        slot: SlotIndex,
        reason: CancelReason,
        out: &mut Out<'_, S>,
    ) {
        self.detach(slot);
        self.end_detached(slot, reason, out);
    }

    /// Ends an order that is out of the book and holds nothing any more.
    pub(crate) fn end_detached<S: EventSink>(
        &mut self,
        slot: SlotIndex,
        reason: CancelReason,
        out: &mut Out<'_, S>,
    ) {
        let node = self.pool[slot];
        let name = self.forget(slot, OrderStatus::Canceled);
        self.emit_canceled(&name, &Rest::of(&node), reason, out);
    }

    /// Ends an order in whose place another comes. One that its stream numbers is not told there as
    /// cancelled: the new order's acceptance says which it replaces.
    pub(crate) fn end_replaced<S: EventSink>(&mut self, slot: SlotIndex, out: &mut Out<'_, S>) {
        let node = self.pool[slot];
        let mut name = self.forget(slot, OrderStatus::Canceled);
        if name.is_numbered() {
            name.origin.stream = StreamId::NONE;
        }
        self.emit_canceled(&name, &Rest::of(&node), CancelReason::User, out);
    }

    /// Ends an order that is not in the book with what is left of it.
    pub(crate) fn cancel_rest<S: EventSink>(
        &mut self,
        incoming: &Incoming,
        reason: CancelReason,
        out: &mut Out<'_, S>,
    ) {
        self.release_rest(incoming);
        match incoming.slot {
            Some(slot) => {
                self.forget(slot, OrderStatus::Canceled);
            }
            None => self.finish_name(&incoming.name, incoming.order, OrderStatus::Canceled),
        }
        let rest = Rest {
            order: incoming.order,
            holding: incoming.holding,
            side: incoming.side,
            leaves: incoming.leaves,
            executed: incoming.executed,
        };
        self.emit_canceled(&incoming.name, &rest, reason, out);
    }

    /// Frees an order's place and says who it was.
    #[inline(always)]
    pub(crate) fn forget(&mut self, slot: SlotIndex, status: OrderStatus) -> Naming {
        let node = self.pool[slot];
        let is_legal = OrderStatus::resting(node.executed).may_become(status);
        assert!(is_legal, "Invariant: a final state is never left (ENG-024)");
        let holding = self.holdings.at(node.holding);
        let name = Naming {
            account: holding.account,
            instrument: holding.instrument,
            origin: Origin { stream: node.stream, ..Origin::default() },
            user_ref: node.user_ref,
            id: self.pool.cold(slot).id,
        };
        if name.is_numbered() {
            self.streams.set_finished(node.stream, node.user_ref);
        }
        self.finish_name(&name, node.order, status);
        self.pool.remove(slot);
        name
    }

    #[inline(always)]
    fn emit_canceled<S: EventSink>(
        &mut self,
        name: &Naming,
        rest: &Rest,
        reason: CancelReason,
        out: &mut Out<'_, S>,
    ) {
        let place = self.holdings.at(rest.holding).hold_place(rest.side);
        let held = self.balances.at(place).held;
        let report = self.streams.report(name.origin.stream, name.user_ref, EventKind::Canceled);
        out.emit(Canceled {
            account: name.account,
            instrument: name.instrument,
            order: rest.order,
            leaves: rest.leaves,
            cumulative: rest.executed,
            held: held.into(),
            reason,
            reserved: [0; 3],
            report,
        });
    }

    /// Lots of a resting order are open no more: their hold is available again.
    #[inline(always)]
    pub(crate) fn unhold(&mut self, slot: SlotIndex, lots: u64) {
        if self.venue.matching_only {
            return;
        }
        let node = &self.pool[slot];
        let holding = self.holdings.at_mut(node.holding);
        holding.closed(node.terms.side, lots, node.price);
        let hold = u128::from(node.hold_per_lot) * u128::from(lots);
        self.balances.at_mut(holding.hold_place(node.terms.side)).hold(-(hold as i128));
    }

    /// What is left of an incoming order is open no more: what is still held is available again.
    #[inline(always)]
    fn release_rest(&mut self, incoming: &Incoming) {
        if self.venue.matching_only {
            return;
        }
        let holding = self.holdings.at_mut(incoming.holding);
        holding.closed(incoming.side, incoming.leaves, incoming.price);
        let place = holding.hold_place(incoming.side);
        self.balances.at_mut(place).hold(-(incoming.held as i128));
    }

    /// Links an order as its account's youngest in the instrument.
    #[inline(always)]
    pub(crate) fn link_own(&mut self, slot: SlotIndex) {
        let holding = self.pool[slot].holding;
        let youngest = self.holdings.at(holding).youngest;
        let cold = self.pool.cold_mut(slot);
        cold.older = youngest;
        cold.younger = SlotIndex::NONE;
        self.relink_own(slot);
    }

    /// Links an order between the neighbours that it still remembers.
    #[inline(always)]
    pub(crate) fn relink_own(&mut self, slot: SlotIndex) {
        let cold = *self.pool.cold(slot);
        let holding = self.holdings.at_mut(self.pool[slot].holding);
        match cold.older.some() {
            Some(older) => self.pool.cold_mut(older).younger = slot,
            None => holding.oldest = slot,
        }
        match cold.younger.some() {
            Some(younger) => self.pool.cold_mut(younger).older = slot,
            None => holding.youngest = slot,
        }
        holding.open_orders += 1;
    }

    /// Unlinks an order from its account's; it keeps remembering its neighbours.
    #[inline(always)]
    pub(crate) fn unlink_own(&mut self, slot: SlotIndex) {
        let cold = *self.pool.cold(slot);
        let holding = self.holdings.at_mut(self.pool[slot].holding);
        match cold.older.some() {
            Some(older) => self.pool.cold_mut(older).younger = cold.younger,
            None => holding.oldest = cold.younger,
        }
        match cold.younger.some() {
            Some(younger) => self.pool.cold_mut(younger).older = cold.older,
            None => holding.youngest = cold.older,
        }
        holding.open_orders -= 1;
    }
}

/// What `canceled` says of an order.
struct Rest {
    order: OrderId,
    holding: u32,
    side: Side,
    leaves: u64,
    executed: u64,
}

impl Rest {
    fn of(node: &Node) -> Self {
        Self {
            order: node.order,
            holding: node.holding,
            side: node.terms.side,
            leaves: node.leaves,
            executed: node.executed,
        }
    }
}
