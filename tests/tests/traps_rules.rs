//! The traps others fell into, one named test each (X-ENG-019): self-trades, limits, numbers,
//! money, sessions, keys and switches. Those of the book are in `traps.rs`, with how the tables
//! work.

use ringside_protocol::AMOUNT_MAX;
use ringside_tests::table::{Table, Terms};

#[test]
fn reject_taker_stops_before_its_own_order() {
    // ENG-014, X-ENG-009: at first contact refused, later its rest is cancelled and never rests.
    Table::new().check(&[
        ("amber sell 1 @ 101 as a1", "accepted a1", "_"),
        ("amber buy 1 @ 101 as a2", "rejected a2 SELF_TRADE", "| 101 a1:1"),
        ("amber buy 1 @ market as a3", "rejected a3 SELF_TRADE", "| 101 a1:1"),
        ("birch sell 1 @ 100 as b1", "accepted b1", "_"),
        (
            "amber buy 5 @ 102 as a4",
            "accepted a4; executed b1 1@100 leaves 0; executed a4 1@100 leaves 4; trade 1@100; \
             canceled a4 4 SELF_TRADE",
            "| 101 a1:1",
        ),
    ]);
}

#[test]
fn cancel_taker_is_accepted_and_cancelled() {
    Table::new().check(&[
        ("amber sell 1 @ 101 as a1", "accepted a1", "_"),
        (
            "amber buy 2 @ 101 as a2 stp=cancel_taker",
            "accepted a2; canceled a2 2 SELF_TRADE",
            "| 101 a1:1",
        ),
    ]);
}

#[test]
fn cancel_maker_removes_its_own_and_goes_on() {
    Table::new().check(&[
        ("amber sell 1 @ 100 as a1", "accepted a1", "_"),
        ("birch sell 1 @ 101 as b1", "accepted b1", "_"),
        ("amber sell 1 @ 102 as a2", "accepted a2", "_"),
        (
            "amber buy 3 @ 102 as a3 stp=cancel_maker",
            "accepted a3; canceled a1 1 SELF_TRADE; executed b1 1@101 leaves 0; \
             executed a3 1@101 leaves 2; trade 1@101; canceled a2 1 SELF_TRADE",
            "102 a3:2 |",
        ),
    ]);
}

#[test]
fn cancel_both_ends_both() {
    Table::new().check(&[
        ("amber sell 1 @ 100 as a1", "accepted a1", "_"),
        ("birch sell 1 @ 101 as b1", "accepted b1", "_"),
        (
            "amber buy 3 @ 101 as a2 stp=cancel_both",
            "accepted a2; canceled a1 1 SELF_TRADE; canceled a2 3 SELF_TRADE",
            "| 101 b1:1",
        ),
    ]);
}

#[test]
fn decrement_takes_the_smaller_off_both() {
    // SCENARIO: both shrink by the smaller leaves, without a trade; who reaches zero is canceled.
    Table::new().check(&[
        ("amber sell 2 @ 100 as a1", "accepted a1", "_"),
        ("birch sell 1 @ 100 as b1", "accepted b1", "_"),
        (
            "amber buy 5 @ 100 as a2 stp=decrement",
            "accepted a2; canceled a1 2 SELF_TRADE; amended a2 3@100 kept; \
             executed b1 1@100 leaves 0; executed a2 1@100 leaves 2; trade 1@100",
            "100 a2:2 |",
        ),
        (
            "amber sell 1 @ 100 as a3 stp=decrement",
            "accepted a3; amended a2 1@100 kept; canceled a3 1 SELF_TRADE",
            "100 a2:1 |",
        ),
        (
            "amber sell 1 @ 100 as a4 stp=decrement",
            "accepted a4; canceled a2 1 SELF_TRADE; canceled a4 1 SELF_TRADE",
            "|",
        ),
    ]);
}

#[test]
fn without_prevention_an_account_trades_with_itself_in_test_mode() {
    let mut table = Table::new();
    table.check(&[
        ("amber sell 2 @ 100 as a1", "accepted a1", "_"),
        (
            "amber buy 1 @ 100 as a2 stp=none",
            "accepted a2; executed a1 1@100 leaves 1; executed a2 1@100 leaves 0; trade 1@100",
            "| 100 a1:1",
        ),
    ]);
    assert_eq!(table.balance("amber", "COIN"), (999_999_999, 1));
}

#[test]
fn no_number_wraps() {
    // ENG-034, ENG-035: zero, off tick, off lot, too large, and products beyond 128 bits.
    let largest = u64::MAX >> 1;
    let huge = format!("amber buy {largest} @ {largest} as a5");
    let dear = format!("amber buy 1 @ {largest} as a6");
    let many = format!("amber sell {largest} @ 1 as a7");
    let both = format!("amber sell {largest} @ {largest} as a8");
    Table::new().check(&[
        ("amber buy 0 @ 100 as a1", "rejected a1 BAD_VALUE", "|"),
        ("amber buy 1 @ 0 as a2", "rejected a2 BAD_VALUE", "|"),
        ("amber buy ?LOT @ ?TICK as a3", "rejected a3 TICK", "|"),
        ("amber buy 1 @ ?OVERFLOW as a4", "rejected a4 OVERFLOW", "|"),
        (&huge, "rejected a5 OVERFLOW", "|"),
        (&dear, "rejected a6 INSUFFICIENT_FUNDS", "|"),
        (&many, "rejected a7 NO_SHORT", "|"),
        (&both, "rejected a8 OVERFLOW", "|"),
    ]);
}

#[test]
fn balances_refuse_rather_than_saturate() {
    // All that ever comes in of a currency fits; one unit more is refused and changes nothing.
    let rest = (AMOUNT_MAX - 4).to_string();
    let mut table = Table::with(Terms { coin: 1, ..Terms::default() });
    table.check(&[
        ("amber withdraw 2 GOLD", "rejected  INSUFFICIENT_BALANCE", "|"),
        (&format!("amber deposit {rest} GOLD"), "", "|"),
        ("birch deposit 1 GOLD", "rejected  OVERFLOW", "|"),
        ("amber deposit 1 GOLD", "rejected  OVERFLOW", "|"),
    ]);
    assert_eq!(table.balance("amber", "GOLD"), (AMOUNT_MAX - 3, 0));
    assert_eq!(table.balance("birch", "GOLD"), (1, 0));
}

#[test]
fn cancel_on_disconnect_takes_the_streams_orders_and_no_others() {
    // X-ENG-012; twice closed is no crash.
    Table::new().check(&[
        ("amber session s1 open cancel", "", "|"),
        ("amber session s2 open keep", "", "|"),
        ("amber buy 1 @ 100 as a1 via s1", "accepted a1", "_"),
        ("amber buy 1 @ 99 as a2 via s2", "accepted a2", "_"),
        ("amber buy 1 @ 98 as a3 via s1", "accepted a3", "_"),
        ("amber buy 1 @ 97 as a4", "accepted a4", "100 a1:1, 99 a2:1, 98 a3:1, 97 a4:1 |"),
        ("birch sell 1 @ 100 as b1", "_", "99 a2:1, 98 a3:1, 97 a4:1 |"),
        ("amber session s1 closed cancel", "canceled a3 1 DISCONNECT", "99 a2:1, 97 a4:1 |"),
        ("amber session s1 closed cancel", "_", "99 a2:1, 97 a4:1 |"),
        ("amber session s2 closed keep", "", "99 a2:1, 97 a4:1 |"),
        ("amber buy 1 @ 96 as a5 via s1", "rejected a5 PERMISSION", "_"),
        ("amber session s1 open keep", "", "_"),
        ("amber buy 1 @ 96 as a6 via s1", "accepted a6", "_"),
        ("amber session s1 closed keep", "", "99 a2:1, 97 a4:1, 96 a6:1 |"),
    ]);
}

#[test]
fn the_day_ends_for_every_stream_and_its_orders_live_on() {
    Table::new().check(&[
        ("amber session s1 open keep", "", "|"),
        ("amber session s2 open keep", "", "|"),
        ("amber buy 5 @ 100 as a1 via s1", "accepted a1", "_"),
        ("amber buy 2 @ 99 as a2 via s2", "accepted a2", "_"),
        ("amber buy 3 @ 98 as a3", "accepted a3", "_"),
        ("amber buy 4 @ 97 as a4 via s1", "accepted a4", "_"),
        ("birch sell 1 @ 100 as b1", "_", "100 a1:4, 99 a2:2, 98 a3:3, 97 a4:4 |"),
        ("clock 1", "", "_"),
        (
            "clock 86400",
            "day 2; restated a1 4@100 number 1; restated a2 2@99 number 1; \
             restated a4 4@97 number 2",
            "100 a1:4, 99 a2:2, 98 a3:3, 97 a4:4 |",
        ),
        ("clock 1", "", "_"),
        ("amber cancel a1 via s1", "canceled a1 4 USER", "99 a2:2, 98 a3:3, 97 a4:4 |"),
        ("clock 86400", "day 3; restated a2 2@99 number 1; restated a4 4@97 number 1", "_"),
    ]);
}

#[test]
fn a_key_acts_for_its_own_account_only() {
    // RSK-022
    Table::new().check(&[
        ("amber key trade", "", "|"),
        ("birch key read", "", "|"),
        ("amber buy 1 @ 100 as a1 by 0", "accepted a1", "_"),
        ("birch buy 1 @ 99 as b1 by 0", "rejected b1 PERMISSION", "_"),
        ("birch buy 1 @ 99 as b2 by 1", "rejected b2 PERMISSION", "_"),
        ("birch cancel b2 by 1", "rejected b2 PERMISSION", "_"),
        ("birch buy 1 @ 98 as b3", "accepted b3", "100 a1:1, 98 b3:1 |"),
        ("birch cancel b3 by 1", "rejected b3 PERMISSION", "100 a1:1, 98 b3:1 |"),
        ("amber cancel a1 by 1", "rejected a1 PERMISSION", "100 a1:1, 98 b3:1 |"),
        ("amber buy 1 @ 97 as a2 by 7", "rejected a2 PERMISSION", "100 a1:1, 98 b3:1 |"),
        ("amber cancel a1 by 0", "canceled a1 1 USER", "98 b3:1 |"),
    ]);
}

#[test]
fn market_orders_pass_the_same_limits_as_others() {
    // RSK-006, RSK-023: what walking the book gives is their value.
    let bounds = [0, 0, 0, 50, 500];
    Table::with(Terms { bounds, ..Terms::default() }).check(&[
        ("amber sell 3 @ 100 as a1", "accepted a1", "_"),
        ("amber sell 3 @ 120 as a2", "accepted a2", "_"),
        ("birch buy 5 @ market as b1", "rejected b1 NOTIONAL", "_"),
        ("birch limit order_value 250", "", "_"),
        ("birch buy 3 @ market as b2", "rejected b2 ORDER_VALUE", "_"),
        ("birch limit order_value none", "", "_"),
        ("birch limit position 1", "", "_"),
        ("birch buy 2 @ market as b3", "rejected b3 POSITION_LIMIT", "_"),
        ("birch limit position 4", "", "| 100 a1:3, 120 a2:3"),
        ("birch buy 4 @ market as b4", "_", "| 120 a2:2"),
        ("birch buy 1 @ market as b5", "rejected b5 POSITION_LIMIT", "| 120 a2:2"),
    ]);
}

#[test]
fn open_orders_count_toward_the_position_limit() {
    // RSK-001, RSK-005: of ten orders of 20 against a limit of 100 five are accepted.
    let mut table = Table::new();
    table.run("amber limit position 100");
    for at in 1..=10 {
        let order = format!("amber buy 20 @ {} as a{at}", 100 - at);
        let expected = if at <= 5 {
            format!("accepted a{at}")
        } else {
            format!("rejected a{at} POSITION_LIMIT")
        };
        assert_eq!(table.run(&order), expected);
    }
}

#[test]
fn a_limit_of_open_orders_is_reached_exactly() {
    // X-ENG-018
    Table::with(Terms { open_orders: 2, ..Terms::default() }).check(&[
        ("amber buy 1 @ 100 as a1", "accepted a1", "_"),
        ("amber buy 1 @ 99 as a2", "accepted a2", "_"),
        ("amber buy 1 @ 98 as a3", "rejected a3 OPEN_ORDERS", "100 a1:1, 99 a2:1 |"),
        ("amber buy 1 @ 98 as g1 on GOLD", "accepted g1", "98 g1:1 |"),
        ("amber replace a1 with buy 1 @ 97 as a4", "canceled a1 1 USER; accepted a4", "_"),
        ("amber cancel a2", "canceled a2 1 USER", "97 a4:1 |"),
        ("amber buy 1 @ 98 as a5", "accepted a5", "98 a5:1, 97 a4:1 |"),
    ]);
}

#[test]
fn filters_refuse_what_lies_one_beyond_their_bounds() {
    // X-ENG-018: price to 200, quantity 2 to 10, value 150 to 1500.
    let bounds = [200, 2, 10, 150, 1_500];
    Table::with(Terms { bounds, ..Terms::default() }).check(&[
        ("amber buy 5 @ 201 as a1", "rejected a1 PRICE_BAND", "|"),
        ("amber buy 5 @ 200 as a2", "accepted a2", "_"),
        ("amber buy 1 @ 199 as a3", "rejected a3 QUANTITY", "_"),
        ("amber buy 2 @ 75 as a4", "accepted a4", "_"),
        ("amber buy 2 @ 74 as a5", "rejected a5 NOTIONAL", "_"),
        ("amber buy 10 @ 150 as a6", "accepted a6", "_"),
        ("amber buy 10 @ 151 as a7", "rejected a7 NOTIONAL", "_"),
        ("amber buy 11 @ 100 as a8", "rejected a8 QUANTITY", "200 a2:5, 150 a6:10, 75 a4:2 |"),
    ]);
}

#[test]
fn a_mass_cancel_takes_what_fits_in_order_of_entry() {
    // X-ENG-011
    let book = [
        ("amber buy 1 @ 90 as a1 tag=x", "accepted a1", "_"),
        ("amber buy 1 @ 95 as a2", "accepted a2", "_"),
        ("birch buy 1 @ 93 as b1 tag=x", "accepted b1", "_"),
        ("amber sell 1 @ 110 as a3 tag=x", "accepted a3", "_"),
        ("amber sell 1 @ 105 as g1 tag=x on GOLD", "accepted g1", "_"),
        ("amber amend a1 to 2", "amended a1 2@90 lost", "95 a2:1, 93 b1:1, 90 a1:2 | 110 a3:1"),
    ];
    let each = [
        (
            "amber mass_cancel",
            "canceled a1 2 USER; canceled a2 1 USER; canceled a3 1 USER; canceled g1 1 USER",
            "93 b1:1 |",
        ),
        ("amber mass_cancel buy", "canceled a1 2 USER; canceled a2 1 USER", "93 b1:1 | 110 a3:1"),
        (
            "amber mass_cancel tag=x",
            "canceled a1 2 USER; canceled a3 1 USER; canceled g1 1 USER",
            "95 a2:1, 93 b1:1 |",
        ),
        ("amber mass_cancel on GOLD", "canceled g1 1 USER", "|"),
        ("amber mass_cancel sell tag=y", "", "95 a2:1, 93 b1:1, 90 a1:2 | 110 a3:1"),
    ];
    for row in each {
        Table::new().check(&book).check(&[row]);
    }
}

#[test]
fn the_kill_switch_stops_its_scope_and_cancels_it() {
    // X-ENG-013: account, symbol, account in a symbol, venue; cancels stay allowed.
    let book = [
        ("amber buy 1 @ 90 as a1", "accepted a1", "_"),
        ("amber buy 1 @ 90 as a2 on GOLD", "accepted a2", "_"),
        ("birch buy 1 @ 91 as b1", "accepted b1", "91 b1:1, 90 a1:1 |"),
    ];
    let killed = |id: &str| format!("rejected {id} KILLED");
    for (kill, canceled, amber, gold, birch, birch_gold) in [
        ("kill", "canceled a1 1 KILLED; canceled a2 1 KILLED; canceled b1 1 KILLED", 0, 0, 0, 0),
        ("kill amber", "canceled a1 1 KILLED; canceled a2 1 KILLED", 0, 0, 1, 1),
        ("kill on GOLD", "canceled a2 1 KILLED", 1, 0, 1, 0),
        ("kill amber on GOLD", "canceled a2 1 KILLED", 1, 0, 1, 1),
    ] {
        let unkill = format!("un{kill}");
        let said = |allowed: i32, id: &str| {
            if allowed == 1 { format!("accepted {id}") } else { killed(id) }
        };
        Table::new().check(&book).check(&[
            (kill, canceled, "_"),
            ("amber buy 1 @ 80 as a3", &said(amber, "a3"), "_"),
            ("amber buy 1 @ 80 as a4 on GOLD", &said(gold, "a4"), "_"),
            ("birch buy 1 @ 80 as b2", &said(birch, "b2"), "_"),
            // The first time birch comes here.
            ("birch buy 1 @ 80 as b4 on GOLD", &said(birch_gold, "b4"), "_"),
            ("amber mass_cancel", "_", "_"),
            (&unkill, "", "_"),
            ("amber buy 1 @ 80 as a5", "accepted a5", "_"),
            ("amber buy 1 @ 80 as a6 on GOLD", "accepted a6", "_"),
            ("birch buy 1 @ 80 as b3", "accepted b3", "_"),
        ]);
    }
}

#[test]
fn a_halt_refuses_everything_but_cancels() {
    // ENG-044, X-ENG-016
    Table::new().check(&[
        ("amber buy 2 @ 100 as a1", "accepted a1", "_"),
        ("birch sell 1 @ 101 as b1", "accepted b1", "_"),
        ("state halted", "", "100 a1:2 | 101 b1:1"),
        ("birch sell 1 @ 100 as b2", "rejected b2 HALTED", "_"),
        ("amber amend a1 to 1", "rejected a1 HALTED", "_"),
        ("amber replace a1 with buy 1 @ 99 as a2", "rejected a2 HALTED", "100 a1:2 | 101 b1:1"),
        ("birch cancel b1", "canceled b1 1 USER", "100 a1:2 |"),
        ("state open", "", "100 a1:2 |"),
        ("birch sell 1 @ 100 as b3", "_", "100 a1:1 |"),
        ("state post_only", "", "_"),
        ("birch sell 1 @ 101 as b4", "rejected b4 MODE", "_"),
        ("birch sell 1 @ 101 as b5 post_only", "accepted b5", "100 a1:1 | 101 b5:1"),
        ("state limit_only", "", "_"),
        ("cedar buy 1 @ market as c1", "rejected c1 MODE", "_"),
        ("state cancel_only", "", "_"),
        ("cedar buy 1 @ 90 as c2", "rejected c2 MODE", "100 a1:1 | 101 b5:1"),
        ("state settled", "canceled a1 1 PHASE; canceled b5 1 PHASE", "|"),
        ("state open", "rejected  MODE", "|"),
    ]);
}

#[test]
fn fees_are_rounded_once_and_the_hold_never_falls_short() {
    // LED-002, LED-004, X-LED-001: 10 bps of 7 × 333 = 2.331 up to 3; per lot 0.333 up to 1.
    let terms = Terms { maker_bps: -5, taker_bps: 10, cash: 10_000, ..Terms::default() };
    let mut table = Table::with(terms);
    table.check(&[("amber buy 7 @ 333 as a1", "accepted a1", "333 a1:7 |")]);
    assert_eq!(table.balance("amber", "CASH"), (10_000 - 7 * 334, 7 * 334));
    table.check(&[(
        "birch sell 7 @ 300 as b1",
        "accepted b1; executed a1 7@333 leaves 0 fee -1; executed b1 7@333 leaves 0 fee 3; \
         trade 7@333",
        "|",
    )]);
    assert_eq!(table.balance("amber", "CASH"), (10_000 - 7 * 333 + 1, 0));
    assert_eq!(table.balance("birch", "CASH"), (10_000 + 7 * 333 - 3, 0));
    table.check(&[
        ("birch sell 1 @ 100 as b2", "accepted b2", "| 100 b2:1"),
        ("amber buy 1 @ 150 as a2", "_", "|"),
    ]);
    let (available, held) = table.balance("amber", "CASH");
    assert_eq!((available, held), (10_000 - 7 * 333 + 1 - 101, 0), "improvement is released");
}

#[test]
fn an_account_never_reserves_more_than_it_owns() {
    // RSK-009…012: over instruments too; a sale needs what is not reserved.
    let terms = Terms { cash: 1_000, coin: 10, ..Terms::default() };
    let mut table = Table::with(terms);
    table.check(&[
        ("amber buy 6 @ 100 as a1", "accepted a1", "_"),
        ("amber buy 5 @ 100 as a2 on GOLD", "rejected a2 INSUFFICIENT_FUNDS", "_"),
        ("amber buy 4 @ 100 as a3 on GOLD", "accepted a3", "_"),
        ("amber withdraw 1 CASH", "rejected  INSUFFICIENT_BALANCE", "_"),
        ("amber sell 7 @ 200 as a4", "accepted a4", "_"),
        ("amber sell 4 @ 200 as a5", "rejected a5 NO_SHORT", "_"),
        ("amber sell 3 @ 200 as a6", "accepted a6", "_"),
        ("amber cancel a1", "canceled a1 6 USER", "_"),
        ("amber withdraw 600 CASH", "", "_"),
    ]);
    assert_eq!(table.balance("amber", "CASH"), (0, 400));
    assert_eq!(table.balance("amber", "COIN"), (0, 10));
}

#[test]
fn a_market_buy_that_funds_do_not_cover_changes_nothing() {
    // DESIGN §4: no overdraft, no surprise; what exceeds the book need not be paid for.
    let terms = Terms { cash: 1_000, coin: 100, ..Terms::default() };
    let mut table = Table::with(terms);
    table.check(&[
        ("birch sell 5 @ 100 as b1", "accepted b1", "_"),
        ("birch sell 5 @ 101 as b2", "accepted b2", "_"),
        ("amber buy 10 @ market as a1", "rejected a1 INSUFFICIENT_FUNDS", "_"),
        ("amber buy 9 @ market as a2", "_", "| 101 b2:1"),
        ("amber deposit 5 CASH", "", "_"),
    ]);
    assert_eq!(table.balance("amber", "CASH"), (101, 0));
    table.check(&[(
        "amber buy 7 @ market as a3",
        "accepted a3; executed b2 1@101 leaves 0; executed a3 1@101 leaves 6; trade 1@101; \
         canceled a3 6 NO_LIQUIDITY",
        "|",
    )]);
    assert_eq!(table.balance("amber", "CASH"), (0, 0));
}

#[test]
fn the_first_broken_rule_names_the_refusal() {
    // X-RSK-002: each row mends the first of the rules that the row before breaks.
    let bounds = [0, 2, 0, 0, 0];
    let terms = Terms { cash: 100, bounds, ..Terms::default() };
    Table::with(terms).check(&[
        ("birch sell 5 @ 10 as b1", "accepted b1", "_"),
        ("amber sell 2 @ 100 as a0", "accepted a0", "_"),
        ("amber limit order_value 1000", "", "_"),
        ("amber limit position 5", "", "_"),
        ("amber key read", "", "_"),
        ("state halted", "", "_"),
        ("kill amber", "canceled a0 2 KILLED", "_"),
        ("amber buy 1 @ 9000 as a0 fok post_only by 0", "rejected a0 DUPLICATE_ID", "_"),
        ("amber buy 1 @ 9000 as a1 fok post_only by 0", "rejected a1 KILLED", "_"),
        ("unkill amber", "", "_"),
        ("amber buy 1 @ 9000 as a2 fok post_only by 0", "rejected a2 PERMISSION", "_"),
        ("amber buy 1 @ 9000 as a3 fok post_only", "rejected a3 HALTED", "_"),
        ("state open", "", "_"),
        ("amber buy 1 @ ?TICK as b9 fok post_only", "rejected b9 BAD_VALUE", "_"),
        ("amber buy ?OVERFLOW @ ?TICK as b8 post_only", "rejected b8 OVERFLOW", "_"),
        ("amber buy ?LOT @ ?TICK as b7 post_only", "rejected b7 TICK", "_"),
        ("amber buy ?LOT @ 9000 as a4 post_only", "rejected a4 LOT", "_"),
        ("amber buy 1 @ 9000 as a5 post_only", "rejected a5 QUANTITY", "_"),
        ("amber buy 6 @ 9000 as a6 post_only", "rejected a6 ORDER_VALUE", "_"),
        ("amber buy 6 @ 100 as a7 post_only", "rejected a7 POSITION_LIMIT", "_"),
        ("amber limit position 50", "", "_"),
        ("amber buy 6 @ 100 as a8 post_only", "rejected a8 INSUFFICIENT_FUNDS", "_"),
        ("amber buy 6 @ 10 as a9 post_only", "rejected a9 POST_ONLY", "_"),
        ("amber buy 6 @ 10 as b0 fok", "rejected b0 FOK", "| 10 b1:5"),
        ("amber buy 5 @ 10 as b2 fok", "_", "|"),
    ]);
}
