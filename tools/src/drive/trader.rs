//! The load: orders, cancels and amends of all traders, by a seed, through one door. It sends at a
//! given rate whatever comes back (open loop, each order timed from when it was due) or keeps so
//! many orders in flight, and hears what becomes of every order.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use ringside_protocol::*;

use super::market::{INSTRUMENTS, TRADERS, session};
use crate::random::Random;
use crate::venue::door::{Door, Input, Output};
use crate::venue::station::Turn;

/// Orders of a stream whose sending time is remembered; older ones are not timed.
const REMEMBERED: u32 = 1 << 12;
/// Commands sent in one turn, at most.
const TURN: u64 = 64;
/// Prices move around this, ticks.
const MIDDLE: u64 = 10_000;
/// How far from the middle orders are.
const SPREAD: u64 = 40;
/// An open loop is looked at this often while there is nothing to hear.
const PACE: Duration = Duration::from_micros(50);

/// Longer waits are counted as this: a minute.
const LATENCY_NS_MAX: u64 = 60_000_000_000;

/// How hard to drive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Load {
    /// So many commands a second, whatever comes back.
    Rate(u64),
    /// So many orders that have not been answered, as fast as that goes.
    InFlight(u64),
}

/// What the drive came to.
#[derive(Debug)]
pub struct Tally {
    /// Commands sent.
    pub sent: u64,
    /// Commands turned away at the door, tried again later.
    pub busy: u64,
    /// Orders answered.
    pub answered: u64,
    /// From when an order was due to when its answer was heard, nanoseconds.
    pub latency_ns: Histogram<u64>,
    /// How long sending went on.
    pub elapsed: Duration,
}

impl Tally {
    /// Nothing yet.
    pub fn new() -> Self {
        let latency_ns = Histogram::new_with_bounds(1, LATENCY_NS_MAX, 3);
        let latency_ns = latency_ns.expect("Invariant: these bounds are possible");
        Self { sent: 0, busy: 0, answered: 0, latency_ns, elapsed: Duration::ZERO }
    }
}

impl Default for Tally {
    fn default() -> Self {
        Self::new()
    }
}

/// When it is enough.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Enough {
    /// After so many commands.
    pub commands: u64,
    /// After so long.
    pub after: Duration,
}

/// All traders behind one door.
pub struct Trader {
    random: Random,
    load: Load,
    enough: Enough,
    /// Traders that are back: the first thing each sends is that its session is open.
    back: u32,
    /// By stream: the last UserRefNum given.
    last_ref: Vec<u32>,
    /// The venue's session that those are of.
    session: SessionNumber,
    due: Vec<Option<Instant>>,
    in_flight: u64,
    started: Option<Instant>,
    tally: Arc<Mutex<Tally>>,
    latest: Tally,
    /// Where the answered orders are written, one a line.
    answers: Option<Box<dyn Write + Send>>,
    /// A command that was turned away and waits.
    waiting: Option<(Origin, Command)>,
}

impl Trader {
    /// A load that begins after `last_ref`, the last UserRefNum of each stream in the venue's
    /// `session`, and leaves what it came to in `tally`.
    pub fn new(
        seed: u64,
        load: Load,
        enough: Enough,
        last_ref: Vec<u32>,
        session: SessionNumber,
        tally: Arc<Mutex<Tally>>,
    ) -> Self {
        let due = vec![None; last_ref.len() * REMEMBERED as usize];
        Self {
            random: Random::new(seed, 0),
            load,
            enough,
            back: 0,
            last_ref,
            session,
            due,
            in_flight: 0,
            started: None,
            tally,
            latest: Tally::new(),
            answers: None,
            waiting: None,
        }
    }

    /// Every answered order is written to `answers` as `stream number`, one a line.
    pub fn telling(mut self, answers: Box<dyn Write + Send>) -> Self {
        self.answers = Some(answers);
        self
    }

    fn hear(&mut self, output: &mut Output) -> usize {
        let mut answered = std::mem::take(&mut self.latest.answered);
        let heard = output.each(|_, event| {
            if let Event::Day(day) = event {
                return self.begin_session(day.session);
            }
            let Some(report) = answer(event) else { return };
            answered += 1;
            self.in_flight = self.in_flight.saturating_sub(1);
            if let Some(due) = self.due[place(report)].take() {
                let waited = u64::try_from(due.elapsed().as_nanos()).unwrap_or(u64::MAX);
                self.latest.latency_ns.saturating_record(waited);
            }
            if let Some(answers) = &mut self.answers {
                // Whoever does not read them any more does not need them.
                let _ = writeln!(answers, "{} {}", report.stream.0, report.user_ref);
            }
        });
        self.latest.answered = answered;
        if heard > 0
            && let Some(answers) = &mut self.answers
        {
            let _ = answers.flush();
        }
        heard
    }

    /// Numbers begin anew; what was on its way is dropped, and nobody answers it.
    fn begin_session(&mut self, session: SessionNumber) {
        self.session = session;
        self.last_ref.fill(0);
        self.due.fill(None);
        self.in_flight = 0;
        self.waiting = self.waiting.filter(|(origin, _)| origin.session == SessionNumber::NONE);
    }

    /// How many commands may go out now.
    fn allowance(&self, since: Duration) -> u64 {
        let left = self.enough.commands - self.latest.sent.min(self.enough.commands);
        let now = match self.load {
            Load::Rate(rate) => {
                let due = since.as_nanos() * u128::from(rate) / 1_000_000_000;
                u64::try_from(due).unwrap_or(u64::MAX).saturating_sub(self.latest.sent)
            }
            Load::InFlight(most) => most - self.in_flight.min(most),
        };
        now.min(left).min(TURN)
    }

    fn send(&mut self, input: &mut Input, started: Instant) -> bool {
        for sent in 0..self.allowance(started.elapsed()) {
            let (origin, command) = self.waiting.take().unwrap_or_else(|| self.next());
            if input.offer(origin, command).is_err() {
                self.latest.busy += 1;
                self.waiting = Some((origin, command));
                return sent > 0;
            }
            self.note(origin, &command, started);
        }
        true
    }

    /// Remembers when an order was due, not when it went out.
    fn note(&mut self, origin: Origin, command: &Command, started: Instant) {
        if let Command::Order(order) = command {
            let report = Report { stream: origin.stream, number: 0, user_ref: order.user_ref };
            self.due[place(&report)] = Some(match self.load {
                Load::Rate(rate) => {
                    started + Duration::from_nanos(self.latest.sent * 1_000_000_000 / rate)
                }
                Load::InFlight(_) => Instant::now(),
            });
            self.in_flight += 1;
        }
        self.latest.sent += 1;
    }

    fn next(&mut self) -> (Origin, Command) {
        if self.back < TRADERS {
            let account = AccountId(self.back);
            self.back += 1;
            return (Origin::default(), session(account, SessionState::Open).into());
        }
        let trader = self.random.below(u64::from(TRADERS)) as u32;
        let stream = StreamId(trader);
        let origin = Origin { key: KeyId::NONE, stream, session: self.session };
        let last = self.last_ref[trader as usize];
        let is_order =
            matches!(self.load, Load::InFlight(_)) || last == 0 || self.random.percent(55);
        let command = if is_order { self.order(trader) } else { self.change(trader, last) };
        (origin, command)
    }

    fn order(&mut self, trader: u32) -> Command {
        self.last_ref[trader as usize] += 1;
        let side = if self.random.percent(50) { Side::Buy } else { Side::Sell };
        Order {
            account: AccountId(trader),
            instrument: InstrumentId(self.random.below(u64::from(INSTRUMENTS)) as u32),
            price: self.price(),
            quantity: Quantity::new(1 + self.random.below(50)).expect("at least one lot").into(),
            side,
            user_ref: self.last_ref[trader as usize],
            ..Order::default()
        }
        .into()
    }

    /// A cancel, mostly, or an amend, of one of the trader's latest orders.
    fn change(&mut self, trader: u32, last: u32) -> Command {
        let back = self.random.below(u64::from(last.min(64))) as u32;
        let (account, target) = (AccountId(trader), OrderRef::user_ref(last - back));
        if self.random.percent(80) {
            return Cancel { account, target }.into();
        }
        Amend {
            account,
            target,
            reserved: [0; 4],
            quantity: GivenQuantity::ABSENT,
            price: self.price(),
            reserved_2: [0; 32],
            new_id: Name::ABSENT,
            reserved_3: [0; 4],
        }
        .into()
    }

    fn price(&mut self) -> GivenPrice {
        let away = self.random.around_zero(SPREAD);
        Price::new(MIDDLE.saturating_add_signed(away)).expect("at least one tick").into()
    }

    fn is_enough(&self, since: Duration) -> bool {
        self.latest.sent >= self.enough.commands || since >= self.enough.after
    }

    fn finish(&mut self, since: Duration) {
        self.latest.elapsed = since;
        let latest = std::mem::take(&mut self.latest);
        *self.tally.lock().expect("Invariant: nobody panics with the tally") = latest;
    }
}

/// The report of an event that answers a new order of ours.
fn answer(event: &Event) -> Option<&Report> {
    let report = match event {
        Event::Accepted(accepted) => Some(&accepted.report),
        Event::Rejected(rejected) if rejected.report.user_ref > 0 => Some(&rejected.report),
        Event::Rejected(_)
        | Event::Executed(_)
        | Event::Amended(_)
        | Event::Canceled(_)
        | Event::Trade(_)
        | Event::Posting(_)
        | Event::Position(_)
        | Event::LotClosed(_)
        | Event::InstrumentState(_)
        | Event::AccountState(_)
        | Event::Warning(_)
        | Event::Currency(_)
        | Event::Instrument(_)
        | Event::Key(_)
        | Event::Session(_)
        | Event::Confirmed(_)
        | Event::Restated(_)
        | Event::Day(_)
        | Event::SessionEnded(_) => None,
    };
    report.filter(|report| report.stream.0 < TRADERS)
}

fn place(report: &Report) -> usize {
    (report.stream.0 * REMEMBERED + report.user_ref % REMEMBERED) as usize
}

impl Door for Trader {
    fn turn(&mut self, input: &mut Input, output: &mut Output, is_stopping: bool) -> Turn {
        let started = *self.started.get_or_insert_with(Instant::now);
        let heard = self.hear(output);
        let since = started.elapsed();
        if self.is_enough(since) || is_stopping {
            let is_answered = self.in_flight == 0 || is_stopping;
            if heard == 0 && is_answered {
                self.finish(since);
                return Turn::Done;
            }
            return if heard > 0 { Turn::Worked } else { Turn::Idle };
        }
        let before = self.latest.sent;
        let sent = self.send(input, started);
        if heard > 0 || (sent && self.latest.sent > before) { Turn::Worked } else { Turn::Idle }
    }

    fn limit(&self) -> Option<Duration> {
        match self.load {
            Load::Rate(_) => Some(PACE),
            Load::InFlight(_) => None,
        }
    }
}
