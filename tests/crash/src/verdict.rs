//! What must be true of a venue's files after any crash: everything acknowledged is in the journal,
//! once; the newest snapshot with the tail behind it and all commands from the first lead to the
//! same engine; its books are in order; and the events that are kept are those of the commands, at
//! least as far as the newest snapshot.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;

use ringside_engine::{Engine, audit};
use ringside_journal::file::FileStorage;
use ringside_journal::{Access, Chain};
use ringside_protocol::{CommandRef, Sequence, SessionNumber};
use ringside_tools::scenario::answers::hex;
use ringside_tools::venue::events::{self, EventStore, EventsError};
use ringside_tools::venue::execution::ExecutionError;
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
    let chain = chain(&layout).map_err(|error| format!("journal: {error}"))?;
    let replayed = replay(&layout, &chain).map_err(|error| format!("events: {error}"))?;
    agree(&engine, &report, &replayed)?;
    check_snapshots(&layout, &report)?;
    let orders = orders(&chain).map_err(|error| format!("journal: {error}"))?;
    let there: HashSet<Answer> = orders.keys().map(|&(_, answer)| answer).collect();
    let is_lost = |answer: &Answer| !there.contains(answer);
    let lost = acknowledged.0.iter().copied().filter(is_lost).collect();
    let mut twice: Vec<Answer> =
        orders.into_iter().filter(|&(_, count)| count > 1).map(|((_, it), _)| it).collect();
    twice.sort_unstable();
    Ok(Verdict { lost, twice, engine, report, segments: chain.links().len() })
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

fn chain(layout: &Layout) -> Result<Chain, RecoveryError> {
    let proof = reading::whole_snapshot(layout, u64::MAX).map_or(0, |newest| newest.head.sequence);
    Ok(Chain::read(&layout.journal(), Access::Alone, proof)?)
}

/// The engine that all commands from the first lead to. The events that are kept of them are what
/// it says, bit for bit.
fn replay(layout: &Layout, chain: &Chain) -> Result<Engine, EventsError> {
    let mut engine = Engine::new();
    events::verify(&events_of(layout, chain)?, &mut engine, chain)?;
    Ok(engine)
}

/// The events of the commands that are there.
fn events_of(layout: &Layout, chain: &Chain) -> Result<EventStore<FileStorage>, EventsError> {
    EventStore::open(layout.events(), Access::Alone)?.cut_after(Sequence(chain.whole))
}

/// Without any snapshot, all commands lead to the same engine.
fn agree(engine: &Engine, report: &Report, replayed: &Engine) -> Result<(), String> {
    let (wanted, found) = (engine.state_hash(), replayed.state_hash());
    if (engine.sequence(), wanted) == (replayed.sequence(), found) {
        return Ok(());
    }
    Err(format!(
        "snapshot {} and its tail lead to {:?}, {}; all commands to {:?}, {}",
        report.snapshot,
        engine.sequence(),
        hex(&wanted),
        replayed.sequence(),
        hex(&found)
    ))
}

/// Every snapshot is whole, and the events up to the newest are kept: it appeared after them.
fn check_snapshots(layout: &Layout, report: &Report) -> Result<(), String> {
    if let Some((sequence, why)) = report.passed_over.first() {
        return Err(format!("snapshot {sequence}: {why}"));
    }
    let Some(snapshot) = reading::whole_snapshot(layout, u64::MAX) else { return Ok(()) };
    let said = reading::restored(&snapshot)?.stats().events;
    let store = EventStore::open(layout.events(), Access::Alone);
    let kept = store.map_err(|error| format!("events: {error}"))?.complete().ordinal;
    if said > kept {
        let sequence = snapshot.head.sequence;
        return Err(format!("snapshot {sequence} is after {said} events, and {kept} are kept"));
    }
    Ok(())
}

/// In how many commands each numbered order of a session is.
fn orders(chain: &Chain) -> Result<HashMap<(SessionNumber, Answer), u32>, RecoveryError> {
    let (mut orders, mut commands) = (HashMap::new(), Commands::default());
    for batch in chain.batches(1)? {
        commands.each::<ExecutionError>(&batch?, 1, |stamp, command, _| {
            if let CommandRef::Order(order) = command
                && order.user_ref > 0
            {
                let answer = Answer { stream: stamp.origin.stream.0, user_ref: order.user_ref };
                *orders.entry((stamp.origin.session, answer)).or_default() += 1;
            }
            Ok(())
        })?;
    }
    Ok(orders)
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
