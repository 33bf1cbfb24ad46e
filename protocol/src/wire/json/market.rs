//! Public events: trades, depth and best prices, each one JSON object that is the same for every
//! subscriber, and the wrapper of combined streams around it.

use super::listing::{Listing, milliseconds};
use super::writer::Writer;
use crate::depth::{Depth, DepthLevel};
use crate::{EventHeader, Sequence, Side, Timestamp, Trade};

/// `trade`.
pub fn trade(out: &mut Vec<u8>, listing: &Listing, header: &EventHeader, trade: &Trade) {
    let mut event = open(out, "trade", listing, header.time);
    event.number("t", trade.trade.0);
    event.text("p", listing.price(trade.price));
    event.text("q", listing.quantity(trade.quantity));
    event.number("T", milliseconds(header.time));
    // The buyer was resting where the incoming order sold.
    event.number("m", trade.side == Side::Sell);
    event.number("M", true);
    event.number("sequence", header.sequence.0);
    event.end();
}

/// Changed levels of a book since the update before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DepthUpdate<'a> {
    /// The number of the first change in it: one above the last of the update before.
    pub first: u64,
    /// The number of the last.
    pub last: u64,
    /// Buy levels with their new quantity; 0 where there is nothing any more.
    pub bids: &'a [DepthLevel],
    /// Sell levels likewise.
    pub asks: &'a [DepthLevel],
    /// The last command it includes.
    pub sequence: Sequence,
    /// Of that command.
    pub time: Timestamp,
    /// [`crate::depth::checksum`] of the book after it.
    pub checksum: u32,
}

/// `depthUpdate`.
pub fn depth_update(out: &mut Vec<u8>, listing: &Listing, update: &DepthUpdate<'_>) {
    let mut event = open(out, "depthUpdate", listing, update.time);
    event.number("U", update.first);
    event.number("u", update.last);
    listing.levels(event.list("b"), update.bids);
    listing.levels(event.list("a"), update.asks);
    event.number("sequence", update.sequence.0);
    event.number("checksum", update.checksum);
    event.end();
}

/// `@depth5`, `@depth10`, `@depth20`: the top of a book as it is; as the answer to `depth`.
pub fn partial_depth(out: &mut Vec<u8>, listing: &Listing, last_update: u64, depth: &Depth) {
    super::answer::depth(out, listing, last_update, depth);
}

/// The best price of each side, as after `sequence`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BookTicker {
    /// The number of the last depth update it includes.
    pub last_update: u64,
    /// The best buy level, if there is one.
    pub bid: Option<DepthLevel>,
    /// The best sell level, if there is one.
    pub ask: Option<DepthLevel>,
    /// The last command it includes.
    pub sequence: Sequence,
    /// Of that command.
    pub time: Timestamp,
}

/// `bookTicker`; zeros where a side is empty. The dialect gives it no `e`, and libraries know it by
/// that.
pub fn book_ticker(out: &mut Vec<u8>, listing: &Listing, ticker: &BookTicker) {
    let empty = DepthLevel { price: 0, quantity: 0, orders: 0 };
    let (bid, ask) = (ticker.bid.unwrap_or(empty), ticker.ask.unwrap_or(empty));
    let mut event = Writer::object(out);
    event.number("u", ticker.last_update);
    event.text("s", listing.symbol);
    event.text("b", listing.price(bid.price));
    event.text("B", listing.quantity(bid.quantity));
    event.text("a", listing.price(ask.price));
    event.text("A", listing.quantity(ask.quantity));
    event.number("E", milliseconds(ticker.time));
    event.number("sequence", ticker.sequence.0);
    event.end();
}

/// The wrapper of a combined stream around an event: `{"stream":…,"data":…}`.
pub fn combined(out: &mut Vec<u8>, stream: &str, event: &[u8]) {
    let mut message = Writer::object(out);
    message.escaped("stream", stream);
    message.elsewhere("data").extend_from_slice(event);
    message.end();
}

fn open<'b>(out: &'b mut Vec<u8>, kind: &str, listing: &Listing, time: Timestamp) -> Writer<'b> {
    let mut event = Writer::object(out);
    event.text("e", kind);
    event.number("E", milliseconds(time));
    event.text("s", listing.symbol);
    event
}
