//! Crashes, for tests: a venue driven in a process of its own ([`driven`]), a disk whose power can
//! be cut ([`disk`]), and what must be true of the files that are left ([`verdict`]).
//!
//! ```text
//! cargo test -p ringside --test kill                              kill -9, a few times
//! RINGSIDE_SCALE=10 cargo test -p ringside --test kill            fifty times a topology
//! RINGSIDE_CUTS=100 cargo run -p ringside-crash --bin power       power cuts; needs root
//! ```
//!
//! Nothing here is part of the venue; nothing in the venue knows of it.

pub mod disk;
pub mod driven;
pub mod verdict;

/// The number in an environment variable, or another where it is not set.
///
/// # Panics
/// When it is set to something that is no number.
pub fn setting(name: &str, otherwise: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text:?}")),
        Err(_) => otherwise,
    }
}
