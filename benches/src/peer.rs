//! The peer: orderbook-rs, run on the same flow as it is meant to be used.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use orderbook_rs::{Id, OrderBook, Side, TimeInForce, TradeResult};
use pricelevel::{OrderUpdate, Price};

use crate::flow::{Kind, PREFILL, Record, Totals};

/// Its book, with the prefill in it.
pub struct Peer {
    book: OrderBook<()>,
    counted: Arc<Counted>,
}

#[derive(Default)]
struct Counted {
    trades: AtomicU64,
    volume: AtomicU64,
    notional: AtomicU64,
}

impl Counted {
    fn count(&self, result: &TradeResult) {
        for trade in result.match_result.trades().as_vec() {
            let (price, quantity) = (trade.price().as_u128() as u64, trade.quantity().as_u64());
            self.trades.fetch_add(1, Ordering::Relaxed);
            self.volume.fetch_add(quantity, Ordering::Relaxed);
            self.notional.fetch_add(price * quantity, Ordering::Relaxed);
        }
    }
}

impl Peer {
    /// Its book, with the prefill in it.
    pub fn ready(records: &[Record]) -> Self {
        let counted = Arc::new(Counted::default());
        let listener = Arc::clone(&counted);
        let book = OrderBook::with_trade_listener("X", Arc::new(move |r| listener.count(r)));
        let peer = Self { book, counted };
        records[..PREFILL].iter().for_each(|record| peer.apply(record));
        peer
    }

    /// Runs the timed part.
    pub fn run(&self, records: &[Record]) {
        records[PREFILL..].iter().for_each(|record| self.apply(record));
    }

    fn apply(&self, record: &Record) {
        let id = Id::Sequential(record.id);
        // What it refuses, it refuses: its totals are checked.
        match record.kind {
            Kind::Limit | Kind::Ioc => {
                let time_in_force =
                    if record.kind == Kind::Ioc { TimeInForce::Ioc } else { TimeInForce::Gtc };
                let side = if record.is_buy { Side::Buy } else { Side::Sell };
                let (price, quantity) = (u128::from(record.price), u64::from(record.quantity));
                let _ = self.book.add_limit_order(id, price, quantity, side, time_in_force, None);
            }
            Kind::Cancel => {
                let _ = self.book.cancel_order(id);
            }
            Kind::Reprice => {
                let new_price = Price::new(u128::from(record.price));
                let _ =
                    self.book.update_order(OrderUpdate::UpdatePrice { order_id: id, new_price });
            }
        }
    }

    /// What the timed part came to.
    pub fn totals(&self) -> Totals {
        Totals {
            trades: self.counted.trades.load(Ordering::Relaxed),
            volume: self.counted.volume.load(Ordering::Relaxed),
            notional: self.counted.notional.load(Ordering::Relaxed),
        }
    }
}
