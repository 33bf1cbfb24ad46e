//! Why a recording could not be read: which file, which line, what is wrong, how to put it right.

use std::fmt;
use std::path::{Path, PathBuf};

/// A recording that could not be read, or an output that could not be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportError {
    /// The file or folder.
    pub path: PathBuf,
    /// Its line, from 1, where one is at fault.
    pub line: Option<u64>,
    /// What is wrong.
    pub what: String,
    /// How to put it right.
    pub fix: String,
}

impl ImportError {
    /// An error about a file or folder as a whole.
    pub fn file(path: &Path, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line: None, what: what.into(), fix: fix.into() }
    }

    /// An error about one line.
    pub fn line(path: &Path, line: u64, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { line: Some(line), ..Self::file(path, what, fix) }
    }

    /// An error about a file with nothing in it.
    pub(super) fn empty(path: &Path) -> Self {
        Self::file(path, "nothing is recorded in it", "give a file with a recorded session")
    }

    /// The file, and the line where one is at fault.
    pub fn place(&self) -> String {
        let path = self.path.display();
        self.line.map_or_else(|| path.to_string(), |line| format!("{path}:{line}"))
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.place(), self.what, self.fix)
    }
}

impl std::error::Error for ImportError {}

/// What is wrong with one row, and how to put it right; the reader adds file and line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct RowError {
    pub(super) what: String,
    pub(super) fix: String,
}

impl RowError {
    pub(super) fn new(what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.into(), fix: fix.into() }
    }

    pub(super) fn at(self, path: &Path, line: u64) -> ImportError {
        ImportError::line(path, line, self.what, self.fix)
    }
}
