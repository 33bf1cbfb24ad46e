//! The venue's doors. Sessions, feeds and views are state machines without I/O and without a clock:
//! bytes, events and times go in, bytes and commands come out. `reactor` alone has sockets.

pub mod bearer;
mod busy;
pub mod feeds;
mod filing;
pub mod house;
pub mod http;
pub mod identity;
pub mod library;
pub mod limits;
pub mod market;
pub mod ouch;
mod proof;
pub mod questions;
pub mod reactor;
pub mod sessions;
pub mod soup;
pub mod talk;
pub mod tape;
mod throttle;
pub mod views;
pub mod websocket;

pub use busy::Busy;
