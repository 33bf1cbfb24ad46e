//! What an event is about: whom it is reported to, whose it is, and for whom it is told.

use crate::{AccountId, Event, EventKind, Report};

impl Event {
    /// Whom it is reported to, where it is about a stream's orders.
    #[inline]
    pub const fn report(&self) -> Option<&Report> {
        match self {
            Self::Accepted(event) => Some(&event.report),
            Self::Rejected(event) => Some(&event.report),
            Self::Executed(event) => Some(&event.report),
            Self::Amended(event) => Some(&event.report),
            Self::Canceled(event) => Some(&event.report),
            Self::Confirmed(event) => Some(&event.report),
            Self::Restated(event) => Some(&event.report),
            Self::SessionEnded(event) => Some(&event.report),
            Self::Trade(_)
            | Self::Posting(_)
            | Self::Position(_)
            | Self::LotClosed(_)
            | Self::InstrumentState(_)
            | Self::AccountState(_)
            | Self::Warning(_)
            | Self::Currency(_)
            | Self::Instrument(_)
            | Self::Key(_)
            | Self::Session(_)
            | Self::Day(_) => None,
        }
    }
}

impl Event {
    /// Whose order, request or position it is about; none where it is about several or nobody's.
    pub const fn account(&self) -> Option<AccountId> {
        match self {
            Self::Accepted(event) => Some(event.account),
            Self::Rejected(event) => Some(event.account),
            Self::Executed(event) => Some(event.account),
            Self::Amended(event) => Some(event.account),
            Self::Canceled(event) => Some(event.account),
            Self::Confirmed(event) => Some(event.account),
            Self::Restated(event) => Some(event.account),
            Self::SessionEnded(event) => Some(event.account),
            Self::Position(event) => Some(event.account),
            Self::LotClosed(event) => Some(event.account),
            Self::AccountState(event) => Some(event.account),
            Self::Trade(_)
            | Self::Posting(_)
            | Self::InstrumentState(_)
            | Self::Warning(_)
            | Self::Currency(_)
            | Self::Instrument(_)
            | Self::Key(_)
            | Self::Session(_)
            | Self::Day(_) => None,
        }
    }
}

impl EventKind {
    /// Whether it is told for the sake of doors, which learn from it what there is. Scenarios show
    /// it only where it is asked for by name: their own lines say the same.
    pub const fn is_for_doors(self) -> bool {
        match self {
            Self::Currency
            | Self::Instrument
            | Self::Key
            | Self::Session
            | Self::Confirmed
            | Self::Restated
            | Self::Day
            | Self::SessionEnded => true,
            Self::Accepted
            | Self::Rejected
            | Self::Executed
            | Self::Trade
            | Self::Amended
            | Self::Canceled
            | Self::Posting
            | Self::Position
            | Self::LotClosed
            | Self::InstrumentState
            | Self::AccountState
            | Self::Warning => false,
        }
    }
}
