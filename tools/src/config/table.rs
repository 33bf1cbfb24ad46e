//! TOML read by name, every value with its line: what is unknown, of the wrong type or out of range
//! is an error that names the place and the key. Numbers keep the digits they were written with.

use std::fmt::Display;
use std::ops::{Range, RangeInclusive};

use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, did_you_mean};

/// The text of a configuration, for the places in it.
#[derive(Clone, Copy)]
pub struct Source<'t> {
    /// What errors call it.
    pub name: &'t str,
    /// The text.
    pub text: &'t str,
}

impl Source<'_> {
    /// `name:line` of a byte.
    pub fn place(&self, at: usize) -> String {
        format!("{}:{}", self.name, self.line(at))
    }

    /// The line of a byte, from 1.
    pub fn line(&self, at: usize) -> usize {
        let before = &self.text.as_bytes()[..at.min(self.text.len())];
        before.iter().filter(|&&byte| byte == b'\n').count() + 1
    }
}

/// A table; one that is not there has no keys.
#[derive(Clone, Copy)]
pub struct Table<'t> {
    source: Source<'t>,
    name: &'t str,
    rows: Option<&'t DeTable<'t>>,
}

impl<'t> Table<'t> {
    /// The whole file.
    pub const fn root(source: Source<'t>, rows: &'t DeTable<'t>) -> Self {
        Self { source, name: "", rows: Some(rows) }
    }

    /// Refuses keys that are not among `keys`.
    pub fn only(&self, keys: &[&str]) -> Result<(), ConfigError> {
        let Some(rows) = self.rows else { return Ok(()) };
        let mut names: Vec<_> = rows.keys().collect();
        names.sort_by_key(|name| name.span().start);
        match names.into_iter().find(|name| !keys.contains(&name.get_ref().as_ref())) {
            None => Ok(()),
            Some(name) => {
                let (place, key) = (self.source.place(name.span().start), name.get_ref());
                let what = format!("`{}` is no key of {}", key.escape_debug(), self.noun());
                Err(ConfigError::new(place, self.name, what, did_you_mean(key, keys)))
            }
        }
    }

    /// A table in this one, which may have these keys and no others.
    pub fn table(&self, name: &'t str, keys: &[&str]) -> Result<Table<'t>, ConfigError> {
        let rows = self.value(name).map(Value::table).transpose()?;
        let table = Self { source: self.source, name, rows };
        table.only(keys)?;
        Ok(table)
    }

    /// The value of a key, where it is there.
    pub fn value(&self, key: &str) -> Option<Value<'t>> {
        let (_, value) = self.rows?.iter().find(|(name, _)| name.get_ref() == key)?;
        let key = if self.name.is_empty() { key.into() } else { format!("{}.{key}", self.name) };
        Some(Value { source: self.source, key, span: value.span(), value: value.get_ref() })
    }

    /// A truth; `other` where it is not there.
    pub fn switch(&self, key: &str, other: bool) -> Result<bool, ConfigError> {
        self.value(key).map_or(Ok(other), |value| value.switch())
    }

    /// A whole number within `range`; `other` where it is not there.
    pub fn count(
        &self,
        key: &str,
        other: u64,
        range: RangeInclusive<u64>,
    ) -> Result<u64, ConfigError> {
        self.value(key).map_or(Ok(other), |value| value.count(range))
    }

    /// One of a few words; `other` where it is not there.
    pub fn word<T: Copy>(
        &self,
        key: &str,
        other: T,
        words: &[(&str, T)],
    ) -> Result<T, ConfigError> {
        self.value(key).map_or(Ok(other), |value| value.word(words))
    }

    fn noun(&self) -> String {
        match self.name {
            "" => "a configuration".to_owned(),
            name => format!("[{name}]"),
        }
    }
}

/// One value.
#[derive(Clone)]
pub struct Value<'t> {
    source: Source<'t>,
    key: String,
    span: Range<usize>,
    value: &'t DeValue<'t>,
}

impl<'t> Value<'t> {
    /// An error about this value.
    pub fn error(&self, what: impl Into<String>, fix: impl Into<String>) -> ConfigError {
        ConfigError::new(self.place(), &self.key, what, fix)
    }

    /// Where it stands: `name:line`.
    pub fn place(&self) -> String {
        self.source.place(self.span.start)
    }

    /// Where a line of this text stands, from 0: below the quotes, if it begins below them.
    pub fn place_of_line(&self, at: usize) -> String {
        let written = self.written();
        let is_below = ["\"\"\"", "'''"].iter().any(|quotes| {
            let rest = written.strip_prefix(quotes).unwrap_or_default();
            rest.starts_with('\n') || rest.starts_with("\r\n")
        });
        let ahead = if written.contains('\n') { at + usize::from(is_below) } else { 0 };
        format!("{}:{}", self.source.name, self.source.line(self.span.start) + ahead)
    }

    /// Where it stands, in bytes from the beginning.
    pub const fn start(&self) -> usize {
        self.span.start
    }

    /// The value as it was read.
    pub const fn raw(&self) -> &'t DeValue<'t> {
        self.value
    }

    /// The text it was read from.
    pub fn written(&self) -> &'t str {
        self.source.text.get(self.span.clone()).unwrap_or_default()
    }

    /// A string.
    pub fn text(&self) -> Result<&'t str, ConfigError> {
        self.value.as_str().ok_or_else(|| self.expected("a string"))
    }

    /// `true` or `false`.
    pub fn switch(&self) -> Result<bool, ConfigError> {
        self.value.as_bool().ok_or_else(|| self.expected("true or false"))
    }

    /// A whole number within `range`.
    pub fn count(&self, range: RangeInclusive<u64>) -> Result<u64, ConfigError> {
        let whole = self.value.as_integer().ok_or_else(|| self.expected("a whole number"))?;
        let number = u64::from_str_radix(whole.as_str(), whole.radix()).ok();
        number.filter(|number| range.contains(number)).ok_or_else(|| {
            let (least, most) = (range.start(), range.end());
            let fix = format!("write a whole number from {least} to {most}");
            self.error(format!("{whole} is out of range"), fix)
        })
    }

    /// One of a few words.
    pub fn word<T: Copy>(&self, words: &[(&str, T)]) -> Result<T, ConfigError> {
        let text = self.text()?;
        if let Some((_, meant)) = words.iter().find(|(word, _)| *word == text) {
            return Ok(*meant);
        }
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let fix = format!("{} There are {}", did_you_mean(text, &known), listed(&known));
        Err(self.error(format!("`{}` is not a word for this", text.escape_debug()), fix))
    }

    /// The values of a list.
    pub fn list(&self) -> Result<Vec<Self>, ConfigError> {
        let items = self.value.as_array().ok_or_else(|| self.expected("a list"))?;
        let items = items.iter().enumerate().map(|(at, item)| Self {
            source: self.source,
            key: format!("{}[{at}]", self.key),
            span: item.span(),
            value: item.get_ref(),
        });
        Ok(items.collect())
    }

    /// The rows of a table.
    pub fn table(self) -> Result<&'t DeTable<'t>, ConfigError> {
        self.value.as_table().ok_or_else(|| self.expected("a table"))
    }

    /// The error of a value that is something else than `noun`.
    pub fn expected(&self, noun: &str) -> ConfigError {
        let found = noun_of(self.value);
        self.error(format!("expected {noun}, found {found}"), format!("write {noun}"))
    }
}

/// What a value is, with its article.
const fn noun_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a decimal",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

fn listed(words: &[impl Display]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
