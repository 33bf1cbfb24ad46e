//! Telling again what a JSON stream was told: its events, read from the beginning, rebuild the
//! orders they are of, so every message is the same as the first time.

use std::collections::VecDeque;

use ringside_protocol::{Event, EventHeader, StreamId, Timestamp};

use crate::house::House;
use crate::library::{Answer, Ask};
use crate::limits::{FETCH_BELOW_BYTES, FETCHED_MAX};
use crate::sessions::Named;
use crate::talk::{Context, Farewell};
use crate::views::orders::{OrderRow, Orders};

/// What is not to be had within this is not to be had.
const FETCH_WITHIN_NS: u64 = 10 * Timestamp::SECOND;

/// A message takes less, bytes.
const MESSAGE_BYTES: usize = 1_024;

/// Messages told at once, so that a quarter of what may wait for a reader takes them.
fn piece(out_bytes_max: usize) -> usize {
    (out_bytes_max / 4 / MESSAGE_BYTES).clamp(1, FETCHED_MAX)
}

/// Somebody who resumes. A session that has ended is told to its end, and the next follows.
pub(super) struct Catching {
    stream: StreamId,
    session: Named,
    /// The last message the client has.
    after: u64,
    /// The last message that was read.
    read: u64,
    /// Up to here it is read; what is later was heard meanwhile.
    through: u64,
    heard: VecDeque<(EventHeader, Event)>,
    orders: Orders,
    /// What is asked and not answered: an answer to another question is somebody else's, who was
    /// on the connection before.
    asked: Option<Ask>,
    since: Timestamp,
}

impl Catching {
    /// Of a stream in a session, after a message, up to one.
    pub(super) fn new(
        stream: StreamId,
        session: Named,
        after: u64,
        through: u64,
        now: Timestamp,
    ) -> Self {
        Self {
            stream,
            session,
            after,
            read: 0,
            through,
            heard: VecDeque::new(),
            orders: Orders::default(),
            asked: None,
            since: now,
        }
    }

    /// An event that came meanwhile. Where more come than are told at once, they are read later;
    /// so are those of a later session.
    pub(super) fn hear(&mut self, header: &EventHeader, event: &Event, house: &House) {
        let out_bytes_max = house.limits.out_bytes_max;
        if !house.sessions.is_running(self.session.number) {
            return;
        }
        if self.heard.len() < piece(out_bytes_max) {
            return self.heard.push_back((*header, *event));
        }
        self.heard.clear();
        self.through = event.report().map_or(self.through, |report| u64::from(report.number));
    }

    /// Asks for the next piece, when there is room for it.
    pub(super) fn fetch(&mut self, context: &mut Context<'_>) {
        let out_bytes_max = context.house.limits.out_bytes_max;
        if self.asked.is_some() || context.out.len() > FETCH_BELOW_BYTES.min(out_bytes_max / 4) {
            return;
        }
        let left = usize::try_from(self.through - self.read).unwrap_or(usize::MAX);
        let ask = Ask {
            connection: context.id,
            stream: self.stream,
            session: self.session.number,
            after: self.read,
            at_most: left.min(piece(out_bytes_max)),
        };
        self.asked = context.house.desk.ask(ask).then_some(ask);
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
        mut tell: impl FnMut(&EventHeader, &Event, Option<&OrderRow>, &Named, &mut Context<'_>),
    ) -> Result<bool, Farewell> {
        if self.asked != Some(answer.ask) {
            return Ok(false);
        }
        self.asked = None;
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
        Ok(self.is_over(context))
    }

    /// Whether that was all: behind a session that has ended comes the one that runs.
    fn is_over(&mut self, context: &Context<'_>) -> bool {
        let running = *context.house.sessions.running();
        if self.session == running {
            return true;
        }
        let row = context.house.views.directory.stream(self.stream);
        let through = row.map_or(0, |row| u64::from(row.number));
        *self = Self::new(self.stream, running, 0, through, context.now);
        through == 0
    }

    fn say(
        &mut self,
        header: &EventHeader,
        event: &Event,
        is_new: bool,
        context: &mut Context<'_>,
        tell: &mut impl FnMut(&EventHeader, &Event, Option<&OrderRow>, &Named, &mut Context<'_>),
    ) {
        self.orders.hear(header, event);
        if is_new {
            let row = self.orders.of(event).copied();
            tell(header, event, row.as_ref(), &self.session, context);
        }
    }
}
