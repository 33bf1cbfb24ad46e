//! What is spoken at each door, as little of it as an order needs.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signer, SigningKey};
use ringside_gateway::identity::Tickets;
use ringside_protocol::wire::Alpha;
use ringside_protocol::wire::ouch::{
    Appendages, Capacity, ClientId, CrossType, Display, Enter, Inbound, Outbound, Side, Sweep,
    Symbol, TimeInForce,
};
use ringside_protocol::wire::soup::{self, ClientPacket, LoginRequest, ServerPacket, SessionId};
use ringside_protocol::{AccountId, KeyId, Name, Timestamp};

use crate::place::TICKET;

/// What is spoken: how an order is said, and how answers are known.
pub(crate) trait Speaks {
    /// Appends an order of this number.
    fn order(&mut self, number: u64, out: &mut Vec<u8>);

    /// Takes whole messages off the front of what came and says how many answered an order.
    fn answers(&mut self, came: &mut Vec<u8>) -> u64;
}

/// Bytes that come back as they are.
pub(crate) struct Echo;

const ECHO_BYTES: usize = 52;

impl Speaks for Echo {
    fn order(&mut self, _: u64, out: &mut Vec<u8>) {
        out.extend_from_slice(&[0; ECHO_BYTES]);
    }

    fn answers(&mut self, came: &mut Vec<u8>) -> u64 {
        let whole = came.len() / ECHO_BYTES;
        came.drain(..whole * ECHO_BYTES);
        whole as u64
    }
}

/// OUCH over SoupBinTCP.
pub(crate) struct Ouch;

impl Ouch {
    /// Somebody on the stream that there is a ticket for.
    pub(crate) fn log_in(address: SocketAddr) -> (Self, TcpStream) {
        let mut socket = connect(address);
        let mut tickets = Tickets::new([0; 32]);
        let stream = Name::parse(TICKET.1).expect("a name");
        let ticket = tickets.issue(TICKET.0, AccountId(0), stream, KeyId(0), Timestamp(0));
        let password = ticket.expect("a ticket").password;
        let mut out = Vec::new();
        ClientPacket::Login(LoginRequest {
            username: Alpha::new(TICKET.1).expect("six characters"),
            password: Alpha::new(&password).expect("ten characters"),
            session: SessionId::BLANK,
            sequence: 0,
        })
        .encode(&mut out);
        socket.write_all(&out).expect("a socket that takes");
        // Login Accepted, and the welcome behind it.
        hear(&mut socket, b"\"durability\":\"");
        (Self, socket)
    }
}

impl Speaks for Ouch {
    fn order(&mut self, number: u64, out: &mut Vec<u8>) {
        let enter = Inbound::Enter(Enter {
            user_ref: number as u32,
            side: Side::Buy,
            quantity: 1_000,
            symbol: Symbol::new("SOLUSDC").expect("a symbol"),
            price: 100,
            time_in_force: TimeInForce::ImmediateOrCancel,
            display: Display::Visible,
            capacity: Capacity::Other,
            sweep: Sweep::NotEligible,
            cross: CrossType::Continuous,
            client_id: ClientId::BLANK,
            appendages: Appendages::NONE,
        });
        soup::unsequenced(out, |out| enter.encode(out));
    }

    fn answers(&mut self, came: &mut Vec<u8>) -> u64 {
        let (mut at, mut count) = (0, 0);
        while let Some((packet, taken)) = soup::decode_server(&came[at..]).expect("packets") {
            if let ServerPacket::Sequenced(payload) = packet {
                match Outbound::decode(payload).expect("OUCH") {
                    Outbound::Accepted(_) => count += 1,
                    Outbound::Canceled(_) | Outbound::Executed(_) => {}
                    other => panic!("{other:?}"),
                }
            }
            at += taken;
        }
        came.drain(..at);
        count
    }
}

/// The JSON dialect over WebSocket.
pub(crate) struct Json;

impl Json {
    /// Somebody on a stream of the account that has this key.
    pub(crate) fn log_on(address: SocketAddr, key: &[u8; 32], stream: &str) -> (Self, TcpStream) {
        let mut socket = upgraded(address, "/ws-api/v3");
        let key = SigningKey::from_bytes(key);
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_millis();
        let api_key = HEXLOWER.encode(key.verifying_key().as_bytes());
        let signed = format!("apiKey={api_key}&stream={stream}&timestamp={since}");
        let signature = BASE64.encode(&key.sign(signed.as_bytes()).to_bytes());
        let logon = format!(
            "{{\"id\":0,\"method\":\"session.logon\",\"params\":{{\"apiKey\":\"{api_key}\",\
             \"stream\":\"{stream}\",\"timestamp\":{since},\"signature\":\"{signature}\"}}}}"
        );
        ask(&mut socket, &logon, b"\"durability\":\"");
        (Self, socket)
    }
}

/// A WebSocket at this path.
pub(crate) fn upgraded(address: SocketAddr, path: &str) -> TcpStream {
    let mut socket = connect(address);
    let opening = format!(
        "GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\nUpgrade: \
         websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \
         dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    socket.write_all(opening.as_bytes()).expect("a socket that takes");
    hear(&mut socket, b"\r\n\r\n");
    socket
}

/// Asks, and hears until these bytes have come.
pub(crate) fn ask(socket: &mut TcpStream, request: &str, answer: &[u8]) {
    let mut out = Vec::new();
    masked(&mut out, request.as_bytes());
    socket.write_all(&out).expect("a socket that takes");
    hear(socket, answer);
}

/// Hears until these bytes have come.
fn hear(socket: &mut TcpStream, wanted: &[u8]) {
    let (mut came, mut buffer) = (Vec::new(), [0; 4096]);
    while !came.windows(wanted.len()).any(|window| window == wanted) {
        let bytes = socket.read(&mut buffer).expect("an answer");
        let told = String::from_utf8_lossy(&came);
        assert!(bytes > 0, "the venue has closed the connection: {told}");
        assert!(!told.contains("\"error\""), "{told}");
        came.extend_from_slice(&buffer[..bytes]);
    }
}

/// A text frame as clients send it; a mask of zeros leaves the text as it is.
fn masked(out: &mut Vec<u8>, text: &[u8]) {
    out.push(0x81);
    match text.len() {
        length @ 0..=125 => out.push(0x80 | length as u8),
        length => {
            out.push(0x80 | 126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
    }
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(text);
}

impl Speaks for Json {
    fn order(&mut self, number: u64, out: &mut Vec<u8>) {
        let text = format!(
            "{{\"id\":{number},\"method\":\"order.place\",\"params\":{{\"symbol\":\"SOLUSDC\",\
             \"side\":\"BUY\",\"type\":\"LIMIT\",\"timeInForce\":\"IOC\",\"price\":\"1.00\",\
             \"quantity\":\"1.000\",\"newOrderRespType\":\"ACK\"}}}}"
        );
        masked(out, text.as_bytes());
    }

    fn answers(&mut self, came: &mut Vec<u8>) -> u64 {
        let (mut at, mut count) = (0, 0);
        while let Some((start, end)) = frame(&came[at..]) {
            let text = &came[at + start..at + end];
            assert!(text.windows(12).any(|w| w == b"\"status\":200"), "refused");
            count += 1;
            at += end;
        }
        came.drain(..at);
        count
    }
}

/// Where the payload of the first frame lies, if it is there.
fn frame(bytes: &[u8]) -> Option<(usize, usize)> {
    let (start, length) = match *bytes.get(1)? {
        126 => (4, u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]) as usize),
        short => (2, short as usize),
    };
    (bytes.len() >= start + length).then_some((start, start + length))
}

/// A socket that does not wait for more to send.
pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(address).expect("a door");
    socket.set_nodelay(true).expect("no delay");
    socket
}
