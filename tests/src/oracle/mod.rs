//! A second engine, written from the specification for clarity alone: vectors and linear scans,
//! one list of resting orders in the order of their priority, every sum recomputed when asked. It
//! shares the venue's language with the engine and nothing else; where both agree over millions of
//! random commands, a mistake would have to be made twice (X-ENG-020).
//!
//! It covers orders, money, lots, the limits of value, position and open orders, and the end of the
//! day. It knows no streams' numbers but the first of a day, no hashes, and none of the limits that
//! look at time or at all instruments.

mod account;
mod checks;
mod matching;
mod money;
mod orders;

use account::{Account, Key, LimitRow, Stream};
use ringside_protocol::{
    AMOUNT_MAX, AccountFlags, AccountId, Command, Currency, CurrencyId, GrantKey, InitialGrant,
    Instrument, InstrumentId, InstrumentState, KeyId, Kill, LimitSet, Limits, MassCancel, Name,
    OnDisconnect, Origin, Permissions, Reason, SelfTrade, Sequenced, Session, SessionState,
    SetInstrumentState, Side, StreamId, Switch, TimeInForce, Timestamp, Transfer, VenueFlags,
};
use ringside_protocol::{CancelReason, OrderFlags, OrderId, OrderType, Scales};

use crate::fact::Fact;

/// The whole venue.
#[derive(Clone, Debug, Default)]
pub struct Oracle {
    /// The behaviour stated last.
    behaviour: u32,
    test_mode: bool,
    grants: Vec<(Name, i128)>,
    currencies: Vec<(Name, u8)>,
    /// Deposits and grants, one a currency.
    came_in: Vec<i128>,
    markets: Vec<Market>,
    accounts: Vec<Account>,
    keys: Vec<Key>,
    streams: Vec<Stream>,
    /// Scopes of the kill switch that are on; none in either place is everybody, everywhere.
    killed: Vec<(AccountId, InstrumentId)>,
    /// Every resting order; of two at one price the one further ahead is older.
    resting: Vec<Live>,
    orders: u64,
    trades: u64,
    /// Start of the venue day, nanoseconds after midnight.
    day_start: u64,
    /// When the day ends; none before the first clock.
    day_end: Option<u64>,
    /// Days that have ended.
    days: u32,
    facts: Vec<Fact>,
}

/// An instrument.
#[derive(Clone, Debug)]
struct Market {
    terms: Instrument,
    scales: Scales,
    state: InstrumentState,
}

/// An order that lives.
#[derive(Clone, Copy, Debug)]
struct Live {
    order: OrderId,
    account: AccountId,
    instrument: InstrumentId,
    stream: StreamId,
    id: Name,
    tag: Name,
    side: Side,
    kind: OrderType,
    time_in_force: TimeInForce,
    flags: OrderFlags,
    self_trade: SelfTrade,
    price: u64,
    executed: u64,
    leaves: u64,
}

/// One resting order as others see it: price, leaves, order, account.
pub type Row = (u64, u64, OrderId, AccountId);

impl Oracle {
    /// A venue where nothing ever happened.
    pub fn new() -> Self {
        Self::default()
    }

    /// Applies one command and says what happened.
    pub fn apply(&mut self, sequenced: &Sequenced) -> Vec<Fact> {
        let origin = sequenced.origin;
        if origin.session.0 != 0 && origin.session.0 != self.days + 1 {
            return Vec::new();
        }
        let refused = match &sequenced.command {
            Command::Mark(_) => Ok(()),
            Command::Clock(_) => {
                self.clock(sequenced.time.0);
                Ok(())
            }
            Command::Behaviour(behaviour) => self.behaviour(behaviour.version),
            Command::Venue(venue) => {
                self.test_mode = venue.flags.has(VenueFlags::TEST_MODE);
                self.day_start = venue.day_start_ns;
                Ok(())
            }
            Command::InitialGrant(grant) => self.initial_grant(grant),
            Command::Currency(currency) => self.currency(currency),
            Command::Instrument(terms) => self.instrument(terms),
            Command::InstrumentState(change) => self.instrument_state(change),
            Command::Account(account) => self.account(account),
            Command::Limits(limits) => self.limits(limits),
            Command::Deposit(transfer) => self.deposit(transfer),
            Command::Withdraw(withdrawal) => self.withdraw(&withdrawal.0),
            Command::Key(key) => self.key(key),
            Command::Session(session) => self.session(session),
            Command::Order(order) => return self.done_order(order, origin, sequenced.time.0),
            Command::Amend(amend) => return self.done_amend(amend, origin, sequenced.time.0),
            Command::Replace(replace) => {
                return self.done_replace(replace, origin, sequenced.time.0);
            }
            Command::Cancel(cancel) => return self.done_cancel(cancel, origin, sequenced.time.0),
            Command::MassCancel(mass) => self.mass_cancel(mass, origin, sequenced.time.0),
            Command::Kill(kill) => self.kill(kill),
        };
        if let Err(reason) = refused {
            let account = subject(&sequenced.command);
            self.reject(account, OrderId(0), Name::ABSENT, reason);
        }
        self.take_facts()
    }

    /// The resting orders of one side, best first, each level in queue order.
    pub fn book(&self, instrument: InstrumentId, side: Side) -> Vec<Row> {
        let mut rows: Vec<Row> = self
            .resting
            .iter()
            .filter(|live| live.instrument == instrument && live.side == side)
            .map(|live| (live.price, live.leaves, live.order, live.account))
            .collect();
        match side {
            Side::Buy => rows.sort_by_key(|row| u64::MAX - row.0),
            Side::Sell => rows.sort_by_key(|row| row.0),
        }
        rows
    }

    /// Available and held of every currency the account ever touched, in the order of currencies.
    pub fn balances(&self, account: AccountId) -> Vec<(CurrencyId, i128, i128)> {
        let balances = self.accounts[account.index()].balances.iter().enumerate();
        balances
            .filter(|(_, balance)| balance.touched)
            .map(|(at, balance)| (CurrencyId(at as u32), balance.available, balance.held))
            .collect()
    }

    /// How many accounts there are.
    pub fn accounts(&self) -> u32 {
        self.accounts.len() as u32
    }

    /// How many instruments there are.
    pub fn instruments(&self) -> u32 {
        self.markets.len() as u32
    }

    fn take_facts(&mut self) -> Vec<Fact> {
        let mut facts = std::mem::take(&mut self.facts);
        Fact::settle_order(&mut facts);
        facts
    }

    fn reject(&mut self, account: AccountId, order: OrderId, id: Name, reason: Reason) {
        self.facts.push(Fact::Rejected { account, order, id, reason });
    }

    fn known_account(&self, account: AccountId) -> Result<(), Reason> {
        if account.index() < self.accounts.len() { Ok(()) } else { Err(Reason::UnknownAccount) }
    }

    fn known_market(&self, instrument: InstrumentId) -> Result<(), Reason> {
        if instrument.index() < self.markets.len() { Ok(()) } else { Err(Reason::UnknownSymbol) }
    }

    fn known_currency(&self, currency: CurrencyId) -> Result<(), Reason> {
        if currency.index() < self.currencies.len() { Ok(()) } else { Err(Reason::UnknownCurrency) }
    }
}

/// Time.
impl Oracle {
    /// Where the day has ended, every stream is told so, and then which orders live on.
    fn clock(&mut self, now: u64) {
        if self.day_end.is_some_and(|end| now < end) {
            return;
        }
        let is_over = self.day_end.is_some();
        let into_day = (now + Timestamp::DAY - self.day_start) % Timestamp::DAY;
        self.day_end = Some(now - into_day + Timestamp::DAY);
        if !is_over {
            return;
        }
        self.days += 1;
        self.facts.extend(self.streams.iter().map(|s| Fact::SessionEnded { account: s.account }));
        self.facts.push(Fact::Day { session: self.days + 1, began: now - into_day });
        let mut living = self.resting.clone();
        living.sort_by_key(|live| live.order);
        for (at, live) in living.iter().enumerate().filter(|(_, live)| live.stream.is_some()) {
            let before = living[..at].iter().filter(|other| other.stream == live.stream);
            self.facts.push(Fact::Restated {
                account: live.account,
                order: live.order,
                number: before.count() as u32 + 1,
                id: live.id,
                price: live.price,
                cumulative: live.executed,
                leaves: live.leaves,
            });
        }
    }
}

/// Set-up: each command makes or changes one thing.
impl Oracle {
    fn behaviour(&mut self, version: u32) -> Result<(), Reason> {
        if version < self.behaviour.max(1) {
            return Err(Reason::BadValue);
        }
        self.behaviour = version;
        Ok(())
    }

    fn initial_grant(&mut self, grant: &InitialGrant) -> Result<(), Reason> {
        self.grants.push((grant.currency, grant.amount.units()));
        Ok(())
    }

    fn currency(&mut self, currency: &Currency) -> Result<(), Reason> {
        if self.currencies.iter().any(|(code, _)| *code == currency.code) {
            return Err(Reason::Exists);
        }
        self.currencies.push((currency.code, currency.scale));
        self.came_in.push(0);
        Ok(())
    }

    fn instrument(&mut self, terms: &Instrument) -> Result<(), Reason> {
        if self.markets.iter().any(|market| market.terms.symbol == terms.symbol) {
            return Err(Reason::Exists);
        }
        self.known_currency(terms.base)?;
        self.known_currency(terms.quote)?;
        let scale = |currency: CurrencyId| self.currencies[currency.index()].1;
        let scales = Scales::new(terms.tick, terms.lot, scale(terms.base), scale(terms.quote))
            .map_err(|_| Reason::BadValue)?;
        self.markets.push(Market { terms: *terms, scales, state: InstrumentState::Open });
        Ok(())
    }

    fn instrument_state(&mut self, change: &SetInstrumentState) -> Result<(), Reason> {
        self.known_market(change.instrument)?;
        let market = &mut self.markets[change.instrument.index()];
        if market.state == InstrumentState::Settled {
            return Err(Reason::Mode);
        }
        market.state = change.state;
        if change.state == InstrumentState::Settled {
            self.cancel_each(CancelReason::Phase, |live| live.instrument == change.instrument);
        }
        Ok(())
    }

    fn account(&mut self, account: &ringside_protocol::Account) -> Result<(), Reason> {
        if self.accounts.iter().any(|there| there.name == account.name) {
            return Err(Reason::Exists);
        }
        if account.self_trade == SelfTrade::None && !self.test_mode {
            return Err(Reason::BadValue);
        }
        debug_assert!(AccountFlags::ANONYMOUS.has(account.flags), "no other flag is known");
        let mut created = Account::new(account);
        for (code, amount) in &self.grants {
            let at = self.currencies.iter().position(|(there, _)| there == code);
            let at = at.ok_or(Reason::UnknownCurrency)?;
            let unit = 10i128.pow(u32::from(12 - self.currencies[at].1));
            created.balance(CurrencyId(at as u32)).available += amount / unit;
            self.came_in[at] += amount / unit;
        }
        self.accounts.push(created);
        Ok(())
    }

    fn limits(&mut self, limits: &Limits) -> Result<(), Reason> {
        self.known_account(limits.account)?;
        if limits.instrument.is_some() {
            self.known_market(limits.instrument)?;
        }
        let rows = &mut self.accounts[limits.account.index()].limits;
        for (which, value) in [
            (LimitSet::ORDER_VALUE, limits.max_order_value.units()),
            (LimitSet::POSITION, limits.max_position.units()),
            (LimitSet::OPEN_ORDERS, i128::from(limits.max_open_orders)),
        ] {
            if !limits.given.has(which) {
                continue;
            }
            rows.retain(|row| row.which != which || row.instrument != limits.instrument);
            if !limits.removed.has(which) {
                rows.push(LimitRow { which, instrument: limits.instrument, value });
            }
        }
        Ok(())
    }

    fn deposit(&mut self, transfer: &Transfer) -> Result<(), Reason> {
        self.known_account(transfer.account)?;
        self.known_currency(transfer.currency)?;
        let amount = transfer.amount.get()?;
        let came_in = &mut self.came_in[transfer.currency.index()];
        if *came_in + amount > AMOUNT_MAX {
            return Err(Reason::Overflow);
        }
        *came_in += amount;
        let balance = self.accounts[transfer.account.index()].balance(transfer.currency);
        balance.touched = true;
        balance.available += amount;
        Ok(())
    }

    fn withdraw(&mut self, transfer: &Transfer) -> Result<(), Reason> {
        self.known_account(transfer.account)?;
        self.known_currency(transfer.currency)?;
        let amount = transfer.amount.get()?;
        let balance = self.accounts[transfer.account.index()].balance(transfer.currency);
        if balance.available < amount {
            return Err(Reason::InsufficientBalance);
        }
        balance.available -= amount;
        Ok(())
    }

    fn key(&mut self, key: &GrantKey) -> Result<(), Reason> {
        self.known_account(key.account)?;
        if self.keys.iter().any(|there| there.key == key.key) {
            return Err(Reason::Exists);
        }
        self.keys.push(Key {
            key: key.key,
            account: key.account,
            permissions: key.permissions,
            expires: key.expires.0,
        });
        Ok(())
    }

    fn session(&mut self, session: &Session) -> Result<(), Reason> {
        self.known_account(session.account)?;
        let found = self
            .streams
            .iter()
            .position(|stream| stream.account == session.account && stream.name == session.name);
        let at = match (found, session.state) {
            (Some(at), _) => at,
            (None, SessionState::Open) => {
                self.streams.push(Stream::new(session));
                self.streams.len() - 1
            }
            (None, _) => return Err(Reason::UnknownSession),
        };
        let stream = &mut self.streams[at];
        let is_off = matches!(stream.state, SessionState::CancelOnly | SessionState::Disabled);
        stream.state = match session.state {
            SessionState::Open => {
                stream.on_disconnect = session.cancel_on_disconnect;
                if is_off { SessionState::CancelOnly } else { SessionState::Open }
            }
            SessionState::Closed if is_off => SessionState::Disabled,
            SessionState::CancelOnly if !stream.state.is_there() => {
                return Err(Reason::UnknownSession);
            }
            SessionState::Enabled if stream.state.is_there() => SessionState::Open,
            SessionState::Enabled => SessionState::Closed,
            SessionState::Disabled => return Err(Reason::BadValue),
            SessionState::Closed => SessionState::Closed,
            SessionState::CancelOnly => SessionState::CancelOnly,
        };
        if session.state == SessionState::Closed && stream.on_disconnect == OnDisconnect::Cancel {
            let stream = StreamId(at as u32);
            self.cancel_each(CancelReason::Disconnect, |live| live.stream == stream);
        }
        Ok(())
    }

    fn kill(&mut self, kill: &Kill) -> Result<(), Reason> {
        if kill.account.is_some() {
            self.known_account(kill.account)?;
        }
        if kill.instrument.is_some() {
            self.known_market(kill.instrument)?;
        }
        let scope = (kill.account, kill.instrument);
        self.killed.retain(|there| *there != scope);
        if kill.switch == Switch::On {
            self.killed.push(scope);
            self.cancel_each(CancelReason::Killed, |live| {
                in_scope(scope, live.account, live.instrument)
            });
        }
        Ok(())
    }

    fn mass_cancel(&mut self, mass: &MassCancel, origin: Origin, now: u64) -> Result<(), Reason> {
        self.known_account(mass.account)?;
        self.permit(mass.account, origin, now, Permissions::TRADE)?;
        let side = mass.side();
        self.cancel_each(CancelReason::User, |live| {
            live.account == mass.account
                && (!mass.instrument.is_some() || live.instrument == mass.instrument)
                && (!mass.stream.is_some() || live.stream == mass.stream)
                && (mass.tag.is_absent() || live.tag == mass.tag)
                && side.is_none_or(|side| live.side == side)
        });
        Ok(())
    }

    /// Cancels the resting orders that `meant` names, in order of entry.
    fn cancel_each(&mut self, reason: CancelReason, meant: impl Fn(&Live) -> bool) {
        let mut gone: Vec<Live> = self.resting.iter().copied().filter(|l| meant(l)).collect();
        gone.sort_by_key(|live| live.order);
        for live in gone {
            self.cancel_resting(live.order, reason);
        }
    }
}

/// Whether an account in an instrument falls under a scope of the kill switch.
fn in_scope(
    scope: (AccountId, InstrumentId),
    account: AccountId,
    instrument: InstrumentId,
) -> bool {
    (!scope.0.is_some() || scope.0 == account) && (!scope.1.is_some() || scope.1 == instrument)
}

/// Whom a set-up command is about.
fn subject(command: &Command) -> AccountId {
    match command {
        Command::Limits(limits) => limits.account,
        Command::Deposit(transfer) => transfer.account,
        Command::Withdraw(withdrawal) => withdrawal.0.account,
        Command::Key(key) => key.account,
        Command::Session(session) => session.account,
        Command::MassCancel(mass) => mass.account,
        Command::Kill(kill) => kill.account,
        Command::Clock(_)
        | Command::Behaviour(_)
        | Command::Venue(_)
        | Command::InitialGrant(_)
        | Command::Currency(_)
        | Command::Instrument(_)
        | Command::InstrumentState(_)
        | Command::Account(_)
        | Command::Order(_)
        | Command::Amend(_)
        | Command::Replace(_)
        | Command::Cancel(_)
        | Command::Mark(_) => AccountId::NONE,
    }
}

/// Whether a key may speak: it exists, is its account's, has not ended, and may do this.
fn key_allows(keys: &[Key], key: KeyId, account: AccountId, now: u64, right: Permissions) -> bool {
    keys.get(key.index()).is_some_and(|key| {
        key.account == account
            && key.permissions.has(right)
            && (key.expires == 0 || now < key.expires)
    })
}
