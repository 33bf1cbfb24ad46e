//! Public market data on its way to those who hear it: what each command changed becomes a message,
//! written once and copied to every subscriber.

use ringside_protocol::depth::Depth;
use ringside_protocol::wire::json::market as json;
use ringside_protocol::wire::json::{Channel as Named, Listing, Speed, StreamName};
use ringside_protocol::{Event, EventHeader, InstrumentId, Timestamp};

use crate::feeds::depth::{Conflated, DepthDiff};
use crate::feeds::subscriptions::{Channel, Levels, Pace, Subscriptions, Topic};
use crate::feeds::ticker::{self, TickerFeed};
use crate::feeds::trades;
use crate::views::Views;
use crate::websocket::shown;

/// A message for those who hear a topic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Published {
    /// What it is about.
    pub topic: Topic,
    /// The JSON text.
    pub text: Vec<u8>,
}

/// Everything that is public.
pub struct Market {
    /// Who hears what.
    pub subscriptions: Subscriptions,
    ticker: TickerFeed,
    tenth: Conflated,
    second: Conflated,
    tickers: Vec<ticker::BookTicker>,
    published: Vec<Published>,
}

impl Default for Market {
    fn default() -> Self {
        Self {
            subscriptions: Subscriptions::default(),
            ticker: TickerFeed::default(),
            tenth: Conflated::every_tenth(),
            second: Conflated::every_second(),
            tickers: Vec::new(),
            published: Vec::new(),
        }
    }
}

/// The topic of a stream's name, of an instrument.
pub fn topic(instrument: InstrumentId, named: Named) -> Topic {
    let channel = match named {
        Named::Trade => Channel::Trades,
        Named::BookTicker => Channel::BookTicker,
        Named::Depth(speed) => Channel::Depth(pace(speed)),
        Named::Partial(levels, speed) => Channel::Partial(top(levels), pace(speed)),
    };
    Topic { instrument, channel }
}

const fn pace(speed: Speed) -> Pace {
    match speed {
        Speed::Second => Pace::Second,
        Speed::Tenth => Pace::Tenth,
    }
}

const fn top(levels: u8) -> Levels {
    match levels {
        ..=5 => Levels::Five,
        6..=10 => Levels::Ten,
        11.. => Levels::Twenty,
    }
}

/// The name of a topic's stream.
pub fn stream_name(listing: &Listing, topic: Topic) -> StreamName {
    let speed = |pace| match pace {
        Pace::RealTime | Pace::Tenth => Speed::Tenth,
        Pace::Second => Speed::Second,
    };
    let channel = match topic.channel {
        Channel::Trades => Named::Trade,
        Channel::BookTicker => Named::BookTicker,
        Channel::Depth(pace) => Named::Depth(speed(pace)),
        Channel::Partial(levels, pace) => Named::Partial(levels as u8, speed(pace)),
    };
    StreamName { symbol: listing.symbol, channel }
}

impl Market {
    /// Learns from an event, after the views have.
    pub fn hear(&mut self, header: &EventHeader, event: &Event, is_last: bool, views: &Views) {
        if let Some(print) = trades::print(header, event) {
            let topic = Topic { instrument: print.trade.instrument, channel: Channel::Trades };
            self.publish(topic, views, |out, listing| {
                json::trade(out, listing, &print.header, &print.trade);
            });
        }
        if is_last {
            self.settle(header, views);
        }
    }

    fn settle(&mut self, header: &EventHeader, views: &Views) {
        self.tenth.settle(&views.books);
        self.second.settle(&views.books);
        self.ticker.settle(&views.books, &mut self.tickers);
        for at in 0..self.tickers.len() {
            let told = self.tickers[at];
            let topic = Topic { instrument: told.instrument, channel: Channel::BookTicker };
            let ticker = json::BookTicker {
                last_update: told.last_update.0,
                bid: told.bid,
                ask: told.ask,
                sequence: header.sequence,
                time: told.time,
            };
            self.publish(topic, views, |out, listing| json::book_ticker(out, listing, &ticker));
        }
        self.tickers.clear();
    }

    /// Time passes: what is told now and then is told.
    pub fn tick(&mut self, now: Timestamp, views: &Views) {
        for pace in [Pace::Tenth, Pace::Second] {
            let mut feed = std::mem::replace(self.feed(pace), Conflated::every_second());
            feed.tick(now, &views.books);
            for diff in feed.diffs() {
                self.tell_depth(pace, &diff, views);
            }
            *self.feed(pace) = feed;
        }
    }

    fn feed(&mut self, pace: Pace) -> &mut Conflated {
        match pace {
            Pace::RealTime | Pace::Tenth => &mut self.tenth,
            Pace::Second => &mut self.second,
        }
    }

    fn tell_depth(&mut self, pace: Pace, diff: &DepthDiff<'_>, views: &Views) {
        let instrument = diff.instrument;
        let topic = Topic { instrument, channel: Channel::Depth(pace) };
        self.publish(topic, views, |out, listing| {
            let checksum = views.books.checksum(instrument, &views.directory);
            json::depth_update(
                out,
                listing,
                &json::DepthUpdate {
                    first: diff.first.0,
                    last: diff.last.0,
                    bids: diff.bids,
                    asks: diff.asks,
                    sequence: diff.last,
                    time: diff.time,
                    checksum,
                },
            );
        });
        for levels in [Levels::Five, Levels::Ten, Levels::Twenty] {
            let topic = Topic { instrument, channel: Channel::Partial(levels, pace) };
            self.publish(topic, views, |out, listing| top_of(out, listing, topic, levels, views));
        }
    }

    fn publish(&mut self, topic: Topic, views: &Views, write: impl FnOnce(&mut Vec<u8>, &Listing)) {
        if !self.subscriptions.is_heard(topic) {
            return;
        }
        if let Some(listing) = shown::listing(&views.directory, topic.instrument) {
            let mut text = Vec::with_capacity(256);
            write(&mut text, &listing);
            self.published.push(Published { topic, text });
        }
    }

    /// What is to be told since the last time.
    pub fn take_published(&mut self) -> Vec<Published> {
        std::mem::take(&mut self.published)
    }
}

fn top_of(out: &mut Vec<u8>, listing: &Listing, topic: Topic, levels: Levels, views: &Views) {
    let mut depth = Depth::default();
    let (instrument, directory) = (topic.instrument, &views.directory);
    views.books.depth(instrument, levels as usize, directory, &mut depth);
    json::partial_depth(out, listing, views.books.last_update(instrument).0, &depth);
}

/// What a new subscriber hears first: the state that what follows builds on; nothing of trades.
pub fn snapshot(out: &mut Vec<u8>, topic: Topic, views: &Views) -> bool {
    let Some(listing) = shown::listing(&views.directory, topic.instrument) else { return false };
    let (books, instrument) = (&views.books, topic.instrument);
    let last_update = books.last_update(instrument).0;
    match topic.channel {
        Channel::Trades => return false,
        Channel::BookTicker => {
            let best = |side| books.best(instrument, side);
            json::book_ticker(
                out,
                &listing,
                &json::BookTicker {
                    last_update,
                    bid: best(ringside_protocol::Side::Buy),
                    ask: best(ringside_protocol::Side::Sell),
                    sequence: views.sequence(),
                    time: views.time(),
                },
            );
        }
        Channel::Partial(levels, _) => top_of(out, &listing, topic, levels, views),
        // The whole book as one update from the first: whoever follows the dialect's rule drops it
        // or applies it, and either is right.
        Channel::Depth(_) => {
            let mut depth = Depth::default();
            books.depth(instrument, usize::MAX, &views.directory, &mut depth);
            json::depth_update(
                out,
                &listing,
                &json::DepthUpdate {
                    first: 1,
                    last: last_update,
                    bids: &depth.bids,
                    asks: &depth.asks,
                    sequence: views.sequence(),
                    time: views.time(),
                    checksum: depth.checksum,
                },
            );
        }
    }
    true
}
