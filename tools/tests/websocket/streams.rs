//! Public streams: a state, then what changes it, until somebody unsubscribes.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::client::Client;
use super::kit::Venue;

/// Asks for a change of streams and waits for its answer; what was heard before it is dropped.
#[track_caller]
fn change(client: &mut Client, method: &str, names: &[&str]) -> Value {
    client.send(&json!({"id": 1, "method": method, "params": names}).to_string());
    loop {
        let message = client.message();
        if message.get("id").is_some() {
            return message;
        }
    }
}

#[test]
fn a_trade_is_told_with_everything_there_is_to_know() {
    // FED-019
    let venue = Venue::open();
    let mut heard = venue.stranger("/ws/solusdc@trade");
    let (mut amber, mut basil) = (venue.trader("amber"), venue.trader("basil"));
    amber.place("a1", "BUY", "10.00", "3");
    basil.place("b1", "SELL", "10.00", "2");
    let trade = heard.message();
    for (member, expected) in [
        ("e", json!("trade")),
        ("s", json!("SOLUSDC")),
        ("p", json!("10.00")),
        ("q", json!("2.000")),
        ("m", json!(true)),
    ] {
        assert_eq!(trade[member], expected, "{member} in {trade}");
    }
    for member in ["E", "T", "t", "sequence"] {
        assert!(trade[member].is_u64(), "{member} in {trade}");
    }
    assert!(!trade.to_string().contains("amber"), "and not by whom: {trade}");
}

/// A side of a book as its updates make it.
type Side = BTreeMap<String, String>;

fn apply(side: &mut Side, levels: &Value) {
    for level in levels.as_array().expect("levels") {
        let text = |at: usize| level[at].as_str().expect("a decimal").to_owned();
        match text(1).trim_matches(['0', '.']).is_empty() {
            true => side.remove(&text(0)),
            false => side.insert(text(0), text(1)),
        };
    }
}

#[test]
fn a_book_is_told_whole_and_then_by_its_changes() {
    // FED-002
    let venue = Venue::open();
    let (mut amber, mut basil) = (venue.trader("amber"), venue.trader("basil"));
    for level in 0..5 {
        amber.place(&format!("a{level}"), "BUY", &format!("{}.00", 10 + level), "1");
    }
    let mut heard = venue.stranger("/ws/solusdc@depth@100ms");
    let (mut bids, mut asks, mut last) = (Side::new(), Side::new(), 0);
    for round in 0..40 {
        amber.place(&format!("b{round}"), "BUY", &format!("{}.00", 10 + round % 7), "2");
        if round % 3 == 0 {
            let named = json!({"symbol": "SOLUSDC", "origClientOrderId": format!("b{round}")});
            amber.done("order.cancel", named);
        }
    }
    basil.place("s", "SELL", "10.00", "30");
    let book = amber.done("depth", json!({"symbol": "SOLUSDC", "limit": 100}));
    while last < book["lastUpdateId"].as_u64().expect("a number") {
        let update = heard.message();
        let first = update["U"].as_u64().expect("a number");
        assert!(first <= last + 1, "nothing is left out after {last}: {update}");
        last = update["u"].as_u64().expect("a number");
        apply(&mut bids, &update["b"]);
        apply(&mut asks, &update["a"]);
    }
    for (side, levels) in [(bids, &book["bids"]), (asks, &book["asks"])] {
        let mut told = Side::new();
        apply(&mut told, levels);
        assert_eq!(side, told, "the changes make the book");
    }
}

#[test]
fn a_name_that_is_none_spoils_nothing_but_itself() {
    // GWY-020
    let venue = Venue::open();
    let mut client = venue.stranger("/ws");
    let names = ["solusdc@trade", "nopeusdc@trade", "solusdc@tarde", "btcusdc@depth5"];
    let answer = change(&mut client, "SUBSCRIBE", &names);
    assert_eq!(answer["result"], Value::Null, "{answer}");
    let wrong: Vec<&str> = answer["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["stream"].as_str().unwrap())
        .collect();
    assert_eq!(wrong, ["nopeusdc@trade", "solusdc@tarde"]);
    let listed = change(&mut client, "LIST_SUBSCRIPTIONS", &[]);
    assert_eq!(listed["result"], json!(["solusdc@trade", "btcusdc@depth5"]));
    let (mut amber, mut basil) = (venue.trader("amber"), venue.trader("basil"));
    amber.place("a1", "BUY", "10.00", "3");
    basil.place("b1", "SELL", "10.00", "2");
    let trade = loop {
        let message = client.message();
        if message["e"] == "trade" {
            break message;
        }
    };
    assert_eq!(trade["q"], "2.000");
}

#[test]
fn after_an_unsubscription_is_answered_nothing_comes() {
    // FED-004
    let venue = Venue::open();
    let mut client = venue.stranger("/ws/solusdc@trade/solusdc@bookTicker");
    let (mut amber, mut basil) = (venue.trader("amber"), venue.trader("basil"));
    let mut trade = |round: u64| {
        amber.place(&format!("a{round}"), "BUY", "10.00", "1");
        basil.place(&format!("b{round}"), "SELL", "10.00", "1");
    };
    trade(1);
    change(&mut client, "UNSUBSCRIBE", &["solusdc@trade", "solusdc@bookTicker"]);
    trade(2);
    client.send("{\"id\":9,\"method\":\"LIST_SUBSCRIPTIONS\"}");
    assert_eq!(client.message(), json!({"result": [], "id": 9}), "nothing comes before it");
}

#[test]
fn after_a_private_unsubscription_is_answered_nothing_comes() {
    // FED-004
    let venue = Venue::open();
    let mut amber = venue.listener("amber");
    amber.place("a1", "BUY", "10.00", "1");
    assert!(!amber.settled().is_empty());
    amber.done("userDataStream.unsubscribe", json!({}));
    amber.place("a2", "BUY", "10.00", "1");
    assert_eq!(amber.settled(), Vec::<Value>::new());
}

#[test]
fn in_a_wrapper_every_message_names_its_stream() {
    let venue = Venue::open();
    let mut client = venue.stranger("/stream?streams=solusdc@trade/solusdc@bookTicker");
    let (mut amber, mut basil) = (venue.trader("amber"), venue.trader("basil"));
    amber.place("a1", "BUY", "10.00", "1");
    basil.place("b1", "SELL", "10.00", "1");
    let trade = loop {
        let message = client.message();
        assert!(message["data"].is_object(), "{message}");
        if message["stream"] == "solusdc@trade" {
            break message;
        }
    };
    assert_eq!(trade["data"]["p"], "10.00");
}

#[test]
fn more_streams_than_are_allowed_are_refused_and_say_nothing() {
    let venue = Venue::with("subscriptions_max = 2");
    let mut client = venue.stranger("/ws");
    let names = ["solusdc@trade", "btcusdc@trade", "solusdc@depth5"];
    let answer = change(&mut client, "SUBSCRIBE", &names);
    assert_eq!(answer["errors"][0]["stream"], "solusdc@depth5", "{answer}");
    client.send("{\"id\":9,\"method\":\"LIST_SUBSCRIPTIONS\"}");
    assert_eq!(client.message()["id"], 9, "no state of what is not heard");
}
