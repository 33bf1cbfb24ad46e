//! What a client asks. Decoding never loses the `UserRefNum` of a message it refuses, where that
//! could be read, so that the door can answer with Rejected.

use core::fmt;

use super::appendage::{
    CANCEL_TAGS, ENTER_TAGS, MASS_CANCEL_TAGS, MODIFY_TAGS, ORDER_ENTRY_TAGS, QUERY_TAGS,
    REPLACE_TAGS,
};
use super::{
    Appendages, Capacity, ClientId, CrossType, Display, Fault, Firm, Side, Sweep, Symbol,
    TimeInForce, WireError,
};
use crate::wire::layout::{Field, messages};

messages! {
    /// Everything a client asks.
    Inbound {
        /// A new order.
        Enter = 'O' {
            user_ref: u32 = "UserRefNum" "the client's number of it, ever rising",
            side: Side = "Side" "buy or sell",
            quantity: u32 = "Quantity" "lots",
            symbol: Symbol = "Symbol" "the wire symbol",
            price: u64 = "Price" "ticks; `MARKET_PRICE` for a market order",
            time_in_force: TimeInForce = "TimeInForce" "how long it lives",
            display: Display = "Display" "who sees it",
            capacity: Capacity = "Capacity" "echoed",
            sweep: Sweep = "InterMarketSweepEligibility" "echoed",
            cross: CrossType = "CrossType" "which auction it is for",
            client_id: ClientId = "ClOrdID" "the client's name of it, echoed",
        } with ENTER_TAGS;

        /// An order in the place of another.
        Replace = 'U' {
            original_user_ref: u32 = "OrigUserRefNum" "the order that is replaced",
            user_ref: u32 = "UserRefNum" "the number of the new one",
            quantity: u32 = "Quantity" "lots in all, executed ones included",
            price: u64 = "Price" "ticks; `MARKET_PRICE` for a market order",
            time_in_force: TimeInForce = "TimeInForce" "how long it lives",
            display: Display = "Display" "who sees it",
            sweep: Sweep = "InterMarketSweepEligibility" "echoed",
            client_id: ClientId = "ClOrdID" "the client's name of it, echoed",
        } with REPLACE_TAGS;

        /// An order is cancelled, or reduced with its place in the queue kept.
        Cancel = 'X' {
            user_ref: u32 = "UserRefNum" "the order",
            quantity: u32 = "Quantity" "lots in all, executed ones included; 0 ends it",
        } with CANCEL_TAGS;

        /// An order is changed in place.
        Modify = 'M' {
            user_ref: u32 = "UserRefNum" "the order",
            side: Side = "Side" "a sell may become another kind of sell",
            quantity: u32 = "Quantity" "lots in all, executed ones included",
        } with MODIFY_TAGS;

        /// Every order that fits is cancelled.
        MassCancel = 'C' {
            user_ref: u32 = "UserRefNum" "the number of this request",
            firm: Firm = "Firm" "blank: the account's own",
            symbol: Symbol = "Symbol" "blank: every instrument",
        } with MASS_CANCEL_TAGS;

        /// No more orders are to be taken on this stream, until `EnableOrderEntry`.
        DisableOrderEntry = 'D' {
            user_ref: u32 = "UserRefNum" "the number of this request",
            firm: Firm = "Firm" "blank: the account's own",
        } with ORDER_ENTRY_TAGS;

        /// Orders are to be taken again.
        EnableOrderEntry = 'E' {
            user_ref: u32 = "UserRefNum" "the number of this request",
            firm: Firm = "Firm" "blank: the account's own",
        } with ORDER_ENTRY_TAGS;

        /// Which `UserRefNum` comes next?
        AccountQuery = 'Q' with QUERY_TAGS;
    }
}

impl Inbound {
    /// The message that all of `bytes` is.
    ///
    /// # Errors
    /// [`OuchError`] says what is wrong and where, and keeps what an answer needs.
    pub fn decode(bytes: &[u8]) -> Result<Self, OuchError> {
        Self::parse(bytes).map_err(|WireError { message, fault }| OuchError {
            message,
            fault,
            user_ref: peek(bytes, user_ref_offset(bytes)),
            client_id: peek(bytes, client_id_offset(bytes)).unwrap_or_default(),
            about: About::peek(bytes),
        })
    }
}

/// A message of a client that is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OuchError {
    /// The message's name; "message" where the type is not known.
    pub message: &'static str,
    /// What is wrong.
    pub fault: Fault,
    /// The number the message gives itself, or its order, where it could be read.
    pub user_ref: Option<u32>,
    /// The client's name of the order; blank where it could not be read or there is none.
    pub client_id: ClientId,
    /// What it was about.
    pub about: About,
}

/// What a message that is none was about, as far as it could be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum About {
    /// A new order, in the instrument of this wire symbol; none: it could not be read.
    Order(Option<Symbol>),
    /// An order in the place of the one that has this number; none: it could not be read.
    Replacement(Option<u32>),
    /// An order that is there: the number is its own.
    Resting,
    /// A request about the stream, or of no known type.
    Stream,
}

impl About {
    fn peek(bytes: &[u8]) -> Self {
        match bytes.first() {
            Some(&Enter::TYPE) => Self::Order(peek(bytes, Some(10))),
            Some(&Replace::TYPE) => Self::Replacement(peek(bytes, Some(1))),
            Some(&(Cancel::TYPE | Modify::TYPE)) => Self::Resting,
            Some(_) | None => Self::Stream,
        }
    }
}

impl fmt::Display for OuchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { message, fault, .. } = *self;
        WireError { message, fault }.fmt(f)?;
        self.user_ref.map_or(Ok(()), |user_ref| write!(f, " (UserRefNum {user_ref})"))
    }
}

impl std::error::Error for OuchError {}

/// Where the message's own `UserRefNum` stands; a replacement's is the new one.
fn user_ref_offset(bytes: &[u8]) -> Option<usize> {
    match *bytes.first()? {
        Replace::TYPE => Some(5),
        Enter::TYPE | Cancel::TYPE | Modify::TYPE | MassCancel::TYPE => Some(1),
        DisableOrderEntry::TYPE | EnableOrderEntry::TYPE => Some(1),
        _ => None,
    }
}

fn client_id_offset(bytes: &[u8]) -> Option<usize> {
    match *bytes.first()? {
        Enter::TYPE => Some(31),
        Replace::TYPE => Some(24),
        _ => None,
    }
}

fn peek<F: Field>(bytes: &[u8], offset: Option<usize>) -> Option<F> {
    let offset = offset?;
    F::get(bytes.get(offset..offset + F::BYTES)?).ok()
}
