//! Orders as one line: the fields of OUCH that matter here, the others with what they usually are.
//!
//! ```
//! use ringside_client::order::{Life, NewOrder, symbol};
//! use ringside_protocol::Side;
//!
//! let order = NewOrder::limit(Side::Buy, symbol("SOL"), 10, 9_950).named("scalp-1");
//! assert_eq!(order.enter(7).user_ref, 7);
//! assert_eq!(order.life(Life::ImmediateOrCancel).life, Life::ImmediateOrCancel);
//! ```

use ringside_protocol::Side;
use ringside_protocol::wire::ouch::{
    Appendages, Capacity, ClientId, CrossType, Display, Enter, MARKET_PRICE, PostOnly, Replace,
    Side as WireSide, Sweep, Symbol, TimeInForce, YesNo,
};

/// How long an order lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Life {
    /// Until it executes or is cancelled.
    #[default]
    GoodTillCancel,
    /// It executes what it can at once, the rest is cancelled.
    ImmediateOrCancel,
    /// It executes whole at once, or not at all.
    FillOrKill,
}

/// An instrument by its wire symbol.
///
/// # Panics
/// Where it is longer than 8 characters or not printable ASCII.
pub fn symbol(text: &str) -> Symbol {
    Symbol::new(text).expect("a wire symbol has at most 8 printable characters")
}

/// An order that has no number yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewOrder {
    /// Which instrument.
    pub symbol: Symbol,
    /// Buy or sell.
    pub side: Side,
    /// What it asks for.
    pub terms: Terms,
    /// How long it lives.
    pub life: Life,
}

/// What an order and a replacement have in common.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terms {
    /// Lots.
    pub quantity: u32,
    /// Ticks; [`MARKET_PRICE`] for a market order.
    pub price: u64,
    /// Whether it may only rest.
    pub post_only: bool,
    /// The client's name of it; blank: none.
    pub client_id: ClientId,
}

impl NewOrder {
    /// An order at a limit of so many ticks, good till cancelled.
    pub const fn limit(side: Side, symbol: Symbol, quantity: u32, price: u64) -> Self {
        let terms = Terms { quantity, price, post_only: false, client_id: ClientId::BLANK };
        Self { symbol, side, terms, life: Life::GoodTillCancel }
    }

    /// An order at the market's price: what cannot execute at once is cancelled.
    pub const fn market(side: Side, symbol: Symbol, quantity: u32) -> Self {
        Self::limit(side, symbol, quantity, MARKET_PRICE).life(Life::ImmediateOrCancel)
    }

    /// With another life.
    pub const fn life(self, life: Life) -> Self {
        Self { life, ..self }
    }

    /// Refused where it would take.
    pub const fn post_only(self) -> Self {
        Self { terms: Terms { post_only: true, ..self.terms }, ..self }
    }

    /// With a name of the client's own, echoed when it is accepted.
    ///
    /// # Panics
    /// Where it is longer than 14 characters or not printable ASCII.
    pub fn named(self, name: &str) -> Self {
        let client_id = ClientId::new(name).expect("a name has at most 14 printable characters");
        Self { terms: Terms { client_id, ..self.terms }, ..self }
    }

    /// The message, under this number.
    pub fn enter(&self, user_ref: u32) -> Enter {
        let Terms { quantity, price, client_id, .. } = self.terms;
        let (time_in_force, appendages) = self.terms.ways(self.life);
        Enter {
            user_ref,
            side: match self.side {
                Side::Buy => WireSide::Buy,
                Side::Sell => WireSide::Sell,
            },
            quantity,
            symbol: self.symbol,
            price,
            time_in_force,
            display: Display::Visible,
            capacity: Capacity::Other,
            sweep: Sweep::NotEligible,
            cross: CrossType::Continuous,
            client_id,
            appendages,
        }
    }
}

impl Terms {
    /// An order's new terms: lots in all, executed ones included, at so many ticks.
    pub const fn new(quantity: u32, price: u64) -> Self {
        Self { quantity, price, post_only: false, client_id: ClientId::BLANK }
    }

    /// The message that puts an order with these in the place of another.
    pub fn replace(&self, original_user_ref: u32, user_ref: u32, life: Life) -> Replace {
        let (time_in_force, appendages) = self.ways(life);
        Replace {
            original_user_ref,
            user_ref,
            quantity: self.quantity,
            price: self.price,
            time_in_force,
            display: Display::Visible,
            sweep: Sweep::NotEligible,
            client_id: self.client_id,
            appendages,
        }
    }

    fn ways(&self, life: Life) -> (TimeInForce, Appendages) {
        let mut appendages = Appendages::NONE;
        appendages.post_only = self.post_only.then_some(PostOnly::Yes);
        let time = match life {
            Life::GoodTillCancel => {
                appendages.good_till_cancel = Some(YesNo::Yes);
                TimeInForce::Day
            }
            Life::ImmediateOrCancel => TimeInForce::ImmediateOrCancel,
            Life::FillOrKill => {
                appendages.min_quantity = Some(self.quantity);
                TimeInForce::ImmediateOrCancel
            }
        };
        (time, appendages)
    }
}
