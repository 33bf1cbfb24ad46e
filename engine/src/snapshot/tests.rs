//! Images that were tampered with, part by part: each is refused, and says what and where.

use ringside_protocol::{AccountId, InstrumentId, InstrumentState, Name, OrderId, SelfTrade, Side};
use ringside_protocol::{StreamId, TimeInForce, Timestamp};

use super::{Image, ImageError};
use crate::Engine;

#[path = "../../tests/venue/mod.rs"]
#[allow(dead_code)] // What only the suites in engine/tests use.
mod venue;

type Tampering = (fn(&mut Image), &'static str);

fn check(rows: &[Tampering]) {
    let good = venue::some_of_everything().engine.image();
    for (at, (tamper, expected)) in rows.iter().enumerate() {
        let mut image = good.clone();
        tamper(&mut image);
        let taken: Result<Engine, ImageError> = Engine::from_image(&image);
        let found = taken.map(drop).expect_err(expected).to_string();
        let found = found.strip_prefix("the image is not that of an engine: ").expect(expected);
        assert_eq!(found, *expected, "row {at}");
    }
}

/// No account, instrument or currency is there.
const NOBODY: u32 = 3;

#[test]
fn the_golden_venue_leaves_no_part_empty() {
    let image = venue::some_of_everything().engine.image();
    let lots = image.holdings.iter().map(|holding| holding.lots.len()).max();
    let lengths = [
        image.venue.grants.len(),
        image.currencies.len(),
        image.instruments.len(),
        image.keys.len(),
        image.streams.len(),
        image.tags[0].1.len(),
        image.balances.len(),
        image.holdings.len(),
        image.orders.len(),
        image.finished.len(),
        image.accounts[0].overrides.len(),
        image.accounts[0].submissions.len(),
        lots.unwrap_or(0),
    ];
    assert_eq!(lengths, [1, 3, 2, 1, 4, 2, 6, 3, 9, 2, 1, 4, 2]);
    let (numbered, named): (Vec<_>, Vec<_>) =
        image.orders.iter().partition(|order| order.user_ref != 0);
    assert_eq!((numbered.len(), named.len()), (6, 3));
    assert!(image.orders.iter().any(|order| order.executed > 0));
    assert!(image.instruments[0].mark.is_some() && image.instruments[0].last.is_some());
    assert!(image.treasury[0].fees != 0 && image.accounts[0].daily_value > 0);
}

#[test]
fn counters_and_settings_are_those_of_a_venue() {
    check(&[
        (|i| i.venue.last_order = u64::MAX, "the venue has counted to the end"),
        (|i| i.stats.commands += 1, "the venue counts other commands than its sequence"),
        (|i| i.stats.rejected = 1 << 40, "the venue refused more commands than there were"),
        (|i| i.stats.trades += 1, "the venue counts other trades than it gave ids"),
        (|i| i.stats.events = 1, "the venue has trades without events"),
        (|i| i.stats.resting += 1, "the venue counts other orders than there are"),
        (|i| i.venue.is_set = false, "the venue has settings that were never set"),
        (|i| i.calendar.day_start = Timestamp::DAY, "the venue starts its day after a day"),
        (|i| i.venue.grants[0].1 = 0, "the venue grants nothing"),
        (|i| i.venue.grants.push(i.venue.grants[0]), "the venue grants a currency twice"),
        (
            |i| i.venue.grants = vec![i.venue.grants[0]; crate::GRANTS_MAX + 1],
            "the venue has too many grants",
        ),
        (|i| i.treasury.truncate(2), "the venue has other books than currencies"),
        (
            |i| i.currencies = vec![i.currencies[0]; crate::CURRENCIES_MAX + 1],
            "the venue has too many currencies",
        ),
    ]);
}

#[test]
fn currencies_and_instruments_are_such_as_can_be_created() {
    check(&[
        (|i| i.currencies[1].code = Name::ABSENT, "currency 1 has no code"),
        (|i| i.currencies[1].code = i.currencies[0].code, "currency 1 has a name that is taken"),
        (|i| i.currencies[2].scale = 13, "currency 2 has too many decimals"),
        (|i| i.treasury[0].deposits = -1, "currency 0 came in as cannot be"),
        (|i| i.treasury[1].withdrawals = i128::MAX, "currency 1 went out as cannot be"),
        (|i| i.treasury[2].fees = i128::MIN, "currency 2 has fees that cannot be"),
        (|i| i.treasury[0].fees += 1, "currency 0 does not add up to zero"),
        (
            |i| i.instruments[1].symbol = i.instruments[0].symbol,
            "instrument 1 has a name that is taken",
        ),
        (|i| i.instruments[1].base.0 = NOBODY, "instrument 1 has terms that no instrument has"),
        (|i| i.instruments[1].tick = 0, "instrument 1 has terms that no instrument has"),
        (
            |i| i.instruments[0].scales.base_per_lot += 1,
            "instrument 0 has other scales or bounds than its terms give",
        ),
        (
            |i| i.instruments[0].taker_fee.0 += 1,
            "instrument 0 has other scales or bounds than its terms give",
        ),
        (
            |i| i.instruments[1].wire_symbol = i.instruments[0].wire_symbol,
            "the venue has two instruments of one wire symbol",
        ),
        (|i| i.instruments[0].last = Some(0), "instrument 0 has a price that cannot be"),
        (
            |i| i.instruments[0].mark = Some((u64::MAX, Timestamp(0))),
            "instrument 0 has a price that cannot be",
        ),
        (
            |i| i.instruments[0].turnover.volume = u128::MAX,
            "instrument 0 has turned over what cannot be",
        ),
    ]);
}

#[test]
fn accounts_name_what_is_there() {
    check(&[
        (|i| i.accounts[2].name = Name::ABSENT, "account 2 has no name"),
        (|i| i.accounts[2].name = i.accounts[0].name, "account 2 has a name that is taken"),
        (
            |i| {
                i.venue.test_mode = false;
                i.accounts[1].self_trade = SelfTrade::None;
            },
            "account 1 trades with itself without test mode",
        ),
        (|i| i.accounts[0].holdings.push(0), "account 0 names places that an image does not have"),
        (|i| i.accounts[0].balances[0] = NOBODY, "account 0 names a currency that is not there"),
        (|i| i.accounts[0].balances.extend_from_within(..1), "account 0 names a currency twice"),
        (
            |i| i.accounts[2].balances.push(1),
            "the venue has accounts that name balances which are not there",
        ),
        (|i| i.accounts[0].limits.max_exposure = Some(-1), "account 0 has a negative limit"),
        (
            |i| i.accounts[0].overrides[0].1.max_position = Some(-1),
            "account 0 has a negative limit",
        ),
        (
            |i| i.accounts[0].limits.max_orders_per_second = Some(crate::ORDER_RATE_MAX + 1),
            "account 0 has an order rate that cannot be",
        ),
        (
            |i| i.accounts[0].overrides[0].0 = InstrumentId(NOBODY),
            "account 0 names an instrument that is not there",
        ),
        (
            |i| i.accounts[0].overrides.extend_from_within(..1),
            "account 0 has two limits in one instrument",
        ),
        (|i| i.accounts[0].day = 9, "account 0 counts a day to come"),
        (|i| i.accounts[0].daily_value = -1, "account 0 counts a value that cannot be"),
        (
            |i| i.accounts[2].submissions.push_back(i.time),
            "account 2 remembers more submissions than it counts",
        ),
        (|i| i.accounts[0].submissions[0] = i.time, "account 0 remembers submissions out of order"),
        (
            |i| i.accounts[0].submissions[3].0 = i.time.0 + 1,
            "account 0 remembers a submission to come",
        ),
        (|i| i.keys[0].account = AccountId(NOBODY), "key 0 names an account that is not there"),
    ]);
}

#[test]
fn money_and_positions_are_somebodys() {
    check(&[
        (|i| i.balances[0].account.0 = NOBODY, "balance 0 names an account that is not there"),
        (|i| i.balances[0].currency.0 = NOBODY, "balance 0 names a currency that is not there"),
        (|i| i.balances[0].ever_held = false, "balance 0 is of a currency that was never there"),
        (|i| i.balances[0].balance.available = -1, "balance 0 is an amount that cannot be"),
        (|i| i.balances[0].balance.held = i128::MAX, "balance 0 is an amount that cannot be"),
        (|i| i.balances[0].balance.held += 1, "balance 0 does not hold what open orders need"),
        (|i| i.balances.swap(0, 1), "balance 1 is not in its order"),
        (|i| i.accounts[0].balances.truncate(1), "balance 1 is not among those of its account"),
        (|i| i.venue.matching_only = true, "balance 0 is held at a venue that only matches"),
        (|i| i.holdings[0].account.0 = NOBODY, "holding 0 names an account that is not there"),
        (
            |i| i.holdings[0].instrument.0 = NOBODY,
            "holding 0 names an instrument that is not there",
        ),
        (|i| i.holdings.swap(0, 1), "holding 1 is not in its order"),
        (|i| i.holdings[2].killed = false, "holding 2 says nothing"),
        (|i| i.holdings[0].realised = i128::MIN, "holding 0 realised what cannot be"),
        (
            |i| i.holdings[0].lots[0].quantity = 0,
            "holding 0 has a lot of a quantity that cannot be",
        ),
        (
            |i| i.holdings[0].lots[0].price = u64::MAX,
            "holding 0 has a lot at a price that cannot be",
        ),
        (
            |i| i.holdings[0].lots[0].fee = i128::MIN,
            "holding 0 has a lot with a fee that cannot be",
        ),
        (
            |i| (i.holdings[0].lots[0].quantity, i.holdings[0].lots[0].price) = (1 << 50, 1 << 50),
            "holding 0 is worth more than there can be",
        ),
        (
            |i| i.holdings[0].lots[0].order.0 = 1 << 40,
            "holding 0 has a lot of an order that never was",
        ),
        (
            |i| i.holdings[0].lots[0].trade.0 = 1 << 40,
            "holding 0 has a lot of a trade that never was",
        ),
    ]);
}

#[test]
fn positions_and_books_add_up() {
    check(&[
        (
            |i| {
                for lot in &mut i.holdings[0].lots {
                    (lot.quantity, lot.price) = (u64::MAX / 2, 1);
                }
            },
            "holding 0 has more lots than there can be",
        ),
        (
            |i| {
                for order in i.orders.iter_mut().filter(|order| order.side == Side::Buy) {
                    (order.price, order.leaves) = (1, u64::MAX / 2);
                    (order.executed, order.hold_per_lot) = (0, 101);
                }
            },
            "order 1 is more than can be open",
        ),
        (
            |i| {
                let last = i.orders.len() - 1;
                let bid = i.orders[0].price;
                for order in &mut i.orders[last - 1..] {
                    order.price = bid;
                }
            },
            "the book of instrument 0 is crossed",
        ),
    ]);
}

#[test]
fn orders_are_such_as_can_rest() {
    check(&[
        (|i| i.orders[0].account.0 = NOBODY, "order 0 names an account that is not there"),
        (|i| i.orders[8].instrument.0 = NOBODY, "order 8 names an instrument that is not there"),
        (|i| i.orders.swap(0, 8), "order 1 is not in its order"),
        (|i| i.orders[0].order = OrderId(0), "order 0 has an id that was never given"),
        (|i| i.orders[0].order = OrderId(1 << 40), "order 0 has an id that was never given"),
        (|i| i.orders[0].order = i.orders[1].order, "the venue has two orders of one id"),
        (|i| i.orders[8].price = u64::MAX, "order 8 has a price or quantity that cannot be"),
        (|i| i.orders[0].leaves = 0, "order 0 has a price or quantity that cannot be"),
        (|i| i.orders[0].executed = u64::MAX, "order 0 has a price or quantity that cannot be"),
        (|i| i.orders[8].price = 1 << 60, "order 8 has a price beyond its instrument's highest"),
        (|i| i.orders[0].hold_per_lot += 1, "order 0 holds what it does not need"),
        (|i| i.orders[0].time_in_force = TimeInForce::Ioc, "order 0 rests though it may not"),
        (
            |i| {
                i.venue.test_mode = false;
                i.orders[0].self_trade = SelfTrade::None;
            },
            "order 0 trades with itself without test mode",
        ),
        (|i| i.orders[8].tag = 1, "order 8 has a tag that its account never used"),
        (
            |i| i.instruments[0].state = InstrumentState::Settled,
            "order 0 rests in a settled instrument",
        ),
    ]);
}

#[test]
fn what_became_of_an_order_agrees_with_what_it_is() {
    check(&[
        (|i| i.histories.truncate(8), "the venue has a history of other orders"),
        (|i| i.histories[0].executed += 1, "order 0 has a history of other executions"),
        (|i| i.histories[8].cost += 1, "order 8 has executions that cost what they cannot"),
        (|i| i.histories[0].updated.0 = u64::MAX, "order 0 has a history that is not in its order"),
        (
            |i| i.histories[0].entered.0 = i.histories[0].updated.0 + 1,
            "order 0 has a history that is not in its order",
        ),
    ]);
}

#[test]
fn names_are_given_once_to_those_who_are_there() {
    check(&[
        (|i| i.streams[0].name = Name::ABSENT, "stream 0 has no name"),
        (|i| i.streams[0].account.0 = NOBODY, "stream 0 names an account that is not there"),
        (|i| i.streams[1].name = i.streams[0].name, "stream 1 has a name that is taken"),
        (|i| i.streams[0].account = AccountId(1), "order 1 came by the stream of another account"),
        (
            |i| i.streams[0].user_ref_high = 5,
            "order 2 has a number that its stream has not reached",
        ),
        (|i| i.orders[0].stream = StreamId(4), "order 0 names a stream that is not there"),
        (|i| i.orders[1].user_ref = 0, "order 1 has no name or two"),
        (|i| i.orders[1].id = venue::name("x"), "order 1 has no name or two"),
        (|i| i.orders[2].user_ref = i.orders[1].user_ref, "order 2 has a name that is taken"),
        (|i| i.orders[8].id = i.finished[1].1[0].id, "order 8 has a name that is taken"),
        (|i| i.tags[0].0.0 = NOBODY, "tags 0 names an account that is not there"),
        (|i| i.tags[0].1.clear(), "tags 0 are none or too many"),
        (|i| i.tags[0].1 = vec![Name::ABSENT; crate::TAGS_MAX + 1], "tags 0 are none or too many"),
        (|i| i.tags[0].1[1] = i.tags[0].1[0], "tags 0 have one twice, or one that is none"),
        (|i| i.tags[0].1[0] = Name::ABSENT, "tags 0 have one twice, or one that is none"),
        (|i| i.tags.push(i.tags[0].clone()), "tags 1 is not in its order"),
    ]);
}

#[test]
fn used_up_ids_are_those_an_account_remembers() {
    check(&[
        (|i| i.finished[0].0.0 = NOBODY, "used-up ids 0 names an account that is not there"),
        (|i| i.finished.swap(0, 1), "used-up ids 1 is not in its order"),
        (|i| i.finished[0].1.clear(), "used-up ids 0 are none"),
        (|i| i.finished[1].1[0].id = Name::ABSENT, "used-up ids 1 have one that is no id"),
        (
            |i| i.finished[1].1[0].instrument.0 = NOBODY,
            "used-up ids 1 names an instrument that is not there",
        ),
        (
            |i| i.finished[1].1[0].order.0 = 1 << 40,
            "used-up ids 1 have one of an order that never was",
        ),
        (|i| i.finished[1].1[0].time.0 = u64::MAX, "used-up ids 1 are not in their order"),
        (
            |i| i.finished[1].1.last_mut().expect("an id").time.0 = u64::MAX,
            "used-up ids 1 have one of a time to come",
        ),
        (|i| i.finished[1].1[1].id = i.finished[1].1[0].id, "used-up ids 1 have one twice"),
        (
            |i| {
                let used = i.finished[1].1[0];
                let mut many = vec![used; crate::FINISHED_IDS_KEPT + 1];
                many[0].time.0 = 0;
                i.finished[1].1 = many;
            },
            "used-up ids 1 should have been forgotten",
        ),
    ]);
}

#[test]
fn an_image_that_was_not_tampered_with_is_taken() {
    let image = venue::some_of_everything().engine.image();
    let taken: Result<Engine, ImageError> = Engine::from_image(&image);
    assert!(taken.is_ok());
}
