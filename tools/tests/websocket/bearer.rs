//! A bearer token over WebSocket: who shows one with the opening request logs on without a
//! signature, as the key that it stands for, as long as it is worth something (GWY-007, GWY-011).

use std::fs;

use ringside_gateway::identity::Tokens;
use ringside_protocol::{AccountId, KeyId, Timestamp};
use ringside_tools::venue::clock;
use serde_json::{Value, json};

use super::client::{Client, bearer_session, limit, of_session};
use super::kit::{Venue, key};

fn token(venue: &Venue, account: &str) -> String {
    let shown = bearer_session(venue.http(), &key(account));
    shown["token"].as_str().expect("a token").to_owned()
}

/// Logs on by a token; the whole answer.
fn log_on(venue: &Venue, token: &str) -> (Client, Value) {
    let mut client = Client::with_token(venue.address(), token);
    let answer = client.ask("session.logon", json!({"stream": "bearer"}));
    (client, answer)
}

#[test]
fn who_shows_a_token_trades_as_the_key_that_it_stands_for() {
    let venue = Venue::open();
    let (mut client, answer) = log_on(&venue, &token(&venue, "amber"));
    assert_eq!(answer["result"]["apiKey"], key("amber").api_key(), "{answer}");
    client.place("a1", "BUY", "10.00", "1");
    let named = json!({"symbol": "SOLUSDC", "origClientOrderId": "a1"});
    assert_eq!(client.done("order.status", named)["status"], "NEW");
}

#[test]
fn a_token_in_the_first_message_is_as_good() {
    let venue = Venue::open();
    let token = token(&venue, "amber");
    let mut client = venue.stranger("/ws-api/v3");
    let wrong = client.refused("session.logon", json!({"token": "x"}));
    assert_eq!((&wrong["status"], &wrong["reason"]), (&json!(401), &json!("TOKEN_UNKNOWN")));
    let welcome = client.done("session.logon", json!({"token": token, "stream": "first"}));
    assert_eq!(welcome["apiKey"], key("amber").api_key(), "{welcome}");
    client.place("a1", "BUY", "10.00", "1");
}

#[test]
fn a_token_that_is_worth_nothing_logs_nobody_on() {
    let venue = Venue::open();
    let ended = token(&venue, "amber");
    let shown = format!("Authorization: Bearer {ended}");
    assert_eq!(of_session(venue.http(), "DELETE /v1/session", &shown).0, 200);
    let altered = token(&venue, "amber").to_lowercase();
    for (what, token) in [("ended", &*ended), ("altered", &*altered), ("none", "x")] {
        let (mut client, answer) = log_on(&venue, token);
        assert_eq!(answer["status"], 401, "{what}: {answer}");
        assert_eq!(answer["error"]["reason"], "TOKEN_UNKNOWN", "{what}: {answer}");
        let refused = client.ask("order.place", limit("a1", "BUY", "10.00", "1"));
        assert_eq!(refused["status"], 401, "{what}: {refused}");
    }
}

#[test]
fn a_token_that_has_expired_logs_nobody_on() {
    // It is worth something for two seconds more; time is the wall's.
    let mut venue = Venue::open();
    let mut tokens = Tokens::new();
    let issued = Timestamp(clock::now().0 + 2 * Timestamp::SECOND - Timestamp::DAY);
    let token = tokens.issue([7; 32], AccountId(0), KeyId(0), issued).expect("a token");
    venue.stop();
    fs::write(venue.directory.path().join("venue/tokens"), tokens.text()).expect("written");
    venue.restart();
    let refused = loop {
        let (_, answer) = log_on(&venue, &token.text);
        if answer["status"] != 200 {
            break answer;
        }
    };
    assert_eq!(refused["status"], 401, "{refused}");
    assert_eq!(refused["error"]["reason"], "TOKEN_EXPIRED", "{refused}");
    assert!(clock::now() >= token.expires, "not before");
}

#[test]
fn a_token_of_another_account_gives_no_way_to_ones_own() {
    let venue = Venue::open();
    let mut amber = venue.trader("amber");
    amber.place("a1", "BUY", "10.00", "1");
    let (mut basil, answer) = log_on(&venue, &token(&venue, "basil"));
    assert_eq!(answer["result"]["apiKey"], key("basil").api_key(), "{answer}");
    let named = json!({"symbol": "SOLUSDC", "origClientOrderId": "a1"});
    for method in ["order.status", "order.cancel"] {
        let error = basil.refused(method, named.clone());
        assert_eq!(error["reason"], "UNKNOWN_ORDER", "{method}: {error}");
    }
    // Nor does a signature of the other one's key change whose connection it is.
    let signed = basil.refused("order.cancel", key("amber").signed(named.clone()));
    assert!(signed["fix"].as_str().is_some_and(|fix| fix.contains("another account")), "{signed}");
    assert_eq!(amber.done("order.status", named)["status"], "NEW");
}
