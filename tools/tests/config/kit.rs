//! Configurations to test with, and files beside them.

use std::fs;
use std::path::{Path, PathBuf};

use ringside_tools::config::Configuration;
use tempfile::TempDir;

/// The least that a configuration says.
pub(crate) const LEAST: &str = "[venue]\ndirectory = \"venue\"\n";

/// A directory for files of one test.
pub(crate) fn directory() -> TempDir {
    tempfile::tempdir().expect("a directory")
}

/// Writes a file and says where.
pub(crate) fn file(directory: &Path, name: &str, text: &str) -> PathBuf {
    let path = directory.join(name);
    fs::write(&path, text).expect("a file");
    path
}

/// A configuration that must be understood.
pub(crate) fn parse(text: &str) -> Configuration {
    Configuration::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

/// What is wrong with a configuration.
pub(crate) fn error(text: &str) -> String {
    Configuration::parse(text).expect_err("it is wrong").to_string()
}
