//! Lives and deaths of a venue, all of them by a seed.

use ringside_journal::memory::{Fault, MemoryFile, MemoryStorage};
use ringside_journal::storage::StorageFile;
use ringside_journal::{
    Access, Author, Chain, Durability, Leaving, Records, WriteError, Writer, begin, make_spare,
    retention,
};

use super::random::Random;
use super::truth::Truth;
use super::{SEGMENT_BYTES, record};

/// What may be wrong with a venue, so that the simulation can be shown to find it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Flaw {
    /// Nothing.
    None,
    /// Records are told when they are written, not when they are on disk.
    TellsOnAppend,
    /// The disk says that it synced and did not.
    SyncsLie,
    /// It never marks, so nothing proves that the last batch was on disk.
    NeverMarks,
    /// What a crash left is told before it is on disk.
    TellsBeforeRecovery,
    /// A segment that was left counts as synced before it is.
    RaisesUnsynced,
}

/// How a life ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    /// By an order to stop.
    Clean,
    /// In the middle of something, or at a failure of the disk.
    Dead,
}

type Memory = Writer<MemoryFile>;

/// The venue.
pub(crate) struct Venue {
    /// Its disk.
    pub(crate) storage: MemoryStorage,
    random: Random,
    /// What it wrote and told.
    pub(crate) truth: Truth,
    durability: Durability,
    flaw: Flaw,
    /// How many records its batches have.
    batches: Vec<u64>,
    /// The sequence of its newest snapshot.
    snapshot: u64,
    /// The sequence of the one before.
    older_snapshot: u64,
    spare_number: u64,
    /// How many operations its last life had.
    pub(crate) operations: u64,
    /// Whether it was somebody beside the writer whom the disk failed.
    is_beside: bool,
    /// Whether the last thing it did was to say how much is on disk.
    is_idle: bool,
    /// Whether its last life ended by an order to stop, and nothing has happened since.
    is_stopped: bool,
}

impl Venue {
    /// An empty one.
    pub(crate) fn new(seed: u64, durability: Durability, flaw: Flaw) -> Self {
        let mut random = Random::new(seed);
        // Some roll seldom, some with nearly every batch.
        let batches = match random.within(0, 3) {
            0 => vec![1, 150, 250],
            _ => vec![1, 1, 2, 5, 20, 90],
        };
        Self {
            storage: MemoryStorage::new(),
            random,
            batches,
            truth: Truth::default(),
            durability,
            flaw,
            snapshot: 0,
            older_snapshot: 0,
            spare_number: 0,
            operations: 0,
            is_beside: false,
            is_idle: false,
            is_stopped: false,
        }
    }

    /// A few lives, and what is there after the last.
    pub(crate) fn live_and_die(&mut self) -> Result<(), String> {
        for _ in 0..self.random.within(2, 6) {
            let fault = self.plan();
            self.live(fault)?;
        }
        self.read().map(drop)
    }

    /// One life: recovery, work, an end.
    pub(crate) fn live(&mut self, fault: Fault) -> Result<(), String> {
        self.storage.set_fault(fault);
        let end = self.recover_and_work()?;
        self.operations = self.storage.operations();
        if self.is_idle && self.random.chance(1, 4) {
            self.check_rot()?;
        }
        self.die(end);
        Ok(())
    }

    /// What goes wrong in the next life.
    fn plan(&mut self) -> Fault {
        let random = &mut self.random;
        let mut fault = Fault {
            bytes_of_part: random.within(0, 3 * 4096) as usize,
            syncs_lie: self.flaw == Flaw::SyncsLie,
            ..Fault::default()
        };
        match random.within(0, 9) {
            0..3 => fault.operations_until_crash = Some(random.within(0, 60)),
            3 | 4 => fault.operations_until_crash = Some(random.within(0, 14)),
            5 => fault.syncs_until_failure = Some(random.within(0, 12)),
            6 => fault.writes_until_failure = Some(random.within(0, 20)),
            7 => fault.bytes_until_full = Some(random.within(1, 4) * SEGMENT_BYTES),
            _ => {}
        }
        fault
    }

    /// What is there, held against what was told.
    pub(crate) fn read(&mut self) -> Result<Chain, String> {
        let chain = Chain::read(&self.storage, Access::Alone, self.snapshot);
        let chain = chain.map_err(|error| format!("refused: {error}"))?;
        self.truth.check(&chain)?;
        if self.is_stopped && (!chain.is_clean || chain.torn.is_some()) {
            return Err("it was stopped in order, and the chain does not know".into());
        }
        Ok(chain)
    }

    fn recover_and_work(&mut self) -> Result<End, String> {
        let chain = self.read()?;
        if self.flaw == Flaw::TellsBeforeRecovery {
            self.truth.told = chain.whole;
        }
        // A beginning that fails may have begun all the same.
        (self.is_stopped, self.is_idle) = (false, false);
        let author = Author { durability: self.durability, ..Author::default() };
        let Ok(mut writer) = begin(&self.storage, &chain, SEGMENT_BYTES, author, 1) else {
            return Ok(End::Dead);
        };
        self.is_idle = true;
        self.truth.recovered();
        self.spare_number = chain.highest_number + 1;
        if self.durability == Durability::Async {
            writer.set_leaving(Leaving::HandsOver);
        }
        for _ in 0..self.random.within(0, 60) {
            match self.step(&mut writer) {
                Ok(()) => {}
                Err(WriteError::NoSpare) => self.offer(&mut writer),
                Err(WriteError::Io(_) | WriteError::Stopped) => return self.give_up(&mut writer),
            }
        }
        Ok(if self.random.chance(1, 4) { self.stop(&mut writer) } else { End::Dead })
    }

    /// After a failure nothing more may be written or counted.
    fn give_up(&mut self, writer: &mut Memory) -> Result<End, String> {
        self.is_idle = false;
        let durable = writer.durable();
        match (writer.sync(), writer.mark(3), writer.durable() == durable) {
            _ if core::mem::take(&mut self.is_beside) => Ok(End::Dead),
            (Err(WriteError::Stopped), Err(WriteError::Stopped), true) => Ok(End::Dead),
            other => Err(format!("after a failure the writer goes on: {other:?}")),
        }
    }

    fn step(&mut self, writer: &mut Memory) -> Result<(), WriteError> {
        match self.random.within(0, 16) {
            0..7 => self.append(writer),
            7..11 => self.sync(writer),
            11 | 12 => self.idle(writer),
            13 => self.sync_left(writer),
            14 => {
                self.offer(writer);
                Ok(())
            }
            15 => {
                self.older_snapshot = self.snapshot;
                self.snapshot = self.random.within(self.snapshot, self.truth.durable);
                Ok(())
            }
            _ => {
                self.retire();
                Ok(())
            }
        }
    }

    /// Takes away what is old, beside the writer; its troubles are not the writer's.
    fn retire(&mut self) {
        let Ok(chain) = Chain::read(&self.storage, Access::Live, 0) else { return };
        let through = self.random.pick(&[self.older_snapshot, self.older_snapshot / 2]);
        self.truth.retired = self.truth.retired.max(through);
        let _ = retention::retire(&self.storage, &retention::retired(&chain, through));
    }

    fn append(&mut self, writer: &mut Memory) -> Result<(), WriteError> {
        self.is_idle = false;
        let count = self.random.pick(&self.batches);
        let first = writer.written() + 1;
        let random = &mut self.random;
        let records: Vec<Vec<u8>> = (first..first + count)
            .map(|sequence| record(sequence, random.within(1, 4) as usize, random.bits()))
            .collect();
        let bytes = records.concat();
        let (before, after) = bytes.split_at(self.random.within(0, bytes.len() as u64) as usize);
        let batch = Records {
            count: count as u32,
            parts: [before, after],
            checkpoint: Default::default(),
            time_ns: first,
        };
        let appended = writer.append(&batch);
        if !matches!(appended, Err(WriteError::NoSpare)) {
            // A write that failed may be there all the same.
            records.into_iter().for_each(|record| self.truth.add(record));
        }
        appended?;
        if self.flaw == Flaw::TellsOnAppend || self.durability == Durability::Async {
            self.truth.told = writer.written();
        }
        Ok(())
    }

    fn sync(&mut self, writer: &mut Memory) -> Result<(), WriteError> {
        self.truth.durable = writer.sync()?;
        self.truth.told = self.truth.told.max(self.truth.durable);
        Ok(())
    }

    fn idle(&mut self, writer: &mut Memory) -> Result<(), WriteError> {
        self.sync_left(writer)?;
        self.sync(writer)?;
        if self.flaw != Flaw::NeverMarks {
            writer.mark(2)?;
            writer.sync()?;
        }
        self.is_idle = self.truth.durable == writer.written();
        Ok(())
    }

    /// Does what somebody beside the writer does: syncs what was left.
    fn sync_left(&mut self, writer: &mut Memory) -> Result<(), WriteError> {
        for mut left in writer.take_unsynced() {
            if self.flaw != Flaw::RaisesUnsynced {
                left.file.sync().map_err(|error| {
                    self.is_beside = true;
                    WriteError::Io(error)
                })?;
            }
            writer.raise_durable(left.last_sequence);
            self.truth.durable = writer.durable();
        }
        Ok(())
    }

    fn offer(&mut self, writer: &mut Memory) {
        if writer.spares() < 2 {
            self.spare_number += 1;
            if let Ok(spare) = make_spare(&self.storage, self.spare_number, SEGMENT_BYTES) {
                writer.offer(spare);
            }
        }
    }

    fn stop(&mut self, writer: &mut Memory) -> End {
        if self.sync_left(writer).is_err() || writer.stop(4).is_err() {
            (self.is_idle, self.is_beside) = (false, false);
            return End::Dead;
        }
        self.truth.durable = writer.durable();
        self.truth.told = writer.durable();
        self.is_stopped = true;
        End::Clean
    }

    /// The process ends, or the machine.
    fn die(&mut self, end: End) {
        if self.random.chance(1, 2) {
            self.storage = self.storage.kill();
            return;
        }
        let kept = self.random.pick(&[0, 1, 8, 15, 16]);
        let mut random = Random::new(self.random.bits());
        self.storage = self.storage.power_cut(|| random.chance(kept, 16));
        if self.durability == Durability::Async {
            self.truth.power_went();
        }
        debug_assert!(end == End::Dead || self.is_stopped);
    }

    /// A bit of the last batch is not what it was: it was told, so this must be found.
    fn check_rot(&mut self) -> Result<(), String> {
        let image = self.storage.kill();
        let chain = Chain::read(&image, Access::Alone, 0).map_err(|error| error.to_string())?;
        let batches = chain.batches(chain.oldest()).map_err(|error| error.to_string())?;
        let last = batches.map_while(Result::ok).filter(|batch| batch.header.count > 0).last();
        let Some(last) = last else { return Ok(()) };
        let (from, to) = (last.offset, last.end());
        let at = self.random.within(from, to - 1) as usize;
        let bit = self.random.within(0, 7);
        let name = ringside_journal::names::segment(last.segment);
        image.spoil(&name, |bytes| bytes[at] ^= 1 << bit);
        match Chain::read(&image, Access::Alone, 0) {
            Err(_) => Ok(()),
            Ok(chain) => Err(format!(
                "rot at offset {at} of {name} passed for a torn tail: {} of {} are there",
                chain.whole, self.truth.told
            )),
        }
    }
}
