//! Effective values as a configuration again: what is shown can be given back and means the same.

use std::fmt::{Display, Write};

/// A text of TOML that grows.
#[derive(Default)]
pub struct Shown {
    text: String,
}

impl Shown {
    /// Begins a table.
    pub fn table(&mut self, name: &str) {
        self.say(format_args!("\n[{name}]"));
    }

    /// A number or a truth.
    pub fn plain(&mut self, key: &str, value: impl Display) {
        self.say(format_args!("{key} = {value}"));
    }

    /// A string.
    pub fn text(&mut self, key: &str, value: impl Display) {
        self.say(format_args!("{key} = {}", quoted(&value.to_string())));
    }

    /// A list of strings.
    pub fn texts(&mut self, key: &str, values: impl Iterator<Item = String>) {
        let values: Vec<String> = values.map(|value| quoted(&value)).collect();
        self.say(format_args!("{key} = [{}]", values.join(", ")));
    }

    /// Text of several lines.
    pub fn lines<'l>(&mut self, key: &str, lines: impl Iterator<Item = &'l str>) {
        self.say(format_args!("{key} = '''"));
        lines.for_each(|line| self.say(format_args!("{line}")));
        self.say(format_args!("'''"));
    }

    /// A sentence for people.
    pub fn comment(&mut self, sentence: impl Display) {
        self.say(format_args!("# {sentence}"));
    }

    /// Everything that was shown.
    pub fn into_text(self) -> String {
        self.text
    }

    fn say(&mut self, line: std::fmt::Arguments<'_>) {
        writeln!(self.text, "{line}").expect("writing to memory cannot fail");
    }
}

/// A string as TOML writes it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            letter if letter.is_control() => {
                write!(quoted, "\\u{:04X}", u32::from(letter)).expect("memory takes every byte");
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}
