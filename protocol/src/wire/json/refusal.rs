//! The engine's refusals in the dialect: one table from our reasons to codes, sentences and
//! statuses. Our own word, limit and observed value go along.

use super::error::{Code, ReasonShown, RequestError};
use crate::{Command, CommandPayload, Reason, Refusal, Rejected};

/// What was asked when a refusal came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asked {
    /// To enter or change an order.
    Enter,
    /// To cancel.
    Cancel,
    /// To look an order up.
    Find,
}

impl Asked {
    /// By the number of a command ([`Command::number`]).
    pub const fn of(command: u8) -> Self {
        match command {
            crate::Cancel::NUMBER | crate::MassCancel::NUMBER => Self::Cancel,
            _ => Self::Enter,
        }
    }

    /// The code of a refusal that has none of its own.
    const fn code(self) -> Code {
        match self {
            Self::Enter => Code::OrderRejected,
            Self::Cancel => Code::CancelRejected,
            Self::Find => Code::NoSuchOrder,
        }
    }
}

/// How a reason is said in the dialect: code (none: that of what was asked), status, the parameter
/// it is about, sentence.
type Row = (Option<Code>, u16, &'static str, &'static str);

const FUNDS: &str = "Account has insufficient balance for requested action.";
const PRICE: &str = "Filter failure: PRICE_FILTER";
const LOT: &str = "Filter failure: LOT_SIZE";

const fn row(reason: Reason) -> Row {
    const FILTER: Option<Code> = Some(Code::Filter);
    match reason {
        Reason::DuplicateId => (None, 409, "newClientOrderId", "Duplicate order sent."),
        Reason::UserRefGap => (None, 400, "", "The order's number is too far ahead."),
        Reason::Killed => (None, 403, "", "This action is disabled on this account."),
        Reason::Permission => (None, 403, "", "This account may not place or cancel orders."),
        Reason::EntryDisabled => (None, 403, "", "Order entry is disabled on this stream."),
        Reason::Halted => (FILTER, 400, "symbol", "Market is closed."),
        Reason::Mode => (None, 400, "symbol", "This symbol does not allow this order now."),
        Reason::BadValue => (FILTER, 400, "", "Invalid price or quantity."),
        Reason::Overflow => (FILTER, 400, "", "Price or quantity is too large."),
        Reason::Tick => (FILTER, 400, "price", PRICE),
        Reason::Lot | Reason::Quantity => (FILTER, 400, "quantity", LOT),
        Reason::Notional => (FILTER, 400, "", "Filter failure: NOTIONAL"),
        Reason::PriceBand => (FILTER, 400, "price", "Filter failure: PERCENT_PRICE"),
        Reason::RateLimited => (Some(Code::TooManyOrders), 429, "", "Too many new orders."),
        Reason::OpenOrders => (FILTER, 400, "", "Filter failure: MAX_NUM_ORDERS"),
        Reason::OrderValue => (None, 400, "", "The order's value exceeds the account's limit."),
        Reason::PositionLimit => (FILTER, 400, "", "Filter failure: MAX_POSITION"),
        Reason::Exposure => (None, 400, "", "The account's exposure would exceed its limit."),
        Reason::DailyValue => (None, 400, "", "The day's order value would exceed its limit."),
        Reason::LossLimit => (None, 400, "", "The day's loss has reached the account's limit."),
        Reason::ReduceOnly => (None, 400, "", "ReduceOnly Order is rejected."),
        Reason::Leverage => (None, 400, "", "The leverage would exceed its limit."),
        Reason::StaleMark => (None, 400, "", "The mark price is too old to take on risk."),
        Reason::InsufficientFunds | Reason::NoShort | Reason::InsufficientBalance => {
            (None, 400, "", FUNDS)
        }
        Reason::SelfTrade => (None, 400, "", "Order would trade with the account's own order."),
        Reason::PostOnly => (None, 400, "", "Order would immediately match and take."),
        Reason::Fok => (None, 400, "", "Order would not be filled completely at once."),
        Reason::MinQuantity => (None, 400, "", "Order would not be filled enough at once."),
        Reason::NoLiquidity => (None, 400, "", "The other side of the book is empty."),
        Reason::UnknownOrder => (None, 404, "", "Unknown order sent."),
        Reason::TooLate => (None, 400, "", "Unknown order sent."),
        Reason::UnknownAccount => (Some(Code::Key), 401, "", "No such account."),
        Reason::UnknownSymbol => (Some(Code::Symbol), 404, "symbol", "Invalid symbol."),
        Reason::UnknownCurrency => (Some(Code::Symbol), 404, "", "No such currency."),
        Reason::UnknownSession => (Some(Code::Unauthorized), 404, "", "No such session."),
        Reason::Exists => (None, 409, "", "That name is taken."),
        Reason::Limit => (None, 400, "", "The venue holds no more of these."),
    }
}

impl RequestError {
    /// A refusal that the engine gave, with its values in words.
    pub fn refused(rejected: &Rejected, refusal: Refusal) -> Self {
        let error = Self::because(Asked::of(rejected.command), rejected.reason);
        let reason = ReasonShown {
            word: rejected.reason.word(),
            limit: refusal.limit,
            observed: refusal.observed,
        };
        Self { fix: refusal.message.into(), reason: Some(Box::new(reason)), ..error }
    }

    /// A refusal that the door gives for one of the engine's reasons.
    pub fn because(asked: Asked, reason: Reason) -> Self {
        let (code, status, field, message) = row(reason);
        Self::about(code.unwrap_or(asked.code()), field, "")
            .saying(match asked {
                Asked::Find => Code::NoSuchOrder.message(),
                Asked::Enter | Asked::Cancel => message,
            })
            .with_status(status)
            .with_word(reason.word())
    }
}

/// Invariant: a command's number is what a refusal names it by.
const _: fn(&Command) -> u8 = Command::number;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_code_and_a_status_of_its_class() {
        // GWY-012
        for &reason in Reason::ALL {
            for asked in [Asked::Enter, Asked::Cancel] {
                let error = RequestError::because(asked, reason);
                assert!((400..500).contains(&error.status), "{reason:?}");
                assert!(!error.message.is_empty() && !error.message.contains('{'), "{reason:?}");
                assert_eq!(error.reason.unwrap().word, reason.word());
            }
        }
        use {Asked as A, Reason as R};
        for (asked, reason, code, status) in [
            (A::Enter, R::DuplicateId, -2010, 409),
            (A::Enter, R::Permission, -2010, 403),
            (A::Cancel, R::Permission, -2011, 403),
            (A::Enter, R::Tick, -1013, 400),
            (A::Enter, R::RateLimited, -1015, 429),
            (A::Cancel, R::UnknownOrder, -2011, 404),
            (A::Cancel, R::TooLate, -2011, 400),
            (A::Find, R::UnknownOrder, -2013, 404),
            (A::Enter, R::UnknownSymbol, -1121, 404),
        ] {
            let error = RequestError::because(asked, reason);
            assert_eq!((error.code.number(), error.status), (code, status), "{reason:?}");
        }
    }

    #[test]
    fn messages_that_libraries_know_are_theirs_to_the_letter() {
        // What ccxt maps to its own errors by exact comparison.
        for (reason, message) in [
            (Reason::PostOnly, "Order would immediately match and take."),
            (Reason::InsufficientFunds, "Account has insufficient balance for requested action."),
            (Reason::Halted, "Market is closed."),
            (Reason::UnknownOrder, "Unknown order sent."),
            (Reason::Lot, "Filter failure: LOT_SIZE"),
        ] {
            assert_eq!(RequestError::because(Asked::Enter, reason).message, message);
        }
    }
}
