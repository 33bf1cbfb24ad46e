//! The JSON dialect of the WebSocket and HTTP doors.

pub mod number;
pub mod writer;
