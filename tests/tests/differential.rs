//! X-ENG-020, X-ENG-021: two books and a second engine give identical output over random commands.
//! 1,000,000 of them in an ordinary run; `RINGSIDE_SCALE=10` makes it 10,000,000, another
//! `RINGSIDE_SEED` others. A difference is printed as the shortest list that shows it.

use ringside_tests::compare::agree;
use ringside_tests::flow::Shape;
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
fn prices_as_far_apart_as_they_can_be() {
    // The window grows, overflows into the tree and is re-centred; books are deep.
    flows(Shape::WIDE, 6_000_000, 80_000, 3_000);
    flows(Shape::WIDE.beyond_oracle(), 8_000_000, 60_000, 20_000);
}
