//! Who is let in, and what everybody else is told (GWY-001, GWY-002, GWY-021).

use ringside_client::ouch::{ClientError, OuchClient};
use ringside_client::socket::Address;
use ringside_client::soup::{Login, Resume};
use ringside_doors::line::{Heard, Line, request};
use ringside_doors::venue::{Plan, TOPOLOGIES, Venue, bot};
use ringside_protocol::wire::soup::{ClientPacket, LoginReject, SessionId};

use crate::{open, round_trip};

/// What somebody is told who is not let in.
#[track_caller]
fn refusal(address: &Address, login: Login, resume: Resume) -> (LoginReject, String) {
    match bot(address.clone(), login, resume) {
        Err(ClientError::Refused(reject, why)) => (reject, why),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("{login:?} is let in"),
    }
}

fn at(session: &str, next: u64) -> Resume {
    Resume { session: SessionId::new(session).unwrap(), next }
}

#[test]
fn only_the_holder_of_a_streams_newest_ticket_is_let_in() {
    const NO_TICKET: &str = "no such ticket; use the newest one of this stream, or ask for one \
                             with a signed request";
    for topology in TOPOLOGIES {
        let venue = open(&Plan::new(topology, "sync").accounts(4));
        let mut other = venue.bot(3);
        let login = |stream: &str, ticket: &str| Login::new(stream, ticket).unwrap();
        let ours = venue.login(0);
        let not_ours = LoginReject::NotAuthorized;
        let not_there = LoginReject::SessionNotAvailable;
        let today = other.resume().session;
        let elsewhere = format!("the session 2611210009 is not available, {today} is");
        let rows = [
            ("wrong ticket", login("S0", "0000000000"), Resume::LIVE, not_ours, NO_TICKET),
            ("no ticket", login("S0", ""), Resume::LIVE, not_ours, NO_TICKET),
            (
                "another stream's ticket",
                login("S0", venue.ticket(1)),
                Resume::LIVE,
                not_ours,
                NO_TICKET,
            ),
            ("an unknown stream", login("NOBODY", "x"), Resume::LIVE, not_ours, NO_TICKET),
            ("another session", ours, at("2611210009", 1), not_there, &elsewhere),
            (
                "a number in the future",
                ours,
                Resume { session: today, next: 2 },
                not_there,
                "the next message of this stream is 1, not 2",
            ),
        ];
        for (what, login, resume, reject, why) in rows {
            let found = refusal(&venue.doors.v4, login, resume);
            assert_eq!(found, (reject, why.to_owned()), "{topology}: {what}");
            round_trip(&mut other);
        }
        venue.bot_from(0, Resume { session: today, next: 1 }).unwrap();
    }
}

/// Whoever guesses is locked out where he is, for this name; nobody else is, and not the holder
/// elsewhere.
#[test]
fn five_wrong_tickets_lock_the_name_for_the_address() {
    let venue = open(&Plan::new("fused", "async").accounts(3));
    let wrong = Login::new("S0", "0000000000").unwrap();
    for _ in 0..5 {
        let (_, why) = refusal(&venue.doors.v4, wrong, Resume::LIVE);
        assert!(why.starts_with("no such ticket"), "{why}");
    }
    let (reject, why) = refusal(&venue.doors.v4, venue.login(0), Resume::LIVE);
    assert_eq!(reject, LoginReject::NotAuthorized);
    assert!(why.starts_with("5 failures within a minute; this name may be tried again"), "{why}");
    let enter = |address: &Address, at| bot(address.clone(), venue.login(at), Resume::LIVE);
    let mut elsewhere = enter(&venue.doors.unix, 0).unwrap();
    round_trip(&mut elsewhere);
    round_trip(&mut enter(&venue.doors.v6, 0).unwrap());
    round_trip(&mut enter(&venue.doors.v4, 1).unwrap());
}

/// GWY-001: what a bot needs to know is in the first text.
#[test]
fn the_welcome_says_session_time_limits_and_heartbeat() {
    for durability in ["memory", "async", "sync"] {
        let venue = open(&Plan::new("fused", durability).limit("messages_per_second", 1234));
        let bot = venue.bot(0);
        let welcome = bot.welcome();
        for part in [
            &format!("\"session\":\"{}\",\"stream\":\"S0\"", bot.resume().session),
            "\"number\":0,\"time\":1",
            &format!("\"durability\":\"{durability}\""),
            "\"heartbeat_ms\":1000,\"silence_ms_max\":15000,\"messages_per_second\":1234",
            "\"message_bytes_max\":65536}",
        ] {
            assert!(welcome.contains(part), "{part} is not in {welcome}");
        }
    }
}

/// GWY-005: who does not keep to the order of things is told so and closed.
#[test]
fn a_login_comes_first_once_and_in_time() {
    let venue = open(&Plan::new("fused", "async").limit("login_timeout_s", 1));
    let mut other = venue.bot(1);
    let words = |said: &[ClientPacket<'_>]| {
        let mut line = Line::connect(&venue.doors.v4);
        for packet in said {
            line.say(packet);
        }
        line.last_words()
    };
    let early = words(&[ClientPacket::Unsequenced(b"Q"), ClientPacket::Heartbeat]);
    assert_eq!(early, "the first packet must be a login request");
    assert_eq!(words(&[ClientPacket::Logout]), "the client has logged out");
    assert_eq!(words(&[]), "nothing was heard for 1000 ms");
    assert_eq!(in_vain(&venue), "nothing was heard for 1000 ms");

    let (mut twice, _) = Line::enter(&venue.doors.v4, &venue.login(0), Resume::LIVE);
    twice.bytes(&request(&venue.login(0), Resume::LIVE));
    assert_eq!(twice.last_words(), "there was a login already");
    round_trip(&mut other);
}

/// Somebody who talks and never logs in is not there for ever.
fn in_vain(venue: &Venue) -> String {
    let mut line = Line::connect(&venue.doors.unix);
    let mut beats = 0_u64;
    // The venue takes each heartbeat until it has waited long enough for a login.
    while line.say(&ClientPacket::Heartbeat) {
        beats += 1;
    }
    assert!(beats > 0);
    match line.hear() {
        Some(Heard::Debug(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_bot_that_is_refused_can_be_let_in_with_the_right_ticket() {
    let venue = open(&Plan::new("fused", "async"));
    refusal(&venue.doors.v4, Login::new("S0", "wrong").unwrap(), Resume::LIVE);
    let mut bot: OuchClient = venue.bot(0);
    round_trip(&mut bot);
    assert!(bot.log_out().unwrap().is_empty());
}
