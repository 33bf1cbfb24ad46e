//! Everybody who trades in the demo in process, and who is next. Venue time goes from one bot's
//! turn to the next; the seed alone decides the order of everything.

use ringside_engine::Engine;
use ringside_protocol::depth::DepthLevel;
use ringside_protocol::{
    AccountId, Amend, Cancel, ClientOrderId, Command, CurrencyId, GivenPrice, GivenQuantity,
    InstrumentId, Order, OrderFlags, OrderRef, OrderType, Price, Quantity, Side, TimeInForce,
    Timestamp, decimal,
};

use super::bots::{Bot, Entry, Ids, Resting, Style, View, Wish, affordable};
use super::fair::{FAIR_GAP_NS, Fair};
use super::leaderboard::{Contestant, Leaderboard};
use super::maker::Maker;
use super::market::{Listing, Market, QUOTE, START, instruments};
use super::noise::Noise;
use super::screen::{Book, LEVELS, Picture};
use crate::figures::grouped;
use crate::random::Random;

/// Market makers.
pub const MAKERS: [&str; 3] = ["alder", "birch", "cedar"];
/// The narrowest and the widest that a maker quotes, millionths of the price; chance decides.
pub const HALF_SPREADS: (u64, u64) = (140, 180);
/// Noise takers.
pub const TAKERS: [&str; 5] = ["elm", "fir", "hazel", "juniper", "larch"];

/// What a maker brings beside the grant, of every currency: the worth of so many quote units.
pub const MAKER_WORTH: i128 = 20_000;

/// From one turn of a bot to its next, on average.
const GAP_NS: u64 = 4_000_000;

/// The market with everybody in it.
pub struct Crowd {
    market: Market,
    fair: Fair,
    fair_due: Timestamp,
    random: Random,
    bots: Vec<Seat>,
    contestants: Vec<Contestant>,
    /// What the bot whose turn it is still wants, the last first; and when its turn was.
    wishes: Vec<Command>,
    now: Timestamp,
}

/// A bot, its account, and when its turn is.
struct Seat {
    due: Timestamp,
    account: AccountId,
    bot: Box<dyn Bot>,
}

/// What a bot sees that stands inside the venue.
#[derive(Clone, Copy, Debug)]
pub struct Inside<'a> {
    /// The venue.
    pub engine: &'a Engine,
    /// What the instruments are worth.
    pub fair: &'a Fair,
    /// The bot's account.
    pub account: AccountId,
}

impl Inside<'_> {
    /// Units of a currency: available, and in all.
    fn units(&self, currency: CurrencyId) -> (i128, i128) {
        let balances = self.engine.portfolio(self.account).balances;
        let row = balances.iter().find(|balance| balance.currency == currency);
        row.map_or((0, 0), |row| (row.available, row.available + row.held))
    }
}

impl View for Inside<'_> {
    fn fair(&self, id: InstrumentId) -> u64 {
        self.fair.ticks(id)
    }

    fn best(&self, id: InstrumentId, side: Side) -> Option<u64> {
        self.engine.best(id, side)
    }

    fn resting(&self) -> Vec<Resting> {
        let orders = self.engine.orders(self.account).into_iter();
        let resting = orders.map(|order| Resting {
            id: order.id,
            instrument: order.instrument,
            side: order.side,
            price: order.price,
            executed: order.executed,
            leaves: order.leaves,
        });
        resting.collect()
    }

    fn held_lots(&self, id: InstrumentId) -> u64 {
        let terms = self.engine.instrument_terms(id);
        let (_, total) = self.units(terms.base);
        (total / i128::from(terms.scales.base_per_lot)) as u64
    }

    fn available_lots(&self, id: InstrumentId, side: Side, price: u64) -> u64 {
        let terms = self.engine.instrument_terms(id);
        let (free, _) = self.units(if side == Side::Buy { terms.quote } else { terms.base });
        affordable(free, side, price, &terms.scales)
    }
}

impl Wish {
    /// What carries the wish out for an account.
    pub fn command(&self, account: AccountId) -> Command {
        match *self {
            Self::Enter(entry) => Command::Order(entry.order(account)),
            Self::Amend { id, quantity, price } => Command::Amend(Amend {
                account,
                target: OrderRef::id(id),
                reserved: [0; 4],
                quantity: lots(quantity),
                price: ticks(price),
                reserved_2: [0; 32],
                new_id: ClientOrderId::ABSENT,
                reserved_3: [0; 4],
            }),
            Self::Cancel { id } => Command::Cancel(Cancel { account, target: OrderRef::id(id) }),
        }
    }
}

impl Entry {
    fn order(&self, account: AccountId) -> Order {
        let Self { id, instrument, side, quantity, style } = *self;
        let quantity = lots(quantity);
        let plain = Order { account, instrument, quantity, side, id, ..Order::default() };
        let ioc = TimeInForce::Ioc;
        match style {
            Style::Market => Order { kind: OrderType::Market, time_in_force: ioc, ..plain },
            Style::Immediate(price) => Order { price: ticks(price), time_in_force: ioc, ..plain },
            Style::Resting(price) => Order { price: ticks(price), ..plain },
            Style::PostOnly(price) => {
                Order { price: ticks(price), flags: OrderFlags::POST_ONLY, ..plain }
            }
        }
    }
}

/// A price as commands carry it.
fn ticks(price: u64) -> GivenPrice {
    Price::new(price).map_or(GivenPrice::ABSENT, Into::into)
}

/// A quantity as commands carry it.
fn lots(quantity: u64) -> GivenQuantity {
    Quantity::new(quantity).map_or(GivenQuantity::ABSENT, Into::into)
}

/// How far [`Crowd::trade`] goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Until {
    /// Turns after this venue time are not taken.
    pub time: Timestamp,
    /// No command beyond this sequence, the set-up apart.
    pub commands: u64,
}

impl Crowd {
    /// Everybody in place, nobody has traded.
    pub fn new(seed: u64) -> Self {
        let mut crowd = Self {
            market: Market::new(),
            fair: Fair::new(Random::new(seed, 0)),
            fair_due: START,
            random: Random::new(seed, 1),
            bots: Vec::new(),
            contestants: Vec::new(),
            wishes: Vec::new(),
            now: START,
        };
        MAKERS.into_iter().for_each(|name| crowd.add_maker(name));
        for (stream, name) in (2..).zip(TAKERS) {
            crowd.add_taker(name, Random::new(seed, stream));
        }
        crowd
    }

    fn add_maker(&mut self, name: &'static str) {
        let half_spread = self.random.within(HALF_SPREADS.0, HALF_SPREADS.1);
        let account = self.market.open_account(name);
        self.endow(account);
        let view = Inside { engine: self.market.engine(), fair: &self.fair, account };
        let maker = Maker::new(half_spread, &view, Ids::new("q"));
        self.add(name, "maker", account, Box::new(maker));
    }

    fn add_taker(&mut self, name: &'static str, random: Random) {
        let account = self.market.open_account(name);
        self.add(name, "noise", account, Box::new(Noise::new(random, Ids::new("n"))));
    }

    fn add(&mut self, name: &'static str, kind: &'static str, id: AccountId, bot: Box<dyn Bot>) {
        self.contestants.push(Contestant::new(name, kind, id, &self.market));
        let due = Timestamp(START.0 + self.random.below(2 * GAP_NS));
        self.bots.push(Seat { due, account: id, bot });
    }

    fn endow(&mut self, account: AccountId) {
        let worth = MAKER_WORTH * 10i128.pow(u32::from(super::market::QUOTE_SCALE));
        self.market.deposit(account, QUOTE, worth);
        for (id, listing) in instruments() {
            let base: CurrencyId = self.market.engine().instrument_terms(id).base;
            self.market.deposit(account, base, listing.worth_in_base(worth));
        }
    }

    /// Trades on, command by command, as far as `until` says. Where it stops is of no consequence
    /// for what comes after.
    pub fn trade(&mut self, until: Until) {
        while self.sequence() < until.commands {
            if let Some(wish) = self.wishes.pop() {
                self.market.submit(self.now, wish);
                continue;
            }
            let (due, turn) = self.next_turn();
            if due > until.time {
                return;
            }
            self.now = due;
            match turn {
                None => self.move_fair(),
                Some(at) => self.turn(at),
            }
        }
    }

    /// When the next turn is and which bot's; none: what the instruments are worth moves.
    fn next_turn(&self) -> (Timestamp, Option<usize>) {
        let bots = self.bots.iter().enumerate().map(|(at, seat)| (seat.due, Some(at)));
        bots.chain([(self.fair_due, None)]).min().expect("somebody trades")
    }

    fn move_fair(&mut self) {
        self.fair.step();
        self.fair_due = Timestamp(self.now.0 + FAIR_GAP_NS);
    }

    fn turn(&mut self, at: usize) {
        let gap = self.random.within(1, 2 * GAP_NS);
        let Seat { due, account, bot } = &mut self.bots[at];
        *due = Timestamp(self.now.0 + gap);
        let account = *account;
        let mut wishes = Vec::new();
        bot.act(&Inside { engine: self.market.engine(), fair: &self.fair, account }, &mut wishes);
        self.wishes.extend(wishes.iter().rev().map(|wish| wish.command(account)));
    }

    /// The last command's place.
    pub const fn sequence(&self) -> u64 {
        self.market.engine().sequence().0
    }

    /// The market.
    pub const fn market(&self) -> &Market {
        &self.market
    }

    /// Who leads.
    pub fn leaderboard(&self) -> Leaderboard {
        Leaderboard::new(&self.contestants, &self.market)
    }

    /// How things stand, to be shown.
    pub fn picture(&self, seed: u64) -> Picture {
        let engine = self.market.engine();
        let stats = engine.stats();
        let heading = format!(
            "seed {seed}  {} s  {} commands  {} trades  {} resting",
            seconds(engine.time()),
            grouped(stats.commands),
            grouped(stats.trades),
            stats.resting,
        );
        let books = instruments().map(|(id, listing)| self.book(id, listing)).collect();
        Picture { heading, books, standings: self.leaderboard() }
    }

    fn book(&self, id: InstrumentId, listing: &'static Listing) -> Book {
        let engine = self.market.engine();
        let depth = engine.depth(id, LEVELS);
        let rows = |levels: &[DepthLevel]| {
            levels.iter().map(|level| (level.price, level.quantity)).collect()
        };
        let last = engine.instrument_terms(id).last;
        Book { listing, bids: rows(&depth.bids), asks: rows(&depth.asks), last }
    }
}

/// Seconds of venue time since the demo began, with one place.
fn seconds(now: Timestamp) -> String {
    const TENTH: u64 = Timestamp::SECOND / 10;
    let tenths = (now.0.saturating_sub(START.0) + TENTH / 2) / TENTH;
    decimal::text(tenths.into(), 1)
}

#[cfg(test)]
mod tests {
    use ringside_engine::audit;

    use super::*;

    const NEVER: Timestamp = Timestamp(u64::MAX);

    fn after(seed: u64, commands: u64) -> Crowd {
        let mut crowd = Crowd::new(seed);
        crowd.trade(Until { time: NEVER, commands });
        crowd
    }

    #[test]
    fn a_seed_and_a_number_of_commands_decide_everything() {
        // ENG-023, BOT-027
        let hash = |crowd: &Crowd| crowd.market().engine().state_hash();
        let first = after(1, 5_000);
        assert_eq!(first.sequence(), 5_000);
        assert_eq!(hash(&first), hash(&after(1, 5_000)));
        assert_ne!(hash(&first), hash(&after(2, 5_000)));
        let mut in_pieces = after(1, 700);
        for milliseconds in 0..200 {
            let time = Timestamp(START.0 + milliseconds * 1_000_000);
            in_pieces.trade(Until { time, commands: 5_000 });
        }
        in_pieces.trade(Until { time: NEVER, commands: 5_000 });
        assert_eq!(hash(&first), hash(&in_pieces), "pauses are of no consequence");
    }

    #[test]
    fn everybody_trades_and_the_books_stay_in_order() {
        // BOT-026, LED-034
        let crowd = after(42, 50_000);
        let engine = crowd.market().engine();
        assert_eq!(audit::check(engine), Ok(()));
        let stats = engine.stats();
        assert!(stats.trades > 5_000, "{} trades", stats.trades);
        assert!(stats.rejected < stats.commands / 50, "{} refused", stats.rejected);
        for (id, listing) in instruments() {
            assert!(engine.turnover(id).volume > 0, "{} never traded", listing.symbol);
            let depth = engine.depth(id, 3);
            assert!(depth.bids.len() == 3 && depth.asks.len() == 3, "{} is thin", listing.symbol);
        }
        for row in crowd.leaderboard().rows() {
            assert_ne!(row.profit(), 0, "{} never traded", row.name);
        }
    }
}
