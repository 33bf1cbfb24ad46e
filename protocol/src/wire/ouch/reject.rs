//! Our reasons in the specification's numbers and letters: the tables, and nothing else.

use super::CancelCode;
use crate::{CancelReason, Reason};

macro_rules! codes {
    ($($code:literal $name:ident $sentence:literal;)*) => {
        /// The specification's numbers of why an order is rejected.
        pub mod codes {
            $(#[doc = $sentence] pub const $name: u16 = $code;)*

            /// Every number with its sentence.
            pub const ALL: &[(u16, &str)] = &[$(($code, $sentence)),*];
        }
    };
}

codes! {
    0x0001 QUOTE_UNAVAILABLE "Quote unavailable.";
    0x0002 DESTINATION_CLOSED "Destination closed.";
    0x0003 INVALID_DISPLAY "Invalid display.";
    0x0004 INVALID_MAX_FLOOR "Invalid max floor.";
    0x0005 INVALID_PEG_TYPE "Invalid peg type.";
    0x0006 FAT_FINGER "Fat finger: the price is too far away.";
    0x0007 HALTED "Halted.";
    0x0008 ISO_NOT_ALLOWED "Intermarket sweep not allowed.";
    0x0009 INVALID_SIDE "Invalid side.";
    0x000A PROCESSING_ERROR "Processing error.";
    0x000B CANCEL_PENDING "Cancel pending.";
    0x000C FIRM_NOT_AUTHORIZED "Firm not authorized.";
    0x000D INVALID_MIN_QUANTITY "Invalid min quantity.";
    0x000E NO_CLOSING_REFERENCE_PRICE "No closing reference price.";
    0x000F OTHER "Other.";
    0x0010 CANCEL_NOT_ALLOWED "Cancel not allowed.";
    0x0011 PEGGING_NOT_ALLOWED "Pegging not allowed.";
    0x0012 CROSSED_MARKET "Crossed market.";
    0x0013 INVALID_QUANTITY "Invalid quantity.";
    0x0014 INVALID_CROSS_ORDER "Invalid cross order.";
    0x0015 REPLACE_NOT_ALLOWED "Replace not allowed.";
    0x0016 ROUTING_NOT_ALLOWED "Routing not allowed.";
    0x0017 INVALID_SYMBOL "Invalid symbol.";
    0x0018 TEST "Test.";
    0x0019 LATE_LOC_TOO_AGGRESSIVE "Late limit-on-close too aggressive.";
    0x001A RETAIL_NOT_ALLOWED "Retail not allowed.";
    0x001B INVALID_MIDPOINT_POST_ONLY_PRICE "Invalid midpoint post-only price.";
    0x001C INVALID_DESTINATION "Invalid destination.";
    0x001D INVALID_PRICE "Invalid price.";
    0x001E SHARES_EXCEED_THRESHOLD "Shares exceed threshold.";
    0x001F NOTIONAL_EXCEEDED "Exceeds maximum allowed notional value.";
    0x0020 RISK_AGGREGATE_EXPOSURE "Risk: aggregate exposure exceeded.";
    0x0021 RISK_MARKET_IMPACT "Risk: market impact.";
    0x0022 RISK_RESTRICTED_STOCK "Risk: restricted stock.";
    0x0023 RISK_SHORT_SELL_RESTRICTED "Risk: short sell restricted.";
    0x0024 RISK_ISO_NOT_ALLOWED "Risk: intermarket sweep not allowed.";
    0x0025 RISK_ADV_LIMIT "Risk: exceeds the limit of average daily volume.";
    0x0026 RISK_FAT_FINGER "Risk: fat finger.";
    0x0027 RISK_LOCATE_REQUIRED "Risk: locate required.";
    0x0028 RISK_SYMBOL_MESSAGE_RATE "Risk: the symbol's message rate is exceeded.";
    0x0029 RISK_PORT_MESSAGE_RATE "Risk: the port's message rate is exceeded.";
    0x002A RISK_DUPLICATE_MESSAGE_RATE "Risk: the rate of duplicate messages is exceeded.";
    0x002B RISK_SHORT_SELL_NOT_ALLOWED "Risk: short sell not allowed.";
    0x002C RISK_MARKET_ORDER_NOT_ALLOWED "Risk: market order not allowed.";
    0x002D RISK_PRE_MARKET_NOT_ALLOWED "Risk: pre-market not allowed.";
    0x002E RISK_POST_MARKET_NOT_ALLOWED "Risk: post-market not allowed.";
    0x002F RISK_SHORT_SELL_EXEMPT_NOT_ALLOWED "Risk: short sell exempt not allowed.";
    0x0030 RISK_ORDER_NOTIONAL "Risk: the notional of a single order is exceeded.";
    0x0031 RISK_MAX_QUANTITY "Risk: the largest quantity is exceeded.";
    0x0032 REG_SHO_STATE_NOT_AVAILABLE "Short sale restriction state not available.";
}

/// What is added to the number of a [`Reason`] for which the specification has none.
pub const OWN_CODES: u16 = 0x1000;

/// The number that stands for a reason in Rejected.
pub const fn reject_code(reason: Reason) -> u16 {
    match reason {
        Reason::Permission => codes::FIRM_NOT_AUTHORIZED,
        Reason::Halted => codes::HALTED,
        Reason::Tick => codes::INVALID_PRICE,
        Reason::Lot | Reason::Quantity => codes::INVALID_QUANTITY,
        Reason::PriceBand => codes::FAT_FINGER,
        Reason::RateLimited => codes::RISK_PORT_MESSAGE_RATE,
        Reason::OrderValue => codes::RISK_ORDER_NOTIONAL,
        Reason::Exposure => codes::RISK_AGGREGATE_EXPOSURE,
        Reason::NoShort => codes::RISK_SHORT_SELL_NOT_ALLOWED,
        Reason::UnknownSymbol => codes::INVALID_SYMBOL,
        Reason::DuplicateId
        | Reason::UserRefGap
        | Reason::Killed
        | Reason::EntryDisabled
        | Reason::Mode
        | Reason::BadValue
        | Reason::Overflow
        | Reason::Notional
        | Reason::OpenOrders
        | Reason::PositionLimit
        | Reason::DailyValue
        | Reason::LossLimit
        | Reason::ReduceOnly
        | Reason::Leverage
        | Reason::StaleMark
        | Reason::InsufficientFunds
        | Reason::InsufficientBalance
        | Reason::SelfTrade
        | Reason::PostOnly
        | Reason::Fok
        | Reason::MinQuantity
        | Reason::NoLiquidity
        | Reason::UnknownOrder
        | Reason::TooLate
        | Reason::UnknownAccount
        | Reason::UnknownCurrency
        | Reason::UnknownSession
        | Reason::Exists
        | Reason::Limit => OWN_CODES + reason as u16,
    }
}

/// The reason that a number of our own stands for; `None` for the specification's, which may stand
/// for several.
pub const fn own_reason(code: u16) -> Option<Reason> {
    match code.checked_sub(OWN_CODES) {
        Some(number) => Reason::from_number(number),
        None => None,
    }
}

/// The letter that stands for the end of an order in Canceled.
pub const fn cancel_code(reason: CancelReason) -> CancelCode {
    match reason {
        CancelReason::User | CancelReason::Amend => CancelCode::User,
        CancelReason::NoLiquidity => CancelCode::ImmediateOrCancel,
        CancelReason::SelfTrade => CancelCode::SelfMatch,
        CancelReason::Killed => CancelCode::Supervisory,
        CancelReason::Disconnect => CancelCode::System,
        CancelReason::Phase => CancelCode::Closed,
    }
}
