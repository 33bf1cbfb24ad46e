//! Streams that are resumed: the same messages again, then live ones. What a venue tells that was
//! killed under load is `tests/doors/tests/doors/kill.rs`.

use serde_json::{Value, json};

use super::client::{Client, limit};
use super::kit::Venue;

/// The numbered messages of a stream: reports and refusals.
fn numbered(events: Vec<Value>) -> Vec<Value> {
    let is_numbered = |event: &Value| event["e"] != "outboundAccountPosition";
    events.into_iter().filter(is_numbered).collect()
}

fn resume(client: &mut Client, after: u64) {
    let session = client.welcome["session"].clone();
    let cursor = json!({"session": session, "number": after});
    client.done("userDataStream.subscribe", json!({"resumeAfter": cursor}));
}

/// Numbered messages up to a number.
fn until(client: &mut Client, last: u64) -> Vec<Value> {
    let mut events = Vec::new();
    while events.last().is_none_or(|event: &Value| event["number"].as_u64() < Some(last)) {
        let event = client.event();
        if event["e"] != "outboundAccountPosition" {
            events.push(event);
        }
    }
    events
}

/// What makes every kind of message: orders that rest, trade, are refused, repeated and cancelled.
fn trade(maker: &mut Client, taker: &mut Client, rounds: std::ops::Range<u64>) {
    for round in rounds {
        maker.place(&format!("m{round}"), "BUY", "10.00", "3");
        taker.place(&format!("t{round}"), "SELL", "10.00", "2");
        maker.ask("order.place", limit(&format!("m{round}"), "BUY", "10.00", "1"));
        let named = json!({"symbol": "SOLUSDC", "origClientOrderId": format!("m{round}")});
        maker.ask("order.cancel", named.clone());
        maker.ask("order.cancel", named);
    }
}

#[test]
fn from_every_number_on_the_same_messages_come_again_and_then_live_ones() {
    // JRN-007
    let venue = Venue::open();
    let (mut maker, mut taker) = (venue.listener("amber"), venue.trader("basil"));
    trade(&mut maker, &mut taker, 0..8);
    let undisturbed = numbered(maker.settled());
    let last = undisturbed.len() as u64;
    for after in 0..=last {
        let mut again = venue.trader("amber");
        resume(&mut again, after);
        if after < last {
            assert_eq!(until(&mut again, last), undisturbed[after as usize..], "after {after}");
        }
    }
    let mut again = venue.trader("amber");
    resume(&mut again, 1);
    trade(&mut maker, &mut taker, 8..12);
    let live = numbered(maker.settled());
    let all = [&undisturbed[1..], &live].concat();
    assert_eq!(until(&mut again, last + live.len() as u64), all);
}

#[test]
fn a_cursor_that_is_not_of_the_stream_is_refused_by_name() {
    // JRN-007
    let venue = Venue::open();
    let mut client = venue.trader("amber");
    client.place("a1", "BUY", "10.00", "1");
    let session = client.welcome["session"].clone();
    for (cursor, field) in [
        (json!({"session": "E000000099", "number": 1}), "resumeAfter.session"),
        (json!({"session": session, "number": 2}), "resumeAfter.number"),
    ] {
        let error = client.refused("userDataStream.subscribe", json!({"resumeAfter": cursor}));
        assert_eq!(error["field"], field, "{error}");
    }
}

#[test]
fn after_a_stop_in_order_nothing_is_missing() {
    // JRN-007
    let mut venue = Venue::open();
    let (mut maker, mut taker) = (venue.listener("amber"), venue.trader("basil"));
    maker.place("rests", "BUY", "9.00", "5");
    trade(&mut maker, &mut taker, 0..20);
    let before = numbered(maker.settled());
    venue.restart();
    let mut maker = venue.trader("amber");
    resume(&mut maker, 0);
    assert_eq!(until(&mut maker, before.len() as u64), before);
    let mut taker = venue.trader("basil");
    taker.place("after", "SELL", "9.00", "2");
    let live = numbered(maker.settled());
    assert_eq!((live.len(), &live[0]["l"]), (1, &json!("2.000")), "{live:?}");

    // What is told live now is what will be told again.
    let mut again = venue.trader("amber");
    resume(&mut again, before.len() as u64);
    let told = until(&mut again, before.len() as u64 + 1);
    assert_eq!(told, live);
}

/// An order as the lookups show it.
fn looked_up(client: &mut Client, id: &str) -> [Value; 2] {
    let named = json!({"symbol": "SOLUSDC", "origClientOrderId": id});
    let status = client.done("order.status", named);
    let open = client.done("openOrders.status", json!({"symbol": "SOLUSDC"}));
    let is_it = |order: &&Value| order["clientOrderId"] == id;
    let open = open.as_array().and_then(|open| open.iter().find(is_it)).expect("it is open");
    [status, open.clone()]
}

#[test]
fn an_order_that_was_open_is_shown_after_a_stop_as_it_was_before() {
    // JRN-007, GWY-014: when it came, when it was touched last, and what its executions cost, of
    // which the first were at a better price than its own.
    let mut venue = Venue::open();
    let (mut maker, mut taker) = (venue.listener("amber"), venue.trader("basil"));
    taker.place("t1", "SELL", "10.00", "2");
    maker.place("half", "BUY", "11.00", "9");
    taker.place("t2", "SELL", "11.00", "3");
    maker.place("whole", "BUY", "9.00", "5");
    let ids = ["half", "whole"];
    let before = ids.map(|id| looked_up(&mut maker, id));
    let cost = |order: &Value| order["cummulativeQuoteQty"].as_str().map(|it| it.parse::<f64>());
    assert_eq!(cost(&before[0][0]), Some(Ok(53.0)), "{}", before[0][0]);
    maker.settled();
    venue.restart();
    let mut maker = venue.listener("amber");
    assert_eq!(ids.map(|id| looked_up(&mut maker, id)), before);

    let mut taker = venue.trader("basil");
    taker.place("t3", "SELL", "11.00", "1");
    let report = numbered(maker.settled()).pop().expect("a report");
    assert_eq!(report["Z"].as_str().map(str::parse::<f64>), Some(Ok(64.0)), "{report}");
    assert_eq!(report["O"], before[0][0]["time"]);
    assert_eq!(report["W"], before[0][0]["workingTime"]);
}
