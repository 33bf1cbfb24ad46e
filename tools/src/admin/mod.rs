//! The operator's door: lines of the scenario language for a running venue, by a Unix socket that
//! only the venue's own user may connect to.
//!
//! ```text
//! ringside admin ──lines──> DIR/admin.sock ──socket──> AdminDoor ──lane──> engine
//!                <──JSON───                <──answers──           <──events──
//! ```
//!
//! What is sent here is journalled, checked and told like every other command. It answers no
//! question and keeps no book: doors for that are open beside it.

mod answer;
mod client;
mod door;
mod names;
mod socket;

use std::io;

pub use self::answer::ANSWER_BYTES_MAX;
pub use self::client::Admin;
pub use self::door::{AdminDoor, HEARD_EVENTS_MAX};
pub use self::names::Names;
pub use self::socket::{ANSWERS_WAITING_MAX, AdminSocket, LINES_WAITING_MAX};
use crate::venue::assembly::Ready;

/// Opens the door of a venue that is about to start: the door goes with the others, and whoever
/// keeps the socket closes it by dropping it, after the venue has ended.
///
/// # Errors
/// When the socket cannot be made in the venue's directory.
pub fn open(ready: &Ready) -> io::Result<(AdminDoor, AdminSocket)> {
    let (socket, connections) = AdminSocket::open(&ready.layout().admin_socket())?;
    Ok((AdminDoor::new(Names::of(ready.engine()), connections), socket))
}
