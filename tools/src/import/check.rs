//! Runs a recording through an engine and compares what it does with what the exchange did.
//!
//! Running free, the engine is given the commands and nothing else, so one difference may cause
//! others until the orders it left behind are gone. Re-synced, the queues that an order took from
//! are put right whenever it met others than recorded: every difference counts once.

use std::collections::HashMap;

use ringside_engine::audit::Violation;
use ringside_protocol::{Name, Side, Timestamp};

use super::agreement::{Agreement, Count, Difference, Mode, common};
use super::flow::{
    Action, ActionKind, Figure, Fill, Level, Print, Recording, Seen, Step, parsed, recorded,
};
use super::source::bar;
use super::venue::{Execution, Resting, Venue};

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
    let progress = bar(recording.steps.len() as u64, mode_words(mode));
    let mut replay = Replay {
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

const fn mode_words(mode: Mode) -> &'static str {
    match mode {
        Mode::Free => "checking",
        Mode::Resynced => "re-synced",
    }
}

/// One run.
struct Replay {
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

impl Replay {
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
        let (recorded, engine) = (fills_text(fills), fills_text(&made));
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
                agreement.differ(book_difference(mode, seen, levels, &shown(*side)));
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

fn book_difference(mode: Mode, seen: &Seen, recorded: &[Level], engine: &[Level]) -> Difference {
    let at = recorded.iter().zip(engine).take_while(|(a, b)| equal(&[**a], &[**b])).count();
    let text = |levels: &[Level]| match levels.get(at) {
        None => format!("ends at level {}", at + 1),
        Some(Level { price, quantity, .. }) => {
            format!("shows {quantity} lots at {price} ticks on level {}", at + 1)
        }
    };
    let (recorded, engine) = (text(recorded), text(engine));
    Difference { mode, figure: seen.figure, line: seen.line, recorded, engine }
}

fn fills_text(fills: &[Fill]) -> String {
    let each = |fill: &Fill| format!("{} of {} at {}", fill.quantity, fill.id, fill.price);
    let all: Vec<String> = fills.iter().map(each).collect();
    if all.is_empty() { "filled nothing".to_owned() } else { format!("filled {}", all.join(", ")) }
}
