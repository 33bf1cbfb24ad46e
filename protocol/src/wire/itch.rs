//! ITCH 5.0 market data, order by order, in the dialect that `protocol/doc/itch.md` draws: prices
//! are ticks, quantities are lots, and a message of our own says what ticks and lots are worth.
//!
//! Bytes become records and records bytes. What a book looks like after a message, and which
//! messages an event makes, this never knows.
//!
//! ```
//! use ringside_protocol::Timestamp;
//! use ringside_protocol::wire::itch::{DayTime, Delete, Message};
//!
//! let time = DayTime::of(Timestamp(1));
//! let delete = Delete { locate: 1, tracking: 0, time, order: 7 };
//! let mut bytes = Vec::new();
//! Message::from(delete).encode(&mut bytes);
//! assert_eq!(bytes.len(), 19);
//! assert_eq!(Message::decode(&bytes), Ok(Message::Delete(delete)));
//! ```

#[cfg(test)]
mod tests;

use super::layout::{Field, digits, letters, messages, number};
pub use super::{Alpha, Fault, WireError};
use crate::{InstrumentState, Timestamp};

/// The instrument's wire symbol.
pub type Symbol = Alpha<8>;
/// A symbol or a currency's code in full.
pub type FullName = Alpha<36>;

/// Nanoseconds past midnight UTC, below one day; six bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct DayTime(u64);

impl DayTime {
    /// The time of day of a venue time.
    pub const fn of(time: Timestamp) -> Self {
        Self(time.0 % Timestamp::DAY)
    }

    /// Nanoseconds past midnight UTC.
    pub const fn nanoseconds(self) -> u64 {
        self.0
    }
}

impl Field for DayTime {
    const BYTES: usize = 6;
    const ALLOWED: &'static str = "less than 86,400,000,000,000 ns past midnight";

    fn get(bytes: &[u8]) -> Result<Self, usize> {
        let time = bytes.iter().fold(0, |time, &byte| time << 8 | u64::from(byte));
        if time < Timestamp::DAY { Ok(Self(time)) } else { Err(0) }
    }

    fn put(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0.to_be_bytes()[2..]);
    }

    #[cfg(test)]
    fn sample(entropy: &mut super::sample::Entropy<'_>) -> Self {
        Self::of(Timestamp(u64::sample(entropy)))
    }
}

/// A sequence number in 20 ASCII digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct SequenceText(pub u64);

impl Field for SequenceText {
    const BYTES: usize = 20;
    const ALLOWED: &'static str = "digits below 2^64, padded with spaces";

    fn get(bytes: &[u8]) -> Result<Self, usize> {
        number(bytes).map(Self)
    }

    fn put(self, out: &mut Vec<u8>) {
        digits::<{ Self::BYTES }>(self.0, out);
    }

    #[cfg(test)]
    fn sample(entropy: &mut super::sample::Entropy<'_>) -> Self {
        Self(u64::sample(entropy))
    }
}

letters! {
    /// What happened to the venue.
    EventCode {
        /// The first message of a day.
        StartOfMessages = 'O',
        /// Orders are taken.
        StartOfSystemHours = 'S',
        /// The market is open.
        StartOfMarketHours = 'Q',
        /// The market is closed.
        EndOfMarketHours = 'M',
        /// No more orders.
        EndOfSystemHours = 'E',
        /// The last message of a day.
        EndOfMessages = 'C',
    }
    /// What may be done in an instrument.
    TradingState {
        /// Nothing.
        Halted = 'H',
        /// Nothing new.
        Paused = 'P',
        /// Orders that do not take.
        QuotationOnly = 'Q',
        /// Everything.
        Trading = 'T',
    }
    /// Whether it is for real.
    Authenticity {
        /// It is.
        Live = 'P',
        /// A test.
        Test = 'T',
    }
    /// The side of the book.
    Side {
        /// Buys.
        Buy = 'B',
        /// Sells.
        Sell = 'S',
    }
    /// Whether an execution counts as a print.
    Printable {
        /// It does.
        Yes = 'Y',
        /// It does not: it was or will be told otherwise.
        No = 'N',
    }
}

messages! {
    /// Everything the market data feed says.
    Message {
        /// The venue's day begins or ends.
        SystemEvent = 'S' {
            locate: u16 = "StockLocate" "0",
            tracking: u16 = "TrackingNumber" "0",
            time: DayTime = "Timestamp" "of the command that caused it",
            event: EventCode = "EventCode" "what happened",
        };

        /// An instrument; what its ticks and lots are worth follows in a [`Scales`] message.
        StockDirectory = 'R' {
            locate: u16 = "StockLocate" "the instrument's number on this feed",
            tracking: u16 = "TrackingNumber" "0",
            time: DayTime = "Timestamp" "of the command that caused it",
            stock: Symbol = "Stock" "the wire symbol",
            market_category: Alpha<1> = "MarketCategory" "blank",
            financial_status: Alpha<1> = "FinancialStatusIndicator" "blank",
            round_lot: u32 = "RoundLotSize" "lots in a round lot, 1",
            round_lots_only: Alpha<1> = "RoundLotsOnly" "N",
            classification: Alpha<1> = "IssueClassification" "blank",
            sub_type: Alpha<2> = "IssueSubType" "Z: none",
            authenticity: Authenticity = "Authenticity" "whether it is for real",
            short_sale_threshold: Alpha<1> = "ShortSaleThresholdIndicator" "blank",
            ipo: Alpha<1> = "IPOFlag" "blank",
            price_tier: Alpha<1> = "LULDReferencePriceTier" "blank",
            etp: Alpha<1> = "ETPFlag" "blank",
            etp_leverage: u32 = "ETPLeverageFactor" "0",
            inverse: Alpha<1> = "InverseIndicator" "N",
        };

        /// An instrument went to another state.
        TradingAction = 'H' {
            locate: u16 = "StockLocate" "the instrument's number on this feed",
            tracking: u16 = "TrackingNumber" "0",
            time: DayTime = "Timestamp" "of the command that caused it",
            stock: Symbol = "Stock" "the wire symbol",
            state: TradingState = "TradingState" "what may be done",
            reserved: Alpha<1> = "Reserved" "blank",
            reason: Alpha<4> = "Reason" "which of our states it is",
        };

        /// An order rests in the book.
        Add = 'A' {
            locate: u16 = "StockLocate" "the instrument's number on this feed",
            tracking: u16 = "TrackingNumber" "0",
            time: DayTime = "Timestamp" "of the command that caused it",
            order: u64 = "OrderReferenceNumber" "the venue's number of the order",
            side: Side = "BuySellIndicator" "its side",
            quantity: u32 = "Shares" "lots that rest",
            stock: Symbol = "Stock" "the wire symbol",
            price: u32 = "Price" "ticks",
        };

        /// A resting order traded at its price.
        Executed = 'E' {
            locate: u16 = "StockLocate" "the instrument's number on this feed",
            tracking: u16 = "TrackingNumber" "0",
            time: DayTime = "Timestamp" "of the command that caused it",
            order: u64 = "OrderReferenceNumber" "the resting order",
            quantity: u32 = "ExecutedShares" "lots of this trade",
            trade: u64 = "MatchNumber" "the trade",
        };

        /// A resting order traded at another price.
        ExecutedWithPrice = 'C' {
            locate: u16 = "StockLocate" "the instrument's number on this feed",
            tracking: u16 = "TrackingNumber" "0",
            time: DayTime = "Timestamp" "of the command that caused it",
            order: u64 = "OrderReferenceNumber" "the resting order",
            quantity: u32 = "ExecutedShares" "lots of this trade",
            trade: u64 = "MatchNumber" "the trade",
            printable: Printable = "Printable" "whether it counts as a print",
            price: u32 = "ExecutionPrice" "ticks",
        };

        /// A resting order shrank and kept its place.
        Cancel = 'X' {
            locate: u16 = "StockLocate" "the instrument's number on this feed",
            tracking: u16 = "TrackingNumber" "0",
            time: DayTime = "Timestamp" "of the command that caused it",
            order: u64 = "OrderReferenceNumber" "the resting order",
            quantity: u32 = "CanceledShares" "lots taken off",
        };

        /// A resting order left the book.
        Delete = 'D' {
            locate: u16 = "StockLocate" "the instrument's number on this feed",
            tracking: u16 = "TrackingNumber" "0",
            time: DayTime = "Timestamp" "of the command that caused it",
            order: u64 = "OrderReferenceNumber" "the order",
        };

        /// A resting order got other terms and lost its place; its side and instrument stay.
        Replace = 'U' {
            locate: u16 = "StockLocate" "the instrument's number on this feed",
            tracking: u16 = "TrackingNumber" "0",
            time: DayTime = "Timestamp" "of the command that caused it",
            original: u64 = "OriginalOrderReferenceNumber" "the order that left",
            order: u64 = "NewOrderReferenceNumber" "its number from now on",
            quantity: u32 = "Shares" "lots that rest",
            price: u32 = "Price" "ticks",
        };

        /// A trade in which no order that this feed showed took part.
        Trade = 'P' {
            locate: u16 = "StockLocate" "the instrument's number on this feed",
            tracking: u16 = "TrackingNumber" "0",
            time: DayTime = "Timestamp" "of the command that caused it",
            order: u64 = "OrderReferenceNumber" "0",
            side: Side = "BuySellIndicator" "side of the resting order",
            quantity: u32 = "Shares" "lots",
            stock: Symbol = "Stock" "the wire symbol",
            price: u32 = "Price" "ticks",
            trade: u64 = "MatchNumber" "the trade",
        };

        /// The snapshot is complete; the feed goes on at this number.
        SnapshotEnd = 'G' {
            sequence: SequenceText = "SequenceNumber" "of the feed's next message",
        };

        /// What an instrument's ticks and lots are worth; ours.
        Scales = 'd' {
            locate: u16 = "StockLocate" "the instrument's number on this feed",
            tracking: u16 = "TrackingNumber" "0",
            time: DayTime = "Timestamp" "of the command that caused it",
            symbol: FullName = "Symbol" "the symbol in full",
            stock: Symbol = "Stock" "the wire symbol",
            tick: u64 = "Tick" "one tick in units of 10^-12 of the quote currency",
            lot: u64 = "Lot" "one lot in units of 10^-12 of the base currency",
            base: FullName = "Base" "the code of the base currency",
            base_scale: u8 = "BaseScale" "decimals of its smallest unit",
            quote: FullName = "Quote" "the code of the quote currency",
            quote_scale: u8 = "QuoteScale" "decimals of its smallest unit",
        };
    }
}

impl Message {
    /// The message that all of `bytes` is.
    ///
    /// # Errors
    /// [`WireError`] says what is wrong and where.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        Self::parse(bytes)
    }
}

impl StockDirectory {
    /// An instrument of which the specification's fields have nothing to say.
    pub fn plain(locate: u16, time: DayTime, stock: Symbol, authenticity: Authenticity) -> Self {
        let no = Alpha::new("N").unwrap_or_default();
        Self {
            locate,
            tracking: 0,
            time,
            stock,
            market_category: Alpha::BLANK,
            financial_status: Alpha::BLANK,
            round_lot: 1,
            round_lots_only: no,
            classification: Alpha::BLANK,
            sub_type: Alpha::new("Z").unwrap_or_default(),
            authenticity,
            short_sale_threshold: Alpha::BLANK,
            ipo: Alpha::BLANK,
            price_tier: Alpha::BLANK,
            etp: Alpha::BLANK,
            etp_leverage: 0,
            inverse: no,
        }
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

/// The specification's state, and the reason that says which of ours it is.
pub fn trading_state(state: InstrumentState) -> (TradingState, Alpha<4>) {
    let (trading, reason) = match state {
        InstrumentState::Open => (TradingState::Trading, ""),
        InstrumentState::PostOnly => (TradingState::QuotationOnly, "POST"),
        InstrumentState::LimitOnly => (TradingState::Trading, "LMT"),
        InstrumentState::CancelOnly => (TradingState::Paused, "CXL"),
        InstrumentState::Halted => (TradingState::Halted, "HALT"),
        InstrumentState::Closed => (TradingState::Halted, "CLSD"),
        InstrumentState::Settled => (TradingState::Halted, "STLD"),
    };
    (trading, Alpha::new(reason).unwrap_or_default())
}
