//! Runs a recording through an engine and compares what it does with what the exchange did.
//!
//! Running free, the engine is given the commands and nothing else, so one difference may cause
//! others until the orders it left behind are gone. Re-synced, the queues that an order took from
//! are put right whenever it met others than recorded: every difference counts once.

use std::collections::HashMap;

use ringside_engine::audit::Violation;
use ringside_protocol::decimal::steps_text;
use ringside_protocol::{Name, Side, Timestamp};

use super::agreement::{Agreement, Count, Difference, Mode, common};
use super::flow::{
    Action, ActionKind, Figure, Fill, Level, Market, Print, Recording, Seen, Step, parsed, recorded,
};
use super::venue::{Execution, Resting, Venue};
use crate::progress;

/// Levels of a side that are remembered before an order takes from it.
const LEVELS_PUT_RIGHT: usize = 64;

/// Compares one run of a recording; tells what the venue ended in.
///
/// # Errors
/// A rule of the venue's own books that is broken in the end.
pub(super) fn run(
    recording: &Recording,
    mode: Mode,
    agreement: &mut Agreement,
) -> Result<String, Violation> {
    let start = recording.steps.first().map_or(Timestamp(0), |step| step.time);
    let progress = progress::steps(recording.steps.len() as u64, mode.words());
    let mut replay = Replay {
        market: &recording.market,
        venue: Venue::open(&recording.market, start),
        mode,
        renamed: HashMap::new(),
        totals: HashMap::new(),
        entries: 0,
        made: Vec::new(),
    };
    for step in progress.wrap_iter(recording.steps.iter()) {
        replay.step(step, agreement);
    }
    replay.compare_trades(recording, agreement);
    let (trades, end) = (replay.made.len(), replay.venue.end()?);
    Ok(format!("{}: {trades} trades, and the end is {end}", mode.words()))
}

/// One run.
struct Replay<'r> {
    market: &'r Market,
    venue: Venue,
    mode: Mode,
    /// Orders that were entered again to put a queue right, by their recorded names.
    renamed: HashMap<Name, Renamed>,
    /// What each order was last entered or amended to, by its recorded name.
    totals: HashMap<Name, u64>,
    /// How many orders were entered again.
    entries: u64,
    /// Every trade made.
    made: Vec<Print>,
}

/// An order that was entered again.
#[derive(Clone, Copy)]
struct Renamed {
    id: Name,
    /// Lots of its recorded total that were executed before.
    executed: u64,
}

impl Replay<'_> {
    fn step(&mut self, step: &Step, agreement: &mut Agreement) {
        let before = self.queue_before(step);
        let mut executions = Vec::new();
        for action in &step.actions {
            executions = self.act(step.time, action);
        }
        let differs = self.compare_fills(step, &executions, agreement);
        self.compare_books(step, &executions, agreement);
        if let Some(before) = before.filter(|_| differs) {
            self.put_right(step, &before);
        }
    }

    /// The side that the step's order takes from, where it may have to be put right.
    fn queue_before(&self, step: &Step) -> Option<Vec<Resting>> {
        let taker = step.actions.last().filter(|_| step.fills.is_some())?;
        match self.mode {
            Mode::Free => None,
            Mode::Resynced => Some(self.venue.queue(taker.side.opposite(), LEVELS_PUT_RIGHT)),
        }
    }

    fn act(&mut self, time: Timestamp, action: &Action) -> Vec<Execution> {
        let action = self.named_as_entered(action);
        let executions = self.venue.act(time, &action);
        self.made.extend(executions.iter().map(|e| Print { price: e.price, quantity: e.quantity }));
        executions
    }

    /// The action on the order that stands for the recorded one now.
    fn named_as_entered(&mut self, action: &Action) -> Action {
        let recorded = recorded(action.id);
        match action.kind {
            ActionKind::Enter { quantity, .. } => {
                self.renamed.remove(&recorded);
                self.totals.insert(recorded, quantity);
            }
            ActionKind::Amend { quantity, .. } => {
                self.totals.insert(recorded, quantity);
            }
            ActionKind::Cancel => {}
        }
        self.renamed.get(&recorded).map_or(*action, |renamed| renamed.instead(action))
    }

    fn compare_fills(
        &self,
        step: &Step,
        executions: &[Execution],
        agreement: &mut Agreement,
    ) -> bool {
        let Some(fills) = &step.fills else {
            return false;
        };
        let made: Vec<Fill> = executions.iter().map(fill).collect();
        let (mode, figure) = (self.mode, Figure::FillLists);
        agreement.count(mode, figure, made == *fills);
        if made == *fills {
            return false;
        }
        let (recorded, engine) = (self.fills_text(fills), self.fills_text(&made));
        agreement.differ(Difference { mode, figure, line: step.line, recorded, engine });
        true
    }

    fn compare_books(&self, step: &Step, executions: &[Execution], agreement: &mut Agreement) {
        let Some(levels) = step.seen.iter().map(|seen| seen.levels).max() else {
            return;
        };
        let depth = self.venue.depth(levels);
        for seen in &step.seen {
            let (mode, figure) = (self.mode, seen.figure);
            let shown = |side| {
                let undone = not_yet(executions, seen.executed_lots);
                with_back(depth.levels(side), &undone, side, seen.levels)
            };
            let differing = seen.sides.iter().find(|(side, levels)| !equal(levels, &shown(*side)));
            agreement.count(mode, figure, differing.is_none());
            if let Some((side, levels)) = differing {
                agreement.differ(self.book_difference(seen, levels, &shown(*side)));
            }
        }
    }

    /// Puts the queues that the order took from as they were, less what was recorded as filled.
    fn put_right(&mut self, step: &Step, before: &[Resting]) {
        let (Some(taker), Some(fills)) = (step.actions.last(), &step.fills) else {
            return;
        };
        let ActionKind::Enter { price: limit, .. } = taker.kind else {
            return;
        };
        let reached = |order: &&Resting| taker.side.reaches(limit, order.price);
        let side = taker.side.opposite();
        for order in self.venue.queue(side, LEVELS_PUT_RIGHT).iter().filter(reached) {
            self.venue.act(step.time, &Action::cancel(order.id, side));
        }
        for order in before.iter().filter(reached) {
            let id = recorded(order.id);
            let filled: u64 = fills.iter().filter(|f| f.id == id).map(|f| f.quantity).sum();
            if let Some(left) = order.left.checked_sub(filled).filter(|&left| left > 0) {
                self.enter_again(step.time, id, side, order.price, left);
            }
        }
    }

    fn enter_again(&mut self, time: Timestamp, id: Name, side: Side, price: u64, left: u64) {
        self.entries += 1;
        let again = parsed(&format!("{id}.sync-{}", self.entries));
        let total = self.totals.get(&id).copied().unwrap_or(left);
        let renamed = Renamed { id: again, executed: total.saturating_sub(left) };
        self.renamed.insert(id, renamed);
        self.venue.act(time, &Action::rest(again, side, price, left));
    }

    /// The first level that differs, as both have it.
    fn book_difference(&self, seen: &Seen, recorded: &[Level], engine: &[Level]) -> Difference {
        let at = recorded.iter().zip(engine).take_while(|(a, b)| equal(&[**a], &[**b])).count();
        let (recorded, engine) = (self.level_text(recorded, at), self.level_text(engine, at));
        Difference { mode: self.mode, figure: seen.figure, line: seen.line, recorded, engine }
    }

    fn level_text(&self, levels: &[Level], at: usize) -> String {
        let Some(level) = levels.get(at) else {
            return format!("has no level {}", at + 1);
        };
        let orders = level.orders.map_or(String::new(), |orders| format!(" in {orders} orders"));
        let (quantity, price) = (self.lots(level.quantity), self.ticks(level.price));
        format!("has {quantity} at {price}{orders} on level {}", at + 1)
    }

    fn fills_text(&self, fills: &[Fill]) -> String {
        let each = |fill: &Fill| {
            let (quantity, price) = (self.lots(fill.quantity), self.ticks(fill.price));
            format!("{quantity} of {} at {price}", fill.id)
        };
        match fills {
            [] => "filled nothing".to_owned(),
            fills => format!("filled {}", fills.iter().map(each).collect::<Vec<_>>().join(", ")),
        }
    }

    fn lots(&self, lots: u64) -> String {
        steps_text(lots, self.market.lot)
    }

    fn ticks(&self, ticks: u64) -> String {
        steps_text(ticks, self.market.tick)
    }

    fn compare_trades(&self, recording: &Recording, agreement: &mut Agreement) {
        let recorded: Vec<Print> =
            recording.steps.iter().flat_map(|step| step.prints.iter().copied()).collect();
        if !recorded.is_empty() {
            let agree = common(&recorded, &self.made);
            let count = Count { agree, of: recorded.len() as u64 };
            agreement.add(self.mode, Figure::Trades, count);
        }
    }
}

impl Renamed {
    fn instead(&self, action: &Action) -> Action {
        let kind = match action.kind {
            ActionKind::Amend { price, quantity } => {
                ActionKind::Amend { price, quantity: quantity.saturating_sub(self.executed) }
            }
            ActionKind::Enter { .. } | ActionKind::Cancel => action.kind,
        };
        Action { id: self.id, kind, ..*action }
    }
}

fn fill(execution: &Execution) -> Fill {
    let id = recorded(execution.resting);
    Fill { id, price: execution.price, quantity: execution.quantity }
}

/// The executions that had not happened when `executed_lots` were executed, and the parts of them.
fn not_yet(executions: &[Execution], executed_lots: Option<u64>) -> Vec<Execution> {
    let Some(mut done) = executed_lots else {
        return Vec::new();
    };
    let undone = executions.iter().map(|execution| {
        let now = execution.quantity.min(done);
        done -= now;
        Execution { quantity: execution.quantity - now, ..*execution }
    });
    undone.filter(|execution| execution.quantity > 0).collect()
}

/// The levels of a side with executions undone, best first.
fn with_back(levels: Vec<Level>, undone: &[Execution], side: Side, most: usize) -> Vec<Level> {
    let mut levels = levels;
    for execution in undone.iter().filter(|execution| execution.side == side) {
        let orders = u32::from(execution.finished);
        match levels.iter_mut().find(|level| level.price == execution.price) {
            Some(level) => {
                level.quantity += execution.quantity;
                level.orders = level.orders.map(|before| before + orders);
            }
            None => levels.push(Level {
                price: execution.price,
                quantity: execution.quantity,
                orders: Some(orders),
            }),
        }
    }
    levels.sort_by_key(|level| match side {
        Side::Buy => u64::MAX - level.price,
        Side::Sell => level.price,
    });
    levels.truncate(most);
    levels
}

/// Whether the levels shown are the engine's; what is not shown is not compared.
fn equal(shown: &[Level], engine: &[Level]) -> bool {
    let same = |(shown, engine): (&Level, &Level)| {
        let orders = shown.orders.is_none() || shown.orders == engine.orders;
        orders && (shown.price, shown.quantity) == (engine.price, engine.quantity)
    };
    shown.len() == engine.len() && shown.iter().zip(engine).all(same)
}

#[cfg(test)]
mod tests {
    use super::super::flow::{Money, numbered};
    use super::*;

    const BUY: Side = Side::Buy;
    const SELL: Side = Side::Sell;

    fn market() -> Market {
        Market {
            symbol: parsed("TEST/USD"),
            base: Money { code: parsed("TEST"), scale: 0 },
            quote: Money { code: parsed("USD"), scale: 2 },
            tick: 10_000_000_000,
            lot: 1_000_000_000_000,
        }
    }

    fn rest(id: u64, side: Side, price: u64, quantity: u64) -> Step {
        Step { actions: vec![Action::rest(numbered(id), side, price, quantity)], ..Step::default() }
    }

    /// An order that takes, and whom it met at the exchange: id, price, quantity.
    fn take(id: u64, side: Side, price: u64, met: &[(u64, u64, u64)]) -> Step {
        let quantity = met.iter().map(|met| met.2).sum();
        let fill = |&(id, price, quantity)| Fill { id: numbered(id), price, quantity };
        Step {
            line: id,
            actions: vec![Action::take(numbered(id), side, price, quantity)],
            fills: Some(met.iter().map(fill).collect()),
            prints: met.iter().map(|m| Print { price: m.1, quantity: m.2 }).collect(),
            ..Step::default()
        }
    }

    fn level(price: u64, quantity: u64, orders: u32) -> Level {
        Level { price, quantity, orders: Some(orders) }
    }

    /// The asks as the exchange showed them, when so many lots of the step's order were executed.
    fn asks(step: Step, executed_lots: Option<u64>, levels: &[Level]) -> Step {
        let sides = vec![(SELL, levels.to_vec())];
        let seen = Seen { line: 1, figure: Figure::Rows, executed_lots, levels: 2, sides };
        Step { seen: step.seen.iter().cloned().chain([seen]).collect(), ..step }
    }

    /// What agrees of what, for each figure in its order.
    fn check(steps: Vec<Step>, mode: Mode) -> Vec<(Figure, u64, u64)> {
        let recording = Recording { market: market(), steps, notes: Vec::new() };
        let mut agreement = Agreement::default();
        run(&recording, mode, &mut agreement).unwrap();
        [Figure::Trades, Figure::FillLists, Figure::Rows]
            .into_iter()
            .map(|figure| (figure, agreement.of(mode, figure)))
            .filter(|(_, count)| count.of > 0)
            .map(|(figure, count)| (figure, count.agree, count.of))
            .collect()
    }

    #[test]
    fn what_the_exchange_did_is_found_again() {
        let sweep = take(9, BUY, 101, &[(1, 100, 5), (2, 101, 3)]);
        let sweep = asks(sweep, Some(0), &[level(100, 5, 1), level(101, 7, 1)]);
        let sweep = asks(sweep, Some(2), &[level(100, 3, 1), level(101, 7, 1)]);
        let sweep = asks(sweep, Some(5), &[level(101, 7, 1)]);
        let sweep = asks(sweep, None, &[level(101, 4, 1)]);
        let steps = vec![rest(1, SELL, 100, 5), rest(2, SELL, 101, 7), sweep];
        let agreed = [(Figure::Trades, 2, 2), (Figure::FillLists, 1, 1), (Figure::Rows, 4, 4)];
        assert_eq!(check(steps, Mode::Free), agreed);
    }

    #[test]
    fn every_difference_counts() {
        let steps = vec![
            asks(rest(1, SELL, 100, 5), None, &[level(100, 5, 2)]),
            asks(rest(2, SELL, 100, 5), None, &[level(100, 9, 2)]),
            asks(rest(3, SELL, 102, 5), None, &[level(100, 10, 2)]),
            take(9, BUY, 100, &[(2, 100, 5)]),
            take(10, BUY, 100, &[(1, 100, 4)]),
        ];
        let found = [(Figure::Trades, 2, 2), (Figure::FillLists, 0, 2), (Figure::Rows, 0, 3)];
        assert_eq!(
            check(steps, Mode::Free),
            found,
            "orders, lots, levels and whom it met; trades have no names"
        );
    }

    #[test]
    fn put_right_a_difference_counts_once() {
        // The exchange fills the younger order 2; running free that is wrong three times over.
        let steps = || {
            let mut steps = vec![
                rest(1, SELL, 100, 5),
                rest(2, SELL, 100, 9),
                rest(3, SELL, 101, 9),
                take(9, BUY, 100, &[(2, 100, 4)]),
                take(10, BUY, 100, &[(1, 100, 5)]),
            ];
            // Of the nine, two are taken back: three are left where four were executed.
            let resize = Action::resize(numbered(2), SELL, 7);
            steps.push(Step { actions: vec![resize], ..Step::default() });
            steps.push(take(11, BUY, 101, &[(2, 100, 3), (3, 101, 1)]));
            steps.push(Step {
                actions: vec![
                    Action::cancel(numbered(3), SELL),
                    Action::rest(numbered(4), SELL, 101, 2),
                ],
                ..Step::default()
            });
            steps.push(asks(Step::default(), None, &[level(101, 2, 1)]));
            steps
        };
        let found = check(steps(), Mode::Resynced);
        assert_eq!(found[1..], [(Figure::FillLists, 2, 3), (Figure::Rows, 1, 1)]);
        let free = check(steps(), Mode::Free);
        assert_eq!(free[1], (Figure::FillLists, 1, 3));
    }
}
