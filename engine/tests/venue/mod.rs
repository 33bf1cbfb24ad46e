//! A small venue that has some of everything an image holds, made by commands alone: limits and
//! overrides, keys, streams, tags, marks, kill switches, lots, used-up names, resting orders of
//! both kinds. The same on every machine.

use ringside_engine::{Engine, Sequencer, audit};
use ringside_protocol::{Venue as Settings, *};

const UNIT: u64 = 1_000_000_000_000;
const AMBER: AccountId = AccountId(0);
const BIRCH: AccountId = AccountId(1);
const SOL: InstrumentId = InstrumentId(0);
const BTC: InstrumentId = InstrumentId(1);
const USDC: CurrencyId = CurrencyId(0);

/// An engine and what stamps its commands.
pub(crate) struct Venue {
    pub(crate) engine: Engine,
    sequencer: Sequencer,
    pub(crate) now: u64,
    stream: StreamId,
    /// What commands say of the session they were sent in.
    pub(crate) session: SessionNumber,
}

impl Venue {
    /// Goes on with an engine.
    pub(crate) fn with(engine: Engine) -> Self {
        let now = engine.time().0;
        let (stream, session) = (StreamId::NONE, SessionNumber::NONE);
        Self { sequencer: Sequencer::after(&engine), engine, now, stream, session }
    }

    /// A second later somebody says this; what came of it.
    pub(crate) fn says(&mut self, command: impl Into<Command>) -> Vec<Event> {
        self.now += Timestamp::SECOND;
        let mut events: Vec<(EventHeader, Event)> = Vec::new();
        let origin = Origin { key: KeyId::NONE, stream: self.stream, session: self.session };
        let now = Timestamp(self.now);
        self.sequencer.submit(&mut self.engine, now, origin, command, &mut events);
        audit::check(&self.engine).expect("Invariant: the audit finds nothing");
        events.into_iter().map(|(_, event)| event).collect()
    }

    /// The same by a stream.
    pub(crate) fn says_by(&mut self, stream: StreamId, command: impl Into<Command>) -> Vec<Event> {
        self.stream = stream;
        let events = self.says(command);
        self.stream = StreamId::NONE;
        events
    }

    /// The state as bytes.
    pub(crate) fn image(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.engine.image().write(&mut bytes).expect("a vector takes every byte");
        bytes
    }
}

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

/// A limit order of so many lots at so many ticks, named by its account.
pub(crate) fn order(account: AccountId, id: &str, side: Side, price: u64, quantity: u64) -> Order {
    Order {
        account,
        instrument: SOL,
        price: Price::new(price).expect("a price").into(),
        quantity: Quantity::new(quantity).expect("a quantity").into(),
        side,
        id: name(id),
        ..Order::default()
    }
}

/// The same, named by its stream.
pub(crate) fn numbered(
    account: AccountId,
    user_ref: u32,
    side: Side,
    price: u64,
    quantity: u64,
) -> Order {
    Order { user_ref, id: Name::ABSENT, ..order(account, "unused", side, price, quantity) }
}

/// The venue.
pub(crate) fn some_of_everything() -> Venue {
    let mut venue = Venue::with(Engine::new());
    found(&mut venue);
    admit(&mut venue);
    trade(&mut venue);
    venue
}

fn found(venue: &mut Venue) {
    venue.says(Behaviour { version: 1, reserved: 0 });
    let flags = VenueFlags::TEST_MODE;
    venue.says(Settings { day_start_ns: 3600 * Timestamp::SECOND, flags, reserved: [0; 7] });
    let amount = Value::new(100_000 * i128::from(UNIT));
    venue.says(InitialGrant { currency: name("USDC"), reserved: [0; 4], amount });
    for (code, scale) in [("USDC", 6), ("SOL", 9), ("BTC", 8)] {
        venue.says(Currency { code: name(code), scale, reserved: [0; 3] });
    }
    for (symbol, base, lot) in [("SOL/USDC", 1, UNIT / 1000), ("BTC/USDC", 2, UNIT / 100_000)] {
        venue.says(Instrument {
            symbol: name(symbol),
            wire_symbol: [0; 8],
            base: CurrencyId(base),
            quote: USDC,
            kind: InstrumentKind::Spot,
            reserved: [0; 3],
            tick: UNIT / 10,
            lot,
            max_price: 10_000_000,
            min_quantity: 0,
            max_quantity: 0,
            min_notional: Amount::new(1_000),
            max_notional: Amount::ZERO,
            maker_fee: FeeRate(-FeeRate::BASIS_POINT),
            taker_fee: FeeRate(5 * FeeRate::BASIS_POINT),
            max_open_orders: 20,
            reserved_2: 0,
        });
    }
}

fn admit(venue: &mut Venue) {
    for account in ["amber", "birch", "cedar"] {
        venue.says(Account {
            name: name(account),
            self_trade: SelfTrade::CancelMaker,
            permissions: Permissions::EVERY,
            flags: AccountFlags::ANONYMOUS,
            reserved: 0,
        });
    }
    for currency in [CurrencyId(1), CurrencyId(2)] {
        venue.says(Transfer { account: BIRCH, currency, amount: GivenAmount::of(500_000_000_000) });
    }
    for instrument in [InstrumentId::NONE, BTC] {
        venue.says(limits(instrument));
    }
    for (account, stream, kind) in [
        (AMBER, "AMBER1", StreamKind::Ouch),
        (AMBER, "web", StreamKind::WebSocket),
        (BIRCH, "BIRCH1", StreamKind::Ouch),
    ] {
        venue.says(session(account, stream, kind, SessionState::Open));
    }
    venue.says(session(BIRCH, "BIRCH1", StreamKind::Ouch, SessionState::Closed));
    venue.says(session(BIRCH, "BIRCH2", StreamKind::Ouch, SessionState::Open));
    venue.says(GrantKey {
        account: AMBER,
        permissions: Permissions::READ,
        reserved: [0; 3],
        key: [7; 32],
        expires: Timestamp(90_000 * Timestamp::SECOND),
    });
}

fn limits(instrument: InstrumentId) -> Limits {
    let value = |whole: i128| Value::new(whole * i128::from(UNIT));
    let of_symbol = LimitSet::ORDER_VALUE.with(LimitSet::POSITION).with(LimitSet::OPEN_ORDERS);
    let wide = LimitSet::EXPOSURE.with(LimitSet::DAILY_VALUE).with(LimitSet::ORDER_RATE);
    Limits {
        account: AMBER,
        instrument,
        given: if instrument.is_some() { of_symbol } else { of_symbol.with(wide) },
        removed: LimitSet::NONE,
        reserved: [0; 2],
        max_orders_per_second: 3,
        max_open_orders: 9,
        max_order_value: value(50_000),
        max_position: value(1_000),
        max_exposure: value(1_000_000),
        max_daily_value: value(2_000_000),
    }
}

/// A session of a stream whose orders end with it.
pub(crate) fn session(
    account: AccountId,
    stream: &str,
    kind: StreamKind,
    state: SessionState,
) -> Session {
    Session {
        account,
        name: name(stream),
        kind,
        state,
        cancel_on_disconnect: OnDisconnect::Cancel,
        reserved: 0,
        user_ref: 0,
    }
}

fn trade(venue: &mut Venue) {
    let (ouch, web, birch) = (StreamId(0), StreamId(1), StreamId(3));
    venue.says_by(web, Order { tag: name("grid"), ..order(AMBER, "a1", Side::Buy, 1_500, 4_000) });
    venue.says_by(web, Order { tag: name("dip"), ..order(AMBER, "a2", Side::Buy, 1_400, 1_000) });
    for number in 1..=6 {
        let price = 1_495 - u64::from(number % 2);
        venue.says_by(ouch, numbered(AMBER, number, Side::Buy, price, 100));
    }
    venue.says_by(ouch, Cancel { account: AMBER, target: OrderRef::user_ref(4) });
    venue.says(order(BIRCH, "b1", Side::Sell, 1_500, 1_500));
    venue.says(order(BIRCH, "b2", Side::Sell, 1_499, 700));
    venue.says(order(BIRCH, "b3", Side::Sell, 1_510, 2_000));
    venue.says(order(BIRCH, "b6", Side::Buy, 1_501, 300));
    venue.says(order(AMBER, "a3", Side::Sell, 1_501, 300));
    venue.says_by(birch, numbered(BIRCH, 1, Side::Sell, 1_505, 300));
    venue.says(order(AMBER, "a1", Side::Buy, 1_500, 4_000));
    venue.says(order(BIRCH, "b4", Side::Sell, 0x7FFF_FFFF, 1));
    venue.says(rename(BIRCH, "b3", "b5"));
    let price = Price::new(1_502).expect("a price").into();
    venue.says(Mark { instrument: SOL, reserved: 0, price, source_time: Timestamp(5) });
    venue.says(kill(BIRCH, BTC));
    let state = InstrumentState::PostOnly;
    venue.says(SetInstrumentState { instrument: BTC, state, reserved: [0; 3] });
}

/// A kill switch turned on.
pub(crate) fn kill(account: AccountId, instrument: InstrumentId) -> Kill {
    Kill { account, instrument, switch: Switch::On, reserved: [0; 3] }
}

fn rename(account: AccountId, from: &str, to: &str) -> Amend {
    Amend {
        account,
        target: OrderRef::id(name(from)),
        reserved: [0; 4],
        quantity: GivenQuantity::ABSENT,
        price: GivenPrice::ABSENT,
        reserved_2: [0; 32],
        new_id: name(to),
        reserved_3: [0; 4],
    }
}
