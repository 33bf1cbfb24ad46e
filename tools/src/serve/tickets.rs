//! The file of tickets: who may log in to which stream by password, as hashes. It is written whole
//! and synced before a ticket is told to anybody, so what was told is good after any stop.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use ringside_gateway::identity::Tickets;
use ringside_protocol::Timestamp;

/// Only the venue's own user reads it.
const MODE: u32 = 0o600;

/// The file, and what stands in it.
pub struct TicketFile {
    path: PathBuf,
    kept: String,
}

impl TicketFile {
    /// The tickets of a venue's directory; none where there is no file yet.
    ///
    /// # Errors
    /// When the file is there and cannot be read or understood, or the system has no random bytes.
    pub fn open(directory: &Path, now: Timestamp) -> io::Result<(Self, Tickets)> {
        let path = directory.join("tickets");
        let (tickets, kept) = match fs::read_to_string(&path) {
            Ok(text) => {
                let read = Tickets::parse(&text, now);
                let place = |error| io::Error::other(format!("{}: {error}", path.display()));
                (read.map_err(place)?, text)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut salt = [0; 32];
                getrandom::fill(&mut salt).map_err(io::Error::other)?;
                (Tickets::new(salt), String::new())
            }
            Err(error) => return Err(error),
        };
        Ok((Self { path, kept }, tickets))
    }

    /// Writes what has changed, durable on return.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&mut self, tickets: &mut Tickets) -> io::Result<()> {
        if !tickets.take_changed() {
            return Ok(());
        }
        let text = tickets.text();
        if text != self.kept {
            replace(&self.path, text.as_bytes())?;
            self.kept = text;
        }
        Ok(())
    }
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
