//! The shapes that queries answer in, so that a misspelt key in an `expect` is an error of the line
//! and not a comparison that fails for want of a value.

use super::directory::{Directory, NameKind};
use super::error::LineError;
use super::fields::{Fields, Value, joined};
use super::json::Json;
use super::lookup;

/// What stands in one place of an answer.
#[derive(Debug)]
pub(super) enum Shape {
    /// A value, or a list of values: nothing to be misspelt.
    Plain,
    /// An object with these keys.
    Keys(&'static [(&'static str, Shape)]),
    /// An object with a key for each symbol.
    Symbols(&'static Shape),
    /// An object with a key for each currency.
    Currencies(&'static Shape),
    /// A list.
    Each(&'static Shape),
}

use Shape::{Currencies, Each, Keys, Plain, Symbols};

impl Shape {
    /// Every key of the language in it, outer ones before those inside.
    pub(super) fn keys(&self) -> Vec<&'static str> {
        match self {
            Plain => Vec::new(),
            Symbols(shape) | Currencies(shape) | Each(shape) => shape.keys(),
            Keys(shapes) => {
                shapes.iter().flat_map(|(key, shape)| [vec![*key], shape.keys()].concat()).collect()
            }
        }
    }
}

pub(super) const DEPTH: Shape = Plain;

pub(super) const PORTFOLIO: Shape = Keys(&[
    ("account", Plain),
    ("sequence", Plain),
    ("state", Plain),
    ("balances", Currencies(&BALANCE)),
    ("positions", Symbols(&POSITION)),
    ("margin", Keys(&[])),
    ("limits", LIMITS),
    ("checksum", Plain),
]);

const BALANCE: Shape = Keys(&[("total", Plain), ("available", Plain), ("reserved", Plain)]);

const POSITION: Shape = Keys(&[
    ("quantity", Plain),
    ("average_cost", Plain),
    ("realised", Plain),
    ("unrealised", Plain),
    ("lots", Each(&Keys(&[("quantity", Plain), ("price", Plain), ("id", Plain)]))),
]);

const LIMITS: Shape = Keys(&[
    ("max_order_value", Plain),
    ("max_position", Plain),
    ("max_exposure", Plain),
    ("max_daily_value", Plain),
    ("max_orders_per_second", Plain),
    ("max_open_orders", Plain),
    (
        "symbols",
        Symbols(&Keys(&[
            ("max_order_value", Plain),
            ("max_position", Plain),
            ("max_open_orders", Plain),
        ])),
    ),
]);

pub(super) const ORDERS: Shape = Keys(&[
    ("account", Plain),
    (
        "orders",
        Each(&Keys(&[
            ("id", Plain),
            ("order", Plain),
            ("symbol", Plain),
            ("side", Plain),
            ("type", Plain),
            ("price", Plain),
            ("quantity", Plain),
            ("executed", Plain),
            ("leaves", Plain),
            ("status", Plain),
        ])),
    ),
]);

pub(super) const STATS: Shape = Keys(&[
    ("commands", Plain),
    ("events", Plain),
    ("trades", Plain),
    ("rejected", Plain),
    ("resting", Plain),
    ("volume", Symbols(&Plain)),
    ("notional", Symbols(&Plain)),
]);

pub(super) const TRIAL_BALANCE: Shape = Currencies(&Keys(&[
    ("deposits", Plain),
    ("withdrawals", Plain),
    ("accounts", Plain),
    ("fees", Plain),
    ("insurance", Plain),
    ("difference", Plain),
]));

/// Checks every key of an expected value. What is not of the shape's type is left to the
/// comparison, which will say so. Keys of the query itself (`levels`) are checked elsewhere.
///
/// # Errors
/// A [`LineError`] that names the first key that the answer cannot have.
pub(super) fn check(
    path: &str,
    json: &Json<'_>,
    shape: &Shape,
    venue: &dyn Directory,
) -> Result<(), LineError> {
    match (shape, json) {
        (Each(shape), Json::List(items)) => items
            .iter()
            .enumerate()
            .try_for_each(|(i, item)| check(&format!("{path}[{i}]"), item, shape, venue)),
        (Keys(shapes), Json::Object(members)) => {
            let keys: Vec<&str> = shapes.iter().map(|(key, _)| *key).collect();
            let fields = Fields::new(path, members, &keys, &[])?;
            shapes.iter().try_for_each(|(key, shape)| match fields.optional(key) {
                Some(value) => check(&value.place(), value.json(), shape, venue),
                None => Ok(()),
            })
        }
        (Symbols(shape), Json::Object(members)) => members.iter().try_for_each(|(key, json)| {
            known(path, key, NameKind::Instrument, venue)?;
            check(&joined(path, key), json, shape, venue)
        }),
        (Currencies(shape), Json::Object(members)) => members.iter().try_for_each(|(key, json)| {
            known(path, key, NameKind::Currency, venue)?;
            check(&joined(path, key), json, shape, venue)
        }),
        (Plain | Each(_) | Keys(_) | Symbols(_) | Currencies(_), _) => Ok(()),
    }
}

/// Checks that the accounts, symbols and currencies an expected event names exist.
pub(super) fn names(fields: &Fields<'_>, venue: &dyn Directory) -> Result<(), LineError> {
    exists(fields.optional("account"), NameKind::Account, venue)?;
    exists(fields.optional("symbol"), NameKind::Instrument, venue)?;
    exists(fields.optional("currency"), NameKind::Currency, venue)
}

fn exists(
    value: Option<Value<'_>>,
    kind: NameKind,
    venue: &dyn Directory,
) -> Result<(), LineError> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(()) };
    let name = value.name()?;
    let is_there = match kind {
        NameKind::Account => venue.account(name).is_some(),
        NameKind::Instrument => venue.instrument(name).is_some(),
        NameKind::Currency => venue.currency(name).is_some(),
        NameKind::Session => true,
    };
    if is_there { Ok(()) } else { Err(lookup::unknown(value, kind, venue)) }
}

fn known(path: &str, key: &str, kind: NameKind, venue: &dyn Directory) -> Result<(), LineError> {
    let json = Json::Text(key.into());
    exists(Some(Value::of("", path, &json)), kind, venue)
}
