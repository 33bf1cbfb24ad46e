//! Where an answer goes: the request's id, and the rate limits where they are asked for.

use ringside_protocol::wire::json::info::RateLimit;
use ringside_protocol::wire::json::{RequestError, RequestId};

use super::shared::say_event;

/// What an answer has beside its result or its error.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    /// The request's.
    pub(super) id: RequestId,
    /// The limit, with how much of it was used when the request came; none: it is not asked for.
    pub(super) limits: Option<RateLimit>,
}

impl Reply {
    /// Says why there is no result.
    pub(super) fn refuse(self, out: &mut Vec<u8>, error: RequestError) {
        let error = error.to(self.id);
        say_event(out, |out| error.write_ws(out, self.limits.as_slice()));
    }
}
