//! What an attacker tries who has an account of his own, or has overheard somebody: each attempt is
//! refused, and is told no more than a stranger would be.

use serde_json::{Value, json};

use super::client::{limit, now_us};
use super::kit::{Venue, expired, key, reader};
use super::session::private_methods;

#[test]
fn anothers_order_is_as_unknown_as_one_that_never_was() {
    let venue = Venue::open();
    let mut victim = venue.listener("amber");
    let order = victim.place("a1", "BUY", "10.00", "3")["orderId"].clone();
    let mut attacker = venue.trader("basil");
    let never = json!({"symbol": "SOLUSDC", "orderId": 999_999});
    for method in ["order.status", "order.cancel"] {
        let unknown = attacker.refused(method, never.clone());
        for params in [
            json!({"symbol": "SOLUSDC", "orderId": order}),
            json!({"symbol": "SOLUSDC", "origClientOrderId": "a1"}),
            json!({"symbol": "SOLUSDC", "orderId": order, "origClientOrderId": "a1"}),
        ] {
            let mut refused = attacker.refused(method, params.clone());
            // How far an account's own commands came is its own affair.
            refused.as_object_mut().unwrap().remove("fix");
            let mut unknown = unknown.clone();
            unknown.as_object_mut().unwrap().remove("fix");
            assert_eq!(refused, unknown, "{method} {params}");
        }
    }
    let all = attacker.refused("openOrders.cancelAll", json!({"symbol": "SOLUSDC"}));
    assert_eq!(all["reason"], "UNKNOWN_ORDER", "{all}");
    assert_eq!(attacker.done("openOrders.status", json!({})), json!([]));
    let found = victim.done("order.status", json!({"symbol": "SOLUSDC", "orderId": order}));
    assert_eq!(found["status"], "NEW");
}

#[test]
fn anothers_stream_is_not_resumed_by_its_name() {
    let venue = Venue::open();
    let mut victim = venue.on_stream("amber", "mine");
    victim.subscribe("stream");
    for round in 0..20 {
        victim.place(&format!("a{round}"), "BUY", "10.00", "1");
    }
    let mut attacker = venue.on_stream("basil", "mine");
    let session = attacker.welcome["session"].clone();
    assert_eq!(attacker.welcome["nextNumber"], 1, "a stream of its own");
    let from = |number: u64| json!({"resumeAfter": {"session": session, "number": number}});
    let error = attacker.refused("userDataStream.subscribe", from(5));
    assert_eq!(error["field"], "resumeAfter.number", "{error}");
    attacker.done("userDataStream.subscribe", from(0));
    assert_eq!(attacker.settled(), Vec::<Value>::new());
}

#[test]
fn resumes_given_up_at_once_do_not_reach_who_comes_next() {
    // The connection's number is given to another while the answer is on its way.
    let venue = Venue::open();
    let mut victim = venue.trader("amber");
    for round in 0..40 {
        victim.place(&format!("a{round}"), "BUY", "10.00", "1");
        victim.done(
            "order.cancel",
            json!({"symbol": "SOLUSDC", "origClientOrderId": format!("a{round}")}),
        );
    }
    let mut beside = venue.trader("basil");
    for round in 0..40 {
        beside.place(&format!("b{round}"), "SELL", "20.00", "1");
    }
    let session = victim.welcome["session"].clone();
    let resume = json!({"resumeAfter": {"session": session, "number": 0}});
    for _ in 0..30 {
        let mut gone = venue.trader("amber");
        gone.request("userDataStream.subscribe", resume.clone());
        drop(gone);
        let mut attacker = venue.trader("basil");
        attacker.done("userDataStream.subscribe", resume.clone());
        for _ in 0..40 {
            let event = attacker.event();
            assert!(event["c"].as_str().unwrap().starts_with('b'), "{event}");
        }
    }
}

#[test]
fn subscriptions_that_are_given_up_and_begun_again_do_not_confuse_the_venue() {
    // More messages than are fetched at once: an answer to the first comes while the second reads.
    let venue = Venue::open();
    let mut client = venue.trader("amber");
    for round in 0..ringside_gateway::limits::FETCHED_MAX + 100 {
        client.request("order.place", limit(&format!("a{round}"), "BUY", "10.00", "1"));
    }
    for id in 2..=ringside_gateway::limits::FETCHED_MAX as u64 + 101 {
        client.answer(id);
    }
    let session = client.welcome["session"].clone();
    let resume = json!({"resumeAfter": {"session": session, "number": 0}});
    let mut asked = Vec::new();
    for _ in 0..10 {
        asked.push(client.request("userDataStream.subscribe", resume.clone()));
        asked.push(client.request("userDataStream.unsubscribe", json!({})));
    }
    asked.push(client.request("userDataStream.subscribe", resume));
    for id in asked {
        assert_eq!(client.answer(id)["status"], 200);
    }
    let events = client.settled();
    assert!(events.len() <= 2 * (ringside_gateway::limits::FETCHED_MAX + 100));
    client.done("ping", json!({}));
}

#[test]
fn a_signed_message_is_taken_once() {
    let venue = Venue::open();
    let overheard = key("amber").signed(limit("a1", "BUY", "10.00", "1"));
    // It waits until the venue takes what is signed after its start.
    venue.trader("amber");
    let mut owner = venue.stranger("/ws-api/v3");
    let first = owner.ask("order.place", overheard.clone());
    assert!(first["status"] == 200 || first["error"]["reason"] == "REPLAYED", "{first}");
    let fresh = key("amber").signed(limit("a2", "BUY", "10.00", "1"));
    owner.done("order.place", fresh.clone());
    for mut client in [owner, venue.stranger("/ws-api/v3"), venue.trader("basil")] {
        let error = client.refused("order.place", fresh.clone());
        assert_eq!((&error["code"], &error["reason"]), (&json!(-1022), &json!("REPLAYED")));
    }
    let log_on = key("amber").signed(json!({"stream": "ws"}));
    venue.stranger("/ws-api/v3").done("session.logon", log_on.clone());
    let error = venue.stranger("/ws-api/v3").refused("session.logon", log_on);
    assert_eq!(error["reason"], "REPLAYED", "{error}");
}

#[test]
fn signed_messages_in_another_order_are_each_taken_once() {
    let venue = Venue::open();
    let mut client = venue.trader("amber");
    let signed: Vec<Value> = (0..10)
        .map(|at| key("amber").signed(limit(&format!("o{at}"), "BUY", "10.00", "1")))
        .collect();
    for params in signed.iter().rev() {
        client.done("order.place", params.clone());
    }
    for params in &signed {
        assert_eq!(client.refused("order.place", params.clone())["reason"], "REPLAYED");
    }
}

#[test]
fn a_signature_is_for_one_request_and_one_method_is_no_cover_for_another() {
    let venue = Venue::open();
    let mut client = venue.trader("amber");
    client.place("a1", "BUY", "10.00", "1");
    let signed = key("amber").signed(json!({"symbol": "SOLUSDC", "origClientOrderId": "a1"}));
    for (member, value) in [("origClientOrderId", "a2"), ("symbol", "BTCUSDC")] {
        let mut changed = signed.clone();
        changed[member] = value.into();
        let error = client.refused("order.cancel", changed);
        assert_eq!(error["code"], -1022, "{member}: {error}");
    }
    assert_eq!(client.done("order.status", signed.clone())["status"], "NEW");
    let error = client.refused("order.cancel", signed);
    assert_eq!(error["reason"], "REPLAYED", "what asked for a status cancels nothing: {error}");
}

#[test]
fn stale_requests_are_refused_however_well_they_are_signed() {
    let venue = Venue::open();
    let mut client = venue.trader("amber");
    for (age_ms, window) in [(5_100, 5_000), (5_100, 60_000), (200, 100)] {
        let params = json!({"recvWindow": window});
        let signed = key("amber").signed_at(params, now_us() - age_ms * 1_000);
        let error = client.refused("account.status", signed);
        assert_eq!(error["code"], -1021, "{age_ms} ms old, window {window}: {error}");
    }
}

#[test]
fn a_key_that_may_read_reads_and_does_nothing_else() {
    let venue = Venue::open();
    venue.trader("amber").place("a1", "BUY", "10.00", "1");
    let mut client = venue.stranger("/ws-api/v3");
    client.log_on(&reader(), json!({}));
    for (method, params) in private_methods() {
        let answer = client.ask(method, params);
        let reads = matches!(
            method,
            "order.status" | "openOrders.status" | "account.status" | "userDataStream.subscribe"
        );
        match reads {
            true => assert_eq!(answer["status"], 200, "{method}: {answer}"),
            false => {
                assert_eq!(answer["error"]["reason"], "PERMISSION", "{method}: {answer}");
                assert_eq!(answer["status"], 403, "{method}: {answer}");
            }
        }
    }
}

#[test]
fn a_key_that_expired_opens_nothing() {
    let venue = Venue::open();
    let mut client = venue.stranger("/ws-api/v3");
    let answer = client.log_on(&expired(), json!({}));
    assert_eq!(answer["error"]["reason"], "KEY_EXPIRED", "{answer}");
    for (method, params) in private_methods() {
        let error = client.refused(method, expired().signed(params));
        assert_eq!(error["reason"], "KEY_EXPIRED", "{method}: {error}");
    }
}

#[test]
fn a_connection_is_one_accounts() {
    let venue = Venue::open();
    let mut client = venue.trader("basil");
    for (method, params) in private_methods() {
        let error = client.refused(method, key("amber").signed(params));
        assert_eq!(error["code"], -2015, "{method}: {error}");
    }
    let again = client.refused("session.logon", key("amber").signed(json!({})));
    assert_eq!(again["code"], -1002, "{again}");
    assert_eq!(client.done("session.status", json!({}))["account"], "basil");
}
