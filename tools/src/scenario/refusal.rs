//! Refusals for people: the reason's sentence and its two values, as decimals of what they count.

use ringside_protocol::decimal::{steps_text, text};
use ringside_protocol::{Amount, OrderStatus, Rejected, SCALE_MAX, Unit};

use super::directory::{Directory, Terms};
use super::number;

/// What a refusal says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The sentence, with the values in it.
    pub message: String,
    /// The rule's limit; none where the rule has no numbers.
    pub limit: Option<String>,
    /// What was found; none where the rule has no numbers.
    pub observed: Option<String>,
}

/// Puts a refusal into words.
pub fn explain(rejected: &Rejected, venue: &dyn Directory) -> Refusal {
    if !rejected.reason.has_values() {
        let message = rejected.reason.sentence().to_owned();
        return Refusal { message, limit: None, observed: None };
    }
    let (limit, observed) = values(rejected, venue);
    let sentence = sentence(rejected);
    let message = sentence.replace("{limit}", &limit).replace("{observed}", &observed);
    let observed = Some(observed).filter(|_| !is_nameless(rejected));
    Refusal { message, limit: Some(limit), observed }
}

/// The sentence, which names the other order only where that has a name.
fn sentence(rejected: &Rejected) -> String {
    let order = if is_nameless(rejected) { "an order" } else { "order {observed}" };
    rejected.reason.sentence().replace("order {observed}", order)
}

/// Whether it points at an order that was never accepted.
fn is_nameless(rejected: &Rejected) -> bool {
    rejected.reason.unit() == Unit::Order && rejected.observed == Amount::ZERO
}

/// The op that asks for the command with this number; none for the venue's own commands.
pub const fn op(command: u8) -> Option<&'static str> {
    Some(match command {
        1 => "clock",
        2 => "venue",
        3 => "venue",
        4 => "currency",
        5 => "instrument",
        6 => "instrument_state",
        7 => "account",
        8 => "limits",
        9 => "deposit",
        10 => "withdraw",
        11 => "key",
        12 => "session",
        20 => "order",
        21 => "amend",
        22 => "replace",
        23 => "cancel",
        24 => "mass_cancel",
        25 => "kill",
        26 => "mark",
        _ => return None,
    })
}

/// Limit and observed value as text.
fn values(rejected: &Rejected, venue: &dyn Directory) -> (String, String) {
    let both = |text: &dyn Fn(i128) -> String| {
        (text(rejected.limit.units()), text(rejected.observed.units()))
    };
    let count = |units: i128| units.to_string();
    let terms = rejected.instrument.is_some().then(|| venue.terms(rejected.instrument));
    match (rejected.reason.unit(), terms) {
        (Unit::Order, _) => (status(rejected.limit), count(rejected.observed.units())),
        (Unit::Value, _) => both(&value),
        (Unit::Currency, _) if rejected.currency.is_some() => {
            let scale = venue.money(rejected.currency).scale;
            both(&|units| text(units, scale))
        }
        (unit, Some(terms)) => both(&|units| measured(units, unit, &terms)),
        (_, None) => both(&count),
    }
}

/// A value that is counted in units of the instrument.
fn measured(units: i128, unit: Unit, terms: &Terms) -> String {
    let steps = |step| match u64::try_from(units) {
        Ok(steps) => steps_text(steps, step),
        Err(_) => units.to_string(),
    };
    match unit {
        Unit::Ticks => steps(terms.tick),
        Unit::Lots => steps(terms.lot),
        Unit::Quote => text(units, terms.quote_scale),
        Unit::Base => text(units, terms.base_scale),
        Unit::None | Unit::Count | Unit::Rate | Unit::Order | Unit::Currency | Unit::Value => {
            units.to_string()
        }
    }
}

/// Units of 10^−12 without the zeros that say nothing.
pub(super) fn value(units: i128) -> String {
    let decimal = text(units, SCALE_MAX);
    number::canonical(&decimal).unwrap_or(decimal)
}

fn status(number: Amount) -> String {
    let status = usize::try_from(number.units()).ok().and_then(|place| OrderStatus::ALL.get(place));
    status.map_or_else(|| number.units().to_string(), |status| status.word().to_owned())
}
