//! The ops of trading: orders and what becomes of them, marks and kill switches.

use ringside_protocol::{
    AccountId, Amend, Cancel, GivenPrice, GivenQuantity, InstrumentId, Kill, Mark, MassCancel,
    Name, Order, OrderFlags, OrderRef, OrderType, Origin, Price, Quantity, Replace, SelfTrade,
    StreamId, Switch, Terms, TimeInForce, Timestamp,
};

use super::directory::Directory;
use super::error::LineError;
use super::fields::{Fields, Value};
use super::line::{Line, Step};
use super::lookup;

type Read<'l> = Result<Line<'l>, LineError>;

pub(super) const ORDER: &[&str] = &[
    "account",
    "symbol",
    "id",
    "side",
    "quantity",
    "type",
    "price",
    "tif",
    "post_only",
    "stp",
    "tag",
    "session",
];
/// The keys of an order body: those of `order` without `op` and `account`.
const BODY: &[&str] = ORDER.split_at(1).1;
pub(super) const LATER: &[&str] = &[
    "expire_time",
    "reduce_only",
    "stop_price",
    "activation_price",
    "trigger",
    "trail_offset",
    "trail_bps",
    "display_quantity",
    "min_quantity",
    "peg",
    "peg_offset",
    "group",
    "strategy",
    "parent",
    "margin_partial",
];
const TYPES_LATER: &[&str] = &[
    "stop",
    "stop_limit",
    "take_profit",
    "take_profit_limit",
    "if_touched",
    "if_touched_limit",
    "trailing_stop",
    "trailing_stop_limit",
    "pegged",
];
const TIFS_LATER: &[&str] = &["GTD", "DAY", "AT_OPEN", "AT_CLOSE"];
pub(super) const AMEND: &[&str] = &["account", "id", "new_id", "price", "quantity"];
pub(super) const AMEND_LATER: &[&str] = &["stop_price"];
pub(super) const REPLACE: &[&str] = &["account", "id", "order"];
pub(super) const MASS_CANCEL: &[&str] = &["account", "symbol", "side", "tag", "session"];

pub(super) fn order<'l>(fields: &Fields<'l>, venue: &dyn Directory) -> Read<'l> {
    let account = lookup::account(fields, venue)?;
    let (stream, order) = body(fields, account, venue)?;
    one(stream, order)
}

/// The order that a body describes, and the stream it comes by.
fn body(
    fields: &Fields<'_>,
    account: AccountId,
    venue: &dyn Directory,
) -> Result<(StreamId, Order), LineError> {
    let (instrument, terms) = lookup::instrument(fields, venue)?;
    let kind = fields.optional("type").map_or(Ok(OrderType::Limit), |v| v.word(TYPES_LATER))?;
    let tif = fields.optional("tif").map_or(Ok(TimeInForce::Gtc), |v| v.word(TIFS_LATER))?;
    let stp = fields.optional("stp").map(|v| v.word::<SelfTrade>(&[])).transpose()?;
    let order = Order {
        account,
        instrument,
        price: price(fields, &terms)?,
        quantity: fields.required("quantity")?.quantity(terms.lot)?,
        side: fields.required("side")?.word(&[])?,
        kind,
        time_in_force: tif,
        flags: fields.optional("post_only").map_or(Ok(OrderFlags::NONE), post_only)?,
        self_trade: Order::self_trade_field(stp),
        id: fields.required("id")?.name()?,
        tag: name(fields, "tag")?,
        ..Order::default()
    };
    Ok((lookup::any_stream(fields, account, venue)?, order))
}

fn price(fields: &Fields<'_>, terms: &Terms) -> Result<GivenPrice, LineError> {
    fields.optional("price").map_or(Ok(GivenPrice::ABSENT), |value| value.price(terms.tick))
}

fn post_only(value: Value<'_>) -> Result<OrderFlags, LineError> {
    if let Some(word) = value.json().as_text() {
        let (place, have) = (value.place(), ["true", "false"]);
        return Err(match word {
            "reprice" => LineError::not_yet(place, "the value", "reprice", &have),
            word => LineError::unknown(place, "true, false or `reprice`", word, &["reprice"]),
        });
    }
    Ok(if value.switch()? { OrderFlags::POST_ONLY } else { OrderFlags::NONE })
}

pub(super) fn amend<'l>(fields: &Fields<'l>, venue: &dyn Directory) -> Read<'l> {
    let account = lookup::account(fields, venue)?;
    let id = fields.required("id")?.name()?;
    let terms = venue.order_instrument(account, id).map(|instrument| venue.terms(instrument));
    let (price, quantity) = match terms {
        Some(terms) => (price(fields, &terms)?, new_quantity(fields, &terms)?),
        None => unmeasured(fields)?,
    };
    let new_id = name(fields, "new_id")?;
    one(
        StreamId::NONE,
        Amend {
            account,
            target: OrderRef::id(id),
            reserved: [0; 4],
            quantity,
            price,
            reserved_2: [0; 32],
            new_id,
            reserved_3: [0; 4],
        },
    )
}

fn new_quantity(fields: &Fields<'_>, terms: &Terms) -> Result<GivenQuantity, LineError> {
    fields.optional("quantity").map_or(Ok(GivenQuantity::ABSENT), |v| v.quantity(terms.lot))
}

/// Numbers for an order that does not live: decimals all the same, but any number will do, since
/// the venue refuses the amend for want of the order.
fn unmeasured(fields: &Fields<'_>) -> Result<(GivenPrice, GivenQuantity), LineError> {
    for key in ["price", "quantity"] {
        fields.optional(key).map(Value::decimal).transpose()?;
    }
    Ok((GivenPrice::of(Price::MAX), GivenQuantity::of(Quantity::MAX)))
}

pub(super) fn replace<'l>(fields: &Fields<'l>, venue: &dyn Directory) -> Read<'l> {
    let account = lookup::account(fields, venue)?;
    let target = OrderRef::id(fields.required("id")?.name()?);
    let value = fields.required("order")?;
    let order = Fields::new("order", value.object()?, BODY, LATER)?;
    let (stream, order) = body(&order, account, venue)?;
    one(stream, Replace { target, order })
}

pub(super) fn cancel<'l>(fields: &Fields<'l>, venue: &dyn Directory) -> Read<'l> {
    let account = lookup::account(fields, venue)?;
    let target = OrderRef::id(fields.required("id")?.name()?);
    one(StreamId::NONE, Cancel { account, target })
}

pub(super) fn mass_cancel<'l>(fields: &Fields<'l>, venue: &dyn Directory) -> Read<'l> {
    let account = lookup::account(fields, venue)?;
    let instrument = lookup::any_instrument(fields, venue)?;
    let stream = lookup::any_stream(fields, account, venue)?;
    let side = fields.optional("side").map(|value| value.word(&[])).transpose()?;
    let side = MassCancel::side_field(side);
    let tag = name(fields, "tag")?;
    let all = MassCancel { account, instrument, stream, side, reserved: [0; 3], tag, user_ref: 0 };
    one(StreamId::NONE, all)
}

pub(super) fn mark<'l>(fields: &Fields<'l>, venue: &dyn Directory) -> Read<'l> {
    let (instrument, terms) = lookup::instrument(fields, venue)?;
    let price = fields.required("price")?.price(terms.tick)?;
    let source_time = fields.optional("source_time").map_or(Ok(Timestamp(0)), Value::time)?;
    one(StreamId::NONE, Mark { instrument, reserved: 0, price, source_time })
}

pub(super) fn kill<'l>(fields: &Fields<'l>, venue: &dyn Directory) -> Read<'l> {
    switched(fields, venue, Switch::On)
}

pub(super) fn unkill<'l>(fields: &Fields<'l>, venue: &dyn Directory) -> Read<'l> {
    switched(fields, venue, Switch::Off)
}

fn switched<'l>(fields: &Fields<'l>, venue: &dyn Directory, switch: Switch) -> Read<'l> {
    let account = lookup::any_account(fields, venue)?;
    let instrument: InstrumentId = lookup::any_instrument(fields, venue)?;
    one(StreamId::NONE, Kill { account, instrument, switch, reserved: [0; 3] })
}

/// An optional name.
fn name(fields: &Fields<'_>, key: &str) -> Result<Name, LineError> {
    fields.optional(key).map_or(Ok(Name::ABSENT), Value::name)
}

fn one<'l>(stream: StreamId, command: impl Into<ringside_protocol::Command>) -> Read<'l> {
    let origin = Origin { stream, ..Origin::default() };
    Ok(Line::Commands(vec![Step { origin, command: command.into() }]))
}
