//! The queries of the language, read from a line.

use ringside_protocol::{AccountId, InstrumentId};

use super::directory::Directory;
use super::error::LineError;
use super::fields::{Fields, Value};
use super::line::Line;
use super::lookup;

type Read<'l> = Result<Line<'l>, LineError>;

pub(super) const DEPTH: &[&str] = &["symbol", "levels", "by_order"];

/// A question about the venue; the answer changes nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Query {
    /// An instrument's book by level.
    Depth {
        /// Which.
        instrument: InstrumentId,
        /// Levels a side, at most.
        levels: usize,
    },
    /// An instrument's book by order.
    DepthByOrder {
        /// Which.
        instrument: InstrumentId,
        /// Levels a side, at most.
        levels: usize,
    },
    /// An account's money, positions and limits.
    Portfolio(AccountId),
    /// An account's living orders.
    Orders(AccountId),
    /// Where each currency's money is and came from.
    TrialBalance,
    /// The state hash.
    Hash,
    /// Counters.
    Stats,
}

pub(super) fn depth<'l>(fields: &Fields<'l>, venue: &dyn Directory) -> Read<'l> {
    depth_of(fields, venue).map(Line::Query)
}

pub(super) fn portfolio<'l>(fields: &Fields<'l>, venue: &dyn Directory) -> Read<'l> {
    portfolio_of(fields, venue).map(Line::Query)
}

pub(super) fn orders<'l>(fields: &Fields<'l>, venue: &dyn Directory) -> Read<'l> {
    orders_of(fields, venue).map(Line::Query)
}

pub(super) fn trial_balance<'l>(_: &Fields<'l>, _: &dyn Directory) -> Read<'l> {
    Ok(Line::Query(Query::TrialBalance))
}

pub(super) fn hash<'l>(_: &Fields<'l>, _: &dyn Directory) -> Read<'l> {
    Ok(Line::Query(Query::Hash))
}

pub(super) fn stats<'l>(_: &Fields<'l>, _: &dyn Directory) -> Read<'l> {
    Ok(Line::Query(Query::Stats))
}

pub(super) fn depth_of(fields: &Fields<'_>, venue: &dyn Directory) -> Result<Query, LineError> {
    let (instrument, _) = lookup::instrument(fields, venue)?;
    let levels = fields.optional("levels").map_or(Ok(u64::MAX), |v| v.count(u64::MAX))?;
    let levels = usize::try_from(levels).unwrap_or(usize::MAX);
    let by_order = fields.optional("by_order").map_or(Ok(false), Value::switch)?;
    Ok(match by_order {
        false => Query::Depth { instrument, levels },
        true => Query::DepthByOrder { instrument, levels },
    })
}

pub(super) fn portfolio_of(fields: &Fields<'_>, venue: &dyn Directory) -> Result<Query, LineError> {
    lookup::account(fields, venue).map(Query::Portfolio)
}

pub(super) fn orders_of(fields: &Fields<'_>, venue: &dyn Directory) -> Result<Query, LineError> {
    lookup::account(fields, venue).map(Query::Orders)
}
