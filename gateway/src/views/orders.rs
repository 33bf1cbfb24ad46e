//! Orders: those that live and the last of those that ended, by the venue's id and by the account's
//! own (GWY-014). Fed by events in their order; it computes nothing but what executions cost.
//!
//! Memory is bounded: living orders by the venue, ended ones by [`FINISHED_PER_ACCOUNT_MAX`] and
//! [`FINISHED_MAX`]; beyond either the oldest is forgotten. An event costs a look-up or two.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use ringside_protocol::{
    Accepted, AccountId, Amended, CancelReason, Canceled, ClientOrderId, CommandPayload, Event,
    EventHeader, Executed, InstrumentId, Order, OrderFlags, OrderId, OrderStatus, OrderType,
    Reason, Rejected, Replace, Restated, Sequence, Side, StreamId, TimeInForce, Timestamp,
};

use super::chain::{Chain, Place, Rows, Strand};
use super::movement::{Movement, Standing};

/// Ended orders of one account that are kept.
pub const FINISHED_PER_ACCOUNT_MAX: usize = 65_536;
/// Ended orders of all accounts that are kept.
pub const FINISHED_MAX: usize = 1_048_576;

/// An order: what it was entered with and where it is now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrderRow {
    /// The venue's name of it; 0 for one that was refused.
    pub order: OrderId,
    /// Whose.
    pub account: AccountId,
    /// In which instrument; of a refused one perhaps none that there is.
    pub instrument: InstrumentId,
    /// The stream that entered it, if one did.
    pub stream: StreamId,
    /// The stream's number of it; 0: it is named by `id`.
    pub user_ref: u32,
    /// The account's name of it; where the stream numbers it, this names nothing.
    pub id: ClientOrderId,
    /// Side of the book. Terms of a refused order are not known: they are those of a limit buy of
    /// nothing.
    pub side: Side,
    /// How it is priced.
    pub kind: OrderType,
    /// How long it lives.
    pub time_in_force: TimeInForce,
    /// Its instructions.
    pub flags: OrderFlags,
    /// Limit price in ticks; 0 for a market order.
    pub price: u64,
    /// Total lots, executions included.
    pub quantity: u64,
    /// Lots executed so far.
    pub cumulative: u64,
    /// Lots still open; 0 of one that ended.
    pub leaves: u64,
    /// What the executions cost: the sum of ticks × lots.
    pub cumulative_ticks_lots: u128,
    /// Where it is in its life.
    pub status: OrderStatus,
    /// Why it ended before it was filled, if it did.
    pub canceled: Option<CancelReason>,
    /// Why it was refused, if it was.
    pub refused: Option<Reason>,
    /// Venue time of its entry.
    pub entered: Timestamp,
    /// Venue time of what happened to it last.
    pub updated: Timestamp,
    /// The command by which it happened.
    pub sequence: Sequence,
}

/// The orders of one account.
#[derive(Clone, Copy, Debug, Default)]
struct OfAccount {
    living: Chain,
    finished: Chain,
}

/// Orders that live and the last that ended.
#[derive(Debug, Default)]
pub struct Orders {
    rows: Rows<OrderRow>,
    accounts: Vec<OfAccount>,
    /// Those that stand in books, in the order in which they came to rest.
    resting: Chain,
    finished: Chain,
    by_order: HashMap<OrderId, Place, FixedState>,
    by_id: HashMap<(AccountId, ClientOrderId), Place, FixedState>,
}

impl Orders {
    /// With room for so many orders, so that the look-ups do not grow while events come.
    pub fn with_room(orders: usize) -> Self {
        let mut made = Self::default();
        made.by_order.reserve(orders);
        made.by_id.reserve(orders);
        made
    }

    /// Takes over the orders that rest in an engine that was there before: each book's side from
    /// the front of its queues to their ends, so that priority is known too. Before any event.
    pub fn seed(&mut self, queues: impl IntoIterator<Item = OrderRow>) {
        let mut places: Vec<Place> = queues.into_iter().map(|row| self.seed_one(row)).collect();
        places.sort_unstable_by_key(|&place| self.rows.at(place).order);
        for place in places {
            let account = self.rows.at(place).account;
            let chains = of_account(&mut self.accounts, account);
            self.rows.string(&mut chains.living, Strand::Account, place);
        }
    }

    fn seed_one(&mut self, row: OrderRow) -> Place {
        assert!(!row.status.is_final() && row.leaves > 0, "Invariant: a seeded order rests");
        let place = self.know(row);
        self.rows.string(&mut self.resting, Strand::Venue, place);
        place
    }

    /// Learns from an event.
    pub fn hear(&mut self, header: &EventHeader, event: &Event) {
        match event {
            Event::Accepted(event) => self.accept(header, event),
            Event::Rejected(event) => self.refuse(header, event),
            Event::Executed(event) => self.execute(header, event),
            Event::Amended(event) => self.amend(header, event),
            Event::Canceled(event) => self.cancel(header, event),
            Event::Restated(event) => self.restate(header, event),
            Event::Trade(_)
            | Event::Posting(_)
            | Event::Position(_)
            | Event::LotClosed(_)
            | Event::InstrumentState(_)
            | Event::AccountState(_)
            | Event::Warning(_)
            | Event::Currency(_)
            | Event::Instrument(_)
            | Event::Key(_)
            | Event::Session(_)
            | Event::Confirmed(_)
            | Event::Day(_)
            | Event::SessionEnded(_) => {}
        }
    }

    /// Learns what became of an order's place in a book. What ends an order is heard before the
    /// event that says so, what puts one to rest after it.
    pub fn hear_movement(&mut self, movement: &Movement) {
        match movement {
            Movement::Placed(placed) => {
                if let Some(&place) = self.by_order.get(&placed.order) {
                    self.rows.string(&mut self.resting, Strand::Venue, place);
                }
            }
            Movement::Executed { left, .. } if left.leaves == 0 => self.unrest(left.order),
            Movement::Withdrawn { order, .. } | Movement::Removed { order, .. } => {
                self.unrest(*order)
            }
            Movement::Executed { .. } | Movement::Reduced { .. } => {}
        }
    }

    fn unrest(&mut self, order: OrderId) {
        if let Some(&place) = self.by_order.get(&order) {
            self.rows.unstring(&mut self.resting, Strand::Venue, place);
        }
    }

    fn accept(&mut self, header: &EventHeader, event: &Accepted) {
        let place = self.know(OrderRow {
            order: event.order,
            account: event.account,
            instrument: event.instrument,
            stream: event.report.stream,
            user_ref: event.report.user_ref,
            id: event.id,
            side: event.side,
            kind: event.kind,
            time_in_force: event.time_in_force,
            flags: event.flags,
            price: event.price,
            quantity: event.quantity,
            cumulative: 0,
            leaves: event.quantity,
            cumulative_ticks_lots: 0,
            status: OrderStatus::Open,
            canceled: None,
            refused: None,
            entered: header.time,
            updated: header.time,
            sequence: header.sequence,
        });
        let chains = of_account(&mut self.accounts, event.account);
        self.rows.string(&mut chains.living, Strand::Account, place);
    }

    /// An order lives on in a new session. Who begins there makes its row of what is told, without
    /// when it came and what its executions cost.
    fn restate(&mut self, header: &EventHeader, event: &Restated) {
        if let Some(&place) = self.by_order.get(&event.order) {
            self.rows.at_mut(place).user_ref = event.report.user_ref;
            return;
        }
        let place = self.know(restated_row(header, event));
        let chains = of_account(&mut self.accounts, event.account);
        self.rows.string(&mut chains.living, Strand::Account, place);
    }

    /// A new order that was refused is remembered under its name as one that ended: an unknown name
    /// was never sequenced. A repeated name goes on meaning the order that has it.
    fn refuse(&mut self, header: &EventHeader, event: &Rejected) {
        let is_new_order = [Order::NUMBER, Replace::NUMBER].contains(&event.command);
        let is_named = event.report.user_ref == 0 && !event.id.is_absent();
        let is_repeat = event.reason == Reason::DuplicateId;
        let is_known = event.reason != Reason::UnknownAccount;
        if is_new_order && is_named && !is_repeat && is_known && event.order.0 == 0 {
            let place = self.know(refused_row(header, event));
            self.keep_finished(place);
        }
    }

    fn execute(&mut self, header: &EventHeader, event: &Executed) {
        let Some(&place) = self.by_order.get(&event.order) else { return };
        let row = self.rows.at_mut(place);
        row.touch(header);
        row.cumulative = event.cumulative;
        row.leaves = event.leaves;
        row.cumulative_ticks_lots += u128::from(event.price) * u128::from(event.quantity);
        row.status = OrderStatus::resting(event.cumulative);
        if event.leaves == 0 {
            self.finish(place, OrderStatus::Filled);
        }
    }

    fn amend(&mut self, header: &EventHeader, event: &Amended) {
        let Some(&place) = self.by_order.get(&event.order) else { return };
        let row = self.rows.at_mut(place);
        row.touch(header);
        row.price = event.price;
        row.quantity = event.quantity;
        row.cumulative = event.cumulative;
        row.leaves = event.leaves;
        if !event.new_id.is_absent() {
            self.rename(place, event.new_id);
        }
    }

    fn cancel(&mut self, header: &EventHeader, event: &Canceled) {
        let Some(&place) = self.by_order.get(&event.order) else { return };
        let row = self.rows.at_mut(place);
        row.touch(header);
        row.cumulative = event.cumulative;
        row.leaves = 0;
        row.canceled = Some(event.reason);
        self.finish(place, OrderStatus::Canceled);
    }

    /// A new row, found by its names.
    fn know(&mut self, row: OrderRow) -> Place {
        let place = self.rows.insert(row);
        if row.order.0 != 0 {
            self.by_order.insert(row.order, place);
        }
        if row.is_named() {
            self.by_id.insert((row.account, row.id), place);
        }
        place
    }

    /// An order's old name means nothing any more.
    fn rename(&mut self, place: Place, id: ClientOrderId) {
        let row = self.rows.at_mut(place);
        let (account, old) = (row.account, core::mem::replace(&mut row.id, id));
        if row.user_ref == 0 {
            self.by_id.remove(&(account, old));
            self.by_id.insert((account, id), place);
        }
    }

    fn finish(&mut self, place: Place, status: OrderStatus) {
        let row = self.rows.at_mut(place);
        row.status = status;
        let chains = of_account(&mut self.accounts, row.account);
        self.rows.unstring(&mut chains.living, Strand::Account, place);
        self.keep_finished(place);
    }

    fn keep_finished(&mut self, place: Place) {
        let account = self.rows.at(place).account;
        let chains = of_account(&mut self.accounts, account);
        self.rows.string(&mut chains.finished, Strand::Account, place);
        self.rows.string(&mut self.finished, Strand::Venue, place);
        let oldest_of_account = chains.finished.oldest();
        let is_too_many = chains.finished.length() > FINISHED_PER_ACCOUNT_MAX;
        if let Some(oldest) = oldest_of_account.filter(|_| is_too_many) {
            self.forget(oldest);
        }
        if let Some(oldest) =
            self.finished.oldest().filter(|_| self.finished_count() > FINISHED_MAX)
        {
            self.forget(oldest);
        }
    }

    fn forget(&mut self, place: Place) {
        let row = *self.rows.at(place);
        let chains = of_account(&mut self.accounts, row.account);
        self.rows.unstring(&mut chains.finished, Strand::Account, place);
        self.rows.unstring(&mut self.finished, Strand::Venue, place);
        self.rows.remove(place);
        if row.order.0 != 0 {
            self.by_order.remove(&row.order);
        }
        // A name that was forgotten by the venue may mean a younger order by now.
        let name = (row.account, row.id);
        if row.is_named() && self.by_id.get(&name) == Some(&place) {
            self.by_id.remove(&name);
        }
    }

    /// The order that an event is of, as it is now; none where it is of none.
    pub fn of(&self, event: &Event) -> Option<&OrderRow> {
        let order = match event {
            Event::Accepted(event) => event.order,
            Event::Executed(event) => event.order,
            Event::Amended(event) => event.order,
            Event::Canceled(event) => event.order,
            Event::Restated(event) => event.order,
            Event::Rejected(_)
            | Event::Trade(_)
            | Event::Posting(_)
            | Event::Position(_)
            | Event::LotClosed(_)
            | Event::InstrumentState(_)
            | Event::AccountState(_)
            | Event::Warning(_)
            | Event::Currency(_)
            | Event::Instrument(_)
            | Event::Key(_)
            | Event::Session(_)
            | Event::Confirmed(_)
            | Event::Day(_)
            | Event::SessionEnded(_) => return None,
        };
        self.get(order)
    }

    /// The order of a venue id, alive or ended.
    pub fn get(&self, order: OrderId) -> Option<&OrderRow> {
        self.by_order.get(&order).map(|&place| self.rows.at(place))
    }

    /// The order that an account's own name means, alive, ended or refused.
    pub fn named(&self, account: AccountId, id: ClientOrderId) -> Option<&OrderRow> {
        self.by_id.get(&(account, id)).map(|&place| self.rows.at(place))
    }

    /// The living orders of an account, in order of entry.
    pub fn open(&self, account: AccountId) -> impl Iterator<Item = &OrderRow> {
        let chains = self.accounts.get(account.index());
        chains.into_iter().flat_map(|chains| self.rows.along(&chains.living, Strand::Account))
    }

    /// How many orders of an account live.
    pub fn open_count(&self, account: AccountId) -> usize {
        self.accounts.get(account.index()).map_or(0, |chains| chains.living.length())
    }

    /// The ended orders of an account that are kept, oldest end first.
    pub fn finished(&self, account: AccountId) -> impl Iterator<Item = &OrderRow> {
        let chains = self.accounts.get(account.index());
        chains.into_iter().flat_map(|chains| self.rows.along(&chains.finished, Strand::Account))
    }

    /// How many ended orders are kept.
    pub const fn finished_count(&self) -> usize {
        self.finished.length()
    }

    /// Every order that stands in a book, in the order in which they came to rest: of two at one
    /// price the one that comes first here trades first.
    pub fn resting(&self) -> impl Iterator<Item = &OrderRow> {
        self.rows.along(&self.resting, Strand::Venue)
    }

    /// How many orders stand in books.
    pub const fn resting_count(&self) -> usize {
        self.resting.length()
    }
}

impl OrderRow {
    /// How it stands in its book, if it does.
    pub const fn standing(&self) -> Standing {
        Standing {
            order: self.order,
            instrument: self.instrument,
            side: self.side,
            price: self.price,
            leaves: self.leaves,
        }
    }

    fn touch(&mut self, header: &EventHeader) {
        self.updated = header.time;
        self.sequence = header.sequence;
    }

    fn is_named(&self) -> bool {
        self.user_ref == 0 && !self.id.is_absent()
    }
}

/// When it came and what its executions cost is not told: both count from here.
fn restated_row(header: &EventHeader, event: &Restated) -> OrderRow {
    OrderRow {
        order: event.order,
        account: event.account,
        instrument: event.instrument,
        stream: event.report.stream,
        user_ref: event.report.user_ref,
        id: event.id,
        side: event.side,
        kind: OrderType::Limit,
        time_in_force: event.time_in_force,
        flags: event.flags,
        price: event.price,
        quantity: event.cumulative + event.leaves,
        cumulative: event.cumulative,
        leaves: event.leaves,
        cumulative_ticks_lots: u128::from(event.price) * u128::from(event.cumulative),
        status: OrderStatus::resting(event.cumulative),
        canceled: None,
        refused: None,
        entered: header.time,
        updated: header.time,
        sequence: header.sequence,
    }
}

fn refused_row(header: &EventHeader, event: &Rejected) -> OrderRow {
    OrderRow {
        order: OrderId(0),
        account: event.account,
        instrument: event.instrument,
        stream: event.report.stream,
        user_ref: 0,
        id: event.id,
        side: Side::Buy,
        kind: OrderType::Limit,
        time_in_force: TimeInForce::Gtc,
        flags: OrderFlags::NONE,
        price: 0,
        quantity: 0,
        cumulative: 0,
        leaves: 0,
        cumulative_ticks_lots: 0,
        status: OrderStatus::Rejected,
        canceled: None,
        refused: Some(event.reason),
        entered: header.time,
        updated: header.time,
        sequence: header.sequence,
    }
}

/// The chains of an account; ids come in order, so there are hardly more rows than accounts.
fn of_account(accounts: &mut Vec<OfAccount>, account: AccountId) -> &mut OfAccount {
    if accounts.len() <= account.index() {
        accounts.resize(account.index() + 1, OfAccount::default());
    }
    &mut accounts[account.index()]
}
