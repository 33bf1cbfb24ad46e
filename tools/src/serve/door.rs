//! The reactor as a door of the venue: between its turns the venue's lanes and rings, between its
//! sockets the thread's sleep.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ringside_gateway::Busy;
use ringside_gateway::house::House;
use ringside_gateway::reactor::{Poller, Reactor};
use ringside_gateway::talk::{Cause, Farewell, Venue};
use ringside_gateway::tape::Tape;
use ringside_protocol::{Command, Origin, Sequence, Timestamp};

use super::feed;
use super::files::{Draft, KeptFile};
use super::scribe::Scribe;
use crate::venue::clock::Clock;
use crate::venue::door::{Door, Input, NO_RECEIPT, Output, Sleeper};
use crate::venue::fatal::Fatal;
use crate::venue::station::Turn;

/// Commands that are asked about and not settled yet, at most; the lane of receipts holds more.
pub const ASKED_MAX: u64 = 1_024;

/// The files that are written before anybody is told of what they say.
pub struct Files {
    /// Tickets.
    pub tickets: KeptFile,
    /// Bearer tokens.
    pub tokens: KeptFile,
    /// Where the feed can be told again from.
    pub feed: PathBuf,
    /// Who writes them.
    pub scribe: Scribe,
}

impl Files {
    /// What has changed, as it is to be on file.
    fn drafts(&mut self, house: &mut House) -> Vec<Draft> {
        let kept = house.tape.as_mut().and_then(Tape::to_file);
        let feed = kept.map(|kept| feed::draft(self.feed.clone(), &kept));
        let changed =
            [self.tickets.draft(&mut house.tickets), self.tokens.draft(&mut house.tokens)];
        changed.into_iter().flatten().chain(feed).collect()
    }

    /// Tells what was written, and has written what is to be; whether anything was told.
    fn turn(
        &mut self,
        reactor: &mut Reactor,
        now: Timestamp,
        venue: &mut dyn Venue,
    ) -> io::Result<bool> {
        let ended = self.scribe.ended()?;
        if let Some(writing) = ended {
            reactor.filed(writing, now, venue);
        }
        if !self.scribe.is_busy() {
            let drafts = self.drafts(reactor.house_mut());
            if !drafts.is_empty() || reactor.is_filing() {
                let writing = self.scribe.begin(drafts);
                reactor.seal(writing);
            }
        }
        Ok(ended.is_some())
    }
}

/// The reactor at its place in the venue.
pub struct ReactorDoor {
    reactor: Reactor,
    poller: Poller,
    clock: Clock,
    files: Files,
    fatal: Fatal,
    asked: u64,
}

impl ReactorDoor {
    /// This reactor, by this clock.
    pub fn new(reactor: Reactor, poller: Poller, clock: Clock, files: Files, fatal: Fatal) -> Self {
        Self { reactor, poller, clock, files, fatal, asked: 0 }
    }
}

/// The way in, for a turn.
struct Lane<'a> {
    input: &'a mut Input,
    asked: &'a mut u64,
}

impl Venue for Lane<'_> {
    fn offer(&mut self, origin: Origin, command: Command, token: u64) -> Result<(), Busy> {
        let asks = token != NO_RECEIPT;
        if asks && *self.asked >= ASKED_MAX {
            return Err(Busy::LaneFull);
        }
        self.input.offer_receipted(origin, command, token)?;
        *self.asked += u64::from(asks);
        Ok(())
    }
}

impl Door for ReactorDoor {
    fn turn(&mut self, input: &mut Input, output: &mut Output, is_stopping: bool) -> Turn {
        let now = (self.clock)();
        let Self { reactor, asked, .. } = self;
        let mut venue = Lane { input, asked };
        let mut worked = output.each_marked(|header, event, is_last| {
            reactor.hear(header, event, is_last, now, &mut venue);
        }) > 0;
        while let Some(receipt) = output.settled() {
            *venue.asked -= 1;
            reactor.settled(receipt.token, Sequence(receipt.sequence), now, &mut venue);
            worked = true;
        }
        if !is_stopping {
            worked |= reactor.turn(now, &mut venue);
        }
        match self.files.turn(reactor, now, &mut venue) {
            Ok(told) => worked |= told,
            Err(error) => self.fatal.door_failed(&error),
        }
        // Who waits for a file is told before it ends.
        worked |= is_stopping && self.files.scribe.is_busy();
        if is_stopping && !worked {
            let why = Farewell::new(Cause::Leaving, "the venue stops; come again when it is back");
            self.reactor.part(&why, now);
        }
        self.reactor.flush(now, &mut venue);
        match (is_stopping, worked) {
            (true, false) => Turn::Done,
            (_, true) => Turn::Worked,
            (false, false) => Turn::Idle,
        }
    }

    fn limit(&self) -> Option<Duration> {
        let now = (self.clock)();
        let due = self.reactor.next_turn()?;
        Some(Duration::from_nanos(due.0.saturating_sub(now.0)))
    }

    fn sleeper(&mut self) -> Option<Sleeper> {
        Some(Sleeper { wake: Arc::new(self.poller.clone()), sleep: Box::new(self.poller.clone()) })
    }
}
