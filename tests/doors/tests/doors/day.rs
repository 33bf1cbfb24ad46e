//! The day ends: every session with its last message and `Z`, orders live on under numbers of the
//! venue's own, and what was told can be had for another day (DESIGN §4, its login).

use ringside_client::ouch::{ClientError, OuchClient, Told};
use ringside_client::soup::{Login, Resume};
use ringside_crash::verdict::{Acknowledged, Verdict, judge};
use ringside_doors::line::{Heard, Line, request};
use ringside_doors::spoken::packed;
use ringside_doors::venue::{Plan, TOPOLOGIES, Venue};
use ringside_protocol::wire::itch::{EventCode as ItchCode, Message};
use ringside_protocol::wire::ouch::{
    Accepted, Appendages, EventCode, Outbound, RestateReason, Restated, SystemEvent,
};
use ringside_protocol::wire::soup::{LoginReject, SessionId};
use ringside_protocol::{Timestamp, USER_REF_MAX};

use crate::{buy, market_data, open, round_trip, sell};

/// The first number that is the venue's own.
const OURS: u32 = USER_REF_MAX + 1;
/// Whose logins wake the venue.
const WAKER: u32 = 2;

/// Three accounts, and nobody is too long silent when the clock is moved.
fn plan(topology: &'static str, durability: &'static str) -> Plan {
    Plan::new(topology, durability).accounts(3).limit("soup_client_timeout_s", 3_600)
}

fn three(topology: &'static str, durability: &'static str) -> Venue {
    open(&plan(topology, durability))
}

#[track_caller]
fn accepted(bot: &mut OuchClient) -> Accepted {
    match bot.next() {
        Ok(Told { message: Outbound::Accepted(accepted), .. }) => accepted,
        other => panic!("{other:?}"),
    }
}

/// The day's end, as a bot hears it: its last message, then the end of the session.
#[track_caller]
fn hears_the_end(bot: &mut OuchClient) -> u64 {
    let told = bot.next().unwrap_or_else(|error| panic!("{error}"));
    let Outbound::SystemEvent(SystemEvent { event, .. }) = told.message else { panic!("{told:?}") };
    assert_eq!(event, EventCode::EndOfDay);
    assert!(matches!(bot.next(), Err(ClientError::Ended)));
    assert_eq!(bot.resume(), Resume::FIRST, "the next login is for the next session");
    told.number
}

#[test]
fn the_day_ends_and_orders_live_on_under_numbers_of_the_venues_own() {
    for topology in TOPOLOGIES {
        let mut venue = three(topology, "async");
        let mut bot = venue.bot_from(0, Resume::FIRST).unwrap();
        for (quantity, price) in [(5, 100), (3, 90)] {
            bot.place(&buy(quantity, price)).unwrap();
        }
        let orders = [accepted(&mut bot), accepted(&mut bot)];
        let today = bot.resume().session;
        venue.ends_day(WAKER);
        assert_eq!(hears_the_end(&mut bot), 3, "{topology}");
        bot.reconnect().unwrap();
        let tomorrow = bot.resume().session;
        assert!(tomorrow.as_str() > today.as_str(), "{topology}: {today}, {tomorrow}");
        for (at, order) in (0..).zip(&orders) {
            let told = bot.next().unwrap();
            let appendages = Appendages {
                secondary_order: Some(order.order),
                display_quantity: Some(order.quantity),
                display_price: Some(order.price),
                ..Appendages::NONE
            };
            let Outbound::Restated(Restated { time, .. }) = told.message else {
                panic!("{told:?}")
            };
            let (user_ref, reason) = (OURS + at, RestateReason::NewDay);
            let restated = Restated { time, user_ref, reason, appendages };
            assert_eq!((told.number, told.message), (u64::from(at) + 1, restated.into()));
        }
        // Its own numbers begin at 1 again, and the orders go by those that they were given.
        assert_eq!(bot.place(&buy(1, 80)).unwrap(), 1);
        assert_eq!(accepted(&mut bot).user_ref, 1);
        bot.cancel(OURS).unwrap();
        let canceled = bot.next().unwrap().message;
        assert!(matches!(canceled, Outbound::Canceled(it) if it.user_ref == OURS), "{canceled:?}");
        let terms = ringside_client::order::Terms::new(7, 95);
        let life = ringside_client::order::Life::GoodTillCancel;
        bot.replace(OURS + 1, &terms, life).unwrap();
        let replaced = bot.next().unwrap().message;
        assert!(
            matches!(replaced, Outbound::Replaced(it) if it.original_user_ref == OURS + 1),
            "{replaced:?}"
        );
        assert_eq!(bot.query().unwrap(), 3, "{topology}: two numbers are used");
    }
}

/// A number of the venue's own is none that a client may give.
#[test]
fn a_client_numbers_below_the_venue() {
    let venue = three("fused", "async");
    let (mut line, _) = Line::enter(&venue.doors.v4, &venue.login(0), Resume::FIRST);
    for user_ref in [OURS, u32::MAX] {
        line.bytes(&packed(&buy(1, 100).enter(user_ref).into()));
        let refused = Outbound::decode(&line.message()).unwrap();
        let Outbound::Rejected(rejected) = refused else { panic!("{refused:?}") };
        assert_eq!(rejected.user_ref, user_ref);
    }
}

/// What is sent when the day has ended and nobody has said so yet is not executed: its number would
/// mean another order.
#[test]
fn what_is_sent_to_a_session_that_has_ended_is_dropped() {
    for topology in TOPOLOGIES {
        let mut venue = three(topology, "async");
        let mut bot = venue.bot_from(0, Resume::FIRST).unwrap();
        round_trip(&mut bot);
        venue.reaches_boundary();
        for price in 1..=20 {
            // The venue may have closed the connection before the last of them.
            let _ = bot.place(&buy(1, price));
        }
        hears_the_end(&mut bot);
        bot.reconnect().unwrap();
        assert_eq!((bot.unanswered(), bot.query().unwrap()), (0, 1), "{topology}");
        bot.place(&buy(1, 50)).unwrap();
        let told = bot.next().unwrap();
        assert!(matches!(told.message, Outbound::Accepted(it) if it.user_ref == 1), "{told:?}");
        assert_eq!(told.number, 1, "{topology}: nothing lived on");
    }
}

/// Everything that a login is told to the end of its session.
#[track_caller]
fn to_the_end(venue: &Venue, session: SessionId, next: u64) -> Vec<Vec<u8>> {
    let resume = Resume { session, next };
    let (mut line, accepted) = Line::enter(&venue.doors.unix, &venue.login(0), resume);
    assert_eq!(accepted.session, session);
    let mut messages = Vec::new();
    loop {
        match line.hear() {
            Some(Heard::Message(message)) => messages.push(message),
            Some(Heard::End) => break,
            Some(Heard::Heartbeat) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(line.hear(), None, "the connection is closed");
    messages
}

#[track_caller]
fn is_not_there(venue: &Venue, session: SessionId, next: u64) {
    let mut line = Line::connect(&venue.doors.v4);
    line.bytes(&request(&venue.login(0), Resume { session, next }));
    let heard = line.until(|heard| matches!(heard, Heard::Refused(_)));
    assert_eq!(heard.last(), Some(&Heard::Refused(LoginReject::SessionNotAvailable)));
}

#[test]
fn a_session_that_has_ended_is_told_to_its_end_for_another_day() {
    const TOLD: u32 = 300;
    for topology in TOPOLOGIES {
        let mut venue = three(topology, "async");
        let (mut line, entered) = Line::enter(&venue.doors.v4, &venue.login(0), Resume::FIRST);
        let today = entered.session;
        let orders = (1..=TOLD).map(|number| packed(&buy(1, 100).enter(number).into()));
        line.bytes(&orders.collect::<Vec<_>>().concat());
        let mut told = line.messages(TOLD as usize);
        venue.ends_day(WAKER);
        told.push(line.message());
        let mut live = venue.bot_from(0, Resume::LIVE).unwrap();
        let last = told.len() as u64;
        for next in [1, 2, 17, 300, last, last + 1] {
            let found = to_the_end(&venue, today, next);
            assert!(found == told[next as usize - 1..], "{topology}: from {next} on");
        }
        assert_eq!(
            to_the_end(&venue, today, 0),
            [] as [Vec<u8>; 0],
            "only what comes, and is over"
        );
        is_not_there(&venue, today, last + 2);
        is_not_there(&venue, SessionId::new("2001010001").unwrap(), 1);
        // Who is on the stream now is not disturbed.
        round_trip(&mut live);
        venue.ends_day(WAKER);
        is_not_there(&venue, today, 1);
    }
}

/// A kill before the boundary or behind it is no other day: the same messages in both sessions.
#[test]
fn a_venue_killed_around_the_days_end_tells_the_same() {
    for topology in TOPOLOGIES {
        let told = |kill_before: bool, kill_after: bool| {
            let mut venue = three(topology, "sync");
            let mut bot = venue.bot_from(0, Resume::FIRST).unwrap();
            let mut other = venue.bot_from(1, Resume::FIRST).unwrap();
            bot.place(&buy(5, 100)).unwrap();
            accepted(&mut bot);
            other.place(&sell(2, 100)).unwrap();
            accepted(&mut other);
            bot.next().unwrap();
            let today = bot.resume().session;
            if kill_before {
                venue.kill();
                venue.reaches_boundary();
                venue.again();
                drop(venue.bot(WAKER));
            } else {
                venue.ends_day(WAKER);
            }
            if kill_after {
                venue.kill();
                venue.again();
            }
            let before = to_the_end(&venue, today, 1);
            let (mut line, accepted) = Line::enter(&venue.doors.v4, &venue.login(0), Resume::FIRST);
            line.bytes(&packed(&buy(1, 90).enter(1).into()));
            let after = line.messages(2);
            assert!(venue.stop().success(), "{}", venue.said());
            let nothing = Acknowledged::default();
            let verdict = judge(&venue.files(), &nothing).and_then(Verdict::nothing_lost);
            verdict.unwrap_or_else(|error| panic!("{topology}: {error}"));
            let kinds = |messages: Vec<Vec<u8>>| -> Vec<u8> {
                messages.iter().map(|message| message[0]).collect()
            };
            assert!(accepted.session.as_str() > today.as_str());
            (kinds(before), kinds(after), accepted.sequence)
        };
        let undisturbed = told(false, false);
        assert_eq!(undisturbed, (b"AES".to_vec(), b"RA".to_vec(), 1), "{topology}");
        for (before, after) in [(true, false), (false, true), (true, true)] {
            assert_eq!(told(before, after), undisturbed, "{topology}: {before}, {after}");
        }
    }
}

/// The day's end is not a disconnect: orders that go with their connection stay while their stream
/// has its grace, and go behind it.
#[test]
fn orders_that_go_with_their_connection_wait_for_its_return() {
    let plan = Plan { cancel_on_disconnect: true, grace_s: 60, ..plan("fused", "async") };
    let mut venue = open(&plan);
    let mut bots = [0, 1].map(|at| venue.bot_from(at, Resume::FIRST).unwrap());
    for bot in &mut bots {
        bot.place(&buy(5, 100)).unwrap();
        accepted(bot);
    }
    venue.ends_day(WAKER);
    let [mut back, mut gone] = bots;
    hears_the_end(&mut back);
    hears_the_end(&mut gone);
    back.reconnect().unwrap();
    assert!(matches!(back.next().unwrap().message, Outbound::Restated(_)));
    venue.moves_clock(61 * Timestamp::SECOND);
    drop(venue.bot(WAKER));
    gone.reconnect().unwrap();
    let told = [gone.next().unwrap().message, gone.next().unwrap().message];
    assert!(matches!(told, [Outbound::Restated(_), Outbound::Canceled(_)]), "{told:?}");
    round_trip(&mut back);
}

/// The public feed ends its session too, and the next begins with a snapshot of what lives on.
#[test]
fn the_public_feed_rolls_with_the_day() {
    for topology in TOPOLOGIES {
        let mut venue = open(&plan(topology, "async").every_door());
        let anybody = Login::new("feed", "").unwrap();
        let enter = |venue: &Venue, resume| {
            let mut line = Line::connect(market_data(venue));
            line.bytes(&request(&anybody, resume));
            match line.hear() {
                Some(Heard::Accepted(accepted)) => (line, accepted),
                other => panic!("{other:?}"),
            }
        };
        let (mut line, first) = enter(&venue, Resume::LIVE);
        let mut bot = venue.bot_from(0, Resume::FIRST).unwrap();
        bot.place(&buy(5, 100)).unwrap();
        let order = accepted(&mut bot);
        venue.ends_day(WAKER);
        let heard = line.to_end();
        assert_eq!(heard.last(), Some(&Heard::End), "{topology}");
        let messages = |heard: &[Heard]| -> Vec<Message> {
            let payloads = heard.iter().filter_map(|heard| match heard {
                Heard::Message(payload) | Heard::Aside(payload) => Some(payload),
                _ => None,
            });
            payloads.map(|payload| Message::decode(payload).unwrap()).collect()
        };
        let codes: Vec<ItchCode> = messages(&heard)
            .iter()
            .filter_map(|message| match message {
                Message::SystemEvent(event) => Some(event.event),
                _ => None,
            })
            .collect();
        let end = [ItchCode::EndOfMarketHours, ItchCode::EndOfSystemHours, ItchCode::EndOfMessages];
        assert!(codes.ends_with(&end), "{topology}: {codes:?}");
        let (mut line, second) = enter(&venue, Resume::LIVE);
        assert_ne!(second.session, first.session);
        let is_end = |heard: &Heard| match heard {
            Heard::Aside(payload) => {
                matches!(Message::decode(payload), Ok(Message::SnapshotEnd(_)))
            }
            _ => false,
        };
        let snapshot = messages(&line.until(is_end));
        let is_ours =
            |message: &&Message| matches!(message, Message::Add(add) if add.order == order.order);
        assert_eq!(snapshot.iter().filter(is_ours).count(), 1, "{topology}: {snapshot:?}");
        venue.kill();
        venue.again();
        let resume = Resume { session: second.session, next: 1 };
        assert_eq!(enter(&venue, resume).1.session, second.session, "{topology}: it goes on");
    }
}
