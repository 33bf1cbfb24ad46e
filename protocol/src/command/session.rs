//! Sessions: whether somebody is there on a stream.

use zerocopy::{Immutable, IntoBytes, KnownLayout, TryFromBytes};

use super::record;
use crate::{AccountId, Name, StreamKind};

record! {
    /// A stream begins or goes on (a session is opened on it), or its session is closed. The first
    /// opening of a name creates the stream.
    Session = 48 {
        /// Whose stream.
        account: AccountId,
        /// The stream's name, unique in its account.
        name: Name,
        /// What speaks on it.
        kind: StreamKind,
        /// Opened or closed.
        state: SessionState,
        /// Cancel the stream's orders when its session closes; read when it opens.
        cancel_on_disconnect: OnDisconnect,
        /// Zero.
        reserved: u8,
        /// The stream's own number of the request, to be confirmed on the stream; 0: it has none.
        user_ref: u32,
    }
}

crate::order::closed! {
    /// Whether a session is there, and takes orders.
    SessionState {
        /// Connected; asked for, it takes orders only where they were not switched off.
        Open = 0 "open",
        /// Gone.
        Closed = 1 "closed",
        /// Connected, and switched off for orders by its owner until it is switched on again.
        CancelOnly = 2 "cancel_only",
        /// Gone, and switched off for orders. Nobody asks for it.
        Disabled = 3 "disabled",
        /// Asked for: take orders again. No session is in it.
        Enabled = 4 "enabled",
    }
}

impl SessionState {
    /// Whether somebody is connected.
    pub const fn is_there(self) -> bool {
        match self {
            Self::Open | Self::CancelOnly => true,
            Self::Closed | Self::Disabled | Self::Enabled => false,
        }
    }
}

crate::order::closed! {
    /// What becomes of a stream's orders when its session closes.
    OnDisconnect {
        /// They stay.
        Keep = 0 "keep",
        /// They are cancelled.
        Cancel = 1 "cancel",
    }
}
