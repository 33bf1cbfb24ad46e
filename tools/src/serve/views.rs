//! What the doors know at the start: the recovered engine's state, told to their views.

use ringside_engine::{Engine, RestingOrder};
use ringside_gateway::house::House;
use ringside_gateway::views::accounts::{Balance, PositionRow};
use ringside_gateway::views::orders::OrderRow;
use ringside_protocol::{AccountId, OrderStatus, OrderType};

/// Tells a house what an engine holds.
pub(super) fn seed(house: &mut House, engine: &Engine) {
    engine.retell().iter().for_each(|event| house.learn(event));
    let row = |order: &RestingOrder| row(order, engine);
    let rows: Vec<OrderRow> = engine.resting().iter().map(row).collect();
    house.views.seed(&rows, engine.sequence(), engine.time());
    house.count_resting();
    let (accounts, ..) = engine.counts();
    (0..accounts as u32).map(AccountId).for_each(|account| seed_account(house, engine, account));
}

fn seed_account(house: &mut House, engine: &Engine, account: AccountId) {
    let portfolio = engine.portfolio(account);
    for balance in &portfolio.balances {
        let (currency, held) = (balance.currency, balance.held);
        let total = balance.available + held;
        house.views.accounts.seed_balance(account, Balance { currency, total, held });
    }
    for position in &portfolio.positions {
        house.views.accounts.seed_position(
            account,
            PositionRow {
                instrument: position.instrument,
                quantity: position.quantity,
                cost: position.cost,
                realised: position.realised,
            },
        );
    }
}

fn row(order: &RestingOrder, engine: &Engine) -> OrderRow {
    OrderRow {
        order: order.order,
        account: order.account,
        instrument: order.instrument,
        stream: order.stream,
        user_ref: order.user_ref,
        id: order.id,
        side: order.side,
        kind: OrderType::Limit,
        time_in_force: order.time_in_force,
        flags: order.flags,
        price: order.price,
        quantity: order.executed + order.leaves,
        cumulative: order.executed,
        leaves: order.leaves,
        cumulative_ticks_lots: order.history.cost,
        status: OrderStatus::resting(order.executed),
        canceled: None,
        refused: None,
        entered: order.history.entered,
        updated: order.history.updated,
        sequence: engine.sequence(),
    }
}
