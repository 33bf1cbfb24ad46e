//! Bytes on disk. A segment is a file of fixed size, filled with zeros ahead of use; what is
//! written into it is never changed again. All numbers are little-endian; checksums are CRC-32C.
//!
//! ```text
//! segment  0                512              1024                                     bytes
//!          ├────────────────┼────────────────┼────────┬────────┬────────┬──────────────┤
//!          identity, padded  opening, padded  batch    batch    batch    zeros
//!
//! identity 0        8        12       16        24              32       64
//!          ├────────┼────────┼────────┼─────────┼───────────────┼────────┤
//!          "RNGSDSEG" format  crc      number    segment_bytes   zeros
//!
//! opening  0        8         16            24              32        40       48
//!          ├────────┼─────────┼─────────────┼───────────────┼─────────┼────────┤
//!          "RNGSDOPN" previous previous_end  first_sequence  durable   void_to
//!          48       56     60     64              68           69     72    ...   120
//!          ├────────┼──────┼──────┼───────────────┼────────────┼──────┼───────┼──┤
//!          time_ns  epoch  crc    previous_crc    durability    zeros  build, configuration, boot
//!
//! batch    0      4      8               16      20       24        32
//!          ├──────┼──────┼───────────────┼───────┼────────┼─────────┼──
//!          "BTCH"  crc    first_sequence  count   length   durable
//!          32                    40                48             52      56      60   64
//!          ├─────────────────────┼─────────────────┼──────────────┼───────┼───────┼────┼────────
//!          checkpoint_sequence   checkpoint_hash   previous_crc   epoch   flags   zeros payload
//! ```
//!
//! The *identity* is written when the file is made. The *opening* is written when the segment
//! begins to be used, in one write with its first batch, or, by recovery, after everything that
//! recovery copied is durable: a segment without an opening is a spare, whatever else is in it.
//!
//! A *batch* is one group commit: `count` records with sequences `first_sequence`, `+1`, …, in
//! `length` bytes, a multiple of 64. Its checksum covers segment number, offset, header and
//! payload, so a batch that ended up elsewhere is no batch. `previous_crc` is the checksum of the
//! batch before (of the opening, for the first): nothing can be left out between two batches.
//! `durable` is the highest sequence that was known to be on disk when the header was written. A
//! batch without records is a *mark*: it only carries `durable` further.
//!
//! Versions: 1, the first.

use zerocopy::little_endian::{U32, U64};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, Unaligned};

use crate::checksum::Crc;

/// The version of everything in this file.
pub const FORMAT: u32 = 1;
/// Where the opening lies.
pub const OPENING_AT: u64 = 512;
/// Where the first batch lies.
pub const BATCHES_AT: u64 = 1024;
/// Batches begin at multiples of this; payloads are a multiple of it.
pub const ALIGNMENT: u64 = 64;
/// Bytes of a batch's header.
pub const BATCH_HEADER_BYTES: usize = 64;
/// The longest payload of a batch.
pub const BATCH_PAYLOAD_BYTES_MAX: usize = 1 << 20;
/// The smallest segment. Whoever takes segments smaller than the longest batch writes shorter ones.
pub const SEGMENT_BYTES_MIN: u64 = 64 << 10;
/// The largest segment.
pub const SEGMENT_BYTES_MAX: u64 = 1 << 40;

const IDENTITY_MAGIC: [u8; 8] = *b"RNGSDSEG";
const OPENING_MAGIC: [u8; 8] = *b"RNGSDOPN";
const BATCH_MAGIC: [u8; 4] = *b"BTCH";

/// What makes a file a segment.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(C)]
struct IdentityBytes {
    magic: [u8; 8],
    format: U32,
    crc: U32,
    number: U64,
    segment_bytes: U64,
    reserved: [u8; 32],
}

#[derive(
    Clone, Copy, PartialEq, Eq, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(C)]
struct OpeningBytes {
    magic: [u8; 8],
    previous: U64,
    previous_end: U64,
    first_sequence: U64,
    durable: U64,
    void_to: U64,
    time_ns: U64,
    epoch: U32,
    crc: U32,
    previous_crc: U32,
    durability: u8,
    reserved: [u8; 3],
    build: [u8; 16],
    configuration: [u8; 16],
    boot: [u8; 16],
    reserved_2: [u8; 8],
}

#[derive(
    Clone, Copy, PartialEq, Eq, Debug, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned,
)]
#[repr(C)]
struct BatchBytes {
    magic: [u8; 4],
    crc: U32,
    first_sequence: U64,
    count: U32,
    length: U32,
    durable: U64,
    checkpoint_sequence: U64,
    checkpoint_hash: U64,
    previous_crc: U32,
    epoch: U32,
    flags: U32,
    reserved: [u8; 4],
}

const _: () = {
    assert!(size_of::<IdentityBytes>() == 64);
    assert!(size_of::<OpeningBytes>() == 128);
    assert!(size_of::<BatchBytes>() == BATCH_HEADER_BYTES);
};

/// Why bytes are not what they should be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FormatError {
    /// They end early.
    Short,
    /// They are all zero: nothing was written here.
    Zero,
    /// They do not begin as they should.
    Magic,
    /// Another version of the format.
    Version(u32),
    /// The checksum is not that of the bytes.
    Checksum,
    /// A field cannot have this value, although the checksum is right.
    Field(&'static str),
}

impl core::fmt::Display for FormatError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Short => f.write_str("the bytes end early"),
            Self::Zero => f.write_str("nothing is written there"),
            Self::Magic => f.write_str("the bytes do not begin as they should"),
            Self::Version(found) => {
                write!(f, "format version {found} is not version {FORMAT} of this program")
            }
            Self::Checksum => f.write_str("the checksum is not that of the bytes"),
            Self::Field(name) => write!(f, "`{name}` cannot have this value"),
        }
    }
}

impl std::error::Error for FormatError {}

/// What is written when the file is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Identity {
    /// 1, 2, 3, … in a directory; never reused.
    pub number: u64,
    /// Bytes of the file.
    pub segment_bytes: u64,
}

impl Identity {
    /// The bytes at offset 0.
    pub fn to_bytes(self) -> [u8; 64] {
        let mut bytes = IdentityBytes {
            magic: IDENTITY_MAGIC,
            format: FORMAT.into(),
            crc: 0.into(),
            number: self.number.into(),
            segment_bytes: self.segment_bytes.into(),
            reserved: [0; 32],
        };
        bytes.crc = Crc::new().mix(bytes.as_bytes()).value().into();
        zerocopy::transmute!(bytes)
    }

    /// Reads the bytes at offset 0.
    ///
    /// # Errors
    /// [`FormatError`] where they are no identity.
    pub fn read(segment: &[u8]) -> Result<Self, FormatError> {
        let bytes = taken::<IdentityBytes>(segment, 0)?;
        if bytes.magic != IDENTITY_MAGIC {
            return Err(FormatError::Magic);
        }
        let crc = Crc::new().mix(IdentityBytes { crc: 0.into(), ..bytes }.as_bytes()).value();
        if bytes.crc.get() != crc {
            return Err(FormatError::Checksum);
        }
        match bytes.format.get() {
            FORMAT => {}
            other => return Err(FormatError::Version(other)),
        }
        let segment_bytes = bytes.segment_bytes.get();
        if !(SEGMENT_BYTES_MIN..=SEGMENT_BYTES_MAX).contains(&segment_bytes) {
            return Err(FormatError::Field("segment_bytes"));
        }
        Ok(Self { number: bytes.number.get(), segment_bytes })
    }
}

/// When what was accepted may be told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Durability {
    /// At once; the journal is written behind. A crash of the process may lose what was told.
    Memory = 0,
    /// When it is written. A crash of the process loses nothing, one of the machine may.
    Async = 1,
    /// When it is on disk. Nothing that was told is ever lost.
    #[default]
    Sync = 2,
}

impl Durability {
    /// Every mode, weakest first.
    pub const ALL: [Self; 3] = [Self::Memory, Self::Async, Self::Sync];

    /// As people write it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Async => "async",
            Self::Sync => "sync",
        }
    }
}

/// Who writes: the same in every segment that a process begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Author {
    /// When its records may be told.
    pub durability: Durability,
    /// Rises whenever released messages may be missing.
    pub epoch: u32,
    /// Hash of the program.
    pub build: [u8; 16],
    /// Hash of the configuration.
    pub configuration: [u8; 16],
    /// Hash of what names this run of the machine.
    pub boot: [u8; 16],
}

/// What is written when a segment begins to be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Opening {
    /// The number of the segment before; 0: this is the first.
    pub previous: u64,
    /// Where the segment before ends; what lies beyond is void.
    pub previous_end: u64,
    /// Checksum of the last batch before that end, of its opening where it has none.
    pub previous_crc: u32,
    /// Sequence of the first record here.
    pub first_sequence: u64,
    /// The highest sequence that was on disk when this was written.
    pub durable: u64,
    /// Records of the segment before from `first_sequence` up to this one are void: they were
    /// copied here, were never whole, or were cut off. 0: none are.
    pub void_to: u64,
    /// When, in nanoseconds since the Unix epoch.
    pub time_ns: u64,
    /// Who writes.
    pub author: Author,
}

impl Opening {
    /// The bytes at [`OPENING_AT`] of segment `number`, and their checksum.
    pub fn to_bytes(self, number: u64) -> ([u8; 128], u32) {
        let Author { durability, epoch, build, configuration, boot } = self.author;
        let mut bytes = OpeningBytes {
            magic: OPENING_MAGIC,
            previous: self.previous.into(),
            previous_end: self.previous_end.into(),
            first_sequence: self.first_sequence.into(),
            durable: self.durable.into(),
            void_to: self.void_to.into(),
            time_ns: self.time_ns.into(),
            epoch: epoch.into(),
            crc: 0.into(),
            previous_crc: self.previous_crc.into(),
            durability: durability as u8,
            reserved: [0; 3],
            build,
            configuration,
            boot,
            reserved_2: [0; 8],
        };
        let crc = Crc::at(number, OPENING_AT).mix(bytes.as_bytes()).value();
        bytes.crc = crc.into();
        (zerocopy::transmute!(bytes), crc)
    }

    /// Reads the opening of segment `number`, and its checksum.
    ///
    /// # Errors
    /// [`FormatError`] where there is none; [`FormatError::Zero`] where none was ever written.
    pub fn read(segment: &[u8], number: u64) -> Result<(Self, u32), FormatError> {
        let bytes = taken::<OpeningBytes>(segment, OPENING_AT as usize)?;
        if bytes.as_bytes().iter().all(|&byte| byte == 0) {
            return Err(FormatError::Zero);
        }
        if bytes.magic != OPENING_MAGIC {
            return Err(FormatError::Magic);
        }
        let bare = OpeningBytes { crc: 0.into(), ..bytes };
        let crc = Crc::at(number, OPENING_AT).mix(bare.as_bytes()).value();
        if bytes.crc.get() != crc {
            return Err(FormatError::Checksum);
        }
        let durability = Durability::ALL.get(usize::from(bytes.durability));
        let author = Author {
            durability: *durability.ok_or(FormatError::Field("durability"))?,
            epoch: bytes.epoch.get(),
            build: bytes.build,
            configuration: bytes.configuration,
            boot: bytes.boot,
        };
        let opening = Self {
            previous: bytes.previous.get(),
            previous_end: bytes.previous_end.get(),
            previous_crc: bytes.previous_crc.get(),
            first_sequence: bytes.first_sequence.get(),
            durable: bytes.durable.get(),
            void_to: bytes.void_to.get(),
            time_ns: bytes.time_ns.get(),
            author,
        };
        opening.check_fields(number)?;
        Ok((opening, crc))
    }

    fn check_fields(&self, number: u64) -> Result<(), FormatError> {
        if self.previous >= number {
            return Err(FormatError::Field("previous"));
        }
        if self.previous > 0 && self.previous_end < BATCHES_AT {
            return Err(FormatError::Field("previous_end"));
        }
        if self.first_sequence == 0 {
            return Err(FormatError::Field("first_sequence"));
        }
        // Only what recovery copied is durable when the segment is opened; what it cut is void too.
        let is_copied = self.durable <= self.void_to && self.durable < u64::MAX;
        if self.durable >= self.first_sequence && !is_copied {
            return Err(FormatError::Field("durable"));
        }
        Ok(())
    }
}

/// The event hash after a command, as the engine had it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Checkpoint {
    /// Of the command; 0: there is no checkpoint.
    pub sequence: u64,
    /// The rolling hash of every event up to its last.
    pub event_hash: u64,
}

/// The last batch of a journal that was stopped in order.
pub const FLAG_CLEAN_STOP: u32 = 1;

/// A batch's header.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BatchHeader {
    /// Of its first record; of a mark, the sequence that comes next.
    pub first_sequence: u64,
    /// Records; 0: a mark.
    pub count: u32,
    /// Bytes of the payload.
    pub length: u32,
    /// The highest sequence on disk when this was written.
    pub durable: u64,
    /// The engine's latest word on its events.
    pub checkpoint: Checkpoint,
    /// Checksum of the batch before.
    pub previous_crc: u32,
    /// The writer's epoch.
    pub epoch: u32,
    /// [`FLAG_CLEAN_STOP`] or nothing.
    pub flags: u32,
}

impl BatchHeader {
    /// Writes header and checksum before the payload, which is in its place already, and says the
    /// checksum.
    ///
    /// # Panics
    /// When `batch` is not a header and the payload.
    pub fn seal(&self, number: u64, offset: u64, batch: &mut [u8]) -> u32 {
        assert_eq!(batch.len(), BATCH_HEADER_BYTES + self.length as usize, "header and payload");
        let mut bytes = BatchBytes {
            magic: BATCH_MAGIC,
            crc: 0.into(),
            first_sequence: self.first_sequence.into(),
            count: self.count.into(),
            length: self.length.into(),
            durable: self.durable.into(),
            checkpoint_sequence: self.checkpoint.sequence.into(),
            checkpoint_hash: self.checkpoint.event_hash.into(),
            previous_crc: self.previous_crc.into(),
            epoch: self.epoch.into(),
            flags: self.flags.into(),
            reserved: [0; 4],
        };
        batch[..BATCH_HEADER_BYTES].copy_from_slice(bytes.as_bytes());
        let crc = Crc::at(number, offset).mix(batch).value();
        bytes.crc = crc.into();
        batch[..BATCH_HEADER_BYTES].copy_from_slice(bytes.as_bytes());
        crc
    }

    /// Reads the batch at `offset` of segment `number`: header, checksum, payload.
    ///
    /// # Errors
    /// [`FormatError`] where there is none; [`FormatError::Zero`] where none was ever written.
    pub fn read(
        segment: &[u8],
        number: u64,
        offset: u64,
    ) -> Result<(Self, u32, &[u8]), FormatError> {
        Self::read_within(segment, 0, number, offset)
    }

    /// [`Self::read`] where `segment` holds only what lies from offset `base` on.
    ///
    /// # Errors
    /// [`FormatError`], as there; [`FormatError::Short`] before `base` too.
    pub fn read_within(
        segment: &[u8],
        base: u64,
        number: u64,
        offset: u64,
    ) -> Result<(Self, u32, &[u8]), FormatError> {
        let at = offset.checked_sub(base).and_then(|at| usize::try_from(at).ok());
        let at = at.ok_or(FormatError::Short)?;
        let bytes = taken::<BatchBytes>(segment, at)?;
        if bytes.as_bytes().iter().all(|&byte| byte == 0) {
            return Err(FormatError::Zero);
        }
        if bytes.magic != BATCH_MAGIC {
            return Err(FormatError::Magic);
        }
        let length = bytes.length.get() as usize;
        if length > BATCH_PAYLOAD_BYTES_MAX || !length.is_multiple_of(ALIGNMENT as usize) {
            return Err(FormatError::Field("length"));
        }
        let payload_at = at + BATCH_HEADER_BYTES;
        let payload = segment.get(payload_at..payload_at + length).ok_or(FormatError::Short)?;
        let bare = BatchBytes { crc: 0.into(), ..bytes };
        let crc = Crc::at(number, offset).mix(bare.as_bytes()).mix(payload).value();
        if bytes.crc.get() != crc {
            return Err(FormatError::Checksum);
        }
        let header = Self {
            first_sequence: bytes.first_sequence.get(),
            count: bytes.count.get(),
            length: bytes.length.get(),
            durable: bytes.durable.get(),
            checkpoint: Checkpoint {
                sequence: bytes.checkpoint_sequence.get(),
                event_hash: bytes.checkpoint_hash.get(),
            },
            previous_crc: bytes.previous_crc.get(),
            epoch: bytes.epoch.get(),
            flags: bytes.flags.get(),
        };
        header.check_fields()?;
        Ok((header, crc, payload))
    }

    fn check_fields(&self) -> Result<(), FormatError> {
        if self.first_sequence == 0 || self.end_sequence().is_none() {
            return Err(FormatError::Field("first_sequence"));
        }
        if (self.count == 0) != (self.length == 0) {
            return Err(FormatError::Field("count"));
        }
        if self.durable >= self.first_sequence {
            return Err(FormatError::Field("durable"));
        }
        Ok(())
    }

    /// The sequence after its last record.
    fn end_sequence(&self) -> Option<u64> {
        self.first_sequence.checked_add(u64::from(self.count))
    }

    /// Of its last record; of a mark, the one before it.
    pub const fn last_sequence(&self) -> u64 {
        self.first_sequence + self.count as u64 - 1
    }

    /// Bytes of header and payload.
    pub const fn bytes(&self) -> u64 {
        BATCH_HEADER_BYTES as u64 + self.length as u64
    }

    /// Whether the journal was stopped in order after this.
    pub const fn is_clean_stop(&self) -> bool {
        self.flags & FLAG_CLEAN_STOP != 0
    }
}

fn taken<T: FromBytes + Copy>(bytes: &[u8], at: usize) -> Result<T, FormatError> {
    let rest = bytes.get(at..).ok_or(FormatError::Short)?;
    T::read_from_prefix(rest).map(|(value, _)| value).map_err(|_| FormatError::Short)
}
