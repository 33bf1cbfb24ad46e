//! Instruments as the engine keeps them: the terms they were created with and what became of them.

use ringside_protocol::{
    AMOUNT_MAX, CurrencyId, FeeRate, Instrument, InstrumentKind, InstrumentState, Name, ScaleError,
    Scales, Side, Timestamp, UNITS_MAX,
};
use serde::{Deserialize, Serialize};

use crate::ledger::hold_per_lot;
use crate::query::Turnover;

/// Instruments the venue holds at most.
pub const INSTRUMENTS_MAX: usize = 65_536;
/// Currencies the venue holds at most.
pub const CURRENCIES_MAX: usize = 65_536;

/// A currency.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CurrencyTerms {
    /// Its code.
    pub code: Name,
    /// Decimals of its smallest unit.
    pub scale: u8,
}

/// The bounds of an order in ticks and lots, so that most pass with a few comparisons.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Bounds {
    /// Values from here on, ticks × lots, are large enough.
    min_value: u64,
    /// Values up to here are small enough, and so is their notional for the venue.
    max_value: u64,
    /// The larger of both fees, at least zero.
    pub(crate) worst_fee: FeeRate,
}

/// An instrument's terms and state.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct InstrumentTerms {
    /// Its symbol.
    pub symbol: Name,
    /// Its name on binary doors, padded with NUL.
    pub wire_symbol: [u8; 8],
    /// What is traded.
    pub base: CurrencyId,
    /// What is paid.
    pub quote: CurrencyId,
    /// One tick in units of 10^−12 quote.
    pub tick: u64,
    /// One lot in units of 10^−12 base.
    pub lot: u64,
    /// How ticks and lots become money.
    pub scales: Scales,
    /// Highest price in ticks.
    pub max_price: u64,
    /// Smallest order in lots.
    pub min_quantity: u64,
    /// Largest order in lots.
    pub max_quantity: u64,
    /// Smallest order value in smallest quote units.
    pub min_notional: i128,
    /// Largest order value in smallest quote units.
    pub max_notional: i128,
    /// What of those most orders are held against.
    pub(crate) bounds: Bounds,
    /// Fee of the resting side.
    pub maker_fee: FeeRate,
    /// Fee of the incoming side.
    pub taker_fee: FeeRate,
    /// Open orders of one account.
    pub max_open_orders: u32,
    /// What it allows now.
    pub state: InstrumentState,
    /// Its kill switch.
    pub killed: bool,
    /// The fair price in ticks, when its source saw it.
    pub mark: Option<(u64, Timestamp)>,
    /// The price of the last trade in ticks.
    pub last: Option<u64>,
    /// What was traded so far.
    pub turnover: Turnover,
}

impl InstrumentTerms {
    /// From the command that creates it.
    ///
    /// # Errors
    /// [`ScaleError`] where tick, lot and scales do not come out whole.
    pub(crate) fn new(
        command: &Instrument,
        base_scale: u8,
        quote_scale: u8,
    ) -> Result<Self, ScaleError> {
        let scales = Scales::new(command.tick, command.lot, base_scale, quote_scale)?;
        let or = |value: u64, absent: u64| if value == 0 { absent } else { value.min(UNITS_MAX) };
        Ok(Self {
            symbol: command.symbol,
            wire_symbol: command.wire_symbol,
            base: command.base,
            quote: command.quote,
            tick: command.tick,
            lot: command.lot,
            scales,
            bounds: Bounds::new(command, &scales),
            max_price: or(command.max_price, UNITS_MAX),
            min_quantity: or(command.min_quantity, 1),
            max_quantity: or(command.max_quantity, UNITS_MAX),
            min_notional: command.min_notional.units(),
            max_notional: match command.max_notional.units() {
                0 => i128::MAX,
                units => units,
            },
            maker_fee: command.maker_fee,
            taker_fee: command.taker_fee,
            max_open_orders: match command.max_open_orders {
                0 => u32::MAX,
                count => count,
            },
            state: InstrumentState::Open,
            killed: false,
            mark: None,
            last: None,
            turnover: Turnover::default(),
        })
    }

    /// The command that creates an instrument of these terms.
    pub(crate) fn creation(&self) -> Instrument {
        let or_none = |value: i128| if value == i128::MAX { 0 } else { value };
        Instrument {
            symbol: self.symbol,
            wire_symbol: self.wire_symbol,
            base: self.base,
            quote: self.quote,
            kind: InstrumentKind::Spot,
            reserved: [0; 3],
            tick: self.tick,
            lot: self.lot,
            max_price: self.max_price,
            min_quantity: self.min_quantity,
            max_quantity: self.max_quantity,
            min_notional: self.min_notional.into(),
            max_notional: or_none(self.max_notional).into(),
            maker_fee: self.maker_fee,
            taker_fee: self.taker_fee,
            max_open_orders: self.max_open_orders,
            reserved_2: 0,
        }
    }

    /// Whether both are the same but for what became of them.
    pub(crate) fn agrees(&self, other: &Self) -> bool {
        let Self { state, killed, mark, last, turnover, .. } = *other;
        Self { state, killed, mark, last, turnover, ..self.clone() } == *other
    }

    /// What an order of this side and price holds for each lot; `None` beyond 64 bits.
    pub(crate) fn hold_per_lot(&self, side: Side, price: u64) -> Option<u64> {
        match side {
            Side::Sell => Some(self.scales.base_per_lot),
            Side::Buy => hold_per_lot(price, self.scales.quote_per_tick_lot, self.worst_fee()),
        }
    }

    /// The larger of both fees, at least zero: what a buy's hold must cover.
    #[inline(always)]
    pub(crate) const fn worst_fee(&self) -> FeeRate {
        self.bounds.worst_fee
    }

    /// Whether an order of this price (0: none), quantity and value breaks no filter. Where it says
    /// no, the list of rules decides, and names the reason.
    #[inline(always)]
    pub(crate) fn surely_admits(&self, price: u64, quantity: u64, value: u128) -> bool {
        price <= self.max_price
            && self.min_quantity <= quantity
            && quantity <= self.max_quantity
            && u128::from(self.bounds.min_value) <= value
            && value <= u128::from(self.bounds.max_value)
    }

    /// The price positions are valued at: the mark, else the last trade.
    pub(crate) fn value_price(&self) -> Option<u64> {
        self.mark.map(|(price, _)| price).or(self.last)
    }
}

impl Bounds {
    fn new(command: &Instrument, scales: &Scales) -> Self {
        let unit = u128::from(scales.quote_per_tick_lot);
        let (min, max) = (command.min_notional.units(), command.max_notional.units());
        let max = if max == 0 { AMOUNT_MAX } else { max.min(AMOUNT_MAX) };
        let fit = |value: u128| u64::try_from(value).unwrap_or(u64::MAX);
        Self {
            min_value: fit(min.unsigned_abs().div_ceil(unit)),
            max_value: fit(max.unsigned_abs() / unit),
            worst_fee: command.maker_fee.max(command.taker_fee).max(FeeRate::ZERO),
        }
    }
}

/// A wire symbol that none of `taken` is: the first eight letters and digits of the symbol, the
/// last ones giving way to a number where that is taken.
pub(crate) fn derive_wire_symbol(
    symbol: &str,
    taken: impl Fn(&[u8; 8]) -> bool,
) -> Option<[u8; 8]> {
    let letters: Vec<u8> = symbol.bytes().filter(u8::is_ascii_alphanumeric).collect();
    (0..=u32::try_from(INSTRUMENTS_MAX).ok()?).find_map(|attempt| {
        let number = if attempt == 0 { String::new() } else { attempt.to_string() };
        let kept = letters.len().min(8 - number.len());
        let mut wire = [0; 8];
        wire[..kept].copy_from_slice(&letters[..kept]);
        wire[kept..kept + number.len()].copy_from_slice(number.as_bytes());
        (wire[0] != 0 && !taken(&wire)).then_some(wire)
    })
}

#[cfg(test)]
mod tests {
    use super::derive_wire_symbol;

    #[test]
    fn a_wire_symbol_is_short_and_unique() {
        let mut taken: Vec<[u8; 8]> = Vec::new();
        for (symbol, wire) in [
            ("SOL/USDC", b"SOLUSDC\0"),
            ("SOL-USDC", b"SOLUSDC1"),
            ("MATIC/USDC", b"MATICUSD"),
            ("MATIC/USDT", b"MATICUS1"),
            ("//", b"1\0\0\0\0\0\0\0"),
        ] {
            let found = derive_wire_symbol(symbol, |wire| taken.contains(wire)).unwrap();
            assert_eq!(&found, wire, "{symbol}");
            taken.push(found);
        }
    }
}
