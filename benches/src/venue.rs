//! The venue set up for the reference flow, and the flow as its commands in slots, the way a ring
//! would hand them over.

use std::collections::HashMap;
use std::hint::black_box;

use ringside_engine::book::{Book, Ladder};
use ringside_engine::{Capacity, Counter, Engine, EventSink, Sequencer};
use ringside_protocol::*;

use crate::flow::{Kind, PREFILL, Record, Totals, USERS};

/// How orders are named.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Naming {
    /// By the numbers of their stream, as on the binary door.
    UserRefs,
    /// By client order ids, as on the JSON door.
    ClientIds,
}

/// How much of the venue is on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Limits, funds, fees, positions, lots.
    Full,
    /// Matching only.
    MatchingOnly,
}

/// A venue that is ready for the timed part of a flow.
pub struct Ready<B: Book = Ladder> {
    /// The engine, with the book filled.
    pub engine: Engine<B>,
    /// The timed commands, one or more slots each.
    pub slots: Vec<Slot>,
    /// The commands that made the engine what it is.
    pub before: Vec<Slot>,
    trades_before: u64,
    turnover_before: (u128, u128),
}

const UNIT: u64 = 1_000_000_000_000;
const INSTRUMENT: InstrumentId = InstrumentId(0);

/// Sets a venue up for the flow and runs the prefill.
pub fn ready<B: Book>(records: &[Record], naming: Naming, scope: Scope) -> Ready<B> {
    let mut setup = Setup::<B>::new(records.len());
    setup.venue(scope);
    setup.accounts(naming);
    let mut namer = Namer::new(naming);
    for record in &records[..PREFILL] {
        let (origin, command) = namer.command(record);
        setup.submit(origin, command);
    }
    let Setup { engine, mut sequencer, done: before, .. } = setup;
    let mut slots = Vec::with_capacity(records.len());
    for record in &records[PREFILL..] {
        let (origin, command) = namer.command(record);
        add(&mut slots, &sequencer.stamp(Timestamp(0), origin, command));
    }
    let turnover = engine.turnover(INSTRUMENT);
    Ready {
        trades_before: engine.stats().trades,
        turnover_before: (turnover.volume, turnover.notional),
        engine,
        slots,
        before,
    }
}

/// Adds a command in its slots.
fn add(slots: &mut Vec<Slot>, stamped: &Sequenced) {
    let mut taken = [[0; SLOT_BYTES]; SLOTS_MAX];
    let count = write_command(stamped, &mut taken);
    slots.extend_from_slice(&taken[..count]);
}

impl<B: Book> Ready<B> {
    /// Reads and applies every timed command.
    pub fn run(&mut self, sink: &mut impl EventSink) {
        let (mut at, mut reader) = (0, CommandReader::default());
        while at < self.slots.len() {
            let (stamp, command, taken) = reader.read(&self.slots[at..]).expect("a command");
            at += taken;
            if let Some([near, middle, far]) = self.slots.get(at..at + 3) {
                self.engine.foresee([peek_stream(near), peek_stream(middle), peek_stream(far)]);
            }
            self.engine.apply_view(&stamp, command, sink);
        }
    }

    /// Reads every timed command and applies none.
    pub fn read(&self) {
        let (mut at, mut reader) = (0, CommandReader::default());
        while at < self.slots.len() {
            let (stamp, command, taken) = reader.read(&self.slots[at..]).expect("a command");
            black_box((stamp, command));
            at += taken;
        }
    }

    /// What the timed part came to.
    pub fn totals(&self) -> Totals {
        let turnover = self.engine.turnover(INSTRUMENT);
        Totals {
            trades: self.engine.stats().trades - self.trades_before,
            volume: (turnover.volume - self.turnover_before.0) as u64,
            notional: (turnover.notional - self.turnover_before.1) as u64,
        }
    }
}

struct Setup<B: Book> {
    engine: Engine<B>,
    sequencer: Sequencer,
    /// Every command so far.
    done: Vec<Slot>,
    sink: Counter,
}

impl<B: Book> Setup<B> {
    fn new(orders: usize) -> Self {
        Self {
            engine: Engine::with_capacity(Capacity { orders: 4_096, lots: orders }),
            sequencer: Sequencer::new(),
            done: Vec::new(),
            sink: Counter::default(),
        }
    }

    fn submit(&mut self, origin: Origin, command: impl Into<Command>) {
        // Time does not begin, so nothing falls due.
        let stamped = self.sequencer.stamp(Timestamp(0), origin, command.into());
        add(&mut self.done, &stamped);
        self.engine.apply(&stamped, &mut self.sink);
    }

    fn venue(&mut self, scope: Scope) {
        let flags = match scope {
            Scope::Full => VenueFlags::NONE,
            Scope::MatchingOnly => VenueFlags::MATCHING_ONLY,
        };
        let none = Origin::default();
        self.submit(none, Venue { day_start_ns: 0, flags, reserved: [0; 7] });
        for (code, scale) in [("X", 0), ("USD", 2)] {
            self.submit(none, Currency { code: name(code), scale, reserved: [0; 3] });
        }
        self.submit(
            none,
            Instrument {
                symbol: name("X/USD"),
                wire_symbol: [0; 8],
                base: CurrencyId(0),
                quote: CurrencyId(1),
                kind: InstrumentKind::Spot,
                reserved: [0; 3],
                tick: UNIT / 100,
                lot: UNIT,
                max_price: 1_000_000,
                min_quantity: 1,
                max_quantity: 1_000_000,
                min_notional: Amount::new(100),
                max_notional: Amount::ZERO,
                maker_fee: FeeRate(FeeRate::BASIS_POINT),
                taker_fee: FeeRate(2 * FeeRate::BASIS_POINT),
                max_open_orders: 100_000,
                reserved_2: 0,
            },
        );
    }

    /// Two accounts a user, one that buys and one that sells, each with its stream.
    fn accounts(&mut self, naming: Naming) {
        for account in 0..2 * USERS as u32 {
            let id = AccountId(account);
            self.submit(
                Origin::default(),
                Account {
                    name: name(&format!("account-{account}")),
                    self_trade: SelfTrade::RejectTaker,
                    permissions: Permissions::EVERY,
                    flags: AccountFlags::NONE,
                    reserved: 0,
                },
            );
            let amount = GivenAmount::of(1_000_000_000_000_000);
            for currency in [CurrencyId(0), CurrencyId(1)] {
                self.submit(Origin::default(), Transfer { account: id, currency, amount });
            }
            let value = |units: i128| Value::new(units * i128::from(UNIT));
            self.submit(
                Origin::default(),
                Limits {
                    account: id,
                    instrument: InstrumentId::NONE,
                    given: LimitSet::ORDER_VALUE.with(LimitSet::POSITION),
                    removed: LimitSet::NONE,
                    reserved: [0; 2],
                    max_orders_per_second: 0,
                    max_open_orders: 0,
                    max_order_value: value(10_000_000),
                    max_position: value(1_000_000_000),
                    max_exposure: value(0),
                    max_daily_value: value(0),
                },
            );
            if naming == Naming::UserRefs {
                self.submit(
                    Origin::default(),
                    Session {
                        account: id,
                        name: name("s"),
                        kind: StreamKind::Ouch,
                        state: SessionState::Open,
                        cancel_on_disconnect: OnDisconnect::Keep,
                        reserved: 0,
                        user_ref: 0,
                    },
                );
            }
        }
    }
}

/// Gives the orders of a flow the names they go by at the venue.
struct Namer {
    naming: Naming,
    /// By order: its account and number there.
    orders: HashMap<u64, (u32, u32)>,
    /// By account: the last number given.
    last: Vec<u32>,
}

impl Namer {
    fn new(naming: Naming) -> Self {
        Self { naming, orders: HashMap::new(), last: vec![0; 2 * USERS as usize] }
    }

    fn command(&mut self, record: &Record) -> (Origin, Command) {
        if matches!(record.kind, Kind::Limit | Kind::Ioc) {
            let account = 2 * (record.user as u32 - 1) + u32::from(!record.is_buy);
            self.last[account as usize] += 1;
            self.orders.insert(record.id, (account, self.last[account as usize]));
        }
        let (account, number) = self.orders[&record.id];
        let is_numbered = self.naming == Naming::UserRefs;
        let stream = if is_numbered { StreamId(account) } else { StreamId::NONE };
        let (user_ref, id) = match self.naming {
            Naming::UserRefs => (number, Name::ABSENT),
            Naming::ClientIds => (0, name(&number.to_string())),
        };
        let origin = Origin { key: KeyId::NONE, stream, ..Origin::default() };
        (origin, command(record, AccountId(account), OrderRef { user_ref, id }))
    }
}

fn command(record: &Record, account: AccountId, target: OrderRef) -> Command {
    let price = Price::new(record.price).expect("a price").into();
    match record.kind {
        Kind::Limit | Kind::Ioc => Order {
            account,
            instrument: INSTRUMENT,
            price,
            quantity: Quantity::new(record.quantity.into()).expect("a quantity").into(),
            side: if record.is_buy { Side::Buy } else { Side::Sell },
            time_in_force: match record.kind {
                Kind::Ioc => TimeInForce::Ioc,
                Kind::Limit | Kind::Cancel | Kind::Reprice => TimeInForce::Gtc,
            },
            user_ref: target.user_ref,
            id: target.id,
            ..Order::default()
        }
        .into(),
        Kind::Cancel => Cancel { account, target }.into(),
        Kind::Reprice => Amend {
            account,
            target,
            reserved: [0; 4],
            quantity: GivenQuantity::ABSENT,
            price,
            reserved_2: [0; 32],
            new_id: Name::ABSENT,
            reserved_3: [0; 4],
        }
        .into(),
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

/// A matching-only venue whose one book holds many orders.
pub struct Deep<B: Book> {
    setup: Setup<B>,
    last: u32,
}

/// The best bid of a [`Deep`] book, ticks.
const TOUCH: u64 = 500_000;

impl<B: Book> Deep<B> {
    /// So many resting bids, ten at each price, from the touch down.
    pub fn new(orders: u64) -> Self {
        let mut setup = Setup::<B>::new(orders as usize);
        setup.venue(Scope::MatchingOnly);
        setup.accounts(Naming::UserRefs);
        let mut deep = Self { setup, last: 0 };
        for at in 0..orders {
            deep.enter(TOUCH - at / 10 % (TOUCH - 1));
        }
        deep
    }

    fn enter(&mut self, price: u64) {
        self.last += 1;
        let record = Record {
            kind: Kind::Limit,
            is_buy: true,
            quantity: 1,
            id: u64::from(self.last),
            price,
            user: 1,
        };
        self.submit(&record);
    }

    /// An order that rests so many ticks from the touch, and its cancel.
    pub fn enter_and_cancel(&mut self, distance: u64) {
        self.enter(TOUCH - distance);
        self.submit(&Record {
            kind: Kind::Cancel,
            is_buy: true,
            quantity: 1,
            id: u64::from(self.last),
            price: TOUCH - distance,
            user: 1,
        });
    }

    fn submit(&mut self, record: &Record) {
        let origin = Origin { key: KeyId::NONE, stream: StreamId(0), ..Origin::default() };
        let command = command(record, AccountId(0), OrderRef::user_ref(self.last));
        self.setup.submit(origin, command);
    }
}
