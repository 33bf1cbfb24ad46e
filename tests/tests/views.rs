//! The doors' read models beside the engine they hear of: after every command of random flows they
//! say the same, although they know its events alone. `RINGSIDE_SCALE` times as many flows in the
//! long tier, others with another `RINGSIDE_SEED`.

use std::collections::HashMap;

use ringside_engine::book::History;
use ringside_engine::query::{BalanceView, OrderView};
use ringside_engine::{Capacity, Engine};
use ringside_gateway::views::Views;
use ringside_gateway::views::accounts::{Balance, PositionRow};
use ringside_gateway::views::orders::{FINISHED_MAX, FINISHED_PER_ACCOUNT_MAX, OrderRow, Orders};
use ringside_protocol::depth::Depth;
use ringside_protocol::*;
use ringside_tests::flow::{Shape, commands};
use ringside_tests::probe::ALL_LEVELS;
use ringside_tests::{scale, seed};

/// Flows, commands of each, and what they are like: 250,000 commands.
const FLOWS: [(u64, usize, Shape); 4] = [
    (60, 2_000, Shape::NARROW),
    (60, 2_000, Shape { by_stream: 40, ..Shape::NARROW.beyond_oracle() }),
    (4, 2_000, Shape { matching_only: true, ..Shape::NARROW }),
    (10, 200, Shape::WIDE),
];

/// An engine and who hears of it.
struct Venue {
    engine: Engine,
    views: Views,
    said: Vec<(EventHeader, Event)>,
}

impl Venue {
    fn new() -> Self {
        Self {
            engine: Engine::with_capacity(Capacity::default()),
            views: Views::default(),
            said: Vec::new(),
        }
    }

    fn apply(&mut self, command: &Sequenced) {
        self.said.clear();
        self.engine.apply(command, &mut self.said);
        for (at, (header, event)) in self.said.iter().enumerate() {
            self.views.hear(header, event, at + 1 == self.said.len());
        }
    }

    fn instruments(&self) -> impl Iterator<Item = InstrumentId> + use<> {
        (0..self.engine.counts().1 as u32).map(InstrumentId)
    }

    fn accounts(&self) -> impl Iterator<Item = AccountId> + use<> {
        (0..self.engine.counts().0 as u32).map(AccountId)
    }
}

/// Runs a property of a venue after every command of every flow.
fn for_each_command(flows: &[(u64, usize, Shape)], mut property: impl FnMut(&Venue, &Sequenced)) {
    for &(count, length, shape) in flows {
        for seed in seed()..seed() + count * scale() {
            let mut venue = Venue::new();
            for command in &commands(shape, seed, length).0 {
                venue.apply(command);
                property(&venue, command);
            }
        }
    }
}

#[test]
fn books_are_those_of_the_engine() {
    // X-FED-001, FED-011: levels, counts and checksum, after every command.
    let mut shown = empty_depth();
    for_each_command(&FLOWS, |venue, command| {
        for instrument in venue.instruments() {
            let true_depth = venue.engine.depth(instrument, ALL_LEVELS);
            let directory = &venue.views.directory;
            venue.views.books.depth(instrument, ALL_LEVELS, directory, &mut shown);
            assert_eq!(shown.bids, true_depth.bids, "{command:?}");
            assert_eq!(shown.asks, true_depth.asks, "{command:?}");
            assert_eq!(shown.checksum, true_depth.checksum, "{command:?}");
        }
    });
}

fn empty_depth() -> Depth {
    Depth {
        instrument: InstrumentId(0),
        sequence: Sequence(0),
        bids: vec![],
        asks: vec![],
        checksum: 0,
    }
}

#[test]
fn orders_are_those_of_the_engine() {
    for_each_command(&FLOWS, |venue, command| {
        for account in venue.accounts() {
            let shown = venue.views.orders.open(account).map(order_view);
            assert!(shown.eq(venue.engine.orders(account)), "{account:?} after {command:?}");
        }
    });
}

/// An order of the view as the engine shows it.
fn order_view(row: &OrderRow) -> OrderView {
    OrderView {
        order: row.order,
        id: row.id,
        instrument: row.instrument,
        side: row.side,
        kind: row.kind,
        price: row.price,
        executed: row.cumulative,
        leaves: row.leaves,
        status: row.status,
    }
}

#[test]
fn resting_orders_stand_in_the_order_of_their_priority() {
    for_each_command(&FLOWS[..2], |venue, command| {
        for instrument in venue.instruments() {
            let depth = venue.engine.depth_by_order(instrument, ALL_LEVELS);
            for (side, truth) in [(Side::Buy, depth.bids), (Side::Sell, depth.asks)] {
                let resting = venue.views.orders.resting();
                let mut rows: Vec<_> = resting
                    .filter(|row| (row.instrument, row.side) == (instrument, side))
                    .map(|row| (row.price, row.leaves, row.order, row.account))
                    .collect();
                rows.sort_by_key(|row| if side == Side::Buy { u64::MAX - row.0 } else { row.0 });
                let truth = truth.iter().map(|row| (row.price, row.leaves, row.order, row.account));
                assert!(truth.eq(rows), "{instrument:?} {side:?} after {command:?}");
            }
        }
    });
}

#[test]
fn balances_and_positions_are_those_of_the_engine() {
    for_each_command(&FLOWS, |venue, command| {
        for account in venue.accounts() {
            let portfolio = venue.engine.portfolio(account);
            let mut truth: Vec<Balance> = portfolio.balances.iter().map(balance).collect();
            truth.sort_by_key(|balance| balance.currency);
            let shown = venue.views.accounts.balances(account);
            assert_eq!(shown, truth, "{account:?} after {command:?}");
            let positions = venue.views.accounts.positions(account).iter();
            let open = positions.copied().filter(|position| position.quantity != 0);
            let truth = portfolio.positions.iter().map(|position| PositionRow {
                instrument: position.instrument,
                quantity: position.quantity,
                cost: position.cost,
                realised: position.realised,
            });
            assert!(open.eq(truth), "{account:?} after {command:?}");
        }
    });
}

fn balance(view: &BalanceView) -> Balance {
    Balance { currency: view.currency, total: view.available + view.held, held: view.held }
}

#[test]
fn what_the_venue_took_and_what_came_from_outside_balance_the_accounts() {
    // LED-034 in the eyes of the doors.
    for_each_command(&FLOWS[..1], |venue, command| {
        for truth in venue.engine.trial_balance() {
            let total = |account| {
                let balance = venue.views.accounts.balance(account, truth.currency);
                balance.map_or(0, |balance| balance.total)
            };
            assert_eq!(total(AccountId::FEES), truth.fees, "{command:?}");
            assert_eq!(total(AccountId::OUTSIDE), truth.withdrawals - truth.deposits);
            let accounts: i128 = venue.accounts().map(total).sum();
            assert_eq!(accounts, truth.accounts, "{command:?}");
        }
    });
}

#[test]
fn every_end_of_an_order_is_found_by_both_its_names() {
    // GWY-014: what the events said last of an order is what is found of it, alive or ended.
    let mut ended = [0usize; 3];
    for_each_command(&FLOWS[..2], |venue, command| {
        let orders = &venue.views.orders;
        for (header, event) in &venue.said {
            if let Event::Executed(event) = event
                && event.leaves == 0
            {
                let row = found(orders, event.order, OrderStatus::Filled);
                assert_eq!((row.cumulative, row.sequence), (row.quantity, header.sequence));
                ended[0] += 1;
            }
            if let Event::Canceled(event) = event {
                let row = found(orders, event.order, OrderStatus::Canceled);
                let end = (row.canceled, row.cumulative);
                assert_eq!(end, (Some(event.reason), event.cumulative), "{command:?}");
                ended[1] += 1;
            }
            if let Event::Rejected(event) = event
                && is_new_name(command, event)
            {
                let row = orders.named(event.account, event.id).expect("it is known");
                let end = (row.status, row.refused);
                assert_eq!(end, (OrderStatus::Rejected, Some(event.reason)));
                ended[2] += 1;
            }
        }
    });
    assert!(ended.iter().all(|&count| count > 1_000), "{ended:?}");
}

/// An order that ended so, found by both its names.
fn found(orders: &Orders, order: OrderId, status: OrderStatus) -> &OrderRow {
    let row = orders.get(order).expect("an order that ended is found");
    assert_eq!((row.status, row.leaves), (status, 0));
    assert!(row.user_ref != 0 || orders.named(row.account, row.id) == Some(row));
    row
}

/// A new order that was refused, under a name that nobody had.
fn is_new_name(command: &Sequenced, event: &Rejected) -> bool {
    let is_order = matches!(command.command, Command::Order(_) | Command::Replace(_));
    let is_unnamed = event.id.is_absent() || event.report.user_ref != 0;
    let is_taken = matches!(event.reason, Reason::DuplicateId | Reason::UnknownAccount);
    is_order && !is_unnamed && !is_taken && event.order.0 == 0
}

#[test]
fn what_executions_cost_is_the_sum_of_the_tape() {
    let mut costs: HashMap<OrderId, u128> = HashMap::new();
    for_each_command(&FLOWS[..1], |venue, command| {
        if command.sequence.0 == 1 {
            costs.clear();
        }
        for (_, event) in &venue.said {
            if let Event::Executed(event) = event {
                let cost = u128::from(event.price) * u128::from(event.quantity);
                *costs.entry(event.order).or_default() += cost;
            }
        }
        for (_, event) in &venue.said {
            if let Event::Executed(event) = event {
                let row = venue.views.orders.get(event.order).expect("it is found");
                assert_eq!(row.cumulative_ticks_lots, costs[&event.order], "{command:?}");
            }
        }
    });
    assert!(!costs.is_empty());
}

#[test]
fn what_became_of_a_resting_order_is_what_the_engine_remembers() {
    // Also of one that changed its price after it executed: views made from it later say the same.
    let mut changed = 0;
    for_each_command(&FLOWS, |venue, command| {
        if command.sequence.0 % 16 > 0 {
            return;
        }
        for resting in venue.engine.resting() {
            let row = venue.views.orders.get(resting.order).expect("it rests");
            let history = History {
                cost: row.cumulative_ticks_lots,
                executed: row.cumulative,
                entered: row.entered,
                updated: row.updated,
            };
            assert_eq!(resting.history, history, "{resting:?}, {command:?}");
            let at_its_price = u128::from(row.price) * u128::from(row.cumulative);
            changed += u32::from(history.cost != at_its_price);
        }
    });
    assert!(changed > 0, "some executed at several prices");
}

#[test]
fn the_depth_update_number_moves_with_every_change_and_only_then() {
    let (mut depth, mut before) = (empty_depth(), Vec::new());
    for_each_command(&FLOWS[..1], |venue, command| {
        let books = &venue.views.books;
        if command.sequence.0 == 1 {
            before.clear();
        }
        for instrument in venue.instruments() {
            books.depth(instrument, ALL_LEVELS, &venue.views.directory, &mut depth);
            let now = books.last_update(instrument);
            if before.len() == instrument.index() {
                assert_eq!(now, command.sequence, "a book begins with its instrument");
                before.push((now, empty_depth()));
                continue;
            }
            let (number, was) = &mut before[instrument.index()];
            let is_change = (&depth.bids, &depth.asks) != (&was.bids, &was.asks);
            assert!(!is_change || now == command.sequence, "{command:?}");
            assert!(now == *number || now == command.sequence, "{command:?}");
            let told = books.changes().find(|change| change.instrument == instrument);
            let told = told.filter(|change| change.sequence == command.sequence);
            assert_eq!(told.is_some(), now == command.sequence, "{command:?}");
            assert!(told.is_none_or(|change| change.previous == *number), "{command:?}");
            (*number, *was) = (now, depth.clone());
        }
    });
}

/// The rest of a flow is heard by views that were made in its middle from the engine alone.
#[test]
fn views_made_beside_a_running_engine_go_on_like_those_that_heard_everything() {
    for seed in seed()..seed() + 20 * scale() {
        let shape = Shape { by_stream: 40, ..Shape::NARROW.beyond_oracle() };
        let (commands, set_up) = commands(shape, seed, 1_000);
        let (before, after) = commands.split_at(set_up + 500);
        let mut venue = Venue::new();
        before.iter().for_each(|command| venue.apply(command));
        let mut late = made_late(&venue);
        for command in after {
            venue.apply(command);
            for (at, (header, event)) in venue.said.iter().enumerate() {
                late.hear(header, event, at + 1 == venue.said.len());
            }
            same(&venue, &late);
        }
    }
}

fn made_late(venue: &Venue) -> Views {
    let (engine, mut late) = (&venue.engine, Views::default());
    let header =
        EventHeader { sequence: engine.sequence(), time: engine.time(), index: 0, reserved: 0 };
    engine.retell().iter().for_each(|event| late.hear(&header, event, false));
    let mut queues = Vec::new();
    for instrument in venue.instruments() {
        let depth = engine.depth_by_order(instrument, ALL_LEVELS);
        let orders = depth.bids.iter().chain(&depth.asks);
        queues.extend(orders.map(|row| *venue.views.orders.get(row.order).expect("it rests")));
    }
    late.seed(&queues, engine.sequence(), engine.time());
    for account in venue.accounts() {
        let portfolio = engine.portfolio(account);
        for view in &portfolio.balances {
            late.accounts.seed_balance(account, balance(view));
        }
        for position in venue.views.accounts.positions(account) {
            late.accounts.seed_position(account, *position);
        }
    }
    late
}

fn same(venue: &Venue, late: &Views) {
    let views = &venue.views;
    for account in venue.accounts() {
        assert!(views.orders.open(account).eq(late.orders.open(account)));
        assert_eq!(views.orders.open_count(account), late.orders.open(account).count());
        assert_eq!(views.accounts.balances(account), late.accounts.balances(account));
        assert_eq!(views.accounts.positions(account), late.accounts.positions(account));
    }
    for instrument in venue.instruments() {
        for &side in Side::ALL {
            let levels = views.books.levels(instrument, side);
            assert!(levels.eq(late.books.levels(instrument, side)));
        }
        assert_eq!(views.orders.resting_count(), late.orders.resting().count());
    }
}

/// Orders that come and end at once, in turn of so many accounts.
fn end_orders(orders: &mut Orders, accounts: u32, count: u64) {
    for n in 1..=count {
        let header =
            EventHeader { sequence: Sequence(n), time: Timestamp(n), index: 0, reserved: 0 };
        let account = AccountId((n % u64::from(accounts)) as u32);
        orders.hear(&header, &accepted(account, OrderId(n)).into());
        orders.hear(&header, &canceled(account, OrderId(n)).into());
    }
}

fn id(n: u64) -> Name {
    Name::parse(&format!("o{n}")).expect("a name")
}

fn accepted(account: AccountId, order: OrderId) -> Accepted {
    Accepted {
        account,
        instrument: InstrumentId(0),
        order,
        price: 100,
        quantity: 5,
        side: Side::Buy,
        kind: OrderType::Limit,
        time_in_force: TimeInForce::Gtc,
        flags: OrderFlags::NONE,
        report: Report::default(),
        held: 0.into(),
        id: id(order.0),
        replaces: 0,
    }
}

fn canceled(account: AccountId, order: OrderId) -> Canceled {
    Canceled {
        account,
        instrument: InstrumentId(0),
        order,
        leaves: 5,
        cumulative: 0,
        held: 0.into(),
        reason: CancelReason::User,
        reserved: [0; 3],
        report: Report::default(),
    }
}

#[test]
fn an_account_is_remembered_so_many_ended_orders() {
    let (mut orders, kept) = (Orders::default(), FINISHED_PER_ACCOUNT_MAX as u64);
    end_orders(&mut orders, 1, kept + 2);
    assert_eq!(orders.finished_count(), FINISHED_PER_ACCOUNT_MAX);
    let found = |n| (orders.get(OrderId(n)).is_some(), orders.named(AccountId(0), id(n)).is_some());
    assert_eq!([found(2), found(3), found(kept + 2)], [(false, false), (true, true), (true, true)]);
    assert_eq!(orders.finished(AccountId(0)).next().map(|row| row.order), Some(OrderId(3)));
}

#[test]
fn all_accounts_together_are_remembered_so_many_ended_orders() {
    let (mut orders, kept) = (Orders::default(), FINISHED_MAX as u64);
    end_orders(&mut orders, 20, kept + 20);
    assert_eq!(orders.finished_count(), FINISHED_MAX);
    assert!(orders.get(OrderId(20)).is_none());
    assert!(orders.get(OrderId(21)).is_some());
    assert_eq!(orders.finished(AccountId(1)).next().map(|row| row.order), Some(OrderId(21)));
}

#[test]
fn a_name_that_the_venue_gave_out_again_means_the_younger_order() {
    let (mut orders, kept) = (Orders::default(), FINISHED_PER_ACCOUNT_MAX as u64);
    end_orders(&mut orders, 1, kept);
    let header =
        EventHeader { sequence: Sequence(kept), time: Timestamp(0), index: 0, reserved: 0 };
    let again = Accepted { id: id(1), ..accepted(AccountId(0), OrderId(kept + 1)) };
    orders.hear(&header, &again.into());
    // The end of another forgets the first of all.
    orders.hear(&header, &accepted(AccountId(0), OrderId(kept + 2)).into());
    orders.hear(&header, &canceled(AccountId(0), OrderId(kept + 2)).into());
    assert!(orders.get(OrderId(1)).is_none());
    let found = orders.named(AccountId(0), id(1)).map(|row| row.order);
    assert_eq!(found, Some(OrderId(kept + 1)));
}
