//! The harness of the suites in `tests/tests`: a second engine written for clarity alone
//! ([`oracle`]), seeded random flows ([`flow`]), tables that read like a specification ([`table`]),
//! probes of a book ([`probe`]) and the house rules ([`tidy`]).
//!
//! Nothing here is part of the venue; nothing in the venue knows of it.

pub mod compare;
pub mod fact;
pub mod flow;
pub mod oracle;
pub mod planted;
pub mod probe;
pub mod random;
pub mod table;
pub mod tidy;

/// How much longer than usual the random suites run: `RINGSIDE_SCALE`, 1 where it is not set.
///
/// # Panics
/// When it is set to something that is no number.
pub fn scale() -> u64 {
    setting("RINGSIDE_SCALE", 1)
}

/// Where the random suites start: `RINGSIDE_SEED`, 1 where it is not set. A run is repeated by it.
///
/// # Panics
/// When it is set to something that is no number.
pub fn seed() -> u64 {
    setting("RINGSIDE_SEED", 1)
}

fn setting(name: &str, otherwise: u64) -> u64 {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text:?}")),
        Err(_) => otherwise,
    }
}
