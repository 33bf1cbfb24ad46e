//! The files of tickets and of tokens: who may log in to which stream by password, and who shows
//! which bearer token, as hashes. A file is written whole and synced before anybody is told of what
//! it says, so what was told is good after any stop; the [scribe](super::scribe) does that.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use ringside_gateway::identity::{FileError, Tickets, Tokens};
use ringside_protocol::Timestamp;

/// Only the venue's own user reads it.
const MODE: u32 = 0o600;

/// What stands in such a file.
pub trait Kept: Sized {
    /// What the file is called.
    const NAME: &str;

    /// With nothing in it; `random` is 32 random bytes.
    fn begin(random: [u8; 32]) -> Self;

    /// Reads it, without what has expired.
    ///
    /// # Errors
    /// [`FileError`] names the first line that is wrong.
    fn read(text: &str, now: Timestamp) -> Result<Self, FileError>;

    /// Writes it.
    fn text(&self) -> String;

    /// Whether it has changed since this was asked last.
    fn take_changed(&mut self) -> bool;
}

impl Kept for Tickets {
    const NAME: &str = "tickets";

    fn begin(random: [u8; 32]) -> Self {
        Self::new(random)
    }

    fn read(text: &str, now: Timestamp) -> Result<Self, FileError> {
        Self::parse(text, now)
    }

    fn text(&self) -> String {
        Self::text(self)
    }

    fn take_changed(&mut self) -> bool {
        Self::take_changed(self)
    }
}

impl Kept for Tokens {
    const NAME: &str = "tokens";

    fn begin(_: [u8; 32]) -> Self {
        Self::new()
    }

    fn read(text: &str, now: Timestamp) -> Result<Self, FileError> {
        Self::parse(text, now)
    }

    fn text(&self) -> String {
        Self::text(self)
    }

    fn take_changed(&mut self) -> bool {
        Self::take_changed(self)
    }
}

/// A file, and what stands in it.
pub struct KeptFile {
    path: PathBuf,
    kept: String,
}

impl KeptFile {
    /// What a venue's directory keeps; nothing where there is no file yet.
    ///
    /// # Errors
    /// When the file is there and cannot be read or understood, or the system has no random bytes.
    pub fn open<T: Kept>(directory: &Path, now: Timestamp) -> io::Result<(Self, T)> {
        let path = directory.join(T::NAME);
        let (there, kept) = match fs::read_to_string(&path) {
            Ok(text) => (T::read(&text, now).map_err(|error| misplaced(&path, &error))?, text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut random = [0; 32];
                getrandom::fill(&mut random).map_err(io::Error::other)?;
                (T::begin(random), String::new())
            }
            Err(error) => return Err(misplaced(&path, &error)),
        };
        Ok((Self { path, kept }, there))
    }

    /// The file as it is to be, where that has changed; it is taken for written from now on.
    pub fn draft<T: Kept>(&mut self, there: &mut T) -> Option<Draft> {
        if !there.take_changed() {
            return None;
        }
        let text = there.text();
        if text == self.kept {
            return None;
        }
        self.kept.clone_from(&text);
        Some(Draft { path: self.path.clone(), text, is_awaited: true })
    }
}

/// A file as it is to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// Which file.
    pub path: PathBuf,
    /// What is to stand in it.
    pub text: String,
    /// Whether somebody is told when it is written; else the next one says more.
    pub is_awaited: bool,
}

impl Draft {
    /// Puts it in the place of what was there, durable on return.
    ///
    /// # Errors
    /// When it cannot be written; the old file stays.
    pub fn write(&self) -> io::Result<()> {
        replace(&self.path, self.text.as_bytes()).map_err(|error| misplaced(&self.path, &error))
    }
}

fn misplaced(path: &Path, error: &dyn fmt::Display) -> io::Error {
    io::Error::other(format!("{}: {error}", path.display()))
}

/// Puts a new file in the place of an old one: whoever reads finds the one or the other.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("draft");
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(MODE).open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use ringside_gateway::identity::Holder;
    use ringside_protocol::{AccountId, KeyId};

    use super::*;

    const NOW: Timestamp = Timestamp(Timestamp::DAY);

    fn keep<T: Kept>(file: &mut KeptFile, there: &mut T) {
        if let Some(draft) = file.draft(there) {
            draft.write().expect("written");
        }
    }

    fn reopened<T: Kept>(directory: &Path) -> T {
        KeptFile::open(directory, NOW).expect("a file of ours").1
    }

    #[test]
    fn a_token_outlives_its_venue_and_only_its_owner_reads_it() {
        // GWY-011
        let directory = tempfile::tempdir().expect("a directory");
        let (mut file, mut tokens) =
            KeptFile::open::<Tokens>(directory.path(), NOW).expect("no file yet");
        keep(&mut file, &mut tokens);
        assert!(!directory.path().join("tokens").exists(), "nothing has happened");

        let token = tokens.issue([1; 32], AccountId(2), KeyId(3), NOW).expect("a token");
        keep(&mut file, &mut tokens);
        let holder = Holder { account: AccountId(2), key: KeyId(3) };
        let again: Tokens = reopened(directory.path());
        assert_eq!(again.check(&token.text, NOW), Ok(holder));
        let mode = fs::metadata(directory.path().join("tokens")).expect("a file").permissions();
        assert_eq!(mode.mode() & 0o777, MODE);
        let text = fs::read_to_string(directory.path().join("tokens")).expect("a text");
        assert!(!text.contains(&token.text), "a hash is kept, and no token");

        tokens.end(&token.text);
        keep(&mut file, &mut tokens);
        assert!(reopened::<Tokens>(directory.path()).is_empty());
    }

    #[test]
    fn a_broken_file_is_named_with_its_line() {
        let directory = tempfile::tempdir().expect("a directory");
        for (name, text) in [("tickets", "ringside-tickets 1\nx\n"), ("tokens", "what\n")] {
            fs::write(directory.path().join(name), text).expect("written");
        }
        let told = |error: Option<io::Error>| error.expect("it is broken").to_string();
        let tickets = told(KeptFile::open::<Tickets>(directory.path(), NOW).err());
        let tokens = told(KeptFile::open::<Tokens>(directory.path(), NOW).err());
        assert!(tickets.contains("tickets: line "), "{tickets}");
        assert!(tokens.contains("tokens: line 1: "), "{tokens}");
    }
}
