//! OUCH against its specification: every field's place, every message's bytes, and everything that
//! is none.

use super::*;
use crate::wire::layout::Place;

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
