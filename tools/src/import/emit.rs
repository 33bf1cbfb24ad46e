//! A recording as a scenario: JSON lines that `ringside run` executes.

use std::io::{self, Write};

use ringside_protocol::decimal::{steps_text, text};
use ringside_protocol::{Side, TimeInForce, Timestamp};

use super::flow::{Action, ActionKind, Market, Money, Recording};

/// The account that sends every buy order.
pub(super) const BUYER: &str = "buyer";

/// The account that sends every sell order.
pub(super) const SELLER: &str = "seller";

/// What each account is given of what it pays with: more than any recording moves.
const DEPOSIT: &str = "1000000000000000";

/// Writes the whole scenario.
pub(super) fn scenario(recording: &Recording, out: &mut impl Write) -> io::Result<()> {
    let mut time = None;
    for (at, step) in recording.steps.iter().enumerate() {
        if time != Some(step.time) && (at == 0 || !step.actions.is_empty()) {
            writeln!(out, "{}", clock(step.time))?;
            time = Some(step.time);
        }
        if at == 0 {
            opening(&recording.market).iter().try_for_each(|line| writeln!(out, "{line}"))?;
        }
        for action in &step.actions {
            writeln!(out, "{}", line(&recording.market, action))?;
        }
    }
    out.flush()
}

/// Venue time moves on.
pub(super) fn clock(time: Timestamp) -> String {
    format!(r#"{{"op":"clock","time":{}}}"#, time.0)
}

/// The currencies, the instrument, and the two accounts with all they need.
pub(super) fn opening(market: &Market) -> Vec<String> {
    let mut lines = vec![currency(&market.base), currency(&market.quote), instrument(market)];
    for (account, money) in [(BUYER, &market.quote), (SELLER, &market.base)] {
        lines.push(format!(r#"{{"op":"account","account":"{account}"}}"#));
        lines.push(format!(
            r#"{{"op":"deposit","account":"{account}","currency":"{}","amount":"{DEPOSIT}"}}"#,
            money.code
        ));
    }
    lines
}

fn currency(money: &Money) -> String {
    format!(r#"{{"op":"currency","code":"{}","scale":{}}}"#, money.code, money.scale)
}

fn instrument(market: &Market) -> String {
    format!(
        concat!(
            r#"{{"op":"instrument","symbol":"{}","kind":"spot","base":"{}","quote":"{}","#,
            r#""tick":"{}","lot":"{}","min_notional":"{}"}}"#
        ),
        market.symbol,
        market.base.code,
        market.quote.code,
        steps_text(1, market.tick),
        steps_text(1, market.lot),
        text(1, market.quote.scale),
    )
}

/// One command.
pub(super) fn line(market: &Market, action: &Action) -> String {
    let order = format!(r#""account":"{}","id":"{}""#, account(action.side), action.id);
    match action.kind {
        ActionKind::Cancel => format!(r#"{{"op":"cancel",{order}}}"#),
        ActionKind::Amend { price, quantity } => {
            let price = price.map(|price| price_key(market, price)).unwrap_or_default();
            format!(r#"{{"op":"amend",{order}{price}{}}}"#, quantity_key(market, quantity))
        }
        ActionKind::Enter { price, quantity, time_in_force } => format!(
            r#"{{"op":"order",{order},"symbol":"{}","side":"{}"{}{}{}}}"#,
            market.symbol,
            action.side.word(),
            price_key(market, price),
            quantity_key(market, quantity),
            time_in_force_key(time_in_force),
        ),
    }
}

/// Whose order it is: no account is ever on both sides.
pub(super) const fn account(side: Side) -> &'static str {
    match side {
        Side::Buy => BUYER,
        Side::Sell => SELLER,
    }
}

fn price_key(market: &Market, ticks: u64) -> String {
    format!(r#","price":"{}""#, steps_text(ticks, market.tick))
}

fn quantity_key(market: &Market, lots: u64) -> String {
    format!(r#","quantity":"{}""#, steps_text(lots, market.lot))
}

fn time_in_force_key(time_in_force: TimeInForce) -> String {
    match time_in_force {
        TimeInForce::Gtc => String::new(),
        TimeInForce::Ioc | TimeInForce::Fok => format!(r#","tif":"{}""#, time_in_force.word()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::flow::{Step, numbered, parsed};
    use super::*;

    fn market() -> Market {
        Market {
            symbol: parsed("BTC/USD"),
            base: Money { code: parsed("BTC"), scale: 8 },
            quote: Money { code: parsed("USD"), scale: 10 },
            tick: 10_000_000_000,
            lot: 10_000,
        }
    }

    #[test]
    fn a_recording_is_written_as_a_scenario() {
        let (a, b) = (numbered(1), numbered(2));
        let step = |time, actions| Step { time: Timestamp(time), actions, ..Step::default() };
        let steps = vec![
            step(5, vec![Action::rest(a, Side::Buy, 23_647, 200_000_000)]),
            step(6, vec![]),
            step(7, vec![Action::take(b, Side::Sell, 23_600, 1)]),
            step(7, vec![Action::resize(a, Side::Buy, 3)]),
            step(8, vec![Action::reprice(a, Side::Buy, 5, 3), Action::cancel(a, Side::Buy)]),
        ];
        let recording = Recording { market: market(), steps, notes: Vec::new() };
        let mut written = Vec::new();
        scenario(&recording, &mut written).unwrap();
        let expected = [
            r#""op":"clock","time":5"#,
            r#""op":"currency","code":"BTC","scale":8"#,
            r#""op":"currency","code":"USD","scale":10"#,
            concat!(
                r#""op":"instrument","symbol":"BTC/USD","kind":"spot","base":"BTC","quote":"USD","#,
                r#""tick":"0.01","lot":"0.00000001","min_notional":"0.0000000001""#
            ),
            r#""op":"account","account":"buyer""#,
            r#""op":"deposit","account":"buyer","currency":"USD","amount":"1000000000000000""#,
            r#""op":"account","account":"seller""#,
            r#""op":"deposit","account":"seller","currency":"BTC","amount":"1000000000000000""#,
            concat!(
                r#""op":"order","account":"buyer","id":"1","symbol":"BTC/USD","#,
                r#""side":"buy","price":"236.47","quantity":"2.00000000""#
            ),
            r#""op":"clock","time":7"#,
            concat!(
                r#""op":"order","account":"seller","id":"2","symbol":"BTC/USD","#,
                r#""side":"sell","price":"236.00","quantity":"0.00000001","tif":"IOC""#
            ),
            r#""op":"amend","account":"buyer","id":"1","quantity":"0.00000003""#,
            r#""op":"clock","time":8"#,
            r#""op":"amend","account":"buyer","id":"1","price":"0.05","quantity":"0.00000003""#,
            r#""op":"cancel","account":"buyer","id":"1""#,
        ];
        let expected: String = expected.iter().map(|keys| format!("{{{keys}}}\n")).collect();
        assert_eq!(String::from_utf8(written).unwrap(), expected);
    }
}
