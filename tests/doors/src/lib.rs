//! Doors, for tests: a venue in a process of its own with its doors open ([`venue`], [`opened`]),
//! lines to it that say anything byte by byte ([`mod@line`]), a line that breaks at random
//! ([`chaos`]), strangers who talk nonsense ([`noise`]), and messages as tables ([`spoken`]).
//!
//! ```text
//! cargo test -p ringside-doors                        every door test, about half a minute
//! RINGSIDE_SCALE=10 cargo test -p ringside-doors      ten times as many kills, orders and cycles
//! RINGSIDE_NOISE_SECONDS=600 cargo test -p ringside-doors noise::   strangers for so long
//! RINGSIDE_SEED=7 cargo test -p ringside-doors        other orders, other moments
//! tests/interop/run                                   clients and dissectors that others wrote
//! ```
//!
//! Nothing here is part of the venue; nothing in the venue knows of it.

pub mod chaos;
pub mod line;
pub mod noise;
pub mod opened;
pub mod spoken;
pub mod venue;
