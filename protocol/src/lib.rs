//! The language of the venue: what may be asked of it ([`Command`]), what it answers ([`Event`]),
//! and the numbers, names and records both are made of.
//!
//! This crate never performs I/O, reads no clock and keeps no state. Everything that speaks to the
//! venue or about it (engine, doors, tools, client) depends on it; it depends on none of them.
//!
//! ```
//! use ringside_protocol::{Name, Price, Quantity};
//!
//! let id = Name::parse("a1").unwrap();
//! assert_eq!(id.as_str(), "a1");
//! assert_eq!(Price::new(0), None, "a price is at least one tick");
//! assert_eq!(Quantity::new(3).unwrap().lots(), 3);
//! ```

mod about;
mod command;
pub mod decimal;
pub mod depth;
mod event;
mod instrument;
mod order;
pub mod portfolio;
mod refusal;
mod reject;
mod slot;
mod stream;
mod terms;
mod types;
pub mod wire;

pub use command::*;
pub use event::*;
pub use instrument::*;
pub use order::*;
pub use refusal::*;
pub use reject::*;
pub use slot::*;
pub use stream::*;
pub use terms::*;
pub use types::*;
