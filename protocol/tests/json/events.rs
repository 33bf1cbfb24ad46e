//! What answers and events say, read by somebody else's JSON reader.

use ringside_protocol::wire::json::OrderShown;
use ringside_protocol::wire::json::answer::{Fill, answer, order_placed};
use ringside_protocol::wire::json::event::{Happened, Told, execution_report};
use ringside_protocol::wire::json::{Asked, Detail, Listing, ReasonShown, RequestError};
use ringside_protocol::{
    AccountId, Amount, CancelReason, CurrencyId, Event, Executed, InstrumentId, InstrumentState,
    Liquidity, Name, OrderFlags, OrderId, OrderStatus, OrderType, Reason, Refusal, Rejected,
    Report, Side, StreamKind, Terms, TradeId,
};
use serde_json::{Value, json};

use crate::kit::{id, instrument, limits, listing, name, order, partly_filled, read, told};
use crate::samples::{balances, samples, ticker_event};

fn report(order: &OrderShown, happened: &Happened) -> Value {
    let told = Told { subscription: None, ..told() };
    read(|out| execution_report(out, &told, &listing(), order, happened))
}

fn ended(status: OrderStatus, ended: Option<CancelReason>) -> OrderShown {
    OrderShown { status, ended, ..partly_filled() }
}

#[test]
fn what_happened_and_where_it_stands_are_said_in_the_dialects_words() {
    // FED-006, FED-007
    use {CancelReason as C, OrderStatus as S};
    let traded = Happened::Executed {
        price: 15_000,
        quantity: 500,
        fee: -75,
        trade: TradeId(3),
        liquidity: Liquidity::Maker,
    };
    let refused = ReasonShown { word: "FOK", limit: None, observed: None };
    for (shown, happened, x, status, reject, working) in [
        (order(), Happened::Accepted, "NEW", "NEW", "NONE", true),
        (partly_filled(), traded.clone(), "TRADE", "PARTIALLY_FILLED", "NONE", true),
        (ended(S::Filled, None), traded.clone(), "TRADE", "FILLED", "NONE", false),
        (order(), Happened::Amended, "REPLACED", "NEW", "NONE", true),
        (
            ended(S::Canceled, Some(C::User)),
            Happened::Canceled(C::User),
            "CANCELED",
            "CANCELED",
            "NONE",
            false,
        ),
        (
            ended(S::Canceled, Some(C::NoLiquidity)),
            Happened::Canceled(C::NoLiquidity),
            "EXPIRED",
            "EXPIRED",
            "NONE",
            false,
        ),
        (
            ended(S::Canceled, Some(C::SelfTrade)),
            Happened::Canceled(C::SelfTrade),
            "TRADE_PREVENTION",
            "EXPIRED_IN_MATCH",
            "NONE",
            false,
        ),
        (
            ended(S::Rejected, None),
            Happened::Refused(refused),
            "REJECTED",
            "REJECTED",
            "FOK",
            false,
        ),
    ] {
        let report = report(&shown, &happened);
        let found = (&report["x"], &report["X"], &report["r"], &report["w"]);
        assert_eq!(found, (&json!(x), &json!(status), &json!(reject), &json!(working)));
    }
    let trade = report(&partly_filled(), &traded);
    assert_eq!(trade["n"], "-0.000075", "a rebate is a negative fee");
    assert_eq!((&trade["N"], &trade["m"]), (&json!("USDC"), &json!(true)));
    let last = (&trade["l"], &trade["L"], &trade["Y"]);
    assert_eq!(last, (&json!("0.500"), &json!("150.00"), &json!("75.000000")));
    assert_eq!((&trade["z"], &trade["Z"]), (&json!("0.500"), &json!("75.000000")));
}

#[test]
fn every_member_a_library_reads_is_there_with_its_type() {
    // FED-015. Names and types as binance-sdk-spot's strict models have them.
    const TEXTS: &[&str] = &[
        "e", "s", "c", "S", "o", "f", "q", "p", "P", "F", "C", "x", "X", "r", "l", "z", "L", "n",
        "Z", "Y", "Q", "V",
    ];
    const WHOLE: &[&str] = &["E", "g", "i", "T", "t", "I", "O", "W", "number", "sequence"];
    const TRUTHS: &[&str] = &["w", "m", "M"];
    let report = report(&order(), &Happened::Accepted);
    for (names, has) in [
        (TEXTS, Value::is_string as fn(&Value) -> bool),
        (WHOLE, Value::is_i64),
        (TRUTHS, Value::is_boolean),
    ] {
        for member in names {
            assert!(has(&report[*member]), "{member}: {}", report[*member]);
        }
    }
    assert!(report["N"].is_null() && report["t"] == -1);
}

#[test]
fn every_message_of_the_venue_is_json_with_each_member_once() {
    for (name, text) in samples() {
        let read: Value = serde_json::from_str(&text).expect("JSON");
        let members = read.as_object().expect("an object").len();
        assert!(members > 0, "{name}");
        // A writer that repeats a member of the same object would lose one when read again.
        let again = serde_json::to_string(&read).expect("text");
        assert_eq!(again.len(), text.len(), "{name} repeats a member");
    }
}

#[test]
fn events_of_the_engine_become_what_happened() {
    // One message an event about an order: the same table as the stream's numbers.
    let executed = Executed {
        account: AccountId(1),
        instrument: InstrumentId(0),
        order: OrderId(7),
        trade: TradeId(3),
        price: 15_000,
        quantity: 500,
        cumulative: 500,
        leaves: 1_000,
        fee: Amount::new(75_000),
        side: Side::Buy,
        liquidity: Liquidity::Taker,
        reserved: [0; 2],
        report: Report::default(),
    };
    for event in [Event::from(executed), Event::from(rejected(Reason::Fok, 20))] {
        let said = Happened::of(&event).is_some();
        assert_eq!(u32::from(said), StreamKind::WebSocket.messages(event.kind()));
    }
    assert_eq!(Happened::of(&executed.into()), Some(crate::samples::executed()));
}

fn rejected(reason: Reason, command: u8) -> Rejected {
    Rejected {
        account: AccountId(1),
        instrument: InstrumentId(0),
        order: OrderId(0),
        reason,
        command,
        reserved: 0,
        report: Report::default(),
        id: Name::ABSENT,
        currency: CurrencyId::NONE,
        limit: Amount::new(500),
        observed: Amount::new(1_500),
    }
}

#[test]
fn a_refusal_carries_our_word_and_its_values() {
    // X-RSK-002, GWY-012
    let terms: Terms = listing().terms;
    for (reason, command, code, limit, observed) in [
        (Reason::Fok, 20, -2010, Some("0.500"), Some("1.500")),
        (Reason::UnknownOrder, 23, -2011, None, None),
        (Reason::UnknownOrder, 24, -2011, None, None),
        (Reason::InsufficientFunds, 20, -2010, Some("0.000500"), Some("0.001500")),
    ] {
        let rejected = rejected(reason, command);
        let error = RequestError::refused(&rejected, Refusal::of(&rejected, Some(&terms), None));
        let written = read(|out| error.write_rest(out));
        assert_eq!((&written["code"], &written["reason"]), (&json!(code), &json!(reason.word())));
        assert_eq!(written["limit"].as_str(), limit);
        assert_eq!(written["observed"].as_str(), observed);
        assert!(!written["fix"].as_str().unwrap().contains('{'));
    }
    let find = RequestError::because(Asked::Find, Reason::UnknownOrder);
    assert_eq!(find.message, "Order does not exist.");
}

#[test]
fn a_market_order_shows_no_price_and_its_own_type() {
    let market = OrderShown { kind: OrderType::Market, price: 0, self_trade: None, ..order() };
    let maker = OrderShown { flags: OrderFlags::POST_ONLY, ..order() };
    let found = report(&market, &Happened::Accepted);
    assert_eq!((&found["o"], &found["p"]), (&json!("MARKET"), &json!("0.00")));
    assert_eq!(found.get("V"), None, "a mode that is not known is not made up");
    assert_eq!(report(&maker, &Happened::Accepted)["o"], "LIMIT_MAKER");
}

#[test]
fn an_answer_shows_as_much_as_was_asked() {
    let fills = [Fill { price: 15_000, quantity: 500, fee: 75_000, trade: TradeId(3) }];
    let placed =
        |detail| read(|out| order_placed(out, &listing(), &partly_filled(), &fills, detail));
    let has = |answer: &Value, member| answer.get(member).is_some();
    for (detail, terms, filled) in
        [(Detail::Ack, false, false), (Detail::Result, true, false), (Detail::Full, true, true)]
    {
        let answer = placed(detail);
        assert!(has(&answer, "orderId") && has(&answer, "transactTime"));
        assert_eq!((has(&answer, "status"), has(&answer, "fills")), (terms, filled), "{detail:?}");
    }
}

#[test]
fn rate_limits_come_when_asked_for() {
    let plain = |out: &mut Vec<u8>| out.extend_from_slice(b"null");
    let without = read(|out| answer(out, &id(), &[], plain));
    assert_eq!(without, json!({"id": 1, "status": 200, "result": null}));
    let with = read(|out| answer(out, &id(), &limits(), plain));
    assert_eq!(with["rateLimits"].as_array().map(Vec::len), Some(2));
}

#[test]
fn filters_say_what_the_engine_checks() {
    use ringside_protocol::wire::json::info::{InstrumentShown, exchange_info};
    let shown = |instrument: InstrumentShown| {
        let info = read(|out| exchange_info(out, crate::kit::NOW, &[], [&instrument]));
        info["symbols"][0].clone()
    };
    let plain = shown(instrument());
    let filter = |symbol: &Value, kind: &str| -> Value {
        let filters = symbol["filters"].as_array().unwrap();
        filters.iter().find(|filter| filter["filterType"] == kind).cloned().unwrap_or_default()
    };
    assert_eq!(filter(&plain, "PRICE_FILTER")["tickSize"], "0.01");
    assert_eq!(filter(&plain, "PRICE_FILTER")["maxPrice"], "100000.00");
    assert_eq!(filter(&plain, "LOT_SIZE")["minQty"], "0.001");
    assert_eq!(filter(&plain, "NOTIONAL")["minNotional"], "1.000000");
    assert_eq!(filter(&plain, "MAX_NUM_ORDERS")["maxNumOrders"], 200);
    let open = shown(InstrumentShown { max_price: 0, max_open_orders: 0, ..instrument() });
    assert_eq!(filter(&open, "PRICE_FILTER")["maxPrice"], "92233720368547758.07");
    assert!(filter(&open, "MAX_NUM_ORDERS").is_null());
    for (state, status) in [
        (InstrumentState::Open, "TRADING"),
        (InstrumentState::LimitOnly, "TRADING"),
        (InstrumentState::Halted, "HALT"),
        (InstrumentState::Settled, "BREAK"),
    ] {
        assert_eq!(shown(InstrumentShown { state, ..instrument() })["status"], status);
    }
}

#[test]
fn what_is_free_is_what_is_not_held() {
    let sample = samples().into_iter().find(|(name, _)| *name == "account.status").unwrap().1;
    let answer: Value = serde_json::from_str(&sample).unwrap();
    let usdc = &answer["result"]["balances"][1];
    let units = balances()[1].total - balances()[1].held;
    assert_eq!(usdc["free"], ringside_protocol::decimal::text(units, 6));
    assert_eq!(answer["result"]["commissionRates"]["maker"], "-0.00010000");
    assert_eq!(answer["result"]["takerCommission"], 10);
}

#[test]
fn an_empty_side_of_the_book_is_zeros() {
    let ticker = read(|out| ticker_event(out, false));
    assert_eq!((&ticker["a"], &ticker["A"]), (&json!("0.00"), &json!("0.000")));
    assert_eq!(ticker.get("e"), None, "libraries know it by having no `e`");
}

#[test]
fn an_instrument_has_its_name_in_the_dialect() {
    let listing: Listing = listing();
    assert_eq!((listing.symbol, listing.terms.symbol), (name("SOLUSDC"), name("SOL/USDC")));
}
