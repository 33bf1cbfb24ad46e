//! Makes events again by executing the commands: what a crash took, or all of them.

use ringside_engine::book::Book;
use ringside_engine::{Engine, EventSink, Image};
use ringside_journal::storage::Storage;
use ringside_journal::{Access, Chain, snapshots};
use ringside_protocol::{
    Event, EventHeader, SLOT_BYTES, SLOTS_MAX, Sequence, SessionNumber, Slot, mark_last,
    write_event,
};

use super::error::EventsError;
use super::store::EventStore;
use super::walk::session_after;
use super::writer::{EventWriter, Settings};
use crate::venue::records::Commands;

/// Slots that are gathered before they are appended.
const GATHERED: usize = 4096;

/// A sink that appends to the store what it does not have yet: events up to the store's last are
/// let pass.
pub struct Recording<'a, S: Storage> {
    writer: &'a mut EventWriter<S>,
    /// The last event that was there before.
    had: u64,
    /// The last event that came by.
    ordinal: u64,
    /// The venue's session behind the last event that the store has.
    session: Option<SessionNumber>,
    /// Its command.
    command: u64,
    slots: Vec<Slot>,
    gathered: usize,
    /// Where the last event begins that the command in hand said; none: it said nothing new.
    said: Option<usize>,
    trouble: Option<EventsError>,
}

impl<'a, S: Storage> Recording<'a, S> {
    /// Of an engine that has said `events` events so far and is in this session.
    pub fn new(writer: &'a mut EventWriter<S>, events: u64, session: SessionNumber) -> Self {
        let had = writer.written().ordinal;
        let slots = vec![[0; SLOT_BYTES]; GATHERED + SLOTS_MAX];
        Self {
            writer,
            had,
            ordinal: events,
            session: Some(session),
            command: 0,
            slots,
            gathered: 0,
            said: None,
            trouble: None,
        }
    }

    /// Says whether everything so far could be appended.
    ///
    /// # Errors
    /// The first trouble there was; nothing was appended after it.
    pub fn check(&mut self) -> Result<(), EventsError> {
        self.trouble.take().map_or(Ok(()), Err)
    }

    /// Appends what is gathered; all commands up to `through` have ended.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn finish(mut self, through: Sequence) -> Result<(), EventsError> {
        self.hand_on(through.0);
        self.check()
    }

    fn hand_on(&mut self, through: u64) {
        if let Some(session) = self.session.take() {
            self.writer.goes_on_in(session);
        }
        if self.trouble.is_none() {
            let slots = &self.slots[..self.gathered];
            self.trouble = self.writer.append(slots, Sequence(through)).err();
        }
        self.gathered = 0;
    }
}

impl<S: Storage> EventSink for Recording<'_, S> {
    fn emit(&mut self, header: &EventHeader, event: &Event) {
        self.ordinal += 1;
        if self.ordinal <= self.had {
            self.session = self.session.map(|session| session_after(session, event));
            return;
        }
        if self.gathered >= GATHERED {
            // What is gathered of this command is not its last.
            self.hand_on(0);
        }
        self.command = header.sequence.0;
        self.said = Some(self.gathered);
        self.gathered += write_event(header, event, &mut self.slots[self.gathered..]);
    }

    fn end(&mut self) {
        if let Some(at) = self.said.take() {
            mark_last(&mut self.slots[at]);
        }
        if self.gathered >= GATHERED / 2 {
            self.hand_on(self.command);
        }
    }
}

/// Executes the commands that `engine` has not seen and appends the events that the store does not
/// have. Says how many commands and events that were.
///
/// # Errors
/// [`EventsError::Gap`] where the engine is further than the store, [`EventsError::Beyond`] where
/// the store is further than the commands, and whatever reading and writing meets.
pub fn recreate<S: Storage, B: Book>(
    writer: &mut EventWriter<S>,
    engine: &mut Engine<B>,
    commands: &Chain,
) -> Result<(u64, u64), EventsError> {
    let before = (engine.stats().commands, writer.written().ordinal);
    if engine.stats().events > before.1 {
        return Err(EventsError::Gap { last: before.1, from: engine.stats().events });
    }
    let mut recording = Recording::new(writer, engine.stats().events, engine.session().number);
    execute(engine, commands, &mut recording, |recording| recording.check())?;
    recording.finish(engine.sequence())?;
    let stats = engine.stats();
    if stats.events < before.1 {
        return Err(EventsError::Beyond { last: before.1, commands: stats.events });
    }
    Ok((stats.commands - before.0, stats.events - before.1))
}

/// Executes the commands that `engine` has not seen; `check` may stop it after each.
pub(super) fn execute<B: Book, K: EventSink>(
    engine: &mut Engine<B>,
    commands: &Chain,
    sink: &mut K,
    check: impl Fn(&mut K) -> Result<(), EventsError>,
) -> Result<(), EventsError> {
    let from = engine.sequence().0 + 1;
    let mut reader = Commands::default();
    for batch in commands.batches(from).map_err(EventsError::Commands)? {
        let batch = batch.map_err(EventsError::Commands)?;
        reader.each(&batch, from, |stamp, command, _| {
            engine.apply_view(stamp, command, sink);
            check(sink)
        })?;
    }
    Ok(())
}

/// A state from which the store can be made whole.
#[derive(Debug)]
pub struct Start {
    /// The state.
    pub engine: Engine,
    /// Events up to this ordinal cannot be made any more: the commands are gone. 0: none is lost.
    pub lost: u64,
}

/// The newest state from which the store can be made whole: a snapshot that has seen no event that
/// the store does not have, else the venue's beginning. Where the store is empty and the beginning
/// of the commands is gone, the oldest snapshot.
///
/// # Errors
/// [`EventsError::Gap`] where no state is old enough, and what reading snapshots meets; a snapshot
/// that is not whole is passed over.
pub fn start<S: Storage, T: Storage>(
    store: &EventStore<S>,
    snapshots: &T,
    commands: &Chain,
) -> Result<Start, EventsError> {
    let last = store.complete().ordinal;
    let mut oldest = None;
    for sequence in snapshots::sequences(snapshots)? {
        if commands.oldest() > sequence + 1 {
            break;
        }
        let Some(engine) = loaded(snapshots, sequence) else { continue };
        if engine.stats().events <= last {
            return Ok(Start { engine, lost: 0 });
        }
        oldest = Some(engine);
    }
    match oldest {
        _ if commands.oldest() == 1 => Ok(Start { engine: Engine::new(), lost: 0 }),
        Some(engine) if store.is_empty() => Ok(Start { lost: engine.stats().events, engine }),
        oldest => {
            let from = oldest.map_or(u64::MAX - 1, |engine| engine.stats().events);
            Err(EventsError::Gap { last, from })
        }
    }
}

/// The state of a snapshot; none where it is not whole.
fn loaded<T: Storage>(snapshots: &T, sequence: u64) -> Option<Engine> {
    let snapshot = snapshots::read(snapshots, sequence).ok()?;
    Engine::from_image(&Image::read(snapshot.image()).ok()?).ok()
}

/// A store that is whole, and how it became so.
pub struct Recovered<S: Storage> {
    /// Goes on behind the last event of the last command.
    pub writer: EventWriter<S>,
    /// The state after the last command.
    pub engine: Engine,
    /// Commands that were executed.
    pub commands: u64,
    /// Events that were made again.
    pub events: u64,
    /// Events up to this ordinal cannot be made any more: the commands are gone. 0: none is lost.
    pub lost: u64,
}

/// Makes the store in `storage` whole: cuts what no command explains, makes again what is missing,
/// and goes on from there. The events are durable when it returns.
///
/// # Errors
/// [`EventsError`]; what is on disk is as good as before.
pub fn recover<S: Storage, T: Storage>(
    storage: S,
    snapshots: &T,
    commands: &Chain,
    settings: &Settings,
) -> Result<Recovered<S>, EventsError> {
    let store = EventStore::open(storage, Access::Alone)?.cut_after(Sequence(commands.whole))?;
    let Start { mut engine, lost } = start(&store, snapshots, commands)?;
    let store = if lost > 0 { store.starting_after(lost) } else { store };
    let mut writer = store.begin(settings)?;
    let (commands, events) = recreate(&mut writer, &mut engine, commands)?;
    writer.sync()?;
    Ok(Recovered { writer, engine, commands, events, lost })
}
