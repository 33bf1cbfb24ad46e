//! What the tests of the wire formats share: bytes written by hand, and messages made of any bytes.

/// Bytes as people write them: hexadecimal, and ASCII between apostrophes.
pub(super) fn bytes(text: &str) -> Vec<u8> {
    let parts = text.split('\'').enumerate();
    parts
        .flat_map(|(place, part)| if place % 2 == 1 { part.as_bytes().to_vec() } else { hex(part) })
        .collect()
}

fn hex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    let pairs = (0..digits.len()).step_by(2);
    pairs.map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("two digits")).collect()
}

/// The places of a message's fields as a description has them, in the table under its heading:
/// name, offset, bytes.
pub(super) fn described<'a>(document: &'a str, heading: &str) -> Vec<(&'a str, usize, usize)> {
    let section = document.split("\n### ").find(|section| section.starts_with(heading));
    let rows = section.unwrap_or_else(|| panic!("{heading} is not described")).lines();
    rows.filter_map(|row| {
        let mut cells = row.split('|').map(str::trim).skip(1);
        let (offset, bytes) = (cells.next()?.parse().ok()?, cells.next()?.parse().ok()?);
        Some((cells.next()?.trim_matches('`'), offset, bytes))
    })
    .collect()
}

/// Bytes that a test makes messages of; zeros once they are used up.
pub(super) struct Entropy<'a>(pub(super) &'a [u8]);

impl Entropy<'_> {
    pub(super) fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }
}
