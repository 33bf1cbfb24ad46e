//! What the venue answers. Every message carries its time: nanoseconds past midnight UTC, the
//! sequenced time of the command that caused it.

use super::appendage::{
    ACCEPTED_TAGS, MASS_CANCEL_TAGS, ORDER_ENTRY_TAGS, REPLACED_TAGS, RESTATED_TAGS,
};
use super::{
    Alpha, Appendages, BreakReason, CancelCode, Capacity, ClientId, CrossType, Display, EventCode,
    Firm, LiquidityFlag, OrderState, RestateReason, Side, Sweep, Symbol, TimeInForce, WireError,
    Zero,
};
use crate::wire::layout::messages;

messages! {
    /// Everything the venue answers.
    Outbound {
        /// The venue's day begins or ends.
        SystemEvent = 'S' {
            time: u64 = "Timestamp" "nanoseconds past midnight UTC",
            event: EventCode = "EventCode" "what happened",
        };

        /// An order was accepted, with the terms it has.
        Accepted = 'A' {
            time: u64 = "Timestamp" "nanoseconds past midnight UTC",
            user_ref: u32 = "UserRefNum" "the order",
            side: Side = "Side" "buy or sell",
            quantity: u32 = "Quantity" "lots",
            symbol: Symbol = "Symbol" "the wire symbol",
            price: u64 = "Price" "ticks; `MARKET_PRICE` for a market order",
            time_in_force: TimeInForce = "TimeInForce" "how long it lives",
            display: Display = "Display" "who sees it",
            order: u64 = "OrderReferenceNumber" "the venue's number of it",
            capacity: Capacity = "Capacity" "always `O`",
            sweep: Sweep = "InterMarketSweepEligibility" "always `N`",
            cross: CrossType = "CrossType" "always `N`",
            state: OrderState = "OrderState" "whether it lives",
            client_id: ClientId = "ClOrdID" "as entered",
        } with ACCEPTED_TAGS;

        /// An order was put in the place of another.
        Replaced = 'U' {
            time: u64 = "Timestamp" "nanoseconds past midnight UTC",
            original_user_ref: u32 = "OrigUserRefNum" "the order that is gone",
            user_ref: u32 = "UserRefNum" "the one in its place",
            side: Side = "Side" "buy or sell",
            quantity: u32 = "Quantity" "lots still open",
            symbol: Symbol = "Symbol" "the wire symbol",
            price: u64 = "Price" "ticks; `MARKET_PRICE` for a market order",
            time_in_force: TimeInForce = "TimeInForce" "how long it lives",
            display: Display = "Display" "who sees it",
            order: u64 = "OrderReferenceNumber" "the venue's number of it",
            capacity: Capacity = "Capacity" "always `O`",
            sweep: Sweep = "InterMarketSweepEligibility" "always `N`",
            cross: CrossType = "CrossType" "always `N`",
            state: OrderState = "OrderState" "whether it lives",
            client_id: ClientId = "ClOrdID" "as entered",
        } with REPLACED_TAGS;

        /// An order was reduced or ended.
        Canceled = 'C' {
            time: u64 = "Timestamp" "nanoseconds past midnight UTC",
            user_ref: u32 = "UserRefNum" "the order",
            quantity: u32 = "Quantity" "lots just taken off",
            reason: CancelCode = "Reason" "why",
        };

        /// An order was reduced or ended because it met one of its own account.
        AiqCanceled = 'D' {
            time: u64 = "Timestamp" "nanoseconds past midnight UTC",
            user_ref: u32 = "UserRefNum" "the order",
            quantity: u32 = "DecrementShares" "lots just taken off",
            reason: CancelCode = "Reason" "always `SelfMatch`",
            prevented: u32 = "QuantityPreventedFromTrading" "lots that would have traded",
            price: u64 = "ExecutionPrice" "ticks at which they would have",
            liquidity: LiquidityFlag = "LiquidityFlag" "the part it would have had",
            strategy: Alpha<1> = "AIQStrategy" "as entered; blank: the account's mode",
        };

        /// An order traded.
        Executed = 'E' {
            time: u64 = "Timestamp" "nanoseconds past midnight UTC",
            user_ref: u32 = "UserRefNum" "the order",
            quantity: u32 = "Quantity" "lots of this trade",
            price: u64 = "Price" "ticks",
            liquidity: LiquidityFlag = "LiquidityFlag" "which part it had",
            trade: u64 = "MatchNumber" "the trade both sides share",
            no_appendage: Zero<2> = "AppendageLength" "there is none",
        };

        /// A trade is no longer good.
        BrokenTrade = 'B' {
            time: u64 = "Timestamp" "nanoseconds past midnight UTC",
            user_ref: u32 = "UserRefNum" "the order",
            trade: u64 = "MatchNumber" "the trade",
            reason: BreakReason = "Reason" "why",
            client_id: ClientId = "ClOrdID" "of the order",
        };

        /// An order, a replacement or a request was refused.
        Rejected = 'J' {
            time: u64 = "Timestamp" "nanoseconds past midnight UTC",
            user_ref: u32 = "UserRefNum" "what was refused",
            reason: u16 = "Reason" "a number of `codes`, or 0x1000 + a `Reason`'s number",
            client_id: ClientId = "ClOrdID" "blank",
        };

        /// A cancel will be carried out when it can be.
        CancelPending = 'P' {
            time: u64 = "Timestamp" "nanoseconds past midnight UTC",
            user_ref: u32 = "UserRefNum" "the order",
        };

        /// A cancel cannot be carried out.
        CancelReject = 'I' {
            time: u64 = "Timestamp" "nanoseconds past midnight UTC",
            user_ref: u32 = "UserRefNum" "the order",
        };

        /// An order has another place in the queue.
        PriorityUpdate = 'T' {
            time: u64 = "Timestamp" "nanoseconds past midnight UTC",
            user_ref: u32 = "UserRefNum" "the order",
            price: u64 = "Price" "ticks",
            display: Display = "Display" "who sees it",
            order: u64 = "OrderReferenceNumber" "the venue's new number of it",
        };

        /// An order was changed in place.
        Modified = 'M' {
            time: u64 = "Timestamp" "nanoseconds past midnight UTC",
            user_ref: u32 = "UserRefNum" "the order",
            side: Side = "Side" "as it now is",
            quantity: u32 = "Quantity" "lots still open",
        };

        /// An order as it now is.
        Restated = 'R' {
            time: u64 = "Timestamp" "nanoseconds past midnight UTC",
            user_ref: u32 = "UserRefNum" "the order",
            reason: RestateReason = "Reason" "why",
        } with RESTATED_TAGS;

        /// A mass cancel was taken; what it cancels follows.
        MassCancelResponse = 'X' {
            time: u64 = "Timestamp" "nanoseconds past midnight UTC",
            user_ref: u32 = "UserRefNum" "the request",
            firm: Firm = "Firm" "as asked",
            symbol: Symbol = "Symbol" "as asked",
        } with MASS_CANCEL_TAGS;

        /// Orders are no longer taken.
        DisableResponse = 'G' {
            time: u64 = "Timestamp" "nanoseconds past midnight UTC",
            user_ref: u32 = "UserRefNum" "the request",
            firm: Firm = "Firm" "as asked",
        } with ORDER_ENTRY_TAGS;

        /// Orders are taken again.
        EnableResponse = 'K' {
            time: u64 = "Timestamp" "nanoseconds past midnight UTC",
            user_ref: u32 = "UserRefNum" "the request",
            firm: Firm = "Firm" "as asked",
        } with ORDER_ENTRY_TAGS;

        /// Which `UserRefNum` comes next.
        AccountQueryResponse = 'Q' {
            time: u64 = "Timestamp" "nanoseconds past midnight UTC",
            next_user_ref: u32 = "NextUserRefNum" "the lowest number not used yet",
        };
    }
}

impl Outbound {
    /// The message that all of `bytes` is.
    ///
    /// # Errors
    /// [`WireError`] says what is wrong and where.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        Self::parse(bytes)
    }
}
