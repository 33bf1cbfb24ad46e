//! The traps others fell into, one named test each (X-ENG-019): queues, levels, residues, amends.
//! Those of rules and money are in `traps_rules.rs`. Every table runs through the fast book, the
//! naive book and the oracle, and after every row the whole venue is probed: levels, queues, index
//! and best prices say the same, no book is crossed, the audit finds nothing.

use ringside_tests::table::{Table, Terms};

/// Three orders in one queue.
const QUEUE: [(&str, &str, &str); 3] = [
    ("amber buy 1 @ 100 as a1", "accepted a1", "100 a1:1 |"),
    ("birch buy 2 @ 100 as b1", "accepted b1", "100 a1:1 b1:2 |"),
    ("cedar buy 3 @ 100 as c1", "accepted c1", "100 a1:1 b1:2 c1:3 |"),
];

#[test]
fn cancel_from_the_middle_of_a_queue_keeps_the_order_of_the_rest() {
    // ENG-002, ENG-017
    Table::new().check(&QUEUE).check(&[
        ("birch cancel b1", "canceled b1 2 USER", "100 a1:1 c1:3 |"),
        ("birch buy 4 @ 100 as b2", "accepted b2", "100 a1:1 c1:3 b2:4 |"),
        (
            "dogwood sell 2 @ 100 as d1",
            "accepted d1; executed a1 1@100 leaves 0; executed d1 1@100 leaves 1; trade 1@100; \
             executed c1 1@100 leaves 2; executed d1 1@100 leaves 0; trade 1@100",
            "100 c1:2 b2:4 |",
        ),
        ("cedar cancel c1", "canceled c1 2 USER", "100 b2:4 |"),
    ]);
}

#[test]
fn cancel_of_the_head_makes_the_next_the_head() {
    Table::new().check(&QUEUE).check(&[
        ("amber cancel a1", "canceled a1 1 USER", "100 b1:2 c1:3 |"),
        (
            "dogwood sell 3 @ 100 as d1",
            "accepted d1; executed b1 2@100 leaves 0; executed d1 2@100 leaves 1; trade 2@100; \
             executed c1 1@100 leaves 2; executed d1 1@100 leaves 0; trade 1@100",
            "100 c1:2 |",
        ),
    ]);
}

#[test]
fn cancel_of_the_tail_leaves_the_place_behind_it_to_the_next() {
    Table::new().check(&QUEUE).check(&[
        ("cedar cancel c1", "canceled c1 3 USER", "100 a1:1 b1:2 |"),
        ("cedar buy 4 @ 100 as c2", "accepted c2", "100 a1:1 b1:2 c2:4 |"),
        ("birch cancel b1", "canceled b1 2 USER", "100 a1:1 c2:4 |"),
        ("cedar cancel c2", "canceled c2 4 USER", "100 a1:1 |"),
        ("amber cancel a1", "canceled a1 1 USER", "|"),
    ]);
}

#[test]
fn an_emptied_best_level_is_gone_at_once() {
    // ENG-017: no phantom, no stale best price; in both directions, by cancel and by fill.
    Table::new().check(&[
        ("amber buy 1 @ 99 as a1", "accepted a1", "99 a1:1 |"),
        ("amber buy 1 @ 101 as a2", "accepted a2", "101 a2:1, 99 a1:1 |"),
        ("amber cancel a2", "canceled a2 1 USER", "99 a1:1 |"),
        ("birch sell 1 @ 100 as b1", "accepted b1", "99 a1:1 | 100 b1:1"),
        ("birch sell 1 @ 105 as b2", "accepted b2", "99 a1:1 | 100 b1:1, 105 b2:1"),
        (
            "cedar buy 1 @ 103 as c1",
            "accepted c1; executed b1 1@100 leaves 0; executed c1 1@100 leaves 0; trade 1@100",
            "99 a1:1 | 105 b2:1",
        ),
        ("cedar buy 1 @ 103 as c2", "accepted c2", "103 c2:1, 99 a1:1 | 105 b2:1"),
        ("birch cancel b2", "canceled b2 1 USER", "103 c2:1, 99 a1:1 |"),
    ]);
}

#[test]
fn a_trade_prints_at_the_resting_price_in_both_directions() {
    // ENG-005, ENG-006, ENG-013
    Table::new().check(&[
        ("amber sell 2 @ 100 as a1", "accepted a1", "| 100 a1:2"),
        (
            "birch buy 1 @ 107 as b1",
            "accepted b1; executed a1 1@100 leaves 1; executed b1 1@100 leaves 0; trade 1@100",
            "| 100 a1:1",
        ),
        (
            "birch buy 1 @ market as b2",
            "accepted b2; executed a1 1@100 leaves 0; executed b2 1@100 leaves 0; trade 1@100",
            "|",
        ),
        ("amber buy 2 @ 90 as a2", "accepted a2", "90 a2:2 |"),
        (
            "birch sell 1 @ 80 as b3",
            "accepted b3; executed a2 1@90 leaves 1; executed b3 1@90 leaves 0; trade 1@90",
            "90 a2:1 |",
        ),
        (
            "birch sell 1 @ market as b4",
            "accepted b4; executed a2 1@90 leaves 0; executed b4 1@90 leaves 0; trade 1@90",
            "|",
        ),
    ]);
}

#[test]
fn what_is_unknown_or_over_is_never_acknowledged() {
    // ENG-019, ENG-046: stale cancels and amends after a cancel, after a fill, after a refusal.
    Table::new().check(&[
        ("amber cancel x", "rejected x UNKNOWN_ORDER", "|"),
        ("amber amend x to 5", "rejected x UNKNOWN_ORDER", "|"),
        ("amber replace x with buy 1 @ 100 as y", "rejected y UNKNOWN_ORDER", "|"),
        ("amber buy 1 @ 100 as a1", "accepted a1", "100 a1:1 |"),
        ("birch cancel a1", "rejected a1 UNKNOWN_ORDER", "100 a1:1 |"),
        ("amber cancel a1", "canceled a1 1 USER", "|"),
        ("amber cancel a1", "rejected a1 TOO_LATE", "|"),
        ("amber amend a1 to 2", "rejected a1 TOO_LATE", "|"),
        ("amber buy 1 @ 100 as a2", "accepted a2", "100 a2:1 |"),
        ("birch sell 1 @ 100 as b1", "_", "|"),
        ("amber cancel a2", "rejected a2 TOO_LATE", "|"),
        ("amber amend a2 @ 101", "rejected a2 TOO_LATE", "|"),
        ("birch cancel b1", "rejected b1 TOO_LATE", "|"),
        ("amber replace a2 with buy 1 @ 100 as a3", "rejected a3 TOO_LATE", "|"),
    ]);
}

#[test]
fn an_id_is_used_once() {
    // ENG-033: of a live order, of a finished one, of a refused one; another account's is another.
    Table::new().check(&[
        ("amber buy 1 @ 100 as a1", "accepted a1", "100 a1:1 |"),
        ("amber buy 2 @ 99 as a1", "rejected a1 DUPLICATE_ID", "100 a1:1 |"),
        ("birch buy 1 @ 98 as a1", "accepted a1", "_"),
        ("birch cancel a1", "canceled a1 1 USER", "100 a1:1 |"),
        ("amber cancel a1", "canceled a1 1 USER", "|"),
        ("amber buy 1 @ 100 as a1", "rejected a1 DUPLICATE_ID", "|"),
        ("amber buy ?LOT @ 100 as a2", "rejected a2 LOT", "|"),
        ("amber buy 1 @ 100 as a2", "rejected a2 DUPLICATE_ID", "|"),
        ("amber buy 1 @ 100 as a3", "accepted a3", "100 a3:1 |"),
        ("amber amend a3 to 2 as a2", "rejected a3 DUPLICATE_ID", "100 a3:1 |"),
        ("amber amend a3 to 2 as a4", "amended a4 2@100 lost", "100 a4:2 |"),
        ("amber cancel a4", "canceled a4 2 USER", "|"),
    ]);
}

#[test]
fn a_sweep_takes_level_after_level_and_stops_exactly_at_its_limit() {
    // ENG-001, ENG-003, ENG-010, ENG-012
    Table::new().check(&[
        ("amber sell 1 @ 100 as a1", "accepted a1", "_"),
        ("birch sell 2 @ 101 as b1", "accepted b1", "_"),
        ("amber sell 1 @ 101 as a2", "accepted a2", "_"),
        ("amber sell 1 @ 102 as a3", "accepted a3", "| 100 a1:1, 101 b1:2 a2:1, 102 a3:1"),
        (
            "cedar buy 9 @ 101 as c1",
            "accepted c1; executed a1 1@100 leaves 0; executed c1 1@100 leaves 8; trade 1@100; \
             executed b1 2@101 leaves 0; executed c1 2@101 leaves 6; trade 2@101; \
             executed a2 1@101 leaves 0; executed c1 1@101 leaves 5; trade 1@101",
            "101 c1:5 | 102 a3:1",
        ),
    ]);
}

#[test]
fn equal_prices_cross_and_one_tick_less_does_not() {
    Table::new().check(&[
        ("amber sell 1 @ 100 as a1", "accepted a1", "_"),
        ("birch buy 1 @ 99 as b1", "accepted b1", "99 b1:1 | 100 a1:1"),
        (
            "birch buy 1 @ 100 as b2",
            "accepted b2; executed a1 1@100 leaves 0; executed b2 1@100 leaves 0; trade 1@100",
            "99 b1:1 |",
        ),
    ]);
}

#[test]
fn the_rest_of_an_ioc_order_never_rests() {
    // SCENARIO: one that finds nothing is accepted, then canceled.
    Table::new().check(&[
        ("amber sell 2 @ 100 as a1", "accepted a1", "_"),
        (
            "birch buy 5 @ 101 as b1 ioc",
            "accepted b1; executed a1 2@100 leaves 0; executed b1 2@100 leaves 3; trade 2@100; \
             canceled b1 3 NO_LIQUIDITY",
            "|",
        ),
        ("birch buy 5 @ 101 as b2 ioc", "accepted b2; canceled b2 5 NO_LIQUIDITY", "|"),
    ]);
}

#[test]
fn the_rest_of_a_market_order_never_rests() {
    // ENG-007, ENG-008, ENG-009
    Table::new().check(&[
        ("birch buy 1 @ market as b0", "rejected b0 NO_LIQUIDITY", "|"),
        ("amber sell 1 @ 100 as a1", "accepted a1", "_"),
        ("amber sell 1 @ 300 as a2", "accepted a2", "_"),
        (
            "birch buy 5 @ market as b1",
            "accepted b1; executed a1 1@100 leaves 0; executed b1 1@100 leaves 4; trade 1@100; \
             executed a2 1@300 leaves 0; executed b1 1@300 leaves 3; trade 1@300; \
             canceled b1 3 NO_LIQUIDITY",
            "|",
        ),
    ]);
}

#[test]
fn fill_or_kill_is_all_or_nothing() {
    // X-ENG-001
    Table::new().check(&[
        ("amber sell 2 @ 100 as a1", "accepted a1", "_"),
        ("birch sell 2 @ 101 as b1", "accepted b1", "_"),
        ("cedar buy 3 @ 100 as c1 fok", "rejected c1 FOK", "| 100 a1:2, 101 b1:2"),
        ("amber buy 1 @ 101 as a2 fok", "rejected a2 SELF_TRADE", "| 100 a1:2, 101 b1:2"),
        ("birch buy 3 @ 101 as b2 fok", "rejected b2 FOK", "| 100 a1:2, 101 b1:2"),
        (
            "cedar buy 3 @ 101 as c2 fok",
            "accepted c2; executed a1 2@100 leaves 0; executed c2 2@100 leaves 1; trade 2@100; \
             executed b1 1@101 leaves 1; executed c2 1@101 leaves 0; trade 1@101",
            "| 101 b1:1",
        ),
        ("cedar buy 2 @ market as c3 fok", "rejected c3 FOK", "| 101 b1:1"),
    ]);
}

#[test]
fn a_post_only_order_never_takes() {
    // X-ENG-002
    Table::new().check(&[
        ("amber sell 2 @ 100 as a1", "accepted a1", "_"),
        ("birch buy 1 @ 100 as b1 post_only", "rejected b1 POST_ONLY", "| 100 a1:2"),
        ("birch buy 1 @ 99 as b2 post_only", "accepted b2", "99 b2:1 | 100 a1:2"),
        ("birch amend b2 @ 100", "rejected b2 POST_ONLY", "99 b2:1 | 100 a1:2"),
        ("birch amend b2 @ 98", "amended b2 1@98 lost", "98 b2:1 | 100 a1:2"),
    ]);
}

#[test]
fn a_partial_fill_keeps_its_place() {
    // ENG-004, ENG-018
    Table::new().check(&[
        ("amber buy 5 @ 100 as a1", "accepted a1", "_"),
        ("birch buy 5 @ 100 as b1", "accepted b1", "_"),
        (
            "cedar sell 2 @ 100 as c1",
            "accepted c1; executed a1 2@100 leaves 3; executed c1 2@100 leaves 0; trade 2@100",
            "100 a1:3 b1:5 |",
        ),
        (
            "cedar sell 4 @ 100 as c2",
            "accepted c2; executed a1 3@100 leaves 0; executed c2 3@100 leaves 1; trade 3@100; \
             executed b1 1@100 leaves 4; executed c2 1@100 leaves 0; trade 1@100",
            "100 b1:4 |",
        ),
    ]);
}

#[test]
fn less_keeps_the_place_and_more_or_another_price_loses_it() {
    // X-ENG-010
    Table::new().check(&QUEUE).check(&[
        ("cedar amend c1 to 2", "amended c1 2@100 kept", "100 a1:1 b1:2 c1:2 |"),
        ("birch amend b1 to 1", "amended b1 1@100 kept", "100 a1:1 b1:1 c1:2 |"),
        ("amber amend a1 to 4", "amended a1 4@100 lost", "100 b1:1 c1:2 a1:4 |"),
        ("birch amend b1 @ 101", "amended b1 1@101 lost", "101 b1:1, 100 c1:2 a1:4 |"),
        ("birch amend b1 @ 100", "amended b1 1@100 lost", "100 c1:2 a1:4 b1:1 |"),
        ("cedar amend c1 @ 100", "amended c1 2@100 kept", "100 c1:2 a1:4 b1:1 |"),
        ("cedar amend c1 to 1 @ 99", "amended c1 1@99 lost", "100 a1:4 b1:1, 99 c1:1 |"),
    ]);
}

#[test]
fn an_amend_counts_what_was_executed() {
    // X-ENG-010: the quantity is the new total; at or below what was executed, the rest ends.
    Table::new().check(&[
        ("amber buy 10 @ 100 as a1", "accepted a1", "_"),
        ("birch buy 1 @ 100 as b1", "accepted b1", "_"),
        ("cedar sell 4 @ 100 as c1", "_", "100 a1:6 b1:1 |"),
        ("amber amend a1 to 7", "amended a1 3@100 kept", "100 a1:3 b1:1 |"),
        ("amber amend a1 to 8", "amended a1 4@100 lost", "100 b1:1 a1:4 |"),
        ("amber amend a1 to 4", "amended a1 0@100 kept; canceled a1 4 AMEND", "100 b1:1 |"),
        ("amber amend a1 to 9", "rejected a1 TOO_LATE", "100 b1:1 |"),
    ]);
}

#[test]
fn an_amend_into_the_other_side_trades_at_once() {
    Table::new().check(&[
        ("amber sell 2 @ 105 as a1", "accepted a1", "_"),
        ("birch buy 3 @ 100 as b1", "accepted b1", "100 b1:3 | 105 a1:2"),
        (
            "birch amend b1 @ 106",
            "amended b1 3@106 lost; executed a1 2@105 leaves 0; executed b1 2@105 leaves 1; \
             trade 2@105",
            "106 b1:1 |",
        ),
        ("amber sell 1 @ 107 as a2", "accepted a2", "106 b1:1 | 107 a2:1"),
        ("amber amend a2 @ 106", "_", "|"),
    ]);
}

#[test]
fn a_refused_amend_leaves_the_order_where_it_stands() {
    let terms = Terms { cash: 1_000, coin: 10, ..Terms::default() };
    Table::with(terms).check(&[
        ("amber buy 5 @ 100 as a1", "accepted a1", "_"),
        ("birch buy 5 @ 100 as b1", "accepted b1", "100 a1:5 b1:5 |"),
        ("amber amend a1 to 11", "rejected a1 INSUFFICIENT_FUNDS", "100 a1:5 b1:5 |"),
        ("amber amend a1 @ 201", "rejected a1 INSUFFICIENT_FUNDS", "100 a1:5 b1:5 |"),
        ("amber amend a1 @ ?TICK", "rejected a1 TICK", "100 a1:5 b1:5 |"),
        ("amber amend a1 to ?BAD_VALUE", "rejected a1 BAD_VALUE", "100 a1:5 b1:5 |"),
        ("amber amend a1 to 10", "amended a1 10@100 lost", "100 b1:5 a1:10 |"),
    ]);
}

#[test]
fn a_replace_is_both_or_neither() {
    // X-ENG-011, LED-028: its funds and its place go to the new order, or stay.
    let terms = Terms { cash: 1_000, coin: 10, ..Terms::default() };
    let mut table = Table::with(terms);
    table.check(&[
        ("amber buy 10 @ 100 as a1", "accepted a1", "100 a1:10 |"),
        (
            "amber replace a1 with buy 11 @ 100 as a2",
            "rejected a2 INSUFFICIENT_FUNDS",
            "100 a1:10 |",
        ),
        (
            "amber replace a1 with buy 5 @ 200 as a3",
            "canceled a1 10 USER; accepted a3",
            "200 a3:5 |",
        ),
        (
            "amber replace a3 with sell 1 @ 150 as a4",
            "canceled a3 5 USER; accepted a4",
            "| 150 a4:1",
        ),
        ("amber replace a3 with sell 1 @ 150 as a5", "rejected a5 TOO_LATE", "| 150 a4:1"),
        ("amber replace a4 with buy 1 @ 100 as a4", "rejected a4 DUPLICATE_ID", "| 150 a4:1"),
    ]);
    assert_eq!(table.balance("amber", "CASH"), (1_000, 0));
    assert_eq!(table.balance("amber", "COIN"), (9, 1));
}

#[test]
fn prices_far_apart_share_one_book() {
    // From the first tick to the last: beyond every window, in and out of the overflow.
    let top = (u64::MAX >> 1).to_string();
    let ask = format!("birch sell 1 @ {top} as b1");
    let second = format!("cedar sell 1 @ {top} as c1");
    let with_ask = format!("1 a1:1 | {top} b1:1");
    let with_far = format!("1000000000000 a2:1, 1 a1:1 | {top} b1:1");
    let with_both = format!("1000000000000 a2:1, 1 a1:1 | {top} b1:1 c1:1");
    let with_mid = format!("1000000000000 a2:1, 1 a1:1 | 1000000000001 b2:1, {top} b1:1 c1:1");
    let after = format!("1 a1:1 | 1000000000001 b2:1, {top} b1:1 c1:1");
    let last = format!("1 a1:1 | {top} b1:1 c1:1");
    let terms = Terms { cash: 1 << 90, ..Terms::default() };
    Table::with(terms).check(&[
        ("amber buy 1 @ 1 as a1", "accepted a1", "1 a1:1 |"),
        (&ask, "accepted b1", &with_ask),
        ("amber buy 1 @ 1000000000000 as a2", "accepted a2", &with_far),
        (&second, "accepted c1", &with_both),
        ("birch sell 1 @ 1000000000001 as b2", "accepted b2", &with_mid),
        ("dogwood sell 1 @ 2 as d1", "_", &after),
        ("dogwood buy 1 @ market as d2", "_", &last),
        (
            "dogwood buy 1 @ market as d3",
            &format!(
                "accepted d3; executed b1 1@{top} leaves 0; executed d3 1@{top} leaves 0; \
                 trade 1@{top}"
            ),
            &format!("1 a1:1 | {top} c1:1"),
        ),
        ("dogwood sell 1 @ market as d4", "_", &format!("| {top} c1:1")),
    ]);
}

#[test]
fn books_of_different_instruments_do_not_touch() {
    // ENG-031
    Table::new().check(&[
        ("amber sell 1 @ 100 as a1", "accepted a1", "| 100 a1:1"),
        ("birch buy 1 @ 100 as b1 on GOLD", "accepted b1", "100 b1:1 |"),
        ("birch buy 1 @ 99 as b2", "accepted b2", "99 b2:1 | 100 a1:1"),
        ("cedar sell 1 @ 100 as c1 on GOLD", "_", "|"),
        ("cedar sell 1 @ 99 as c2", "_", "| 100 a1:1"),
    ]);
}
