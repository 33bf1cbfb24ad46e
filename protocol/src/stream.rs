//! Streams: the unit of outbound sequencing. Which events a stream of each kind is told of, and in
//! how many messages, is decided here once: the engine numbers by this table, encoders write by it.

use crate::EventKind;
use crate::order::closed;

closed! {
    /// What speaks on a stream.
    StreamKind {
        /// OUCH over SoupBinTCP: orders are named by UserRefNum.
        Ouch = 0 "ouch",
        /// JSON over WebSocket: orders are named by client order ids.
        WebSocket = 1 "websocket",
    }
}

impl StreamKind {
    /// Whether the stream is told that a cancel came too late: OUCH is silent, for the order's end
    /// was reported already.
    pub const fn hears_late_cancels(self) -> bool {
        match self {
            Self::Ouch => false,
            Self::WebSocket => true,
        }
    }

    /// How many messages an event about one of a stream's orders becomes on that stream.
    #[inline]
    pub const fn messages(self, event: EventKind) -> u32 {
        match event {
            EventKind::Accepted
            | EventKind::Rejected
            | EventKind::Executed
            | EventKind::Amended
            | EventKind::Canceled
            | EventKind::Confirmed
            | EventKind::Restated
            | EventKind::SessionEnded => 1,
            EventKind::Trade
            | EventKind::Posting
            | EventKind::Position
            | EventKind::LotClosed
            | EventKind::InstrumentState
            | EventKind::AccountState
            | EventKind::Warning
            | EventKind::Currency
            | EventKind::Instrument
            | EventKind::Key
            | EventKind::Session
            | EventKind::Day => 0,
        }
    }
}
