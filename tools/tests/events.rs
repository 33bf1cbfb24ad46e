//! Every event prints exactly the fields that an `expect` may name, in that order.

use std::collections::BTreeSet;

use ringside_protocol::EventKind;
use ringside_tools::scenario::events::{HEAD, names};
use ringside_tools::scenario::json::read;
use ringside_tools::scenario::runner::{Runner, Show};

const LINES: &str = include_str!("every-event.jsonl");

fn printed() -> String {
    let show = Show { kinds: Some(EventKind::ALL.to_vec()), ..Show::EVERYTHING };
    let mut runner = Runner::new(show, Vec::new());
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
    // Lines number no requests, so none is confirmed.
    let all = EventKind::ALL.iter().copied().filter(|&kind| kind != EventKind::Confirmed);
    assert_eq!(seen, all.collect(), "every kind was seen");
}
