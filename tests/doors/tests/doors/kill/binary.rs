//! A session at the binary door.

use std::collections::BTreeMap;
use std::time::Duration;

use ringside_client::ouch::{ClientError, OuchClient, Told};
use ringside_client::soup::{Resume, SessionError};
use ringside_crash::driven::Answer;
use ringside_doors::line::Line;
use ringside_doors::opened::Doors;
use ringside_doors::venue::Venue;
use ringside_protocol::wire::ouch::Outbound;
use ringside_tests::random::Random;
use ringside_tests::seed;

use super::{Door, Lost, Session};
use crate::{buy, sell};

pub(super) struct BinarySession {
    bot: OuchClient,
    /// Its account, and its stream.
    at: u32,
    random: Random,
    heard: Vec<Outbound>,
    placed: u32,
}

impl BinarySession {
    /// A bot that hears its stream from the first message on.
    pub(super) fn new(bot: OuchClient, at: u32) -> Self {
        let random = Random::new(seed() * 1_000 + u64::from(at));
        Self { bot, at, random, heard: Vec::new(), placed: 0 }
    }

    /// Hears everything that the venue has told it.
    pub(super) fn settle(&mut self) {
        self.bot.query().unwrap();
        while let Some(told) = self.bot.next_within(Duration::ZERO).unwrap() {
            self.note(&told);
        }
    }

    /// What somebody hears whom nothing disturbs is what this has heard, byte for byte; each of its
    /// orders was accepted once.
    pub(super) fn check(&self, venue: &Venue) {
        let at = self.at;
        let (mut line, accepted) = Line::enter(&venue.doors.v4, &venue.login(at), Resume::FIRST);
        assert_eq!(accepted.sequence, 1, "S{at}");
        for (number, heard) in (1..).zip(&self.heard) {
            assert_eq!(line.message(), encoded(heard), "S{at}, message {number}: {heard:?}");
        }
        let (_, accepted) = Line::enter(&venue.doors.v4, &venue.login(at), Resume::LIVE);
        assert_eq!(accepted.sequence, self.heard.len() as u64 + 1, "S{at}: that is all");
        let mut answers = BTreeMap::<u32, u32>::new();
        for answer in self.acknowledged() {
            *answers.entry(answer.user_ref).or_default() += 1;
        }
        let once: BTreeMap<u32, u32> = (1..=self.placed).map(|number| (number, 1)).collect();
        assert!(answers == once, "S{at}: {} orders, {} accepted", self.placed, answers.len());
    }

    /// Orders whose acceptance was heard.
    pub(super) fn acknowledged(&self) -> Vec<Answer> {
        let accepted = |message: &Outbound| {
            let Outbound::Accepted(message) = message else { return None };
            Some(Answer { stream: self.at, user_ref: message.user_ref })
        };
        self.heard.iter().filter_map(accepted).collect()
    }

    /// How many messages it has heard.
    pub(super) const fn heard(&self) -> usize {
        self.heard.len()
    }

    fn note(&mut self, told: &Told) {
        assert_eq!(told.number, self.heard.len() as u64 + 1, "numbers are dense");
        self.heard.push(told.message);
    }
}

impl Session for BinarySession {
    const DOOR: Door = Door::Binary;

    fn under_way(&self) -> usize {
        self.bot.unanswered()
    }

    fn act(&mut self) -> Result<(), Lost> {
        if self.placed > 0 && self.random.chance(1, 4) {
            let order = self.random.within(1, u64::from(self.placed)) as u32;
            return self.bot.cancel(order).map_err(lost);
        }
        let (quantity, price) = (self.random.within(1, 9) as u32, self.random.within(95, 105));
        let is_buy = self.random.chance(1, 2);
        let order = if is_buy { buy(quantity, price) } else { sell(quantity, price) };
        self.placed = self.bot.place(&order).map_err(lost)?;
        Ok(())
    }

    fn hear(&mut self) -> Result<bool, Lost> {
        let told = self.bot.next().map_err(lost)?;
        self.note(&told);
        Ok(true)
    }

    fn come_back(&mut self, doors: &Doors) -> Result<(), Lost> {
        self.bot.reconnect_to(doors.v4.clone()).map_err(lost)
    }
}

fn encoded(message: &Outbound) -> Vec<u8> {
    let mut bytes = Vec::new();
    message.encode(&mut bytes);
    bytes
}

/// Anything but a line that is gone is wrong.
fn lost(error: ClientError) -> Lost {
    match error {
        ClientError::Lost(_) | ClientError::Session(SessionError::Silent(_)) => {
            Lost(error.to_string())
        }
        other => panic!("{other}"),
    }
}
