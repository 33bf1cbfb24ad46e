//! What is public: the tops of the books and the trades, as the venue's streams tell them. One
//! connection hears them for everybody; every bot looks at them when it acts.

use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use ringside_protocol::{InstrumentId, SCALE_MAX, Side, decimal};
use serde_json::Value;

use super::super::market::{LISTINGS, Listing, instruments};
use super::super::screen::{Book, LEVELS};

/// What was heard so far.
#[derive(Debug)]
pub struct Tape {
    began: Instant,
    heard: Mutex<Heard>,
}

#[derive(Debug, Default)]
struct Heard {
    tops: [Top; LISTINGS.len()],
    trades: u64,
    first_trade: Option<Duration>,
}

/// An instrument's top, in ticks and lots.
#[derive(Debug, Default)]
struct Top {
    bid: Option<u64>,
    ask: Option<u64>,
    bids: Vec<(u64, u64)>,
    asks: Vec<(u64, u64)>,
    last: Option<u64>,
}

impl Default for Tape {
    fn default() -> Self {
        Self { began: Instant::now(), heard: Mutex::default() }
    }
}

impl Tape {
    /// The path of the streams that it understands.
    pub fn path() -> String {
        let names = LISTINGS.iter().flat_map(|listing| {
            let symbol = listing.short_symbol().to_lowercase();
            ["trade", "bookTicker", "depth5@100ms"].map(|channel| format!("{symbol}@{channel}"))
        });
        let names: Vec<String> = names.collect();
        format!("{}?streams={}", ringside_client::websocket::STREAMS, names.join("/"))
    }

    /// Takes a message of the streams; what it does not know it passes over.
    pub fn hear(&self, told: &Value) {
        let stream = told["stream"].as_str().unwrap_or_default();
        let Some((symbol, channel)) = stream.split_once('@') else { return };
        let named =
            |(_, listing): &(_, &Listing)| listing.short_symbol().eq_ignore_ascii_case(symbol);
        let Some((id, listing)) = instruments().find(named) else { return };
        let told = &told["data"];
        let mut heard = self.lock();
        match channel {
            "trade" => heard.trade(id, ticks(listing, &told["p"]), self.began),
            "bookTicker" => heard.tops[id.index()].best(listing, told),
            _ => heard.tops[id.index()].levels(listing, told),
        }
    }

    /// The best price of a side, in ticks.
    pub fn best(&self, id: InstrumentId, side: Side) -> Option<u64> {
        let top = &self.lock().tops[id.index()];
        if side == Side::Buy { top.bid } else { top.ask }
    }

    /// The price an instrument's holders reckon with, in ticks: the last trade, before any the
    /// opening price.
    pub fn price(&self, id: InstrumentId) -> u64 {
        self.lock().tops[id.index()].last.unwrap_or(LISTINGS[id.index()].opening_price)
    }

    /// How many trades there were.
    pub fn trades(&self) -> u64 {
        self.lock().trades
    }

    /// How long the first trade took, if there was one.
    pub fn first_trade(&self) -> Option<Duration> {
        self.lock().first_trade
    }

    /// The books, to be shown.
    pub fn books(&self) -> Vec<Book> {
        let heard = self.lock();
        let book = |(id, listing): (InstrumentId, &'static Listing)| {
            let Top { bids, asks, last, .. } = &heard.tops[id.index()];
            Book { listing, bids: bids.clone(), asks: asks.clone(), last: *last }
        };
        instruments().map(book).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().expect("Invariant: nobody panics with the tape")
    }
}

impl Heard {
    fn trade(&mut self, id: InstrumentId, price: Option<u64>, began: Instant) {
        self.tops[id.index()].last = price;
        self.trades += 1;
        self.first_trade.get_or_insert_with(|| began.elapsed());
    }
}

impl Top {
    /// A side without orders has the price 0.
    fn best(&mut self, listing: &Listing, told: &Value) {
        let price = |name| ticks(listing, &told[name]).filter(|&ticks| ticks > 0);
        (self.bid, self.ask) = (price("b"), price("a"));
    }

    fn levels(&mut self, listing: &Listing, told: &Value) {
        let level = |row: &Value| Some((ticks(listing, &row[0])?, lots(listing, &row[1])?));
        let side = |name: &str| -> Vec<(u64, u64)> {
            let rows = told[name].as_array().into_iter().flatten();
            rows.filter_map(level).take(LEVELS).collect()
        };
        (self.bids, self.asks) = (side("bids"), side("asks"));
    }
}

/// A price in ticks.
pub fn ticks(listing: &Listing, told: &Value) -> Option<u64> {
    steps(told, listing.tick_units())
}

/// A quantity in lots.
pub fn lots(listing: &Listing, told: &Value) -> Option<u64> {
    steps(told, listing.lot_units())
}

fn steps(told: &Value, step: u64) -> Option<u64> {
    let units = decimal::parse(told.as_str()?, SCALE_MAX).ok()?;
    u64::try_from(units / i128::from(step)).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_knows_what_the_streams_told() {
        let (tape, eth) = (Tape::default(), InstrumentId(2));
        assert_eq!((tape.price(eth), tape.best(eth, Side::Buy)), (330_000, None));
        for told in [
            json!({"stream": "ethusdc@trade", "data": {"e": "trade", "p": "3301.17", "q": "0.3"}}),
            json!({"stream": "ethusdc@bookTicker",
                   "data": {"b": "3301.07", "B": "0.3000", "a": "0.00", "A": "0.0000"}}),
            json!({"stream": "ethusdc@depth5@100ms",
                   "data": {"bids": [["3301.07", "0.3000"]], "asks": []}}),
            json!({"stream": "dogeusdc@trade", "data": {"p": "1"}}),
            json!({"result": null, "id": 1}),
        ] {
            tape.hear(&told);
        }
        assert_eq!((tape.price(eth), tape.trades()), (330_117, 1));
        assert_eq!(tape.best(eth, Side::Buy), Some(330_107));
        assert_eq!(tape.best(eth, Side::Sell), None);
        assert!(tape.first_trade().is_some());
        let book = &tape.books()[2];
        assert_eq!((&book.bids, &book.asks), (&vec![(330_107, 3_000)], &vec![]));
    }
}
