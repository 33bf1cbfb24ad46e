//! `ringside order`: one order from the command line, over a running venue's WebSocket door.

use std::io::Write;

use ringside_protocol::Name;
use serde_json::{Map, Value};

use crate::cli::Ending;
use crate::play;
use crate::remote::Caller;

/// Send one order and print what became of it.
///
/// With a price it is a limit order, without one a market order. The answer is printed as the venue
/// gives it, one JSON object: number, status, what was executed. An order that rests goes on
/// resting when this ends.
///
/// The exit status is 0 when the order was accepted, 1 when the venue refused it, 2 when the URL or
/// the key cannot be understood, 4 when the venue cannot be reached or gave no answer; then the
/// order may have been taken: look before you send it again, or give it an --id, for no two orders
/// of an account have the same.
#[derive(clap::Args)]
#[command(after_help = "Example:
  ringside order --url ws://127.0.0.1:7003 --key amber.pem \\
    --symbol BTCUSDC --side buy --quantity 0.5 --price 64000")]
pub struct Order {
    #[command(flatten)]
    caller: Caller,
    /// The instrument, in letters and digits: BTC-USDC is BTCUSDC
    #[arg(long, value_name = "SYMBOL")]
    symbol: String,
    /// Which side
    #[arg(long, value_enum)]
    side: Side,
    /// How much, in the base currency
    #[arg(long, value_name = "DECIMAL")]
    quantity: String,
    /// The limit, in the quote currency; without it the order takes what there is
    #[arg(long, value_name = "DECIMAL")]
    price: Option<String>,
    /// How long a limit order stays
    #[arg(long, value_enum, default_value_t = Stay::Gtc, requires = "price")]
    time_in_force: Stay,
    /// Refuse the order rather than take from the book
    #[arg(long, requires = "price", conflicts_with = "time_in_force")]
    post_only: bool,
    /// Your own name of the order: a repeat of it is refused
    #[arg(long, value_name = "NAME", value_parser = Name::parse)]
    id: Option<Name>,
    /// The stream to speak on
    #[arg(long, value_name = "NAME", value_parser = Name::parse)]
    stream: Option<Name>,
}

/// A side of the book.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Side {
    Buy,
    Sell,
}

/// How long a limit order stays.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Stay {
    /// Until it is filled or cancelled.
    Gtc,
    /// What cannot be had at once is cancelled.
    Ioc,
    /// All at once, or nothing.
    Fok,
}

impl Order {
    /// Sends and prints.
    pub fn perform(self) -> Ending {
        self.caller.ask(self.stream, "order.place", self.params(), print)
    }

    fn params(&self) -> Map<String, Value> {
        let id = self.id.as_ref().map(Name::as_str);
        let (kind, stay) = self.kind();
        let given = [
            ("symbol", Some(self.symbol.as_str())),
            ("side", Some(if self.side == Side::Buy { "BUY" } else { "SELL" })),
            ("type", Some(kind)),
            ("timeInForce", stay),
            ("quantity", Some(self.quantity.as_str())),
            ("price", self.price.as_deref()),
            ("newClientOrderId", id),
            ("newOrderRespType", Some("RESULT")),
        ];
        given
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), Value::from(value?))))
            .collect()
    }

    /// The order's type and how long it stays, in the venue's words.
    const fn kind(&self) -> (&'static str, Option<&'static str>) {
        match (&self.price, self.post_only, self.time_in_force) {
            (None, ..) => ("MARKET", None),
            (Some(_), true, _) => ("LIMIT_MAKER", None),
            (Some(_), false, Stay::Gtc) => ("LIMIT", Some("GTC")),
            (Some(_), false, Stay::Ioc) => ("LIMIT", Some("IOC")),
            (Some(_), false, Stay::Fok) => ("LIMIT", Some("FOK")),
        }
    }
}

fn print(answer: &str) -> Ending {
    let printed = play::stdout().write_all(format!("{answer}\n").as_bytes());
    printed.map_or_else(|error| play::unwritten("standard output", &error), |()| Ending::Done)
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use serde_json::json;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        order: Order,
    }

    fn order(rest: &str) -> Result<Order, clap::Error> {
        let line =
            "order --url ws://venue --key key.pem --symbol BTCUSDC --side buy --quantity 0.5";
        Line::try_parse_from(line.split(' ').chain(rest.split_terminator(' ')))
            .map(|line| line.order)
    }

    #[test]
    fn a_command_line_is_an_order() {
        let base = json!({
            "symbol": "BTCUSDC", "side": "BUY", "quantity": "0.5", "newOrderRespType": "RESULT",
        });
        for (rest, more) in [
            ("", json!({ "type": "MARKET" })),
            ("--price 1.0", json!({ "type": "LIMIT", "timeInForce": "GTC", "price": "1.0" })),
            (
                "--price 1 --time-in-force fok",
                json!({ "type": "LIMIT", "timeInForce": "FOK", "price": "1" }),
            ),
            ("--price 1 --post-only", json!({ "type": "LIMIT_MAKER", "price": "1" })),
            ("--id a1", json!({ "type": "MARKET", "newClientOrderId": "a1" })),
        ] {
            let mut expected = base.as_object().expect("an object").clone();
            expected.extend(more.as_object().expect("an object").clone());
            assert_eq!(order(rest).expect("an order").params(), expected, "{rest}");
        }
    }

    #[test]
    fn what_makes_no_order_is_refused() {
        for rest in [
            "--post-only",
            "--time-in-force ioc",
            "--price 1 --post-only --time-in-force ioc",
            "--price 1 --time-in-force day",
            "--id a?",
            "--side hold",
        ] {
            assert!(order(rest).is_err(), "{rest}");
        }
    }
}
