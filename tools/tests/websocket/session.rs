//! Who speaks: the welcome, what nobody may ask before it, keys of both kinds, and what becomes of
//! those who fall silent.

use ringside_protocol::Timestamp;
use ringside_protocol::wire::soup::SessionId;
use serde_json::{Value, json};

use super::client::{Key, limit};
use super::kit::{Venue, key};

#[test]
fn the_welcome_says_who_where_and_under_which_limits() {
    // GWY-001, X-JRN-004
    let venue = Venue::open();
    let mut client = venue.stranger("/ws-api/v3");
    let params = json!({"stream": "al1", "cancelOnDisconnect": true});
    let answer = client.log_on(&key("amber"), params);
    let welcome = &answer["result"];
    for (member, expected) in [
        ("account", json!("amber")),
        ("stream", json!("al1")),
        ("nextNumber", json!(1)),
        ("cancelOnDisconnect", json!(true)),
        ("durability", json!("async")),
        ("heartbeatMs", json!(30_000)),
        ("heartbeatTimeoutMs", json!(5_000)),
        ("messageBytesMax", json!(65_536)),
        ("apiKey", json!(key("amber").api_key())),
    ] {
        assert_eq!(welcome[member], expected, "{member} in {welcome}");
    }
    let now = Timestamp(welcome["serverTime"].as_u64().expect("a time") * 1_000_000);
    assert!(now > Timestamp(0), "{welcome}");
    assert_eq!(welcome["session"], SessionId::of(now, 1).as_str(), "{welcome}");
    assert_eq!(welcome["limits"][0]["limit"], 20_000, "{welcome}");
}

#[test]
fn nothing_private_is_to_be_had_before_the_logon() {
    // GWY-002
    let venue = Venue::open();
    venue.trader("amber").place("a1", "BUY", "10.00", "1");
    let mut stranger = venue.stranger("/ws-api/v3");
    for (method, params) in private_methods() {
        let error = stranger.refused(method, params);
        assert_eq!((&error["code"], &error["status"]), (&json!(-1002), &json!(401)), "{method}");
    }
    let status = stranger.done("session.status", json!({}));
    assert_eq!(status["apiKey"], Value::Null);
    assert!(status.get("account").is_none(), "{status}");
    assert_eq!(stranger.done("session.subscriptions", json!({})), json!([]));
}

/// Every method that is about somebody.
pub(crate) fn private_methods() -> Vec<(&'static str, Value)> {
    let named = json!({"symbol": "SOLUSDC", "origClientOrderId": "a1"});
    vec![
        ("session.ticket", json!({"stream": "al1"})),
        ("session.cancelOnDisconnect", json!({"enabled": true})),
        ("order.place", limit("x1", "BUY", "10.00", "1")),
        ("order.test", limit("x1", "BUY", "10.00", "1")),
        ("order.cancel", named.clone()),
        ("order.status", named),
        ("openOrders.status", json!({})),
        ("openOrders.cancelAll", json!({"symbol": "SOLUSDC"})),
        ("account.status", json!({})),
        ("userDataStream.subscribe", json!({})),
    ]
}

#[test]
fn keys_of_both_kinds_log_on_and_sign_single_requests() {
    // GWY-006
    let venue = Venue::open();
    for account in ["amber", "hazel"] {
        let mut client = venue.trader(account);
        assert_eq!(client.welcome["account"], account);
        let placed = client.place("o1", "BUY", "10.00", "1");
        assert_eq!(placed["status"], "NEW", "{account}");

        let mut stranger = venue.stranger("/ws-api/v3");
        let signed =
            key(account).signed(json!({"symbol": "SOLUSDC", "orderId": placed["orderId"]}));
        let found = stranger.done("order.status", signed);
        assert_eq!(found["clientOrderId"], "o1", "{account}");
    }
}

#[test]
fn a_signature_that_is_wrong_in_any_way_is_401() {
    // GWY-006
    let venue = Venue::open();
    let mut client = venue.trader("basil");
    client.done("session.logout", json!({}));
    let good = key("amber").signed(json!({}));
    let with = |member: &str, value: Value| {
        let mut params = good.clone();
        params[member] = value;
        params
    };
    let unknown = Key::of(77);
    for (what, params, code) in [
        ("no signature of this key", with("signature", json!(key("basil").sign("x"))), -1022),
        ("hexadecimal digits", with("signature", json!("00".repeat(32))), -1022),
        ("not even base64", with("signature", json!("*")), -1022),
        ("another time", with("timestamp", json!(good["timestamp"].as_u64().unwrap() + 1)), -1022),
        ("something added", with("stream", json!("al1")), -1022),
        ("another's key", with("apiKey", json!(key("basil").api_key())), -1022),
        ("a key nobody has", unknown.signed(json!({})), -2015),
        ("no key", with("apiKey", json!("amber")), -2014),
    ] {
        let error = client.refused("session.logon", params);
        assert_eq!((&error["code"], &error["status"]), (&json!(code), &json!(401)), "{what}");
    }
    assert_eq!(client.done("session.status", json!({}))["apiKey"], Value::Null);
}

#[test]
fn who_logs_out_and_in_again_at_once_is_in() {
    let venue = Venue::open();
    let mut client = venue.trader("amber");
    for round in 0..20 {
        let out = client.request("session.logout", json!({}));
        let on = client.request("session.logon", key("amber").signed(json!({"stream": "ws"})));
        let order = client.request("order.place", limit(&format!("o{round}"), "BUY", "9.00", "1"));
        for id in [out, on, order] {
            let answer = client.answer(id);
            assert_eq!(answer["status"], 200, "round {round}: {answer}");
        }
    }
    assert_eq!(client.done("openOrders.status", json!({})).as_array().unwrap().len(), 20);
}

#[test]
fn one_of_two_on_a_stream_leaves_and_the_other_stays() {
    let venue = Venue::open();
    for round in 0..20 {
        let mut first = venue.trader("amber");
        let mut second = venue.stranger("/ws-api/v3");
        let on = second.request("session.logon", key("amber").signed(json!({"stream": "ws"})));
        first.request("session.logout", json!({}));
        assert_eq!(second.answer(on)["status"], 200, "round {round}");
        second.place(&format!("o{round}"), "BUY", "9.00", "1");
    }
}

#[test]
fn orders_of_who_asked_for_it_are_cancelled_when_he_goes_and_nobody_elses() {
    let venue = Venue::open();
    let mut watcher = venue.on_stream("amber", "watch");
    watcher.subscribe("account");
    watcher.place("stays", "BUY", "9.00", "1");
    let mut leaver = venue.stranger("/ws-api/v3");
    leaver.log_on(&key("amber"), json!({"stream": "goes", "cancelOnDisconnect": true}));
    leaver.place("goes", "BUY", "9.00", "1");
    drop(leaver);
    let canceled = loop {
        let event = watcher.event();
        if event["x"] == "CANCELED" {
            break event;
        }
    };
    assert_eq!(canceled["C"], "goes", "{canceled}");
    let open = watcher.done("openOrders.status", json!({}));
    assert_eq!(open[0]["clientOrderId"], "stays", "{open}");
    assert_eq!(open.as_array().unwrap().len(), 1, "{open}");
}

#[test]
fn who_does_not_answer_a_ping_is_gone_and_what_he_held_too() {
    // GWY-003
    let venue = Venue::with("ping_s = 1\npong_timeout_s = 1");
    let mut silent = venue.stranger("/ws-api/v3");
    silent.log_on(&key("amber"), json!({"stream": "goes", "cancelOnDisconnect": true}));
    silent.place("o1", "BUY", "9.00", "1");
    let mut watcher = venue.on_stream("amber", "watch");
    watcher.subscribe("account");
    // Reading answers pings; `silent` reads only when the watcher has seen its orders go.
    let canceled = loop {
        let event = watcher.event();
        if event["x"] == "CANCELED" {
            break event;
        }
    };
    assert_eq!(canceled["C"], "o1");
    let end = silent.end();
    assert_eq!(u16::from(end.code), 1008, "{end}");
    assert!(end.reason.contains("ping"), "{end}");
    watcher.done("ping", json!({}));
}

#[test]
fn a_venue_that_stops_says_so() {
    let mut venue = Venue::open();
    let mut trader = venue.trader("amber");
    let mut listener = venue.stranger("/ws/solusdc@trade");
    venue.stop();
    for client in [&mut trader, &mut listener] {
        let end = client.end();
        assert_eq!(u16::from(end.code), 1001, "{end}");
        assert!(end.reason.contains("stops"), "{end}");
    }
}
