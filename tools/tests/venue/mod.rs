//! A venue's directory made for a test: small segments, deposits of 1, and ways to damage it.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ringside_engine::IMAGE_VERSION;
use ringside_engine::{Counter, Engine, Sequencer};
use ringside_journal::format::{BATCH_HEADER_BYTES, BATCHES_AT, BatchHeader};
use ringside_journal::snapshots::{self, SnapshotHead};
use ringside_journal::{
    Access, Author, Chain, Checkpoint, Records, Room, Writer, begin, make_spare, names,
};
use ringside_protocol::*;
use ringside_tools::venue::layout::Layout;

/// Bytes of a segment: small, so that there are several.
pub(crate) const SEGMENT_BYTES: u64 = 64 << 10;
/// Commands a batch.
pub(crate) const BATCH: u64 = 16;
/// Bytes of such a batch.
pub(crate) const BATCH_BYTES: u64 = BATCH_HEADER_BYTES as u64 + BATCH * SLOT_BYTES as u64;

/// A directory, and the writer in it.
pub(crate) struct Venue {
    _directory: tempfile::TempDir,
    pub(crate) path: PathBuf,
    pub(crate) layout: Layout,
    pub(crate) engine: Engine,
    sequencer: Sequencer,
    writer: Writer<File>,
    next_segment: u64,
    /// What the next checkpoints are wrong by.
    pub(crate) lie: u64,
}

impl Venue {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("venue");
        let layout = Layout::new(&path);
        layout.create().unwrap();
        let storage = layout.journal();
        let chain = Chain::read(&storage, Access::Alone, 0).unwrap();
        let writer = begin(&storage, &chain, SEGMENT_BYTES, Author::default(), 0).unwrap();
        let (engine, sequencer) = (Engine::new(), Sequencer::new());
        let _directory = directory;
        let next_segment = 2;
        Self { _directory, path, layout, engine, sequencer, writer, next_segment, lie: 0 }
    }

    /// With so many batches, each on disk before the next, and stopped in order.
    pub(crate) fn stopped(batches: u64) -> Self {
        let mut venue = Self::new();
        venue.batches(batches);
        venue.stop();
        venue
    }

    pub(crate) fn name(&self) -> &str {
        self.path.to_str().unwrap()
    }

    pub(crate) fn batches(&mut self, count: u64) {
        (0..count).for_each(|_| self.batch());
    }

    /// One batch, on disk when this returns.
    pub(crate) fn batch(&mut self) {
        let mut payload = Vec::new();
        for _ in 0..BATCH {
            let mut slots = [[0; SLOT_BYTES]; SLOTS_MAX];
            let sequence = self.engine.sequence().0;
            let now = Timestamp(sequence * Timestamp::SECOND / 10);
            let command = command(sequence);
            let stamped = self.sequencer.stamp(now, Origin::default(), command);
            assert_eq!(write_command(&stamped, &mut slots), 1, "every command takes one slot");
            payload.extend_from_slice(&slots[0]);
            self.engine.apply(&stamped, &mut Counter::default());
        }
        if self.writer.room() == Room::Kept {
            self.offer_spare();
        }
        let (sequence, event_hash) = (self.engine.sequence().0, self.engine.event_hash());
        let checkpoint = Checkpoint { sequence, event_hash: event_hash ^ self.lie };
        let time_ns = self.engine.time().0;
        let records = Records { count: BATCH as u32, parts: [&payload, &[]], checkpoint, time_ns };
        self.writer.append(&records).unwrap();
        self.writer.sync().unwrap();
    }

    pub(crate) fn offer_spare(&mut self) {
        let storage = self.layout.journal();
        self.writer.offer(make_spare(&storage, self.next_segment, SEGMENT_BYTES).unwrap());
        self.next_segment += 1;
    }

    pub(crate) fn stop(&mut self) {
        self.writer.stop(self.engine.time().0).unwrap();
    }

    /// A snapshot of the engine as it is, under any sequence.
    pub(crate) fn snapshot_as(&self, sequence: u64) {
        let mut image = Vec::new();
        self.engine.image().write(&mut image).unwrap();
        let head = SnapshotHead {
            schema: IMAGE_VERSION,
            sequence,
            event_hash: self.engine.event_hash(),
            time_ns: self.engine.time().0,
            build: [0; 16],
        };
        snapshots::write(&self.layout.snapshots(), &head, &image).unwrap();
    }

    pub(crate) fn snapshot(&self) {
        self.snapshot_as(self.engine.sequence().0);
    }

    pub(crate) fn segment(&self, number: u64) -> PathBuf {
        self.layout.journal().path(&names::segment(number))
    }

    /// Runs a verb, which must leave every file as it was.
    pub(crate) fn verb(&self, arguments: &[&str]) -> Output {
        let before = contents(&self.path);
        let output = ringside(&[arguments, &[self.name()]].concat());
        assert!(before == contents(&self.path), "{arguments:?} changed the directory");
        output
    }
}

/// A currency, an account, then deposits.
fn command(after: u64) -> ringside_protocol::Command {
    let name = |text| Name::parse(text).unwrap();
    match after {
        0 => Currency { code: name("USDC"), scale: 6, reserved: [0; 3] }.into(),
        1 => Account {
            name: name("amber"),
            self_trade: SelfTrade::RejectTaker,
            permissions: Permissions::EVERY,
            flags: AccountFlags::NONE,
            reserved: 0,
        }
        .into(),
        _ => {
            let (account, currency) = (AccountId(0), CurrencyId(0));
            Transfer { account, currency, amount: GivenAmount::of(1) }.into()
        }
    }
}

/// Every file under a directory.
fn contents(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(contents(&path)),
            false => found.push((path.clone(), fs::read(&path).unwrap())),
        }
    }
    found.sort();
    found
}

/// The offset of a batch of a segment, the first being 0.
pub(crate) fn batch_at(index: u64) -> u64 {
    BATCHES_AT + index * BATCH_BYTES
}

/// Turns one bit over.
pub(crate) fn damage(path: &Path, offset: u64) {
    let mut bytes = fs::read(path).unwrap();
    bytes[offset as usize] ^= 4;
    fs::write(path, bytes).unwrap();
}

/// Writes a whole batch with one empty slot where the first of a segment belongs.
pub(crate) fn write_batch(path: &Path, number: u64) {
    let length = SLOT_BYTES as u32;
    let header = BatchHeader { first_sequence: 1, count: 1, length, ..BatchHeader::default() };
    let mut bytes = vec![0; BATCH_HEADER_BYTES + SLOT_BYTES];
    header.seal(number, BATCHES_AT, &mut bytes);
    let file = File::options().write(true).open(path).unwrap();
    file.write_all_at(&bytes, BATCHES_AT).unwrap();
}

pub(crate) fn ringside(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ringside")).args(arguments).output().unwrap()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
