//! The keys of one object and their values, read by name: what is missing, of the wrong type or not
//! a word of the language is an error that names the key.

use std::borrow::Cow;

use ringside_protocol::decimal::{self, DecimalError};
use ringside_protocol::wire::json::number;
use ringside_protocol::{
    GivenAmount, GivenPrice, GivenQuantity, Name, SCALE_MAX, Timestamp, Value as Units,
};

use super::error::{LineError, shown};
use super::json::{Json, Object, member};
use super::time;
use super::word::Word;

/// An object's keys, all of them known to the language and there already.
#[derive(Clone, Copy)]
pub struct Fields<'l> {
    path: &'l str,
    object: &'l Object<'l>,
}

impl<'l> Fields<'l> {
    /// Takes an object whose keys must be among `keys`. Those in `later` are known to the language
    /// but not there yet. `path` names the object in errors; it is empty for the line itself.
    ///
    /// # Errors
    /// A [`LineError`] that names the first key that is neither.
    pub fn new(
        path: &'l str,
        object: &'l Object<'l>,
        keys: &[&str],
        later: &[&str],
    ) -> Result<Self, LineError> {
        for (key, _) in object {
            if later.contains(&key.as_ref()) {
                return Err(LineError::not_yet(joined(path, key), "the key", key, &[]));
            }
            if !keys.contains(&key.as_ref()) {
                let known = [keys, later].concat();
                let place = joined(path, &shown(key));
                return Err(LineError::unknown(place, "a key of this", key, &known));
            }
        }
        Ok(Self { path, object })
    }

    /// The value of a key that must be there.
    ///
    /// # Errors
    /// A [`LineError`] where it is missing.
    pub fn required(&self, key: &'l str) -> Result<Value<'l>, LineError> {
        self.optional(key).ok_or_else(|| {
            LineError::new(joined(self.path, key), "the key is missing", "it is required here")
        })
    }

    /// The value of a key that may be there.
    pub fn optional(&self, key: &'l str) -> Option<Value<'l>> {
        let json = member(self.object, key)?;
        Some(Value { path: self.path, key, json })
    }
}

/// The value of one key.
#[derive(Clone, Copy)]
pub struct Value<'f> {
    path: &'f str,
    key: &'f str,
    json: &'f Json<'f>,
}

impl<'f> Value<'f> {
    /// A value that belongs to no [`Fields`]: one of a list, say.
    pub const fn of(path: &'f str, key: &'f str, json: &'f Json<'f>) -> Self {
        Self { path, key, json }
    }

    /// The value as it stands.
    pub const fn json(self) -> &'f Json<'f> {
        self.json
    }

    /// The key, with those around it.
    pub fn place(self) -> String {
        joined(self.path, self.key)
    }

    /// An error about this value.
    pub fn error(self, what: impl Into<String>, fix: impl Into<String>) -> LineError {
        LineError::new(self.place(), what, fix)
    }

    /// True for `null`.
    pub const fn is_null(self) -> bool {
        matches!(self.json, Json::Null)
    }

    /// A string.
    pub fn text(self) -> Result<&'f str, LineError> {
        self.json.as_text().ok_or_else(|| self.expected("a string"))
    }

    /// `true` or `false`.
    pub fn switch(self) -> Result<bool, LineError> {
        self.json.as_bool().ok_or_else(|| self.expected("true or false"))
    }

    /// An object.
    pub fn object(self) -> Result<&'f Object<'f>, LineError> {
        self.json.as_object().ok_or_else(|| self.expected("an object"))
    }

    /// A list.
    pub fn list(self) -> Result<&'f [Json<'f>], LineError> {
        self.json.as_list().ok_or_else(|| self.expected("a list"))
    }

    /// An id, name or tag.
    pub fn name(self) -> Result<Name, LineError> {
        let text = self.text()?;
        Name::parse(text).map_err(|error| {
            let what = format!("`{}` {error}", shown(text));
            self.error(what, "write 1 to 36 of the characters A-Z a-z 0-9 . _ : / -")
        })
    }

    /// One of a closed list of words. Those in `later` are known to the language but not there yet.
    pub fn word<T: Word>(self, later: &[&str]) -> Result<T, LineError> {
        let text = self.text()?;
        if let Some(case) = T::cases().iter().find(|case| case.word() == text) {
            return Ok(*case);
        }
        let have: Vec<&str> = T::cases().iter().map(|case| case.word()).collect();
        if later.contains(&text) {
            return Err(LineError::not_yet(self.place(), T::NOUN, text, &have));
        }
        let known = [&have, later].concat();
        Err(LineError::unknown(self.place(), &format!("a known {}", T::NOUN), text, &known))
    }

    /// A whole number from 0 to `max`.
    pub fn count(self, max: u64) -> Result<u64, LineError> {
        let digits = self.decimal()?;
        let fix = || format!("write a whole number from 0 to {max}");
        let count = decimal::parse(&digits, 0)
            .map_err(|error| self.error(format!("`{}` {error}", shown(&digits)), fix()))?;
        u64::try_from(count)
            .ok()
            .filter(|&count| count <= max)
            .ok_or_else(|| self.error(format!("`{}` is out of range", shown(&digits)), fix()))
    }

    /// A decimal, as plain digits; not yet measured against anything.
    pub fn decimal(self) -> Result<Cow<'f, str>, LineError> {
        let text = self.json.as_text().map(|text| (Some(Cow::Borrowed(text)), text));
        let bare = || self.json.as_number().map(|digits| (number::plain(digits), digits));
        let (plain, written) = text.or_else(bare).ok_or_else(|| self.expected("a decimal"))?;
        let malformed = |plain: &Cow<'_, str>| decimal::parse(plain, 0) == Err(DecimalError::Form);
        match plain {
            Some(plain) if !malformed(&plain) => Ok(plain),
            _ => Err(self.error(
                format!("`{}` is not a decimal", shown(written)),
                "write digits with or without a point, such as \"12.5\"",
            )),
        }
    }

    /// A price in ticks of `tick`, or the reason why it does not fit.
    pub fn price(self, tick: u64) -> Result<GivenPrice, LineError> {
        self.decimal().map(|digits| decimal::price(&digits, tick).unwrap_or_default())
    }

    /// A quantity in lots of `lot`, or the reason why it does not fit.
    pub fn quantity(self, lot: u64) -> Result<GivenQuantity, LineError> {
        self.decimal().map(|digits| decimal::quantity(&digits, lot).unwrap_or_default())
    }

    /// An amount of a currency with `scale` decimals, or the reason why it does not fit.
    pub fn amount(self, scale: u8) -> Result<GivenAmount, LineError> {
        self.decimal().map(|digits| decimal::amount(&digits, scale).unwrap_or_default())
    }

    /// A decimal with 12 places; one that does not fit becomes −1, which the venue refuses.
    pub fn units(self) -> Result<Units, LineError> {
        let digits = self.decimal()?;
        Ok(Units::new(decimal::parse(&digits, SCALE_MAX).unwrap_or(-1)))
    }

    /// A time: integer nanoseconds since the Unix epoch or an RFC 3339 string.
    pub fn time(self) -> Result<Timestamp, LineError> {
        if self.json.as_number().is_some() {
            return self.count(u64::MAX).map(Timestamp);
        }
        let text = self.json.as_text().ok_or_else(|| self.expected("a time"))?;
        time::rfc3339(text).ok_or_else(|| {
            self.error(
                format!("`{}` is not a time from 1970 to 2554", shown(text)),
                "write nanoseconds since 1970 as a number, or \"2026-01-31T09:30:00.5Z\"",
            )
        })
    }

    fn expected(self, noun: &str) -> LineError {
        self.error(format!("expected {noun}, found {}", self.json.noun()), format!("write {noun}"))
    }
}

/// `path.key`, or the key alone where there is no path.
pub fn joined(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
