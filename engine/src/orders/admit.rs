//! The checks an order passes before it exists, one rule after another in the documented order:
//! kill switch, permission, instrument state, filters, risk, funds, self-trade, and what the book
//! says (X-RSK-002). They change nothing; the first rule broken is the reason.

use ringside_protocol::{OrderFlags, OrderType, Reason, SelfTrade, Side, TimeInForce};

use super::Incoming;
use super::identity::Naming;
use crate::Engine;
use crate::book::{AtOwn, Book, Search};
use crate::risk::{
    Filtered, LimitCheck, Own, Refusal, Shape, check_limits, exposure_with, filter, in_value,
    market_limit, over_rate,
};

/// What is asked of the book: a new order, or an order in its amended form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    pub(crate) shape: Shape,
    pub(crate) self_trade: SelfTrade,
    /// The account in the instrument.
    pub(crate) holding: u32,
    /// Place of the instrument.
    pub(crate) instrument: usize,
    /// Lots of the order executed before: 0 for a new one.
    pub(crate) executed: u64,
    /// Value it had before, ticks × lots: 0 for a new one. Only what it gains counts for the day.
    pub(crate) value_before: u128,
}

/// A request that passed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Admitted {
    pub(crate) order: Filtered,
    pub(crate) leaves: u64,
    /// To be held at first.
    pub(crate) hold: u128,
    /// Value that counts towards the day, units of 10^−12 quote.
    pub(crate) daily_value: i128,
}

impl<B: Book> Engine<B> {
    /// Runs the list. Whoever calls has checked the name and looked up the holding.
    #[inline]
    pub(crate) fn admit(&self, name: &Naming, request: &Request) -> Result<Admitted, Refusal> {
        let terms = &self.instruments[request.instrument];
        let book = &self.books[request.instrument];
        self.check_standing(request.holding, name)?;
        terms.state.allows(request.shape.kind, request.shape.flags)?;
        if request.self_trade == SelfTrade::None && !self.venue.test_mode {
            return Err(Reason::BadValue.into());
        }
        let order = filter(&request.shape, terms, book, &self.pool, || self.own(request))?;
        let leaves = order.quantity.saturating_sub(request.executed);
        if book.lots(request.shape.side).checked_add(leaves).is_none() {
            return Err(Reason::Overflow.into());
        }
        let mut admitted = Admitted { order, leaves, hold: 0, daily_value: 0 };
        if !self.venue.matching_only {
            self.check_risk(request, &mut admitted)?;
            self.check_funds(request, &mut admitted)?;
        }
        self.check_against_book(request, &order, leaves)?;
        if self.pool.is_full() {
            return Err(Refusal::with(Reason::Limit, crate::book::OPEN_ORDERS_MAX as i128, 0));
        }
        Ok(admitted)
    }

    #[inline]
    fn check_risk(&self, request: &Request, admitted: &mut Admitted) -> Result<(), Refusal> {
        let holding = self.holdings.at(request.holding);
        let (shape, order) = (&request.shape, &admitted.order);
        let limits = &holding.limits;
        if limits.surely_admits(holding, shape.side, admitted.leaves, order.value, rests(shape)) {
            return Ok(());
        }
        self.check_rules(request, admitted)
    }

    /// The risk rules one by one, in the order of their reasons.
    #[cold]
    fn check_rules(&self, request: &Request, admitted: &mut Admitted) -> Result<(), Refusal> {
        let holding = self.holdings.at(request.holding);
        let account = &self.accounts[holding.account.index()];
        let terms = &self.instruments[request.instrument];
        over_rate(account, self.time)?;
        let gained = admitted.order.value.saturating_sub(request.value_before);
        if account.limits.max_daily_value.is_some() {
            admitted.daily_value = in_value(gained, &terms.scales);
        }
        let check = LimitCheck {
            account,
            holding,
            terms,
            order: &admitted.order,
            side: request.shape.side,
            leaves: admitted.leaves,
            rests: rests(&request.shape),
            daily_value: admitted.daily_value,
            day: self.calendar.day,
        };
        check_limits(&check)?;
        self.check_exposure(&check)?;
        check.daily()
    }

    /// Positions and open orders of every instrument, and this order (RSK-004).
    fn check_exposure(&self, check: &LimitCheck<'_>) -> Result<(), Refusal> {
        let Some(limit) = check.account.limits.max_exposure else { return Ok(()) };
        let price = check.order.value / u128::from(check.order.quantity);
        let mut exposure =
            in_value(price.saturating_mul(u128::from(check.leaves)), &check.terms.scales);
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
    #[inline]
    fn check_funds(&self, request: &Request, admitted: &mut Admitted) -> Result<(), Refusal> {
        let (side, order) = (request.shape.side, &admitted.order);
        admitted.hold = match (side, request.shape.kind) {
            (Side::Buy, OrderType::Market) => order.market_hold,
            (Side::Buy | Side::Sell, _) => {
                u128::from(order.hold_per_lot) * u128::from(admitted.leaves)
            }
        };
        let place = self.holdings.at(request.holding).hold_place(side);
        let available = self.balances.at(place).available;
        // The filters keep holds within range.
        let needed = admitted.hold as i128;
        if needed > available {
            let reason = match side {
                Side::Buy => Reason::InsufficientFunds,
                Side::Sell => Reason::NoShort,
            };
            return Err(Refusal::with(reason, available, needed));
        }
        Ok(())
    }

    /// What the other side of the book says: self-trade, post-only, FOK, nothing there.
    #[inline]
    fn check_against_book(
        &self,
        request: &Request,
        order: &Filtered,
        leaves: u64,
    ) -> Result<(), Refusal> {
        let shape = &request.shape;
        let best = self.books[request.instrument].best(shape.side.opposite());
        if let Some(best) = best.filter(|&best| reaches(shape, order, best)) {
            self.check_meeting(request, order, best)?;
        }
        if shape.time_in_force == TimeInForce::Fok {
            let found = self.executable_now(request, order, leaves);
            if found < leaves {
                return Err(Refusal::with(Reason::Fok, found, leaves));
            }
        }
        if shape.kind == OrderType::Market && best.is_none() {
            return Err(Reason::NoLiquidity.into());
        }
        Ok(())
    }

    /// The order would meet the best of the other side. REJECT_TAKER: refused where that is its own
    /// (ENG-014); post-only: refused.
    #[inline]
    fn check_meeting(&self, request: &Request, order: &Filtered, best: u64) -> Result<(), Refusal> {
        let shape = &request.shape;
        if request.self_trade == SelfTrade::RejectTaker {
            let front = self.books[request.instrument].front(shape.side.opposite());
            if front.is_some_and(|front| self.pool[front].holding == request.holding) {
                return Err(Reason::SelfTrade.into());
            }
        }
        if shape.flags.has(OrderFlags::POST_ONLY) {
            return Err(Refusal::with(Reason::PostOnly, best, order.price));
        }
        Ok(())
    }

    /// Lots it could execute now; its own orders never count.
    fn executable_now(&self, request: &Request, order: &Filtered, leaves: u64) -> u64 {
        let search = Search {
            side: request.shape.side,
            limit: limit(&request.shape, order),
            wanted: leaves,
            own: self.own(request),
        };
        search.executable(&self.books[request.instrument], &self.pool)
    }

    /// What the order does at orders of its own, where there are any.
    pub(crate) fn own(&self, request: &Request) -> Own {
        if self.holdings.at(request.holding).open_orders == 0 {
            return None;
        }
        let at_own = match request.self_trade {
            SelfTrade::None => return None,
            SelfTrade::CancelMaker => AtOwn::Passes,
            SelfTrade::Decrement => AtOwn::Shrinks,
            SelfTrade::RejectTaker | SelfTrade::CancelTaker | SelfTrade::CancelBoth => AtOwn::Ends,
        };
        Some((request.holding, at_own))
    }
}

impl Request {
    /// The order that was admitted, as it meets the book.
    pub(crate) fn incoming(&self, admitted: &Admitted, name: &Naming) -> Incoming {
        Incoming {
            order: ringside_protocol::OrderId(0),
            holding: self.holding,
            instrument: self.instrument,
            side: self.shape.side,
            kind: self.shape.kind,
            time_in_force: self.shape.time_in_force,
            flags: self.shape.flags,
            self_trade: self.self_trade,
            price: admitted.order.price,
            leaves: admitted.leaves,
            executed: self.executed,
            hold_per_lot: admitted.order.hold_per_lot,
            held: admitted.hold,
            stream: name.origin.stream,
            user_ref: name.user_ref,
            id: name.id,
            tag: 0,
            slot: None,
        }
    }
}

const fn rests(shape: &Shape) -> bool {
    matches!((shape.kind, shape.time_in_force), (OrderType::Limit, TimeInForce::Gtc))
}

const fn limit(shape: &Shape, order: &Filtered) -> u64 {
    match (shape.kind, shape.side) {
        (OrderType::Limit, _) => order.price,
        (OrderType::Market, side) => market_limit(side),
    }
}

const fn reaches(shape: &Shape, order: &Filtered, resting: u64) -> bool {
    shape.side.reaches(limit(shape, order), resting)
}
