//! What the venue's language looks like on a wire, one folder a format, each beside its document.
//! Bytes and text in, typed messages out, and back; nothing here opens a socket or keeps a state.

pub mod json;
