//! Cut at any number, logged in again, nothing missing and nothing twice: the same bytes as before,
//! and then what happens now (X-GWY-002).

use ringside_client::soup::Resume;
use ringside_doors::line::{Heard, Line};
use ringside_doors::spoken::{next, packed};
use ringside_doors::venue::{Plan, TOPOLOGIES, Venue};
use ringside_protocol::wire::ouch::Outbound;
use ringside_tests::random::Random;
use ringside_tests::{scale, seed};

use crate::{buy, open, sell};

/// A stream that has been told so many messages, and their bytes.
fn told(venue: &Venue, count: u32) -> Vec<Vec<u8>> {
    told_to(venue, 0, count)
}

fn told_to(venue: &Venue, at: u32, count: u32) -> Vec<Vec<u8>> {
    let (mut line, _) = Line::enter(&venue.doors.v4, &venue.login(at), Resume::FIRST);
    let orders = (1..=count).map(|number| packed(&buy(1, u64::from(number)).enter(number).into()));
    line.bytes(&orders.collect::<Vec<_>>().concat());
    line.messages(count as usize)
}

#[test]
fn from_any_number_on_the_same_bytes_come_again_and_then_what_is_new() {
    const TOLD: u32 = 3_000;
    for (topology, durability) in [("fused", "async"), ("pipelined", "async"), ("fused", "sync")] {
        let venue = open(&Plan::new(topology, durability));
        let mut told = told(&venue, TOLD);
        let mut random = Random::new(seed());
        let mut numbers = vec![1, 2, 1_024, 1_025, 1_026, 2_049, TOLD, TOLD + 1];
        numbers.extend((0..4 * scale()).map(|_| random.within(1, u64::from(TOLD)) as u32));
        for from in numbers {
            let resume = Resume { next: u64::from(from), ..Resume::FIRST };
            let (mut line, accepted) = Line::enter(&venue.doors.unix, &venue.login(0), resume);
            assert_eq!(accepted.sequence, u64::from(from));
            let before = told[from as usize - 1..].to_vec();
            // What is asked meanwhile is answered behind what was told before.
            let number = told.len() as u32 + 1;
            line.bytes(&packed(&buy(1, 7).enter(number).into()));
            assert!(
                line.messages(before.len()) == before,
                "{topology}: other bytes from {from} on"
            );
            told.push(line.message());
        }
    }
}

/// The client asks for what it has not had, and only for that.
#[test]
fn a_client_that_is_cut_anywhere_goes_on_behind_its_last_message() {
    let venue = open(&Plan::new("pipelined", "async"));
    let all = told(&venue, 300);
    let mut random = Random::new(seed());
    let mut bot = venue.bot_from(0, Resume::FIRST).unwrap();
    let mut heard = Vec::new();
    while heard.len() < all.len() {
        let most = (all.len() - heard.len()) as u64;
        for _ in 0..random.within(1, 20.min(most)) {
            let told = bot.next().unwrap();
            assert_eq!(told.number, heard.len() as u64 + 1);
            let mut bytes = Vec::new();
            told.message.encode(&mut bytes);
            heard.push(bytes);
        }
        bot.cut();
        bot.reconnect().unwrap();
    }
    assert!(heard == all);
}

/// Somebody who resumes while others trade with him misses nothing, however often he comes and
/// goes.
#[test]
fn what_comes_during_the_catch_up_comes_behind_it() {
    const TRADES: u32 = 3_000;
    for topology in TOPOLOGIES {
        let venue = open(&Plan::new(topology, "async"));
        let mut maker = venue.bot_from(0, Resume::FIRST).unwrap();
        let order = maker.place(&sell(TRADES, 100)).unwrap();
        assert!(matches!(next(&mut maker, 1)[..], [Outbound::Accepted(_)]));
        let mut taker = venue.bot(1);
        let taking = std::thread::spawn(move || {
            for _ in 0..TRADES {
                taker.place(&buy(1, 100)).unwrap();
                next(&mut taker, 2);
            }
        });
        let mut last_trade = 0;
        for number in 2..=u64::from(TRADES) + 1 {
            let told = maker.next().unwrap();
            let Outbound::Executed(executed) = told.message else { panic!("{told:?}") };
            assert_eq!((told.number, executed.user_ref), (number, order));
            assert_eq!(executed.trade, last_trade + 1, "every trade once, in order");
            last_trade = executed.trade;
            if number % 97 == 0 {
                // From the beginning or from here on, the messages are the same.
                let (mut line, _) = Line::enter(&venue.doors.v6, &venue.login(0), Resume::FIRST);
                let again = line.messages(number as usize).pop().unwrap();
                assert_eq!(Outbound::decode(&again).unwrap(), told.message);
                maker.reconnect().unwrap();
            }
        }
        taking.join().unwrap();
    }
}

/// Little may wait for a slow reader here, and there is much to be told again: he is not cut off
/// for what the venue hands him itself.
#[test]
fn a_long_catch_up_fits_through_a_narrow_line() {
    const TOLD: u32 = 20_000;
    let venue = open(&Plan::new("fused", "async").limit("out_bytes_max", 65_536));
    let mut orders = venue.bot_from(0, Resume::FIRST).unwrap();
    for _ in 0..TOLD / 100 {
        for _ in 0..100 {
            orders.place(&buy(1, 1)).unwrap();
        }
        next(&mut orders, 100);
    }
    drop(orders);
    let (mut line, _) = Line::enter(&venue.doors.v4, &venue.login(0), Resume::FIRST);
    assert_eq!(line.messages(TOLD as usize).len(), TOLD as usize);
}

/// Somebody goes while what he asked for is being fetched, and another has his place: he is told of
/// his own stream only.
#[test]
fn who_takes_anothers_place_is_not_told_what_that_one_asked_for() {
    const TOLD: u32 = 2_500;
    let venue = open(&Plan::new("pipelined", "async"));
    let streams = [told_to(&venue, 0, TOLD), told_to(&venue, 1, TOLD)];
    std::thread::scope(|scope| {
        for (at, told) in (0..).zip(&streams) {
            let venue = &venue;
            scope.spawn(move || {
                for round in 0..200 * scale() {
                    let (mut line, _) =
                        Line::enter(&venue.doors.v4, &venue.login(at), Resume::FIRST);
                    if round % 8 == 0 {
                        assert!(line.messages(told.len()) == *told, "S{at}");
                    }
                }
            });
        }
    });
}

#[test]
fn only_what_comes_from_now_on() {
    let venue = open(&Plan::new("fused", "async"));
    told(&venue, 10);
    let (mut line, accepted) = Line::enter(&venue.doors.v4, &venue.login(0), Resume::LIVE);
    assert_eq!(accepted.sequence, 11);
    line.bytes(&packed(&buy(1, 5).enter(11).into()));
    let heard = line.until(|heard| matches!(heard, Heard::Message(_)));
    assert_eq!(heard.len(), 1, "{heard:?}");
}
