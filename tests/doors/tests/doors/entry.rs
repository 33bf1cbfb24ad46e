//! Order entry that its owner has switched off stays off, whoever logs in and whatever becomes of
//! the venue, until it is switched on again.

use ringside_client::soup::Resume;
use ringside_doors::line::Line;
use ringside_doors::venue::{Plan, TOPOLOGIES, Venue};
use ringside_protocol::Reason;
use ringside_protocol::wire::ouch::{
    Appendages, Cancel, DisableOrderEntry, EnableOrderEntry, Firm, Inbound, Outbound, reject_code,
};
use ringside_protocol::wire::soup::ClientPacket;

use crate::{buy, open};

fn enter(venue: &Venue) -> Line {
    Line::enter(&venue.doors.v4, &venue.login(0), Resume::LIVE).0
}

fn ask(line: &mut Line, message: &Inbound) -> Outbound {
    let mut bytes = Vec::new();
    message.encode(&mut bytes);
    line.say(&ClientPacket::Unsequenced(&bytes));
    Outbound::decode(&line.message()).expect("an answer")
}

fn is_refused(line: &mut Line, number: u32) -> bool {
    let answer = ask(line, &buy(1, 100).enter(number).into());
    let code = reject_code(Reason::EntryDisabled);
    matches!(answer, Outbound::Rejected(it) if it.user_ref == number && it.reason == code)
}

#[test]
fn order_entry_that_was_disabled_stays_so_until_it_is_enabled() {
    for topology in TOPOLOGIES {
        let mut venue = open(&Plan::new(topology, "sync"));
        let mut line = enter(&venue);
        let accepted = ask(&mut line, &buy(1, 100).enter(1).into());
        assert!(matches!(accepted, Outbound::Accepted(_)), "{accepted:?}");
        let (firm, appendages) = (Firm::BLANK, Appendages::NONE);
        let disabled = ask(&mut line, &DisableOrderEntry { user_ref: 2, firm, appendages }.into());
        assert!(matches!(disabled, Outbound::DisableResponse(_)), "{disabled:?}");
        assert!(is_refused(&mut line, 3));

        line.say(&ClientPacket::Logout);
        line.to_end();
        let mut line = enter(&venue);
        assert!(is_refused(&mut line, 4), "{topology}: after a login");
        let mut line = enter(&venue);
        assert!(is_refused(&mut line, 5), "{topology}: after a login that took over");
        venue.kill();
        venue.again();
        let mut line = enter(&venue);
        assert!(is_refused(&mut line, 6), "{topology}: after a kill");
        assert_eq!(venue.stop().code(), Some(0), "{}", venue.said());
        venue.again();
        let mut line = enter(&venue);
        assert!(is_refused(&mut line, 7), "{topology}: after a stop");

        let canceled = ask(&mut line, &Cancel { user_ref: 1, quantity: 0, appendages }.into());
        assert!(matches!(canceled, Outbound::Canceled(_)), "{canceled:?}");
        let enabled = ask(&mut line, &EnableOrderEntry { user_ref: 8, firm, appendages }.into());
        assert!(matches!(enabled, Outbound::EnableResponse(_)), "{enabled:?}");
        let accepted = ask(&mut line, &buy(1, 100).enter(9).into());
        assert!(matches!(accepted, Outbound::Accepted(_)), "{accepted:?}");
    }
}
