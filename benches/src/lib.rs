//! What the benchmarks share: the reference flow, a venue set up for it, a peer that runs it, and a
//! venue with full books.

pub mod bare;
pub mod flow;
pub mod full;
pub mod peer;
pub mod plain;
pub mod run;
pub mod venue;
