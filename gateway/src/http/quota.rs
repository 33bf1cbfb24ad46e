//! How often an address has asked within the last minute, whenever that began: a sliding window, to
//! the nanosecond. Refused requests are not counted, so who waits as long as told is let in.

use std::collections::{HashMap, VecDeque};

use foldhash::fast::FixedState;
use ringside_protocol::Timestamp;

use crate::identity::SourceId;
use crate::limits::HTTP_SOURCES_MAX;

/// The window, in nanoseconds.
const WINDOW: u64 = 60 * Timestamp::SECOND;

/// Too many; after so long there is room for one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Wait {
    /// Whole seconds, at least 1.
    pub(super) seconds: u64,
}

/// Requests of the last minute, by address.
pub(super) struct Quota {
    limit: usize,
    asked: HashMap<SourceId, VecDeque<Timestamp>, FixedState>,
}

impl Quota {
    /// So many a minute.
    pub(super) fn new(limit: u32) -> Self {
        Self { limit: limit as usize, asked: HashMap::default() }
    }

    /// Counts one; tells how many there are with it.
    pub(super) fn take(&mut self, source: SourceId, now: Timestamp) -> Result<usize, Wait> {
        self.make_room(source, now);
        let asked = self.asked.entry(source).or_default();
        forget(asked, now);
        match asked.front() {
            Some(first) if asked.len() >= self.limit => {
                let left = (first.0 + WINDOW).saturating_sub(now.0);
                Err(Wait { seconds: left.div_ceil(Timestamp::SECOND).max(1) })
            }
            Some(_) | None => {
                asked.push_back(now);
                Ok(asked.len())
            }
        }
    }

    fn make_room(&mut self, source: SourceId, now: Timestamp) {
        if self.asked.len() < HTTP_SOURCES_MAX || self.asked.contains_key(&source) {
            return;
        }
        self.asked.retain(|_, asked| {
            forget(asked, now);
            !asked.is_empty()
        });
        if self.asked.len() == HTTP_SOURCES_MAX {
            let longest_ago = self.asked.iter().min_by_key(|(_, asked)| asked.back().copied());
            let longest_ago = longest_ago.map(|(&source, _)| source);
            longest_ago.map(|source| self.asked.remove(&source));
        }
    }
}

fn forget(asked: &mut VecDeque<Timestamp>, now: Timestamp) {
    while asked.front().is_some_and(|first| first.0 + WINDOW <= now.0) {
        asked.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    fn source(number: u32) -> SourceId {
        SourceId::from(IpAddr::from(Ipv4Addr::from_bits(number)))
    }

    #[test]
    fn a_minute_slides() {
        // GWY-013
        let mut quota = Quota::new(3);
        let mut take = |from: u32, ms: u64| quota.take(source(from), Timestamp(ms * 1_000_000));
        let wait = |seconds| Err(Wait { seconds });
        for (what, from, ms, expected) in [
            ("the first", 1, 0, Ok(1)),
            ("later", 1, 30_000, Ok(2)),
            ("at the limit", 1, 30_000, Ok(3)),
            ("one more", 1, 30_000, wait(30)),
            ("another address", 2, 30_000, Ok(1)),
            ("just before", 1, 59_999, wait(1)),
            ("when the first is a minute old", 1, 60_000, Ok(3)),
            ("and no second", 1, 60_000, wait(30)),
            ("all but that are old", 1, 90_000, Ok(2)),
            ("time that goes back is no reason to forget", 1, 10_000, Ok(3)),
        ] {
            assert_eq!(take(from, ms), expected, "{what}");
        }
    }

    #[test]
    fn so_many_addresses_are_remembered() {
        let mut quota = Quota::new(1);
        let at = |number: u32| Timestamp(u64::from(number));
        let most = HTTP_SOURCES_MAX as u32;
        (0..most).for_each(|from| assert_eq!(quota.take(source(from), at(from)), Ok(1)));
        assert!(quota.take(source(0), at(most)).is_err(), "it is remembered");
        assert_eq!(quota.take(source(most), at(most)), Ok(1), "one more");
        assert_eq!(quota.asked.len(), HTTP_SOURCES_MAX);
        assert!(quota.take(source(1), at(most)).is_err(), "the second is remembered");
        assert_eq!(quota.take(source(0), at(most)), Ok(1), "who asked longest ago is forgotten");
        let later = Timestamp(2 * WINDOW);
        assert_eq!(quota.take(source(most + 1), later), Ok(1));
        assert_eq!(quota.asked.len(), 1, "the others' minute is over");
    }
}
