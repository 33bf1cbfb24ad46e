//! Times as the scenario language writes them.

use ringside_protocol::Timestamp;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// An RFC 3339 time from 1970 on that is a whole number of nanoseconds; `None` for anything else.
pub fn rfc3339(text: &str) -> Option<Timestamp> {
    let places = text.bytes().skip_while(|&byte| byte != b'.').skip(1);
    let finer = places.take_while(u8::is_ascii_digit).skip(9).any(|digit| digit != b'0');
    let time = OffsetDateTime::parse(text, &Rfc3339).ok().filter(|_| !finer)?;
    u64::try_from(time.unix_timestamp_nanos()).ok().map(Timestamp)
}

/// A time as RFC 3339, always to the nanosecond.
pub fn text(time: Timestamp) -> String {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(time.0))
        .expect("Invariant: 64 bits of nanoseconds end in 2554");
    let (date, (hour, minute, second, nanosecond)) = (time.date(), time.time().as_hms_nano());
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanosecond:09}Z")
}

/// `HH:MM` or `HH:MM:SS` as nanoseconds after midnight.
pub(super) fn of_day(text: &str) -> Option<u64> {
    let mut parts = text.split(':');
    let mut part = |max: u64| {
        let digits = parts.next()?;
        let two = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_digit());
        digits.parse().ok().filter(|&value: &u64| two && value < max)
    };
    let (hours, minutes) = (part(24)?, part(60)?);
    let seconds = if text.len() > 5 { part(60)? } else { 0 };
    if parts.next().is_some() {
        return None;
    }
    Some(((hours * 60 + minutes) * 60 + seconds) * Timestamp::SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_3339_is_read_to_the_nanosecond() {
        for (text, nanoseconds) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("1970-01-01T00:00:00.000000001Z", Some(1)),
            ("1970-01-01T01:00:00+01:00", Some(0)),
            ("1970-01-01T00:00:00.0000000010Z", Some(1)),
            ("1970-01-01T00:00:00.0000000011Z", None),
            ("2026-01-31T09:30:00.5Z", Some(1_769_851_800_500_000_000)),
            ("2554-07-21T23:34:33.709551615Z", Some(u64::MAX)),
            ("2554-07-21T23:34:33.709551616Z", None),
            ("1969-12-31T23:59:59Z", None),
            ("2026-02-30T00:00:00Z", None),
            ("2026-01-31", None),
            ("1769851800", None),
            ("", None),
        ] {
            assert_eq!(rfc3339(text), nanoseconds.map(Timestamp), "{text}");
        }
    }

    #[test]
    fn a_time_is_written_as_it_is_read() {
        for (nanoseconds, expected) in [
            (0, "1970-01-01T00:00:00.000000000Z"),
            (1_769_851_800_500_000_000, "2026-01-31T09:30:00.500000000Z"),
            (u64::MAX, "2554-07-21T23:34:33.709551615Z"),
        ] {
            assert_eq!(text(Timestamp(nanoseconds)), expected);
            assert_eq!(rfc3339(expected), Some(Timestamp(nanoseconds)));
        }
    }

    #[test]
    fn a_time_of_day_is_hours_and_minutes() {
        for (text, seconds) in [
            ("00:00", Some(0)),
            ("17:30", Some(63_000)),
            ("23:59:59", Some(86_399)),
            ("24:00", None),
            ("1:00", None),
            ("00:00:00:00", None),
            ("00:0", None),
            ("", None),
            ("+1:00", None),
        ] {
            assert_eq!(of_day(text), seconds.map(|s: u64| s * Timestamp::SECOND), "{text}");
        }
    }
}
