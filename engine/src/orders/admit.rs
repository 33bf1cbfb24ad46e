//! The checks an order passes before it exists, one rule after another in the documented order:
//! kill switch, permission, instrument state, filters, risk, funds, self-trade, and what the book
//! says (X-RSK-002). They change nothing but the order in hand; the first rule broken is the
//! reason.

use ringside_protocol::{OrderFlags, OrderType, Reason, SelfTrade, Side, TimeInForce};

use super::Incoming;
use crate::Engine;
use crate::book::{AtOwn, Book, OPEN_ORDERS_MAX, Search};
use crate::risk::{
    Given, LimitCheck, Own, Refusal, check_limits, exposure_with, filter, in_value, over_rate,
};

impl<B: Book> Engine<B> {
    /// Runs the list and completes the order. Whoever calls has checked the name and looked up the
    /// holding.
    #[inline(always)]
    pub(crate) fn admit(&self, order: &mut Incoming, given: &Given) -> Result<(), Refusal> {
        let terms = &self.instruments[order.instrument()];
        let book = &self.books[order.instrument()];
        self.check_standing(order.holding, order.name.origin)?;
        terms.state.allows(order.kind, order.flags)?;
        if order.self_trade == SelfTrade::None && !self.venue.test_mode {
            return Err(Reason::BadValue.into());
        }
        let own = self.own(order);
        filter(order, given, terms, book, &self.pool, || own)?;
        if book.lots(order.side).checked_add(order.leaves).is_none() {
            return Err(Reason::Overflow.into());
        }
        if self.venue.matching_only {
            order.held = 0;
        } else {
            self.check_risk(order)?;
            self.check_funds(order)?;
        }
        self.check_against_book(order)?;
        if self.pool.is_full() {
            return Err(Refusal::with(Reason::Limit, OPEN_ORDERS_MAX as i128, 0));
        }
        Ok(())
    }

    #[inline(always)]
    fn check_risk(&self, order: &mut Incoming) -> Result<(), Refusal> {
        let holding = self.holdings.at(order.holding);
        if holding.limits.surely_admits(holding, order) {
            return Ok(());
        }
        self.check_rules(order)
    }

    /// The risk rules one by one, in the order of their reasons.
    #[cold]
    fn check_rules(&self, order: &mut Incoming) -> Result<(), Refusal> {
        let holding = self.holdings.at(order.holding);
        let account = &self.accounts[holding.account.index()];
        let terms = &self.instruments[order.instrument()];
        over_rate(account, self.time)?;
        if account.limits.max_daily_value.is_some() {
            let gained = order.value.saturating_sub(order.value_before);
            order.daily_value = in_value(gained, &terms.scales);
        }
        let check = LimitCheck { account, holding, terms, order, day: self.calendar.day };
        check_limits(&check)?;
        self.check_exposure(&check)?;
        check.daily()
    }

    /// Positions and open orders of every instrument, and this order (RSK-004).
    fn check_exposure(&self, check: &LimitCheck<'_>) -> Result<(), Refusal> {
        let Some(limit) = check.account.limits.max_exposure else { return Ok(()) };
        let (order, terms) = (check.order, check.terms);
        let price = order.value / u128::from(order.quantity);
        let mut exposure = in_value(price.saturating_mul(u128::from(order.leaves)), &terms.scales);
        for &place in &check.account.holdings {
            let holding = self.holdings.at(place);
            let terms = &self.instruments[holding.instrument.index()];
            exposure = exposure.saturating_add(exposure_with(holding, terms));
        }
        if exposure > limit {
            return Err(Refusal::with(Reason::Exposure, limit, exposure));
        }
        Ok(())
    }

    /// What it needs must be available; that is then held (LED-002, RSK-009, RSK-011).
    #[inline(always)]
    fn check_funds(&self, order: &Incoming) -> Result<(), Refusal> {
        let place = self.holdings.at(order.holding).hold_place(order.side);
        let available = self.balances.at(place).available;
        // The filters keep holds within range.
        let needed = order.held as i128;
        if needed > available {
            let reason = match order.side {
                Side::Buy => Reason::InsufficientFunds,
                Side::Sell => Reason::NoShort,
            };
            return Err(Refusal::with(reason, available, needed));
        }
        Ok(())
    }

    /// What the other side of the book says: self-trade, post-only, FOK, nothing there.
    #[inline(always)]
    fn check_against_book(&self, order: &Incoming) -> Result<(), Refusal> {
        let best = self.books[order.instrument()].best(order.side.opposite());
        if let Some(best) = best.filter(|&best| order.reaches(best)) {
            self.check_meeting(order, best)?;
        }
        if order.time_in_force == TimeInForce::Fok {
            let found = self.executable_now(order);
            if found < order.leaves {
                return Err(Refusal::with(Reason::Fok, found, order.leaves));
            }
        }
        if order.kind == OrderType::Market && best.is_none() {
            return Err(Reason::NoLiquidity.into());
        }
        Ok(())
    }

    /// The order would meet the best of the other side. REJECT_TAKER: refused where that is its own
    /// (ENG-014); post-only: refused.
    #[inline(always)]
    fn check_meeting(&self, order: &Incoming, best: u64) -> Result<(), Refusal> {
        if order.self_trade == SelfTrade::RejectTaker {
            let front = self.books[order.instrument()].front(order.side.opposite());
            if front.is_some_and(|front| self.pool[front].holding == order.holding) {
                return Err(Reason::SelfTrade.into());
            }
        }
        if order.flags.has(OrderFlags::POST_ONLY) {
            return Err(Refusal::with(Reason::PostOnly, best, order.price));
        }
        Ok(())
    }

    /// Lots it could execute now. Its own orders never count, not even where they may trade.
    fn executable_now(&self, order: &Incoming) -> u64 {
        let has_own = self.holdings.at(order.holding).open_orders > 0;
        let passed = has_own.then_some((order.holding, AtOwn::Passes));
        let search = Search {
            side: order.side,
            limit: order.limit(),
            wanted: order.leaves,
            own: self.own(order).or(passed),
        };
        search.executable(&self.books[order.instrument()], &self.pool)
    }

    /// What the order does at orders of its own, where there are any.
    #[inline(always)]
    fn own(&self, order: &Incoming) -> Own {
        if self.holdings.at(order.holding).open_orders == 0 {
            return None;
        }
        let at_own = match order.self_trade {
            SelfTrade::None => return None,
            SelfTrade::CancelMaker => AtOwn::Passes,
            SelfTrade::Decrement => AtOwn::Shrinks,
            SelfTrade::RejectTaker | SelfTrade::CancelTaker | SelfTrade::CancelBoth => AtOwn::Ends,
        };
        Some((order.holding, at_own))
    }
}
