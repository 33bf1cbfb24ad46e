//! What is kept of the order-by-order feed across stops, as lines: its session, and the places
//! from which it can be told again out of the record of events.
//!
//! ```text
//! ringside-feed 1
//! session T010TM4DWW 1          its name, and the venue's epoch
//! mark 1200345 262144 17 29     events and messages before the place; orders that are hidden there
//! ```

use std::fmt::Write;

use ringside_protocol::OrderId;
use ringside_protocol::wire::soup::SessionId;

use super::itch::Mark;
use crate::identity::FileError;
use crate::identity::lines::{Line, headed};

const HEADING: &str = "ringside-feed 1";
const FIX: &str = "remove the file: the feed begins a session of its own, and who listened takes \
                   the snapshot";

/// A session of the feed, as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptFeed {
    /// Its name.
    pub session: SessionId,
    /// The epoch in which its messages were told; where that has risen, some may be missing.
    pub epoch: u32,
    /// Places in it, oldest first; at least one.
    pub marks: Vec<Mark>,
}

impl KeptFeed {
    /// The lines of a file.
    pub fn text(&self) -> String {
        let mut text = format!("{HEADING}\nsession {} {}\n", self.session, self.epoch);
        for mark in &self.marks {
            // A text takes every word.
            let _ = write!(text, "mark {} {}", mark.events, mark.messages);
            mark.hidden.iter().for_each(|order| {
                let _ = write!(text, " {}", order.0);
            });
            text.push('\n');
        }
        text
    }

    /// Reads the lines of a file.
    ///
    /// # Errors
    /// [`FileError`] names the first line that is wrong.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        let mut lines = headed(text, HEADING)?;
        let missing = |what: &str| FileError { line: 2, what: format!("no {what}"), fix: FIX };
        let first = lines.next().ok_or_else(|| missing("session"))?;
        let [word, session, epoch] = first.words(FIX)?;
        let session = SessionId::new(session).filter(|_| word == "session");
        let session = session.ok_or_else(|| first.error("is not `session NAME EPOCH`", FIX))?;
        let epoch = number(&first, epoch)?;
        let mut marks: Vec<Mark> = Vec::new();
        for line in lines {
            let mark = mark(&line)?;
            let is_behind =
                |last: &Mark| last.events < mark.events && last.messages <= mark.messages;
            if !marks.last().is_none_or(is_behind) {
                return Err(line.error("is not behind the mark before", FIX));
            }
            marks.push(mark);
        }
        if marks.is_empty() { Err(missing("mark")) } else { Ok(Self { session, epoch, marks }) }
    }
}

fn mark(line: &Line<'_>) -> Result<Mark, FileError> {
    let mut words = line.text.split_whitespace();
    let (Some("mark"), Some(events), Some(messages)) = (words.next(), words.next(), words.next())
    else {
        return Err(line.error("is not `mark EVENTS MESSAGES ORDER…`", FIX));
    };
    let (events, messages) = (number(line, events)?, number(line, messages)?);
    let hidden: Result<_, _> = words.map(|word| number(line, word).map(OrderId)).collect();
    Ok(Mark { messages, events, hidden: hidden? })
}

fn number<T: std::str::FromStr>(line: &Line<'_>, word: &str) -> Result<T, FileError> {
    let wrong = || line.error(format!("`{word}` is not a number that fits"), FIX);
    word.parse().map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let mark = |events, messages, hidden: &[u64]| Mark {
            messages,
            events,
            hidden: hidden.iter().copied().map(OrderId).collect(),
        };
        let kept = KeptFeed {
            session: SessionId::new("T01").expect("a name"),
            epoch: 3,
            marks: vec![mark(0, 0, &[]), mark(9_000, 4_096, &[17, 29]), mark(9_500, 4_096, &[])],
        };
        assert_eq!(KeptFeed::parse(&kept.text()), Ok(kept));
    }

    #[test]
    fn a_broken_file_is_named_by_its_line() {
        let rows = [
            ("", "line 1: the file is empty"),
            ("ringside-feed 2\n", "line 1: the file does not begin with `ringside-feed 1`"),
            ("ringside-feed 1\n", "line 2: no session"),
            ("ringside-feed 1\nsession T 1\n", "line 2: no mark"),
            ("ringside-feed 1\nmark 1 2\n", "line 2: is not `session NAME EPOCH`"),
            ("ringside-feed 1\nsession T x\n", "line 2: `x` is not a number that fits"),
            ("ringside-feed 1\nsession T 1\nmark 1\n", "line 3: is not `mark EVENTS MESSAGES"),
            ("ringside-feed 1\nsession T 1\nmark 1 -1\n", "line 3: `-1` is not a number"),
            ("ringside-feed 1\nsession T 1\nmark 2 1\nmark 2 1\n", "line 4: is not behind"),
        ];
        for (text, told) in rows {
            let error = KeptFeed::parse(text).expect_err(text).to_string();
            assert!(error.starts_with(told), "{text:?}: {error}");
        }
    }
}
