//! What makes a venue: settings, currencies, instruments, accounts, keys, streams, limits, money
//! from outside, states and switches. All of it comes by commands, so a journal needs nothing from
//! outside (X-ENG-023).

use std::collections::{HashMap, VecDeque};

use foldhash::fast::FixedState;
use ringside_protocol::{
    AMOUNT_MAX, Account as NewAccount, AccountFlags, AccountId, AccountState, AccountStateChanged,
    CancelReason, CommandRef, Currency, CurrencyAdded, CurrencyId, FeeRate, GrantKey, InitialGrant,
    Instrument, InstrumentAdded, InstrumentFlags, InstrumentId, InstrumentState,
    InstrumentStateChanged, KeyGranted, KeyId, Kill, LimitSet, Limits, Mark, Name, OrderId, Origin,
    Posting, Purpose, Reason, SCALE_MAX, SelfTrade, SetInstrumentState, Switch, Transfer,
    UNITS_MAX, Value, Venue, VenueFlags, Warning, WarningCode,
};

use crate::Engine;
use crate::book::Book;
use crate::instruments::{
    CURRENCIES_MAX, CurrencyTerms, INSTRUMENTS_MAX, InstrumentTerms, derive_wire_symbol,
};
use crate::ledger::{Account, AccountLimits, KeyGrant, Treasury};
use crate::orders::{Naming, Scope};
use crate::out::{EventSink, Out};
use crate::risk::{HoldingLimits, ORDER_RATE_MAX, Refusal};

/// Accounts the venue holds at most.
pub const ACCOUNTS_MAX: usize = 16_777_216;
/// Currencies a new account is granted at most.
pub const GRANTS_MAX: usize = 64;
/// Keys the venue holds at most.
pub const KEYS_MAX: usize = 16_777_216;

/// Names that were given out, and to what.
#[derive(Default, Debug)]
pub(crate) struct Names {
    pub(crate) accounts: HashMap<Name, AccountId, FixedState>,
    pub(crate) currencies: HashMap<Name, CurrencyId, FixedState>,
    pub(crate) instruments: HashMap<Name, InstrumentId, FixedState>,
}

type Outcome = Result<(), Refusal>;

impl<B: Book> Engine<B> {
    /// Applies a command that is not about one order; a refusal becomes an event.
    #[cold]
    pub(crate) fn set_up<S: EventSink>(
        &mut self,
        command: CommandRef<'_>,
        origin: Origin,
        out: &mut Out<'_, S>,
    ) {
        let mut name = Naming {
            account: AccountId::NONE,
            instrument: InstrumentId::NONE,
            origin,
            user_ref: 0,
            id: Name::ABSENT,
        };
        let outcome = match command {
            CommandRef::Venue(venue) => self.set_venue(venue),
            CommandRef::InitialGrant(grant) => self.set_grant(grant),
            CommandRef::Currency(currency) => self.add_currency(currency, out),
            CommandRef::Instrument(instrument) => self.add_instrument(instrument, out),
            CommandRef::InstrumentState(change) => {
                name.instrument = change.instrument;
                self.set_instrument_state(change, out)
            }
            CommandRef::Account(account) => self.add_account(account, out),
            CommandRef::Limits(limits) => {
                name.account = limits.account;
                self.set_limits(limits)
            }
            CommandRef::Deposit(transfer) => {
                name.account = transfer.account;
                self.deposit(transfer, out)
            }
            CommandRef::Withdraw(withdrawal) => {
                name.account = withdrawal.0.account;
                self.withdraw(&withdrawal.0, out)
            }
            CommandRef::Key(key) => {
                name.account = key.account;
                self.grant_key(key, out)
            }
            CommandRef::Session(session) => {
                (name.account, name.user_ref) = (session.account, session.user_ref);
                self.set_session(session, origin, out)
            }
            CommandRef::Kill(kill) => {
                (name.account, name.instrument) = (kill.account, kill.instrument);
                self.switch(kill, out)
            }
            CommandRef::Behaviour(behaviour) => self.set_behaviour(behaviour),
            CommandRef::Mark(mark) => {
                name.instrument = mark.instrument;
                self.set_mark(mark)
            }
            CommandRef::Order(_)
            | CommandRef::Amend(_)
            | CommandRef::Replace(_)
            | CommandRef::Cancel(_)
            | CommandRef::MassCancel(_)
            | CommandRef::Clock(_) => unreachable!("dispatched before"),
        };
        if let Err(refusal) = outcome {
            self.refuse(command.number(), &name, OrderId(0), refusal, out);
        }
    }

    fn set_venue(&mut self, venue: &Venue) -> Outcome {
        let is_day_time = venue.day_start_ns < ringside_protocol::Timestamp::DAY;
        if self.venue.is_set || !self.accounts.is_empty() || !is_day_time {
            return Err(Reason::BadValue.into());
        }
        self.venue.is_set = true;
        self.venue.test_mode = venue.flags.has(VenueFlags::TEST_MODE);
        self.venue.matching_only = venue.flags.has(VenueFlags::MATCHING_ONLY);
        self.calendar.day_start = venue.day_start_ns;
        Ok(())
    }

    fn set_grant(&mut self, grant: &InitialGrant) -> Outcome {
        let is_new = self.venue.grants.iter().all(|(code, _)| *code != grant.currency);
        if !self.accounts.is_empty() || !is_new || grant.amount.units() <= 0 {
            return Err(Reason::BadValue.into());
        }
        limit(self.venue.grants.len(), GRANTS_MAX)?;
        self.venue.grants.push((grant.currency, grant.amount.units()));
        Ok(())
    }

    fn add_currency<S: EventSink>(&mut self, currency: &Currency, out: &mut Out<'_, S>) -> Outcome {
        if currency.code.is_absent() || currency.scale > SCALE_MAX {
            return Err(Reason::BadValue.into());
        }
        limit(self.currencies.len(), CURRENCIES_MAX)?;
        let id = CurrencyId(self.currencies.len() as u32);
        insert_new(&mut self.names.currencies, currency.code, id)?;
        self.currencies.push(CurrencyTerms { code: currency.code, scale: currency.scale });
        self.treasury.push(Treasury::default());
        let Currency { code, scale, .. } = *currency;
        out.emit(CurrencyAdded { currency: id, code, scale, reserved: [0; 7] });
        Ok(())
    }

    fn add_instrument<S: EventSink>(
        &mut self,
        command: &Instrument,
        out: &mut Out<'_, S>,
    ) -> Outcome {
        let mut terms = self.new_terms(command)?;
        limit(self.instruments.len(), INSTRUMENTS_MAX)?;
        let is_taken = |wire: &[u8; 8]| self.instruments.iter().any(|i| i.wire_symbol == *wire);
        if terms.wire_symbol == [0; 8] {
            terms.wire_symbol =
                derive_wire_symbol(terms.symbol.as_str(), is_taken).ok_or(Reason::Exists)?;
        } else if is_taken(&terms.wire_symbol) {
            return Err(Reason::Exists.into());
        }
        let id = InstrumentId(self.instruments.len() as u32);
        insert_new(&mut self.names.instruments, terms.symbol, id)?;
        let told = InstrumentAdded { instrument: id, reserved: 0, terms: terms.creation() };
        self.instruments.push(terms);
        self.books.push(B::default());
        self.emit_instrument_state(id, out);
        out.emit(told);
        Ok(())
    }

    /// The terms of a new instrument, where they are sound.
    pub(crate) fn new_terms(&self, command: &Instrument) -> Result<InstrumentTerms, Refusal> {
        let scale = |id: CurrencyId| {
            self.currencies.get(id.index()).map(|c| c.scale).ok_or(Reason::UnknownCurrency)
        };
        let (base, quote) = (scale(command.base)?, scale(command.quote)?);
        let fits = |rate: FeeRate| rate.0.unsigned_abs() <= FeeRate::LIMIT as u32;
        let terms = InstrumentTerms::new(command, base, quote).map_err(|_| Reason::BadValue)?;
        let is_sound = !command.symbol.is_absent()
            && command.base != command.quote
            && fits(command.maker_fee)
            && fits(command.taker_fee)
            && [command.max_price, command.min_quantity, command.max_quantity]
                .iter()
                .all(|&units| units <= UNITS_MAX)
            && terms.min_quantity <= terms.max_quantity
            && terms.min_notional >= 0
            && terms.min_notional <= terms.max_notional;
        if is_sound { Ok(terms) } else { Err(Reason::BadValue.into()) }
    }

    fn set_instrument_state<S: EventSink>(
        &mut self,
        change: &SetInstrumentState,
        out: &mut Out<'_, S>,
    ) -> Outcome {
        let terms = self.terms_mut(change.instrument)?;
        if !terms.state.may_become(change.state) {
            return Err(Reason::Mode.into());
        }
        terms.state = change.state;
        self.emit_instrument_state(change.instrument, out);
        if change.state == InstrumentState::Settled {
            let scope = Scope { instrument: Some(change.instrument), ..Scope::default() };
            self.cancel_all(&scope, CancelReason::Phase, out);
        }
        Ok(())
    }

    fn add_account<S: EventSink>(&mut self, command: &NewAccount, out: &mut Out<'_, S>) -> Outcome {
        if command.name.is_absent() {
            return Err(Reason::BadValue.into());
        }
        if command.self_trade == SelfTrade::None && !self.venue.test_mode {
            return Err(Reason::BadValue.into());
        }
        limit(self.accounts.len(), ACCOUNTS_MAX)?;
        let grants = self.grants()?;
        let id = AccountId(self.accounts.len() as u32);
        insert_new(&mut self.names.accounts, command.name, id)?;
        self.accounts.push(Account {
            name: command.name,
            self_trade: command.self_trade,
            permissions: command.permissions,
            flags: command.flags.and(AccountFlags::ANONYMOUS),
            killed: false,
            holdings: Vec::new(),
            balances: Vec::new(),
            limits: AccountLimits::default(),
            overrides: Vec::new(),
            day: 0,
            daily_value: 0,
            submissions: VecDeque::new(),
        });
        self.emit_account_state(id, InstrumentId::NONE, AccountState::Normal, out);
        for (currency, units) in grants {
            self.bring_in(id, currency, units, Purpose::Grant, out);
        }
        Ok(())
    }

    /// The grants of a new account, each in its currency's units; all must fit.
    fn grants(&self) -> Result<Vec<(CurrencyId, i128)>, Refusal> {
        let grant = |(code, value): &(Name, i128)| {
            let id = *self.names.currencies.get(code).ok_or(Reason::UnknownCurrency)?;
            let scale = self.currencies[id.index()].scale;
            let unit = 10i128.pow(u32::from(SCALE_MAX - scale));
            if value % unit != 0 {
                return Err(Reason::BadValue.into());
            }
            self.check_supply(id, value / unit)?;
            Ok((id, value / unit))
        };
        self.venue.grants.iter().map(grant).collect()
    }

    fn set_limits(&mut self, limits: &Limits) -> Outcome {
        self.check_account(limits.account)?;
        let of_symbol = limits.instrument.is_some();
        if of_symbol {
            self.check_instrument(limits.instrument)?;
        }
        let account_wide = [LimitSet::EXPOSURE, LimitSet::DAILY_VALUE, LimitSet::ORDER_RATE];
        let is_misplaced = of_symbol && account_wide.iter().any(|&set| limits.given.has(set));
        let is_negative = [
            limits.max_order_value,
            limits.max_position,
            limits.max_exposure,
            limits.max_daily_value,
        ]
        .iter()
        .any(|value| value.units() < 0);
        if is_misplaced || is_negative || limits.max_orders_per_second > ORDER_RATE_MAX {
            return Err(Reason::BadValue.into());
        }
        let account = &mut self.accounts[limits.account.index()];
        if !of_symbol {
            merge_account(&mut account.limits, limits);
            if limits.given.has(LimitSet::ORDER_RATE) {
                account.submissions.clear();
            }
        }
        let symbol = match of_symbol {
            true => account.own_limits_mut(limits.instrument),
            false => &mut account.limits.each,
        };
        let value = |value: Value| value.units();
        merge(&mut symbol.max_order_value, limits, LimitSet::ORDER_VALUE, || {
            value(limits.max_order_value)
        });
        merge(&mut symbol.max_position, limits, LimitSet::POSITION, || value(limits.max_position));
        merge(&mut symbol.max_open_orders, limits, LimitSet::OPEN_ORDERS, || {
            limits.max_open_orders
        });
        self.resolve_limits(limits.account);
        Ok(())
    }

    fn resolve_limits(&mut self, account: AccountId) {
        for place in self.accounts[account.index()].holdings.clone() {
            self.resolve_holding(place);
        }
    }

    fn resolve_holding(&mut self, place: u32) {
        let (account, instrument) =
            (self.holdings.at(place).account, self.holdings.at(place).instrument);
        let limits = self.accounts[account.index()].limits_in(instrument);
        let terms = &self.instruments[instrument.index()];
        let account_wide = self.accounts[account.index()].limits.is_any_account_wide();
        self.holdings.at_mut(place).limits = HoldingLimits::resolve(&limits, terms, account_wide);
    }

    /// Tells every holding whether a kill switch reaches it, so that an order asks one flag.
    pub(crate) fn refresh_blocks(&mut self) {
        for place in 0..self.holdings.rows().len() as u32 {
            self.refresh_block(place);
        }
    }

    /// What an order of the holding asks of its account and of the kill switches.
    fn refresh_block(&mut self, place: u32) {
        let holding = self.holdings.at(place);
        let blocked = holding.killed
            || self.venue.killed
            || self.accounts[holding.account.index()].killed
            || self.instruments[holding.instrument.index()].killed;
        let account = &self.accounts[holding.account.index()];
        let (permissions, self_trade) = (account.permissions, account.self_trade);
        let holding = self.holdings.at_mut(place);
        holding.blocked = blocked;
        holding.permissions = permissions;
        holding.self_trade = self_trade;
    }

    /// A new holding, with the limits in force.
    pub(crate) fn open_holding(&mut self, account: AccountId, instrument: InstrumentId) -> u32 {
        let terms = &self.instruments[instrument.index()];
        let (base, quote) = (terms.base, terms.quote);
        let base = self.balances.place(account, base);
        let quote = self.balances.place(account, quote);
        let place = self.holdings.add(account, instrument, base, quote);
        self.accounts[account.index()].holdings.push(place);
        self.resolve_holding(place);
        self.refresh_block(place);
        place
    }

    fn deposit<S: EventSink>(&mut self, transfer: &Transfer, out: &mut Out<'_, S>) -> Outcome {
        let units = self.check_transfer(transfer)?;
        self.check_supply(transfer.currency, units)?;
        self.bring_in(transfer.account, transfer.currency, units, Purpose::Deposit, out);
        Ok(())
    }

    fn withdraw<S: EventSink>(&mut self, transfer: &Transfer, out: &mut Out<'_, S>) -> Outcome {
        let units = self.check_transfer(transfer)?;
        let place = self.balances.find(transfer.account, transfer.currency);
        let available = place.map_or(0, |place| self.balances.at(place).available);
        let Some(place) = place.filter(|_| units <= available) else {
            let refusal = Refusal::with(Reason::InsufficientBalance, available, units);
            return Err(refusal.of(transfer.currency));
        };
        self.balances.at_mut(place).credit(-units);
        let treasury = &mut self.treasury[transfer.currency.index()];
        treasury.withdrawals += units;
        let outside = treasury.withdrawals - treasury.deposits;
        let balance = *self.balances.at(place);
        out.emit(Posting {
            debit: transfer.account,
            credit: AccountId::OUTSIDE,
            currency: transfer.currency,
            purpose: Purpose::Withdrawal,
            reserved: [0; 3],
            amount: units.into(),
            debit_total: balance.total().into(),
            debit_held: balance.held.into(),
            credit_total: outside.into(),
            credit_held: 0.into(),
        });
        Ok(())
    }

    fn check_transfer(&self, transfer: &Transfer) -> Result<i128, Refusal> {
        self.check_account(transfer.account)?;
        if transfer.currency.index() >= self.currencies.len() {
            return Err(Reason::UnknownCurrency.into());
        }
        Ok(transfer.amount.get()?)
    }

    /// All there ever came in of a currency stays within [`AMOUNT_MAX`].
    fn check_supply(&self, currency: CurrencyId, units: i128) -> Outcome {
        let supply = self.treasury[currency.index()].deposits;
        match supply.checked_add(units) {
            Some(total) if total <= AMOUNT_MAX => Ok(()),
            Some(_) | None => Err(Reason::Overflow.into()),
        }
    }

    fn bring_in<S: EventSink>(
        &mut self,
        account: AccountId,
        currency: CurrencyId,
        units: i128,
        purpose: Purpose,
        out: &mut Out<'_, S>,
    ) {
        let place = self.balances.place(account, currency);
        self.credit(place, units);
        let treasury = &mut self.treasury[currency.index()];
        treasury.deposits += units;
        let outside = treasury.withdrawals - treasury.deposits;
        let balance = *self.balances.at(place);
        out.emit(Posting {
            debit: AccountId::OUTSIDE,
            credit: account,
            currency,
            purpose,
            reserved: [0; 3],
            amount: units.into(),
            debit_total: outside.into(),
            debit_held: 0.into(),
            credit_total: balance.total().into(),
            credit_held: balance.held.into(),
        });
    }

    fn grant_key<S: EventSink>(&mut self, key: &GrantKey, out: &mut Out<'_, S>) -> Outcome {
        self.check_account(key.account)?;
        limit(self.keys.len(), KEYS_MAX)?;
        let id = KeyId(self.keys.len() as u32);
        self.keys.push(KeyGrant {
            account: key.account,
            key: key.key,
            permissions: key.permissions,
            expires: key.expires,
        });
        out.emit(KeyGranted { key: id, reserved: 0, grant: *key });
        Ok(())
    }

    /// Turns a kill switch; turning it on cancels the open orders of its scope (X-ENG-013).
    fn switch<S: EventSink>(&mut self, kill: &Kill, out: &mut Out<'_, S>) -> Outcome {
        let is_on = kill.switch == Switch::On;
        let state = if is_on { AccountState::Killed } else { AccountState::Normal };
        let (of_account, in_instrument) = (kill.account.is_some(), kill.instrument.is_some());
        if of_account {
            self.check_account(kill.account)?;
        }
        if in_instrument {
            self.check_instrument(kill.instrument)?;
        }
        match (of_account, in_instrument) {
            (true, true) => {
                let place = self.holding(kill.account, kill.instrument);
                self.holdings.at_mut(place).killed = is_on;
                self.emit_account_state(kill.account, kill.instrument, state, out);
            }
            (true, false) => {
                self.accounts[kill.account.index()].killed = is_on;
                self.emit_account_state(kill.account, InstrumentId::NONE, state, out);
            }
            (false, true) => {
                self.instruments[kill.instrument.index()].killed = is_on;
                self.emit_instrument_state(kill.instrument, out);
            }
            (false, false) => {
                self.venue.killed = is_on;
                let code = match kill.switch {
                    Switch::On => WarningCode::VenueKilled,
                    Switch::Off => WarningCode::VenueResumed,
                };
                out.emit(Warning { account: AccountId::NONE, code, reserved: [0; 3] });
            }
        }
        self.refresh_blocks();
        if is_on {
            let scope = Scope {
                account: of_account.then_some(kill.account),
                instrument: in_instrument.then_some(kill.instrument),
                ..Scope::default()
            };
            self.cancel_all(&scope, CancelReason::Killed, out);
        }
        Ok(())
    }

    fn set_mark(&mut self, mark: &Mark) -> Outcome {
        let price = mark.price.get();
        let terms = self.terms_mut(mark.instrument)?;
        terms.mark = Some((price?.ticks(), mark.source_time));
        Ok(())
    }

    fn emit_instrument_state<S: EventSink>(&self, id: InstrumentId, out: &mut Out<'_, S>) {
        out.emit(self.instrument_state(id));
    }

    /// How an instrument stands.
    pub(crate) fn instrument_state(&self, id: InstrumentId) -> InstrumentStateChanged {
        let terms = &self.instruments[id.index()];
        InstrumentStateChanged {
            instrument: id,
            state: terms.state,
            flags: if terms.killed { InstrumentFlags::KILLED } else { InstrumentFlags::NONE },
            reserved: [0; 2],
            symbol: terms.symbol,
            reserved_2: [0; 4],
        }
    }

    fn emit_account_state<S: EventSink>(
        &self,
        id: AccountId,
        instrument: InstrumentId,
        state: AccountState,
        out: &mut Out<'_, S>,
    ) {
        out.emit(self.account_state(id, instrument, state));
    }

    /// How an account stands, everywhere or in an instrument.
    pub(crate) fn account_state(
        &self,
        id: AccountId,
        instrument: InstrumentId,
        state: AccountState,
    ) -> AccountStateChanged {
        let name = self.accounts[id.index()].name;
        AccountStateChanged { account: id, instrument, state, reserved: [0; 3], name }
    }

    pub(crate) fn check_account(&self, id: AccountId) -> Outcome {
        if id.index() < self.accounts.len() { Ok(()) } else { Err(Reason::UnknownAccount.into()) }
    }

    fn check_instrument(&self, id: InstrumentId) -> Outcome {
        if id.index() < self.instruments.len() { Ok(()) } else { Err(Reason::UnknownSymbol.into()) }
    }

    fn terms_mut(&mut self, id: InstrumentId) -> Result<&mut InstrumentTerms, Refusal> {
        self.instruments.get_mut(id.index()).ok_or(Reason::UnknownSymbol.into())
    }
}

/// Refuses what would be one more than the limit.
pub(crate) fn limit(have: usize, max: usize) -> Outcome {
    if have >= max {
        return Err(Refusal::with(Reason::Limit, max as i128, have as i128 + 1));
    }
    Ok(())
}

fn insert_new<T: Copy>(names: &mut HashMap<Name, T, FixedState>, name: Name, id: T) -> Outcome {
    if names.contains_key(&name) {
        return Err(Reason::Exists.into());
    }
    names.insert(name, id);
    Ok(())
}

fn merge_account(account: &mut AccountLimits, limits: &Limits) {
    merge(&mut account.max_exposure, limits, LimitSet::EXPOSURE, || limits.max_exposure.units());
    merge(&mut account.max_daily_value, limits, LimitSet::DAILY_VALUE, || {
        limits.max_daily_value.units()
    });
    merge(&mut account.max_orders_per_second, limits, LimitSet::ORDER_RATE, || {
        limits.max_orders_per_second
    });
}

/// A limit given replaces, a limit removed is unlimited, any other stays.
fn merge<T>(at: &mut Option<T>, limits: &Limits, set: LimitSet, value: impl Fn() -> T) {
    if limits.given.has(set) {
        *at = if limits.removed.has(set) { None } else { Some(value()) };
    }
}
