//! GWY-004: bots come and go ten thousand times, in order and not; nothing of them is left.

use ringside_client::soup::Resume;
use ringside_doors::line::{Line, request};
use ringside_doors::venue::{Plan, Venue};
use ringside_protocol::wire::soup::ClientPacket;
use ringside_tests::scale;

use crate::{open, round_trip};

/// How often somebody comes.
const CYCLES: u64 = 10_000;
/// Before so many, not everything that is kept has its size.
const WARM: u64 = 1_000;
/// What a venue may have grown by after all of them: buffers that are kept, not connections.
const GROWTH_BYTES_MAX: u64 = 4 << 20;

#[test]
fn ten_thousand_who_come_and_go_leave_nothing_behind() {
    let venue = open(&Plan::new("fused", "async"));
    let mut other = venue.bot(1);
    come_and_go(&venue, WARM);
    let (descriptors, memory) = (settled(&venue, &mut other, 0), venue.memory());
    come_and_go(&venue, CYCLES * scale());
    let left = settled(&venue, &mut other, descriptors);
    let grown = venue.memory().saturating_sub(memory);
    println!("{descriptors} descriptors before, {left} after; {grown} bytes more");
    assert_eq!(left, descriptors);
    assert!(grown <= GROWTH_BYTES_MAX, "{grown} bytes more than {memory}");
    round_trip(&mut other);
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

/// Logs in; false where the address has come too often in this second (GWY-021).
fn enter(line: &mut Line, venue: &Venue) -> bool {
    line.bytes(&request(&venue.login(0), Resume::LIVE)) && line.try_hear().is_some()
}

/// The descriptors when they are down to those of before, or after a while that is long enough.
fn settled(venue: &Venue, other: &mut ringside_client::ouch::OuchClient, before: usize) -> usize {
    let mut least = venue.descriptors();
    for _ in 0..20_000 {
        if least <= before {
            break;
        }
        round_trip(other);
        least = least.min(venue.descriptors());
    }
    least
}
