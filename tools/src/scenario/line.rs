//! One line of a scenario: what it asks for, with every name looked up and every number measured.
//! A line is understood as a whole or not at all.

use ringside_protocol::{Command, Origin, Timestamp};

use super::directory::Directory;
use super::error::LineError;
use super::expect::{self, Expect};
use super::fields::{Fields, Value};
use super::json::{self, Json, Object, member};
use super::query::{self, Query};
use super::{orders, setup};

/// Bytes of one line, at most. Longer ones are an error, so that no file can take all memory.
pub const LINE_BYTES_MAX: usize = 256 * 1024;

/// What a line asks for.
#[derive(Debug)]
pub enum Line<'l> {
    /// Venue settings: commands that must be the first.
    Venue(Vec<Step>),
    /// Commands, to be applied one after another.
    Commands(Vec<Step>),
    /// Venue time moves to this time.
    Clock(Timestamp),
    /// A question.
    Query(Query),
    /// A comparison.
    Expect(Box<Expect<'l>>),
}

/// A command and where it comes from.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Step {
    /// By which stream, if by any.
    pub origin: Origin,
    /// What is asked.
    pub command: Command,
}

impl<T: Into<Command>> From<T> for Step {
    fn from(command: T) -> Self {
        Self { origin: Origin::default(), command: command.into() }
    }
}

/// The JSON of a line; `None` where it is empty or a comment.
///
/// # Errors
/// A [`LineError`] where the line is too long, not UTF-8 or not JSON.
pub fn json(bytes: &[u8]) -> Result<Option<Json<'_>>, LineError> {
    if bytes.len() > LINE_BYTES_MAX {
        let what = format!("the line is longer than {LINE_BYTES_MAX} bytes");
        return Err(LineError::new("line", what, "one command, query or expectation a line"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let what = format!("byte {} is not UTF-8", error.valid_up_to() + 1);
        LineError::new("line", what, "scenario files are UTF-8 text, one JSON object a line")
    })?;
    match text.trim_ascii().chars().next() {
        None | Some('#') => Ok(None),
        Some(_) => json::read(text).map(Some),
    }
}

/// What a line's JSON asks for.
///
/// # Errors
/// A [`LineError`] that names the key, what is wrong and how to put it right.
pub fn understand<'l>(
    json: &'l Json<'l>,
    directory: &dyn Directory,
) -> Result<Line<'l>, LineError> {
    let Json::Object(object) = json else {
        let what = format!("expected an object, found {}", json.noun());
        return Err(LineError::new("line", what, "write one JSON object a line"));
    };
    let op = op(object)?;
    (op.read)(&Fields::new("", object, &[&["op"], op.keys].concat(), op.later)?, directory)
}

/// One op of the language.
#[derive(Debug)]
pub struct Op {
    /// What a line calls it.
    pub name: &'static str,
    /// Its keys that are there.
    pub keys: &'static [&'static str],
    /// Its keys that are not there yet.
    pub later: &'static [&'static str],
    read: Reader,
}

type Reader = for<'f> fn(&Fields<'f>, &dyn Directory) -> Result<Line<'f>, LineError>;

/// Every op that is there.
#[rustfmt::skip]
pub const OPS: &[Op] = &[
    Op { name: "clock", keys: &["time"], later: &[], read: setup::clock },
    Op { name: "venue", keys: setup::VENUE, later: &[], read: setup::venue },
    Op { name: "currency", keys: setup::CURRENCY, later: &[], read: setup::currency },
    Op {
        name: "instrument", keys: setup::INSTRUMENT, later: setup::INSTRUMENT_LATER,
        read: setup::instrument,
    },
    Op {
        name: "instrument_state", keys: setup::STATE, later: setup::STATE_LATER,
        read: setup::instrument_state,
    },
    Op { name: "account", keys: setup::ACCOUNT, later: &[], read: setup::account },
    Op { name: "limits", keys: setup::LIMITS, later: setup::LIMITS_LATER, read: setup::limits },
    Op { name: "deposit", keys: setup::TRANSFER, later: &[], read: setup::deposit },
    Op { name: "withdraw", keys: setup::TRANSFER, later: &[], read: setup::withdraw },
    Op { name: "session", keys: setup::SESSION, later: &[], read: setup::session },
    Op { name: "key", keys: setup::KEY, later: &[], read: setup::key },
    Op { name: "order", keys: orders::ORDER, later: orders::LATER, read: orders::order },
    Op { name: "amend", keys: orders::AMEND, later: orders::AMEND_LATER, read: orders::amend },
    Op { name: "replace", keys: orders::REPLACE, later: &[], read: orders::replace },
    Op { name: "cancel", keys: &["account", "id"], later: &[], read: orders::cancel },
    Op { name: "mass_cancel", keys: orders::MASS_CANCEL, later: &[], read: orders::mass_cancel },
    Op { name: "mark", keys: &["symbol", "price", "source_time"], later: &[], read: orders::mark },
    Op { name: "kill", keys: &["account", "symbol"], later: &[], read: orders::kill },
    Op { name: "unkill", keys: &["account", "symbol"], later: &[], read: orders::unkill },
    Op { name: "depth", keys: query::DEPTH, later: &[], read: query::depth },
    Op { name: "portfolio", keys: &["account"], later: &[], read: query::portfolio },
    Op { name: "orders", keys: &["account"], later: &[], read: query::orders },
    Op { name: "trial_balance", keys: &[], later: &[], read: query::trial_balance },
    Op { name: "hash", keys: &[], later: &[], read: query::hash },
    Op { name: "stats", keys: &[], later: &[], read: query::stats },
    Op { name: "expect", keys: expect::KEYS, later: &[], read: expect::expect },
];

/// Ops that the language knows and the engine does not have yet.
pub const LATER: &[&str] = &[
    "order_list",
    "cancel_all_after",
    "index",
    "bust",
    "correct",
    "strategy",
    "order_group",
    "fee_tier",
];

fn op(object: &Object<'_>) -> Result<&'static Op, LineError> {
    let Some(json) = member(object, "op") else {
        let fix = "every line says what it is, such as {\"op\":\"order\",…}";
        return Err(LineError::new("op", "the key is missing", fix));
    };
    let name = Value::of("", "op", json).text()?;
    if let Some(op) = OPS.iter().find(|op| op.name == name) {
        return Ok(op);
    }
    let have: Vec<&str> = OPS.iter().map(|op| op.name).collect();
    if LATER.contains(&name) {
        return Err(LineError::not_yet("op", "the op", name, &have));
    }
    Err(LineError::unknown("op", "an op", name, &[&have, LATER].concat()))
}
