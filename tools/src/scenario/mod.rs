//! The scenario language: one JSON object a line, in; one JSON object an event or answer, out.
//!
//! A line goes this way: bytes become [`json`], `json` becomes a [`line`](mod@line) (names looked
//! up through a [`directory`], decimals measured against their instrument), and a [`runner`]
//! applies it to an engine in process and prints [`events`] and [`answers`]. Nothing here reads a
//! wall clock, opens a file or draws a random number.
//!
//! ```
//! use ringside_tools::scenario::runner::{Runner, Show};
//!
//! let mut runner = Runner::new(Show::EVERYTHING, Vec::new());
//! runner.line(1, br#"{"op":"currency","code":"USDC","scale":6}"#).unwrap();
//! runner.line(2, br#"{"op":"trial_balance"}"#).unwrap();
//! assert!(runner.into_output().starts_with(br#"{"USDC":{"deposits":"0.000000","#));
//! ```

pub mod answers;
pub mod compare;
pub mod directory;
pub mod error;
pub mod events;
pub mod expect;
pub mod fields;
pub mod floor;
pub mod input;
pub mod json;
pub mod judge;
pub mod limits;
pub mod line;
mod lookup;
pub mod memory;
mod orders;
pub mod query;
pub mod recorder;
pub mod refusal;
pub mod runner;
mod schema;
mod setup;
pub mod spelling;
pub mod time;
mod word;
