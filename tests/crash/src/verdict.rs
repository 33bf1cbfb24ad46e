//! What must be true of a venue's files after any crash: everything acknowledged is in the journal,
//! once; the newest snapshot with the tail behind it and all commands from the first lead to the
//! same engine; and its books are in order.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use ringside_engine::{Engine, audit};
use ringside_journal::{Access, Chain};
use ringside_protocol::CommandRef;
use ringside_tools::scenario::answers::hex;
use ringside_tools::venue::execution::{Execution, ExecutionError, Until};
use ringside_tools::venue::layout::Layout;
use ringside_tools::venue::reading;
use ringside_tools::venue::records::Commands;
use ringside_tools::venue::recovery::{self, RecoveryError, Report};

use crate::driven::Answer;

/// Every order of a directory that any process has ever acknowledged.
#[derive(Clone, Debug, Default)]
pub struct Acknowledged(BTreeSet<Answer>);

impl Acknowledged {
    /// These, too.
    pub fn extend(&mut self, answers: &[Answer]) {
        self.0.extend(answers);
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The highest number of every stream.
    pub fn last_of_streams(&self) -> Vec<Answer> {
        let all: Vec<Answer> = self.0.iter().copied().collect();
        all.chunk_by(|one, next| one.stream == next.stream).map(|of| of[of.len() - 1]).collect()
    }
}

/// What a directory holds.
#[derive(Debug)]
pub struct Verdict {
    /// Acknowledged and in no command.
    pub lost: Vec<Answer>,
    /// In more than one command.
    pub twice: Vec<Answer>,
    /// The engine that the newest snapshot and the tail behind it lead to.
    pub engine: Engine,
    /// What recovery found on the way.
    pub report: Report,
    /// Segments that count.
    pub segments: usize,
}

/// Looks at everything in the directory of a venue that does not run; folders that a crash came
/// before are made, as a start would.
///
/// # Errors
/// Why the directory is no venue's in order, whatever was acknowledged.
pub fn judge(directory: &Path, acknowledged: &Acknowledged) -> Result<Verdict, String> {
    let layout = Layout::new(directory);
    layout.create().map_err(|error| format!("directory: {error}"))?;
    let (engine, report) =
        recovery::rebuild(&layout).map_err(|error| format!("recovery: {error}"))?;
    audit::check(&engine).map_err(|violation| format!("audit: {violation}"))?;
    agree(&layout, &engine, &report)?;
    let (orders, segments) = orders(&layout).map_err(|error| format!("journal: {error}"))?;
    let is_lost = |answer: &Answer| !orders.contains_key(answer);
    let lost = acknowledged.0.iter().copied().filter(is_lost).collect();
    let mut twice: Vec<Answer> =
        orders.into_iter().filter(|&(_, count)| count > 1).map(|(answer, _)| answer).collect();
    twice.sort_unstable();
    Ok(Verdict { lost, twice, engine, report, segments })
}

impl Verdict {
    /// Insists that nothing acknowledged is lost and nothing is there twice.
    ///
    /// # Errors
    /// What is.
    pub fn nothing_lost(self) -> Result<Self, String> {
        let Self { lost, twice, report, .. } = &self;
        if lost.is_empty() && twice.is_empty() {
            return Ok(self);
        }
        Err(format!(
            "{} acknowledged orders lost, first {:?}; {} there twice, first {:?}; {report:?}",
            lost.len(),
            lost.first(),
            twice.len(),
            twice.first()
        ))
    }
}

/// Every snapshot is whole, and without any, all commands lead to the same engine.
fn agree(layout: &Layout, engine: &Engine, report: &Report) -> Result<(), String> {
    if let Some((sequence, why)) = report.passed_over.first() {
        return Err(format!("snapshot {sequence}: {why}"));
    }
    let replayed = replay(layout).map_err(|error| format!("replay: {error}"))?;
    let (found, wanted) = (replayed.state_hash(), engine.state_hash());
    if (replayed.sequence(), found) != (engine.sequence(), wanted) {
        return Err(format!(
            "snapshot {} and its tail lead to {:?}, {}; all commands to {:?}, {}",
            report.snapshot,
            engine.sequence(),
            hex(&wanted),
            replayed.sequence(),
            hex(&found)
        ));
    }
    Ok(())
}

/// The engine that all commands from the first lead to.
fn replay(layout: &Layout) -> Result<Engine, RecoveryError> {
    let mut execution = Execution::new(Engine::new());
    for batch in chain(layout)?.batches(1)? {
        execution.batch(&batch?, Until::End, &mut ())?;
    }
    Ok(execution.into_engine())
}

fn chain(layout: &Layout) -> Result<Chain, RecoveryError> {
    let proof = reading::whole_snapshot(layout, u64::MAX).map_or(0, |newest| newest.head.sequence);
    Ok(Chain::read(&layout.journal(), Access::Alone, proof)?)
}

/// In how many commands each numbered order is, and in how many segments they all are.
fn orders(layout: &Layout) -> Result<(HashMap<Answer, u32>, usize), RecoveryError> {
    let chain = chain(layout)?;
    let (mut orders, mut commands) = (HashMap::new(), Commands::default());
    for batch in chain.batches(1)? {
        commands.each::<ExecutionError>(&batch?, 1, |stamp, command, _| {
            if let CommandRef::Order(order) = command
                && order.user_ref > 0
            {
                let answer = Answer { stream: stamp.origin.stream.0, user_ref: order.user_ref };
                *orders.entry(answer).or_default() += 1;
            }
            Ok(())
        })?;
    }
    Ok((orders, chain.links().len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_number_of_every_stream_is_known() {
        let answer = |stream, user_ref| Answer { stream, user_ref };
        let mut acknowledged = Acknowledged::default();
        acknowledged.extend(&[answer(2, 9), answer(0, 1), answer(2, 10), answer(0, 3)]);
        acknowledged.extend(&[answer(2, 9)]);
        assert_eq!((acknowledged.len(), acknowledged.is_empty()), (4, false));
        assert_eq!(acknowledged.last_of_streams(), [answer(0, 3), answer(2, 10)]);
    }
}
