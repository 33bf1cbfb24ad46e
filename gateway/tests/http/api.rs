//! What anybody may ask: answers to the letter, and errors by their class.

use ringside_gateway::http::Standing;
use ringside_gateway::limits::Limits;
use ringside_protocol::{EventHeader, Sequence};
use serde_json::json;

use crate::kit::{Bench, NOW_MS, instrument, ms};

#[test]
fn a_table_of_requests_and_answers() {
    let bench = Bench::new();
    let depth = concat!(
        r#"{"lastUpdateId":1001,"bids":[["150.25","1.500"]],"asks":[["150.30","7.000"]],"#,
        r#""sequence":1001,"checksum":"#
    );
    let time = format!("{{\"serverTime\":{NOW_MS}}}");
    for (request, starts) in [
        ("GET /api/v3/ping", "{}"),
        ("GET /api/v3/time", time.as_str()),
        ("GET /api/v3/depth?symbol=SOLUSDC", depth),
        ("GET /api/v3/depth?symbol=SOLUSDC&limit=5000", depth),
        ("GET /api/v3/exchangeInfo", r#"{"timezone":"UTC","serverTime":1700000000000,"#),
    ] {
        let answer = bench.ask(request);
        assert_eq!(answer.status, 200, "{request}: {answer:?}");
        assert!(answer.body.starts_with(starts), "{request}: {}", answer.body);
        assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    }
}

#[test]
fn instruments_are_published_with_the_limit() {
    // GWY-013
    let bench = Bench::with(Limits { requests_per_minute: 123, ..Limits::default() }, true);
    let info = bench.ask("GET /api/v3/exchangeInfo?symbol=SOLUSDC").json();
    let limit = json!({
        "rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 123,
    });
    assert_eq!(info["rateLimits"], json!([limit]));
    let symbol = &info["symbols"][0];
    assert_eq!(symbol["symbol"], "SOLUSDC");
    assert_eq!(symbol["venueSymbol"], "SOL/USDC");
    assert_eq!(symbol["filters"][0]["tickSize"], "0.01");
    assert_eq!(Limits::default().requests_per_minute, 200, "the usual one");
}

#[test]
fn a_new_instrument_is_known_at_once() {
    let bench = Bench::new();
    let symbols = || bench.ask("GET /api/v3/exchangeInfo").json()["symbols"].clone();
    assert_eq!(symbols().as_array().map(Vec::len), Some(1));
    let missing = "GET /api/v3/depth?symbol=BTCUSDC";
    assert_eq!(bench.ask(missing).error(), (404, -1121));
    bench.does(|house| {
        let (sequence, time) = (Sequence(1002), ms(NOW_MS));
        let header = EventHeader { sequence, time, index: 0, reserved: 0 };
        house.hear(&header, &instrument(1, "BTC/USDC"), true);
    });
    assert_eq!(symbols().as_array().map(Vec::len), Some(2));
    let empty = bench.ask(missing).json();
    assert_eq!(empty["bids"], json!([]));
    assert_eq!(empty["sequence"], 1002, "FED-011: of the venue, whatever the book's last change");
}

#[test]
fn a_snapshot_carries_what_views_are_compared_by() {
    // FED-011: the checksum is of the top of the whole book, however few levels are shown.
    let bench = Bench::new();
    let [few, many] = [1, 100]
        .map(|limit| bench.ask(&format!("GET /api/v3/depth?symbol=SOLUSDC&limit={limit}")).json());
    assert_eq!(few, many);
    let digits = [b"15030".as_slice(), b"7000", b"15025", b"1500"].concat();
    assert_eq!(few["checksum"], crc32(&digits));
}

/// Bit by bit, as the standard has it.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 }
        })
    })
}

#[test]
fn mistakes_have_their_class() {
    // GWY-012, GWY-017
    let bench = Bench::new();
    for (request, status, code) in [
        ("GET /", 404, -1020),
        ("GET /api/v3/nowhere", 404, -1020),
        ("GET /api/v2/ping", 404, -1020),
        ("POST /api/v3/ping", 405, -1020),
        ("PUT /v1/session", 405, -1020),
        ("GET /v1/session/refresh", 405, -1020),
        ("POST /healthz", 405, -1020),
        ("GET /api/v3/depth", 400, -1102),
        ("GET /api/v3/depth?symbol=SOLUSDC&limit=0", 400, -1130),
        ("GET /api/v3/depth?symbol=SOLUSDC&limit=5001", 400, -1130),
        ("GET /api/v3/depth?symbol=SOLUSDC&lim=5", 400, -1103),
        ("GET /api/v3/depth?symbol=solusdc", 404, -1121),
        ("GET /api/v3/exchangeInfo?symbol=NOBODY", 404, -1121),
        ("GET /api/v3/exchangeInfo?symbol=%ZZ", 400, -1100),
        ("POST /api/v3/order?symbol=SOLUSDC&side=BUY&type=MARKET&quantity=1", 400, -1020),
        ("GET /api/v3/account", 400, -1020),
    ] {
        let answer = bench.ask(request);
        assert_eq!(answer.error(), (status, code), "{request}: {answer:?}");
        assert!(!answer.json()["msg"].as_str().unwrap_or_default().is_empty(), "{request}");
    }
    assert_eq!(bench.ask("GET /v1/session/refresh").header("allow"), Some("post"));
}

#[test]
fn what_nobody_answers_is_503() {
    // Nobody answers for a second; a venue that is not there is not asked.
    let bench = Bench::with(Limits::default(), false);
    let question = "GET /api/v3/exchangeInfo";
    let late = bench.ask(question);
    assert_eq!((late.error(), late.header("retry-after")), ((503, -1008), Some("1")));
    for (standing, says) in
        [(Standing::Starting, "starting"), (Standing::Stopping, "the venue is stopping")]
    {
        bench.stands(standing);
        let answer = bench.ask(question);
        assert_eq!(answer.error(), (503, -1008));
        assert!(answer.json()["fix"].as_str().is_some_and(|fix| fix.starts_with(says)));
    }
    assert_eq!(bench.ask("GET /api/v3/ping").status, 200, "the door itself is there");
}
