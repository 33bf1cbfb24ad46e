//! The trade feed: the public print of every trade, as it is. Nothing of it says whose it was.

use ringside_protocol::{Event, EventHeader, Trade};

/// A public print.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Print {
    /// Of the event.
    pub header: EventHeader,
    /// The trade.
    pub trade: Trade,
}

/// The print that an event is, if it is one.
pub const fn print(header: &EventHeader, event: &Event) -> Option<Print> {
    match event {
        Event::Trade(trade) => Some(Print { header: *header, trade: *trade }),
        Event::Accepted(_)
        | Event::Rejected(_)
        | Event::Executed(_)
        | Event::Amended(_)
        | Event::Canceled(_)
        | Event::Posting(_)
        | Event::Position(_)
        | Event::LotClosed(_)
        | Event::InstrumentState(_)
        | Event::AccountState(_)
        | Event::Warning(_)
        | Event::Currency(_)
        | Event::Instrument(_)
        | Event::Key(_)
        | Event::Session(_)
        | Event::Confirmed(_)
        | Event::Restated(_)
        | Event::Day(_)
        | Event::SessionEnded(_) => None,
    }
}
