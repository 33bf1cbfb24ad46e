//! New orders, and orders that replace another.

use ringside_protocol::{
    Accepted, AccountId, CommandPayload, EventKind, GivenQuantity, InstrumentId, Order, OrderId,
    OrderStatus, Origin, Quantity, Reason, Replace,
};

use super::Incoming;
use super::identity::{Claim, Naming};
use crate::Engine;
use crate::book::{Book, SlotIndex};
use crate::out::{EventSink, Out};
use crate::risk::{Given, Refusal, note_submission};

impl<B: Book> Engine<B> {
    /// A new order.
    #[inline(always)]
    pub(crate) fn enter_order<S: EventSink>(
        &mut self,
        order: &Order,
        origin: Origin,
        out: &mut Out<'_, S>,
    ) {
        let mut incoming = Incoming::new(order, origin);
        match self.claim_for(&mut incoming) {
            Claim::Repeated => {}
            Claim::Refused(refusal) => self.refuse_claim(Order::NUMBER, &incoming, refusal, out),
            Claim::New => match self.admit_order(order, &mut incoming) {
                Err(refusal) => self.refuse_order(Order::NUMBER, &incoming, refusal, out),
                Ok(()) => self.accept(order, &mut incoming, 0, out),
            },
        }
    }

    /// Cancels one order and enters another, or does neither (X-ENG-011). The new order is judged
    /// as if the old one were gone already. An order that its stream numbers hands on its
    /// instrument and side, and what it executed counts: the new order's quantity is for both.
    #[cold]
    pub(crate) fn replace_order<S: EventSink>(
        &mut self,
        replace: &Replace,
        origin: Origin,
        out: &mut Out<'_, S>,
    ) {
        let order = &match self.handed_on(replace, origin) {
            Ok(order) => order,
            Err(refusal) => return self.refuse_heir(&replace.order, origin, refusal, out),
        };
        let mut incoming = Incoming::new(order, origin);
        match self.claim_for(&mut incoming) {
            Claim::Repeated => return,
            Claim::Refused(refusal) => {
                return self.refuse_claim(Replace::NUMBER, &incoming, refusal, out);
            }
            Claim::New => {}
        }
        let old = match self.find_replaced(replace, &incoming) {
            Ok(slot) => slot,
            Err(refusal) => return self.refuse_order(Replace::NUMBER, &incoming, refusal, out),
        };
        self.detach(old);
        match self.admit_order(order, &mut incoming) {
            Err(refusal) => {
                self.reattach(old);
                self.refuse_order(Replace::NUMBER, &incoming, refusal, out);
            }
            Ok(()) => {
                let replaces = self.pool[old].user_ref;
                self.end_replaced(old, out);
                self.accept(order, &mut incoming, replaces, out);
            }
        }
    }

    /// The new order with what the old one hands on.
    fn handed_on(&self, replace: &Replace, origin: Origin) -> Result<Order, Refusal> {
        let mut order = replace.order;
        if replace.target.user_ref == 0 {
            return Ok(order);
        }
        let slot = self.find_order(order.account, origin, &replace.target)?;
        let node = &self.pool[slot];
        order.instrument = self.holdings.at(node.holding).instrument;
        order.side = node.terms.side;
        if let (Ok(total), 1..) = (order.quantity.get(), node.executed) {
            let left = total.lots().checked_sub(node.executed).and_then(Quantity::new);
            let left = left.ok_or(Refusal::of_order(
                Reason::TooLate,
                node.order,
                OrderStatus::resting(node.executed),
            ))?;
            order.quantity = GivenQuantity::of(left);
        }
        Ok(order)
    }

    /// Refuses an order in the place of one that is not there; a repeat is still ignored.
    fn refuse_heir<S: EventSink>(
        &mut self,
        order: &Order,
        origin: Origin,
        refusal: Refusal,
        out: &mut Out<'_, S>,
    ) {
        let name = Naming::of(order, origin);
        let refusal = match self.claim(&name) {
            Claim::Repeated => return,
            Claim::Refused(refusal) => refusal,
            Claim::New => refusal,
        };
        self.refuse(Replace::NUMBER, &name, refusal.order(), refusal, out);
    }

    fn find_replaced(
        &mut self,
        replace: &Replace,
        incoming: &Incoming,
    ) -> Result<SlotIndex, Refusal> {
        let name = &incoming.name;
        self.check_standing(incoming.holding, name.origin)?;
        self.find_order(name.account, name.origin, &replace.target)
    }

    /// Who and where, then the memory of names.
    #[inline(always)]
    fn claim_for(&mut self, incoming: &mut Incoming) -> Claim {
        let name = &incoming.name;
        incoming.holding = match self.recent_holding(name) {
            Some(place) => place,
            None => match self.look_up_holding(name) {
                Ok(place) => place,
                Err(reason) => return self.claim_nowhere(incoming, reason),
            },
        };
        if self.holdings.at(incoming.holding).limits.is_account_wide() {
            note_submission(&mut self.accounts[name.account.index()], self.time);
        }
        self.claim(name)
    }

    /// An order of nobody, or in nothing: a number it repeats is ignored all the same.
    #[cold]
    fn claim_nowhere(&mut self, incoming: &Incoming, reason: Reason) -> Claim {
        match incoming.name.is_numbered().then(|| self.claim(&incoming.name)) {
            Some(Claim::Repeated) => Claim::Repeated,
            Some(Claim::Refused(refusal)) => Claim::Refused(refusal),
            Some(Claim::New) | None => Claim::Refused(reason.into()),
        }
    }

    /// The holding that the stream's last order was in, if this one is too.
    #[inline(always)]
    fn recent_holding(&self, name: &Naming) -> Option<u32> {
        let stream = self.streams.get(name.origin.stream)?;
        if stream.account == name.account { stream.recent_holding(name.instrument) } else { None }
    }

    fn look_up_holding(&mut self, name: &Naming) -> Result<u32, Reason> {
        let place = match self.holdings.find(name.account, name.instrument) {
            Some(place) => place,
            None => self.first_contact(name.account, name.instrument)?,
        };
        if let Some(stream) = self.streams.rows.get_mut(name.origin.stream.index())
            && stream.account == name.account
        {
            stream.set_recent_holding(name.instrument, place);
        }
        Ok(place)
    }

    #[cold]
    fn first_contact(
        &mut self,
        account: AccountId,
        instrument: InstrumentId,
    ) -> Result<u32, Reason> {
        if account.index() >= self.accounts.len() {
            return Err(Reason::UnknownAccount);
        }
        if instrument.index() >= self.instruments.len() {
            return Err(Reason::UnknownSymbol);
        }
        Ok(self.open_holding(account, instrument))
    }

    #[inline(always)]
    fn admit_order(&mut self, order: &Order, incoming: &mut Incoming) -> Result<(), Refusal> {
        incoming.self_trade = match order.self_trade {
            0 => self.holdings.at(incoming.holding).self_trade,
            _ => order.self_trade().ok_or(Reason::BadValue)?,
        };
        self.admit(incoming, &Given { price: order.price, quantity: order.quantity })?;
        if self.tags.refuses(order.account, order.tag) {
            return Err(Refusal::with(Reason::Limit, crate::TAGS_MAX as i128, 0));
        }
        Ok(())
    }

    #[inline(always)]
    fn accept<S: EventSink>(
        &mut self,
        order: &Order,
        incoming: &mut Incoming,
        replaces: u32,
        out: &mut Out<'_, S>,
    ) {
        self.venue.last_order += 1;
        incoming.order = OrderId(self.venue.last_order);
        incoming.tag = self.tags.number(order.account, order.tag);
        self.count_daily(incoming);
        let held = self.open(incoming);
        let name = &incoming.name;
        let report = self.streams.report(name.origin.stream, name.user_ref, EventKind::Accepted);
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
            id: order.id,
            replaces,
        });
        self.execute(incoming, out);
    }

    /// Holds what the order needs and books it as open; says the account's resulting hold.
    #[inline(always)]
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

    #[inline(always)]
    pub(crate) fn count_daily(&mut self, incoming: &Incoming) {
        if incoming.daily_value == 0 {
            return;
        }
        let account = &mut self.accounts[incoming.name.account.index()];
        if account.day != self.calendar.day {
            account.day = self.calendar.day;
            account.daily_value = 0;
        }
        account.daily_value += incoming.daily_value;
    }

    /// A new name that was refused: it counts as used.
    #[cold]
    fn refuse_order<S: EventSink>(
        &mut self,
        command: u8,
        incoming: &Incoming,
        refusal: Refusal,
        out: &mut Out<'_, S>,
    ) {
        self.finish_name(&incoming.name, OrderId(0), OrderStatus::Rejected);
        self.refuse(command, &incoming.name, OrderId(0), refusal, out);
    }

    /// A name that was refused itself; the event names the order that has it.
    #[cold]
    fn refuse_claim<S: EventSink>(
        &mut self,
        command: u8,
        incoming: &Incoming,
        refusal: Refusal,
        out: &mut Out<'_, S>,
    ) {
        self.refuse(command, &incoming.name, refusal.order(), refusal, out);
    }

    /// Takes a resting order out of the book and its account's open orders, to see what would be
    /// without it; [`Self::reattach`] undoes it exactly.
    #[inline(always)]
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
    #[inline(always)]
    pub(crate) fn instrument_of(&self, slot: SlotIndex) -> usize {
        self.holdings.at(self.pool[slot].holding).instrument.index()
    }

    /// The holding of an account in an instrument, made on first contact.
    #[inline(always)]
    pub(crate) fn holding(&mut self, account: AccountId, instrument: InstrumentId) -> u32 {
        match self.holdings.find(account, instrument) {
            Some(place) => place,
            None => self.open_holding(account, instrument),
        }
    }
}
