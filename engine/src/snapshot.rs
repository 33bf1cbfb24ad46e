//! The state as an image: everything that later behaviour depends on, and nothing else, in one
//! canonical order. Places in pools and tables are not in it, so two engines that will behave alike
//! have equal images. An image becomes an engine again, and its hash is the state hash (ENG-021).

use std::io;

use ringside_protocol::{
    AccountId, ClientOrderId, InstrumentId, OrderFlags, OrderId, SelfTrade, Sequence, Side,
    StreamId, TimeInForce, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::book::{Book, Cold, Node, SlotIndex, Terms, levels, queue};
use crate::duplicates::FinishedId;
use crate::engine::VenueState;
use crate::hash::EventHash;
use crate::instruments::{CurrencyTerms, InstrumentTerms};
use crate::ledger::{Account, BalanceRow, KeyGrant, Treasury};
use crate::portfolio::{Holding, Lot};
use crate::query::Stats;
use crate::streams::Stream;
use crate::timers::Calendar;
use crate::{Capacity, Engine};

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

/// Why an image could not be written or read.
#[derive(Debug)]
pub enum ImageError {
    /// It could not be encoded or written.
    Write(bincode::error::EncodeError),
    /// It could not be read or decoded.
    Read(bincode::error::DecodeError),
    /// It decodes, but no engine has such a state.
    Inconsistent(crate::audit::Violation),
}

impl core::fmt::Display for ImageError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Write(error) => write!(f, "the image cannot be written: {error}"),
            Self::Read(error) => write!(f, "the image cannot be read: {error}"),
            Self::Inconsistent(violation) => {
                write!(f, "the image is not that of an engine: {violation}")
            }
        }
    }
}

impl std::error::Error for ImageError {}

impl Image {
    /// Writes the image; the bytes depend on nothing but the state.
    ///
    /// # Errors
    /// When `out` refuses bytes.
    pub fn write(&self, out: &mut impl io::Write) -> Result<(), ImageError> {
        let written = bincode::serde::encode_into_std_write(self, out, codec());
        written.map(drop).map_err(ImageError::Write)
    }

    /// Reads what [`Self::write`] wrote.
    ///
    /// # Errors
    /// When the bytes end early or are not an image.
    pub fn read(input: &mut impl io::Read) -> Result<Self, ImageError> {
        bincode::serde::decode_from_std_read(input, codec()).map_err(ImageError::Read)
    }
}

/// Fixed-width little-endian integers: the bytes of an image are stable and quick to write.
fn codec() -> impl bincode::config::Config {
    bincode::config::standard().with_fixed_int_encoding()
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
        }
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
        let mut images = Vec::with_capacity(self.pool.len());
        for book in &self.books {
            for side in [Side::Buy, Side::Sell] {
                for level in levels(book, &self.pool, side) {
                    let orders = queue(book, &self.pool, &level);
                    images.extend(orders.map(|slot| self.order_image(slot)));
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

    /// The engine that has this state.
    ///
    /// # Errors
    /// [`ImageError::Inconsistent`] when the image is not that of any engine.
    pub fn from_image(image: &Image) -> Result<Self, ImageError> {
        let capacity = Capacity { orders: image.orders.len(), ..Capacity::default() };
        let mut engine = Self::with_capacity(capacity);
        engine.sequence = image.sequence;
        engine.time = image.time;
        engine.event_hash = image.event_hash;
        engine.calendar = image.calendar;
        engine.stats = image.stats;
        engine.venue = image.venue.clone();
        engine.currencies.clone_from(&image.currencies);
        engine.treasury.clone_from(&image.treasury);
        engine.instruments.clone_from(&image.instruments);
        engine.books.resize_with(image.instruments.len(), B::default);
        engine.keys.clone_from(&image.keys);
        image.streams.iter().for_each(|stream| engine.streams.add(stream.clone()));
        engine.restore_names(image);
        engine.restore_accounts(image);
        engine.restore_holdings(image);
        image.orders.iter().for_each(|order| engine.restore_order(order));
        engine.refresh_blocks();
        crate::audit::check(&engine).map_err(ImageError::Inconsistent)?;
        Ok(engine)
    }

    fn restore_names(&mut self, image: &Image) {
        for (account, tags) in &image.tags {
            tags.iter().for_each(|&tag| {
                self.tags.number(*account, tag);
            });
        }
        let names = &mut self.names;
        names
            .accounts
            .extend((0..).map(AccountId).zip(&image.accounts).map(|(id, a)| (a.name, id)));
        names.currencies.extend(
            (0..)
                .map(ringside_protocol::CurrencyId)
                .zip(&image.currencies)
                .map(|(id, c)| (c.code, id)),
        );
        names
            .instruments
            .extend((0..).map(InstrumentId).zip(&image.instruments).map(|(id, i)| (i.symbol, id)));
    }

    fn restore_accounts(&mut self, image: &Image) {
        for (id, account) in (0..).map(AccountId).zip(&image.accounts) {
            let currencies = account.balances.iter().map(|&c| ringside_protocol::CurrencyId(c));
            let places = currencies.map(|c| self.balances.place(id, c)).collect();
            self.accounts.push(Account { balances: places, ..account.clone() });
        }
        for row in &image.balances {
            let place = self.balances.place(row.account, row.currency);
            self.balances.set(place, *row);
        }
        for (account, ids) in &image.finished {
            ids.iter().for_each(|id| self.duplicates.finish(*account, *id));
        }
    }

    fn restore_holdings(&mut self, image: &Image) {
        for holding in &image.holdings {
            let place = self.holding(holding.account, holding.instrument);
            let unit = self.instruments[holding.instrument.index()].scales.quote_per_tick_lot;
            let row = self.holdings.at_mut(place);
            row.realised = holding.realised;
            row.killed = holding.killed;
            for lot in &holding.lots {
                row.position += lot.quantity as i64;
                row.cost += i128::from(lot.price) * i128::from(lot.quantity) * i128::from(unit);
                self.lots.push(&mut row.lots, *lot);
            }
        }
    }

    fn restore_order(&mut self, image: &OrderImage) {
        let holding = self.holding(image.account, image.instrument);
        let node = Node {
            order: image.order,
            price: image.price,
            leaves: image.leaves,
            executed: image.executed,
            hold_per_lot: image.hold_per_lot,
            holding,
            next: SlotIndex::NONE,
            previous: SlotIndex::NONE,
            stream: image.stream,
            user_ref: image.user_ref,
            terms: Terms {
                side: image.side,
                time_in_force: image.time_in_force,
                flags: image.flags,
                self_trade: image.self_trade,
            },
        };
        let none = SlotIndex::NONE;
        let cold = Cold { id: image.id, tag: image.tag, younger: none, older: none };
        let slot = self.pool.insert(node, cold);
        if !self.venue.matching_only {
            self.holdings.at_mut(holding).opened(image.side, image.leaves, image.price);
        }
        match image.user_ref {
            0 => self.duplicates.live(image.account, image.id, slot),
            number => self.streams.set_live(image.stream, number, slot),
        }
        self.link_own(slot);
        self.books[image.instrument.index()].insert(&mut self.pool, slot);
    }
}
