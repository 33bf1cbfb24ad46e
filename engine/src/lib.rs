//! The deterministic heart of the venue: one function, [`Engine::apply`], from stamped commands to
//! events. Matching, risk and money in one state machine.
//!
//! It never performs I/O, reads no clock, draws no random number and iterates nothing in hash
//! order: the same commands give the same events, bit for bit, on every machine (ENG-023). A
//! refusal is an event, never an error; a broken invariant stops the process.
//!
//! ```
//! use ringside_engine::{Engine, Sequencer};
//! use ringside_protocol::*;
//!
//! let (mut engine, mut sequencer, mut events) = (Engine::new(), Sequencer::new(), Vec::new());
//! let code = Name::parse("USDC").unwrap();
//! let currency = Currency { code, scale: 6, reserved: [0; 3] };
//! sequencer.submit(&mut engine, Timestamp(0), Origin::default(), currency, &mut events);
//! assert_eq!(engine.currency_named(code), Some(CurrencyId(0)));
//! ```

// The venue that tests share speaks of this crate by its name.
#[cfg(test)]
extern crate self as ringside_engine;

pub mod audit;
mod behaviour;
pub mod book;
mod day;
mod duplicates;
mod engine;
mod foresight;
mod hash;
mod instruments;
mod ledger;
mod orders;
mod out;
mod portfolio;
pub mod query;
mod retell;
mod risk;
mod sequencer;
mod sessions;
mod settle;
mod setup;
mod snapshot;
mod streams;
mod tags;
mod timers;
mod views;

pub use behaviour::{BEHAVIOUR_VERSION, BehaviourError};
pub use day::VenueSession;
pub use duplicates::{FINISHED_IDS_KEPT, FINISHED_IDS_MAX, RECV_WINDOW_MAX};
pub use engine::{Capacity, Engine};
pub use instruments::{CURRENCIES_MAX, CurrencyTerms, INSTRUMENTS_MAX, InstrumentTerms};
pub use out::{Counter, EventSink};
pub use retell::RestingOrder;
pub use risk::ORDER_RATE_MAX;
pub use sequencer::Sequencer;
pub use sessions::STREAMS_MAX;
pub use setup::{ACCOUNTS_MAX, GRANTS_MAX, KEYS_MAX};
pub use snapshot::{Flaw, IMAGE_BYTES_MAX, IMAGE_VERSION, Image, ImageError};
pub use streams::USER_REF_AHEAD_MAX;
pub use tags::TAGS_MAX;
