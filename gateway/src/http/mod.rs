//! The HTTP door: health and figures for the operator, public questions of the JSON dialect, and
//! bearer sessions. It has a thread of its own, beside the venue's: a scrape or a flood of requests
//! enters no lane, and what only the reactor knows is asked of it ([`crate::questions`]).

mod api;
mod desk;
mod door;
mod health;
mod instruments;
mod quota;
mod request;
mod respond;
mod session;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{any, get, post};
use ringside_protocol::Timestamp;

pub use door::HttpDoor;
pub use health::{Figures, Standing, Vitals};

use self::desk::Desk;
use crate::house::Counts;
use crate::limits::Limits;
use crate::questions::Questions;

/// Says the time, nanoseconds since the Unix epoch.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What the door is opened with.
#[derive(Clone)]
pub struct Opening {
    /// Bounds of requests.
    pub limits: Limits,
    /// The way to the reactor.
    pub questions: Questions,
    /// What the other doors count.
    pub counts: Arc<Counts>,
    /// How the venue is.
    pub vitals: Arc<dyn Vitals>,
    /// The time.
    pub clock: Clock,
}

/// Every path, and who answers there. Requests carry the extension
/// [`SourceId`](crate::identity::SourceId): where they come from.
pub fn router(opening: Opening) -> Router {
    let desk = Arc::new(Desk::new(opening));
    let operators = Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics));
    let clients = Router::new()
        .route("/api/v3/{*path}", any(api::answer))
        .route("/v1/session", get(session::look).post(session::open).delete(session::end))
        .route("/v1/session/refresh", post(session::refresh))
        .fallback(respond::no_such_path)
        .layer(from_fn_with_state(Arc::clone(&desk), desk::metered));
    let all = operators.merge(clients).method_not_allowed_fallback(respond::wrong_method);
    all.with_state(desk)
}
