//! `/v1/session`: a signed request becomes a bearer token, which is looked at, refreshed and ended
//! by whoever shows it.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use ringside_protocol::wire::json::{Code, RequestError, Security, answer, parse_rest_security};

use super::desk::Desk;
use super::request::Taken;
use super::respond;
use crate::bearer::BearerAsk;
use crate::questions::Question;

/// `POST /v1/session`.
pub(super) async fn open(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    respond::result(answered(&desk, request, signed).await)
}

/// `GET /v1/session`.
pub(super) async fn look(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    respond::result(answered(&desk, request, |taken| shown(taken).map(BearerAsk::Look)).await)
}

/// `POST /v1/session/refresh`.
pub(super) async fn refresh(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    respond::result(answered(&desk, request, |taken| shown(taken).map(BearerAsk::Refresh)).await)
}

/// `DELETE /v1/session`.
pub(super) async fn end(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    respond::result(answered(&desk, request, |taken| shown(taken).map(BearerAsk::End)).await)
}

async fn answered(
    desk: &Desk,
    request: Request,
    ask: impl FnOnce(Taken) -> Result<BearerAsk, RequestError>,
) -> Result<Vec<u8>, RequestError> {
    let ask = ask(Taken::of(request).await?)?;
    let session = desk.ask(|reply| Question::Bearer { ask, reply }).await??;
    let mut out = Vec::with_capacity(256);
    match session {
        Some(session) => answer::bearer(&mut out, &session),
        None => answer::nothing(&mut out),
    }
    Ok(out)
}

fn signed(taken: Taken) -> Result<BearerAsk, RequestError> {
    let api_key = taken.api_key.as_deref();
    match parse_rest_security(&taken.query, &taken.body, api_key)? {
        Security::Signed(signed) => Ok(BearerAsk::Open(signed)),
        Security::Session { .. } | Security::Named { .. } => {
            let fix = "sign the request: timestamp and signature, the key in X-MBX-APIKEY";
            Err(RequestError::about(Code::Missing, "signature", fix))
        }
    }
}

fn shown(taken: Taken) -> Result<String, RequestError> {
    taken.bearer.ok_or_else(|| {
        let fix = "send `Authorization: Bearer TOKEN`; POST /v1/session makes a token";
        RequestError::new(Code::Unauthorized, fix)
    })
}
