//! The venue's side of the operator's door: a line becomes commands, their receipts name their
//! events, and the events are the answer. One line at a time, for a line may name what the one
//! before it made. It never waits: what cannot go on now goes on in another turn.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, TryRecvError, TrySendError};
use std::time::Duration;

use ringside_protocol::{Clock, Command};

use super::answer::Answer;
use super::names::Names;
use super::socket::Connection;
use crate::scenario::error::LineError;
use crate::scenario::json::{Json, member};
use crate::scenario::line::{self, Line, Step};
use crate::scenario::memory::Told;
use crate::scenario::query::Query;
use crate::venue::door::{Door, Input, Output};
use crate::venue::health::Busy;
use crate::venue::station::Turn;

/// Events that are kept until it is known whose they are, at most; the oldest make room.
pub const HEARD_EVENTS_MAX: usize = 65_536;

/// Lines taken or answered in a turn, at most.
const STEPS_A_TURN: usize = 32;
/// How often the door looks for lines while somebody is connected.
const LINE_LOOK: Duration = Duration::from_millis(5);
/// Changes nothing.
const CLOCK: Clock = Clock { reserved: 0 };
/// What this door calls every command: it has one line in hand and counts.
const TOKEN: u64 = 1;

/// The operator's door.
#[derive(Debug)]
pub struct AdminDoor {
    names: Names,
    arrivals: Receiver<Connection>,
    connection: Option<Connection>,
    task: Option<Task>,
    heard: Heard,
}

/// A line in hand.
#[derive(Debug, Default)]
struct Task {
    line: u64,
    /// What is to be sent still.
    steps: VecDeque<Step>,
    /// Whether the clock is confirmed before.
    confirms_clock: bool,
    /// What was sent and has no receipt yet.
    unsettled: usize,
    answer: Answer,
    /// The finished answer, where the client has no room for it.
    unsaid: Option<Vec<u8>>,
}

/// Events since the line's first command was sent.
#[derive(Debug, Default)]
struct Heard {
    events: VecDeque<Told>,
    /// Up to this sequence some were let go.
    forgotten: (u64, u64),
}

impl AdminDoor {
    pub(super) fn new(names: Names, arrivals: Receiver<Connection>) -> Self {
        Self { names, arrivals, connection: None, task: None, heard: Heard::default() }
    }

    fn hear(&mut self, output: &mut Output) -> bool {
        let Self { names, heard, task, .. } = self;
        let waits = task.as_ref().is_some_and(|task| task.unsettled > 0);
        let count = output.each(|header, event| {
            let told = names.hear(header, event);
            if waits {
                heard.keep(told);
            }
        });
        count > 0
    }

    fn settle(&mut self, output: &mut Output) -> bool {
        let mut worked = false;
        while let Some(receipt) = output.settled() {
            let task = self.task.as_mut().expect("Invariant: a receipt is of the line in hand");
            self.heard.tell(receipt.sequence, &mut task.answer, &self.names);
            task.unsettled -= 1;
            worked = true;
        }
        worked
    }

    /// What can be done now: the next command, the answer, or the next line; false: nothing.
    fn step(&mut self, input: &mut Input) -> bool {
        match &mut self.task {
            None => self.take(),
            Some(task) if !task.steps.is_empty() => task.send(input),
            Some(task) if task.unsettled > 0 => false,
            Some(_) => self.answer(),
        }
    }

    /// Takes the next line, or the next client.
    fn take(&mut self) -> bool {
        let Some(connection) = &self.connection else {
            self.connection = self.arrivals.try_recv().ok();
            return self.connection.is_some();
        };
        match connection.lines.try_recv() {
            Ok((number, bytes)) => self.task = Some(Task::of(number, &bytes, &self.names)),
            Err(TryRecvError::Disconnected) => self.connection = None,
            Err(TryRecvError::Empty) => return false,
        }
        true
    }

    /// Answers the line in hand; false: the client has no room.
    fn answer(&mut self) -> bool {
        let (Some(task), Some(connection)) = (&mut self.task, &self.connection) else {
            self.task = None;
            return true;
        };
        match connection.answers.try_send(task.finished()) {
            Ok(()) => self.task = None,
            Err(TrySendError::Disconnected(_)) => (self.task, self.connection) = (None, None),
            Err(TrySendError::Full(answer)) => {
                task.unsaid = Some(answer);
                return false;
            }
        }
        true
    }

    /// Sends nothing more; done when what was sent is answered.
    fn stop(&mut self) -> bool {
        let Some(task) = &mut self.task else { return true };
        task.give_up("the venue stops", "send it again when it runs again");
        task.unsettled == 0 && {
            self.answer();
            true
        }
    }
}

impl Door for AdminDoor {
    fn turn(&mut self, input: &mut Input, output: &mut Output, is_stopping: bool) -> Turn {
        let mut worked = self.hear(output);
        worked |= self.settle(output);
        if is_stopping && self.stop() {
            self.connection = None;
            return Turn::Done;
        }
        if !is_stopping {
            worked |= (0..STEPS_A_TURN).take_while(|_| self.step(input)).count() > 0;
        }
        if worked { Turn::Worked } else { Turn::Idle }
    }

    /// Nobody trades here: the engine is not to wake it for every event.
    fn is_quiet(&self) -> bool {
        true
    }

    fn limit(&self) -> Option<Duration> {
        self.connection.as_ref().map(|_| LINE_LOOK)
    }
}

impl Task {
    fn of(line: u64, bytes: &[u8], names: &Names) -> Self {
        let mut task = Self { line, ..Self::default() };
        if is_confirmation(bytes) {
            // The engine looks at the clock for it.
            (task.confirms_clock, task.steps) = (true, [CLOCK.into()].into());
            return task;
        }
        match understand(bytes, names) {
            Ok(steps) => task.steps = steps.into(),
            Err(error) => task.answer.error(line, &error),
        }
        task
    }

    /// Sends the next command; false: not now.
    fn send(&mut self, input: &mut Input) -> bool {
        if core::mem::take(&mut self.confirms_clock) && !input.confirm_clock() {
            self.give_up("the clock has not stepped", "there is nothing to confirm");
            return true;
        }
        let Step { origin, command } = self.steps[0];
        match input.offer_receipted(origin, command, TOKEN) {
            Ok(()) => {
                self.steps.pop_front();
                self.unsettled += 1;
            }
            Err(Busy::LaneFull) => return false,
            Err(Busy::DiskFull) => {
                self.give_up("the disk is full: the venue takes cancels only", "make room on it");
            }
            Err(Busy::ClockStepped) => self.give_up(
                "the clock has stepped: the venue takes cancels only",
                "set it right, or send {\"op\":\"confirm_clock\"}",
            ),
        }
        true
    }

    /// What was not sent will not be.
    fn give_up(&mut self, what: &str, fix: &str) {
        if !self.steps.is_empty() {
            self.steps.clear();
            self.answer.error(self.line, &LineError::new("line", what, fix));
        }
    }

    fn finished(&mut self) -> Vec<u8> {
        let said = self.unsaid.take();
        said.unwrap_or_else(|| std::mem::take(&mut self.answer).done(self.line))
    }
}

impl Heard {
    fn keep(&mut self, told: Told) {
        if self.events.len() == HEARD_EVENTS_MAX
            && let Some(oldest) = self.events.pop_front()
        {
            self.forget(oldest.header.sequence.0);
        }
        self.events.push_back(told);
    }

    /// Counts what was let go of the latest command that lost something.
    fn forget(&mut self, sequence: u64) {
        let (of, count) = self.forgotten;
        self.forgotten = (sequence, if of == sequence { count + 1 } else { 1 });
    }

    /// Adds the events of a command to an answer; they and those before them are not kept longer.
    fn tell(&mut self, sequence: u64, answer: &mut Answer, names: &Names) {
        if self.forgotten.0 == sequence {
            answer.leave_out(self.forgotten.1);
        }
        let past = self.events.partition_point(|told| told.header.sequence.0 <= sequence);
        for told in self.events.drain(..past).filter(|told| told.header.sequence.0 == sequence) {
            answer.event(&told, names);
        }
    }
}

/// What only this door takes: the operator confirms the machine's clock.
fn is_confirmation(bytes: &[u8]) -> bool {
    let Ok(Some(Json::Object(object))) = line::json(bytes) else { return false };
    let op = member(&object, "op").and_then(Json::as_text);
    object.len() == 1 && op == Some("confirm_clock")
}

/// The commands of a line.
fn understand(bytes: &[u8], names: &Names) -> Result<Vec<Step>, LineError> {
    let Some(json) = line::json(bytes)? else { return Ok(Vec::new()) };
    match line::understand(&json, names)? {
        Line::Commands(steps) => not_of_sessions(steps),
        Line::Venue(_) => {
            Err(elsewhere("a venue's settings are its first command", "write them in [genesis]"))
        }
        Line::Clock(_) => Err(elsewhere("a running venue has the clock of its machine", "wait")),
        Line::Query(query) => Err(elsewhere("this door answers no questions", instead(query))),
        Line::Expect(_) => {
            Err(elsewhere("this door compares nothing", "use it in a scenario: `ringside run`"))
        }
    }
}

fn elsewhere(what: &str, fix: &str) -> LineError {
    LineError::new("op", what, fix)
}

/// Sessions are their doors' to open and close: they know who is connected.
fn not_of_sessions(steps: Vec<Step>) -> Result<Vec<Step>, LineError> {
    match steps.iter().any(|step| matches!(step.command, Command::Session(_))) {
        false => Ok(steps),
        true => Err(elsewhere(
            "sessions are opened by logging in at a door and closed by leaving it",
            "use `kill` or `mass_cancel` to end what an account does",
        )),
    }
}

/// Who answers a question instead.
const fn instead(query: Query) -> &'static str {
    match query {
        Query::Depth { .. } => "ask HTTP: GET /api/v3/depth",
        Query::DepthByOrder { .. } => "rebuild it from the ITCH feed, or stop the venue and replay",
        Query::Portfolio(_) => "ask the WebSocket door, by a key of the account: account.status",
        Query::Orders(_) => "ask the WebSocket door, by a key of the account: openOrders.status",
        Query::TrialBalance => "run `ringside verify` on the venue's directory",
        Query::Hash => "run `ringside replay` on the venue's directory",
        Query::Stats => "ask HTTP: GET /metrics",
    }
}

#[cfg(test)]
mod tests {
    use ringside_engine::Engine;
    use ringside_protocol::{CurrencyAdded, CurrencyId, EventHeader, Name, Sequence, Timestamp};

    use super::*;
    use crate::scenario::memory::Known;

    fn told(sequence: u64) -> Told {
        let header =
            EventHeader { sequence: Sequence(sequence), time: Timestamp(0), index: 0, reserved: 0 };
        let code = Name::parse("USD").expect("a code");
        let added = CurrencyAdded { currency: CurrencyId(0), code, scale: 2, reserved: [0; 7] };
        Told { header, event: added.into(), order: Known::default() }
    }

    /// Events of the given sequences are heard; what is told of `sequence`, and what stays.
    fn tell(sequences: impl Iterator<Item = u64>, sequence: u64) -> (usize, Option<u64>, usize) {
        let (mut heard, mut answer) = (Heard::default(), Answer::default());
        sequences.for_each(|sequence| heard.keep(told(sequence)));
        heard.tell(sequence, &mut answer, &Names::of(&Engine::new()));
        let text = String::from_utf8(answer.done(1)).expect("text");
        let left_out = text.lines().find_map(|line| line.strip_prefix("{\"left_out\":"));
        let left_out = left_out.map(|rest| rest.trim_end_matches('}').parse().expect("a count"));
        let events = text.lines().filter(|line| line.starts_with("{\"event\"")).count();
        (events, left_out, heard.events.len())
    }

    #[test]
    fn events_of_one_command_are_told_and_those_before_it_let_go() {
        assert_eq!(tell([1, 1, 2, 2, 2, 3].into_iter(), 2), (3, None, 1));
        assert_eq!(tell([1, 3].into_iter(), 2), (0, None, 1));
    }

    #[test]
    fn the_oldest_events_make_room_and_are_counted_where_they_were_asked_for() {
        let before = |others: usize| std::iter::repeat_n(1, others).chain([2, 2]);
        assert_eq!(tell(before(HEARD_EVENTS_MAX), 2), (2, None, 0));
        // What exceeds the answer is left out as well, and counted together.
        let all = tell(std::iter::repeat_n(2, HEARD_EVENTS_MAX + 3), 2);
        assert_eq!(all.0 as u64 + all.1.expect("some are left out"), HEARD_EVENTS_MAX as u64 + 3);
    }
}
