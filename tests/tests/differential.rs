//! X-ENG-020, X-ENG-021: two books and a second engine give identical output over random commands.
//! 1,000,000 of them in an ordinary run; `RINGSIDE_SCALE=10` makes it 10,000,000, another
//! `RINGSIDE_SEED` others. A difference is printed as the shortest list that shows it.

use ringside_protocol::{
    AccountId, Command, InstrumentId, Order, OrderType, Price, Quantity, Side,
};
use ringside_tests::compare::{agree, agree_on};
use ringside_tests::flow::{Shape, name};
use ringside_tests::{scale, seed};

/// Runs `commands` commands of a shape as flows of `length`, each with its own seed.
fn flows(shape: Shape, first_seed: u64, commands: u64, length: u64) {
    for flow in 0..scale() * commands / length {
        agree(shape, seed() * (1 << 32) + first_seed + flow, length as usize);
    }
}

#[test]
fn narrow_books_where_everything_collides() {
    flows(Shape::NARROW, 1_000, 600_000, 1_000);
}

#[test]
fn one_instrument_and_three_accounts_that_meet_themselves() {
    let shape = Shape { accounts: 3, instruments: 1, ..Shape::NARROW };
    flows(shape, 2_000_000, 500_000, 500);
}

#[test]
fn limits_over_time_and_over_instruments() {
    flows(Shape::NARROW.beyond_oracle(), 4_000_000, 200_000, 2_000);
}

#[test]
fn matching_without_risk() {
    // X-RSK-001: two books, no oracle.
    let shape = Shape { matching_only: true, ..Shape::NARROW };
    flows(shape, 9_000_000, 100_000, 1_000);
}

#[test]
fn prices_as_far_apart_as_they_can_be() {
    // The window grows, overflows into the tree and is re-centred; books are deep.
    flows(Shape::WIDE, 6_000_000, 80_000, 3_000);
    flows(Shape::WIDE.beyond_oracle(), 8_000_000, 60_000, 20_000);
}

/// An order of a lot in the first instrument; without a price, a market order.
fn one_lot(account: u32, number: u64, side: Side, price: Option<u64>) -> Command {
    let price = price.map(|ticks| Price::new(ticks).expect("a price"));
    Order {
        account: AccountId(account),
        instrument: InstrumentId(0),
        price: price.map_or_else(Default::default, Into::into),
        quantity: Quantity::new(1).expect("a quantity").into(),
        side,
        kind: if price.is_some() { OrderType::Limit } else { OrderType::Market },
        id: name(&format!("n{number}")),
        ..Order::default()
    }
    .into()
}

#[test]
fn stairs_of_prices_up_and_down_forget_nobody() {
    // Each new price is just beside the last: the window moves when its edge is in use.
    const STEPS: u64 = 700;
    for side in [Side::Buy, Side::Sell] {
        for stride in [1, 3, 63, 64, 65, 255, 256, 257] {
            for up in [true, false] {
                let price = |step| 1_000_000 + stride * if up { step } else { STEPS - step };
                let rest = (0..STEPS).map(|step| one_lot(0, step, side, Some(price(step))));
                let opposite = side.opposite();
                let take = (STEPS..2 * STEPS).map(|step| one_lot(1, step, opposite, None));
                agree_on(Shape::WIDE, rest.chain(take));
            }
        }
    }
}
