//! Orders: what is answered, what is found again, what is refused and how precisely.

use serde_json::json;

use super::client::limit;
use super::kit::{Venue, key};

#[test]
fn an_order_is_found_by_number_and_by_client_id_in_every_state() {
    // GWY-014
    let venue = Venue::open();
    let (mut amber, mut basil) = (venue.trader("amber"), venue.trader("basil"));
    amber.place("open", "BUY", "10.00", "5");
    amber.place("part", "BUY", "11.00", "5");
    amber.place("gone", "BUY", "9.00", "5");
    amber.done("order.cancel", json!({"symbol": "SOLUSDC", "origClientOrderId": "gone"}));
    basil.place("full", "SELL", "11.00", "2");
    for (is_amber, id, status, executed) in [
        (true, "open", "NEW", "0.000"),
        (true, "part", "PARTIALLY_FILLED", "2.000"),
        (true, "gone", "CANCELED", "0.000"),
        (false, "full", "FILLED", "2.000"),
    ] {
        let client = if is_amber { &mut amber } else { &mut basil };
        let named = json!({"symbol": "SOLUSDC", "origClientOrderId": id});
        let by_id = client.done("order.status", named);
        assert_eq!(by_id["status"], status, "{by_id}");
        assert_eq!(by_id["executedQty"], executed, "{by_id}");
        let number = json!({"symbol": "SOLUSDC", "orderId": by_id["orderId"]});
        assert_eq!(client.done("order.status", number), by_id, "{id}");
    }
}

#[test]
fn unknown_means_never_sequenced() {
    // GWY-014: what was sent before on any connection of the venue is known, or never was.
    let venue = Venue::open();
    let (mut sender, mut asker) = (venue.on_stream("amber", "s1"), venue.on_stream("amber", "s2"));
    for round in 0..50 {
        let id = format!("o{round}");
        let named = json!({"symbol": "SOLUSDC", "origClientOrderId": id});
        let unknown = asker.refused("order.status", named.clone());
        assert_eq!((&unknown["code"], &unknown["status"]), (&json!(-2013), &json!(404)));
        // The answer is not read before the question is asked.
        let placed = sender.request("order.place", limit(&id, "BUY", "9.00", "1"));
        let asked = sender.request("order.status", named.clone());
        assert_eq!(sender.answer(placed)["status"], 200);
        assert_eq!(sender.answer(asked)["result"]["clientOrderId"], id);
        assert_eq!(asker.done("order.status", named)["clientOrderId"], id);
    }
}

#[test]
fn a_client_id_is_good_once_whoever_of_the_account_uses_it() {
    // GWY-015
    let venue = Venue::open();
    let mut first = venue.trader("amber");
    let placed = first.place("twice", "BUY", "9.00", "1");
    let again = first.refused("order.place", limit("twice", "SELL", "99.00", "3"));
    assert_eq!(again["reason"], "DUPLICATE_ID", "{again}");
    assert_eq!((&again["code"], &again["status"]), (&json!(-2010), &json!(409)), "{again}");
    assert_eq!(again["observed"], placed["orderId"].to_string(), "{again}");
    first.done("order.cancel", json!({"symbol": "SOLUSDC", "origClientOrderId": "twice"}));
    let ended = first.refused("order.place", limit("twice", "BUY", "9.00", "1"));
    assert_eq!(ended["reason"], "DUPLICATE_ID", "also when it has ended: {ended}");
    venue.trader("basil").place("twice", "BUY", "9.00", "1");
}

#[test]
fn of_two_that_send_the_same_at_once_one_is_told_no() {
    // GWY-015: both speak on one stream, and each has the answer that is its own.
    let venue = Venue::open();
    let (mut first, mut second) = (venue.trader("amber"), venue.trader("amber"));
    for round in 0..50 {
        let order = limit(&format!("o{round}"), "BUY", "9.00", "1");
        let asked =
            [first.request("order.place", order.clone()), second.request("order.place", order)];
        let answers = [first.answer(asked[0]), second.answer(asked[1])];
        let mut statuses = answers.each_ref().map(|answer| answer["status"].as_u64().unwrap());
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "round {round}: {answers:?}");

        let named = json!({"symbol": "SOLUSDC", "origClientOrderId": format!("o{round}")});
        let asked =
            [first.request("order.cancel", named.clone()), second.request("order.cancel", named)];
        let answers = [first.answer(asked[0]), second.answer(asked[1])];
        let done = answers.iter().filter(|answer| answer["status"] == 200).count();
        assert_eq!(done, 1, "round {round}: {answers:?}");
    }
}

#[test]
fn what_is_wrong_with_a_request_is_named_and_the_connection_stays() {
    // GWY-017, GWY-018: a row is a member, what it becomes, the code, and the field that is named.
    let venue = Venue::open();
    let mut client = venue.trader("amber");
    for (at, (member, value, code, field)) in [
        ("symbol", json!(null), -1102, "symbol"),
        ("symbol", json!("NOPEUSDC"), -1121, "symbol"),
        ("side", json!(null), -1102, "side"),
        ("side", json!("HOLD"), -1117, "side"),
        ("type", json!("STOP"), -1116, "type"),
        ("timeInForce", json!("GTX"), -1115, "timeInForce"),
        ("timeInForce", json!(null), -1102, "timeInForce"),
        ("price", json!(null), -1102, "price"),
        ("price", json!("0"), -1013, ""),
        ("price", json!("-1"), -1013, ""),
        ("price", json!("10.001"), -1013, "price"),
        ("price", json!("ten"), -1100, "price"),
        ("price", json!([10]), -1130, "price"),
        ("quantity", json!("0.0001"), -1013, "quantity"),
        ("quantity", json!("0"), -1013, ""),
        ("quantity", json!(null), -1102, "quantity"),
        ("newClientOrderId", json!(""), -1105, "newClientOrderId"),
        ("newClientOrderId", json!("x".repeat(37)), -1100, "newClientOrderId"),
        ("newOrderRespType", json!("ALL"), -1130, "newOrderRespType"),
        ("prise", json!("10.00"), -1103, "prise"),
        ("stopPrice", json!("10.00"), -1106, "stopPrice"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut order = limit(&format!("w{at}"), "BUY", "10.00", "1");
        order[member] = value.clone();
        let error = client.refused("order.place", order);
        assert_eq!(error["code"], code, "{member} {value}: {error}");
        if !field.is_empty() {
            assert_eq!(error["field"], field, "{member} {value}: {error}");
        }
    }
    assert_eq!(client.done("openOrders.status", json!({})), json!([]), "nothing was entered");
}

#[test]
fn what_is_no_request_is_refused_and_the_next_one_is_read() {
    // GWY-018
    let venue = Venue::open();
    let mut client = venue.trader("amber");
    for (text, code) in [
        ("", -1135),
        ("hello", -1135),
        ("[]", -1135),
        ("{\"id\":1", -1135),
        ("{\"id\":1,\"method\":\"order.nope\"}", -1020),
        ("{\"id\":1,\"method\":\"ping\",\"method\":\"time\"}", -1101),
        ("{\"id\":1,\"method\":\"order.place\",\"params\":7}", -1135),
        ("{\"method\":\"ping\"}", -1102),
        ("{\"id\":1,\"method\":\"ping\",\"more\":1}", -1103),
    ] {
        client.send(text);
        let answer = client.message();
        assert_eq!(answer["error"]["code"], code, "{text:?}: {answer}");
    }
    client.done("ping", json!({}));
}

#[test]
fn a_time_that_is_none_or_too_old_or_ahead_is_refused() {
    // GWY-018
    let venue = Venue::open();
    let mut client = venue.trader("amber");
    let second = 1_000_000;
    let now = super::client::now_us();
    for (what, time) in [
        ("six seconds old", now - 6 * second),
        ("a minute ahead", now + 60 * second),
        ("in seconds", now / second),
    ] {
        let signed = key("amber").signed_at(json!({}), time);
        let error = client.refused("account.status", signed);
        assert_eq!(error["code"], -1021, "{what}: {error}");
    }
    let signed = key("amber").signed_at(json!({"recvWindow": 60_001}), now);
    assert_eq!(client.refused("account.status", signed)["code"], -1131);
}
