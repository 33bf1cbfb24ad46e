//! A request taken off the wire: its body read to its bound, its parts as texts.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use ringside_protocol::wire::json::{Code, RequestError};

use crate::limits::{HTTP_BODY_BYTES_MAX, HTTP_BODY_WITHIN};

/// The parts of a request.
pub(super) struct Taken {
    pub(super) verb: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) body: String,
    pub(super) api_key: Option<String>,
    /// What stands behind `Authorization: Bearer`.
    pub(super) bearer: Option<String>,
}

impl Taken {
    /// Waits for the body.
    ///
    /// # Errors
    /// 413 where it is too long, 408 where it does not come, 400 where it is no text.
    pub(super) async fn of(request: Request) -> Result<Self, RequestError> {
        let (parts, body) = request.into_parts();
        let header = |name: &str| text(&parts.headers, name);
        Ok(Self {
            verb: parts.method.as_str().to_owned(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            api_key: header("x-mbx-apikey"),
            bearer: header(AUTHORIZATION.as_str()).as_deref().and_then(bearer),
            body: read(body).await?,
        })
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// The scheme's name has no case.
fn bearer(authorization: &str) -> Option<String> {
    let (scheme, token) = authorization.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

async fn read(body: Body) -> Result<String, RequestError> {
    let read = tokio::time::timeout(HTTP_BODY_WITHIN, to_bytes(body, HTTP_BODY_BYTES_MAX)).await;
    // Of a connection that breaks nobody reads the answer.
    let bytes = read.map_err(|_| late())?.map_err(|_| too_long())?;
    String::from_utf8(bytes.into()).map_err(|_| {
        RequestError::about(Code::IllegalCharacters, "body", "send UTF-8, percent-encoded")
    })
}

fn too_long() -> RequestError {
    let fix = format!("a body has at most {HTTP_BODY_BYTES_MAX} bytes");
    RequestError::new(Code::TooManyParameters, fix).with_status(413)
}

fn late() -> RequestError {
    let fix = format!("the body must come within {} s", HTTP_BODY_WITHIN.as_secs());
    let said = "The request did not come in time; nothing was done.";
    RequestError::new(Code::Unknown, fix).saying(said).with_status(408)
}
