//! What the operator is told: events as scenarios print them, errors of lines, and after each line
//! that it is done, so that a stop in between is noticed.

use serde::Serialize;

use super::names::Names;
use crate::scenario::error::LineError;
use crate::scenario::events;
use crate::scenario::memory::Told;

/// Bytes of one line's answer, at most; events beyond are counted and left out.
pub const ANSWER_BYTES_MAX: usize = 8 << 20;

/// The answer to one line, as it grows.
#[derive(Debug, Default)]
pub(super) struct Answer {
    bytes: Vec<u8>,
    left_out: u64,
}

/// One line of an answer that is no event.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Word<'l> {
    /// The line could not be understood or sent; nothing of it was executed.
    Error { line: u64, key: &'l str, what: &'l str, fix: &'l str },
    /// So many events are not told here.
    LeftOut(u64),
    /// The line with this number is answered.
    Done(u64),
}

impl Answer {
    /// An event.
    pub(super) fn event(&mut self, told: &Told, names: &Names) {
        let before = self.bytes.len();
        events::write(&mut self.bytes, told, names);
        self.bytes.push(b'\n');
        if self.left_out > 0 || self.bytes.len() > ANSWER_BYTES_MAX {
            self.bytes.truncate(before);
            self.left_out += 1;
        }
    }

    /// So many events were not kept to be told.
    pub(super) fn leave_out(&mut self, events: u64) {
        self.left_out += events;
    }

    /// The line is not understood.
    pub(super) fn error(&mut self, line: u64, error: &LineError) {
        let LineError { key, what, fix } = error;
        self.word(&Word::Error { line, key, what, fix });
    }

    /// The line is answered.
    pub(super) fn done(mut self, line: u64) -> Vec<u8> {
        if self.left_out > 0 {
            self.word(&Word::LeftOut(self.left_out));
        }
        self.word(&Word::Done(line));
        self.bytes
    }

    fn word(&mut self, word: &Word<'_>) {
        serde_json::to_writer(&mut self.bytes, word).expect("Invariant: memory takes every byte");
        self.bytes.push(b'\n');
    }
}

/// The number of the line that this says is done, if it says that.
pub(super) fn done(line: &str) -> Option<u64> {
    line.strip_prefix("{\"done\":")?.strip_suffix('}')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use ringside_engine::Engine;
    use ringside_protocol::{CurrencyAdded, CurrencyId, EventHeader, Name, Sequence, Timestamp};

    use super::*;
    use crate::scenario::memory::Known;

    fn text(answer: Answer, line: u64) -> String {
        String::from_utf8(answer.done(line)).expect("text")
    }

    #[test]
    fn an_answer_ends_with_the_number_of_its_line() {
        let mut answer = Answer::default();
        answer.error(7, &LineError::new("op", "`x` is \"odd\"", "write y"));
        let expected = "{\"error\":{\"line\":7,\"key\":\"op\",\"what\":\"`x` is \\\"odd\\\"\",\
                        \"fix\":\"write y\"}}\n{\"done\":7}\n";
        assert_eq!(text(answer, 7), expected);
        for (line, number) in
            [("{\"done\":7}", Some(7)), ("{\"done\":x}", None), ("{\"event\":\"done\"}", None)]
        {
            assert_eq!(done(line), number, "{line}");
        }
    }

    #[test]
    fn what_exceeds_the_limit_is_counted() {
        let names = Names::of(&Engine::new());
        let header =
            EventHeader { sequence: Sequence(1), time: Timestamp(0), index: 0, reserved: 0 };
        let code = Name::parse("USD").expect("a code");
        let currency = CurrencyId(0);
        let event = CurrencyAdded { currency, code, scale: 2, reserved: [0; 7] }.into();
        let told = Told { header, event, order: Known::default() };
        let mut one = Answer::default();
        one.event(&told, &names);
        let fit = ANSWER_BYTES_MAX / one.bytes.len();
        let mut answer = Answer::default();
        (0..fit + 3).for_each(|_| answer.event(&told, &names));
        assert!(answer.bytes.len() <= ANSWER_BYTES_MAX);
        answer.leave_out(2);
        assert!(text(answer, 1).ends_with("}\n{\"left_out\":5}\n{\"done\":1}\n"));
    }
}
