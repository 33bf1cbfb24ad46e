//! Readers beside a writer at work: a tail over rolls and restarts, byte by byte; a chain read in
//! the middle of a write. They see whole batches only, in order, and never one beyond what they
//! may.

mod mini;

use std::cell::RefCell;
use std::rc::Rc;

use mini::random::{Random, for_each_seed};
use mini::{SEGMENT_BYTES, begun, cells, records};
use ringside_journal::memory::{MemoryFile, MemoryHold, MemoryStorage};
use ringside_journal::segment::Place;
use ringside_journal::storage::{Contents, Storage};
use ringside_journal::{Access, Chain, ChainError, Leaving, Tail, Writer, make_spare, names};

type Memory = Writer<MemoryFile>;
type Seen = Vec<(u64, u32, Vec<u8>)>;

fn start(storage: &MemoryStorage) -> Place {
    let chain = Chain::read(storage, Access::Alone, 0).expect("whole");
    let link = &chain.links()[0];
    Place::first(link.number, &link.opening, link.opening_crc)
}

/// Polls, and adds the batches with records to what was seen.
fn poll(tail: &mut Tail<MemoryStorage>, through: u64, seen: &mut Seen) {
    let polled = tail.poll(through, |batch| -> Result<(), ChainError> {
        assert!(batch.header.last_sequence() <= through, "beyond what it may see");
        if batch.header.count > 0 {
            let header = batch.header;
            seen.push((header.first_sequence, header.count, batch.payload.to_vec()));
        }
        Ok(())
    });
    polled.expect("it reads");
}

fn in_chain(storage: &MemoryStorage) -> Seen {
    let chain = Chain::read(storage, Access::Alone, 0).expect("whole");
    let batches = chain.batches(chain.oldest()).expect("all").map(|batch| batch.expect("whole"));
    let of_records = batches.filter(|batch| batch.header.count > 0);
    of_records
        .map(|batch| (batch.header.first_sequence, batch.header.count, batch.payload.to_vec()))
        .collect()
}

/// Appends a batch, and whatever that needs.
fn append(storage: &MemoryStorage, writer: &mut Memory, count: u64) {
    if writer.spares() == 0 {
        let highest =
            storage.names().expect("names").iter().filter_map(|n| names::segment_number(n)).max();
        let spare = make_spare(storage, highest.unwrap_or(0) + 1, SEGMENT_BYTES).expect("a spare");
        writer.offer(spare);
    }
    let bytes = cells(writer.written() + 1, count);
    writer.append(&records(count, &bytes)).expect("there is a spare");
}

#[test]
fn a_tail_sees_what_the_chain_has_over_rolls_and_restarts() {
    for_each_seed(60, |seed| {
        let mut random = Random::new(seed);
        let storage = MemoryStorage::new();
        let mut writer = begun(&storage);
        let (mut tail, mut seen) = (Tail::from(storage.clone(), start(&storage)), Seen::new());
        for _ in 0..random.within(20, 120) {
            match random.within(0, 19) {
                0..10 => append(&storage, &mut writer, random.pick(&[1, 3, 40, 300])),
                10..14 => drop(writer.sync().expect("a sync")),
                14 => writer.mark(2).expect("a mark"),
                15 => {
                    // Another process goes on, tied on before what this one left unproven.
                    if random.chance(1, 2) {
                        writer.stop(3).expect("a stop");
                    }
                    writer = begun(&storage);
                }
                _ => poll(&mut tail, random.pick(&[writer.durable(), u64::MAX]), &mut seen),
            }
        }
        poll(&mut tail, u64::MAX, &mut seen);
        if seen != in_chain(&storage) {
            return Err(format!("the tail saw {} batches, others", seen.len()));
        }
        Ok(())
    });
}

/// Every state in which a reader can find the bytes of a writer who writes from left to right.
#[test]
fn a_tail_never_sees_half_a_batch() {
    let storage = MemoryStorage::new();
    let mut writer = begun(&storage);
    append(&storage, &mut writer, 2);
    append(&storage, &mut writer, 3);
    writer.sync().expect("a sync");
    writer.mark(2).expect("a mark");
    append(&storage, &mut writer, 950);
    append(&storage, &mut writer, 60);
    append(&storage, &mut writer, 1);
    let wanted = in_chain(&storage);
    assert_eq!(wanted.len(), 5);

    let image = MemoryStorage::new();
    let mut tail = Tail::from(image.clone(), start(&storage));
    let mut seen = Seen::new();
    let mut before = 0;
    for (number, ends) in [
        (1, vec![1024 + 64 * 3, 1024 + 64 * 7, 1024 + 64 * (7 + 1 + 951)]),
        (2, vec![1024 + 64 * 61, 1024 + 64 * 63]),
    ] {
        let name = names::segment(number);
        let full = storage.view(&name).expect("it is there");
        image.create(&name, SEGMENT_BYTES).expect("it is made");
        image.spoil(&name, |bytes| bytes[..512].copy_from_slice(&full[..512]));
        // In the middle of a long batch, not every byte says something new.
        let is_near = |at: usize| at < 2000 || ends.iter().any(|end: &usize| end.abs_diff(at) < 70);
        for at in (512..*ends.last().expect("batches") + 65).filter(|&at| is_near(at)) {
            image.spoil(&name, |bytes| bytes[512..at].copy_from_slice(&full[512..at]));
            poll(&mut tail, u64::MAX, &mut seen);
            let whole = before + ends.iter().filter(|&&end| end <= at).count();
            assert_eq!(seen, wanted[..whole], "{at} bytes of {name}");
        }
        before += ends.len();
    }
    assert_eq!(seen, wanted);
}

/// A tail that may see what is written, not only what is durable, does not see it twice when
/// recovery copies it; and what recovery cut away is an error, not silence.
#[test]
fn what_recovery_copies_is_not_seen_twice() {
    let storage = MemoryStorage::new();
    let mut writer = begun(&storage);
    append(&storage, &mut writer, 2);
    writer.sync().expect("a sync");
    append(&storage, &mut writer, 3);
    let (mut tail, mut seen) = (Tail::from(storage.clone(), start(&storage)), Seen::new());
    poll(&mut tail, u64::MAX, &mut seen);
    let mut writer = begun(&storage);
    append(&storage, &mut writer, 1);
    poll(&mut tail, u64::MAX, &mut seen);
    let sequences: Vec<u64> = seen.iter().map(|batch| batch.0).collect();
    assert_eq!(sequences, [1, 3, 6]);
}

/// The storage of a reader between whose reads a writer may write: every 512 bytes.
#[derive(Clone)]
struct Racing {
    storage: MemoryStorage,
    writer: Rc<RefCell<(Memory, Random)>>,
}

impl Racing {
    fn let_it_write(&self) {
        let (writer, random) = &mut *self.writer.borrow_mut();
        match random.within(0, 11) {
            0..3 => append(&self.storage, writer, random.pick(&[1, 10, 200])),
            3 | 4 => drop(writer.sync().expect("a sync")),
            5 => writer.mark(2).expect("a mark"),
            _ => {}
        }
    }
}

impl Storage for Racing {
    type File = MemoryFile;
    type Hold = MemoryHold;

    fn names(&self) -> std::io::Result<Vec<String>> {
        self.storage.names()
    }

    fn create(&self, name: &str, bytes: u64) -> std::io::Result<MemoryFile> {
        self.storage.create(name, bytes)
    }

    fn open(&self, name: &str) -> std::io::Result<MemoryFile> {
        self.storage.open(name)
    }

    fn view(&self, name: &str) -> std::io::Result<Contents> {
        self.let_it_write();
        self.storage.view(name)
    }

    fn copy(&self, name: &str, offset: u64, bytes: usize) -> std::io::Result<Vec<u8>> {
        let mut copied = Vec::new();
        while copied.len() < bytes {
            let piece = (bytes - copied.len()).min(512);
            let more = self.storage.copy(name, offset + copied.len() as u64, piece)?;
            if more.is_empty() {
                break;
            }
            copied.extend(more);
            self.let_it_write();
        }
        Ok(copied)
    }

    fn length(&self, name: &str) -> std::io::Result<u64> {
        self.storage.length(name)
    }

    fn rename(&self, from: &str, to: &str) -> std::io::Result<()> {
        self.storage.rename(from, to)
    }

    fn hold(&self, name: &str) -> std::io::Result<MemoryHold> {
        self.storage.hold(name)
    }

    fn remove_unheld(&self, name: &str) -> std::io::Result<bool> {
        self.storage.remove_unheld(name)
    }

    fn remove(&self, name: &str) -> std::io::Result<()> {
        self.storage.remove(name)
    }

    fn sync_names(&self) -> std::io::Result<()> {
        self.storage.sync_names()
    }
}

#[test]
fn a_chain_read_beside_a_writer_is_never_taken_for_corrupt() {
    for_each_seed(40, |seed| {
        let storage = MemoryStorage::new();
        let mut writer = begun(&storage);
        let mut random = Random::new(seed);
        if random.chance(1, 2) {
            writer.set_leaving(Leaving::HandsOver);
        }
        let racing = Racing { storage, writer: Rc::new(RefCell::new((writer, random))) };
        for _ in 0..4 {
            let written = racing.writer.borrow().0.written();
            let chain = Chain::read(&racing, Access::Live, 0).map_err(|error| error.to_string())?;
            if chain.whole < written {
                return Err(format!("{written} was written before, and {} is there", chain.whole));
            }
            let mut next = 1;
            for batch in chain.batches(1).map_err(|error| error.to_string())? {
                let header = batch.map_err(|error| error.to_string())?.header;
                assert_eq!(header.first_sequence, next);
                next = header.last_sequence() + 1;
            }
            assert_eq!(next, chain.whole + 1);
        }
        Ok(())
    });
}
