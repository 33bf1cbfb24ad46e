//! One JSON value, exactly as it was written: numbers keep their digits, objects their order, and
//! a key given twice is an error rather than a guess.
//!
//! ```
//! use ringside_tools::scenario::json::{Json, read};
//!
//! let line = read(r#"{"price":0.10}"#).unwrap();
//! assert_eq!(line, Json::Object(vec![("price".into(), Json::Number("0.10"))]));
//! ```

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::error::{LineError, shown};

/// Objects and lists inside one another, at most.
pub const DEPTH_MAX: usize = 16;

/// A JSON value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Json<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it was written.
    Number(&'a str),
    /// A string.
    Text(Cow<'a, str>),
    /// A list.
    List(Vec<Json<'a>>),
    /// An object, in the order it was written.
    Object(Object<'a>),
}

/// Keys and values, in the order they were written; no key stands twice.
pub type Object<'a> = Vec<(Cow<'a, str>, Json<'a>)>;

impl<'a> Json<'a> {
    /// A string, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// A truth, if it is one.
    pub const fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(value) = *self { Some(value) } else { None }
    }

    /// A number, if it is one, as it was written.
    pub const fn as_number(&self) -> Option<&'a str> {
        if let Self::Number(digits) = *self { Some(digits) } else { None }
    }

    /// A list, if it is one.
    pub fn as_list(&self) -> Option<&[Self]> {
        if let Self::List(items) = self { Some(items) } else { None }
    }

    /// An object, if it is one.
    pub const fn as_object(&self) -> Option<&Object<'a>> {
        if let Self::Object(members) = self { Some(members) } else { None }
    }

    /// The value of a key, where this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        member(self.as_object()?, key)
    }

    /// What it is, with its article.
    pub const fn noun(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a string",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// Written as JSON again, without spaces.
impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(digits) => f.write_str(digits),
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::List(items) => {
                separated(f, '[', ']', items.iter().map(|item| (String::new(), item)))
            }
            Self::Object(members) => {
                let members = members.iter().map(|(key, value)| (quoted(key) + ":", value));
                separated(f, '{', '}', members)
            }
        }
    }
}

/// The value of a key in an object.
pub fn member<'o, 'a>(object: &'o Object<'a>, key: &str) -> Option<&'o Json<'a>> {
    object.iter().find(|(name, _)| name == key).map(|(_, value)| value)
}

/// Reads one JSON value that is the whole text.
///
/// # Errors
/// A [`LineError`] about `json` where the text is no JSON, nests deeper than [`DEPTH_MAX`] or gives
/// a key twice.
pub fn read(text: &str) -> Result<Json<'_>, LineError> {
    let raw: &RawValue = parse(text)?;
    value(raw.get(), 0)
}

fn value(raw: &str, depth: usize) -> Result<Json<'_>, LineError> {
    if depth > DEPTH_MAX {
        let what = format!("objects and lists stand more than {DEPTH_MAX} deep");
        return Err(LineError::new("json", what, "no line needs more than a few"));
    }
    Ok(match raw.as_bytes().first() {
        Some(b'{') => Json::Object(object(raw, depth)?),
        Some(b'[') => Json::List(list(raw, depth)?),
        Some(b'"') => Json::Text(parse::<Text>(raw)?.0),
        Some(b't' | b'f') => Json::Bool(raw == "true"),
        Some(b'n') => Json::Null,
        _ => Json::Number(raw),
    })
}

fn list(raw: &str, depth: usize) -> Result<Vec<Json<'_>>, LineError> {
    parse::<Vec<&RawValue>>(raw)?.into_iter().map(|item| value(item.get(), depth + 1)).collect()
}

fn object(raw: &str, depth: usize) -> Result<Object<'_>, LineError> {
    let Members(members) = parse(raw)?;
    refuse_twins(&members)?;
    members.into_iter().map(|(key, raw)| Ok((key, value(raw.get(), depth + 1)?))).collect()
}

/// Refuses an object that has a key twice.
fn refuse_twins(members: &[(Cow<'_, str>, &RawValue)]) -> Result<(), LineError> {
    let mut keys: Vec<&str> = members.iter().map(|(key, _)| key.as_ref()).collect();
    keys.sort_unstable();
    match keys.windows(2).find(|pair| pair[0] == pair[1]) {
        None => Ok(()),
        Some(twins) => {
            let what = "the key stands twice in one object";
            Err(LineError::new(shown(twins[0]), what, "give each key once"))
        }
    }
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, LineError> {
    serde_json::from_str(text).map_err(|error| {
        let what = format!("broken JSON: {error}").replace(" at line 1 column ", " at column ");
        LineError::new("json", what, "write one JSON object a line")
    })
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn separated<'j>(
    f: &mut fmt::Formatter<'_>,
    open: char,
    close: char,
    items: impl Iterator<Item = (String, &'j Json<'j>)>,
) -> fmt::Result {
    write!(f, "{open}")?;
    for (place, (key, item)) in items.enumerate() {
        let comma = if place == 0 { "" } else { "," };
        write!(f, "{comma}{key}{item}")?;
    }
    write!(f, "{close}")
}

/// A string, borrowed where it needs no unescaping.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// The members of an object, not yet looked into.
struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor).map(Members)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some((Text(key), value)) = map.next_entry()? {
            members.push((key, value));
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_comes_back() {
        for text in [
            r#"{"b":"x","a":[1,2.50,-0,1e5,123456789012345678901234567890.10],"c":{"d":null}}"#,
            r#"[true,false,"\"\\"]"#,
            r#""é""#,
        ] {
            assert_eq!(read(text).unwrap().to_string(), text);
        }
        assert_eq!(read(r#" {"a" : "\u0041"} "#).unwrap().to_string(), r#"{"a":"A"}"#);
    }

    #[test]
    fn what_is_no_json_is_named() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        for (text, error) in [
            ("{", "json: broken JSON: EOF while parsing an object at column 1; "),
            (r#"{"a":1,}"#, "json: broken JSON: key must be a string at column 8; "),
            (r#"{"a":01}"#, "json: broken JSON: invalid number at column 7; "),
            (r#"{"a":"\ud800"}"#, "json: broken JSON: "),
            ("{} {}", "json: broken JSON: trailing characters at column 4; "),
            ("\u{1}", "json: broken JSON: expected value at column 1; "),
            (r#"{"a":1,"b":{"x":1,"x":2}}"#, "x: the key stands twice in one object; "),
            (&deep, "json: objects and lists stand more than 16 deep; "),
        ] {
            let found = read(text).unwrap_err().to_string();
            assert!(found.starts_with(error), "{found}");
        }
    }
}
