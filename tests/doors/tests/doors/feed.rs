//! The public feed across the venue's lives: who resumes by number hears exactly what was missed,
//! the same bytes under the same numbers, as somebody hears whom nothing disturbed (X-GWY-002,
//! JRN-007); who takes the snapshot goes on where the others are.

use std::fs;

use ringside_client::ouch::OuchClient;
use ringside_client::soup::{Login, Resume};
use ringside_doors::line::{Heard, Line, request};
use ringside_doors::venue::{Plan, TOPOLOGIES, Venue};
use ringside_gateway::feeds::itch::INDEX_MESSAGES;
use ringside_gateway::feeds::kept::KeptFeed;
use ringside_protocol::wire::itch::Message;
use ringside_protocol::wire::soup::{LoginAccepted, LoginReject, SessionId};
use ringside_tests::scale;

use crate::{buy, market_data, open, round_trip};

/// Of a session: the first event opens it.
const OPENING: usize = 3;
/// Of an order that comes and goes.
const ROUND_TRIP: usize = 2;
/// What a listener has not heard yet when a life ends.
const UNHEARD: usize = 5;

/// A listener that is let in: from `number` on, 0 for the snapshot.
#[track_caller]
fn listen(venue: &Venue, session: &str, number: u64) -> (Line, LoginAccepted) {
    let mut line = Line::connect(market_data(venue));
    match ask(&mut line, session, number) {
        Heard::Accepted(accepted) => (line, accepted),
        other => panic!("{other:?} is no Login Accepted"),
    }
}

/// Logs in and hears the answer.
fn ask(line: &mut Line, session: &str, next: u64) -> Heard {
    let session = SessionId::new(session).expect("a session");
    let anybody = Login::new("feed", "").expect("a name");
    line.bytes(&request(&anybody, Resume { session, next }));
    line.hear().expect("an answer")
}

/// What a snapshot shows of orders, and the number it ends with.
fn snapshot(line: &mut Line) -> (Vec<u64>, u64) {
    let mut orders = Vec::new();
    loop {
        match line.hear() {
            Some(Heard::Aside(bytes)) => match Message::decode(&bytes).expect("a message") {
                Message::Add(added) => orders.push(added.order),
                Message::SnapshotEnd(end) => return (orders, end.sequence.0),
                _ => {}
            },
            other => panic!("{other:?} is no part of a snapshot"),
        }
    }
}

/// An order that rests, and some that come and go.
fn act(venue: &Venue, orders: usize) -> usize {
    let mut bot = venue.bot(0);
    rest(&mut bot);
    (0..orders).for_each(|_| round_trip(&mut bot));
    1 + ROUND_TRIP * orders
}

fn rest(bot: &mut OuchClient) {
    bot.place(&buy(1, 2)).expect("sent");
    bot.next().expect("accepted");
}

#[test]
fn a_feed_goes_on_after_the_venue_was_killed_and_after_it_was_stopped() {
    for (topology, durability) in TOPOLOGIES.into_iter().zip(["sync", "async"]) {
        let mut venue = open(&Plan::new(topology, durability).every_door());
        let (mut line, accepted) = listen(&venue, "", 1);
        let session = accepted.session.as_str().to_owned();
        let (mut heard, mut told) = (Vec::new(), Vec::new());
        for life in 0..2 + 2 * scale() {
            let (mut witness, _) = listen(&venue, &session, told.len() as u64 + 1);
            let opening = if life == 0 { OPENING } else { 0 };
            let count = opening + act(&venue, 20);
            told.extend(witness.messages(count));
            heard.extend(line.messages(told.len() - heard.len() - UNHEARD));
            if life % 2 == 0 {
                venue.kill();
            } else {
                assert_eq!(venue.stop().code(), Some(0), "{}", venue.said());
            }
            venue.again();
            let next = heard.len() as u64 + 1;
            let accepted;
            (line, accepted) = listen(&venue, &session, next);
            assert_eq!(accepted.sequence, next, "{topology}, life {life}");
            heard.extend(line.messages(UNHEARD));
            assert!(heard == told, "{topology}, life {life}");
        }
        let (mut again, _) = listen(&venue, &session, 1);
        assert!(again.messages(told.len()) == told, "{topology}");
    }
}

#[test]
fn a_feed_is_told_again_from_any_of_the_places_on_file() {
    for topology in TOPOLOGIES {
        let mut venue = open(&Plan::new(topology, "async").every_door());
        let (mut line, accepted) = listen(&venue, "", 1);
        let session = accepted.session.as_str().to_owned();
        let count = OPENING + act(&venue, INDEX_MESSAGES as usize);
        let told = line.messages(count);
        venue.kill();
        // What was not filed in time is filed at the start.
        venue.again();
        venue.kill();
        let mut kept = kept(&venue);
        assert_eq!(kept.session.as_str(), session);
        assert!(kept.marks.len() >= 2, "{} places", kept.marks.len());
        kept.marks.remove(0);
        fs::write(venue.files().join("feed"), kept.text()).expect("written");
        venue.again();
        let first = kept.marks[0].messages as usize;
        let (mut late, _) = listen(&venue, &session, first as u64 + 1);
        assert!(late.messages(count - first) == told[first..], "{topology}");
        let mut early = Line::connect(market_data(&venue));
        let why = ask(&mut early, &session, first as u64);
        let expected = format!("messages {} to {} can be had", first + 1, count + 1);
        assert!(matches!(&why, Heard::Debug(why) if why.starts_with(&expected)), "{why:?}");
    }
}

fn kept(venue: &Venue) -> KeptFeed {
    let text = fs::read_to_string(venue.files().join("feed")).expect("a file");
    KeptFeed::parse(&text).expect("places")
}

#[test]
fn a_snapshot_after_a_restart_goes_on_where_the_others_are() {
    for topology in TOPOLOGIES {
        let mut venue = open(&Plan::new(topology, "sync").every_door());
        let (_, accepted) = listen(&venue, "", 0);
        let session = accepted.session.as_str().to_owned();
        let mut told = OPENING + act(&venue, 3);
        venue.kill();
        venue.again();
        told += act(&venue, 3);
        let (mut line, accepted) = listen(&venue, &session, 0);
        let next = told as u64 + 1;
        assert_eq!(accepted.sequence, next, "{topology}");
        let (orders, goes_on_at) = snapshot(&mut line);
        assert_eq!((orders.len(), goes_on_at), (2, next), "{topology}: one of each life");
        let (mut other, _) = listen(&venue, &session, next);
        let count = act(&venue, 1);
        assert_eq!(line.messages(count), other.messages(count), "{topology}");
    }
}

#[test]
fn where_what_was_told_may_be_missing_the_feed_begins_a_session() {
    for topology in TOPOLOGIES {
        let mut venue = open(&Plan::new(topology, "memory").every_door());
        let (mut line, accepted) = listen(&venue, "", 1);
        let session = accepted.session.as_str().to_owned();
        let count = OPENING + act(&venue, 1);
        line.messages(count);
        venue.kill();
        venue.again();
        let mut line = Line::connect(market_data(&venue));
        let why = ask(&mut line, &session, 1);
        let expected = format!("the session {session} is not available, ");
        assert!(matches!(&why, Heard::Debug(why) if why.starts_with(&expected)), "{why:?}");
        assert_eq!(line.hear(), Some(Heard::Refused(LoginReject::SessionNotAvailable)));
        let (mut line, accepted) = listen(&venue, "", 0);
        assert_ne!(accepted.session.as_str(), session, "{topology}");
        assert_eq!(snapshot(&mut line).1, 1, "{topology}");
    }
}
