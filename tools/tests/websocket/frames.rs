//! Bytes that a well-behaved client never sends, and those that come in pieces: precise ends, and
//! nobody else notices.

use std::io::Write;

use serde_json::json;
use tungstenite::Message;
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::protocol::frame::{Frame, FrameHeader};

use super::client::{Client, http};
use super::kit::Venue;

/// A masked frame, as clients send them.
fn frame(opcode: OpCode, is_final: bool, payload: &[u8]) -> Vec<u8> {
    masked(Frame::message(payload.to_vec(), opcode, is_final))
}

fn masked(mut frame: Frame) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame.header_mut().mask = Some([1, 2, 3, 4]);
    frame.format(&mut bytes).expect("into memory");
    bytes
}

fn text(payload: &str) -> Vec<u8> {
    frame(OpCode::Data(Data::Text), true, payload.as_bytes())
}

fn ping(id: u64) -> Vec<u8> {
    text(&json!({"id": id, "method": "ping"}).to_string())
}

/// Sends bytes past the library.
fn raw(client: &mut Client, bytes: &[u8]) {
    client.socket.get_mut().write_all(bytes).expect("it is connected");
}

#[test]
fn a_message_that_comes_byte_by_byte_is_read() {
    // GWY-019
    let venue = Venue::open();
    let mut client = venue.stranger("/ws-api/v3");
    for byte in ping(1) {
        raw(&mut client, &[byte]);
    }
    assert_eq!(client.message()["id"], 1);
}

#[test]
fn many_messages_in_one_piece_are_all_read() {
    // GWY-019
    let venue = Venue::open();
    let mut client = venue.stranger("/ws-api/v3");
    let all: Vec<u8> = (1..=500).flat_map(ping).collect();
    raw(&mut client, &all);
    for id in 1..=500 {
        assert_eq!(client.message()["id"], id);
    }
}

#[test]
fn a_message_in_fragments_with_a_ping_between_is_read() {
    // GWY-019
    let venue = Venue::open();
    let mut client = venue.stranger("/ws-api/v3");
    raw(&mut client, &frame(OpCode::Data(Data::Text), false, b"{\"id\":7,"));
    raw(&mut client, &masked(Frame::ping(b"hm".to_vec())));
    raw(&mut client, &frame(OpCode::Data(Data::Continue), true, b"\"method\":\"ping\"}"));
    assert_eq!(client.socket.read().expect("a pong"), Message::Pong(b"hm".to_vec().into()));
    assert_eq!(client.message()["id"], 7);
}

#[test]
fn what_is_no_message_ends_with_the_code_of_its_kind() {
    // GWY-005, GWY-018: each is cut off with code and reason while somebody else trades on.
    let venue = Venue::open();
    let mut beside = venue.trader("basil");
    let unmasked = {
        let mut bytes = Vec::new();
        Frame::message(b"{}".to_vec(), OpCode::Data(Data::Text), true)
            .format(&mut bytes)
            .expect("into memory");
        bytes
    };
    let claim = |bytes: u64| {
        let mut head = Vec::new();
        let header = FrameHeader { mask: Some([0; 4]), ..FrameHeader::default() };
        header.format(bytes, &mut head).expect("into memory");
        head
    };
    let too_long = text(&"x".repeat(65_537));
    let in_parts: Vec<u8> = (0..3)
        .flat_map(|part| {
            let kind = if part == 0 { Data::Text } else { Data::Continue };
            frame(OpCode::Data(kind), false, &vec![b'x'; 30_000])
        })
        .collect();
    for (what, bytes, code, word) in [
        ("binary", frame(OpCode::Data(Data::Binary), true, b"x"), 1003, "binary"),
        ("text that is none", frame(OpCode::Data(Data::Text), true, &[0xC3, 0x28]), 1007, "UTF-8"),
        ("not masked", unmasked, 1002, "mask"),
        ("a reserved bit", vec![0xC1, 0x80, 0, 0, 0, 0], 1002, "reserved"),
        ("an opcode that is none", vec![0x83, 0x80, 0, 0, 0, 0], 1002, "opcode"),
        ("a fragment of nothing", frame(OpCode::Data(Data::Continue), true, b"x"), 1002, ""),
        ("a byte too long", too_long, 1009, "65537"),
        ("too long in parts", in_parts, 1009, "90000"),
        ("so long that nobody would believe it", claim(1 << 60), 1009, "taken here"),
        ("garbage", vec![0xFF; 64], 1002, ""),
    ] {
        let mut client = venue.stranger("/ws-api/v3");
        raw(&mut client, &bytes);
        let end = client.end();
        assert_eq!(u16::from(end.code), code, "{what}: {end}");
        assert!(end.reason.to_lowercase().contains(&word.to_lowercase()), "{what}: {end}");
        assert!(client.is_gone(), "{what}");
        beside.done("ping", json!({}));
    }
    beside.place("o1", "BUY", "9.00", "1");
}

#[test]
fn the_longest_message_is_taken() {
    let venue = Venue::open();
    let mut client = venue.stranger("/ws-api/v3");
    let head = "{\"id\":1,\"method\":\"ping\"}";
    client.send(&format!("{head}{}", " ".repeat(65_536 - head.len())));
    assert_eq!(client.message()["status"], 200);
}

#[test]
fn who_closes_is_answered_and_closed() {
    let venue = Venue::open();
    let mut client = venue.stranger("/ws-api/v3");
    client.socket.close(None).expect("it is connected");
    assert!(matches!(client.socket.read(), Ok(Message::Close(_))));
    assert!(client.is_gone());
}

#[test]
fn a_request_that_opens_nothing_is_told_why() {
    // GWY-018
    let venue = Venue::open();
    for (request, status, word) in [
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 400, "upgrade"),
        ("POST /ws HTTP/1.1\r\nHost: x\r\n\r\n", 400, ""),
        ("hello\r\n\r\n", 400, ""),
        (
            "GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            404,
            "/ws-api/v3",
        ),
    ] {
        let answer = http(venue.address(), request.as_bytes());
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request:?}: {answer}");
        assert!(answer.contains(word), "{request:?}: {answer}");
    }
    let endless = [b"GET / HTTP/1.1\r\n".to_vec(), vec![b'a'; 9_000]].concat();
    let answer = http(venue.address(), &endless);
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[test]
fn who_opens_nothing_in_time_is_closed() {
    let venue = Venue::with("login_timeout_s = 1");
    assert_eq!(http(venue.address(), b"GET /ws HTT"), "", "without a word: it speaks no language");
}

#[test]
fn a_flood_waits_and_nobody_else_does() {
    // GWY-005: what comes faster than is allowed is read when it is due.
    let venue = Venue::with("messages_per_second = 100");
    let (mut flood, mut beside) = (venue.trader("amber"), venue.trader("basil"));
    let all: Vec<u8> = (1_000..1_150).flat_map(ping).collect();
    raw(&mut flood, &all);
    for _ in 0..20 {
        beside.done("ping", json!({}));
    }
    for id in 1_000..1_150 {
        assert_eq!(flood.message()["id"], id);
    }
}
