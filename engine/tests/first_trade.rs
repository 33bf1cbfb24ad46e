//! The scenario of the language's documentation, command by command: two accounts, one trade.

use ringside_engine::{Engine, Sequencer, audit};
use ringside_protocol::*;

const UNIT: u64 = 1_000_000_000_000;

struct Venue {
    engine: Engine,
    sequencer: Sequencer,
}

impl Venue {
    fn does(&mut self, command: impl Into<Command>) -> Vec<Event> {
        let mut events: Vec<(EventHeader, Event)> = Vec::new();
        let now = Timestamp(0);
        self.sequencer.submit(&mut self.engine, now, Origin::default(), command, &mut events);
        audit::check(&self.engine).unwrap();
        events.into_iter().map(|(_, event)| event).collect()
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn venue() -> Venue {
    let mut venue = Venue { engine: Engine::new(), sequencer: Sequencer::new() };
    for code in ["SOL", "USDC"] {
        venue.does(Currency { code: name(code), scale: 6, reserved: [0; 3] });
    }
    venue.does(Instrument {
        symbol: name("SOL/USDC"),
        wire_symbol: [0; 8],
        base: CurrencyId(0),
        quote: CurrencyId(1),
        kind: InstrumentKind::Spot,
        reserved: [0; 3],
        tick: UNIT / 100,
        lot: UNIT / 1000,
        max_price: 0,
        min_quantity: 0,
        max_quantity: 0,
        min_notional: Amount::new(1_000_000),
        max_notional: Amount::ZERO,
        maker_fee: FeeRate::ZERO,
        taker_fee: FeeRate(10 * FeeRate::BASIS_POINT),
        max_open_orders: 0,
        reserved_2: 0,
    });
    for (account, currency, units) in [("amber", 1, 10_000_000_000), ("birch", 0, 50_000_000)] {
        venue.does(Account {
            name: name(account),
            self_trade: SelfTrade::RejectTaker,
            permissions: Permissions::EVERY,
            flags: AccountFlags::NONE,
            reserved: 0,
        });
        let account = venue.engine.account_named(name(account)).unwrap();
        let amount = GivenAmount::of(units);
        venue.does(Transfer { account, currency: CurrencyId(currency), amount });
    }
    venue
}

fn order(account: u32, id: &str, side: Side, price: u64, quantity: u64) -> Order {
    Order {
        account: AccountId(account),
        instrument: InstrumentId(0),
        price: Price::new(price).unwrap().into(),
        quantity: Quantity::new(quantity).unwrap().into(),
        side,
        id: name(id),
        ..Order::default()
    }
}

#[test]
fn two_accounts_trade_at_the_resting_price() {
    // ENG-013, LED-004: a sell at 99.50 meets a buy at 100.00 and trades there.
    let mut venue = venue();
    venue.does(order(0, "a1", Side::Buy, 10_000, 10_000));
    let events = venue.does(order(1, "b1", Side::Sell, 9_950, 4_000));
    let kinds: Vec<_> = events.iter().map(|event| event.kind().word()).collect();
    assert_eq!(
        kinds,
        [
            "accepted",
            "executed",
            "executed",
            "trade",
            "posting",
            "posting",
            "posting",
            "position",
            "lot_closed"
        ]
    );
    let money = |account: u32| -> Vec<_> {
        let portfolio = venue.engine.portfolio(AccountId(account));
        portfolio.balances.iter().map(|b| (b.currency.0, b.available, b.held)).collect()
    };
    // 4 SOL at 100 are 400 USDC; the taker pays 10 bp of it; 6 SOL are still bid for, with the fee
    // that a taker would pay held beside the price.
    assert_eq!(
        money(0),
        [(1, 10_000_000_000 - 400_000_000 - 600_600_000, 600_600_000), (0, 4_000_000, 0)]
    );
    assert_eq!(money(1), [(0, 46_000_000, 0), (1, 400_000_000 - 400_000, 0)]);
    let depth = venue.engine.depth(InstrumentId(0), 10);
    assert_eq!((depth.bids[0].price, depth.bids[0].quantity), (10_000, 6_000));
}

#[test]
fn an_image_becomes_the_same_engine() {
    // ENG-021: state hash equal, and the same events from then on.
    let mut first = venue();
    first.does(order(0, "a1", Side::Buy, 10_000, 10_000));
    first.does(order(1, "b1", Side::Sell, 9_950, 4_000));
    first.does(order(1, "b2", Side::Sell, 10_100, 1_000));
    let mut bytes = Vec::new();
    first.engine.image().write(&mut bytes).unwrap();
    let image = ringside_engine::Image::read(&bytes).unwrap();
    let engine = Engine::from_image(&image).unwrap();
    assert_eq!(engine.state_hash(), first.engine.state_hash());
    let mut second = Venue { sequencer: Sequencer::after(&engine), engine };
    for command in [
        order(1, "b1", Side::Sell, 10_000, 1_000),
        order(1, "b3", Side::Sell, 10_000, 7_000),
        order(0, "a2", Side::Buy, 10_100, 3_000),
    ] {
        assert_eq!(first.does(command), second.does(command));
    }
    assert_eq!(first.engine.state_hash(), second.engine.state_hash());
    assert_eq!(first.engine.event_hash(), second.engine.event_hash());
}

#[test]
fn a_late_cancel_is_silent_on_ouch() {
    // The order's end was reported; the refusal takes no number of the stream, elsewhere it does.
    for (kind, number) in [(StreamKind::Ouch, 0), (StreamKind::WebSocket, 3)] {
        let mut venue = venue();
        venue.does(Session {
            account: AccountId(0),
            name: name("s"),
            kind,
            state: SessionState::Open,
            cancel_on_disconnect: OnDisconnect::Keep,
            reserved: 0,
            user_ref: 0,
        });
        let mut says = |command: Command| -> Vec<Event> {
            let mut events: Vec<(EventHeader, Event)> = Vec::new();
            let origin = Origin { key: KeyId::NONE, stream: StreamId(0), ..Origin::default() };
            let (engine, now) = (&mut venue.engine, Timestamp(0));
            venue.sequencer.submit(engine, now, origin, command, &mut events);
            events.into_iter().map(|(_, event)| event).collect()
        };
        let buy = Order { user_ref: 1, ..order(0, "x", Side::Buy, 10_000, 100) };
        let cancel = Cancel { account: AccountId(0), target: OrderRef::user_ref(1) };
        says(buy.into());
        says(cancel.into());
        let refused = says(cancel.into());
        let [Event::Rejected(refused)] = refused[..] else { panic!("one refusal: {refused:?}") };
        assert_eq!((refused.reason, refused.report.number), (Reason::TooLate, number));
    }
}
