//! The files of identity as lines: what counts, and what is wrong with one. A message never shows a
//! secret, a ticket or a token.

use std::fmt;

use data_encoding::HEXLOWER;

use super::Digest;

/// What is wrong with a file of identity, and how to put it right.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileError {
    /// In which line, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub fix: &'static str,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}; {}", self.line, self.what, self.fix)
    }
}

impl std::error::Error for FileError {}

/// One line that says something.
#[derive(Clone, Copy)]
pub(crate) struct Line<'t> {
    number: usize,
    pub(crate) text: &'t str,
}

impl<'t> Line<'t> {
    pub(crate) fn error(&self, what: impl Into<String>, fix: &'static str) -> FileError {
        FileError { line: self.number, what: what.into(), fix }
    }

    /// Its words, if there are as many as that.
    pub(crate) fn words<const N: usize>(
        &self,
        fix: &'static str,
    ) -> Result<[&'t str; N], FileError> {
        let words: Vec<&str> = self.text.split_whitespace().collect();
        let found = words.len();
        words.try_into().map_err(|_| self.error(format!("has {found} words, not {N}"), fix))
    }

    /// A word as a number.
    pub(crate) fn number<T: std::str::FromStr>(&self, word: &str) -> Result<T, FileError> {
        let wrong = || self.error(format!("`{word}` is not a number that fits"), REMOVE);
        word.parse().map_err(|_| wrong())
    }

    /// A word as a hash.
    pub(crate) fn digest(&self, word: &str) -> Result<Digest, FileError> {
        let wrong = || self.error("a hash is not 64 lower-case hexadecimal digits", REMOVE);
        digest(word).ok_or_else(wrong)
    }
}

/// What to do about a line that the venue itself wrote and that is broken now.
pub(crate) const REMOVE: &str = "remove the line; who it was for asks for a new one";

/// 64 lower-case hexadecimal digits as bytes.
pub(crate) fn digest(text: &str) -> Option<Digest> {
    HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok()
}

/// The lines that say something, neither empty nor a comment.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let numbered =
        text.lines().enumerate().map(|(at, text)| Line { number: at + 1, text: text.trim() });
    numbered.filter(|line| !line.text.is_empty() && !line.text.starts_with('#'))
}

/// Takes the first line off a file that the venue wrote; it must be `heading`.
pub(crate) fn headed<'t>(
    text: &'t str,
    heading: &str,
) -> Result<impl Iterator<Item = Line<'t>>, FileError> {
    let mut lines = lines(text);
    let fix = "give the file that this version of the venue wrote, or remove it";
    match lines.next() {
        Some(line) if line.text == heading => Ok(lines),
        Some(line) => Err(line.error(format!("the file does not begin with `{heading}`"), fix)),
        None => Err(FileError { line: 1, what: "the file is empty".to_owned(), fix }),
    }
}
