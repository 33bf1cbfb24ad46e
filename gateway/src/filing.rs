//! Answers that are told only when what they say is on file. Who makes one holds it back here; who
//! writes the files says how far they are. Nobody else waits.
//!
//! ```text
//! made ──hold──> loose ──seal: goes with this writing──> sealed ──filed──> told
//! ```

use std::collections::VecDeque;

/// Answers that wait for a file, in order.
#[derive(Debug)]
pub(crate) struct Filing<T> {
    /// Made since the last writing began.
    loose: Vec<T>,
    /// By the writing that they wait for.
    sealed: VecDeque<(u64, T)>,
}

impl<T> Default for Filing<T> {
    fn default() -> Self {
        Self { loose: Vec::new(), sealed: VecDeque::new() }
    }
}

impl<T> Filing<T> {
    /// Holds an answer back.
    pub(crate) fn hold(&mut self, answer: T) {
        self.loose.push(answer);
    }

    /// Whether some wait for a writing that has not begun.
    pub(crate) const fn is_wanted(&self) -> bool {
        !self.loose.is_empty()
    }

    /// A writing begins that has everything in it that was answered so far.
    pub(crate) fn seal(&mut self, writing: u64) {
        self.sealed.extend(self.loose.drain(..).map(|answer| (writing, answer)));
    }

    /// The next answer that may be told, when the writings up to this one are on disk.
    pub(crate) fn filed(&mut self, writing: u64) -> Option<T> {
        let is_filed = self.sealed.front().is_some_and(|(of, _)| *of <= writing);
        if is_filed { self.sealed.pop_front().map(|(_, answer)| answer) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_told_when_the_writing_that_has_it_is_on_disk_and_not_before() {
        let mut filing = Filing::default();
        filing.hold("a");
        assert!(filing.is_wanted());
        assert_eq!(filing.filed(u64::MAX), None, "its writing has not begun");
        filing.seal(1);
        assert!(!filing.is_wanted());
        filing.hold("b");
        assert_eq!(filing.filed(0), None);
        assert_eq!((filing.filed(1), filing.filed(1)), (Some("a"), None));
        filing.seal(2);
        assert_eq!((filing.filed(1), filing.filed(2)), (None, Some("b")));
    }
}
