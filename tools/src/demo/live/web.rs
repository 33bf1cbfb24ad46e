//! A bot's session over WebSocket: the JSON dialect, logged on with its Ed25519 key, its reports
//! heard on the same connection.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use ringside_client::socket::Address;
use ringside_client::websocket::{Heard, Key, WebClient};
use ringside_protocol::{ClientOrderId, Name, Side, decimal};
use serde_json::{Value, json};

use super::super::bots::{Entry, Resting, Style, Wish};
use super::super::market::{LISTINGS, Listing, QUOTE_SCALE, instruments};
use super::hand::{Fill, Hand};
use super::pulse::Pulse;
use super::session::{Session, begin, log_on, told};
use super::tape::{lots, ticks};

/// A session of the JSON door.
pub struct Web {
    client: WebClient,
    /// When what is not answered was sent, by its id.
    sent: HashMap<u64, Instant>,
}

impl Web {
    /// Logs on; and what the account has, and a prefix for names of orders that were never used.
    ///
    /// # Errors
    /// What the venue or the line has against it.
    pub fn open(json: &Address, key: &Key) -> Result<(Self, Hand, String), String> {
        let (mut client, welcome) = log_on(json, key)?;
        let hand = begin(&mut client)?;
        client.subscribe(None).map_err(told)?;
        // Whoever used a name was told of it: the number of the next message is new.
        let prefix = format!("n{}-", welcome["nextNumber"]);
        Ok((Self { client, sent: HashMap::new() }, hand, prefix))
    }
}

impl Session for Web {
    fn carry(&mut self, wish: &Wish, hand: &Hand) -> Result<(), String> {
        let (method, params) = match wish {
            Wish::Enter(entry) => ("order.place", placed(entry)),
            Wish::Cancel { id } => {
                let Some(order) = hand.order(id) else { return Ok(()) };
                let symbol = LISTINGS[order.instrument.index()].short_symbol();
                let params = json!({ "symbol": symbol, "origClientOrderId": id.as_str() });
                ("order.cancel", params)
            }
            Wish::Amend { .. } => return Err("the JSON door amends no orders".to_owned()),
        };
        let at = Instant::now();
        let id = self.client.send(method, params).map_err(told)?;
        self.sent.insert(id, at);
        Ok(())
    }

    fn hear(&mut self, limit: Duration, hand: &mut Hand, pulse: &Pulse) -> Result<(), String> {
        match self.client.next_within(limit).map_err(told)? {
            Some(Heard::Answer { id, result }) => {
                if let Some(at) = self.sent.remove(&id) {
                    pulse.answered(at.elapsed(), result.is_err());
                }
            }
            Some(Heard::Event(told)) => report(&told["event"], hand),
            None => {}
        }
        Ok(())
    }

    fn is_settled(&self) -> bool {
        self.sent.is_empty()
    }

    fn leave(self: Box<Self>) {
        self.client.close();
    }
}

/// An order as the dialect has it.
fn placed(entry: &Entry) -> Value {
    let Entry { id, instrument, side, quantity, style } = *entry;
    let listing = &LISTINGS[instrument.index()];
    let price = |ticks| decimal::steps_text(ticks, listing.tick_units());
    let mut params = match style {
        Style::Market => json!({ "type": "MARKET" }),
        Style::Immediate(at) => {
            json!({ "type": "LIMIT", "timeInForce": "IOC", "price": price(at) })
        }
        Style::Resting(at) => json!({ "type": "LIMIT", "timeInForce": "GTC", "price": price(at) }),
        Style::PostOnly(at) => json!({ "type": "LIMIT_MAKER", "price": price(at) }),
    };
    params["symbol"] = listing.short_symbol().into();
    params["side"] = if side == Side::Buy { "BUY" } else { "SELL" }.into();
    params["quantity"] = decimal::steps_text(quantity, listing.lot_units()).into();
    params["newClientOrderId"] = id.as_str().into();
    params["newOrderRespType"] = "ACK".into();
    params
}

/// What a private event changes.
fn report(event: &Value, hand: &mut Hand) {
    if event["e"] != "executionReport" {
        return;
    }
    let Some(about) = About::of(event) else { return };
    match event["x"].as_str().unwrap_or_default() {
        "NEW" => hand.rest(about.order),
        "TRADE" => {
            if let Some(fill) = fill(event, about.listing) {
                hand.fill(&about.order.id, fill);
            }
        }
        "REJECTED" => {}
        // Cancelled, expired, or prevented from trading with itself: nothing is left.
        _ => hand.reduce(&about.order.id, u64::MAX),
    }
}

/// The order that a report is about.
struct About {
    listing: &'static Listing,
    order: Resting,
}

impl About {
    fn of(event: &Value) -> Option<Self> {
        let symbol = event["s"].as_str()?;
        let (instrument, listing) =
            instruments().find(|(_, listing)| listing.short_symbol() == symbol)?;
        let order = Resting {
            id: own_name(event)?,
            instrument,
            side: if event["S"] == "BUY" { Side::Buy } else { Side::Sell },
            price: ticks(listing, &event["p"])?,
            executed: 0,
            leaves: lots(listing, &event["q"])?,
        };
        Some(Self { listing, order })
    }
}

/// The order's name: where a cancel has one of its own, `C` is the order's.
fn own_name(event: &Value) -> Option<ClientOrderId> {
    let name = |key: &str| event[key].as_str().filter(|name| !name.is_empty());
    Name::parse(name("C").or(name("c"))?).ok()
}

fn fill(event: &Value, listing: &Listing) -> Option<Fill> {
    Some(Fill {
        price: ticks(listing, &event["L"])?,
        quantity: lots(listing, &event["l"])?,
        fee: decimal::parse(event["n"].as_str()?, QUOTE_SCALE).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use ringside_protocol::InstrumentId;

    use super::super::super::bots::Ids;
    use super::*;

    #[test]
    fn orders_are_written_as_the_dialect_has_them() {
        let entry = |style| {
            let id = Ids::new("n7-").fresh();
            Entry { id, instrument: InstrumentId(0), side: Side::Sell, quantity: 1_500, style }
        };
        for (style, wanted) in [
            (Style::Market, json!({"type": "MARKET"})),
            (
                Style::Immediate(15_025),
                json!({"type": "LIMIT", "timeInForce": "IOC", "price": "150.25"}),
            ),
            (
                Style::Resting(15_025),
                json!({"type": "LIMIT", "timeInForce": "GTC", "price": "150.25"}),
            ),
            (Style::PostOnly(15_025), json!({"type": "LIMIT_MAKER", "price": "150.25"})),
        ] {
            let mut wanted = wanted;
            for (name, value) in [
                ("symbol", "SOLUSDC"),
                ("side", "SELL"),
                ("quantity", "1.500"),
                ("newClientOrderId", "n7-1"),
                ("newOrderRespType", "ACK"),
            ] {
                wanted[name] = value.into();
            }
            assert_eq!(placed(&entry(style)), wanted);
        }
    }

    #[test]
    fn reports_change_what_it_has() {
        let event = |kind: &str, last: &str| {
            json!({"e": "executionReport", "s": "SOLUSDC", "c": "n7-1", "C": "", "S": "BUY",
                   "q": "1.500", "p": "150.25", "x": kind, "l": last, "L": "150.00",
                   "n": "0.075000"})
        };
        let mut hand = Hand::default();
        report(&event("NEW", "0.000"), &mut hand);
        assert_eq!(hand.orders.len(), 1);
        report(&event("TRADE", "0.500"), &mut hand);
        assert_eq!((hand.money, hand.lots[0], hand.orders[0].leaves), (-75_075_000, 500, 1_000));
        report(&event("CANCELED", "0.000"), &mut hand);
        assert_eq!(hand.orders, []);
        report(&event("REJECTED", "0.000"), &mut hand);
        report(&json!({"e": "outboundAccountPosition"}), &mut hand);
        assert_eq!(hand.orders, []);
    }
}
