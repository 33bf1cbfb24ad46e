//! Events: everything the venue says. They carry resulting absolute values (balance, held,
//! position, cumulative, leaves), so whoever keeps a view assigns and never adds up.
//!
//! Order events name the order by its venue id; whoever shows client ids remembers them from
//! `accepted`. On a stream the stream's own number of the order is carried too.

mod day;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, TryFromBytes};

use crate::command::record;
use crate::order::{closed, flags};
use crate::{
    AccountId, Amount, CancelReason, ClientOrderId, CurrencyId, GrantKey, Instrument, InstrumentId,
    InstrumentState, KeyId, Name, OnDisconnect, OrderFlags, OrderId, OrderType, Reason, Sequence,
    SessionState, Side, StreamId, StreamKind, TimeInForce, Timestamp, TradeId,
};

pub use day::*;

/// Where an event belongs: which command caused it, when, and its place among that command's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct EventHeader {
    /// Of the command that caused it.
    pub sequence: Sequence,
    /// Of the command that caused it.
    pub time: Timestamp,
    /// 0, 1, 2, … among the events of that command.
    pub index: u32,
    /// Zero; in a slot: kind, slots and flags.
    pub reserved: u32,
}

record! {
    /// Whom an event is reported to: the order's stream, its number there, and the stream's number
    /// for the order.
    Report = 12 {
        /// The stream that entered the order; none: nobody waits on a stream.
        stream: StreamId,
        /// The stream's outbound number after this event; dense from 1 in each session, 0 without
        /// a stream.
        number: u32,
        /// The stream's own number of the order; 0: it is named by its client order id.
        user_ref: u32,
    }
}

/// Reported to no stream.
impl Default for Report {
    fn default() -> Self {
        Self { stream: StreamId::NONE, number: 0, user_ref: 0 }
    }
}

record! {
    /// An order was accepted; what it needs is held.
    Accepted = 104 {
        /// Whose.
        account: AccountId,
        /// In which instrument.
        instrument: InstrumentId,
        /// The venue's name of it.
        order: OrderId,
        /// Limit price in ticks; 0 for a market order.
        price: u64,
        /// Lots.
        quantity: u64,
        /// Side of the book.
        side: Side,
        /// How it is priced.
        kind: OrderType,
        /// How long it lives.
        time_in_force: TimeInForce,
        /// Its instructions.
        flags: OrderFlags,
        /// To whom.
        report: Report,
        /// The account's resulting hold: quote for a buy, base for a sell; smallest units.
        held: Amount,
        /// The account's name of it. Where the stream numbers its orders this is what the account
        /// calls it for itself: it names nothing.
        id: ClientOrderId,
        /// The stream's number of the order that this one replaced, which was told to nobody as
        /// cancelled; 0: it replaced none that has a number.
        replaces: u32,
    }
}

record! {
    /// A command was refused and changed nothing.
    Rejected = 104 {
        /// Who asked; none for the venue's own commands.
        account: AccountId,
        /// In which instrument, if any.
        instrument: InstrumentId,
        /// The order meant, where it is known; 0 for an order that was never accepted.
        order: OrderId,
        /// Why.
        reason: Reason,
        /// What was asked: [`crate::Command::number`].
        command: u8,
        /// Zero.
        reserved: u8,
        /// To whom.
        report: Report,
        /// The account's name of the order meant.
        id: ClientOrderId,
        /// The currency meant, where [`Reason::unit`] is [`crate::Unit::Currency`]; else none.
        currency: CurrencyId,
        /// The rule's limit; what it counts is [`Reason::unit`].
        limit: Amount,
        /// What was found; what it counts is [`Reason::unit`].
        observed: Amount,
    }
}

record! {
    /// One side's view of a trade.
    Executed = 88 {
        /// Whose.
        account: AccountId,
        /// In which instrument.
        instrument: InstrumentId,
        /// The order.
        order: OrderId,
        /// The trade both sides share.
        trade: TradeId,
        /// The resting order's price in ticks.
        price: u64,
        /// Lots of this trade.
        quantity: u64,
        /// Lots executed so far.
        cumulative: u64,
        /// Lots still open.
        leaves: u64,
        /// In smallest quote units; negative is a rebate.
        fee: Amount,
        /// Side of this order.
        side: Side,
        /// Whether it was resting or incoming.
        liquidity: Liquidity,
        /// Zero.
        reserved: [u8; 2],
        /// To whom.
        report: Report,
    }
}

closed! {
    /// Which part an order had in a trade.
    Liquidity {
        /// It was resting.
        Maker = 0 "maker",
        /// It was incoming.
        Taker = 1 "taker",
    }
}

record! {
    /// The public print.
    Trade = 32 {
        /// In which instrument.
        instrument: InstrumentId,
        /// Side of the incoming order.
        side: Side,
        /// Zero.
        reserved: [u8; 3],
        /// The trade.
        trade: TradeId,
        /// The resting order's price in ticks.
        price: u64,
        /// Lots.
        quantity: u64,
    }
}

record! {
    /// An order was changed in place.
    Amended = 128 {
        /// Whose.
        account: AccountId,
        /// In which instrument.
        instrument: InstrumentId,
        /// The order.
        order: OrderId,
        /// Limit price in ticks.
        price: u64,
        /// Total lots, executions included.
        quantity: u64,
        /// Lots executed so far.
        cumulative: u64,
        /// Lots still open.
        leaves: u64,
        /// The account's resulting hold, as in [`Accepted`].
        held: Amount,
        /// Whether it kept its place in the queue.
        priority: Priority,
        /// Side of the book.
        side: Side,
        /// Zero.
        reserved: [u8; 2],
        /// To whom.
        report: Report,
        /// Lots that were open and are not any more; 0 where it grew or stayed.
        taken_off: u64,
        /// Its new client order id; absent: as it was.
        new_id: ClientOrderId,
        /// Zero.
        reserved_2: [u8; 4],
    }
}

closed! {
    /// What an amend does to an order's place in the queue.
    Priority {
        /// Only less of it: it keeps its place.
        Kept = 0 "kept",
        /// More of it or another price: it goes to the back.
        Lost = 1 "lost",
    }
}

record! {
    /// An accepted order ended before it was filled.
    Canceled = 64 {
        /// Whose.
        account: AccountId,
        /// In which instrument.
        instrument: InstrumentId,
        /// The order.
        order: OrderId,
        /// Lots cancelled.
        leaves: u64,
        /// Lots executed before.
        cumulative: u64,
        /// The account's resulting hold, as in [`Accepted`].
        held: Amount,
        /// Why.
        reason: CancelReason,
        /// Zero.
        reserved: [u8; 3],
        /// To whom.
        report: Report,
    }
}

record! {
    /// Money moved: one debit and one credit of the same amount (X-LED-002). The fee account and
    /// the outside hold nothing; their total is what they took in less what they gave.
    Posting = 96 {
        /// Who gives.
        debit: AccountId,
        /// Who gets.
        credit: AccountId,
        /// Of which currency.
        currency: CurrencyId,
        /// What for.
        purpose: Purpose,
        /// Zero.
        reserved: [u8; 3],
        /// How much, smallest units, at least 1.
        amount: Amount,
        /// The giver's resulting total, holds included.
        debit_total: Amount,
        /// The giver's resulting hold.
        debit_held: Amount,
        /// The receiver's resulting total, holds included.
        credit_total: Amount,
        /// The receiver's resulting hold.
        credit_held: Amount,
    }
}

closed! {
    /// What a posting is for.
    Purpose {
        /// From outside.
        Deposit = 0 "deposit",
        /// To the outside.
        Withdrawal = 1 "withdrawal",
        /// A new account's grant.
        Grant = 2 "grant",
        /// One side of a trade.
        Trade = 3 "trade",
        /// A fee, or a rebate back.
        Fee = 4 "fee",
    }
}

record! {
    /// An account's position in an instrument changed.
    Position = 48 {
        /// Whose.
        account: AccountId,
        /// In what.
        instrument: InstrumentId,
        /// Lots; negative is short.
        quantity: i64,
        /// What the open lots cost, smallest quote units.
        cost: Amount,
        /// P&L realised so far, fees apart, smallest quote units.
        realised: Amount,
    }
}

record! {
    /// A sale consumed a lot, or found none (LED-014, LED-019, LED-023).
    LotClosed = 96 {
        /// Whose.
        account: AccountId,
        /// In what.
        instrument: InstrumentId,
        /// The order that bought; 0 for an orphan.
        buy_order: OrderId,
        /// The trade that bought; 0 for an orphan.
        buy_trade: TradeId,
        /// The order that sold.
        sell_order: OrderId,
        /// The trade that sold.
        sell_trade: TradeId,
        /// Lots consumed.
        quantity: u64,
        /// What was paid, ticks; 0 for an orphan.
        buy_price: u64,
        /// What was got, ticks.
        sell_price: u64,
        /// This quantity's part of the buy's fee, smallest quote units.
        buy_fee: Amount,
        /// This quantity's part of the sale's fee, smallest quote units.
        sell_fee: Amount,
    }
}

impl LotClosed {
    /// A sale that found no lot: of a deposit, say.
    pub const fn is_orphan(&self) -> bool {
        self.buy_trade.0 == 0
    }
}

record! {
    /// An instrument was created or went to another state.
    InstrumentStateChanged = 48 {
        /// Which.
        instrument: InstrumentId,
        /// Where it is now.
        state: InstrumentState,
        /// Its kill switch.
        flags: InstrumentFlags,
        /// Zero.
        reserved: [u8; 2],
        /// Its symbol.
        symbol: Name,
        /// Zero.
        reserved_2: [u8; 4],
    }
}

flags! {
    /// What else is true of an instrument.
    InstrumentFlags {
        /// Its kill switch is on.
        KILLED = 0 "killed",
    }
}

record! {
    /// An account was created or went to another state.
    AccountStateChanged = 48 {
        /// Which.
        account: AccountId,
        /// In which instrument only; none: everywhere.
        instrument: InstrumentId,
        /// Where it is now.
        state: AccountState,
        /// Zero.
        reserved: [u8; 3],
        /// Its name.
        name: Name,
    }
}

closed! {
    /// What an account may do now.
    AccountState {
        /// All it has the permission for.
        Normal = 0 "normal",
        /// Only cancels: the kill switch is on.
        Killed = 3 "killed",
    }
}

record! {
    /// Something that operators want to know.
    Warning = 8 {
        /// Whose; none: the venue's.
        account: AccountId,
        /// What.
        code: WarningCode,
        /// Zero.
        reserved: [u8; 3],
    }
}

closed! {
    /// What a warning is about.
    WarningCode {
        /// The venue's kill switch was turned on.
        VenueKilled = 0 "VENUE_KILLED",
        /// The venue's kill switch was turned off.
        VenueResumed = 1 "VENUE_RESUMED",
    }
}

record! {
    /// A currency was created.
    CurrencyAdded = 48 {
        /// Which.
        currency: CurrencyId,
        /// Its code.
        code: Name,
        /// Decimals of its smallest unit.
        scale: u8,
        /// Zero.
        reserved: [u8; 7],
    }
}

record! {
    /// An instrument was created: its terms, with what was left to the venue filled in.
    InstrumentAdded = 152 {
        /// Which.
        instrument: InstrumentId,
        /// Zero.
        reserved: u32,
        /// Its terms.
        terms: Instrument,
    }
}

record! {
    /// A key was granted.
    KeyGranted = 56 {
        /// Which; commands that it signs carry this.
        key: KeyId,
        /// Zero.
        reserved: u32,
        /// What it is and may do.
        grant: GrantKey,
    }
}

record! {
    /// A stream's session opened, changed or closed; what was told on the stream before.
    SessionChanged = 64 {
        /// The stream.
        stream: StreamId,
        /// Whose.
        account: AccountId,
        /// Messages told on the stream so far, in the venue's session that is running.
        number: u32,
        /// The highest UserRefNum seen on it.
        user_ref_high: u32,
        /// What speaks on it.
        kind: StreamKind,
        /// Open or closed.
        state: SessionState,
        /// What becomes of its orders when it closes.
        cancel_on_disconnect: OnDisconnect,
        /// Zero.
        reserved: u8,
        /// The stream's name.
        name: Name,
        /// Messages told on the stream in the venue's session before.
        number_before: u32,
        /// Zero.
        reserved_2: u32,
    }
}

record! {
    /// A numbered request about a stream's orders as a whole was done.
    Confirmed = 32 {
        /// Whose.
        account: AccountId,
        /// In which instrument only; none: in each.
        instrument: InstrumentId,
        /// What was done.
        request: Request,
        /// Zero.
        reserved: [u8; 3],
        /// To whom.
        report: Report,
        /// Zero.
        reserved_2: u64,
    }
}

closed! {
    /// A request about a stream's orders as a whole.
    Request {
        /// Cancel all that fit.
        MassCancel = 0 "mass_cancel",
        /// Take no orders any more.
        Disable = 1 "disable",
        /// Take orders again.
        Enable = 2 "enable",
    }
}

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident($payload:ty) = $number:literal $word:literal;)*) => {
        /// Everything the venue says.
        #[derive(Clone, Copy, PartialEq, Debug)]
        pub enum Event {
            $($(#[$doc])* $name($payload),)*
        }

        /// The kinds of events.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum EventKind {
            $($(#[$doc])* $name = $number,)*
        }

        impl EventKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The word that stands for it in scenarios and JSON.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// The kind that a word stands for.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|kind| kind.word() == word)
            }
        }

        impl Event {
            /// Its kind.
            #[inline]
            pub const fn kind(&self) -> EventKind {
                match self { $(Self::$name(_) => EventKind::$name,)* }
            }

            /// Its payload as bytes.
            pub(crate) fn payload(&self) -> &[u8] {
                match self { $(Self::$name(payload) => payload.as_bytes(),)* }
            }

            /// Bytes of the payload with this number.
            pub(crate) const fn payload_bytes(number: u8) -> Option<usize> {
                match number { $($number => Some(size_of::<$payload>()),)* _ => None }
            }

            /// The event with this number and payload; `None` where the bytes are not one.
            pub(crate) fn read(number: u8, bytes: &[u8]) -> Option<Self> {
                match number {
                    $($number => <$payload>::try_read_from_prefix(bytes)
                        .ok().map(|(payload, _)| Self::$name(payload)),)*
                    _ => None,
                }
            }
        }

        $(
            impl From<$payload> for Event {
                #[inline]
                fn from(payload: $payload) -> Self {
                    Self::$name(payload)
                }
            }

            impl EventPayload for $payload {
                const KIND: EventKind = EventKind::$name;
            }
        )*
    };
}

/// A record that is the payload of one kind of event. Its bytes, 8-aligned and without padding, are
/// what the event hash takes in.
pub trait EventPayload: Copy + Into<Event> + IntoBytes + Immutable {
    /// The kind it is the payload of.
    const KIND: EventKind;
}

events! {
    /// An order was accepted.
    Accepted(Accepted) = 1 "accepted";
    /// A command was refused.
    Rejected(Rejected) = 2 "rejected";
    /// One side of a trade.
    Executed(Executed) = 3 "executed";
    /// The public print of a trade.
    Trade(Trade) = 4 "trade";
    /// An order was changed in place.
    Amended(Amended) = 5 "amended";
    /// An order ended before it was filled.
    Canceled(Canceled) = 6 "canceled";
    /// An order lives on in a new session.
    Restated(Restated) = 7 "restated";
    /// Money moved.
    Posting(Posting) = 10 "posting";
    /// A position changed.
    Position(Position) = 11 "position";
    /// A sale consumed a lot.
    LotClosed(LotClosed) = 12 "lot_closed";
    /// An instrument's state.
    InstrumentState(InstrumentStateChanged) = 20 "instrument_state";
    /// An account's state.
    AccountState(AccountStateChanged) = 21 "account_state";
    /// Something operators want to know.
    Warning(Warning) = 22 "warning";
    /// A new venue day, and a new session.
    Day(DayBegan) = 23 "day";
    /// A new currency.
    Currency(CurrencyAdded) = 30 "currency";
    /// A new instrument.
    Instrument(InstrumentAdded) = 31 "instrument";
    /// A new key.
    Key(KeyGranted) = 32 "key";
    /// A stream's session.
    Session(SessionChanged) = 33 "session";
    /// A request was done.
    Confirmed(Confirmed) = 34 "confirmed";
    /// The venue's session ended for a stream.
    SessionEnded(SessionEnded) = 35 "session_ended";
}

const _: () = {
    use core::mem::size_of;
    // Everything a running market says fits one slot behind its head.
    assert!(size_of::<EventHeader>() == crate::EVENT_HEAD_BYTES);
    assert!(size_of::<Accepted>() <= crate::EVENT_PAYLOAD_BYTES);
    assert!(size_of::<Rejected>() <= crate::EVENT_PAYLOAD_BYTES);
    assert!(size_of::<Executed>() <= crate::EVENT_PAYLOAD_BYTES);
    assert!(size_of::<Canceled>() <= crate::EVENT_PAYLOAD_BYTES);
    assert!(size_of::<Posting>() <= crate::EVENT_PAYLOAD_BYTES);
    assert!(size_of::<LotClosed>() <= crate::EVENT_PAYLOAD_BYTES);
    assert!(size_of::<Restated>() <= crate::EVENT_PAYLOAD_BYTES);
    assert!(size_of::<Accepted>().is_multiple_of(8) && size_of::<Rejected>().is_multiple_of(8));
    assert!(size_of::<Amended>().is_multiple_of(8) && size_of::<Canceled>().is_multiple_of(8));
};
