//! The commands of a batch, decoded as far as they can be.

use ringside_journal::segment::Batch;
use ringside_protocol::{
    AccountId, Command, KeyId, SLOT_BYTES, Sequenced, SlotError, StreamId, read_command,
};

use super::table::Table;
use crate::figures::grouped;
use crate::scenario::time;
use crate::venue::records::slots;

/// What lies in some slots of a batch.
pub(super) struct Decoded {
    /// Offset of the first slot.
    pub(super) offset: u64,
    /// Offset after the last.
    pub(super) end: u64,
    /// The command; where there is none, why.
    pub(super) command: Result<Sequenced, SlotError>,
}

/// The commands of a batch; the last may be an error.
pub(super) fn decode(batch: &Batch<'_>) -> Vec<Decoded> {
    let (slots, mut at, mut decoded) = (slots(batch.payload), 0, Vec::new());
    let offset_of = |at: usize| batch.end() - ((slots.len() - at) * SLOT_BYTES) as u64;
    while at < slots.len() {
        let (offset, read) = (offset_of(at), read_command(&slots[at..]));
        let (command, taken) = match read {
            Ok((command, taken)) => (Ok(command), taken),
            Err(error) => (Err(error), slots.len() - at),
        };
        at += taken;
        decoded.push(Decoded { offset, end: offset_of(at), command });
    }
    decoded
}

/// A table of commands; the one that `is_asked` for is pointed at.
pub(super) fn table(decoded: &[&Decoded], is_asked: impl Fn(&Decoded) -> bool) -> String {
    let headings = ["", "offset", "sequence", "time", "key", "stream", "command"];
    let mut table = Table::new(headings);
    for decoded in decoded {
        let mark = if is_asked(decoded) { ">" } else { "" };
        table.row(row(mark, decoded));
    }
    table.text()
}

fn row(mark: &str, decoded: &Decoded) -> [String; 7] {
    let (mark, offset) = (mark.to_owned(), grouped(decoded.offset));
    let none = || "-".to_owned();
    match &decoded.command {
        Err(why) => {
            let text = format!("no command: {why}");
            [mark, offset, none(), none(), none(), none(), text]
        }
        Ok(command) => {
            let origin = command.origin;
            let key = if origin.key == KeyId::NONE { none() } else { origin.key.0.to_string() };
            let stream = match origin.stream {
                StreamId::NONE => none(),
                stream => stream.0.to_string(),
            };
            let sequence = grouped(command.sequence.0);
            let text = words(&command.command);
            [mark, offset, sequence, time::text(command.time), key, stream, text]
        }
    }
}

/// A command without what says nothing: reserved bytes, zeros and what is absent.
fn words(command: &Command) -> String {
    let text = format!("{command:?}");
    // `Order(Order { account: AccountId(7), … })`
    let Some((name, rest)) = text.split_once('(') else { return text };
    let Some((_, fields)) = rest.split_once(" { ") else { return text };
    let fields = fields.strip_suffix(" })").unwrap_or(fields);
    let fields: Vec<String> = top_level(fields).into_iter().filter_map(spoken).collect();
    format!("{name} {}", fields.join(", ")).trim_end().to_owned()
}

/// `account: AccountId(7)` is `account 7`; none where it says nothing.
fn spoken(field: &str) -> Option<String> {
    let (key, value) = field.split_once(": ")?;
    let value = bare(value);
    let is_zeros = value.starts_with('[') && !value.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
    let is_silent = key.starts_with("reserved") || value == "\"\"" || value == "None" || is_zeros;
    let is_nobody = value == AccountId::NONE.0.to_string() && key != "user_ref";
    let value = if is_nobody { "none" } else { value };
    (!is_silent).then(|| format!("{key} {value}"))
}

/// `Some(Ok(Price(7)))` is `7`; what is no number in the end stays as it is.
fn bare(value: &str) -> &str {
    let mut inner = value;
    while let Some((_, rest)) = inner.split_once('(') {
        let Some(rest) = rest.strip_suffix(')') else { return value };
        inner = rest;
    }
    let is_number = inner.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if is_number { inner } else { value }
}

/// Splits at the commas that stand in no bracket.
fn top_level(fields: &str) -> Vec<&str> {
    let (mut found, mut depth, mut start) = (Vec::new(), 0u32, 0);
    for (at, letter) in fields.char_indices() {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                found.push(fields[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(fields[start..].trim());
    found
}

#[cfg(test)]
mod tests {
    use ringside_protocol::{Currency, Name, Order, Price, Quantity};

    use super::*;

    #[test]
    fn a_command_is_said_without_what_says_nothing() {
        let code = Name::parse("USDC").unwrap();
        let currency = Currency { code, scale: 6, reserved: [0; 3] };
        assert_eq!(words(&currency.into()), "Currency code \"USDC\", scale 6");
        let order = Order {
            account: AccountId(7),
            price: Price::new(100).unwrap().into(),
            quantity: Quantity::new(5).unwrap().into(),
            id: Name::parse("a1").unwrap(),
            ..Order::default()
        };
        let text = words(&order.into());
        let start =
            "Order account 7, instrument none, price 100, quantity 5, side Buy, kind Limit, ";
        assert!(text.starts_with(start), "{text}");
        assert!(text.contains("id \"a1\"") && !text.contains("reserved"), "{text}");
    }
}
