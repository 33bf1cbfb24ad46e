//! Instruments: how ticks and lots relate to money, and the states an instrument goes through.

use serde::{Deserialize, Serialize};

use crate::order::closed;
use crate::{OrderFlags, OrderType, Reason, SCALE_MAX};

closed! {
    /// What kind of thing is traded.
    InstrumentKind {
        /// Base against quote, delivered at once.
        Spot = 0 "spot",
    }
}

closed! {
    /// What an instrument allows now (ENG-043, X-ENG-016).
    InstrumentState {
        /// Continuous trading.
        Open = 2 "open",
        /// Only post-only orders; nothing takes.
        PostOnly = 3 "post_only",
        /// No market orders.
        LimitOnly = 4 "limit_only",
        /// Only cancels.
        CancelOnly = 5 "cancel_only",
        /// Stopped; only cancels.
        Halted = 6 "halted",
        /// The trading day is over; only cancels.
        Closed = 7 "closed",
        /// Delisted for good; nothing rests.
        Settled = 8 "settled",
    }
}

impl InstrumentState {
    /// Whether an order, or an amend of one, may enter; cancels always may.
    ///
    /// # Errors
    /// `HALTED` while halted, `MODE` where the state does not allow this kind.
    #[inline]
    pub const fn allows(self, kind: OrderType, flags: OrderFlags) -> Result<(), Reason> {
        match self {
            Self::Open => Ok(()),
            Self::PostOnly if flags.has(OrderFlags::POST_ONLY) => Ok(()),
            Self::LimitOnly if matches!(kind, OrderType::Limit) => Ok(()),
            Self::Halted => Err(Reason::Halted),
            Self::PostOnly | Self::LimitOnly | Self::CancelOnly | Self::Closed | Self::Settled => {
                Err(Reason::Mode)
            }
        }
    }

    /// Whether the venue may move an instrument from this state to `next`: settled is for good.
    pub const fn may_become(self, _next: Self) -> bool {
        !matches!(self, Self::Settled)
    }
}

/// How ticks and lots become money, derived once from a tick, a lot and the currencies' scales.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Scales {
    /// Smallest quote units in one tick × one lot, at least 1.
    pub quote_per_tick_lot: u64,
    /// Smallest base units in one lot, at least 1.
    pub base_per_lot: u64,
    /// Units of 10^−12 quote in one smallest quote unit.
    pub value_per_quote: u64,
    /// Units of 10^−12 base in one lot.
    pub value_per_lot: u64,
}

/// Why a tick, a lot and two scales make no instrument.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ScaleError {
    /// Tick or lot is zero.
    Zero,
    /// One tick × one lot is not a whole number of the quote's smallest unit.
    FractionOfQuote,
    /// One lot is not a whole number of the base's smallest unit.
    FractionOfBase,
    /// Tick × lot is more than 64 bits of the quote's smallest unit.
    TooLarge,
}

impl core::fmt::Display for ScaleError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Zero => "tick and lot must be positive",
            Self::FractionOfQuote => {
                "tick × lot is not a whole number of the quote currency's smallest unit; \
                 use a coarser tick or lot, or a quote currency with a larger scale"
            }
            Self::FractionOfBase => {
                "the lot is not a whole number of the base currency's smallest unit; \
                 use a coarser lot or a base currency with a larger scale"
            }
            Self::TooLarge => "tick × lot is too large; use a finer tick or lot",
        })
    }
}

impl std::error::Error for ScaleError {}

impl Scales {
    /// From a tick and a lot in units of 10^−12 and the scales (decimals) of base and quote.
    ///
    /// # Errors
    /// [`ScaleError`] says what does not come out whole.
    pub fn new(tick: u64, lot: u64, base_scale: u8, quote_scale: u8) -> Result<Self, ScaleError> {
        if tick == 0 || lot == 0 {
            return Err(ScaleError::Zero);
        }
        let whole = |product: u128, decimals: u32, fraction: ScaleError| {
            let unit = 10u128.pow(decimals);
            if !product.is_multiple_of(unit) {
                return Err(fraction);
            }
            u64::try_from(product / unit).map_err(|_| ScaleError::TooLarge)
        };
        let places = u32::from(SCALE_MAX);
        let product = u128::from(tick) * u128::from(lot);
        Ok(Self {
            quote_per_tick_lot: whole(
                product,
                2 * places - u32::from(quote_scale.min(SCALE_MAX)),
                ScaleError::FractionOfQuote,
            )?,
            base_per_lot: whole(
                u128::from(lot),
                places - u32::from(base_scale.min(SCALE_MAX)),
                ScaleError::FractionOfBase,
            )?,
            value_per_quote: 10u64.pow(places - u32::from(quote_scale.min(SCALE_MAX))),
            value_per_lot: lot,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNIT: u64 = 1_000_000_000_000;

    #[test]
    fn scales_come_out_whole_or_not_at_all() {
        // SOL/USDC of the scenario example: tick 0.01, lot 0.001, both currencies with 6 decimals.
        let sol = Scales::new(UNIT / 100, UNIT / 1000, 6, 6).unwrap();
        assert_eq!((sol.quote_per_tick_lot, sol.base_per_lot), (10, 1000));
        assert_eq!(sol.value_per_quote, 1_000_000);

        for (tick, lot, base, quote, error) in [
            (0, UNIT, 6, 6, ScaleError::Zero),
            (UNIT / 1000, UNIT / 1000, 6, 2, ScaleError::FractionOfQuote),
            (UNIT, UNIT / 1000, 2, 6, ScaleError::FractionOfBase),
            (u64::MAX, u64::MAX, 0, 12, ScaleError::FractionOfQuote),
            (UNIT * 10_000_000, UNIT * 10_000_000, 0, 12, ScaleError::TooLarge),
        ] {
            assert_eq!(Scales::new(tick, lot, base, quote), Err(error));
        }
    }

    #[test]
    fn what_each_state_allows() {
        // X-ENG-016: limit, post-only limit, market.
        use InstrumentState as S;
        let (no, halted) = (Err(Reason::Mode), Err(Reason::Halted));
        for (state, limit, post_only, market) in [
            (S::Open, Ok(()), Ok(()), Ok(())),
            (S::PostOnly, no, Ok(()), no),
            (S::LimitOnly, Ok(()), Ok(()), no),
            (S::CancelOnly, no, no, no),
            (S::Halted, halted, halted, halted),
            (S::Closed, no, no, no),
            (S::Settled, no, no, no),
        ] {
            assert_eq!(state.allows(OrderType::Limit, OrderFlags::NONE), limit, "{state:?}");
            assert_eq!(state.allows(OrderType::Limit, OrderFlags::POST_ONLY), post_only);
            assert_eq!(state.allows(OrderType::Market, OrderFlags::NONE), market);
        }
    }
}
