//! Connections that come and go: nothing of them stays.

use std::fs;
use std::net::TcpStream;
use std::sync::atomic::Ordering;

use serde_json::json;

use super::client::Client;
use super::kit::{Venue, key};

/// Cycles of everything a session does; a tenth as many where tests run once.
const CYCLES: u64 = 1_000;

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").expect("the list").count()
}

/// Asks until the doors hold so much and no more.
fn until_held(venue: &Venue, observer: &mut Client, held: u64, connections: u64) {
    let counts = &venue.served().counts;
    let mut asked = 0;
    while (counts.held.load(Ordering::Relaxed), counts.connections.load(Ordering::Relaxed))
        != (held, connections)
    {
        observer.done("ping", json!({}));
        asked += 1;
        assert!(
            asked < 1_000_000,
            "{} held, {} connections",
            counts.held.load(Ordering::Relaxed),
            counts.connections.load(Ordering::Relaxed)
        );
    }
}

#[test]
fn after_many_have_come_and_gone_nothing_of_them_is_left() {
    // GWY-004: 10,000 cycles at a scale of 10
    let venue = Venue::open();
    let mut observer = venue.stranger("/ws-api/v3");
    observer.done("ping", json!({}));
    until_held(&venue, &mut observer, 0, 1);
    let before = descriptors();
    for cycle in 0..CYCLES * ringside_tests::scale() {
        match cycle % 8 {
            0 => drop(venue.listener("amber")),
            1 => drop(venue.stranger("/ws/solusdc@trade/btcusdc@depth")),
            2 => drop(TcpStream::connect(venue.address()).expect("the door is open")),
            3 => {
                let mut polite = venue.trader("basil");
                polite.done("session.logout", json!({}));
                polite.socket.close(None).expect("it is connected");
            }
            4 => {
                // Gone before it is in.
                let mut hasty = venue.stranger("/ws-api/v3");
                hasty.request("session.logon", key("coral").signed(json!({})));
            }
            5 => {
                let mut hasty = venue.trader("dahlia");
                hasty.request("account.status", json!({}));
            }
            _ => drop(venue.stranger("/ws-api/v3")),
        }
    }
    until_held(&venue, &mut observer, 0, 1);
    // Other tests of this process have sockets of their own for a while.
    let mut asked = 0;
    while descriptors() > before + 64 {
        observer.done("ping", json!({}));
        asked += 1;
        assert!(asked < 1_000_000, "{} descriptors were {before}", descriptors());
    }
}

#[test]
fn who_reconnects_too_often_is_turned_away_and_those_inside_are_not() {
    // GWY-021: `logins_per_minute`
    let venue = Venue::with("logins_per_minute = 20");
    let mut inside = venue.trader("amber");
    let counts = &venue.served().counts;
    let mut tried = 0;
    while counts.turned_away.load(Ordering::Relaxed) == 0 {
        drop(TcpStream::connect(venue.address()).expect("it is taken and closed"));
        inside.done("ping", json!({}));
        tried += 1;
        assert!(tried < 200, "{tried} connections, none turned away");
    }
    inside.place("a1", "BUY", "10.00", "1");
}
