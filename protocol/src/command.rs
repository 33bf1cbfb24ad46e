//! Commands: everything the venue can be asked to do, and the stamp that puts one in the total
//! order. A command is plain data of fixed layout; how it lies in ring and journal slots is in
//! [`crate::slot`](crate::SLOT_BYTES).
//!
//! Fields that most commands leave alone stand last, where their zeros take no slot.

mod session;

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout, TryFromBytes};

use crate::{
    AccountId, Amount, ClientOrderId, CurrencyId, FeeRate, GivenAmount, GivenPrice, GivenQuantity,
    InstrumentId, InstrumentKind, InstrumentState, KeyId, Name, OrderFlags, OrderType, Permissions,
    SelfTrade, Sequence, SessionNumber, Side, StreamId, TimeInForce, Timestamp, Value,
};

pub use session::*;

/// A command in its place: what happened at this sequence, when, and who asked.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sequenced {
    /// The command's place in the total order.
    pub sequence: Sequence,
    /// Venue time; never goes back from one sequence to the next.
    pub time: Timestamp,
    /// By which key and stream it came.
    pub origin: Origin,
    /// What is asked.
    pub command: Command,
}

impl Sequenced {
    /// The stamp alone.
    #[inline]
    pub const fn stamp(&self) -> Stamp {
        Stamp { sequence: self.sequence, time: self.time, origin: self.origin }
    }
}

/// What the sequencer puts on a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stamp {
    /// The command's place in the total order.
    pub sequence: Sequence,
    /// Venue time.
    pub time: Timestamp,
    /// By which key and stream it came.
    pub origin: Origin,
}

/// The highest number a stream's client gives an order or request; those above are the venue's.
pub const USER_REF_MAX: u32 = (1 << 31) - 1;

/// By which key and stream a command came in, and in which session; none of them for the venue's
/// own commands.
#[derive(
    Clone, Copy, PartialEq, Eq, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Origin {
    /// The key that signed for it.
    pub key: KeyId,
    /// The stream it came by; replies go there.
    pub stream: StreamId,
    /// The session that the numbers it names are of. When that has ended the command is dropped,
    /// for its numbers mean nothing any more; none: it is executed in any.
    pub session: SessionNumber,
}

/// A record: fields in their order, and its bytes all told.
macro_rules! record {
    ($(#[$doc:meta])* $name:ident = $bytes:literal {
        $($(#[$field_doc:meta])* $field:ident: $kind:ty,)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Debug, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
        #[repr(C)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $kind,)*
        }

        // That there is no padding is what deriving `IntoBytes` proves.
        const _: () = assert!(size_of::<$name>() == $bytes);
    };
}
pub(crate) use record;

record! {
    /// Settings of the venue as a whole; at most once, before any account.
    Venue = 16 {
        /// Start of the venue day, nanoseconds after midnight UTC, below one day.
        day_start_ns: u64,
        /// Switches.
        flags: VenueFlags,
        /// Zero.
        reserved: [u8; 7],
    }
}

crate::order::flags! {
    /// Switches of the venue.
    VenueFlags {
        /// Allows self-trade mode `none`.
        TEST_MODE = 0 "test_mode",
        /// Matching only: no limits, funds, positions or lots (X-RSK-001). For benchmarks.
        MATCHING_ONLY = 1 "matching_only",
    }
}

record! {
    /// What every new account is given of one currency (LED-001). The currency may come later, but
    /// must be there when the first account is.
    InitialGrant = 56 {
        /// The currency's code.
        currency: Name,
        /// Zero.
        reserved: [u8; 4],
        /// How much, a decimal with 12 places.
        amount: Value,
    }
}

record! {
    /// A new currency.
    Currency = 40 {
        /// Its code, unique.
        code: Name,
        /// Decimals of its smallest unit, at most [`crate::SCALE_MAX`].
        scale: u8,
        /// Zero.
        reserved: [u8; 3],
    }
}

record! {
    /// A new instrument; it is open at once.
    Instrument = 144 {
        /// Its symbol, unique.
        symbol: Name,
        /// Its name on binary doors, at most 8 characters, padded with NUL, unique; zeros: derived.
        wire_symbol: [u8; 8],
        /// What is traded.
        base: CurrencyId,
        /// What is paid.
        quote: CurrencyId,
        /// What kind of thing it is.
        kind: InstrumentKind,
        /// Zero.
        reserved: [u8; 3],
        /// One tick in units of 10^−12 quote.
        tick: u64,
        /// One lot in units of 10^−12 base.
        lot: u64,
        /// Highest price in ticks; 0: [`crate::UNITS_MAX`].
        max_price: u64,
        /// Smallest order in lots; 0: 1.
        min_quantity: u64,
        /// Largest order in lots; 0: [`crate::UNITS_MAX`].
        max_quantity: u64,
        /// Smallest order value in smallest quote units.
        min_notional: Amount,
        /// Largest order value in smallest quote units; 0: unlimited.
        max_notional: Amount,
        /// Fee of the resting side.
        maker_fee: FeeRate,
        /// Fee of the incoming side.
        taker_fee: FeeRate,
        /// Open orders of one account in this instrument; 0: unlimited.
        max_open_orders: u32,
        /// Zero.
        reserved_2: u32,
    }
}

record! {
    /// An instrument goes to another state.
    SetInstrumentState = 8 {
        /// Which.
        instrument: InstrumentId,
        /// Where to.
        state: InstrumentState,
        /// Zero.
        reserved: [u8; 3],
    }
}

record! {
    /// A new account; it is given the initial grants.
    Account = 40 {
        /// Its name, unique.
        name: Name,
        /// Self-trade mode of orders that name none.
        self_trade: SelfTrade,
        /// What it may do.
        permissions: Permissions,
        /// Switches.
        flags: AccountFlags,
        /// Zero.
        reserved: u8,
    }
}

crate::order::flags! {
    /// Switches of an account.
    AccountFlags {
        /// Never named in public output.
        ANONYMOUS = 0 "anonymous",
    }
}

record! {
    /// Sets, changes or removes limits of an account, for one instrument or for each.
    Limits = 88 {
        /// Whose.
        account: AccountId,
        /// For which instrument; none: for each that has no limit of its own.
        instrument: InstrumentId,
        /// Which fields of this command count.
        given: LimitSet,
        /// Which of those are removed rather than set.
        removed: LimitSet,
        /// Zero.
        reserved: [u8; 2],
        /// Orders and amends in a sliding second; account-wide.
        max_orders_per_second: u32,
        /// Open orders in one instrument.
        max_open_orders: u64,
        /// Value of one order.
        max_order_value: Value,
        /// Worst-case absolute position in base units.
        max_position: Value,
        /// Worst-case value of all positions and open orders; account-wide.
        max_exposure: Value,
        /// Value of the orders accepted in one venue day; account-wide.
        max_daily_value: Value,
    }
}

crate::order::flags! {
    /// Which limits are meant.
    LimitSet {
        /// `max_order_value`.
        ORDER_VALUE = 0 "max_order_value",
        /// `max_position`.
        POSITION = 1 "max_position",
        /// `max_open_orders`.
        OPEN_ORDERS = 2 "max_open_orders",
        /// `max_exposure`.
        EXPOSURE = 3 "max_exposure",
        /// `max_daily_value`.
        DAILY_VALUE = 4 "max_daily_value",
        /// `max_orders_per_second`.
        ORDER_RATE = 5 "max_orders_per_second",
    }
}

record! {
    /// Money comes in from outside or goes out.
    Transfer = 24 {
        /// Whose.
        account: AccountId,
        /// Of which currency.
        currency: CurrencyId,
        /// How much.
        amount: GivenAmount,
    }
}

record! {
    /// Grants a key: it acts for one account, and may do what it and the account both may.
    GrantKey = 48 {
        /// For whom it acts.
        account: AccountId,
        /// What it may do.
        permissions: Permissions,
        /// Zero.
        reserved: [u8; 3],
        /// The Ed25519 public key, or the fingerprint of an HMAC secret.
        key: [u8; 32],
        /// When it ends; 0: never.
        expires: Timestamp,
    }
}

record! {
    /// A new order.
    Order = 136 {
        /// Whose.
        account: AccountId,
        /// In which instrument.
        instrument: InstrumentId,
        /// Limit price; ignored for market orders.
        price: GivenPrice,
        /// How much.
        quantity: GivenQuantity,
        /// Side of the book.
        side: Side,
        /// How it is priced.
        kind: OrderType,
        /// How long it lives.
        time_in_force: TimeInForce,
        /// Instructions.
        flags: OrderFlags,
        /// 1 + the [`SelfTrade`] mode; 0: the account's.
        self_trade: u8,
        /// Zero.
        reserved: [u8; 3],
        /// The stream's own number of the order (OUCH UserRefNum), at least 1; 0: named by `id`.
        user_ref: u32,
        /// The account's own name of the order. Where `user_ref` is given it names nothing and is
        /// only told again when the order is accepted.
        id: ClientOrderId,
        /// Zero.
        reserved_2: [u8; 24],
        /// A tag to cancel by.
        tag: Name,
        /// Zero.
        reserved_3: [u8; 4],
    }
}

impl Order {
    /// The self-trade mode the order names, if any.
    pub fn self_trade(&self) -> Option<SelfTrade> {
        SelfTrade::ALL.get(usize::from(self.self_trade).wrapping_sub(1)).copied()
    }

    /// The field's value for a mode.
    pub const fn self_trade_field(mode: Option<SelfTrade>) -> u8 {
        match mode {
            Some(mode) => mode as u8 + 1,
            None => 0,
        }
    }
}

/// A limit order of nobody for nothing: a start for struct update.
impl Default for Order {
    fn default() -> Self {
        Self {
            account: AccountId::NONE,
            instrument: InstrumentId::NONE,
            price: GivenPrice::ABSENT,
            quantity: GivenQuantity::ABSENT,
            side: Side::Buy,
            kind: OrderType::Limit,
            time_in_force: TimeInForce::Gtc,
            flags: OrderFlags::NONE,
            self_trade: 0,
            reserved: [0; 3],
            user_ref: 0,
            id: Name::ABSENT,
            reserved_2: [0; 24],
            tag: Name::ABSENT,
            reserved_3: [0; 4],
        }
    }
}

record! {
    /// Which order is meant: by the stream's number or by the account's name.
    OrderRef = 40 {
        /// The number on the stream the command came by; 0: named by `id`.
        user_ref: u32,
        /// The account's name of the order.
        id: ClientOrderId,
    }
}

impl OrderRef {
    /// By the account's name.
    pub const fn id(id: ClientOrderId) -> Self {
        Self { user_ref: 0, id }
    }

    /// By the number on the stream the command comes by.
    pub const fn user_ref(user_ref: u32) -> Self {
        Self { user_ref, id: Name::ABSENT }
    }
}

record! {
    /// Changes an order in place: it keeps its venue id and its executions (X-ENG-010).
    Amend = 136 {
        /// Whose.
        account: AccountId,
        /// Which order.
        target: OrderRef,
        /// Zero.
        reserved: [u8; 4],
        /// New total quantity, executions included; absent: as it is.
        quantity: GivenQuantity,
        /// New price; absent: as it is.
        price: GivenPrice,
        /// Zero.
        reserved_2: [u8; 32],
        /// New client order id; absent: as it is.
        new_id: ClientOrderId,
        /// Zero.
        reserved_3: [u8; 4],
    }
}

record! {
    /// Cancels one order and enters another in one step, or does neither (X-ENG-011).
    Replace = 176 {
        /// The order to cancel, of the new order's account.
        target: OrderRef,
        /// The new order.
        order: Order,
    }
}

record! {
    /// Cancels one order.
    Cancel = 44 {
        /// Whose.
        account: AccountId,
        /// Which order.
        target: OrderRef,
    }
}

record! {
    /// Cancels every order of an account that fits.
    MassCancel = 56 {
        /// Whose.
        account: AccountId,
        /// Only in this instrument; none: in each.
        instrument: InstrumentId,
        /// Only of this stream; none: of each.
        stream: StreamId,
        /// 1 + the [`Side`]; 0: both.
        side: u8,
        /// Zero.
        reserved: [u8; 3],
        /// Only with this tag; absent: any.
        tag: Name,
        /// The stream's own number of the request, to be confirmed on the stream; 0: it has none.
        user_ref: u32,
    }
}

impl MassCancel {
    /// The side meant, if only one.
    pub fn side(&self) -> Option<Side> {
        Side::ALL.get(usize::from(self.side).wrapping_sub(1)).copied()
    }

    /// The field's value for a side.
    pub const fn side_field(side: Option<Side>) -> u8 {
        match side {
            Some(side) => side as u8 + 1,
            None => 0,
        }
    }
}

record! {
    /// Turns a kill switch on or off: of an account, an instrument, an account in an instrument, or
    /// (neither given) the venue. Turning it on cancels the open orders of its scope (X-ENG-013).
    Kill = 12 {
        /// Whose; none: anybody's.
        account: AccountId,
        /// Where; none: everywhere.
        instrument: InstrumentId,
        /// On or off.
        switch: Switch,
        /// Zero.
        reserved: [u8; 3],
    }
}

crate::order::closed! {
    /// A switch.
    Switch {
        /// Off.
        Off = 0 "off",
        /// On.
        On = 1 "on",
    }
}

record! {
    /// The fair value of an instrument, for unrealised P&L and exposure.
    Mark = 24 {
        /// Of what.
        instrument: InstrumentId,
        /// Zero.
        reserved: u32,
        /// The price.
        price: GivenPrice,
        /// When its source saw it; 0: not said.
        source_time: Timestamp,
    }
}

record! {
    /// Venue time reaches this command's stamp: deadlines up to it fire.
    Clock = 8 {
        /// Zero.
        reserved: u64,
    }
}

record! {
    /// States the version of the engine's behaviour that answers the commands from here on
    /// (X-ENG-024). A build says it first when it starts.
    Behaviour = 8 {
        /// The version, at least 1 and no lower than the one before.
        version: u32,
        /// Zero.
        reserved: u32,
    }
}

macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident($payload:ty) = $number:literal;)*) => {
        /// Everything the venue can be asked to do.
        #[derive(Clone, Copy, PartialEq, Debug)]
        // A command is handed on by reference and lives in slots; a box would be an allocation.
        #[allow(clippy::large_enum_variant)]
        pub enum Command {
            $($(#[$doc])* $name($payload),)*
        }

        impl Command {
            /// Its stable number in slots.
            pub const fn number(&self) -> u8 {
                match self { $(Self::$name(_) => $number,)* }
            }

            /// Its payload as bytes.
            pub(crate) fn payload(&self) -> &[u8] {
                match self { $(Self::$name(payload) => payload.as_bytes(),)* }
            }

            /// The command where it lies.
            #[inline]
            pub const fn view(&self) -> CommandRef<'_> {
                match self { $(Self::$name(payload) => CommandRef::$name(payload),)* }
            }
        }

        /// A command where it lies: in a slot, or in a [`Command`].
        #[derive(Clone, Copy, PartialEq, Debug)]
        pub enum CommandRef<'a> {
            $($(#[$doc])* $name(&'a $payload),)*
        }

        impl<'a> CommandRef<'a> {
            /// Its stable number in slots.
            #[inline]
            pub const fn number(&self) -> u8 {
                match self { $(Self::$name(_) => $number,)* }
            }

            /// A copy of it.
            pub const fn to_command(self) -> Command {
                match self { $(Self::$name(payload) => Command::$name(*payload),)* }
            }

            /// Bytes of the payload with this number.
            #[inline]
            pub(crate) const fn payload_bytes(number: u8) -> Option<usize> {
                match number { $($number => Some(size_of::<$payload>()),)* _ => None }
            }

            /// The command with this number and payload; `None` where the bytes are not one.
            #[inline]
            pub(crate) fn read(number: u8, bytes: &'a [u8]) -> Option<Self> {
                match number {
                    $($number => <$payload>::try_ref_from_prefix(bytes)
                        .ok().map(|(payload, _)| Self::$name(payload)),)*
                    _ => None,
                }
            }
        }

        $(impl CommandPayload for $payload {
            const NUMBER: u8 = $number;
        }

        impl From<$payload> for Command {
            #[inline]
            fn from(payload: $payload) -> Self {
                Self::$name(payload)
            }
        })*
    };
}

/// A record that is the payload of one kind of command.
pub trait CommandPayload {
    /// The command's stable number in slots.
    const NUMBER: u8;
}

/// A withdrawal is a transfer out.
#[derive(Clone, Copy, PartialEq, Debug, TryFromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(transparent)]
pub struct Withdrawal(pub Transfer);

commands! {
    /// Time passes.
    Clock(Clock) = 1;
    /// Venue settings.
    Venue(Venue) = 2;
    /// A grant for every new account.
    InitialGrant(InitialGrant) = 3;
    /// A new currency.
    Currency(Currency) = 4;
    /// A new instrument.
    Instrument(Instrument) = 5;
    /// An instrument's state.
    InstrumentState(SetInstrumentState) = 6;
    /// A new account.
    Account(Account) = 7;
    /// Limits of an account.
    Limits(Limits) = 8;
    /// Money comes in.
    Deposit(Transfer) = 9;
    /// Money goes out.
    Withdraw(Withdrawal) = 10;
    /// A key for an account.
    Key(GrantKey) = 11;
    /// A stream's session opens or closes.
    Session(Session) = 12;
    /// The behaviour that answers from here on.
    Behaviour(Behaviour) = 13;
    /// A new order.
    Order(Order) = 20;
    /// A change of an order.
    Amend(Amend) = 21;
    /// Cancel and enter in one.
    Replace(Replace) = 22;
    /// One order's end.
    Cancel(Cancel) = 23;
    /// Many orders' end.
    MassCancel(MassCancel) = 24;
    /// A kill switch.
    Kill(Kill) = 25;
    /// A mark price.
    Mark(Mark) = 26;
}

const _: () = {
    // What most commands carry fits their first slot; what stands behind is usually zero.
    use core::mem::{offset_of, size_of};
    assert!(offset_of!(Order, tag) == crate::COMMAND_HEAD_BYTES);
    assert!(offset_of!(Amend, new_id) == crate::COMMAND_HEAD_BYTES);
    assert!(size_of::<Cancel>() <= crate::COMMAND_HEAD_BYTES);
    assert!(size_of::<MassCancel>() <= crate::COMMAND_HEAD_BYTES);
};
