//! An instrument as this dialect names and writes it, made once and kept by whoever writes.

use super::writer::Writer;
use crate::decimal::{Shown, shown, steps_shown};
use crate::depth::DepthLevel;
use crate::{Name, Terms, Timestamp};

/// An instrument: its terms and its names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Listing {
    /// How its ticks and lots are written.
    pub terms: Terms,
    /// Its name in this dialect.
    pub symbol: Name,
    /// The base currency's code.
    pub base: Name,
    /// The quote currency's code, in which fees are paid.
    pub quote: Name,
}

impl Listing {
    /// From its terms and its currencies' codes.
    pub fn new(terms: Terms, base: Name, quote: Name) -> Self {
        Self { symbol: terms.rest_symbol(), terms, base, quote }
    }

    /// Ticks as a decimal.
    pub(super) fn price(&self, ticks: u64) -> Shown {
        steps_shown(ticks, self.terms.tick)
    }

    /// Lots as a decimal.
    pub(super) fn quantity(&self, lots: u64) -> Shown {
        steps_shown(lots, self.terms.lot)
    }

    /// Smallest quote units as a decimal.
    pub(super) fn quote(&self, units: i128) -> Shown {
        shown(units, self.terms.quote_scale)
    }

    /// Levels as pairs of price and quantity; a level that is gone has the quantity 0.
    pub(super) fn levels(&self, mut list: Writer<'_>, levels: &[DepthLevel]) {
        for level in levels {
            let mut pair = list.item_list();
            pair.item_text(self.price(level.price));
            pair.item_text(self.quantity(level.quantity));
            pair.end();
        }
        list.end();
    }
}

/// Milliseconds since the Unix epoch.
pub(super) const fn milliseconds(time: Timestamp) -> u64 {
    time.0 / 1_000_000
}
