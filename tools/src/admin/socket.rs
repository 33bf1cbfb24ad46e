//! The socket's side of the operator's door: threads of its own read lines and write answers, so
//! that the door never waits for a client. One connection at a time; others wait in line.

use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, Write};
use std::net::Shutdown;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::report;
use crate::scenario::input::Lines;
use crate::scenario::line::LINE_BYTES_MAX;

/// Lines that wait for the door, at most; then the client waits.
pub const LINES_WAITING_MAX: usize = 64;
/// Answers that wait for the client, at most; then the door takes no further line.
pub const ANSWERS_WAITING_MAX: usize = 64;

/// A client that says nothing or reads nothing for so long makes room for the next.
const PATIENCE: Duration = Duration::from_secs(60);
/// Only the venue's own user connects.
const MODE: u32 = 0o600;

/// One client, as the door has it.
#[derive(Debug)]
pub(super) struct Connection {
    /// Its lines, each with its number from 1.
    pub(super) lines: Receiver<(u64, Vec<u8>)>,
    /// Where answers go; dropping it ends the connection once they are written.
    pub(super) answers: SyncSender<Vec<u8>>,
}

/// The open socket. Dropping it ends the connection that is there and removes the file.
#[derive(Debug)]
pub struct AdminSocket {
    path: PathBuf,
    guest: Arc<Guest>,
    porter: Option<JoinHandle<()>>,
}

/// Who is connected.
#[derive(Debug, Default)]
struct Guest(Mutex<Seat>);

#[derive(Debug, Default)]
struct Seat {
    is_closed: bool,
    stream: Option<UnixStream>,
}

impl AdminSocket {
    /// Listens at `path`, in a directory that nobody else writes in: what is there already was left
    /// by a venue that was killed.
    pub(super) fn open(path: &Path) -> io::Result<(Self, Receiver<Connection>)> {
        let listener = listen(path).map_err(|error| {
            let (path, kind) = (path.display(), error.kind());
            io::Error::new(kind, format!("{path} cannot be listened on: {error}"))
        })?;
        let guest = Arc::<Guest>::default();
        let (arrivals, connections) = sync_channel(1);
        let porter = {
            let guest = Arc::clone(&guest);
            let work = move || admit(&listener, &guest, &arrivals);
            thread::Builder::new().name("admin".into()).spawn(work)?
        };
        Ok((Self { path: path.to_path_buf(), guest, porter: Some(porter) }, connections))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for AdminSocket {
    fn drop(&mut self) {
        self.guest.close();
        // Who waits for a client gets one.
        if UnixStream::connect(&self.path).is_ok()
            && let Some(porter) = self.porter.take()
        {
            let _ = porter.join();
        }
        let _ = fs::remove_file(&self.path);
    }
}

impl Guest {
    /// Takes a client in; false: the door is closed.
    fn seat(&self, stream: &UnixStream) -> io::Result<bool> {
        let mut seat = self.lock();
        seat.stream = Some(stream.try_clone()?);
        Ok(!seat.is_closed)
    }

    fn leave(&self) {
        self.lock().stream = None;
    }

    fn close(&self) {
        let mut seat = self.lock();
        seat.is_closed = true;
        if let Some(stream) = seat.stream.take() {
            hang_up(&stream);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Seat> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A socket that nobody else could connect to at any moment: it is made where only its owner may
/// look, and moved when its mode is right.
fn listen(path: &Path) -> io::Result<UnixListener> {
    let cradle = path.with_extension("new");
    let draft = cradle.join("s");
    let _ = fs::remove_file(&draft);
    let _ = fs::remove_dir(&cradle);
    DirBuilder::new().mode(0o700).create(&cradle)?;
    let listener = UnixListener::bind(&draft)?;
    fs::set_permissions(&draft, Permissions::from_mode(MODE))?;
    fs::rename(&draft, path)?;
    fs::remove_dir(&cradle)?;
    Ok(listener)
}

/// Takes one client after the other.
fn admit(listener: &UnixListener, guest: &Guest, arrivals: &SyncSender<Connection>) {
    loop {
        let served = listener.accept().and_then(|(stream, _)| {
            let goes_on = guest.seat(&stream)? && attend(&stream, arrivals)?;
            guest.leave();
            Ok(goes_on)
        });
        match served {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                return report::warning(&format!(
                    "the operator's door is closed: {error}; the venue goes on, and a restart \
                     opens it again"
                ));
            }
        }
    }
}

/// Serves a client to its end; false: there is no door any more.
fn attend(stream: &UnixStream, arrivals: &SyncSender<Connection>) -> io::Result<bool> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let (lines, taken) = sync_channel(LINES_WAITING_MAX);
    let (answers, said) = sync_channel(ANSWERS_WAITING_MAX);
    if arrivals.send(Connection { lines: taken, answers }).is_err() {
        return Ok(false);
    }
    thread::scope(|scope| {
        scope.spawn(|| tell(stream, said));
        hear(stream, lines);
    });
    Ok(true)
}

/// Hands lines over until the client is done, is silent for too long, or sends one that is too
/// long to be taken whole.
fn hear(stream: &UnixStream, lines: SyncSender<(u64, Vec<u8>)>) {
    let mut input = Lines::new(stream);
    while let Ok(Some((number, bytes))) = input.next_line() {
        let is_whole = bytes.len() <= LINE_BYTES_MAX;
        if lines.send((number, bytes.to_vec())).is_err() || !is_whole {
            return;
        }
    }
}

/// Writes answers until the door has no more.
fn tell(mut stream: &UnixStream, answers: Receiver<Vec<u8>>) {
    for answer in answers {
        if stream.write_all(&answer).is_err() {
            break;
        }
    }
    hang_up(stream);
}

/// The other side may have done so before.
fn hang_up(stream: &UnixStream) {
    let _ = stream.shutdown(Shutdown::Both);
}
