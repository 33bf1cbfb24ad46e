//! A door of HTTP before a house without a venue: what the reactor would answer is answered by a
//! thread of the test, and time stands still until it is moved.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signer, SigningKey};
use ringside_gateway::house::{Counts, House, Opening};
use ringside_gateway::http::{self, Figures, HttpDoor, Standing, Vitals};
use ringside_gateway::identity::{Replays, Secrets, Tickets, Tokens, keys::api_key};
use ringside_gateway::library::{Library, library};
use ringside_gateway::limits::Limits;
use ringside_gateway::questions::{Answers, questions};
use ringside_gateway::reactor::Address;
use ringside_gateway::sessions::Sessions;
use ringside_gateway::views::orders::OrderRow;
use ringside_protocol::*;
use ringside_ring::Wake;

/// When it is, until it is moved.
pub(crate) const NOW_MS: u64 = 1_700_000_000_000;
/// The secret of the account's HMAC key.
pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";

pub(crate) const fn ms(ms: u64) -> Timestamp {
    Timestamp(ms * 1_000_000)
}

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).expect("a name")
}

/// The key that acts for alice.
pub(crate) fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

pub(crate) fn public() -> [u8; 32] {
    key().verifying_key().to_bytes()
}

/// A request's parameters, signed by alice's key.
pub(crate) fn signed(timestamp_ms: u64) -> String {
    let payload = format!("timestamp={timestamp_ms}");
    let signature = BASE64.encode(&key().sign(payload.as_bytes()).to_bytes());
    let signature = signature.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
    format!("{payload}&signature={signature}")
}

/// The header with alice's key.
pub(crate) fn key_header() -> String {
    format!("X-MBX-APIKEY: {}", api_key(&public()))
}

/// A clock that is moved by hand.
#[derive(Clone)]
pub(crate) struct Hand(Arc<AtomicU64>);

impl Hand {
    fn now(&self) -> Timestamp {
        ms(self.0.load(Ordering::SeqCst))
    }

    pub(crate) fn set(&self, ms: u64) {
        self.0.store(ms, Ordering::SeqCst);
    }
}

/// A venue that is as it is said to be.
struct Said(AtomicU8);

const STANDINGS: [Standing; 6] = [
    Standing::Starting,
    Standing::Open,
    Standing::CancelsOnly,
    Standing::ClockStepped,
    Standing::TakesNothing,
    Standing::Stopping,
];

impl Vitals for Said {
    fn standing(&self) -> Standing {
        STANDINGS[usize::from(self.0.load(Ordering::SeqCst))]
    }

    fn figures(&self) -> Figures {
        Figures { executed: 30, written: 20, durable: 10 }
    }
}

/// What the thread of the house is told.
enum Told {
    /// A question lies there.
    Woken,
    /// Something becomes of the house.
    Do(Box<dyn FnOnce(&mut House) + Send>),
}

struct Bell(Sender<Told>);

impl Wake for Bell {
    fn wake(&self) {
        // A house that has closed hears nothing.
        let _ = self.0.send(Told::Woken);
    }
}

/// A library of nothing.
struct Empty;

impl Library for Empty {
    fn stream(
        &mut self,
        _: StreamId,
        _: SessionNumber,
        _: u64,
        _: usize,
        _: &mut Vec<(EventHeader, Event)>,
    ) -> Result<(), String> {
        Ok(())
    }
}

/// The door and what stands behind it.
pub(crate) struct Bench {
    pub(crate) clock: Hand,
    pub(crate) counts: Arc<Counts>,
    door: Option<HttpDoor>,
    said: Arc<Said>,
    told: Option<Sender<Told>>,
    house: Option<JoinHandle<()>>,
}

impl Bench {
    /// With the usual limits.
    pub(crate) fn new() -> Self {
        Self::with(Limits::default(), true)
    }

    /// With these limits; `answers`: somebody answers questions.
    pub(crate) fn with(limits: Limits, answers: bool) -> Self {
        let listen = [Address::Tcp(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))];
        Self::at(&listen, limits, answers)
    }

    /// At these addresses.
    pub(crate) fn at(listen: &[Address], limits: Limits, answers: bool) -> Self {
        let (told, heard) = channel();
        let (asking, answering) = questions(Arc::new(Bell(told.clone())));
        let clock = Hand(Arc::new(AtomicU64::new(NOW_MS)));
        let counts = Arc::<Counts>::default();
        let (house, hand) = (house(limits, &counts), clock.clone());
        let house = std::thread::spawn(move || keep(house, &hand, answering, &heard, answers));
        let said = Arc::new(Said(AtomicU8::new(1)));
        let hand = clock.clone();
        let opening = http::Opening {
            limits,
            questions: asking,
            counts: Arc::clone(&counts),
            vitals: Arc::clone(&said) as Arc<dyn Vitals>,
            clock: Arc::new(move || hand.now()),
        };
        let door = HttpDoor::open(listen, opening).expect("a free port");
        Self { clock, counts, door: Some(door), said, told: Some(told), house: Some(house) }
    }

    /// From now on the venue is this way.
    pub(crate) fn stands(&self, standing: Standing) {
        let at = STANDINGS.iter().position(|&there| there == standing).expect("one of all");
        self.said.0.store(at as u8, Ordering::SeqCst);
    }

    /// Does something to the house, and waits until it is done.
    pub(crate) fn does(&self, act: impl FnOnce(&mut House) + Send + 'static) {
        let (done, is_done) = channel();
        let act = move |house: &mut House| {
            act(house);
            done.send(()).expect("somebody waits");
        };
        self.told.as_ref().expect("open").send(Told::Do(Box::new(act))).expect("a house");
        is_done.recv().expect("it is done");
    }

    pub(crate) fn addresses(&self) -> &[Address] {
        self.door.as_ref().expect("open").addresses()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let Address::Tcp(address) = self.addresses()[0] else { panic!("a port") };
        TcpStream::connect(address).expect("a connection")
    }

    /// Asks on a connection of its own.
    pub(crate) fn ask(&self, request: &str) -> Answer {
        self.ask_with(request, &[], "")
    }

    /// Asks with headers and a body.
    pub(crate) fn ask_with(&self, request: &str, headers: &[&str], body: &str) -> Answer {
        Answer::of(self.connect(), &written(request, headers, body))
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        drop(self.door.take());
        drop(self.told.take());
        let kept = self.house.take().expect("a house").join();
        assert!(kept.is_ok() || std::thread::panicking(), "the house has panicked");
    }
}

/// A request as bytes: `GET /path` and the headers that follow.
pub(crate) fn written(request: &str, headers: &[&str], body: &str) -> String {
    let mut text = format!("{request} HTTP/1.1\r\nHost: venue\r\nConnection: close\r\n");
    headers.iter().for_each(|header| text += &format!("{header}\r\n"));
    if !body.is_empty() {
        text += &format!("Content-Length: {}\r\n", body.len());
    }
    text + "\r\n" + body
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// Sends, and reads until the other side closes.
    pub(crate) fn of(mut socket: impl Read + Write, request: &str) -> Self {
        // Who is refused early hears why although he is not done.
        let _ = socket.write_all(request.as_bytes());
        let mut text = Vec::new();
        let _ = socket.read_to_end(&mut text);
        let text = String::from_utf8(text).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
        Self { status, head: head.to_lowercase(), body: body.to_owned() }
    }

    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let start = format!("{name}: ");
        self.head.lines().find_map(|line| line.strip_prefix(&start))
    }

    /// The body's JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Status, and the dialect's code.
    pub(crate) fn error(&self) -> (u16, i64) {
        (self.status, self.json()["code"].as_i64().unwrap_or(0))
    }
}

fn keep(
    mut house: House,
    clock: &Hand,
    mut answers: Answers,
    heard: &Receiver<Told>,
    is_answered: bool,
) {
    while let Ok(told) = heard.recv() {
        match told {
            Told::Do(act) => act(&mut house),
            Told::Woken if is_answered => {
                while answers.turn(&mut house, clock.now()) {
                    answers.tell();
                    answers.seal(0);
                    answers.filed(0);
                    house.tokens.take_changed();
                }
            }
            Told::Woken => {}
        }
    }
}

/// One currency pair with a book, alice with two keys.
fn house(limits: Limits, counts: &Arc<Counts>) -> House {
    let (desk, _) = library(Box::new(Empty), Arc::new(Bell(channel().0)));
    let mut house = House::open(Opening {
        limits,
        sessions: Sessions::new(1, SessionNumber::FIRST, Timestamp(0), None),
        durability: "sync",
        tickets: Tickets::new([0; 32]),
        secrets: Secrets::parse(SECRET).expect("a secret"),
        tokens: Tokens::new(),
        replays: Replays::new(Timestamp(0)),
        random: |bytes| {
            bytes.fill(9);
            true
        },
        desk,
        counts: Arc::clone(counts),
    });
    for (at, code) in ["SOL", "USDC"].into_iter().enumerate() {
        house.learn(&currency(at as u32, code));
    }
    house.learn(&instrument(0, "SOL/USDC"));
    house.learn(&account(0, "alice"));
    let secret = ringside_gateway::identity::secrets::fingerprint(SECRET.as_bytes());
    for (at, bytes) in [public(), secret].into_iter().enumerate() {
        house.learn(&granted(at as u32, bytes, Timestamp(0)));
    }
    let rows = [row(1, Side::Buy, 15_025, 1_500), row(2, Side::Sell, 15_030, 7_000)];
    house.views.seed(&rows, Sequence(1001), ms(NOW_MS));
    house
}

fn currency(at: u32, code: &str) -> Event {
    let (currency, code) = (CurrencyId(at), name(code));
    CurrencyAdded { currency, code, scale: 6, reserved: [0; 7] }.into()
}

/// An instrument of ticks of 0.01 and lots of 0.001.
pub(crate) fn instrument(at: u32, symbol: &str) -> Event {
    let mut wire_symbol = [0; 8];
    let wire = symbol.replace('/', "");
    wire_symbol[..wire.len()].copy_from_slice(wire.as_bytes());
    let terms = Instrument {
        symbol: name(symbol),
        wire_symbol,
        base: CurrencyId(0),
        quote: CurrencyId(1),
        kind: InstrumentKind::ALL[0],
        reserved: [0; 3],
        tick: 10_000_000_000,
        lot: 1_000_000_000,
        max_price: 0,
        min_quantity: 0,
        max_quantity: 0,
        min_notional: Amount::default(),
        max_notional: Amount::default(),
        maker_fee: FeeRate::default(),
        taker_fee: FeeRate::default(),
        max_open_orders: 200,
        reserved_2: 0,
    };
    InstrumentAdded { instrument: InstrumentId(at), reserved: 0, terms }.into()
}

fn account(at: u32, called: &str) -> Event {
    let (account, called) = (AccountId(at), name(called));
    let (instrument, state) = (InstrumentId::NONE, AccountState::Normal);
    AccountStateChanged { account, instrument, state, reserved: [0; 3], name: called }.into()
}

/// A key of alice's; it may do everything until then.
pub(crate) fn granted(at: u32, key: [u8; 32], expires: Timestamp) -> Event {
    let (account, permissions) = (AccountId(0), Permissions::EVERY);
    let grant = GrantKey { account, permissions, reserved: [0; 3], key, expires };
    KeyGranted { key: KeyId(at), reserved: 0, grant }.into()
}

fn row(order: u64, side: Side, price: u64, lots: u64) -> OrderRow {
    OrderRow {
        order: OrderId(order),
        account: AccountId(0),
        instrument: InstrumentId(0),
        stream: StreamId::NONE,
        user_ref: 0,
        id: name(&format!("o{order}")),
        side,
        kind: OrderType::Limit,
        time_in_force: TimeInForce::Gtc,
        flags: OrderFlags::default(),
        price,
        quantity: lots,
        cumulative: 0,
        leaves: lots,
        cumulative_ticks_lots: 0,
        status: OrderStatus::resting(0),
        canceled: None,
        refused: None,
        entered: ms(NOW_MS),
        updated: ms(NOW_MS),
        sequence: Sequence(1001),
    }
}

/// A signature with the secret.
pub(crate) fn hmac(payload: &str) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length");
    HEXLOWER.encode(&mac.chain_update(payload).finalize().into_bytes())
}

/// Loopback, whichever kind of address.
pub(crate) const fn loopback(address: IpAddr) -> Address {
    Address::Tcp(SocketAddr::new(address, 0))
}
