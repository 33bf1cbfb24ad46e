//! Text that makes no sense, in any shape: an error, never a panic; and good text with anything
//! done to it.

use proptest::prelude::*;
use ringside_protocol::wire::json::{
    parse_rest, parse_stream_path, parse_stream_request, parse_ws_api,
};

use crate::kit::{LIMIT, listing};

const GOOD: &[&str] = &[
    r#"{"id":"e2a8","method":"order.place","params":{"symbol":"SOLUSDC","side":"BUY",
        "type":"LIMIT","timeInForce":"GTC","price":"150.25","quantity":1.5e0,
        "timestamp":1700000000123,"apiKey":"k","signature":"s"}}"#,
    r#"{"id":-7,"method":"userDataStream.subscribe","params":{"scope":"account",
        "resumeAfter":{"session":"2611210001","number":41}}}"#,
    r#"{"id":null,"method":"v3/exchangeInfo","params":{
        "symbols":["SOLUSDC","\u0041"],"returnRateLimits":true}}"#,
    r#"{"method":"SUBSCRIBE","params":["solusdc@trade","solusdc@depth5@100ms"],"id":1}"#,
];

/// Everything is tried on every door; what comes of it must be written too.
fn try_everything(text: &str) {
    let mut out = Vec::new();
    match parse_ws_api(text, LIMIT) {
        Ok(request) => try_order(&request.method),
        Err(error) => {
            error.write_ws(&mut out, &[]);
            serde_json::from_slice::<serde_json::Value>(&out).expect("an answer is JSON");
        }
    }
    if let Err(error) = parse_stream_request(text, LIMIT) {
        out.clear();
        error.write_stream(&mut out);
        serde_json::from_slice::<serde_json::Value>(&out).expect("an answer is JSON");
    }
    if let Err(error) = parse_rest("POST", "/api/v3/order", text, text, None) {
        out.clear();
        error.write_rest(&mut out);
        serde_json::from_slice::<serde_json::Value>(&out).expect("an answer is JSON");
    }
    parse_stream_path(text);
}

fn try_order(method: &ringside_protocol::wire::json::Method<'_>) {
    use ringside_protocol::wire::json::Method;
    use ringside_protocol::{AccountId, InstrumentId, Name};
    if let Method::Place(order) = method {
        order.order(AccountId(0), InstrumentId(0), Name::ABSENT, &listing().terms);
    }
}

#[test]
fn every_prefix_of_a_message_is_an_error() {
    // GWY-018
    for text in GOOD {
        for (end, _) in text.char_indices() {
            let prefix = &text[..end];
            assert!(parse_ws_api(prefix, LIMIT).is_err(), "{prefix}");
            assert!(parse_stream_request(prefix, LIMIT).is_err(), "{prefix}");
        }
    }
}

#[test]
fn depth_of_nesting_breaks_nothing() {
    let deep = "[".repeat(LIMIT / 2);
    try_everything(&deep);
    try_everything(&format!(r#"{{"id":1,"method":"ping","params":{{"a":{deep}"#));
    let closed = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
    try_everything(&format!(
        r#"{{"id":1,"method":"exchangeInfo","params":{{"symbols":{closed}}}}}"#
    ));
}

proptest! {
    #[test]
    fn no_text_makes_a_door_panic(text in ".{0,200}") {
        // GWY-018
        try_everything(&text);
    }

    #[test]
    fn no_json_like_text_makes_a_door_panic(
        text in r#"[{}\[\]:,"0-9eE+.\\u@a-d -]{0,200}"#
    ) {
        try_everything(&text);
    }

    #[test]
    fn a_good_message_with_a_byte_changed_is_read_or_refused(
        which in 0..GOOD.len(),
        at in any::<prop::sample::Index>(),
        byte in 0u8..0x80,
    ) {
        let mut bytes = GOOD[which].as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        try_everything(std::str::from_utf8(&bytes).expect("plain text"));
    }

    #[test]
    fn a_value_of_any_kind_in_any_place_is_read_or_refused(
        name in prop::sample::select(vec![
            "symbol", "side", "type", "timeInForce", "price", "quantity", "newClientOrderId",
            "timestamp", "recvWindow", "orderId", "limit", "symbols", "resumeAfter", "scope",
        ]),
        value in prop::sample::select(vec![
            "null", "true", "0", "-0", "1e999", "-1", "18446744073709551616", "\"\"", "\"\\u0000\"",
            "[]", "{}", "[[]]", "\"\\ud83d\"", "0.000000000000000000000000000001", "\"1\"",
        ]),
        method in prop::sample::select(vec![
            "order.place", "order.cancel", "depth", "exchangeInfo", "userDataStream.subscribe",
        ]),
    ) {
        let text = format!(r#"{{"id":1,"method":"{method}","params":{{"{name}":{value}}}}}"#);
        try_everything(&text);
    }

    #[test]
    fn a_decimal_is_taken_with_its_own_digits(whole in 0u64..1_000_000, places in 0usize..6) {
        // Two decimals are on the tick of 0.01; whatever else is said behind them is zeros.
        let zeros = "0".repeat(places);
        let text = format!(
            r#"{{"id":1,"method":"order.place","params":{{"symbol":"X","side":"BUY",
               "type":"LIMIT_MAKER","price":{whole}.25{zeros},"quantity":"1"}}}}"#
        );
        let request = parse_ws_api(&text, LIMIT).expect("an order");
        let ringside_protocol::wire::json::Method::Place(order) = request.method else {
            panic!("an order")
        };
        let price = order.price.expect("a price").price(listing().terms.tick);
        prop_assert_eq!(price.get().map(|price| price.ticks()), Ok(whole * 100 + 25));
    }
}
