//! From an image to the engine that has its state. Places in pools and tables are given anew. An
//! image may hold anything: each part is looked at before it is used, so that what no engine has is
//! an error and never a panic.

use core::hash::Hash;
use std::collections::HashMap;

use foldhash::fast::FixedState;
use ringside_protocol::{AccountId, CurrencyId, InstrumentId, InstrumentState, Side, UNITS_MAX};

use super::check::{Checked, Flaw, In, check_history, ensure};
use super::{HoldingImage, Image, ImageError, OrderImage};
use crate::book::{Book, Cold, History, Node, SlotIndex, Terms};
use crate::instruments::InstrumentTerms;
use crate::ledger::{Account, BalanceRow};
use crate::{Capacity, Engine};

impl<B: Book> Engine<B> {
    /// The engine that has this state.
    ///
    /// # Errors
    /// [`ImageError::Flawed`] or [`ImageError::Inconsistent`] when the image is not that of any
    /// engine.
    pub fn from_image(image: &Image) -> Result<Self, ImageError> {
        let engine = Self::put_together(image).map_err(ImageError::Flawed)?;
        crate::audit::check(&engine).map_err(ImageError::Inconsistent)?;
        Ok(engine)
    }

    fn put_together(image: &Image) -> Result<Self, Flaw> {
        image.check()?;
        let lots = image.holdings.iter().map(|holding| holding.lots.len()).sum();
        let mut engine = Self::with_capacity(Capacity { orders: image.orders.len(), lots });
        engine.sequence = image.sequence;
        engine.time = image.time;
        engine.event_hash = image.event_hash;
        engine.calendar = image.calendar;
        engine.session = image.sessions.venue;
        engine.stats = image.stats;
        engine.venue = image.venue.clone();
        engine.treasury.clone_from(&image.treasury);
        engine.keys.clone_from(&image.keys);
        engine.restore_instruments(image)?;
        engine.restore_accounts(image)?;
        engine.restore_balances(image)?;
        engine.restore_memory(image)?;
        for (at, holding) in image.holdings.iter().enumerate() {
            engine.restore_holding(holding).at("holding", at)?;
        }
        engine.restore_orders(image)?;
        engine.refresh_blocks();
        Ok(engine)
    }

    fn restore_instruments(&mut self, image: &Image) -> Result<(), Flaw> {
        for (at, currency) in image.currencies.iter().enumerate() {
            let id = CurrencyId(at as u32);
            enter(&mut self.names.currencies, currency.code, id).at("currency", at)?;
            self.currencies.push(*currency);
        }
        for (at, terms) in image.instruments.iter().enumerate() {
            let id = InstrumentId(at as u32);
            enter(&mut self.names.instruments, terms.symbol, id).at("instrument", at)?;
            self.check_terms(terms).at("instrument", at)?;
            self.instruments.push(terms.clone());
            self.books.push(B::default());
        }
        let mut wires: Vec<_> = image.instruments.iter().map(|terms| terms.wire_symbol).collect();
        wires.sort_unstable();
        let is_sound = wires.is_sorted_by(|one, other| one < other) && !wires.contains(&[0; 8]);
        ensure(is_sound, "has two instruments of one wire symbol").of("the venue")
    }

    /// Terms are what the command that created the instrument makes of them.
    fn check_terms(&self, terms: &InstrumentTerms) -> Checked {
        let created = self.new_terms(&terms.creation());
        let created = created.map_err(|_| "has terms that no instrument has")?;
        ensure(created.agrees(terms), "has other scales or bounds than its terms give")
    }

    fn restore_accounts(&mut self, image: &Image) -> Result<(), Flaw> {
        for (at, account) in image.accounts.iter().enumerate() {
            let id = AccountId(at as u32);
            enter(&mut self.names.accounts, account.name, id).at("account", at)?;
            let balances = self.balance_places(id, &account.balances).at("account", at)?;
            self.accounts.push(Account { balances, ..account.clone() });
        }
        for (at, stream) in image.streams.iter().enumerate() {
            let is_new = self.streams.named(stream.account, stream.name).is_none();
            ensure(is_new, "has a name that is taken").at("stream", at)?;
            self.streams.add(stream.clone());
        }
        for &(id, number_before, restated) in &image.sessions.streams {
            let row = &mut self.streams.rows[id.index()];
            (row.number_before, row.restated) = (number_before, restated);
        }
        Ok(())
    }

    fn balance_places(
        &mut self,
        account: AccountId,
        currencies: &[u32],
    ) -> Result<Vec<u32>, &'static str> {
        let place = |&currency: &u32| {
            let currency = CurrencyId(currency);
            ensure(self.balances.find(account, currency).is_none(), "names a currency twice")?;
            Ok(self.balances.place(account, currency))
        };
        currencies.iter().map(place).collect()
    }

    fn restore_balances(&mut self, image: &Image) -> Result<(), Flaw> {
        for (at, row) in image.balances.iter().enumerate() {
            self.restore_balance(row).at("balance", at)?;
        }
        let are_all = self.balances.rows().len() == image.balances.len();
        ensure(are_all, "has accounts that name balances which are not there").of("the venue")
    }

    fn restore_balance(&mut self, row: &BalanceRow) -> Checked {
        let place = self.balances.find(row.account, row.currency);
        self.balances.set(place.ok_or("is not among those of its account")?, *row);
        Ok(())
    }

    /// Tags, and the ids that are used up.
    fn restore_memory(&mut self, image: &Image) -> Result<(), Flaw> {
        for (at, (account, tags)) in image.tags.iter().enumerate() {
            for (before, &tag) in tags.iter().enumerate() {
                let is_new = self.tags.number(*account, tag) as usize == before + 1;
                ensure(is_new, "have one twice, or one that is none").at("tags", at)?;
            }
        }
        let named = image.orders.iter().filter(|order| order.user_ref == 0).count();
        let used_up: usize = image.finished.iter().map(|(_, ids)| ids.len()).sum();
        self.duplicates.reserve(named + used_up);
        for (at, (account, ids)) in image.finished.iter().enumerate() {
            let is_new = self.duplicates.restore(*account, ids);
            ensure(is_new, "have one twice").at("used-up ids", at)?;
        }
        Ok(())
    }

    fn restore_holding(&mut self, image: &HoldingImage) -> Checked {
        let place = self.holding(image.account, image.instrument);
        let unit = self.instruments[image.instrument.index()].scales.quote_per_tick_lot;
        let row = self.holdings.at_mut(place);
        row.realised = image.realised;
        row.killed = image.killed;
        for lot in &image.lots {
            let position = row.position.checked_add_unsigned(lot.quantity);
            row.position = position.ok_or("has more lots than there can be")?;
            row.cost += i128::from(lot.price) * i128::from(lot.quantity) * i128::from(unit);
            self.lots.push(&mut row.lots, *lot);
        }
        Ok(())
    }

    fn restore_orders(&mut self, image: &Image) -> Result<(), Flaw> {
        let mut last = (InstrumentId(0), Side::Buy, 0);
        for (at, order) in image.orders.iter().enumerate() {
            image.check_order(order).at("order", at)?;
            ensure(last <= order.rank(), "is not in its order").at("order", at)?;
            self.restore_order(order, image.histories[at]).at("order", at)?;
            last = order.rank();
        }
        for (at, (order, history)) in image.orders.iter().zip(&image.histories).enumerate() {
            check_history(order, history, image.time).at("order", at)?;
        }
        let mut ids: Vec<_> = image.orders.iter().map(|order| order.order).collect();
        ids.sort_unstable();
        let are_unique = ids.is_sorted_by(|one, other| one < other);
        ensure(are_unique, "has two orders of one id").of("the venue")
    }

    fn restore_order(&mut self, image: &OrderImage, history: History) -> Checked {
        let is_tag = image.tag as usize <= self.tags.names(image.account).len();
        ensure(is_tag, "has a tag that its account never used")?;
        let terms = &self.instruments[image.instrument.index()];
        ensure(terms.state != InstrumentState::Settled, "rests in a settled instrument")?;
        self.check_stream(image)?;
        let holding = self.holding(image.account, image.instrument);
        self.check_room(image, holding)?;
        let slot = self.pool.insert(image.node(holding), image.cold(history));
        if !self.venue.matching_only {
            self.holdings.at_mut(holding).opened(image.side, image.leaves, image.price);
        }
        self.restore_name(image, slot)?;
        self.link_own(slot);
        self.books[image.instrument.index()].insert(&mut self.pool, slot);
        Ok(())
    }

    fn check_stream(&self, image: &OrderImage) -> Checked {
        if image.user_ref == 0 && !image.stream.is_some() {
            return Ok(());
        }
        let stream = self.streams.get(image.stream).ok_or("names a stream that is not there")?;
        ensure(stream.account == image.account, "came by the stream of another account")?;
        let is_used = stream.has_used(image.user_ref);
        ensure(is_used, "has a number that its stream has not reached")
    }

    /// Its side of the book and its holding can count so many lots more.
    fn check_room(&self, image: &OrderImage, holding: u32) -> Checked {
        let lots = self.books[image.instrument.index()].lots(image.side);
        let open = self.holdings.at(holding).open(image.side);
        let in_book = lots.checked_add(image.leaves).is_some();
        let in_holding = open + image.leaves <= UNITS_MAX;
        ensure(in_book && in_holding, "is more than can be open")
    }

    fn restore_name(&mut self, image: &OrderImage, slot: SlotIndex) -> Checked {
        let is_named = !image.id.is_absent();
        ensure(is_named == (image.user_ref == 0), "has no name or two")?;
        let is_new = match image.user_ref {
            0 => self.duplicates.restore_live(image.account, image.id, slot),
            number => self.streams.restore_live(image.stream, number, slot),
        };
        ensure(is_new, "has a name that is taken")
    }
}

impl OrderImage {
    /// What images sort orders by: instrument, side, and how far from the best.
    fn rank(&self) -> (InstrumentId, Side, u64) {
        let away = match self.side {
            Side::Buy => u64::MAX - self.price,
            Side::Sell => self.price,
        };
        (self.instrument, self.side, away)
    }

    fn node(&self, holding: u32) -> Node {
        Node {
            order: self.order,
            price: self.price,
            leaves: self.leaves,
            executed: self.executed,
            hold_per_lot: self.hold_per_lot,
            holding,
            next: SlotIndex::NONE,
            previous: SlotIndex::NONE,
            stream: self.stream,
            user_ref: self.user_ref,
            terms: Terms {
                side: self.side,
                time_in_force: self.time_in_force,
                flags: self.flags,
                self_trade: self.self_trade,
            },
        }
    }

    fn cold(&self, history: History) -> Cold {
        let none = SlotIndex::NONE;
        Cold { id: self.id, tag: self.tag, younger: none, older: none, history }
    }
}

/// Gives a name out; it must not be taken.
fn enter<K: Eq + Hash, T>(names: &mut HashMap<K, T, FixedState>, name: K, id: T) -> Checked {
    ensure(names.insert(name, id).is_none(), "has a name that is taken")
}
