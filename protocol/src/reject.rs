//! Why the venue says no. The numbers are stable, and their order is the order of the checks: when
//! several rules are broken the refusal names the first (X-RSK-002).

use serde::{Deserialize, Serialize};
use zerocopy::{Immutable, IntoBytes, KnownLayout, TryFromBytes};

/// What the `limit` and `observed` of a refusal count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// The rule has no numbers.
    None,
    /// Things: orders, commands, numbers of a stream.
    Count,
    /// Ticks of the instrument's price.
    Ticks,
    /// Lots of the instrument.
    Lots,
    /// Smallest units of the instrument's quote currency.
    Quote,
    /// Smallest units of the instrument's base currency.
    Base,
    /// Smallest units of the currency the command names.
    Currency,
    /// Units of 10^−12 of the quote currency, whichever it is.
    Value,
    /// `limit` counts orders a second, `observed` is the nanoseconds to wait.
    Rate,
    /// `observed` is the original order, `limit` its status.
    Order,
}

macro_rules! reasons {
    ($($number:literal $name:ident $word:literal $unit:ident $sentence:literal;)*) => {
        /// Why a command was refused, in the order the checks run.
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, TryFromBytes, IntoBytes,
            Immutable, KnownLayout, Serialize, Deserialize,
        )]
        #[repr(u16)]
        pub enum Reason {
            $(#[doc = $sentence] $name = $number,)*
        }

        impl Reason {
            /// Every reason, in the order the checks run.
            pub const ALL: &'static [Reason] = &[$(Reason::$name),*];

            /// The reason with this stable number.
            pub const fn from_number(number: u16) -> Option<Self> {
                match number { $($number => Some(Self::$name),)* _ => None }
            }

            /// The word that stands for it on every door.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// What its `limit` and `observed` count.
            pub const fn unit(self) -> Unit {
                match self { $(Self::$name => Unit::$unit,)* }
            }

            /// The sentence for people; `{limit}` and `{observed}` stand for the two values.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)* }
            }
        }
    };
}

reasons! {
    // Before everything: was it here before?
    10 DuplicateId "DUPLICATE_ID" Order
        "the client order id was used before, by order {observed} ({limit}); use a new id";
    11 UserRefGap "USER_REF_GAP" Count
        "the UserRefNum {observed} is too far ahead; the highest accepted now is {limit}";
    // Kill switch, then who may do what.
    20 Killed "KILLED" None "the kill switch is on; new orders are refused until it is lifted";
    21 Permission "PERMISSION" None
        "the account, key or session does not permit this; ask for the permission or reconnect";
    22 EntryDisabled "ENTRY_DISABLED" None
        "order entry was disabled on this stream; enable it";
    // The instrument's state.
    30 Halted "HALTED" None "the instrument is halted; only cancels are accepted";
    31 Mode "MODE" None "the instrument's state does not allow this kind of command now";
    // Filters: the shape of the request.
    40 BadValue "BAD_VALUE" None "a value is missing, zero, negative or not allowed here";
    41 Overflow "OVERFLOW" None
        "a number or a product of numbers is larger than the venue computes with";
    42 Tick "TICK" None "the price is not a whole number of ticks";
    43 Lot "LOT" None "the quantity is not a whole number of lots";
    44 Quantity "QUANTITY" Lots
        "the quantity {observed} is outside the instrument's limit {limit}";
    45 Notional "NOTIONAL" Quote "the value {observed} is outside the instrument's limit {limit}";
    46 PriceBand "PRICE_BAND" Ticks "the price {observed} is outside the band that ends at {limit}";
    // Risk: limits of the account.
    60 RateLimited "RATE_LIMITED" Rate
        "more than {limit} orders and amends in a second; wait {observed} ns";
    61 OpenOrders "OPEN_ORDERS" Count "{observed} open orders would exceed the limit of {limit}";
    62 OrderValue "ORDER_VALUE" Value "the order's value {observed} exceeds the limit {limit}";
    63 PositionLimit "POSITION_LIMIT" Lots
        "the worst-case position {observed} would exceed the limit {limit}";
    64 Exposure "EXPOSURE" Value "the exposure {observed} would exceed the limit {limit}";
    65 DailyValue "DAILY_VALUE" Value
        "the day's order value {observed} would exceed the limit {limit}";
    66 LossLimit "LOSS_LIMIT" Quote "the day's loss {observed} has reached the limit {limit}";
    67 ReduceOnly "REDUCE_ONLY" None "the order would not reduce the position";
    68 Leverage "LEVERAGE" Count "the leverage {observed} would exceed the limit {limit}";
    69 StaleMark "STALE_MARK" None "the mark price is too old to take on risk";
    // Funds.
    80 InsufficientFunds "INSUFFICIENT_FUNDS" Quote "needs {observed}, available is {limit}";
    81 NoShort "NO_SHORT" Base "needs {observed} to sell, available is {limit}";
    82 InsufficientBalance "INSUFFICIENT_BALANCE" Currency "needs {observed}, available is {limit}";
    // The meeting with the book.
    100 SelfTrade "SELF_TRADE" None "the order would trade with the account's own order";
    101 PostOnly "POST_ONLY" Ticks
        "a post-only order at {observed} would take the resting order at {limit}";
    102 Fok "FOK" Lots "only {limit} of {observed} can be executed at once";
    103 MinQuantity "MIN_QUANTITY" Lots
        "only {limit} of at least {observed} can be executed at once";
    104 NoLiquidity "NO_LIQUIDITY" None "the other side of the book is empty";
    // Cancels and amends.
    120 UnknownOrder "UNKNOWN_ORDER" None "no order of this account has that id";
    121 TooLate "TOO_LATE" Order "order {observed} is already {limit}";
    // Set-up.
    140 UnknownAccount "UNKNOWN_ACCOUNT" None "no such account";
    141 UnknownSymbol "UNKNOWN_SYMBOL" None "no such instrument";
    142 UnknownCurrency "UNKNOWN_CURRENCY" None "no such currency";
    143 UnknownSession "UNKNOWN_SESSION" None "no such session of this account";
    144 Exists "EXISTS" None "that name is taken";
    145 Limit "LIMIT" Count "the venue holds at most {limit} of these";
}

impl Reason {
    /// True where `limit` and `observed` mean something.
    pub const fn has_values(self) -> bool {
        !matches!(self.unit(), Unit::None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_order_of_the_checks_and_find_their_reason_again() {
        // RSK-029
        assert!(Reason::ALL.is_sorted());
        for &reason in Reason::ALL {
            assert_eq!(Reason::from_number(reason as u16), Some(reason));
            let shows_values = reason.sentence().contains('{');
            assert_eq!(shows_values, reason.has_values(), "{reason:?}");
        }
    }
}
