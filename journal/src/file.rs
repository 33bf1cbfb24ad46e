//! Storage in real files: written by `pwrite`, made durable by `fdatasync`.
//!
//! Measured: a thread that stores into a mapping of the file stalls when the system writes it back,
//! and its sync takes two to three times as long; so the mapping is for readers only.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::mmap;
use crate::storage::{Contents, Storage, StorageFile};

/// Zeros are written, and synced, in pieces of this many bytes. Whoever else waits for the disk
/// meanwhile waits for a piece: smaller ones are met more often, larger ones hold up longer.
const ZEROS_BYTES: usize = 4 << 20;

/// A directory on disk.
#[derive(Clone, Debug)]
pub struct FileStorage {
    directory: PathBuf,
}

impl FileStorage {
    /// In `directory`, which is made where it is missing.
    ///
    /// # Errors
    /// What the disk says.
    pub fn create(directory: &Path) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        // The directory's own name must last too.
        if let Some(parent) = directory.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            File::open(parent)?.sync_all()?;
        }
        Ok(Self::at(directory))
    }

    /// In `directory` as it is.
    pub fn at(directory: &Path) -> Self {
        Self { directory: directory.to_path_buf() }
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Where a file lies.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn filled(&self, name: &str, bytes: u64) -> io::Result<File> {
        let file =
            OpenOptions::new().read(true).write(true).create_new(true).open(self.path(name))?;
        match fill(&file, bytes) {
            Ok(()) => Ok(file),
            Err(error) => {
                // What is half made would only be in the way; the first trouble is the one to tell.
                let _ = fs::remove_file(self.path(name));
                Err(error)
            }
        }
    }
}

/// Writes zeros through to the disk: no later write finds it full or the file sparse, and the pages
/// are resident.
fn fill(file: &File, bytes: u64) -> io::Result<()> {
    let zeros = vec![0; ZEROS_BYTES];
    let mut at = 0;
    while at < bytes {
        let piece = (bytes - at).min(ZEROS_BYTES as u64);
        file.write_all_at(&zeros[..piece as usize], at)?;
        file.sync_data()?;
        at += piece;
    }
    file.sync_all()
}

impl Storage for FileStorage {
    type File = File;
    type Hold = File;

    fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                // A name that is no text is none of ours.
                names.extend(entry.file_name().into_string());
            }
        }
        Ok(names)
    }

    fn create(&self, name: &str, bytes: u64) -> io::Result<File> {
        self.filled(name, bytes)
    }

    fn open(&self, name: &str) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).open(self.path(name))
    }

    fn view(&self, name: &str) -> io::Result<Contents> {
        mmap::view(&File::open(self.path(name))?)
    }

    fn copy(&self, name: &str, offset: u64, bytes: usize) -> io::Result<Vec<u8>> {
        let file = File::open(self.path(name))?;
        let mut copied = vec![0; bytes];
        let mut filled = 0;
        while filled < bytes {
            match file.read_at(&mut copied[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        copied.truncate(filled);
        Ok(copied)
    }

    fn length(&self, name: &str) -> io::Result<u64> {
        Ok(fs::metadata(self.path(name))?.len())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path(from), self.path(to))
    }

    fn hold(&self, name: &str) -> io::Result<File> {
        let file = File::open(self.path(name))?;
        match file.try_lock_shared() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(io::ErrorKind::NotFound.into()),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // Its name may have gone between the opening and the lock.
        fs::metadata(self.path(name))?;
        Ok(file)
    }

    fn remove_unheld(&self, name: &str) -> io::Result<bool> {
        let file = File::open(self.path(name))?;
        match file.try_lock() {
            Ok(()) => self.remove(name).map(|()| true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path(name))
    }

    fn sync_names(&self) -> io::Result<()> {
        File::open(&self.directory)?.sync_all()
    }
}

impl StorageFile for File {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.write_all_at(bytes, offset)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}
