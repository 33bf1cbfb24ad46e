//! The invariants of the venue over random command lists that shrink (TST-019): at least 10,000
//! cases each, `RINGSIDE_SCALE` times as many in the long tier, others with another
//! `RINGSIDE_SEED`.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use ringside_engine::{Capacity, Engine, Image, audit};
use ringside_protocol::*;
use ringside_tests::flow::{Shape, commands_of_steps};
use ringside_tests::probe::{ALL_LEVELS, events};
use ringside_tests::{scale, seed};

const CASES: u32 = 10_000;

/// Two accounts that trade, one that reads, in one instrument or two.
const SMALL: Shape = Shape { accounts: 4, instruments: 2, by_stream: 8, ..Shape::NARROW };

type Said = Vec<(EventHeader, Event)>;

/// Runs a property on random command lists of a shape; each command shrinks away by itself.
fn for_all(shape: Shape, property: impl Fn(&[Sequenced])) {
    let cases = CASES * u32::try_from(scale()).expect("a scale of sense");
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let steps = prop::collection::vec(any::<u64>(), 1..60);
    let seed = seed();
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed.to_le_bytes(); 4].concat());
    let outcome = TestRunner::new_with_rng(config, random).run(&steps, |steps| {
        property(&commands_of_steps(shape, &steps));
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("RINGSIDE_SEED={seed}: {error}");
    }
}

fn engine() -> Engine {
    Engine::with_capacity(Capacity::default())
}

/// Runs a property of one command on random lists: the engine before it, the command, what it says.
fn for_each_command(shape: Shape, property: impl Fn(&Engine, &Sequenced, &Said)) {
    for_all(shape, |commands| {
        let mut engine = engine();
        for command in commands {
            let said = events(&mut engine, command);
            property(&engine, command, &said);
        }
    });
}

const INSTRUMENTS: [InstrumentId; 2] = [InstrumentId(0), InstrumentId(1)];
const ACCOUNTS: [AccountId; 4] = [AccountId(0), AccountId(1), AccountId(2), AccountId(3)];

/// Whether the engine knows all accounts and instruments yet.
fn is_set_up(engine: &Engine) -> bool {
    let last = Name::parse("account3").expect("a name");
    engine.account_named(last).is_some()
}

#[test]
fn the_book_is_never_crossed_and_its_best_is_the_best() {
    // ENG-020, ENG-022
    for_each_command(SMALL, |engine, _, _| {
        if !is_set_up(engine) {
            return;
        }
        for instrument in INSTRUMENTS {
            let best = engine.depth(instrument, 1);
            let orders = engine.depth_by_order(instrument, ALL_LEVELS);
            let bid = orders.bids.iter().map(|order| order.price).max();
            let ask = orders.asks.iter().map(|order| order.price).min();
            assert_eq!(best.bids.first().map(|level| level.price), bid);
            assert_eq!(best.asks.first().map(|level| level.price), ask);
            assert!(bid.zip(ask).is_none_or(|(bid, ask)| bid < ask), "{bid:?} and {ask:?}");
        }
    });
}

#[test]
fn money_is_conserved_exactly() {
    // LED-034, X-LED-002
    for_each_command(SMALL, |engine, _, _| {
        for balance in engine.trial_balance() {
            assert_eq!(balance.difference(), 0, "{balance:?}");
        }
    });
}

#[test]
fn the_audit_finds_nothing() {
    for_all(SMALL.beyond_oracle(), |commands| {
        let mut engine = engine();
        for command in commands {
            events(&mut engine, command);
        }
        audit::check(&engine).expect("Invariant: the audit finds nothing");
    });
}

/// What one lot of a buy holds: its price and the worst-case fee on it, rounded up.
fn buy_hold_per_lot(engine: &Engine, instrument: InstrumentId, price: u64) -> i128 {
    let terms = engine.instrument_terms(instrument);
    let cost = i128::from(price) * i128::from(terms.scales.quote_per_tick_lot);
    let rate = i128::from(terms.maker_fee.0.max(terms.taker_fee.0).max(0));
    cost + (cost * rate + i128::from(FeeRate::LIMIT) - 1) / i128::from(FeeRate::LIMIT)
}

#[test]
fn held_is_what_open_orders_need_and_available_is_never_negative() {
    // LED-002, LED-003, LED-006, RSK-012
    for_each_command(SMALL, |engine, _, _| {
        if !is_set_up(engine) {
            return;
        }
        for account in ACCOUNTS {
            let mut needed = [0i128; 3];
            for order in engine.orders(account) {
                let terms = engine.instrument_terms(order.instrument);
                let lots = i128::from(order.leaves);
                match order.side {
                    Side::Buy => {
                        let per_lot = buy_hold_per_lot(engine, order.instrument, order.price);
                        needed[terms.quote.index()] += per_lot * lots;
                    }
                    Side::Sell => {
                        let per_lot = i128::from(terms.scales.base_per_lot);
                        needed[terms.base.index()] += per_lot * lots;
                    }
                }
            }
            let mut held = [0i128; 3];
            for balance in engine.portfolio(account).balances {
                assert!(balance.available >= 0, "available of {account:?}: {balance:?}");
                held[balance.currency.index()] = balance.held;
            }
            assert_eq!(held, needed, "{account:?}");
        }
    });
}

/// A book kept from the events alone: every queue in the order of its priority.
#[derive(Default)]
struct Queues {
    /// Instrument, side, price, order, leaves; of two at one price the one further ahead is older.
    resting: Vec<(InstrumentId, Side, u64, OrderId, u64)>,
    /// The incoming order, its side and its limit (0: none).
    incoming: Option<(InstrumentId, Side, u64, OrderId, u64)>,
}

impl Queues {
    fn front(&self, instrument: InstrumentId, side: Side) -> (u64, OrderId) {
        let there = self.resting.iter().filter(|row| (row.0, row.1) == (instrument, side));
        let best = match side {
            Side::Buy => there.clone().map(|row| row.2).max(),
            Side::Sell => there.clone().map(|row| row.2).min(),
        };
        let found = there.clone().find(|row| Some(row.2) == best);
        found.map(|row| (row.2, row.3)).expect("a maker rests")
    }

    fn take(&mut self, event: &Event) {
        match event {
            Event::Accepted(e) => {
                self.incoming = Some((e.instrument, e.side, e.price, e.order, e.quantity));
            }
            Event::Executed(e) if e.liquidity == Liquidity::Maker => self.meet(e),
            Event::Executed(e) => {
                if let Some(incoming) = &mut self.incoming {
                    incoming.4 = e.leaves;
                }
            }
            Event::Amended(e) => self.amend(e),
            Event::Canceled(e) => {
                self.resting.retain(|row| row.3 != e.order);
                self.incoming = self.incoming.filter(|row| row.3 != e.order);
            }
            Event::Rejected(_)
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
            | Event::SessionEnded(_) => {}
        }
    }

    /// A maker must be the first of its side, and the price its own and within the taker's limit.
    fn meet(&mut self, e: &Executed) {
        let (_, side, limit, ..) = self.incoming.expect("somebody comes in");
        assert_eq!(self.front(e.instrument, e.side), (e.price, e.order), "not the front: {e:?}");
        assert_eq!(side, e.side.opposite());
        assert!(limit == 0 || side.reaches(limit, e.price), "beyond the limit {limit}: {e:?}");
        self.shrink(e.order, e.leaves);
    }

    fn shrink(&mut self, order: OrderId, leaves: u64) {
        for row in self.resting.iter_mut().filter(|row| row.3 == order) {
            row.4 = leaves;
        }
        self.resting.retain(|row| row.4 > 0);
    }

    fn amend(&mut self, e: &Amended) {
        let at = self.resting.iter().position(|row| row.3 == e.order);
        match (at, e.priority) {
            (Some(_), Priority::Kept) => self.shrink(e.order, e.leaves),
            (Some(at), Priority::Lost) => {
                let row = self.resting.remove(at);
                self.incoming = Some((row.0, row.1, e.price, row.3, e.leaves));
            }
            (None, _) => {
                if let Some(incoming) = &mut self.incoming {
                    incoming.4 = e.leaves;
                }
            }
        }
    }

    /// What came in and is still there rests at the end of its command.
    fn end(&mut self) {
        self.resting.extend(self.incoming.take().filter(|row| row.4 > 0));
    }
}

#[test]
fn nobody_trades_at_a_worse_price_or_before_an_older_order() {
    // ENG-001, ENG-002, ENG-010, ENG-011, ENG-013
    for_all(SMALL, |commands| {
        let (mut engine, mut queues) = (engine(), Queues::default());
        for command in commands {
            for (_, event) in events(&mut engine, command) {
                queues.take(&event);
            }
            queues.end();
        }
        for instrument in INSTRUMENTS {
            let depth = engine.depth_by_order(instrument, ALL_LEVELS);
            let shown = depth.bids.iter().chain(&depth.asks);
            let mut shown: Vec<_> = shown.map(|row| (row.order, row.price, row.leaves)).collect();
            let rows = queues.resting.iter().filter(|row| row.0 == instrument);
            let mut kept: Vec<_> = rows.map(|row| (row.3, row.2, row.4)).collect();
            shown.sort();
            kept.sort();
            assert_eq!(shown, kept, "the events tell the whole book");
        }
    });
}

#[test]
fn nobody_trades_with_itself_unless_it_asks_to() {
    // ENG-014, X-ENG-009
    for_all(SMALL, |commands| {
        let (mut engine, mut allowed) = (engine(), Vec::new());
        for command in commands {
            let said = events(&mut engine, command);
            if let Command::Order(order) | Command::Replace(Replace { order, .. }) =
                &command.command
                && order.self_trade() == Some(SelfTrade::None)
            {
                let accepted = said.iter().find_map(|(_, event)| {
                    if let Event::Accepted(e) = event { Some(e.order) } else { None }
                });
                allowed.extend(accepted);
            }
            let sides: Vec<&Executed> = said
                .iter()
                .filter_map(
                    |(_, event)| {
                        if let Event::Executed(e) = event { Some(e) } else { None }
                    },
                )
                .collect();
            for pair in sides.chunks_exact(2) {
                assert_eq!(pair[0].trade, pair[1].trade);
                let itself = pair[0].account == pair[1].account;
                assert!(!itself || allowed.contains(&pair[1].order), "{pair:?}");
            }
        }
    });
}

/// Everything that is said, as bytes.
fn bytes(said: &Said) -> Vec<Slot> {
    let mut all = Vec::new();
    let mut slots = [[0; SLOT_BYTES]; SLOTS_MAX];
    for (header, event) in said {
        let count = write_event(header, event, &mut slots);
        all.extend_from_slice(&slots[..count]);
    }
    all
}

#[test]
fn the_same_commands_give_the_same_bytes_and_hashes() {
    // ENG-023, X-ENG-023: also when each command went through slots, as a journal would keep it.
    for_all(SMALL.beyond_oracle(), |commands| {
        let (mut one, mut other) = (engine(), engine());
        let mut slots = [[0; SLOT_BYTES]; SLOTS_MAX];
        for command in commands {
            let count = write_command(command, &mut slots);
            let (kept, _) = read_command(&slots[..count]).expect("what was written is read");
            assert_eq!(bytes(&events(&mut one, command)), bytes(&events(&mut other, &kept)));
        }
        assert_eq!(one.event_hash(), other.event_hash());
        assert_eq!(one.state_hash(), other.state_hash());
    });
}

#[test]
fn an_engine_made_from_its_image_goes_on_as_if_nothing_had_been() {
    // ENG-021, ENG-033: books, balances, lots, streams, limits and duplicate memory come back.
    for_all(SMALL.beyond_oracle(), |commands| {
        let mut lasting = engine();
        let cut = commands.len() - commands.len() / 3;
        for command in &commands[..cut] {
            events(&mut lasting, command);
        }
        let mut bytes_of_image = Vec::new();
        lasting.image().write(&mut bytes_of_image).expect("an image is written");
        let image = Image::read(&bytes_of_image).expect("an image is read");
        let mut restored: Engine = Engine::from_image(&image).expect("an engine's image");
        assert_eq!(lasting.state_hash(), restored.state_hash());
        for command in &commands[cut..] {
            let (one, other) = (events(&mut lasting, command), events(&mut restored, command));
            assert_eq!(one, other, "{command:?}");
        }
        assert_eq!(lasting.event_hash(), restored.event_hash());
        assert_eq!(lasting.state_hash(), restored.state_hash());
        audit::check(&restored).expect("Invariant: the audit finds nothing");
    });
}

#[test]
fn each_stream_is_told_in_dense_numbers() {
    let shape = Shape { by_stream: 70, ..SMALL }.beyond_oracle();
    for_all(shape, |commands| {
        let (mut engine, mut told) = (engine(), Vec::new());
        for command in commands {
            for (_, event) in events(&mut engine, command) {
                if matches!(event, Event::Day(_)) {
                    told.fill(0);
                }
                let Some(report) = event.report() else { continue };
                if !report.stream.is_some() {
                    assert_eq!(report.number, 0, "no stream, no number");
                    continue;
                }
                told.resize(told.len().max(report.stream.index() + 1), 0);
                told[report.stream.index()] += 1;
                assert_eq!(report.number, told[report.stream.index()], "dense: {event:?}");
            }
        }
    });
}

#[test]
fn a_refused_command_changes_nothing() {
    // JRN-009, LED-028, RSK-029: nothing but sequence, duplicate memory and counters.
    for_all(SMALL.beyond_oracle(), |commands| {
        let mut engine = engine();
        let mut before = engine.image().kept_by_refusals();
        for command in commands {
            let said = events(&mut engine, command);
            let refused = said.iter().any(|(_, event)| matches!(event, Event::Rejected(_)));
            let after = engine.image().kept_by_refusals();
            if refused {
                assert_eq!(said.len(), 1, "a refusal is all that is said: {said:?}");
                assert_eq!(before, after, "{command:?}");
            }
            before = after;
        }
    });
}

#[test]
fn an_id_is_accepted_at_most_once() {
    // ENG-033
    for_all(SMALL.beyond_oracle(), |commands| {
        let (mut engine, mut seen) = (engine(), Vec::new());
        let (mut orders, mut trades) = (0, 0);
        for command in commands {
            for (_, event) in events(&mut engine, command) {
                if matches!(event, Event::Day(_)) {
                    // Streams number their orders from 1 again.
                    seen.retain(|(_, user_ref, _)| *user_ref == 0);
                }
                if let Event::Accepted(e) = &event {
                    orders += 1;
                    assert_eq!(e.order.0, orders, "ENG-028: 1, 2, 3, …");
                    let named = if e.id.is_absent() {
                        (u64::from(e.report.stream.0), e.report.user_ref, Name::ABSENT)
                    } else {
                        (u64::MAX - u64::from(e.account.0), 0, e.id)
                    };
                    assert!(!seen.contains(&named), "twice: {e:?}");
                    seen.push(named);
                }
                if let Event::Trade(e) = &event {
                    trades += 1;
                    assert_eq!(e.trade.0, trades, "trade ids are 1, 2, 3, …");
                }
            }
        }
    });
}
