//! The least that durability costs on a disk: one write into a file of zeros, and one fdatasync.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Instant;

use ringside_journal::file::FileStorage;
use ringside_journal::storage::Storage;

/// A file that is written from its beginning to its end.
#[derive(Debug)]
pub struct Bare {
    file: File,
    piece: Vec<u8>,
    at: u64,
}

impl Bare {
    /// In `directory`, for so many writes of `bytes`.
    ///
    /// # Panics
    /// When the disk refuses.
    pub fn new(directory: &Path, name: &str, bytes: usize, writes: usize) -> Self {
        let storage = FileStorage::create(directory).expect("a directory");
        let file = storage.create(name, (bytes * writes) as u64).expect("a file of zeros");
        Self { file, piece: vec![7; bytes], at: 0 }
    }

    /// Writes behind what was written before and syncs; microseconds that took.
    ///
    /// # Panics
    /// When the disk refuses, or the file is full.
    pub fn write_and_sync(&mut self) -> f64 {
        let clock = Instant::now();
        self.file.write_all_at(&self.piece, self.at).expect("written");
        self.file.sync_data().expect("synced");
        let taken = clock.elapsed().as_nanos() as f64 / 1000.0;
        self.at += self.piece.len() as u64;
        assert!(self.at <= self.file.metadata().expect("a file").len(), "zeros were made ahead");
        taken
    }
}
