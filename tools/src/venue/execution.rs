//! Executing a journal once more, batch by batch, and comparing the event hash with what the
//! journal says it was. It changes nothing outside its own engine.

use ringside_engine::{BehaviourError, Engine, EventSink};
use ringside_journal::Checkpoint;
use ringside_journal::segment::Batch;
use ringside_protocol::{CommandRef, Event, EventHeader, Slot, Stamp, Timestamp, peek_stream};

use super::records::{BadRecord, Commands};

/// A checkpoint this many commands before the end of its batch can still be compared.
const HASHES_KEPT: usize = 1 << 16;

/// Takes what an execution brings about.
pub trait Audience {
    /// The next event of the command in hand.
    fn event(&mut self, header: &EventHeader, event: &Event);

    /// A command was executed; `engine` is as that left it.
    ///
    /// # Errors
    /// What ends the execution.
    fn executed(&mut self, engine: &Engine) -> Result<(), ExecutionError>;
}

/// Nobody.
impl Audience for () {
    #[inline(always)]
    fn event(&mut self, _header: &EventHeader, _event: &Event) {}

    #[inline(always)]
    fn executed(&mut self, _engine: &Engine) -> Result<(), ExecutionError> {
        Ok(())
    }
}

struct Ears<'a, A>(&'a mut A);

impl<A: Audience> EventSink for Ears<'_, A> {
    #[inline(always)]
    fn emit(&mut self, header: &EventHeader, event: &Event) {
        self.0.event(header, event);
    }
}

/// How far to execute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Until {
    /// Through this sequence.
    Sequence(u64),
    /// Everything up to this venue time, and at it.
    Time(Timestamp),
    /// Through the last command.
    End,
}

impl Until {
    /// Whether a command is not to be executed any more.
    #[inline(always)]
    const fn is_past(self, stamp: &Stamp) -> bool {
        match self {
            Self::Sequence(last) => stamp.sequence.0 > last,
            Self::Time(last) => stamp.time.0 > last.0,
            Self::End => false,
        }
    }
}

/// Why an execution did not go on.
#[derive(Debug)]
pub enum ExecutionError {
    /// A batch holds what is no command.
    Record(BadRecord),
    /// A command is older than the one before it.
    TimeWentBack {
        /// Its sequence.
        sequence: u64,
    },
    /// A command was answered by another behaviour than this program's.
    Behaviour(BehaviourError),
    /// The events are not those of the time when the journal was written.
    Diverged {
        /// The journal's word.
        checkpoint: Checkpoint,
        /// The event hash now.
        event_hash: u64,
        /// The last sequence at which both were equal, or execution began.
        agreed: u64,
    },
    /// Whoever listens cannot go on.
    Output(std::io::Error),
}

impl From<BadRecord> for ExecutionError {
    fn from(error: BadRecord) -> Self {
        Self::Record(error)
    }
}

impl core::fmt::Display for ExecutionError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Record(error) => error.fmt(f),
            Self::Behaviour(error) => error.fmt(f),
            Self::TimeWentBack { sequence } => {
                write!(f, "the time of command {sequence} is before that of the one before it")
            }
            Self::Diverged { checkpoint, event_hash, agreed } => write!(
                f,
                "executed again, the events up to sequence {} are not those of the time when they \
                 were journalled: event hash {event_hash:016x}, the journal says {:016x}; up to \
                 sequence {agreed} they agree",
                checkpoint.sequence, checkpoint.event_hash
            ),
            Self::Output(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ExecutionError {}

/// An engine that executes batches.
#[derive(Debug)]
pub struct Execution {
    engine: Engine,
    commands: Commands,
    began: u64,
    hashes: Box<[u64]>,
    agreed: u64,
    compared: u64,
}

impl Execution {
    /// Goes on from where `engine` is.
    pub fn new(engine: Engine) -> Self {
        let began = engine.sequence().0;
        Self {
            engine,
            commands: Commands::default(),
            began,
            hashes: vec![0; HASHES_KEPT].into_boxed_slice(),
            agreed: began,
            compared: 0,
        }
    }

    /// The venue as it stands.
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The venue as it stands, to go on with.
    pub fn into_engine(self) -> Engine {
        self.engine
    }

    /// The sequence it started from.
    pub const fn began(&self) -> u64 {
        self.began
    }

    /// Commands executed.
    pub fn executed(&self) -> u64 {
        self.engine.sequence().0 - self.began
    }

    /// Checkpoints that were compared, and agreed.
    pub const fn compared(&self) -> u64 {
        self.compared
    }

    /// Executes what of `batch` comes next, no further than `until`, then compares its checkpoint.
    /// Says whether there is more to do.
    ///
    /// # Errors
    /// [`ExecutionError`]; the engine then stands where that came up.
    pub fn batch(
        &mut self,
        batch: &Batch<'_>,
        until: Until,
        audience: &mut impl Audience,
    ) -> Result<bool, ExecutionError> {
        let Self { engine, commands, hashes, .. } = self;
        let from = engine.sequence().0 + 1;
        let taken = commands.each(batch, from, |stamp, command, ahead| {
            if until.is_past(stamp) {
                return Err(Halt::Reached);
            }
            execute(engine, stamp, command, ahead, audience)?;
            hashes[stamp.sequence.0 as usize % HASHES_KEPT] = engine.event_hash();
            Ok(())
        });
        let is_more = match taken {
            Ok(()) => true,
            Err(Halt::Reached) => false,
            Err(Halt::Failed(error)) => return Err(error),
        };
        self.compare(batch)?;
        Ok(is_more)
    }

    /// Compares the batch's checkpoint, where it speaks of what was just executed. One that speaks
    /// of commands behind its batch may mean some that a crash took: it proves nothing.
    fn compare(&mut self, batch: &Batch<'_>) -> Result<(), ExecutionError> {
        let checkpoint = batch.header.checkpoint;
        let last = self.engine.sequence().0.min(batch.header.last_sequence());
        let is_known = checkpoint.sequence > self.began
            && checkpoint.sequence <= last
            && self.engine.sequence().0 - checkpoint.sequence < HASHES_KEPT as u64;
        if !is_known {
            return Ok(());
        }
        let event_hash = self.hashes[checkpoint.sequence as usize % HASHES_KEPT];
        if event_hash != checkpoint.event_hash {
            return Err(ExecutionError::Diverged { checkpoint, event_hash, agreed: self.agreed });
        }
        self.agreed = checkpoint.sequence;
        self.compared += 1;
        Ok(())
    }
}

/// Why the commands of a batch are not taken any further.
enum Halt {
    Reached,
    Failed(ExecutionError),
}

impl From<BadRecord> for Halt {
    fn from(error: BadRecord) -> Self {
        Self::Failed(error.into())
    }
}

#[inline(always)]
fn execute(
    engine: &mut Engine,
    stamp: &Stamp,
    command: CommandRef<'_>,
    ahead: &[Slot],
    audience: &mut impl Audience,
) -> Result<(), Halt> {
    if stamp.time < engine.time() {
        let sequence = stamp.sequence.0;
        return Err(Halt::Failed(ExecutionError::TimeWentBack { sequence }));
    }
    let checked = engine.check_replay(command);
    checked.map_err(|error| Halt::Failed(ExecutionError::Behaviour(error)))?;
    if let Some([near, middle, far]) = ahead.get(..3) {
        engine.foresee([peek_stream(near), peek_stream(middle), peek_stream(far)]);
    }
    engine.apply_view(stamp, command, &mut Ears(audience));
    audience.executed(engine).map_err(Halt::Failed)
}
