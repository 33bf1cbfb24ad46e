//! A session at the JSON door that hears what becomes of its orders.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ringside_client::websocket::{Cursor, Heard, Refused, WebClient, WebError};
use ringside_doors::opened::Doors;
use ringside_doors::venue::{Venue, key};
use ringside_tests::random::Random;
use ringside_tests::seed;
use serde_json::{Value, json};

use super::{Door, Lost, Session};

/// What a venue answers that cannot take an order now.
const BUSY: u64 = 503;
/// What it answers that does not know yet what becomes of an order; its stream will tell.
const UNDECIDED: u64 = 504;

pub(super) struct JsonSession {
    bot: WebClient,
    /// Its account.
    at: u32,
    random: Random,
    /// The session that its messages are numbered in.
    session: String,
    /// Its orders, in the order of their ids.
    orders: Vec<Value>,
    /// Those that nobody has answered yet.
    unanswered: BTreeSet<usize>,
    /// What was asked, by the number of the request.
    asked: BTreeMap<u64, Asked>,
    /// The venue's number of each order that it has acknowledged, by an answer or by a report.
    acknowledged: BTreeMap<usize, u64>,
    /// The numbered messages.
    heard: Vec<Value>,
    catching_up: Option<CatchingUp>,
}

/// A session that has not heard again what it missed: only then is it known which of its orders the
/// venue has.
struct CatchingUp {
    /// The messages there were when it logged on.
    messages: usize,
    /// The orders it had sent by then.
    orders: usize,
}

#[derive(Clone, Copy)]
enum Asked {
    Place(usize),
    Cancel,
}

impl JsonSession {
    /// A bot that hears its stream from the first message on.
    pub(super) fn new(bot: WebClient, at: u32) -> Self {
        let random = Random::new(seed() * 1_000 + u64::from(at));
        let mut session = Self {
            bot,
            at,
            random,
            session: String::new(),
            orders: Vec::new(),
            unanswered: BTreeSet::new(),
            asked: BTreeMap::new(),
            acknowledged: BTreeMap::new(),
            heard: Vec::new(),
            catching_up: None,
        };
        let Ok(()) = session.log_on() else { panic!("J{at} is not let in") };
        session
    }

    /// Logs on and hears its stream behind the last message.
    fn log_on(&mut self) -> Result<(), Lost> {
        let welcome = self.welcome().map_err(lost)?;
        let session = welcome["session"].as_str().expect("a session").to_owned();
        assert!(self.session.is_empty() || self.session == session, "one session: {welcome}");
        let first = Cursor { session: session.clone(), number: 0 };
        self.session = session;
        let after = self.bot.cursor().cloned().unwrap_or(first);
        self.bot.subscribe(Some(&after)).map_err(lost)?;
        let next = welcome["nextNumber"].as_u64().expect("a number") as usize;
        self.catching_up = Some(CatchingUp { messages: next - 1, orders: self.orders.len() });
        self.resolve()
    }

    /// What the venue says to a log-on that it takes: not to one that could be older than itself.
    fn welcome(&mut self) -> Result<Value, WebError> {
        loop {
            match self.bot.log_on(&key(self.at), &stream(self.at)) {
                Err(WebError::Refused(why)) if why.reason.as_deref() == Some("BEFORE_START") => {}
                other => return other,
            }
        }
    }

    /// Sends every order again that the venue has not, as soon as that is known.
    fn resolve(&mut self) -> Result<(), Lost> {
        let heard = self.heard.len();
        let Some(caught_up) = self.catching_up.take_if(|until| until.messages <= heard) else {
            return Ok(());
        };
        let unknown: Vec<usize> = self.unanswered.range(..caught_up.orders).copied().collect();
        unknown.into_iter().try_for_each(|order| self.place(order))
    }

    /// Hears everything that the venue has told it.
    pub(super) fn settle(&mut self) {
        self.bot.request("account.status", json!({})).unwrap();
        while let Some(heard) = self.bot.next_within(Duration::ZERO).unwrap() {
            self.note(heard).unwrap_or_else(|Lost(why)| panic!("{why}"));
        }
    }

    /// What somebody hears whom nothing disturbs is what this has heard, word for word; each of its
    /// orders was accepted once, under the number by which it was acknowledged.
    pub(super) fn check(&self, venue: &Venue) {
        let at = self.at;
        let told = undisturbed(venue, at, self.heard.len());
        for (told, heard) in told.iter().zip(&self.heard) {
            assert_eq!(told, heard, "J{at}, told again and heard");
        }
        let mut accepted = BTreeMap::<usize, Vec<u64>>::new();
        for event in told.iter().filter(|event| event["x"] == "NEW") {
            accepted.entry(order(event)).or_default().push(event["i"].as_u64().expect("an id"));
        }
        let once = self.acknowledged.iter().map(|(&order, &id)| (order, vec![id]));
        assert_eq!(accepted, once.collect(), "J{at}");
        assert_eq!(self.acknowledged.len(), self.orders.len(), "J{at}: each is answered");
    }

    /// How many orders were acknowledged.
    pub(super) fn acknowledged(&self) -> usize {
        self.acknowledged.len()
    }

    /// How many messages it has heard.
    pub(super) const fn heard(&self) -> usize {
        self.heard.len()
    }

    fn ask(&mut self, method: &str, params: Value, asked: Asked) -> Result<(), Lost> {
        let id = self.bot.send(method, params).map_err(lost)?;
        self.asked.insert(id, asked);
        Ok(())
    }

    fn place(&mut self, order: usize) -> Result<(), Lost> {
        self.ask("order.place", self.orders[order].clone(), Asked::Place(order))
    }

    /// Takes what came; whether it was a numbered message.
    fn note(&mut self, heard: Heard) -> Result<bool, Lost> {
        match heard {
            Heard::Event(told) => self.report(&told["event"]),
            Heard::Answer { id, result } => {
                let asked = self.asked.remove(&id).expect("an answer to what was asked");
                self.answered(asked, result).map(|()| false)
            }
        }
    }

    fn report(&mut self, event: &Value) -> Result<bool, Lost> {
        match event["e"].as_str() {
            Some("outboundAccountPosition") => return Ok(false),
            Some("executionReport" | "commandRefused") => {}
            _ => panic!("J{}: {event}", self.at),
        }
        assert_eq!(event["number"], self.heard.len() as u64 + 1, "numbers are dense: {event}");
        self.heard.push(event.clone());
        if event["x"] == "NEW" {
            self.acknowledge(order(event), event["i"].as_u64().expect("an order id"));
        }
        self.resolve().map(|()| true)
    }

    fn acknowledge(&mut self, order: usize, id: u64) {
        self.unanswered.remove(&order);
        let before = self.acknowledged.insert(order, id);
        assert!(before.is_none_or(|before| before == id), "j{order} is {before:?} and {id}");
    }

    fn answered(&mut self, asked: Asked, result: Result<Value, Refused>) -> Result<(), Lost> {
        match (asked, result) {
            // A cancel of what has ended is refused, and that is all there is to it.
            (Asked::Cancel, _) => Ok(()),
            (Asked::Place(order), Ok(result)) => {
                self.acknowledge(order, result["orderId"].as_u64().expect("an order id"));
                Ok(())
            }
            (Asked::Place(order), Err(why)) if why.status == BUSY => self.place(order),
            (Asked::Place(_), Err(why)) if why.status == UNDECIDED => Ok(()),
            (Asked::Place(order), Err(why)) => {
                panic!("J{}, {}: {why}", self.at, self.orders[order])
            }
        }
    }
}

impl Session for JsonSession {
    const DOOR: Door = Door::Json;

    fn under_way(&self) -> usize {
        self.unanswered.len()
    }

    fn act(&mut self) -> Result<(), Lost> {
        let placed = self.orders.len();
        if placed > 0 && self.random.chance(1, 4) {
            let order = self.random.below(placed as u64) as usize;
            return self.ask("order.cancel", named(order), Asked::Cancel);
        }
        let (quantity, ticks) = (self.random.within(1, 9), self.random.within(95, 105));
        let side = self.random.pick(&["BUY", "SELL"]);
        self.orders.push(json!({
            "symbol": SYMBOL, "side": side, "type": "LIMIT", "timeInForce": "GTC",
            "price": format!("{}.{:02}", ticks / 100, ticks % 100), "quantity": quantity,
            "newClientOrderId": name(placed), "newOrderRespType": "ACK",
        }));
        self.unanswered.insert(placed);
        self.place(placed)
    }

    fn hear(&mut self) -> Result<bool, Lost> {
        let heard = self.bot.next().map_err(lost)?;
        self.note(heard)
    }

    /// Orders without an answer are resolved by what the stream tells again; those that it does
    /// not know are sent again (CLI-033, X-CLI-001).
    fn come_back(&mut self, doors: &Doors) -> Result<(), Lost> {
        self.bot.reconnect_to(doors.websocket.v4.clone()).map_err(lost)?;
        self.log_on()
    }
}

/// The instrument, as this door names it.
const SYMBOL: &str = "SOLUSD";

/// The name of account `at`'s stream at this door.
fn stream(at: u32) -> String {
    format!("J{at}")
}

/// What the client calls its order.
fn name(order: usize) -> String {
    format!("j{order}")
}

/// The order that a report is about.
fn order(event: &Value) -> usize {
    let number = event["c"].as_str().and_then(|name| name.strip_prefix('j')?.parse().ok());
    number.unwrap_or_else(|| panic!("no order of ours: {event}"))
}

fn named(order: usize) -> Value {
    json!({"symbol": SYMBOL, "origClientOrderId": name(order)})
}

/// What a stream is told from its first message on, all of it.
fn undisturbed(venue: &Venue, at: u32, count: usize) -> Vec<Value> {
    let mut bot = venue.web(ringside_client::websocket::API);
    let welcome = bot.log_on(&key(at), &stream(at)).unwrap();
    assert_eq!(welcome["nextNumber"], count as u64 + 1, "J{at}: that is all");
    let session = welcome["session"].as_str().expect("a session").to_owned();
    bot.subscribe(Some(&Cursor { session, number: 0 })).unwrap();
    let mut told = Vec::new();
    while told.len() < count {
        match bot.next().unwrap() {
            Heard::Event(message) if message["event"]["e"] != "outboundAccountPosition" => {
                told.push(message["event"].clone());
            }
            Heard::Event(_) => {}
            answer @ Heard::Answer { .. } => panic!("{answer:?}"),
        }
    }
    told
}

/// Anything but a line that is gone is wrong.
fn lost(error: WebError) -> Lost {
    match error {
        WebError::Lost(why) => Lost(why),
        other => panic!("{other}"),
    }
}
