//! The day roll: the session ends with the venue day, numbers begin anew, and orders that live on
//! are told under numbers of the venue's own.

#![allow(clippy::wildcard_enum_match_arm, reason = "a test looks for one message among many")]

mod venue;

use ringside_engine::{Engine, Image};
use ringside_protocol::*;
use venue::{Venue, name, numbered, order, session, some_of_everything};

const AMBER: AccountId = AccountId(0);
const BIRCH: AccountId = AccountId(1);
const OUCH: StreamId = StreamId(0);
const WEB: StreamId = StreamId(1);
const DAY: u64 = Timestamp::DAY;
const HOUR: u64 = 3_600 * Timestamp::SECOND;
/// The first number that is the venue's own.
const OURS: u32 = USER_REF_MAX + 1;

/// Nothing rests, and every stream has been told something.
fn calm() -> Venue {
    let mut venue = some_of_everything();
    let everywhere = Kill {
        account: AccountId::NONE,
        instrument: InstrumentId::NONE,
        switch: Switch::On,
        reserved: [0; 3],
    };
    venue.says(everywhere);
    venue.says(Kill { switch: Switch::Off, ..everywhere });
    venue
}

fn number_of(venue: &Venue, stream: StreamId) -> (u32, u32, u32) {
    let retold = venue.engine.retell();
    let rows = retold.iter().filter_map(|event| match event {
        Event::Session(row) => Some(row),
        _ => None,
    });
    let row = rows.into_iter().find(|row| row.stream == stream).expect("the stream is there");
    (row.number, row.number_before, row.user_ref_high)
}

/// Time reaches the end of the venue day; what came of it.
fn roll(venue: &mut Venue) -> Vec<Event> {
    venue.says(Clock { reserved: 0 });
    let boundary = venue.engine.next_deadline().expect("a day ends");
    venue.now = boundary.0 - Timestamp::SECOND;
    venue.says(Clock { reserved: 0 })
}

/// Events of the roll in words: whose, under which number, what.
fn said(events: &[Event]) -> Vec<String> {
    let words = |event: &Event| match event {
        Event::SessionEnded(e) => format!("{}/{} ended", e.report.stream.0, e.report.number),
        Event::Day(e) => format!("session {} since {} h", e.session.0, e.began.0 / HOUR),
        Event::Restated(e) => format!(
            "{}/{} {} {} @ {} was {} now {}{}",
            e.report.stream.0,
            e.report.number,
            e.side.word(),
            e.leaves,
            e.price,
            e.user_ref_before,
            i64::from(e.report.user_ref) - i64::from(USER_REF_MAX),
            if e.id.is_absent() { String::new() } else { format!(" as {}", e.id) },
        ),
        other => panic!("no part of a roll: {other:?}"),
    };
    events.iter().map(words).collect()
}

#[test]
fn the_roll_ends_every_stream_begins_a_session_and_tells_living_orders_anew() {
    let mut venue = calm();
    venue.says_by(OUCH, numbered(AMBER, 10, Side::Buy, 1_000, 500));
    venue.says_by(WEB, order(AMBER, "w1", Side::Buy, 999, 300));
    venue.says_by(OUCH, numbered(AMBER, 12, Side::Buy, 998, 100));
    venue.says(order(BIRCH, "s1", Side::Sell, 1_000, 200));
    venue.says(order(BIRCH, "free", Side::Sell, 2_000, 200));
    let last = [0, 1, 2, 3].map(|stream| number_of(&venue, StreamId(stream)).0);
    let events = roll(&mut venue);
    assert_eq!(
        said(&events),
        [
            format!("0/{} ended", last[0] + 1),
            format!("1/{} ended", last[1] + 1),
            format!("2/{} ended", last[2] + 1),
            format!("3/{} ended", last[3] + 1),
            "session 2 since 1 h".to_owned(),
            "0/1 buy 300 @ 1000 was 10 now 1".to_owned(),
            "1/1 buy 300 @ 999 was 0 now -2147483647 as w1".to_owned(),
            "0/2 buy 100 @ 998 was 12 now 2".to_owned(),
        ]
    );
    for (stream, number) in [(OUCH, 2), (WEB, 1), (StreamId(2), 0), (StreamId(3), 0)] {
        let before = last[stream.index()] + 1;
        assert_eq!(number_of(&venue, stream), (number, before, 0), "numbers begin anew");
    }
    assert_eq!(venue.engine.session().number, SessionNumber(2));
    assert_eq!(venue.engine.day_began(), Some(Timestamp(HOUR)));
}

/// An order told anew is canceled, replaced and reduced by its new number, and the old one means
/// nothing.
#[test]
fn a_living_order_goes_by_its_new_number() {
    let amend = |target, quantity| Amend {
        account: AMBER,
        target: OrderRef::user_ref(target),
        reserved: [0; 4],
        quantity: Quantity::new(quantity).expect("a quantity").into(),
        price: GivenPrice::ABSENT,
        reserved_2: [0; 32],
        new_id: Name::ABSENT,
        reserved_3: [0; 4],
    };
    let cancel = |target| Cancel { account: AMBER, target: OrderRef::user_ref(target) };
    let replace = |target, new| Replace {
        target: OrderRef::user_ref(target),
        order: numbered(AMBER, new, Side::Buy, 1_001, 400),
    };
    let rows: [(Command, &[EventKind], u32); 8] = [
        (cancel(10).into(), &[EventKind::Rejected], 10),
        (amend(10, 200).into(), &[EventKind::Rejected], 10),
        (replace(10, 1).into(), &[EventKind::Rejected], 1),
        (cancel(OURS).into(), &[EventKind::Canceled], OURS),
        (cancel(OURS + 1).into(), &[EventKind::Rejected], OURS + 1),
        (amend(OURS, 200).into(), &[EventKind::Amended], OURS),
        (amend(OURS + 1, 200).into(), &[EventKind::Rejected], OURS + 1),
        (replace(OURS, 1).into(), &[EventKind::Canceled, EventKind::Accepted], 1),
    ];
    for (command, kinds, user_ref) in rows {
        let mut venue = calm();
        venue.says_by(OUCH, numbered(AMBER, 10, Side::Buy, 1_000, 500));
        roll(&mut venue);
        let events = venue.says_by(OUCH, command);
        let found: Vec<EventKind> = events.iter().map(Event::kind).collect();
        assert_eq!(found, kinds, "{command:?}");
        let told = events.last().and_then(Event::report).expect("it is told");
        assert_eq!((told.number, told.user_ref), (2, user_ref), "{command:?}");
    }
}

/// What has ended in this session is too late, silently; what never was is unknown.
#[test]
fn a_cancel_of_a_living_order_that_has_ended_is_silent() {
    let mut venue = calm();
    venue.says_by(OUCH, numbered(AMBER, 10, Side::Buy, 1_000, 500));
    roll(&mut venue);
    let cancel = Cancel { account: AMBER, target: OrderRef::user_ref(OURS) };
    venue.says_by(OUCH, cancel);
    let [Event::Rejected(rejected)] = venue.says_by(OUCH, cancel)[..] else { panic!("refused") };
    assert_eq!((rejected.reason, rejected.report.stream), (Reason::TooLate, StreamId::NONE));
}

/// Clients number below the venue's own numbers, however far they are.
#[test]
fn a_number_that_is_the_venues_own_is_refused_to_a_client() {
    for user_ref in [OURS, OURS + 1, u32::MAX] {
        let mut venue = calm();
        roll(&mut venue);
        let order = numbered(AMBER, user_ref, Side::Buy, 1_000, 500);
        let [Event::Rejected(rejected)] = venue.says_by(OUCH, order)[..] else { panic!("refused") };
        assert_eq!(rejected.reason, Reason::UserRefGap, "{user_ref}");
        assert_eq!(number_of(&venue, OUCH).2, 0, "no number is used up");
    }
}

/// The client's numbers begin at 1 again, and mean new orders.
#[test]
fn a_number_of_the_session_before_means_a_new_order() {
    let mut venue = calm();
    venue.says_by(OUCH, numbered(AMBER, 10, Side::Buy, 1_000, 500));
    roll(&mut venue);
    for user_ref in [1, 10] {
        let order = numbered(AMBER, user_ref, Side::Buy, 900, 1);
        let [Event::Accepted(accepted)] = venue.says_by(OUCH, order)[..] else { panic!("taken") };
        assert_eq!(accepted.report.user_ref, user_ref);
    }
    let events = roll(&mut venue);
    let anew = |event: &Event| match event {
        Event::Restated(e) => Some((e.user_ref_before, e.report.user_ref)),
        _ => None,
    };
    let found: Vec<_> = events.iter().filter_map(anew).collect();
    assert_eq!(found, [(OURS, OURS), (1, OURS + 1), (10, OURS + 2)], "in the order of entry");
}

/// A command in the lane when its session ends: it is sequenced, and nothing comes of it.
#[test]
fn a_command_of_another_session_is_dropped() {
    let rows = [(0, true), (1, false), (2, true), (3, false)];
    for (session, is_executed) in rows {
        let mut venue = calm();
        roll(&mut venue);
        let before = (venue.engine.stats().commands, venue.engine.image());
        venue.session = SessionNumber(session);
        let events = venue.says_by(OUCH, numbered(AMBER, 1, Side::Buy, 1_000, 500));
        assert_eq!(!events.is_empty(), is_executed, "session {session}");
        assert_eq!(venue.engine.stats().commands, before.0 + 1, "it has its place in the order");
        let is_kept = venue.engine.image().kept_by_refusals() == before.1.kept_by_refusals();
        assert_eq!(is_kept, !is_executed, "session {session}");
        assert_eq!(number_of(&venue, OUCH).2, u32::from(is_executed), "no number is used up");
    }
}

#[test]
fn sessions_follow_one_another_day_by_day() {
    let mut venue = calm();
    for day in 0..4u64 {
        let roll = roll(&mut venue);
        let began = roll.iter().find_map(|event| match event {
            Event::Day(day) => Some((day.session.0, day.began.0)),
            _ => None,
        });
        assert_eq!(began, Some((day as u32 + 2, HOUR + day * DAY)));
        let session = venue.engine.session();
        assert_eq!(session.since.0, venue.engine.sequence().0 - 1, "one command behind the roll");
        let before = if day == 0 { 0 } else { HOUR + (day - 1) * DAY };
        assert_eq!(session.before_began, Some(Timestamp(before)));
    }
}

/// A restart just before the roll, just after it, or none: the same events and the same state.
#[test]
fn a_snapshot_before_or_after_the_roll_gives_the_same() {
    let restarted = |venue: &Venue| {
        let image = Image::read(&venue.image()).expect("an image");
        let engine: Engine = Engine::from_image(&image).expect("an engine in order");
        Venue::with(engine)
    };
    let trade = |restart: [bool; 2]| {
        let mut venue = calm();
        venue.says_by(OUCH, numbered(AMBER, 10, Side::Buy, 1_000, 500));
        venue.says_by(WEB, order(AMBER, "w1", Side::Buy, 999, 300));
        venue.says(Clock { reserved: 0 });
        if restart[0] {
            venue = restarted(&venue);
        }
        let mut events = roll(&mut venue);
        if restart[1] {
            venue = restarted(&venue);
        }
        venue.session = SessionNumber(2);
        events.extend(venue.says_by(OUCH, numbered(AMBER, 1, Side::Buy, 1_001, 100)));
        events.extend(venue.says(session(AMBER, "AMBER1", StreamKind::Ouch, SessionState::Closed)));
        events.extend(
            venue.says_by(WEB, Cancel { account: AMBER, target: OrderRef::id(name("w1")) }),
        );
        (events, venue.engine.event_hash(), venue.engine.state_hash())
    };
    let plain = trade([false, false]);
    assert!(plain.0.iter().any(|event| event.kind() == EventKind::Restated));
    for restart in [[true, false], [false, true], [true, true]] {
        assert_eq!(trade(restart), plain, "{restart:?}");
    }
}
