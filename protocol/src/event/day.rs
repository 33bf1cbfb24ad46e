//! What the end of a venue day brings about, in this order: every stream's last message, the new
//! day, the orders that live on.

use zerocopy::{Immutable, IntoBytes, KnownLayout, TryFromBytes};

use super::Report;
use crate::command::record;
use crate::{
    AccountId, ClientOrderId, InstrumentId, OrderFlags, OrderId, SessionNumber, Side, TimeInForce,
    Timestamp,
};

record! {
    /// The venue's session ends for a stream: this is its last message there. The next one has the
    /// number 1 again.
    SessionEnded = 16 {
        /// Whose stream.
        account: AccountId,
        /// To whom.
        report: Report,
    }
}

record! {
    /// A venue day begins, and the venue's next session with it: from here on every stream numbers
    /// its messages and its orders from 1 again.
    DayBegan = 16 {
        /// When by the calendar: the boundary of the day.
        began: Timestamp,
        /// The session that begins.
        session: SessionNumber,
        /// Zero.
        reserved: u32,
    }
}

record! {
    /// An order that a stream entered in an earlier session lives on: its terms as they are, in the
    /// order of entry among those of its stream.
    Restated = 96 {
        /// Whose.
        account: AccountId,
        /// In which instrument.
        instrument: InstrumentId,
        /// The order.
        order: OrderId,
        /// Limit price in ticks.
        price: u64,
        /// Lots executed so far.
        cumulative: u64,
        /// Lots still open.
        leaves: u64,
        /// To whom; its number of the order is a new one, above [`crate::USER_REF_MAX`].
        report: Report,
        /// The stream's number of the order in the session before; 0: it is named by its client
        /// order id, and goes on being so.
        user_ref_before: u32,
        /// The account's name of it; absent where its stream numbers it.
        id: ClientOrderId,
        /// Side of the book.
        side: Side,
        /// How long it lives.
        time_in_force: TimeInForce,
        /// Its instructions.
        flags: OrderFlags,
        /// Zero.
        reserved: u8,
    }
}
