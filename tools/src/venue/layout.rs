//! Where a venue's files lie. Everything is under one directory, so that a run, a test or a copy
//! has all of it (JRN-005).
//!
//! ```text
//! DIR/lock         held by the one process that writes
//! DIR/journal/     the commands: segments and spares
//! DIR/snapshots/   images of the engine
//! DIR/events/      the events and their indexes, derived from the commands
//! DIR/genesis      the lines it began with, to compare with
//! DIR/feed         the public feed's session, and places in the events to tell it again from
//! DIR/admin.sock   where the operator's commands come in while it runs
//! ```

use std::io;
use std::path::{Path, PathBuf};

use ringside_journal::file::FileStorage;

/// A venue's directory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// Under `root`.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_path_buf() }
    }

    /// The directory itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Makes what is missing.
    ///
    /// # Errors
    /// What the disk says.
    pub fn create(&self) -> io::Result<()> {
        FileStorage::create(&self.root)?;
        for storage in [self.journal(), self.snapshots(), self.events()] {
            FileStorage::create(storage.directory())?;
        }
        Ok(())
    }

    /// Whether a venue was ever here.
    pub fn exists(&self) -> bool {
        self.journal().directory().is_dir()
    }

    /// The commands.
    pub fn journal(&self) -> FileStorage {
        FileStorage::at(&self.root.join("journal"))
    }

    /// The images.
    pub fn snapshots(&self) -> FileStorage {
        FileStorage::at(&self.root.join("snapshots"))
    }

    /// The events.
    pub fn events(&self) -> FileStorage {
        FileStorage::at(&self.root.join("events"))
    }

    /// The lines it began with.
    pub fn genesis(&self) -> PathBuf {
        self.root.join("genesis")
    }

    /// The public feed's session.
    pub fn feed(&self) -> PathBuf {
        self.root.join("feed")
    }

    /// The operator's socket.
    pub fn admin_socket(&self) -> PathBuf {
        self.root.join("admin.sock")
    }
}
