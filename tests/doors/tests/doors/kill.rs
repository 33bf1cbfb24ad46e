//! The venue is killed (kill -9) under the load of eight sessions, again and again: every order
//! that was acknowledged is there, none is there twice, and every session ends with the messages
//! that somebody would have heard whom nothing disturbed, in the same order (JRN-007).

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use ringside_client::ouch::{ClientError, OuchClient, Told};
use ringside_client::socket::Address;
use ringside_client::soup::{Resume, SessionError};
use ringside_crash::driven::Answer;
use ringside_crash::verdict::{Acknowledged, Verdict, judge};
use ringside_doors::line::Line;
use ringside_doors::venue::{Plan, Venue};
use ringside_protocol::wire::ouch::Outbound;
use ringside_tests::random::Random;
use ringside_tests::{scale, seed};

use crate::{buy, open, sell};

const SESSIONS: u32 = 8;
const KILLS: u64 = 5;
/// Orders of a session under way at once.
const UNDER_WAY: usize = 16;
/// A session that hears nothing of a venue for so long waits for nothing.
const BACK_WITHIN: Duration = Duration::from_secs(120);

#[test]
fn a_fused_venue_killed_under_load_loses_nothing() {
    killed_under_load("fused", "sync");
}

#[test]
fn a_pipelined_venue_killed_under_load_loses_nothing() {
    killed_under_load("pipelined", "async");
}

fn killed_under_load(topology: &'static str, durability: &'static str) {
    let mut venue = open(&Plan::new(topology, durability).accounts(SESSIONS));
    let stage = Arc::new(Stage::new(venue.doors.v4.clone()));
    let (tell, heard) = channel();
    // One after the other, so that streams are numbered as accounts are.
    let bots: Vec<OuchClient> =
        (0..SESSIONS).map(|at| venue.bot_from(at, Resume::FIRST).unwrap()).collect();
    let start = |(at, bot)| start(&stage, at, bot, tell.clone());
    let trading: Vec<JoinHandle<Session>> = (0..SESSIONS).zip(bots).map(start).collect();
    let mut random = Random::new(seed());
    for _ in 0..KILLS * scale() {
        hear(&heard, random.within(200, 3_000));
        venue.kill();
        venue.again();
        stage.go_to(venue.doors.v4.clone());
    }
    hear(&heard, 500);
    stage.close();
    let sessions: Vec<Session> = trading.into_iter().map(|it| it.join().unwrap()).collect();
    let mut acknowledged = Acknowledged::default();
    for (at, session) in (0..SESSIONS).zip(&sessions) {
        undisturbed(&venue, at, session);
        acknowledged.extend(&session.acknowledged(at));
    }
    assert!(acknowledged.len() > 100 * SESSIONS as usize, "{}", acknowledged.len());
    println!("{topology}, {durability}: {} orders acknowledged", acknowledged.len());
    assert_eq!(venue.stop().code(), Some(0), "{}", venue.said());
    let verdict = judge(&venue.files(), &acknowledged).and_then(Verdict::nothing_lost);
    verdict.unwrap_or_else(|error| panic!("{topology}: {error}\n{}", venue.said()));
}

#[track_caller]
fn hear(heard: &Receiver<()>, count: u64) {
    for _ in 0..count {
        heard.recv_timeout(BACK_WITHIN).expect("sessions that trade");
    }
}

/// Where the venue is, for sessions that lost it.
struct Stage {
    place: Mutex<Place>,
    changed: Condvar,
}

struct Place {
    life: u64,
    address: Address,
    is_closing: bool,
}

impl Stage {
    fn new(address: Address) -> Self {
        let place = Place { life: 0, address, is_closing: false };
        Self { place: Mutex::new(place), changed: Condvar::new() }
    }

    fn go_to(&self, address: Address) {
        let mut place = self.place.lock().unwrap();
        place.life += 1;
        place.address = address;
        self.changed.notify_all();
    }

    fn close(&self) {
        self.place.lock().unwrap().is_closing = true;
    }

    fn is_closing(&self) -> bool {
        self.place.lock().unwrap().is_closing
    }

    /// The venue's next life after this one.
    fn after(&self, life: u64) -> (u64, Address) {
        let place = self.place.lock().unwrap();
        let (place, waited) = self
            .changed
            .wait_timeout_while(place, BACK_WITHIN, |place| place.life <= life)
            .unwrap();
        assert!(!waited.timed_out(), "the venue of life {life} was lost, and no other came");
        (place.life, place.address.clone())
    }
}

/// A session through all lives of the venue.
struct Session {
    bot: OuchClient,
    life: u64,
    random: Random,
    heard: Vec<Told>,
    placed: u32,
    tell: Sender<()>,
}

fn start(stage: &Arc<Stage>, at: u32, bot: OuchClient, tell: Sender<()>) -> JoinHandle<Session> {
    let random = Random::new(seed() * 1_000 + u64::from(at));
    let mut session = Session { bot, life: 0, random, heard: Vec::new(), placed: 0, tell };
    let stage = Arc::clone(stage);
    thread::spawn(move || {
        session.trade(&stage);
        session
    })
}

impl Session {
    fn trade(&mut self, stage: &Stage) {
        loop {
            let is_closing = stage.is_closing();
            let done = if is_closing && self.bot.unanswered() == 0 {
                match self.bot.query() {
                    Ok(_) => return self.rest(),
                    Err(error) => Err(error),
                }
            } else if !is_closing && self.bot.unanswered() < UNDER_WAY {
                self.act()
            } else {
                self.bot.next().map(|told| self.note(told))
            };
            if let Err(error) = done {
                self.come_back(stage, &error);
            }
        }
    }

    fn act(&mut self) -> Result<(), ClientError> {
        if self.placed > 0 && self.random.chance(1, 4) {
            let order = self.random.within(1, u64::from(self.placed)) as u32;
            return self.bot.cancel(order);
        }
        let (quantity, price) = (self.random.within(1, 9) as u32, self.random.within(95, 105));
        let is_buy = self.random.chance(1, 2);
        let order = if is_buy { buy(quantity, price) } else { sell(quantity, price) };
        self.placed = self.bot.place(&order)?;
        Ok(())
    }

    fn note(&mut self, told: Told) {
        assert_eq!(told.number, self.heard.len() as u64 + 1, "numbers are dense");
        self.heard.push(told);
        // Nobody listens any more when the venue has been killed often enough.
        let _ = self.tell.send(());
    }

    /// Everything that came before the answer to a query.
    fn rest(&mut self) {
        while let Ok(Some(told)) = self.bot.next_within(Duration::ZERO) {
            self.note(told);
        }
    }

    fn come_back(&mut self, stage: &Stage, error: &ClientError) {
        let is_lost =
            matches!(error, ClientError::Lost(_) | ClientError::Session(SessionError::Silent(_)));
        assert!(is_lost, "{error}");
        loop {
            let (life, address) = stage.after(self.life);
            self.life = life;
            match self.bot.reconnect_to(address) {
                Ok(()) => return,
                Err(error) => assert!(matches!(error, ClientError::Lost(_)), "{error}"),
            }
        }
    }

    /// Orders whose acceptance was heard.
    fn acknowledged(&self, at: u32) -> Vec<Answer> {
        let accepted = self.heard.iter().filter_map(|told| accepted(&told.message));
        accepted.map(|user_ref| Answer { stream: at, user_ref }).collect()
    }
}

/// What somebody hears whom nothing disturbs is what the session has heard; each of its orders was
/// answered once.
fn undisturbed(venue: &Venue, at: u32, session: &Session) {
    let (mut line, _) = Line::enter(&venue.doors.v4, &venue.login(at), Resume::FIRST);
    let mut answers = BTreeMap::<u32, u32>::new();
    for told in &session.heard {
        let message = Outbound::decode(&line.message()).unwrap();
        assert_eq!(message, told.message, "S{at}, message {}", told.number);
        if let Some(user_ref) = accepted(&message).or(rejected(&message)) {
            *answers.entry(user_ref).or_default() += 1;
        }
    }
    let once: BTreeMap<u32, u32> = (1..=session.placed).map(|number| (number, 1)).collect();
    assert!(answers == once, "S{at}: {} orders, {} answered", session.placed, answers.len());
}

fn accepted(message: &Outbound) -> Option<u32> {
    if let Outbound::Accepted(message) = message { Some(message.user_ref) } else { None }
}

fn rejected(message: &Outbound) -> Option<u32> {
    if let Outbound::Rejected(message) = message { Some(message.user_ref) } else { None }
}
