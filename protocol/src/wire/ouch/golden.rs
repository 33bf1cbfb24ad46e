//! OUCH messages byte by byte, written by hand: every field has another value.

use super::appendage::{ACCEPTED_TAGS, REPLACED_TAGS, RESTATED_TAGS, Tags};
use super::*;
use crate::wire::sample::bytes;

fn symbol() -> Symbol {
    Symbol::new("SOLUSDC").unwrap()
}

fn client_id() -> ClientId {
    ClientId::new("my-order-1").unwrap()
}

fn firm() -> Firm {
    Firm::new("FIRM").unwrap()
}

const NONE: Appendages = Appendages::NONE;

/// What a client asks, in the order of `Inbound`.
fn inbound() -> Vec<(&'static str, Inbound)> {
    vec![
        (
            // Fill or kill: immediate, with all of it as the least.
            "'O' 01020304 'B' 00000064 'SOLUSDC ' 0000000000002710 '3' 'N' 'P' 'Y' 'H'
             'my-order-1    ' 0006 05 03 00000064",
            Inbound::Enter(Enter {
                user_ref: 0x0102_0304,
                side: Side::Buy,
                quantity: 100,
                symbol: symbol(),
                price: 10_000,
                time_in_force: TimeInForce::ImmediateOrCancel,
                display: Display::Hidden,
                capacity: Capacity::Principal,
                sweep: Sweep::Eligible,
                cross: CrossType::Halt,
                client_id: client_id(),
                appendages: Appendages { min_quantity: Some(100), ..NONE },
            }),
        ),
        (
            // A market order without an appendage.
            "'O' 00000007 'E' 000003E8 'SOLUSDC ' 000000007FFFFFFF '0' 'Y' 'A' 'N' 'N'
             '              ' 0000",
            Inbound::Enter(Enter {
                user_ref: 7,
                side: Side::SellShortExempt,
                quantity: 1_000,
                symbol: symbol(),
                price: MARKET_PRICE,
                time_in_force: TimeInForce::Day,
                display: Display::Visible,
                capacity: Capacity::Agency,
                sweep: Sweep::NotEligible,
                cross: CrossType::Continuous,
                client_id: ClientId::BLANK,
                appendages: NONE,
            }),
        ),
        (
            "'U' 00000001 00000002 000001F4 000000000000270F '6' 'A' 'N' 'my-order-1    '
             0009 05 0F 00000E10 02 19 'N'",
            Inbound::Replace(Replace {
                original_user_ref: 1,
                user_ref: 2,
                quantity: 500,
                price: 9_999,
                time_in_force: TimeInForce::GoodTillTime,
                display: Display::Attributable,
                sweep: Sweep::NotEligible,
                client_id: client_id(),
                appendages: Appendages {
                    expire_time: Some(3_600),
                    shares_located: Some(YesNo::No),
                    ..NONE
                },
            }),
        ),
        (
            "'X' 00000003 00000019",
            Inbound::Cancel(Cancel { user_ref: 3, quantity: 25, appendages: NONE }),
        ),
        (
            "'X' 00000003 00000019 0003 02 1C 05",
            Inbound::Cancel(Cancel {
                user_ref: 3,
                quantity: 25,
                appendages: Appendages { user_ref_index: Some(5), ..NONE },
            }),
        ),
        (
            "'M' 00000003 'T' 00000032",
            Inbound::Modify(Modify {
                user_ref: 3,
                side: Side::SellShort,
                quantity: 50,
                appendages: NONE,
            }),
        ),
        (
            "'C' 0000000A 'FIRM' '        ' 0007 03 18 0007 02 1B 'S'",
            Inbound::MassCancel(MassCancel {
                user_ref: 10,
                firm: firm(),
                symbol: Symbol::BLANK,
                appendages: Appendages { group: Some(7), side: Some(Side::Sell), ..NONE },
            }),
        ),
        (
            "'D' 0000000B 'FIRM' 0000",
            Inbound::DisableOrderEntry(DisableOrderEntry {
                user_ref: 11,
                firm: firm(),
                appendages: NONE,
            }),
        ),
        (
            "'E' 0000000C 'FIRM' 0000",
            Inbound::EnableOrderEntry(EnableOrderEntry {
                user_ref: 12,
                firm: firm(),
                appendages: NONE,
            }),
        ),
        ("'Q'", Inbound::AccountQuery(AccountQuery { appendages: NONE })),
    ]
}

/// 09:30:00.000000123.
const TIME: u64 = 34_200_000_000_123;
const TIME_BYTES: &str = "00001F1ACED9F07B";

/// What the venue answers, behind type and time, in the order of `Outbound`.
fn outbound() -> Vec<(&'static str, &'static str, Outbound)> {
    vec![
        (
            "'S'",
            "'E'",
            Outbound::SystemEvent(SystemEvent { time: TIME, event: EventCode::EndOfDay }),
        ),
        (
            "'A'",
            "00000001 'B' 00000064 'SOLUSDC ' 0000000000002710 '0' 'Z' 00000000075BCD15 'A' 'N' 'C'
             'L' 'my-order-1    ' 0006 02 06 'M' 02 CB 'Y'",
            Outbound::Accepted(Accepted {
                time: TIME,
                user_ref: 1,
                side: Side::Buy,
                quantity: 100,
                symbol: symbol(),
                price: 10_000,
                time_in_force: TimeInForce::Day,
                display: Display::Conformant,
                order: 123_456_789,
                capacity: Capacity::Agency,
                sweep: Sweep::NotEligible,
                cross: CrossType::Closing,
                state: OrderState::Live,
                client_id: client_id(),
                appendages: Appendages {
                    price_type: Some(PriceType::MidpointPeg),
                    good_till_cancel: Some(YesNo::Yes),
                    ..NONE
                },
            }),
        ),
        (
            "'U'",
            "00000001 00000002 'S' 00000190 'SOLUSDC ' 00000000003D0900 '3' 'N' 00000000075BCD16
             'P' 'Y' 'R' 'D' 'my-order-1    ' 0000",
            Outbound::Replaced(Replaced {
                time: TIME,
                original_user_ref: 1,
                user_ref: 2,
                side: Side::Sell,
                quantity: 400,
                symbol: symbol(),
                price: 4_000_000,
                time_in_force: TimeInForce::ImmediateOrCancel,
                display: Display::Hidden,
                order: 123_456_790,
                capacity: Capacity::Principal,
                sweep: Sweep::Eligible,
                cross: CrossType::Retail,
                state: OrderState::Dead,
                client_id: client_id(),
                appendages: NONE,
            }),
        ),
        (
            "'C'",
            "00000002 00000064 'U'",
            Outbound::Canceled(Canceled {
                time: TIME,
                user_ref: 2,
                quantity: 100,
                reason: CancelCode::User,
            }),
        ),
        (
            "'D'",
            "00000004 00000064 'Q' 0000003C 0000000000002710 'R' 'O'",
            Outbound::AiqCanceled(AiqCanceled {
                time: TIME,
                user_ref: 4,
                quantity: 100,
                reason: CancelCode::SelfMatch,
                prevented: 60,
                price: 10_000,
                liquidity: LiquidityFlag::Removed,
                strategy: Alpha::new("O").unwrap(),
            }),
        ),
        (
            "'E'",
            "00000001 00000064 0000000000002710 'A' 000000003ADE68B1 0000",
            Outbound::Executed(Executed {
                time: TIME,
                user_ref: 1,
                quantity: 100,
                price: 10_000,
                liquidity: LiquidityFlag::Added,
                trade: 987_654_321,
                no_appendage: Zero,
            }),
        ),
        (
            "'B'",
            "00000001 000000003ADE68B1 'C' 'my-order-1    '",
            Outbound::BrokenTrade(BrokenTrade {
                time: TIME,
                user_ref: 1,
                trade: 987_654_321,
                reason: BreakReason::Consent,
                client_id: client_id(),
            }),
        ),
        (
            "'J'",
            "00000009 101D 'my-order-1    '",
            Outbound::Rejected(Rejected {
                time: TIME,
                user_ref: 9,
                reason: 0x101D,
                client_id: client_id(),
            }),
        ),
        ("'P'", "00000005", Outbound::CancelPending(CancelPending { time: TIME, user_ref: 5 })),
        ("'I'", "00000006", Outbound::CancelReject(CancelReject { time: TIME, user_ref: 6 })),
        (
            "'T'",
            "00000007 000000000000270E 'Y' 000000000000022B",
            Outbound::PriorityUpdate(PriorityUpdate {
                time: TIME,
                user_ref: 7,
                price: 9_998,
                display: Display::Visible,
                order: 555,
            }),
        ),
        (
            "'M'",
            "00000003 'E' 00000032",
            Outbound::Modified(Modified {
                time: TIME,
                user_ref: 3,
                side: Side::SellShortExempt,
                quantity: 50,
            }),
        ),
        (
            "'R'",
            "80000008 'D' 0010 09 01 0000000000000309 05 16 00000064",
            Outbound::Restated(Restated {
                time: TIME,
                user_ref: 0x8000_0008,
                reason: RestateReason::NewDay,
                appendages: Appendages {
                    secondary_order: Some(777),
                    display_quantity: Some(100),
                    ..NONE
                },
            }),
        ),
        (
            "'X'",
            "0000000A 'FIRM' 'SOLUSDC ' 0000",
            Outbound::MassCancelResponse(MassCancelResponse {
                time: TIME,
                user_ref: 10,
                firm: firm(),
                symbol: symbol(),
                appendages: NONE,
            }),
        ),
        (
            "'G'",
            "0000000B 'FIRM' 0000",
            Outbound::DisableResponse(DisableResponse {
                time: TIME,
                user_ref: 11,
                firm: firm(),
                appendages: NONE,
            }),
        ),
        (
            "'K'",
            "0000000C 'FIRM' 0003 02 1C 01",
            Outbound::EnableResponse(EnableResponse {
                time: TIME,
                user_ref: 12,
                firm: firm(),
                appendages: Appendages { user_ref_index: Some(1), ..NONE },
            }),
        ),
        (
            "'Q'",
            "0000000D",
            Outbound::AccountQueryResponse(AccountQueryResponse { time: TIME, next_user_ref: 13 }),
        ),
    ]
}

#[test]
fn what_a_client_asks_byte_by_byte() {
    // X-GWY-001, GWY-027
    for (text, message) in inbound() {
        let (expected, mut found) = (bytes(text), Vec::new());
        message.encode(&mut found);
        assert_eq!(found, expected, "{message:?}");
        assert_eq!(Inbound::decode(&expected), Ok(message), "{text}");
    }
}

#[test]
fn what_the_venue_answers_byte_by_byte() {
    // X-GWY-001, GWY-027
    for (kind, text, message) in outbound() {
        let (expected, mut found) = (bytes(&format!("{kind} {TIME_BYTES} {text}")), Vec::new());
        message.encode(&mut found);
        assert_eq!(found, expected, "{message:?}");
        assert_eq!(Outbound::decode(&expected), Ok(message), "{text}");
    }
}

#[test]
fn messages_are_as_long_as_the_specification_has_them() {
    // Appendage length included, as in its tables.
    let length = |message: &dyn Fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        message(&mut out);
        out.len()
    };
    let asked: Vec<usize> = inbound()[1..].iter().map(|(_, m)| length(&|o| m.encode(o))).collect();
    assert_eq!(asked, [47, 49, 9, 14, 10, 26, 11, 11, 1]);
    let told: Vec<usize> = outbound().iter().map(|(_, _, m)| length(&|o| m.encode(o))).collect();
    assert_eq!(told, [10, 70, 68, 18, 32, 36, 36, 29, 13, 13, 30, 18, 32, 27, 19, 22, 13]);
}

#[test]
fn a_length_that_may_be_left_out_may_also_be_nothing() {
    let (explicit, implicit) =
        (bytes("'X' 00000003 00000019 0000"), bytes("'X' 00000003 00000019"));
    assert_eq!(Inbound::decode(&explicit), Inbound::decode(&implicit));
    let mut found = Vec::new();
    Inbound::decode(&explicit).unwrap().encode(&mut found);
    assert_eq!(found, implicit);
}

/// Every tag: its bytes, length first, and the field it is.
fn tags() -> Vec<(&'static str, Appendages)> {
    let letter = Alpha::new("R").unwrap();
    let broker = Alpha::new("RTE1");
    vec![
        (
            "09 01 0102030405060708",
            Appendages { secondary_order: Some(0x0102_0304_0506_0708), ..NONE },
        ),
        ("05 02 'FIRM'", Appendages { firm: Some(firm()), ..NONE }),
        ("05 03 000000C8", Appendages { min_quantity: Some(200), ..NONE }),
        ("02 04 'R'", Appendages { customer_type: Some(letter), ..NONE }),
        ("05 05 00000064", Appendages { max_floor: Some(100), ..NONE }),
        ("02 06 'M'", Appendages { price_type: Some(PriceType::MidpointPeg), ..NONE }),
        ("05 07 FFFFFF9C", Appendages { peg_offset: Some(-100), ..NONE }),
        ("09 09 0000000000002711", Appendages { discretion_price: Some(10_001), ..NONE }),
        ("02 0A 'R'", Appendages { discretion_price_type: Some(letter), ..NONE }),
        ("05 0B FFFFFFFF", Appendages { discretion_peg_offset: Some(-1), ..NONE }),
        ("02 0C 'P'", Appendages { post_only: Some(PostOnly::Yes), ..NONE }),
        ("05 0D 0000012C", Appendages { random_reserves: Some(300), ..NONE }),
        ("05 0E 'RTE1'", Appendages { route: broker, ..NONE }),
        ("05 0F 00000E10", Appendages { expire_time: Some(3_600), ..NONE }),
        ("02 10 'R'", Appendages { trade_now: Some(letter), ..NONE }),
        ("02 11 'R'", Appendages { handle_inst: Some(letter), ..NONE }),
        ("02 12 'R'", Appendages { bbo_weight: Some(letter), ..NONE }),
        ("05 16 00000065", Appendages { display_quantity: Some(101), ..NONE }),
        ("09 17 0000000000002712", Appendages { display_price: Some(10_002), ..NONE }),
        ("03 18 0201", Appendages { group: Some(513), ..NONE }),
        ("02 19 'Y'", Appendages { shares_located: Some(YesNo::Yes), ..NONE }),
        ("05 1A 'RTE1'", Appendages { locate_broker: broker, ..NONE }),
        ("02 1B 'T'", Appendages { side: Some(Side::SellShort), ..NONE }),
        ("02 1C 05", Appendages { user_ref_index: Some(5), ..NONE }),
        ("02 1D 'R'", Appendages { self_match: Some(letter), ..NONE }),
        ("03 1E 'AB'", Appendages { self_match_group: Alpha::new("AB"), ..NONE }),
        ("09 C8 0000000000002713", Appendages { stop_price: Some(10_003), ..NONE }),
        ("09 C9 000000000000000A", Appendages { trail: Some(10), ..NONE }),
        ("02 CA 'Y'", Appendages { reduce_only: Some(YesNo::Yes), ..NONE }),
        ("02 CB 'Y'", Appendages { good_till_cancel: Some(YesNo::Yes), ..NONE }),
        (
            "09 CC 17979CFE362A0000",
            Appendages { expire_at: Some(1_700_000_000_000_000_000), ..NONE },
        ),
    ]
}

#[test]
fn every_tag_byte_by_byte() {
    // X-GWY-001
    let every: Vec<u8> = Appendages::TAGS.iter().map(|&(tag, _, _)| tag).collect();
    let every = Tags { allowed: every.leak(), required: true };
    assert_eq!(tags().len(), Appendages::TAGS.len());
    for ((text, appendages), &(tag, name, size)) in tags().into_iter().zip(Appendages::TAGS) {
        let (expected, mut found) = (bytes(text), Vec::new());
        appendages.write(&every, &mut found);
        assert_eq!(usize::from(u16::from_be_bytes([found[0], found[1]])), expected.len());
        assert_eq!(found[2..], expected, "{name}");
        assert_eq!((usize::from(found[2]), found[3]), (size + 1, tag), "{name}");
    }
}

#[test]
fn own_tags_leave_room_for_the_specification() {
    let own = Appendages::TAGS.iter().filter(|(tag, _, _)| *tag >= OWN_TAG_MIN);
    let own: Vec<&str> = own.map(|&(_, name, _)| name).collect();
    assert_eq!(own, ["StopPrice", "Trail", "ReduceOnly", "GoodTillCancel", "ExpireAt"]);
    let highest = Appendages::TAGS.iter().filter(|(tag, _, _)| *tag < OWN_TAG_MIN);
    assert_eq!(highest.map(|&(tag, _, _)| tag).max(), Some(30));
}

/// Which tags a message takes, as the specification lists them.
#[test]
fn what_takes_which_tag() {
    let table: &[(&str, &str, &[u8])] = &[
        (
            "enter",
            "'O' 00000007 'B' 000003E8 'SOLUSDC ' 0000000000000001 '0' 'Y' 'A' 'N' 'N'
             '              '",
            &[2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 15, 16, 17, 24, 25, 26, 28, 29, 30],
        ),
        (
            "replace",
            "'U' 00000001 00000002 000001F4 000000000000270F '6' 'A' 'N' '              '",
            &[3, 5, 6, 7, 9, 10, 11, 12, 13, 15, 16, 17, 25, 26, 27, 28, 29, 30],
        ),
        ("cancel", "'X' 00000003 00000019", &[28]),
        ("modify", "'M' 00000003 'T' 00000032", &[25, 26, 28]),
        ("mass cancel", "'C' 0000000A 'FIRM' '        '", &[24, 27, 28]),
        ("disable", "'D' 0000000B 'FIRM'", &[28]),
        ("enable", "'E' 0000000B 'FIRM'", &[28]),
        ("query", "'Q'", &[28]),
    ];
    for (name, head, taken) in table {
        for ((text, _), &(tag, _, _)) in tags().into_iter().zip(Appendages::TAGS) {
            let tag_bytes = bytes(text);
            let mut message = bytes(head);
            message.extend_from_slice(&(tag_bytes.len() as u16).to_be_bytes());
            message.extend_from_slice(&tag_bytes);
            let own = tag >= OWN_TAG_MIN && ["enter", "replace"].contains(name);
            let expected = taken.contains(&tag) || own;
            assert_eq!(Inbound::decode(&message).is_ok(), expected, "{name} and {tag}");
        }
    }
}

#[test]
fn what_tells_which_tag() {
    let of_the_specification = |tags: &Tags| -> Vec<u8> {
        tags.allowed.iter().copied().filter(|&tag| tag < OWN_TAG_MIN).collect()
    };
    let accepted = [2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 24, 25, 28, 29, 30];
    assert_eq!(of_the_specification(&ACCEPTED_TAGS), accepted);
    let replaced = [2, 3, 5, 6, 12, 15, 16, 17, 18, 28, 29, 30];
    assert_eq!(of_the_specification(&REPLACED_TAGS), replaced);
    assert_eq!(of_the_specification(&RESTATED_TAGS), [1, 22, 23, 28]);
}
