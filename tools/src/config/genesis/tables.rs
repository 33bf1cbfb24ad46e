//! Tables of TOML as scenario lines: `[[genesis.currency]]` with its keys becomes
//! `{"op":"currency",…}`. What the keys mean is the scenario language's to say, and no digit of a
//! number changes on the way.

use std::fmt::Write;

use toml::de::{DeInteger, DeTable, DeValue};

use super::super::error::ConfigError;
use super::super::table::{Table, Value};
use super::{Draft, OPS};

/// Every table of every op, in the order they are written.
pub(super) fn drafts(genesis: &Table<'_>) -> Result<Vec<Draft>, ConfigError> {
    let mut found = Vec::new();
    for op in OPS {
        for table in items(genesis, op)? {
            found.push((table.start(), draft(op, &table)?));
        }
    }
    found.sort_by_key(|(start, _)| *start);
    Ok(found.into_iter().map(|(_, draft)| draft).collect())
}

/// The tables of an op: one, or a list of them.
fn items<'t>(genesis: &Table<'t>, op: &str) -> Result<Vec<Value<'t>>, ConfigError> {
    let Some(value) = genesis.value(op) else { return Ok(Vec::new()) };
    if value.raw().is_table() { Ok(vec![value]) } else { value.list() }
}

fn draft(op: &str, table: &Value<'_>) -> Result<Draft, ConfigError> {
    let rows = table.clone().table()?;
    let mut json = format!("{{\"op\":\"{op}\"");
    members(&mut json, rows, ",").map_err(|Unfit(noun)| {
        table.error(format!("{noun} is no number of money"), "write a decimal, such as \"12.5\"")
    })?;
    json.push('}');
    let key = format!("genesis.{op}");
    Ok(Draft { place: table.place(), key, bytes: json.into_bytes() })
}

/// A number that JSON has no word for.
struct Unfit(String);

/// The rows of a table in the order they are written, with `before` in front of the first.
fn members(json: &mut String, rows: &DeTable<'_>, before: &str) -> Result<(), Unfit> {
    let mut rows: Vec<_> = rows.iter().collect();
    rows.sort_by_key(|(key, _)| key.span().start);
    for (at, (key, value)) in rows.into_iter().enumerate() {
        json.push_str(if at == 0 { before } else { "," });
        text(json, key.get_ref());
        json.push(':');
        self::value(json, value.get_ref())?;
    }
    Ok(())
}

fn value(json: &mut String, value: &DeValue<'_>) -> Result<(), Unfit> {
    match value {
        DeValue::String(string) => text(json, string),
        DeValue::Integer(whole) => json.push_str(&digits(whole)?),
        DeValue::Float(float) => json.push_str(finite(float.as_str())?),
        DeValue::Boolean(truth) => write!(json, "{truth}").expect("memory takes every byte"),
        DeValue::Datetime(time) => text(json, &time.to_string()),
        DeValue::Array(items) => {
            json.push('[');
            for (at, item) in items.iter().enumerate() {
                json.push_str(if at == 0 { "" } else { "," });
                self::value(json, item.get_ref())?;
            }
            json.push(']');
        }
        DeValue::Table(rows) => {
            json.push('{');
            members(json, rows, "")?;
            json.push('}');
        }
    }
    Ok(())
}

fn text(json: &mut String, text: &str) {
    json.push_str(&serde_json::to_string(text).expect("Invariant: every text is JSON"));
}

fn digits(whole: &DeInteger<'_>) -> Result<String, Unfit> {
    let number = i128::from_str_radix(whole.as_str(), whole.radix());
    number.map(|number| number.to_string()).map_err(|_| Unfit(whole.to_string()))
}

/// A decimal's digits as JSON has them: without a plus sign, and not infinite.
fn finite(digits: &str) -> Result<&str, Unfit> {
    let unsigned = digits.trim_start_matches(['+', '-']);
    if !unsigned.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(Unfit(digits.to_owned()));
    }
    Ok(digits.strip_prefix('+').unwrap_or(digits))
}
