//! The JSON dialect of the WebSocket and HTTP doors: Binance Spot's (`/ws-api/v3`, `/ws` and
//! `/stream`, `/api/v3`), with a few words of our own. `protocol/doc/json.md` is its document; its
//! examples are read and written by tests.
//!
//! Text becomes typed requests ([`parse_ws_api`], [`parse_rest`], [`parse_stream_request`]); typed
//! answers and events become text at the end of a `Vec<u8>`. Nothing here looks a name up, checks
//! a signature, reads a clock or keeps a state, and no number ever becomes a float.

pub mod answer;
mod error;
pub mod event;
pub mod info;
mod listing;
pub mod market;
mod method;
pub mod number;
mod order;
pub mod params;
mod refusal;
mod request;
mod rest;
mod stream;
pub mod writer;

pub use error::*;
pub use listing::Listing;
pub use method::*;
pub use order::*;
pub use refusal::Asked;
pub use request::*;
pub use rest::{parse_rest, parse_rest_security};
pub use stream::*;
