//! The seam to the disk: a directory of files that are made full of zeros, written at offsets,
//! synced, and read as a whole. Everything above it is the same over real files, mapped files, and
//! the double of the tests that loses what was not synced.

use std::io;
use std::ops::Deref;
use std::sync::Arc;

/// A directory of segments, snapshots or indexes.
pub trait Storage: Clone {
    /// A file of it, open for writing.
    type File: StorageFile;
    /// While it lives, a file is not removed by [`Self::remove_unheld`].
    type Hold;

    /// The names of its files, in no order.
    ///
    /// # Errors
    /// What the disk says.
    fn names(&self) -> io::Result<Vec<String>>;

    /// Makes a file of `bytes` zeros, every one of them on disk and none sparse. It has its name
    /// for good only after [`Self::sync_names`].
    ///
    /// # Errors
    /// `AlreadyExists`, `StorageFull`, or what else the disk says; then there is no such file.
    fn create(&self, name: &str, bytes: u64) -> io::Result<Self::File>;

    /// Opens a file for writing.
    ///
    /// # Errors
    /// `NotFound`, or what else the disk says.
    fn open(&self, name: &str) -> io::Result<Self::File>;

    /// The contents of a file that nobody writes any more: where they lie, without a copy.
    ///
    /// # Errors
    /// `NotFound`, or what else the disk says.
    fn view(&self, name: &str) -> io::Result<Contents>;

    /// A copy of the `bytes` at `offset` of a file that somebody may be writing; shorter where the
    /// file ends.
    ///
    /// # Errors
    /// `NotFound`, or what else the disk says.
    fn copy(&self, name: &str, offset: u64, bytes: usize) -> io::Result<Vec<u8>>;

    /// How long a file is, bytes.
    ///
    /// # Errors
    /// `NotFound`, or what else the disk says.
    fn length(&self, name: &str) -> io::Result<u64>;

    /// Gives a file another name, in one step; what had that name is gone.
    ///
    /// # Errors
    /// `NotFound`, or what else the disk says.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Keeps a file from [`Self::remove_unheld`], in this process and others, for as long as what
    /// is returned lives.
    ///
    /// # Errors
    /// `NotFound`, also where it is being removed; or what else the disk says.
    fn hold(&self, name: &str) -> io::Result<Self::Hold>;

    /// Takes a file away unless somebody holds it; false: somebody does.
    ///
    /// # Errors
    /// `NotFound`, or what else the disk says.
    fn remove_unheld(&self, name: &str) -> io::Result<bool>;

    /// Takes a file away.
    ///
    /// # Errors
    /// `NotFound`, or what else the disk says.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes names durable: what was created, renamed and removed stays so.
    ///
    /// # Errors
    /// What the disk says.
    fn sync_names(&self) -> io::Result<()>;
}

/// A file open for writing.
pub trait StorageFile: Send {
    /// Writes all of `bytes` at `offset`, within the file's length.
    ///
    /// # Errors
    /// What the disk says; then nothing may be assumed of what lies there.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Returns when everything written is on disk.
    ///
    /// # Errors
    /// What the disk says; then nothing may be assumed of what was written since the last sync, and
    /// trying again proves nothing.
    fn sync(&mut self) -> io::Result<()>;
}

/// The bytes of a file, mapped or read.
#[derive(Clone)]
pub struct Contents(Arc<dyn AsRef<[u8]> + Send + Sync>);

impl Contents {
    /// From whatever holds them.
    pub fn new(bytes: impl AsRef<[u8]> + Send + Sync + 'static) -> Self {
        Self(Arc::new(bytes))
    }
}

impl Deref for Contents {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        (*self.0).as_ref()
    }
}

impl core::fmt::Debug for Contents {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Contents({} bytes)", self.len())
    }
}
