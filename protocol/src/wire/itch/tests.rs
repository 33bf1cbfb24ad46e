//! ITCH against its specification: every field's place, every message's bytes, and everything that
//! is none.

use super::*;
use crate::wire::layout::Place;

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
