//! Who holds a stream, and what happens when he goes: takeover, cancel on disconnect, silence.

use ringside_client::order::NewOrder;
use ringside_client::soup::Resume;
use ringside_doors::line::{Heard, Line};
use ringside_doors::spoken::{next, packed};
use ringside_doors::venue::{Plan, TOPOLOGIES, Venue};
use ringside_protocol::wire::ouch::{CancelCode, Outbound};

use crate::{buy, open, round_trip};

/// The newer login has the stream; the older connection is told so and closed, and nothing that it
/// had still to say is done after that.
#[test]
fn a_second_login_takes_over_and_the_first_is_not_read_any_more() {
    const SAID: u32 = 5_000;
    for topology in TOPOLOGIES {
        let venue = open(&Plan::new(topology, "async"));
        let (mut first, _) = Line::enter(&venue.doors.v4, &venue.login(0), Resume::LIVE);
        let orders = (1..=SAID).map(|number| packed(&buy(1, 1).enter(number).into()));
        first.bytes(&orders.collect::<Vec<_>>().concat());
        let mut second = venue.bot_from(0, Resume::FIRST).unwrap();
        // Asked behind everything that was taken before the login.
        let done = second.query().unwrap() - 1;
        assert!(done <= SAID);
        round_trip_behind(&mut second, done);
        let last = first.to_end().pop();
        let why = "another login has taken over the stream S0";
        assert_eq!(last, Some(Heard::Debug(why.to_owned())), "{topology}");
        assert_eq!(second.query().unwrap(), done + 2, "{topology}: nothing came in between");
    }
}

/// The orders taken before are told first, then one more is taken, under the next number.
fn round_trip_behind(bot: &mut ringside_client::ouch::OuchClient, done: u32) {
    let number = bot.place(&buy(1, 1)).unwrap();
    assert_eq!(number, done + 1);
    for wanted in 1..=number {
        let told = next(bot, 1);
        let [Outbound::Accepted(accepted)] = told[..] else { panic!("{told:?}") };
        assert_eq!(accepted.user_ref, wanted);
    }
}

/// X-ENG-012: orders go with their connection where that is configured, also when it was the venue
/// that went; else they stay.
#[test]
fn orders_are_cancelled_with_their_connection_as_configured() {
    for topology in TOPOLOGIES {
        for is_configured in [true, false] {
            let plan = Plan { cancel_on_disconnect: is_configured, ..Plan::new(topology, "async") };
            let venue = open(&plan);
            let mut bot = venue.bot_from(0, Resume::FIRST).unwrap();
            let order = bot.place(&resting()).unwrap();
            assert!(matches!(next(&mut bot, 1)[..], [Outbound::Accepted(_)]));
            gone(&venue, || bot.cut());
            bot.reconnect().unwrap();
            ended(&mut bot, order, is_configured);
        }
    }
}

/// Sessions that were open when the venue went down have so long to come back.
#[test]
fn orders_of_sessions_that_do_not_come_back_after_a_crash_are_cancelled() {
    let plan = Plan { cancel_on_disconnect: true, grace_s: 0, ..Plan::new("fused", "async") };
    let mut venue = open(&plan);
    let mut bot = venue.bot_from(0, Resume::FIRST).unwrap();
    let order = bot.place(&resting()).unwrap();
    assert!(matches!(next(&mut bot, 1)[..], [Outbound::Accepted(_)]));
    venue.kill();
    venue.again();
    // The grace is over before anybody is let in.
    let mut other = venue.bot(1);
    round_trip(&mut other);
    bot.reconnect_to(venue.doors.v4.clone()).unwrap();
    ended(&mut bot, order, true);
}

fn resting() -> NewOrder {
    buy(3, 100)
}

/// Does something that ends a connection, and waits until the venue has noticed.
fn gone(venue: &Venue, mut act: impl FnMut()) {
    let mut other = venue.bot(1);
    let before = venue.sockets();
    act();
    while venue.sockets() >= before {
        round_trip(&mut other);
    }
    // What the venue was told of it then has been done.
    round_trip(&mut other);
}

#[track_caller]
fn ended(bot: &mut ringside_client::ouch::OuchClient, order: u32, is_gone: bool) {
    if !is_gone {
        bot.cancel(order).unwrap();
    }
    let told = next(bot, 1);
    let [Outbound::Canceled(canceled)] = told[..] else { panic!("{told:?}") };
    let reason = if is_gone { CancelCode::System } else { CancelCode::User };
    assert_eq!((canceled.user_ref, canceled.quantity, canceled.reason), (order, 3, reason));
}

/// GWY-003: the venue says something every second; a client that says nothing is gone after its
/// time.
#[test]
fn a_silent_client_hears_heartbeats_and_is_closed() {
    for topology in TOPOLOGIES {
        let venue = open(&Plan::new(topology, "async").limit("soup_client_timeout_s", 2));
        let (mut silent, _) = Line::enter(&venue.doors.v4, &venue.login(0), Resume::LIVE);
        let mut bot = venue.bot(1);
        let speaking = std::thread::spawn(move || {
            // Its heartbeats are enough: it says nothing else for longer than that.
            assert_eq!(bot.next_within(core::time::Duration::from_secs(3)).unwrap(), None);
            round_trip(&mut bot);
        });
        let mut all = Vec::new();
        while let Some(heard) = silent.hear() {
            all.push(heard);
        }
        let words = Heard::Debug("nothing was heard for 2000 ms".to_owned());
        assert_eq!(all.pop(), Some(words), "{topology}");
        assert!(!all.is_empty() && all.iter().all(|heard| *heard == Heard::Heartbeat), "{all:?}");
        speaking.join().unwrap();
    }
}
