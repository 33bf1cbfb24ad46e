//! What the benchmarks share: the reference flow, a venue set up for it, and a peer that runs it.

pub mod flow;
pub mod peer;
pub mod venue;
