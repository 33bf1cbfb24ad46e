//! Everybody who trades in the demo, and who is next. Venue time goes from one bot's turn to the
//! next; the seed alone decides the order of everything.

use ringside_protocol::{AccountId, Command, CurrencyId, Timestamp};

use super::bots::{Bot, View};
use super::fair::Fair;
use super::leaderboard::{Contestant, Leaderboard};
use super::maker::Maker;
use super::market::{LISTINGS, Market, QUOTE, START, instruments};
use super::noise::Noise;
use crate::random::Random;

/// Market makers.
const MAKERS: [&str; 3] = ["alder", "birch", "cedar"];
/// The narrowest and the widest that a maker quotes, millionths of the price; chance decides.
const HALF_SPREADS: (u64, u64) = (140, 180);
/// Noise takers.
const TAKERS: [&str; 5] = ["elm", "fir", "hazel", "juniper", "larch"];

/// What a maker brings beside the grant, of every currency: the worth of so many quote units.
const MAKER_WORTH: i128 = 20_000;

/// From one turn of a bot to its next, on average.
const GAP_NS: u64 = 4_000_000;
/// From one move of what the instruments are worth to the next.
const FAIR_GAP_NS: u64 = 5_000_000;

/// The market with everybody in it.
pub struct Crowd {
    market: Market,
    fair: Fair,
    fair_due: Timestamp,
    random: Random,
    bots: Vec<(Timestamp, Box<dyn Bot>)>,
    contestants: Vec<Contestant>,
    /// What the bot whose turn it is still wants, the last first; and when its turn was.
    wishes: Vec<Command>,
    now: Timestamp,
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
        let maker = Maker::new(account, half_spread, self.market.engine());
        self.add(name, "maker", account, Box::new(maker));
    }

    fn add_taker(&mut self, name: &'static str, random: Random) {
        let account = self.market.open_account(name);
        self.add(name, "noise", account, Box::new(Noise::new(account, random)));
    }

    fn add(&mut self, name: &'static str, kind: &'static str, id: AccountId, bot: Box<dyn Bot>) {
        self.contestants.push(Contestant::new(name, kind, id, &self.market));
        let first = Timestamp(START.0 + self.random.below(2 * GAP_NS));
        self.bots.push((first, bot));
    }

    fn endow(&mut self, account: AccountId) {
        let worth = MAKER_WORTH * 10i128.pow(u32::from(super::market::QUOTE_SCALE));
        self.market.deposit(account, QUOTE, worth);
        for (id, _) in instruments() {
            let terms = self.market.engine().instrument_terms(id);
            let per_lot = i128::from(terms.scales.quote_per_tick_lot)
                * i128::from(LISTINGS[id.index()].opening_price);
            let units = worth / per_lot * i128::from(terms.scales.base_per_lot);
            let base: CurrencyId = terms.base;
            self.market.deposit(account, base, units);
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
        let bots = self.bots.iter().enumerate().map(|(at, (due, _))| (*due, Some(at)));
        bots.chain([(self.fair_due, None)]).min().expect("somebody trades")
    }

    fn move_fair(&mut self) {
        self.fair.step();
        self.fair_due = Timestamp(self.now.0 + FAIR_GAP_NS);
    }

    fn turn(&mut self, at: usize) {
        let gap = self.random.within(1, 2 * GAP_NS);
        let (due, bot) = &mut self.bots[at];
        *due = Timestamp(self.now.0 + gap);
        bot.act(&View { engine: self.market.engine(), fair: &self.fair }, &mut self.wishes);
        self.wishes.reverse();
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
