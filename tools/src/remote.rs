//! A venue's WebSocket API from the client's side, one request after another: for verbs that ask
//! for one thing and print it. Never retries what may have been done.

use std::fmt;
use std::io::ErrorKind;
use std::net::{TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use data_encoding::BASE64;
use ed25519_dalek::{Signer, SigningKey};
use ringside_gateway::identity::keys::api_key;
use ringside_protocol::Name;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use tungstenite::http::Uri;
use tungstenite::{Error, HandshakeError, Message, WebSocket};

use crate::cli::Ending;
use crate::venue::clock;
use crate::{keygen, report};

/// Connecting, and each answer, may take so long.
const WITHIN: Duration = Duration::from_secs(10);
/// Where the API is, if the URL has no path.
const PATH: &str = "/ws-api/v3";
/// A venue that restarted takes no signatures for a second: so often it is asked again, and so long
/// is waited in between.
const LOG_ON_TRIES: usize = 30;
const LOG_ON_PAUSE: Duration = Duration::from_millis(100);

/// Where the venue is, and who asks.
#[derive(clap::Args)]
pub struct Caller {
    /// The venue's WebSocket door, such as ws://127.0.0.1:7003
    #[arg(long, value_name = "URL")]
    url: String,
    /// The private key to sign with; `ringside keygen` makes one
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

impl Caller {
    /// Logs on, asks one thing, and gives what came back to `print`; says on standard error what
    /// went wrong.
    pub fn ask(
        &self,
        stream: Option<Name>,
        method: &str,
        params: Map<String, Value>,
        print: impl FnOnce(&str) -> Ending,
    ) -> Ending {
        let key = match keygen::private(&self.key) {
            Ok(key) => key,
            Err(ending) => return ending,
        };
        match self.answer(&key, stream, method, params) {
            Ok(answer) => print(&answer),
            Err(trouble) => {
                report::fatal(&format!("{}: {trouble}", self.url));
                trouble.ending()
            }
        }
    }

    fn answer(
        &self,
        key: &SigningKey,
        stream: Option<Name>,
        method: &str,
        params: Map<String, Value>,
    ) -> Result<String, Trouble> {
        let mut remote = Remote::connect(&self.url)?;
        remote.log_on(key, stream)?;
        remote.ask(method, params)
    }
}

/// Why something was not done, or perhaps was.
#[derive(Debug)]
pub enum Trouble {
    /// The URL is none that can be connected to.
    Url(String),
    /// There is no connection, or it ended.
    Connection(String),
    /// The venue refused.
    Refused(Refusal),
    /// No answer came: what was asked is perhaps done.
    Silence,
}

impl Trouble {
    const fn ending(&self) -> Ending {
        match self {
            Self::Url(_) => Ending::NotUnderstood,
            Self::Connection(_) | Self::Silence => Ending::Unreadable,
            Self::Refused(_) => Ending::Unexpected,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(why) | Self::Connection(why) => f.write_str(why),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Silence => write!(
                f,
                "no answer within {} s; what was asked is perhaps done: look before you repeat it",
                WITHIN.as_secs()
            ),
        }
    }
}

/// The venue's word for why it did not do something.
#[derive(Deserialize, Debug)]
pub struct Refusal {
    code: i64,
    msg: String,
    #[serde(default)]
    fix: String,
    #[serde(default)]
    reason: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused with {}: {}", self.code, self.msg)?;
        if !self.reason.is_empty() {
            write!(f, " ({})", self.reason)?;
        }
        if self.fix.is_empty() { Ok(()) } else { write!(f, " {}", self.fix) }
    }
}

/// An answer, or a message that answers nothing.
#[derive(Deserialize)]
struct Answer<'t> {
    #[serde(default)]
    id: Option<u64>,
    #[serde(borrow)]
    result: Option<&'t RawValue>,
    error: Option<Refusal>,
}

/// A connection to the API.
pub struct Remote {
    socket: WebSocket<TcpStream>,
    asked: u64,
}

impl Remote {
    /// Connects to `ws://host:port`.
    ///
    /// # Errors
    /// [`Trouble::Url`] and [`Trouble::Connection`].
    pub fn connect(url: &str) -> Result<Self, Trouble> {
        let (target, host) = target(url)?;
        let stream = stream(&host)?;
        let socket = match tungstenite::client(target, stream) {
            Ok((socket, _)) => socket,
            Err(HandshakeError::Failure(error)) => return Err(no_api(&error)),
            Err(HandshakeError::Interrupted(_)) => return Err(Trouble::Silence),
        };
        Ok(Self { socket, asked: 0 })
    }

    /// Logs on by a signature, on a stream of the account's.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn log_on(&mut self, key: &SigningKey, stream: Option<Name>) -> Result<(), Trouble> {
        for _ in 1..LOG_ON_TRIES {
            match self.ask("session.logon", log_on(key, stream)) {
                Err(Trouble::Refused(refusal)) if refusal.reason == "BEFORE_START" => {
                    thread::park_timeout(LOG_ON_PAUSE);
                }
                answered => return answered.map(drop),
            }
        }
        self.ask("session.logon", log_on(key, stream)).map(drop)
    }

    /// Asks, and waits for the answer: its result, as the venue wrote it.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn ask(&mut self, method: &str, params: Map<String, Value>) -> Result<String, Trouble> {
        self.asked += 1;
        let request = json!({ "id": self.asked, "method": method, "params": params });
        self.socket.send(Message::text(request.to_string())).map_err(broken)?;
        loop {
            let message = self.socket.read().map_err(broken)?;
            let Message::Text(text) = message else { continue };
            let answer: Answer<'_> = serde_json::from_str(&text).map_err(|error| {
                Trouble::Connection(format!("the answer is not understood: {error}"))
            })?;
            match answer {
                Answer { error: Some(refusal), id, .. } if id.is_none_or(|id| id == self.asked) => {
                    return Err(Trouble::Refused(refusal));
                }
                Answer { result: Some(result), id, .. } if id == Some(self.asked) => {
                    return Ok(result.get().to_owned());
                }
                // An event: nobody here waits for one.
                Answer { .. } => {}
            }
        }
    }
}

/// The signed parameters of a logon, sorted by name as they are signed.
fn log_on(key: &SigningKey, stream: Option<Name>) -> Map<String, Value> {
    let api_key = api_key(&key.verifying_key().to_bytes());
    let timestamp = clock::now().0 / 1_000_000;
    let mut payload = format!("apiKey={api_key}");
    let mut params = Map::new();
    if let Some(stream) = stream {
        payload += &format!("&stream={stream}");
        params.insert("stream".to_owned(), stream.as_str().into());
    }
    payload += &format!("&timestamp={timestamp}");
    let signature = BASE64.encode(&key.sign(payload.as_bytes()).to_bytes());
    params.extend([
        ("apiKey".to_owned(), api_key.into()),
        ("timestamp".to_owned(), timestamp.into()),
        ("signature".to_owned(), signature.into()),
    ]);
    params
}

/// The URL of the API, and the host with its port.
fn target(url: &str) -> Result<(Uri, String), Trouble> {
    let wrong = |why: &str| Trouble::Url(format!("{why}; write ws://127.0.0.1:7003"));
    let uri: Uri = url.parse().map_err(|_| wrong("this is no URL"))?;
    match uri.scheme_str() {
        Some("ws") => {}
        Some("wss") => {
            return Err(wrong("TLS is not spoken here; connect to the door behind the proxy"));
        }
        Some(_) | None => return Err(wrong("the URL does not begin with ws://")),
    }
    let host = uri.host().filter(|host| !host.is_empty());
    let host = host.ok_or_else(|| wrong("the URL has no host"))?;
    let host = format!("{host}:{}", uri.port_u16().unwrap_or(80));
    let path = if uri.path().len() > 1 { uri.path() } else { PATH };
    let whole = format!("ws://{host}{path}");
    Ok((whole.parse().map_err(|_| wrong("this is no URL"))?, host))
}

fn stream(host: &str) -> Result<TcpStream, Trouble> {
    let found = host.to_socket_addrs().map_err(|error| {
        Trouble::Connection(format!("the host is not found: {error}; give its address"))
    })?;
    let mut last = ErrorKind::NotFound.into();
    for address in found {
        match TcpStream::connect_timeout(&address, WITHIN) {
            Ok(stream) => {
                let bounded = stream.set_read_timeout(Some(WITHIN));
                bounded.and_then(|()| stream.set_nodelay(true)).map_err(unreached)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(unreached(last))
}

fn unreached(error: std::io::Error) -> Trouble {
    let hint = "does the venue run there, with [websocket] listen in its configuration?";
    Trouble::Connection(format!("cannot be connected to: {error}; {hint}"))
}

fn no_api(error: &Error) -> Trouble {
    let hint = "give the address of the venue's WebSocket door, and no other path than /ws-api/v3";
    Trouble::Connection(format!("no WebSocket API answers there: {error}; {hint}"))
}

fn broken(error: Error) -> Trouble {
    const LATE: [ErrorKind; 2] = [ErrorKind::WouldBlock, ErrorKind::TimedOut];
    if matches!(&error, Error::Io(error) if LATE.contains(&error.kind())) {
        return Trouble::Silence;
    }
    Trouble::Connection(format!("the connection broke: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_door() {
        for (url, whole, host) in [
            ("ws://127.0.0.1:7003", "ws://127.0.0.1:7003/ws-api/v3", "127.0.0.1:7003"),
            ("ws://[::1]:7003/", "ws://[::1]:7003/ws-api/v3", "[::1]:7003"),
            ("ws://venue/ws-api/v3", "ws://venue:80/ws-api/v3", "venue:80"),
        ] {
            let (uri, found) = target(url).expect("a URL");
            assert_eq!((uri.to_string().as_str(), found.as_str()), (whole, host), "{url}");
        }
    }

    #[test]
    fn another_url_is_refused_with_what_to_write() {
        for (url, why) in [
            ("127.0.0.1:7003", "the URL does not begin with ws://"),
            ("http://127.0.0.1:7003", "the URL does not begin with ws://"),
            ("wss://venue", "TLS is not spoken here; connect to the door behind the proxy"),
            ("ws://", "this is no URL"),
            ("ws:// venue", "this is no URL"),
        ] {
            let error = target(url).expect_err(url);
            assert_eq!(error.to_string(), format!("{why}; write ws://127.0.0.1:7003"), "{url}");
            assert_eq!(error.ending(), Ending::NotUnderstood);
        }
    }

    #[test]
    fn a_logon_signs_its_parameters_in_their_order() {
        let key = SigningKey::from_bytes(&[3; 32]);
        let stream = Name::parse("al1").expect("a name");
        let params = log_on(&key, Some(stream));
        let text = |name: &str| params[name].as_str().expect("text").to_owned();
        let payload = format!(
            "apiKey={}&stream=al1&timestamp={}",
            text("apiKey"),
            params["timestamp"].as_u64().expect("a number")
        );
        assert_eq!(text("signature"), BASE64.encode(&key.sign(payload.as_bytes()).to_bytes()));
    }

    #[test]
    fn a_refusal_says_all_the_venue_said() {
        let refusal: Refusal = serde_json::from_str(
            r#"{"code":-2010,"msg":"Not enough.","reason":"INSUFFICIENT_FUNDS","fix":"1 < 2"}"#,
        )
        .expect("a refusal");
        assert_eq!(
            refusal.to_string(),
            "refused with -2010: Not enough. (INSUFFICIENT_FUNDS) 1 < 2"
        );
        let short: Refusal = serde_json::from_str(r#"{"code":-1,"msg":"No."}"#).expect("one");
        assert_eq!(short.to_string(), "refused with -1: No.");
    }
}
