//! Snapshots: opaque images of a state, each with the sequence it stands for and the BLAKE3 hash of
//! its bytes. One appears under its name whole and on disk, or not at all.
//!
//! ```text
//! 0          8        12       16         24        32             64     80           128
//! ├──────────┼────────┼────────┼──────────┼─────────┼──────────────┼──────┼────────────┼────────
//! "RNGSDSNP"  format   schema   sequence   length    BLAKE3         build  event_hash…   image
//! ```

use std::io;

use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::checksum::Crc;
use crate::names;
use crate::storage::{Contents, Storage, StorageFile};

/// The version of the head.
const SNAPSHOT_FORMAT: u32 = 1;
const HEAD_BYTES: usize = 128;
const MAGIC: [u8; 8] = *b"RNGSDSNP";
const PART: &str = ".part";

#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
struct HeadBytes {
    magic: [u8; 8],
    format: U32,
    schema: U32,
    sequence: U64,
    length: U64,
    hash: [u8; 32],
    build: [u8; 16],
    event_hash: U64,
    time_ns: U64,
    crc: U32,
    reserved: [u8; 28],
}

const _: () = assert!(size_of::<HeadBytes>() == HEAD_BYTES);

/// What a snapshot says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SnapshotHead {
    /// The version of what the image is made of.
    pub schema: u32,
    /// The last command that is in it.
    pub sequence: u64,
    /// The rolling hash of every event up to there.
    pub event_hash: u64,
    /// Time of that command, nanoseconds since the Unix epoch.
    pub time_ns: u64,
    /// Hash of the program that wrote it.
    pub build: [u8; 16],
}

/// A snapshot whose hash is that of its bytes.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// What it says of itself.
    pub head: SnapshotHead,
    /// BLAKE3 of the image.
    pub hash: [u8; 32],
    contents: Contents,
}

impl Snapshot {
    /// The state's bytes.
    pub fn image(&self) -> &[u8] {
        &self.contents[HEAD_BYTES..]
    }
}

/// Why a snapshot cannot be used.
#[derive(Debug)]
pub enum SnapshotError {
    /// The disk refuses.
    Io(io::Error),
    /// It is no whole snapshot; in words.
    Invalid(&'static str),
}

impl From<io::Error> for SnapshotError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl core::fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Invalid(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for SnapshotError {}

/// Writes a snapshot: under its name when it returns, and on disk.
///
/// # Errors
/// What the disk says; then there is no such snapshot, and what there was still is.
pub fn write<S: Storage>(storage: &S, head: &SnapshotHead, image: &[u8]) -> io::Result<()> {
    let name = names::snapshot(head.sequence);
    let part = format!("{name}{PART}");
    remove_if_there(storage, &part)?;
    let mut bytes = head_bytes(head, image);
    bytes.extend_from_slice(image);
    let mut file = storage.create(&part, bytes.len() as u64)?;
    file.write_at(0, &bytes)?;
    file.sync()?;
    drop(file);
    storage.rename(&part, &name)?;
    storage.sync_names()
}

/// The sequences of the snapshots there are, newest first, whole or not.
///
/// # Errors
/// What the disk says.
pub fn sequences<S: Storage>(storage: &S) -> io::Result<Vec<u64>> {
    let names = storage.names()?;
    let mut found: Vec<u64> =
        names.iter().filter_map(|name| names::snapshot_sequence(name)).collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    Ok(found)
}

/// Reads the snapshot of this sequence and checks its hash.
///
/// # Errors
/// [`SnapshotError`]: there is none, or it is not whole.
pub fn read<S: Storage>(storage: &S, sequence: u64) -> Result<Snapshot, SnapshotError> {
    let contents = storage.view(&names::snapshot(sequence))?;
    let short = SnapshotError::Invalid("the file ends early");
    let Ok((bytes, image)) = HeadBytes::read_from_prefix(&contents) else { return Err(short) };
    if bytes.magic != MAGIC {
        return Err(SnapshotError::Invalid("it does not begin as a snapshot does"));
    }
    if bytes.crc.get() != crc(bytes) {
        return Err(SnapshotError::Invalid("the checksum of its head is wrong"));
    }
    if bytes.format.get() != SNAPSHOT_FORMAT {
        return Err(SnapshotError::Invalid("its format is not that of this program"));
    }
    if bytes.sequence.get() != sequence {
        return Err(SnapshotError::Invalid("its name is not that of its sequence"));
    }
    if bytes.length.get() != image.len() as u64 {
        return Err(short);
    }
    if *blake3::hash(image).as_bytes() != bytes.hash {
        return Err(SnapshotError::Invalid("the hash is not that of its bytes"));
    }
    let head = SnapshotHead {
        schema: bytes.schema.get(),
        sequence,
        event_hash: bytes.event_hash.get(),
        time_ns: bytes.time_ns.get(),
        build: bytes.build,
    };
    Ok(Snapshot { head, hash: bytes.hash, contents })
}

/// Takes away a snapshot, or what a crash left of one that was being written.
///
/// # Errors
/// What the disk says.
pub fn remove<S: Storage>(storage: &S, sequence: u64) -> io::Result<()> {
    let name = names::snapshot(sequence);
    remove_if_there(storage, &format!("{name}{PART}"))?;
    remove_if_there(storage, &name)
}

fn head_bytes(head: &SnapshotHead, image: &[u8]) -> Vec<u8> {
    let mut bytes = HeadBytes {
        magic: MAGIC,
        format: SNAPSHOT_FORMAT.into(),
        schema: head.schema.into(),
        sequence: head.sequence.into(),
        length: (image.len() as u64).into(),
        hash: *blake3::hash(image).as_bytes(),
        build: head.build,
        event_hash: head.event_hash.into(),
        time_ns: head.time_ns.into(),
        crc: 0.into(),
        reserved: [0; 28],
    };
    bytes.crc = crc(bytes).into();
    bytes.as_bytes().to_vec()
}

fn crc(bytes: HeadBytes) -> u32 {
    Crc::new().mix(HeadBytes { crc: 0.into(), ..bytes }.as_bytes()).value()
}

fn remove_if_there<S: Storage>(storage: &S, name: &str) -> io::Result<()> {
    match storage.remove(name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
