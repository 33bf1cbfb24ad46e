//! The order-by-order feed at a start: it goes on in the session it had, made again from the record
//! of events, or begins one where what was told may be missing. `DIR/feed` keeps its places.

use std::fmt::Display;
use std::fs;
use std::io;
use std::path::PathBuf;

use ringside_gateway::feeds::itch::Publisher;
use ringside_gateway::feeds::kept::KeptFeed;
use ringside_gateway::house::House;
use ringside_gateway::tape::{TAPE_EVENTS_MAX, Tape};
use ringside_protocol::Timestamp;

use super::files::Draft;
use crate::venue::assembly::Ready;

/// The feed of a venue whose record of events is whole; its session is on disk on return.
///
/// # Errors
/// When the file or the record cannot be read, or the file not be written.
pub(super) fn open(ready: &Ready, house: &House, now: Timestamp) -> io::Result<Tape> {
    let path = ready.layout().feed();
    let named = |error: &dyn Display| io::Error::other(format!("{}: {error}", path.display()));
    let kept = match fs::read_to_string(&path) {
        Ok(text) => Some(KeptFeed::parse(&text).map_err(|error| named(&error))?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(named(&error)),
    };
    let mut tape = match kept.and_then(|kept| still_good(kept, ready)) {
        Some(kept) => going_on(kept, ready, house)?,
        None => beginning(ready, house, now),
    };
    tape.to_file().map_or(Ok(()), |kept| draft(path, &kept).write())?;
    Ok(tape)
}

/// The file that keeps the feed.
pub(super) fn draft(path: PathBuf, kept: &KeptFeed) -> Draft {
    Draft { path, text: kept.text(), is_awaited: false }
}

/// What of a session can be told again: nothing where what was told may be missing, else from the
/// first place on that a start has the time for.
fn still_good(mut kept: KeptFeed, ready: &Ready) -> Option<KeptFeed> {
    let said = ready.engine().stats().events;
    let is_whole = kept.epoch == ready.epoch() && kept.marks.last()?.events <= said;
    kept.marks.retain(|mark| said.saturating_sub(mark.events) <= TAPE_EVENTS_MAX);
    (is_whole && !kept.marks.is_empty()).then_some(kept)
}

fn going_on(kept: KeptFeed, ready: &Ready, house: &House) -> io::Result<Tape> {
    let KeptFeed { session, epoch, mut marks } = kept;
    let mark = marks.swap_remove(0);
    let from = mark.events;
    let mut tape = Tape::new(session, epoch, mark);
    let record = ready.record();
    let reader = record.get().expect("Invariant: the record is whole");
    let events = reader.from_ordinal(from + 1).map_err(io::Error::other)?;
    let events = (from + 1..).zip(events).map(|(ordinal, found)| {
        let found = found.map_err(io::Error::other)?;
        let is_there = found.number == ordinal;
        is_there.then_some((found.header, found.event)).ok_or_else(|| gone(ordinal))
    });
    tape.recall(events, house.views.directory.clone())?;
    let (told, said) = (tape.events(), ready.engine().stats().events);
    if told == said { Ok(tape) } else { Err(gone(told + 1)) }
}

fn gone(ordinal: u64) -> io::Error {
    io::Error::other(format!(
        "the record of events has no event {ordinal}, from which the feed goes on; remove the file \
         `feed` from the venue's directory: the feed begins a session of its own, and who listened \
         takes the snapshot"
    ))
}

fn beginning(ready: &Ready, house: &House, now: Timestamp) -> Tape {
    let views = &house.views;
    let events = ready.engine().stats().events;
    let mark = Publisher::beginning(events, &views.orders, &views.directory);
    let session = Tape::session_of(ready.epoch(), now);
    Tape::new(session, ready.epoch(), mark)
}
