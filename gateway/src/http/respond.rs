//! Answers on their way out: bodies of the JSON dialect, and its errors with their status.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use ringside_protocol::wire::json::{Code, RequestError};

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// A result, or what is wrong with the request.
pub(super) fn result(answered: Result<Vec<u8>, RequestError>) -> Response {
    match answered {
        Ok(body) => with(StatusCode::OK, body),
        Err(error) => refused(&error),
    }
}

/// An error of the dialect. Who finds the venue busy may try again in a second.
pub(super) fn refused(error: &RequestError) -> Response {
    let mut body = Vec::with_capacity(256);
    error.write_rest(&mut body);
    let status = StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = with(status, body);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

fn with(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    // Books change and tokens are secrets: nobody on the way keeps either.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// 404.
pub(super) async fn no_such_path() -> Response {
    let fix = "there are /api/v3/…, /v1/session, /healthz, /readyz and /metrics";
    refused(&RequestError::new(Code::Unsupported, fix).with_status(404))
}

/// 405; the header `Allow` says what the path answers.
pub(super) async fn wrong_method() -> Response {
    let fix = "the path does not answer this verb; see the header Allow";
    refused(&RequestError::new(Code::Unsupported, fix).with_status(405))
}
