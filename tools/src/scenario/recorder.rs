//! The seam through which a run is recorded: every command, between its stamp and its execution.

use std::fmt::Debug;
use std::io;

use ringside_engine::Engine;
use ringside_protocol::Sequenced;

/// Keeps what a run executes.
pub trait Recorder: Debug {
    /// Takes the next command; `engine` is about to execute it.
    ///
    /// # Errors
    /// What the disk says; then the command is not executed.
    fn record(&mut self, command: &Sequenced, engine: &Engine) -> io::Result<()>;

    /// The run is over: `engine` has executed everything that was taken.
    ///
    /// # Errors
    /// What the disk says.
    fn finish(&mut self, engine: &Engine) -> io::Result<()>;
}
