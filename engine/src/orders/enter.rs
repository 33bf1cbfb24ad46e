//! New orders, and orders that replace another.

use ringside_protocol::{
    Accepted, AccountId, CancelReason, CommandPayload, EventKind, InstrumentId, Order, OrderId,
    OrderStatus, Origin, Reason, Replace,
};

use super::Incoming;
use super::admit::{Admitted, Request};
use super::identity::{Claim, Naming};
use crate::Engine;
use crate::book::{Book, SlotIndex};
use crate::out::{EventSink, Out};
use crate::risk::{Refusal, Shape, note_submission};

impl<B: Book> Engine<B> {
    /// A new order.
    #[inline]
    pub(crate) fn enter_order<S: EventSink>(
        &mut self,
        order: &Order,
        origin: Origin,
        out: &mut Out<'_, S>,
    ) {
        let name = naming(order, origin);
        let number = Order::NUMBER;
        match self.claim_for(&name) {
            Claim::Repeated => {}
            Claim::Refused(refusal) => self.refuse_claim(number, &name, refusal, out),
            Claim::New => match self.admit_order(order, &name) {
                Err(refusal) => self.refuse_order(number, &name, refusal, out),
                Ok((request, admitted)) => self.accept(order, &name, &request, &admitted, out),
            },
        }
    }

    /// Cancels one order and enters another, or does neither (X-ENG-011). The new order is judged as
    /// if the old one were gone already.
    pub(crate) fn replace_order<S: EventSink>(
        &mut self,
        replace: &Replace,
        origin: Origin,
        out: &mut Out<'_, S>,
    ) {
        let order = &replace.order;
        let name = naming(order, origin);
        let number = Replace::NUMBER;
        match self.claim_for(&name) {
            Claim::Repeated => return,
            Claim::Refused(refusal) => return self.refuse_claim(number, &name, refusal, out),
            Claim::New => {}
        }
        let holding = self.holding(order.account, order.instrument);
        let old = match self.check_standing(holding, &name) {
            Ok(()) => self.find_order(order.account, origin, &replace.target),
            Err(refusal) => Err(refusal),
        };
        let old = match old {
            Ok(slot) => slot,
            Err(refusal) => return self.refuse_order(number, &name, refusal, out),
        };
        self.detach(old);
        match self.admit_order(order, &name) {
            Err(refusal) => {
                self.reattach(old);
                self.refuse_order(number, &name, refusal, out);
            }
            Ok((request, admitted)) => {
                self.end_detached(old, CancelReason::User, out);
                self.accept(order, &name, &request, &admitted, out);
            }
        }
    }

    /// Who and where, then the memory of names.
    fn claim_for(&mut self, name: &Naming) -> Claim {
        if name.account.index() >= self.accounts.len() {
            return Claim::Refused(Reason::UnknownAccount.into());
        }
        if name.instrument.index() >= self.instruments.len() {
            return Claim::Refused(Reason::UnknownSymbol.into());
        }
        note_submission(&mut self.accounts[name.account.index()], self.time);
        self.claim(name)
    }

    fn admit_order(
        &mut self,
        order: &Order,
        name: &Naming,
    ) -> Result<(Request, Admitted), Refusal> {
        let self_trade = match order.self_trade {
            0 => self.accounts[name.account.index()].self_trade,
            _ => order.self_trade().ok_or(Reason::BadValue)?,
        };
        let request = Request {
            shape: Shape {
                side: order.side,
                kind: order.kind,
                time_in_force: order.time_in_force,
                flags: order.flags,
                price: order.price,
                quantity: order.quantity,
            },
            self_trade,
            holding: self.holding(name.account, name.instrument),
            instrument: name.instrument.index(),
            executed: 0,
            value_before: 0,
        };
        let admitted = self.admit(name, &request)?;
        if self.tags.refuses(order.tag) {
            return Err(Refusal::with(Reason::Limit, crate::TAGS_MAX as i128, 0));
        }
        Ok((request, admitted))
    }

    fn accept<S: EventSink>(
        &mut self,
        order: &Order,
        name: &Naming,
        request: &Request,
        admitted: &Admitted,
        out: &mut Out<'_, S>,
    ) {
        self.venue.last_order += 1;
        let mut incoming = request.incoming(admitted, name);
        incoming.order = OrderId(self.venue.last_order);
        incoming.tag = self.tags.number(order.tag);
        self.count_daily(name.account, admitted.daily_value);
        let held = self.open(&incoming);
        let report = self.streams.report(incoming.stream, name.user_ref, EventKind::Accepted);
        out.emit(Accepted {
            account: name.account,
            instrument: name.instrument,
            order: incoming.order,
            price: incoming.price,
            quantity: incoming.leaves,
            side: incoming.side,
            kind: incoming.kind,
            time_in_force: incoming.time_in_force,
            flags: incoming.flags,
            report,
            held: held.into(),
            id: name.id,
            reserved: [0; 4],
        });
        self.execute(incoming, out);
    }

    /// Holds what the order needs and books it as open; says the account's resulting hold.
    #[inline]
    pub(crate) fn open(&mut self, incoming: &Incoming) -> i128 {
        if self.venue.matching_only {
            return 0;
        }
        let holding = self.holdings.at_mut(incoming.holding);
        holding.opened(incoming.side, incoming.leaves, incoming.price);
        let balance = self.balances.at_mut(holding.hold_place(incoming.side));
        balance.hold(incoming.held as i128);
        balance.held
    }

    pub(crate) fn count_daily(&mut self, account: AccountId, value: i128) {
        let account = &mut self.accounts[account.index()];
        if account.limits.max_daily_value.is_none() {
            return;
        }
        if account.day != self.calendar.day {
            account.day = self.calendar.day;
            account.daily_value = 0;
        }
        account.daily_value += value;
    }

    /// A new name that was refused: it counts as used.
    fn refuse_order<S: EventSink>(
        &mut self,
        command: u8,
        name: &Naming,
        refusal: Refusal,
        out: &mut Out<'_, S>,
    ) {
        self.finish_name(name, OrderId(0), OrderStatus::Rejected);
        self.refuse(command, name, OrderId(0), refusal, out);
    }

    /// A name that was refused itself; the event names the order that has it.
    fn refuse_claim<S: EventSink>(
        &mut self,
        command: u8,
        name: &Naming,
        refusal: Refusal,
        out: &mut Out<'_, S>,
    ) {
        self.refuse(command, name, refusal.order(), refusal, out);
    }

    /// Takes a resting order out of the book and its account's open orders, to see what would be
    /// without it; [`Self::reattach`] undoes it exactly.
    pub(crate) fn detach(&mut self, slot: SlotIndex) {
        let node = self.pool[slot];
        let instrument = self.instrument_of(slot);
        self.books[instrument].remove(&mut self.pool, slot);
        self.unhold(slot, node.leaves);
        self.unlink_own(slot);
    }

    /// Puts a detached order back where it was.
    pub(crate) fn reattach(&mut self, slot: SlotIndex) {
        let node = self.pool[slot];
        let instrument = self.instrument_of(slot);
        self.books[instrument].restore(&mut self.pool, slot);
        self.relink_own(slot);
        if !self.venue.matching_only {
            let holding = self.holdings.at_mut(node.holding);
            holding.opened(node.terms.side, node.leaves, node.price);
            let hold = u128::from(node.hold_per_lot) * u128::from(node.leaves);
            self.balances.at_mut(holding.hold_place(node.terms.side)).hold(hold as i128);
        }
    }

    /// Place of a resting order's instrument.
    #[inline]
    pub(crate) fn instrument_of(&self, slot: SlotIndex) -> usize {
        self.holdings.at(self.pool[slot].holding).instrument.index()
    }

    /// The holding of an account in an instrument, made on first contact.
    #[inline]
    pub(crate) fn holding(&mut self, account: AccountId, instrument: InstrumentId) -> u32 {
        match self.holdings.find(account, instrument) {
            Some(place) => place,
            None => self.open_holding(account, instrument),
        }
    }
}

fn naming(order: &Order, origin: Origin) -> Naming {
    Naming {
        account: order.account,
        instrument: order.instrument,
        origin,
        user_ref: order.user_ref,
        id: if order.user_ref == 0 { order.id } else { Default::default() },
    }
}
