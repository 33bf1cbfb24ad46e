//! Every event prints exactly the fields that an `expect` may name, in that order.

use std::collections::BTreeSet;

use ringside_protocol::EventKind;
use ringside_tools::scenario::events::{HEAD, names};
use ringside_tools::scenario::json::read;
use ringside_tools::scenario::runner::{Runner, Show};

const LINES: &str = r#"
{"op":"currency","code":"USDC","scale":6}
{"op":"currency","code":"SOL","scale":6}
{"op":"instrument","symbol":"SOL/USDC","kind":"spot","base":"SOL","quote":"USDC","tick":"0.01","lot":"0.001","maker_fee_bps":"-1","taker_fee_bps":"5"}
{"op":"account","account":"amber"}
{"op":"account","account":"birch"}
{"op":"deposit","account":"amber","currency":"USDC","amount":"1000"}
{"op":"deposit","account":"birch","currency":"SOL","amount":"10"}
{"op":"withdraw","account":"birch","currency":"SOL","amount":"1"}
{"op":"withdraw","account":"birch","currency":"SOL","amount":"100"}
{"op":"order","account":"amber","symbol":"SOL/USDC","id":"a1","side":"buy","price":"100","quantity":"1"}
{"op":"amend","account":"amber","id":"a1","new_id":"a2","quantity":"2"}
{"op":"order","account":"birch","symbol":"SOL/USDC","id":"b1","side":"sell","price":"100","quantity":"1"}
{"op":"order","account":"birch","symbol":"SOL/USDC","id":"b2","side":"buy","price":"100","quantity":"0.5"}
{"op":"order","account":"amber","symbol":"SOL/USDC","id":"a3","side":"sell","price":"101","quantity":"1"}
{"op":"order","account":"birch","symbol":"SOL/USDC","id":"b3","side":"buy","type":"market","quantity":"0.9"}
{"op":"cancel","account":"amber","id":"a2"}
{"op":"kill"}
"#;

fn printed() -> String {
    let mut runner = Runner::new(Show::EVERYTHING, Vec::new());
    for (number, line) in LINES.lines().enumerate() {
        assert_eq!(runner.line(number as u64 + 1, line.as_bytes()).unwrap(), None, "{line}");
    }
    String::from_utf8(runner.into_output()).unwrap()
}

#[test]
fn every_kind_has_its_fields_in_their_order() {
    let mut seen = BTreeSet::new();
    for line in printed().lines() {
        let event = read(line).unwrap();
        let kind = event.get("event").and_then(|kind| kind.as_text()).unwrap();
        let kind = EventKind::from_word(kind).unwrap();
        let found: Vec<&str> =
            event.as_object().unwrap().iter().map(|(key, _)| key.as_ref()).collect();
        let orphan = line.contains(r#""orphan":true"#);
        let is_there = |name: &&str| !(orphan && ["cost", "pnl"].contains(name));
        let expected: Vec<&str> =
            HEAD.iter().chain(names(kind)).copied().filter(is_there).collect();
        assert_eq!(found, expected, "{line}");
        seen.insert(kind);
    }
    assert_eq!(seen.len(), EventKind::ALL.len(), "every kind was seen: {seen:?}");
}
