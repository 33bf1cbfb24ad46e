//! A bot's way into the venue's JSON door: requests out, answers by their ids and events in, over
//! one blocking connection that may break at any moment. What a request means is the caller's: its
//! parameters and results are JSON values, as `protocol/doc/json.md` describes them. It never
//! sleeps, reads no clock of its own and starts no thread.
//!
//! ```no_run
//! use ringside_client::websocket::{API, Heard, Key, WebClient, WebError};
//! use ringside_protocol::Timestamp;
//! use serde_json::json;
//!
//! fn trade(key: &Key, clock: fn() -> Timestamp) -> Result<(), WebError> {
//!     let address: std::net::SocketAddr = "127.0.0.1:7002".parse().unwrap();
//!     let mut bot = WebClient::connect(address.into(), API, Box::new(clock))?;
//!     bot.log_on(key, "scalper")?;
//!     bot.subscribe(None)?;
//!     let order = json!({
//!         "symbol": "SOLUSDC", "side": "BUY", "type": "MARKET", "quantity": "0.5"
//!     });
//!     let placed = bot.request("order.place", order)?;
//!     println!("{placed}");
//!     loop {
//!         match bot.next() {
//!             Ok(Heard::Event(event)) => println!("{event}"),
//!             Ok(Heard::Answer { id, result }) => println!("{id}: {result:?}"),
//!             Err(WebError::Lost(_)) => {
//!                 bot.reconnect()?;
//!                 bot.log_on(key, "scalper")?;
//!                 let last = bot.cursor().cloned();
//!                 bot.subscribe(last.as_ref())?; // nothing is missed, nothing comes twice
//!             }
//!             Err(other) => return Err(other),
//!         }
//!     }
//! }
//! ```

mod key;

use core::fmt;
use core::time::Duration;
use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};

use ringside_protocol::Timestamp;
use serde_json::{Map, Value, json};
use tungstenite::client::IntoClientRequest;
use tungstenite::handshake::HandshakeError;
use tungstenite::handshake::client::Request;
use tungstenite::{Error, Message, WebSocket};

pub use self::key::Key;

use crate::ouch::{CONNECT_WITHIN, Clock};
use crate::socket::{Address, Socket};
use crate::soup::Login;

/// The path of orders and accounts.
pub const API: &str = "/ws-api/v3";
/// The path of public streams, each message wrapped with the name of its stream.
pub const STREAMS: &str = "/stream";
/// A request is answered within this, or the connection counts as lost. The venue itself gives a
/// request up after a second.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// The connection is given up when nothing was heard for so long (X-CLI-003). The venue pings every
/// 30 seconds unless its configuration says otherwise; see [`WebClient::with_silence`].
pub const SILENCE: Duration = Duration::from_secs(45);

/// How long one read waits at most, whoever waits longer.
const STEP: Duration = Duration::from_secs(1);

/// Something that came.
#[derive(Clone, PartialEq, Debug)]
pub enum Heard {
    /// What became of a request.
    Answer {
        /// The request's; 0 where the venue could not tell which it was.
        id: u64,
        /// Its `result`, or why there is none.
        result: Result<Value, Refused>,
    },
    /// A private or public event, as it came.
    Event(Value),
}

/// Why the venue did not do what was asked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Refused {
    /// The class of it, as in HTTP; 504: what became of the request is not known.
    pub status: u64,
    /// The dialect's number, negative.
    pub code: i64,
    /// A sentence.
    pub message: String,
    /// The venue's own word, where the venue itself refused: `INSUFFICIENT_FUNDS`.
    pub reason: Option<String>,
    /// How to put it right, where that can be said.
    pub fix: Option<String>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.code)?;
        self.reason.iter().try_for_each(|reason| write!(f, " {reason}"))?;
        self.fix.iter().try_for_each(|fix| write!(f, ": {fix}"))
    }
}

/// Why a client cannot go on. After [`WebError::Lost`] it can, with [`WebClient::reconnect`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum WebError {
    /// The connection is gone; the venue's last words, or the system's.
    Lost(String),
    /// The request was refused; the connection stays.
    Refused(Refused),
    /// The venue speaks in another way than is documented.
    Malformed(String),
}

impl fmt::Display for WebError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(why) => write!(f, "the connection is lost: {why}"),
            Self::Refused(refused) => refused.fmt(f),
            Self::Malformed(what) => write!(f, "the venue said what is not understood: {what}"),
        }
    }
}

impl std::error::Error for WebError {}

/// The last private message that was heard: where to go on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cursor {
    /// The session that its number is of.
    pub session: String,
    /// Its number.
    pub number: u64,
}

/// A connection to the JSON door.
pub struct WebClient {
    address: Address,
    path: String,
    socket: Option<WebSocket<Timed>>,
    clock: Clock,
    silence: Duration,
    heard_at: Timestamp,
    last_id: u64,
    heard: VecDeque<Heard>,
    cursor: Option<Cursor>,
    /// Why the venue closes the connection, when it said so.
    words: String,
}

impl WebClient {
    /// Connects to a path of the door, [`API`] or [`STREAMS`] with or without `?streams=…`. The
    /// clock must say nanoseconds since the Unix epoch where anything is to be signed.
    ///
    /// # Errors
    /// [`WebError::Lost`] where nobody answers, or another protocol is spoken there.
    pub fn connect(address: Address, path: &str, clock: Clock) -> Result<Self, WebError> {
        let mut client = Self {
            address,
            path: path.to_owned(),
            socket: None,
            clock,
            silence: SILENCE,
            heard_at: Timestamp(0),
            last_id: 0,
            heard: VecDeque::new(),
            cursor: None,
            words: String::new(),
        };
        client.reconnect()?;
        Ok(client)
    }

    /// With another limit than [`SILENCE`].
    pub fn with_silence(self, silence: Duration) -> Self {
        Self { silence, ..self }
    }

    /// Connects again. Nobody is logged on and nothing subscribed then; what was heard before and
    /// not taken is still there. A request without an answer may have been executed: look for its
    /// order in what the stream tells again behind the cursor, and ask for it by
    /// `origClientOrderId`, before it is sent again (X-CLI-001). Orders that ended before a restart
    /// of the venue are known to the stream alone.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub fn reconnect(&mut self) -> Result<(), WebError> {
        self.cut();
        self.words.clear();
        let socket = Socket::connect(&self.address, CONNECT_WITHIN).map_err(lost)?;
        let (socket, _) =
            tungstenite::client(self.opening()?, Timed { socket, limit: CONNECT_WITHIN }).map_err(
                |error| match error {
                    HandshakeError::Failure(error) => lost(error),
                    HandshakeError::Interrupted(_) => lost("the venue does not answer"),
                },
            )?;
        self.socket = Some(socket);
        self.heard_at = (self.clock)();
        Ok(())
    }

    /// The same at another address.
    ///
    /// # Errors
    /// As [`Self::connect`].
    pub fn reconnect_to(&mut self, address: Address) -> Result<(), WebError> {
        self.address = address;
        self.reconnect()
    }

    fn opening(&self) -> Result<Request, WebError> {
        let host = match &self.address {
            Address::Tcp(address) => address.to_string(),
            Address::Unix(_) => "localhost".to_owned(),
        };
        format!("ws://{host}{}", self.path).into_client_request().map_err(lost)
    }

    /// Logs on to a stream of the key's account; the answer is the welcome.
    ///
    /// # Errors
    /// [`WebError::Refused`] with the reason.
    pub fn log_on(&mut self, key: &Key, stream: &str) -> Result<Value, WebError> {
        let mut params = Map::new();
        params.insert("stream".into(), stream.into());
        let now = (self.clock)();
        self.request("session.logon", key.signed(params, now).into())
    }

    /// Asks for a ticket of a binary stream, of at most 6 characters.
    ///
    /// # Errors
    /// [`WebError::Refused`] with the reason.
    pub fn ticket(&mut self, stream: &str) -> Result<Login, WebError> {
        let told = self.request("session.ticket", json!({ "stream": stream }))?;
        let login = told["password"].as_str().and_then(|ticket| Login::new(stream, ticket));
        login.ok_or_else(|| WebError::Malformed("a ticket that fits no login".to_owned()))
    }

    /// Hears the private events of the session's stream from now on; with a cursor, first
    /// everything that was told after it (JRN-007).
    ///
    /// # Errors
    /// [`WebError::Refused`], also where the cursor's session is not the venue's any more.
    pub fn subscribe(&mut self, after: Option<&Cursor>) -> Result<Value, WebError> {
        let params = match after {
            None => json!({}),
            Some(Cursor { session, number }) => {
                json!({ "resumeAfter": { "session": session, "number": number } })
            }
        };
        self.request("userDataStream.subscribe", params)
    }

    /// Sends a request and says its id. Its answer comes among what is heard.
    ///
    /// # Errors
    /// [`WebError::Lost`]: it may not have arrived.
    pub fn send(&mut self, method: &str, params: Value) -> Result<u64, WebError> {
        self.last_id += 1;
        let request = json!({ "id": self.last_id, "method": method, "params": params });
        let socket = self.socket.as_mut().ok_or_else(nowhere)?;
        match socket.send(Message::text(request.to_string())) {
            Ok(()) => Ok(self.last_id),
            Err(error) => Err(self.broken(&error)),
        }
    }

    /// Sends a request and waits for its answer. What comes meanwhile is kept.
    ///
    /// # Errors
    /// [`WebError::Refused`], or [`WebError::Lost`] also where no answer comes within
    /// [`ANSWER_WITHIN`].
    pub fn request(&mut self, method: &str, params: Value) -> Result<Value, WebError> {
        let asked = self.send(method, params)?;
        let until = self.after(ANSWER_WITHIN);
        let mut seen = 0;
        loop {
            let of_it = |heard: &Heard| matches!(heard, Heard::Answer { id, .. } if *id == asked);
            if let Some(at) = self.heard.iter().skip(seen).position(of_it)
                && let Some(Heard::Answer { result, .. }) = self.heard.remove(seen + at)
            {
                return result.map_err(WebError::Refused);
            }
            seen = self.heard.len();
            let left = self.left(until);
            if left.is_zero() {
                return Err(lost(format!("{method} was not answered")));
            }
            self.step(left)?;
        }
    }

    /// What comes next, waiting for it as long as the venue is there.
    ///
    /// # Errors
    /// [`WebError`]; everything before was given.
    // A conversation that ends by an error is no iterator.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Heard, WebError> {
        loop {
            match self.heard.pop_front() {
                Some(heard) => return Ok(heard),
                None => self.step(STEP)?,
            }
        }
    }

    /// What comes next; `None` where nothing does within `limit`.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub fn next_within(&mut self, limit: Duration) -> Result<Option<Heard>, WebError> {
        let until = self.after(limit);
        while self.heard.is_empty() {
            let left = self.left(until);
            self.step(left)?;
            if left.is_zero() {
                break;
            }
        }
        Ok(self.heard.pop_front())
    }

    /// The last private message that was heard.
    pub const fn cursor(&self) -> Option<&Cursor> {
        self.cursor.as_ref()
    }

    /// Drops the connection without a word, as a line that breaks does.
    pub fn cut(&mut self) {
        if let Some(socket) = self.socket.take() {
            socket.get_ref().socket.close();
        }
    }

    /// Says good-bye and waits for the venue's end of it; what came before.
    pub fn close(mut self) -> Vec<Heard> {
        if let Some(socket) = &mut self.socket {
            // Where it is closed already there is nothing to say.
            let _ = socket.close(None).and_then(|()| socket.flush());
            let until = self.after(STEP);
            while !self.left(until).is_zero() && self.step(STEP).is_ok() {}
        }
        self.heard.into()
    }

    fn after(&mut self, limit: Duration) -> Timestamp {
        let limit = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
        Timestamp((self.clock)().0.saturating_add(limit))
    }

    fn left(&mut self, until: Timestamp) -> Duration {
        Duration::from_nanos(until.0.saturating_sub((self.clock)().0))
    }

    /// Reads one message, waiting so long, and understands it.
    fn step(&mut self, limit: Duration) -> Result<(), WebError> {
        let socket = self.socket.as_mut().ok_or_else(nowhere)?;
        socket.get_mut().limit = limit.min(STEP);
        let read = socket.read();
        match read {
            Ok(message) => {
                self.heard_at = (self.clock)();
                self.message(message)
            }
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => self.check_silence(),
            Err(error) => Err(self.broken(&error)),
        }
    }

    /// Pings are answered by the next read.
    fn message(&mut self, message: Message) -> Result<(), WebError> {
        match message {
            Message::Text(text) => self.understand(&text),
            Message::Close(frame) => {
                self.words = frame.map_or(String::new(), |frame| frame.reason.to_string());
                Ok(())
            }
            Message::Binary(_) => Err(WebError::Malformed("a binary message".to_owned())),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => Ok(()),
        }
    }

    fn understand(&mut self, text: &str) -> Result<(), WebError> {
        let told = serde_json::from_str::<Value>(text);
        let told = told.map_err(|error| WebError::Malformed(error.to_string()))?;
        if told.get("id").is_none() {
            self.cursor = cursor(&told["event"]).or_else(|| self.cursor.take());
            self.heard.push_back(Heard::Event(told));
            return Ok(());
        }
        let id = told["id"].as_u64().unwrap_or(0);
        self.heard.push_back(Heard::Answer { id, result: result(told) });
        Ok(())
    }

    fn check_silence(&mut self) -> Result<(), WebError> {
        let silent = (self.clock)().0.saturating_sub(self.heard_at.0);
        if u128::from(silent) <= self.silence.as_nanos() {
            return Ok(());
        }
        self.cut();
        Err(lost(format!("nothing was heard for {} ms", self.silence.as_millis())))
    }

    fn broken(&mut self, error: &Error) -> WebError {
        self.cut();
        if self.words.is_empty() { lost(error) } else { lost(&self.words) }
    }
}

/// What an answer says: its result, or its error.
fn result(told: Value) -> Result<Value, Refused> {
    let mut told = told;
    let error = &told["error"];
    if error.is_null() {
        return Ok(told["result"].take());
    }
    let text = |name: &str| error[name].as_str().map(str::to_owned);
    Err(Refused {
        status: told["status"].as_u64().unwrap_or(400),
        code: error["code"].as_i64().unwrap_or(0),
        message: text("msg").unwrap_or_default(),
        reason: text("reason"),
        fix: text("fix"),
    })
}

/// The cursor at a report; other private events are not numbered.
fn cursor(event: &Value) -> Option<Cursor> {
    let is_report = matches!(event["e"].as_str(), Some("executionReport" | "commandRefused"));
    let number = event["number"].as_u64().filter(|&number| is_report && number > 0)?;
    Some(Cursor { session: event["session"].as_str()?.to_owned(), number })
}

fn lost(why: impl fmt::Display) -> WebError {
    WebError::Lost(why.to_string())
}

fn nowhere() -> WebError {
    lost("there is no connection")
}

/// A socket whose reads wait only so long.
struct Timed {
    socket: Socket,
    limit: Duration,
}

impl Read for Timed {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.socket.read_within(self.limit, into)?.ok_or(ErrorKind::WouldBlock.into())
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.write_all(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::net::{SocketAddr, TcpListener, TcpStream};
    use std::thread::{self, JoinHandle};

    use data_encoding::{BASE64, HEXLOWER};

    use super::key::payload;
    use super::*;

    /// RFC 8410, section 10.3.
    const PEM: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
        -----END PRIVATE KEY-----\n";

    /// A venue that plays one connection as it is told.
    fn venue(
        play: impl FnOnce(&mut WebSocket<TcpStream>) + Send + 'static,
    ) -> (SocketAddr, JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let playing = thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            play(&mut tungstenite::accept(stream).unwrap());
        });
        (address, playing)
    }

    fn client(address: SocketAddr) -> WebClient {
        WebClient::connect(address.into(), API, Box::new(|| Timestamp(7_000_000))).unwrap()
    }

    fn say(socket: &mut WebSocket<TcpStream>, told: &Value) {
        socket.send(Message::text(told.to_string())).unwrap();
    }

    fn asked(socket: &mut WebSocket<TcpStream>) -> Value {
        serde_json::from_str(socket.read().unwrap().to_text().unwrap()).unwrap()
    }

    #[test]
    fn a_log_on_is_signed_with_the_key() {
        let (address, playing) = venue(|socket| {
            let request = asked(socket);
            let params = &request["params"];
            assert_eq!((&request["id"], &request["method"]), (&json!(1), &json!("session.logon")));
            assert_eq!((&params["timestamp"], &params["stream"]), (&json!(7), &json!("al1")));
            let mut unsigned = params.as_object().unwrap().clone();
            let signature = unsigned.remove("signature").unwrap();
            let signature = BASE64.decode(signature.as_str().unwrap().as_bytes()).unwrap();
            let key = HEXLOWER.decode(params["apiKey"].as_str().unwrap().as_bytes()).unwrap();
            let key = ed25519_dalek::VerifyingKey::from_bytes(&key.try_into().unwrap()).unwrap();
            let signature = ed25519_dalek::Signature::from_slice(&signature).unwrap();
            key.verify_strict(payload(&unsigned).as_bytes(), &signature).unwrap();
            say(socket, &json!({"id": 1, "status": 200, "result": {"account": "amber"}}));
        });
        let key = Key::from_pem(PEM).unwrap();
        let welcome = client(address).log_on(&key, "al1").unwrap();
        assert_eq!(welcome["account"], "amber");
        playing.join().unwrap();
        assert!(format!("{key:?}").starts_with("Key(19bf4409"), "the public half only");
        assert!(Key::from_pem("no key").is_none());
    }

    #[test]
    fn an_answer_is_found_among_events_and_nothing_is_lost() {
        let event = |number: u64| {
            let report = json!({"e": "executionReport", "session": "E1", "number": number});
            json!({"subscriptionId": 1, "event": report})
        };
        let (address, playing) = venue(move |socket| {
            let (first, second) = (asked(socket), asked(socket));
            say(socket, &event(41));
            let error = json!({"code": -2010, "msg": "No.", "reason": "POST_ONLY"});
            say(socket, &json!({"id": second["id"], "status": 400, "error": error}));
            say(socket, &event(42));
            say(socket, &json!({"id": first["id"], "status": 200, "result": {"orderId": 7}}));
            socket.send(Message::Ping("here?".into())).unwrap();
            assert!(matches!(socket.read().unwrap(), Message::Pong(_)), "pings are answered");
        });
        let mut bot = client(address);
        let first = bot.send("order.place", json!({})).unwrap();
        let error = bot.request("order.place", json!({})).unwrap_err();
        assert_eq!(error.to_string(), "No. (-2010) POST_ONLY");
        assert_eq!(bot.next(), Ok(Heard::Event(event(41))));
        assert_eq!(bot.next(), Ok(Heard::Event(event(42))));
        let placed = Heard::Answer { id: first, result: Ok(json!({"orderId": 7})) };
        assert_eq!(bot.next(), Ok(placed));
        assert_eq!(bot.cursor(), Some(&Cursor { session: "E1".to_owned(), number: 42 }));
        assert!(matches!(bot.next(), Err(WebError::Lost(_))), "the venue has gone");
        assert_eq!(bot.cursor().unwrap().number, 42, "it outlives the connection");
        playing.join().unwrap();
    }

    #[test]
    fn a_subscription_goes_on_behind_the_cursor() {
        let (address, playing) = venue(|socket| {
            for wanted in [json!({}), json!({"resumeAfter": {"session": "E1", "number": 41}})] {
                let request = asked(socket);
                assert_eq!(request["params"], wanted);
                say(socket, &json!({"id": request["id"], "status": 200, "result": {}}));
            }
        });
        let mut bot = client(address);
        bot.subscribe(None).unwrap();
        bot.subscribe(Some(&Cursor { session: "E1".to_owned(), number: 41 })).unwrap();
        playing.join().unwrap();
    }

    #[test]
    fn a_venue_that_has_moved_is_found() {
        let (first, first_plays) = venue(|_| {});
        let (second, second_plays) = venue(|socket| {
            let id = asked(socket)["id"].clone();
            say(socket, &json!({"id": id, "status": 200, "result": {}}));
        });
        let mut bot = client(first);
        first_plays.join().unwrap();
        assert!(matches!(bot.next(), Err(WebError::Lost(_))));
        bot.reconnect_to(second.into()).unwrap();
        assert_eq!(bot.request("ping", json!({})), Ok(json!({})));
        second_plays.join().unwrap();
    }

    #[test]
    fn a_ticket_is_a_login() {
        let (address, playing) = venue(|socket| {
            let request = asked(socket);
            assert_eq!(request["params"], json!({"stream": "AMBER1"}));
            let result = json!({"stream": "AMBER1", "password": "k7w2q9xmzp", "expires": 1});
            say(socket, &json!({"id": 1, "status": 200, "result": result}));
        });
        assert_eq!(
            client(address).ticket("AMBER1"),
            Ok(Login::new("AMBER1", "k7w2q9xmzp").unwrap())
        );
        playing.join().unwrap();
    }

    #[test]
    fn the_venues_last_words_are_why_it_is_lost() {
        let (address, playing) = venue(|socket| {
            let frame = tungstenite::protocol::CloseFrame {
                code: tungstenite::protocol::frame::coding::CloseCode::Policy,
                reason: "too slow".into(),
            };
            socket.close(Some(frame)).unwrap();
            while socket.read().is_ok() {}
        });
        assert_eq!(client(address).next(), Err(WebError::Lost("too slow".to_owned())));
        playing.join().unwrap();
    }

    /// X-CLI-003: connected but silent is noticed.
    #[test]
    fn silence_is_noticed() {
        let (address, playing) = venue(|socket| {
            assert!(socket.read().is_err(), "the client has cut the connection");
        });
        let mut now = 0;
        let clock = move || {
            now += SILENCE.as_nanos() as u64 / 3;
            Timestamp(now)
        };
        let mut bot = WebClient::connect(address.into(), API, Box::new(clock)).unwrap();
        let limit = Duration::from_millis(1);
        let silent = (0..9).find_map(|_| bot.next_within(limit).err()).unwrap();
        assert_eq!(silent.to_string(), "the connection is lost: nothing was heard for 45000 ms");
        playing.join().unwrap();
    }

    #[test]
    fn nobody_listens() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let found = WebClient::connect(address.into(), API, Box::new(|| Timestamp(0)));
        assert!(matches!(found, Err(WebError::Lost(_))));
    }
}
