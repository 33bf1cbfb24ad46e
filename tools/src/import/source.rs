//! The files of a recording: where they lie, and their bytes, decompressed as they are read.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use lzma_rust2::XzReader;

use super::error::ImportError;
use crate::progress;

/// The longest line that is read; no recording has one near it.
const LINE_BYTES_MAX: u64 = 1 << 20;

/// What helps against damaged bytes.
const FETCH_AGAIN: &str = "fetch it again and compare its checksum (sha256sum -c SHA256SUMS)";

/// A folder with a recording's files.
pub(super) struct Folder {
    path: PathBuf,
    names: Vec<String>,
}

impl Folder {
    /// The folder `path`, or the folder `name` in it: whichever has a file like `pattern`.
    pub(super) fn find(path: &Path, name: &str, pattern: &str) -> Result<Self, ImportError> {
        let given = Self::list(path)?;
        if given.has(pattern) {
            return Ok(given);
        }
        if given.names.iter().any(|known| known == name) {
            return Self::list(&path.join(name));
        }
        Err(ImportError::file(
            path,
            format!("there is neither a file {pattern} nor a folder {name} in it"),
            format!("give the folder that holds {pattern}"),
        ))
    }

    /// The one file like `pattern`, in which `*` stands for anything.
    pub(super) fn file(&self, pattern: &str) -> Result<PathBuf, ImportError> {
        let mut fitting = self.names.iter().filter(|name| fits(pattern, name));
        let found = fitting.next().ok_or_else(|| {
            let fix = format!("put {pattern} there, or give the folder that holds it");
            ImportError::file(&self.path, format!("there is no file {pattern} in it"), fix)
        })?;
        match fitting.next() {
            None => Ok(self.path.join(found)),
            Some(other) => Err(ImportError::file(
                &self.path,
                format!("{found} and {other} are both a {pattern}"),
                "keep one recording in a folder",
            )),
        }
    }

    fn list(path: &Path) -> Result<Self, ImportError> {
        let unreadable = |error: std::io::Error| {
            ImportError::file(path, error.to_string(), "give the folder of the recording")
        };
        let mut names = Vec::new();
        for entry in fs::read_dir(path).map_err(unreadable)? {
            names.push(entry.map_err(unreadable)?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(Self { path: path.to_owned(), names })
    }

    fn has(&self, pattern: &str) -> bool {
        self.names.iter().any(|name| fits(pattern, name))
    }
}

/// Whether a name is like a pattern, in which `*` stands for anything.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(name) = name.strip_prefix(start) else {
        return false;
    };
    (0..=name.len()).any(|at| name.is_char_boundary(at) && fits(rest, &name[at..]))
}

/// A file's bytes, decompressed where its name ends in `.xz`; a bar shows how far reading is.
pub(super) fn open(path: &Path) -> Result<Box<dyn BufRead>, ImportError> {
    let failed = |error: std::io::Error| {
        ImportError::file(path, error.to_string(), "check that it is there and may be read")
    };
    let file = File::open(path).map_err(failed)?;
    let bytes = file.metadata().map_err(failed)?.len();
    let raw = progress::steps(bytes, "reading").wrap_read(file);
    Ok(if path.extension().is_some_and(|end| end == "xz") {
        Box::new(BufReader::new(XzReader::new(raw, true)))
    } else {
        Box::new(BufReader::new(raw))
    })
}

/// A text file's lines, numbered from 1.
pub(super) struct Lines {
    path: PathBuf,
    bytes: Box<dyn BufRead>,
    number: u64,
}

impl Lines {
    pub(super) fn open(path: &Path) -> Result<Self, ImportError> {
        Ok(Self { path: path.to_owned(), bytes: open(path)?, number: 0 })
    }

    /// The next line without its end, and its number.
    pub(super) fn next(&mut self) -> Result<Option<(u64, String)>, ImportError> {
        let mut text = String::new();
        let mut limited = self.bytes.by_ref().take(LINE_BYTES_MAX);
        let read = limited
            .read_line(&mut text)
            .map_err(|error| damaged(&self.path, self.number + 1, &error))?;
        self.number += 1;
        if read as u64 == LINE_BYTES_MAX {
            let what = format!("the line has more than {LINE_BYTES_MAX} bytes");
            return Err(ImportError::line(&self.path, self.number, what, FETCH_AGAIN));
        }
        text.truncate(text.trim_end_matches(['\r', '\n']).len());
        Ok(Some((self.number, text)).filter(|_| read > 0))
    }
}

/// Bytes that could not be read or decompressed, or are no text.
fn damaged(path: &Path, line: u64, error: &std::io::Error) -> ImportError {
    ImportError::line(path, line, format!("the file is damaged or cut off: {error}"), FETCH_AGAIN)
}

/// The rows of a comma-separated file, each with its line.
pub(super) struct Rows {
    path: PathBuf,
    reader: csv::Reader<Box<dyn BufRead>>,
    row: csv::StringRecord,
}

impl Rows {
    /// `headed`: the first line names the columns.
    pub(super) fn open(path: &Path, headed: bool) -> Result<Self, ImportError> {
        let reader = csv::ReaderBuilder::new().has_headers(headed).from_reader(open(path)?);
        Ok(Self { path: path.to_owned(), reader, row: csv::StringRecord::new() })
    }

    /// Where the named columns stand.
    pub(super) fn columns<const N: usize>(
        &mut self,
        names: [&str; N],
    ) -> Result<[usize; N], ImportError> {
        let path = self.path.clone();
        let header = self.reader.headers().map_err(|error| malformed(&path, &error))?;
        let mut places = [0; N];
        for (place, name) in places.iter_mut().zip(names) {
            *place = header.iter().position(|column| column == name).ok_or_else(|| {
                let what = format!("there is no column `{name}`");
                ImportError::line(&path, 1, what, "export the file with all its columns")
            })?;
        }
        Ok(places)
    }

    /// The next row and its line.
    pub(super) fn next(&mut self) -> Result<Option<(u64, &csv::StringRecord)>, ImportError> {
        let more = self
            .reader
            .read_record(&mut self.row)
            .map_err(|error| malformed(&self.path, &error))?;
        let line = self.row.position().map_or(0, csv::Position::line);
        Ok(Some((line, &self.row)).filter(|_| more))
    }
}

fn malformed(path: &Path, error: &csv::Error) -> ImportError {
    let line = error.position().map(csv::Position::line);
    let what = if let csv::ErrorKind::UnequalLengths { expected_len, len, .. } = error.kind() {
        format!("the row has {len} columns, the rows before it have {expected_len}")
    } else {
        format!("the row cannot be read: {error}")
    };
    ImportError { line, ..ImportError::file(path, what, FETCH_AGAIN) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, name, fit) in [
            ("mbo.csv", "mbo.csv", true),
            ("mbo.csv", "mbo.csv.xz", false),
            ("*.log.xz", "2015-05-01.log.xz", true),
            ("*_message_*.csv", "AAPL_2012_message_50.csv", true),
            ("*_message_*.csv", "AAPL_2012_orderbook_50.csv", false),
            ("*_first*rows.csv", "a_first672rows.csv", true),
            ("*", "", true),
            ("a*a", "a", false),
        ] {
            assert_eq!(fits(pattern, name), fit, "{pattern} {name}");
        }
    }
}
