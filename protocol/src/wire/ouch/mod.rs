//! OUCH 5.0 order entry, both directions, in the dialect that `protocol/doc/ouch.md` draws: prices
//! are ticks, quantities are lots, times are nanoseconds past midnight UTC.
//!
//! Bytes become records and records bytes; what they mean, whether an order may stand, and which
//! numbers were used before, this never knows.
//!
//! ```
//! use ringside_protocol::wire::ouch::{Appendages, Cancel, Inbound};
//!
//! let cancel = Cancel { user_ref: 7, quantity: 0, appendages: Appendages::NONE };
//! let mut bytes = Vec::new();
//! Inbound::from(cancel).encode(&mut bytes);
//! assert_eq!(bytes, [b'X', 0, 0, 0, 7, 0, 0, 0, 0]);
//! assert_eq!(Inbound::decode(&bytes), Ok(Inbound::Cancel(cancel)));
//! ```

mod appendage;
#[cfg(test)]
mod golden;
mod inbound;
mod outbound;
mod reject;
#[cfg(test)]
mod tests;

use super::layout::letters;
pub use super::{Alpha, Fault, WireError, Zero};
use crate::Liquidity;
pub use appendage::*;
pub use inbound::*;
pub use outbound::*;
pub use reject::*;

/// The price that stands for "at market": $214,748.3647 in the specification. It is no limit price
/// here either: an order at this many ticks cannot be entered on this door.
pub const MARKET_PRICE: u64 = 0x7FFF_FFFF;

/// The instrument's wire symbol.
pub type Symbol = Alpha<8>;
/// The client's name of an order (`ClOrdID`); echoed, never looked at.
pub type ClientId = Alpha<14>;
/// The firm (`MPID`); blank means the account's own.
pub type Firm = Alpha<4>;

letters! {
    /// Which side, and for sells how it stands to the position.
    Side {
        /// Buys.
        Buy = 'B',
        /// Sells.
        Sell = 'S',
        /// Sells short; here the same as a sell.
        SellShort = 'T',
        /// Sells short, exempt; here the same as a sell.
        SellShortExempt = 'E',
    }
    /// How long an order lives. Good till cancelled is [`Appendages::good_till_cancel`].
    TimeInForce {
        /// Until the venue day ends.
        Day = '0',
        /// Executes what it can, the rest is cancelled. With `MinQty` = quantity: fill or kill.
        ImmediateOrCancel = '3',
        /// Extended hours.
        ExtendedHours = '5',
        /// Until [`Appendages::expire_time`] or [`Appendages::expire_at`].
        GoodTillTime = '6',
        /// After hours.
        AfterHours = 'E',
    }
    /// Who sees an order.
    Display {
        /// Everybody.
        Visible = 'Y',
        /// Nobody.
        Hidden = 'N',
        /// Everybody, with the firm.
        Attributable = 'A',
        /// As the venue decides; in answers only.
        Conformant = 'Z',
    }
    /// In which capacity the firm acts; echoed.
    Capacity {
        /// For a customer.
        Agency = 'A',
        /// For itself.
        Principal = 'P',
        /// For a customer, through its own account.
        Riskless = 'R',
        /// Otherwise.
        Other = 'O',
    }
    /// Whether it is an intermarket sweep order; echoed.
    Sweep {
        /// It is.
        Eligible = 'Y',
        /// It is not.
        NotEligible = 'N',
    }
    /// Which auction an order is for.
    CrossType {
        /// None: continuous trading.
        Continuous = 'N',
        /// The opening.
        Opening = 'O',
        /// The closing.
        Closing = 'C',
        /// After a halt.
        Halt = 'H',
        /// Supplemental.
        Supplemental = 'S',
        /// Retail.
        Retail = 'R',
        /// Extended life.
        ExtendedLife = 'E',
        /// The close after hours.
        AfterHours = 'A',
    }
    /// Whether an accepted order is still alive.
    OrderState {
        /// It rests, or may yet.
        Live = 'L',
        /// It ended with its acceptance.
        Dead = 'D',
    }
    /// What happened to the venue.
    EventCode {
        /// Orders are taken from now on.
        StartOfDay = 'S',
        /// No more orders; breaks and cancels may yet come.
        EndOfDay = 'E',
    }
    /// Which part an order had in a trade.
    LiquidityFlag {
        /// It was resting.
        Added = 'A',
        /// It was incoming.
        Removed = 'R',
    }
    /// Why an order was cancelled or reduced.
    CancelCode {
        /// Its owner asked.
        User = 'U',
        /// Nothing more to trade with.
        ImmediateOrCancel = 'I',
        /// Its time ran out.
        Timeout = 'T',
        /// The venue's operator.
        Supervisory = 'S',
        /// A rule forbids it to trade.
        Regulatory = 'D',
        /// It would have traded with its own account.
        SelfMatch = 'Q',
        /// The venue itself.
        System = 'Z',
        /// An auction did not execute it.
        Cross = 'C',
        /// A price collar.
        Collar = 'K',
        /// A halt.
        Halted = 'H',
        /// The opening's protection.
        OpenProtection = 'X',
        /// The day is over.
        Closed = 'E',
        /// Post-only, and the price would have slid.
        PostOnly = 'F',
        /// Post-only, and a displayed order stood against it.
        PostOnlyContra = 'G',
    }
    /// Why a trade was broken.
    BreakReason {
        /// Clearly erroneous.
        Erroneous = 'E',
        /// Both parties agreed.
        Consent = 'C',
        /// By the venue's operator.
        Supervisory = 'S',
        /// By a third party.
        External = 'X',
    }
    /// Why an order is announced anew.
    RestateReason {
        /// An iceberg's visible part was refreshed.
        Refresh = 'R',
        /// The displayed price changed.
        Price = 'P',
        /// A new venue day; ours. The order lives on under the `UserRefNum` this message has.
        NewDay = 'D',
    }
    /// How an order's price is made.
    PriceType {
        /// As given.
        Limit = 'L',
        /// Follows the other side's best price.
        MarketPeg = 'P',
        /// Follows its own side's best price.
        PrimaryPeg = 'R',
        /// Follows the middle.
        MidpointPeg = 'M',
    }
    /// Whether an order is refused if it would take liquidity.
    PostOnly {
        /// It is.
        Yes = 'P',
        /// It is not.
        No = 'N',
    }
    /// Yes or no.
    YesNo {
        /// Yes.
        Yes = 'Y',
        /// No.
        No = 'N',
    }
}

impl From<crate::Side> for Side {
    fn from(side: crate::Side) -> Self {
        match side {
            crate::Side::Buy => Self::Buy,
            crate::Side::Sell => Self::Sell,
        }
    }
}

/// Every kind of sell is a sell.
impl From<Side> for crate::Side {
    fn from(side: Side) -> Self {
        match side {
            Side::Buy => Self::Buy,
            Side::Sell | Side::SellShort | Side::SellShortExempt => Self::Sell,
        }
    }
}

impl From<Liquidity> for LiquidityFlag {
    fn from(liquidity: Liquidity) -> Self {
        match liquidity {
            Liquidity::Maker => Self::Added,
            Liquidity::Taker => Self::Removed,
        }
    }
}
