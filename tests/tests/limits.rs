//! Every named limit is an answer, not a wait and not a wrap: what reaches it is accepted, what
//! goes one beyond is refused by name and changes nothing.

use ringside_engine::{
    CURRENCIES_MAX, Engine, FINISHED_IDS_KEPT, GRANTS_MAX, ORDER_RATE_MAX, RECV_WINDOW_MAX,
    TAGS_MAX, USER_REF_AHEAD_MAX,
};
use ringside_protocol::*;
use ringside_tests::flow::name;
use ringside_tests::probe::events;

/// Whole units as units of 10^−12.
const UNIT: i128 = 1_000_000_000_000;

/// A venue with COIN/CASH and one account, amber, that has plenty.
struct Venue {
    engine: Engine,
    time: u64,
}

const AMBER: AccountId = AccountId(0);
const COIN: InstrumentId = InstrumentId(0);

impl Venue {
    fn empty() -> Self {
        Self { engine: Engine::new(), time: 1 }
    }

    fn new() -> Self {
        let mut venue = Self::empty();
        venue.currency("CASH");
        venue.currency("COIN");
        venue.say(instrument("COIN/CASH"));
        venue.say(account("amber"));
        for currency in [CurrencyId(0), CurrencyId(1)] {
            let amount = GivenAmount::of(1 << 60);
            venue.say(Command::Deposit(Transfer { account: AMBER, currency, amount }));
        }
        venue
    }

    /// Says a command now; why it was refused, if it was.
    fn say(&mut self, command: impl Into<Command>) -> Option<Rejected> {
        self.say_by(StreamId::NONE, command)
    }

    fn say_by(&mut self, stream: StreamId, command: impl Into<Command>) -> Option<Rejected> {
        let sequenced = Sequenced {
            sequence: Sequence(self.engine.sequence().0 + 1),
            time: Timestamp(self.time),
            origin: Origin { stream, ..Origin::default() },
            command: command.into(),
        };
        let said = events(&mut self.engine, &sequenced);
        said.iter().find_map(|(_, event)| {
            if let Event::Rejected(refused) = event { Some(*refused) } else { None }
        })
    }

    fn currency(&mut self, code: &str) -> Option<Rejected> {
        self.say(Currency { code: name(code), scale: 0, reserved: [0; 3] })
    }
}

fn instrument(symbol: &str) -> Instrument {
    Instrument {
        symbol: name(symbol),
        wire_symbol: [0; 8],
        base: CurrencyId(1),
        quote: CurrencyId(0),
        kind: InstrumentKind::Spot,
        reserved: [0; 3],
        tick: UNIT as u64,
        lot: UNIT as u64,
        max_price: 0,
        min_quantity: 0,
        max_quantity: 0,
        min_notional: 0.into(),
        max_notional: 0.into(),
        maker_fee: FeeRate::ZERO,
        taker_fee: FeeRate::ZERO,
        max_open_orders: 0,
        reserved_2: 0,
    }
}

fn account(text: &str) -> Account {
    Account {
        name: name(text),
        self_trade: SelfTrade::RejectTaker,
        permissions: Permissions::EVERY,
        flags: AccountFlags::NONE,
        reserved: 0,
    }
}

fn order(id: &str) -> Order {
    Order {
        account: AMBER,
        instrument: COIN,
        price: Price::new(10).expect("a price").into(),
        quantity: Quantity::new(1).expect("a quantity").into(),
        id: name(id),
        ..Order::default()
    }
}

fn limits(given: LimitSet) -> Limits {
    Limits {
        account: AMBER,
        instrument: InstrumentId::NONE,
        given,
        removed: LimitSet::NONE,
        reserved: [0; 2],
        max_orders_per_second: 0,
        max_open_orders: 0,
        max_order_value: Value::default(),
        max_position: Value::default(),
        max_exposure: Value::default(),
        max_daily_value: Value::default(),
    }
}

fn reason(refused: Option<Rejected>) -> Option<Reason> {
    refused.map(|refused| refused.reason)
}

#[test]
fn a_stream_may_run_so_far_ahead_of_its_own_numbers() {
    // USER_REF_AHEAD_MAX: DESIGN §4. A repeat is ignored without a word.
    let mut venue = Venue::new();
    let stream = StreamId(0);
    venue.say(Session {
        account: AMBER,
        name: name("AMB1"),
        kind: StreamKind::Ouch,
        state: SessionState::Open,
        cancel_on_disconnect: OnDisconnect::Keep,
        reserved: 0,
        user_ref: 0,
    });
    let mut numbered =
        |user_ref| venue.say_by(stream, Order { user_ref, id: Name::ABSENT, ..order("unused") });
    assert_eq!(numbered(1), None);
    let refused = numbered(USER_REF_AHEAD_MAX + 2).expect("a gap");
    assert_eq!(refused.reason, Reason::UserRefGap);
    assert_eq!(refused.limit.units(), i128::from(USER_REF_AHEAD_MAX) + 1);
    assert_eq!(numbered(USER_REF_AHEAD_MAX + 1), None);
    assert_eq!(numbered(2), None, "ignored");
    assert_eq!(venue.engine.orders(AMBER).len(), 2);
}

#[test]
fn the_rate_that_a_limit_may_allow_has_a_limit() {
    // ORDER_RATE_MAX
    let mut venue = Venue::new();
    let rate = |rate| Limits { max_orders_per_second: rate, ..limits(LimitSet::ORDER_RATE) };
    assert_eq!(venue.say(rate(ORDER_RATE_MAX)), None);
    assert_eq!(reason(venue.say(rate(ORDER_RATE_MAX + 1))), Some(Reason::BadValue));
}

#[test]
fn the_rate_counts_a_sliding_second_and_refused_orders_too() {
    // RSK-008: orders and amends count, cancels do not; the answer says how long to wait.
    let mut venue = Venue::new();
    venue.say(Limits { max_orders_per_second: 2, ..limits(LimitSet::ORDER_RATE) });
    assert_eq!(venue.say(order("a1")), None);
    venue.time += 400_000_000;
    let bad = Order { price: GivenPrice::refused(Reason::Tick), ..order("a2") };
    assert_eq!(reason(venue.say(bad)), Some(Reason::Tick));
    let cancel = Cancel { account: AMBER, target: OrderRef::id(name("a1")) };
    assert_eq!(venue.say(cancel), None, "cancels are free");
    venue.time += 100_000_000;
    let refused = venue.say(order("a3")).expect("the third in a second");
    assert_eq!((refused.reason, refused.limit.units()), (Reason::RateLimited, 2));
    let wait = refused.observed.units() as u64;
    venue.time += wait;
    assert_eq!(venue.say(order("a4")), None, "after the time it was told to wait");
}

#[test]
fn another_limit_leaves_the_rate_as_it_is() {
    // SCENARIO: `limits` merges, keys given replace.
    let mut venue = Venue::new();
    venue.say(Limits { max_orders_per_second: 1, ..limits(LimitSet::ORDER_RATE) });
    assert_eq!(venue.say(order("a1")), None);
    let value = Value::new(1 << 100);
    venue.say(Limits { max_exposure: value, ..limits(LimitSet::EXPOSURE) });
    assert_eq!(reason(venue.say(order("a2"))), Some(Reason::RateLimited));
}

#[test]
fn the_venue_knows_so_many_tags() {
    // TAGS_MAX: a new tag beyond it is refused, known tags and orders without one go on.
    let mut venue = Venue::new();
    let tagged = |at: usize| Order { tag: name(&format!("t{at}")), ..order(&format!("o{at}")) };
    for at in 0..TAGS_MAX {
        assert_eq!(venue.say(tagged(at)), None);
    }
    let refused = venue.say(tagged(TAGS_MAX)).expect("one too many");
    assert_eq!((refused.reason, refused.limit.units()), (Reason::Limit, TAGS_MAX as i128));
    assert_eq!(venue.say(Order { tag: name("t0"), ..order("x1") }), None);
    assert_eq!(venue.say(order("x2")), None);
}

#[test]
fn the_venue_has_so_many_currencies() {
    // CURRENCIES_MAX
    let mut venue = Venue::empty();
    for at in 0..CURRENCIES_MAX {
        assert_eq!(venue.currency(&format!("C{at}")), None);
    }
    let refused = venue.currency("MORE").expect("one too many");
    assert_eq!((refused.reason, refused.limit.units()), (Reason::Limit, CURRENCIES_MAX as i128));
    assert_eq!(venue.engine.currency_named(name("MORE")), None);
}

#[test]
fn a_new_account_is_given_so_many_currencies() {
    // GRANTS_MAX
    let mut venue = Venue::empty();
    let grant = |at: usize| InitialGrant {
        currency: name(&format!("C{at}")),
        reserved: [0; 4],
        amount: Value::new(UNIT),
    };
    for at in 0..GRANTS_MAX {
        assert_eq!(venue.say(grant(at)), None);
    }
    assert_eq!(reason(venue.say(grant(GRANTS_MAX))), Some(Reason::Limit));
}

#[test]
fn a_currency_has_so_many_decimals() {
    // SCALE_MAX
    let mut venue = Venue::empty();
    let scale = |code: &str, scale| Currency { code: name(code), scale, reserved: [0; 3] };
    assert_eq!(venue.say(scale("FINE", SCALE_MAX)), None);
    assert_eq!(reason(venue.say(scale("FINER", SCALE_MAX + 1))), Some(Reason::BadValue));
}

#[test]
fn an_id_is_remembered_while_it_is_young_or_among_the_last() {
    // ENG-033, GWY-015: FINISHED_IDS_KEPT, and longer within RECV_WINDOW_MAX.
    let mut venue = Venue::new();
    let fleeting = |id: &str| Order { time_in_force: TimeInForce::Ioc, ..order(id) };
    for at in 0..=FINISHED_IDS_KEPT {
        assert_eq!(venue.say(fleeting(&format!("o{at}"))), None);
    }
    venue.time += RECV_WINDOW_MAX - 1;
    assert_eq!(reason(venue.say(fleeting("o0"))), Some(Reason::DuplicateId), "it is young");
    venue.time += 1;
    assert_eq!(reason(venue.say(fleeting("o1"))), Some(Reason::DuplicateId), "among the last");
    assert_eq!(venue.say(fleeting("new")), None);
    assert_eq!(venue.say(fleeting("o0")), None, "old, and others came after it");
    assert_eq!(reason(venue.say(fleeting("o9"))), Some(Reason::DuplicateId));
}
