//! One example of every message the venue writes, by the name the document has for it.

use ringside_protocol::wire::json::answer::{
    self, AccountShown, BalanceShown, BearerShown, Fill, Speaker, Welcome, answer,
};
use ringside_protocol::wire::json::event::{self, Happened, RefusedCommand};
use ringside_protocol::wire::json::market::{self, BookTicker, DepthUpdate};
use ringside_protocol::wire::json::{
    Asked, Code, Detail, OrderShown, ReasonShown, RequestError, StreamError, StreamFailure,
    StreamName, info, streams_changed, streams_listed,
};
use ringside_protocol::{
    CancelReason, EventHeader, FeeRate, InstrumentId, Liquidity, OnDisconnect, OrderId,
    OrderStatus, Reason, Sequence, Side, Timestamp, Trade, TradeId,
};

use crate::kit::{NOW, depth, id, instrument, limits, listing, name, order, partly_filled, told};

/// A name of the document, and the text it must have there.
pub(crate) type Sample = (&'static str, String);

/// Every example.
pub(crate) fn samples() -> Vec<Sample> {
    let mut all = answers();
    all.extend(orders());
    all.extend(reports());
    all.extend(public());
    all.extend(errors());
    all
}

fn sample(name: &'static str, write: impl FnOnce(&mut Vec<u8>)) -> Sample {
    let mut out = Vec::new();
    write(&mut out);
    (name, String::from_utf8(out).expect("JSON is text"))
}

fn bearer(is_new: bool) -> BearerShown {
    let token = "Hq0mC3o6Zt1vZrYB7mE2yXb0qk9dJw4sTfLu8aPnG5c";
    BearerShown {
        token: is_new.then(|| token.to_owned()),
        expires: Timestamp(NOW.0 + Timestamp::DAY),
        account: name("alice"),
        fingerprint: "3f1c 0a9d 82b1 0ab7".to_owned(),
    }
}

/// A result in the envelope of the WebSocket API.
fn result(name: &'static str, write: impl FnOnce(&mut Vec<u8>)) -> Sample {
    sample(name, |out| answer(out, &id(), &[], write))
}

pub(crate) fn canceled() -> OrderShown {
    OrderShown { status: OrderStatus::Canceled, ended: Some(CancelReason::User), ..partly_filled() }
}

pub(crate) fn fill() -> Fill {
    Fill { price: 15_000, quantity: 500, fee: 75_000, trade: TradeId(3) }
}

pub(crate) fn executed() -> Happened {
    Happened::Executed {
        price: 15_000,
        quantity: 500,
        fee: 75_000,
        trade: TradeId(3),
        liquidity: Liquidity::Taker,
    }
}

fn welcome(speaker: Option<Speaker<'_>>) -> Welcome<'_> {
    Welcome {
        speaker,
        connected: NOW,
        now: Timestamp(NOW.0 + 9_000_000),
        return_rate_limits: false,
        user_data_stream: false,
        durability: "sync",
        heartbeat_ms: 30_000,
        heartbeat_timeout_ms: 5_000,
        message_bytes_max: 65_536,
        rate_limits: &[],
    }
}

fn speaker() -> Speaker<'static> {
    Speaker {
        api_key: "3f1c0a",
        since: Timestamp(NOW.0 + 9_000_000),
        account: name("alice"),
        stream: name("al1"),
        session: name("2611210001"),
        next_number: 43,
        cancel_on_disconnect: OnDisconnect::Cancel,
    }
}

fn answers() -> Vec<Sample> {
    let (listing, limits) = (listing(), limits());
    let counted = [info::RateLimit {
        kind: info::RateKind::RawRequests,
        interval: info::RateInterval::Second,
        intervals: 1,
        limit: 1_000,
        count: Some(3),
    }];
    let welcome_limits = Welcome { rate_limits: &limits, ..welcome(Some(speaker())) };
    vec![
        result("ping", answer::nothing),
        sample("time", |out| {
            answer(out, &id(), &counted, |out| answer::server_time(out, NOW));
        }),
        result("exchangeInfo", |out| {
            info::exchange_info(out, NOW, &limits, [&instrument()]);
        }),
        result("depth", |out| answer::depth(out, &listing, 160, &depth())),
        result("session.logon", |out| answer::welcome(out, &welcome_limits)),
        result("session.status", |out| answer::welcome(out, &welcome(None))),
        result("session.ticket", |out| {
            answer::ticket(out, name("al1"), "k7w2q9xmzp", Timestamp(NOW.0 + Timestamp::DAY));
        }),
        sample("session over HTTP", |out| answer::bearer(out, &bearer(true))),
        sample("session refreshed", |out| answer::bearer(out, &bearer(false))),
        result("session.cancelOnDisconnect", |out| {
            answer::cancel_on_disconnect(out, OnDisconnect::Cancel);
        }),
        result("account.status", account),
        result("userDataStream.subscribe", |out| answer::subscribed(out, 0)),
        result("session.subscriptions", |out| answer::subscriptions(out, &[0, 2])),
    ]
}

pub(crate) fn balances() -> [BalanceShown; 2] {
    [
        BalanceShown { code: name("SOL"), scale: 6, total: 500_000, held: 0 },
        BalanceShown { code: name("USDC"), scale: 6, total: 9_924_925_000, held: 150_400_250 },
    ]
}

fn account(out: &mut Vec<u8>) {
    let shown = AccountShown {
        name: name("alice"),
        can_trade: true,
        maker_fee: FeeRate(-FeeRate::BASIS_POINT),
        taker_fee: FeeRate(10 * FeeRate::BASIS_POINT),
        updated: NOW,
        sequence: 1_001,
        checksum: 1_234,
        balances: &balances(),
    };
    answer::account(out, &shown, false);
}

fn orders() -> Vec<Sample> {
    let listing = listing();
    let placed = |name, detail| {
        result(name, move |out| {
            answer::order_placed(out, &listing, &partly_filled(), &[fill()], detail);
        })
    };
    vec![
        placed("order.place ACK", Detail::Ack),
        placed("order.place RESULT", Detail::Result),
        placed("order.place FULL", Detail::Full),
        result("order.cancel", |out| {
            answer::order_canceled(out, &listing, &canceled(), Some(name("c1")));
        }),
        result("order.status", |out| answer::order_status(out, &listing, &canceled())),
        result("openOrders.status", |out| answer::open_orders(out, [(&listing, &order())])),
        result("openOrders.cancelAll", |out| {
            answer::orders_canceled(out, [(&listing, &canceled())]);
        }),
    ]
}

fn reports() -> Vec<Sample> {
    let (listing, told) = (listing(), told());
    let report = |name, order: OrderShown, happened: Happened| {
        sample(name, |out| event::execution_report(out, &told, &listing, &order, &happened))
    };
    let refused = OrderShown { order: OrderId(0), status: OrderStatus::Rejected, ..order() };
    let reason = ReasonShown {
        word: Reason::PostOnly.word(),
        limit: Some("150.00".into()),
        observed: Some("150.25".into()),
    };
    let late = RequestError::because(Asked::Cancel, Reason::TooLate);
    let command = RefusedCommand { command: "cancel", id: name("a1"), order: OrderId(7) };
    vec![
        report("executionReport NEW", order(), Happened::Accepted),
        report("executionReport TRADE", partly_filled(), executed()),
        report("executionReport CANCELED", canceled(), Happened::Canceled(CancelReason::User)),
        report("executionReport REJECTED", refused, Happened::Refused(reason)),
        report("executionReport RESTATED", partly_filled(), Happened::Restated),
        sample("sessionEnded", |out| event::session_ended(out, &told)),
        sample("commandRefused", |out| {
            event::command_refused(out, &told, listing.symbol, &command, &late);
        }),
        sample("outboundAccountPosition", |out| {
            event::account_position(out, &told, &balances());
        }),
        sample("eventStreamTerminated", |out| {
            event::stream_terminated(out, &told, "too slow: resume after 42");
        }),
    ]
}

pub(crate) fn trade_event(out: &mut Vec<u8>) {
    let header = EventHeader { sequence: Sequence(1_001), time: NOW, index: 3, reserved: 0 };
    let trade = Trade {
        instrument: InstrumentId(0),
        side: Side::Sell,
        reserved: [0; 3],
        trade: TradeId(3),
        price: 15_000,
        quantity: 500,
    };
    market::trade(out, &listing(), &header, &trade);
}

pub(crate) fn update_event(out: &mut Vec<u8>) {
    let book = depth();
    let update = DepthUpdate {
        first: 158,
        last: 160,
        bids: &book.bids,
        asks: &[],
        sequence: Sequence(1_001),
        time: NOW,
        checksum: book.checksum,
    };
    market::depth_update(out, &listing(), &update);
}

pub(crate) fn ticker_event(out: &mut Vec<u8>, has_ask: bool) {
    let book = depth();
    let ticker = BookTicker {
        last_update: 160,
        bid: book.bids.first().copied(),
        ask: book.asks.first().copied().filter(|_| has_ask),
        sequence: Sequence(1_001),
        time: NOW,
    };
    market::book_ticker(out, &listing(), &ticker);
}

fn public() -> Vec<Sample> {
    let listing = listing();
    let stream = StreamName::parse("solusdc@trade").expect("a stream");
    let failure = StreamFailure { name: "solusdc@tarde", error: StreamError::Channel };
    vec![
        sample("trade", trade_event),
        sample("depthUpdate", update_event),
        sample("partial depth", |out| market::partial_depth(out, &listing, 160, &depth())),
        sample("bookTicker", |out| ticker_event(out, true)),
        sample("combined", |out| {
            let mut event = Vec::new();
            trade_event(&mut event);
            market::combined(out, "solusdc@trade", &event);
        }),
        sample("SUBSCRIBE", |out| streams_changed(out, &id(), 2, &[])),
        sample("SUBSCRIBE with an error", |out| {
            streams_changed(out, &id(), 1, std::slice::from_ref(&failure));
        }),
        sample("SUBSCRIBE refused", |out| {
            streams_changed(out, &id(), 0, std::slice::from_ref(&failure));
        }),
        sample("LIST_SUBSCRIPTIONS", |out| streams_listed(out, &id(), [&stream])),
    ]
}

fn errors() -> Vec<Sample> {
    let missing = RequestError::about(Code::Missing, "price", "send it").to(id());
    let funds = RequestError::because(Asked::Enter, Reason::InsufficientFunds);
    let json = RequestError::new(Code::Json, "expected value at line 1 column 1");
    vec![
        sample("error", |out| missing.write_ws(out, &[])),
        sample("refusal", |out| funds.clone().to(id()).write_ws(out, &[])),
        sample("error over HTTP", |out| missing.write_rest(out)),
        sample("error on the stream door", |out| json.write_stream(out)),
    ]
}
