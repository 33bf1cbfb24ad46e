//! A venue whose books are full: what a restart has to bring back.

use ringside_engine::{Capacity, Counter, Engine, Sequencer};
use ringside_protocol::*;

const ACCOUNTS: usize = 1_000;
const INSTRUMENTS: usize = 100;
const UNIT: u64 = 1_000_000_000_000;
/// Bids are below it, asks above, ticks.
const MIDDLE: u64 = 50_000;
/// Prices of a side.
const LEVELS: usize = 500;

struct House {
    engine: Engine,
    sequencer: Sequencer,
    sink: Counter,
}

/// A venue with so many resting orders: every account in every instrument, on both sides, by turns
/// numbered by its stream and named by itself.
///
/// # Panics
/// When an order does not rest.
pub fn full_house(orders: usize) -> Engine {
    let engine = Engine::with_capacity(Capacity { orders, lots: 0 });
    let mut house = House { engine, sequencer: Sequencer::new(), sink: Counter::default() };
    house.found();
    for at in 0..orders {
        house.enter(at);
    }
    assert_eq!(house.engine.stats().resting, orders as u64, "every order rests");
    house.engine
}

impl House {
    fn says(&mut self, origin: Origin, command: impl Into<Command>) {
        let now = Timestamp(0);
        self.sequencer.submit(&mut self.engine, now, origin, command, &mut self.sink);
    }

    fn found(&mut self) {
        let none = Origin::default();
        for at in 0..=INSTRUMENTS {
            let code = name(&format!("C{at}"));
            self.says(none, Currency { code, scale: 2, reserved: [0; 3] });
        }
        for at in 0..INSTRUMENTS {
            self.says(none, instrument(at));
        }
        for at in 0..ACCOUNTS {
            self.admit(AccountId(at as u32));
        }
    }

    fn admit(&mut self, id: AccountId) {
        let none = Origin::default();
        let account = Account {
            name: name(&format!("account-{}", id.0)),
            self_trade: SelfTrade::RejectTaker,
            permissions: Permissions::EVERY,
            flags: AccountFlags::NONE,
            reserved: 0,
        };
        self.says(none, account);
        for currency in 0..=INSTRUMENTS {
            let amount = GivenAmount::of(1_000_000_000_000);
            let currency = CurrencyId(currency as u32);
            self.says(none, Transfer { account: id, currency, amount });
        }
        let session = Session {
            account: id,
            name: name("S1"),
            kind: StreamKind::Ouch,
            state: SessionState::Open,
            cancel_on_disconnect: OnDisconnect::Keep,
            reserved: 0,
            user_ref: 0,
        };
        self.says(none, session);
    }

    /// The order of this number: accounts first, then instruments, then sides and prices.
    fn enter(&mut self, at: usize) {
        let (account, turn) = (at % ACCOUNTS, at / ACCOUNTS);
        let (instrument, turn) = ((turn + account) % INSTRUMENTS, turn / INSTRUMENTS);
        let side = Side::ALL[turn % 2];
        let away = 1 + (account * 7 + turn * 13) as u64 % LEVELS as u64;
        let price = if side == Side::Buy { MIDDLE - away } else { MIDDLE + away };
        let is_numbered = (at / ACCOUNTS + account).is_multiple_of(2);
        let (stream, user_ref) = match is_numbered {
            true => (StreamId(account as u32), 1 + (at / ACCOUNTS) as u32),
            false => (StreamId::NONE, 0),
        };
        let id = if is_numbered { Name::ABSENT } else { name(&format!("order-{at}")) };
        let order = Order {
            account: AccountId(account as u32),
            instrument: InstrumentId(instrument as u32),
            price: Price::new(price).expect("a price").into(),
            quantity: Quantity::new(1 + at as u64 % 9).expect("a quantity").into(),
            side,
            user_ref,
            id,
            ..Order::default()
        };
        self.says(Origin { key: KeyId::NONE, stream, ..Origin::default() }, order);
    }
}

fn instrument(at: usize) -> Instrument {
    Instrument {
        symbol: name(&format!("C{}/C0", at + 1)),
        wire_symbol: [0; 8],
        base: CurrencyId(at as u32 + 1),
        quote: CurrencyId(0),
        kind: InstrumentKind::Spot,
        reserved: [0; 3],
        tick: UNIT / 100,
        lot: UNIT,
        max_price: 0,
        min_quantity: 0,
        max_quantity: 0,
        min_notional: Amount::ZERO,
        max_notional: Amount::ZERO,
        maker_fee: FeeRate(FeeRate::BASIS_POINT),
        taker_fee: FeeRate(2 * FeeRate::BASIS_POINT),
        max_open_orders: 0,
        reserved_2: 0,
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}
