//! One process a directory: a lock that the system lets go of when its holder dies, however it
//! dies.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

const NAME: &str = "lock";

/// The right to write in a directory, for as long as it lives.
#[derive(Debug)]
pub struct DirectoryLock {
    _file: File,
}

/// Why a directory could not be locked.
#[derive(Debug)]
pub enum LockError {
    /// Another process has it.
    Taken {
        /// The directory.
        directory: PathBuf,
        /// What the other process wrote about itself.
        holder: String,
    },
    /// The disk refuses.
    Io(io::Error),
}

impl core::fmt::Display for LockError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Taken { directory, holder } => write!(
                f,
                "{} is in use by process {holder}; stop that one first, or take another directory",
                directory.display()
            ),
            Self::Io(error) => write!(f, "the directory cannot be locked: {error}"),
        }
    }
}

impl std::error::Error for LockError {}

impl DirectoryLock {
    /// Whether somebody holds the directory, for whoever only reads in it. Nothing is written.
    ///
    /// # Errors
    /// What the disk says.
    pub fn is_taken(directory: &Path) -> io::Result<bool> {
        let file = match File::open(directory.join(NAME)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Takes the directory.
    ///
    /// # Errors
    /// [`LockError::Taken`] while another holds it.
    pub fn take(directory: &Path) -> Result<Self, LockError> {
        let path = directory.join(NAME);
        let options =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
        let mut file = options.map_err(LockError::Io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Its number is a courtesy only.
                let _ = file.read_to_string(&mut holder);
                let holder = holder.trim().to_owned();
                return Err(LockError::Taken { directory: directory.to_path_buf(), holder });
            }
            Err(TryLockError::Error(error)) => return Err(LockError::Io(error)),
        }
        sign(&mut file).map_err(LockError::Io)?;
        Ok(Self { _file: file })
    }
}

fn sign(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_taken_once_and_free_again_when_let_go() {
        let directory = tempfile::tempdir().expect("a directory");
        let is_taken = || DirectoryLock::is_taken(directory.path()).expect("a directory");
        assert!(!is_taken(), "nobody was ever here");
        let held = DirectoryLock::take(directory.path()).expect("it is free");
        assert!(is_taken());
        let refused = DirectoryLock::take(directory.path()).expect_err("it is taken");
        let text = refused.to_string();
        assert!(text.contains(&std::process::id().to_string()), "{text}");
        drop(held);
        assert!(!is_taken());
        DirectoryLock::take(directory.path()).expect("it is free again");
    }
}
