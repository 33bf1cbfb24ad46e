//! Orders in the dialect's words: the parameters of `order.place`, what an order looks like to
//! those who ask, and the two vocabularies side by side.

use super::error::{Code, RequestError};
use super::params::{Decimal, Params, required};
use crate::{
    AccountId, CancelReason, ClientOrderId, GivenPrice, InstrumentId, Name, Order, OrderFlags,
    OrderId, OrderStatus, OrderType, SelfTrade, Side, Terms, TimeInForce, Timestamp,
};

/// `side`.
const SIDES: &[(&str, Side)] = &[("BUY", Side::Buy), ("SELL", Side::Sell)];

/// `timeInForce`.
const TIMES: &[(&str, TimeInForce)] =
    &[("GTC", TimeInForce::Gtc), ("IOC", TimeInForce::Ioc), ("FOK", TimeInForce::Fok)];

/// `type`.
const KINDS: &[(&str, Kind)] =
    &[("LIMIT", Kind::Limit), ("MARKET", Kind::Market), ("LIMIT_MAKER", Kind::LimitMaker)];

/// Types of the dialect that this venue does not have.
const KINDS_NOT_SUPPORTED: &[&str] =
    &["STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"];

/// `selfTradePreventionMode`; the last is ours, and the default.
const SELF_TRADES: &[(&str, SelfTrade)] = &[
    ("NONE", SelfTrade::None),
    ("EXPIRE_TAKER", SelfTrade::CancelTaker),
    ("EXPIRE_MAKER", SelfTrade::CancelMaker),
    ("EXPIRE_BOTH", SelfTrade::CancelBoth),
    ("DECREMENT", SelfTrade::Decrement),
    ("REJECT_TAKER", SelfTrade::RejectTaker),
];

/// `newOrderRespType`.
const DETAILS: &[(&str, Detail)] =
    &[("ACK", Detail::Ack), ("RESULT", Detail::Result), ("FULL", Detail::Full)];

/// Parameters of the dialect that this venue does not have.
const NOT_SUPPORTED: &[&str] = &[
    "computeCommissionRates",
    "icebergQty",
    "pegOffsetType",
    "pegOffsetValue",
    "pegPriceType",
    "quoteOrderQty",
    "stopPrice",
    "strategyId",
    "strategyType",
    "trailingDelta",
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Limit,
    Market,
    LimitMaker,
}

/// How much the answer to an order says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Detail {
    /// That it was accepted.
    Ack,
    /// What became of it.
    Result,
    /// That, and its executions.
    Full,
}

/// `order.place`.
#[derive(Clone, PartialEq, Debug)]
pub struct PlaceOrder<'a> {
    /// In which instrument, by its REST symbol.
    pub symbol: Name,
    /// Side of the book.
    pub side: Side,
    /// How it is priced.
    pub kind: OrderType,
    /// `POST_ONLY` for a `LIMIT_MAKER`.
    pub flags: OrderFlags,
    /// How long it lives; IOC for a market order.
    pub time_in_force: TimeInForce,
    /// Limit price; none for a market order.
    pub price: Option<Decimal<'a>>,
    /// How much.
    pub quantity: Decimal<'a>,
    /// `newClientOrderId`; none: the door makes one.
    pub id: Option<ClientOrderId>,
    /// How much the answer says.
    pub detail: Detail,
    /// `selfTradePreventionMode`; none: the account's.
    pub self_trade: Option<SelfTrade>,
}

impl<'a> PlaceOrder<'a> {
    pub(super) fn read(params: &mut Params<'a>) -> Result<Self, RequestError> {
        params.refuse(NOT_SUPPORTED)?;
        let symbol = required(params.name("symbol")?, "symbol")?;
        let side = required(params.word("side", SIDES, Code::Side)?, "side")?;
        let kind = kind(params)?;
        let detail = params.word("newOrderRespType", DETAILS, Code::BadValue)?;
        let default = if kind == Kind::LimitMaker { Detail::Ack } else { Detail::Full };
        let time_in_force = time_in_force(params, kind)?;
        Ok(Self {
            symbol,
            side,
            kind: if kind == Kind::Market { OrderType::Market } else { OrderType::Limit },
            flags: flags(kind),
            time_in_force,
            price: price(params, kind)?,
            quantity: required(params.decimal("quantity")?, "quantity")?,
            id: params.name("newClientOrderId")?,
            detail: detail.unwrap_or(default),
            self_trade: params.word("selfTradePreventionMode", SELF_TRADES, Code::BadValue)?,
        })
    }

    /// The command, with `id` as its client order id. Decimals that do not fit the instrument
    /// travel as the reason why, so that the engine refuses them in their place.
    pub fn order(
        &self,
        account: AccountId,
        instrument: InstrumentId,
        id: ClientOrderId,
        terms: &Terms,
    ) -> Order {
        Order {
            account,
            instrument,
            price: self.price.as_ref().map_or(GivenPrice::ABSENT, |price| price.price(terms.tick)),
            quantity: self.quantity.quantity(terms.lot),
            side: self.side,
            kind: self.kind,
            time_in_force: self.time_in_force,
            flags: self.flags,
            self_trade: Order::self_trade_field(self.self_trade),
            id,
            ..Order::default()
        }
    }
}

fn kind(params: &mut Params<'_>) -> Result<Kind, RequestError> {
    let text = required(params.text("type")?, "type")?;
    if let Some((_, kind)) = KINDS.iter().find(|(word, _)| *word == text) {
        return Ok(*kind);
    }
    let fix = match KINDS_NOT_SUPPORTED.iter().find(|word| **word == text) {
        Some(word) => format!("{word} is not supported yet; use LIMIT, MARKET or LIMIT_MAKER"),
        None => "use LIMIT, MARKET or LIMIT_MAKER".to_owned(),
    };
    Err(RequestError::about(Code::OrderType, "type", fix))
}

const fn flags(kind: Kind) -> OrderFlags {
    match kind {
        Kind::LimitMaker => OrderFlags::POST_ONLY,
        Kind::Limit | Kind::Market => OrderFlags::NONE,
    }
}

fn time_in_force(params: &mut Params<'_>, kind: Kind) -> Result<TimeInForce, RequestError> {
    match kind {
        Kind::Limit => {
            let given = params.word("timeInForce", TIMES, Code::TimeInForce)?;
            required(given, "timeInForce")
        }
        Kind::Market => {
            params.without("timeInForce", "a MARKET order never rests")?;
            Ok(TimeInForce::Ioc)
        }
        Kind::LimitMaker => {
            params.without("timeInForce", "a LIMIT_MAKER order is always GTC")?;
            Ok(TimeInForce::Gtc)
        }
    }
}

fn price<'a>(params: &mut Params<'a>, kind: Kind) -> Result<Option<Decimal<'a>>, RequestError> {
    if kind == Kind::Market {
        params.without("price", "a MARKET order has no price; for a limit use LIMIT with IOC")?;
        return Ok(None);
    }
    required(params.decimal("price")?, "price").map(Some)
}

/// An order as those see it who ask or subscribe: what it was entered with and where it is now.
/// A view fills it from `accepted` and keeps it up by the events that follow.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct OrderShown {
    /// The venue's name of it; 0 for an order that was refused.
    pub order: OrderId,
    /// The account's name of it; absent where its stream numbers its orders.
    pub id: ClientOrderId,
    /// Side of the book.
    pub side: Side,
    /// How it is priced.
    pub kind: OrderType,
    /// Its instructions.
    pub flags: OrderFlags,
    /// How long it lives.
    pub time_in_force: TimeInForce,
    /// The mode it named; none: not known here, and left out.
    pub self_trade: Option<SelfTrade>,
    /// Limit price in ticks; 0 for a market order.
    pub price: u64,
    /// Total lots, executions included.
    pub quantity: u64,
    /// Lots executed so far.
    pub executed: u64,
    /// What they cost, smallest quote units.
    pub executed_quote: i128,
    /// Where it is in its life.
    pub status: OrderStatus,
    /// Why it ended unfilled, if it did.
    pub ended: Option<CancelReason>,
    /// When it was accepted.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
}

impl OrderShown {
    /// `type`.
    pub const fn kind_word(&self) -> &'static str {
        match self.kind {
            OrderType::Market => "MARKET",
            OrderType::Limit if self.flags.has(OrderFlags::POST_ONLY) => "LIMIT_MAKER",
            OrderType::Limit => "LIMIT",
        }
    }

    /// `status`.
    pub const fn status_word(&self) -> &'static str {
        match self.status {
            OrderStatus::New | OrderStatus::Open => "NEW",
            OrderStatus::PartiallyFilled => "PARTIALLY_FILLED",
            OrderStatus::Filled => "FILLED",
            OrderStatus::Rejected => "REJECTED",
            OrderStatus::Expired => "EXPIRED",
            OrderStatus::Canceled => match self.ended {
                Some(CancelReason::NoLiquidity) => "EXPIRED",
                Some(CancelReason::SelfTrade) => "EXPIRED_IN_MATCH",
                Some(
                    CancelReason::User
                    | CancelReason::Killed
                    | CancelReason::Disconnect
                    | CancelReason::Amend
                    | CancelReason::Phase,
                )
                | None => "CANCELED",
            },
        }
    }

    /// Whether it stands in the book.
    pub const fn is_working(&self) -> bool {
        matches!(self.status, OrderStatus::Open | OrderStatus::PartiallyFilled)
    }
}

/// `side`, in the dialect's word.
pub const fn side_word(side: Side) -> &'static str {
    match side {
        Side::Buy => "BUY",
        Side::Sell => "SELL",
    }
}

/// `selfTradePreventionMode`, in the dialect's word.
pub const fn self_trade_word(mode: SelfTrade) -> &'static str {
    match mode {
        SelfTrade::None => "NONE",
        SelfTrade::CancelTaker => "EXPIRE_TAKER",
        SelfTrade::CancelMaker => "EXPIRE_MAKER",
        SelfTrade::CancelBoth => "EXPIRE_BOTH",
        SelfTrade::Decrement => "DECREMENT",
        SelfTrade::RejectTaker => "REJECT_TAKER",
    }
}
