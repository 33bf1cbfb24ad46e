//! What clients may send and how it may arrive: malformed, oversized, cut, in pieces, many at once
//! (GWY-005, GWY-018, GWY-019). Whatever one of them sends, the others do not notice.

use ringside_client::order::{Life, Terms};
use ringside_client::soup::Resume;
use ringside_doors::line::{Heard, Line, request};
use ringside_doors::spoken::{encoded, packed, timeless};
use ringside_doors::venue::{Plan, TOPOLOGIES, bot};
use ringside_protocol::Reason;
use ringside_protocol::wire::ouch::{
    Accepted, Appendages, Cancel, ClientId, DisableOrderEntry, Firm, Inbound, MassCancel, Outbound,
    Symbol, codes, reject_code,
};
use ringside_protocol::wire::soup::ClientPacket;

use crate::{buy, open, round_trip};

fn order(number: u32) -> Inbound {
    buy(1, 100).enter(number).into()
}

#[test]
fn what_is_no_packet_is_named_and_closed() {
    let rows: &[(&[u8], &str)] = &[
        (&[0, 0], "the packet has the length 0; the shortest has 1, its type"),
        (
            &[0, 1, b'?'],
            "the packet has the unknown type 0x3F ('?'); allowed is one of '+' 'L' 'U' 'R' 'O'",
        ),
        (&[0xEA, 0x60], "the packet has the length 60000; at most 1024 are taken"),
        (&[0, 2, b'R', 0], "the packet 0x52 ('R') has the length 2; it is 1"),
        (&[0, 9, b'L'], "the packet 0x4C ('L') has the length 9; it is 47"),
        (b"GET / HTTP/1.1\r\n", "the packet has the length 18245; at most 1024 are taken"),
    ];
    for topology in TOPOLOGIES {
        let venue = open(&Plan::new(topology, "async").limit("message_bytes_max", 1024));
        let mut other = venue.bot(1);
        for (bytes, why) in rows {
            let mut stranger = Line::connect(&venue.doors.v4);
            stranger.bytes(bytes);
            assert_eq!(stranger.last_words(), *why, "{bytes:?} of a stranger");
            let (mut known, _) = Line::enter(&venue.doors.unix, &venue.login(0), Resume::LIVE);
            known.bytes(bytes);
            assert_eq!(known.last_words(), *why, "{bytes:?} of somebody known");
            round_trip(&mut other);
        }
        let mut login = request(&venue.login(0), Resume::LIVE);
        login[4] = 0xFF;
        let mut stranger = Line::connect(&venue.doors.v6);
        stranger.bytes(&login);
        let words = stranger.last_words();
        assert!(
            words.starts_with("the username has 0xFF at offset 4; text is printable"),
            "{words}"
        );
    }
}

/// GWY-018: he hears why even where the venue has not read all that he said.
#[test]
fn somebody_who_goes_on_talking_hears_why_he_is_closed() {
    let venue = open(&Plan::new("fused", "async"));
    for address in venue.doors.all() {
        let mut line = Line::connect(&address);
        line.bytes(&[0, 0]);
        // More than the system keeps for a connection that is not read.
        while line.bytes(&[b'x'; 64 * 1024]) {}
        assert!(heard_why(line), "{address}");
    }
}

/// Whether the text came before the connection broke.
fn heard_why(mut line: Line) -> bool {
    matches!(line.hear(), Some(Heard::Debug(why)) if why.contains("has the length 0"))
}

/// A message that cannot be read uses its number up, if that can be read, and is refused under it
/// and under the name it gives itself; else the connection ends.
#[test]
fn what_is_no_message_is_refused_by_number_and_name_or_closed() {
    let named = |number: u32| buy(1, 100).named("mine").enter(number).into();
    let spoiled = |message: &Inbound, at: usize| {
        let mut bytes = encoded(message);
        bytes[at] = 0x07;
        bytes
    };
    let mut nowhere = encoded(&named(4));
    nowhere[10..18].copy_from_slice(b"NOTHING ");
    let cut = |message: &Inbound, length: usize| encoded(message)[..length].to_vec();
    let enter =
        |quantity, price, number| encoded(&buy(quantity, price).named("mine").enter(number).into());
    let terms = Terms { client_id: ClientId::new("mine").unwrap(), ..Terms::new(1, 100) };
    let replace = |number| terms.replace(100, number, Life::GoodTillCancel).into();
    let firm = Firm::BLANK;
    let appendages = Appendages::NONE;
    let disable = DisableOrderEntry { user_ref: 10, firm, appendages }.into();
    let mass = MassCancel { user_ref: 11, firm, symbol: Symbol::default(), appendages }.into();
    let bad_value = reject_code(Reason::BadValue);
    // Bytes, the words before the answer, and its number, reason and name.
    let rows = [
        (spoiled(&named(1), 5), "the Enter has 0x07 in Side at offset 5", (1, bad_value, "mine")),
        (
            spoiled(&named(2), 10),
            "the Enter has 0x07 in Symbol at offset 10",
            (2, codes::INVALID_SYMBOL, "mine"),
        ),
        (cut(&named(3), 30), "the Enter ends within CrossType", (3, bad_value, "")),
        (nowhere, "", (4, codes::INVALID_SYMBOL, "mine")),
        (enter(0, 100, 5), "", (5, bad_value, "mine")),
        (enter(1, 0, 6), "", (6, bad_value, "mine")),
        (enter(1, u64::MAX, 7), "", (7, bad_value, "mine")),
        (cut(&named(8), 12), "the Enter ends within Symbol", (8, codes::INVALID_SYMBOL, "")),
        (
            spoiled(&replace(9), 22),
            "the Replace has 0x07 in Display at offset 22",
            (9, reject_code(Reason::UnknownOrder), "mine"),
        ),
        (
            spoiled(&disable, 5),
            "the DisableOrderEntry has 0x07 in Firm at offset 5",
            (10, bad_value, ""),
        ),
        (spoiled(&mass, 9), "the MassCancel has 0x07 in Symbol at offset 9", (11, bad_value, "")),
    ];
    for topology in TOPOLOGIES {
        let venue = open(&Plan::new(topology, "async"));
        let mut other = venue.bot(1);
        let (mut line, _) = Line::enter(&venue.doors.v4, &venue.login(0), Resume::LIVE);
        for (bytes, words, expected) in &rows {
            let refused = match answer(&mut line, bytes, words) {
                Outbound::Rejected(refused) => refused,
                other => panic!("{other:?}: {bytes:?}"),
            };
            let found = (refused.user_ref, refused.reason, refused.client_id.as_str());
            assert_eq!(found, *expected, "{words}: {bytes:?}");
            round_trip(&mut other);
        }
        let cancel: Inbound = Cancel { user_ref: 1, quantity: 0, appendages }.into();
        let rejected = answer(&mut line, &cut(&cancel, 7), "the Cancel ends within Quantity");
        assert!(matches!(rejected, Outbound::CancelReject(it) if it.user_ref == 1), "{rejected:?}");
        let ends: [(&[u8], &str); 4] = [
            (b"?what", "the message has the unknown type 0x3F ('?'); allowed is one of 'O'"),
            (b"", "the message is empty; a message starts with its type"),
            (&cut(&named(12), 3), "the Enter ends within UserRefNum"),
            (&encoded(&named(0)), "the UserRefNum is 0; a client numbers from 1 on"),
        ];
        for (bytes, words) in ends {
            let (mut line, _) = Line::enter(&venue.doors.v4, &venue.login(0), Resume::LIVE);
            line.say(&ClientPacket::Unsequenced(bytes));
            let said = line.last_words();
            assert!(said.starts_with(words), "{said}");
            round_trip(&mut other);
        }
    }
}

/// The answer to a message, and the words that go before it, where there are some.
#[track_caller]
fn answer(line: &mut Line, bytes: &[u8], words: &str) -> Outbound {
    line.say(&ClientPacket::Unsequenced(bytes));
    let mut said = line.until(|heard| matches!(heard, Heard::Message(_)));
    let Some(Heard::Message(message)) = said.pop() else { panic!("{said:?}") };
    let is_said = |heard: &Heard| matches!(heard, Heard::Debug(why) if why.starts_with(words));
    assert!(words.is_empty() || said.iter().any(is_said), "{words}: {said:?}");
    Outbound::decode(&message).unwrap()
}

#[test]
fn half_a_packet_is_nothing() {
    let venue = open(&Plan::new("fused", "async"));
    let mut other = venue.bot(1);
    let whole = packed(&order(1));
    for cut in 0..whole.len() {
        let (mut line, _) = Line::enter(&venue.doors.v4, &venue.login(0), Resume::LIVE);
        line.bytes(&whole[..cut]);
        line.finish();
        assert_eq!(line.last_words(), "the other side has closed the connection", "{cut}");
    }
    round_trip(&mut other);
    let mut bot = venue.bot(0);
    assert_eq!(bot.query().unwrap(), 1, "no order was entered");
    assert_eq!(bot.resume().next, 1, "nothing was answered");
}

/// GWY-019: however it is cut, it is the same.
#[test]
fn byte_by_byte_is_the_same_as_at_once() {
    let venue = open(&Plan::new("pipelined", "async"));
    let mut said = request(&venue.login(0), Resume::FIRST);
    (1..=20).for_each(|number| said.extend(packed(&order(number))));
    let mut slowly = Line::connect(&venue.doors.v4);
    for byte in &said {
        assert!(slowly.bytes(&[*byte]));
    }
    slowly.until(|heard| matches!(heard, Heard::Accepted(_)));
    let told = slowly.messages(20);

    let mut said = request(&venue.login(1), Resume::FIRST);
    (1..=20).for_each(|number| said.extend(packed(&order(number))));
    let mut at_once = Line::connect(&venue.doors.v4);
    at_once.bytes(&said);
    at_once.until(|heard| matches!(heard, Heard::Accepted(_)));
    let like = |bytes: &Vec<u8>| {
        let message = timeless(&Outbound::decode(bytes).unwrap());
        let Outbound::Accepted(accepted) = message else { panic!("{message:?}") };
        Outbound::Accepted(Accepted { order: 0, ..accepted })
    };
    let told: Vec<Outbound> = told.iter().map(like).collect();
    let told_at_once: Vec<Outbound> = at_once.messages(20).iter().map(like).collect();
    assert_eq!(told, told_at_once);
}

/// GWY-019: all of what one segment holds is done, far more than a turn's worth, also where its
/// sender has gone meanwhile.
#[test]
fn many_messages_at_once_are_all_taken_though_their_sender_goes() {
    const ORDERS: u32 = 1_000;
    for topology in TOPOLOGIES {
        let venue = open(&Plan::new(topology, "async"));
        let mut said = request(&venue.login(0), Resume::FIRST);
        (1..=ORDERS).for_each(|number| said.extend(packed(&order(number))));
        ClientPacket::Logout.encode(&mut said);
        let mut line = Line::connect(&venue.doors.v4);
        line.bytes(&said);
        line.finish();
        line.to_end();

        let (mut line, _) = Line::enter(&venue.doors.v4, &venue.login(0), Resume::FIRST);
        for number in 1..=ORDERS {
            let Outbound::Accepted(accepted) = Outbound::decode(&line.message()).unwrap() else {
                panic!("order {number} was not accepted")
            };
            assert_eq!(accepted.user_ref, number);
        }
    }
}

/// A connection has so many messages a second; what comes faster waits, and is not lost.
#[test]
fn what_comes_too_fast_waits() {
    const ORDERS: u32 = 120;
    let venue = open(&Plan::new("fused", "async").limit("messages_per_second", 100));
    let (mut line, _) = Line::enter(&venue.doors.v4, &venue.login(0), Resume::LIVE);
    let mut other = venue.bot(1);
    let mut said = Vec::new();
    (1..=ORDERS).for_each(|number| said.extend(packed(&order(number))));
    line.bytes(&said);
    round_trip(&mut other);
    assert_eq!(line.messages(ORDERS as usize).len(), ORDERS as usize);
}

/// GWY-021: so many connections at once, so many of one address, so many of it in a minute; whoever
/// comes too often is turned away, and nobody else.
#[test]
fn who_comes_too_often_is_turned_away_and_nobody_else() {
    let rows = [("connections_max", 8), ("connections_per_address_max", 8)];
    for (limit, most) in rows {
        let venue = open(&Plan::new("fused", "async").limit(limit, most));
        let mut other = venue.bot(1);
        let here: Vec<Line> = (1..most).map(|_| Line::connect(&venue.doors.v4)).collect();
        assert_eq!(Line::connect(&venue.doors.v4).hear(), None, "{limit}: one too many");
        let elsewhere = bot(venue.doors.unix.clone(), venue.login(0), Resume::LIVE);
        assert_eq!(elsewhere.is_ok(), limit != "connections_max", "{limit}");
        round_trip(&mut other);
        drop((here, elsewhere));
        // Those that have gone make room; the venue finds that out in its own time.
        while bot(venue.doors.v4.clone(), venue.login(0), Resume::LIVE).is_err() {
            round_trip(&mut other);
        }
    }
    let venue = open(&Plan::new("fused", "async").limit("logins_per_minute", 5));
    // A minute may end meanwhile, but not two.
    let came = (0..11).filter(|_| Line::connect(&venue.doors.v4).answers(&venue.login(0))).count();
    assert!((5..=10).contains(&came), "{came}");
    round_trip(&mut bot(venue.doors.unix.clone(), venue.login(0), Resume::LIVE).unwrap());
}
