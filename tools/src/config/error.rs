//! Why a configuration is refused: where, which key, what is wrong, and how to put it right.

use std::fmt;

use crate::scenario::spelling;

/// A configuration that cannot be used. Nothing was opened, bound or written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigError {
    /// The file, and the line where there is one: `ringside.toml:12`.
    pub place: String,
    /// The key with those around it, such as `tcp.listen[1]`; empty where the whole file is meant.
    pub key: String,
    /// What is wrong.
    pub what: String,
    /// How to put it right.
    pub fix: String,
}

impl ConfigError {
    /// An error about a key at a place.
    pub fn new(
        place: impl Into<String>,
        key: impl Into<String>,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { place: place.into(), key: key.into(), what: what.into(), fix: fix.into() }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, key, what, fix } = self;
        match key.as_str() {
            "" => write!(f, "{place}: {what}; {fix}"),
            key => write!(f, "{place}: {key}: {what}; {fix}"),
        }
    }
}

impl std::error::Error for ConfigError {}

/// What was probably meant by a word that is not among `known`.
pub(super) fn did_you_mean(word: &str, known: &[&str]) -> String {
    match spelling::nearest(word, known.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => "leave it out".to_owned(),
    }
}
