//! Mapped files: the one place that maps memory. Readers get the bytes of a finished file where
//! they lie; [`MappedStorage`] also writes through the mapping, to be measured beside
//! [`FileStorage`].

use std::fs::File;
use std::io;
use std::path::Path;

use memmap2::{Advice, Mmap, MmapMut};

use crate::file::FileStorage;
use crate::storage::{Contents, Storage, StorageFile};

/// The bytes of a file that nobody writes or shortens any more.
pub(crate) fn view(file: &File) -> io::Result<Contents> {
    if file.metadata()?.len() == 0 {
        return Ok(Contents::new(Vec::new()));
    }
    // SAFETY: whoever asks promises that the file is finished: a segment that another has followed,
    // a snapshot or an index under its final name, or any file while its directory is locked and
    // nothing writes yet. Files here are never shortened and never written twice at a place, and a
    // stranger who does so holds the directory's rights.
    let map = unsafe { Mmap::map(file)? };
    // Advice only; without it reading is slower and no less right.
    let _ = map.advise(Advice::Sequential);
    Ok(Contents::new(map))
}

/// Files that are written through a mapping of them.
#[derive(Clone, Debug)]
pub struct MappedStorage {
    files: FileStorage,
}

impl MappedStorage {
    /// In `directory`, which is made where it is missing.
    ///
    /// # Errors
    /// What the disk says.
    pub fn create(directory: &Path) -> io::Result<Self> {
        Ok(Self { files: FileStorage::create(directory)? })
    }
}

/// A file open for writing through its mapping.
#[derive(Debug)]
pub struct MappedFile {
    map: MmapMut,
    /// First and end offset of what was written since the last sync.
    dirty: Option<(usize, usize)>,
}

impl MappedFile {
    fn over(file: &File) -> io::Result<Self> {
        // SAFETY: the file was made at its full length and is never shortened; its one writer is
        // this mapping, and readers of a file that is being written copy it by `pread`.
        let map = unsafe { MmapMut::map_mut(file)? };
        Ok(Self { map, dirty: None })
    }
}

impl StorageFile for MappedFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let beyond = || io::Error::new(io::ErrorKind::InvalidInput, "beyond the file's end");
        let at = usize::try_from(offset).map_err(|_| beyond())?;
        let end = at.checked_add(bytes.len()).ok_or_else(beyond)?;
        self.map.get_mut(at..end).ok_or_else(beyond)?.copy_from_slice(bytes);
        let (from, to) = self.dirty.unwrap_or((at, end));
        self.dirty = Some((from.min(at), to.max(end)));
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let Some((from, to)) = self.dirty else { return Ok(()) };
        self.map.flush_range(from, to - from)?;
        self.dirty = None;
        Ok(())
    }
}

impl Storage for MappedStorage {
    type File = MappedFile;
    type Hold = File;

    fn names(&self) -> io::Result<Vec<String>> {
        self.files.names()
    }

    fn create(&self, name: &str, bytes: u64) -> io::Result<MappedFile> {
        MappedFile::over(&self.files.create(name, bytes)?)
    }

    fn open(&self, name: &str) -> io::Result<MappedFile> {
        MappedFile::over(&self.files.open(name)?)
    }

    fn view(&self, name: &str) -> io::Result<Contents> {
        self.files.view(name)
    }

    fn copy(&self, name: &str, offset: u64, bytes: usize) -> io::Result<Vec<u8>> {
        self.files.copy(name, offset, bytes)
    }

    fn length(&self, name: &str) -> io::Result<u64> {
        self.files.length(name)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.files.rename(from, to)
    }

    fn hold(&self, name: &str) -> io::Result<File> {
        self.files.hold(name)
    }

    fn remove_unheld(&self, name: &str) -> io::Result<bool> {
        self.files.remove_unheld(name)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.files.remove(name)
    }

    fn sync_names(&self) -> io::Result<()> {
        self.files.sync_names()
    }
}
