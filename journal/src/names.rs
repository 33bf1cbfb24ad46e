//! What files are called, so that a listing reads in order.

const SEGMENT: &str = ".segment";
const SNAPSHOT: &str = ".snapshot";
const INDEX: &str = ".index";

/// A segment's file.
pub fn segment(number: u64) -> String {
    format!("{number:012}{SEGMENT}")
}

/// The number in the name of a segment's file; none where it is no such name.
pub fn segment_number(name: &str) -> Option<u64> {
    number(name, SEGMENT).filter(|&found| segment(found) == name)
}

/// A snapshot's file.
pub fn snapshot(sequence: u64) -> String {
    format!("{sequence:020}{SNAPSHOT}")
}

/// The sequence in the name of a snapshot's file; none where it is no such name.
pub fn snapshot_sequence(name: &str) -> Option<u64> {
    number(name, SNAPSHOT).filter(|&found| snapshot(found) == name)
}

/// The index of a segment.
pub fn index(number: u64) -> String {
    format!("{number:012}{INDEX}")
}

/// The number in the name of an index; none where it is no such name.
pub fn index_number(name: &str) -> Option<u64> {
    number(name, INDEX).filter(|&found| index(found) == name)
}

fn number(name: &str, kind: &str) -> Option<u64> {
    name.strip_suffix(kind)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_as_numbers_and_come_back() {
        assert!(segment(9) < segment(10) && snapshot(99) < snapshot(1_000_000));
        assert_eq!(segment_number(&segment(7)), Some(7));
        assert_eq!(snapshot_sequence(&snapshot(u64::MAX)), Some(u64::MAX));
        assert_eq!(index_number(&index(3)), Some(3));
        for stranger in ["7.segment", "000000000007.segment.part", "lock", "-00000000007.segment"] {
            assert_eq!(segment_number(stranger), None, "{stranger}");
        }
    }
}
