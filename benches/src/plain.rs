//! A directory in plain memory: what the journal costs where the disk costs nothing but the copy.
//! It forgets nothing and syncs nothing; files can be read when their writer is gone.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use ringside_journal::storage::{Contents, Storage, StorageFile};

type Files = BTreeMap<String, Vec<u8>>;

/// The directory; clones are the same one.
#[derive(Clone, Debug, Default)]
pub struct Plain(Arc<Mutex<Files>>);

/// A file of it. Its bytes lie in the directory when it is dropped.
#[derive(Debug)]
pub struct PlainFile {
    directory: Plain,
    name: String,
    bytes: Vec<u8>,
}

impl Plain {
    fn files(&self) -> MutexGuard<'_, Files> {
        self.0.lock().expect("Invariant: nobody panics in here")
    }

    fn part<T>(&self, name: &str, part: impl FnOnce(&[u8]) -> T) -> io::Result<T> {
        self.files().get(name).map(|bytes| part(bytes)).ok_or_else(not_found)
    }
}

fn not_found() -> io::Error {
    io::Error::from(io::ErrorKind::NotFound)
}

impl Storage for Plain {
    type File = PlainFile;
    type Hold = ();

    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.files().keys().cloned().collect())
    }

    /// Every page is touched here, so that no write pays for the first touch.
    fn create(&self, name: &str, bytes: u64) -> io::Result<PlainFile> {
        let mut zeros = vec![1; bytes as usize];
        zeros.fill(0);
        Ok(PlainFile { directory: self.clone(), name: name.to_owned(), bytes: zeros })
    }

    fn open(&self, name: &str) -> io::Result<PlainFile> {
        let bytes = self.files().remove(name).ok_or_else(not_found)?;
        Ok(PlainFile { directory: self.clone(), name: name.to_owned(), bytes })
    }

    fn view(&self, name: &str) -> io::Result<Contents> {
        self.part(name, |bytes| Contents::new(bytes.to_vec()))
    }

    fn copy(&self, name: &str, offset: u64, bytes: usize) -> io::Result<Vec<u8>> {
        self.part(name, |all| {
            let from = all.len().min(offset as usize);
            all[from..all.len().min(from + bytes)].to_vec()
        })
    }

    fn length(&self, name: &str) -> io::Result<u64> {
        self.part(name, |bytes| bytes.len() as u64)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut files = self.files();
        let bytes = files.remove(from).ok_or_else(not_found)?;
        files.insert(to.to_owned(), bytes);
        Ok(())
    }

    fn hold(&self, _name: &str) -> io::Result<()> {
        Ok(())
    }

    fn remove_unheld(&self, name: &str) -> io::Result<bool> {
        self.remove(name).map(|()| true)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.files().remove(name).map(drop).ok_or_else(not_found)
    }

    /// Nobody else is here.
    fn hold(&self, _name: &str) -> io::Result<()> {
        Ok(())
    }

    fn remove_unheld(&self, name: &str) -> io::Result<bool> {
        self.remove(name).map(|()| true)
    }

    fn sync_names(&self) -> io::Result<()> {
        Ok(())
    }
}

impl StorageFile for PlainFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let place = self.bytes.get_mut(offset as usize..offset as usize + bytes.len());
        place.ok_or(io::ErrorKind::InvalidInput)?.copy_from_slice(bytes);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for PlainFile {
    fn drop(&mut self) {
        let (name, bytes) = (std::mem::take(&mut self.name), std::mem::take(&mut self.bytes));
        self.directory.files().insert(name, bytes);
    }
}
