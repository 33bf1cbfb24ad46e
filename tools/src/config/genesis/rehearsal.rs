//! A genesis is executed once before it is believed: on an engine in memory, line by line, so that
//! what the venue would refuse is an error of its line and never reaches a journal.

use std::cell::RefCell;
use std::io::{self, Sink};
use std::rc::Rc;

use ringside_engine::Engine;
use ringside_journal::format::BATCH_PAYLOAD_BYTES_MAX;
use ringside_protocol::{
    Behaviour, Command, Event, Rejected, SLOT_BYTES, Sequence, Sequenced, Slot, Timestamp,
    write_command,
};

use super::super::error::ConfigError;
use super::{Draft, Genesis, Line, OPS};
use crate::scenario::error::LineError;
use crate::scenario::floor::Floor;
use crate::scenario::json::Json;
use crate::scenario::line;
use crate::scenario::recorder::Recorder;
use crate::scenario::refusal;
use crate::scenario::runner::{Runner, Show, Stop};
use crate::venue::door::RECORD_SLOTS;

/// Understands every line, or says what is wrong with the first that cannot be.
pub(super) fn understand(drafts: Vec<Draft>) -> Result<Genesis, ConfigError> {
    let mut rehearsal = Rehearsal::new();
    for draft in drafts {
        rehearsal.line(&draft).map_err(|error| located(draft, error))?;
    }
    Ok(rehearsal.ended())
}

fn located(draft: Draft, error: LineError) -> ConfigError {
    let LineError { key, what, fix } = error;
    let key = if draft.key.is_empty() { key } else { format!("{}.{key}", draft.key) };
    ConfigError { place: draft.place, key, what, fix }
}

struct Rehearsal {
    venue: Runner<Sink>,
    commands: Commands,
    lines: Vec<Line>,
    /// What the first batch of the journal holds so far.
    bytes: usize,
}

impl Rehearsal {
    fn new() -> Self {
        let commands = Commands::default();
        let recorder = Box::new(commands.clone());
        let venue = Runner::new(Show::NOTHING, io::sink()).recorded(recorder);
        // The venue states its behaviour before anything else.
        let bytes = journalled(&Behaviour { version: 0, reserved: 0 }.into());
        Self { venue, commands, lines: Vec::new(), bytes }
    }

    fn line(&mut self, draft: &Draft) -> Result<(), LineError> {
        let Some(json) = line::json(&draft.bytes)? else { return Ok(()) };
        only_setup(&json)?;
        let before = self.commands.0.borrow().len();
        self.execute(&draft.bytes)?;
        self.weigh(before)?;
        self.lines.push(Line { text: json.to_string(), place: draft.place.clone() });
        Ok(())
    }

    fn execute(&mut self, bytes: &[u8]) -> Result<(), LineError> {
        self.venue.line(self.lines.len() as u64 + 1, bytes).map_err(|stop| match stop {
            Stop::Line(error) => error,
            Stop::Output(error) | Stop::Record(error) => {
                unreachable!("Invariant: nothing is written here: {error}")
            }
        })?;
        match self.venue.told().iter().find_map(|told| rejected(&told.event)) {
            None => Ok(()),
            Some(rejected) => Err(self.refusal(rejected)),
        }
    }

    fn refusal(&self, rejected: &Rejected) -> LineError {
        let floor = Floor { engine: self.venue.engine(), memory: self.venue.memory() };
        let message = refusal::explain(rejected, &floor).message;
        let what = format!("the venue refuses it with {}", rejected.reason.word());
        LineError::new("line", what, message)
    }

    /// The venue's beginning is one batch of its journal, there as a whole or not at all.
    fn weigh(&mut self, before: usize) -> Result<(), LineError> {
        let new: usize = self.commands.0.borrow()[before..].iter().map(journalled).sum();
        self.bytes += new;
        if self.bytes <= BATCH_PAYLOAD_BYTES_MAX {
            return Ok(());
        }
        let what = format!(
            "a venue begins with at most {BATCH_PAYLOAD_BYTES_MAX} bytes, as many \
                            as a batch of its journal holds"
        );
        Err(LineError::new("line", what, "enter the rest with `ringside admin` when it runs"))
    }

    fn ended(self) -> Genesis {
        let commands = self.commands.0.take();
        Genesis { lines: self.lines, commands }
    }
}

fn rejected(event: &Event) -> Option<&Rejected> {
    if let Event::Rejected(rejected) = event { Some(rejected) } else { None }
}

/// Bytes that a command takes in the journal.
fn journalled(command: &Command) -> usize {
    let mut slots: [Slot; RECORD_SLOTS] = [[0; SLOT_BYTES]; RECORD_SLOTS];
    let (sequence, time, origin) = (Sequence(1), Timestamp(0), Default::default());
    write_command(&Sequenced { sequence, time, origin, command: *command }, &mut slots) * SLOT_BYTES
}

/// Refuses ops that do not make a venue.
fn only_setup(json: &Json<'_>) -> Result<(), LineError> {
    let Some(op) = json.get("op").and_then(Json::as_text) else {
        return Ok(());
    };
    if OPS.contains(&op) || !line::OPS.iter().any(|known| known.name == op) {
        return Ok(());
    }
    let what = format!("`{op}` is no part of a genesis");
    let fix = format!("there are {}; send others with `ringside admin`", OPS.join(", "));
    Err(LineError::new("op", what, fix))
}

/// What the rehearsal executed, in order.
#[derive(Clone, Debug, Default)]
struct Commands(Rc<RefCell<Vec<Command>>>);

impl Recorder for Commands {
    fn record(&mut self, command: &Sequenced, _: &Engine) -> io::Result<()> {
        self.0.borrow_mut().push(command.command);
        Ok(())
    }

    fn finish(&mut self, _: &Engine) -> io::Result<()> {
        Ok(())
    }
}
