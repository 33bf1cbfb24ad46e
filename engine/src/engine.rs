//! The state machine: what it keeps, and the one door commands come in by.

use ringside_protocol::{CommandRef, Origin, Sequence, Sequenced, SessionNumber, Stamp, Timestamp};

use crate::book::{Book, Ladder, Pool};
use crate::day::VenueSession;
use crate::duplicates::Duplicates;
use crate::hash::EventHash;
use crate::instruments::{CurrencyTerms, InstrumentTerms};
use crate::ledger::{Account, Balances, KeyGrant, Treasury};
use crate::out::{EventSink, Out};
use crate::portfolio::{Holdings, Lots};
use crate::query::Stats;
use crate::settle::Scratch;
use crate::setup::Names;
use crate::streams::Streams;
use crate::tags::Tags;
use crate::timers::Calendar;

/// Room made at the start, so that nothing has to grow while trading. No limit: what is exceeded
/// grows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capacity {
    /// Resting orders.
    pub orders: usize,
    /// Open lots.
    pub lots: usize,
}

impl Default for Capacity {
    fn default() -> Self {
        Self { orders: 1024, lots: 1024 }
    }
}

/// The venue as a function of the commands applied to it.
///
/// `B` is the book it trades on; the oracle of the tests is another.
#[derive(Debug)]
pub struct Engine<B: Book = Ladder> {
    pub(crate) sequence: Sequence,
    pub(crate) time: Timestamp,
    pub(crate) event_hash: EventHash,
    pub(crate) calendar: Calendar,
    pub(crate) session: VenueSession,
    pub(crate) stats: Stats,

    pub(crate) venue: VenueState,
    pub(crate) currencies: Vec<CurrencyTerms>,
    pub(crate) treasury: Vec<Treasury>,
    pub(crate) instruments: Vec<InstrumentTerms>,
    pub(crate) accounts: Vec<Account>,
    pub(crate) keys: Vec<KeyGrant>,
    pub(crate) streams: Streams,
    pub(crate) names: Names,
    pub(crate) tags: Tags,

    pub(crate) balances: Balances,
    pub(crate) holdings: Holdings,
    pub(crate) lots: Lots,
    pub(crate) duplicates: Duplicates,

    pub(crate) books: Vec<B>,
    pub(crate) pool: Pool,
    pub(crate) scratch: Scratch,
}

/// What is true of the venue as a whole.
#[derive(Clone, PartialEq, Debug, Default, serde::Serialize, serde::Deserialize)]
pub(crate) struct VenueState {
    /// The behaviour that was stated last; 0: never.
    pub(crate) behaviour: u32,
    /// Whether the venue was set up; at most once.
    pub(crate) is_set: bool,
    /// Self-trade mode `none` is allowed.
    pub(crate) test_mode: bool,
    /// No limits, funds, positions or lots.
    pub(crate) matching_only: bool,
    /// The kill switch.
    pub(crate) killed: bool,
    /// What every new account is given: code and units of 10^−12.
    pub(crate) grants: Vec<(ringside_protocol::Name, i128)>,
    /// The highest order id given.
    pub(crate) last_order: u64,
    /// The highest trade id given.
    pub(crate) last_trade: u64,
}

impl Engine {
    /// An empty venue with the usual book.
    pub fn new() -> Self {
        Self::with_capacity(Capacity::default())
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}

impl<B: Book> Engine<B> {
    /// An empty venue with room made.
    pub fn with_capacity(capacity: Capacity) -> Self {
        Self {
            sequence: Sequence(0),
            time: Timestamp(0),
            event_hash: EventHash::default(),
            calendar: Calendar::default(),
            session: VenueSession::default(),
            stats: Stats::default(),
            venue: VenueState::default(),
            currencies: Vec::new(),
            treasury: Vec::new(),
            instruments: Vec::new(),
            accounts: Vec::new(),
            keys: Vec::new(),
            streams: Streams::with_capacity(capacity.orders),
            names: Names::default(),
            tags: Tags::default(),
            balances: Balances::default(),
            holdings: Holdings::default(),
            lots: Lots::with_capacity(capacity.lots),
            duplicates: Duplicates::default(),
            books: Vec::new(),
            pool: Pool::with_capacity(capacity.orders),
            scratch: Scratch::default(),
        }
    }

    /// Applies the next command and says what came of it.
    ///
    /// # Panics
    /// When the command is not the next in sequence, or time went back: the caller broke the order
    /// that everything rests on.
    pub fn apply<S: EventSink>(&mut self, command: &Sequenced, sink: &mut S) {
        self.apply_view(&command.stamp(), command.command.view(), sink);
    }

    /// [`Self::apply`] for a command that lies in a slot.
    ///
    /// # Panics
    /// As [`Self::apply`].
    pub fn apply_view<S: EventSink>(
        &mut self,
        stamp: &Stamp,
        command: CommandRef<'_>,
        sink: &mut S,
    ) {
        assert_eq!(stamp.sequence.0, self.sequence.0 + 1, "Invariant: no gap in sequence");
        assert!(stamp.time >= self.time, "Invariant: venue time never goes back");
        self.sequence = stamp.sequence;
        self.time = stamp.time;
        let mut out = Out::new(stamp, self.event_hash, sink);
        if self.is_of_this_session(stamp.origin) {
            self.dispatch(stamp.origin, command, &mut out);
        }
        let (events, hash) = out.end();
        self.event_hash = hash;
        self.stats.commands += 1;
        self.stats.events += u64::from(events);
    }

    /// What was sent in a session that has ended is dropped: the numbers it names mean nothing any
    /// more. Its sender is told that the session ended, and nothing else.
    #[inline(always)]
    fn is_of_this_session(&self, origin: Origin) -> bool {
        origin.session == SessionNumber::NONE || origin.session == self.session.number
    }

    #[inline(always)]
    fn dispatch<S: EventSink>(
        &mut self,
        origin: Origin,
        command: CommandRef<'_>,
        out: &mut Out<'_, S>,
    ) {
        match command {
            CommandRef::Order(order) => self.enter_order(order, origin, out),
            CommandRef::Amend(amend) => self.amend_order(amend, origin, out),
            CommandRef::Cancel(cancel) => self.cancel_order(cancel, origin, out),
            CommandRef::Replace(replace) => self.replace_order(replace, origin, out),
            CommandRef::MassCancel(mass) => self.mass_cancel(mass, origin, out),
            CommandRef::Clock(_) => self.pass_time(out),
            setup @ (CommandRef::Venue(_)
            | CommandRef::InitialGrant(_)
            | CommandRef::Currency(_)
            | CommandRef::Instrument(_)
            | CommandRef::InstrumentState(_)
            | CommandRef::Account(_)
            | CommandRef::Limits(_)
            | CommandRef::Deposit(_)
            | CommandRef::Withdraw(_)
            | CommandRef::Key(_)
            | CommandRef::Session(_)
            | CommandRef::Kill(_)
            | CommandRef::Mark(_)
            | CommandRef::Behaviour(_)) => self.set_up(setup, origin, out),
        }
    }
}
