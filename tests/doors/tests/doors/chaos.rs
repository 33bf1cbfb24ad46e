//! Half of all acknowledgements are lost and lines break at random: no order is lost, none is there
//! twice (CLI-034, CLI-035).

use std::collections::BTreeMap;
use std::thread;

use ringside_client::ouch::{ClientError, OuchClient};
use ringside_client::soup::Resume;
use ringside_doors::chaos::{Breaks, Chaos};
use ringside_doors::line::Line;
use ringside_doors::venue::{Plan, Venue, bot};
use ringside_protocol::wire::ouch::Outbound;
use ringside_tests::{scale, seed};

use crate::{buy, open};

/// Orders in all.
const ORDERS: u32 = 10_000;
const BOTS: u32 = 4;
/// Orders of a bot under way at once.
const UNDER_WAY: usize = 20;

#[test]
fn ten_thousand_orders_through_broken_lines_are_there_once_each() {
    let venue = open(&Plan::new("pipelined", "async").accounts(BOTS));
    let seed = seed();
    let breaks = Breaks { answers: 50, requests: 5 };
    let chaos = Chaos::before(&venue.doors.v4, breaks, seed);
    let orders = ORDERS / BOTS * scale() as u32;
    let trading: Vec<_> = (0..BOTS)
        .map(|at| {
            let (address, login) = (chaos.address.clone(), venue.login(at));
            // The line to log in over for the first time is a good one.
            let mut bot = bot(venue.doors.v4.clone(), login, Resume::FIRST).unwrap();
            thread::spawn(move || {
                bot.cut();
                while back(bot.reconnect_to(address.clone())) {}
                trade(&mut bot, orders)
            })
        })
        .collect();
    for (at, trading) in (0..BOTS).zip(trading) {
        check(&venue, at, orders, &trading.join().unwrap());
    }
    println!("seed {seed}: {} lines were cut", chaos.cuts());
    assert!(chaos.cuts() > u64::from(BOTS), "the lines were broken");
}

/// Whether it has to be tried again.
fn back(found: Result<(), ClientError>) -> bool {
    match found {
        Ok(()) => false,
        Err(ClientError::Lost(_)) => true,
        Err(other) => panic!("{other}"),
    }
}

/// Enters so many orders and hears until all are answered; everything it heard.
fn trade(bot: &mut OuchClient, orders: u32) -> Vec<Outbound> {
    let (mut heard, mut last) = (Vec::new(), 0);
    while last < orders || bot.unanswered() > 0 {
        let done = if last < orders && bot.unanswered() < UNDER_WAY {
            bot.place(&buy(1, 1)).map(|number| last = number)
        } else {
            bot.next().map(|told| {
                assert_eq!(told.number, heard.len() as u64 + 1);
                heard.push(told.message);
            })
        };
        if back(done) {
            while back(bot.reconnect()) {}
        }
    }
    // What was confirmed and not yet handed over.
    while heard.len() < orders as usize {
        match bot.next() {
            Ok(told) => heard.push(told.message),
            lost => {
                back(lost.map(drop));
                while back(bot.reconnect()) {}
            }
        }
    }
    heard
}

/// Everything the venue has of the stream, over a good line: each order once, and what was heard.
fn check(venue: &Venue, at: u32, orders: u32, heard: &[Outbound]) {
    let (mut line, _) = Line::enter(&venue.doors.unix, &venue.login(at), Resume::FIRST);
    let mut accepted = BTreeMap::<u32, u32>::new();
    for wanted in heard {
        let message = Outbound::decode(&line.message()).unwrap();
        assert_eq!(message, *wanted);
        let Outbound::Accepted(message) = message else { panic!("{message:?}") };
        *accepted.entry(message.user_ref).or_default() += 1;
    }
    let once: BTreeMap<u32, u32> = (1..=orders).map(|number| (number, 1)).collect();
    assert!(accepted == once, "S{at}: lost or there twice");
    assert_eq!(venue.bot(at).query().unwrap(), orders + 1, "S{at}: there are no more");
}
