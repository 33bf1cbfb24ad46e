//! The closed lists of words that stand for the protocol's enums.

use ringside_protocol::{
    EventKind, InstrumentKind, InstrumentState, Liquidity, OrderType, SelfTrade, SessionState,
    Side, TimeInForce,
};

/// An enum whose cases are written as words.
pub trait Word: Copy + 'static {
    /// What one of them is called.
    const NOUN: &'static str;

    /// Every case.
    fn cases() -> &'static [Self];

    /// The word that stands for it.
    fn word(self) -> &'static str;
}

macro_rules! words {
    ($($kind:ty, $noun:literal;)*) => {$(
        impl Word for $kind {
            const NOUN: &'static str = $noun;

            fn cases() -> &'static [Self] {
                Self::ALL
            }

            fn word(self) -> &'static str {
                Self::word(self)
            }
        }
    )*};
}

words! {
    EventKind, "event kind";
    InstrumentKind, "instrument kind";
    InstrumentState, "instrument state";
    Liquidity, "part in a trade";
    OrderType, "order type";
    SelfTrade, "self-trade mode";
    SessionState, "session state";
    Side, "side";
    TimeInForce, "time in force";
}
