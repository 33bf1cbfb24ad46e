//! Answers of the reactor's thread that wait for a file.

use ringside_protocol::{Sequence, Timestamp};

use super::Reactor;
use crate::questions::Answers;
use crate::talk::Venue;

impl Reactor {
    /// Whether answers wait for files that nobody writes yet.
    pub fn is_filing(&mut self) -> bool {
        let is_asked = self.answers.as_ref().is_some_and(Answers::is_filing);
        is_asked || self.house.ticketed().is_wanted()
    }

    /// A writing of the files begins, with everything in it that was answered so far.
    pub fn seal(&mut self, writing: u64) {
        self.house.ticketed().seal(writing);
        if let Some(answers) = &mut self.answers {
            answers.seal(writing);
        }
    }

    /// The files are on disk up to a writing: tells what waited for it.
    pub fn filed(&mut self, writing: u64, now: Timestamp, venue: &mut dyn Venue) {
        while let Some(token) = self.house.ticketed().filed(writing) {
            // It took no place among the commands.
            self.settled(token, Sequence(0), now, venue);
        }
        if let Some(answers) = &mut self.answers {
            answers.filed(writing);
        }
    }
}
