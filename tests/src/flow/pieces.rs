//! The pieces that random commands are made of.

use ringside_protocol::*;

use super::{Flow, Prices, name};

impl Flow {
    pub(super) fn say(&mut self, command: impl Into<Command>) {
        self.put(Origin::default(), command);
    }

    pub(super) fn put(&mut self, origin: Origin, command: impl Into<Command>) {
        self.commands.push(Sequenced {
            sequence: Sequence(self.commands.len() as u64 + 1),
            time: Timestamp(self.time),
            origin,
            command: command.into(),
        });
    }

    pub(super) fn deposit(&mut self, account: AccountId, currency: CurrencyId, amount: i128) {
        self.say(Transfer { account, currency, amount: GivenAmount::of(amount) });
    }

    /// Mostly nobody's; now and then by a stream or a key, and sometimes another account's.
    pub(super) fn origin_for(&mut self, account: AccountId) -> Origin {
        let mut origin = Origin::default();
        if self.random.chance(self.shape.by_stream, 100) {
            let own = self.streams.iter().position(|(owner, _)| *owner == account);
            let any = self.random.below(self.streams.len() as u64);
            let any = if self.random.chance(1, 8) { None } else { own }.unwrap_or(any as usize);
            origin.stream = StreamId(any as u32);
        }
        if self.random.chance(1, 20) {
            // Now and then it was sent in the session before, or in one that has not begun.
            origin.session = SessionNumber(self.session - 1 + self.random.below(3) as u32);
        }
        if self.random.chance(4, 100) {
            origin.key = KeyId(self.random.below(self.keys.len() as u64) as u32);
        }
        origin
    }

    pub(super) fn any_account(&mut self) -> AccountId {
        // The one that may only read seldom speaks.
        let readers = u64::from(self.random.chance(1, 60));
        AccountId(self.random.below(u64::from(self.shape.accounts) - 1 + readers) as u32)
    }

    pub(super) fn any_instrument(&mut self) -> InstrumentId {
        InstrumentId(self.random.below(u64::from(self.shape.instruments)) as u32)
    }

    pub(super) fn tag(&mut self) -> Name {
        self.random.pick(&[Name::ABSENT, Name::ABSENT, name("red"), name("blue")])
    }

    /// A new id, but now and then one that was used before.
    pub(super) fn new_id(&mut self, account: AccountId) -> Name {
        let used = &self.ids[account.index()];
        if !used.is_empty() && self.random.chance(3, 100) {
            return used[self.random.below(used.len() as u64) as usize];
        }
        self.ids_made += 1;
        let id = name(&format!("o{}", self.ids_made));
        self.ids[account.index()].push(id);
        id
    }

    /// An order of an account, mostly one of its last; now and then long gone, or never there.
    pub(super) fn target(&mut self) -> (AccountId, OrderRef) {
        let account = self.any_account();
        let used = &self.ids[account.index()];
        let count = used.len() as u64;
        let back = match self.random.below(20) {
            0 => return (account, OrderRef::id(name("nobody"))),
            1..4 => count,
            _ => count.min(if matches!(self.shape.prices, Prices::Wide) { 400 } else { 12 }),
        };
        if back == 0 {
            return (account, OrderRef::id(name("early")));
        }
        let at = count - 1 - self.random.below(back);
        (account, OrderRef::id(used[at as usize]))
    }

    pub(super) fn price(&mut self, side: Side) -> GivenPrice {
        match self.random.below(200) {
            0 => GivenPrice::refused(self.random.pick(&REFUSALS)),
            1 => GivenPrice::of(Price::MAX),
            2 => GivenPrice::ABSENT,
            _ => {
                let ticks = self.ordinary_price(side);
                Price::new(ticks).map_or(GivenPrice::ABSENT, GivenPrice::of)
            }
        }
    }

    pub(super) fn ordinary_price(&mut self, side: Side) -> u64 {
        match self.shape.prices {
            Prices::Narrow { low, high } => {
                let middle = low.midpoint(high);
                match side {
                    _ if self.random.chance(self.shape.aggressive, 100) => {
                        self.random.within(low, high)
                    }
                    Side::Buy => self.random.within(low, middle + 1),
                    Side::Sell => self.random.within(middle - 1, high),
                }
            }
            Prices::Wide => self.wide_price(side),
        }
    }

    pub(super) fn wide_price(&mut self, side: Side) -> u64 {
        self.drift();
        if self.random.chance(2, 100) {
            return self.random.pick(&[1, 2, 255, 256, 1 << 20, UNITS_MAX - 1, UNITS_MAX]);
        }
        let reach = self.random.pick(&[4, 40, 400, 40_000, 1 << 33]);
        let away = self.random.below(reach);
        let through = self.random.chance(self.shape.aggressive, 100);
        let below = (side == Side::Buy) != through;
        let price =
            if below { self.middle.saturating_sub(away) } else { self.middle.saturating_add(away) };
        price.clamp(1, UNITS_MAX)
    }

    /// The middle walks; now and then it leaves for another order of magnitude.
    pub(super) fn drift(&mut self) {
        if self.random.chance(1, 500) {
            self.middle = 1 << self.random.within(3, 62);
        }
        let step = self.random.below(7);
        self.middle = (self.middle + step).saturating_sub(3).clamp(1, UNITS_MAX);
    }

    pub(super) fn quantity(&mut self) -> GivenQuantity {
        match self.random.below(200) {
            0 => GivenQuantity::refused(self.random.pick(&REFUSALS)),
            1 => GivenQuantity::of(Quantity::MAX),
            2 => GivenQuantity::ABSENT,
            3..6 => lots(self.shape.quantity_max * 10),
            _ => lots(self.random.within(1, self.shape.quantity_max)),
        }
    }
}

/// How numbers that do not fit travel.
const REFUSALS: [Reason; 4] = [Reason::BadValue, Reason::Overflow, Reason::Tick, Reason::Lot];

fn lots(lots: u64) -> GivenQuantity {
    Quantity::new(lots).map_or(GivenQuantity::ABSENT, GivenQuantity::of)
}
