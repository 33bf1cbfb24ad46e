//! An instrument, an order and a place in the stream to write about.

use ringside_protocol::depth::{Depth, DepthLevel};
use ringside_protocol::wire::json::event::Told;
use ringside_protocol::wire::json::info::{InstrumentShown, RateInterval, RateKind, RateLimit};
use ringside_protocol::wire::json::{Listing, OrderShown, Request, RequestId, parse_ws_api};
use ringside_protocol::{
    InstrumentId, InstrumentState, Name, OrderFlags, OrderId, OrderStatus, OrderType, SelfTrade,
    Sequence, Side, Terms, TimeInForce, Timestamp,
};
use serde_json::Value;

/// The longest message in these tests, in bytes.
pub(crate) const LIMIT: usize = 65_536;

/// A moment: 1700000000123 ms.
pub(crate) const NOW: Timestamp = Timestamp(1_700_000_000_123_456_789);

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

/// SOL/USDC: tick 0.01, lot 0.001, both currencies with 6 decimals.
pub(crate) fn listing() -> Listing {
    let terms = Terms {
        symbol: name("SOL/USDC"),
        tick: 10_000_000_000,
        lot: 1_000_000_000,
        base_scale: 6,
        quote_scale: 6,
        quote_per_tick_lot: 10,
    };
    Listing::new(terms, name("SOL"), name("USDC"))
}

pub(crate) fn instrument() -> InstrumentShown {
    InstrumentShown {
        listing: listing(),
        wire_symbol: name("SOLUSDC"),
        state: InstrumentState::Open,
        max_price: 10_000_000,
        min_quantity: 0,
        max_quantity: 9_000_000,
        min_notional: 1_000_000,
        max_notional: 9_000_000_000_000,
        max_open_orders: 200,
    }
}

/// A resting buy of 1.500 at 150.25, nothing executed.
pub(crate) fn order() -> OrderShown {
    OrderShown {
        order: OrderId(7),
        id: name("a1"),
        side: Side::Buy,
        kind: OrderType::Limit,
        flags: OrderFlags::NONE,
        time_in_force: TimeInForce::Gtc,
        self_trade: Some(SelfTrade::CancelTaker),
        price: 15_025,
        quantity: 1_500,
        executed: 0,
        executed_quote: 0,
        status: OrderStatus::Open,
        ended: None,
        created: NOW,
        updated: NOW,
    }
}

/// The same order after 0.500 of it traded at 150.00.
pub(crate) fn partly_filled() -> OrderShown {
    OrderShown {
        executed: 500,
        executed_quote: 75_000_000,
        status: OrderStatus::PartiallyFilled,
        updated: Timestamp(NOW.0 + 5_000_000),
        ..order()
    }
}

pub(crate) fn told() -> Told {
    Told {
        subscription: Some(0),
        session: name("2611210001"),
        number: 42,
        sequence: Sequence(1_001),
        time: NOW,
    }
}

pub(crate) fn depth() -> Depth {
    let level = |price, quantity| DepthLevel { price, quantity, orders: 1 };
    Depth {
        instrument: InstrumentId(0),
        sequence: Sequence(1_001),
        bids: vec![level(15_025, 1_500), level(15_000, 20)],
        asks: vec![level(15_030, 7_000)],
        checksum: 4_023_233_417,
    }
}

pub(crate) fn limits() -> [RateLimit; 2] {
    [
        RateLimit {
            kind: RateKind::RequestWeight,
            interval: RateInterval::Minute,
            intervals: 1,
            limit: 200,
            count: None,
        },
        RateLimit {
            kind: RateKind::Orders,
            interval: RateInterval::Second,
            intervals: 1,
            limit: 50,
            count: None,
        },
    ]
}

/// A request that must be good.
pub(crate) fn request(text: &str) -> Request<'_> {
    parse_ws_api(text, LIMIT).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The id 1.
pub(crate) fn id() -> RequestId {
    request(r#"{"id":1,"method":"ping"}"#).id
}

/// What a writer wrote, read by somebody else.
pub(crate) fn read(write: impl FnOnce(&mut Vec<u8>)) -> Value {
    let mut out = Vec::new();
    write(&mut out);
    serde_json::from_slice(&out)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&out)))
}
