//! What a match does to both accounts: executions, the public print, postings, positions and lots,
//! in one step and in this order, the maker before the taker.

use ringside_protocol::{
    AccountId, EventKind, Executed, Liquidity, LotClosed, OrderId, OrderType, Position, Posting,
    Purpose, Report, Side, StreamId, Trade, TradeId,
};

use crate::Engine;
use crate::book::{Book, Node};
use crate::ledger::{fee, hold_per_lot};
use crate::orders::Incoming;
use crate::out::{EventSink, Out};
use crate::portfolio::{Lot, share};

/// Buffers that are reused, so that settling does not allocate.
#[derive(Default, Debug)]
pub(crate) struct Scratch {
    lots_closed: Vec<LotClosed>,
}

/// An incoming order and the resting order it meets. The incoming order's leaves and executed
/// quantity are already those after the match, the resting node's those before.
pub(crate) struct Match<'a> {
    pub(crate) incoming: &'a Incoming,
    pub(crate) resting: &'a Node,
    pub(crate) quantity: u64,
}

/// One side of a match.
#[derive(Clone, Copy, Debug)]
struct Party {
    holding: u32,
    order: OrderId,
    side: Side,
    liquidity: Liquidity,
    /// The order's own price, ticks; 0 for a market order.
    order_price: u64,
    /// Held for each lot at this match.
    hold_per_lot: u64,
    cumulative: u64,
    leaves: u64,
    fee: i128,
    stream: StreamId,
    user_ref: u32,
}

/// What both sides of a match share.
#[derive(Clone, Copy, Debug)]
struct Terms {
    instrument: usize,
    trade: TradeId,
    /// Ticks.
    price: u64,
    /// Lots.
    quantity: u64,
    /// Smallest quote units.
    notional: i128,
}

impl<B: Book> Engine<B> {
    /// Settles a match.
    #[inline(always)]
    pub(crate) fn settle<S: EventSink>(&mut self, met: &Match<'_>, out: &mut Out<'_, S>) {
        let terms = self.terms_of(met);
        let maker = self.maker(met, &terms);
        let taker = self.taker(met, &terms);
        self.emit_executed(&maker, &terms, out);
        self.emit_executed(&taker, &terms, out);
        self.print(&taker, &terms, out);
        if self.venue.matching_only {
            return;
        }
        let (buyer, seller) = match maker.side {
            Side::Buy => (&maker, &taker),
            Side::Sell => (&taker, &maker),
        };
        self.post(buyer, seller, &maker, &taker, &terms, out);
        self.book_positions(buyer, seller, maker.side, &terms, out);
    }

    #[inline(always)]
    fn terms_of(&self, met: &Match<'_>) -> Terms {
        let instrument = met.incoming.instrument();
        let scales = &self.instruments[instrument].scales;
        let ticks_lots = u128::from(met.resting.price) * u128::from(met.quantity);
        Terms {
            instrument,
            trade: TradeId(self.venue.last_trade),
            price: met.resting.price,
            quantity: met.quantity,
            // The filters keep an order's notional, and so every part of it, within range.
            notional: (ticks_lots * u128::from(scales.quote_per_tick_lot)) as i128,
        }
    }

    #[inline(always)]
    fn maker(&self, met: &Match<'_>, terms: &Terms) -> Party {
        let node = met.resting;
        Party {
            holding: node.holding,
            order: node.order,
            side: node.terms.side,
            liquidity: Liquidity::Maker,
            order_price: node.price,
            hold_per_lot: node.hold_per_lot,
            cumulative: node.executed + met.quantity,
            leaves: node.leaves - met.quantity,
            fee: self.fee_of(terms, Liquidity::Maker),
            stream: node.stream,
            user_ref: node.user_ref,
        }
    }

    #[inline(always)]
    fn taker(&self, met: &Match<'_>, terms: &Terms) -> Party {
        let incoming = met.incoming;
        Party {
            holding: incoming.holding,
            order: incoming.order,
            side: incoming.side,
            liquidity: Liquidity::Taker,
            order_price: incoming.price,
            hold_per_lot: self.hold_at(incoming, terms.price),
            cumulative: incoming.executed,
            leaves: incoming.leaves,
            fee: self.fee_of(terms, Liquidity::Taker),
            stream: incoming.name.origin.stream,
            user_ref: incoming.name.user_ref,
        }
    }

    #[inline(always)]
    fn fee_of(&self, terms: &Terms, liquidity: Liquidity) -> i128 {
        if self.venue.matching_only {
            return 0;
        }
        let instrument = &self.instruments[terms.instrument];
        match liquidity {
            Liquidity::Maker => fee(terms.notional, instrument.maker_fee),
            Liquidity::Taker => fee(terms.notional, instrument.taker_fee),
        }
    }

    /// What an incoming order holds for a lot that trades at this price.
    #[inline(always)]
    pub(crate) fn hold_at(&self, incoming: &Incoming, price: u64) -> u64 {
        if (incoming.kind, incoming.side) != (OrderType::Market, Side::Buy) {
            return incoming.hold_per_lot;
        }
        let terms = &self.instruments[incoming.instrument()];
        hold_per_lot(price, terms.scales.quote_per_tick_lot, terms.worst_fee())
            .expect("Invariant: the walk before found it within range")
    }

    #[inline(always)]
    fn emit_executed<S: EventSink>(&mut self, party: &Party, terms: &Terms, out: &mut Out<'_, S>) {
        let report: Report = self.streams.report(party.stream, party.user_ref, EventKind::Executed);
        let holding = self.holdings.at(party.holding);
        out.emit(Executed {
            account: holding.account,
            instrument: holding.instrument,
            order: party.order,
            trade: terms.trade,
            price: terms.price,
            quantity: terms.quantity,
            cumulative: party.cumulative,
            leaves: party.leaves,
            fee: party.fee.into(),
            side: party.side,
            liquidity: party.liquidity,
            reserved: [0; 2],
            report,
        });
    }

    #[inline(always)]
    fn print<S: EventSink>(&mut self, taker: &Party, terms: &Terms, out: &mut Out<'_, S>) {
        let instrument = &mut self.instruments[terms.instrument];
        instrument.last = Some(terms.price);
        instrument.turnover.volume += u128::from(terms.quantity);
        instrument.turnover.notional += terms.notional as u128;
        out.emit(Trade {
            instrument: ringside_protocol::InstrumentId(terms.instrument as u32),
            side: taker.side,
            reserved: [0; 3],
            trade: terms.trade,
            price: terms.price,
            quantity: terms.quantity,
        });
    }

    /// Money for goods, goods for money, and the fees (LED-004, X-LED-002).
    #[inline(always)]
    fn post<S: EventSink>(
        &mut self,
        buyer: &Party,
        seller: &Party,
        maker: &Party,
        taker: &Party,
        terms: &Terms,
        out: &mut Out<'_, S>,
    ) {
        self.release(buyer, terms);
        self.release(seller, terms);
        let goods = i128::from(self.instruments[terms.instrument].scales.base_per_lot)
            * i128::from(terms.quantity);
        let (buyer_at, seller_at) =
            (self.holdings.at(buyer.holding), self.holdings.at(seller.holding));
        let (pays, gets) = (buyer_at.quote, seller_at.quote);
        let (takes, gives) = (buyer_at.base, seller_at.base);
        self.transfer(pays, gets, terms.notional, out);
        self.transfer(gives, takes, goods, out);
        self.charge(maker, out);
        self.charge(taker, out);
    }

    /// The lots of a match are open no more, and what was held for them is available.
    #[inline(always)]
    fn release(&mut self, party: &Party, terms: &Terms) {
        let holding = self.holdings.at_mut(party.holding);
        holding.closed(party.side, terms.quantity, party.order_price);
        let hold = u128::from(party.hold_per_lot) * u128::from(terms.quantity);
        self.balances.at_mut(holding.hold_place(party.side)).hold(-(hold as i128));
    }

    /// Moves money from one account to another, both given by the place of their balance.
    #[inline(always)]
    fn transfer<S: EventSink>(&mut self, from: u32, to: u32, units: i128, out: &mut Out<'_, S>) {
        self.balances.at_mut(from).credit(-units);
        self.credit(to, units);
        let (debit, credit) = (self.balances.row(from), self.balances.row(to));
        out.emit(Posting {
            debit: debit.account,
            credit: credit.account,
            currency: debit.currency,
            purpose: Purpose::Trade,
            reserved: [0; 3],
            amount: units.into(),
            debit_total: debit.balance.total().into(),
            debit_held: debit.balance.held.into(),
            credit_total: credit.balance.total().into(),
            credit_held: credit.balance.held.into(),
        });
    }

    /// Credits a balance; an account's first contact with a currency is remembered in order.
    #[inline(always)]
    pub(crate) fn credit(&mut self, place: u32, units: i128) {
        if self.balances.credit(place, units) {
            let account = self.balances.row(place).account;
            self.accounts[account.index()].balances.push(place);
        }
    }

    /// A fee goes to the venue; a rebate comes back.
    #[inline(always)]
    fn charge<S: EventSink>(&mut self, party: &Party, out: &mut Out<'_, S>) {
        if party.fee == 0 {
            return;
        }
        let place = self.holdings.at(party.holding).quote;
        self.balances.at_mut(place).credit(-party.fee);
        let row = *self.balances.row(place);
        let treasury = &mut self.treasury[row.currency.index()];
        treasury.fees += party.fee;
        let (account, venue) = ((row.account, row.balance), (AccountId::FEES, treasury.fees));
        let (total, held) = (account.1.total(), account.1.held);
        let is_fee = party.fee > 0;
        out.emit(Posting {
            debit: if is_fee { account.0 } else { venue.0 },
            credit: if is_fee { venue.0 } else { account.0 },
            currency: row.currency,
            purpose: Purpose::Fee,
            reserved: [0; 3],
            amount: party.fee.abs().into(),
            debit_total: if is_fee { total } else { venue.1 }.into(),
            debit_held: if is_fee { held } else { 0 }.into(),
            credit_total: if is_fee { venue.1 } else { total }.into(),
            credit_held: if is_fee { 0 } else { held }.into(),
        });
    }

    /// The buyer's new lot, the seller's consumed ones; positions first, then the lots closed.
    #[inline(always)]
    fn book_positions<S: EventSink>(
        &mut self,
        buyer: &Party,
        seller: &Party,
        maker_side: Side,
        terms: &Terms,
        out: &mut Out<'_, S>,
    ) {
        let mut lots_closed = core::mem::take(&mut self.scratch.lots_closed);
        if maker_side == Side::Buy {
            self.add_lot(buyer, terms, out);
        }
        self.consume_lots(seller, terms, &mut lots_closed, out);
        if maker_side == Side::Sell {
            self.add_lot(buyer, terms, out);
        }
        lots_closed.drain(..).for_each(|closed| out.emit(closed));
        self.scratch.lots_closed = lots_closed;
    }

    #[inline(always)]
    fn add_lot<S: EventSink>(&mut self, buyer: &Party, terms: &Terms, out: &mut Out<'_, S>) {
        let holding = self.holdings.at_mut(buyer.holding);
        // The filters keep quantities below 2^63; what the market holds of a base is a deposit.
        holding.position += terms.quantity as i64;
        holding.cost += terms.notional;
        let lot = Lot {
            quantity: terms.quantity,
            price: terms.price,
            order: buyer.order,
            trade: terms.trade,
            fee: buyer.fee,
        };
        self.lots.push(&mut holding.lots, lot);
        self.emit_position(buyer.holding, out);
    }

    /// A sale consumes the oldest lots first (LED-014); what finds none is an orphan and no position
    /// (LED-023).
    fn consume_lots<S: EventSink>(
        &mut self,
        seller: &Party,
        terms: &Terms,
        closed: &mut Vec<LotClosed>,
        out: &mut Out<'_, S>,
    ) {
        let quote_per_tick_lot =
            i128::from(self.instruments[terms.instrument].scales.quote_per_tick_lot);
        let holding = self.holdings.at_mut(seller.holding);
        let (mut unsold, mut unshared) = (terms.quantity, seller.fee);
        while unsold > 0 {
            let mut row = LotClosed {
                account: holding.account,
                instrument: holding.instrument,
                buy_order: OrderId(0),
                buy_trade: TradeId(0),
                sell_order: seller.order,
                sell_trade: terms.trade,
                quantity: unsold,
                buy_price: 0,
                sell_price: terms.price,
                buy_fee: 0.into(),
                sell_fee: unshared.into(),
            };
            if let Some(lot) = self.lots.front_mut(&holding.lots) {
                row.quantity = unsold.min(lot.quantity);
                (row.buy_order, row.buy_trade, row.buy_price) = (lot.order, lot.trade, lot.price);
                row.buy_fee = lot.take(row.quantity).into();
                row.sell_fee = share(unshared, row.quantity, unsold).into();
                let is_spent = lot.quantity == 0;
                let cost = i128::from(row.buy_price) * i128::from(row.quantity);
                let proceeds = i128::from(row.sell_price) * i128::from(row.quantity);
                holding.position -= row.quantity as i64;
                holding.cost -= cost * quote_per_tick_lot;
                holding.realised += (proceeds - cost) * quote_per_tick_lot;
                if is_spent {
                    self.lots.pop(&mut holding.lots);
                }
            }
            unsold -= row.quantity;
            unshared -= row.sell_fee.units();
            closed.push(row);
        }
        if closed.iter().any(|row| !row.is_orphan()) {
            self.emit_position(seller.holding, out);
        }
    }

    #[inline(always)]
    fn emit_position<S: EventSink>(&self, holding: u32, out: &mut Out<'_, S>) {
        let holding = self.holdings.at(holding);
        out.emit(Position {
            account: holding.account,
            instrument: holding.instrument,
            quantity: holding.position,
            cost: holding.cost.into(),
            realised: holding.realised.into(),
        });
    }
}
