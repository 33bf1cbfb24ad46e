//! How somebody else connects to the running demo: for each door a line that works as it stands.

use std::fmt::Write;

use ringside_client::socket::Address;
use ringside_protocol::wire::ouch::MARKET_PRICE;

use super::super::market::LISTINGS;
use super::venue::{GUEST, Keyring};

/// The binary stream that the visitor's ticket opens.
pub const STREAM: &str = "GUEST1";

/// Any 16 bytes in base64: what opens a WebSocket asks for them.
const NONCE: &str = "cmluZ3NpZGUgZGVtbyAhIQ==";

/// Where the doors are.
#[derive(Clone, Debug)]
pub struct Doors {
    /// SoupBinTCP with OUCH.
    pub binary: Address,
    /// WebSocket.
    pub json: Address,
}

/// What is said before trading begins.
pub fn welcome(doors: &Doors, keyring: &Keyring, ticket: &str) -> String {
    let mut text = String::new();
    let key = keyring.key(GUEST).api_key();
    let written = writeln!(
        text,
        "Trade along: the account `{GUEST}` has money, its key is {}\n\
         (API key {key}).\n\n\
         WebSocket, {}; the trades in {}, as they happen:\n\n{}\n\
         TCP, {}; buys half a {} and says what the venue says:\n\n{}",
        keyring.file(GUEST).display(),
        doors.json,
        LISTINGS[0].symbol,
        websocket(doors),
        doors.binary,
        LISTINGS[0].base,
        tcp(doors, ticket)
    );
    written.expect("a string takes everything");
    text
}

/// The public trades, with what every machine has: the frames of the venue are bare text behind two
/// bytes or four.
fn websocket(doors: &Doors) -> String {
    let symbol = LISTINGS[0].short_symbol().to_lowercase();
    format!(
        "curl -sNo - --http1.1 -H 'Connection: Upgrade' -H 'Upgrade: websocket' \\\n  \
         -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: {NONCE}' \\\n  \
         http://{}/ws/{symbol}@trade\n",
        doors.json
    )
}

/// Logs in, asks for the next number, enters a market order, and reads until it has ended.
fn tcp(doors: &Doors, ticket: &str) -> String {
    let (host, port) = match &doors.binary {
        Address::Tcp(address) => (address.ip().to_string(), address.port()),
        Address::Unix(path) => (path.display().to_string(), 0),
    };
    let symbol = LISTINGS[0].short_symbol();
    format!(
        r#"python3 - <<'END'
import socket, struct
line = socket.create_connection(("{host}", {port}))
inbox = line.makefile("rb")
send = lambda kind, body: line.sendall(struct.pack(">Hc", 1 + len(body), kind) + body)
read = lambda: inbox.read(int.from_bytes(inbox.read(2), "big"))
send(b"L", b"{STREAM:6}{ticket:10}" + b" " * 10 + b"{next:>20}")
send(b"U", b"Q")
while (said := read())[:2] != b"UQ": print(said)
number, lots, price = int.from_bytes(said[10:14], "big"), 500, {MARKET_PRICE:#x}
send(b"U", struct.pack(">cIcI8sQccccc14sH", b"O", number, b"B", lots, b"{symbol:8}",
                       price, b"3", b"Y", b"O", b"N", b"N", b" " * 14, 0))
while (said := read())[:2] not in (b"SE", b"SC", b"SJ"): print(said)
print(said)
END
"#,
        next = 0
    )
}
