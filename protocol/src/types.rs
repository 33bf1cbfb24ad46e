//! Numbers, identifiers and names. Prices, quantities and amounts are integers of different types
//! and never mix; decimals exist only at the edges ([`crate::decimal`]).

use core::fmt;

use serde::{Deserialize, Serialize};
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::Reason;

/// The largest price in ticks and the largest quantity in lots: 2^63 − 1.
pub const UNITS_MAX: u64 = i64::MAX as u64;

/// The largest amount of money the venue computes with: 2^96 smallest units, some 79 quadrillion
/// whole ones at twelve decimals. It bounds every order's value and all that ever comes in of a
/// currency, so that sums over as many orders and trades as the venue can hold stay within 128
/// bits.
pub const AMOUNT_MAX: i128 = 1 << 96;

/// Decimal places of a [`Value`] and the finest tick, lot and currency unit.
pub const SCALE_MAX: u8 = 12;

macro_rules! units {
    ($(#[$doc:meta])* $name:ident, $unit:ident, $(#[$given_doc:meta])* $given:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize,
        )]
        #[repr(transparent)]
        pub struct $name(u64);

        impl $name {
            /// The largest value, [`UNITS_MAX`].
            pub const MAX: Self = Self(UNITS_MAX);

            /// `None` outside 1..=[`UNITS_MAX`].
            #[inline]
            pub const fn new($unit: u64) -> Option<Self> {
                if $unit == 0 || $unit > UNITS_MAX { None } else { Some(Self($unit)) }
            }

            /// The whole number of units, at least 1.
            #[inline]
            pub const fn $unit(self) -> u64 {
                self.0
            }
        }

        $(#[$given_doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, Hash, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
        )]
        #[repr(transparent)]
        pub struct $given(u64);

        impl $given {
            /// Not given: a market order's price, or a field an amend leaves alone.
            pub const ABSENT: Self = Self(0);

            /// A number that fitted its instrument.
            #[inline]
            pub const fn of(value: $name) -> Self {
                Self(value.0)
            }

            /// A number that did not fit; it travels as the reason.
            pub const fn refused(reason: Reason) -> Self {
                Self(Self::REFUSED | reason as u64)
            }

            /// The number, the reason it was refused, or `BAD_VALUE` where none was given.
            #[inline]
            pub fn get(self) -> Result<$name, Reason> {
                if self.0 & Self::REFUSED != 0 {
                    return Err(Reason::from_number((self.0 & 0xFFFF) as u16)
                        .unwrap_or(Reason::BadValue));
                }
                $name::new(self.0).ok_or(Reason::BadValue)
            }

            /// The number or the reason it was refused; `None` where none was given.
            #[inline]
            pub fn given(self) -> Option<Result<$name, Reason>> {
                if self.0 == 0 { None } else { Some(self.get()) }
            }

            const REFUSED: u64 = 1 << 63;
        }

        impl From<$name> for $given {
            #[inline]
            fn from(value: $name) -> Self {
                Self::of(value)
            }
        }

        impl fmt::Debug for $given {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.given(), f)
            }
        }
    };
}

units! {
    /// A price in ticks of its instrument, 1..=[`UNITS_MAX`].
    Price, ticks,
    /// A price as a door handed it in: ticks, absent, or the reason why it does not fit.
    GivenPrice
}
units! {
    /// A quantity in lots of its instrument, 1..=[`UNITS_MAX`].
    Quantity, lots,
    /// A quantity as a door handed it in: lots, absent, or the reason why it does not fit.
    GivenQuantity
}

/// Money in a currency's smallest unit, signed, as it stands in a record (two little-endian halves,
/// so that records need 8-byte alignment only).
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Default,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
    Serialize,
    Deserialize,
)]
#[repr(C)]
pub struct Amount {
    low: u64,
    high: u64,
}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self::new(0);

    /// The record form of a number.
    #[inline]
    pub const fn new(units: i128) -> Self {
        Self { low: units as u64, high: (units >> 64) as u64 }
    }

    /// Smallest units of the currency.
    #[inline]
    pub const fn units(self) -> i128 {
        ((self.high as i128) << 64) | self.low as i128
    }
}

impl From<i128> for Amount {
    #[inline]
    fn from(units: i128) -> Self {
        Self::new(units)
    }
}

impl fmt::Debug for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.units(), f)
    }
}

/// An amount as a door handed it in: smallest units (at least 1, at most [`AMOUNT_MAX`]) or the
/// reason why it does not fit.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, Debug, Default, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(transparent)]
pub struct GivenAmount(Amount);

impl GivenAmount {
    /// A number; anything outside 1..=[`AMOUNT_MAX`] becomes `BAD_VALUE` or `OVERFLOW`.
    pub const fn of(units: i128) -> Self {
        if units <= 0 {
            return Self::refused(Reason::BadValue);
        }
        if units > AMOUNT_MAX {
            return Self::refused(Reason::Overflow);
        }
        Self(Amount::new(units))
    }

    /// A number that did not fit; it travels as the reason.
    pub const fn refused(reason: Reason) -> Self {
        Self(Amount::new(-(reason as u16 as i128)))
    }

    /// The amount in smallest units, or why it was refused.
    pub fn get(self) -> Result<i128, Reason> {
        let units = self.0.units();
        if units > 0 {
            return Ok(units);
        }
        Err(u16::try_from(-units).ok().and_then(Reason::from_number).unwrap_or(Reason::BadValue))
    }
}

/// A decimal number with [`SCALE_MAX`] places that belongs to no currency or instrument yet:
/// limits and grants, which are set before it is known what they will be measured against.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Debug,
    Default,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
    Serialize,
    Deserialize,
)]
#[repr(transparent)]
pub struct Value(Amount);

impl Value {
    /// From units of 10^−12.
    pub const fn new(units: i128) -> Self {
        Self(Amount::new(units))
    }

    /// Units of 10^−12.
    pub const fn units(self) -> i128 {
        self.0.units()
    }
}

/// A fee rate in hundred-millionths of the notional: one basis point is 10,000 of them. Negative is
/// a rebate. Range: |rate| ≤ 100 %, [`FeeRate::LIMIT`].
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    Default,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
    Serialize,
    Deserialize,
)]
#[repr(transparent)]
pub struct FeeRate(pub i32);

impl FeeRate {
    /// 100 %.
    pub const LIMIT: i32 = 100_000_000;
    /// One basis point.
    pub const BASIS_POINT: i32 = 10_000;
    /// No fee.
    pub const ZERO: Self = Self(0);
}

/// Nanoseconds since the Unix epoch, as the sequencer stamped them.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    Default,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
    Serialize,
    Deserialize,
)]
#[repr(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// One second.
    pub const SECOND: u64 = 1_000_000_000;
    /// One day.
    pub const DAY: u64 = 86_400 * Self::SECOND;
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, FromBytes,
            IntoBytes, Immutable, KnownLayout, Serialize, Deserialize,
        )]
        #[repr(transparent)]
        pub struct $name(pub u64);
    )*};
}

numbers! {
    /// A command's place in the venue's one total order; the first is 1.
    Sequence;
    /// The venue's name of an accepted order: 1, 2, 3, … below 2^53; 0 is none.
    OrderId;
    /// The venue's name of a trade: 1, 2, 3, … over the venue; 0 is none.
    TradeId;
}

/// Which of the venue's sessions: 1, 2, 3, …, one a venue day; 0 is none. Streams number their
/// messages and their orders within one.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Debug,
    Default,
    FromBytes,
    IntoBytes,
    Immutable,
    KnownLayout,
    Serialize,
    Deserialize,
)]
#[repr(transparent)]
pub struct SessionNumber(pub u32);

impl SessionNumber {
    /// No session; of a command, that it may be executed in any.
    pub const NONE: Self = Self(0);
    /// The venue's first.
    pub const FIRST: Self = Self(1);
}

macro_rules! interned {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, FromBytes,
            IntoBytes, Immutable, KnownLayout, Serialize, Deserialize,
        )]
        #[repr(transparent)]
        pub struct $name(pub u32);

        impl $name {
            /// Nobody, nothing, or "all of them", as the field says.
            pub const NONE: Self = Self(u32::MAX);

            /// The place in the engine's table.
            #[inline]
            pub const fn index(self) -> usize {
                self.0 as usize
            }

            /// False for [`Self::NONE`].
            #[inline]
            pub const fn is_some(self) -> bool {
                self.0 != u32::MAX
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::NONE
            }
        }
    )*};
}

interned! {
    /// An account: its place in order of creation.
    AccountId;
    /// An instrument: its place in order of creation.
    InstrumentId;
    /// A currency: its place in order of creation.
    CurrencyId;
    /// A stream: the unit of outbound sequencing, its place in order of creation.
    StreamId;
    /// A key granted to an account: its place in order of grant.
    KeyId;
}

impl AccountId {
    /// The venue's fee account.
    pub const FEES: Self = Self(u32::MAX - 1);
    /// The world outside: where deposits come from and withdrawals go to.
    pub const OUTSIDE: Self = Self(u32::MAX - 2);
}

/// An id, name or tag: 1–36 bytes of `[A-Za-z0-9._:/-]`, padded with NUL. Empty means absent.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(transparent)]
pub struct Name([u8; Name::BYTES_MAX]);

/// A participant's own name of an order, unique in its account.
pub type ClientOrderId = Name;

/// Why a text is not a [`Name`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NameError {
    /// No characters.
    Empty,
    /// More than [`Name::BYTES_MAX`] bytes; carries how many.
    TooLong(usize),
    /// A character outside `[A-Za-z0-9._:/-]`.
    Character(char),
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "is empty; 1 to {} characters are allowed", Name::BYTES_MAX),
            Self::TooLong(bytes) => {
                write!(f, "has {bytes} characters; at most {} are allowed", Name::BYTES_MAX)
            }
            Self::Character(c) => {
                write!(f, "has the character {c:?}; allowed are A-Z a-z 0-9 . _ : / -")
            }
        }
    }
}

impl std::error::Error for NameError {}

impl Name {
    /// The longest name.
    pub const BYTES_MAX: usize = 36;
    /// No name.
    pub const ABSENT: Self = Self([0; Self::BYTES_MAX]);

    /// Parses a name.
    ///
    /// # Errors
    /// [`NameError`] says which rule the text breaks.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if let Some(c) = text.chars().find(|&c| !Self::allows(c)) {
            return Err(NameError::Character(c));
        }
        if text.len() > Self::BYTES_MAX {
            return Err(NameError::TooLong(text.len()));
        }
        let mut bytes = [0; Self::BYTES_MAX];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self(bytes))
    }

    /// The characters, without padding. Bytes that no door would have let through end it.
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|&b| !Self::allows(b as char)).unwrap_or(self.0.len());
        core::str::from_utf8(&self.0[..end]).unwrap_or("")
    }

    /// True for [`Self::ABSENT`].
    #[inline]
    pub fn is_absent(&self) -> bool {
        self.0[0] == 0
    }

    fn allows(c: char) -> bool {
        c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '/' | '-')
    }
}

impl Default for Name {
    fn default() -> Self {
        Self::ABSENT
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for Name {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

/// Takes the characters where they lie: nothing is allocated, whatever length a text claims.
struct NameVisitor;

impl serde::de::Visitor<'_> for NameVisitor {
    type Value = Name;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a name of at most {} characters", Name::BYTES_MAX)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Name, E> {
        if text.is_empty() {
            return Ok(Name::ABSENT);
        }
        Name::parse(text).map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_1_to_36_plain_characters() {
        let longest = "a".repeat(36);
        for good in ["a", "SOL/USDC", "x-1.2_3:4", &longest] {
            assert_eq!(Name::parse(good).unwrap().as_str(), good);
        }
        assert_eq!(Name::parse(""), Err(NameError::Empty));
        assert_eq!(Name::parse(&"a".repeat(37)), Err(NameError::TooLong(37)));
        assert_eq!(Name::parse("a b"), Err(NameError::Character(' ')));
        assert_eq!(Name::parse("é"), Err(NameError::Character('é')));
        assert_eq!(Name::parse("a\0"), Err(NameError::Character('\0')));
    }

    #[test]
    fn a_refused_number_travels_as_its_reason() {
        assert_eq!(GivenPrice::refused(Reason::Tick).get(), Err(Reason::Tick));
        assert_eq!(GivenQuantity::refused(Reason::Overflow).get(), Err(Reason::Overflow));
        assert_eq!(GivenPrice::ABSENT.get(), Err(Reason::BadValue));
        assert_eq!(GivenPrice::ABSENT.given(), None);
        assert_eq!(GivenPrice::of(Price::MAX).get(), Ok(Price::MAX));
        assert_eq!(GivenAmount::refused(Reason::Overflow).get(), Err(Reason::Overflow));
        assert_eq!(GivenAmount::of(0).get(), Err(Reason::BadValue));
        assert_eq!(GivenAmount::of(AMOUNT_MAX).get(), Ok(AMOUNT_MAX));
        assert_eq!(GivenAmount::of(AMOUNT_MAX + 1).get(), Err(Reason::Overflow));
    }

    #[test]
    fn an_amount_keeps_its_sign_in_two_halves() {
        for units in [0, 1, -1, i128::from(u64::MAX) + 1, AMOUNT_MAX, -AMOUNT_MAX] {
            assert_eq!(Amount::new(units).units(), units);
        }
    }
}
