//! The parameters of a request, wherever they came from: members of a JSON object or of a query
//! string. They are read by name, each at most once; what nobody read is refused at the end. No
//! number is ever turned into a float: decimals keep their digits.

use std::borrow::Cow;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::error::{Code, RequestError};
use super::number;
use crate::{GivenPrice, GivenQuantity, Name, OrderId, Reason, decimal};

/// Members that an object or a query string may have.
pub const PARAMS_MAX: usize = 64;

/// One value as it was sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Given<'a> {
    /// A string, or anything from a query string.
    Text(Cow<'a, str>),
    /// A number's own digits.
    Number(&'a str),
    /// A truth.
    Truth(bool),
    /// A list or an object, not looked into.
    Nested(&'a str),
}

/// Parameters by name, in the order they were sent.
#[derive(Clone, Debug, Default)]
pub struct Params<'a> {
    list: Vec<(Cow<'a, str>, Given<'a>)>,
    read: u64,
}

const _: () = assert!(PARAMS_MAX <= u64::BITS as usize);

/// A decimal as it was sent, exact: `[-]digits[.digits]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decimal<'a>(Cow<'a, str>);

impl Decimal<'_> {
    /// Its digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As ticks of `tick` (units of 10^−12), or the reason why it does not fit.
    pub fn price(&self, tick: u64) -> GivenPrice {
        decimal::price(&self.0, tick).unwrap_or(GivenPrice::refused(Reason::BadValue))
    }

    /// As lots of `lot` (units of 10^−12), or the reason why it does not fit.
    pub fn quantity(&self, lot: u64) -> GivenQuantity {
        decimal::quantity(&self.0, lot).unwrap_or(GivenQuantity::refused(Reason::BadValue))
    }
}

/// The members of a JSON object as they stand; of more than [`PARAMS_MAX`] one too many, so that
/// whoever reads them sees it.
pub(super) struct Members<'a>(pub(super) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Members<'de>, M::Error> {
        let mut members: Vec<(Cow<'de, str>, &'de RawValue)> = Vec::new();
        while let Some(Text(name)) = map.next_key()? {
            if members.len() > PARAMS_MAX {
                // There are too many already; the rest is passed over, not kept.
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let value = map.next_value()?;
            members.push((name, value));
        }
        Ok(Members(members))
    }
}

/// A string, borrowed where nothing in it is escaped.
#[derive(serde::Deserialize)]
pub struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

impl<'a> Params<'a> {
    /// The members of a JSON object; `null` stands for a member that is not there.
    ///
    /// # Errors
    /// What is wrong with the object or one of its members.
    pub fn of_json(json: &'a str) -> Result<Self, RequestError> {
        let Members(members) = serde_json::from_str(json).map_err(not_an_object)?;
        let mut params = Self::default();
        for (name, value) in members {
            if let Some(given) = Given::of_json(&name, value.get())? {
                params.add(name, given)?;
            }
        }
        Ok(params)
    }

    /// Adds one.
    ///
    /// # Errors
    /// A name that is there already, or one more than [`PARAMS_MAX`].
    pub fn add(&mut self, name: Cow<'a, str>, given: Given<'a>) -> Result<(), RequestError> {
        if self.list.len() == PARAMS_MAX {
            let fix = format!("send at most {PARAMS_MAX} parameters");
            return Err(RequestError::new(Code::TooManyParameters, fix));
        }
        if self.list.iter().any(|(there, _)| *there == name) {
            let fix = "the parameter was sent twice; send it once";
            return Err(RequestError::about_unknown(Code::TooManyParameters, &name, fix)
                .saying("Duplicate values for a parameter detected."));
        }
        self.list.push((name, given));
        Ok(())
    }

    /// Those that are signed for: all but the signature, sorted by name, `name=value` joined by
    /// `&`.
    pub fn payload(&self) -> String {
        let mut signed: Vec<_> = self.list.iter().filter(|(name, _)| name != "signature").collect();
        signed.sort_by(|one, other| one.0.cmp(&other.0));
        let parts: Vec<_> =
            signed.iter().map(|(name, given)| format!("{name}={}", given.as_sent())).collect();
        parts.join("&")
    }

    /// Whether one of this name was sent.
    pub fn has(&self, name: &str) -> bool {
        self.list.iter().any(|(there, _)| there == name)
    }

    /// Reads one.
    pub fn take(&mut self, name: &str) -> Option<Given<'a>> {
        let place = self.list.iter().position(|(there, _)| there == name)?;
        self.read |= 1 << place;
        Some(self.list[place].1.clone())
    }

    /// Refuses one of those that stand for something this venue does not do.
    ///
    /// # Errors
    /// The first of them that was sent.
    pub fn refuse(&self, names: &[&'static str]) -> Result<(), RequestError> {
        match names.iter().find(|name| self.has(name)) {
            None => Ok(()),
            Some(name) => {
                let fix = "not supported yet; leave it out";
                Err(RequestError::about(Code::NotRequired, *name, fix))
            }
        }
    }

    /// Refuses one that makes no sense beside another.
    ///
    /// # Errors
    /// [`Code::NotRequired`] where it was sent.
    pub fn without(&self, name: &'static str, because: &'static str) -> Result<(), RequestError> {
        if self.has(name) {
            return Err(RequestError::about(Code::NotRequired, name, because));
        }
        Ok(())
    }

    /// Refuses what nobody read.
    ///
    /// # Errors
    /// [`Code::UnknownParameter`] with the first of them.
    pub fn finish(&self) -> Result<(), RequestError> {
        let unread = (0..self.list.len()).find(|place| self.read & 1 << place == 0);
        match unread {
            None => Ok(()),
            Some(place) => {
                let fix = "this request has no such parameter; leave it out or mend its name";
                let name = &self.list[place].0;
                Err(RequestError::about_unknown(Code::UnknownParameter, name, fix))
            }
        }
    }

    /// Text; an empty one is an error.
    ///
    /// # Errors
    /// [`Code::Empty`], or [`Code::BadValue`] for what is no text.
    pub fn text(&mut self, name: &'static str) -> Result<Option<Cow<'a, str>>, RequestError> {
        match self.take(name) {
            None => Ok(None),
            Some(Given::Text(text)) if text.is_empty() => {
                Err(RequestError::about(Code::Empty, name, "give it a value or leave it out"))
            }
            Some(Given::Text(text)) => Ok(Some(text)),
            Some(Given::Number(digits)) => Ok(Some(digits.into())),
            Some(Given::Truth(_) | Given::Nested(_)) => {
                Err(RequestError::about(Code::BadValue, name, "write it as a JSON string"))
            }
        }
    }

    /// A name: 1–36 characters of `[A-Za-z0-9._:/-]`.
    ///
    /// # Errors
    /// [`Code::IllegalCharacters`] where it is none.
    pub fn name(&mut self, name: &'static str) -> Result<Option<Name>, RequestError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let parsed = Name::parse(&text).map_err(|error| {
            RequestError::about(Code::IllegalCharacters, name, format!("it {error}")).saying(
                format!(
                    "Illegal characters found in parameter '{name}'; \
                     legal range is '^[a-zA-Z0-9-_.:/]{{1,36}}$'."
                ),
            )
        })?;
        Ok(Some(parsed))
    }

    /// A decimal, exact.
    ///
    /// # Errors
    /// [`Code::IllegalCharacters`] where it is none; [`Code::Overflow`] or [`Code::Precision`] for
    /// an exponent beyond [`number::EXPONENT_MAX`].
    pub fn decimal(&mut self, name: &'static str) -> Result<Option<Decimal<'a>>, RequestError> {
        if let Some(digits) = self.number(name) {
            let far = || exponent_too_far(name, digits);
            return number::plain(digits).map(Decimal).map(Some).ok_or_else(far);
        }
        let Some(text) = self.text(name)? else { return Ok(None) };
        if number::canonical(&text).is_none() {
            let fix = "write a decimal such as \"12.5\"";
            return Err(RequestError::about(Code::IllegalCharacters, name, fix).saying(format!(
                "Illegal characters found in parameter '{name}'; \
                 legal range is '^([0-9]{{1,20}})(\\.[0-9]{{1,20}})?$'."
            )));
        }
        Ok(Some(Decimal(text)))
    }

    /// Reads a bare number; leaves everything else for another reading.
    fn number(&mut self, name: &str) -> Option<&'a str> {
        let place = self.list.iter().position(|(there, _)| there == name)?;
        match self.list[place].1 {
            Given::Number(digits) => {
                self.read |= 1 << place;
                Some(digits)
            }
            Given::Text(_) | Given::Truth(_) | Given::Nested(_) => None,
        }
    }

    /// A whole number from `min` to `max`.
    ///
    /// # Errors
    /// [`Code::BadValue`] for anything else.
    pub fn whole(
        &mut self,
        name: &'static str,
        min: u64,
        max: u64,
    ) -> Result<Option<u64>, RequestError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| digits);
        match number.filter(|number| (min..=max).contains(number)) {
            Some(number) => Ok(Some(number)),
            None => {
                let fix = format!("write a whole number from {min} to {max}");
                Err(RequestError::about(Code::BadValue, name, fix))
            }
        }
    }

    /// The venue's number of an order.
    ///
    /// # Errors
    /// As [`Params::whole`].
    pub fn order_number(&mut self, name: &'static str) -> Result<Option<OrderId>, RequestError> {
        Ok(self.whole(name, 1, i64::MAX as u64)?.map(OrderId))
    }

    /// A truth.
    ///
    /// # Errors
    /// [`Code::BadValue`] for anything but `true` and `false`.
    pub fn truth(&mut self, name: &'static str) -> Result<Option<bool>, RequestError> {
        match self.take(name) {
            None => Ok(None),
            Some(Given::Truth(truth)) => Ok(Some(truth)),
            Some(Given::Text(text)) if text.eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(Given::Text(text)) if text.eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(Given::Text(_) | Given::Number(_) | Given::Nested(_)) => {
                Err(RequestError::about(Code::BadValue, name, "write true or false"))
            }
        }
    }

    /// One of some words.
    ///
    /// # Errors
    /// `code` where it is none of them; the fix lists them.
    pub fn word<T: Copy>(
        &mut self,
        name: &'static str,
        words: &[(&'static str, T)],
        code: Code,
    ) -> Result<Option<T>, RequestError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        match words.iter().find(|(word, _)| *word == text) {
            Some((_, meant)) => Ok(Some(*meant)),
            None => {
                let list: Vec<_> = words.iter().map(|(word, _)| *word).collect();
                Err(RequestError::about(code, name, format!("use one of {}", list.join(", "))))
            }
        }
    }
}

impl<'a> Given<'a> {
    /// A value of a JSON object; `None` for `null`.
    fn of_json(name: &str, json: &'a str) -> Result<Option<Self>, RequestError> {
        Ok(Some(match json.as_bytes().first() {
            Some(b'n') => return Ok(None),
            Some(b't') => Self::Truth(true),
            Some(b'f') => Self::Truth(false),
            Some(b'[' | b'{') => Self::Nested(json),
            Some(b'"') => Self::Text(text(name, json)?),
            Some(_) | None => Self::Number(json),
        }))
    }

    /// As it is signed for: text without its quotes, everything else as it was written.
    fn as_sent(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Number(json) | Self::Nested(json) => json,
            Self::Truth(true) => "true",
            Self::Truth(false) => "false",
        }
    }
}

/// What must be there.
///
/// # Errors
/// [`Code::Missing`] with the parameter's name.
pub fn required<T>(given: Option<T>, name: &'static str) -> Result<T, RequestError> {
    given.ok_or_else(|| RequestError::about(Code::Missing, name, "send it"))
}

/// A JSON string without its quotes and escapes.
pub(super) fn text<'a>(name: &str, json: &'a str) -> Result<Cow<'a, str>, RequestError> {
    serde_json::from_str(json).map(|Text(text)| text).map_err(|error| {
        let fix = format!("the string cannot be read: {error}");
        RequestError::about_unknown(Code::IllegalCharacters, name, fix)
    })
}

/// What a JSON parser found wrong, with the place.
pub(super) fn not_an_object(error: serde_json::Error) -> RequestError {
    RequestError::new(Code::Json, format!("send one JSON object; {error}"))
}

fn exponent_too_far(name: &'static str, digits: &str) -> RequestError {
    let fix = format!("write it without an exponent beyond {}", number::EXPONENT_MAX);
    let code = if digits.contains('-') { Code::Precision } else { Code::Overflow };
    RequestError::about(code, name, fix)
}
