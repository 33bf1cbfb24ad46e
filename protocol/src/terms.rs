//! The terms of an instrument as everybody outside the engine writes them: how its ticks and lots
//! become decimals, and its names on the doors. Nothing here looks an instrument up.

use crate::decimal::{places, ratio, step, steps_text, text};
use crate::{Name, SCALE_MAX};

/// How an instrument's ticks and lots are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terms {
    /// Its symbol.
    pub symbol: Name,
    /// One tick in units of 10^−12 quote.
    pub tick: u64,
    /// One lot in units of 10^−12 base.
    pub lot: u64,
    /// Decimals of the base currency.
    pub base_scale: u8,
    /// Decimals of the quote currency.
    pub quote_scale: u8,
    /// Smallest quote units in one tick × one lot.
    pub quote_per_tick_lot: u64,
}

impl Terms {
    /// Its name on doors of the Binance dialect: [`rest_symbol`].
    pub fn rest_symbol(&self) -> Name {
        rest_symbol(self.symbol)
    }

    /// Ticks as a decimal.
    pub fn price_text(&self, ticks: u64) -> String {
        steps_text(ticks, self.tick)
    }

    /// Lots as a decimal.
    pub fn quantity_text(&self, lots: u64) -> String {
        steps_text(lots, self.lot)
    }

    /// Lots as a decimal; negative is short.
    pub fn signed_lots(&self, lots: i64) -> String {
        text(i128::from(lots) * i128::from(step(self.lot)), places(self.lot))
    }

    /// A sum of lots as a decimal; the largest number there is where it is larger.
    pub fn volume_text(&self, lots: u128) -> String {
        let units = lots.checked_mul(u128::from(step(self.lot)));
        let units = units.and_then(|units| i128::try_from(units).ok()).unwrap_or(i128::MAX);
        text(units, places(self.lot))
    }

    /// Smallest quote units as a decimal.
    pub fn quote_text(&self, units: i128) -> String {
        text(units, self.quote_scale)
    }

    /// What so many lots are worth at a price in ticks, smallest quote units.
    pub fn value(&self, ticks: u64, lots: u64) -> i128 {
        i128::from(ticks) * i128::from(lots) * i128::from(self.quote_per_tick_lot)
    }

    /// What one unit of the base cost on average when so many lots cost `cost`, smallest quote
    /// units; a decimal with the quote currency's places. `None` without lots.
    pub fn average_cost(&self, cost: i128, lots: i64) -> Option<String> {
        const UNIT: u64 = 10u64.pow(SCALE_MAX as u32);
        let base = u128::from(lots.unsigned_abs()) * u128::from(self.lot);
        ratio(cost, UNIT, base).map(|units| self.quote_text(units))
    }
}

/// An instrument's name on doors of the Binance dialect: the letters and digits of its symbol, in
/// upper case. `SOL/USDC` is `SOLUSDC`. Two symbols may share one; which is refused is decided
/// where an instrument is created.
pub fn rest_symbol(symbol: Name) -> Name {
    let kept = symbol.as_str().chars().filter(char::is_ascii_alphanumeric);
    let kept: String = kept.map(|letter| letter.to_ascii_uppercase()).collect();
    Name::parse(&kept).unwrap_or(Name::ABSENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rest_symbol_is_letters_and_digits_in_upper_case() {
        for (symbol, expected) in
            [("SOL/USDC", "SOLUSDC"), ("btc-usd", "BTCUSD"), ("X:1.5_y", "X15Y"), ("-./", "")]
        {
            let symbol = Name::parse(symbol).unwrap();
            assert_eq!(rest_symbol(symbol).as_str(), expected, "{symbol}");
        }
        assert!(rest_symbol(Name::ABSENT).is_absent());
    }

    #[test]
    fn ticks_and_lots_are_written_with_the_places_of_their_steps() {
        let terms = Terms {
            symbol: Name::parse("SOL/USDC").unwrap(),
            tick: 50_000_000_000,
            lot: 1_000_000_000,
            base_scale: 6,
            quote_scale: 6,
            quote_per_tick_lot: 50,
        };
        assert_eq!(terms.price_text(2_001), "100.05");
        assert_eq!(terms.quantity_text(1_500), "1.500");
        assert_eq!(terms.signed_lots(-1_500), "-1.500");
        assert_eq!(terms.value(2_001, 1_500), 150_075_000);
        assert_eq!(terms.quote_text(150_075_000), "150.075000");
        assert_eq!(terms.average_cost(150_075_000, 1_500).as_deref(), Some("100.050000"));
    }
}
