//! Numbers as they are written in JSON, taken as decimals: exact, or not at all. They never become
//! floats.

use std::borrow::Cow;

/// The largest exponent that a bare number may be written with.
pub const EXPONENT_MAX: usize = 64;

/// A JSON number without its exponent: `1.5e1` is `15`; `None` beyond [`EXPONENT_MAX`].
pub fn plain(number: &str) -> Option<Cow<'_, str>> {
    let Some((mantissa, exponent)) = number.split_once(['e', 'E']) else {
        return Some(Cow::Borrowed(number));
    };
    let exponent: isize = exponent.parse().ok()?;
    let shift = Some(exponent.unsigned_abs()).filter(|&shift| shift <= EXPONENT_MAX)?;
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(unsigned) => ("-", unsigned),
        None => ("", mantissa),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let zeros = "0".repeat(shift);
    let digits = match exponent {
        0.. => shifted(whole, &format!("{fraction}{zeros}"), shift as isize),
        _ => shifted(&format!("{zeros}{whole}"), fraction, -(shift as isize)),
    };
    Some(Cow::Owned(format!("{sign}{digits}")))
}

/// The digits `whole` and `fraction` with the point `places` further right.
fn shifted(whole: &str, fraction: &str, places: isize) -> String {
    let digits = format!("{whole}{fraction}");
    let point = whole.len().saturating_add_signed(places);
    match digits.split_at(point) {
        (whole, "") => whole.to_owned(),
        (whole, fraction) => format!("{}.{fraction}", if whole.is_empty() { "0" } else { whole }),
    }
}

/// A decimal in the one form that equal numbers share: `-007.50` is `-7.5`; `None` for what is no
/// decimal.
pub fn canonical(text: &str) -> Option<String> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(unsigned) => ("-", unsigned),
        None => ("", text),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    Some(match (whole, fraction.trim_end_matches('0')) {
        ("", "") => "0".to_owned(),
        ("", fraction) => format!("{sign}0.{fraction}"),
        (whole, "") => format!("{sign}{whole}"),
        (whole, fraction) => format!("{sign}{whole}.{fraction}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_number_is_taken_where_it_is_exact() {
        assert_eq!(plain(&format!("1e{EXPONENT_MAX}")).unwrap().len(), 1 + EXPONENT_MAX);
        for (written, taken) in [
            ("12.50", Some("12.50")),
            ("-0", Some("-0")),
            ("1e3", Some("1000")),
            ("1.5E+1", Some("15")),
            ("-1.25e1", Some("-12.5")),
            ("25e-3", Some("0.025")),
            (
                "1e64",
                Some(concat!(
                    "1", "00000000", "00000000", "00000000", "00000000", "00000000", "00000000",
                    "00000000", "00000000"
                )),
            ),
            ("1e65", None),
            ("1e-65", None),
            ("1e99999999999999999999", None),
        ] {
            let found = plain(written).map(|digits| canonical(&digits).unwrap());
            assert_eq!(found, taken.map(|digits| canonical(digits).unwrap()), "{written}");
        }
    }

    #[test]
    fn equal_numbers_have_one_form() {
        for (text, form) in [
            ("6.000", Some("6")),
            ("006", Some("6")),
            ("-0.00", Some("0")),
            ("-0.50", Some("-0.5")),
            ("10", Some("10")),
            ("a1", None),
            ("1.", None),
            ("", None),
        ] {
            assert_eq!(canonical(text).as_deref(), form, "{text}");
        }
    }
}
