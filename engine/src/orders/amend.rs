//! Amends: an order changes in place and keeps its venue id and its executions. Less of it keeps
//! its place in the queue; more of it or another price goes to the back, and may trade (X-ENG-010).

use ringside_protocol::{
    Amend, Amended, CancelReason, ClientOrderId, CommandPayload, EventKind, GivenPrice,
    GivenQuantity, InstrumentId, OrderStatus, OrderType, Origin, Price, Priority, Quantity, Reason,
};

use super::Incoming;
use super::identity::{Claim, Naming};
use crate::Engine;
use crate::book::{Book, History, SlotIndex};
use crate::duplicates::FinishedId;
use crate::out::{EventSink, Out};
use crate::risk::{Given, Refusal, filter, note_submission, over_rate};

impl<B: Book> Engine<B> {
    /// Changes an order, or refuses and changes nothing.
    pub(crate) fn amend_order<S: EventSink>(
        &mut self,
        amend: &Amend,
        origin: Origin,
        out: &mut Out<'_, S>,
    ) {
        let mut name = Naming {
            account: amend.account,
            instrument: InstrumentId::NONE,
            origin,
            user_ref: amend.target.user_ref,
            id: amend.target.id,
        };
        let (order, amended) = match self.find_amended(amend, &mut name) {
            Ok(slot) => (self.pool[slot].order, self.change(amend, &name, slot, out)),
            Err(refusal) => (refusal.order(), Err(refusal)),
        };
        if let Err(refusal) = amended {
            self.refuse(Amend::NUMBER, &name, order, refusal, out);
        }
    }

    /// The order meant, if the account may amend it. What is wrong with the account goes before
    /// what is wrong with the order.
    fn find_amended(&mut self, amend: &Amend, name: &mut Naming) -> Result<SlotIndex, Refusal> {
        let found = self.find_order(amend.account, name.origin, &amend.target);
        let Ok(slot) = found else {
            name.instrument = self.instrument_meant(amend.account, amend.target.id);
            return self.refuse_unfound(amend, name, found);
        };
        let holding = self.pool[slot].holding;
        name.instrument = self.holdings.at(holding).instrument;
        if self.holdings.at(holding).limits.is_account_wide() {
            note_submission(&mut self.accounts[amend.account.index()], self.time);
        }
        self.check_new_id(amend)?;
        self.check_standing(holding, name.origin)?;
        Ok(slot)
    }

    #[cold]
    fn refuse_unfound(
        &mut self,
        amend: &Amend,
        name: &Naming,
        found: Result<SlotIndex, Refusal>,
    ) -> Result<SlotIndex, Refusal> {
        let Some(account) = self.accounts.get_mut(amend.account.index()) else {
            return Err(Reason::UnknownAccount.into());
        };
        note_submission(account, self.time);
        self.check_new_id(amend)?;
        self.check_account_standing(name)?;
        found
    }

    fn check_new_id(&mut self, amend: &Amend) -> Result<(), Refusal> {
        if amend.new_id.is_absent() {
            return Ok(());
        }
        let name = Naming {
            account: amend.account,
            instrument: InstrumentId::NONE,
            origin: Origin::default(),
            user_ref: 0,
            id: amend.new_id,
        };
        match self.claim(&name) {
            Claim::Refused(refusal) => Err(refusal),
            Claim::New | Claim::Repeated if amend.target.user_ref != 0 => {
                Err(Reason::BadValue.into())
            }
            Claim::New | Claim::Repeated => Ok(()),
        }
    }

    fn change<S: EventSink>(
        &mut self,
        amend: &Amend,
        name: &Naming,
        slot: SlotIndex,
        out: &mut Out<'_, S>,
    ) -> Result<(), Refusal> {
        let node = self.pool[slot];
        let total = node.leaves + node.executed;
        let given = self.amended_numbers(amend, slot);
        self.instruments[name.instrument.index()]
            .state
            .allows(OrderType::Limit, node.terms.flags)?;
        if let (Ok(quantity), Ok(price)) = (given.quantity.get(), given.price.get()) {
            let (quantity, same_price) = (quantity.lots(), price.ticks() == node.price);
            if quantity <= node.executed || (same_price && quantity <= total) {
                return self.shrink(amend, name, slot, quantity, out);
            }
        }
        self.requeue(amend, name, slot, &given, out)
    }

    /// Price and total as they would be.
    fn amended_numbers(&self, amend: &Amend, slot: SlotIndex) -> Given {
        let node = &self.pool[slot];
        let price = match amend.price.given() {
            Some(_) => amend.price,
            None => Price::new(node.price).map_or(GivenPrice::ABSENT, GivenPrice::of),
        };
        let quantity = match amend.quantity.given() {
            Some(_) => amend.quantity,
            None => {
                let total = Quantity::new(node.leaves + node.executed);
                total.map_or(GivenQuantity::ABSENT, GivenQuantity::of)
            }
        };
        Given { price, quantity }
    }

    /// The order as it would come in again.
    fn amended(&self, slot: SlotIndex, name: &Naming) -> Incoming {
        let (node, cold) = (&self.pool[slot], self.pool.cold(slot));
        let History { cost, entered, .. } = cold.history.now(node);
        Incoming {
            name: *name,
            order: node.order,
            holding: node.holding,
            side: node.terms.side,
            kind: OrderType::Limit,
            time_in_force: node.terms.time_in_force,
            flags: node.terms.flags,
            self_trade: node.terms.self_trade,
            price: node.price,
            quantity: node.leaves + node.executed,
            leaves: node.leaves,
            executed: node.executed,
            cost,
            entered: Some(entered),
            value: 0,
            value_before: u128::from(node.price) * u128::from(node.leaves + node.executed),
            daily_value: 0,
            hold_per_lot: 0,
            held: 0,
            tag: cold.tag,
            slot: Some(slot),
        }
    }

    /// Less of the order, at its place in the queue; no more than is executed ends it.
    fn shrink<S: EventSink>(
        &mut self,
        amend: &Amend,
        name: &Naming,
        slot: SlotIndex,
        quantity: u64,
        out: &mut Out<'_, S>,
    ) -> Result<(), Refusal> {
        let node = self.pool[slot];
        let ends = quantity <= node.executed;
        if !ends {
            self.check_shrunk(amend, name, slot)?;
        }
        if !self.venue.matching_only {
            over_rate(&self.accounts[name.account.index()], self.time)?;
        }
        let less = if ends { 0 } else { node.leaves + node.executed - quantity };
        if less > 0 {
            self.unhold(slot, less);
            self.books[name.instrument.index()].reduce(&mut self.pool, slot, less);
        }
        self.rename(amend, slot);
        // What ends is told as cancelled, not as taken off.
        let before = if ends { 0 } else { node.leaves };
        let after = After { quantity, leaves: quantity.saturating_sub(node.executed), before };
        self.emit_amended(slot, after, Priority::Kept, amend.new_id, out);
        if ends {
            self.cancel(slot, CancelReason::Amend, out);
        }
        Ok(())
    }

    /// What is less must still be an order of its instrument.
    fn check_shrunk(&self, amend: &Amend, name: &Naming, slot: SlotIndex) -> Result<(), Refusal> {
        let mut shrunk = self.amended(slot, name);
        let given = self.amended_numbers(amend, slot);
        let at = name.instrument.index();
        filter(&mut shrunk, &given, &self.instruments[at], &self.books[at], &self.pool, || None)
    }

    /// The order leaves the book and comes in again, judged as if it had not been there.
    fn requeue<S: EventSink>(
        &mut self,
        amend: &Amend,
        name: &Naming,
        slot: SlotIndex,
        given: &Given,
        out: &mut Out<'_, S>,
    ) -> Result<(), Refusal> {
        let mut incoming = self.amended(slot, name);
        self.detach(slot);
        if let Err(refusal) = self.admit(&mut incoming, given) {
            self.reattach(slot);
            return Err(refusal);
        }
        self.rename(amend, slot);
        // From here on it is reported to the stream that entered it, under its own names.
        let node = &self.pool[slot];
        let before = node.leaves;
        incoming.name.origin.stream = node.stream;
        incoming.name.user_ref = node.user_ref;
        incoming.name.id = self.pool.cold(slot).id;
        self.pool[slot].price = incoming.price;
        self.count_daily(&incoming);
        self.open(&incoming);
        let (quantity, leaves) = (incoming.quantity, incoming.leaves);
        let after = After { quantity, leaves, before };
        self.emit_amended(slot, after, Priority::Lost, amend.new_id, out);
        self.execute(&mut incoming, out);
        Ok(())
    }

    fn rename(&mut self, amend: &Amend, slot: SlotIndex) {
        if amend.new_id.is_absent() {
            return;
        }
        let node = self.pool[slot];
        let old = core::mem::replace(&mut self.pool.cold_mut(slot).id, amend.new_id);
        // The old id is used up: no order of that name is known from now on, and none may take it.
        let (order, status) = (node.order, OrderStatus::resting(node.executed));
        let (instrument, time) = (self.holdings.at(node.holding).instrument, self.time);
        let used_up = FinishedId { id: old, order, status, instrument, time };
        self.duplicates.finish(amend.account, used_up);
        self.duplicates.live(amend.account, amend.new_id, slot);
    }

    /// Says that a resting order is now this much.
    pub(crate) fn emit_amended<S: EventSink>(
        &mut self,
        slot: SlotIndex,
        after: After,
        priority: Priority,
        new_id: ClientOrderId,
        out: &mut Out<'_, S>,
    ) {
        let node = self.pool[slot];
        self.pool.cold_mut(slot).history.updated = self.time;
        let holding = self.holdings.at(node.holding);
        let held = self.balances.at(holding.hold_place(node.terms.side)).held;
        let report = self.streams.report(node.stream, node.user_ref, EventKind::Amended);
        out.emit(Amended {
            account: holding.account,
            instrument: holding.instrument,
            order: node.order,
            price: node.price,
            quantity: after.quantity,
            cumulative: node.executed,
            leaves: after.leaves,
            held: held.into(),
            priority,
            side: node.terms.side,
            reserved: [0; 2],
            report,
            taken_off: after.before.saturating_sub(after.leaves),
            new_id,
            reserved_2: [0; 4],
        });
    }
}

/// How much an order is after an amend.
#[derive(Clone, Copy, Debug)]
pub(crate) struct After {
    /// Total lots.
    pub(crate) quantity: u64,
    /// Lots still open.
    pub(crate) leaves: u64,
    /// Lots that were open before.
    pub(crate) before: u64,
}
