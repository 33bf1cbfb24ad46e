//! Who hears what: which connection hears which channel of which instrument. Connections are the
//! caller's numbers; what is sent to them, this never knows.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use ringside_protocol::InstrumentId;

/// Channels that one connection hears at most.
pub const SUBSCRIPTIONS_PER_CONNECTION_MAX: usize = 1024;

/// How often a channel speaks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Pace {
    /// After every command.
    RealTime,
    /// Every 100 ms.
    Tenth,
    /// Every second.
    Second,
}

/// How many levels a side a top of a book has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Levels {
    /// 5.
    Five = 5,
    /// 10.
    Ten = 10,
    /// 20.
    Twenty = 20,
}

/// What is heard of an instrument.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Channel {
    /// Public prints.
    Trades,
    /// Changed levels.
    Depth(Pace),
    /// The top of the book.
    Partial(Levels, Pace),
    /// The best of each side.
    BookTicker,
}

/// A channel of an instrument.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Topic {
    /// Of which instrument.
    pub instrument: InstrumentId,
    /// What of it.
    pub channel: Channel,
}

/// A connection: the caller's number of it.
pub type Connection = u64;

/// The connection hears [`SUBSCRIPTIONS_PER_CONNECTION_MAX`] channels already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooMany;

/// A subscriber of a topic, and where the topic stands in the connection's list.
#[derive(Clone, Copy, Debug)]
struct Subscriber {
    connection: Connection,
    at: usize,
}

/// A topic of a connection, and where the connection stands in the topic's list.
#[derive(Clone, Copy, Debug)]
struct Heard {
    topic: Topic,
    at: usize,
}

/// Who hears what.
#[derive(Clone, Debug, Default)]
pub struct Subscriptions {
    topics: HashMap<Topic, Vec<Subscriber>, FixedState>,
    connections: HashMap<Connection, Vec<Heard>, FixedState>,
}

impl Subscriptions {
    /// From now on the connection hears the topic; false where it did already.
    ///
    /// # Errors
    /// [`TooMany`] where it hears as many as it may.
    pub fn add(&mut self, connection: Connection, topic: Topic) -> Result<bool, TooMany> {
        let heard = self.connections.entry(connection).or_default();
        if heard.iter().any(|there| there.topic == topic) {
            return Ok(false);
        }
        if heard.len() >= SUBSCRIPTIONS_PER_CONNECTION_MAX {
            return Err(TooMany);
        }
        let subscribers = self.topics.entry(topic).or_default();
        subscribers.push(Subscriber { connection, at: heard.len() });
        heard.push(Heard { topic, at: subscribers.len() - 1 });
        Ok(true)
    }

    /// From now on the connection does not hear the topic; false where it did not before.
    pub fn remove(&mut self, connection: Connection, topic: Topic) -> bool {
        let mut heard = self.connections.get(&connection).into_iter().flatten();
        let Some(at) = heard.position(|there| there.topic == topic) else { return false };
        self.remove_at(connection, at);
        true
    }

    /// The connection is gone: it hears nothing and nothing of it is left.
    pub fn remove_all(&mut self, connection: Connection) {
        while let Some(heard) = self.connections.get(&connection) {
            self.remove_at(connection, heard.len() - 1);
        }
    }

    fn remove_at(&mut self, connection: Connection, at: usize) {
        let Some(heard) = self.connections.get_mut(&connection) else { return };
        let Heard { topic, at: place } = heard.swap_remove(at);
        if let Some(moved) = heard.get(at).copied() {
            self.subscriber_mut(moved).at = at;
        }
        self.leave(topic, place);
        if self.connections.get(&connection).is_some_and(Vec::is_empty) {
            self.connections.remove(&connection);
        }
    }

    /// Takes a subscriber off a topic's list.
    fn leave(&mut self, topic: Topic, place: usize) {
        let Some(subscribers) = self.topics.get_mut(&topic) else { return };
        subscribers.swap_remove(place);
        let moved = subscribers.get(place).copied();
        if subscribers.is_empty() {
            self.topics.remove(&topic);
        }
        if let Some(moved) = moved {
            let heard = self.connections.get_mut(&moved.connection);
            heard.expect("Invariant: who is on a list has one")[moved.at].at = place;
        }
    }

    fn subscriber_mut(&mut self, heard: Heard) -> &mut Subscriber {
        let subscribers = self.topics.get_mut(&heard.topic);
        &mut subscribers.expect("Invariant: what is heard has a list")[heard.at]
    }

    /// What a connection hears.
    pub fn list(&self, connection: Connection) -> impl Iterator<Item = Topic> {
        self.connections.get(&connection).into_iter().flatten().map(|heard| heard.topic)
    }

    /// Who hears a topic.
    pub fn subscribers(&self, topic: Topic) -> impl Iterator<Item = Connection> {
        self.topics.get(&topic).into_iter().flatten().map(|subscriber| subscriber.connection)
    }

    /// Whether anybody hears a topic: what nobody hears need not be written.
    pub fn is_heard(&self, topic: Topic) -> bool {
        self.topics.contains_key(&topic)
    }

    /// How many topics are heard, and by how many connections.
    pub fn counts(&self) -> (usize, usize) {
        (self.topics.len(), self.connections.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(instrument: u32, channel: Channel) -> Topic {
        Topic { instrument: InstrumentId(instrument), channel }
    }

    fn subscribers(subscriptions: &Subscriptions, topic: Topic) -> Vec<Connection> {
        let mut found: Vec<_> = subscriptions.subscribers(topic).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn each_hears_what_it_asked_for_until_it_does_not() {
        // FED-004: nothing is left of a subscription that was taken back.
        let (trades, depth) = (topic(0, Channel::Trades), topic(0, Channel::Depth(Pace::Tenth)));
        let mut subscriptions = Subscriptions::default();
        for connection in [1, 2, 3] {
            assert_eq!(subscriptions.add(connection, trades), Ok(true));
            assert_eq!(subscriptions.add(connection, depth), Ok(true));
        }
        assert_eq!(subscriptions.add(2, trades), Ok(false), "it hears it already");
        assert!(subscriptions.remove(1, trades));
        assert!(!subscriptions.remove(1, trades), "it does not hear it any more");
        assert_eq!(subscribers(&subscriptions, trades), [2, 3]);
        assert_eq!(subscribers(&subscriptions, depth), [1, 2, 3]);
        subscriptions.remove_all(3);
        assert_eq!(subscribers(&subscriptions, trades), [2]);
        assert_eq!(subscribers(&subscriptions, depth), [1, 2]);
        assert!(subscriptions.list(1).eq([depth]));
        assert!(subscriptions.list(3).next().is_none());
        assert!(!subscriptions.is_heard(topic(0, Channel::BookTicker)));
    }

    #[test]
    fn a_connection_hears_no_more_than_it_may() {
        // FED-023: far more than the 100 that are asked for.
        let mut subscriptions = Subscriptions::default();
        for instrument in 0..SUBSCRIPTIONS_PER_CONNECTION_MAX as u32 {
            assert_eq!(subscriptions.add(1, topic(instrument, Channel::Trades)), Ok(true));
        }
        assert_eq!(subscriptions.add(1, topic(0, Channel::BookTicker)), Err(TooMany));
        assert_eq!(subscriptions.add(1, topic(0, Channel::Trades)), Ok(false));
        assert_eq!(subscriptions.add(2, topic(0, Channel::BookTicker)), Ok(true));
    }

    #[test]
    fn nothing_is_left_of_ten_thousand_connections() {
        // GWY-004: connections come and go, each with topics of its own choice, some unsubscribed.
        let mut subscriptions = Subscriptions::default();
        let stays = topic(0, Channel::Trades);
        assert_eq!(subscriptions.add(0, stays), Ok(true));
        let baseline = subscriptions.counts();
        for connection in 1..=10_000u64 {
            for step in 0..1 + connection % 7 {
                let instrument = (connection * 31 + step * 17) % 5;
                let channel = match step % 3 {
                    0 => Channel::Trades,
                    1 => Channel::Partial(Levels::Twenty, Pace::Second),
                    _ => Channel::Depth(Pace::RealTime),
                };
                let wanted = topic(instrument as u32, channel);
                assert!(subscriptions.add(connection, wanted).is_ok());
                if step % 4 == 3 {
                    assert!(subscriptions.remove(connection, wanted));
                }
            }
            // Up to twenty are there at a time.
            subscriptions.remove_all(connection.saturating_sub(20).max(1));
        }
        for connection in 9_980..=10_000 {
            subscriptions.remove_all(connection);
        }
        assert_eq!(subscriptions.counts(), baseline);
        assert_eq!(subscribers(&subscriptions, stays), [0]);
    }
}
