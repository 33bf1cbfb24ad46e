//! Somebody who never reads is cut off, is told why, costs nothing after that, and delays nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ringside_client::ouch::OuchClient;
use ringside_client::soup::Resume;
use ringside_doors::line::{Heard, Line};
use ringside_doors::spoken::packed;
use ringside_doors::venue::{Plan, TOPOLOGIES};
use ringside_protocol::wire::ouch::{AccountQuery, Appendages, Outbound};

use crate::{buy, open, round_trip};

/// Nobody waits so long for an order and its cancel because somebody else does not read.
const ROUND_TRIP_MAX: Duration = Duration::from_secs(2);

#[test]
fn who_never_reads_is_cut_off_and_delays_nobody() {
    for topology in TOPOLOGIES {
        let venue = open(&Plan::new(topology, "async").limit("out_bytes_max", 65_536));
        let mut other = venue.bot(1);
        round_trip(&mut other);
        let before = venue.sockets();
        let is_over = Arc::new(AtomicBool::new(false));
        let watching = watch(other, Arc::clone(&is_over));

        let (mut slow, _) = Line::enter(&venue.doors.unix, &venue.login(0), Resume::LIVE);
        let mut number = 0;
        let is_taken = |number: &mut u32, slow: &mut Line| {
            let orders = (1..=100).map(|next| packed(&buy(1, 1).enter(*number + next).into()));
            let said = orders.collect::<Vec<_>>().concat();
            *number += 100;
            slow.bytes(&said)
        };
        while is_taken(&mut number, &mut slow) {}
        is_over.store(true, Ordering::Relaxed);
        let (mut other, longest, trips) = watching.join().unwrap();
        println!("{topology}: {trips} round trips meanwhile, the longest {longest:?}");
        assert!(longest < ROUND_TRIP_MAX && trips > 0, "{topology}: {trips}, {longest:?}");

        // It is gone though the other side still holds it, and what it was told is whole.
        while venue.sockets() > before {
            round_trip(&mut other);
        }
        let heard = slow.rest();
        let mut messages = 0;
        for heard in &heard {
            if let Heard::Message(payload) = heard {
                messages += 1;
                let message = Outbound::decode(payload).unwrap();
                let Outbound::Accepted(it) = message else { panic!("{message:?}") };
                assert_eq!(it.user_ref, messages, "{topology}: whole and in order");
                continue;
            }
            let Heard::Debug(why) = heard else { panic!("{heard:?}") };
            assert!(why.starts_with("too slow: more than 65536 bytes"), "{why}");
        }
        assert!(messages > 0 && messages < number, "{messages} of {number}");
        // Nothing is lost by it: the stream goes on behind what was read.
        let resume = Resume { next: u64::from(messages) + 1, ..Resume::FIRST };
        let mut again = venue.bot_from(0, resume).unwrap();
        let next = again.query().unwrap();
        assert!(next > messages && next <= number + 1, "{next}");
    }
}

/// Somebody who takes what he is told is not slow, however much comes at once.
#[test]
fn who_reads_is_not_cut_off_by_a_burst() {
    const ORDERS: u32 = 10_000;
    for topology in TOPOLOGIES {
        let venue = open(&Plan::new(topology, "async").limit("out_bytes_max", 65_536));
        for address in venue.doors.all() {
            let (mut line, _) = Line::enter(&address, &venue.login(0), Resume::LIVE);
            let next = venue_next(&mut line);
            let orders =
                (next..next + ORDERS).map(|number| packed(&buy(1, 1).enter(number).into()));
            let orders = orders.collect::<Vec<_>>();
            // What waits for the reader is less than what the system keeps for him.
            for orders in orders.chunks(1_000) {
                line.bytes(&orders.concat());
                assert_eq!(line.messages(1_000).len(), 1_000, "{topology}, {address}");
            }
        }
    }
}

/// The number that comes next.
fn venue_next(line: &mut Line) -> u32 {
    line.bytes(&packed(&AccountQuery { appendages: Appendages::NONE }.into()));
    let mut said = line.until(|heard| matches!(heard, Heard::Aside(_)));
    let Some(Heard::Aside(payload)) = said.pop() else { panic!("{said:?}") };
    let answer = Outbound::decode(&payload).unwrap();
    let Outbound::AccountQueryResponse(answer) = answer else { panic!("{answer:?}") };
    answer.next_user_ref
}

/// Does round trips until it is over; the longest, and how many.
fn watch(
    mut bot: OuchClient,
    is_over: Arc<AtomicBool>,
) -> std::thread::JoinHandle<(OuchClient, Duration, u64)> {
    std::thread::spawn(move || {
        let (mut longest, mut trips) = (Duration::ZERO, 0);
        while !is_over.load(Ordering::Relaxed) {
            let began = Instant::now();
            round_trip(&mut bot);
            longest = longest.max(began.elapsed());
            trips += 1;
        }
        (bot, longest, trips)
    })
}
