//! GWY-004: bots come and go ten thousand times, in order and not; nothing of them is left.

use ringside_client::ouch::OuchClient;
use ringside_client::soup::Resume;
use ringside_doors::line::{Line, request};
use ringside_doors::spoken::next;
use ringside_doors::venue::{Plan, Venue};
use ringside_protocol::wire::soup::ClientPacket;
use ringside_tests::scale;

use crate::{buy, open, round_trip};

/// How often somebody comes.
const CYCLES: u64 = 10_000;
/// Before so many, not everything that is kept has its size.
const WARM: u64 = 1_000;
/// Orders and their cancels that fill every ring once: rings take memory as they are written.
const RINGFUL: u32 = 40_000;
/// What a venue may have grown by after all of them: buffers that are kept, not connections.
const GROWTH_BYTES_MAX: u64 = 2 << 20;

#[test]
fn ten_thousand_who_come_and_go_leave_nothing_behind() {
    let venue = open(&Plan::new("fused", "async"));
    let mut other = venue.bot(1);
    let sockets = venue.sockets();
    fill_rings(&mut other);
    come_and_go(&venue, WARM);
    assert_eq!(settled(&venue, sockets, || round_trip(&mut other)), sockets);
    let memory = venue.memory();
    come_and_go(&venue, CYCLES * scale());
    let left = settled(&venue, sockets, || round_trip(&mut other));
    let grown = venue.memory().saturating_sub(memory);
    println!("{sockets} sockets before, {left} after; {grown} bytes more than {memory}");
    assert_eq!(left, sockets);
    assert!(grown <= GROWTH_BYTES_MAX, "{grown} bytes more than {memory}");
    round_trip(&mut other);
}

fn fill_rings(bot: &mut OuchClient) {
    for _ in 0..RINGFUL / 100 {
        for _ in 0..100 {
            let order = bot.place(&buy(1, 1)).unwrap();
            bot.cancel(order).unwrap();
        }
        next(bot, 200);
    }
}

/// Comes and goes: not even logged in, cut off, without waiting for an answer, logged out in order.
fn come_and_go(venue: &Venue, times: u64) {
    let doors = venue.doors.all();
    for at in 0..times {
        let mut line = Line::connect(&doors[(at % 3) as usize]);
        match at % 4 {
            0 => {}
            1 => drop(line.bytes(&request(&venue.login(0), Resume::LIVE))),
            2 => drop(enter(&mut line, venue)),
            _ => {
                if enter(&mut line, venue) {
                    line.say(&ClientPacket::Logout);
                    line.to_end();
                }
            }
        }
    }
}

/// Logs in and hears the answer; false where there is none.
fn enter(line: &mut Line, venue: &Venue) -> bool {
    line.answers(&venue.login(0))
}

/// The sockets when they are down to those of before, or after a while that is long enough: so many
/// round trips.
pub(crate) fn settled(venue: &Venue, before: usize, mut trip: impl FnMut()) -> usize {
    let mut least = venue.sockets();
    for _ in 0..20_000 {
        if least <= before {
            break;
        }
        trip();
        least = least.min(venue.sockets());
    }
    least
}
