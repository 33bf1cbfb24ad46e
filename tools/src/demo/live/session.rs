//! A bot's session with the venue, whatever is spoken on it: wishes go out, what becomes of them
//! comes in and changes what the bot has.

use std::time::{Duration, Instant};

use ringside_client::socket::Address;
use ringside_client::websocket::{API, Key, Refused, WebClient, WebError};
use serde_json::{Value, json};

use super::super::bots::Wish;
use super::super::market::LISTINGS;
use super::hand::Hand;
use super::pulse::Pulse;
use crate::venue::clock;

/// The JSON stream of every account.
pub const DESK: &str = "desk";

/// Logging on is tried for so long, and so often.
const LOG_ON_WITHIN: Duration = Duration::from_secs(3);
const LOG_ON_GAP: Duration = Duration::from_millis(100);

/// A way to trade.
pub trait Session {
    /// Sends what carries a wish out.
    ///
    /// # Errors
    /// Why the session has ended.
    fn carry(&mut self, wish: &Wish, hand: &Hand) -> Result<(), String>;

    /// Takes the next message, waiting for it so long.
    ///
    /// # Errors
    /// Why the session has ended.
    fn hear(&mut self, limit: Duration, hand: &mut Hand, pulse: &Pulse) -> Result<(), String>;

    /// Whether everything that was sent is answered.
    fn is_settled(&self) -> bool;

    /// Says good-bye.
    fn leave(self: Box<Self>);
}

/// A JSON connection on which a key has logged on, and the welcome.
///
/// # Errors
/// What the venue or the line has against it.
pub fn log_on(address: &Address, key: &Key) -> Result<(WebClient, Value), String> {
    let mut client =
        WebClient::connect(address.clone(), API, Box::new(clock::wall())).map_err(told)?;
    let until = Instant::now() + LOG_ON_WITHIN;
    loop {
        match client.log_on(key, DESK) {
            Ok(welcome) => return Ok((client, welcome)),
            // A venue that was there before believes nobody in its first second.
            Err(WebError::Refused(refused)) if is_early(&refused) && Instant::now() < until => {
                client.next_within(LOG_ON_GAP).map_err(told)?;
            }
            Err(error) => return Err(told(error)),
        }
    }
}

fn is_early(refused: &Refused) -> bool {
    refused.reason.as_deref() == Some("BEFORE_START")
}

/// What an account has, once the orders of its last life are gone.
///
/// # Errors
/// What the venue or the line has against it.
pub fn begin(client: &mut WebClient) -> Result<Hand, String> {
    for listing in &LISTINGS {
        let symbol = json!({ "symbol": listing.short_symbol() });
        match client.request("openOrders.cancelAll", symbol) {
            // Where there is no order there is none to cancel.
            Ok(_) | Err(WebError::Refused(_)) => {}
            Err(error) => return Err(told(error)),
        }
    }
    client.request("account.status", json!({})).map(|status| Hand::of(&status)).map_err(told)
}

/// An error as text.
pub fn told(error: impl ToString) -> String {
    error.to_string()
}
