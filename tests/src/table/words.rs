//! The commands of a table, as words:
//!
//! ```text
//! amber buy 5 @ 100 as a1 [ioc|fok] [post_only] [stp=MODE] [tag=T] [on GOLD]
//! amber sell 5 @ market as a2
//! amber amend a1 [to 5] [@ 101] [as a9]      amber replace a1 with buy 5 @ 100 as a2
//! amber cancel a1                            amber mass_cancel [buy|sell] [tag=T] [on GOLD]
//! amber deposit 5 CASH                       amber withdraw 5 CASH
//! amber limit position|order_value|open_orders 5|none [on GOLD]
//! state halted [on GOLD]                     clock 5
//! kill [amber] [on GOLD]                     unkill [amber] [on GOLD]
//! amber session s1 open|closed keep|cancel   amber key read|trade
//! ```
//!
//! Behind any of them "via s1" says by which stream it comes, "by 0" by which key.
//! `?REASON` in place of a price or quantity is a number that does not fit; it travels as that.

use ringside_protocol::*;

use super::{ACCOUNTS, BASES, CURRENCIES};
use crate::flow::{UNIT, name};

/// The command that words mean.
///
/// # Panics
/// When they mean none.
pub(super) fn command(text: &str) -> Command {
    let words: Vec<&str> = text.split_whitespace().collect();
    let instrument = instrument(text);
    match words[..] {
        ["clock", _] => Clock { reserved: 0 }.into(),
        ["state", state, ..] => {
            let state = InstrumentState::from_word(state).expect("a state");
            SetInstrumentState { instrument, state, reserved: [0; 3] }.into()
        }
        ["kill", ..] => kill(&words, Switch::On),
        ["unkill", ..] => kill(&words, Switch::Off),
        [who, "buy" | "sell", ..] => order(account(who), &words[1..], instrument).into(),
        [who, "amend", id, ..] => amend(account(who), id, &words[3..]).into(),
        [who, "replace", id, "with", ..] => {
            let order = order(account(who), &words[4..], instrument);
            Replace { target: OrderRef::id(name(id)), order }.into()
        }
        [who, "cancel", id] => {
            Cancel { account: account(who), target: OrderRef::id(name(id)) }.into()
        }
        [who, "mass_cancel", ..] => mass_cancel(account(who), &words[2..], text).into(),
        [who, "deposit", amount, currency] => {
            Command::Deposit(transfer(account(who), amount, currency))
        }
        [who, "withdraw", amount, currency] => {
            Withdrawal(transfer(account(who), amount, currency)).into()
        }
        [who, "session", stream, state, on_disconnect] => Session {
            account: account(who),
            name: name(stream),
            kind: StreamKind::WebSocket,
            state: SessionState::from_word(state).expect("open or closed"),
            cancel_on_disconnect: OnDisconnect::from_word(on_disconnect).expect("keep or cancel"),
            reserved: 0,
            user_ref: 0,
        }
        .into(),
        [who, "key", right] => key(account(who), right).into(),
        [who, "limit", which, value, ..] => limit(account(who), which, value, text).into(),
        _ => panic!("no such command: {text}"),
    }
}

/// The instrument that words name: the first where they name none.
pub(super) fn instrument(text: &str) -> InstrumentId {
    named_instrument(text).unwrap_or(InstrumentId(0))
}

pub(super) fn number(text: &str) -> u64 {
    text.parse().unwrap_or_else(|_| panic!("not a number: {text}"))
}

pub(super) fn account(name: &str) -> AccountId {
    let at = ACCOUNTS.iter().position(|there| *there == name);
    AccountId(at.unwrap_or_else(|| panic!("no such account: {name}")) as u32)
}

fn named_instrument(text: &str) -> Option<InstrumentId> {
    let base = text.split_once(" on ")?.1.split(' ').next()?;
    let at = BASES.iter().position(|there| *there == base).expect("an instrument");
    Some(InstrumentId(at as u32))
}

fn order(account: AccountId, words: &[&str], instrument: InstrumentId) -> Order {
    let [side, quantity, "@", price, "as", id, rest @ ..] = words else {
        panic!("an order reads: buy 5 @ 100 as a1; found {words:?}")
    };
    let mut order = Order {
        account,
        instrument,
        price: given_price(price),
        quantity: given_quantity(quantity),
        side: Side::from_word(side).expect("a side"),
        kind: if *price == "market" { OrderType::Market } else { OrderType::Limit },
        id: name(id),
        ..Order::default()
    };
    for word in rest {
        instruct(&mut order, word);
    }
    order
}

fn instruct(order: &mut Order, word: &str) {
    match word.split_once('=').unwrap_or((word, "")) {
        ("ioc", _) => order.time_in_force = TimeInForce::Ioc,
        ("fok", _) => order.time_in_force = TimeInForce::Fok,
        ("post_only", _) => order.flags = OrderFlags::POST_ONLY,
        ("stp", mode) => {
            order.self_trade = Order::self_trade_field(SelfTrade::from_word(mode));
        }
        ("tag", tag) => order.tag = name(tag),
        ("on" | "COIN" | "GOLD", _) => {}
        _ => panic!("no such instruction: {word}"),
    }
}

fn amend(account: AccountId, id: &str, words: &[&str]) -> Amend {
    let after = |word: &str| {
        words.iter().position(|there| *there == word).map(|at| *words.get(at + 1).expect("more"))
    };
    Amend {
        account,
        target: OrderRef::id(name(id)),
        reserved: [0; 4],
        quantity: after("to").map_or(GivenQuantity::ABSENT, given_quantity),
        price: after("@").map_or(GivenPrice::ABSENT, given_price),
        reserved_2: [0; 32],
        new_id: after("as").map_or(Name::ABSENT, name),
        reserved_3: [0; 4],
    }
}

fn mass_cancel(account: AccountId, words: &[&str], text: &str) -> MassCancel {
    let side = words.iter().find_map(|word| Side::from_word(word));
    let tag = words.iter().find_map(|word| word.strip_prefix("tag="));
    MassCancel {
        account,
        instrument: named_instrument(text).unwrap_or(InstrumentId::NONE),
        stream: StreamId::NONE,
        side: MassCancel::side_field(side),
        reserved: [0; 3],
        tag: tag.map_or(Name::ABSENT, name),
        user_ref: 0,
    }
}

fn transfer(account: AccountId, amount: &str, currency: &str) -> Transfer {
    let at = CURRENCIES.iter().position(|code| *code == currency).expect("a currency");
    let amount = GivenAmount::of(amount.parse().expect("an amount"));
    Transfer { account, currency: CurrencyId(at as u32), amount }
}

fn limit(account: AccountId, which: &str, value: &str, text: &str) -> Limits {
    let given = match which {
        "position" => LimitSet::POSITION,
        "order_value" => LimitSet::ORDER_VALUE,
        "open_orders" => LimitSet::OPEN_ORDERS,
        _ => panic!("no such limit: {which}"),
    };
    let removed = if value == "none" { given } else { LimitSet::NONE };
    let number = if value == "none" { 0 } else { number(value) };
    let value = Value::new(i128::from(number) * i128::from(UNIT));
    Limits {
        account,
        instrument: named_instrument(text).unwrap_or(InstrumentId::NONE),
        given,
        removed,
        reserved: [0; 2],
        max_orders_per_second: 0,
        max_open_orders: number,
        max_order_value: value,
        max_position: value,
        max_exposure: Value::default(),
        max_daily_value: Value::default(),
    }
}

fn kill(words: &[&str], switch: Switch) -> Command {
    let who = words.get(1).filter(|word| **word != "on");
    Kill {
        account: who.map_or(AccountId::NONE, |who| account(who)),
        instrument: named_instrument(&words.join(" ")).unwrap_or(InstrumentId::NONE),
        switch,
        reserved: [0; 3],
    }
    .into()
}

fn key(account: AccountId, right: &str) -> GrantKey {
    let read = Permissions::READ;
    GrantKey {
        account,
        permissions: if right == "trade" { read.with(Permissions::TRADE) } else { read },
        reserved: [0; 3],
        key: [account.0 as u8 + 1; 32],
        expires: Timestamp(0),
    }
}

fn given_price(text: &str) -> GivenPrice {
    match text.strip_prefix('?') {
        Some(reason) => GivenPrice::refused(refusal(reason)),
        None if text == "market" => GivenPrice::ABSENT,
        None => Price::new(number(text)).map_or(GivenPrice::ABSENT, GivenPrice::of),
    }
}

fn given_quantity(text: &str) -> GivenQuantity {
    match text.strip_prefix('?') {
        Some(reason) => GivenQuantity::refused(refusal(reason)),
        None => Quantity::new(number(text)).map_or(GivenQuantity::ABSENT, GivenQuantity::of),
    }
}

fn refusal(word: &str) -> Reason {
    *Reason::ALL.iter().find(|reason| reason.word() == word).expect("a reason")
}
