//! What was told before, out of the record of events.

use ringside_gateway::library::Library;
use ringside_protocol::{Event, EventHeader, SessionNumber, StreamId};

use crate::venue::assembly::RecordOfEvents;

/// Reads the record of the running venue.
pub struct Record(pub RecordOfEvents);

impl Library for Record {
    fn stream(
        &mut self,
        stream: StreamId,
        session: SessionNumber,
        after: u64,
        at_most: usize,
        found: &mut Vec<(EventHeader, Event)>,
    ) -> Result<(), String> {
        // Before the venue runs there is nobody to ask.
        let Some(reader) = self.0.get() else { return Ok(()) };
        // No session has more messages than have numbers.
        let Ok(after) = u32::try_from(after) else { return Ok(()) };
        let events = reader.stream(stream, session, after);
        let events = events.map_err(|error| error.to_string())?;
        for event in events.take(at_most) {
            let event = event.map_err(|error| error.to_string())?;
            found.push((event.header, event.event));
        }
        Ok(())
    }
}
