//! How long an order waits for its answer at the doors: `cargo bench -p ringside-benches --bench
//! doors [-- --rounds N] [--seconds N] [--directory DIR]`.
//!
//! Open loop: every order has a time at which it is due, whatever became of the one before, and
//! its wait counts from then. Beside the doors, in the same run and turn, the same client against a
//! thread that does nothing but echo: what sockets and the system cost by themselves. Orders are
//! IOC that find nothing, so the book stays as it is; the wait ends with `accepted`, or with the
//! answer to `order.place`.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signer, SigningKey};
use hdrhistogram::Histogram;
use ringside_benches::run::{argument, directory, median, print_machine};
use ringside_gateway::identity::Tickets;
use ringside_gateway::reactor::{Address, Speech};
use ringside_protocol::wire::Alpha;
use ringside_protocol::wire::ouch::{
    Appendages, Capacity, ClientId, CrossType, Display, Enter, Inbound, Outbound, Side, Sweep,
    Symbol, TimeInForce,
};
use ringside_protocol::wire::soup::{self, ClientPacket, LoginRequest, ServerPacket, SessionId};
use ringside_protocol::{AccountId, KeyId, Name, Timestamp};
use ringside_tools::config::Configuration;
use ringside_tools::serve::{self, Served};

const RATES: [u64; 3] = [1_000, 10_000, 50_000];
const DURABILITIES: [&str; 2] = ["async", "sync"];
const KEY: [u8; 32] = [7; 32];
const READ_BYTES: usize = 64 * 1024;

fn main() {
    let rounds = argument("--rounds").unwrap_or(3);
    let seconds = argument("--seconds").unwrap_or(2) as u64;
    print_machine();
    println!("order to answer, µs from when it was due; medians of {rounds} rounds, in turns\n");
    println!(
        "{:<10} {:<22} {:>8} {:>9} {:>9} {:>9}",
        "orders/s", "", "p50", "p99", "p99.9", "sent"
    );
    for rate in RATES {
        for durability in DURABILITIES {
            print_rows(rate, durability, rounds, Duration::from_secs(seconds));
        }
    }
}

fn print_rows(rate: u64, durability: &str, rounds: usize, length: Duration) {
    let names = ["echo".to_owned(), format!("OUCH, {durability}"), format!("JSON, {durability}")];
    let mut found: [Vec<[f64; 3]>; 3] = Default::default();
    let mut sent = 0;
    for _ in 0..rounds {
        for (at, found) in found.iter_mut().enumerate() {
            let (waits, count) = measure(at, durability, rate, length);
            found.push([0.5, 0.99, 0.999].map(|q| waits.value_at_quantile(q) as f64 / 1_000.0));
            sent = count;
        }
    }
    for (name, found) in names.iter().zip(found) {
        let [p50, p99, p999] =
            [0, 1, 2].map(|q| median(&found.iter().map(|row| row[q]).collect::<Vec<_>>()));
        println!("{rate:<10} {name:<22} {p50:>8.1} {p99:>9.1} {p999:>9.1} {sent:>9}");
    }
}

fn measure(what: usize, durability: &str, rate: u64, length: Duration) -> (Histogram<u64>, u64) {
    if what == 0 {
        let (address, echo) = echo();
        let waits = drive(&mut Echo, connect(address), rate, length);
        drop(echo);
        return waits;
    }
    let home = tempfile::tempdir_in(directory()).expect("a directory");
    let served = open(home.path(), durability);
    let waits = if what == 1 {
        let (mut ouch, socket) = Ouch::log_in(address(&served, false));
        drive(&mut ouch, socket, rate, length)
    } else {
        let (mut json, socket) = Json::log_on(address(&served, true));
        drive(&mut json, socket, rate, length)
    };
    served.venue.stop();
    waits
}

/// What is spoken: how an order is said, and how answers are known.
trait Speaks {
    /// Appends an order of this number.
    fn order(&mut self, number: u64, out: &mut Vec<u8>);

    /// Takes whole messages off the front of what came and says how many answered an order.
    fn answers(&mut self, came: &mut Vec<u8>) -> u64;
}

/// Sends orders when they are due and waits for the answer to each.
fn drive(
    speech: &mut dyn Speaks,
    mut socket: TcpStream,
    rate: u64,
    length: Duration,
) -> (Histogram<u64>, u64) {
    let mut waits = Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("bounds");
    let count = rate * length.as_millis() as u64 / 1_000;
    let interval = Duration::from_nanos(1_000_000_000 / rate);
    let (mut due, mut sent, mut answered) = (VecDeque::new(), 0u64, 0u64);
    let (mut out, mut came, mut buffer) = (Vec::new(), Vec::new(), vec![0; READ_BYTES]);
    socket.set_nonblocking(true).expect("a socket that does not block");
    let began = Instant::now();
    while answered < count {
        let now = began.elapsed();
        while sent < count && interval * (sent as u32) <= now {
            sent += 1;
            speech.order(sent, &mut out);
            due.push_back(interval * (sent as u32 - 1));
        }
        if !out.is_empty() {
            send(&mut socket, &out);
            out.clear();
        }
        // It looks without sleeping: a socket's own timeouts are as coarse as the system's ticks.
        match socket.read(&mut buffer) {
            Ok(0) => panic!("the venue has closed the connection"),
            Ok(bytes) => came.extend_from_slice(&buffer[..bytes]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
        let now = began.elapsed();
        for _ in 0..speech.answers(&mut came) {
            answered += 1;
            let due = due.pop_front().expect("an answer to an order");
            let wait = now.saturating_sub(due).as_nanos() as u64;
            waits.record(wait.max(1)).expect("within bounds");
        }
    }
    (waits, count)
}

/// Writes all of it, however often the socket is full.
fn send(socket: &mut TcpStream, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match socket.write(bytes) {
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
    }
}

fn connect(address: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(address).expect("a door");
    socket.set_nodelay(true).expect("no delay");
    socket
}

/// A thread that sends back what it reads.
fn echo() -> (SocketAddr, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let work = move || {
        let (mut socket, _) = listener.accept().expect("a client");
        socket.set_nodelay(true).expect("no delay");
        let mut buffer = vec![0; READ_BYTES];
        while let Ok(bytes @ 1..) = socket.read(&mut buffer) {
            socket.write_all(&buffer[..bytes]).expect("a socket that takes");
        }
    };
    (address, thread::spawn(work))
}

struct Echo;

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

struct Ouch;

const TICKET: ([u8; 16], &str) = ([3; 16], "bench");

impl Ouch {
    fn log_in(address: SocketAddr) -> (Self, TcpStream) {
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
        let (mut came, mut buffer) = (Vec::new(), [0; 4096]);
        loop {
            let bytes = socket.read(&mut buffer).expect("an answer");
            assert!(bytes > 0, "the venue has closed the connection");
            came.extend_from_slice(&buffer[..bytes]);
            // Login Accepted, and the welcome behind it.
            if came.windows(14).any(|window| window == b"\"durability\":\"") {
                return (Self, socket);
            }
        }
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
                    Outbound::Canceled(_) => {}
                    other => panic!("{other:?}"),
                }
            }
            at += taken;
        }
        came.drain(..at);
        count
    }
}

struct Json;

impl Json {
    fn log_on(address: SocketAddr) -> (Self, TcpStream) {
        let mut socket = connect(address);
        let opening = "GET /ws-api/v3 HTTP/1.1\r\nHost: bench\r\nConnection: Upgrade\r\nUpgrade: \
                       websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \
                       dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        socket.write_all(opening.as_bytes()).expect("a socket that takes");
        let key = SigningKey::from_bytes(&KEY);
        let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_millis();
        let api_key = HEXLOWER.encode(key.verifying_key().as_bytes());
        let signed = format!("apiKey={api_key}&timestamp={since}");
        let signature = BASE64.encode(&key.sign(signed.as_bytes()).to_bytes());
        let logon = format!(
            "{{\"id\":0,\"method\":\"session.logon\",\"params\":{{\"apiKey\":\"{api_key}\",\
             \"timestamp\":{since},\"signature\":\"{signature}\"}}}}"
        );
        let (mut out, mut came, mut buffer) = (Vec::new(), Vec::new(), [0; 4096]);
        masked(&mut out, logon.as_bytes());
        socket.write_all(&out).expect("a socket that takes");
        loop {
            let bytes = socket.read(&mut buffer).expect("an answer");
            assert!(bytes > 0, "the venue has closed the connection");
            came.extend_from_slice(&buffer[..bytes]);
            if came.windows(14).any(|window| window == b"\"durability\":\"") {
                return (Self, socket);
            }
        }
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

const SOL: &str = concat!(
    r#"{"op":"instrument","symbol":"SOL/USDC","wire_symbol":"SOLUSDC","kind":"spot","#,
    r#""base":"SOL","quote":"USDC","tick":"0.01","lot":"0.001"}"#
);

/// A venue with both doors, one account, and a ticket for its stream.
fn open(home: &Path, durability: &str) -> Served {
    let mut tickets = Tickets::new([0; 32]);
    let stream = Name::parse(TICKET.1).expect("a name");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_nanos() as u64;
    tickets.issue(TICKET.0, AccountId(0), stream, KeyId(0), Timestamp(now)).expect("a ticket");
    let venue = home.join("venue");
    std::fs::create_dir(&venue).expect("a directory");
    std::fs::write(venue.join("tickets"), tickets.text()).expect("a file");
    let key = HEXLOWER.encode(SigningKey::from_bytes(&KEY).verifying_key().as_bytes());
    let text = format!(
        r#"
[venue]
directory = "{}"
durability = "{durability}"
[tcp]
listen = ["127.0.0.1:0"]
[websocket]
listen = ["127.0.0.1:0"]
[limits]
messages_per_second = 1000000
[genesis]
lines = """
{{"op":"currency","code":"USDC","scale":6}}
{{"op":"currency","code":"SOL","scale":6}}
{SOL}
{{"op":"account","account":"bench"}}
{{"op":"deposit","account":"bench","currency":"USDC","amount":"1000000000"}}
{{"op":"key","account":"bench","key":"{key}","permissions":["read","trade"]}}
"""
"#,
        venue.display()
    );
    let configuration = Configuration::parse(&text).expect("a configuration");
    serve::serve(&configuration).expect("a venue")
}

fn address(served: &Served, json: bool) -> SocketAddr {
    let wanted = |speech: &Speech| matches!(speech, Speech::WebSocket) == json;
    let found = served.addresses.iter().find(|(_, speech)| wanted(speech));
    match found {
        Some((Address::Tcp(address), _)) => *address,
        Some((Address::Unix(_), _)) | None => panic!("a door"),
    }
}
