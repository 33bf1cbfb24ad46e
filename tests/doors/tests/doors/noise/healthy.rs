//! Those who trade at a steady rate, one at each door, and hear every message once, in order.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use ringside_client::ouch::OuchClient;
use ringside_client::socket::Address;
use ringside_client::soup::Resume;
use ringside_client::websocket::{API, Heard as WebHeard, WebClient};
use ringside_doors::line::{Heard, Line, request};
use ringside_doors::spoken::next;
use ringside_doors::venue::{Venue, ahead, bot, key};
use ringside_gateway::limits::HTTP_CONNECTION_LIFE;
use ringside_protocol::wire::ouch::Outbound;
use ringside_protocol::wire::soup::ClientPacket;
use serde_json::{Value, json};

use crate::buy;

/// Between two questions.
const INTERVAL: Duration = Duration::from_millis(10);
/// What is not answered within this is not answered.
const ANSWERED_WITHIN: Duration = Duration::from_secs(60);
/// Orders and their cancels that fill every ring once: rings take memory as they are written.
const RINGFUL: usize = 40_000;
/// Messages of the tape that are compared with what is told again; the venue keeps more.
const COMPARED_MAX: usize = 100_000;

/// Somebody who asks and is answered.
pub(super) trait Asks {
    /// Asks.
    fn ask(&mut self);

    /// Hears what comes within a limit; whether it was the answer to the oldest question.
    fn hears_answer(&mut self, limit: Duration) -> bool;
}

/// Asks whenever it is time, whatever became of the question before, and says how long each answer
/// took, in nanoseconds.
pub(super) fn steady(somebody: &mut impl Asks, length: Duration) -> Histogram<u64> {
    let mut waits = Histogram::new(3).expect("three digits");
    let mut asked = VecDeque::new();
    let (began, mut due) = (Instant::now(), Duration::ZERO);
    while due < length || !asked.is_empty() {
        let now = began.elapsed();
        if due < length && due <= now {
            asked.push_back(Instant::now());
            somebody.ask();
            due += INTERVAL;
            continue;
        }
        let limit = if due < length { due - now } else { ANSWERED_WITHIN };
        if somebody.hears_answer(limit) {
            let asked: Instant = asked.pop_front().expect("an answer to a question");
            waits.record(asked.elapsed().as_nanos() as u64).expect("it grows");
        } else {
            let oldest = asked.front().map_or(Duration::ZERO, Instant::elapsed);
            assert!(oldest < ANSWERED_WITHIN, "no answer within {oldest:?}");
        }
    }
    waits
}

/// At the binary door: orders that rest, and their cancels.
pub(super) struct Binary {
    bot: OuchClient,
    /// The last order that was accepted.
    accepted: u32,
    messages: u64,
}

impl Binary {
    pub(super) fn new(venue: &Venue) -> Self {
        let bot = bot(venue.doors.v6.clone(), venue.login(0), Resume::FIRST).unwrap();
        Self { bot, accepted: 0, messages: 0 }
    }

    pub(super) fn fill_rings(&mut self) {
        for _ in 0..RINGFUL / 100 {
            for _ in 0..100 {
                let order = self.bot.place(&buy(1, 1)).unwrap();
                self.bot.cancel(order).unwrap();
            }
            next(&mut self.bot, 200);
        }
        self.messages = 2 * RINGFUL as u64;
        self.accepted = RINGFUL as u32;
    }

    /// A question that changes nothing, and its answer.
    pub(super) fn asks_for_nothing(&mut self) {
        assert_eq!(self.bot.query().unwrap(), self.accepted + 1, "nobody else is on the stream");
    }

    /// There was no message that it has not heard.
    pub(super) fn heard_all(&mut self, venue: &Venue) {
        while self.hears_answer(Duration::ZERO) {}
        let (_, accepted) = Line::enter(&venue.doors.v6, &venue.login(0), Resume::LIVE);
        assert_eq!(accepted.sequence, self.messages + 1);
    }
}

impl Asks for Binary {
    fn ask(&mut self) {
        let order = self.bot.place(&buy(1, 1)).unwrap();
        self.bot.cancel(order).unwrap();
    }

    fn hears_answer(&mut self, limit: Duration) -> bool {
        let Some(told) = self.bot.next_within(limit).unwrap() else { return false };
        self.messages += 1;
        assert_eq!(told.number, self.messages, "no gap and nothing twice");
        let Outbound::Accepted(message) = told.message else { return false };
        self.accepted += 1;
        assert_eq!(message.user_ref, self.accepted, "orders are accepted once, in order");
        true
    }
}

/// At the JSON door: orders that find nothing, by one who hears what becomes of them.
pub(super) struct Json {
    bot: WebClient,
    /// Questions without an answer.
    asked: VecDeque<u64>,
    messages: u64,
}

impl Json {
    pub(super) fn new(venue: &Venue) -> Self {
        let address = venue.doors.websocket.v6.clone();
        let mut bot = WebClient::connect(address, API, Box::new(ahead)).unwrap();
        bot.log_on(&key(1), STREAM).unwrap();
        bot.subscribe(None).unwrap();
        Self { bot, asked: VecDeque::new(), messages: 0 }
    }

    /// There was no message that it has not heard.
    pub(super) fn heard_all(&mut self, venue: &Venue) {
        self.bot.request("account.status", json!({})).unwrap();
        while let Some(heard) = self.bot.next_within(Duration::ZERO).unwrap() {
            self.note(heard);
        }
        let mut again = venue.web(API);
        let welcome = again.log_on(&key(1), STREAM).unwrap();
        assert_eq!(welcome["nextNumber"], self.messages + 1);
    }

    /// Whether this was an answer.
    fn note(&mut self, heard: WebHeard) -> bool {
        match heard {
            WebHeard::Answer { id, result } => {
                assert_eq!(self.asked.pop_front(), Some(id), "answers come in their order");
                result.unwrap_or_else(|why| panic!("{why}"));
                true
            }
            WebHeard::Event(told) => {
                self.number(&told["event"]);
                false
            }
        }
    }

    fn number(&mut self, event: &Value) {
        if event["e"] != "outboundAccountPosition" {
            self.messages += 1;
            assert_eq!(event["number"], self.messages, "no gap and nothing twice: {event}");
        }
    }
}

impl Asks for Json {
    fn ask(&mut self) {
        let order = json!({
            "symbol": "SOLUSD", "side": "BUY", "type": "LIMIT", "timeInForce": "IOC",
            "price": "0.01", "quantity": "1", "newOrderRespType": "ACK",
        });
        self.asked.push_back(self.bot.send("order.place", order).unwrap());
    }

    fn hears_answer(&mut self, limit: Duration) -> bool {
        self.bot.next_within(limit).unwrap().is_some_and(|heard| self.note(heard))
    }
}

const STREAM: &str = "J1";

/// At the HTTP door, which takes no orders: the book, asked for over one connection after another,
/// for there they have an end.
pub(super) struct Http {
    address: SocketAddr,
    socket: TcpStream,
    opened: Instant,
    /// Questions without an answer.
    asked: u32,
    inbox: Vec<u8>,
}

impl Http {
    pub(super) fn new(venue: &Venue) -> Self {
        let public = venue.doors.public.as_ref().expect("a plan with every door");
        let Address::Tcp(address) = public.http.v6 else { panic!("{public:?} are no ports") };
        let socket = connected(address);
        Self { address, socket, opened: Instant::now(), asked: 0, inbox: Vec::new() }
    }

    /// Takes an answer off the front of what came, if it is whole.
    fn answer(&mut self) -> bool {
        let head = self.inbox.windows(4).position(|end| end == b"\r\n\r\n");
        let Some(head) = head else { return false };
        let text = String::from_utf8_lossy(&self.inbox[..head]).to_lowercase();
        assert!(text.starts_with("http/1.1 200"), "{text}");
        let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
        let end = head + 4 + length.expect("a length").parse::<usize>().expect("a number");
        let is_whole = self.inbox.len() >= end;
        if is_whole {
            self.inbox.drain(..end);
            self.asked -= 1;
        }
        is_whole
    }
}

impl Asks for Http {
    fn ask(&mut self) {
        if self.asked == 0 && self.opened.elapsed() > HTTP_CONNECTION_LIFE / 2 {
            (self.socket, self.opened) = (connected(self.address), Instant::now());
        }
        self.asked += 1;
        let asked = b"GET /api/v3/depth?symbol=SOLUSD&limit=5 HTTP/1.1\r\nHost: venue\r\n\r\n";
        self.socket.write_all(asked).unwrap();
    }

    fn hears_answer(&mut self, limit: Duration) -> bool {
        // Two answers may have come at once.
        if self.answer() {
            return true;
        }
        let limit = limit.max(Duration::from_millis(1));
        self.socket.set_read_timeout(Some(limit)).unwrap();
        let mut piece = [0; 4096];
        match self.socket.read(&mut piece) {
            Ok(0) => panic!("the venue has closed the connection"),
            Ok(count) => self.inbox.extend_from_slice(&piece[..count]),
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock, "{error}"),
        }
        self.answer()
    }
}

fn connected(address: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(address).unwrap();
    socket.set_nodelay(true).unwrap();
    socket
}

/// Somebody who hears the public feed, in a thread of its own.
pub(super) struct Tape {
    listening: JoinHandle<Recording>,
    is_over: Arc<AtomicBool>,
}

/// What was heard.
#[derive(Default)]
struct Recording {
    /// The number of the next message.
    next: u64,
    /// How many there were.
    count: u64,
    /// The last of them.
    last: VecDeque<Vec<u8>>,
}

impl Tape {
    pub(super) fn listen(venue: &Venue) -> Self {
        let (line, next) = feed(venue, Resume::LIVE);
        let is_over = Arc::<AtomicBool>::default();
        let until = Arc::clone(&is_over);
        let listening = thread::spawn(move || record(line, next, &until));
        Self { listening, is_over }
    }

    /// What is told again is what was heard: there is no gap, and nothing was heard twice. How many
    /// messages were heard in all.
    pub(super) fn heard_all(self, venue: &Venue) -> u64 {
        self.is_over.store(true, Ordering::Relaxed);
        let Recording { next, count, last } = self.listening.join().unwrap();
        let from = Resume { next: next - last.len() as u64, ..Resume::FIRST };
        let (mut line, first) = feed(venue, from);
        assert_eq!(first, from.next);
        assert!(last == line.messages(last.len()), "the tape from {first} on");
        count
    }
}

/// Logs in to the public feed; the number of the first message.
fn feed(venue: &Venue, resume: Resume) -> (Line, u64) {
    let public = venue.doors.public.as_ref().expect("a plan with every door");
    let mut line = Line::connect(&public.market_data.v6);
    line.bytes(&request(&venue.login(0), resume));
    match line.hear() {
        Some(Heard::Accepted(accepted)) => (line, accepted.sequence),
        other => panic!("{other:?} is no Login Accepted"),
    }
}

fn record(mut line: Line, next: u64, is_over: &AtomicBool) -> Recording {
    let mut recording = Recording { next, ..Recording::default() };
    let mut spoke = Instant::now();
    // The venue says something every second.
    while !is_over.load(Ordering::Relaxed) {
        match line.hear() {
            Some(Heard::Message(message)) => recording.note(message),
            Some(Heard::Heartbeat | Heard::Aside(_)) => {}
            other => panic!("{other:?} is no message"),
        }
        if spoke.elapsed() > Duration::from_secs(1) {
            line.say(&ClientPacket::Heartbeat);
            spoke = Instant::now();
        }
    }
    recording
}

impl Recording {
    fn note(&mut self, message: Vec<u8>) {
        self.next += 1;
        self.count += 1;
        if self.last.len() == COMPARED_MAX {
            self.last.pop_front();
        }
        self.last.push_back(message);
    }
}
