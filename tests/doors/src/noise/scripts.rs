//! Conversations that are good: one of everything that a client may say at each door.

use ringside_client::order::{Life, NewOrder, Terms, symbol};
use ringside_client::socket::Address;
use ringside_client::soup::{Login, Resume};
use ringside_client::websocket::Key;
use ringside_protocol::Side;
use ringside_protocol::wire::ouch::{
    self, AccountQuery, Appendages, Cancel, Firm, Inbound, MassCancel, Modify,
};
use ringside_protocol::wire::soup::ClientPacket;
use ringside_tests::random::Random;
use serde_json::{Map, Value, json};
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::line::request;
use crate::spoken::packed;
use crate::venue::{SYMBOL, Venue, ahead, key};

/// Where strangers come: a port, and what is spoken there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Desk {
    /// OUCH.
    Orders,
    /// ITCH.
    MarketData,
    /// Requests of the JSON dialect.
    Api,
    /// Its public streams.
    Streams,
    /// HTTP.
    Http,
}

impl Desk {
    /// Each of them.
    pub const ALL: [Self; 5] =
        [Self::Orders, Self::MarketData, Self::Api, Self::Streams, Self::Http];

    /// Its port on 127.0.0.1.
    ///
    /// # Panics
    /// Where the venue's plan does not open it.
    pub fn address(self, venue: &Venue) -> Address {
        let public = || venue.doors.public.as_ref().expect("a plan with every door");
        match self {
            Self::Orders => venue.doors.v4.clone(),
            Self::MarketData => public().market_data.v4.clone(),
            Self::Api | Self::Streams => venue.doors.websocket.v4.clone(),
            Self::Http => public().http.v4.clone(),
        }
    }
}

/// Somebody with an account, a ticket and a key.
#[derive(Clone, Debug)]
pub struct Stranger {
    login: Login,
    stream: String,
    key: Key,
}

impl Stranger {
    /// Account `at`'s holder.
    pub fn new(venue: &Venue, at: u32) -> Self {
        Self { login: venue.login(at), stream: format!("J{at}"), key: key(at) }
    }

    /// A conversation, message by message. The first is what opens it.
    pub fn talks(&self, desk: Desk, random: &mut Random) -> Vec<Vec<u8>> {
        match desk {
            Desk::Orders => self.orders(random),
            Desk::MarketData => self.market_data(),
            Desk::Api => self.api(random),
            Desk::Streams => streams(random),
            Desk::Http => self.http(),
        }
    }

    fn orders(&self, random: &mut Random) -> Vec<Vec<u8>> {
        let mut said = vec![request(&self.login, Resume::LIVE)];
        let (firm, appendages) = (Firm::BLANK, Appendages::NONE);
        let orders = [order(random), order(random), order(random)];
        said.extend(orders.map(|(number, order)| packed(&order.enter(number).into())));
        let (number, NewOrder { terms, .. }) = order(random);
        let terms = Terms { quantity: 5, ..terms };
        let query = AccountQuery { appendages };
        let others: [Inbound; 5] = [
            terms.replace(orders[0].0, number, Life::GoodTillCancel).into(),
            Cancel { user_ref: orders[1].0, quantity: 0, appendages }.into(),
            Modify { user_ref: orders[2].0, side: ouch::Side::Buy, quantity: 1, appendages }.into(),
            MassCancel { user_ref: number + 1, firm, symbol: symbol(SYMBOL), appendages }.into(),
            query.into(),
        ];
        said.extend(others.iter().map(packed));
        said.extend(courtesies());
        said
    }

    fn market_data(&self) -> Vec<Vec<u8>> {
        let mut said = vec![request(&self.login, Resume::LIVE)];
        said.extend(courtesies());
        said
    }

    fn api(&self, random: &mut Random) -> Vec<Vec<u8>> {
        let name = format!("n{}", random.below(1_000));
        let order = json!({"symbol": "SOLUSD", "side": "BUY", "type": "LIMIT",
            "timeInForce": "IOC", "price": "0.01", "quantity": "1", "newClientOrderId": name});
        let named = json!({"symbol": "SOLUSD", "origClientOrderId": name});
        let log_on = self.signed(json!({"stream": self.stream, "cancelOnDisconnect": true}));
        let requests = [
            ("session.logon", log_on),
            ("userDataStream.subscribe", json!({"scope": "account"})),
            ("order.test", order.clone()),
            ("order.place", order),
            ("order.status", named.clone()),
            ("order.cancel", named),
            ("openOrders.status", json!({})),
            ("openOrders.cancelAll", json!({"symbol": "SOLUSD"})),
            ("account.status", json!({"omitZeroBalances": true})),
            ("session.subscriptions", json!({})),
            ("exchangeInfo", json!({"symbols": ["SOLUSD"]})),
            ("depth", json!({"symbol": "SOLUSD", "limit": 5})),
            ("session.logout", json!({})),
        ];
        let requests = (1..).zip(requests).map(|(id, (method, params))| {
            text(&json!({"id": id, "method": method, "params": params}), random)
        });
        conversation("/ws-api/v3", requests.collect())
    }

    fn http(&self) -> Vec<Vec<u8>> {
        let signed = self.signed(json!({}));
        let body: Vec<String> = ["timestamp", "signature"]
            .iter()
            .map(|name| format!("{name}={}", signed[*name].to_string().replace('"', "")))
            .collect();
        let body = body.join("&").replace('+', "%2B");
        let session = format!(
            "POST /v1/session HTTP/1.1\r\nHost: venue\r\nX-MBX-APIKEY: {}\r\nContent-Type: \
             application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            self.key.api_key(),
            body.len()
        );
        let chunked = "DELETE /api/v3/order HTTP/1.1\r\nHost: venue\r\nTransfer-Encoding: \
                       chunked\r\n\r\n9\r\nsymbol=SO\r\n5\r\nLUSD&\r\n0\r\n\r\n";
        let asked = [
            "/api/v3/ping",
            "/api/v3/exchangeInfo?symbols=%5B%22SOLUSD%22%5D",
            "/api/v3/depth?symbol=SOLUSD&limit=5",
            "/healthz",
            "/metrics",
        ];
        let asked = asked.map(|path| format!("GET {path} HTTP/1.1\r\nHost: venue\r\n\r\n"));
        let mut said = asked.to_vec();
        said.extend([session, chunked.to_owned()]);
        said.into_iter().map(String::into_bytes).collect()
    }

    fn signed(&self, params: Value) -> Value {
        let params: Map<String, Value> = params.as_object().expect("an object").clone();
        self.key.signed(params, ahead()).into()
    }
}

/// An order that mostly finds nothing, and its number.
fn order(random: &mut Random) -> (u32, NewOrder) {
    let order = NewOrder::limit(Side::Buy, symbol(SYMBOL), 1, 1);
    (random.within(1, 60_000) as u32, order.life(Life::ImmediateOrCancel))
}

fn courtesies() -> [Vec<u8>; 3] {
    let packets = [ClientPacket::Debug(b"hello"), ClientPacket::Heartbeat, ClientPacket::Logout];
    packets.map(|packet| {
        let mut bytes = Vec::new();
        packet.encode(&mut bytes);
        bytes
    })
}

fn streams(random: &mut Random) -> Vec<Vec<u8>> {
    let requests = [
        ("SUBSCRIBE", json!(["solusd@bookTicker", "solusd@depth20@100ms"])),
        ("LIST_SUBSCRIPTIONS", json!([])),
        ("SET_PROPERTY", json!(["combined", true])),
        ("GET_PROPERTY", json!(["combined"])),
        ("UNSUBSCRIBE", json!(["solusd@trade"])),
    ];
    let requests = (1..).zip(requests).map(|(id, (method, params))| {
        text(&json!({"method": method, "params": params, "id": id}), random)
    });
    conversation("/stream?streams=solusd@trade/solusd@depth", requests.collect())
}

/// The opening of a WebSocket, requests, and a good-bye.
fn conversation(path: &str, requests: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let opening = format!(
        "GET {path} HTTP/1.1\r\nHost: venue\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    let mut said = vec![opening.into_bytes()];
    said.extend(requests);
    let mask = [1, 2, 3, 4];
    said.extend([Frame::ping(b"here?".to_vec()), Frame::close(None)].map(|it| masked(it, mask)));
    said
}

/// A text in a frame, as clients send it.
fn text(value: &Value, random: &mut Random) -> Vec<u8> {
    let frame = Frame::message(value.to_string(), OpCode::Data(Data::Text), true);
    masked(frame, (random.bits() as u32).to_le_bytes())
}

fn masked(mut frame: Frame, mask: [u8; 4]) -> Vec<u8> {
    frame.header_mut().mask = Some(mask);
    let mut bytes = Vec::new();
    frame.format(&mut bytes).expect("memory takes every byte");
    bytes
}
