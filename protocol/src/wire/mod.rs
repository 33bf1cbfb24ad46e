//! What the venue's language looks like on a wire: SoupBinTCP 3.00 sessions ([`soup`]), OUCH 5.0
//! order entry ([`ouch`]), ITCH 5.0 market data ([`itch`]) and JSON ([`json`]), each beside its
//! document in `protocol/doc/`, where every layout is drawn.
//!
//! Pure functions from bytes to records and back. Nothing here performs I/O, keeps state, reads a
//! clock, or knows what a message means to the venue; encoders append to the caller's vector. This
//! is the only room that knows network byte order.

pub mod itch;
pub mod json;
mod layout;
pub mod ouch;
#[cfg(test)]
mod sample;
pub mod soup;

pub use layout::{Alpha, Fault, WireError, Zero};
