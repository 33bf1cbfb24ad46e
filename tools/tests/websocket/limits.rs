//! Rate limits in answers: the venue's own, with how much is used, where they are asked for.

use serde_json::{Value, json};

use super::client::Client;
use super::kit::Venue;

const LIMITS: &str = "messages_per_second = 50\n";

fn limits(count: u64) -> Value {
    json!([{"rateLimitType": "RAW_REQUESTS", "interval": "SECOND", "intervalNum": 1, "limit": 50,
            "count": count}])
}

/// Asks on a connection of its own, whose first message this is.
fn first(venue: &Venue, path: &str, method: &str, params: Value) -> Value {
    Client::connect(venue.address(), path).ask(method, params)
}

#[test]
fn answers_have_rate_limits_where_they_are_asked_for() {
    let venue = Venue::with(LIMITS);
    let (plain, showing) = ("/ws-api/v3", "/ws-api/v3?returnRateLimits=true");
    let rows = [
        (plain, "ping", json!({}), None),
        (plain, "ping", json!({"returnRateLimits": true}), Some(1)),
        (plain, "ping", json!({"returnRateLimits": false}), None),
        (showing, "ping", json!({}), Some(1)),
        (showing, "ping", json!({"returnRateLimits": false}), None),
        ("/ws-api/v3?returnRateLimits=false", "ping", json!({}), None),
        // What is refused has them too.
        (showing, "depth", json!({"symbol": "NOTHING"}), Some(1)),
        (plain, "depth", json!({"symbol": "NOTHING", "returnRateLimits": true}), Some(1)),
        (showing, "order.place", json!({}), Some(1)),
        (showing, "no.method", json!({}), Some(1)),
    ];
    for (path, method, params, expected) in rows {
        let answer = first(&venue, path, method, params.clone());
        let expected = expected.map_or(Value::Null, limits);
        assert_eq!(answer["rateLimits"], expected, "{path} {method} {params}: {answer}");
    }
}

#[test]
fn what_is_used_is_counted_and_what_waits_for_its_command_has_it_too() {
    let venue = Venue::with(LIMITS);
    let mut client = venue.trader("amber");
    let count = |answer: &Value| answer["rateLimits"][0]["count"].as_u64().expect("a count");
    let shown = json!({"returnRateLimits": true});
    // Not more comes back between two messages than was used.
    let all: Vec<u64> = (0..20).map(|_| client.request("ping", shown.clone())).collect();
    let counts: Vec<u64> = all.into_iter().map(|id| count(&client.answer(id))).collect();
    assert!(counts.iter().all(|count| (1..=50).contains(count)), "{counts:?}");
    assert!(counts.last() > counts.first(), "{counts:?}");
    let mut order = super::client::limit("a1", "BUY", "10.00", "1");
    order["returnRateLimits"] = true.into();
    let placed = client.ask("order.place", order);
    assert_eq!((&placed["status"], &placed["rateLimits"][0]["limit"]), (&json!(200), &json!(50)));
    let status = client.done("session.status", json!({}));
    assert_eq!(status["returnRateLimits"], false);
}
