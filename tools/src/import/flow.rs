//! The common form of a recording: the market it was made on, and step by step the commands that
//! were sent and what the exchange did. Every source is read into it; the writer of scenarios and
//! the checker know nothing else.
//!
//! Recorded traders are anonymous. All buys are given to one account and all sells to another, so
//! no order ever meets one of its own account and funds never run out.

use ringside_protocol::{Name, Side, TimeInForce, Timestamp};

use super::error::RowError;

/// What was recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Recording {
    /// Where.
    pub(super) market: Market,
    /// What happened, in order.
    pub(super) steps: Vec<Step>,
    /// What the reader did beyond taking rows as they are, a sentence each.
    pub(super) notes: Vec<String>,
}

/// The instrument and its currencies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Market {
    /// The instrument's symbol.
    pub(super) symbol: Name,
    /// What is traded.
    pub(super) base: Money,
    /// What is paid.
    pub(super) quote: Money,
    /// One tick in units of 10^−12 quote.
    pub(super) tick: u64,
    /// One lot in units of 10^−12 base.
    pub(super) lot: u64,
}

impl Market {
    /// A stock that trades in cents and whole shares.
    pub(super) fn of_shares(symbol: &str) -> Result<Self, RowError> {
        const CENT: u64 = 10_000_000_000;
        const SHARE: u64 = 1_000_000_000_000;
        let unusable = |what: String| RowError::new(what, "rename the symbol in the recording");
        let named = |text: &str| {
            Name::parse(text).map_err(|error| unusable(format!("the symbol `{text}` {error}")))
        };
        if symbol == "USD" {
            return Err(unusable("the symbol is that of the dollars it is paid in".to_owned()));
        }
        Ok(Self {
            symbol: named(&format!("{symbol}/USD"))?,
            base: Money { code: named(symbol)?, scale: 0 },
            quote: Money { code: named("USD")?, scale: 2 },
            tick: CENT,
            lot: SHARE,
        })
    }
}

/// A currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Money {
    /// Its code.
    pub(super) code: Name,
    /// Its decimals.
    pub(super) scale: u8,
}

/// A recorded moment: what is sent, then what the exchange did about it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Step {
    /// When.
    pub(super) time: Timestamp,
    /// The line of the recording, from 1; 0 for what was there before its first.
    pub(super) line: u64,
    /// The commands.
    pub(super) actions: Vec<Action>,
    /// What the step's last action executed, where the recording tells: whose order, how much.
    pub(super) fills: Option<Vec<Fill>>,
    /// Trades that the exchange printed.
    pub(super) prints: Vec<Print>,
    /// The book as the exchange showed it.
    pub(super) seen: Vec<Seen>,
}

/// One command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Action {
    /// The order's side, which tells whose it is.
    pub(super) side: Side,
    /// The order.
    pub(super) id: Name,
    /// What becomes of it.
    pub(super) kind: ActionKind,
}

/// What becomes of an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ActionKind {
    /// It is entered: ticks, lots, and how long it lives.
    Enter { price: u64, quantity: u64, time_in_force: TimeInForce },
    /// It gets a new total quantity, executions included, and maybe a new price.
    Amend { price: Option<u64>, quantity: u64 },
    /// It is cancelled.
    Cancel,
}

impl Action {
    /// An order that rests until cancelled.
    pub(super) const fn rest(id: Name, side: Side, price: u64, quantity: u64) -> Self {
        let kind = ActionKind::Enter { price, quantity, time_in_force: TimeInForce::Gtc };
        Self { side, id, kind }
    }

    /// An order that takes what it can up to its limit.
    pub(super) const fn take(id: Name, side: Side, price: u64, quantity: u64) -> Self {
        let kind = ActionKind::Enter { price, quantity, time_in_force: TimeInForce::Ioc };
        Self { side, id, kind }
    }

    /// A new total quantity, at the price it has.
    pub(super) const fn resize(id: Name, side: Side, quantity: u64) -> Self {
        Self { side, id, kind: ActionKind::Amend { price: None, quantity } }
    }

    /// A new price and total quantity.
    pub(super) const fn reprice(id: Name, side: Side, price: u64, quantity: u64) -> Self {
        Self { side, id, kind: ActionKind::Amend { price: Some(price), quantity } }
    }

    /// The order's end.
    pub(super) const fn cancel(id: Name, side: Side) -> Self {
        Self { side, id, kind: ActionKind::Cancel }
    }
}

/// One execution of a resting order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Fill {
    /// The resting order, by its recorded name ([`recorded`]).
    pub(super) id: Name,
    /// Ticks.
    pub(super) price: u64,
    /// Lots.
    pub(super) quantity: u64,
}

/// One trade, as everybody saw it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Print {
    /// Ticks.
    pub(super) price: u64,
    /// Lots.
    pub(super) quantity: u64,
}

/// The top of the book, as the exchange showed it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Seen {
    /// The line of the file that shows it, from 1.
    pub(super) line: u64,
    /// Which figure it counts for.
    pub(super) figure: Figure,
    /// Where the book was shown while the step's order was executing: lots executed by then.
    pub(super) executed_lots: Option<u64>,
    /// How many levels a side are compared.
    pub(super) levels: usize,
    /// The sides compared, best level first.
    pub(super) sides: Vec<(Side, Vec<Level>)>,
}

/// One price of one side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Level {
    /// Ticks.
    pub(super) price: u64,
    /// Lots.
    pub(super) quantity: u64,
    /// Orders, where they are told.
    pub(super) orders: Option<u32>,
}

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Figure {
    /// Trades printed by the exchange that the engine made too, in order.
    Trades,
    /// Orders that took liquidity and met the same resting orders, in order, for as much.
    FillLists,
    /// Best bids and best asks: price and quantity.
    BestSides,
    /// Best bids: price and quantity.
    BestBids,
    /// Best asks: price and quantity.
    BestAsks,
    /// Whole rows: every level compared.
    Rows,
}

/// The name of an order that is entered more than once: the recorded name, then which time.
pub(super) fn again(id: Name, time: u32) -> Name {
    parsed(&format!("{}.{time}", recorded(id)))
}

/// The recorded name in an order's name: what stands before the first point.
pub(super) fn recorded(id: Name) -> Name {
    id.as_str().split_once('.').map_or(id, |(recorded, _)| parsed(recorded))
}

/// A recorded number as an order's name.
pub(super) fn numbered(number: u64) -> Name {
    parsed(&number.to_string())
}

/// A name that this module's own text makes: always short and plain.
pub(super) fn parsed(text: &str) -> Name {
    Name::parse(text).expect("Invariant: names made of short words and numbers are allowed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_symbol_becomes_a_market_or_says_why_not() {
        let market = Market::of_shares("AAPL").unwrap();
        assert_eq!((market.symbol.as_str(), market.base.code.as_str()), ("AAPL/USD", "AAPL"));
        for (symbol, what) in [
            ("", "the symbol `` is empty; 1 to 36 characters are allowed"),
            ("USD", "the symbol is that of the dollars it is paid in"),
            (
                "A B",
                "the symbol `A B/USD` has the character ' '; allowed are A-Z a-z 0-9 . _ : / -",
            ),
            (
                "THIRTY-THREE-CHARACTERS-ARE-TOO-L",
                "the symbol `THIRTY-THREE-CHARACTERS-ARE-TOO-L/USD` has 37 characters; \
                 at most 36 are allowed",
            ),
        ] {
            let error = Market::of_shares(symbol).map(|market| market.symbol).unwrap_err();
            assert_eq!(error.what, what);
        }
    }

    #[test]
    fn an_order_entered_again_keeps_its_recorded_name() {
        let id = numbered(65_595_247);
        assert_eq!(recorded(id), id);
        assert_eq!(again(id, 2).as_str(), "65595247.2");
        assert_eq!(again(again(id, 2), 3).as_str(), "65595247.3");
        assert_eq!(recorded(again(id, 2)), id);
    }
}
