//! The kit for bots: sessions over TCP and WebSocket that log in, send, hear, and resume where they
//! were cut off. It knows the venue's language and nothing of the venue.
//!
//! ```text
//! OuchClient ── orders, numbers, what is still unanswered          (ouch)
//!     SoupSession ── packets, the number of the next message       (soup, without I/O)
//!         Socket ── TCP or Unix, blocking                          (socket)
//! WebClient ── requests, answers by id, events                    (websocket)
//!         Socket
//! ```

pub mod order;
pub mod ouch;
pub mod socket;
pub mod soup;
pub mod websocket;
