//! What is asked and what is answered, message by message, in both topologies and durable or not.

use ringside_client::order::{Life, NewOrder, Terms, symbol};
use ringside_client::ouch::{ClientError, OuchClient};
use ringside_doors::spoken::next;
use ringside_doors::venue::{Plan, SYMBOL, TOPOLOGIES};
use ringside_protocol::wire::ouch::*;

use crate::{buy, open, sell};

const GOOD_TILL_CANCEL: Appendages =
    Appendages { good_till_cancel: Some(YesNo::Yes), ..Appendages::NONE };

fn accepted(user_ref: u32, side: Side, quantity: u32, price: u64, order: u64) -> Accepted {
    Accepted {
        time: 0,
        user_ref,
        side,
        quantity,
        symbol: symbol(SYMBOL),
        price,
        time_in_force: TimeInForce::Day,
        display: Display::Visible,
        order,
        capacity: Capacity::Other,
        sweep: Sweep::NotEligible,
        cross: CrossType::Continuous,
        state: OrderState::Live,
        client_id: ClientId::BLANK,
        appendages: GOOD_TILL_CANCEL,
    }
}

fn buys(user_ref: u32, quantity: u32, price: u64, order: u64) -> Outbound {
    accepted(user_ref, Side::Buy, quantity, price, order).into()
}

fn sells(user_ref: u32, quantity: u32, price: u64, order: u64) -> Outbound {
    accepted(user_ref, Side::Sell, quantity, price, order).into()
}

fn replaced(original_user_ref: u32, new: Accepted) -> Outbound {
    Replaced {
        time: 0,
        original_user_ref,
        user_ref: new.user_ref,
        side: new.side,
        quantity: new.quantity,
        symbol: new.symbol,
        price: new.price,
        time_in_force: new.time_in_force,
        display: new.display,
        order: new.order,
        capacity: new.capacity,
        sweep: new.sweep,
        cross: new.cross,
        state: new.state,
        client_id: new.client_id,
        appendages: new.appendages,
    }
    .into()
}

fn executed(user_ref: u32, quantity: u32, price: u64, trade: u64, part: LiquidityFlag) -> Outbound {
    let (time, liquidity, no_appendage) = (0, part, Zero);
    Executed { time, user_ref, quantity, price, liquidity, trade, no_appendage }.into()
}

fn canceled(user_ref: u32, quantity: u32, reason: CancelCode) -> Outbound {
    Canceled { time: 0, user_ref, quantity, reason }.into()
}

fn rejected(user_ref: u32, reason: u16) -> Outbound {
    Rejected { time: 0, user_ref, reason, client_id: ClientId::BLANK }.into()
}

/// What a bot does in a row of the table.
type Asks = fn(&mut OuchClient);
/// Who asks, what, and the answers to the first and to the second bot.
type Row = (&'static str, usize, Asks, Vec<Outbound>, Vec<Outbound>);

fn place(bot: &mut OuchClient, order: &NewOrder) {
    entered(bot.place(order));
}

fn entered(number: Result<u32, ClientError>) {
    number.unwrap();
}

fn rows() -> Vec<Row> {
    use LiquidityFlag::{Added, Removed};
    let none = Vec::new;
    let immediate = |accepted: Accepted, appendages| -> Outbound {
        Accepted { time_in_force: TimeInForce::ImmediateOrCancel, appendages, ..accepted }.into()
    };
    let own_match = |user_ref, quantity| -> Outbound {
        AiqCanceled {
            time: 0,
            user_ref,
            quantity,
            reason: CancelCode::SelfMatch,
            prevented: quantity,
            price: 0,
            liquidity: Removed,
            strategy: Alpha::BLANK,
        }
        .into()
    };
    let (firm, appendages) = (Firm::BLANK, Appendages::NONE);
    vec![
        ("rests", 0, |bot| place(bot, &buy(10, 10_000)), vec![buys(1, 10, 10_000, 1)], none()),
        (
            "trades at the resting price",
            1,
            |bot| place(bot, &sell(4, 9_900)),
            vec![executed(1, 4, 10_000, 1, Added)],
            vec![sells(1, 4, 9_900, 2), executed(1, 4, 10_000, 1, Removed)],
        ),
        (
            "replaced: lots in all, executed ones included",
            0,
            |bot| entered(bot.replace(1, &Terms::new(20, 9_990), Life::GoodTillCancel)),
            vec![replaced(1, accepted(2, Side::Buy, 16, 9_990, 3))],
            none(),
        ),
        (
            "reduced",
            0,
            |bot| bot.reduce(2, 10).unwrap(),
            vec![canceled(2, 6, CancelCode::User)],
            none(),
        ),
        (
            "cancelled",
            0,
            |bot| bot.cancel(2).unwrap(),
            vec![canceled(2, 10, CancelCode::User)],
            none(),
        ),
        ("its end was told: silence", 0, |bot| bot.cancel(2).unwrap(), none(), none()),
        (
            "no such order",
            0,
            |bot| bot.cancel(77).unwrap(),
            vec![CancelReject { time: 0, user_ref: 77 }.into()],
            none(),
        ),
        ("an ask", 1, |bot| place(bot, &sell(5, 10_100)), none(), vec![sells(2, 5, 10_100, 4)]),
        (
            "post-only would take",
            0,
            |bot| place(bot, &buy(1, 10_100).post_only()),
            vec![rejected(3, 0x1065)],
            none(),
        ),
        (
            "IOC finds nothing",
            0,
            |bot| place(bot, &buy(7, 10_050).life(Life::ImmediateOrCancel)),
            vec![
                immediate(accepted(4, Side::Buy, 7, 10_050, 5), Appendages::NONE),
                canceled(4, 7, CancelCode::ImmediateOrCancel),
            ],
            none(),
        ),
        (
            "FOK finds too little",
            0,
            |bot| place(bot, &buy(6, 10_100).life(Life::FillOrKill)),
            vec![rejected(5, 0x1066)],
            none(),
        ),
        (
            "FOK finds enough",
            0,
            |bot| place(bot, &buy(2, 10_100).life(Life::FillOrKill)),
            vec![
                immediate(
                    accepted(6, Side::Buy, 2, 10_100, 6),
                    Appendages { min_quantity: Some(2), ..Appendages::NONE },
                ),
                executed(6, 2, 10_100, 2, Removed),
            ],
            vec![executed(2, 2, 10_100, 2, Added)],
        ),
        (
            "at the market",
            0,
            |bot| place(bot, &NewOrder::market(ringside_protocol::Side::Buy, symbol(SYMBOL), 1)),
            vec![
                immediate(accepted(7, Side::Buy, 1, MARKET_PRICE, 7), Appendages::NONE),
                executed(7, 1, 10_100, 3, Removed),
            ],
            vec![executed(2, 1, 10_100, 3, Added)],
        ),
        (
            "meets its own account",
            1,
            |bot| place(bot, &buy(9, 10_100)),
            none(),
            vec![buys(3, 9, 10_100, 8), own_match(2, 2)],
        ),
        (
            "no such instrument",
            0,
            |bot| place(bot, &NewOrder { symbol: symbol("NOTHING"), ..buy(1, 1) }),
            vec![rejected(8, codes::INVALID_SYMBOL)],
            none(),
        ),
        (
            "no such order to replace",
            0,
            |bot| entered(bot.replace(2, &Terms::new(1, 1), Life::GoodTillCancel)),
            vec![rejected(9, 0x1079)],
            none(),
        ),
        ("two more", 1, |bot| place(bot, &buy(1, 9_000)), none(), vec![buys(4, 1, 9_000, 9)]),
        (
            "every order of the stream",
            1,
            |bot| entered(bot.cancel_all(symbol(SYMBOL))),
            none(),
            vec![
                canceled(3, 9, CancelCode::User),
                canceled(4, 1, CancelCode::User),
                MassCancelResponse {
                    time: 0,
                    user_ref: 5,
                    firm,
                    symbol: symbol(SYMBOL),
                    appendages,
                }
                .into(),
            ],
        ),
        ("before it is closed", 1, |bot| place(bot, &buy(3, 50)), none(), vec![buys(6, 3, 50, 10)]),
        (
            "no more orders",
            1,
            |bot| entered(bot.disable()),
            none(),
            vec![DisableResponse { time: 0, user_ref: 7, firm, appendages }.into()],
        ),
        ("an order", 1, |bot| place(bot, &buy(3, 50)), none(), vec![rejected(8, 0x1016)]),
        (
            "cancels are taken",
            1,
            |bot| bot.cancel(6).unwrap(),
            none(),
            vec![canceled(6, 3, CancelCode::User)],
        ),
        (
            "orders again",
            1,
            |bot| entered(bot.enable()),
            none(),
            vec![EnableResponse { time: 0, user_ref: 9, firm, appendages }.into()],
        ),
        (
            "the client's own name",
            1,
            |bot| place(bot, &buy(3, 50).named("my-order")),
            none(),
            vec![
                Accepted {
                    client_id: ClientId::new("my-order").unwrap(),
                    ..accepted(10, Side::Buy, 3, 50, 11)
                }
                .into(),
            ],
        ),
        (
            "modified in place",
            1,
            |bot| bot.modify(10, Side::Buy, 2).unwrap(),
            none(),
            vec![canceled(10, 1, CancelCode::User)],
        ),
    ]
}

#[test]
fn every_request_has_its_answers_and_no_others() {
    for topology in TOPOLOGIES {
        for durability in ["async", "sync"] {
            let venue = open(&Plan::new(topology, durability));
            let mut bots = [venue.bot(0), venue.bot(1)];
            for (what, who, asks, first, second) in rows() {
                asks(&mut bots[who]);
                // The answer to a query comes behind everything that was said before.
                bots[who].query().unwrap();
                let answers = [next(&mut bots[0], first.len()), next(&mut bots[1], second.len())];
                assert_eq!(answers, [first, second], "{topology}, {durability}: {what}");
            }
            for (bot, next) in bots.iter_mut().zip([10, 11]) {
                assert_eq!(bot.query().unwrap(), next, "the number that comes next");
                let none = bot.next_within(core::time::Duration::ZERO).unwrap();
                assert_eq!(none, None, "nothing else was said");
                assert_eq!(bot.unanswered(), 0);
            }
        }
    }
}

/// What a stream is told stays with it: another stream never hears it, and cannot end its orders.
#[test]
fn a_stream_ends_only_orders_of_its_own() {
    let venue = open(&Plan::new("fused", "async"));
    let (mut one, mut other) = (venue.bot(0), venue.bot(1));
    one.place(&buy(1, 100)).unwrap();
    assert_eq!(next(&mut one, 1), [buys(1, 1, 100, 1)]);
    other.cancel(1).unwrap();
    other.cancel_all(Symbol::BLANK).unwrap();
    let (firm, symbol, appendages) = (Firm::BLANK, Symbol::BLANK, Appendages::NONE);
    let told: [Outbound; 2] = [
        CancelReject { time: 0, user_ref: 1 }.into(),
        MassCancelResponse { time: 0, user_ref: 1, firm, symbol, appendages }.into(),
    ];
    assert_eq!(next(&mut other, 2), told);
    one.cancel(1).unwrap();
    assert_eq!(next(&mut one, 1), [canceled(1, 1, CancelCode::User)]);
}
