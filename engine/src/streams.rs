//! Streams: who is told, under which number, and which of a stream's own order numbers live.

use ringside_protocol::{
    AccountId, EventKind, InstrumentId, Name, OnDisconnect, Report, SessionState, StreamId,
    StreamKind,
};
use serde::{Deserialize, Serialize};

use crate::book::SlotIndex;
use crate::user_refs::UserRefs;

/// How far ahead of the highest number seen a UserRefNum may be.
pub const USER_REF_AHEAD_MAX: u32 = 65_536;

/// One stream.
///
/// All but the name in one cache line.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[repr(C, align(64))]
pub(crate) struct Stream {
    pub(crate) account: AccountId,
    /// Messages sent so far.
    pub(crate) number: u32,
    /// The highest UserRefNum seen.
    pub(crate) user_ref_high: u32,
    pub(crate) kind: StreamKind,
    pub(crate) session: SessionState,
    pub(crate) on_disconnect: OnDisconnect,
    /// The instrument of the last order, and the account's holding in it: the next is likely there.
    #[serde(skip)]
    pub(crate) recent: Option<(InstrumentId, u32)>,
    /// The living orders among them.
    #[serde(skip)]
    pub(crate) live: UserRefs,
    pub(crate) name: Name,
}

const _: () = assert!(core::mem::offset_of!(Stream, name) <= 64);

/// Every stream, in order of creation.
#[derive(Default, Debug)]
pub(crate) struct Streams {
    pub(crate) rows: Vec<Stream>,
}

impl Streams {
    pub(crate) fn get(&self, id: StreamId) -> Option<&Stream> {
        self.rows.get(id.index())
    }

    pub(crate) fn named(&self, account: AccountId, name: Name) -> Option<StreamId> {
        let at = self.rows.iter().position(|s| s.account == account && s.name == name)?;
        Some(StreamId(at as u32))
    }

    /// Numbers an event about one of a stream's orders.
    #[inline(always)]
    pub(crate) fn report(&mut self, stream: StreamId, user_ref: u32, kind: EventKind) -> Report {
        let Some(row) = self.rows.get_mut(stream.index()) else {
            return Report { stream: StreamId::NONE, number: 0, user_ref };
        };
        row.number += row.kind.messages(kind);
        Report { stream, number: row.number, user_ref }
    }

    #[inline(always)]
    pub(crate) fn set_live(&mut self, stream: StreamId, user_ref: u32, slot: SlotIndex) {
        self.rows[stream.index()].live.insert(user_ref, slot);
    }

    #[inline(always)]
    pub(crate) fn set_finished(&mut self, stream: StreamId, user_ref: u32) {
        self.rows[stream.index()].live.remove(user_ref);
    }
}
