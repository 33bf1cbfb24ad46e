//! Orders, amends, replaces and cancels: the checks, then what follows.

use ringside_protocol::{
    AccountId, Amend, Cancel, CancelReason, InstrumentId, Name, Order, OrderId, OrderRef,
    OrderStatus, OrderType, Origin, Permissions, Priority, Reason, Replace,
};

use super::account::UsedId;
use super::{Live, Oracle};
use crate::fact::Fact;

impl Oracle {
    pub(super) fn done_order(&mut self, order: &Order, origin: Origin, now: u64) -> Vec<Fact> {
        match self.judge_order(order, origin, now, None) {
            Ok(live) => self.enter(live),
            Err(reason) => self.refuse_order(order, reason),
        }
        self.take_facts()
    }

    pub(super) fn done_replace(
        &mut self,
        replace: &Replace,
        origin: Origin,
        now: u64,
    ) -> Vec<Fact> {
        match self.judge_replace(replace, origin, now) {
            Ok((old, live)) => {
                self.cancel_resting(old.order, CancelReason::User);
                self.enter(live);
            }
            Err(reason) => self.refuse_order(&replace.order, reason),
        }
        self.take_facts()
    }

    pub(super) fn done_cancel(&mut self, cancel: &Cancel, origin: Origin, now: u64) -> Vec<Fact> {
        let permitted = self
            .known_account(cancel.account)
            .and_then(|()| self.permit(cancel.account, origin, now, Permissions::TRADE))
            .map_err(|reason| (OrderId(0), reason));
        match permitted.and_then(|()| self.find(cancel.account, &cancel.target)) {
            Ok(live) => self.cancel_resting(live.order, CancelReason::User),
            Err((order, reason)) => self.reject(cancel.account, order, cancel.target.id, reason),
        }
        self.take_facts()
    }

    pub(super) fn done_amend(&mut self, amend: &Amend, origin: Origin, now: u64) -> Vec<Fact> {
        match self.judge_amend(amend, origin, now) {
            Ok((old, new)) => self.change(amend, old, new),
            Err((order, reason)) => self.reject(amend.account, order, amend.target.id, reason),
        }
        self.take_facts()
    }

    /// The order as it would enter. With `instead` the check is made as if that one had gone.
    fn judge_order(
        &mut self,
        order: &Order,
        origin: Origin,
        now: u64,
        instead: Option<Live>,
    ) -> Result<Live, Reason> {
        self.known_account(order.account)?;
        self.known_market(order.instrument)?;
        self.check_new_id(order.account, order.id)?;
        self.check_kill(order.account, order.instrument)?;
        self.permit(order.account, origin, now, Permissions::TRADE)?;
        self.check_entry(origin)?;
        self.check_state(order.instrument, order.kind, order.flags)?;
        let mut live = self.draft(order, origin);
        self.check_instructions(&live)?;
        let (price, quantity) = self.check_numbers(order.kind, order.price, order.quantity)?;
        (live.price, live.leaves) = (price, quantity);
        match instead {
            None => self.judge_terms(&live),
            Some(old) => self.without(&old, |venue| venue.judge_terms(&live)),
        }?;
        Ok(live)
    }

    fn judge_terms(&self, live: &Live) -> Result<(), Reason> {
        self.check_filters(live, live.leaves)?;
        self.check_limits(live)?;
        self.check_funds(live, 0)?;
        self.check_meeting(live)
    }

    fn judge_replace(
        &mut self,
        replace: &Replace,
        origin: Origin,
        now: u64,
    ) -> Result<(Live, Live), Reason> {
        let order = &replace.order;
        self.known_account(order.account)?;
        self.known_market(order.instrument)?;
        self.check_new_id(order.account, order.id)?;
        self.check_kill(order.account, order.instrument)?;
        self.permit(order.account, origin, now, Permissions::TRADE)?;
        self.check_entry(origin)?;
        let old = self.find(order.account, &replace.target).map_err(|(_, reason)| reason)?;
        let live = self.judge_order(order, origin, now, Some(old))?;
        Ok((old, live))
    }

    /// Asks a question of the venue as it would be without one resting order.
    fn without<T>(&mut self, old: &Live, ask: impl FnOnce(&mut Self) -> T) -> T {
        let mut other = self.clone();
        other.cancel_resting(old.order, CancelReason::User);
        ask(&mut other)
    }

    fn draft(&self, order: &Order, origin: Origin) -> Live {
        let account = &self.accounts[order.account.index()];
        Live {
            order: OrderId(0),
            account: order.account,
            instrument: order.instrument,
            stream: origin.stream,
            id: order.id,
            tag: order.tag,
            side: order.side,
            kind: order.kind,
            time_in_force: order.time_in_force,
            flags: order.flags,
            self_trade: order.self_trade().unwrap_or(account.self_trade),
            price: 0,
            executed: 0,
            leaves: 0,
        }
    }

    fn refuse_order(&mut self, order: &Order, reason: Reason) {
        self.refuse_id(order, reason);
        self.reject(order.account, self.original(order, reason), order.id, reason);
    }

    /// The order whose id a refused one repeats; none for other refusals.
    fn original(&self, order: &Order, reason: Reason) -> OrderId {
        if reason != Reason::DuplicateId {
            return OrderId(0);
        }
        let used = self.accounts[order.account.index()].used(order.id);
        used.map_or(OrderId(0), |used| used.order)
    }

    /// The id of a refused order counts as used.
    fn refuse_id(&mut self, order: &Order, reason: Reason) {
        let known = self.known_account(order.account).is_ok();
        if known && reason != Reason::DuplicateId && !order.id.is_absent() {
            self.use_id(order.account, order.id, OrderId(0), OrderStatus::Rejected);
        }
    }

    fn use_id(&mut self, account: AccountId, id: Name, order: OrderId, status: OrderStatus) {
        self.accounts[account.index()].ids.push(UsedId { id, order, status });
    }

    /// An order that passed every check enters.
    fn enter(&mut self, mut live: Live) {
        self.orders += 1;
        live.order = OrderId(self.orders);
        self.use_id(live.account, live.id, live.order, OrderStatus::New);
        self.facts.push(Fact::Accepted {
            account: live.account,
            instrument: live.instrument,
            order: live.order,
            id: live.id,
            side: live.side,
            price: live.price,
            quantity: live.leaves,
        });
        self.move_hold(&live, self.hold_of(&live, live.leaves));
        self.run(live);
    }

    /// The living order that is meant, or why there is none.
    fn find(&self, account: AccountId, target: &OrderRef) -> Result<Live, (OrderId, Reason)> {
        let used = self.accounts[account.index()].used(target.id);
        let used = used.ok_or((OrderId(0), Reason::UnknownOrder))?;
        if used.status == OrderStatus::Rejected {
            return Err((OrderId(0), Reason::UnknownOrder)); // It never was an order.
        }
        if self.accounts[account.index()].latest_id(used.order) != Some(target.id) {
            return Err((OrderId(0), Reason::UnknownOrder)); // It went by another id since.
        }
        if used.status.is_final() {
            return Err((used.order, Reason::TooLate));
        }
        Ok(self.resting[self.place(used.order)])
    }

    /// The order before and after, if the amend passes.
    fn judge_amend(
        &self,
        amend: &Amend,
        origin: Origin,
        now: u64,
    ) -> Result<(Live, Live), (OrderId, Reason)> {
        let none = |reason| (OrderId(0), reason);
        self.known_account(amend.account).map_err(none)?;
        if !amend.new_id.is_absent() {
            let used = self.accounts[amend.account.index()].used(amend.new_id);
            let original = used.map_or(OrderId(0), |used| used.order);
            let duplicate = self.check_new_id(amend.account, amend.new_id);
            duplicate.map_err(|reason| (original, reason))?;
        }
        self.check_kill(amend.account, InstrumentId::NONE).map_err(none)?;
        self.permit(amend.account, origin, now, Permissions::TRADE).map_err(none)?;
        self.check_entry(origin).map_err(none)?;
        let old = self.find(amend.account, &amend.target)?;
        let new = self.judge_change(amend, &old).map_err(|reason| (old.order, reason))?;
        Ok((old, new))
    }

    fn judge_change(&self, amend: &Amend, old: &Live) -> Result<Live, Reason> {
        self.check_kill(old.account, old.instrument)?;
        self.check_state(old.instrument, OrderType::Limit, old.flags)?;
        let mut new = *old;
        let price = amend.price.given().transpose();
        let quantity = amend.quantity.given().transpose();
        let (price, quantity) = match (price, quantity) {
            (Ok(price), Ok(quantity)) => (price, quantity),
            (Err(one), Err(other)) => return Err(one.min(other)),
            (Err(reason), Ok(_)) | (Ok(_), Err(reason)) => return Err(reason),
        };
        new.price = price.map_or(old.price, |price| price.ticks());
        let total = quantity.map_or(old.executed + old.leaves, |quantity| quantity.lots());
        new.leaves = total.saturating_sub(old.executed);
        if new.leaves == 0 {
            return Ok(new);
        }
        self.check_filters(&new, total)?;
        if new.price != old.price || new.leaves > old.leaves {
            // It leaves the book and comes in again: judged as if it had not been there.
            self.check_limits(&new)?;
            self.check_funds(&new, self.hold_of(old, old.leaves))?;
            self.check_meeting(&new)?;
        }
        Ok(new)
    }

    fn change(&mut self, amend: &Amend, old: Live, mut new: Live) {
        if new.leaves == 0 {
            return self.change_to_nothing(amend, old, new);
        }
        let kept = new.price == old.price && new.leaves <= old.leaves;
        self.rename(amend, &mut new);
        self.move_hold(&new, self.hold_of(&new, new.leaves) - self.hold_of(&old, old.leaves));
        self.facts.push(Fact::Amended {
            account: new.account,
            order: new.order,
            price: new.price,
            quantity: new.executed + new.leaves,
            cumulative: new.executed,
            leaves: new.leaves,
            priority: if kept { Priority::Kept } else { Priority::Lost },
            new_id: amend.new_id,
        });
        let at = self.place(old.order);
        if kept {
            self.resting[at] = new;
        } else {
            self.resting.remove(at);
            self.run(new);
        }
    }
    /// A total at or below what was executed: the rest is cancelled.
    fn change_to_nothing(&mut self, amend: &Amend, old: Live, new: Live) {
        let total = amend.quantity.get().map_or(0, |quantity| quantity.lots());
        let mut renamed = old;
        self.rename(amend, &mut renamed);
        self.facts.push(Fact::Amended {
            account: old.account,
            order: old.order,
            price: old.price,
            quantity: total,
            cumulative: new.executed,
            leaves: 0,
            priority: Priority::Kept,
            new_id: amend.new_id,
        });
        self.cancel_resting(old.order, CancelReason::Amend);
    }

    /// The order goes by its new id from now on; the old one stays used.
    fn rename(&mut self, amend: &Amend, live: &mut Live) {
        if !amend.new_id.is_absent() {
            live.id = amend.new_id;
            let status = OrderStatus::resting(live.executed);
            self.use_id(live.account, live.id, live.order, status);
        }
    }
}
