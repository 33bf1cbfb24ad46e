//! JSON written straight into a buffer, keys in the order they are given. Words of our own are
//! written as they are; text from outside is escaped. It never looks back at what it wrote.

use std::fmt::Display;
use std::io::Write;

/// Writes one object; closes it when [`Writer::end`] is called.
pub struct Writer<'b> {
    out: &'b mut Vec<u8>,
    first: bool,
    close: u8,
}

impl<'b> Writer<'b> {
    /// Opens an object at the end of `out`.
    pub fn object(out: &'b mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, first: true, close: b'}' }
    }

    /// Opens a list at the end of `out`.
    pub fn array(out: &'b mut Vec<u8>) -> Self {
        Writer::listed(out)
    }

    /// Opens an object as the value of a key.
    pub fn open(&mut self, key: &str) -> Writer<'_> {
        self.key(key);
        Writer::object(self.out)
    }

    /// Opens a list as the value of a key.
    pub fn list(&mut self, key: &str) -> Writer<'_> {
        self.key(key);
        Writer::listed(self.out)
    }

    /// Opens an object as the next item of this list.
    pub fn item(&mut self) -> Writer<'_> {
        self.comma();
        Writer::object(self.out)
    }

    /// Opens a list as the next item of this list.
    pub fn item_list(&mut self) -> Writer<'_> {
        self.comma();
        Writer::listed(self.out)
    }

    /// A string as the next item of this list.
    pub fn item_text(&mut self, value: impl Display) {
        self.comma();
        self.quoted(value);
    }

    /// Text from outside as the next item of this list.
    pub fn item_escaped(&mut self, value: &str) {
        self.comma();
        self.escape(value);
    }

    /// A whole number as the next item of this list.
    pub fn item_number(&mut self, value: impl Display) {
        self.comma();
        self.plain(value);
    }

    /// A string that needs no escaping: a word, a name, a decimal.
    pub fn text(&mut self, key: &str, value: impl Display) {
        self.key(key);
        self.quoted(value);
    }

    /// A string, or `null` where there is none.
    pub fn text_or_null(&mut self, key: &str, value: Option<impl Display>) {
        match value {
            Some(value) => self.text(key, value),
            None => self.null(key),
        }
    }

    /// Text from outside, escaped where JSON asks for it.
    pub fn escaped(&mut self, key: &str, value: &str) {
        self.key(key);
        self.escape(value);
    }

    /// JSON as it stands: an id that is echoed, a value written elsewhere.
    pub fn raw(&mut self, key: &str, json: &str) {
        self.key(key);
        self.out.extend_from_slice(json.as_bytes());
    }

    /// A whole number or a truth.
    pub fn number(&mut self, key: &str, value: impl Display) {
        self.key(key);
        self.plain(value);
    }

    /// A whole number that counts from 1; `null` for 0.
    pub fn number_or_null(&mut self, key: &str, value: u64) {
        match value {
            0 => self.null(key),
            value => self.number(key, value),
        }
    }

    /// `null`.
    pub fn null(&mut self, key: &str) {
        self.key(key);
        self.plain("null");
    }

    /// Closes what was opened.
    pub fn end(self) {
        self.out.push(self.close);
    }

    /// Where the next bytes of this object or list go, behind a comma if one is needed: for a value
    /// written by somebody else, who writes exactly one.
    pub fn item_elsewhere(&mut self) -> &mut Vec<u8> {
        self.comma();
        self.out
    }

    /// As [`Writer::item_elsewhere`], as the value of a key.
    pub fn elsewhere(&mut self, key: &str) -> &mut Vec<u8> {
        self.key(key);
        self.out
    }

    fn listed(out: &'b mut Vec<u8>) -> Writer<'b> {
        out.push(b'[');
        Self { out, first: true, close: b']' }
    }

    fn key(&mut self, key: &str) {
        self.comma();
        self.quoted(key);
        self.out.push(b':');
    }

    fn comma(&mut self) {
        if !self.first {
            self.out.push(b',');
        }
        self.first = false;
    }

    fn quoted(&mut self, value: impl Display) {
        self.out.push(b'"');
        let start = self.out.len();
        self.plain(value);
        let escaped = |byte: &u8| *byte < b' ' || matches!(byte, b'"' | b'\\');
        debug_assert!(!self.out[start..].iter().any(escaped), "Invariant: words need no escaping");
        self.out.push(b'"');
    }

    fn escape(&mut self, text: &str) {
        self.out.push(b'"');
        for byte in text.bytes() {
            match byte {
                b'"' | b'\\' => self.out.extend_from_slice(&[b'\\', byte]),
                0..=0x1F => self.plain(format_args!("\\u{byte:04x}")),
                _ => self.out.push(byte),
            }
        }
        self.out.push(b'"');
    }

    fn plain(&mut self, value: impl Display) {
        write!(self.out, "{value}").expect("writing to memory cannot fail");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_comes_back_as_it_was() {
        for text in ["", "plain", "a\"b\\c", "\0\n\u{1f}\u{7f}", "é ☃ 𝄞", "</script>"] {
            let mut out = Vec::new();
            let mut object = Writer::object(&mut out);
            object.escaped("a", text);
            object.raw("b", "[1]");
            let mut list = object.list("c");
            list.item_escaped(text);
            list.end();
            object.end();
            let read: serde_json::Value = serde_json::from_slice(&out).unwrap();
            assert_eq!(read, serde_json::json!({"a": text, "b": [1], "c": [text]}), "{text:?}");
        }
    }

    #[test]
    fn objects_and_lists_stand_inside_one_another() {
        let mut out = Vec::new();
        let mut object = Writer::object(&mut out);
        object.text("a", "x");
        object.number("b", 1);
        object.number_or_null("c", 0);
        let mut list = object.list("d");
        let mut pair = list.item_list();
        pair.item_text("y");
        pair.item_number(2);
        pair.end();
        list.item().end();
        list.end();
        object.open("e").end();
        object.elsewhere("g").extend_from_slice(b"[1]");
        object.text_or_null("f", None::<&str>);
        object.end();
        let expected = r#"{"a":"x","b":1,"c":null,"d":[["y",2],{}],"e":{},"g":[1],"f":null}"#;
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
