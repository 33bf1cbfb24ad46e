//! What can be asked, whichever door it comes by: the methods with their parameters. Each reads
//! what it knows; names of instruments and orders stay names, decimals stay decimals.

use std::borrow::Cow;

use serde_json::from_str;

use super::error::{Code, RequestError};
use super::order::PlaceOrder;
use super::params::{Given, Params, Text, required};
use crate::{Name, OnDisconnect, OrderId};

/// Levels a side that a depth answer may have.
pub const DEPTH_LEVELS_MAX: u64 = 5_000;
/// Levels a side where nothing is said.
pub const DEPTH_LEVELS_DEFAULT: u64 = 100;
/// Symbols that one `exchangeInfo` may name.
pub const SYMBOLS_ASKED_MAX: usize = 256;

/// What is asked.
#[derive(Clone, PartialEq, Debug)]
pub enum Method<'a> {
    /// `ping`: are you there?
    Ping,
    /// `time`: the venue's clock.
    Time,
    /// `exchangeInfo`: the instruments and their rules. No symbols: all of them.
    ExchangeInfo {
        /// The symbols asked for.
        symbols: Vec<Name>,
    },
    /// `depth`: a book by level.
    Depth {
        /// Of which instrument.
        symbol: Name,
        /// Levels a side, 1..=[`DEPTH_LEVELS_MAX`].
        levels: u64,
    },
    /// `session.logon`: who speaks on this connection from now on.
    LogOn(LogOn<'a>),
    /// `session.status`: who speaks on this connection.
    SessionStatus,
    /// `session.logout`: nobody does any more.
    LogOut,
    /// `session.ticket`, ours: a password for a binary stream.
    Ticket {
        /// The stream.
        stream: Name,
    },
    /// `session.cancelOnDisconnect`, ours: what becomes of the stream's orders.
    CancelOnDisconnect(OnDisconnect),
    /// `order.place`.
    Place(PlaceOrder<'a>),
    /// `order.test`: read and checked at the door, never sequenced.
    Test(PlaceOrder<'a>),
    /// `order.cancel`.
    Cancel(CancelOrder),
    /// `order.status`.
    OrderStatus {
        /// In which instrument.
        symbol: Name,
        /// Which order.
        order: OrderNamed,
    },
    /// `openOrders.status`. No symbol: of every instrument.
    OpenOrders {
        /// In which instrument.
        symbol: Option<Name>,
    },
    /// `openOrders.cancelAll`.
    CancelAll {
        /// In which instrument.
        symbol: Name,
    },
    /// `account.status`.
    Account {
        /// Leave out what there is nothing of.
        omit_zero_balances: bool,
    },
    /// `userDataStream.subscribe` and `userDataStream.subscribe.signature`.
    Subscribe(Subscribe),
    /// `userDataStream.unsubscribe`. No number: every subscription of the connection.
    Unsubscribe {
        /// Which.
        subscription: Option<u64>,
    },
    /// `session.subscriptions`.
    Subscriptions,
}

/// What a method needs of who asks (X-GWY-005).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Access {
    /// Anybody may.
    Public,
    /// Needs to be somebody, with permission `read`.
    Read,
    /// Needs to be somebody, with permission `trade`.
    Trade,
}

/// Who speaks on this connection from now on, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogOn<'a> {
    /// On which stream of the account, ours; none: the door's choice.
    pub stream: Option<Name>,
    /// What becomes of the stream's orders when the connection ends, ours; none: as it was.
    pub cancel_on_disconnect: Option<OnDisconnect>,
    /// A bearer token, ours, instead of a signature; none: that of the opening request.
    pub token: Option<Cow<'a, str>>,
}

/// An order as its owner names it: by client order id, by venue number, or by both.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrderNamed {
    /// `origClientOrderId`.
    pub id: Option<Name>,
    /// `orderId`.
    pub number: Option<OrderId>,
}

/// One order's end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CancelOrder {
    /// In which instrument.
    pub symbol: Name,
    /// Which order.
    pub order: OrderNamed,
    /// `newClientOrderId`: what the cancel itself is called in its answer.
    pub id: Option<Name>,
}

/// Whose order events a subscription hears (GWY-025).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Those of the session's own stream.
    Stream,
    /// Those of the whole account.
    Account,
}

/// A wish to hear of orders and balances.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Subscribe {
    /// Whose, ours; the stream's where nothing is said.
    pub scope: Scope,
    /// Everything after this, ours; none: from now on.
    pub resume_after: Option<Cursor>,
}

/// The last message a client has: a session and its number there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cursor {
    /// The session, as the welcome and every report name it.
    pub session: Name,
    /// The stream's number; 0: from the beginning.
    pub number: u64,
}

impl Method<'_> {
    /// What it needs of who asks. A logon proves itself.
    pub const fn access(&self) -> Access {
        match self {
            Self::Ping
            | Self::Time
            | Self::ExchangeInfo { .. }
            | Self::Depth { .. }
            | Self::LogOn(_)
            | Self::SessionStatus
            | Self::LogOut
            | Self::Unsubscribe { .. }
            | Self::Subscriptions => Access::Public,
            Self::OrderStatus { .. }
            | Self::OpenOrders { .. }
            | Self::Account { .. }
            | Self::Subscribe(_) => Access::Read,
            Self::Ticket { .. }
            | Self::CancelOnDisconnect(_)
            | Self::Place(_)
            | Self::Test(_)
            | Self::Cancel(_)
            | Self::CancelAll { .. } => Access::Trade,
        }
    }
}

/// Reads the method's own parameters.
pub(super) fn parse<'a>(name: &str, params: &mut Params<'a>) -> Result<Method<'a>, RequestError> {
    Ok(match name {
        "ping" => Method::Ping,
        "time" => Method::Time,
        "exchangeInfo" => exchange_info(params)?,
        "depth" => depth(params)?,
        "session.logon" => Method::LogOn(log_on(params)?),
        "session.status" => Method::SessionStatus,
        "session.logout" => Method::LogOut,
        "session.subscriptions" => Method::Subscriptions,
        "session.ticket" => Method::Ticket { stream: required(params.name("stream")?, "stream")? },
        "session.cancelOnDisconnect" => {
            let enabled = required(params.truth("enabled")?, "enabled")?;
            Method::CancelOnDisconnect(on_disconnect(enabled))
        }
        "order.place" => Method::Place(PlaceOrder::read(params)?),
        "order.test" => Method::Test(PlaceOrder::read(params)?),
        "order.cancel" => Method::Cancel(cancel(params)?),
        "order.status" => {
            Method::OrderStatus { symbol: symbol(params)?, order: OrderNamed::read(params)? }
        }
        "openOrders.status" => Method::OpenOrders { symbol: params.name("symbol")? },
        "openOrders.cancelAll" => Method::CancelAll { symbol: symbol(params)? },
        "account.status" => Method::Account {
            omit_zero_balances: params.truth("omitZeroBalances")?.unwrap_or(false),
        },
        "userDataStream.subscribe" | "userDataStream.subscribe.signature" => {
            Method::Subscribe(subscribe(params)?)
        }
        "userDataStream.unsubscribe" => {
            Method::Unsubscribe { subscription: params.whole("subscriptionId", 0, u64::MAX)? }
        }
        _ => return Err(unknown(name)),
    })
}

/// Methods of the dialect that this venue has no answer to.
const NOT_SUPPORTED: &[&str] = &[
    "account.commission",
    "account.rateLimits.orders",
    "allOrderLists",
    "allOrders",
    "avgPrice",
    "klines",
    "myAllocations",
    "myPreventedMatches",
    "myTrades",
    "openOrderLists.status",
    "order.amend.keepPriority",
    "order.amendments",
    "order.cancelReplace",
    "orderList.cancel",
    "orderList.place",
    "orderList.place.oco",
    "orderList.place.oto",
    "orderList.place.otoco",
    "orderList.status",
    "sor.order.place",
    "sor.order.test",
    "ticker",
    "ticker.24hr",
    "ticker.book",
    "ticker.price",
    "ticker.tradingDay",
    "trades.aggregate",
    "trades.historical",
    "trades.recent",
    "uiKlines",
    "userDataStream.ping",
    "userDataStream.start",
    "userDataStream.stop",
    "userDataStream.subscribe.listenToken",
];

fn unknown(name: &str) -> RequestError {
    if NOT_SUPPORTED.contains(&name) {
        let fix = format!("{name} is not supported yet");
        return RequestError::about(Code::Unsupported, "method", fix);
    }
    let fix = "no such method; names are exact, such as order.place";
    RequestError::about(Code::Unsupported, "method", fix).with_status(404)
}

fn symbol(params: &mut Params<'_>) -> Result<Name, RequestError> {
    required(params.name("symbol")?, "symbol")
}

const fn on_disconnect(enabled: bool) -> OnDisconnect {
    if enabled { OnDisconnect::Cancel } else { OnDisconnect::Keep }
}

fn exchange_info<'a>(params: &mut Params<'_>) -> Result<Method<'a>, RequestError> {
    params.refuse(&["permissions", "symbolStatus"])?;
    // Every instrument here is spot, so that there are no permissions to leave out.
    params.truth("showPermissionSets")?;
    let one = params.name("symbol")?;
    if one.is_some() {
        params.without("symbols", "send symbol or symbols, not both")?;
    }
    let symbols = symbols(params)?;
    Ok(Method::ExchangeInfo { symbols: one.map_or(symbols, |symbol| vec![symbol]) })
}

fn symbols(params: &mut Params<'_>) -> Result<Vec<Name>, RequestError> {
    let Some(given) = params.take("symbols") else { return Ok(Vec::new()) };
    let wrong = |fix: String| RequestError::about(Code::BadValue, "symbols", fix);
    let list = match &given {
        Given::Text(json) => json.as_ref(),
        Given::Nested(json) | Given::Number(json) => json,
        Given::Truth(_) => "",
    };
    let list: Vec<Text<'_>> =
        from_str(list).map_err(|error| wrong(format!("write a list of symbols; {error}")))?;
    if list.is_empty() || list.len() > SYMBOLS_ASKED_MAX {
        return Err(wrong(format!("name 1 to {SYMBOLS_ASKED_MAX} symbols")));
    }
    let name = |Text(text): &Text<'_>| {
        Name::parse(text).map_err(|error| wrong(format!("a symbol {error}")))
    };
    list.iter().map(name).collect()
}

fn depth<'a>(params: &mut Params<'_>) -> Result<Method<'a>, RequestError> {
    params.refuse(&["symbolStatus"])?;
    let levels = params.whole("limit", 1, DEPTH_LEVELS_MAX)?.unwrap_or(DEPTH_LEVELS_DEFAULT);
    Ok(Method::Depth { symbol: symbol(params)?, levels })
}

fn log_on<'a>(params: &mut Params<'a>) -> Result<LogOn<'a>, RequestError> {
    Ok(LogOn {
        stream: params.name("stream")?,
        cancel_on_disconnect: params.truth("cancelOnDisconnect")?.map(on_disconnect),
        token: params.text("token")?,
    })
}

impl OrderNamed {
    fn read(params: &mut Params<'_>) -> Result<Self, RequestError> {
        let number = params.order_number("orderId")?;
        let id = params.name("origClientOrderId")?;
        if number.is_none() && id.is_none() {
            let fix = "name the order by one of the two";
            return Err(RequestError::about(Code::Missing, "orderId", fix).saying(
                "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!",
            ));
        }
        Ok(Self { id, number })
    }
}

fn cancel(params: &mut Params<'_>) -> Result<CancelOrder, RequestError> {
    params.refuse(&["cancelRestrictions"])?;
    Ok(CancelOrder {
        symbol: symbol(params)?,
        order: OrderNamed::read(params)?,
        id: params.name("newClientOrderId")?,
    })
}

fn subscribe(params: &mut Params<'_>) -> Result<Subscribe, RequestError> {
    let scopes = [("stream", Scope::Stream), ("account", Scope::Account)];
    Ok(Subscribe {
        scope: params.word("scope", &scopes, Code::BadValue)?.unwrap_or(Scope::Stream),
        resume_after: cursor(params)?,
    })
}

fn cursor(params: &mut Params<'_>) -> Result<Option<Cursor>, RequestError> {
    let Some(given) = params.take("resumeAfter") else { return Ok(None) };
    let Given::Nested(json) = given else {
        let fix = "write {\"session\":…,\"number\":…} as the welcome and the last report had them";
        return Err(RequestError::about(Code::BadValue, "resumeAfter", fix));
    };
    let mut members = Params::of_json(json)?;
    let session = required(members.name("session")?, "session")?;
    let number = required(members.whole("number", 0, u64::MAX)?, "number")?;
    members.finish()?;
    Ok(Some(Cursor { session, number }))
}
