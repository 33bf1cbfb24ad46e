//! Orders that their stream numbers: what OUCH clients rely on. One message for a replacement, a
//! total that counts what was executed, requests that are confirmed once, order entry that can be
//! switched off.

#![allow(clippy::wildcard_enum_match_arm, reason = "a test looks for one message among many")]

mod venue;

use ringside_engine::{Engine, Image};
use ringside_protocol::*;
use venue::{Venue, name, numbered, order, session, some_of_everything};

const AMBER: AccountId = AccountId(0);
const BIRCH: AccountId = AccountId(1);
const OUCH: StreamId = StreamId(0);

/// Amber's stream without its orders, and nothing else in the book.
fn empty() -> Venue {
    let mut venue = some_of_everything();
    venue.says(Kill { switch: Switch::On, ..everywhere() });
    venue.says(Kill { switch: Switch::Off, ..everywhere() });
    venue.says(Kill { switch: Switch::Off, ..kill_of(BIRCH) });
    venue.says(unlimited());
    venue
}

fn everywhere() -> Kill {
    kill_of(AccountId::NONE)
}

fn kill_of(account: AccountId) -> Kill {
    let instrument = if account.is_some() { InstrumentId(1) } else { InstrumentId::NONE };
    Kill { account, instrument, switch: Switch::On, reserved: [0; 3] }
}

fn unlimited() -> Limits {
    Limits {
        account: AMBER,
        instrument: InstrumentId::NONE,
        given: LimitSet::NONE,
        removed: LimitSet::ORDER_RATE,
        reserved: [0; 2],
        max_orders_per_second: 0,
        max_open_orders: 0,
        max_order_value: Value::default(),
        max_position: Value::default(),
        max_exposure: Value::default(),
        max_daily_value: Value::default(),
    }
}

fn replace(old: u32, new: u32, price: u64, quantity: u64) -> Replace {
    let order = Order {
        instrument: InstrumentId::NONE,
        id: name("mine"),
        ..numbered(AMBER, new, Side::Sell, price, quantity)
    };
    Replace { target: OrderRef::user_ref(old), order }
}

/// What Amber's stream is told, in words.
fn told(events: &[Event]) -> Vec<String> {
    let ours = events.iter().filter(|event| event.report().is_some_and(|r| r.stream == OUCH));
    let words = |event: &Event| {
        let report = event.report().expect("it is reported");
        let what = match event {
            Event::Accepted(e) if e.replaces > 0 => {
                format!("{} in place of {}, {} {}", e.side.word(), e.replaces, e.quantity, e.price)
            }
            Event::Accepted(e) => format!("{} {} {}", e.side.word(), e.quantity, e.price),
            Event::Rejected(e) => e.reason.word().to_owned(),
            Event::Executed(e) => format!("executed {} leaves {}", e.quantity, e.leaves),
            Event::Amended(e) => {
                format!("{} less {} leaves {}", e.side.word(), e.taken_off, e.leaves)
            }
            Event::Canceled(e) => format!("canceled {}", e.leaves),
            Event::Confirmed(e) => e.request.word().to_owned(),
            other => panic!("not told on streams: {other:?}"),
        };
        format!("{}: {what}", report.user_ref)
    };
    ours.map(words).collect()
}

/// The numbers of those messages.
fn numbers(events: &[Event]) -> Vec<u32> {
    let reports = events.iter().filter_map(Event::report).filter(|report| report.stream == OUCH);
    reports.map(|report| report.number).collect()
}

#[test]
fn a_replacement_is_one_message_and_counts_what_was_executed() {
    let mut venue = empty();
    let mut all = venue.says_by(OUCH, numbered(AMBER, 10, Side::Buy, 1_000, 500));
    all.extend(venue.says(order(BIRCH, "s1", Side::Sell, 1_000, 200)));
    // Side and instrument are the old order's, whatever the new one says.
    all.extend(venue.says_by(OUCH, replace(10, 11, 1_001, 600)));
    all.extend(venue.says_by(OUCH, replace(11, 12, 1_002, 700)));
    all.extend(venue.says(order(BIRCH, "s2", Side::Sell, 1_002, 700)));
    assert_eq!(
        told(&all),
        [
            "10: buy 500 1000",
            "10: executed 200 leaves 300",
            "11: buy in place of 10, 400 1001",
            "12: buy in place of 11, 700 1002",
            "12: executed 700 leaves 0",
        ]
    );
    let first = numbers(&all)[0];
    assert!(numbers(&all).iter().copied().eq(first..first + 5), "dense");
    let ids: Vec<Name> = all
        .iter()
        .filter_map(|event| match event {
            Event::Accepted(e) if e.report.stream == OUCH => Some(e.id),
            _ => None,
        })
        .collect();
    assert_eq!(ids[1..], [name("mine"), name("mine")], "its own name is told again");
}

#[test]
fn a_total_that_is_executed_already_is_too_late_and_leaves_the_order() {
    let mut venue = empty();
    venue.says_by(OUCH, numbered(AMBER, 10, Side::Buy, 1_000, 500));
    venue.says(order(BIRCH, "s1", Side::Sell, 1_000, 200));
    assert_eq!(told(&venue.says_by(OUCH, replace(10, 11, 1_001, 200))), ["11: TOO_LATE"]);
    let cancel = Cancel { account: AMBER, target: OrderRef::user_ref(10) };
    assert_eq!(told(&venue.says_by(OUCH, cancel)), ["10: canceled 300"]);
}

#[test]
fn what_repeats_a_number_is_ignored_whatever_else_is_wrong_with_it() {
    // GWY-015
    let mut venue = empty();
    venue.says_by(OUCH, numbered(AMBER, 10, Side::Buy, 1_000, 500));
    venue.says_by(OUCH, replace(10, 11, 1_001, 600));
    let nowhere = Order { instrument: InstrumentId(99), ..numbered(AMBER, 11, Side::Buy, 1, 1) };
    let mass = MassCancel { user_ref: 9, ..mass_cancel() };
    let commands: [Command; 4] = [
        numbered(AMBER, 10, Side::Buy, 1_000, 500).into(),
        replace(10, 11, 1_001, 600).into(),
        nowhere.into(),
        mass.into(),
    ];
    for command in commands {
        assert_eq!(venue.says_by(OUCH, command), [], "{command:?}");
    }
    let unknown = Order { user_ref: 12, ..nowhere };
    assert_eq!(told(&venue.says_by(OUCH, unknown)), ["12: UNKNOWN_SYMBOL"]);
    assert_eq!(venue.says_by(OUCH, unknown), [], "the refused number is used up");
    assert_eq!(told(&venue.says_by(OUCH, replace(7, 13, 1, 1))), ["13: TOO_LATE"]);
    assert_eq!(told(&venue.says_by(OUCH, replace(99, 14, 1, 1))), ["14: UNKNOWN_ORDER"]);
}

fn mass_cancel() -> MassCancel {
    MassCancel {
        account: AMBER,
        instrument: InstrumentId::NONE,
        stream: OUCH,
        side: 0,
        reserved: [0; 3],
        tag: Name::ABSENT,
        user_ref: 0,
    }
}

#[test]
fn a_numbered_request_is_confirmed_after_what_it_brings_about() {
    let mut venue = empty();
    venue.says_by(OUCH, numbered(AMBER, 10, Side::Buy, 1_000, 500));
    venue.says_by(OUCH, numbered(AMBER, 11, Side::Buy, 999, 500));
    let said = venue.says_by(OUCH, MassCancel { user_ref: 12, ..mass_cancel() });
    assert_eq!(told(&said), ["10: canceled 500", "11: canceled 500", "12: mass_cancel"]);
    assert_eq!(venue.says_by(OUCH, mass_cancel()), [], "without a number it is not");
}

#[test]
fn order_entry_is_switched_off_and_on_and_cancels_are_always_taken() {
    let mut venue = empty();
    venue.says_by(OUCH, numbered(AMBER, 10, Side::Buy, 1_000, 500));
    let switch =
        |state, user_ref| Session { user_ref, ..session(AMBER, "AMBER1", StreamKind::Ouch, state) };
    let cancel = Cancel { account: AMBER, target: OrderRef::user_ref(10) };
    let rows: [(Command, &[&str]); 7] = [
        (switch(SessionState::CancelOnly, 11).into(), &["11: disable"]),
        (numbered(AMBER, 12, Side::Buy, 999, 500).into(), &["12: ENTRY_DISABLED"]),
        (replace(10, 13, 999, 500).into(), &["13: ENTRY_DISABLED"]),
        (cancel.into(), &["10: canceled 500"]),
        (switch(SessionState::Enabled, 14).into(), &["14: enable"]),
        (switch(SessionState::Enabled, 14).into(), &[]),
        (numbered(AMBER, 15, Side::Buy, 999, 500).into(), &["15: buy 500 999"]),
    ];
    for (command, expected) in rows {
        assert_eq!(told(&venue.says_by(OUCH, command)), expected, "{command:?}");
    }
    // Another stream of the account is not concerned.
    venue.says(switch(SessionState::CancelOnly, 0));
    let web = venue.says_by(StreamId(1), order(AMBER, "w1", Side::Buy, 998, 500));
    assert!(matches!(web[..], [Event::Accepted(_)]), "{web:?}");
}

#[test]
fn order_entry_that_is_switched_off_stays_so_until_it_is_switched_on() {
    use SessionState::{CancelOnly, Closed, Disabled, Enabled, Open};
    let mut venue = empty();
    // What is asked for, how the stream stands then, and whether it takes an order.
    let rows = [
        (CancelOnly, CancelOnly, "ENTRY_DISABLED"),
        (Open, CancelOnly, "ENTRY_DISABLED"),
        (Closed, Disabled, "PERMISSION"),
        (Closed, Disabled, "PERMISSION"),
        (Open, CancelOnly, "ENTRY_DISABLED"),
        (Enabled, Open, "buy 500 999"),
        (CancelOnly, CancelOnly, "ENTRY_DISABLED"),
        (Closed, Disabled, "PERMISSION"),
        (Enabled, Closed, "PERMISSION"),
        (Open, Open, "buy 500 999"),
        (Enabled, Open, "buy 500 999"),
    ];
    for (number, (asked, stands, answer)) in (10..).zip(rows) {
        let said = venue.says(session(AMBER, "AMBER1", StreamKind::Ouch, asked));
        let Some(Event::Session(changed)) = said.last() else { panic!("{asked:?}: {said:?}") };
        assert_eq!(changed.state, stands, "{asked:?}");
        // What was switched off before a stop is after it.
        let image = Image::read(&venue.image()).expect("an image");
        venue.engine = Engine::from_image(&image).expect("an engine in order");
        let said = venue.says_by(OUCH, numbered(AMBER, number, Side::Buy, 999, 500));
        assert_eq!(told(&said), [format!("{number}: {answer}")], "{asked:?}");
    }
    let nonsense = session(AMBER, "AMBER1", StreamKind::Ouch, Disabled);
    let refused = venue.says_by(OUCH, Session { user_ref: 30, ..nonsense });
    assert_eq!(told(&refused), ["30: BAD_VALUE"], "its number is used up");
}

#[test]
fn a_session_that_is_switched_off_is_among_those_that_a_crash_leaves_open() {
    let mut venue = empty();
    let before = venue.engine.open_sessions().len();
    venue.says(session(AMBER, "AMBER1", StreamKind::Ouch, SessionState::CancelOnly));
    assert_eq!(venue.engine.open_sessions().len(), before);
}

#[test]
fn less_of_an_order_is_told_with_what_was_taken_off() {
    let mut venue = empty();
    venue.says_by(OUCH, numbered(AMBER, 10, Side::Buy, 1_000, 500));
    let amend = |quantity, price: Option<u64>| Amend {
        account: AMBER,
        target: OrderRef::user_ref(10),
        reserved: [0; 4],
        quantity: Quantity::new(quantity).expect("a quantity").into(),
        price: price.and_then(Price::new).map_or(GivenPrice::ABSENT, GivenPrice::of),
        reserved_2: [0; 32],
        new_id: Name::ABSENT,
        reserved_3: [0; 4],
    };
    for (command, expected) in [
        (amend(300, None), "10: buy less 200 leaves 300"),
        (amend(400, None), "10: buy less 0 leaves 400"),
        (amend(350, Some(999)), "10: buy less 50 leaves 350"),
    ] {
        assert_eq!(told(&venue.says_by(OUCH, command)), [expected]);
    }
}

#[test]
fn doors_that_start_later_are_told_what_there_is() {
    let venue = some_of_everything();
    let events = venue.engine.retell();
    let count = |kind| events.iter().filter(|event| event.kind() == kind).count();
    let kinds = [
        (EventKind::Currency, 3),
        (EventKind::Instrument, 2),
        (EventKind::InstrumentState, 2),
        (EventKind::AccountState, 3),
        (EventKind::Key, 1),
        (EventKind::Session, 4),
    ];
    assert_eq!(kinds.map(|(kind, _)| count(kind)), kinds.map(|(_, expected)| expected));
    assert_eq!(events.len(), 15);
    let resting = venue.engine.resting();
    assert_eq!(resting.len() as u64, venue.engine.stats().resting);
    assert_eq!(Engine::default().retell(), []);
    // An engine that was recovered tells the same.
    let image = Image::read(&venue.image()).expect("an image");
    let again: Engine = Engine::from_image(&image).expect("an engine in order");
    assert_eq!(again.retell(), events);
    assert_eq!(again.resting(), resting);
}
