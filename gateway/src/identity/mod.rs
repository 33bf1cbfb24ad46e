//! Who is at the door, and what proves it: keys, signatures, tickets, tokens, and what stops a
//! thief who guesses, alters or repeats. Never reads a clock, a file or a source of randomness:
//! times, texts and random bytes are handed in.
//!
//! The way of a signed request:
//!
//! ```text
//! api key ──keys──> who    timestamp ──timing──> fresh    parameters ──payload──> signed bytes
//!                    └───────────────────────┬──────────────────────────────────┘
//!                             signature ──proof──> replays ──> in
//! ```
//!
//! [`admit`] goes this way.

mod aged;
pub mod keys;
pub(crate) mod lines;
pub mod lockout;
pub mod payload;
pub mod replays;
pub mod request;
pub mod secrets;
pub mod signature;
pub mod tickets;
pub mod timing;
pub mod tokens;

use ringside_protocol::{AccountId, KeyId};

pub use keys::{Key, KeyError, Keys};
pub use lines::FileError;
pub use lockout::{Locked, Lockout, SourceId};
pub use payload::{PayloadError, Signed, rest_payload, ws_payload};
pub use replays::{ReplayError, Replays};
pub use request::{Refusal, Request, admit};
pub use secrets::{Secret, Secrets};
pub use signature::{Proof, SignatureError, verify};
pub use tickets::{StreamHolder, Ticket, TicketError, Tickets};
pub use timing::{TimeError, check_time};
pub use tokens::{Token, TokenError, Tokens};

/// A key's 32 bytes, or a hash of that length.
pub type Digest = [u8; 32];

/// Who somebody was found to be. Before each use ask [`Keys::standing`]: keys end and are replaced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Holder {
    /// For whom they act.
    pub account: AccountId,
    /// By which key.
    pub key: KeyId,
}
