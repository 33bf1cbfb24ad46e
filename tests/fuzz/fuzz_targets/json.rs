//! The JSON dialect: any text is a request, or an error that is JSON itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringside_protocol::wire::json::{
    RequestError, parse_rest, parse_stream_path, parse_stream_request, parse_ws_api,
};

const LIMIT: usize = 65_536;

fuzz_target!(|text: &str| {
    check(parse_ws_api(text, LIMIT).err());
    check(parse_stream_request(text, LIMIT).err());
    let (query, body) = text.split_once('\n').unwrap_or((text, ""));
    check(parse_rest("POST", "/api/v3/order", query, body, None).err());
    let _ = parse_stream_path(text);
});

fn check(error: Option<RequestError>) {
    if let Some(error) = error {
        let mut out = Vec::new();
        error.write_ws(&mut out);
        assert!(std::str::from_utf8(&out).is_ok());
    }
}
