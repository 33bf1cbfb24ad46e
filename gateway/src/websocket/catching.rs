//! Telling again what a JSON stream was told: its events, read from the beginning, rebuild the
//! orders they are of, so every message is the same as the first time.

use std::collections::VecDeque;

use ringside_protocol::{Event, EventHeader, StreamId, Timestamp};

use crate::library::{Answer, Ask};
use crate::limits::{CATCHING_UP_MAX, FETCH_BELOW_BYTES, FETCHED_MAX};
use crate::talk::{Context, Farewell};
use crate::views::orders::{OrderRow, Orders};

/// What is not to be had within this is not to be had.
const FETCH_WITHIN_NS: u64 = 10 * Timestamp::SECOND;

/// Somebody who resumes.
pub(super) struct Catching {
    stream: StreamId,
    /// The last message the client has.
    after: u64,
    /// The last message that was read.
    read: u64,
    /// Up to here it is read; what is later was heard meanwhile.
    through: u64,
    heard: VecDeque<(EventHeader, Event)>,
    orders: Orders,
    is_asked: bool,
    since: Timestamp,
}

impl Catching {
    /// Of a stream, after a message, up to one.
    pub(super) fn new(stream: StreamId, after: u64, through: u64, now: Timestamp) -> Self {
        Self {
            stream,
            after,
            read: 0,
            through,
            heard: VecDeque::new(),
            orders: Orders::default(),
            is_asked: false,
            since: now,
        }
    }

    /// An event that came meanwhile.
    pub(super) fn hear(&mut self, header: &EventHeader, event: &Event) -> Result<(), Farewell> {
        if self.heard.len() == CATCHING_UP_MAX {
            return Err(format!(
                "more than {CATCHING_UP_MAX} messages came while earlier ones were told; \
                 subscribe again from where you are"
            )
            .into());
        }
        self.heard.push_back((*header, *event));
        Ok(())
    }

    /// Asks for the next piece, when there is room for it.
    pub(super) fn fetch(&mut self, context: &mut Context<'_>) {
        if self.is_asked || context.out.len() > FETCH_BELOW_BYTES {
            return;
        }
        let left = usize::try_from(self.through - self.read).unwrap_or(usize::MAX);
        self.is_asked = context.house.desk.ask(Ask {
            connection: context.id,
            stream: self.stream,
            after: self.read,
            at_most: left.min(FETCHED_MAX),
        });
        context.house.hurry();
    }

    /// Whether it still comes.
    pub(super) fn check(&self, context: &Context<'_>) -> Result<(), Farewell> {
        match context.now.0.saturating_sub(self.since.0) > FETCH_WITHIN_NS {
            true => Err("what was told before could not be read in time; subscribe again".into()),
            false => Ok(()),
        }
    }

    /// A piece came; tells what is new to the client, and true where that is all.
    pub(super) fn fetched(
        &mut self,
        answer: Answer,
        context: &mut Context<'_>,
        mut tell: impl FnMut(&EventHeader, &Event, Option<&OrderRow>, &mut Context<'_>),
    ) -> Result<bool, Farewell> {
        if answer.ask.stream != self.stream || answer.ask.after != self.read {
            // Somebody else asked, who had this connection's number before.
            return Ok(false);
        }
        self.is_asked = false;
        let found =
            answer.found.map_err(|why| format!("what was told before is not here: {why}"))?;
        if !found.is_empty() {
            self.since = context.now;
        }
        for (header, event) in &found {
            let number = event.report().map_or(0, |report| u64::from(report.number));
            if number > self.through {
                break;
            }
            assert_eq!(number, self.read + 1, "Invariant: a stream's numbers are dense");
            self.read = number;
            self.say(header, event, number > self.after, context, &mut tell);
        }
        if self.read < self.through {
            return Ok(false);
        }
        for (header, event) in std::mem::take(&mut self.heard) {
            self.say(&header, &event, true, context, &mut tell);
        }
        Ok(true)
    }

    fn say(
        &mut self,
        header: &EventHeader,
        event: &Event,
        is_new: bool,
        context: &mut Context<'_>,
        tell: &mut impl FnMut(&EventHeader, &Event, Option<&OrderRow>, &mut Context<'_>),
    ) {
        self.orders.hear(header, event);
        if is_new {
            let row = self.orders.of(event).copied();
            tell(header, event, row.as_ref(), context);
        }
    }
}
