//! Bearer sessions over HTTP.

use ringside_protocol::Timestamp;

use crate::kit::{Answer, Bench, NOW_MS, SECRET, granted, hmac, key_header, ms, public, signed};

const DAY_MS: u64 = 24 * 3_600_000;

fn open(bench: &Bench) -> Answer {
    let answer = bench.ask_with("POST /v1/session", &[&key_header()], &signed(NOW_MS));
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

fn bearer(answer: &Answer) -> String {
    let token = answer.json()["token"].as_str().expect("a token").to_owned();
    format!("Authorization: Bearer {token}")
}

#[test]
fn a_signed_request_becomes_a_token() {
    // GWY-006, GWY-007
    let bench = Bench::new();
    let opened = open(&bench);
    let session = opened.json();
    assert_eq!(session["account"], "alice");
    assert_eq!(session["expires"], NOW_MS + DAY_MS);
    let fingerprint = ringside_gateway::identity::keys::fingerprint_shown(&public());
    assert_eq!(session["fingerprint"], fingerprint);
    assert_eq!(opened.header("cache-control"), Some("no-store"));

    let looked = bench.ask_with("GET /v1/session", &[&bearer(&opened)], "").json();
    assert_eq!(looked["account"], "alice");
    assert!(looked.get("token").is_none(), "a token is told once");
}

#[test]
fn a_secret_signs_as_well_and_parameters_may_be_in_the_query() {
    let bench = Bench::new();
    let payload = format!("recvWindow=5000&timestamp={NOW_MS}");
    let fingerprint = ringside_gateway::identity::secrets::fingerprint(SECRET.as_bytes());
    let key = format!("X-MBX-APIKEY: {}", ringside_gateway::identity::keys::api_key(&fingerprint));
    let request = format!("POST /v1/session?{payload}&signature={}", hmac(&payload));
    assert_eq!(bench.ask_with(&request, &[&key], "").json()["account"], "alice");
}

#[test]
fn a_token_lives_a_day_and_longer_if_it_is_refreshed() {
    // GWY-011
    let bench = Bench::new();
    let opened = open(&bench);
    let bearer = bearer(&opened);
    let ask = |request: &str| bench.ask_with(request, &[&bearer], "");
    bench.clock.set(NOW_MS + DAY_MS - 1);
    let refreshed = ask("POST /v1/session/refresh").json();
    let left = refreshed["expires"].as_u64().expect("a time") - (NOW_MS + DAY_MS - 1);
    assert!(left > 22 * 3_600_000, "more than 22 h ahead: {left} ms");
    bench.clock.set(NOW_MS + DAY_MS);
    assert_eq!(ask("GET /v1/session").status, 200, "its first life is over, not its second");
    bench.clock.set(NOW_MS + 2 * DAY_MS);
    for request in ["GET /v1/session", "POST /v1/session/refresh", "DELETE /v1/session"] {
        let expired = ask(request);
        assert_eq!(expired.error(), (401, -1002), "{request}");
        assert_eq!(expired.json()["reason"], "TOKEN_EXPIRED", "{request}");
    }
}

#[test]
fn an_ended_token_is_worth_nothing() {
    let bench = Bench::new();
    let bearer = bearer(&open(&bench));
    let ended = bench.ask_with("DELETE /v1/session", &[&bearer], "");
    assert_eq!((ended.status, ended.body.as_str()), (200, "{}"));
    let gone = bench.ask_with("GET /v1/session", &[&bearer], "");
    assert_eq!((gone.status, gone.json()["reason"].as_str()), (401, Some("TOKEN_UNKNOWN")));
}

#[test]
fn a_token_ends_with_its_key() {
    // GWY-016
    let bench = Bench::new();
    let bearer = bearer(&open(&bench));
    bench.does(|house| house.learn(&granted(0, public(), Timestamp(1))));
    for request in ["GET /v1/session", "POST /v1/session/refresh"] {
        let refused = bench.ask_with(request, &[&bearer], "");
        assert_eq!(refused.error(), (401, -2015), "{request}");
        assert_eq!(refused.json()["reason"], "KEY_EXPIRED", "{request}");
    }
}

#[test]
fn who_proves_nothing_gets_nothing() {
    // GWY-002, GWY-006, GWY-012: each row alone, before a fresh venue.
    let good = signed(NOW_MS);
    let key = key_header();
    let other_key = format!("X-MBX-APIKEY: {}", "ab".repeat(32));
    let altered = good.replace("timestamp=17", "timestamp=18");
    let of_seconds = signed(NOW_MS / 1_000);
    let post = "POST /v1/session";
    for (what, request, header, body, status, code) in [
        ("altered", post, key.as_str(), altered.as_str(), 400, -1021),
        ("in another's name", post, &other_key, &good, 401, -2015),
        ("no key at all", post, "X-MBX-APIKEY: me", &good, 401, -2014),
        ("stale", post, &key, &signed(NOW_MS - 5_001), 400, -1021),
        ("seconds, which are no milliseconds", post, &key, &of_seconds, 400, -1021),
        ("unsigned", post, &key, "timestamp=1700000000000", 400, -1102),
        ("no header", post, "X-Other: 1", &good, 400, -1102),
        ("a parameter more", post, &key, &format!("{good}&symbol=X"), 400, -1103),
        ("a signature of something else", post, &key, &format!("{good}&recvWindow=9"), 401, -1022),
        ("a wrong token", "GET /v1/session", "Authorization: Bearer x", "", 401, -1002),
        ("another scheme", "GET /v1/session", "Authorization: Basic x", "", 401, -1002),
        ("no token", "GET /v1/session", "X-Other: 1", "", 401, -1002),
    ] {
        let answer = Bench::new().ask_with(request, &[header], body);
        assert_eq!(answer.error(), (status, code), "{what}: {answer:?}");
    }
}

#[test]
fn a_recorded_request_opens_no_second_session() {
    let bench = Bench::new();
    open(&bench);
    let again = bench.ask_with("POST /v1/session", &[&key_header()], &signed(NOW_MS));
    assert_eq!(again.error(), (401, -1022));
    assert_eq!(again.json()["reason"], "REPLAYED");
}

#[test]
fn the_other_door_knows_the_token_too() {
    // GWY-007: it is the house's.
    let bench = Bench::new();
    let token = open(&bench).json()["token"].as_str().expect("a token").to_owned();
    bench.does(move |house| {
        let holder = house.tokens.check(&token, ms(NOW_MS)).expect("it is there");
        assert!(house.keys.standing(holder, ms(NOW_MS)).is_ok());
    });
}
