//! The door is the same wherever it is: on IPv4, on IPv6, by a Unix socket (GWY-026).

use ringside_client::soup::Resume;
use ringside_doors::spoken::next;
use ringside_doors::venue::{Plan, TOPOLOGIES, bot};
use ringside_protocol::wire::ouch::Outbound;

use crate::{buy, open, sell};

#[test]
fn a_trade_between_any_two_doors() {
    for topology in TOPOLOGIES {
        let venue = open(&Plan::new(topology, "async"));
        for (maker, taker) in [(0, 1), (1, 2), (2, 0)] {
            let doors = venue.doors.all();
            let enter = |at, door: usize| bot(doors[door].clone(), venue.login(at), Resume::LIVE);
            let mut maker = enter(0, maker).unwrap();
            let mut taker = enter(1, taker).unwrap();
            maker.place(&sell(1, 10_000)).unwrap();
            assert!(matches!(next(&mut maker, 1)[..], [Outbound::Accepted(_)]));
            taker.place(&buy(1, 10_000)).unwrap();
            let (maker, taker) = (next(&mut maker, 1), next(&mut taker, 2));
            let [Outbound::Executed(made)] = maker[..] else { panic!("{maker:?}") };
            let [Outbound::Accepted(_), Outbound::Executed(taken)] = taker[..] else {
                panic!("{taker:?}")
            };
            assert_eq!(made.trade, taken.trade, "one trade has two sides");
        }
    }
}
