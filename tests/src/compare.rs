//! The engine with the fast book, the engine with the naive book and the oracle, side by side over
//! one list of commands; and, when they differ, the shortest list on which they still do.

use std::fmt::Write;
use std::panic::{self, AssertUnwindSafe, catch_unwind};

use ringside_engine::Engine;
use ringside_engine::book::{Ladder, NaiveBook};
use ringside_protocol::{
    AccountId, Command, CurrencyId, Event, InstrumentId, Origin, Sequence, Sequenced, Side,
};

use crate::fact::Fact;
use crate::flow::{Shape, commands};
use crate::oracle::Oracle;
use crate::probe::{events, rows};

/// How often all books and balances are compared, beside those a command touched.
const WHOLE_EVERY: usize = 128;

/// Runs a flow and demands that all agree; what is wrong is shrunk first.
///
/// # Panics
/// With the seed and the shortest list of commands, when they differ.
pub fn agree(shape: Shape, seed: u64, count: usize) {
    let (list, set_up) = commands(shape, seed, count);
    let Some(what) = difference(&list, shape) else { return };
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {})); // Shrinking a panic would print it at every try.
    let shortest = shrink(&list, set_up, |list| difference(list, shape).is_some());
    panic::set_hook(hook);
    let what = difference(&shortest, shape).unwrap_or(what);
    panic!("seed {seed}, {shape:?}:\n{}{what}", listing(&shortest[set_up..]));
}

/// Runs a list of commands behind the set-up of a shape and demands that all agree.
///
/// # Panics
/// When they differ.
pub fn agree_on(shape: Shape, list: impl IntoIterator<Item = Command>) {
    let (mut all, _) = commands(shape, 0, 0);
    let last = *all.last().expect("a set-up");
    all.extend(list.into_iter().map(|command| Sequenced {
        origin: Origin::default(),
        command,
        ..last
    }));
    if let Some(what) = difference(&dense(all), shape) {
        panic!("{what}");
    }
}

/// Where the three first differ, in words; a panic of one of them is a difference too.
fn difference(list: &[Sequenced], shape: Shape) -> Option<String> {
    let run = || Trio::new(!shape.beyond_oracle && !shape.matching_only).run(list);
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => result.err(),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or(panic.downcast_ref::<&str>().map(|text| (*text).to_string()));
            Some(format!("panics: {}", text.unwrap_or_default()))
        }
    }
}

/// Drops commands behind the set-up as long as the rest `still_differs`; sequences are dense again.
pub fn shrink(
    list: &[Sequenced],
    set_up: usize,
    still_differs: impl Fn(&[Sequenced]) -> bool,
) -> Vec<Sequenced> {
    let mut list = list.to_vec();
    let mut chunk = (list.len() - set_up).div_ceil(2).max(1);
    loop {
        let mut at = set_up;
        while at < list.len() {
            let end = (at + chunk).min(list.len());
            let without = dense([&list[..at], &list[end..]].concat());
            if still_differs(&without) {
                list = without;
            } else {
                at = end;
            }
        }
        if chunk == 1 {
            return list;
        }
        chunk = chunk.div_ceil(2);
    }
}

/// The commands, numbered 1, 2, 3, … again.
fn dense(mut list: Vec<Sequenced>) -> Vec<Sequenced> {
    for (at, command) in list.iter_mut().enumerate() {
        command.sequence = Sequence(at as u64 + 1);
    }
    list
}

/// The commands behind the set-up of their shape, one a line.
fn listing(list: &[Sequenced]) -> String {
    let mut text = String::new();
    for Sequenced { sequence, time, origin, command } in list {
        let by = if *origin == Origin::default() { String::new() } else { format!("{origin:?} ") };
        let _ = writeln!(text, "{} t={} {by}{command:?}", sequence.0, time.0);
    }
    text
}

/// The three.
struct Trio {
    ladder: Engine<Ladder>,
    naive: Engine<NaiveBook>,
    oracle: Option<Oracle>,
}

impl Trio {
    fn new(with_oracle: bool) -> Self {
        Self {
            ladder: Engine::with_capacity(Default::default()),
            naive: Engine::with_capacity(Default::default()),
            oracle: with_oracle.then(Oracle::new),
        }
    }

    fn run(&mut self, list: &[Sequenced]) -> Result<(), String> {
        for (at, command) in list.iter().enumerate() {
            let said = events(&mut self.ladder, command);
            let naive = events(&mut self.naive, command);
            same("fast and naive book", command, &said, &naive)?;
            let whole = at % WHOLE_EVERY == 0 || at + 1 == list.len();
            if let Some(oracle) = &mut self.oracle {
                let mut facts: Vec<Fact> =
                    said.iter().filter_map(|(_, event)| Fact::of(event)).collect();
                Fact::settle_order(&mut facts);
                same("engine and oracle", command, &facts, &oracle.apply(command))?;
                compare_state(&self.ladder, oracle, command, &said, whole)?;
            }
            if whole {
                same("hashes", command, &self.ladder.event_hash(), &self.naive.event_hash())?;
            }
        }
        same("state hashes", &list[0], &self.ladder.state_hash(), &self.naive.state_hash())
    }
}

/// Compares books and balances: of what the events name, or all.
fn compare_state(
    engine: &Engine<Ladder>,
    oracle: &Oracle,
    command: &Sequenced,
    said: &[(ringside_protocol::EventHeader, Event)],
    whole: bool,
) -> Result<(), String> {
    let touched: Vec<(AccountId, InstrumentId)> = said.iter().filter_map(|e| place(&e.1)).collect();
    for instrument in (0..oracle.instruments()).map(InstrumentId) {
        if whole || touched.iter().any(|(_, there)| *there == instrument) {
            for side in [Side::Buy, Side::Sell] {
                let (found, expected) =
                    (rows(engine, instrument, side), oracle.book(instrument, side));
                same("books", command, &found, &expected)?;
            }
        }
    }
    for account in (0..oracle.accounts()).map(AccountId) {
        if whole || touched.iter().any(|(there, _)| *there == account) {
            same(
                "balances",
                command,
                &balances(engine, account),
                &without_zeros(oracle.balances(account)),
            )?;
        }
    }
    Ok(())
}

/// Available and held of every currency that is not at zero, in the order of currencies.
fn balances(engine: &Engine<Ladder>, account: AccountId) -> Vec<(CurrencyId, i128, i128)> {
    let balances = engine.portfolio(account).balances.into_iter();
    without_zeros(balances.map(|b| (b.currency, b.available, b.held)).collect())
}

fn without_zeros(mut rows: Vec<(CurrencyId, i128, i128)>) -> Vec<(CurrencyId, i128, i128)> {
    rows.retain(|row| (row.1, row.2) != (0, 0));
    rows.sort_by_key(|row| row.0);
    rows
}

/// Whose account and which instrument an event names.
fn place(event: &Event) -> Option<(AccountId, InstrumentId)> {
    match event {
        Event::Accepted(e) => Some((e.account, e.instrument)),
        Event::Rejected(e) => Some((e.account, e.instrument)),
        Event::Executed(e) => Some((e.account, e.instrument)),
        Event::Amended(e) => Some((e.account, e.instrument)),
        Event::Canceled(e) => Some((e.account, e.instrument)),
        Event::Position(e) => Some((e.account, e.instrument)),
        Event::Posting(e) => Some((e.credit, InstrumentId::NONE)),
        Event::Trade(_)
        | Event::LotClosed(_)
        | Event::InstrumentState(_)
        | Event::AccountState(_)
        | Event::Warning(_)
        | Event::Currency(_)
        | Event::Instrument(_)
        | Event::Key(_)
        | Event::Session(_)
        | Event::Confirmed(_)
        | Event::Restated(_)
        | Event::Day(_)
        | Event::SessionEnded(_) => None,
    }
}

fn same<T: PartialEq + std::fmt::Debug>(
    what: &str,
    command: &Sequenced,
    found: &T,
    expected: &T,
) -> Result<(), String> {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what} differ at {}:\n  {found:?}\n  {expected:?}", command.sequence.0))
}

#[cfg(test)]
mod tests {
    use ringside_protocol::Reason;

    use super::*;

    #[test]
    fn a_difference_shrinks_to_what_makes_it() {
        let (list, set_up) = commands(Shape::NARROW, 1, 400);
        let fok = |list: &[Sequenced]| {
            let mut oracle = Oracle::new();
            list.iter().flat_map(|command| oracle.apply(command)).any(
                |fact| matches!(fact, Fact::Rejected { reason, .. } if reason == Reason::TooLate),
            )
        };
        assert!(fok(&list), "the flow has one");
        let shortest = shrink(&list, set_up, fok);
        let orders = &shortest[set_up..];
        assert!(orders.len() <= 3, "order, its end, too late: {orders:?}");
        assert!(matches!(orders[0].command, Command::Order(_)), "{orders:?}");
        assert_eq!(shortest.last().map(|last| last.sequence.0), Some(shortest.len() as u64));
    }
}
