//! Refusals for people: the reason's sentence and its two values, as decimals of what they count.

use crate::decimal::{steps_text, text};
use crate::wire::json::number;
use crate::{Amount, OrderStatus, Rejected, SCALE_MAX, Terms, Unit};

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

impl Refusal {
    /// Puts a refusal into words, with the terms of its instrument and the decimals of its
    /// currency where it names them; without them its values stay whole numbers.
    pub fn of(rejected: &Rejected, terms: Option<&Terms>, currency_scale: Option<u8>) -> Self {
        if !rejected.reason.has_values() {
            let message = rejected.reason.sentence().to_owned();
            return Self { message, limit: None, observed: None };
        }
        let (limit, observed) = values(rejected, terms, currency_scale);
        let sentence = sentence(rejected);
        let message = sentence.replace("{limit}", &limit).replace("{observed}", &observed);
        let observed = Some(observed).filter(|_| !is_nameless(rejected));
        Self { message, limit: Some(limit), observed }
    }
}

/// Units of 10^−12 without the zeros that say nothing.
pub fn value_text(units: i128) -> String {
    let decimal = text(units, SCALE_MAX);
    number::canonical(&decimal).unwrap_or(decimal)
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

/// Limit and observed value as text.
fn values(rejected: &Rejected, terms: Option<&Terms>, scale: Option<u8>) -> (String, String) {
    let both = |text: &dyn Fn(i128) -> String| {
        (text(rejected.limit.units()), text(rejected.observed.units()))
    };
    let count = |units: i128| units.to_string();
    match (rejected.reason.unit(), terms, scale) {
        (Unit::Order, _, _) => (status(rejected.limit), count(rejected.observed.units())),
        (Unit::Value, _, _) => both(&value_text),
        (Unit::Currency, _, Some(scale)) => both(&|units| text(units, scale)),
        (unit, Some(terms), _) => both(&|units| measured(units, unit, terms)),
        (_, None, _) => both(&count),
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

fn status(number: Amount) -> String {
    let status = usize::try_from(number.units()).ok().and_then(|place| OrderStatus::ALL.get(place));
    status.map_or_else(|| number.units().to_string(), |status| status.word().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AccountId, CurrencyId, InstrumentId, Name, OrderId, Reason, Report};

    #[test]
    fn values_are_written_in_units_of_what_they_count() {
        // RSK-029
        let terms = Terms {
            symbol: Name::parse("SOL/USDC").unwrap(),
            tick: 10_000_000_000,
            lot: 1_000_000_000,
            base_scale: 9,
            quote_scale: 6,
            quote_per_tick_lot: 10,
        };
        let rejected = |reason, limit: i128, observed: i128| Rejected {
            account: AccountId(1),
            instrument: InstrumentId(0),
            order: OrderId(0),
            reason,
            command: 20,
            reserved: 0,
            report: Report::default(),
            id: Name::ABSENT,
            currency: CurrencyId::NONE,
            limit: Amount::new(limit),
            observed: Amount::new(observed),
        };
        for (reason, limit, observed, message) in [
            (Reason::PostOnly, 10_000, 10_001, "post-only order at 100.01 would take the resting"),
            (Reason::Fok, 5, 1_500, "only 0.005 of 1.500 can be executed at once"),
            (Reason::InsufficientFunds, 1, 2_000_000, "needs 2.000000, available is 0.000001"),
            (Reason::OrderValue, 0, 1_500_000_000_000, "value 1.5 exceeds the limit 0"),
            (Reason::NoShort, 0, 1_000_000_000, "needs 1.000000000 to sell"),
            (Reason::TooLate, 3, 7, "order 7 is already filled"),
            (Reason::DuplicateId, 5, 0, "used before, by an order (rejected)"),
            (Reason::InsufficientBalance, 1, 2, "needs 0.02, available is 0.01"),
            (Reason::Halted, 0, 0, "is halted"),
        ] {
            let said = Refusal::of(&rejected(reason, limit, observed), Some(&terms), Some(2));
            assert!(said.message.contains(message), "{reason:?}: {}", said.message);
        }
        let bare = Refusal::of(&rejected(Reason::Fok, 5, 1_500), None, None);
        assert_eq!((bare.limit.as_deref(), bare.observed.as_deref()), (Some("5"), Some("1500")));
    }
}
