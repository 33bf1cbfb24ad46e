//! What every request is answered with: the way to the reactor, the clock, who has asked how often.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::RETRY_AFTER;
use axum::middleware::Next;
use axum::response::Response;
use ringside_protocol::Timestamp;
use ringside_protocol::wire::json::info::{RateInterval, RateKind, RateLimit};
use ringside_protocol::wire::json::{Code, RequestError};

use super::health::Standing;
use super::instruments::Known;
use super::quota::{Quota, Wait};
use super::{Opening, respond};
use crate::house::Counts;
use crate::identity::SourceId;
use crate::questions::{Question, Reply};

/// How much of its limit an address has used, in the dialect's own header.
const USED: &str = "x-mbx-used-weight-1m";

/// What every request is answered with.
pub(super) struct Desk {
    pub(super) opening: Opening,
    /// Requests under the limit, and those above it.
    pub(super) requests: AtomicU64,
    pub(super) limited: AtomicU64,
    /// The instruments as they were asked for last.
    pub(super) known: Mutex<Option<Known>>,
    quota: Mutex<Quota>,
}

impl Desk {
    pub(super) fn new(opening: Opening) -> Self {
        let quota = Quota::new(opening.limits.requests_per_minute);
        Self {
            opening,
            requests: AtomicU64::new(0),
            limited: AtomicU64::new(0),
            known: Mutex::default(),
            quota: Mutex::new(quota),
        }
    }

    /// The time.
    pub(super) fn now(&self) -> Timestamp {
        (self.opening.clock)()
    }

    /// Asks the reactor, where there is one.
    pub(super) async fn ask<T>(
        &self,
        question: impl FnOnce(Reply<T>) -> Question,
    ) -> Result<T, RequestError> {
        let standing = self.opening.vitals.standing();
        if let Standing::Starting | Standing::Stopping = standing {
            return Err(RequestError::new(Code::Busy, standing.to_string()));
        }
        let answer = self.opening.questions.ask(question).await;
        answer.map_err(|why| RequestError::new(Code::Busy, why.to_string()))
    }

    /// The limit, as it is published.
    pub(super) fn rate_limits(&self) -> [RateLimit; 1] {
        [RateLimit {
            kind: RateKind::RequestWeight,
            interval: RateInterval::Minute,
            intervals: 1,
            limit: u64::from(self.opening.limits.requests_per_minute),
            count: None,
        }]
    }

    fn spend(&self, source: SourceId) -> Result<usize, Wait> {
        let now = self.now();
        let spent = locked(&self.quota).take(source, now);
        Counts::add(if spent.is_ok() { &self.requests } else { &self.limited });
        spent
    }
}

/// Nobody panics while holding one of these.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("Invariant: nobody panics with the desk")
}

/// Counts a request of an address, and answers it itself where there are too many (GWY-013).
pub(super) async fn metered(
    State(desk): State<Arc<Desk>>,
    Extension(source): Extension<SourceId>,
    request: Request,
    next: Next,
) -> Response {
    match desk.spend(source) {
        Ok(used) => with_used(next.run(request).await, used),
        Err(wait) => too_many(&desk, wait),
    }
}

fn with_used(mut response: Response, used: usize) -> Response {
    response.headers_mut().insert(USED, HeaderValue::from(used));
    response
}

fn too_many(desk: &Desk, wait: Wait) -> Response {
    let limit = desk.opening.limits.requests_per_minute;
    let fix = format!("{limit} requests a minute are taken; wait {} s", wait.seconds);
    let refused = respond::refused(&RequestError::new(Code::TooManyRequests, fix));
    let mut response = with_used(refused, limit as usize);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.seconds));
    response
}

/// A count as it stands.
pub(super) fn read(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}
