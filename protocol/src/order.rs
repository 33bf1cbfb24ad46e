//! What an order is: its terms as closed enums, and the life it may lead.

macro_rules! closed {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$case_doc:meta])* $case:ident = $number:literal $word:literal,)*
    }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, zerocopy::TryFromBytes,
            zerocopy::IntoBytes, zerocopy::Immutable, zerocopy::KnownLayout, serde::Serialize,
            serde::Deserialize,
        )]
        #[repr(u8)]
        pub enum $name {
            $($(#[$case_doc])* $case = $number,)*
        }

        impl $name {
            /// Every case, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$case),*];

            /// The word that stands for it in scenarios and JSON.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$case => $word,)* }
            }

            /// The case that a word stands for.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|case| case.word() == word)
            }
        }
    };
}
pub(crate) use closed;

closed! {
    /// The side of the book an order stands on.
    Side {
        /// Pays the quote currency for the base currency.
        Buy = 0 "buy",
        /// Gives the base currency for the quote currency.
        Sell = 1 "sell",
    }
}

impl Side {
    /// The other side.
    #[inline]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Buy => Self::Sell,
            Self::Sell => Self::Buy,
        }
    }

    /// Whether an incoming order of this side with limit `limit` reaches a resting price.
    #[inline]
    pub const fn reaches(self, limit: u64, resting: u64) -> bool {
        match self {
            Self::Buy => resting <= limit,
            Self::Sell => resting >= limit,
        }
    }
}

closed! {
    /// How an order is priced.
    OrderType {
        /// Trades at its price or better, rests at its price.
        Limit = 0 "limit",
        /// Trades at what is there, never rests.
        Market = 1 "market",
    }
}

closed! {
    /// How long an order lives.
    TimeInForce {
        /// Good till cancelled.
        Gtc = 0 "GTC",
        /// Immediate or cancel: executes what it can, the rest is cancelled.
        Ioc = 1 "IOC",
        /// Fill or kill: all at once or nothing.
        Fok = 2 "FOK",
    }
}

closed! {
    /// What happens when an order would meet another order of its own account. The incoming
    /// order's mode decides (X-ENG-009).
    SelfTrade {
        /// The incoming order stops before the meeting: rejected at first contact, else its rest is
        /// cancelled. The default.
        RejectTaker = 0 "reject_taker",
        /// The incoming order is accepted and its rest cancelled.
        CancelTaker = 1 "cancel_taker",
        /// The resting order is cancelled, the incoming one goes on.
        CancelMaker = 2 "cancel_maker",
        /// Both are cancelled.
        CancelBoth = 3 "cancel_both",
        /// Both shrink by the smaller leaves, without a trade; who reaches zero is cancelled.
        Decrement = 4 "decrement",
        /// They trade. Test venues only.
        None = 5 "none",
    }
}

closed! {
    /// Where an order is in its life (ENG-024).
    OrderStatus {
        /// Sequenced, not yet decided.
        New = 0 "new",
        /// Resting, nothing executed.
        Open = 1 "open",
        /// Resting, part executed.
        PartiallyFilled = 2 "partially_filled",
        /// Completely executed. Final.
        Filled = 3 "filled",
        /// Cancelled, perhaps after executions. Final.
        Canceled = 4 "canceled",
        /// Refused. Final.
        Rejected = 5 "rejected",
        /// Its time ran out. Final.
        Expired = 6 "expired",
    }
}

impl OrderStatus {
    /// Final states are never left.
    pub const fn is_final(self) -> bool {
        match self {
            Self::New | Self::Open | Self::PartiallyFilled => false,
            Self::Filled | Self::Canceled | Self::Rejected | Self::Expired => true,
        }
    }

    /// Whether an order may go from this state to `next`. An amend that lowers or raises the total
    /// keeps the state it has.
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::New => !matches!(next, Self::New),
            Self::Open => {
                matches!(
                    next,
                    Self::PartiallyFilled | Self::Filled | Self::Canceled | Self::Expired
                )
            }
            Self::PartiallyFilled => {
                matches!(
                    next,
                    Self::PartiallyFilled | Self::Filled | Self::Canceled | Self::Expired
                )
            }
            Self::Filled | Self::Canceled | Self::Rejected | Self::Expired => false,
        }
    }

    /// The state of a resting order with so much executed.
    pub const fn resting(executed_lots: u64) -> Self {
        if executed_lots == 0 { Self::Open } else { Self::PartiallyFilled }
    }
}

closed! {
    /// Why an accepted order ended unfilled.
    CancelReason {
        /// Its owner asked.
        User = 0 "USER",
        /// The rest of a market or IOC order found nothing more.
        NoLiquidity = 1 "NO_LIQUIDITY",
        /// It met an order of its own account.
        SelfTrade = 2 "SELF_TRADE",
        /// The kill switch.
        Killed = 3 "KILLED",
        /// Its session ended and had asked for cancel on disconnect.
        Disconnect = 4 "DISCONNECT",
        /// An amend set its total to what was already executed, or less.
        Amend = 9 "AMEND",
        /// The instrument was settled.
        Phase = 10 "PHASE",
    }
}

macro_rules! flags {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$flag_doc:meta])* $flag:ident = $bit:literal $word:literal,)*
    }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, Hash, Debug, Default, zerocopy::FromBytes,
            zerocopy::IntoBytes, zerocopy::Immutable, zerocopy::KnownLayout, serde::Serialize,
            serde::Deserialize,
        )]
        #[repr(transparent)]
        pub struct $name(u8);

        impl $name {
            $($(#[$flag_doc])* pub const $flag: Self = Self(1 << $bit);)*

            /// None of them.
            pub const NONE: Self = Self(0);

            /// Every flag with its word.
            pub const ALL: &'static [(Self, &'static str)] = &[$((Self::$flag, $word)),*];

            /// Whether all of `other` are set.
            #[inline]
            pub const fn has(self, other: Self) -> bool {
                self.0 & other.0 == other.0
            }

            /// With those of `other` too.
            #[must_use]
            pub const fn with(self, other: Self) -> Self {
                Self(self.0 | other.0)
            }

            /// Those that both have.
            #[must_use]
            pub const fn and(self, other: Self) -> Self {
                Self(self.0 & other.0)
            }

            /// The words of those that are set.
            pub fn words(self) -> impl Iterator<Item = &'static str> {
                let set = Self::ALL.iter().filter(move |(flag, _)| self.has(*flag));
                set.map(|&(_, word)| word)
            }
        }
    };
}
pub(crate) use flags;

flags! {
    /// Instructions that an order carries beside its terms.
    OrderFlags {
        /// Refused if it would take liquidity.
        POST_ONLY = 0 "post_only",
    }
}

flags! {
    /// What an account or a key may do; an action needs the right of both (RSK-022).
    Permissions {
        /// Query and subscribe.
        READ = 0 "read",
        /// Enter, amend and cancel orders.
        TRADE = 1 "trade",
        /// Trade perpetuals.
        DERIVATIVES = 2 "derivatives",
    }
}

impl Permissions {
    /// What an account has when nothing is said.
    pub const EVERY: Self = Self::READ.with(Self::TRADE).with(Self::DERIVATIVES);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifecycle_transitions() {
        // ENG-024: rows are from, columns are to, in the order of the enum.
        const MAY: [&str; 7] =
            [".xxxxxx", "..xxx.x", "..xxx.x", ".......", ".......", ".......", "......."];
        for (from, row) in OrderStatus::ALL.iter().zip(MAY) {
            for (to, mark) in OrderStatus::ALL.iter().zip(row.chars()) {
                assert_eq!(from.may_become(*to), mark == 'x', "{from:?} to {to:?}");
            }
            assert_eq!(from.is_final(), row == ".......");
        }
    }

    #[test]
    fn words_find_their_case_again() {
        for &mode in SelfTrade::ALL {
            assert_eq!(SelfTrade::from_word(mode.word()), Some(mode));
        }
        assert_eq!(TimeInForce::from_word("gtc"), None, "words are exact");
    }
}
