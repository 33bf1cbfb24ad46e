//! Why a line was not understood: which key, what is wrong, and how to put it right.

use std::fmt;

use super::spelling;

/// A line that could not be understood; nothing of it was applied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineError {
    /// The key, with the keys around it (`order.price`), or what else of the line is meant.
    pub key: String,
    /// What is wrong.
    pub what: String,
    /// How to put it right.
    pub fix: String,
}

impl LineError {
    /// An error about a key.
    pub fn new(key: impl Into<String>, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { key: key.into(), what: what.into(), fix: fix.into() }
    }

    /// A word that the language does not know; `noun` says what was looked for.
    pub fn unknown(key: impl Into<String>, noun: &str, word: &str, known: &[&str]) -> Self {
        let fix = match spelling::nearest(word, known.iter().copied()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => "there are none here".to_owned(),
        };
        Self::new(key, format!("`{}` is not {noun}", shown(word)), fix)
    }

    /// A word that the language knows and the engine does not have yet.
    pub fn not_yet(key: impl Into<String>, noun: &str, word: &str, have: &[&str]) -> Self {
        let fix = match have {
            [] => "leave it out".to_owned(),
            have => format!("there are {}", list(have)),
        };
        Self::new(key, format!("{noun} `{word}` is not there yet"), fix)
    }
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.key, self.what, self.fix)
    }
}

impl std::error::Error for LineError {}

/// A text of the line as an error quotes it: short and on one line.
pub(super) fn shown(text: &str) -> String {
    const CHARACTERS_MAX: usize = 40;
    let mut shown: String =
        text.chars().take(CHARACTERS_MAX).flat_map(char::escape_debug).collect();
    if text.chars().nth(CHARACTERS_MAX).is_some() {
        shown.push('…');
    }
    shown
}

/// Words as a sentence lists them.
fn list(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
