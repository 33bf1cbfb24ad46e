//! The harness of the suites in `tests/tests`: a second engine written for clarity alone
//! ([`oracle`]), seeded random flows ([`flow`]), tables that read like a specification ([`table`]),
//! probes of a book ([`probe`]) and the house rules ([`tidy`]).
//!
//! Nothing here is part of the venue; nothing in the venue knows of it.

pub mod fact;
pub mod flow;
pub mod oracle;
pub mod random;
pub mod tidy;
