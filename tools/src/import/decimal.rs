//! Recorded numbers as integers: exact, or an error that says what was expected.

use std::str::FromStr;

use ringside_protocol::decimal;
use rust_decimal::Decimal;

use super::error::RowError;
use ringside_protocol::wire::json::number;

/// A decimal as units of 10^−`places`, at least 0.
pub(super) fn exact(key: &str, text: &str, places: u8) -> Result<u64, RowError> {
    let units = decimal::parse(text, places).map_err(|error| {
        let fix = format!("write a decimal with at most {places} places");
        RowError::new(format!("`{key}`: \"{}\" {error}", shown(text)), fix)
    })?;
    within(key, text, units)
}

/// A decimal that was recorded through a binary double (`235.65000000000001`, `9.2e-06`): the
/// nearest with `places` places, which is the one that was meant.
pub(super) fn nearest(key: &str, text: &str, places: u8) -> Result<u64, RowError> {
    let form = || {
        RowError::new(
            format!("`{key}`: \"{}\" is not a number", shown(text)),
            "write a decimal such as 235.65",
        )
    };
    let plain = number::plain(text).ok_or_else(form)?;
    let value = Decimal::from_str(&plain).map_err(|_| form())?;
    let mut rounded = value.round_dp(u32::from(places));
    rounded.rescale(u32::from(places));
    within(key, text, rounded.mantissa())
}

/// A whole number, at least 0.
pub(super) fn whole(key: &str, text: &str) -> Result<u64, RowError> {
    exact(key, text, 0)
}

fn within(key: &str, text: &str, units: i128) -> Result<u64, RowError> {
    u64::try_from(units).map_err(|_| {
        let what = format!("`{key}`: \"{}\" is negative or too large", shown(text));
        RowError::new(what, "the recording is damaged here: fetch it again")
    })
}

/// A text as an error quotes it: short and on one line.
pub(super) fn shown(text: &str) -> String {
    const CHARACTERS_MAX: usize = 40;
    let mut short: String =
        text.chars().take(CHARACTERS_MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(CHARACTERS_MAX).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_and_doubles_become_the_nearest() {
        for (text, places, expected) in [
            ("236.47", 2, Ok(23_647)),
            ("0.00000001", 8, Ok(1)),
            ("34200.004241176", 9, Ok(34_200_004_241_176)),
            ("5.510000000", 2, Ok(551)),
            ("236.475", 2, Err("`price`: \"236.475\" has more than 2 decimal places")),
            ("-1", 2, Err("`price`: \"-1\" is negative or too large")),
            ("1e3", 2, Err("`price`: \"1e3\" is not a decimal such as \"12.5\"")),
            ("", 2, Err("`price`: \"\" is not a decimal such as \"12.5\"")),
        ] {
            let found = exact("price", text, places).map_err(|error| error.what);
            assert_eq!(found, expected.map_err(str::to_owned), "{text}");
        }
        for (text, places, expected) in [
            ("235.65000000000001", 2, Some(23_565)),
            ("235.44999999999999", 2, Some(23_545)),
            ("1.7885566900000001", 8, Some(178_855_669)),
            ("9.2e-06", 8, Some(920)),
            ("1e-08", 8, Some(1)),
            ("50", 8, Some(5_000_000_000)),
            ("-1.5", 2, None),
            ("NaN", 2, None),
            ("1e99", 2, None),
        ] {
            assert_eq!(nearest("amount", text, places).ok(), expected, "{text}");
        }
    }
}
