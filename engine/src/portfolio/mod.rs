//! What accounts bought through the venue: positions, and the lots behind them.

mod holding;
mod lots;

pub(crate) use holding::{Holding, Holdings};
pub(crate) use lots::{Lot, Lots, Queue, share};
