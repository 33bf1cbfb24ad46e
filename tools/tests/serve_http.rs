//! A served venue over HTTP, from its start to its end, and the verbs that speak to it: `ticket`
//! and `order`. In both topologies; the venue is killed in between.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use data_encoding::BASE64;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::{Signer, SigningKey};
use ringside_gateway::identity::keys::api_key;
use ringside_tools::venue::clock;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ringside");

const INSTRUMENT: &str = concat!(
    r#"{"op":"instrument","symbol":"BTC-USDC","kind":"spot","base":"BTC","quote":"USDC","#,
    r#""tick":0.01,"lot":0.0001}"#
);

/// A directory with a configuration and a key.
struct Site {
    directory: TempDir,
    key: SigningKey,
}

impl Site {
    fn new(topology: &str) -> Self {
        let site = Self {
            directory: tempfile::tempdir().expect("a directory"),
            key: SigningKey::from_bytes(&[5; 32]),
        };
        fs::write(site.path("ringside.toml"), site.configuration(topology)).expect("written");
        let pem = site.key.to_pkcs8_pem(LineEnding::LF).expect("a key");
        fs::write(site.path("amber.pem"), pem.as_bytes()).expect("written");
        let owners = fs::Permissions::from_mode(0o600);
        fs::set_permissions(site.path("amber.pem"), owners).expect("its owner's alone");
        site
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn configuration(&self, topology: &str) -> String {
        let key = api_key(&self.key.verifying_key().to_bytes());
        let instrument = INSTRUMENT;
        format!(
            r#"
[venue]
directory = "venue"
topology = "{topology}"
[websocket]
listen = ["127.0.0.1:0"]
[http]
listen = ["127.0.0.1:0", "unix:http.sock"]
[genesis]
lines = '''
{{"op":"currency","code":"USDC","scale":6}}
{{"op":"currency","code":"BTC","scale":8}}
{instrument}
{{"op":"account","account":"amber","permissions":["read","trade"]}}
{{"op":"deposit","account":"amber","currency":"USDC","amount":"100000"}}
{{"op":"key","account":"amber","key":"{key}","permissions":["read","trade"]}}
'''
"#
        )
    }
}

/// A venue that serves.
struct Served {
    child: Child,
    http: String,
    websocket: String,
}

impl Served {
    /// Starts it and waits until it says where it listens.
    fn start(site: &Site) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(["serve", "--config"]).arg(site.path("ringside.toml"));
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the program");
        let said = BufReader::new(child.stderr.take().expect("piped"));
        let mut addresses = ["websocket", "http"].map(|door| (door, String::new()));
        let mut told = String::new();
        for line in said.lines().map(|line| line.expect("text")) {
            let mut words = line.split_whitespace();
            let door = words.next().unwrap_or_default();
            if let Some((_, at)) = addresses.iter_mut().find(|(name, _)| *name == door)
                && at.is_empty()
            {
                *at = words.next().unwrap_or_default().to_owned();
            }
            told += &format!("{line}\n");
            if line.contains("http.sock") {
                break;
            }
        }
        let [(_, websocket), (_, http)] = addresses;
        assert!(!http.is_empty() && !websocket.is_empty(), "{told}");
        Self { child, http, websocket }
    }

    fn ask(&self, request: &str) -> Answer {
        self.ask_with(request, &[], "")
    }

    fn ask_with(&self, request: &str, headers: &[&str], body: &str) -> Answer {
        let stream = TcpStream::connect(&self.http).expect("the door is open");
        Answer::of(stream, request, headers, body)
    }

    /// A verb that speaks to it.
    fn verb(&self, site: &Site, verb: &str, rest: &[&str]) -> Output {
        run(verb, &format!("ws://{}", self.websocket), &site.path("amber.pem"), rest)
    }

    fn kill(mut self) {
        self.child.kill().expect("it ran");
        self.child.wait().expect("it ended");
    }

    fn terminate(mut self) -> ExitStatus {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a process");
        kill_process(id, Signal::TERM).expect("it runs");
        self.child.wait().expect("it ended")
    }
}

fn run(verb: &str, url: &str, key: &Path, rest: &[&str]) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args([verb, "--url", url, "--key"]).arg(key).args(rest);
    command.output().expect("the program")
}

struct Answer {
    status: u16,
    body: String,
}

impl Answer {
    fn of(mut stream: impl Read + Write, request: &str, headers: &[&str], body: &str) -> Self {
        let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
        let length = body.len();
        let text = format!(
            "{request} HTTP/1.1\r\nHost: venue\r\nConnection: close\r\nContent-Length: {length}\r\n\
             {headers}\r\n{body}"
        );
        stream.write_all(text.as_bytes()).expect("taken");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("an answer");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
        Self { status: status.expect("a status"), body: body.to_owned() }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

/// The value of a figure in Prometheus' text.
fn figure(metrics: &Answer, name: &str) -> u64 {
    let value = metrics.body.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
    value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{name} is missing"))
}

/// A bearer token by a signed request, as the header that shows it.
fn session(site: &Site, served: &Served) -> String {
    let key = format!("X-MBX-APIKEY: {}", api_key(&site.key.verifying_key().to_bytes()));
    let payload = format!("timestamp={}", clock::now().0 / 1_000_000);
    let signature = BASE64.encode(&site.key.sign(payload.as_bytes()).to_bytes());
    let signature = signature.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    let body = format!("{payload}&signature={signature}");
    let answer = served.ask_with("POST /v1/session", &[&key], &body);
    assert_eq!((answer.status, &answer.json()["account"]), (200, &json!("amber")));
    format!("Authorization: Bearer {}", answer.json()["token"].as_str().expect("a token"))
}

const BUY: [&str; 8] =
    ["--symbol", "BTCUSDC", "--side", "buy", "--quantity", "0.5", "--price", "64000.50"];

fn begins(site: &Site) -> (Value, String) {
    let served = Served::start(site);
    assert_eq!(served.ask("GET /healthz").status, 200);
    let ready = served.ask("GET /readyz");
    assert_eq!((ready.status, ready.body.as_str()), (200, "open\n"));
    let info = served.ask("GET /api/v3/exchangeInfo").json();
    assert_eq!(info["symbols"][0]["symbol"], "BTCUSDC");

    let placed = served.verb(site, "order", &BUY);
    assert_eq!((placed.status.code(), text(&placed.stderr)), (Some(0), String::new()));
    let order: Value = serde_json::from_slice(&placed.stdout).expect("JSON");
    assert_eq!((&order["status"], &order["price"]), (&json!("NEW"), &json!("64000.50")));

    let depth = served.ask("GET /api/v3/depth?symbol=BTCUSDC").json();
    assert_eq!(depth["bids"], json!([["64000.50", "0.5000"]]));
    let metrics = served.ask("GET /metrics");
    let executed = figure(&metrics, "ringside_sequence_executed");
    assert!(executed >= depth["sequence"].as_u64().expect("a number"));
    assert!(figure(&metrics, "ringside_sequence_durable") > 0);
    assert_eq!(figure(&metrics, "ringside_orders_resting"), 1);

    let unix = UnixStream::connect(site.path("http.sock")).expect("it listens there too");
    assert_eq!(Answer::of(unix, "GET /api/v3/ping", &[], "").body, "{}");
    let bearer = session(site, &served);
    let mode = fs::metadata(site.path("venue/tokens")).expect("a file").mode();
    assert_eq!(mode & 0o777, 0o600);
    served.kill();
    (depth, bearer)
}

fn goes_on(site: &Site, depth: &Value, bearer: &str) {
    let served = Served::start(site);
    let again = served.ask("GET /api/v3/depth?symbol=BTCUSDC").json();
    assert_eq!((&again["bids"], &again["checksum"]), (&depth["bids"], &depth["checksum"]));
    assert_eq!(figure(&served.ask("GET /metrics"), "ringside_orders_resting"), 1);
    let looked = served.ask_with("GET /v1/session", &[bearer], "");
    assert_eq!((looked.status, &looked.json()["account"]), (200, &json!("amber")), "GWY-011");

    let ticket = served.verb(site, "ticket", &["--stream", "am1"]);
    let said = text(&ticket.stdout);
    assert_eq!(ticket.status.code(), Some(0), "{}", text(&ticket.stderr));
    let password = said.lines().find_map(|line| line.strip_prefix("password  ")).expect("one");
    assert_eq!(password.len(), 10, "as the login of a binary stream has it");
    refusals(site, &served);

    // An idle connection and one in the middle of a request hold nobody up.
    let idle = TcpStream::connect(&served.http).expect("a connection");
    let mut half = TcpStream::connect(&served.http).expect("a connection");
    half.write_all(b"POST /v1/session HTTP/1.1\r\nContent-Length: 9\r\n\r\nx").expect("taken");
    let http = served.http.clone();
    assert_eq!(served.terminate().code(), Some(0));
    assert!(TcpStream::connect(http).is_err(), "the door closes with the venue");
    assert!(!site.path("http.sock").exists());
    drop((idle, half));
}

fn refusals(site: &Site, served: &Served) {
    let other = site.path("other.pem");
    fs::copy(site.path("amber.pem"), &other).expect("copied");
    let stranger = SigningKey::from_bytes(&[6; 32]).to_pkcs8_pem(LineEnding::LF).expect("a key");
    fs::write(&other, stranger.as_bytes()).expect("written");
    let url = format!("ws://{}", served.websocket);
    let http = format!("ws://{}", served.http);
    let key = site.path("amber.pem");
    let much = ["--symbol", "BTCUSDC", "--side", "buy", "--quantity", "9", "--price", "64000"];
    let unknown = ["--symbol", "NOBODY", "--side", "buy", "--quantity", "1"];
    for (url, key, rest, status, said) in [
        (&url, &key, &much[..], 1, "INSUFFICIENT_FUNDS"),
        (&url, &key, &unknown[..], 1, "refused with -1121: Invalid symbol."),
        (&url, &other, &BUY[..], 1, "refused with -2015"),
        (&http, &key, &BUY[..], 4, "no WebSocket API answers there"),
        (&"ws://127.0.0.1:1".to_owned(), &key, &BUY[..], 4, "cannot be connected to"),
        (&"venue".to_owned(), &key, &BUY[..], 2, "the URL does not begin with ws://"),
        (&url, &site.path("none.pem"), &BUY[..], 4, "none.pem cannot be read"),
        (&url, &site.path("ringside.toml"), &BUY[..], 2, "is no Ed25519 private key in PEM"),
    ] {
        let output = run("order", url, key, rest);
        let found = text(&output.stderr);
        assert!(found.contains(said), "{said} in {found}");
        assert_eq!(output.status.code(), Some(status), "{found}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_fused_venue_is_asked_over_http_and_goes_on_after_a_kill() {
    let site = Site::new("fused");
    let (depth, bearer) = begins(&site);
    goes_on(&site, &depth, &bearer);
}

#[test]
fn a_pipelined_venue_is_asked_over_http_and_goes_on_after_a_kill() {
    let site = Site::new("pipelined");
    let (depth, bearer) = begins(&site);
    goes_on(&site, &depth, &bearer);
}

#[test]
fn an_address_that_is_taken_is_named() {
    let site = Site::new("fused");
    let served = Served::start(&site);
    let other = Site::new("fused");
    let taken = fs::read_to_string(other.path("ringside.toml")).expect("written");
    let http = format!("[http]\nlisten = [\"{}\"", served.http);
    let taken = taken.replace("[http]\nlisten = [\"127.0.0.1:0\"", &http);
    fs::write(other.path("ringside.toml"), taken).expect("written");
    let mut command = Command::new(PROGRAM);
    let output = command.args(["serve", "--config"]).arg(other.path("ringside.toml")).output();
    let output = output.expect("the program");
    assert_eq!(output.status.code(), Some(4));
    let said = text(&output.stderr);
    assert!(said.contains(&format!("the HTTP door cannot be opened: {}: ", served.http)), "{said}");
    assert!(!other.path("venue").exists(), "nothing was made");
    assert_eq!(served.terminate().code(), Some(0));
}
