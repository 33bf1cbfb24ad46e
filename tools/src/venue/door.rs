//! A door: whoever brings commands and hears events. Each has a lane of its own into the engine and
//! reads the same output ring behind the gate. Doors in process are traders of tests and tools; a
//! reactor is one more.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ringside_protocol::{
    Command, Event, EventHeader, Origin, SLOT_BYTES, Sequence, Sequenced, Slot, Timestamp, is_last,
    peek_event, read_event, write_command,
};
use ringside_ring::{Goal, Receiver, Seat, Sender, Sleep, Subscriber, Wait, Waiter, Wake};

use super::gate::Gate;
use super::health::{Admission, Busy, Health, is_kept};
use super::station::{Station, Turn};

/// Slots that any command or event takes at most.
pub(crate) const RECORD_SLOTS: usize = 4;
/// Slots of events a door hears in a turn, at most.
const HEARD_SLOTS: usize = 1024;

/// The way in.
pub struct Input {
    lane: Sender<Slot>,
    health: Arc<Health>,
    slots: [Slot; RECORD_SLOTS],
}

impl Input {
    /// Into this lane, as long as the venue is in health.
    pub fn new(lane: Sender<Slot>, health: Arc<Health>) -> Self {
        Self { lane, health, slots: [[0; SLOT_BYTES]; RECORD_SLOTS] }
    }

    /// Sends a command to the engine.
    ///
    /// # Errors
    /// [`Busy`]: it was not sent, and nothing of it is kept.
    pub fn offer(&mut self, origin: Origin, command: Command) -> Result<(), Busy> {
        self.offer_receipted(origin, command, NO_RECEIPT)
    }

    /// The operator takes the machine's clock for right, although it has stepped; the engine goes
    /// by it as soon as it looks. False where it has not stepped.
    pub fn confirm_clock(&self) -> bool {
        self.health.confirm_clock()
    }

    /// Sends a command and asks to be told which place it got: [`Output::settled`] hands the token
    /// back. Tokens are the door's own, any number but [`NO_RECEIPT`].
    ///
    /// # Errors
    /// As [`Self::offer`].
    pub fn offer_receipted(
        &mut self,
        origin: Origin,
        command: Command,
        token: u64,
    ) -> Result<(), Busy> {
        let is_kept = is_kept(&command);
        match self.health.admission() {
            Admission::Open => {}
            Admission::Kept if is_kept => {}
            Admission::Kept | Admission::Nothing => return Err(self.health.busy()),
        }
        // Until it is stamped, the token stands where the sequence will.
        let unstamped =
            Sequenced { sequence: Sequence(token), time: Timestamp(0), origin, command };
        let taken = write_command(&unstamped, &mut self.slots);
        let slots = &self.slots[..taken];
        let sent =
            if is_kept { self.lane.try_publish_kept(slots) } else { self.lane.try_publish(slots) };
        sent.map_err(|_| Busy::LaneFull)
    }
}

/// The token of a command that nobody asks about.
pub const NO_RECEIPT: u64 = 0;

/// Which place in the total order a command got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// What the door called it.
    pub token: u64,
    /// Its place.
    pub sequence: u64,
}

/// The way out.
pub struct Output {
    events: Subscriber<Slot>,
    receipts: Receiver<Receipt>,
    gate: Gate,
    /// The next event is of this command or a later one.
    awaited: u64,
}

impl Output {
    pub(crate) fn new(events: Subscriber<Slot>, receipts: Receiver<Receipt>, gate: Gate) -> Self {
        Self { events, receipts, gate, awaited: 0 }
    }

    /// The next command that was asked about, all of whose events, and those of every command
    /// before it, were handed to [`Self::each`]: what is not known now was not there then.
    pub fn settled(&mut self) -> Option<Receipt> {
        let receipt = *self.receipts.batch_of(1).get(0)?;
        // The receipt came after the events: none that is not heard is of its command.
        let next = self.events.batch_of(1).get(0).map(|first| peek_event(first).0.sequence.0);
        let is_heard = next.is_none_or(|next| next > receipt.sequence);
        if !is_heard || self.gate.passes() < receipt.sequence {
            return None;
        }
        self.receipts.release(1);
        Some(receipt)
    }

    /// The command that the gate must let pass for the next receipt, if there is one.
    fn next_receipt(&mut self) -> Option<u64> {
        self.receipts.batch_of(1).get(0).map(|receipt| receipt.sequence)
    }

    /// Hands every event that may be told to `hear`, up to a bound; says how many there were.
    pub fn each(&mut self, mut hear: impl FnMut(&EventHeader, &Event)) -> usize {
        self.each_marked(|header, event, _| hear(header, event))
    }

    /// The same, with whether it is the last event of its command.
    pub fn each_marked(&mut self, mut hear: impl FnMut(&EventHeader, &Event, bool)) -> usize {
        let passes = self.gate.passes();
        let batch = self.events.batch();
        let mut scratch = [[0; SLOT_BYTES]; RECORD_SLOTS];
        let (mut at, mut count) = (0, 0);
        while at < HEARD_SLOTS
            && let Some(first) = batch.get(at)
        {
            let (header, slots) = peek_event(first);
            if header.sequence.0 > passes {
                break;
            }
            let slots = batch.contiguous(at, slots, &mut scratch);
            let (header, event, taken) = read_event(slots).expect("Invariant: rings hold events");
            hear(&header, &event, is_last(&slots[0]));
            self.awaited = sequence_after(&header, slots);
            at += taken;
            count += 1;
        }
        self.events.release(at);
        count
    }

    /// The command that the next event is of, or an earlier one.
    fn next(&mut self) -> u64 {
        let next = self.events.batch_of(1).get(0).map(|first| peek_event(first).0.sequence.0);
        next.unwrap_or(self.awaited)
    }
}

/// The command of the event after this one, or an earlier one.
fn sequence_after(header: &EventHeader, slots: &[Slot]) -> u64 {
    header.sequence.0 + u64::from(is_last(&slots[0]))
}

/// What a door does in a turn.
pub trait Door: Send {
    /// Hears what is told and sends what it has to. `is_stopping`: the venue wants to stop; send
    /// nothing more.
    fn turn(&mut self, input: &mut Input, output: &mut Output, is_stopping: bool) -> Turn;

    /// After so long it wants a turn; none: when there is something to hear.
    fn limit(&self) -> Option<Duration> {
        None
    }

    /// Whether it is in no hurry: it has a thread of its own, on no core of its own, and is not
    /// woken for every event but for many, for a receipt, or after its limit.
    fn is_quiet(&self) -> bool {
        false
    }

    /// How the thread sleeps that the door stands on, where it has more to wait for than the venue.
    /// Asked once, before the start.
    fn sleeper(&mut self) -> Option<Sleeper> {
        None
    }
}

/// A way to sleep, and what wakes from it.
pub struct Sleeper {
    /// Called by whoever publishes what the thread waits for.
    pub wake: Arc<dyn Wake>,
    /// The sleep itself.
    pub sleep: Box<dyn Sleep + Send>,
}

impl Sleeper {
    /// A waiter that sleeps so, or by parking where there is no sleeper.
    pub fn waiter(sleeper: Option<Self>, wait: Wait) -> Rc<Waiter> {
        Rc::new(match sleeper {
            Some(Self { wake, sleep }) => Waiter::with(wait, wake, sleep),
            None => Waiter::new(wait),
        })
    }
}

/// Asks everybody to stop.
#[derive(Clone, Debug, Default)]
pub struct StopSign(Arc<AtomicBool>);

impl StopSign {
    /// Puts it up.
    pub fn raise(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether it is up.
    pub fn is_up(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// A door at its place in the venue. While it sleeps it looks at the stop sign now and then.
pub(crate) struct DoorStation {
    door: Box<dyn Door>,
    input: Option<Input>,
    output: Output,
    stop: StopSign,
    published: Seat,
    receipts: Seat,
    gate: Option<Seat>,
    /// The command that the next event or receipt is of, or an earlier one.
    next: u64,
    /// Whether a receipt waits for the gate.
    receipt_waits: bool,
    /// So many slots of events are worth waking for.
    worth: u64,
}

/// How often a sleeping door looks at the stop sign.
const STOP_LOOK: Duration = Duration::from_millis(50);

impl DoorStation {
    pub(crate) fn new(
        door: Box<dyn Door>,
        input: Input,
        output: Output,
        stop: StopSign,
        waiter: &Rc<Waiter>,
    ) -> Self {
        let published = waiter.attend(output.events.published());
        let published = published.expect("Invariant: seats for every station");
        let receipts = waiter.attend(output.receipts.published());
        let receipts = receipts.expect("Invariant: seats for every station");
        let gate = output.gate.attend(waiter);
        let quarter = (output.events.capacity() as u64 / 4).max(1);
        let worth = if door.is_quiet() { quarter } else { 1 };
        Self {
            door,
            input: Some(input),
            output,
            stop,
            published,
            receipts,
            gate,
            next: 0,
            receipt_waits: false,
            worth,
        }
    }

    /// After the door is done, what is told is still taken off the ring.
    fn hear_out(&mut self) -> Turn {
        let is_over = self.output.events.is_abandoned();
        match self.output.each(|_, _| {}) {
            0 if is_over && self.output.events.batch().is_empty() => Turn::Done,
            0 => Turn::Idle,
            _ => Turn::Worked,
        }
    }
}

impl Station for DoorStation {
    fn turn(&mut self) -> Turn {
        let turn = match &mut self.input {
            Some(input) => self.door.turn(input, &mut self.output, self.stop.is_up()),
            None => self.hear_out(),
        };
        if turn == Turn::Done && self.input.take().is_some() {
            // Its lane is closed: the engine can end when it has taken what is in it.
            return Turn::Worked;
        }
        if turn == Turn::Idle {
            let receipt = self.output.next_receipt();
            self.receipt_waits = receipt.is_some();
            let next = self.output.next();
            self.next = receipt.map_or(next, |receipt| next.min(receipt));
        }
        turn
    }

    /// An event can be heard when it is published and safe: the door sleeps for what is missing,
    /// and is not woken for the one while it needs the other.
    fn goals<'a>(&'a self, goals: &mut Vec<Goal<'a>>) {
        let enough = self.output.events.position() + self.worth;
        let is_due = self.worth == 1 || self.receipt_waits || self.published.get() >= enough;
        match &self.gate {
            Some(gate) if is_due && gate.get() < self.next => goals.push((gate, self.next)),
            _ => goals.push((&self.published, enough)),
        }
        if !self.receipt_waits {
            goals.push((&self.receipts, self.output.receipts.position() + 1));
        }
    }

    fn limit(&self) -> Option<Duration> {
        Some(self.door.limit().map_or(STOP_LOOK, |limit| limit.min(STOP_LOOK)))
    }
}
