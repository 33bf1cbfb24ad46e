//! The state as an image: everything that later behaviour depends on, and nothing else, in one
//! canonical order. Places in pools and tables are not in it, so two engines that will behave alike
//! have equal images. An image becomes an engine again, and its hash is the state hash (ENG-021).

mod check;
mod codec;
mod restore;
#[cfg(test)]
mod tests;

pub use check::Flaw;
pub use codec::{IMAGE_BYTES_MAX, IMAGE_VERSION, ImageError};

use std::io;

use ringside_protocol::{
    AccountId, ClientOrderId, InstrumentId, OrderFlags, OrderId, SelfTrade, Sequence, Side,
    StreamId, TimeInForce, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::Engine;
use crate::book::{Book, History, SlotIndex, levels, queue};
use crate::day::VenueSession;
use crate::duplicates::FinishedId;
use crate::engine::VenueState;
use crate::hash::EventHash;
use crate::instruments::{CurrencyTerms, InstrumentTerms};
use crate::ledger::{Account, BalanceRow, KeyGrant, Treasury};
use crate::portfolio::{Holding, Lot};
use crate::query::Stats;
use crate::streams::Stream;
use crate::timers::Calendar;

/// The state of an engine between two commands.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Image {
    sequence: Sequence,
    time: Timestamp,
    event_hash: EventHash,
    calendar: Calendar,
    stats: Stats,
    venue: VenueState,
    currencies: Vec<CurrencyTerms>,
    treasury: Vec<Treasury>,
    instruments: Vec<InstrumentTerms>,
    /// Their `holdings` are empty, their `balances` name currencies in order of first contact.
    accounts: Vec<Account>,
    keys: Vec<KeyGrant>,
    streams: Vec<Stream>,
    /// By account, in order of first use.
    tags: Vec<(AccountId, Vec<ringside_protocol::Name>)>,
    /// Those there ever was anything in, by account and currency.
    balances: Vec<BalanceRow>,
    /// Those that say anything, by account and instrument.
    holdings: Vec<HoldingImage>,
    /// By instrument, bids before asks, best first, oldest first.
    orders: Vec<OrderImage>,
    /// By account, oldest first.
    finished: Vec<(AccountId, Vec<FinishedId>)>,
    /// Since version 3: what became of each of `orders`, in their order.
    histories: Vec<History>,
    /// Since version 3.
    sessions: SessionsImage,
}

/// Where the numbers of this session began.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
struct SessionsImage {
    venue: VenueSession,
    /// Those that have any: messages told in the session before, orders told anew in this one.
    streams: Vec<(StreamId, u32, u32)>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct HoldingImage {
    account: AccountId,
    instrument: InstrumentId,
    realised: i128,
    killed: bool,
    lots: Vec<Lot>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct OrderImage {
    order: OrderId,
    account: AccountId,
    instrument: InstrumentId,
    side: Side,
    price: u64,
    leaves: u64,
    executed: u64,
    hold_per_lot: u64,
    time_in_force: TimeInForce,
    flags: OrderFlags,
    self_trade: SelfTrade,
    stream: StreamId,
    user_ref: u32,
    id: ClientOrderId,
    tag: u32,
}

impl Image {
    /// What a refused command leaves as it is (JRN-009): all but sequence and time, counters (the
    /// event hash, messages of streams, submissions that a rate limit counts) and the memory of
    /// names.
    pub fn kept_by_refusals(mut self) -> Self {
        (self.sequence, self.time) = (Sequence(0), Timestamp(0));
        (self.event_hash, self.stats.events) = (EventHash::default(), 0);
        (self.stats.commands, self.stats.rejected) = (0, 0);
        self.streams.iter_mut().for_each(|stream| {
            (stream.number, stream.user_ref_high) = (0, 0);
        });
        self.accounts.iter_mut().for_each(|account| account.submissions.clear());
        self.finished.clear();
        self
    }
}

impl<B: Book> Engine<B> {
    /// The state hash: BLAKE3 over the image's bytes.
    pub fn state_hash(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        // Small writes are gathered: the hasher is fast on large ones only.
        let mut buffered = io::BufWriter::with_capacity(1 << 16, &mut hasher);
        self.image().write(&mut buffered).expect("a hasher takes every byte");
        drop(buffered);
        *hasher.finalize().as_bytes()
    }

    /// The state as an image.
    pub fn image(&self) -> Image {
        Image {
            sequence: self.sequence,
            time: self.time,
            event_hash: self.event_hash,
            calendar: self.calendar,
            stats: self.stats(),
            venue: self.venue.clone(),
            currencies: self.currencies.clone(),
            treasury: self.treasury.clone(),
            instruments: self.instruments.clone(),
            accounts: self.accounts.iter().map(|account| self.account_image(account)).collect(),
            keys: self.keys.clone(),
            streams: self.streams.rows.iter().map(Stream::image).collect(),
            tags: self.tag_images(),
            balances: self.balance_images(),
            holdings: self.holding_images(),
            orders: self.order_images(),
            finished: self.finished_images(),
            histories: self.order_histories(),
            sessions: SessionsImage { venue: self.session, streams: self.session_images() },
        }
    }

    fn session_images(&self) -> Vec<(StreamId, u32, u32)> {
        let rows = (0..).map(StreamId).zip(&self.streams.rows);
        let images = rows.map(|(id, row)| (id, row.number_before, row.restated));
        images.filter(|&(_, before, restated)| (before, restated) != (0, 0)).collect()
    }

    fn account_image(&self, account: &Account) -> Account {
        let currency = |&place: &u32| self.balances.row(place).currency.0;
        Account {
            holdings: Vec::new(),
            balances: account.balances.iter().map(currency).collect(),
            ..account.clone()
        }
    }

    fn balance_images(&self) -> Vec<BalanceRow> {
        let mut rows: Vec<_> =
            self.balances.rows().iter().copied().filter(|row| row.ever_held).collect();
        rows.sort_unstable_by_key(|row| (row.account, row.currency));
        rows
    }

    fn holding_images(&self) -> Vec<HoldingImage> {
        let says_anything =
            |holding: &&Holding| holding.position != 0 || holding.realised != 0 || holding.killed;
        let image = |holding: &Holding| HoldingImage {
            account: holding.account,
            instrument: holding.instrument,
            realised: holding.realised,
            killed: holding.killed,
            lots: self.lots.iter(&holding.lots).copied().collect(),
        };
        let mut images: Vec<_> =
            self.holdings.rows().iter().filter(says_anything).map(image).collect();
        images.sort_unstable_by_key(|image| (image.account, image.instrument));
        images
    }

    fn order_images(&self) -> Vec<OrderImage> {
        self.each_order(|slot| self.order_image(slot))
    }

    fn order_histories(&self) -> Vec<History> {
        self.each_order(|slot| self.pool.cold(slot).history.now(&self.pool[slot]))
    }

    /// By instrument, bids before asks, best first, oldest first.
    fn each_order<T>(&self, image: impl Fn(SlotIndex) -> T) -> Vec<T> {
        let mut images = Vec::with_capacity(self.pool.len());
        for book in &self.books {
            for side in [Side::Buy, Side::Sell] {
                for level in levels(book, &self.pool, side) {
                    images.extend(queue(book, &self.pool, &level).map(&image));
                }
            }
        }
        images
    }

    fn order_image(&self, slot: SlotIndex) -> OrderImage {
        let (node, cold) = (&self.pool[slot], self.pool.cold(slot));
        let holding = self.holdings.at(node.holding);
        OrderImage {
            order: node.order,
            account: holding.account,
            instrument: holding.instrument,
            side: node.terms.side,
            price: node.price,
            leaves: node.leaves,
            executed: node.executed,
            hold_per_lot: node.hold_per_lot,
            time_in_force: node.terms.time_in_force,
            flags: node.terms.flags,
            self_trade: node.terms.self_trade,
            stream: node.stream,
            user_ref: node.user_ref,
            id: cold.id,
            tag: cold.tag,
        }
    }

    fn tag_images(&self) -> Vec<(AccountId, Vec<ringside_protocol::Name>)> {
        let accounts = (0..self.accounts.len() as u32).map(AccountId);
        let images = accounts.map(|id| (id, self.tags.names(id).to_vec()));
        images.filter(|(_, names)| !names.is_empty()).collect()
    }

    fn finished_images(&self) -> Vec<(AccountId, Vec<FinishedId>)> {
        let accounts = (0..self.accounts.len() as u32).map(AccountId);
        let images = accounts.map(|id| (id, self.duplicates.finished(id).copied().collect()));
        images.filter(|(_, ids): &(_, Vec<_>)| !ids.is_empty()).collect()
    }
}
