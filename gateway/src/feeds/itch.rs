//! The ITCH publisher: every event that changes a book or an instrument as ITCH messages, numbered
//! from 1 through a session. Which messages an event makes is a function of the events of its
//! session alone, so a part that somebody missed is made again from the record of events.
//!
//! **Resume.** [`Publisher::resume`] names a place in the record at or before the message wanted;
//! a publisher made there by [`Publisher::at`] and given the events from that place on says the
//! same messages under the same numbers.
//!
//! **Hidden orders.** ITCH has 32 bits for a price and a quantity. An order that comes to rest with
//! more is not shown, and its executions are told as trades in which no shown order took part. They
//! are all that is to be known at a mark of what was told before it.

use std::collections::{HashSet, VecDeque};

use foldhash::fast::FixedState;
use ringside_protocol::wire::itch::{
    Add, Alpha, Authenticity, Cancel, DayTime, Delete, EventCode, Executed, FullName, Message,
    Replace, Scales, SequenceText, Side as ItchSide, SnapshotEnd, StockDirectory, Symbol,
    SystemEvent, Trade, TradingAction, TradingState, trading_state,
};
use ringside_protocol::{
    Event, EventHeader, InstrumentFlags, InstrumentId, InstrumentState, InstrumentStateChanged,
    Name, OrderId, Side, Timestamp, TradeId,
};

use crate::views::directory::{Directory, Listing};
use crate::views::movement::{Movement, Movements, Standing};
use crate::views::orders::{OrderRow, Orders};

/// Messages from one mark of the index to the next, at most but for those of one command; more
/// where more orders are hidden, so that marks take no more room than messages.
pub const INDEX_MESSAGES: u64 = 4_096;
/// The same in events, for times when hardly any of them becomes a message.
pub const INDEX_EVENTS: u64 = 65_536;

/// Messages one behind the other in one buffer that is used again.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Messages {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Messages {
    /// Makes room for others.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The bytes of each, without a packet around them.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let starts = core::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.bytes[start..end])
    }

    fn push(&mut self, message: impl Into<Message>) {
        message.into().encode(&mut self.bytes);
        self.ends.push(self.bytes.len());
    }
}

/// A place in a session from which it can be told again.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mark {
    /// Messages before it.
    pub messages: u64,
    /// Events before it, over the venue's life; the next one is the first of its command.
    pub events: u64,
    /// The orders that rest there and are not shown, by number.
    pub hidden: Vec<OrderId>,
}

/// The publisher of one session.
#[derive(Clone, Debug)]
pub struct Publisher {
    authenticity: Authenticity,
    messages: u64,
    events: u64,
    index: VecDeque<Mark>,
    movements: Movements,
    /// An order that lost its place, until it is known whether it only changes its terms.
    withdrawn: Option<(OrderId, InstrumentId)>,
    /// A state that is told behind the instrument whose it is, if that is new.
    state: Option<InstrumentStateChanged>,
    hidden: HashSet<OrderId, FixedState>,
}

impl Publisher {
    /// The publisher of a session that begins with the next event. The venue day ends it: what is
    /// told next is numbered from 1 again, in a session of its own.
    pub fn new(authenticity: Authenticity) -> Self {
        Self::at(authenticity, Mark::default())
    }

    /// A publisher that tells a session again from a mark of its index.
    pub fn at(authenticity: Authenticity, mark: Mark) -> Self {
        Self {
            authenticity,
            messages: mark.messages,
            events: mark.events,
            hidden: mark.hidden.iter().copied().collect(),
            index: VecDeque::from([mark]),
            movements: Movements::default(),
            withdrawn: None,
            state: None,
        }
    }

    /// The mark of a session that begins in a venue that has said `events` events: what rests there
    /// and does not fit the format is not shown.
    pub fn beginning(events: u64, orders: &Orders, directory: &Directory) -> Mark {
        let is_hidden =
            |row: &&OrderRow| add(&row.standing(), DayTime::default(), directory).is_none();
        let mut hidden: Vec<OrderId> =
            orders.resting().filter(is_hidden).map(|row| row.order).collect();
        hidden.sort_unstable();
        Mark { messages: 0, events, hidden }
    }

    /// Tells an event: appends its messages, which are numbered from [`Publisher::next`] on. The
    /// directory has heard the event before; `is_last` says that it is the last of its command.
    pub fn hear(
        &mut self,
        header: &EventHeader,
        event: &Event,
        is_last: bool,
        directory: &Directory,
        out: &mut Messages,
    ) {
        let before = out.len();
        let mut telling = Telling { publisher: self, directory, time: header.time, out };
        telling.begin();
        telling.tell_instrument(event);
        telling.tell_movements(event);
        if is_last {
            telling.settle();
        }
        let is_over = matches!(event, Event::Day(_));
        if is_over {
            telling.end();
        }
        self.messages += (out.len() - before) as u64;
        self.events += 1;
        if is_over {
            self.messages = 0;
            self.index = VecDeque::from([self.now()]);
        }
        if is_last {
            self.mark();
        }
    }

    fn mark(&mut self) {
        let last = self.index.back().map_or((0, 0), |mark| (mark.messages, mark.events));
        let hidden = self.hidden.len() as u64;
        let is_due = self.messages - last.0 >= INDEX_MESSAGES.max(hidden)
            || self.events - last.1 >= INDEX_EVENTS.max(hidden);
        if is_due {
            self.index.push_back(self.now());
        }
    }

    /// The number of the next message; the first is 1.
    pub const fn next(&self) -> u64 {
        self.messages + 1
    }

    /// Events heard, over the venue's life.
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// How far the session is; only between commands.
    pub fn now(&self) -> Mark {
        let mut hidden: Vec<OrderId> = self.hidden.iter().copied().collect();
        hidden.sort_unstable();
        Mark { messages: self.messages, events: self.events, hidden }
    }

    /// The last place from which the message of this number, and all behind it, can be told again;
    /// the oldest there is where it is too old.
    pub fn resume(&self, number: u64) -> &Mark {
        let behind = self.index.partition_point(|mark| mark.messages < number.max(1));
        &self.index[behind.saturating_sub(1)]
    }

    /// The places from which the session can be told again, oldest first; there is always one.
    pub const fn index(&self) -> &VecDeque<Mark> {
        &self.index
    }

    /// Nobody asks any more for messages before this number, nor for more than `events_max` events.
    pub fn forget_before(&mut self, number: u64, events_max: u64) {
        let least = self.events.saturating_sub(events_max);
        while let [_, second, ..] = self.index.make_contiguous()
            && (second.messages < number || second.events <= least)
        {
            self.index.pop_front();
        }
    }

    /// Whether an order that rests is not shown.
    pub fn is_hidden(&self, order: OrderId) -> bool {
        self.hidden.contains(&order)
    }

    /// What somebody needs who begins here: every instrument, every resting order in the order of
    /// its queue, and the number to go on from. These messages have no numbers of their own. Only
    /// between commands.
    pub fn snapshot(&self, orders: &Orders, directory: &Directory, out: &mut Messages) {
        for (at, listing) in directory.instruments().iter().enumerate() {
            let instrument = InstrumentId(at as u32);
            self.tell_listing(instrument, listing, DayTime::default(), directory, out);
            tell_state(instrument, listing, DayTime::default(), out);
        }
        for row in orders.resting().filter(|row| !self.is_hidden(row.order)) {
            let time = DayTime::of(row.updated);
            out.extend(add(&row.standing(), time, directory));
        }
        out.push(SnapshotEnd { sequence: SequenceText(self.next()) });
    }

    fn tell_listing(
        &self,
        instrument: InstrumentId,
        listing: &Listing,
        time: DayTime,
        directory: &Directory,
        out: &mut Messages,
    ) {
        let Some(locate) = locate(instrument) else { return };
        let stock = stock(listing);
        out.push(StockDirectory::plain(locate, time, stock, self.authenticity));
        let terms = &listing.terms;
        let currency = |id| directory.currency(id).map_or((Name::ABSENT, 0), |c| (c.code, c.scale));
        let ((base, base_scale), (quote, quote_scale)) =
            (currency(terms.base), currency(terms.quote));
        out.push(Scales {
            locate,
            tracking: 0,
            time,
            symbol: full_name(terms.symbol),
            stock,
            tick: terms.tick,
            lot: terms.lot,
            base: full_name(base),
            base_scale,
            quote: full_name(quote),
            quote_scale,
        });
    }
}

impl Extend<Message> for Messages {
    fn extend<T: IntoIterator<Item = Message>>(&mut self, messages: T) {
        messages.into_iter().for_each(|message| self.push(message));
    }
}

/// One event on its way out.
struct Telling<'a> {
    publisher: &'a mut Publisher,
    directory: &'a Directory,
    time: Timestamp,
    out: &'a mut Messages,
}

impl Telling<'_> {
    fn day_time(&self) -> DayTime {
        DayTime::of(self.time)
    }

    /// The first event of a session opens it.
    fn begin(&mut self) {
        if self.publisher.messages > 0 {
            return;
        }
        self.tell_system([
            EventCode::StartOfMessages,
            EventCode::StartOfSystemHours,
            EventCode::StartOfMarketHours,
        ]);
    }

    /// The day closes the session.
    fn end(&mut self) {
        self.tell_system([
            EventCode::EndOfMarketHours,
            EventCode::EndOfSystemHours,
            EventCode::EndOfMessages,
        ]);
    }

    fn tell_system(&mut self, codes: [EventCode; 3]) {
        let time = self.day_time();
        let event = |event| SystemEvent { locate: 0, tracking: 0, time, event }.into();
        self.out.extend(codes.map(event));
    }

    fn tell_movements(&mut self, event: &Event) {
        for movement in self.publisher.movements.hear(event) {
            self.tell(&movement);
        }
    }

    fn settle(&mut self) {
        self.tell_state();
        if let Some(placed) = self.publisher.movements.settle() {
            self.tell(&placed);
        }
        self.tell_withdrawn();
    }

    /// An order that lost its place and does not only change its terms is gone before anything else
    /// moves.
    fn tell_withdrawn(&mut self) {
        if let Some((order, instrument)) = self.publisher.withdrawn.take() {
            self.delete(order, instrument);
        }
    }

    fn tell(&mut self, movement: &Movement) {
        if let Movement::Placed(placed) = movement {
            return self.place(placed);
        }
        self.tell_withdrawn();
        match *movement {
            Movement::Placed(_) => {}
            Movement::Executed { left, quantity, trade } => self.execute(&left, quantity, trade),
            Movement::Reduced { left, quantity } => self.reduce(&left, quantity),
            Movement::Removed { order, instrument, .. } => self.delete(order, instrument),
            Movement::Withdrawn { order, instrument } => {
                if !self.publisher.hidden.remove(&order) {
                    self.publisher.withdrawn = Some((order, instrument));
                }
            }
        }
    }

    fn place(&mut self, placed: &Standing) {
        let is_same = self.publisher.withdrawn.is_some_and(|(order, _)| order == placed.order);
        let added = add(placed, self.day_time(), self.directory);
        match added {
            Some(Message::Add(add)) if is_same => {
                self.publisher.withdrawn = None;
                self.replace(&add);
            }
            Some(added) => {
                self.tell_withdrawn();
                self.out.push(added);
            }
            None => {
                self.tell_withdrawn();
                self.publisher.hidden.insert(placed.order);
            }
        }
    }

    fn replace(&mut self, add: &Add) {
        self.out.push(Replace {
            locate: add.locate,
            tracking: 0,
            time: add.time,
            original: add.order,
            order: add.order,
            quantity: add.quantity,
            price: add.price,
        });
    }

    fn execute(&mut self, left: &Standing, quantity: u64, trade: TradeId) {
        if self.publisher.hidden.contains(&left.order) {
            if left.leaves == 0 {
                self.publisher.hidden.remove(&left.order);
            }
            return self.print(left, quantity, trade);
        }
        let Some((locate, quantity)) = shown(left.instrument, quantity) else { return };
        let time = self.day_time();
        let (order, trade) = (left.order.0, trade.0);
        self.out.push(Executed { locate, tracking: 0, time, order, quantity, trade });
    }

    /// A trade of a hidden order; one that does not fit the format is not told at all.
    fn print(&mut self, left: &Standing, quantity: u64, trade: TradeId) {
        let Some((locate, quantity)) = shown(left.instrument, quantity) else { return };
        let Ok(price) = u32::try_from(left.price) else { return };
        let Some(listing) = self.directory.instrument(left.instrument) else { return };
        self.out.push(Trade {
            locate,
            tracking: 0,
            time: self.day_time(),
            order: 0,
            side: itch_side(left.side),
            quantity,
            stock: stock(listing),
            price,
            trade: trade.0,
        });
    }

    fn reduce(&mut self, left: &Standing, quantity: u64) {
        if self.publisher.hidden.contains(&left.order) {
            return;
        }
        let Some((locate, quantity)) = shown(left.instrument, quantity) else { return };
        let (time, order) = (self.day_time(), left.order.0);
        self.out.push(Cancel { locate, tracking: 0, time, order, quantity });
    }

    fn delete(&mut self, order: OrderId, instrument: InstrumentId) {
        if self.publisher.hidden.remove(&order) {
            return;
        }
        let Some(locate) = locate(instrument) else { return };
        self.out.push(Delete { locate, tracking: 0, time: self.day_time(), order: order.0 });
    }

    /// A new instrument's state is heard before the instrument is, and told behind it.
    fn tell_instrument(&mut self, event: &Event) {
        if let Event::Instrument(added) = event
            && let Some(listing) = self.directory.instrument(added.instrument)
        {
            let (publisher, time) = (&*self.publisher, self.day_time());
            publisher.tell_listing(added.instrument, listing, time, self.directory, self.out);
        }
        self.tell_state();
        if let Event::InstrumentState(changed) = event {
            self.publisher.state = Some(*changed);
        }
    }

    fn tell_state(&mut self) {
        let Some(changed) = self.publisher.state.take() else { return };
        if let Some(listing) = self.directory.instrument(changed.instrument) {
            let is_killed = changed.flags.has(InstrumentFlags::KILLED);
            let listing = Listing { state: changed.state, is_killed, ..*listing };
            tell_state(changed.instrument, &listing, self.day_time(), self.out);
        }
    }
}

fn tell_state(instrument: InstrumentId, listing: &Listing, time: DayTime, out: &mut Messages) {
    let Some(locate) = locate(instrument) else { return };
    let (state, reason) = state_of(listing.state, listing.is_killed);
    out.push(TradingAction {
        locate,
        tracking: 0,
        time,
        stock: stock(listing),
        state,
        reserved: Alpha::BLANK,
        reason,
    });
}

/// While its kill switch is on nothing new may be done in an instrument, whatever its state is.
fn state_of(state: InstrumentState, is_killed: bool) -> (TradingState, Alpha<4>) {
    if is_killed {
        return (TradingState::Paused, Alpha::new("KILL").unwrap_or_default());
    }
    trading_state(state)
}

/// The message that shows an order that came to rest; `None` where it does not fit the format.
fn add(placed: &Standing, time: DayTime, directory: &Directory) -> Option<Message> {
    let listing = directory.instrument(placed.instrument)?;
    let (locate, quantity) = shown(placed.instrument, placed.leaves)?;
    let added = Add {
        locate,
        tracking: 0,
        time,
        order: placed.order.0,
        side: itch_side(placed.side),
        quantity,
        stock: stock(listing),
        price: u32::try_from(placed.price).ok()?,
    };
    Some(added.into())
}

/// An instrument's number on the feed and lots in it, where both fit.
fn shown(instrument: InstrumentId, lots: u64) -> Option<(u16, u32)> {
    Some((locate(instrument)?, u32::try_from(lots).ok()?))
}

/// An instrument's number on the feed: from 1. There is none for the last of 65,536.
fn locate(instrument: InstrumentId) -> Option<u16> {
    u16::try_from(instrument.0).ok()?.checked_add(1)
}

fn stock(listing: &Listing) -> Symbol {
    let symbol = &listing.terms.wire_symbol;
    let end = symbol.iter().position(|&byte| byte == 0).unwrap_or(symbol.len());
    let text = core::str::from_utf8(&symbol[..end]).unwrap_or_default();
    Symbol::new(text).unwrap_or_default()
}

fn full_name(name: Name) -> FullName {
    FullName::new(name.as_str()).unwrap_or_default()
}

const fn itch_side(side: Side) -> ItchSide {
    match side {
        Side::Buy => ItchSide::Buy,
        Side::Sell => ItchSide::Sell,
    }
}
