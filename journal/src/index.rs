//! The index of a segment: where its records lie, by keys that whoever writes them chooses. It
//! knows no more of a key than that it is a number. An index is derived: one that is damaged, or of
//! another state of its segment, is an error here, and is made again from the segment.
//!
//! ```text
//! index   0          8        12      16        24      32        36      40      48      64
//!         ├──────────┼────────┼───────┼───────┼───────┼───────┼───────┼───────┼───────┼──
//!         "RNGSDIDX"  format   crc     segment   end     end_crc   zeros   count   zeros   entries
//!
//! entry    0          8        16      20        24
//!          ├──────────┼────────┼───────┼─────────┤
//!          key         number   batch   within
//! ```
//!
//! Entries are sorted by key, then by number. `batch` is the offset of the batch's header in units
//! of 64 bytes, `within` the place of the record in its payload, bytes: so a reader checks one
//! batch and not the whole segment. `end` and `end_crc` are where the segment ended and the
//! checksum of its last batch: an index that says otherwise than the chain is of another state.
//!
//! Versions: 1, the first.

use std::collections::HashMap;
use std::io;

use foldhash::fast::FixedState;
use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::checksum::Crc;
use crate::format::{ALIGNMENT, FormatError};
use crate::names;
use crate::segment::Place;
use crate::storage::{Contents, Storage, StorageFile};

/// The version of everything in this file.
pub const INDEX_FORMAT: u32 = 1;
/// The longest segment that an index reaches through: 256 GiB.
pub const INDEXED_BYTES_MAX: u64 = ALIGNMENT << 32;

const MAGIC: [u8; 8] = *b"RNGSDIDX";
const HEAD_BYTES: usize = 64;
const ENTRY_BYTES: usize = 24;
const PART: &str = ".part";

#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct HeadBytes {
    magic: [u8; 8],
    format: U32,
    crc: U32,
    segment: U64,
    end: U64,
    end_crc: U32,
    reserved: [u8; 4],
    count: U64,
    reserved_2: [u8; 16],
}

#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct EntryBytes {
    key: U64,
    number: U64,
    batch: U32,
    within: U32,
}

const _: () = {
    assert!(size_of::<HeadBytes>() == HEAD_BYTES);
    assert!(size_of::<EntryBytes>() == ENTRY_BYTES);
};

/// Where one record lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// What it is found by.
    pub key: u64,
    /// Its number among those of that key; never falls from one to the next.
    pub number: u64,
    /// Offset of its batch's header in the segment.
    pub batch: u64,
    /// Where in the batch's payload it begins, bytes.
    pub within: u32,
}

impl EntryBytes {
    fn entry(&self) -> Entry {
        Entry {
            key: self.key.get(),
            number: self.number.get(),
            batch: u64::from(self.batch.get()) * ALIGNMENT,
            within: self.within.get(),
        }
    }

    fn rank(&self) -> (u64, u64) {
        (self.key.get(), self.number.get())
    }
}

/// Why an index cannot be used; made again from its segment, it can.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IndexError {
    /// The bytes are not what they should be.
    Format(FormatError),
    /// It is of another segment, or of this one when it ended elsewhere.
    Stale,
}

impl From<FormatError> for IndexError {
    fn from(error: FormatError) -> Self {
        Self::Format(error)
    }
}

impl core::fmt::Display for IndexError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Format(error) => error.fmt(f),
            Self::Stale => f.write_str("it is the index of another state of the segment"),
        }
    }
}

impl std::error::Error for IndexError {}

/// The index of a segment that is finished. Clones share the bytes.
#[derive(Clone, Debug)]
pub struct Index {
    contents: Contents,
}

impl Index {
    /// Takes the bytes of the index of the segment that ends at `end`, and checks all of them.
    ///
    /// # Errors
    /// [`IndexError`] where they are not that.
    pub fn read(contents: Contents, end: &Place) -> Result<Self, IndexError> {
        let short = |_| FormatError::Short;
        let (head, entries) = HeadBytes::read_from_prefix(&contents).map_err(short)?;
        if head.magic != MAGIC {
            return Err(FormatError::Magic.into());
        }
        if head.crc.get() != crc(head, entries) {
            return Err(FormatError::Checksum.into());
        }
        if head.format.get() != INDEX_FORMAT {
            return Err(FormatError::Version(head.format.get()).into());
        }
        if (entries.len() / ENTRY_BYTES) as u64 != head.count.get() {
            return Err(FormatError::Field("count").into());
        }
        let found = (head.segment.get(), head.end.get(), head.end_crc.get());
        if found != (end.segment, end.offset, end.previous_crc) {
            return Err(IndexError::Stale);
        }
        Ok(Self { contents })
    }

    /// All of its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.contents
    }

    /// The entries of a key from a number on, ascending.
    pub fn entries(&self, key: u64, from_number: u64) -> impl Iterator<Item = Entry> {
        let all = self.all();
        let from = all.partition_point(|entry| entry.rank() < (key, from_number));
        all[from..].iter().take_while(move |entry| entry.key.get() == key).map(EntryBytes::entry)
    }

    /// The last entry of a key whose number is at most this.
    pub fn floor(&self, key: u64, number: u64) -> Option<Entry> {
        let after = self.all().partition_point(|entry| entry.rank() <= (key, number));
        let entry = self.all()[..after].last()?.entry();
        (entry.key == key).then_some(entry)
    }

    fn all(&self) -> &[EntryBytes] {
        <[EntryBytes]>::ref_from_bytes(&self.contents[HEAD_BYTES..])
            .expect("Invariant: the entries were counted when the index was read")
    }
}

fn crc(head: HeadBytes, entries: &[u8]) -> u32 {
    let bare = HeadBytes { crc: 0.into(), ..head };
    Crc::new().mix(bare.as_bytes()).mix(entries).value()
}

/// Where a record of some key lies.
#[derive(Clone, Copy, Debug)]
struct Located {
    number: u64,
    batch: u32,
    within: u32,
}

impl Located {
    fn entry(&self, key: u64) -> Entry {
        let batch = u64::from(self.batch) * ALIGNMENT;
        Entry { key, number: self.number, batch, within: self.within }
    }
}

/// An index in the making, of a segment that is still written. It can be asked as a finished one.
///
/// It allocates while keys and their entries grow; what it has is used again after a
/// [`Self::clear`].
#[derive(Debug, Default)]
pub struct IndexBuilder {
    by_key: HashMap<u64, Vec<Located>, FixedState>,
    count: usize,
}

impl IndexBuilder {
    /// Adds an entry.
    ///
    /// # Panics
    /// When the number falls below the key's last, or the batch lies at or beyond
    /// [`INDEXED_BYTES_MAX`].
    pub fn add(&mut self, entry: Entry) {
        assert!(entry.batch < INDEXED_BYTES_MAX, "an index reaches through 256 GiB");
        let Entry { key, number, batch, within } = entry;
        let batch = (batch / ALIGNMENT) as u32;
        let of_key = self.by_key.entry(key).or_default();
        assert!(
            of_key.last().is_none_or(|last| last.number <= number),
            "Invariant: the numbers of a key never fall"
        );
        of_key.push(Located { number, batch, within });
        self.count += 1;
    }

    /// The entries of a key from a number on, ascending.
    pub fn entries(&self, key: u64, from_number: u64) -> impl Iterator<Item = Entry> {
        let of_key = self.of(key);
        let from = of_key.partition_point(|located| located.number < from_number);
        of_key[from..].iter().map(move |located| located.entry(key))
    }

    /// The last entry of a key whose number is at most this.
    pub fn floor(&self, key: u64, number: u64) -> Option<Entry> {
        let of_key = self.of(key);
        let after = of_key.partition_point(|located| located.number <= number);
        of_key[..after].last().map(|located| located.entry(key))
    }

    /// The index of the segment, which ends at `end`.
    pub fn seal(&self, end: &Place) -> Index {
        let mut bytes = Vec::with_capacity(HEAD_BYTES + self.count * ENTRY_BYTES);
        bytes.resize(HEAD_BYTES, 0);
        let mut keys: Vec<u64> = self.by_key.keys().copied().collect();
        keys.sort_unstable();
        for key in keys {
            for &Located { number, batch, within } in self.of(key) {
                let entry = EntryBytes {
                    key: key.into(),
                    number: number.into(),
                    batch: batch.into(),
                    within: within.into(),
                };
                bytes.extend_from_slice(entry.as_bytes());
            }
        }
        let head = self.head(end, &bytes[HEAD_BYTES..]);
        bytes[..HEAD_BYTES].copy_from_slice(head.as_bytes());
        Index { contents: Contents::new(bytes) }
    }

    /// Forgets every entry and keeps the room.
    pub fn clear(&mut self) {
        self.by_key.values_mut().for_each(Vec::clear);
        self.count = 0;
    }

    fn of(&self, key: u64) -> &[Located] {
        self.by_key.get(&key).map_or(&[], Vec::as_slice)
    }

    fn head(&self, end: &Place, entries: &[u8]) -> HeadBytes {
        let mut head = HeadBytes {
            magic: MAGIC,
            format: INDEX_FORMAT.into(),
            crc: 0.into(),
            segment: end.segment.into(),
            end: end.offset.into(),
            end_crc: end.previous_crc.into(),
            reserved: [0; 4],
            count: (self.count as u64).into(),
            reserved_2: [0; 16],
        };
        head.crc = crc(head, entries).into();
        head
    }
}

/// Reads the index of the segment that ends at `end`.
///
/// # Errors
/// What the disk says, and [`IndexError`] as `InvalidData`; either way it can be made again.
pub fn read<S: Storage>(storage: &S, end: &Place) -> io::Result<Index> {
    let contents = storage.view(&names::index(end.segment))?;
    Index::read(contents, end).map_err(|why| io::Error::new(io::ErrorKind::InvalidData, why))
}

/// Writes an index under the name of its segment, in place of what was there. Nothing waits for the
/// disk: of what a power cut leaves of it, the checksum is wrong.
///
/// # Errors
/// What the disk says; then what was there before still is.
pub fn write<S: Storage>(storage: &S, segment: u64, index: &Index) -> io::Result<()> {
    let name = names::index(segment);
    let part = format!("{name}{PART}");
    match storage.remove(&part) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        other => other?,
    }
    let mut file = storage.create(&part, index.bytes().len() as u64)?;
    file.write_at(0, index.bytes())?;
    drop(file);
    storage.rename(&part, &name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryStorage;

    const END: Place = Place { segment: 3, offset: 8192, previous_crc: 77, next_sequence: 9 };

    fn entry(key: u64, number: u64, batch: u64) -> Entry {
        Entry { key, number, batch: batch * ALIGNMENT, within: batch as u32 * 128 }
    }

    /// Keys that come in turns, one of them thrice under one number.
    fn some() -> Vec<Entry> {
        let mut entries: Vec<Entry> = (0..60).map(|at| entry(at % 4, 10 + at / 4, at)).collect();
        entries.extend([entry(9, 5, 70), entry(9, 5, 71), entry(9, 5, 72)]);
        entries.push(entry(u64::MAX, u64::MAX, 80));
        entries
    }

    fn built() -> IndexBuilder {
        let mut builder = IndexBuilder::default();
        some().into_iter().for_each(|entry| builder.add(entry));
        builder
    }

    #[test]
    fn lookups_are_what_a_scan_finds_before_and_after_sealing() {
        let (builder, index) = (built(), built().seal(&END));
        for key in [0, 1, 2, 3, 4, 9, u64::MAX] {
            for number in [0, 4, 5, 6, 10, 17, 24, 25, u64::MAX] {
                let of_key = || some().into_iter().filter(move |entry| entry.key == key);
                let scanned: Vec<Entry> = of_key().filter(|entry| entry.number >= number).collect();
                let floor = of_key().rfind(|entry| entry.number <= number);
                assert_eq!(index.entries(key, number).collect::<Vec<_>>(), scanned);
                assert_eq!(builder.entries(key, number).collect::<Vec<_>>(), scanned);
                assert_eq!((index.floor(key, number), builder.floor(key, number)), (floor, floor));
            }
        }
    }

    #[test]
    fn its_bytes_never_change() {
        let mut builder = IndexBuilder::default();
        builder.add(Entry { key: 2, number: 7, batch: 1024, within: 128 });
        builder.add(Entry { key: 1, number: 8, batch: 2048, within: 0 });
        let index = builder.seal(&END);
        let mut golden = b"RNGSDIDX\x01\0\0\0".to_vec();
        golden.extend(index.bytes()[12..16].to_vec());
        golden.extend([3, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 77, 0, 0, 0, 0, 0, 0, 0]);
        golden.extend([2, 0, 0, 0, 0, 0, 0, 0]);
        golden.resize(64, 0);
        golden.extend([1, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0, 0, 0, 0, 0]);
        golden.extend([2, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 128, 0, 0, 0]);
        assert_eq!(index.bytes(), golden);
        assert_eq!(index.bytes()[12..16], 1_384_059_688_u32.to_le_bytes());
    }

    #[test]
    fn no_byte_of_it_changes_unnoticed() {
        let index = built().seal(&END);
        for at in 0..index.bytes().len() {
            let mut spoiled = index.bytes().to_vec();
            spoiled[at] ^= 1;
            assert!(Index::read(Contents::new(spoiled), &END).is_err(), "byte {at}");
        }
        for length in [0, 1, HEAD_BYTES, index.bytes().len() - 1] {
            let cut = index.bytes()[..length].to_vec();
            assert!(Index::read(Contents::new(cut), &END).is_err(), "{length} bytes");
        }
    }

    #[test]
    fn an_index_of_another_state_is_stale() {
        let index = built().seal(&END);
        let read = |end| Index::read(index.contents.clone(), &end).map(drop);
        assert_eq!(read(END), Ok(()));
        for other in [
            Place { segment: 4, ..END },
            Place { offset: 4096, ..END },
            Place { previous_crc: 78, ..END },
        ] {
            assert_eq!(read(other), Err(IndexError::Stale), "{other:?}");
        }
    }

    #[test]
    fn one_takes_the_place_of_another_and_what_was_half_made_is_no_hindrance() {
        let storage = MemoryStorage::new();
        storage.create("000000000003.index.part", 10).unwrap();
        write(&storage, 3, &IndexBuilder::default().seal(&END)).unwrap();
        assert_eq!(read(&storage, &END).unwrap().entries(9, 0).count(), 0);
        write(&storage, 3, &built().seal(&END)).unwrap();
        assert_eq!(read(&storage, &END).unwrap().entries(9, 0).count(), 3);
    }

    #[test]
    fn a_cleared_one_is_as_new() {
        let mut builder = built();
        builder.clear();
        assert_eq!(builder.entries(0, 0).count(), 0);
        builder.add(entry(0, 1, 1));
        assert_eq!(builder.seal(&END).entries(0, 0).count(), 1);
    }

    #[test]
    fn it_reaches_to_its_end_and_no_further() {
        let mut builder = IndexBuilder::default();
        let last = Entry { batch: INDEXED_BYTES_MAX - ALIGNMENT, ..entry(1, 1, 0) };
        builder.add(last);
        assert_eq!(builder.seal(&END).floor(1, 1), Some(last));
        let beyond = Entry { batch: INDEXED_BYTES_MAX, ..last };
        let added = std::panic::catch_unwind(move || builder.add(beyond));
        assert!(added.is_err());
    }
}
