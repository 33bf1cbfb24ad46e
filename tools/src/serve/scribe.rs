//! The scribe: writes the files of the doors on a thread of its own, so that who trades never waits
//! for a disk.

use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use super::files::replace;

/// Texts that wait to be written, at most.
const WAITING_MAX: usize = 16;

/// A file as it is to be.
struct Draft {
    path: PathBuf,
    text: String,
}

/// The scribe's desk; when it is dropped, what waits is written.
pub struct Scribe {
    drafts: Option<SyncSender<Draft>>,
    thread: Option<JoinHandle<()>>,
}

impl Scribe {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn start() -> io::Result<Self> {
        let (drafts, waiting) = sync_channel(WAITING_MAX);
        let thread = thread::Builder::new().name("scribe".into()).spawn(move || write(&waiting))?;
        Ok(Self { drafts: Some(drafts), thread: Some(thread) })
    }

    /// Has a file written, if there is room on the desk and on the disk; else the file stays as it
    /// is until the next text.
    pub fn write(&self, path: PathBuf, text: String) {
        // A full desk forgets as well.
        let _ = self.drafts.as_ref().map(|drafts| drafts.try_send(Draft { path, text }));
    }
}

fn write(waiting: &Receiver<Draft>) {
    while let Ok(Draft { path, text }) = waiting.recv() {
        // The old file stays, and with it the place from which more is to be made again.
        let _ = replace(&path, text.as_bytes());
    }
}

impl Drop for Scribe {
    fn drop(&mut self) {
        self.drafts = None;
        if let Some(thread) = self.thread.take() {
            // It has nothing to say.
            let _ = thread.join();
        }
    }
}
