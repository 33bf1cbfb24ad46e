//! A holding: one account in one instrument. It joins what an order needs (the two balances, the
//! position, open quantities, the limits in force), so that one look-up finds it all.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use ringside_protocol::{AccountId, InstrumentId, Permissions, SelfTrade, Side};

use super::Queue;
use crate::book::SlotIndex;
use crate::risk::HoldingLimits;

/// One account in one instrument.
///
/// ```text
/// line 0  whose, balances, open quantities, position, own orders, switches   every order
/// line 1  value of open orders, limits                                       every order
/// line 2  cost, realised P&L, lots                                           every trade
/// ```
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(crate) struct Holding {
    pub(crate) account: AccountId,
    pub(crate) instrument: InstrumentId,
    /// Place of the base balance.
    pub(crate) base: u32,
    /// Place of the quote balance.
    pub(crate) quote: u32,
    /// Lots of open buys.
    pub(crate) open_buy: u64,
    /// Lots of open sells.
    pub(crate) open_sell: u64,
    /// Lots bought through the venue and not sold.
    pub(crate) position: i64,
    /// The oldest open order.
    pub(crate) oldest: SlotIndex,
    /// The youngest open order.
    pub(crate) youngest: SlotIndex,
    /// How many orders are open.
    pub(crate) open_orders: u32,
    /// The account's kill switch in this instrument.
    pub(crate) killed: bool,
    /// Whether any kill switch reaches it: its own, the account's, the instrument's, the venue's.
    pub(crate) blocked: bool,
    /// What the account may do.
    pub(crate) permissions: Permissions,
    /// The account's self-trade mode.
    pub(crate) self_trade: SelfTrade,
    /// The limits in force.
    pub(crate) limits: HoldingLimits,
    /// Σ price × leaves of open orders, ticks × lots.
    pub(crate) open_value: u128,
    /// What the open lots cost, smallest quote units.
    pub(crate) cost: i128,
    /// P&L realised so far, fees apart, smallest quote units.
    pub(crate) realised: i128,
    /// The open lots.
    pub(crate) lots: Queue,
}

const _: () = {
    use core::mem::{offset_of, size_of};
    assert!(offset_of!(Holding, limits) <= 64);
    assert!(offset_of!(Holding, cost) == 128);
    assert!(size_of::<Holding>() == 192);
};

impl Holding {
    fn new(account: AccountId, instrument: InstrumentId, base: u32, quote: u32) -> Self {
        Self {
            account,
            instrument,
            base,
            quote,
            open_buy: 0,
            open_sell: 0,
            open_value: 0,
            position: 0,
            cost: 0,
            realised: 0,
            lots: Queue::EMPTY,
            oldest: SlotIndex::NONE,
            youngest: SlotIndex::NONE,
            open_orders: 0,
            killed: false,
            blocked: false,
            permissions: Permissions::NONE,
            self_trade: SelfTrade::RejectTaker,
            limits: HoldingLimits::default(),
        }
    }

    /// Lots of open orders of a side.
    #[inline(always)]
    pub(crate) const fn open(&self, side: Side) -> u64 {
        match side {
            Side::Buy => self.open_buy,
            Side::Sell => self.open_sell,
        }
    }

    /// So many more lots are open at this price (0 for a market order).
    #[inline(always)]
    pub(crate) fn opened(&mut self, side: Side, lots: u64, price: u64) {
        match side {
            Side::Buy => self.open_buy += lots,
            Side::Sell => self.open_sell += lots,
        }
        self.open_value += u128::from(lots) * u128::from(price);
    }

    /// So many lots at this price are open no more.
    #[inline(always)]
    pub(crate) fn closed(&mut self, side: Side, lots: u64, price: u64) {
        match side {
            Side::Buy => self.open_buy -= lots,
            Side::Sell => self.open_sell -= lots,
        }
        self.open_value -= u128::from(lots) * u128::from(price);
    }

    /// The balance that an order of this side holds in.
    #[inline(always)]
    pub(crate) const fn hold_place(&self, side: Side) -> u32 {
        match side {
            Side::Buy => self.quote,
            Side::Sell => self.base,
        }
    }
}

/// Both ids in one word, which hashes faster than two.
const fn key(account: AccountId, instrument: InstrumentId) -> u64 {
    (account.0 as u64) << 32 | instrument.0 as u64
}

/// Every holding, found by account and instrument.
#[derive(Default, Debug)]
pub(crate) struct Holdings {
    rows: Vec<Holding>,
    places: HashMap<u64, u32, FixedState>,
}

impl Holdings {
    #[inline(always)]
    pub(crate) fn find(&self, account: AccountId, instrument: InstrumentId) -> Option<u32> {
        self.places.get(&key(account, instrument)).copied()
    }

    /// A new holding; there must be none yet.
    pub(crate) fn add(
        &mut self,
        account: AccountId,
        instrument: InstrumentId,
        base: u32,
        quote: u32,
    ) -> u32 {
        let place = self.rows.len() as u32;
        let before = self.places.insert(key(account, instrument), place);
        assert!(before.is_none(), "Invariant: one holding for an account in an instrument");
        self.rows.push(Holding::new(account, instrument, base, quote));
        place
    }

    #[inline(always)]
    pub(crate) fn at(&self, place: u32) -> &Holding {
        &self.rows[place as usize]
    }

    #[inline(always)]
    pub(crate) fn at_mut(&mut self, place: u32) -> &mut Holding {
        &mut self.rows[place as usize]
    }

    /// Every holding, in order of first contact.
    pub(crate) fn rows(&self) -> &[Holding] {
        &self.rows
    }
}
