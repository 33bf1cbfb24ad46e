//! Public feeds beside the engine whose events they are made of: whoever takes a snapshot and then
//! every update, from any command on, has the engine's books. `RINGSIDE_SCALE` times as many flows
//! in the long tier, others with another `RINGSIDE_SEED`.

use std::collections::{BTreeMap, HashMap};

use ringside_engine::{Capacity, Engine};
use ringside_gateway::feeds::depth::{Conflated, DepthDiff, LEVELS_WAITING_MAX, diffs};
use ringside_gateway::feeds::itch::{INDEX_MESSAGES, Mark, Messages, Publisher};
use ringside_gateway::feeds::partial::reaches_top;
use ringside_gateway::feeds::subscriptions::Levels;
use ringside_gateway::feeds::ticker::{BookTicker, TickerFeed};
use ringside_gateway::feeds::trades::{Print, print};
use ringside_gateway::views::Views;
use ringside_gateway::views::books::Books;
use ringside_gateway::views::movement::{Movement, Standing};
use ringside_gateway::views::orders::Orders;
use ringside_protocol::depth::{DepthLevel, DepthOrder};
use ringside_protocol::wire::itch::{self, Authenticity, Message};
use ringside_protocol::*;
use ringside_tests::flow::{Shape, commands};
use ringside_tests::probe::ALL_LEVELS;
use ringside_tests::{scale, seed};

/// Flows, commands of each, and what they are like.
const FLOWS: [(u64, usize, Shape); 3] = [
    (50, 1_000, Shape::NARROW),
    (25, 1_000, Shape { by_stream: 40, ..Shape::NARROW.beyond_oracle() }),
    (12, 300, Shape::WIDE),
];

/// An engine, and what doors make of its events.
struct Venue {
    engine: Engine,
    views: Views,
    said: Vec<(EventHeader, Event)>,
}

impl Venue {
    fn new() -> Self {
        Self {
            engine: Engine::with_capacity(Capacity::default()),
            views: Views::default(),
            said: Vec::new(),
        }
    }

    /// Applies a command; `hear` is called behind the views for each event.
    fn apply(&mut self, command: &Sequenced, mut hear: impl FnMut(&Views, &Said<'_>)) {
        self.said.clear();
        self.engine.apply(command, &mut self.said);
        for (at, (header, event)) in self.said.iter().enumerate() {
            let is_last = at + 1 == self.said.len();
            self.views.hear(header, event, is_last);
            hear(&self.views, &Said { header, event, is_last });
        }
    }

    fn instruments(&self) -> impl Iterator<Item = InstrumentId> + use<> {
        (0..self.engine.counts().1 as u32).map(InstrumentId)
    }
}

struct Said<'a> {
    header: &'a EventHeader,
    event: &'a Event,
    is_last: bool,
}

/// Runs a follower of its own through each flow.
fn for_each_flow(mut follow: impl FnMut(&[Sequenced])) {
    for (count, length, shape) in FLOWS {
        for seed in seed()..seed() + count * scale() {
            follow(&commands(shape, seed, length).0);
        }
    }
}

/// A subscriber's copy of one book.
#[derive(Default)]
struct Copy {
    bids: BTreeMap<u64, DepthLevel>,
    asks: BTreeMap<u64, DepthLevel>,
    last: Sequence,
    is_started: bool,
}

impl Copy {
    /// The snapshot with which it begins.
    fn start(books: &Books, id: InstrumentId) -> Self {
        let side = |side| {
            books.levels(id, side).map(|level| (level.price, level)).collect::<BTreeMap<_, _>>()
        };
        let (bids, asks) = (side(Side::Buy), side(Side::Sell));
        Self { bids, asks, last: books.last_update(id), is_started: false }
    }

    /// FED-002, FED-017: the first increment overlaps the snapshot or follows it, each other one
    /// follows the one before.
    fn take(&mut self, diff: &DepthDiff<'_>) {
        if !self.is_started && diff.last <= self.last {
            return;
        }
        let next = Sequence(self.last.0 + 1);
        if self.is_started {
            assert_eq!(diff.first, next, "no gap");
        } else {
            assert!(diff.first <= next && next <= diff.last, "it meets the snapshot");
        }
        (self.last, self.is_started) = (diff.last, true);
        put(&mut self.bids, diff.bids);
        put(&mut self.asks, diff.asks);
    }

    fn check(&self, engine: &Engine, id: InstrumentId) {
        let depth = engine.depth(id, ALL_LEVELS);
        assert!(self.bids.values().rev().eq(&depth.bids), "bids");
        assert!(self.asks.values().eq(&depth.asks), "asks");
    }
}

fn put(levels: &mut BTreeMap<u64, DepthLevel>, changed: &[DepthLevel]) {
    assert!(changed.is_sorted_by(|one, other| one.price < other.price), "each level once");
    for level in changed {
        match level.quantity {
            0 => levels.remove(&level.price),
            _ => levels.insert(level.price, *level),
        };
    }
}

/// Subscribers that began at different commands, and may have been away since.
#[derive(Default)]
struct Copies(Vec<(InstrumentId, Copy)>);

impl Copies {
    /// Every so many commands somebody begins to hear each book.
    fn join(&mut self, venue: &Venue, command: usize) {
        if command.is_multiple_of(97) {
            let books = &venue.views.books;
            self.0.extend(venue.instruments().map(|id| (id, Copy::start(books, id))));
        }
    }

    fn take(&mut self, diff: &DepthDiff<'_>) {
        let of_it = self.0.iter_mut().filter(|(id, _)| *id == diff.instrument);
        of_it.for_each(|(_, copy)| copy.take(diff));
    }

    fn check(&self, engine: &Engine) {
        self.0.iter().for_each(|(id, copy)| copy.check(engine, *id));
    }
}

#[test]
fn a_snapshot_and_every_diff_are_the_book() {
    // FED-002, X-FED-001: after every command, whenever somebody began.
    for_each_flow(|commands| {
        let (mut venue, mut copies) = (Venue::new(), Copies::default());
        for (at, command) in commands.iter().enumerate() {
            venue.apply(command, |views, said| {
                if said.is_last {
                    diffs(&views.books).for_each(|diff| copies.take(&diff));
                }
            });
            copies.check(&venue.engine);
            copies.join(&venue, at);
        }
    });
}

#[test]
fn conflated_diffs_are_the_book_at_every_tick() {
    // X-FED-004: exact last state; ticks come at times of their own.
    let mut told = [0usize; 2];
    for_each_flow(|commands| {
        for (at, feed) in [Conflated::every_tenth(), Conflated::every_second()].iter().enumerate() {
            told[at] += follow_conflated(commands, feed.clone());
        }
    });
    assert!(told[0] > told[1] && told[1] > 1_000, "{told:?}");
}

/// How many diffs there were.
fn follow_conflated(commands: &[Sequenced], mut feed: Conflated) -> usize {
    let (mut venue, mut copies, mut told) = (Venue::new(), Copies::default(), 0);
    for (at, command) in commands.iter().enumerate() {
        feed.tick(command.time, &venue.views.books);
        told += feed.diffs().count();
        feed.diffs().for_each(|diff| copies.take(&diff));
        if feed.next_tick().is_none() {
            copies.check(&venue.engine);
        }
        copies.join(&venue, at);
        venue.apply(command, |views, said| {
            if said.is_last {
                feed.settle(&views.books);
            }
        });
    }
    told
}

#[test]
fn whoever_sees_a_top_hears_of_its_changes_only() {
    let (mut heard, mut not_heard) = (0, 0);
    for_each_flow(|commands| {
        let (mut venue, mut tops) = (Venue::new(), HashMap::new());
        for command in commands {
            venue.apply(command, |views, said| {
                let changes = diffs(&views.books).filter(|_| said.is_last);
                for diff in changes {
                    for levels in [Levels::Five, Levels::Ten, Levels::Twenty] {
                        let top = top(&views.books, diff.instrument, levels);
                        let before = tops.insert((diff.instrument, levels), top.clone());
                        let is_same = before.unwrap_or_default() == top;
                        let is_heard = reaches_top(&diff, &views.books, levels);
                        assert!(is_same || is_heard, "{levels:?} of {diff:?}");
                        (heard, not_heard) = (heard + 1, not_heard + usize::from(!is_heard));
                    }
                }
            });
        }
    });
    assert!(heard > 10_000 && not_heard > 100, "{heard} heard, {not_heard} not");
}

fn top(books: &Books, id: InstrumentId, levels: Levels) -> [Vec<DepthLevel>; 2] {
    [Side::Buy, Side::Sell].map(|side| books.levels(id, side).take(levels as usize).collect())
}

/// A book that an order comes to at a price.
fn place(books: &mut Books, price: u64) {
    let standing = Standing {
        order: OrderId(price),
        instrument: InstrumentId(0),
        side: Side::Buy,
        price,
        leaves: 1,
    };
    books.hear_movement(&Movement::Placed(standing), &Orders::default());
    let (sequence, time) = (Sequence(price), Timestamp(price));
    books.settle(&EventHeader { sequence, time, index: 0, reserved: 0 });
}

#[test]
fn no_more_than_so_many_levels_wait_for_their_tick() {
    let (mut books, mut feed) = (Books::default(), Conflated::every_second());
    feed.tick(Timestamp(0), &books);
    let mut told = None;
    for price in 1..=3 * LEVELS_WAITING_MAX as u64 {
        place(&mut books, price);
        feed.settle(&books);
        feed.tick(Timestamp(1), &books);
        if let Some(diff) = feed.diffs().next() {
            told = Some((price, diff.bids.len() as u64, diff.first, diff.last));
            break;
        }
    }
    let (price, levels, first, last) = told.expect("it does not wait for a second");
    assert!(price > LEVELS_WAITING_MAX as u64);
    assert_eq!((levels, first, last), (price, Sequence(1), Sequence(price)));
    assert_eq!(feed.next_tick(), None, "nothing waits any more");
}

#[test]
fn an_interval_is_over_when_it_is() {
    let (mut books, mut feed) = (Books::default(), Conflated::every_tenth());
    const MS: u64 = 1_000_000;
    feed.tick(Timestamp(5 * MS), &books);
    place(&mut books, 1);
    feed.settle(&books);
    assert_eq!(feed.next_tick(), Some(Timestamp(100 * MS)));
    for (now, told) in [(99, 0), (100, 1), (101, 0), (250, 0)] {
        feed.tick(Timestamp(now * MS), &books);
        assert_eq!(feed.diffs().count(), told, "at {now} ms");
    }
    place(&mut books, 2);
    feed.settle(&books);
    assert_eq!(feed.next_tick(), Some(Timestamp(300 * MS)));
}

#[test]
fn the_ticker_is_the_best_of_each_side_whenever_it_changes() {
    for_each_flow(|commands| {
        let (mut venue, mut feed, mut told) = (Venue::new(), TickerFeed::default(), Vec::new());
        let mut last: HashMap<InstrumentId, BookTicker> = HashMap::new();
        for command in commands {
            told.clear();
            venue.apply(command, |views, said| {
                if said.is_last {
                    feed.settle(&views.books, &mut told);
                }
            });
            for ticker in &told {
                let before = last.insert(ticker.instrument, *ticker);
                let shown =
                    |t: &BookTicker| [t.bid, t.ask].map(|l| l.map(|l| (l.price, l.quantity)));
                assert_ne!(before.map(|before| shown(&before)), Some(shown(ticker)), "{ticker:?}");
                assert_eq!(ticker.last_update, command.sequence);
            }
            for instrument in venue.instruments() {
                let depth = venue.engine.depth(instrument, 1);
                let best = |levels: &[DepthLevel]| levels.first().map(|l| (l.price, l.quantity));
                let told = last.get(&instrument);
                let told = told.map_or([None; 2], |t| [t.bid, t.ask]);
                let told = told.map(|level| level.map(|level| (level.price, level.quantity)));
                assert_eq!(told, [best(&depth.bids), best(&depth.asks)], "{command:?}");
            }
        }
    });
}

#[test]
fn every_trade_is_printed_once_as_both_sides_had_it() {
    // FED-019
    for_each_flow(|commands| {
        let mut venue = Venue::new();
        for command in commands {
            let (mut prints, mut sides) = (Vec::<Print>::new(), Vec::<Executed>::new());
            venue.apply(command, |_, said| {
                prints.extend(print(said.header, said.event));
                if let Event::Executed(event) = said.event {
                    sides.push(*event);
                }
            });
            assert_eq!(sides.len(), 2 * prints.len());
            for (print, sides) in prints.iter().zip(sides.chunks_exact(2)) {
                let trade = &print.trade;
                assert_eq!(trade.side, sides[1].side, "the side of the incoming order");
                for side in sides {
                    let its = (side.trade, side.price, side.quantity, side.instrument);
                    assert_eq!(its, (trade.trade, trade.price, trade.quantity, trade.instrument));
                }
                assert_eq!(print.header.time, command.time);
            }
        }
    });
}

/// A subscriber's books, order by order, made from bytes alone.
#[derive(Clone, PartialEq, Debug, Default)]
struct ByOrder {
    symbols: Vec<itch::Symbol>,
    /// In the order in which they came to rest.
    resting: Vec<Resting>,
    go_on_at: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
struct Resting {
    locate: u16,
    side: itch::Side,
    price: u32,
    quantity: u32,
    order: u64,
}

impl ByOrder {
    fn take(&mut self, bytes: &[u8]) {
        match Message::decode(bytes).expect("a message") {
            Message::StockDirectory(listed) => {
                assert_eq!(usize::from(listed.locate), self.symbols.len() + 1);
                self.symbols.push(listed.stock);
            }
            Message::Add(added) => {
                assert_eq!(self.symbols[usize::from(added.locate) - 1], added.stock);
                self.rest(Resting {
                    locate: added.locate,
                    side: added.side,
                    price: added.price,
                    quantity: added.quantity,
                    order: added.order,
                });
            }
            Message::Executed(executed) => self.shrink(executed.order, executed.quantity),
            Message::Cancel(canceled) => self.shrink(canceled.order, canceled.quantity),
            Message::Delete(deleted) => {
                self.leave(deleted.order);
            }
            Message::Replace(replaced) => {
                let gone = self.leave(replaced.original);
                let (order, price, quantity) = (replaced.order, replaced.price, replaced.quantity);
                self.rest(Resting { order, price, quantity, ..gone });
            }
            Message::SnapshotEnd(end) => self.go_on_at = Some(end.sequence.0),
            Message::SystemEvent(_)
            | Message::TradingAction(_)
            | Message::ExecutedWithPrice(_)
            | Message::Trade(_)
            | Message::Scales(_) => {}
        }
    }

    fn rest(&mut self, resting: Resting) {
        let is_known = self.resting.iter().any(|row| row.order == resting.order);
        assert!(!is_known, "it rests already: {resting:?}");
        self.resting.push(resting);
    }

    fn at(&self, order: u64) -> usize {
        self.resting.iter().position(|row| row.order == order).expect("an order that was shown")
    }

    fn shrink(&mut self, order: u64, quantity: u32) {
        let at = self.at(order);
        self.resting[at].quantity -= quantity;
        if self.resting[at].quantity == 0 {
            self.resting.remove(at);
        }
    }

    fn leave(&mut self, order: u64) -> Resting {
        self.resting.remove(self.at(order))
    }

    /// One side of a book: price, lots and order, best first, each level in queue order.
    fn side(&self, locate: u16, side: itch::Side) -> Vec<(u64, u64, OrderId)> {
        let rows = self.resting.iter().filter(|row| (row.locate, row.side) == (locate, side));
        let mut rows: Vec<_> = rows
            .map(|row| (u64::from(row.price), u64::from(row.quantity), OrderId(row.order)))
            .collect();
        match side {
            itch::Side::Buy => rows.sort_by_key(|row| core::cmp::Reverse(row.0)),
            itch::Side::Sell => rows.sort_by_key(|row| row.0),
        }
        rows
    }

    fn check(&self, venue: &Venue, publisher: &Publisher) {
        let shown = |orders: &[DepthOrder]| -> Vec<_> {
            let shown = orders.iter().filter(|row| !publisher.is_hidden(row.order));
            shown.map(|row| (row.price, row.leaves, row.order)).collect()
        };
        for instrument in venue.instruments() {
            let truth = venue.engine.depth_by_order(instrument, ALL_LEVELS);
            let locate = instrument.0 as u16 + 1;
            assert_eq!(self.side(locate, itch::Side::Buy), shown(&truth.bids));
            assert_eq!(self.side(locate, itch::Side::Sell), shown(&truth.asks));
        }
    }
}

#[test]
fn books_made_from_itch_bytes_are_the_engines_order_by_order() {
    // X-FED-001: L3, from the first message and from a snapshot in the middle.
    let mut hidden = 0;
    for_each_flow(|commands| {
        let (mut venue, mut publisher) = (Venue::new(), Publisher::new(Authenticity::Test));
        let (mut first, mut late) = (ByOrder::default(), ByOrder::default());
        let (mut out, middle) = (Messages::default(), commands.len() / 2);
        for (at, command) in commands.iter().enumerate() {
            out.clear();
            venue.apply(command, |views, said| {
                let Said { header, event, is_last } = *said;
                publisher.hear(header, event, is_last, &views.directory, &mut out);
            });
            out.iter().for_each(|bytes| first.take(bytes));
            first.check(&venue, &publisher);
            if at > middle {
                out.iter().for_each(|bytes| late.take(bytes));
                late.check(&venue, &publisher);
            } else if at == middle {
                out.clear();
                publisher.snapshot(&venue.views.orders, &venue.views.directory, &mut out);
                out.iter().for_each(|bytes| late.take(bytes));
                assert_eq!(late.go_on_at, Some(publisher.next()));
                late.check(&venue, &publisher);
            }
        }
        let resting = venue.views.orders.resting();
        hidden += resting.filter(|row| publisher.is_hidden(row.order)).count();
    });
    assert!(hidden > 0, "some orders do not fit the format");
}

/// A flow as it was told, and the record of its events to tell it from again.
struct Recorded {
    views: Views,
    events: Vec<(EventHeader, Event, bool)>,
    publisher: Publisher,
    messages: Vec<Vec<u8>>,
}

fn record(commands: &[Sequenced]) -> Recorded {
    let (mut venue, mut events) = (Venue::new(), Vec::new());
    let (mut publisher, mut out) = (Publisher::new(Authenticity::Live), Messages::default());
    for command in commands {
        venue.apply(command, |views, said| {
            let Said { header, event, is_last } = *said;
            publisher.hear(header, event, is_last, &views.directory, &mut out);
            events.push((*header, *event, is_last));
        });
    }
    let messages = out.iter().map(<[u8]>::to_vec).collect();
    Recorded { views: venue.views, events, publisher, messages }
}

/// The messages of the events from a mark on, and where they end.
fn told_again(recorded: &Recorded, mark: &Mark) -> (Vec<Vec<u8>>, Mark) {
    let mut again = Publisher::at(Authenticity::Live, mark.clone());
    let mut out = Messages::default();
    assert_eq!(again.next(), mark.messages + 1);
    for (header, event, is_last) in &recorded.events[mark.events as usize..] {
        again.hear(header, event, *is_last, &recorded.views.directory, &mut out);
    }
    (out.iter().map(<[u8]>::to_vec).collect(), again.now())
}

#[test]
fn what_was_missed_is_told_again_from_the_record() {
    // FED-017, X-GWY-002: from any number on, the same bytes under the same numbers.
    // Without funds, for they run out in a long flow.
    let shape = Shape { by_stream: 40, matching_only: true, ..Shape::NARROW.beyond_oracle() };
    // A session ends with its day; this one is long.
    let shape = Shape { days_end: false, ..shape };
    let recorded = record(&commands(shape, seed(), 30_000).0);
    let (publisher, all) = (&recorded.publisher, &recorded.messages);
    assert_eq!(publisher.next(), all.len() as u64 + 1);
    assert!(all.len() as u64 > 3 * INDEX_MESSAGES, "{} messages", all.len());
    for wanted in (1..=all.len() as u64).step_by(777) {
        let mark = publisher.resume(wanted);
        assert!(mark.messages < wanted && wanted - mark.messages < 2 * INDEX_MESSAGES);
        let (missed, end) = told_again(&recorded, mark);
        assert!(missed == all[mark.messages as usize..], "from {wanted}");
        assert_eq!(end, publisher.now());
    }
    assert!(publisher.index().iter().any(|mark| !mark.hidden.is_empty()), "some are hidden there");
}

#[test]
fn a_session_opens_and_tells_of_every_instrument_and_its_state() {
    // FED-016
    let recorded = record(&commands(Shape::NARROW, seed(), 0).0);
    let mut kinds = String::new();
    for bytes in &recorded.messages {
        kinds.push(char::from(bytes[0]));
        if let Ok(Message::Scales(scales)) = Message::decode(bytes) {
            assert_eq!(scales.quote.as_str(), "QQQ");
            assert_eq!((scales.base_scale, scales.quote_scale), (4, 6));
            assert!(scales.symbol.as_str().ends_with("/QQQ"));
        }
    }
    assert_eq!(kinds, "SSSRdHRdHRdH");
}

#[test]
fn a_halt_and_a_kill_are_told_before_the_orders_that_they_end() {
    // FED-016
    let (mut commands, set_up) = commands(Shape::NARROW, seed(), 0);
    let instrument = InstrumentId(0);
    let order = Order {
        account: AccountId(0),
        instrument,
        price: Price::new(100).expect("ticks").into(),
        quantity: Quantity::new(2).expect("lots").into(),
        id: Name::parse("x").expect("a name"),
        ..Order::default()
    };
    let kill = |switch| Kill { account: AccountId::NONE, instrument, switch, reserved: [0; 3] };
    let state = |state| SetInstrumentState { instrument, state, reserved: [0; 3] };
    let orders: [Command; 5] = [
        order.into(),
        kill(Switch::On).into(),
        kill(Switch::Off).into(),
        state(InstrumentState::Halted).into(),
        state(InstrumentState::Settled).into(),
    ];
    let time = commands[set_up - 1].time;
    for command in orders {
        let sequence = Sequence(commands.len() as u64 + 1);
        commands.push(Sequenced { sequence, time, origin: Origin::default(), command });
    }
    let told: Vec<String> = record(&commands).messages[12..].iter().map(|it| word(it)).collect();
    assert_eq!(told, ["A", "KILL", "D", "", "HALT", "STLD"]);
}

/// The reason of a trading action, else the letter of the message.
fn word(bytes: &[u8]) -> String {
    if let Ok(Message::TradingAction(action)) = Message::decode(bytes) {
        return action.reason.as_str().to_string();
    }
    char::from(bytes[0]).to_string()
}
