//! The reference order flow "mixed-2M": the deterministic command stream that every speed claim of
//! the matching core refers to. Two million commands with seed 42 must give [`Totals::MIXED_2M`].
//!
//! Prices are ticks, quantities lots. The first [`PREFILL`] records fill the book and are not timed.
//! Owners meet themselves now and then; whoever runs the flow gives a user's buys and sells to two
//! accounts, or turns self-trade prevention off.

use std::collections::{BTreeMap, HashMap, VecDeque};

/// Records that fill the book before the clock starts.
pub const PREFILL: usize = 1_000;

/// Users that own orders: 1 to this.
pub const USERS: u64 = 1_000;

/// What a record asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A limit order that rests.
    Limit,
    /// A limit order, immediate or cancel.
    Ioc,
    /// The end of an order.
    Cancel,
    /// The same order and remaining quantity at a new price, behind others there; never crosses.
    Reprice,
}

/// One command of the flow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Record {
    /// What is asked.
    pub kind: Kind,
    /// True for a buy.
    pub is_buy: bool,
    /// Lots; of a cancel or reprice, what remains.
    pub quantity: u32,
    /// The order: 1, 2, 3, … in order of entry.
    pub id: u64,
    /// Ticks.
    pub price: u64,
    /// The owner, 1 to [`USERS`]; noise on a cancel or reprice.
    pub user: u64,
}

/// What running a flow must come to, the prefill left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    /// Matches.
    pub trades: u64,
    /// Lots.
    pub volume: u64,
    /// Ticks × lots, at the resting orders' prices.
    pub notional: u64,
}

impl Totals {
    /// Two million commands, seed 42.
    pub const MIXED_2M: Self =
        Self { trades: 305_977, volume: 7_993_940, notional: 261_376_939_264 };
}

/// splitmix64; `below(n)` is the high half of a 128-bit product.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }
}

/// A plain book: it decides what cancels and reprices may refer to, and the expected totals.
#[derive(Default)]
struct PlainBook {
    bids: BTreeMap<u64, VecDeque<(u64, u32)>>,
    asks: BTreeMap<u64, VecDeque<(u64, u32)>>,
    /// Side, price and place in `live`.
    orders: HashMap<u64, (bool, u64, usize)>,
    live: Vec<u64>,
    totals: Totals,
}

impl PlainBook {
    fn side(&mut self, is_buy: bool) -> &mut BTreeMap<u64, VecDeque<(u64, u32)>> {
        if is_buy { &mut self.bids } else { &mut self.asks }
    }

    fn best(&self, is_buy: bool) -> Option<u64> {
        let key = if is_buy { self.bids.keys().next_back() } else { self.asks.keys().next() };
        key.copied()
    }

    fn forget(&mut self, id: u64) {
        let (_, _, at) = self.orders.remove(&id).expect("a live order");
        self.live.swap_remove(at);
        if let Some(moved) = self.live.get(at) {
            self.orders.get_mut(moved).expect("a live order").2 = at;
        }
    }

    fn add(&mut self, is_buy: bool, id: u64, price: u64, mut quantity: u32, rests: bool) {
        let crosses = |best: &u64| if is_buy { *best <= price } else { *best >= price };
        while quantity > 0 {
            let Some(best) = self.best(!is_buy).filter(crosses) else { break };
            let level = self.side(!is_buy).get_mut(&best).expect("a best level");
            let front = level.front_mut().expect("a level has orders");
            let traded = front.1.min(quantity);
            front.1 -= traded;
            quantity -= traded;
            let (resting, is_done) = (front.0, front.1 == 0);
            if is_done {
                level.pop_front();
            }
            if level.is_empty() {
                self.side(!is_buy).remove(&best);
            }
            self.totals.trades += 1;
            self.totals.volume += u64::from(traded);
            self.totals.notional += u64::from(traded) * best;
            if is_done {
                self.forget(resting);
            }
        }
        if rests && quantity > 0 {
            self.side(is_buy).entry(price).or_default().push_back((id, quantity));
            self.orders.insert(id, (is_buy, price, self.live.len()));
            self.live.push(id);
        }
    }

    fn cancel(&mut self, id: u64) -> u32 {
        let (is_buy, price, _) = self.orders[&id];
        let level = self.side(is_buy).get_mut(&price).expect("an order's level");
        let at = level.iter().position(|order| order.0 == id).expect("an order in its level");
        let (_, remaining) = level.remove(at).expect("an order in its level");
        if level.is_empty() {
            self.side(is_buy).remove(&price);
        }
        self.forget(id);
        remaining
    }
}

/// The flow of so many commands behind the prefill, and what it must come to.
pub fn mixed(commands: usize, seed: u64) -> (Vec<Record>, Totals) {
    let (mut rng, mut book, mut last_id, mut mid) = (Rng(seed), PlainBook::default(), 0, 32_768i64);
    let mut records = Vec::with_capacity(commands + PREFILL);
    for at in 0..PREFILL {
        last_id += 1;
        let is_buy = at % 2 == 0;
        let price = away(is_buy, mid, 1 + rng.below(50) as i64);
        let quantity = 1 + rng.below(100) as u32;
        book.add(is_buy, last_id, price, quantity, true);
        let user = 1 + rng.below(USERS);
        records.push(Record { kind: Kind::Limit, is_buy, quantity, id: last_id, price, user });
    }
    book.totals = Totals::default();
    for _ in 0..commands {
        match rng.below(64) {
            0 => mid += 1,
            1 => mid -= 1,
            _ => {}
        }
        mid = mid.clamp(30_000, 36_000);
        let record = next_record(&mut rng, &mut book, &mut last_id, mid);
        records.push(record);
    }
    (records, book.totals)
}

fn away(is_buy: bool, mid: i64, offset: i64) -> u64 {
    (if is_buy { mid - offset } else { mid + offset }) as u64
}

fn next_record(rng: &mut Rng, book: &mut PlainBook, last_id: &mut u64, mid: i64) -> Record {
    let draw = rng.below(100);
    let live = book.live.len() as u64;
    let kind = match draw {
        0..40 if live > 1_100 => Kind::Cancel,
        0..40 => Kind::Limit,
        40..50 => Kind::Ioc,
        50..85 if live < 1_000 => Kind::Limit,
        50..85 => Kind::Cancel,
        _ => Kind::Reprice,
    };
    let user = 1 + rng.below(USERS);
    match kind {
        Kind::Limit | Kind::Ioc => {
            *last_id += 1;
            let is_buy = rng.below(2) == 0;
            let offset = if kind == Kind::Limit { rng.below(51) as i64 } else { -5 };
            let price = away(is_buy, mid, offset);
            let quantity = 1 + rng.below(100) as u32;
            book.add(is_buy, *last_id, price, quantity, kind == Kind::Limit);
            Record { kind, is_buy, quantity, id: *last_id, price, user }
        }
        Kind::Cancel => {
            let id = book.live[rng.below(live) as usize];
            let (is_buy, price, _) = book.orders[&id];
            Record { kind, is_buy, quantity: book.cancel(id), id, price, user }
        }
        Kind::Reprice => reprice(rng, book, mid, user),
    }
}

fn reprice(rng: &mut Rng, book: &mut PlainBook, mid: i64, user: u64) -> Record {
    let id = book.live[rng.below(book.live.len() as u64) as usize];
    let (is_buy, old, _) = book.orders[&id];
    let mut price = away(is_buy, mid, 1 + rng.below(50) as i64);
    let outward = |price: u64| if is_buy { price - 1 } else { price + 1 };
    if let Some(other) = book.best(!is_buy)
        && (if is_buy { price >= other } else { price <= other })
    {
        price = outward(other);
    }
    if price == old {
        price = outward(price);
    }
    let quantity = book.cancel(id);
    book.add(is_buy, id, price, quantity, true);
    Record { kind: Kind::Reprice, is_buy, quantity, id, price, user }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_flow_comes_to_its_totals() {
        let (records, totals) = mixed(2_000_000, 42);
        assert_eq!(records.len(), PREFILL + 2_000_000);
        assert_eq!(totals, Totals::MIXED_2M);
    }
}
