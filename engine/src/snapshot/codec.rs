//! The one codec of images: their bytes, their version, and why bytes are refused. It never looks
//! at what an image says; that is for whoever makes an engine of it.
//!
//! ```text
//! 0         4
//! ├─────────┼──────────────────────────────────────────────┤
//! version   the image: bincode, fixed width, little endian
//! ```
//!
//! A version's bytes never change: `engine/tests/golden/` holds an image of each.

use std::io;

use bincode::error::{DecodeError, EncodeError};

use super::check::Flaw;
use super::{Image, SessionsImage};
use crate::audit::Violation;
use crate::book::History;

/// The version of the state's layout that this build writes. Raised with every change of what an
/// image holds. 2: a session may be switched off for orders; laid out as version 1. 3: what became
/// of each order so far, and sessions that end with the day; both stand behind what there was.
pub const IMAGE_VERSION: u32 = 3;

/// The last version without what version 3 put behind it.
const BEFORE_SESSIONS: u32 = 2;

/// Bytes of an image at most: 64 GiB.
pub const IMAGE_BYTES_MAX: usize = 1 << 36;

const VERSION_BYTES: usize = size_of::<u32>();

/// Why an image could not be written or read.
#[derive(Debug)]
pub enum ImageError {
    /// It could not be encoded or written.
    Write(EncodeError),
    /// It has a version that this build does not read; carries which.
    Version(u32),
    /// It could not be decoded.
    Read(DecodeError),
    /// So many bytes stand behind its end.
    Trailing(usize),
    /// It decodes, but a part of it is such as no engine has.
    Flawed(Flaw),
    /// Every part of it can be, but together they are not in order.
    Inconsistent(Violation),
}

impl core::fmt::Display for ImageError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Write(error) => write!(f, "the image cannot be written: {error}"),
            Self::Version(found) => write!(
                f,
                "the image has version {found}, this build reads version {IMAGE_VERSION}; \
                 use the build that wrote it"
            ),
            Self::Read(error) => write!(f, "the image cannot be read: {error}"),
            Self::Trailing(bytes) => write!(f, "{bytes} bytes stand behind the end of the image"),
            Self::Flawed(flaw) => write!(f, "the image is not that of an engine: {flaw}"),
            Self::Inconsistent(violation) => {
                write!(f, "the image is not that of an engine: {violation}")
            }
        }
    }
}

impl std::error::Error for ImageError {}

impl Image {
    /// Writes the image; the bytes depend on nothing but the state.
    ///
    /// # Errors
    /// [`ImageError::Write`] when `out` refuses bytes.
    pub fn write(&self, out: &mut impl io::Write) -> Result<(), ImageError> {
        let versioned = (IMAGE_VERSION, self);
        let written = bincode::serde::encode_into_std_write(versioned, out, codec());
        written.map(drop).map_err(ImageError::Write)
    }

    /// Reads what [`Self::write`] wrote. Any bytes may be given: memory is taken for what they
    /// hold, not for what they claim to hold.
    ///
    /// # Errors
    /// When the bytes are of another version, end early, go on behind the end or are no image.
    pub fn read(bytes: &[u8]) -> Result<Self, ImageError> {
        let (version, bytes) = bytes.split_at_checked(VERSION_BYTES).unwrap_or((bytes, &[]));
        match decode(version)? {
            1..=BEFORE_SESSIONS => with_sessions(bytes),
            IMAGE_VERSION => decode(bytes),
            other => Err(ImageError::Version(other)),
        }
    }
}

/// An image of a venue whose numbers never began anew. It does not say what became of its orders:
/// as far as anybody knows they came when it was taken and executed at their price.
fn with_sessions(bytes: &[u8]) -> Result<Image, ImageError> {
    let none = (Vec::<History>::new(), SessionsImage::default());
    let none = bincode::serde::encode_to_vec(none, codec()).map_err(ImageError::Write)?;
    let mut image: Image = decode(&[bytes, &none].concat())?;
    let time = image.time;
    let histories = image.orders.iter().map(|order| History {
        cost: u128::from(order.price) * u128::from(order.executed),
        executed: order.executed,
        entered: time,
        updated: time,
    });
    image.histories = histories.collect();
    Ok(image)
}

/// All of these bytes as one value.
fn decode<'a, T: serde::Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, ImageError> {
    let decoded = bincode::serde::borrow_decode_from_slice(bytes, codec());
    let (value, taken) = decoded.map_err(ImageError::Read)?;
    match bytes.len() - taken {
        0 => Ok(value),
        behind => Err(ImageError::Trailing(behind)),
    }
}

/// Fixed-width little-endian integers: the bytes of an image are stable and quick to write.
fn codec() -> impl bincode::config::Config {
    bincode::config::standard().with_fixed_int_encoding().with_limit::<IMAGE_BYTES_MAX>()
}
