//! Which of the venue's sessions can be had: the one that is running, and, until that ends too, the
//! one before it. Their names are the day they began and the venue's epoch.

use ringside_protocol::wire::soup::SessionId;
use ringside_protocol::{DayBegan, Name, SessionNumber, Timestamp};

/// A session that can be had.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Named {
    /// Which.
    pub number: SessionNumber,
    /// What doors call it.
    pub id: SessionId,
}

impl Named {
    /// Its id where ids are names.
    pub fn name(&self) -> Name {
        Name::parse(self.id.as_str()).unwrap_or_default()
    }
}

/// The sessions that can be had. An ended one is kept until the next ends: a venue day, 24 hours.
#[derive(Clone, Copy, Debug)]
pub struct Sessions {
    epoch: u32,
    running: Named,
    before: Option<Named>,
}

impl Sessions {
    /// In an epoch of the venue, the session that began at `began` runs; `before` is when the one
    /// before it began, where all of its messages can still be had.
    pub fn new(
        epoch: u32,
        running: SessionNumber,
        began: Timestamp,
        before: Option<Timestamp>,
    ) -> Self {
        let named = |number, began| Named { number, id: SessionId::of(began, epoch) };
        let number_before = SessionNumber(running.0.saturating_sub(1));
        let before = before.map(|began| named(number_before, began));
        Self { epoch, running: named(running, began), before }
    }

    /// The session that runs.
    pub const fn running(&self) -> &Named {
        &self.running
    }

    /// Whether it is this one.
    pub fn is_running(&self, number: SessionNumber) -> bool {
        self.running.number == number
    }

    /// The session of an id; blank is the one that runs. None: it never was, is of another epoch,
    /// or ended too long ago.
    pub fn find(&self, id: &SessionId) -> Option<Named> {
        let mut there = [Some(self.running), self.before].into_iter().flatten();
        if id.is_blank() { Some(self.running) } else { there.find(|it| it.id == *id) }
    }

    /// A day begins.
    pub fn hear(&mut self, day: &DayBegan) {
        self.before = Some(self.running);
        self.running = Named { number: day.session, id: SessionId::of(day.began, self.epoch) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: u64 = 20_778 * Timestamp::DAY;

    fn found(sessions: &Sessions, ids: [&str; 5]) -> [Option<u32>; 5] {
        ids.map(|id| sessions.find(&SessionId::new(id).unwrap()).map(|it| it.number.0))
    }

    #[test]
    fn the_running_session_and_the_one_before_it_can_be_had() {
        let ids = ["", "2611200002", "2611210002", "2611210001", "2611220002"];
        let yesterday = Some(Timestamp(TODAY - Timestamp::DAY));
        let mut sessions = Sessions::new(2, SessionNumber(7), Timestamp(TODAY), None);
        assert_eq!(found(&sessions, ids), [Some(7), None, Some(7), None, None]);
        sessions = Sessions::new(2, SessionNumber(7), Timestamp(TODAY), yesterday);
        assert_eq!(found(&sessions, ids), [Some(7), Some(6), Some(7), None, None]);
        let began = Timestamp(TODAY + Timestamp::DAY);
        sessions.hear(&DayBegan { began, session: SessionNumber(8), reserved: 0 });
        assert_eq!(found(&sessions, ids), [Some(8), None, Some(7), None, Some(8)]);
        assert!(sessions.is_running(SessionNumber(8)));
        assert_eq!(sessions.running().name().as_str(), "2611220002");
    }
}
