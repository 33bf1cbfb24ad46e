//! The journal beside what the machine can do, in one run: `cargo bench -p ringside-benches --bench
//! journal [-- --rounds N] [--directory DIR]`. Appending without a sync; one record at a time made
//! durable; a sync while a spare segment is filled with zeros; a chain read and checked.
//!
//! Candidates take turns. Appending is cut into short stretches, and each figure is the median of
//! all of them; durable latencies are measured in turns, operation by operation, and each figure is
//! the median of the rounds. What was written is read again and must be whole.

use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use ringside_benches::bare::Bare;
use ringside_benches::plain::Plain;
use ringside_benches::run::{
    Row, argument, directory, median, print_machine, print_rows, quantile,
};
use ringside_journal::file::FileStorage;
use ringside_journal::mmap::MappedStorage;
use ringside_journal::storage::Storage;
use ringside_journal::{Access, Author, Chain, Records, Room, Writer, begin, make_spare, names};
use tempfile::TempDir;

const RECORD_BYTES: usize = 128;
/// Where records come from: as large as the ring they lie in at a venue.
const SOURCE_BYTES: usize = 1 << 20;
const SEGMENT_BYTES: u64 = 64 << 20;
/// Records of a batch.
const BATCHES: [usize; 4] = [1, 8, 32, 256];
const STRETCHES: usize = 100;
const RECORDS_A_STRETCH: usize = 1_024;
/// Records made durable one by one, a round.
const SYNCS: usize = 400;
/// Records of the chain that is verified.
const VERIFIED: u64 = 1_000_000;

fn main() {
    let rounds = argument("--rounds").unwrap_or(5);
    print_machine();
    println!("files in {}; medians of {rounds} rounds, in turns", directory().display());
    print_append(rounds);
    print_durable(rounds);
    print_disturbed(rounds);
    print_verify(rounds);
}

/// Bytes that are no two alike, for records to be cut from.
fn source() -> Vec<u8> {
    (0..SOURCE_BYTES).map(|at| (at / RECORD_BYTES * 31 + at) as u8).collect()
}

fn fresh() -> TempDir {
    tempfile::tempdir_in(directory()).expect("a directory")
}

fn read<S: Storage>(storage: &S) -> Chain {
    Chain::read(storage, Access::Alone, 0).expect("a whole chain")
}

fn begun<S: Storage>(storage: &S) -> Writer<S::File> {
    begin(storage, &read(storage), SEGMENT_BYTES, Author::default(), 0).expect("a segment")
}

fn batch(bytes: &[u8]) -> Records<'_> {
    let count = (bytes.len() / RECORD_BYTES) as u32;
    Records { count, parts: [bytes, &[]], checkpoint: Default::default(), time_ns: 0 }
}

fn ns(clock: Instant) -> f64 {
    clock.elapsed().as_nanos() as f64
}

/// Nanoseconds of a record, stretch by stretch.
#[derive(Default)]
struct Stretches(Vec<f64>);

impl Stretches {
    /// Times one stretch of `step`s, each of which is given so many records.
    fn run(&mut self, source: &[u8], records: usize, mut step: impl FnMut(&[u8])) {
        let bytes = source.chunks_exact(records * RECORD_BYTES).cycle();
        let clock = Instant::now();
        bytes.take(RECORDS_A_STRETCH / records).for_each(&mut step);
        self.0.push(ns(clock) / RECORDS_A_STRETCH as f64);
    }
}

/// What a round of appending measures: two raw limits, then every storage by every batch size.
struct Append {
    source: Vec<u8>,
    copies: Stretches,
    sums: Stretches,
    by_storage: Vec<(&'static str, [Stretches; BATCHES.len()])>,
}

impl Append {
    fn new() -> Self {
        let storages = ["plain memory", "file, pages resident", "mapped file"];
        Self {
            source: source(),
            copies: Stretches::default(),
            sums: Stretches::default(),
            by_storage: storages.map(|name| (name, Default::default())).into(),
        }
    }

    fn round(&mut self) {
        self.raw();
        let (files, mapped) = (fresh(), fresh());
        self.append(0, &Plain::default());
        self.append(1, &FileStorage::create(files.path()).expect("a directory"));
        self.append(2, &MappedStorage::create(mapped.path()).expect("a directory"));
    }

    /// The copy alone, and the copy with its checksum.
    fn raw(&mut self) {
        let mut memory = vec![1; 2 * STRETCHES * RECORDS_A_STRETCH * RECORD_BYTES];
        let mut places = memory.chunks_exact_mut(RECORD_BYTES);
        let mut copy = |record: &[u8]| {
            let place = places.next().expect("a place for every record");
            place.copy_from_slice(record);
            black_box(place).as_ptr()
        };
        for _ in 0..STRETCHES {
            self.copies.run(&self.source, 1, |record| {
                black_box(copy(record));
            });
            self.sums.run(&self.source, 1, |record| {
                black_box((copy(record), crc32c::crc32c(record)));
            });
        }
        assert!(memory.ends_with(&self.source[(RECORDS_A_STRETCH - 1) * RECORD_BYTES..][..128]));
    }

    fn append<S: Storage>(&mut self, at: usize, storage: &S) {
        let mut writer = begun(storage);
        for _ in 0..STRETCHES {
            for (size, stretches) in BATCHES.into_iter().zip(&mut self.by_storage[at].1) {
                stretches.run(&self.source, size, |bytes| {
                    writer.append(&batch(bytes)).expect("room");
                });
            }
        }
        drop(writer);
        let written = (STRETCHES * BATCHES.len() * RECORDS_A_STRETCH) as u64;
        assert_eq!(read(storage).whole, written, "every record is there");
    }

    fn rows(self) -> Vec<Row> {
        let mut rows = vec![
            ("raw: copy of 128 bytes".to_owned(), vec![median(&self.copies.0)]),
            ("raw: copy and CRC-32C".to_owned(), vec![median(&self.sums.0)]),
        ];
        for (storage, stretches) in &self.by_storage {
            for (size, stretches) in BATCHES.iter().zip(stretches) {
                rows.push((format!("{storage}, batches of {size}"), vec![median(&stretches.0)]));
            }
        }
        rows
    }
}

fn print_append(rounds: usize) {
    let mut append = Append::new();
    (0..rounds).for_each(|_| append.round());
    print_rows("append without sync, 128-byte records", &["ns/record"], &append.rows());
}

/// One way to make one more record durable.
struct Way {
    name: &'static str,
    step: Box<dyn FnMut()>,
    /// Microseconds, round by round.
    taken: Vec<Vec<f64>>,
}

/// The least that durability costs here.
fn bare(name: &'static str, directory: &Path, bytes: usize, writes: usize) -> Way {
    let mut bare = Bare::new(directory, name, bytes, writes);
    let step = move || {
        bare.write_and_sync();
    };
    Way { name, step: Box::new(step), taken: Vec::new() }
}

fn journal<S: Storage>(name: &'static str, storage: &S) -> Way
where
    S::File: 'static,
{
    let (mut writer, source) = (begun(storage), source());
    let mut at = 0;
    let step = move || {
        let record = &source[at % SOURCE_BYTES..][..RECORD_BYTES];
        writer.append(&batch(record)).expect("written");
        assert_eq!(writer.sync().expect("synced"), writer.written());
        at += RECORD_BYTES;
    };
    Way { name, step: Box::new(step), taken: Vec::new() }
}

/// Every way once, beginning with another each time.
fn take_turns(ways: &mut [Way], turn: usize) {
    let count = ways.len();
    for at in 0..count {
        let way = &mut ways[(turn + at) % count];
        let clock = Instant::now();
        (way.step)();
        let taken = ns(clock) / 1000.0;
        way.taken.last_mut().expect("a round").push(taken);
    }
}

fn print_durable(rounds: usize) {
    let syncs = rounds * SYNCS;
    let [bares, files, mapped] = [fresh(), fresh(), fresh()];
    let files = FileStorage::create(files.path()).expect("a directory");
    let mapped = MappedStorage::create(mapped.path()).expect("a directory");
    let mut ways = [
        bare("bare pwrite of 128 bytes, fdatasync", bares.path(), RECORD_BYTES, syncs),
        bare("bare pwrite of 4 KiB, fdatasync", bares.path(), 4096, syncs),
        journal("append and sync, file", &files),
        journal("append and sync, mapped file", &mapped),
    ];
    for _ in 0..rounds {
        ways.iter_mut().for_each(|way| way.taken.push(Vec::new()));
        (0..SYNCS).for_each(|turn| take_turns(&mut ways, turn));
    }
    let synced = syncs as u64;
    let rows: Vec<Row> = ways.iter().map(durable_row).collect();
    drop(ways);
    assert_eq!([read(&files).whole, read(&mapped).whole], [synced; 2], "every record is there");
    print_rows("one record made durable", &["p50 µs", "p99 µs", "p99 ratio"], &with_ratio(rows));
}

fn durable_row(way: &Way) -> Row {
    let of_rounds = |part| {
        let rounds: Vec<f64> = way.taken.iter().map(|round| quantile(round, part)).collect();
        median(&rounds)
    };
    (way.name.to_owned(), vec![of_rounds(0.5), of_rounds(0.99)])
}

/// Adds the ratio of the second figures.
fn with_ratio(mut rows: Vec<Row>) -> Vec<Row> {
    let first = rows[0].1[1];
    rows.iter_mut().for_each(|(_, figures)| figures.push(figures[1] / first));
    rows
}

/// Syncs while `until` says so, and what they took, microseconds.
fn syncs(bare: &mut Bare, until: impl Fn(usize) -> bool) -> Vec<f64> {
    let mut taken = Vec::new();
    while !until(taken.len()) {
        taken.push(bare.write_and_sync());
    }
    taken
}

/// Bare syncs while a segment is filled with zeros beside them; seconds that the filling took too.
fn disturbed(storage: &FileStorage, bare: &mut Bare) -> (Vec<f64>, f64) {
    let filled = AtomicBool::new(false);
    thread::scope(|scope| {
        let filling = scope.spawn(|| {
            let clock = Instant::now();
            storage.create("spare", SEGMENT_BYTES).expect("a file of zeros");
            filled.store(true, Ordering::Relaxed);
            ns(clock) / 1e9
        });
        let taken = syncs(bare, |_| filled.load(Ordering::Relaxed));
        storage.remove("spare").expect("a file");
        (taken, filling.join().expect("filled"))
    })
}

/// What a spare that is made in the background costs those who wait for the disk meanwhile.
fn print_disturbed(rounds: usize) {
    let directory = fresh();
    let storage = FileStorage::create(directory.path()).expect("a directory");
    let mut bare = Bare::new(directory.path(), "bare", RECORD_BYTES, 400_000);
    let (mut alone, mut beside, mut seconds) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        alone.extend(syncs(&mut bare, |count| count == SYNCS));
        let (taken, filling) = disturbed(&storage, &mut bare);
        beside.extend(taken);
        seconds.push(filling);
    }
    let row = |name: &str, taken: &[f64]| {
        let slow: f64 = taken.iter().filter(|&&us| us > 400.0).sum();
        let figures = [0.5, 0.9, 0.99].map(|part| quantile(taken, part)).to_vec();
        (name.to_owned(), [figures, vec![slow / 1e3 / rounds as f64]].concat())
    };
    let rows = [row("alone", &alone), row("while a segment is filled", &beside)];
    let title = format!("bare syncs; 64 MiB are filled in {:.2} s", median(&seconds));
    print_rows(&title, &["p50 µs", "p90 µs", "p99 µs", "ms > 400 µs"], &rows);
}

/// A chain of so many records on disk.
fn write_chain(storage: &FileStorage, size: usize) {
    let (mut writer, source) = (begun(storage), source());
    let mut next = writer.place().segment + 1;
    for bytes in source.chunks_exact(size * RECORD_BYTES).cycle() {
        if writer.written() >= VERIFIED {
            break;
        }
        if writer.room() == Room::Kept {
            writer.offer(make_spare(storage, next, SEGMENT_BYTES).expect("a spare"));
            next += 1;
        }
        writer.append(&batch(bytes)).expect("written");
    }
    writer.stop(0).expect("stopped");
}

/// Reads the chain and checks every batch of it; nanoseconds a record.
fn verify(storage: &FileStorage) -> f64 {
    let clock = Instant::now();
    let chain = read(storage);
    let batches = chain.batches(1).expect("from the first on");
    let records: u64 = batches.map(|batch| u64::from(batch.expect("whole").header.count)).sum();
    let taken = ns(clock);
    assert!(records >= VERIFIED && records == chain.whole, "every record is read");
    taken / records as f64
}

/// The same bytes under the same checksum, and nothing else; nanoseconds a record.
fn sum(storage: &FileStorage) -> f64 {
    let clock = Instant::now();
    for name in storage.names().expect("names") {
        assert!(names::segment_number(&name).is_some());
        black_box(crc32c::crc32c(&storage.view(&name).expect("a segment")));
    }
    ns(clock) / VERIFIED as f64
}

fn print_verify(rounds: usize) {
    let chains = [1, 32, 256].map(|size| {
        let directory = fresh();
        let storage = FileStorage::create(directory.path()).expect("a directory");
        write_chain(&storage, size);
        (size, storage, directory)
    });
    let mut rows: Vec<(String, Vec<f64>)> = Vec::new();
    for (size, ..) in &chains {
        rows.push((format!("raw: CRC-32C of the files, batches of {size}"), Vec::new()));
        rows.push((format!("chain checked, batches of {size}"), Vec::new()));
    }
    for _ in 0..rounds {
        for (at, (_, storage, _)) in chains.iter().enumerate() {
            rows[2 * at].1.push(sum(storage));
            rows[2 * at + 1].1.push(verify(storage));
        }
    }
    let rate = |(name, taken): &Row| {
        let ns = median(taken);
        (name.clone(), vec![ns, 1000.0 / ns])
    };
    let rows: Vec<Row> = rows.iter().map(rate).collect();
    print_rows("a chain read, in memory", &["ns/record", "M records/s"], &rows);
}
