//! Public feeds: what becomes of the events for those who subscribed. State machines without I/O
//! and without a clock: events, books and times go in, typed updates come out; who hears them is in
//! [`subscriptions`], how they are spelt is `ringside_protocol::wire`'s.

pub mod depth;
pub mod itch;
pub mod kept;
pub mod partial;
pub mod subscriptions;
pub mod ticker;
pub mod trades;
