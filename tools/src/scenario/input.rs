//! Lines of a file or of standard input, as bytes, none longer than the language allows.

use std::io::{BufRead, BufReader, Read};

use super::line::LINE_BYTES_MAX;

/// Reads line by line.
#[derive(Debug)]
pub struct Lines<R: Read> {
    reader: BufReader<R>,
    line: Vec<u8>,
    number: u64,
    bytes: u64,
}

impl<R: Read> Lines<R> {
    /// From the beginning.
    pub fn new(reader: R) -> Self {
        const BUFFER_BYTES: usize = 256 * 1024;
        let reader = BufReader::with_capacity(BUFFER_BYTES, reader);
        Self { reader, line: Vec::new(), number: 0, bytes: 0 }
    }

    /// The next line's number, from 1, and its bytes without the line end; `None` at the end. Of a
    /// line that is too long one byte too many is returned: enough for the reader to refuse it.
    ///
    /// # Errors
    /// What the reader says.
    pub fn next_line(&mut self) -> std::io::Result<Option<(u64, &[u8])>> {
        const LINE_END_BYTES: usize = 2;
        self.line.clear();
        let limit = (LINE_BYTES_MAX + LINE_END_BYTES) as u64;
        let read = (&mut self.reader).take(limit).read_until(b'\n', &mut self.line)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.bytes += read as u64;
        Ok(Some((self.number, content(&self.line, self.number))))
    }

    /// Whether the next line has yet to be waited for.
    pub fn is_drained(&self) -> bool {
        self.reader.buffer().is_empty()
    }

    /// Bytes read so far.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// A line without its end, and the first without the mark that some editors put before it.
fn content(line: &[u8], number: u64) -> &[u8] {
    const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if number == 1 { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line) } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_without_their_ends() {
        let mut lines = Lines::new("\u{feff}a\r\n\nb".as_bytes());
        assert_eq!(lines.next_line().unwrap(), Some((1, &b"a"[..])));
        assert_eq!(lines.next_line().unwrap(), Some((2, &b""[..])));
        assert_eq!(lines.next_line().unwrap(), Some((3, &b"b"[..])));
        assert_eq!(lines.next_line().unwrap(), None);
        assert_eq!(lines.bytes(), 8);
    }

    #[test]
    fn a_line_that_is_too_long_is_not_read_to_its_end() {
        let mut longest = vec![b'x'; LINE_BYTES_MAX];
        longest.push(b'\n');
        let mut lines = Lines::new(&*longest);
        assert_eq!(lines.next_line().unwrap().unwrap().1.len(), LINE_BYTES_MAX);
        let endless = std::io::repeat(b'x');
        assert!(Lines::new(endless).next_line().unwrap().unwrap().1.len() > LINE_BYTES_MAX);
    }
}
