//! ITCH against its specification: every field's place, every message's bytes, and everything that
//! is none.

use proptest::prelude::*;

use super::*;
use crate::wire::layout::Place;
use crate::wire::sample::{bytes, described};

/// The places of one message: its bytes, then name, offset and bytes of each field behind the head.
type Layout = (fn() -> Vec<Place>, usize, &'static [Place]);

/// What every message but the end of a snapshot starts with.
const HEAD: [Place; 3] = [("StockLocate", 1, 2), ("TrackingNumber", 3, 2), ("Timestamp", 5, 6)];

/// As the specification and the public machine-readable definitions have them.
const LAYOUTS: &[Layout] = &[
    (SystemEvent::places, 12, &[("EventCode", 11, 1)]),
    (
        StockDirectory::places,
        39,
        &[
            ("Stock", 11, 8),
            ("MarketCategory", 19, 1),
            ("FinancialStatusIndicator", 20, 1),
            ("RoundLotSize", 21, 4),
            ("RoundLotsOnly", 25, 1),
            ("IssueClassification", 26, 1),
            ("IssueSubType", 27, 2),
            ("Authenticity", 29, 1),
            ("ShortSaleThresholdIndicator", 30, 1),
            ("IPOFlag", 31, 1),
            ("LULDReferencePriceTier", 32, 1),
            ("ETPFlag", 33, 1),
            ("ETPLeverageFactor", 34, 4),
            ("InverseIndicator", 38, 1),
        ],
    ),
    (
        TradingAction::places,
        25,
        &[("Stock", 11, 8), ("TradingState", 19, 1), ("Reserved", 20, 1), ("Reason", 21, 4)],
    ),
    (
        Add::places,
        36,
        &[
            ("OrderReferenceNumber", 11, 8),
            ("BuySellIndicator", 19, 1),
            ("Shares", 20, 4),
            ("Stock", 24, 8),
            ("Price", 32, 4),
        ],
    ),
    (
        Executed::places,
        31,
        &[("OrderReferenceNumber", 11, 8), ("ExecutedShares", 19, 4), ("MatchNumber", 23, 8)],
    ),
    (
        ExecutedWithPrice::places,
        36,
        &[
            ("OrderReferenceNumber", 11, 8),
            ("ExecutedShares", 19, 4),
            ("MatchNumber", 23, 8),
            ("Printable", 31, 1),
            ("ExecutionPrice", 32, 4),
        ],
    ),
    (Cancel::places, 23, &[("OrderReferenceNumber", 11, 8), ("CanceledShares", 19, 4)]),
    (Delete::places, 19, &[("OrderReferenceNumber", 11, 8)]),
    (
        Replace::places,
        35,
        &[
            ("OriginalOrderReferenceNumber", 11, 8),
            ("NewOrderReferenceNumber", 19, 8),
            ("Shares", 27, 4),
            ("Price", 31, 4),
        ],
    ),
    (
        Trade::places,
        44,
        &[
            ("OrderReferenceNumber", 11, 8),
            ("BuySellIndicator", 19, 1),
            ("Shares", 20, 4),
            ("Stock", 24, 8),
            ("Price", 32, 4),
            ("MatchNumber", 36, 8),
        ],
    ),
    (
        Scales::places,
        145,
        &[
            ("Symbol", 11, 36),
            ("Stock", 47, 8),
            ("Tick", 55, 8),
            ("Lot", 63, 8),
            ("Base", 71, 36),
            ("BaseScale", 107, 1),
            ("Quote", 108, 36),
            ("QuoteScale", 144, 1),
        ],
    ),
];

#[test]
fn every_field_stands_where_the_specification_has_it() {
    // X-GWY-001
    for (places, bytes, expected) in LAYOUTS {
        let places = places();
        assert_eq!(places[..3], HEAD);
        assert_eq!(places[3..], **expected);
        assert_eq!(places.iter().map(|(_, _, bytes)| bytes).sum::<usize>() + 1, *bytes);
    }
    assert_eq!(SnapshotEnd::places(), [("SequenceNumber", 1, 20)]);
}

#[test]
fn the_description_is_that_of_the_code() {
    // GWY-027
    let description = include_str!("../../../doc/itch.md");
    for (heading, places) in Message::layouts() {
        assert_eq!(described(description, &heading), places, "{heading}");
    }
    for &state in InstrumentState::ALL {
        let (trading, reason) = trading_state(state);
        let reason = if reason.is_blank() { "blank".into() } else { format!("`{reason}`") };
        let row = format!("| {} | `{}` | {reason} |", state.word(), trading as u8 as char);
        assert!(description.contains(&row), "{row}");
    }
}

/// 09:30:00.000000123.
const TIME: DayTime = DayTime(34_200_000_000_123);

fn stock() -> Symbol {
    Symbol::new("SOLUSDC").unwrap()
}

fn letter(text: &str) -> Alpha<1> {
    Alpha::new(text).unwrap()
}

/// Every message: its type, what follows the head, and what it is; in the order of `Message`.
fn golden() -> Vec<(&'static str, &'static str, Message)> {
    vec![
        (
            "'S' 0000 0102 1F1ACED9F07B",
            "'Q'",
            Message::SystemEvent(SystemEvent {
                locate: 0,
                tracking: 0x0102,
                time: TIME,
                event: EventCode::StartOfMarketHours,
            }),
        ),
        (
            "'R' 000D 0102 1F1ACED9F07B",
            "'SOLUSDC ' 'Q' 'D' 00000064 'Y' 'C' 'AB' 'T' 'N' 'Z' '1' 'E' 00000003 'I'",
            Message::StockDirectory(StockDirectory {
                locate: 13,
                tracking: 0x0102,
                time: TIME,
                stock: stock(),
                market_category: letter("Q"),
                financial_status: letter("D"),
                round_lot: 100,
                round_lots_only: letter("Y"),
                classification: letter("C"),
                sub_type: Alpha::new("AB").unwrap(),
                authenticity: Authenticity::Test,
                short_sale_threshold: letter("N"),
                ipo: letter("Z"),
                price_tier: letter("1"),
                etp: letter("E"),
                etp_leverage: 3,
                inverse: letter("I"),
            }),
        ),
        (
            "'H' 000D 0102 1F1ACED9F07B",
            "'SOLUSDC ' 'P' 'R' 'CXL '",
            Message::TradingAction(TradingAction {
                locate: 13,
                tracking: 0x0102,
                time: TIME,
                stock: stock(),
                state: TradingState::Paused,
                reserved: letter("R"),
                reason: Alpha::new("CXL").unwrap(),
            }),
        ),
        (
            "'A' 000D 0102 1F1ACED9F07B",
            "00000000075BCD15 'B' 00000064 'SOLUSDC ' 00002710",
            Message::Add(Add {
                locate: 13,
                tracking: 0x0102,
                time: TIME,
                order: 123_456_789,
                side: Side::Buy,
                quantity: 100,
                stock: stock(),
                price: 10_000,
            }),
        ),
        (
            "'E' 000D 0102 1F1ACED9F07B",
            "00000000075BCD15 00000064 000000003ADE68B1",
            Message::Executed(Executed {
                locate: 13,
                tracking: 0x0102,
                time: TIME,
                order: 123_456_789,
                quantity: 100,
                trade: 987_654_321,
            }),
        ),
        (
            "'C' 000D 0102 1F1ACED9F07B",
            "00000000075BCD15 00000064 000000003ADE68B1 'N' 00002710",
            Message::ExecutedWithPrice(ExecutedWithPrice {
                locate: 13,
                tracking: 0x0102,
                time: TIME,
                order: 123_456_789,
                quantity: 100,
                trade: 987_654_321,
                printable: Printable::No,
                price: 10_000,
            }),
        ),
        (
            "'X' 000D 0102 1F1ACED9F07B",
            "00000000075BCD15 00000064",
            Message::Cancel(Cancel {
                locate: 13,
                tracking: 0x0102,
                time: TIME,
                order: 123_456_789,
                quantity: 100,
            }),
        ),
        (
            "'D' 000D 0102 1F1ACED9F07B",
            "00000000075BCD15",
            Message::Delete(Delete {
                locate: 13,
                tracking: 0x0102,
                time: TIME,
                order: 123_456_789,
            }),
        ),
        (
            "'U' 000D 0102 1F1ACED9F07B",
            "00000000075BCD15 00000000075BCD16 00000064 00002710",
            Message::Replace(Replace {
                locate: 13,
                tracking: 0x0102,
                time: TIME,
                original: 123_456_789,
                order: 123_456_790,
                quantity: 100,
                price: 10_000,
            }),
        ),
        (
            "'P' 000D 0102 1F1ACED9F07B",
            "00000000075BCD15 'S' 00000064 'SOLUSDC ' 00002710 000000003ADE68B1",
            Message::Trade(Trade {
                locate: 13,
                tracking: 0x0102,
                time: TIME,
                order: 123_456_789,
                side: Side::Sell,
                quantity: 100,
                stock: stock(),
                price: 10_000,
                trade: 987_654_321,
            }),
        ),
        (
            "'G'",
            "'            12345678'",
            Message::SnapshotEnd(SnapshotEnd { sequence: SequenceText(12_345_678) }),
        ),
        (
            "'d' 000D 0102 1F1ACED9F07B",
            "'SOL/USDC                            ' 'SOLUSDC ' 00000002540BE400 000000003B9ACA00
             'SOL                                 ' 09 'USDC                                ' 06",
            Message::Scales(Scales {
                locate: 13,
                tracking: 0x0102,
                time: TIME,
                symbol: FullName::new("SOL/USDC").unwrap(),
                stock: stock(),
                tick: 10_000_000_000,
                lot: 1_000_000_000,
                base: FullName::new("SOL").unwrap(),
                base_scale: 9,
                quote: FullName::new("USDC").unwrap(),
                quote_scale: 6,
            }),
        ),
    ]
}

#[test]
fn every_message_byte_by_byte() {
    // X-GWY-001, GWY-027
    for (head, rest, message) in golden() {
        let (expected, mut found) = (bytes(&format!("{head} {rest}")), Vec::new());
        message.encode(&mut found);
        assert_eq!(found, expected, "{message:?}");
        assert_eq!(Message::decode(&expected), Ok(message), "{head}");
    }
}

#[test]
fn messages_are_as_long_as_the_specification_has_them() {
    let lengths: Vec<usize> =
        golden().iter().map(|(head, rest, _)| bytes(head).len() + bytes(rest).len()).collect();
    assert_eq!(lengths, [12, 39, 25, 36, 31, 36, 23, 19, 35, 44, 21, 145]);
}

#[test]
fn what_is_wrong_is_said() {
    // GWY-018
    for (text, sentence) in [
        ("", "the message is empty; a message starts with its type"),
        (
            "'Z'",
            "the message has the unknown type 0x5A ('Z'); \
             allowed is one of 'S' 'R' 'H' 'A' 'E' 'C' 'X' 'D' 'U' 'P' 'G' 'd'",
        ),
        (
            "'D' 000D 0102 1F1A",
            "the Delete ends within Timestamp at offset 5 (bytes needed: 6, there: 2)",
        ),
        (
            "'D' 000D 0102 1F1ACED9F07B 00000000075BCD15 00",
            "the Delete goes on at offset 19, where it should end (bytes too many: 1)",
        ),
        (
            "'D' 000D 0102 4E94914F0000 00000000075BCD15",
            "the Delete has 0x4E ('N') in Timestamp at offset 5; \
             allowed is less than 86,400,000,000,000 ns past midnight",
        ),
        (
            "'A' 000D 0102 1F1ACED9F07B 00000000075BCD15 'b' 00000064 'SOLUSDC ' 00002710",
            "the Add has 0x62 ('b') in BuySellIndicator at offset 19; allowed is one of 'B' 'S'",
        ),
        (
            "'G' '                1234' FF",
            "the SnapshotEnd goes on at offset 21, where it should end (bytes too many: 1)",
        ),
        (
            "'G' '             1 34567'",
            "the SnapshotEnd has 0x20 in SequenceNumber at offset 15; \
             allowed is digits below 2^64, padded with spaces",
        ),
        (
            "'G' '18446744073709551616'",
            "the SnapshotEnd has 0x36 ('6') in SequenceNumber at offset 20; \
             allowed is digits below 2^64, padded with spaces",
        ),
        (
            "'G' '                    '",
            "the SnapshotEnd has 0x20 in SequenceNumber at offset 1; \
             allowed is digits below 2^64, padded with spaces",
        ),
    ] {
        assert_eq!(Message::decode(&bytes(text)).unwrap_err().to_string(), sentence);
    }
}

#[test]
fn a_day_ends_before_the_next_one_begins() {
    let last = DayTime::of(Timestamp(2 * Timestamp::DAY - 1));
    assert_eq!(last.nanoseconds(), 86_399_999_999_999);
    assert_eq!(DayTime::of(Timestamp(Timestamp::DAY)).nanoseconds(), 0);
    let mut out = Vec::new();
    last.put(&mut out);
    assert_eq!((out, DayTime::get(&bytes("4E94914EFFFF"))), (bytes("4E94914EFFFF"), Ok(last)));
}

#[test]
fn every_state_of_an_instrument_has_a_letter_and_a_reason() {
    let rows = InstrumentState::ALL.iter().map(|&state| trading_state(state));
    let rows: Vec<(u8, String)> = rows.map(|(state, why)| (state as u8, why.to_string())).collect();
    let expected = [
        (b'T', ""),
        (b'Q', "POST"),
        (b'T', "LMT"),
        (b'P', "CXL"),
        (b'H', "HALT"),
        (b'H', "CLSD"),
        (b'H', "STLD"),
    ];
    assert!(rows.iter().map(|(state, why)| (*state, why.as_str())).eq(expected));
}

#[test]
fn sides_are_those_of_the_venue() {
    let sides = crate::Side::ALL.iter().map(|&side| Side::from(side));
    assert!(sides.eq([Side::Buy, Side::Sell]));
}

#[test]
fn an_instrument_of_which_there_is_nothing_to_say() {
    let directory = StockDirectory::plain(13, TIME, stock(), Authenticity::Live);
    let mut found = Vec::new();
    Message::from(directory).encode(&mut found);
    let rest = "'  ' 00000001 'N' ' ' 'Z ' 'P' '    ' 00000000 'N'";
    assert_eq!(found, bytes(&format!("'R' 000D 0000 1F1ACED9F07B 'SOLUSDC ' {rest}")));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// GWY-027, GWY-018
    #[test]
    fn every_message_comes_back_whole_or_not_at_all(
        entropy in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        for message in Message::samples(&entropy) {
            let mut bytes = Vec::new();
            message.encode(&mut bytes);
            prop_assert_eq!(Message::decode(&bytes), Ok(message));
            for cut in 0..bytes.len() {
                prop_assert!(Message::decode(&bytes[..cut]).is_err());
            }
            bytes.push(0);
            prop_assert!(Message::decode(&bytes).is_err());
        }
    }

    /// GWY-018: what bytes say, they say again; only a number's padding is made uniform.
    #[test]
    fn any_bytes_are_a_message_or_an_error(
        kind in prop::sample::select(b"SRHAECXDUPGd?".to_vec()),
        rest in prop::collection::vec(any::<u8>(), 0..150),
    ) {
        let bytes = [&[kind], &rest[..]].concat();
        if let Ok(message) = Message::decode(&bytes) {
            let mut again = Vec::new();
            message.encode(&mut again);
            prop_assert!(again == bytes || kind == b'G');
        }
    }
}
