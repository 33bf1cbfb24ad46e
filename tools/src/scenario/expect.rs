//! `expect`, read from a line: what must and must not have happened, and what queries must answer.

use ringside_protocol::{CancelReason, EventKind, Liquidity, Reason, Side};

use super::directory::Directory;
use super::error::LineError;
use super::events;
use super::fields::{Fields, Value, joined};
use super::json::{Json, Object};
use super::line::Line;
use super::query::{self, Query};
use super::schema::{self, Shape};
use super::word::Word;

pub(super) const KEYS: &[&str] =
    &["events", "exact", "none", "depth", "portfolio", "orders", "stats", "trial_balance"];

/// Kinds of events that the language knows and the engine does not have yet.
pub const KINDS_LATER: &[&str] =
    &["expired", "triggered", "refreshed", "funding", "liquidation", "strategy"];

/// Reasons that the language knows and the engine does not have yet.
const REASONS_LATER: &[&str] = &["TIMER", "LIST", "GROUP"];

/// What an `expect` line compares.
#[derive(Debug, Default)]
pub struct Expect<'l> {
    /// Partial events that must have occurred, in this order.
    pub events: Option<&'l [Json<'l>]>,
    /// Whether others may not stand between.
    pub exact: bool,
    /// Kinds that must not have occurred.
    pub none: Vec<EventKind>,
    /// Queries and what they must answer.
    pub answers: Vec<Answer<'l>>,
}

impl Expect<'_> {
    /// Whether events are compared.
    pub fn needs_events(&self) -> bool {
        self.events.is_some() || !self.none.is_empty()
    }
}

/// A query and what it must answer.
#[derive(Debug)]
pub struct Answer<'l> {
    /// The query's name.
    pub name: &'static str,
    /// The query.
    pub query: Query,
    /// The expected values, and the query's own keys among them.
    pub expected: &'l Object<'l>,
}

/// The query's own keys that its answer does not repeat.
pub const ONLY_ASKED: &[&str] = &["levels", "by_order"];

pub(super) fn expect<'l>(
    fields: &Fields<'l>,
    venue: &dyn Directory,
) -> Result<Line<'l>, LineError> {
    let mut expect = Expect::default();
    if let Some(value) = fields.optional("events") {
        expect.events = Some(expected_events(value, venue)?);
    }
    if let Some(value) = fields.optional("exact") {
        expect.exact = value.switch()?;
        fields.required("events")?;
    }
    if let Some(value) = fields.optional("none") {
        expect.none = kinds(value)?;
    }
    for question in QUESTIONS {
        if let Some(value) = fields.optional(question.name) {
            expect.answers.push(question.answer(value, venue)?);
        }
    }
    Ok(Line::Expect(Box::new(expect)))
}

fn expected_events<'f>(
    value: Value<'f>,
    venue: &dyn Directory,
) -> Result<&'f [Json<'f>], LineError> {
    let items = value.list()?;
    for (place, item) in items.iter().enumerate() {
        expected_event(&format!("{}[{place}]", value.place()), item, venue)?;
    }
    Ok(items)
}

/// Checks the keys and words of a partial event.
fn expected_event(path: &str, item: &Json<'_>, venue: &dyn Directory) -> Result<(), LineError> {
    let object = Value::of("", path, item).object()?;
    let kind = item.get("event").map(|json| Value::of(path, "event", json));
    let kind = kind.map(|value| value.word::<EventKind>(KINDS_LATER)).transpose()?;
    let kinds = kind.map_or(EventKind::ALL.to_vec(), |kind| vec![kind]);
    let own = kinds.iter().flat_map(|&kind| events::names(kind).iter().copied());
    let keys: Vec<&str> = events::HEAD.iter().copied().chain(own).collect();
    let fields = Fields::new(path, object, &keys, &["cause", "parent"])?;
    words(&fields)?;
    schema::names(&fields, venue)
}

/// Checks the words of a partial event that are of a closed list.
fn words(fields: &Fields<'_>) -> Result<(), LineError> {
    if let Some(value) = fields.optional("reason") {
        reason(value)?;
    }
    if let Some(value) = fields.optional("side") {
        value.word::<Side>(&[])?;
    }
    if let Some(value) = fields.optional("liquidity") {
        value.word::<Liquidity>(&[])?;
    }
    Ok(())
}

fn reason(value: Value<'_>) -> Result<(), LineError> {
    let word = value.text()?;
    let reasons = Reason::ALL.iter().map(|reason| reason.word());
    let known: Vec<&str> = reasons.chain(CancelReason::ALL.iter().map(|r| r.word())).collect();
    if REASONS_LATER.contains(&word) {
        return Err(LineError::not_yet(value.place(), "the reason", word, &[]));
    }
    match known.contains(&word) {
        true => Ok(()),
        false => Err(LineError::unknown(value.place(), "a reason", word, &known)),
    }
}

/// Kinds that must not have occurred; those that are not there yet never do.
fn kinds(value: Value<'_>) -> Result<Vec<EventKind>, LineError> {
    let place = value.place();
    let mut kinds = Vec::new();
    for item in value.list()? {
        let item = Value::of("", &place, item);
        kinds.extend(kind(item.text()?).map_err(|known| {
            LineError::unknown(&*place, "an event kind", item.text().unwrap_or(""), &known)
        })?);
    }
    Ok(kinds)
}

/// The kind a word stands for, `None` for one that is not there yet, or every word there is.
pub fn kind(word: &str) -> Result<Option<EventKind>, Vec<&'static str>> {
    if KINDS_LATER.contains(&word) {
        return Ok(None);
    }
    let have = EventKind::cases().iter().map(|kind| kind.word());
    EventKind::from_word(word)
        .map(Some)
        .ok_or_else(|| have.chain(KINDS_LATER.iter().copied()).collect())
}

/// Every key that an answer of this query can have, those inside one another included; none where
/// `expect` cannot compare it.
pub fn answer_keys(query: &str) -> Vec<&'static str> {
    let question = QUESTIONS.iter().find(|question| question.name == query);
    question.map_or(Vec::new(), |question| [question.keys, &question.shape.keys()].concat())
}

/// A query that `expect` can compare.
struct Question {
    name: &'static str,
    /// Keys of the query and of its answer; any where the answer names currencies itself.
    keys: &'static [&'static str],
    shape: &'static Shape,
    ask: fn(&Fields<'_>, &dyn Directory) -> Result<Query, LineError>,
}

#[rustfmt::skip]
const QUESTIONS: &[Question] = &[
    Question {
        name: "depth",
        keys: &["symbol", "levels", "by_order", "sequence", "bids", "asks", "checksum"],
        shape: &schema::DEPTH,
        ask: query::depth_of,
    },
    Question {
        name: "portfolio",
        keys: &[
            "account", "sequence", "state", "balances", "positions", "margin", "limits", "checksum",
        ],
        shape: &schema::PORTFOLIO,
        ask: query::portfolio_of,
    },
    Question {
        name: "orders",
        keys: &["account", "orders"],
        shape: &schema::ORDERS,
        ask: query::orders_of,
    },
    Question {
        name: "stats",
        keys: &["commands", "events", "trades", "rejected", "resting", "volume", "notional"],
        shape: &schema::STATS,
        ask: |_, _| Ok(Query::Stats),
    },
    Question {
        name: "trial_balance",
        keys: &[],
        shape: &schema::TRIAL_BALANCE,
        ask: |_, _| Ok(Query::TrialBalance),
    },
];

impl Question {
    fn answer<'f>(&self, value: Value<'f>, venue: &dyn Directory) -> Result<Answer<'f>, LineError> {
        let expected = value.object()?;
        schema::check(self.name, value.json(), self.shape, venue)?;
        let keys = match self.keys {
            [] => expected.iter().map(|(key, _)| key.as_ref()).collect(),
            keys => keys.to_vec(),
        };
        let query = (self.ask)(&Fields::new(&joined("", self.name), expected, &keys, &[])?, venue)?;
        Ok(Answer { name: self.name, query, expected })
    }
}
