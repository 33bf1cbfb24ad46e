//! `/api/v3`: what anybody may ask of the venue, in the JSON dialect's REST form.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use ringside_protocol::Name;
use ringside_protocol::wire::json::info::{InstrumentShown, exchange_info};
use ringside_protocol::wire::json::{Code, Method, RequestError, answer, parse_rest};

use super::desk::Desk;
use super::instruments::find;
use super::request::Taken;
use super::respond;
use crate::questions::{Instruments, Question};

/// Answers a request below `/api/v3`.
pub(super) async fn answer(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    respond::result(answered(&desk, request).await)
}

async fn answered(desk: &Desk, request: Request) -> Result<Vec<u8>, RequestError> {
    let Taken { verb, path, query, body, api_key, .. } = Taken::of(request).await?;
    let request = parse_rest(&verb, &path, &query, &body, api_key.as_deref())?;
    let mut out = Vec::with_capacity(256);
    match request.method {
        Method::Ping => answer::nothing(&mut out),
        Method::Time => answer::server_time(&mut out, desk.now()),
        Method::ExchangeInfo { symbols } => {
            let instruments = desk.instruments().await?;
            let named = named(&instruments, &symbols)?;
            exchange_info(&mut out, desk.now(), &desk.rate_limits(), named);
        }
        Method::Depth { symbol, levels } => depth(desk, symbol, levels, &mut out).await?,
        Method::LogOn(_)
        | Method::SessionStatus
        | Method::LogOut
        | Method::Ticket { .. }
        | Method::CancelOnDisconnect(_)
        | Method::Place(_)
        | Method::Test(_)
        | Method::Cancel(_)
        | Method::OrderStatus { .. }
        | Method::OpenOrders { .. }
        | Method::CancelAll { .. }
        | Method::Account { .. }
        | Method::Subscribe(_)
        | Method::Unsubscribe { .. }
        | Method::Subscriptions => return Err(elsewhere()),
    }
    Ok(out)
}

/// Orders and accounts have doors that are made for them.
fn elsewhere() -> RequestError {
    let fix = "orders and accounts are on the WebSocket door, /ws-api/v3; not supported here yet";
    RequestError::new(Code::Unsupported, fix)
}

fn named<'i>(
    instruments: &'i Instruments,
    symbols: &[Name],
) -> Result<Vec<&'i InstrumentShown>, RequestError> {
    if symbols.is_empty() {
        return Ok(instruments.iter().flatten().collect());
    }
    symbols.iter().map(|&symbol| find(instruments, symbol).map(|(_, shown)| shown)).collect()
}

/// The book with its sequence and checksum (FED-011).
async fn depth(
    desk: &Desk,
    symbol: Name,
    levels: u64,
    out: &mut Vec<u8>,
) -> Result<(), RequestError> {
    let instruments = desk.instruments().await?;
    let (instrument, shown) = find(&instruments, symbol)?;
    let levels = usize::try_from(levels).unwrap_or(usize::MAX);
    let asked = desk.ask(|reply| Question::Depth { instrument, levels, reply });
    let (last_update, depth) = asked.await?;
    answer::depth(out, &shown.listing, last_update, &depth);
    Ok(())
}
