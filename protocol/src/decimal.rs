//! Decimals at the edges: text and decimals to ticks, lots and smallest units, and back. Exact both
//! ways; inside the venue there are only integers.

use crate::{
    GivenAmount, GivenPrice, GivenQuantity, Price, Quantity, Reason, SCALE_MAX, UNITS_MAX,
};

/// Why a text is not a decimal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DecimalError {
    /// Not `[-]digits[.digits]`.
    Form,
    /// More digits before the point than the venue computes with.
    TooLarge,
    /// More decimal places than the venue keeps; carries how many it keeps.
    TooFine(u8),
}

impl core::fmt::Display for DecimalError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Form => f.write_str("is not a decimal such as \"12.5\""),
            Self::TooLarge => f.write_str("is too large"),
            Self::TooFine(places) => write!(f, "has more than {places} decimal places"),
        }
    }
}

impl std::error::Error for DecimalError {}

/// A decimal as units of 10^−`places`.
///
/// # Errors
/// [`DecimalError`] where the text is no decimal, has more digits than 128 bits hold, or other
/// digits than zeros beyond `places`.
pub fn parse(text: &str, places: u8) -> Result<i128, DecimalError> {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return Err(DecimalError::Form);
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > usize::from(places) {
        return Err(DecimalError::TooFine(places));
    }
    let units = format!("{whole}{fraction:0<width$}", width = usize::from(places));
    let units: i128 = units.parse().map_err(|_| DecimalError::TooLarge)?;
    Ok(if unsigned.len() == text.len() { units } else { -units })
}

/// A price as ticks of `tick` (units of 10^−12); what does not fit travels as the reason: not a
/// positive number `BAD_VALUE`, off tick `TICK`, too large `OVERFLOW`.
///
/// # Errors
/// [`DecimalError::Form`] where the text is no decimal at all.
pub fn price(text: &str, tick: u64) -> Result<GivenPrice, DecimalError> {
    Ok(match steps(text, tick, Reason::Tick)? {
        Ok(ticks) => Price::new(ticks).map_or(GivenPrice::refused(Reason::Overflow), Into::into),
        Err(reason) => GivenPrice::refused(reason),
    })
}

/// A quantity as lots of `lot` (units of 10^−12); as [`price`], with `LOT` for what is off lot.
///
/// # Errors
/// [`DecimalError::Form`] where the text is no decimal at all.
pub fn quantity(text: &str, lot: u64) -> Result<GivenQuantity, DecimalError> {
    Ok(match steps(text, lot, Reason::Lot)? {
        Ok(lots) => {
            Quantity::new(lots).map_or(GivenQuantity::refused(Reason::Overflow), Into::into)
        }
        Err(reason) => GivenQuantity::refused(reason),
    })
}

/// An amount of a currency with `scale` decimals; what is finer than its smallest unit or not
/// positive travels as `BAD_VALUE`, what is too large as `OVERFLOW`.
///
/// # Errors
/// [`DecimalError::Form`] where the text is no decimal at all.
pub fn amount(text: &str, scale: u8) -> Result<GivenAmount, DecimalError> {
    match parse(text, scale) {
        Ok(units) => Ok(GivenAmount::of(units)),
        Err(DecimalError::Form) => Err(DecimalError::Form),
        Err(DecimalError::TooLarge) => Ok(GivenAmount::refused(Reason::Overflow)),
        Err(DecimalError::TooFine(_)) => Ok(GivenAmount::refused(Reason::BadValue)),
    }
}

fn steps(text: &str, step: u64, off_step: Reason) -> Result<Result<u64, Reason>, DecimalError> {
    let units = match parse(text, SCALE_MAX) {
        Ok(units) if units <= 0 => return Ok(Err(Reason::BadValue)),
        Ok(units) => units as u128,
        Err(DecimalError::Form) => return Err(DecimalError::Form),
        Err(_) if text.starts_with('-') => return Ok(Err(Reason::BadValue)),
        Err(DecimalError::TooLarge) => return Ok(Err(Reason::Overflow)),
        Err(DecimalError::TooFine(_)) => return Ok(Err(off_step)),
    };
    let step = u128::from(step);
    if !units.is_multiple_of(step) {
        return Ok(Err(off_step));
    }
    let steps = u64::try_from(units / step).ok().filter(|&steps| steps <= UNITS_MAX);
    Ok(steps.ok_or(Reason::Overflow))
}

/// Decimal places that a tick or lot (units of 10^−12) needs.
pub fn places(step: u64) -> u8 {
    let mut places = SCALE_MAX;
    let mut step = step;
    while places > 0 && step.is_multiple_of(10) {
        step /= 10;
        places -= 1;
    }
    places
}

/// A tick or lot (units of 10^−12) in units of its last decimal place: 0.05 is 5.
pub fn step(step: u64) -> u64 {
    step / 10u64.pow(u32::from(SCALE_MAX - places(step)))
}

/// A number as it is shown: units of 10^−`scale`, with exactly `scale` places. Writing it where it
/// goes takes no memory for numbers below 2^64.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shown {
    units: i128,
    scale: u8,
}

impl core::fmt::Display for Shown {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let sign = if self.units < 0 { "-" } else { "" };
        let power = 10u64.checked_pow(u32::from(self.scale));
        match (u64::try_from(self.units.unsigned_abs()), power) {
            (Ok(units), Some(1)) => write!(f, "{sign}{units}"),
            (Ok(units), Some(power)) => {
                let width = usize::from(self.scale);
                write!(f, "{sign}{}.{:0>width$}", units / power, units % power)
            }
            (_, _) => f.write_str(&self.large()),
        }
    }
}

impl Shown {
    fn large(&self) -> String {
        let scale = usize::from(self.scale);
        let sign = if self.units < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", self.units.unsigned_abs(), width = scale + 1);
        match digits.split_at(digits.len() - scale) {
            (whole, "") => format!("{sign}{whole}"),
            (whole, fraction) => format!("{sign}{whole}.{fraction}"),
        }
    }
}

/// Units of 10^−`scale`, to be written with exactly `scale` places.
pub const fn shown(units: i128, scale: u8) -> Shown {
    Shown { units, scale }
}

/// Ticks or lots, to be written with the places of the tick or lot (units of 10^−12).
pub fn steps_shown(steps: u64, size: u64) -> Shown {
    shown(i128::from(steps) * i128::from(step(size)), places(size))
}

/// Units of 10^−`scale` as text with exactly `scale` places.
pub fn text(units: i128, scale: u8) -> String {
    shown(units, scale).to_string()
}

/// Ticks or lots as text, with the places of the tick or lot (units of 10^−12).
pub fn steps_text(steps: u64, size: u64) -> String {
    steps_shown(steps, size).to_string()
}

/// `amount × multiplier / divisor` with 192 bits between, halves to even: for figures that are
/// shown. `None` where the divisor is zero or above 2^127, or the result does not fit.
pub fn ratio(amount: i128, multiplier: u64, divisor: u128) -> Option<i128> {
    if divisor == 0 || divisor > 1 << 127 {
        return None;
    }
    let (multiplier, magnitude) = (u128::from(multiplier), amount.unsigned_abs());
    let low = (magnitude & u128::from(u64::MAX)) * multiplier;
    let high = (magnitude >> 64) * multiplier + (low >> 64);
    let whole = i64::try_from(high / divisor).ok()?;
    let (mut rest, mut quotient) = (high % divisor, u128::from(whole.unsigned_abs()));
    for bit in (0..64).rev() {
        rest = rest << 1 | (low >> bit & 1);
        quotient = quotient << 1 | u128::from(rest >= divisor);
        rest = if rest >= divisor { rest - divisor } else { rest };
    }
    let up = rest > divisor - rest || (rest == divisor - rest && quotient & 1 == 1);
    let rounded = i128::try_from(quotient).ok()?.checked_add(i128::from(up))?;
    Some(if amount < 0 { -rounded } else { rounded })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AMOUNT_MAX;

    const CENT: u64 = 10_000_000_000;
    const NICKEL: u64 = 5 * CENT;

    #[test]
    fn a_decimal_becomes_ticks_or_the_reason_why_not() {
        // ENG-034, ENG-035
        let ticks = |n| Ok(Price::new(n).unwrap());
        for (text, tick, expected) in [
            ("100.00", CENT, ticks(10_000)),
            ("100", CENT, ticks(10_000)),
            ("0.05", NICKEL, ticks(1)),
            ("100.05", NICKEL, ticks(2_001)),
            ("100.0500000000000000000", NICKEL, ticks(2_001)),
            ("100.01", NICKEL, Err(Reason::Tick)),
            ("0.0000000000001", CENT, Err(Reason::Tick)),
            ("0", CENT, Err(Reason::BadValue)),
            ("-1", CENT, Err(Reason::BadValue)),
            ("-1e", CENT, Err(Reason::DuplicateId)),
            ("-99999999999999999999999999999999999999999", CENT, Err(Reason::BadValue)),
            ("92233720368547758.07", CENT, ticks(UNITS_MAX)),
            ("92233720368547758.08", CENT, Err(Reason::Overflow)),
            ("99999999999999999999999999999999999999999", CENT, Err(Reason::Overflow)),
        ] {
            match price(text, tick) {
                Ok(given) => assert_eq!(given.get(), expected, "{text}"),
                Err(error) => assert_eq!((text, error), ("-1e", DecimalError::Form)),
            }
        }
        for text in ["", "-", ".", "1.", ".5", "1e5", "+1", "1,5", "NaN", "1.2.3", "٣"] {
            assert_eq!(price(text, CENT), Err(DecimalError::Form), "{text:?}");
        }
    }

    #[test]
    fn amounts_keep_to_the_smallest_unit() {
        assert_eq!(amount("10000", 6).unwrap().get(), Ok(10_000_000_000));
        assert_eq!(amount("0.0000001", 6).unwrap().get(), Err(Reason::BadValue));
        assert_eq!(amount(&text(AMOUNT_MAX, 6), 6).unwrap().get(), Ok(AMOUNT_MAX));
        assert_eq!(amount(&text(AMOUNT_MAX + 1, 6), 6).unwrap().get(), Err(Reason::Overflow));
    }

    #[test]
    fn a_ratio_is_exact_before_it_is_rounded() {
        // LED-011
        let large = 1u128 << 127;
        for (amount, multiplier, divisor, expected) in [
            (301, 1_000_000, 3, Some(100_333_333)),
            (5, 1, 2, Some(2)),
            (7, 1, 2, Some(4)),
            (-7, 1, 2, Some(-4)),
            (1, 1, 3, Some(0)),
            (2, 1, 3, Some(1)),
            (0, 9, 7, Some(0)),
            (AMOUNT_MAX, 1_000_000_000_000, 1_000_000_000_000, Some(AMOUNT_MAX)),
            (1 << 120, u64::MAX, large, Some(1 << 57)),
            (i128::MAX, 2, large, Some(2)),
            (i128::MAX, u64::MAX, 1, None),
            (1, 1, large + 1, None),
            (1, 1, 0, None),
        ] {
            assert_eq!(ratio(amount, multiplier, divisor), expected, "{amount} {divisor}");
        }
    }

    #[test]
    fn large_and_small_numbers_are_shown_alike() {
        for units in [0, 1, -1, 10, 12_345, i128::from(u64::MAX), -i128::from(u64::MAX)] {
            for scale in 0..=SCALE_MAX {
                assert_eq!(shown(units, scale).to_string(), shown(units, scale).large());
            }
        }
        assert_eq!(text(i128::from(u64::MAX) + 1, 19), "1.8446744073709551616");
        assert_eq!(text(7, 30), format!("0.{}7", "0".repeat(29)));
        assert_eq!(text(i128::MIN, 2), "-1701411834604692317316873037158841057.28");
    }

    #[test]
    fn numbers_are_shown_with_their_places() {
        assert_eq!(text(-5, 2), "-0.05");
        assert_eq!(text(12_345, 0), "12345");
        assert_eq!(steps_text(2_001, NICKEL), "100.05");
        assert_eq!(steps_text(3, 1_000_000_000_000 * 10), "30");
        assert_eq!((places(NICKEL), step(NICKEL)), (2, 5));
        assert_eq!((places(10_000_000_000_000), step(10_000_000_000_000)), (0, 10));
    }
}
