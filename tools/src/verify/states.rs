//! The journal executed once more: do the event hashes come out that it carries, and the states of
//! the snapshots?

use indicatif::ProgressBar;
use ringside_engine::Engine;
use ringside_journal::snapshots::{self, Snapshot};
use ringside_journal::{Chain, names};

use super::findings::Findings;
use crate::scenario::answers::hex;
use crate::venue::execution::{Audience, Execution, ExecutionError, Until};
use crate::venue::layout::Layout;
use crate::venue::reading;
use crate::venue::recording::IMAGE_VERSION;

/// What a whole snapshot says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Promise {
    sequence: u64,
    event_hash: u64,
    state_hash: [u8; 32],
}

fn file(sequence: u64) -> String {
    format!("snapshots/{}", names::snapshot(sequence))
}

/// Reads every snapshot; returns what the whole ones promise, oldest first.
pub(super) fn read_snapshots(layout: &Layout, findings: &mut Findings) -> Vec<Promise> {
    note_parts(layout, findings);
    let mut promises = Vec::new();
    for sequence in reading::sequences(layout).into_iter().rev() {
        findings.checked.snapshots += 1;
        match snapshots::read(&layout.snapshots(), sequence) {
            Ok(snapshot) => promises.extend(promise(&snapshot, findings)),
            Err(error) => findings.trouble(
                file(sequence),
                format!("this snapshot cannot be used: {error}"),
                "move it away; a venue starts from an older one or from the first command",
            ),
        }
    }
    promises
}

/// Images of another version are whole, but not ours to compute.
fn promise(snapshot: &Snapshot, findings: &mut Findings) -> Option<Promise> {
    let head = snapshot.head;
    if head.schema != IMAGE_VERSION {
        findings.note(
            file(head.sequence),
            format!(
                "its image is of version {}, this program's of version {IMAGE_VERSION}: whole, \
                 but its state is not compared",
                head.schema
            ),
        );
        return None;
    }
    let (sequence, event_hash) = (head.sequence, head.event_hash);
    Some(Promise { sequence, event_hash, state_hash: snapshot.hash })
}

fn note_parts(layout: &Layout, findings: &mut Findings) {
    let names = reading::files(&layout.snapshots()).unwrap_or_default();
    for name in names.iter().filter(|name| name.ends_with(".snapshot.part")) {
        findings.note(
            format!("snapshots/{name}"),
            "a snapshot that is being written, or that a crash cut short; nothing reads it",
        );
    }
}

/// The highest sequence that a whole snapshot proves to be on disk.
pub(super) fn proof(promises: &[Promise]) -> u64 {
    promises.last().map_or(0, |promise| promise.sequence)
}

/// Executes everything there is.
pub(super) fn check(
    layout: &Layout,
    chain: &Chain,
    promises: &[Promise],
    bar: &ProgressBar,
    findings: &mut Findings,
) {
    let Some(engine) = start(layout, chain, promises, findings) else { return };
    let mut execution = Execution::new(engine);
    let began = execution.began();
    let coming = promises.iter().rev().filter(|promise| promise.sequence > began);
    let mut witness = Witness { coming: coming.copied().collect(), findings };
    let executed = execute(chain, &mut execution, &mut witness, bar);
    findings.checked.checkpoints = execution.compared();
    findings.checked.executed = execution.executed();
    if let Err(error) = executed {
        findings.trouble("journal".to_owned(), error.to_string(), fix(&error));
    }
}

/// From the first command; where that is gone, from the oldest snapshot that the rest goes on from.
fn start(
    layout: &Layout,
    chain: &Chain,
    promises: &[Promise],
    findings: &mut Findings,
) -> Option<Engine> {
    let oldest = chain.oldest();
    if oldest == 1 {
        return Some(reading::empty_engine(chain));
    }
    let from = promises.iter().map(|promise| promise.sequence).find(|at| at + 1 >= oldest);
    let snapshot = from.and_then(|from| snapshots::read(&layout.snapshots(), from).ok());
    let engine = snapshot.and_then(|snapshot| reading::restored(&snapshot).ok());
    match &engine {
        Some(engine) => findings.note(
            file(engine.sequence().0),
            format!(
                "the journal begins with sequence {oldest}: executed from this snapshot on; it \
                 and older ones are not compared"
            ),
        ),
        None => findings.trouble(
            "snapshots".to_owned(),
            format!(
                "the journal begins with sequence {oldest}, and no snapshot can stand in for what \
                 was before: nothing can be executed"
            ),
            "restore older segments, or a snapshot from a copy",
        ),
    }
    engine
}

fn execute(
    chain: &Chain,
    execution: &mut Execution,
    witness: &mut Witness<'_>,
    bar: &ProgressBar,
) -> Result<(), ExecutionError> {
    let batches = chain.batches(execution.engine().sequence().0 + 1);
    // What is broken was found before, file by file.
    for batch in batches.into_iter().flatten().map_while(Result::ok) {
        execution.batch(&batch, Until::End, witness)?;
        bar.set_position(execution.executed());
    }
    Ok(())
}

fn fix(error: &ExecutionError) -> &'static str {
    match error {
        ExecutionError::Diverged { .. } => {
            "another build wrote the journal, or this is a bug of the venue: verify with that \
             build, or report it"
        }
        ExecutionError::Record(_) | ExecutionError::TimeWentBack { .. } => {
            "the bytes are those that were written, so their writer was wrong: another build, or \
             a bug; report it"
        }
        ExecutionError::Behaviour(_) => "verify with a build of that behaviour",
        ExecutionError::Output(_) => "make room",
    }
}

/// Compares the state with every snapshot that is passed.
struct Witness<'a> {
    /// The next one last.
    coming: Vec<Promise>,
    findings: &'a mut Findings,
}

impl Witness<'_> {
    fn compare(&mut self, promise: Promise, engine: &Engine) {
        let state_hash = engine.state_hash();
        if state_hash == promise.state_hash && engine.event_hash() == promise.event_hash {
            self.findings.checked.states += 1;
            return;
        }
        let what = match state_hash == promise.state_hash {
            true => format!(
                "the event hash of sequence {} is {:016x} when executed again, the snapshot says \
                 {:016x}",
                promise.sequence,
                engine.event_hash(),
                promise.event_hash
            ),
            false => format!(
                "the state hash of sequence {} is {} when executed again, the snapshot's {}",
                promise.sequence,
                hex(&state_hash),
                hex(&promise.state_hash)
            ),
        };
        self.findings.trouble(
            file(promise.sequence),
            what,
            "move it away; a venue starts from an older one or from the first command",
        );
    }
}

impl Audience for Witness<'_> {
    #[inline(always)]
    fn event(
        &mut self,
        _header: &ringside_protocol::EventHeader,
        _event: &ringside_protocol::Event,
    ) {
    }

    #[inline(always)]
    fn executed(&mut self, engine: &Engine) -> Result<(), ExecutionError> {
        let is_here = |promise: &mut Promise| promise.sequence == engine.sequence().0;
        if let Some(promise) = self.coming.pop_if(is_here) {
            self.compare(promise, engine);
        }
        Ok(())
    }
}
