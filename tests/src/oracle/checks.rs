//! What a request must pass, one rule after another, in the documented order (X-RSK-002):
//! duplicate, kill switch, permission, the instrument's state, filters, limits, funds, the meeting
//! with the book.

use ringside_protocol::{
    AMOUNT_MAX, AccountId, GivenPrice, GivenQuantity, InstrumentId, KeyId, LimitSet, Name,
    OrderFlags, OrderType, Origin, Permissions, Price, Quantity, Reason, SelfTrade, SessionState,
    Side, TimeInForce, UNITS_MAX,
};

use super::{Live, Oracle, in_scope, key_allows};

impl Oracle {
    pub(super) fn check_new_id(&self, account: AccountId, id: Name) -> Result<(), Reason> {
        match self.accounts[account.index()].used(id) {
            Some(_) => Err(Reason::DuplicateId),
            None => Ok(()),
        }
    }

    pub(super) fn check_kill(
        &self,
        account: AccountId,
        instrument: InstrumentId,
    ) -> Result<(), Reason> {
        match self.killed.iter().any(|&scope| in_scope(scope, account, instrument)) {
            true => Err(Reason::Killed),
            false => Ok(()),
        }
    }

    /// An action needs the right of the account, and of the key and the stream it came by.
    pub(super) fn permit(
        &self,
        account: AccountId,
        origin: Origin,
        now: u64,
        right: Permissions,
    ) -> Result<(), Reason> {
        let of_account = self.accounts[account.index()].permissions.has(right);
        let of_key =
            origin.key == KeyId::NONE || key_allows(&self.keys, origin.key, account, now, right);
        let of_stream = !origin.stream.is_some()
            || self
                .streams
                .get(origin.stream.index())
                .is_some_and(|stream| stream.account == account && stream.state.is_there());
        if of_account && of_key && of_stream { Ok(()) } else { Err(Reason::Permission) }
    }

    /// A stream that its owner switched off takes cancels only.
    pub(super) fn check_entry(&self, origin: Origin) -> Result<(), Reason> {
        match self.streams.get(origin.stream.index()).map(|stream| stream.state) {
            Some(SessionState::CancelOnly) => Err(Reason::EntryDisabled),
            Some(_) | None => Ok(()),
        }
    }

    pub(super) fn check_state(
        &self,
        instrument: InstrumentId,
        kind: OrderType,
        flags: OrderFlags,
    ) -> Result<(), Reason> {
        self.markets[instrument.index()].state.allows(kind, flags)
    }

    /// The numbers as given; of two that do not fit, the one whose check comes first.
    pub(super) fn check_numbers(
        &self,
        kind: OrderType,
        price: GivenPrice,
        quantity: GivenQuantity,
    ) -> Result<(u64, u64), Reason> {
        let price = match kind {
            OrderType::Limit => price.get().map(Price::ticks),
            OrderType::Market => Ok(0),
        };
        match (price, quantity.get().map(Quantity::lots)) {
            (Ok(price), Ok(quantity)) => Ok((price, quantity)),
            (Err(one), Err(other)) => Err(one.min(other)),
            (Err(reason), Ok(_)) | (Ok(_), Err(reason)) => Err(reason),
        }
    }

    /// Trading with oneself needs test mode; what must not take has to be able to rest.
    pub(super) fn check_instructions(&self, live: &Live) -> Result<(), Reason> {
        let may_rest = live.kind == OrderType::Limit && live.time_in_force == TimeInForce::Gtc;
        let itself = live.self_trade == SelfTrade::None && !self.test_mode;
        if itself || (live.flags.has(OrderFlags::POST_ONLY) && !may_rest) {
            return Err(Reason::BadValue);
        }
        Ok(())
    }

    /// The instrument's bounds on price, quantity and value, in the order of their reasons.
    pub(super) fn check_filters(&self, live: &Live, total: u64) -> Result<(), Reason> {
        let market = &self.markets[live.instrument.index()];
        let terms = &market.terms;
        let at_most = |bound: u64| if bound == 0 { UNITS_MAX } else { bound };
        let value = self.value(live, total).map_err(|()| Reason::Overflow)?;
        if self.per_lot_hold(live) > u64::MAX.into() || self.hold_of(live, total) > AMOUNT_MAX {
            return Err(Reason::Overflow);
        }
        if total < terms.min_quantity || total > at_most(terms.max_quantity) {
            return Err(Reason::Quantity);
        }
        let max_notional = terms.max_notional.units();
        if value.is_some_and(|value| {
            value < terms.min_notional.units() || (max_notional > 0 && value > max_notional)
        }) {
            return Err(Reason::Notional);
        }
        if live.price > at_most(terms.max_price) {
            return Err(Reason::PriceBand);
        }
        Ok(())
    }

    /// What one lot of the order holds; of a market buy, one lot of the dearest it would take.
    fn per_lot_hold(&self, live: &Live) -> i128 {
        let market = &self.markets[live.instrument.index()];
        match (live.kind, live.side) {
            (_, Side::Sell) => 0,
            (OrderType::Limit, Side::Buy) => market.per_lot(live.price),
            (OrderType::Market, Side::Buy) => self.dearest(live).map_or(0, |p| market.per_lot(p)),
        }
    }

    /// Lots of the other orders on its side of the book.
    fn side_lots(&self, live: &Live) -> i128 {
        let others = self.resting.iter().filter(|there| {
            there.instrument == live.instrument
                && there.side == live.side
                && there.order != live.order
        });
        others.map(|there| i128::from(there.leaves)).sum()
    }

    /// The account's limits, for an order that is not there yet or comes in again.
    pub(super) fn check_limits(&self, live: &Live) -> Result<(), Reason> {
        if self.side_lots(live) + i128::from(live.leaves) > u64::MAX.into()
            || self.worst_position(live) > UNITS_MAX.into()
        {
            return Err(Reason::Overflow);
        }
        let account = &self.accounts[live.account.index()];
        let market = &self.markets[live.instrument.index()];
        let own = |terms: u32| if terms == 0 { None } else { Some(i128::from(terms)) };
        let open_orders = account.limit(LimitSet::OPEN_ORDERS, live.instrument);
        let limits = [open_orders, own(market.terms.max_open_orders)];
        let open = self.others_of(live).count() as i128 + 1;
        let may_rest = live.kind == OrderType::Limit && live.time_in_force == TimeInForce::Gtc;
        if may_rest && limits.into_iter().flatten().any(|limit| open > limit) {
            return Err(Reason::OpenOrders);
        }
        let value = self.value(live, live.executed + live.leaves).expect("filtered before");
        let value = value.map(|units| units * i128::from(market.scales.value_per_quote));
        let max_value = account.limit(LimitSet::ORDER_VALUE, live.instrument);
        if let (Some(value), Some(limit)) = (value, max_value)
            && value > limit
        {
            return Err(Reason::OrderValue);
        }
        let max_position = account.limit(LimitSet::POSITION, live.instrument);
        if live.side == Side::Buy
            && let Some(limit) = max_position
        {
            let worst = self.worst_position(live);
            if worst * i128::from(market.scales.value_per_lot) > limit {
                return Err(Reason::PositionLimit);
            }
        }
        Ok(())
    }

    /// Lots on this side if all open orders of it were filled, and for a buy what is there already.
    fn worst_position(&self, live: &Live) -> i128 {
        let open: i128 = self
            .others_of(live)
            .filter(|there| there.side == live.side)
            .map(|there| i128::from(there.leaves))
            .sum();
        let position = match live.side {
            Side::Buy => self.accounts[live.account.index()].position(live.instrument),
            Side::Sell => 0,
        };
        i128::from(position) + open + i128::from(live.leaves)
    }

    /// Whether the account can pay for the order, with `freed` of the same currency given back.
    pub(super) fn check_funds(&self, live: &Live, freed: i128) -> Result<(), Reason> {
        let needed = match (live.kind, live.side) {
            (OrderType::Market, Side::Buy) => self.market_cost(live),
            (OrderType::Market, Side::Sell) => {
                self.markets[live.instrument.index()].base(live.leaves)
            }
            (OrderType::Limit, _) => self.hold_of(live, live.leaves),
        };
        let currency = self.hold_currency(live.instrument, live.side);
        if needed <= self.accounts[live.account.index()].available(currency) + freed {
            return Ok(());
        }
        Err(if live.side == Side::Buy { Reason::InsufficientFunds } else { Reason::NoShort })
    }

    /// What the order finds in the book before anything happens.
    pub(super) fn check_meeting(&self, live: &Live) -> Result<(), Reason> {
        let first = self.meets(live);
        if first.is_some_and(|there| there.account == live.account)
            && live.self_trade == SelfTrade::RejectTaker
        {
            return Err(Reason::SelfTrade);
        }
        if first.is_some() && live.flags.has(OrderFlags::POST_ONLY) {
            return Err(Reason::PostOnly);
        }
        if live.time_in_force == TimeInForce::Fok && self.executable(live) < live.leaves {
            return Err(Reason::Fok);
        }
        if first.is_none() && live.kind == OrderType::Market {
            return Err(Reason::NoLiquidity);
        }
        Ok(())
    }

    /// Value of an order in the quote's smallest units: at its limit, or what it would take from
    /// the book; what exceeds that counts at the last price taken. `None` where it would take
    /// nothing.
    fn value(&self, live: &Live, total: u64) -> Result<Option<i128>, ()> {
        let market = &self.markets[live.instrument.index()];
        let bounded = |value: Option<i128>| value.filter(|&value| value <= AMOUNT_MAX).ok_or(());
        if live.kind == OrderType::Limit {
            return bounded(market.notional(live.price, total)).map(Some);
        }
        let (taken, left) = self.takes(live);
        let mut sum = 0i128;
        for (price, quantity) in &taken {
            sum += bounded(market.notional(*price, *quantity))?;
        }
        let Some((last, _)) = taken.last() else { return Ok(None) };
        sum += bounded(market.notional(*last, left))?;
        bounded(Some(sum)).map(Some)
    }

    /// The account's other open orders in the instrument.
    fn others_of<'a>(&'a self, live: &'a Live) -> impl Iterator<Item = &'a Live> {
        self.resting.iter().filter(|there| {
            there.account == live.account
                && there.instrument == live.instrument
                && there.order != live.order
        })
    }
}
