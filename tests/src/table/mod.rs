//! Tables that read like a specification: rows of a command, the events it causes and the book
//! behind it. Every row runs through the engine with the fast book, the engine with the naive book
//! and the oracle, and after every row the book is probed.
//!
//! ```no_run
//! use ringside_tests::table::Table;
//!
//! Table::new().check(&[
//!     ("amber buy 5 @ 100 as a1", "accepted a1", "100 a1:5 |"),
//!     (
//!         "birch sell 2 @ 99 as b1",
//!         "accepted b1; executed a1 2@100 leaves 3; executed b1 2@100 leaves 0; trade 2@100",
//!         "100 a1:3 |",
//!     ),
//!     ("amber cancel a1", "canceled a1 3 USER", "|"),
//!     ("amber cancel a1", "rejected a1 TOO_LATE", "|"),
//! ]);
//! ```
//!
//! The commands are those of `words`; `_` in a column leaves it open. Prices are whole units of
//! CASH, quantities whole units of COIN (or GOLD, "on GOLD").

mod words;

use ringside_engine::Engine;
use ringside_engine::book::{Ladder, NaiveBook};
use ringside_protocol::*;

use crate::fact::Fact;
use crate::flow::{UNIT, name};
use crate::oracle::{Oracle, Row};
use crate::probe::{facts, probe, rows};

/// The accounts of every table.
pub const ACCOUNTS: [&str; 4] = ["amber", "birch", "cedar", "dogwood"];
/// The currencies of every table.
pub const CURRENCIES: [&str; 3] = ["CASH", "COIN", "GOLD"];
/// The base currencies of its instruments, each against CASH.
pub const BASES: [&str; 2] = ["COIN", "GOLD"];

/// The venue of a table, three times over.
pub struct Table {
    ladder: Engine<Ladder>,
    naive: Engine<NaiveBook>,
    oracle: Oracle,
    sequence: u64,
    time: u64,
    accepted: Vec<(OrderId, Name)>,
    streams: Vec<Name>,
}

/// What a table's venue is like.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Fee of the resting side, basis points.
    pub maker_bps: i32,
    /// Fee of the incoming side, basis points.
    pub taker_bps: i32,
    /// CASH of each account.
    pub cash: i128,
    /// COIN and GOLD of each account.
    pub coin: i128,
    /// Bounds of COIN/CASH, in the order of its terms: price, quantity from, to, notional from, to.
    pub bounds: [u64; 5],
    /// Open orders of an account in COIN/CASH; 0 is any.
    pub open_orders: u32,
}

impl Default for Terms {
    fn default() -> Self {
        let plenty = 1_000_000_000;
        Self {
            maker_bps: 0,
            taker_bps: 0,
            cash: plenty,
            coin: plenty,
            bounds: [0; 5],
            open_orders: 0,
        }
    }
}

impl Default for Table {
    fn default() -> Self {
        Self::new()
    }
}

impl Table {
    /// A venue without fees where everybody has plenty.
    pub fn new() -> Self {
        Self::with(Terms::default())
    }

    /// A venue with these terms.
    pub fn with(terms: Terms) -> Self {
        let mut table = Self {
            ladder: Engine::with_capacity(Default::default()),
            naive: Engine::with_capacity(Default::default()),
            oracle: Oracle::new(),
            sequence: 0,
            time: 0,
            accepted: Vec::new(),
            streams: Vec::new(),
        };
        table.set_up(terms);
        table
    }

    fn set_up(&mut self, terms: Terms) {
        let venue = Venue { day_start_ns: 0, flags: VenueFlags::TEST_MODE, reserved: [0; 7] };
        self.say(venue.into());
        for code in CURRENCIES {
            self.say(Currency { code: name(code), scale: 0, reserved: [0; 3] }.into());
        }
        for at in 0..BASES.len() as u32 {
            self.say(instrument(at, &terms).into());
        }
        for (at, account) in ACCOUNTS.iter().enumerate() {
            let account = Account {
                name: name(account),
                self_trade: SelfTrade::RejectTaker,
                permissions: Permissions::EVERY,
                flags: AccountFlags::NONE,
                reserved: 0,
            };
            self.say(account.into());
            for currency in 0..CURRENCIES.len() as u32 {
                let amount = GivenAmount::of(if currency == 0 { terms.cash } else { terms.coin });
                let (account, currency) = (AccountId(at as u32), CurrencyId(currency));
                self.say(Command::Deposit(Transfer { account, currency, amount }));
            }
        }
    }

    /// Runs the rows: command, events, book (`bids | asks` of the command's instrument).
    ///
    /// # Panics
    /// When a row does not come out as it stands, or the probe finds something.
    pub fn check(&mut self, rows: &[(&str, &str, &str)]) -> &mut Self {
        for (at, &(command, events, book)) in rows.iter().enumerate() {
            let found = self.run(command);
            let place = format!("row {}: {command}", at + 1);
            if events != "_" {
                assert_eq!(found, events, "events of {place}");
            }
            if book != "_" {
                assert_eq!(self.book(words::instrument(command)), book, "book after {place}");
            }
        }
        self
    }

    /// Runs one command and says what happened.
    pub fn run(&mut self, command: &str) -> String {
        if let Some(seconds) = command.strip_prefix("clock ") {
            self.time += words::number(seconds) * Timestamp::SECOND;
        }
        let (words, origin) = self.origin(command);
        let command = words::command(words);
        if let Command::Session(session) = &command
            && !self.streams.contains(&session.name)
        {
            self.streams.push(session.name);
        }
        let facts = self.say_by(origin, command);
        let orders = facts.iter().filter_map(|fact| self.text(fact));
        orders.collect::<Vec<_>>().join("; ")
    }

    /// Available and held of an account.
    pub fn balance(&self, account: &str, currency: &str) -> (i128, i128) {
        let account = words::account(account);
        let at = CURRENCIES.iter().position(|code| *code == currency).expect("a currency");
        let balances = self.ladder.portfolio(account).balances;
        let found = balances.iter().find(|balance| balance.currency.index() == at);
        found.map_or((0, 0), |balance| (balance.available, balance.held))
    }

    /// The engine with the fast book.
    pub fn engine(&self) -> &Engine<Ladder> {
        &self.ladder
    }

    /// The resting orders of an instrument: `bids | asks`, best first, each level in queue order.
    pub fn book(&self, instrument: InstrumentId) -> String {
        let side = |side| {
            let rows = rows(&self.ladder, instrument, side);
            let levels = rows.chunk_by(|one, other| one.0 == other.0);
            levels.map(|level| self.level_text(level)).collect::<Vec<_>>().join(", ")
        };
        format!("{} | {}", side(Side::Buy), side(Side::Sell)).trim().to_string()
    }

    fn level_text(&self, level: &[Row]) -> String {
        let orders = level.iter().map(|row| format!(" {}:{}", self.id(row.2), row.1));
        format!("{}{}", level[0].0, orders.collect::<String>())
    }

    /// The command before "via STREAM" or "by KEY", and what those name; keys count from 0.
    fn origin<'a>(&self, command: &'a str) -> (&'a str, Origin) {
        let mut origin = Origin::default();
        if let Some((command, stream)) = command.split_once(" via ") {
            let at = self.streams.iter().position(|there| there.as_str() == stream);
            origin.stream = StreamId(at.expect("a stream that was opened") as u32);
            return (command, origin);
        }
        if let Some((command, key)) = command.split_once(" by ") {
            origin.key = KeyId(words::number(key) as u32);
            return (command, origin);
        }
        (command, origin)
    }

    fn say(&mut self, command: Command) -> Vec<Fact> {
        self.say_by(Origin::default(), command)
    }

    /// Says a command to all three, demands that they agree, and probes.
    fn say_by(&mut self, origin: Origin, command: Command) -> Vec<Fact> {
        self.sequence += 1;
        let sequenced = Sequenced {
            sequence: Sequence(self.sequence),
            time: Timestamp(self.time),
            origin,
            command,
        };
        let found = facts(&mut self.ladder, &sequenced);
        let naive = facts(&mut self.naive, &sequenced);
        assert_eq!(found, naive, "fast and naive book differ at {command:?}");
        assert_eq!(found, self.oracle.apply(&sequenced), "engine and oracle at {command:?}");
        for fact in &found {
            self.remember(fact);
        }
        let (accounts, instruments) = (self.oracle.accounts(), self.oracle.instruments());
        probe(&self.ladder, accounts, instruments);
        probe(&self.naive, accounts, instruments);
        found
    }

    fn remember(&mut self, fact: &Fact) {
        match fact {
            Fact::Accepted { order, id, .. } => self.accepted.push((*order, *id)),
            Fact::Amended { order, new_id, .. } if !new_id.is_absent() => {
                self.accepted.retain(|(there, _)| there != order);
                self.accepted.push((*order, *new_id));
            }
            Fact::Amended { .. }
            | Fact::Rejected { .. }
            | Fact::Executed { .. }
            | Fact::Trade { .. }
            | Fact::Canceled { .. }
            | Fact::Position { .. }
            | Fact::LotClosed { .. }
            | Fact::SessionEnded { .. }
            | Fact::Day { .. }
            | Fact::Restated { .. } => {}
        }
    }

    fn id(&self, order: OrderId) -> Name {
        let found = self.accepted.iter().find(|(there, _)| *there == order);
        found.expect("an order that was accepted").1
    }

    /// An order-level fact as a row states it.
    fn text(&self, fact: &Fact) -> Option<String> {
        Some(match *fact {
            Fact::Accepted { id, .. } => format!("accepted {id}"),
            Fact::Rejected { id, reason, .. } => format!("rejected {id} {}", reason.word()),
            Fact::Executed { order, price, quantity, leaves, fee, .. } => {
                let fee = if fee == 0 { String::new() } else { format!(" fee {fee}") };
                format!("executed {} {quantity}@{price} leaves {leaves}{fee}", self.id(order))
            }
            Fact::Trade { price, quantity, .. } => format!("trade {quantity}@{price}"),
            Fact::Amended { order, price, leaves, priority, .. } => {
                format!("amended {} {leaves}@{price} {}", self.id(order), priority.word())
            }
            Fact::Canceled { order, leaves, reason, .. } => {
                format!("canceled {} {leaves} {}", self.id(order), reason.word())
            }
            Fact::Day { session, .. } => format!("day {session}"),
            Fact::Restated { order, number, price, leaves, .. } => {
                format!("restated {} {leaves}@{price} number {number}", self.id(order))
            }
            Fact::Position { .. } | Fact::LotClosed { .. } | Fact::SessionEnded { .. } => {
                return None;
            }
        })
    }
}

fn instrument(at: u32, terms: &Terms) -> Instrument {
    let [max_price, min_quantity, max_quantity, min_notional, max_notional] =
        if at == 0 { terms.bounds } else { [0; 5] };
    Instrument {
        symbol: name(&format!("{}/CASH", BASES[at as usize])),
        wire_symbol: [0; 8],
        base: CurrencyId(at + 1),
        quote: CurrencyId(0),
        kind: InstrumentKind::Spot,
        reserved: [0; 3],
        tick: UNIT,
        lot: UNIT,
        max_price,
        min_quantity,
        max_quantity,
        min_notional: Amount::new(i128::from(min_notional)),
        max_notional: Amount::new(i128::from(max_notional)),
        maker_fee: FeeRate(terms.maker_bps * FeeRate::BASIS_POINT),
        taker_fee: FeeRate(terms.taker_bps * FeeRate::BASIS_POINT),
        max_open_orders: if at == 0 { terms.open_orders } else { 0 },
        reserved_2: 0,
    }
}
