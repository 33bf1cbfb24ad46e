//! Who does not read: is cut off with a reason at its bound, and is in nobody's way.

use std::sync::atomic::Ordering;

use serde_json::json;

use super::client::{Client, limit};
use super::kit::Venue;

/// Bytes that may wait for a reader.
const OUT_BYTES_MAX: &str = "out_bytes_max = 65_536";

/// Two accounts trade, and are answered at once, until `stalled` is cut off; then that reads: whole
/// messages to the last that was begun, and the reason.
fn trade_until_cut_off(venue: &Venue, stalled: &mut Client) {
    let (mut amber, mut basil) = (venue.trader("amber"), venue.trader("basil"));
    let cut_off = &venue.served().counts.cut_off;
    let before = cut_off.load(Ordering::Relaxed);
    let mut round = 0;
    while cut_off.load(Ordering::Relaxed) == before {
        let id = format!("o{round}");
        let bid = amber.request("order.place", limit(&id, "BUY", "10.00", "1"));
        let ask = basil.request("order.place", limit(&id, "SELL", "10.00", "1"));
        assert_eq!(amber.answer(bid)["status"], 200, "round {round}");
        assert_eq!(basil.answer(ask)["status"], 200, "round {round}");
        round += 1;
        assert!(round < 50_000, "it is never cut off");
    }
    let end = stalled.end();
    assert_eq!(u16::from(end.code), 1008, "{end}");
    assert!(end.reason.contains("too slow") && end.reason.contains("65536"), "{end}");
    amber.done("ping", json!({}));
}

#[test]
fn who_hears_everything_and_reads_nothing_is_cut_off_and_delays_nobody() {
    // FED-010, GWY-005
    let venue = Venue::with(OUT_BYTES_MAX);
    let names = "solusdc@trade/solusdc@bookTicker/solusdc@depth@100ms/solusdc@depth20@100ms";
    let mut stalled = venue.stranger(&format!("/ws/{names}"));
    trade_until_cut_off(&venue, &mut stalled);
}

#[test]
fn who_does_not_read_what_is_his_own_is_cut_off_and_resumes() {
    // FED-010, GWY-005, JRN-007
    let venue = Venue::with(OUT_BYTES_MAX);
    let mut stalled = venue.on_stream("amber", "stalled");
    stalled.subscribe("account");
    trade_until_cut_off(&venue, &mut stalled);
    let mut again = venue.trader("amber");
    let cursor = json!({"session": again.welcome["session"], "number": 0});
    again.done("userDataStream.subscribe", json!({"resumeAfter": cursor}));
    assert_eq!(again.event()["number"], 1);
}

#[test]
fn who_asks_and_never_reads_is_not_answered_without_end() {
    // FED-010: his questions wait where they are, and the venue keeps no more than a bound.
    let venue = Venue::with("out_bytes_max = 65_536\nping_s = 1\npong_timeout_s = 1");
    let mut greedy = venue.stranger("/ws-api/v3");
    let mut beside = venue.trader("basil");
    let cut_off = &venue.served().counts.cut_off;
    let before = cut_off.load(Ordering::Relaxed);
    greedy.socket.get_ref().set_nonblocking(true).expect("a mode");
    let question = json!({"id": 1, "method": "exchangeInfo"}).to_string();
    let mut is_stuck = false;
    while !is_stuck {
        is_stuck = greedy.socket.send(tungstenite::Message::text(&question)).is_err();
    }
    while cut_off.load(Ordering::Relaxed) == before {
        beside.done("ping", json!({}));
    }
}
