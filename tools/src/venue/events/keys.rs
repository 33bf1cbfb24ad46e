//! By which keys an event is found again: the one table of the store's indexes.
//!
//! | event | stream of its report | instrument |
//! |---|---|---|
//! | `accepted`, `executed`, `amended`, `canceled` | yes | yes: it may change the book |
//! | `rejected`, `confirmed`, `restated`, `session_ended` | yes | |
//! | `trade`, `instrument_state`, `instrument` | | yes |
//! | `posting`, `position`, `lot_closed`, `account_state`, `warning` | | |
//! | `currency`, `key`, `session`, `day` | | |
//!
//! A stream's entries are numbered as its messages are, session by session; an instrument's by the
//! events' ordinals.
//! Each batch has an entry too, numbered by the ordinal of its first event.

use ringside_protocol::{
    Event, EventKind, InstrumentId, Report, SessionNumber, StreamId, StreamKind,
};

/// The key of every batch.
pub const BATCHES: u64 = space(0);

/// The key of a stream.
pub const fn stream(id: StreamId) -> u64 {
    space(1) | id.0 as u64
}

/// The key of an instrument.
pub const fn instrument(id: InstrumentId) -> u64 {
    space(2) | id.0 as u64
}

const fn space(number: u64) -> u64 {
    number << 32
}

/// The number of a stream's entry: later sessions behind earlier ones.
pub const fn told(session: SessionNumber, number: u32) -> u64 {
    (session.0 as u64) << 32 | number as u64
}

/// Hands `take` the key and the number of each entry of the event with this ordinal, told in this
/// session.
#[inline]
pub fn each(ordinal: u64, session: SessionNumber, event: &Event, mut take: impl FnMut(u64, u64)) {
    if let Some(report) = event.report().filter(|report| is_told(event.kind(), report)) {
        take(stream(report.stream), told(session, report.number));
    }
    if let Some(id) = news(event) {
        take(instrument(id), ordinal);
    }
}

/// Whether the event was a message on the stream of its report.
fn is_told(kind: EventKind, report: &Report) -> bool {
    report.stream != StreamId::NONE && StreamKind::ALL.iter().any(|s| s.messages(kind) > 0)
}

/// The instrument in which it is news.
fn news(event: &Event) -> Option<InstrumentId> {
    match event {
        Event::Accepted(event) => Some(event.instrument),
        Event::Executed(event) => Some(event.instrument),
        Event::Amended(event) => Some(event.instrument),
        Event::Canceled(event) => Some(event.instrument),
        Event::Trade(event) => Some(event.instrument),
        Event::InstrumentState(event) => Some(event.instrument),
        Event::Instrument(event) => Some(event.instrument),
        Event::Rejected(_)
        | Event::Confirmed(_)
        | Event::Restated(_)
        | Event::Day(_)
        | Event::SessionEnded(_)
        | Event::Posting(_)
        | Event::Position(_)
        | Event::LotClosed(_)
        | Event::AccountState(_)
        | Event::Warning(_)
        | Event::Currency(_)
        | Event::Key(_)
        | Event::Session(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_things_have_one_key() {
        let ids = [0, 1, u32::MAX];
        let mut keys: Vec<u64> = ids.iter().map(|&id| stream(StreamId(id))).collect();
        keys.extend(ids.iter().map(|&id| instrument(InstrumentId(id))));
        keys.push(BATCHES);
        let count = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), count);
    }
}
