//! The binary doors' bytes: SoupBinTCP 3.00 sessions ([`soup`]), OUCH 5.0 order entry ([`ouch`])
//! and ITCH 5.0 market data ([`itch`]). Every layout is drawn in `protocol/doc/`.
//!
//! Pure functions from bytes to records and back. Nothing here performs I/O, keeps state, reads a
//! clock, or knows what a message means to the venue; encoders append to the caller's vector. This
//! is the only room that knows network byte order.

pub mod itch;
mod layout;
pub mod ouch;
#[cfg(test)]
mod sample;
pub mod soup;

pub use layout::{Alpha, Fault, WireError, Zero};
