//! Seeded random flows: few accounts and instruments and a narrow price range, so that everything
//! collides; ids used twice, cancels of what is gone, numbers that do not fit, funds that run out.
//!
//! The same shape, seed and count give the same commands on every machine.

mod pieces;
mod step;

use ringside_protocol::*;

use crate::random::Random;

/// One unit of a [`Value`], a tick or a lot that is a whole unit of its currency.
pub const UNIT: u64 = 1_000_000_000_000;

/// What a flow is like.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Accounts; the last may only read.
    pub accounts: u32,
    /// Instruments, each with its own base currency, all against one quote currency.
    pub instruments: u32,
    /// How prices are chosen.
    pub prices: Prices,
    /// Lots of an ordinary order.
    pub quantity_max: u64,
    /// Of 100 orders, how many are such that they trade or rest at once on purpose.
    pub aggressive: u64,
    /// Of 100 orders, how many come by a stream.
    pub by_stream: u64,
    /// With what the oracle does not know: limits over time and over instruments, streams that
    /// number their orders.
    pub beyond_oracle: bool,
    /// Without limits, funds, positions and lots (X-RSK-001).
    pub matching_only: bool,
    /// Now and then a venue day ends.
    pub days_end: bool,
}

/// How prices are chosen.
#[derive(Clone, Copy, Debug)]
pub enum Prices {
    /// Within a few ticks, so that nearly everything crosses.
    Narrow {
        /// Lowest.
        low: u64,
        /// Highest.
        high: u64,
    },
    /// Around a middle that drifts and now and then jumps by orders of magnitude: books are deep,
    /// and prices lie as far apart as they can.
    Wide,
}

impl Shape {
    /// Small books where everything collides.
    pub const NARROW: Self = Self {
        accounts: 5,
        instruments: 3,
        prices: Prices::Narrow { low: 95, high: 105 },
        quantity_max: 9,
        aggressive: 30,
        by_stream: 8,
        beyond_oracle: false,
        matching_only: false,
        days_end: true,
    };

    /// Deep books over every price there is.
    pub const WIDE: Self = Self {
        accounts: 4,
        instruments: 2,
        prices: Prices::Wide,
        quantity_max: 50,
        aggressive: 10,
        by_stream: 8,
        beyond_oracle: false,
        matching_only: false,
        days_end: true,
    };

    /// With what the oracle does not know too.
    #[must_use]
    pub const fn beyond_oracle(self) -> Self {
        Self { beyond_oracle: true, ..self }
    }
}

/// A flow in the making.
#[derive(Debug)]
pub struct Flow {
    shape: Shape,
    random: Random,
    commands: Vec<Sequenced>,
    time: u64,
    /// Which of the venue's sessions runs, and whether a clock has started its calendar.
    session: u32,
    is_dated: bool,
    middle: u64,
    ids: Vec<Vec<Name>>,
    ids_made: u64,
    undo: Vec<Command>,
    streams: Vec<(AccountId, Name)>,
    keys: Vec<AccountId>,
    /// Streams that number their orders: the stream, its account, its highest number.
    user_refs: Vec<(StreamId, AccountId, u32)>,
}

/// The commands of a flow: the set-up and `count` random ones behind it. Says too how many commands
/// are set-up.
pub fn commands(shape: Shape, seed: u64, count: usize) -> (Vec<Sequenced>, usize) {
    let mut flow = Flow::new(shape, seed);
    let set_up = flow.commands.len();
    for _ in 0..count {
        flow.step();
    }
    (flow.commands, set_up)
}

/// A flow where each command has a seed of its own, so that leaving one out leaves the others.
pub fn commands_of_steps(shape: Shape, steps: &[u64]) -> Vec<Sequenced> {
    let mut flow = Flow::new(shape, 0);
    for &step in steps {
        flow.random = Random::new(step);
        flow.step();
    }
    flow.commands
}

/// Set-up: the venue before the first order.
impl Flow {
    fn new(shape: Shape, seed: u64) -> Self {
        let mut flow = Self {
            shape,
            random: Random::new(seed),
            commands: Vec::new(),
            time: 1_000_000_000,
            session: 1,
            is_dated: false,
            middle: 10_000,
            ids: vec![Vec::new(); shape.accounts as usize],
            ids_made: 0,
            undo: Vec::new(),
            streams: Vec::new(),
            keys: Vec::new(),
            user_refs: Vec::new(),
        };
        flow.set_up();
        flow
    }

    fn set_up(&mut self) {
        let risk = VenueFlags::TEST_MODE;
        let flags =
            if self.shape.matching_only { risk.with(VenueFlags::MATCHING_ONLY) } else { risk };
        self.say(Venue { day_start_ns: 0, flags, reserved: [0; 7] });
        self.say(Currency { code: name("QQQ"), scale: 6, reserved: [0; 3] });
        for at in 0..self.shape.instruments {
            self.say(Currency { code: name(&format!("B{at}")), scale: 4, reserved: [0; 3] });
        }
        for at in 0..self.shape.instruments {
            let terms = self.terms(at);
            self.say(terms);
        }
        for at in 0..self.shape.accounts {
            let account = self.account_command(at);
            self.say(account);
            for currency in 0..=self.shape.instruments {
                let amount = self.funds(currency == 0);
                self.deposit(AccountId(at), CurrencyId(currency), amount);
            }
        }
        for at in 0..self.shape.accounts.min(2) {
            self.open_session(at);
            self.grant_key(at, at == 0);
        }
        if self.shape.beyond_oracle {
            (0..self.shape.accounts.min(2)).for_each(|at| self.open_numbered_session(at));
        }
    }

    fn account_command(&self, at: u32) -> Account {
        let reads_only = at + 1 == self.shape.accounts;
        Account {
            name: name(&format!("account{at}")),
            self_trade: SelfTrade::ALL[at as usize % 5],
            permissions: if reads_only { Permissions::READ } else { Permissions::EVERY },
            flags: AccountFlags::NONE,
            reserved: 0,
        }
    }

    /// Fees, a rebate and bounds differ from one instrument to the next.
    fn terms(&mut self, at: u32) -> Instrument {
        let point = FeeRate::BASIS_POINT;
        let fees = [(0, 0), (-5 * point, 25 * point), (10 * point, 20 * point + 1)];
        let (maker, taker) = fees[at as usize % fees.len()];
        let bounded = at % 3 == 1 && matches!(self.shape.prices, Prices::Narrow { .. });
        let or_none = |bound: u64| if bounded { bound } else { 0 };
        Instrument {
            symbol: name(&format!("B{at}/QQQ")),
            wire_symbol: [0; 8],
            base: CurrencyId(at + 1),
            quote: CurrencyId(0),
            kind: InstrumentKind::Spot,
            reserved: [0; 3],
            tick: UNIT / 100,
            lot: UNIT / 1000,
            max_price: or_none(104),
            min_quantity: or_none(2),
            max_quantity: or_none(40),
            min_notional: Amount::new(if bounded { 2_500 } else { 0 }),
            max_notional: Amount::new(if bounded { 38_000 } else { 0 }),
            maker_fee: FeeRate(maker),
            taker_fee: FeeRate(taker),
            max_open_orders: or_none(12) as u32,
            reserved_2: 0,
        }
    }

    fn open_session(&mut self, at: u32) {
        let stream = name(&format!("s{at}"));
        self.streams.push((AccountId(at), stream));
        let cancel = if at == 0 { OnDisconnect::Cancel } else { OnDisconnect::Keep };
        self.say(session(AccountId(at), stream, SessionState::Open, cancel));
    }

    /// A stream that numbers its orders; it is never closed.
    fn open_numbered_session(&mut self, at: u32) {
        let opened =
            session(AccountId(at), name(&format!("n{at}")), SessionState::Open, OnDisconnect::Keep);
        let stream = StreamId((self.streams.len() + self.user_refs.len()) as u32);
        self.user_refs.push((stream, AccountId(at), 0));
        self.say(Session { kind: StreamKind::Ouch, ..opened });
    }

    fn grant_key(&mut self, at: u32, trade: bool) {
        let read = Permissions::READ;
        self.keys.push(AccountId(at));
        self.say(GrantKey {
            account: AccountId(at),
            permissions: if trade { read.with(Permissions::TRADE) } else { read },
            reserved: [0; 3],
            key: [at as u8 + 1; 32],
            expires: Timestamp(0),
        });
    }

    /// A plenty in wide flows; in narrow ones so little that it runs out.
    fn funds(&mut self, quote: bool) -> i128 {
        match (self.shape.prices, quote) {
            (Prices::Wide, _) => AMOUNT_MAX / 16,
            (Prices::Narrow { .. }, true) => i128::from(self.random.within(1, 120_000)),
            (Prices::Narrow { .. }, false) => i128::from(self.random.within(1, 900)),
        }
    }
}

/// A name that is known to be one.
///
/// # Panics
/// When the text is no name.
pub fn name(text: &str) -> Name {
    Name::parse(text).expect("a name of the harness")
}

fn session(
    account: AccountId,
    name: Name,
    state: SessionState,
    cancel_on_disconnect: OnDisconnect,
) -> Session {
    Session {
        account,
        name,
        kind: StreamKind::WebSocket,
        state,
        cancel_on_disconnect,
        reserved: 0,
        user_ref: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Fact;
    use crate::oracle::Oracle;

    #[test]
    fn a_seed_gives_the_same_commands() {
        assert_eq!(commands(Shape::NARROW, 7, 500), commands(Shape::NARROW, 7, 500));
        assert_ne!(commands(Shape::NARROW, 7, 500), commands(Shape::NARROW, 8, 500));
    }

    /// A flow that refused everything would agree with anything: count what happens.
    #[test]
    fn a_flow_reaches_what_it_is_meant_to_reach() {
        let mut reasons = Vec::new();
        let (mut trades, mut resting, mut canceled) = (0, 0, Vec::new());
        let (mut days, mut restated) = (0, 0);
        for seed in 0..40 {
            let mut oracle = Oracle::new();
            let (commands, _) = commands(Shape::NARROW, seed, 2000);
            for fact in commands.iter().flat_map(|command| oracle.apply(command)) {
                match fact {
                    Fact::Rejected { reason, .. } => reasons.push(reason),
                    Fact::Trade { .. } => trades += 1,
                    Fact::Canceled { reason, .. } => canceled.push(reason),
                    Fact::Accepted { .. } => resting += 1,
                    Fact::Day { .. } => days += 1,
                    Fact::Restated { .. } => restated += 1,
                    Fact::SessionEnded { .. }
                    | Fact::Executed { .. }
                    | Fact::Amended { .. }
                    | Fact::Position { .. }
                    | Fact::LotClosed { .. } => {}
                }
            }
        }
        assert!(trades > 4_000, "{trades} trades");
        assert!(resting > 10_000, "{resting} accepted");
        assert!(days > 40 && restated > 40, "{days} days ended, {restated} orders lived on");
        for reason in [
            Reason::DuplicateId,
            Reason::Killed,
            Reason::Permission,
            Reason::Halted,
            Reason::Mode,
            Reason::BadValue,
            Reason::Overflow,
            Reason::Tick,
            Reason::Lot,
            Reason::Quantity,
            Reason::Notional,
            Reason::PriceBand,
            Reason::OpenOrders,
            Reason::OrderValue,
            Reason::PositionLimit,
            Reason::InsufficientFunds,
            Reason::NoShort,
            Reason::InsufficientBalance,
            Reason::SelfTrade,
            Reason::PostOnly,
            Reason::Fok,
            Reason::NoLiquidity,
            Reason::UnknownOrder,
            Reason::TooLate,
        ] {
            let count = reasons.iter().filter(|&&found| found == reason).count();
            assert!(count > 2, "{reason:?} {count} times");
        }
        use ringside_protocol::CancelReason as C;
        for reason in [C::User, C::NoLiquidity, C::SelfTrade, C::Killed, C::Disconnect, C::Amend] {
            assert!(canceled.contains(&reason), "{reason:?}");
        }
    }
}
