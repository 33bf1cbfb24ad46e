//! A client that waits for what it asks for: it signs, sends, and keeps events that come between an
//! answer and its request. What does not come within ten seconds never comes.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signer, SigningKey};
use hmac::{Hmac, KeyInit, Mac};
use ringside_gateway::identity::{keys, payload};
use serde_json::{Map, Value, json};
use sha2::Sha256;
use tungstenite::client::IntoClientRequest;
use tungstenite::protocol::CloseFrame;
use tungstenite::{Error, Message, WebSocket};

use super::kit::shared_key;

/// What does not come within this never comes.
const PATIENCE: Duration = Duration::from_secs(10);
/// Requests are dated a little ahead, as the venue allows: what was signed before its start, and a
/// second after it, is not taken.
const AHEAD_US: u64 = 950_000;

/// What signs.
#[derive(Clone)]
pub(crate) enum Key {
    /// An Ed25519 key.
    Own(Box<SigningKey>),
    /// A secret that the venue knows too.
    Shared(&'static str),
}

impl Key {
    /// The key that a number makes.
    pub(crate) fn of(number: u8) -> Self {
        Self::Own(Box::new(SigningKey::from_bytes(&[number; 32])))
    }

    /// What clients send.
    pub(crate) fn api_key(&self) -> String {
        match self {
            Self::Own(key) => keys::api_key(&key.verifying_key().to_bytes()),
            Self::Shared(secret) => shared_key(secret),
        }
    }

    /// Signs a text.
    pub(crate) fn sign(&self, text: &str) -> String {
        match self {
            Self::Own(key) => BASE64.encode(&key.sign(text.as_bytes()).to_bytes()),
            Self::Shared(secret) => {
                let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
                HEXLOWER.encode(&mac.chain_update(text).finalize().into_bytes())
            }
        }
    }

    /// Adds key, time and signature to parameters.
    pub(crate) fn signed(&self, params: Value) -> Value {
        self.signed_at(params, now_us() + AHEAD_US)
    }

    /// The same, as if signed at a time, microseconds.
    pub(crate) fn signed_at(&self, params: Value, time: u64) -> Value {
        let Value::Object(mut params) = params else { panic!("parameters are an object") };
        params.insert("apiKey".into(), self.api_key().into());
        params.insert("timestamp".into(), time.into());
        let text = payload_of(&params);
        params.insert("signature".into(), self.sign(&text).into());
        Value::Object(params)
    }
}

/// The query of a signed REST request without parameters.
fn signed_query(key: &Key) -> String {
    let query = format!("timestamp={}", now_us() + AHEAD_US);
    let signature = key.sign(&query);
    let escaped = signature.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    format!("{query}&signature={escaped}")
}

fn payload_of(params: &Map<String, Value>) -> String {
    let text = |value: &Value| value.as_str().map_or(value.to_string(), str::to_owned);
    let texts: Vec<(String, String)> =
        params.iter().map(|(name, value)| (name.clone(), text(value))).collect();
    let pairs: Vec<(&str, &str)> =
        texts.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    payload::ws_payload(&pairs).expect("it can be signed")
}

/// The time, microseconds; no two are alike.
pub(crate) fn now_us() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970");
    let now = now.as_micros() as u64;
    let last = LAST.fetch_max(now, Ordering::Relaxed);
    if now > last { now } else { LAST.fetch_add(1, Ordering::Relaxed) + 1 }
}

/// A connection.
pub(crate) struct Client {
    pub(crate) socket: WebSocket<TcpStream>,
    last_id: u64,
    events: VecDeque<Value>,
    /// What it was told when it logged on.
    pub(crate) welcome: Value,
}

impl Client {
    /// Somebody who has not logged on.
    pub(crate) fn connect(address: SocketAddr, path: &str) -> Self {
        let stream = TcpStream::connect(address).expect("the door is open");
        stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
        stream.set_nodelay(true).expect("no delay");
        let (socket, _) = tungstenite::client(format!("ws://{address}{path}"), stream)
            .unwrap_or_else(|error| panic!("{path} is not opened: {error}"));
        Self { socket, last_id: 0, events: VecDeque::new(), welcome: Value::Null }
    }

    /// Somebody who shows a bearer token with the opening request.
    pub(crate) fn with_token(address: SocketAddr, token: &str) -> Self {
        let stream = TcpStream::connect(address).expect("the door is open");
        stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
        let path = format!("ws://{address}/ws-api/v3");
        let mut request = path.into_client_request().expect("a request");
        let shown = format!("Bearer {token}").parse().expect("a header");
        request.headers_mut().insert("Authorization", shown);
        let (socket, _) = tungstenite::client(request, stream).expect("it is opened");
        Self { socket, last_id: 0, events: VecDeque::new(), welcome: Value::Null }
    }

    /// Somebody who has logged on to a stream.
    pub(crate) fn trader(address: SocketAddr, key: &Key, stream: &str) -> Self {
        let mut client = Self::connect(address, "/ws-api/v3");
        let answer = client.log_on(key, json!({"stream": stream}));
        assert_eq!(answer["status"], 200, "{answer}");
        client.welcome = answer["result"].clone();
        client
    }

    /// The same at a venue whose clock is ahead by so much, microseconds.
    pub(crate) fn late_trader(address: SocketAddr, key: &Key, stream: &str, ahead_us: u64) -> Self {
        let mut client = Self::connect(address, "/ws-api/v3");
        let params = json!({"stream": stream});
        let answer = client.log_on_at(key, &params, ahead_us + AHEAD_US);
        assert_eq!(answer["status"], 200, "{answer}");
        client.welcome = answer["result"].clone();
        client
    }

    /// Logs on; again where the venue has only just started.
    pub(crate) fn log_on(&mut self, key: &Key, params: Value) -> Value {
        self.log_on_at(key, &params, AHEAD_US)
    }

    fn log_on_at(&mut self, key: &Key, params: &Value, ahead_us: u64) -> Value {
        loop {
            let signed = key.signed_at(params.clone(), now_us() + ahead_us);
            let answer = self.ask("session.logon", signed);
            if !answer["error"]["fix"].as_str().is_some_and(|fix| fix.contains("started")) {
                return answer;
            }
        }
    }

    /// Sends a text as it is.
    pub(crate) fn send(&mut self, text: &str) {
        self.socket.send(Message::text(text)).expect("it is connected");
    }

    /// Sends a request and does not wait; its id.
    pub(crate) fn request(&mut self, method: &str, params: Value) -> u64 {
        self.last_id += 1;
        let id = self.last_id;
        self.send(&json!({"id": id, "method": method, "params": params}).to_string());
        id
    }

    /// The next message.
    #[track_caller]
    pub(crate) fn message(&mut self) -> Value {
        loop {
            match self.socket.read() {
                Ok(Message::Text(text)) => {
                    return serde_json::from_str(&text).expect("messages are JSON");
                }
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                other => panic!("a message was to come: {other:?}"),
            }
        }
    }

    /// The answer to a request; events are kept.
    #[track_caller]
    pub(crate) fn answer(&mut self, id: u64) -> Value {
        loop {
            let message = self.message();
            if message.get("event").is_some() {
                self.events.push_back(message["event"].clone());
            } else {
                assert_eq!(message["id"], id, "answers come in the order they are due: {message}");
                return message;
            }
        }
    }

    /// Asks and waits.
    #[track_caller]
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.request(method, params);
        self.answer(id)
    }

    /// Asks and has the result.
    #[track_caller]
    pub(crate) fn done(&mut self, method: &str, params: Value) -> Value {
        let answer = self.ask(method, params);
        assert_eq!(answer["status"], 200, "{method}: {answer}");
        answer["result"].clone()
    }

    /// Asks and is refused.
    #[track_caller]
    pub(crate) fn refused(&mut self, method: &str, params: Value) -> Value {
        let answer = self.ask(method, params);
        assert!(answer.get("error").is_some(), "{method} is not refused: {answer}");
        let mut error = answer["error"].clone();
        error["status"] = answer["status"].clone();
        error
    }

    /// Asks for what is not there, until everything before is known; then the events that came.
    #[track_caller]
    pub(crate) fn settled(&mut self) -> Vec<Value> {
        self.done("account.status", json!({}));
        self.events.drain(..).collect()
    }

    /// The next private event.
    #[track_caller]
    pub(crate) fn event(&mut self) -> Value {
        if let Some(event) = self.events.pop_front() {
            return event;
        }
        let message = self.message();
        assert!(message.get("event").is_some(), "an event was to come: {message}");
        message["event"].clone()
    }

    /// Hears what becomes of orders.
    #[track_caller]
    pub(crate) fn subscribe(&mut self, scope: &str) {
        self.done("userDataStream.subscribe", json!({"scope": scope}));
    }

    /// Enters a limit order.
    #[track_caller]
    pub(crate) fn place(&mut self, id: &str, side: &str, price: &str, quantity: &str) -> Value {
        self.done("order.place", limit(id, side, price, quantity))
    }

    /// How the venue ends the connection; whatever comes before is passed over.
    #[track_caller]
    pub(crate) fn end(&mut self) -> CloseFrame {
        loop {
            match self.socket.read() {
                Ok(Message::Close(Some(frame))) => return frame,
                Ok(_) => {}
                Err(error) => panic!("the connection ends without a word: {error}"),
            }
        }
    }

    /// Whether the venue has ended the connection.
    pub(crate) fn is_gone(&mut self) -> bool {
        loop {
            match self.socket.read() {
                Ok(_) => {}
                Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    return false;
                }
                Err(_) => return true,
            }
        }
    }
}

/// Asks of a bearer session over HTTP: status, and what is said.
pub(crate) fn of_session(address: SocketAddr, request: &str, header: &str) -> (u16, Value) {
    let request = format!(
        "{request} HTTP/1.1\r\nHost: x\r\n{header}\r\nContent-Length: 0\r\n\
         Connection: close\r\n\r\n"
    );
    let answer = http(address, request.as_bytes());
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.expect("a status"), serde_json::from_str(body).expect("JSON"))
}

/// Opens a bearer session; what is said, again where the venue has only just started.
pub(crate) fn bearer_session(address: SocketAddr, key: &Key) -> Value {
    loop {
        let request = format!("POST /v1/session?{}", signed_query(key));
        let header = format!("X-MBX-APIKEY: {}", key.api_key());
        let (status, said) = of_session(address, &request, &header);
        if !said["fix"].as_str().is_some_and(|fix| fix.contains("started")) {
            assert_eq!(status, 200, "{said}");
            return said;
        }
    }
}

/// A limit order for SOL.
pub(crate) fn limit(id: &str, side: &str, price: &str, quantity: &str) -> Value {
    json!({"symbol": "SOLUSDC", "side": side, "type": "LIMIT", "timeInForce": "GTC",
           "price": price, "quantity": quantity, "newClientOrderId": id})
}

/// An HTTP request, byte for byte, and what comes back until the connection ends.
pub(crate) fn http(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).expect("the door is open");
    stream.set_read_timeout(Some(PATIENCE)).expect("a limit");
    stream.write_all(request).expect("it is taken");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("it is answered and closed");
    String::from_utf8_lossy(&answer).into_owned()
}
