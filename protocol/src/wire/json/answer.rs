//! Answers: the envelope of the WebSocket API and what every method's result looks like. A result
//! is one JSON value; over HTTP it is the whole body.

use super::info::RateLimit;
use super::listing::{Listing, milliseconds};
use super::order::{Detail, OrderShown, self_trade_word, side_word};
use super::request::RequestId;
use super::writer::Writer;
use crate::decimal::{Shown, shown};
use crate::depth::Depth;
use crate::{FeeRate, Name, OnDisconnect, Timestamp, TradeId};

/// Decimal places of a fee rate: it counts hundred-millionths.
const RATE_PLACES: u8 = 8;
/// Fee rates in one of the dialect's commission units, a basis point.
const COMMISSION_UNIT: i32 = FeeRate::BASIS_POINT;

/// Writes `{"id":…,"status":200,"result":…}`; `result` writes exactly one value. `rate_limits` are
/// left out where there are none.
pub fn answer(
    out: &mut Vec<u8>,
    id: &RequestId,
    rate_limits: &[RateLimit],
    result: impl FnOnce(&mut Vec<u8>),
) {
    let mut answer = Writer::object(out);
    answer.raw("id", id.as_json());
    answer.number("status", 200);
    result(answer.elsewhere("result"));
    RateLimit::write_if_any(&mut answer, rate_limits);
    answer.end();
}

/// `{}`: `ping`, `order.test`, `userDataStream.unsubscribe`.
pub fn nothing(out: &mut Vec<u8>) {
    Writer::object(out).end();
}

/// `time`.
pub fn server_time(out: &mut Vec<u8>, now: Timestamp) {
    let mut result = Writer::object(out);
    result.number("serverTime", milliseconds(now));
    result.end();
}

/// `depth`: the levels of a view; `last_update` is the last depth update they include.
pub fn depth(out: &mut Vec<u8>, listing: &Listing, last_update: u64, depth: &Depth) {
    let mut result = Writer::object(out);
    result.number("lastUpdateId", last_update);
    listing.levels(result.list("bids"), &depth.bids);
    listing.levels(result.list("asks"), &depth.asks);
    result.number("sequence", depth.sequence.0);
    result.number("checksum", depth.checksum);
    result.end();
}

/// One execution of an order, as `FULL` shows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fill {
    /// Ticks.
    pub price: u64,
    /// Lots.
    pub quantity: u64,
    /// Smallest quote units; negative is a rebate.
    pub fee: i128,
    /// The trade.
    pub trade: TradeId,
}

/// `order.place`: as much as `detail` says.
pub fn order_placed(
    out: &mut Vec<u8>,
    listing: &Listing,
    order: &OrderShown,
    fills: &[Fill],
    detail: Detail,
) {
    let mut result = Writer::object(out);
    head(&mut result, listing, order);
    result.text("clientOrderId", order.id);
    result.number("transactTime", milliseconds(order.updated));
    if detail != Detail::Ack {
        terms(&mut result, listing, order);
        result.number("workingTime", milliseconds(order.created));
        self_trade(&mut result, order);
    }
    if detail == Detail::Full {
        write_fills(result.list("fills"), listing, fills);
    }
    result.end();
}

/// `order.cancel`; `id` is what the cancel itself is called, the order's own name where it has
/// none.
pub fn order_canceled(out: &mut Vec<u8>, listing: &Listing, order: &OrderShown, id: Option<Name>) {
    let mut result = Writer::object(out);
    write_canceled(&mut result, listing, order, id);
    result.end();
}

/// `openOrders.cancelAll`: every order that was cancelled.
pub fn orders_canceled<'a>(
    out: &mut Vec<u8>,
    orders: impl IntoIterator<Item = (&'a Listing, &'a OrderShown)>,
) {
    let mut list = Writer::array(out);
    for (listing, order) in orders {
        let mut item = list.item();
        write_canceled(&mut item, listing, order, None);
        item.end();
    }
    list.end();
}

/// `order.status`.
pub fn order_status(out: &mut Vec<u8>, listing: &Listing, order: &OrderShown) {
    let mut result = Writer::object(out);
    write_status(&mut result, listing, order);
    result.end();
}

/// `openOrders.status`.
pub fn open_orders<'a>(
    out: &mut Vec<u8>,
    orders: impl IntoIterator<Item = (&'a Listing, &'a OrderShown)>,
) {
    let mut list = Writer::array(out);
    for (listing, order) in orders {
        let mut item = list.item();
        write_status(&mut item, listing, order);
        item.end();
    }
    list.end();
}

fn head(result: &mut Writer<'_>, listing: &Listing, order: &OrderShown) {
    result.text("symbol", listing.symbol);
    result.number("orderId", order.order.0);
    result.number("orderListId", -1);
}

fn terms(result: &mut Writer<'_>, listing: &Listing, order: &OrderShown) {
    result.text("price", listing.price(order.price));
    result.text("origQty", listing.quantity(order.quantity));
    result.text("executedQty", listing.quantity(order.executed));
    result.text("origQuoteOrderQty", listing.quote(0));
    // So spelled by the dialect.
    result.text("cummulativeQuoteQty", listing.quote(order.executed_quote));
    result.text("status", order.status_word());
    result.text("timeInForce", order.time_in_force.word());
    result.text("type", order.kind_word());
    result.text("side", side_word(order.side));
}

fn self_trade(result: &mut Writer<'_>, order: &OrderShown) {
    if let Some(mode) = order.self_trade {
        result.text("selfTradePreventionMode", self_trade_word(mode));
    }
}

fn write_fills(mut list: Writer<'_>, listing: &Listing, fills: &[Fill]) {
    for fill in fills {
        let mut item = list.item();
        item.text("price", listing.price(fill.price));
        item.text("qty", listing.quantity(fill.quantity));
        item.text("commission", listing.quote(fill.fee));
        item.text("commissionAsset", listing.quote);
        item.number("tradeId", fill.trade.0);
        item.end();
    }
    list.end();
}

fn write_canceled(
    result: &mut Writer<'_>,
    listing: &Listing,
    order: &OrderShown,
    id: Option<Name>,
) {
    head(result, listing, order);
    result.text("origClientOrderId", order.id);
    result.text("clientOrderId", id.unwrap_or(order.id));
    result.number("transactTime", milliseconds(order.updated));
    terms(result, listing, order);
    self_trade(result, order);
}

fn write_status(result: &mut Writer<'_>, listing: &Listing, order: &OrderShown) {
    head(result, listing, order);
    result.text("clientOrderId", order.id);
    terms(result, listing, order);
    result.text("stopPrice", listing.price(0));
    result.text("icebergQty", listing.quantity(0));
    result.number("time", milliseconds(order.created));
    result.number("updateTime", milliseconds(order.updated));
    result.number("isWorking", order.is_working());
    result.number("workingTime", milliseconds(order.created));
    self_trade(result, order);
    if let Some(reason) = order.ended {
        result.text("reason", reason.word());
    }
}

/// An account as `account.status` shows it.
#[derive(Clone, Debug)]
pub struct AccountShown<'a> {
    /// Its name, ours.
    pub name: Name,
    /// Whether it may trade now.
    pub can_trade: bool,
    /// The fee of its resting orders.
    pub maker_fee: FeeRate,
    /// The fee of its incoming orders.
    pub taker_fee: FeeRate,
    /// When it last changed.
    pub updated: Timestamp,
    /// The last command it includes, ours.
    pub sequence: u64,
    /// [`crate::portfolio::checksum`], ours.
    pub checksum: u32,
    /// What it has.
    pub balances: &'a [BalanceShown],
}

/// What an account has of one currency.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BalanceShown {
    /// The currency's code.
    pub code: Name,
    /// Its decimals.
    pub scale: u8,
    /// Smallest units, holds included.
    pub total: i128,
    /// Smallest units held for open orders.
    pub held: i128,
}

impl BalanceShown {
    /// What is free, as a decimal.
    pub(super) fn free(&self) -> Shown {
        shown(self.total - self.held, self.scale)
    }

    /// What is held, as a decimal.
    pub(super) fn held(&self) -> Shown {
        shown(self.held, self.scale)
    }
}

/// `account.status`; `omit_zero` leaves out the currencies it has nothing of.
pub fn account(out: &mut Vec<u8>, account: &AccountShown<'_>, omit_zero: bool) {
    let mut result = Writer::object(out);
    commissions(&mut result, account);
    result.number("canTrade", account.can_trade);
    result.number("canWithdraw", false);
    result.number("canDeposit", false);
    result.number("brokered", false);
    result.number("requireSelfTradePrevention", false);
    result.number("preventSor", true);
    result.number("updateTime", milliseconds(account.updated));
    result.text("accountType", "SPOT");
    let balances = account.balances.iter().filter(|balance| !omit_zero || balance.total != 0);
    write_balances(result.list("balances"), balances);
    let mut permissions = result.list("permissions");
    permissions.item_text("SPOT");
    permissions.end();
    result.text("account", account.name);
    result.number("sequence", account.sequence);
    result.number("checksum", account.checksum);
    result.end();
}

fn commissions(result: &mut Writer<'_>, account: &AccountShown<'_>) {
    result.number("makerCommission", account.maker_fee.0 / COMMISSION_UNIT);
    result.number("takerCommission", account.taker_fee.0 / COMMISSION_UNIT);
    result.number("buyerCommission", 0);
    result.number("sellerCommission", 0);
    let mut rates = result.open("commissionRates");
    let rate = |rate: i32| shown(i128::from(rate), RATE_PLACES);
    rates.text("maker", rate(account.maker_fee.0));
    rates.text("taker", rate(account.taker_fee.0));
    rates.text("buyer", rate(0));
    rates.text("seller", rate(0));
    rates.end();
}

fn write_balances<'a>(mut list: Writer<'_>, balances: impl Iterator<Item = &'a BalanceShown>) {
    for balance in balances {
        let mut item = list.item();
        item.text("asset", balance.code);
        item.text("free", balance.free());
        item.text("locked", balance.held());
        item.end();
    }
    list.end();
}

/// Who speaks on a connection, and what holds for it: the welcome (GWY-001, X-JRN-004).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Welcome<'a> {
    /// Who, if anybody.
    pub speaker: Option<Speaker<'a>>,
    /// When the connection was made.
    pub connected: Timestamp,
    /// The venue's clock.
    pub now: Timestamp,
    /// Whether answers carry rate limits when nothing is said.
    pub return_rate_limits: bool,
    /// Whether anything is subscribed.
    pub user_data_stream: bool,
    /// When an answer means that it is safe: `memory`, `async`, `sync`.
    pub durability: &'static str,
    /// The venue pings so often, in milliseconds.
    pub heartbeat_ms: u64,
    /// It waits so long for the pong, in milliseconds.
    pub heartbeat_timeout_ms: u64,
    /// The longest message it reads, in bytes.
    pub message_bytes_max: usize,
    /// How much may be asked.
    pub rate_limits: &'a [RateLimit],
}

/// Somebody who has logged on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Speaker<'a> {
    /// Whose key.
    pub api_key: &'a str,
    /// Since when.
    pub since: Timestamp,
    /// The account.
    pub account: Name,
    /// The stream.
    pub stream: Name,
    /// The session: venue day and epoch.
    pub session: Name,
    /// The number of the stream's next message.
    pub next_number: u64,
    /// What becomes of the stream's orders when the connection ends.
    pub cancel_on_disconnect: OnDisconnect,
}

/// `session.logon`, `session.status` and `session.logout`.
pub fn welcome(out: &mut Vec<u8>, welcome: &Welcome<'_>) {
    let mut result = Writer::object(out);
    match &welcome.speaker {
        Some(speaker) => {
            result.escaped("apiKey", speaker.api_key);
            result.number("authorizedSince", milliseconds(speaker.since));
        }
        None => {
            result.null("apiKey");
            result.null("authorizedSince");
        }
    }
    result.number("connectedSince", milliseconds(welcome.connected));
    result.number("returnRateLimits", welcome.return_rate_limits);
    result.number("serverTime", milliseconds(welcome.now));
    result.number("userDataStream", welcome.user_data_stream);
    if let Some(speaker) = &welcome.speaker {
        write_speaker(&mut result, speaker);
    }
    result.text("durability", welcome.durability);
    result.number("heartbeatMs", welcome.heartbeat_ms);
    result.number("heartbeatTimeoutMs", welcome.heartbeat_timeout_ms);
    result.number("messageBytesMax", welcome.message_bytes_max);
    RateLimit::write_all(result.list("limits"), welcome.rate_limits);
    result.end();
}

fn write_speaker(result: &mut Writer<'_>, speaker: &Speaker<'_>) {
    result.text("account", speaker.account);
    result.text("stream", speaker.stream);
    result.text("session", speaker.session);
    result.number("nextNumber", speaker.next_number);
    let cancel = speaker.cancel_on_disconnect == OnDisconnect::Cancel;
    result.number("cancelOnDisconnect", cancel);
}

/// `session.ticket`: what to log in with on the binary door, and until when it is good.
pub fn ticket(out: &mut Vec<u8>, stream: Name, password: &str, expires: Timestamp) {
    let mut result = Writer::object(out);
    result.text("stream", stream);
    result.escaped("password", password);
    result.number("expires", milliseconds(expires));
    result.end();
}

/// A bearer session over HTTP: whose it is, and until when its token is worth something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BearerShown {
    /// The token, where it was just made; it is told once.
    pub token: Option<String>,
    /// The time from which it is worth nothing.
    pub expires: Timestamp,
    /// For whom it acts.
    pub account: Name,
    /// Enough of its key to tell it from others.
    pub fingerprint: String,
}

/// `/v1/session`, ours.
pub fn bearer(out: &mut Vec<u8>, shown: &BearerShown) {
    let mut result = Writer::object(out);
    if let Some(token) = &shown.token {
        result.escaped("token", token);
    }
    result.number("expires", milliseconds(shown.expires));
    result.text("account", shown.account);
    result.escaped("fingerprint", &shown.fingerprint);
    result.end();
}

/// `session.cancelOnDisconnect`.
pub fn cancel_on_disconnect(out: &mut Vec<u8>, setting: OnDisconnect) {
    let mut result = Writer::object(out);
    result.number("cancelOnDisconnect", setting == OnDisconnect::Cancel);
    result.end();
}

/// `userDataStream.subscribe`.
pub fn subscribed(out: &mut Vec<u8>, subscription: u64) {
    let mut result = Writer::object(out);
    result.number("subscriptionId", subscription);
    result.end();
}

/// `session.subscriptions`.
pub fn subscriptions(out: &mut Vec<u8>, subscriptions: &[u64]) {
    let mut list = Writer::array(out);
    for &subscription in subscriptions {
        let mut item = list.item();
        item.number("subscriptionId", subscription);
        item.end();
    }
    list.end();
}
