//! From an image to the engine that has its state. Places in pools and tables are given anew.

use ringside_protocol::{AccountId, InstrumentId};

use super::{Image, ImageError, OrderImage};
use crate::book::{Book, Cold, Node, SlotIndex, Terms};
use crate::ledger::Account;
use crate::{Capacity, Engine};

impl<B: Book> Engine<B> {
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
