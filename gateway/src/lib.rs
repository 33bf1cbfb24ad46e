//! The venue's doors. Sessions, feeds and views are state machines without I/O and without a clock:
//! bytes, events and times go in, bytes and commands come out. `reactor` alone has sockets.

pub mod feeds;
pub mod identity;
pub mod views;
