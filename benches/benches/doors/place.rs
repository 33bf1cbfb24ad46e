//! The venue whose doors are measured.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::HEXLOWER;
use ed25519_dalek::SigningKey;
use ringside_gateway::identity::Tickets;
use ringside_gateway::reactor::{Address, Speech};
use ringside_protocol::{AccountId, KeyId, Name, Timestamp};
use ringside_tools::config::Configuration;
use ringside_tools::serve::{self, Served};

const SOL: &str = concat!(
    r#"{"op":"instrument","symbol":"SOL/USDC","wire_symbol":"SOLUSDC","kind":"spot","#,
    r#""base":"SOL","quote":"USDC","tick":"0.01","lot":"0.001"}"#
);

/// The key of the account that is measured.
pub(crate) const KEY: [u8; 32] = [7; 32];
/// The key of an account that others trade with.
pub(crate) const MAKER: [u8; 32] = [8; 32];
/// The random bytes of the measured account's ticket, and its stream.
pub(crate) const TICKET: ([u8; 16], &str) = ([3; 16], "bench");

/// A venue with both doors, two accounts, and a ticket for a stream of the first.
pub(crate) fn open(home: &Path, durability: &str) -> Served {
    serve::serve(&configuration(home, durability)).expect("a venue")
}

/// Its configuration; the ticket is there then.
pub(crate) fn configuration(home: &Path, durability: &str) -> Configuration {
    let mut tickets = Tickets::new([0; 32]);
    let stream = Name::parse(TICKET.1).expect("a name");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_nanos() as u64;
    tickets.issue(TICKET.0, AccountId(0), stream, KeyId(0), Timestamp(now)).expect("a ticket");
    let venue = home.join("venue");
    std::fs::create_dir(&venue).expect("a directory");
    std::fs::write(venue.join("tickets"), tickets.text()).expect("a file");
    let [key, maker] = [KEY, MAKER]
        .map(|key| HEXLOWER.encode(SigningKey::from_bytes(&key).verifying_key().as_bytes()));
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
connections_max = 16384
connections_per_address_max = 16384
logins_per_minute = 1000000
ping_s = 3600
[genesis]
lines = """
{{"op":"currency","code":"USDC","scale":6}}
{{"op":"currency","code":"SOL","scale":6}}
{SOL}
{{"op":"account","account":"bench"}}
{{"op":"deposit","account":"bench","currency":"USDC","amount":"1000000000"}}
{{"op":"key","account":"bench","key":"{key}","permissions":["read","trade"]}}
{{"op":"account","account":"maker"}}
{{"op":"deposit","account":"maker","currency":"SOL","amount":"1000000000"}}
{{"op":"key","account":"maker","key":"{maker}","permissions":["read","trade"]}}
"""
"#,
        venue.display()
    );
    Configuration::parse(&text).expect("a configuration")
}

/// Where a door listens: the JSON door, or the binary one.
pub(crate) fn address(served: &Served, json: bool) -> SocketAddr {
    let wanted = |speech: &Speech| matches!(speech, Speech::WebSocket) == json;
    let found = served.addresses.iter().find(|(_, speech)| wanted(speech));
    match found {
        Some((Address::Tcp(address), _)) => *address,
        Some((Address::Unix(_), _)) | None => panic!("a door"),
    }
}
