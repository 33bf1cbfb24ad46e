//! Columns that stand under one another, for people.

use std::fmt::Write;

/// Rows under their headings. Figures stand to the right, the last column is free.
#[derive(Debug)]
pub(super) struct Table<const N: usize> {
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// With these headings.
    pub(super) fn new(headings: [&str; N]) -> Self {
        Self { rows: vec![headings.map(str::to_owned)] }
    }

    /// One more row.
    pub(super) fn row(&mut self, row: [String; N]) {
        self.rows.push(row);
    }

    /// The whole table, indented by two, or what stands for it where it has no rows.
    pub(super) fn text(&self) -> String {
        let width = |at: usize| self.rows.iter().map(|row| row[at].chars().count()).max();
        let mut text = String::new();
        for row in &self.rows {
            let mut line = String::from("  ");
            for (at, cell) in row.iter().enumerate() {
                let width = width(at).unwrap_or(0);
                let written = match at {
                    _ if at + 1 == N => write!(line, "{cell}"),
                    0 => write!(line, "{cell:<width$}  "),
                    _ => write!(line, "{cell:>width$}  "),
                };
                written.expect("a string takes everything");
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

/// Bytes as hexadecimal digits and letters, sixteen a line, each line with its offset.
pub(super) fn dump(bytes: &[u8], offset: u64) -> String {
    let mut text = String::new();
    for (at, line) in (offset..).step_by(16).zip(bytes.chunks(16)) {
        let digits: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        let letter = |&byte: &u8| if byte.is_ascii_graphic() { char::from(byte) } else { '.' };
        let letters: String = line.iter().map(letter).collect();
        writeln!(text, "  {at:>12}  {:<47}  {letters}", digits.join(" "))
            .expect("a string takes everything");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_one_another() {
        let mut table = Table::new(["what", "count", "remark"]);
        table.row(["a".into(), "1".into(), "first".into()]);
        table.row(["longer".into(), "1,000".into(), String::new()]);
        let expected = "  what    count  remark\n  a           1  first\n  longer  1,000\n";
        assert_eq!(table.text(), expected);
    }

    #[test]
    fn bytes_are_shown_as_digits_and_letters() {
        let text = dump(b"BTCH\0\x01and more than one line", 1024);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("          1024  42 54 43 48 00 01 61"), "{text}");
        assert!(lines[0].ends_with("  BTCH..and.more.t"), "{text}");
        assert!(lines[1].starts_with("          1040  68 61 6e"), "{text}");
    }
}
