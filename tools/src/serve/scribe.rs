//! The scribe: writes the files of the doors on a thread of its own, so that who trades never waits
//! for a disk. One writing is under way at a time; what changes meanwhile is the next one's, as a
//! group commit of the journal gathers commands.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use ringside_ring::Wake;

use super::files::Draft;

/// Puts a file on disk, durable on return; [`Draft::write`], but for tests of what waits for it.
pub type Disk = Arc<dyn Fn(&Draft) -> io::Result<()> + Send + Sync>;

/// The disk that there is.
pub fn disk() -> Disk {
    Arc::new(Draft::write)
}

/// The scribe's desk.
pub struct Scribe {
    writings: Option<Sender<Vec<Draft>>>,
    done: Receiver<io::Result<()>>,
    thread: Option<JoinHandle<()>>,
    /// Writings that have begun and that have ended.
    begun: u64,
    ended: u64,
}

impl Scribe {
    /// Starts the thread; `wake` calls who waits when a writing has ended.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn start(disk: Disk, wake: Arc<dyn Wake>) -> io::Result<Self> {
        let (writings, wanted) = channel::<Vec<Draft>>();
        let (tell, done) = channel();
        let work = move || write(&disk, &wanted, &tell, &*wake);
        let thread = thread::Builder::new().name("scribe".into()).spawn(work)?;
        Ok(Self { writings: Some(writings), done, thread: Some(thread), begun: 0, ended: 0 })
    }

    /// Whether a writing is under way: then none can begin.
    pub const fn is_busy(&self) -> bool {
        self.begun > self.ended
    }

    /// Begins a writing; says its number, from 1 on.
    ///
    /// # Panics
    /// When one is under way.
    pub fn begin(&mut self, drafts: Vec<Draft>) -> u64 {
        assert!(!self.is_busy(), "one writing at a time");
        self.begun += 1;
        let sent = self.writings.as_ref().map(|writings| writings.send(drafts));
        assert!(matches!(sent, Some(Ok(()))), "Invariant: the scribe lives as long as its desk");
        self.begun
    }

    /// The number of the writing that has ended since this was asked last.
    ///
    /// # Errors
    /// Why it could not be done.
    pub fn ended(&mut self) -> io::Result<Option<u64>> {
        let Ok(done) = self.done.try_recv() else { return Ok(None) };
        self.ended += 1;
        done.map(|()| Some(self.ended))
    }
}

fn write(
    disk: &Disk,
    wanted: &Receiver<Vec<Draft>>,
    tell: &Sender<io::Result<()>>,
    wake: &dyn Wake,
) {
    while let Ok(drafts) = wanted.recv() {
        let done = drafts.iter().try_for_each(|draft| match disk(draft) {
            Err(_) if !draft.is_awaited => Ok(()),
            done => done,
        });
        // Nobody may be there any more.
        let _ = tell.send(done);
        wake.wake();
    }
}

impl Drop for Scribe {
    fn drop(&mut self) {
        self.writings = None;
        if let Some(thread) = self.thread.take() {
            // It has nothing to say.
            let _ = thread.join();
        }
    }
}
