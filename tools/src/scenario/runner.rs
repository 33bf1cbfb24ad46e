//! A venue in process that takes scenario lines and tells what came of them. It knows no file and
//! no terminal; the same lines give the same bytes.

use std::io::{self, Write};

use ringside_engine::audit::{self, Violation};
use ringside_engine::{Engine, Sequencer};
use ringside_protocol::wire::json::writer::Writer;
use ringside_protocol::{Event, EventHeader, EventKind, Sequenced, Timestamp};

use super::error::LineError;
use super::expect::{Expect, ONLY_ASKED};
use super::floor::Floor;
use super::json::{self, Json};
use super::judge;
use super::line::{self, Line, Step};
use super::memory::{Memory, Told};
use super::query::Query;
use super::recorder::Recorder;
use super::{compare, events};

/// What a run prints.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Show {
    /// Only events of these kinds; none: of every kind.
    pub kinds: Option<Vec<EventKind>>,
    /// Answers to queries.
    pub queries: bool,
}

impl Show {
    /// Every event and every answer.
    pub const EVERYTHING: Self = Self { kinds: None, queries: true };
    /// No events.
    pub const QUIET: Self = Self { kinds: Some(Vec::new()), queries: true };
    /// Nothing at all.
    pub const NOTHING: Self = Self { kinds: Some(Vec::new()), queries: false };

    fn shows(&self, kind: EventKind) -> bool {
        self.kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind))
    }

    /// Whether the run takes notice of events of this kind at all.
    fn notices(&self, kind: EventKind) -> bool {
        let is_named = || self.kinds.as_ref().is_some_and(|kinds| kinds.contains(&kind));
        !kind.is_for_doors() || is_named()
    }
}

/// Why a run cannot go on.
#[derive(Debug)]
pub enum Stop {
    /// The line could not be understood; nothing of it was applied.
    Line(LineError),
    /// The output could not be written.
    Output(io::Error),
    /// A command could not be recorded and was not executed.
    Record(io::Error),
}

impl From<LineError> for Stop {
    fn from(error: LineError) -> Self {
        Self::Line(error)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// An `expect` that failed: what differs, one thing a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// What differs.
    pub differences: Vec<String>,
    /// The line of the last command, where events were compared.
    pub command_line: Option<u64>,
    /// The events of that command.
    pub events: Vec<String>,
}

/// The venue and what a run keeps beside it.
#[derive(Debug)]
pub struct Runner<W: Write> {
    engine: Engine,
    sequencer: Sequencer,
    recorder: Option<Box<dyn Recorder>>,
    memory: Memory,
    emitted: Vec<(EventHeader, Event)>,
    /// The events of the last command line.
    told: Vec<Told>,
    command_line: u64,
    clock: Option<Timestamp>,
    show: Show,
    buffer: Vec<u8>,
    out: W,
}

impl<W: Write> Runner<W> {
    /// An empty venue that prints to `out`.
    pub fn new(show: Show, out: W) -> Self {
        Self {
            engine: Engine::new(),
            sequencer: Sequencer::new(),
            recorder: None,
            memory: Memory::default(),
            emitted: Vec::new(),
            told: Vec::new(),
            command_line: 0,
            clock: None,
            show,
            buffer: Vec::new(),
            out,
        }
    }

    /// Gives every command from now on to `recorder` first.
    #[must_use]
    pub fn recorded(self, recorder: Box<dyn Recorder>) -> Self {
        Self { recorder: Some(recorder), ..self }
    }

    /// Takes one line; a failed `expect` is told and does not end the run.
    ///
    /// # Errors
    /// [`Stop`] where the line could not be understood or the output not be written.
    pub fn line(&mut self, number: u64, bytes: &[u8]) -> Result<Option<Failure>, Stop> {
        let Some(json) = line::json(bytes)? else {
            return Ok(None);
        };
        let floor = Floor { engine: &self.engine, memory: &self.memory };
        match line::understand(&json, &floor)? {
            Line::Venue(steps) => self.set_up_venue(number, &steps)?,
            Line::Commands(steps) => self.command(number, &steps)?,
            Line::Clock(time) => self.advance(number, time)?,
            Line::Query(query) if self.show.queries => self.print_answer(query)?,
            Line::Query(_) => {}
            Line::Expect(expect) => return Ok(self.judge(&expect)),
        }
        Ok(None)
    }

    /// The venue as it stands.
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The client order ids of living orders.
    pub const fn memory(&self) -> &Memory {
        &self.memory
    }

    /// What the last command line brought about.
    pub fn told(&self) -> &[Told] {
        &self.told
    }

    /// Checks the venue's own books: what must hold after every command.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn audit(&self) -> Result<(), Violation> {
        audit::check(&self.engine)
    }

    /// Ends the record, if there is one.
    ///
    /// # Errors
    /// What its recorder says.
    pub fn finish_record(&mut self) -> io::Result<()> {
        self.recorder.take().map_or(Ok(()), |mut recorder| recorder.finish(&self.engine))
    }

    /// Hands what was printed to whoever reads it.
    ///
    /// # Errors
    /// What the output says.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Ends the run and gives the output back.
    pub fn into_output(self) -> W {
        self.out
    }

    fn set_up_venue(&mut self, number: u64, steps: &[Step]) -> Result<(), Stop> {
        if self.command_line != 0 {
            let what = format!("the command of line {} came before", self.command_line);
            let fix = "`venue` stands at most once, before every other command";
            return Err(LineError::new("op", what, fix).into());
        }
        self.command(number, steps)
    }

    fn command(&mut self, number: u64, steps: &[Step]) -> Result<(), Stop> {
        let now = self.clock.unwrap_or_default();
        for step in steps {
            let Step { origin, command } = *step;
            self.fire_deadlines(now)?;
            let stamped = self.sequencer.stamp(now, origin, command);
            self.apply(&stamped)?;
        }
        self.tell(number)
    }

    fn advance(&mut self, number: u64, time: Timestamp) -> Result<(), Stop> {
        if let Some(clock) = self.clock.filter(|&clock| time < clock) {
            let what = format!("{} is before {}, the time of the last clock", time.0, clock.0);
            return Err(LineError::new("time", what, "time never goes back").into());
        }
        self.clock = Some(time);
        if self.fire_deadlines(time)? != Some(time) {
            let clock = self.sequencer.tick(time);
            self.apply(&clock)?;
        }
        self.tell(number)
    }

    /// One clock command for each deadline that is due; says the time of the last.
    fn fire_deadlines(&mut self, now: Timestamp) -> Result<Option<Timestamp>, Stop> {
        let mut reached = None;
        while let Some(clock) = self.sequencer.due(&self.engine, now) {
            self.apply(&clock)?;
            reached = Some(clock.time);
        }
        Ok(reached)
    }

    fn apply(&mut self, stamped: &Sequenced) -> Result<(), Stop> {
        if let Some(mut recorder) = self.recorder.take() {
            // A recorder that failed is not asked again.
            recorder.record(stamped, &self.engine).map_err(Stop::Record)?;
            self.recorder = Some(recorder);
        }
        self.engine.apply(stamped, &mut self.emitted);
        Ok(())
    }

    /// Remembers and prints what the commands of a line brought about.
    fn tell(&mut self, number: u64) -> Result<(), Stop> {
        self.command_line = number;
        let (memory, show) = (&mut self.memory, &self.show);
        self.told.clear();
        let noticed = self.emitted.drain(..).filter(|(_, event)| show.notices(event.kind()));
        self.told.extend(noticed.map(|(header, event)| memory.tell(header, event)));
        let floor = Floor { engine: &self.engine, memory: &self.memory };
        self.buffer.clear();
        for told in self.told.iter().filter(|told| self.show.shows(told.event.kind())) {
            events::write(&mut self.buffer, told, &floor);
            self.buffer.push(b'\n');
        }
        self.out.write_all(&self.buffer)?;
        Ok(())
    }

    fn print_answer(&mut self, query: Query) -> Result<(), Stop> {
        let mut answer = self.answer(query);
        answer.push(b'\n');
        self.out.write_all(&answer)?;
        Ok(())
    }

    fn answer(&self, query: Query) -> Vec<u8> {
        let mut answer = Vec::new();
        let mut json = Writer::object(&mut answer);
        Floor { engine: &self.engine, memory: &self.memory }.answer(query, &mut json);
        json.end();
        answer
    }

    /// Compares; `None` where everything is as expected.
    fn judge(&self, expect: &Expect<'_>) -> Option<Failure> {
        let texts = if expect.needs_events() { self.event_texts() } else { Vec::new() };
        let events: Vec<Json<'_>> = texts.iter().map(|text| own(text)).collect();
        let mut differences = match expect.events {
            Some(expected) if expect.exact => judge::inexact(expected, &events),
            Some(expected) => judge::missing(expected, &events),
            None => Vec::new(),
        };
        differences.extend(judge::forbidden(&expect.none, &events));
        let of_events = !differences.is_empty();
        for answer in &expect.answers {
            let found = self.answer(answer.query);
            let found = own(std::str::from_utf8(&found).expect("Invariant: answers are UTF-8"));
            let found = compare::differences(answer.name, answer.expected, ONLY_ASKED, &found);
            differences.extend(found.iter().map(ToString::to_string));
        }
        let command_line = Some(self.command_line).filter(|_| of_events);
        let events = if of_events { texts.clone() } else { Vec::new() };
        (!differences.is_empty()).then_some(Failure { differences, command_line, events })
    }

    fn event_texts(&self) -> Vec<String> {
        let floor = Floor { engine: &self.engine, memory: &self.memory };
        let text = |told: &Told| {
            let mut text = Vec::new();
            events::write(&mut text, told, &floor);
            String::from_utf8(text).expect("Invariant: events are UTF-8")
        };
        self.told.iter().map(text).collect()
    }
}

/// JSON that this program has written itself.
fn own(text: &str) -> Json<'_> {
    json::read(text).expect("Invariant: what is written can be read")
}
