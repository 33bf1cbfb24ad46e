//! Figures as people read them: digits in groups, durations, rates. It reads no clock.

use std::time::Duration;

/// Digits in groups of three: 1,234,567.
pub fn grouped(number: impl ToString) -> String {
    let text = number.to_string();
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.as_str()),
    };
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| core::str::from_utf8(group).expect("digits"))
        .collect();
    format!("{sign}{}", groups.join(","))
}

/// How many a second, in whole numbers.
pub fn a_second(count: u64, spent: Duration) -> String {
    grouped(u128::from(count) * 1_000_000_000 / spent.as_nanos().max(1))
}

/// So many seconds, to the millisecond: `0.217 s`.
pub fn seconds(spent: Duration) -> String {
    format!("{}.{:03} s", grouped(spent.as_secs()), spent.subsec_millis())
}

/// A number of things: `1 segment`, `2 segments`.
pub fn counted(number: u64, thing: &str) -> String {
    let plural = match number {
        1 => "",
        _ if thing.ends_with("ch") || thing.ends_with("sh") => "es",
        _ => "s",
    };
    format!("{} {thing}{plural}", grouped(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(-999), "-999");
        assert_eq!(a_second(2_000_000, Duration::from_millis(250)), "8,000,000");
        assert_eq!(a_second(1, Duration::ZERO), "1,000,000,000", "no time is the shortest");
        assert_eq!(seconds(Duration::from_micros(2_034_999)), "2.034 s");
        assert_eq!(counted(1, "batch"), "1 batch");
        assert_eq!(counted(2_000, "batch"), "2,000 batches");
        assert_eq!(counted(0, "command"), "0 commands");
    }
}
