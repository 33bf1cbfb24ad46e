//! Fees, and the hold per lot that always covers them.

use ringside_protocol::FeeRate;

const WHOLE: i128 = FeeRate::LIMIT as i128;

/// The fee of an execution in smallest quote units: rounded up; a rebate (negative) rounded towards
/// less. Once an execution, never accumulated.
#[inline(always)]
pub(crate) fn fee(notional: i128, rate: FeeRate) -> i128 {
    if rate.0 == 0 {
        return 0;
    }
    // Most products fit 64 bits, where division is many times cheaper.
    if let Ok(small) = i64::try_from(notional)
        && let Some(product) = small.checked_mul(i64::from(rate.0))
    {
        return i128::from(ceil_div_small(product));
    }
    let product = notional * i128::from(rate.0);
    product.div_euclid(WHOLE) + i128::from(product.rem_euclid(WHOLE) != 0)
}

#[inline(always)]
fn ceil_div_small(product: i64) -> i64 {
    let whole = i64::from(FeeRate::LIMIT);
    product.div_euclid(whole) + i64::from(product.rem_euclid(whole) != 0)
}

/// What a buy holds for each open lot: the price of the lot and the worst fee on it, each lot's fee
/// rounded up. A sum of rounded-up parts is never less than the rounded-up sum, so what is released
/// with an execution always covers its cost. `None` beyond 64 bits.
#[inline(always)]
pub(crate) fn hold_per_lot(price: u64, quote_per_tick_lot: u64, worst: FeeRate) -> Option<u64> {
    let cost = price.checked_mul(quote_per_tick_lot)?;
    let fee = fee(i128::from(cost), worst);
    cost.checked_add(u64::try_from(fee).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BP: i32 = FeeRate::BASIS_POINT;

    #[test]
    fn fees_round_up_and_rebates_down() {
        // X-LED-001
        for (notional, rate, expected) in [
            (10_000, 10 * BP, 10),
            (10_001, 10 * BP, 11),
            (1, 10 * BP, 1),
            (10_000, -10 * BP, -10),
            (10_001, -10 * BP, -10),
            (999, -10 * BP, 0),
            (0, 10 * BP, 0),
            (1 << 100, 10 * BP, (1i128 << 100) / 1000 + 1),
            (1 << 100, -10 * BP, -((1i128 << 100) / 1000)),
        ] {
            assert_eq!(fee(notional, FeeRate(rate)), expected, "{notional} at {rate}");
        }
    }

    #[test]
    fn a_hold_covers_price_and_worst_fee_of_each_lot() {
        assert_eq!(hold_per_lot(10_000, 10, FeeRate(10 * BP)), Some(100_100));
        assert_eq!(hold_per_lot(10_001, 1, FeeRate(10 * BP)), Some(10_001 + 11));
        assert_eq!(hold_per_lot(u64::MAX, 2, FeeRate::ZERO), None);
        assert_eq!(hold_per_lot(u64::MAX, 1, FeeRate(BP)), None);
    }
}
