//! The JSON dialect of the WebSocket and HTTP doors: Binance Spot's (`/ws-api/v3`, `/ws` and
//! `/stream`, `/api/v3`), with a few words of our own. `protocol/doc/json.md` is its document; its
//! examples are read and written by tests.
//!
//! Text becomes typed requests ([`parse_ws_api`], [`parse_rest`]); typed
//! answers and events become text at the end of a `Vec<u8>`. Nothing here looks a name up, checks
//! a signature, reads a clock or keeps a state, and no number ever becomes a float.

mod error;
mod method;
pub mod number;
mod order;
pub mod params;
mod request;
mod rest;
pub mod writer;

pub use error::*;
pub use method::*;
pub use order::*;
pub use request::*;
pub use rest::parse_rest;
