//! The day's end on the JSON door: a subscription goes on in the next session, and a cursor of the
//! session that ended leads into the next without a gap.

use serde_json::{Value, json};

use super::client::Client;
use super::kit::Venue;

/// The next numbered messages of a stream.
fn next(client: &mut Client, count: usize) -> Vec<Value> {
    let mut events = Vec::new();
    while events.len() < count {
        let event = client.event();
        if event["e"] != "outboundAccountPosition" {
            events.push(event);
        }
    }
    events
}

/// The same without when an order was entered: of one of an earlier session only live rows say so.
fn undated(events: &[Value]) -> Vec<Value> {
    let mut events = events.to_vec();
    for event in &mut events {
        let event = event.as_object_mut().expect("events are objects");
        event.retain(|name, _| name != "O" && name != "W");
    }
    events
}

fn cursor(session: &Value, number: usize) -> Value {
    json!({"resumeAfter": {"session": session, "number": number}})
}

/// Session, number, what it is, and the order's own name.
fn told(event: &Value) -> (String, u64, String, String) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let what = if event["e"] == "executionReport" { &event["x"] } else { &event["e"] };
    let number = event["number"].as_u64().expect("a number");
    (text(&event["session"]), number, text(what), text(&event["c"]))
}

#[test]
fn a_subscription_goes_on_and_a_cursor_leads_into_the_next_session() {
    let venue = Venue::open();
    let (mut maker, mut taker) = (venue.listener("amber"), venue.trader("basil"));
    let today = maker.welcome["session"].clone();
    maker.place("m1", "BUY", "10.00", "3");
    maker.place("m2", "BUY", "9.00", "2");
    maker.place("m3", "BUY", "8.00", "2");
    taker.place("t1", "SELL", "10.00", "1");
    maker.done("order.cancel", json!({"symbol": "SOLUSDC", "origClientOrderId": "m3"}));
    venue.ends_day();
    taker.place("t2", "SELL", "10.00", "1");
    let heard = next(&mut maker, 9);
    let tomorrow = maker.done("session.status", json!({}))["session"].clone();
    let (old, new) = (today.as_str().unwrap(), tomorrow.as_str().unwrap());
    assert!(old < new, "{old}, {new}");
    let rows = [
        (old, 1, "NEW", "m1"),
        (old, 2, "NEW", "m2"),
        (old, 3, "NEW", "m3"),
        (old, 4, "TRADE", "m1"),
        (old, 5, "CANCELED", "m3"),
        (old, 6, "sessionEnded", ""),
        (new, 1, "RESTATED", "m1"),
        (new, 2, "RESTATED", "m2"),
        (new, 3, "TRADE", "m1"),
    ];
    let rows = rows.map(|(session, number, what, id)| {
        (session.to_owned(), number, what.to_owned(), id.to_owned())
    });
    assert_eq!(heard.iter().map(told).collect::<Vec<_>>(), rows);

    for after in 0..=6 {
        let mut again = venue.late_trader("amber");
        again.done("userDataStream.subscribe", cursor(&today, after));
        let found = next(&mut again, 9 - after);
        assert_eq!(undated(&found), undated(&heard[after..]), "after {after} of {old}");
    }
    for after in 0..=3 {
        let mut again = venue.late_trader("amber");
        again.done("userDataStream.subscribe", cursor(&tomorrow, after));
        let found = next(&mut again, 3 - after);
        assert_eq!(undated(&found), undated(&heard[6 + after..]), "after {after} of {new}");
    }
}

#[test]
fn a_cursor_of_a_session_that_cannot_be_had_is_refused() {
    let venue = Venue::open();
    let mut maker = venue.listener("amber");
    let today = maker.welcome["session"].clone();
    maker.place("m1", "BUY", "10.00", "3");
    venue.ends_day();
    let mut late = venue.late_trader("amber");
    for (session, number) in [(&today, 3), (&json!("2001010001"), 0), (&json!(""), 0)] {
        let error = late.refused("userDataStream.subscribe", cursor(session, number));
        assert_eq!(error["status"], 400, "{session}: {error}");
    }
    venue.ends_day();
    let error = late.refused("userDataStream.subscribe", cursor(&today, 0));
    assert!(error.to_string().contains("begin anew without resumeAfter"), "{error}");
}

/// Names are the account's own: what was entered yesterday is found, and cancelled, by them.
#[test]
fn orders_keep_their_names() {
    let venue = Venue::open();
    let mut maker = venue.listener("amber");
    maker.place("m1", "BUY", "10.00", "3");
    venue.ends_day();
    let named = json!({"symbol": "SOLUSDC", "origClientOrderId": "m1"});
    assert_eq!(maker.done("order.status", named.clone())["status"], "NEW");
    assert_eq!(maker.done("order.cancel", named)["status"], "CANCELED");
}
