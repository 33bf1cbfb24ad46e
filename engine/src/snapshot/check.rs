//! What a part of an image must be for any engine to have it: places that exist, numbers that can
//! be, one canonical order. It looks at parts one by one and changes nothing; what parts say
//! together (names taken twice, sums) shows where the engine is put together, and in the audit.

use core::fmt;

use ringside_protocol::{
    AMOUNT_MAX, AccountId, InstrumentId, SCALE_MAX, SelfTrade, SessionNumber, StreamId,
    TimeInForce, Timestamp, UNITS_MAX,
};

use super::{HoldingImage, Image, OrderImage};
use crate::book::{History, OPEN_ORDERS_MAX};
use crate::duplicates::{FINISHED_IDS_KEPT, FinishedId, RECV_WINDOW_MAX};
use crate::instruments::{CURRENCIES_MAX, INSTRUMENTS_MAX, InstrumentTerms};
use crate::ledger::{Account, BalanceRow, SymbolLimits, Treasury};
use crate::portfolio::Lot;
use crate::risk::ORDER_RATE_MAX;
use crate::sessions::STREAMS_MAX;
use crate::setup::{ACCOUNTS_MAX, GRANTS_MAX, KEYS_MAX};
use crate::tags::TAGS_MAX;

/// Where counters end: what a venue counts one by one never comes there.
const COUNT_END: u64 = 1 << 63;

/// More money than can come together in one place, by rebates too; so much less than 128 bits
/// that the sums over all accounts and orders fit.
const MONEY_END: i128 = AMOUNT_MAX << 4;

/// A part of an image that no engine has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Flaw {
    /// What it is a part of.
    pub part: &'static str,
    /// Its place there, counted from 0.
    pub at: Option<usize>,
    /// What is wrong with it.
    pub why: &'static str,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(at) => write!(f, "{} {at} {}", self.part, self.why),
            None => write!(f, "{} {}", self.part, self.why),
        }
    }
}

/// What is wrong with one part; whoever asked knows which.
pub(super) type Checked = Result<(), &'static str>;

/// Where a flaw is, put to what it is.
pub(super) trait In<T> {
    /// Of something there is one of.
    fn of(self, part: &'static str) -> Result<T, Flaw>;
    /// Of one of many.
    fn at(self, part: &'static str, at: usize) -> Result<T, Flaw>;
}

impl<T> In<T> for Result<T, &'static str> {
    fn of(self, part: &'static str) -> Result<T, Flaw> {
        self.map_err(|why| Flaw { part, at: None, why })
    }

    fn at(self, part: &'static str, at: usize) -> Result<T, Flaw> {
        self.map_err(|why| Flaw { part, at: Some(at), why })
    }
}

/// `Ok` where it is so, else why not.
pub(super) fn ensure(is_so: bool, why: &'static str) -> Checked {
    if is_so { Ok(()) } else { Err(why) }
}

fn each<T>(part: &'static str, rows: &[T], check: impl Fn(&T) -> Checked) -> Result<(), Flaw> {
    rows.iter().enumerate().try_for_each(|(at, row)| check(row).at(part, at))
}

fn is_money(units: i128) -> bool {
    (0..MONEY_END).contains(&units)
}

fn is_number(units: u64) -> bool {
    (1..=UNITS_MAX).contains(&units)
}

impl Image {
    /// Looks at every part but orders, which are many and looked at on their way into the books.
    pub(super) fn check(&self) -> Result<(), Flaw> {
        self.check_counters().of("the venue")?;
        self.check_settings().of("the venue")?;
        self.check_lengths().of("the venue")?;
        each("currency", &self.currencies, |currency| {
            ensure(!currency.code.is_absent(), "has no code")?;
            ensure(currency.scale <= SCALE_MAX, "has too many decimals")
        })?;
        each("currency", &self.treasury, check_treasury)?;
        each("instrument", &self.instruments, check_instrument)?;
        each("account", &self.accounts, |account| self.check_account(account))?;
        each("key", &self.keys, |key| self.check_owner(key.account))?;
        each("stream", &self.streams, |stream| {
            ensure(!stream.name.is_absent(), "has no name")?;
            self.check_owner(stream.account)
        })?;
        self.check_venue_session().of("the venue")?;
        each("session of a stream", &self.sessions.streams, |row| self.check_session(row))?;
        ascending("session of a stream", &self.sessions.streams, |row| row.0)?;
        self.check_rows()
    }

    /// What is sorted by account.
    fn check_rows(&self) -> Result<(), Flaw> {
        each("tags", &self.tags, |(account, tags)| {
            self.check_owner(*account)?;
            ensure((1..=TAGS_MAX).contains(&tags.len()), "are none or too many")
        })?;
        ascending("tags", &self.tags, |row| row.0)?;
        each("balance", &self.balances, |row| self.check_balance(row))?;
        ascending("balance", &self.balances, |row| (row.account, row.currency))?;
        each("holding", &self.holdings, |holding| self.check_holding(holding))?;
        ascending("holding", &self.holdings, |row| (row.account, row.instrument))?;
        each("used-up ids", &self.finished, |(account, ids)| {
            self.check_owner(*account)?;
            self.check_finished(ids)
        })?;
        ascending("used-up ids", &self.finished, |row| row.0)
    }

    fn check_counters(&self) -> Checked {
        let (stats, venue) = (&self.stats, &self.venue);
        let counters = [self.sequence.0, stats.events, venue.last_order, self.calendar.day];
        ensure(counters.iter().all(|&count| count < COUNT_END), "has counted to the end")?;
        ensure(stats.commands == self.sequence.0, "counts other commands than its sequence")?;
        ensure(stats.rejected <= stats.commands, "refused more commands than there were")?;
        ensure(stats.trades == venue.last_trade, "counts other trades than it gave ids")?;
        ensure(stats.trades < stats.events || stats.trades == 0, "has trades without events")?;
        ensure(stats.resting == self.orders.len() as u64, "counts other orders than there are")?;
        ensure(self.histories.len() == self.orders.len(), "has a history of other orders")
    }

    fn check_venue_session(&self) -> Checked {
        let session = &self.sessions.venue;
        let rolls = u64::from(session.number.0).checked_sub(1).ok_or("is in no session")?;
        ensure(rolls <= self.calendar.day, "had more sessions than days")?;
        ensure(session.number.0 < u32::MAX, "has counted its sessions to the end")?;
        ensure(session.since <= self.sequence, "is in a session to come")?;
        let is_first = rolls == 0;
        ensure(is_first == (session.since.0 == 0), "is in a session without a beginning")?;
        let is_before = session.before_began.is_none_or(|began| !is_first && began <= self.time);
        ensure(is_before, "had a session before its first, or one to come")
    }

    fn check_session(&self, &(stream, before, restated): &(StreamId, u32, u32)) -> Checked {
        ensure(stream.index() < self.streams.len(), "names a stream that is not there")?;
        ensure((before, restated) != (0, 0), "says nothing")?;
        ensure(restated as usize <= OPEN_ORDERS_MAX, "tells more orders anew than there can be")?;
        let is_later = self.sessions.venue.number > SessionNumber::FIRST;
        ensure(is_later, "is of one before the first")
    }

    fn check_settings(&self) -> Checked {
        let (venue, start) = (&self.venue, self.calendar.day_start);
        let is_plain = !venue.test_mode && !venue.matching_only && start == 0;
        ensure(venue.is_set || is_plain, "has settings that were never set")?;
        ensure(start < Timestamp::DAY, "starts its day after a day")?;
        ensure(venue.grants.len() <= GRANTS_MAX, "has too many grants")?;
        ensure(venue.grants.iter().all(|(_, units)| *units > 0), "grants nothing")?;
        let is_new = |at: usize| venue.grants[..at].iter().all(|of| of.0 != venue.grants[at].0);
        ensure((0..venue.grants.len()).all(is_new), "grants a currency twice")
    }

    fn check_lengths(&self) -> Checked {
        ensure(self.currencies.len() <= CURRENCIES_MAX, "has too many currencies")?;
        let books = self.treasury.len();
        ensure(books == self.currencies.len(), "has other books than currencies")?;
        ensure(self.instruments.len() <= INSTRUMENTS_MAX, "has too many instruments")?;
        ensure(self.accounts.len() <= ACCOUNTS_MAX, "has too many accounts")?;
        ensure(self.keys.len() <= KEYS_MAX, "has too many keys")?;
        ensure(self.streams.len() <= STREAMS_MAX, "has too many streams")?;
        ensure(self.orders.len() <= OPEN_ORDERS_MAX, "has too many orders")
    }

    fn check_owner(&self, account: AccountId) -> Checked {
        ensure(account.index() < self.accounts.len(), "names an account that is not there")
    }

    fn check_where(&self, instrument: InstrumentId) -> Checked {
        let is_there = instrument.index() < self.instruments.len();
        ensure(is_there, "names an instrument that is not there")
    }

    fn check_account(&self, account: &Account) -> Checked {
        ensure(!account.name.is_absent(), "has no name")?;
        let is_allowed = self.venue.test_mode || account.self_trade != SelfTrade::None;
        ensure(is_allowed, "trades with itself without test mode")?;
        ensure(account.holdings.is_empty(), "names places that an image does not have")?;
        let are_there = account.balances.iter().all(|&at| (at as usize) < self.currencies.len());
        ensure(are_there, "names a currency that is not there")?;
        self.check_limits(account)?;
        ensure(account.day <= self.calendar.day, "counts a day to come")?;
        ensure(account.daily_value >= 0, "counts a value that cannot be")?;
        let kept = account.limits.max_orders_per_second.map_or(0, |limit| limit as usize + 1);
        ensure(account.submissions.len() <= kept, "remembers more submissions than it counts")?;
        ensure(account.submissions.iter().is_sorted(), "remembers submissions out of order")?;
        let last = account.submissions.back();
        ensure(last.is_none_or(|&last| last <= self.time), "remembers a submission to come")
    }

    fn check_limits(&self, account: &Account) -> Checked {
        let of = &account.limits;
        let wide = [of.max_exposure, of.max_daily_value].into_iter().flatten();
        let own = account.overrides.iter().map(|(_, limits)| limits);
        let each = own.chain([&of.each]).flat_map(values).chain(wide);
        ensure(each.into_iter().all(|value| value >= 0), "has a negative limit")?;
        let rate = of.max_orders_per_second.unwrap_or(0);
        ensure(rate <= ORDER_RATE_MAX, "has an order rate that cannot be")?;
        account.overrides.iter().try_for_each(|(id, _)| self.check_where(*id))?;
        let mut ids: Vec<_> = account.overrides.iter().map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ensure(ids.is_sorted_by(|one, other| one < other), "has two limits in one instrument")
    }

    fn check_balance(&self, row: &BalanceRow) -> Checked {
        self.check_owner(row.account)?;
        let is_there = row.currency.index() < self.currencies.len();
        ensure(is_there, "names a currency that is not there")?;
        ensure(row.ever_held, "is of a currency that was never there")?;
        let is_sound = is_money(row.balance.available) && is_money(row.balance.held);
        ensure(is_sound, "is an amount that cannot be")?;
        let may_hold = !self.venue.matching_only || row.balance.held == 0;
        ensure(may_hold, "is held at a venue that only matches")
    }

    fn check_holding(&self, holding: &HoldingImage) -> Checked {
        self.check_owner(holding.account)?;
        self.check_where(holding.instrument)?;
        let has_traded = !holding.lots.is_empty() || holding.realised != 0;
        ensure(has_traded || holding.killed, "says nothing")?;
        ensure(!has_traded || !self.venue.matching_only, "is of a venue that only matches")?;
        ensure(is_money(holding.realised.saturating_abs()), "realised what cannot be")?;
        let terms = &self.instruments[holding.instrument.index()];
        holding.lots.iter().try_for_each(|lot| self.check_lot(lot, terms))
    }

    fn check_lot(&self, lot: &Lot, terms: &InstrumentTerms) -> Checked {
        ensure(is_number(lot.quantity), "has a lot of a quantity that cannot be")?;
        ensure(is_number(lot.price), "has a lot at a price that cannot be")?;
        ensure(is_money(lot.fee.saturating_abs()), "has a lot with a fee that cannot be")?;
        check_value(lot.price, lot.quantity, terms)?;
        ensure(lot.order.0 <= self.venue.last_order, "has a lot of an order that never was")?;
        ensure(lot.trade.0 <= self.venue.last_trade, "has a lot of a trade that never was")
    }

    fn check_finished(&self, ids: &[FinishedId]) -> Checked {
        for used in ids {
            ensure(!used.id.is_absent(), "have one that is no id")?;
            self.check_where(used.instrument)?;
            ensure(used.order.0 <= self.venue.last_order, "have one of an order that never was")?;
        }
        let (Some(first), Some(last)) = (ids.first(), ids.last()) else { return Err("are none") };
        ensure(ids.is_sorted_by_key(|used| used.time), "are not in their order")?;
        ensure(last.time <= self.time, "have one of a time to come")?;
        let is_young = last.time.0 - first.time.0 < RECV_WINDOW_MAX;
        ensure(ids.len() <= FINISHED_IDS_KEPT || is_young, "should have been forgotten")
    }

    /// What is wrong with an order as such; its names show where they are entered.
    pub(super) fn check_order(&self, order: &OrderImage) -> Checked {
        self.check_owner(order.account)?;
        self.check_where(order.instrument)?;
        let is_given = (1..=self.venue.last_order).contains(&order.order.0);
        ensure(is_given, "has an id that was never given")?;
        let total = order.leaves.saturating_add(order.executed);
        let are_numbers = is_number(order.price) && is_number(order.leaves) && is_number(total);
        ensure(are_numbers, "has a price or quantity that cannot be")?;
        let terms = &self.instruments[order.instrument.index()];
        ensure(order.price <= terms.max_price, "has a price beyond its instrument's highest")?;
        check_value(order.price, total, terms)?;
        let hold = terms.hold_per_lot(order.side, order.price);
        ensure(hold == Some(order.hold_per_lot), "holds what it does not need")?;
        let held = u128::from(order.hold_per_lot) * u128::from(total);
        ensure(held <= AMOUNT_MAX as u128, "holds more than there can be")?;
        ensure(order.time_in_force == TimeInForce::Gtc, "rests though it may not")?;
        let may_meet_itself = self.venue.test_mode || order.self_trade != SelfTrade::None;
        ensure(may_meet_itself, "trades with itself without test mode")
    }
}

/// What became of an order so far agrees with what it is.
pub(super) fn check_history(order: &OrderImage, history: &History, now: Timestamp) -> Checked {
    let History { cost, executed, entered, updated } = *history;
    ensure(executed == order.executed, "has a history of other executions")?;
    let costs = u128::from(executed)..=u128::from(executed) * u128::from(UNITS_MAX);
    ensure(costs.contains(&cost), "has executions that cost what they cannot")?;
    ensure(entered <= updated && updated <= now, "has a history that is not in its order")
}

fn check_treasury(treasury: &Treasury) -> Checked {
    ensure((0..=AMOUNT_MAX).contains(&treasury.deposits), "came in as cannot be")?;
    ensure(is_money(treasury.withdrawals), "went out as cannot be")?;
    ensure(is_money(treasury.fees.saturating_abs()), "has fees that cannot be")
}

fn check_instrument(terms: &InstrumentTerms) -> Checked {
    let prices = [terms.mark.map(|(price, _)| price), terms.last];
    ensure(prices.into_iter().flatten().all(is_number), "has a price that cannot be")?;
    let turnover = terms.turnover.volume.max(terms.turnover.notional);
    ensure(turnover < 1 << 126, "has turned over what cannot be")
}

/// Ticks × lots are an amount of money.
fn check_value(price: u64, lots: u64, terms: &InstrumentTerms) -> Checked {
    let value = u128::from(price) * u128::from(lots);
    let money = value.checked_mul(u128::from(terms.scales.quote_per_tick_lot));
    let is_amount = money.is_some_and(|money| money <= AMOUNT_MAX as u128);
    ensure(is_amount, "is worth more than there can be")
}

fn values(limits: &SymbolLimits) -> impl Iterator<Item = i128> + use<> {
    [limits.max_order_value, limits.max_position].into_iter().flatten()
}

fn ascending<T, K: Ord>(part: &'static str, rows: &[T], key: impl Fn(&T) -> K) -> Result<(), Flaw> {
    let wrong = rows.windows(2).position(|pair| key(&pair[0]) >= key(&pair[1]));
    ensure(wrong.is_none(), "is not in its order").at(part, wrong.map_or(0, |at| at + 1))
}
