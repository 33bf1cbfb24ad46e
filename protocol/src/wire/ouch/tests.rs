//! OUCH against its specification: every field's place, every message's bytes, and everything that
//! is none.

use proptest::prelude::*;

use super::*;
use crate::wire::layout::Place;
use crate::wire::sample::{bytes, described};
use crate::{CancelReason, Reason};

/// The places of one message: name, offset, bytes.
type Layout = (fn() -> Vec<Place>, &'static [Place]);

/// As the specification and the public machine-readable definitions have them; the length of the
/// appendage, and the appendage, follow where a message has one.
const LAYOUTS: &[Layout] = &[
    (
        Enter::places,
        &[
            ("UserRefNum", 1, 4),
            ("Side", 5, 1),
            ("Quantity", 6, 4),
            ("Symbol", 10, 8),
            ("Price", 18, 8),
            ("TimeInForce", 26, 1),
            ("Display", 27, 1),
            ("Capacity", 28, 1),
            ("InterMarketSweepEligibility", 29, 1),
            ("CrossType", 30, 1),
            ("ClOrdID", 31, 14),
        ],
    ),
    (
        Replace::places,
        &[
            ("OrigUserRefNum", 1, 4),
            ("UserRefNum", 5, 4),
            ("Quantity", 9, 4),
            ("Price", 13, 8),
            ("TimeInForce", 21, 1),
            ("Display", 22, 1),
            ("InterMarketSweepEligibility", 23, 1),
            ("ClOrdID", 24, 14),
        ],
    ),
    (Cancel::places, &[("UserRefNum", 1, 4), ("Quantity", 5, 4)]),
    (Modify::places, &[("UserRefNum", 1, 4), ("Side", 5, 1), ("Quantity", 6, 4)]),
    (MassCancel::places, &[("UserRefNum", 1, 4), ("Firm", 5, 4), ("Symbol", 9, 8)]),
    (DisableOrderEntry::places, &[("UserRefNum", 1, 4), ("Firm", 5, 4)]),
    (EnableOrderEntry::places, &[("UserRefNum", 1, 4), ("Firm", 5, 4)]),
    (AccountQuery::places, &[]),
    (SystemEvent::places, &[("Timestamp", 1, 8), ("EventCode", 9, 1)]),
    (
        Accepted::places,
        &[
            ("Timestamp", 1, 8),
            ("UserRefNum", 9, 4),
            ("Side", 13, 1),
            ("Quantity", 14, 4),
            ("Symbol", 18, 8),
            ("Price", 26, 8),
            ("TimeInForce", 34, 1),
            ("Display", 35, 1),
            ("OrderReferenceNumber", 36, 8),
            ("Capacity", 44, 1),
            ("InterMarketSweepEligibility", 45, 1),
            ("CrossType", 46, 1),
            ("OrderState", 47, 1),
            ("ClOrdID", 48, 14),
        ],
    ),
    (
        Replaced::places,
        &[
            ("Timestamp", 1, 8),
            ("OrigUserRefNum", 9, 4),
            ("UserRefNum", 13, 4),
            ("Side", 17, 1),
            ("Quantity", 18, 4),
            ("Symbol", 22, 8),
            ("Price", 30, 8),
            ("TimeInForce", 38, 1),
            ("Display", 39, 1),
            ("OrderReferenceNumber", 40, 8),
            ("Capacity", 48, 1),
            ("InterMarketSweepEligibility", 49, 1),
            ("CrossType", 50, 1),
            ("OrderState", 51, 1),
            ("ClOrdID", 52, 14),
        ],
    ),
    (
        Canceled::places,
        &[("Timestamp", 1, 8), ("UserRefNum", 9, 4), ("Quantity", 13, 4), ("Reason", 17, 1)],
    ),
    (
        AiqCanceled::places,
        &[
            ("Timestamp", 1, 8),
            ("UserRefNum", 9, 4),
            ("DecrementShares", 13, 4),
            ("Reason", 17, 1),
            ("QuantityPreventedFromTrading", 18, 4),
            ("ExecutionPrice", 22, 8),
            ("LiquidityFlag", 30, 1),
            ("AIQStrategy", 31, 1),
        ],
    ),
    (
        Executed::places,
        &[
            ("Timestamp", 1, 8),
            ("UserRefNum", 9, 4),
            ("Quantity", 13, 4),
            ("Price", 17, 8),
            ("LiquidityFlag", 25, 1),
            ("MatchNumber", 26, 8),
            ("AppendageLength", 34, 2),
        ],
    ),
    (
        BrokenTrade::places,
        &[
            ("Timestamp", 1, 8),
            ("UserRefNum", 9, 4),
            ("MatchNumber", 13, 8),
            ("Reason", 21, 1),
            ("ClOrdID", 22, 14),
        ],
    ),
    (
        Rejected::places,
        &[("Timestamp", 1, 8), ("UserRefNum", 9, 4), ("Reason", 13, 2), ("ClOrdID", 15, 14)],
    ),
    (CancelPending::places, &[("Timestamp", 1, 8), ("UserRefNum", 9, 4)]),
    (CancelReject::places, &[("Timestamp", 1, 8), ("UserRefNum", 9, 4)]),
    (
        PriorityUpdate::places,
        &[
            ("Timestamp", 1, 8),
            ("UserRefNum", 9, 4),
            ("Price", 13, 8),
            ("Display", 21, 1),
            ("OrderReferenceNumber", 22, 8),
        ],
    ),
    (
        Modified::places,
        &[("Timestamp", 1, 8), ("UserRefNum", 9, 4), ("Side", 13, 1), ("Quantity", 14, 4)],
    ),
    (Restated::places, &[("Timestamp", 1, 8), ("UserRefNum", 9, 4), ("Reason", 13, 1)]),
    (
        MassCancelResponse::places,
        &[("Timestamp", 1, 8), ("UserRefNum", 9, 4), ("Firm", 13, 4), ("Symbol", 17, 8)],
    ),
    (DisableResponse::places, &[("Timestamp", 1, 8), ("UserRefNum", 9, 4), ("Firm", 13, 4)]),
    (EnableResponse::places, &[("Timestamp", 1, 8), ("UserRefNum", 9, 4), ("Firm", 13, 4)]),
    (AccountQueryResponse::places, &[("Timestamp", 1, 8), ("NextUserRefNum", 9, 4)]),
];

#[test]
fn every_field_stands_where_the_specification_has_it() {
    // X-GWY-001
    for (places, expected) in LAYOUTS {
        assert_eq!(places(), *expected);
    }
}

const DESCRIPTION: &str = include_str!("../../../doc/ouch.md");

#[test]
fn the_description_is_that_of_the_code() {
    // GWY-027
    for (heading, places) in Inbound::layouts().into_iter().chain(Outbound::layouts()) {
        assert_eq!(described(DESCRIPTION, &heading), places, "{heading}");
    }
    for (tag, name, size) in Appendages::TAGS {
        assert!(DESCRIPTION.contains(&format!("| {tag} | {size} | `{name}` |")), "{name}");
    }
    for &reason in Reason::ALL {
        let row = format!("| `{}` | 0x{:04X} |", reason.word(), reject_code(reason));
        assert!(DESCRIPTION.contains(&row), "{row}");
    }
    for &reason in CancelReason::ALL {
        let row = format!("| `{}` | `{}` |", reason.word(), cancel_code(reason) as u8 as char);
        assert!(DESCRIPTION.contains(&row), "{row}");
    }
}

/// Bytes of a client, what is said of them, and the number and name that are kept for the answer.
const REFUSED: &[(&str, &str, Option<u32>, &str)] = &[
    ("", "the message is empty; a message starts with its type", None, ""),
    (
        "'Z' 00000001",
        "the message has the unknown type 0x5A ('Z'); \
         allowed is one of 'O' 'U' 'X' 'M' 'C' 'D' 'E' 'Q'",
        None,
        "",
    ),
    (
        "'O' 000000",
        "the Enter ends within UserRefNum at offset 1 (bytes needed: 4, there: 3)",
        None,
        "",
    ),
    (
        "'O' 00000007 'Z' 000003E8 'SOLUSDC ' 0000000000000001 '0' 'Y' 'A' 'N' 'N' 'mine          '
         0000",
        "the Enter has 0x5A ('Z') in Side at offset 5; \
         allowed is one of 'B' 'S' 'T' 'E' (UserRefNum 7)",
        Some(7),
        "mine",
    ),
    (
        "'O' 00000007 'B' 000003E8 'SOL' FF 'SDC ' 0000000000000001 '0' 'Y' 'A' 'N' 'N'
         'mine          ' 0000",
        "the Enter has 0xFF in Symbol at offset 13; \
         allowed is printable ASCII, padded with spaces (UserRefNum 7)",
        Some(7),
        "mine",
    ),
    (
        "'O' 00000007 'B' 000003E8 'SOLUSDC ' 0000000000000001 '9' 'Y' 'A' 'N' 'N'
         00 '             ' 0000",
        "the Enter has 0x39 ('9') in TimeInForce at offset 26; \
         allowed is one of '0' '3' '5' '6' 'E' (UserRefNum 7)",
        Some(7),
        "",
    ),
    (
        "'U' 00000001 00000002 000001F4 000000000000270F '6' '?' 'N' 'theirs        ' 0000",
        "the Replace has 0x3F ('?') in Display at offset 22; \
         allowed is one of 'Y' 'N' 'A' 'Z' (UserRefNum 2)",
        Some(2),
        "theirs",
    ),
    (
        "'X' 00000003 00000019 00",
        "the Cancel ends within Appendage Length at offset 9 \
         (bytes needed: 2, there: 1) (UserRefNum 3)",
        Some(3),
        "",
    ),
    (
        "'X' 00000003 00000019 0004 02 1C 05",
        "the Cancel ends within appendage at offset 11 (bytes needed: 4, there: 3) (UserRefNum 3)",
        Some(3),
        "",
    ),
    (
        "'X' 00000003 00000019 0003 02 1C 05 00",
        "the Cancel goes on at offset 14, where it should end (bytes too many: 1) (UserRefNum 3)",
        Some(3),
        "",
    ),
    (
        "'X' 00000003 00000019 0003 02 63 05",
        "the Cancel has the tag 99 at offset 12; it takes [28] (UserRefNum 3)",
        Some(3),
        "",
    ),
    (
        "'X' 00000003 00000019 0006 05 03 00000001",
        "the Cancel has the tag 3 at offset 12; it takes [28] (UserRefNum 3)",
        Some(3),
        "",
    ),
    (
        "'X' 00000003 00000019 0006 02 1C 05 02 1C 05",
        "the Cancel has the tag UserRefIdx a second time at offset 15 (UserRefNum 3)",
        Some(3),
        "",
    ),
    (
        "'X' 00000003 00000019 0003 03 1C 05",
        "the Cancel gives the tag UserRefIdx the length 3 at offset 11; it is 2 (UserRefNum 3)",
        Some(3),
        "",
    ),
    (
        "'X' 00000003 00000019 0002 02 1C",
        "the Cancel ends within UserRefIdx at offset 13 (bytes needed: 1, there: 0) (UserRefNum 3)",
        Some(3),
        "",
    ),
    (
        "'C' 0000000A 'FIRM' '        ' 0003 02 1B 'X'",
        "the MassCancel has 0x58 ('X') in Side at offset 21; \
         allowed is one of 'B' 'S' 'T' 'E' (UserRefNum 10)",
        Some(10),
        "",
    ),
    (
        "'Q' 0001",
        "the AccountQuery ends within appendage at offset 3 (bytes needed: 1, there: 0)",
        None,
        "",
    ),
];

#[test]
fn what_is_wrong_is_said_and_what_an_answer_needs_is_kept() {
    // GWY-018
    for (text, sentence, user_ref, client_id) in REFUSED {
        let error = Inbound::decode(&bytes(text)).unwrap_err();
        assert_eq!(error.to_string(), *sentence);
        assert_eq!((error.user_ref, error.client_id.as_str()), (*user_ref, *client_id), "{text}");
    }
}

#[test]
fn a_wrong_answer_is_refused_too() {
    // GWY-018
    for (text, sentence) in [
        (
            "'O'",
            "the message has the unknown type 0x4F ('O'); allowed is one of 'S' 'A' 'U' 'C' \
                 'D' 'E' 'B' 'J' 'P' 'I' 'T' 'M' 'R' 'X' 'G' 'K' 'Q'",
        ),
        (
            "'E' 0000000000000000 00000001 00000064 0000000000002710 'A' 000000003ADE68B1 0003",
            "the Executed has 0x03 in AppendageLength at offset 35; allowed is zero",
        ),
    ] {
        assert_eq!(Outbound::decode(&bytes(text)).unwrap_err().to_string(), sentence);
    }
}

#[test]
fn what_a_message_was_about_is_kept_as_far_as_it_can_be_read() {
    // GWY-018
    let sol = Symbol::new("SOLUSDC");
    for (text, about) in [
        ("'O' 00000007 'Z' 00000001 'SOLUSDC '", About::Order(sol)),
        ("'O' 00000007 'B' 00000001 'SOLUSDC' FF", About::Order(None)),
        ("'O' 00000007 'B' 00000001 'SOLUSDC'", About::Order(None)),
        ("'U' 00000001 00000002", About::Replacement(Some(1))),
        ("'U' 000000", About::Replacement(None)),
        ("'X' 00000003", About::Resting),
        ("'M' 00000003 'Z'", About::Resting),
        ("'C' 0000000A", About::Stream),
        ("'D' 0000000B FF 'IRM' 0000", About::Stream),
        ("'E' 0000000B", About::Stream),
        ("'Q' 00", About::Stream),
        ("", About::Stream),
    ] {
        assert_eq!(Inbound::decode(&bytes(text)).unwrap_err().about, about, "{text}");
    }
}

#[test]
fn every_reason_has_a_number_and_those_of_our_own_are_found_again() {
    for &reason in Reason::ALL {
        let code = reject_code(reason);
        let own = (code >= OWN_CODES).then_some(reason);
        assert_eq!(own_reason(code), own, "{reason:?}");
        assert!(own.is_some() || codes::ALL.iter().any(|&(known, _)| known == code));
    }
    assert!(codes::ALL.is_sorted());
    assert!(codes::ALL.iter().all(|&(code, _)| code < OWN_CODES));
}

#[test]
fn every_cancel_has_a_letter() {
    let letters: Vec<u8> = CancelReason::ALL.iter().map(|&why| cancel_code(why) as u8).collect();
    assert_eq!(letters, b"UIQSZUE");
}

#[test]
#[should_panic(expected = "the message takes no tag 14")]
fn a_tag_that_a_message_does_not_take_is_not_written() {
    let appendages = Appendages { route: Alpha::new("X"), ..Appendages::NONE };
    Inbound::from(AccountQuery { appendages }).encode(&mut Vec::new());
}

#[test]
fn sides_and_parts_are_those_of_the_venue() {
    let sells = [Side::Sell, Side::SellShort, Side::SellShortExempt];
    assert!(sells.iter().all(|&side| crate::Side::from(side) == crate::Side::Sell));
    for &side in crate::Side::ALL {
        assert_eq!(crate::Side::from(Side::from(side)), side);
    }
    let flags = Liquidity::ALL.iter().map(|&part| LiquidityFlag::from(part));
    assert!(flags.eq([LiquidityFlag::Added, LiquidityFlag::Removed]));
}

#[test]
fn text_is_short_printable_ascii() {
    assert_eq!(Symbol::new("SOLUSDC").map(|symbol| *symbol.bytes()), Some(*b"SOLUSDC "));
    assert_eq!(Symbol::new("SOLUSDC-X"), None);
    assert_eq!(Symbol::new("SÖL"), None);
    assert_eq!(Symbol::new("A\0"), None);
    assert!(Symbol::new("").is_some_and(|symbol| symbol.is_blank() && symbol.as_str().is_empty()));
}

/// Decodes what is left of a message when it is cut, and what it is with one byte more.
fn check_ends<M: PartialEq + core::fmt::Debug, E: core::fmt::Debug>(
    bytes: &[u8],
    decode: impl Fn(&[u8]) -> Result<M, E>,
    encode: impl Fn(&M, &mut Vec<u8>),
) {
    for cut in 0..bytes.len() {
        // A cut message is one only where an appendage may be left out.
        let Ok(message) = decode(&bytes[..cut]) else { continue };
        let mut again = Vec::new();
        encode(&message, &mut again);
        assert_eq!(again, bytes[..cut]);
        assert!([b'X', b'M', b'Q'].contains(&bytes[0]));
    }
    let longer = [bytes, &[0]].concat();
    assert!(decode(&longer).is_err(), "{longer:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// GWY-027, GWY-018
    #[test]
    fn every_message_comes_back_whole_or_not_at_all(
        entropy in prop::collection::vec(any::<u8>(), 0..2000),
    ) {
        for message in Inbound::samples(&entropy) {
            let mut bytes = Vec::new();
            message.encode(&mut bytes);
            prop_assert_eq!(Inbound::decode(&bytes), Ok(message));
            check_ends(&bytes, Inbound::decode, Inbound::encode);
        }
        for message in Outbound::samples(&entropy) {
            let mut bytes = Vec::new();
            message.encode(&mut bytes);
            prop_assert_eq!(Outbound::decode(&bytes), Ok(message));
            check_ends(&bytes, Outbound::decode, Outbound::encode);
        }
    }

    /// GWY-018
    #[test]
    fn any_bytes_are_a_message_or_an_error(
        kind in prop::sample::select(b"OUXMCDEQSAUBJPITRGK?".to_vec()),
        rest in prop::collection::vec(any::<u8>(), 0..100),
    ) {
        let bytes = [&[kind], &rest[..]].concat();
        if let Ok(message) = Inbound::decode(&bytes) {
            let mut again = Vec::new();
            message.encode(&mut again);
            prop_assert_eq!(Inbound::decode(&again), Ok(message));
        }
        if let Ok(message) = Outbound::decode(&bytes) {
            let mut again = Vec::new();
            message.encode(&mut again);
            prop_assert_eq!(Outbound::decode(&again), Ok(message));
        }
    }

    /// GWY-018: one wrong byte is an error that says where, or another message.
    #[test]
    fn a_changed_byte_is_an_error_at_its_place(
        entropy in prop::collection::vec(any::<u8>(), 0..800),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        for message in Inbound::samples(&entropy) {
            let mut bytes = Vec::new();
            message.encode(&mut bytes);
            let place = place.index(bytes.len());
            bytes[place] = byte;
            if let Err(OuchError { fault: Fault::Value { offset, found, .. }, .. }) =
                Inbound::decode(&bytes)
            {
                prop_assert_eq!(bytes[offset], found);
                prop_assert!(place == 0 || place <= offset);
            }
        }
    }
}
