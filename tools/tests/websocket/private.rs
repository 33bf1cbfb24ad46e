//! Private events: to their owner, in causal order, and to nobody else.

use std::collections::BTreeMap;

use ringside_tools::random::Random;
use serde_json::{Value, json};

use super::client::{Client, limit};
use super::kit::{ACCOUNTS, Venue};

fn kinds(events: &[Value]) -> Vec<String> {
    let word = |event: &Value| match event["e"].as_str() {
        Some("executionReport") => event["X"].as_str().unwrap_or_default().to_owned(),
        other => other.unwrap_or_default().to_owned(),
    };
    events.iter().map(word).collect()
}

#[test]
fn an_order_is_told_to_its_owner_then_its_fill_then_the_money() {
    // FED-001, FED-006, FED-007, FED-008, FED-009
    let venue = Venue::open();
    let (mut amber, mut basil) = (venue.listener("amber"), venue.listener("basil"));
    let mut coral = venue.listener("coral");
    let placed = amber.place("a1", "BUY", "10.00", "3");
    let created = amber.event();
    assert_eq!((&created["x"], &created["c"]), (&json!("NEW"), &json!("a1")), "{created}");
    assert_eq!(created["i"], placed["orderId"], "within the same sequence: {created}");
    let money = amber.settled();
    assert_eq!(kinds(&money), ["outboundAccountPosition"]);
    let held = json!([{"a": "USDC", "f": "999970.000000", "l": "30.000000"}]);
    assert_eq!(money[0]["B"], held, "the balances that changed");

    basil.place("b1", "SELL", "10.00", "2");
    let (told_maker, told_taker) = (amber.settled(), basil.settled());
    assert_eq!(kinds(&told_maker), ["PARTIALLY_FILLED", "outboundAccountPosition"]);
    assert_eq!(kinds(&told_taker), ["NEW", "FILLED", "outboundAccountPosition"]);
    assert_eq!(told_maker[0]["t"], told_taker[1]["t"], "one trade, told to both");
    assert_eq!(told_maker[0]["sequence"], told_taker[1]["sequence"]);
    assert_eq!(coral.settled(), Vec::<Value>::new(), "and to nobody else");
}

#[test]
fn numbers_are_dense_and_sequences_never_fall() {
    // FED-009
    let venue = Venue::open();
    let (mut amber, mut basil) = (venue.listener("amber"), venue.listener("basil"));
    for round in 0..30 {
        amber.place(&format!("a{round}"), "BUY", "10.00", "2");
        basil.place(&format!("b{round}"), "SELL", "10.00", "3");
    }
    for client in [&mut amber, &mut basil] {
        let events = client.settled();
        let numbered = events.iter().filter(|event| event["e"] == "executionReport");
        let numbers: Vec<u64> = numbered.map(|event| event["number"].as_u64().unwrap()).collect();
        assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>());
        let sequences: Vec<u64> =
            events.iter().map(|event| event["sequence"].as_u64().unwrap()).collect();
        assert!(sequences.is_sorted(), "{sequences:?}");
        let born = |id: &Value| {
            let of_it = |event: &&Value| event["i"] == *id && event["e"] == "executionReport";
            events.iter().find(of_it).map(|event| event["x"].clone())
        };
        for event in events.iter().filter(|event| event["x"] == "TRADE") {
            assert_eq!(born(&event["i"]), Some(json!("NEW")), "created before filled: {event}");
        }
    }
}

#[test]
fn two_sessions_of_an_account_hear_their_own_and_all_on_request() {
    // GWY-025
    let venue = Venue::open();
    let (mut first, mut second) =
        (venue.on_stream("amber", "one"), venue.on_stream("amber", "two"));
    let mut whole = venue.on_stream("amber", "three");
    first.subscribe("stream");
    second.subscribe("stream");
    whole.subscribe("account");
    first.place("f1", "BUY", "10.00", "1");
    second.place("s1", "BUY", "10.00", "1");
    for (client, expected) in
        [(&mut first, vec!["f1"]), (&mut second, vec!["s1"]), (&mut whole, vec!["f1", "s1"])]
    {
        let events = client.settled();
        let reports = events.iter().filter(|event| event["e"] == "executionReport");
        let ids: Vec<&str> = reports.map(|event| event["c"].as_str().unwrap()).collect();
        assert_eq!(ids, expected);
    }
}

/// What a session asks and hears in the crowd.
struct Member {
    account: &'static str,
    client: Client,
    placed: u64,
    heard: Vec<Value>,
}

impl Member {
    fn step(&mut self, random: &mut Random) {
        let id = format!("{}-{}", self.account, self.placed);
        let side = ["BUY", "SELL"][random.below(2) as usize];
        let price = format!("{}.00", 10 + random.below(5));
        match random.below(10) {
            0..6 => {
                self.placed += 1;
                let order = limit(&id, side, &price, "1");
                self.client.ask("order.place", order);
            }
            6 | 7 => {
                let before = format!("{}-{}", self.account, random.below(self.placed + 1));
                let named = json!({"symbol": "SOLUSDC", "origClientOrderId": before});
                self.client.ask("order.cancel", named);
            }
            8 => {
                self.client.ask("userDataStream.unsubscribe", json!({}));
                self.subscribe(["stream", "account"][random.below(2) as usize]);
            }
            _ => self.heard.extend(self.client.settled()),
        }
    }

    /// From the beginning, which is fetched, or from now on.
    fn subscribe(&mut self, scope: &str) {
        self.client.ask("userDataStream.subscribe", json!({"scope": scope}));
    }
}

#[test]
fn nobody_hears_what_is_anothers() {
    // FED-005: random interleavings; every order and every asset tells whose it is.
    for seed in 0..ringside_tests::scale() * 3 {
        let venue = Venue::open();
        let mut random = Random::new(seed, 5);
        let mut crowd: Vec<Member> = ACCOUNTS
            .iter()
            .map(|&account| {
                let client = venue.listener(account);
                Member { account, client, placed: 0, heard: Vec::new() }
            })
            .collect();
        for step in 0..300 {
            let at = random.below(crowd.len() as u64) as usize;
            let member = &mut crowd[at];
            member.step(&mut random);
            if step % 20 == 0 {
                // Comes back on a connection that may have been another's, and resumes.
                member.heard.extend(member.client.settled());
                member.client = venue.trader(member.account);
                let session = member.client.welcome["session"].clone();
                let resume = json!({"resumeAfter": {"session": session, "number": 0}});
                member.client.done("userDataStream.subscribe", resume);
            }
        }
        let mut reports = BTreeMap::<&str, usize>::new();
        for member in &mut crowd {
            member.heard.extend(member.client.settled());
            for event in member.heard.iter().filter(|event| event["e"] == "executionReport") {
                let ids = [&event["c"], &event["C"]].map(|id| id.as_str().unwrap_or_default());
                let is_own = ids.iter().any(|id| id.starts_with(member.account));
                assert!(is_own, "seed {seed}: {} hears {event}", member.account);
                *reports.entry(member.account).or_default() += 1;
            }
        }
        assert!(reports.len() == ACCOUNTS.len(), "seed {seed}: all heard something: {reports:?}");
    }
}
