//! The demo over sockets: a venue with its doors open, and bots that trade through them, makers
//! over TCP and takers over WebSocket. Everything is journalled, and the end says how to see it
//! again.

pub mod examples;
pub mod hand;
pub mod ouch;
pub mod pulse;
pub mod session;
pub mod tape;
pub mod trader;
pub mod venue;
pub mod web;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use ringside_client::socket::Address;
use ringside_client::websocket::{Heard, Key, WebClient};
use ringside_engine::audit;
use ringside_gateway::reactor::{Address as Bound, Speech};

use self::examples::Doors;
use self::hand::Outside;
use self::ouch::Ouch;
use self::pulse::Figures;
use self::session::told;
use self::tape::Tape;
use self::trader::{Drift, Floor, Trader};
use self::venue::{GUEST, Keyring};
use self::web::Web;
use super::bots::Ids;
use super::crowd::{HALF_SPREADS, MAKERS, TAKERS};
use super::display::Display;
use super::fair::Fair;
use super::maker::Maker;
use super::noise::Noise;
use super::screen::Picture;
use super::summary::{differences, verdict};
use crate::cli::Ending;
use crate::figures::{a_second, grouped, seconds};
use crate::random::Random;
use crate::report;
use crate::scenario::answers::hex;
use crate::serve::{Served, serve};
use crate::venue::assembly::Ended;
use crate::venue::clock;

/// Looks at the market a second.
const LOOKS_A_SECOND: u32 = 10;

/// How a demo over sockets goes.
#[derive(Clone, Debug)]
pub struct Live {
    /// How long the bots trade.
    pub seconds: u64,
    /// What decides what they do with what they hear.
    pub seed: u64,
    /// Where the venue lies; none: in a temporary directory, which stays.
    pub directory: Option<PathBuf>,
}

impl Live {
    /// Opens the venue, lets bots trade, shows it, stops in order and sums up.
    ///
    /// # Errors
    /// When the way out is closed; the venue has ended in order then too.
    pub fn run<W: Write>(&self, display: &mut Display<W>) -> io::Result<Ending> {
        let directory = match &self.directory {
            Some(directory) => directory.clone(),
            None => venue::temporary()?,
        };
        match Market::open(&directory, self.seed) {
            Ok(market) => self.show(market, display),
            Err(why) => {
                report::fatal(&why);
                Ok(Ending::Unreadable)
            }
        }
    }

    fn show<W: Write>(&self, market: Market, display: &mut Display<W>) -> io::Result<Ending> {
        let shown = display.say(&market.welcome).and_then(|()| self.watch(&market, display));
        let directory = market.directory.clone();
        let end = market.close();
        shown?;
        let audit = audit::check(&end.ended.engine);
        display.draw(&picture(&end.floor, end.lasted, self.seed))?;
        let text = summary(&end, &verdict(&audit), &directory);
        display.say(&format!("\n{text}"))?;
        end.troubles.iter().for_each(|trouble| report::fatal(trouble));
        Ok(match (audit, end.troubles.is_empty()) {
            (Err(_), _) => Ending::Violation,
            (Ok(()), false) => Ending::Unexpected,
            (Ok(()), true) => Ending::Done,
        })
    }

    /// Hears what is public and shows it, until time is up or somebody stops the venue.
    fn watch<W: Write>(&self, market: &Market, display: &mut Display<W>) -> io::Result<()> {
        let mut feed = match Feed::open(market) {
            Ok(feed) => feed,
            Err(why) => return Err(io::Error::other(why)),
        };
        for look in 1..=self.seconds * u64::from(LOOKS_A_SECOND) {
            let due = market.began + Duration::from_secs(look) / LOOKS_A_SECOND;
            feed.hear_until(due);
            if market.floor.stop.is_up() {
                return Ok(());
            }
            let picture = picture(&market.floor, market.began.elapsed(), self.seed);
            display.look(&picture, look.is_multiple_of(u64::from(LOOKS_A_SECOND)))?;
        }
        Ok(())
    }
}

/// The public streams, heard for everybody.
struct Feed<'m> {
    market: &'m Market,
    client: WebClient,
}

impl<'m> Feed<'m> {
    fn open(market: &'m Market) -> Result<Self, String> {
        let (address, clock) = (market.doors.json.clone(), Box::new(clock::wall()));
        let client = WebClient::connect(address, &Tape::path(), clock).map_err(told)?;
        Ok(Self { market, client })
    }

    /// A feed that breaks off is begun again; the path says what it hears.
    fn hear_until(&mut self, due: Instant) {
        let floor = &self.market.floor;
        loop {
            let left = due.saturating_duration_since(Instant::now());
            match self.client.next_within(left) {
                _ if left.is_zero() => return,
                Ok(Some(Heard::Event(told))) => floor.tape.hear(&told),
                Ok(Some(Heard::Answer { .. }) | None) => {}
                Err(_) if floor.stop.is_up() || self.client.reconnect().is_err() => {
                    thread::park_timeout(left);
                }
                Err(_) => {}
            }
        }
    }
}

/// A venue with its doors open, and everybody at work.
struct Market {
    directory: PathBuf,
    served: Served,
    doors: Doors,
    floor: Floor,
    bots: Vec<Bot>,
    welcome: String,
    began: Instant,
}

/// A bot's name and its thread.
type Bot = (&'static str, JoinHandle<Result<(), String>>);

/// What a demo ended with.
struct End {
    floor: Floor,
    ended: Ended,
    lasted: Duration,
    /// Bots that did not get to the end.
    troubles: Vec<String>,
}

impl Market {
    fn open(directory: &Path, seed: u64) -> Result<Self, String> {
        let keyring = Keyring::open(directory)?;
        let served = serve(&venue::configuration(directory, &keyring))?;
        let doors = Doors {
            binary: door(&served, |speech| matches!(speech, Speech::Ouch(_))),
            json: door(&served, |speech| matches!(speech, Speech::WebSocket)),
        };
        let floor = Floor {
            tape: Arc::default(),
            pulse: Arc::default(),
            over: Arc::default(),
            stop: served.venue.stop_sign(),
        };
        let mut market = Self {
            directory: directory.to_path_buf(),
            served,
            doors,
            floor,
            bots: Vec::new(),
            welcome: String::new(),
            began: Instant::now(),
        };
        match market.settle_in(&keyring, seed) {
            Ok(()) => Ok(market),
            Err(why) => {
                market.close();
                Err(why)
            }
        }
    }

    /// The visitor gets a ticket, the bots get to work.
    fn settle_in(&mut self, keyring: &Keyring, seed: u64) -> Result<(), String> {
        let ticket = visitors_ticket(&self.doors.json, keyring.key(GUEST))?;
        self.welcome = examples::welcome(&self.doors, keyring, &ticket);
        let mut random = Random::new(seed, 1);
        let names = MAKERS.into_iter().map(|name| (name, true));
        let names = names.chain(TAKERS.into_iter().map(|name| (name, false)));
        for (stream, (name, is_maker)) in (2..).zip(names) {
            let plan = Plan {
                name,
                is_maker,
                key: keyring.key(name).clone(),
                doors: self.doors.clone(),
                half_spread: random.within(HALF_SPREADS.0, HALF_SPREADS.1),
                fair: Fair::new(Random::new(seed, 0)),
                random: [Random::new(seed, stream), Random::new(seed, stream + 1_000)],
                began: self.began,
            };
            let floor = self.floor.clone();
            let work = move || plan.open(&floor)?.run(&floor);
            let spawned = thread::Builder::new().name(name.to_owned()).spawn(work);
            self.bots.push((name, spawned.map_err(told)?));
        }
        Ok(())
    }

    /// The bots stop, then the venue.
    fn close(self) -> End {
        let Self { served, floor, bots, began, .. } = self;
        let lasted = began.elapsed();
        floor.over.store(true, Ordering::Relaxed);
        let ends = bots.into_iter().map(|(name, bot)| (name, bot.join()));
        let trouble = |(name, end): (&str, thread::Result<Result<(), String>>)| match end {
            Ok(Ok(())) => None,
            Ok(Err(why)) => Some(format!("{name} could not go on: {why}")),
            Err(_) => Some(format!("{name} has panicked")),
        };
        let troubles = ends.filter_map(trouble).collect();
        End { ended: served.venue.stop(), floor, lasted, troubles }
    }
}

/// Where a door took its place.
fn door(served: &Served, speaks: impl Fn(&Speech) -> bool) -> Address {
    let found = served.addresses.iter().find(|(_, speech)| speaks(speech));
    match &found.expect("Invariant: the demo opens this door").0 {
        Bound::Tcp(address) => Address::Tcp(*address),
        Bound::Unix(path) => Address::Unix(path.clone()),
    }
}

fn visitors_ticket(json: &Address, key: &Key) -> Result<String, String> {
    let (mut client, _) = session::log_on(json, key)?;
    let asked = serde_json::json!({ "stream": examples::STREAM });
    let issued = client.request("session.ticket", asked).map_err(told)?;
    client.close();
    Ok(issued["password"].as_str().unwrap_or_default().to_owned())
}

/// A bot that is not there yet.
struct Plan {
    name: &'static str,
    is_maker: bool,
    key: Key,
    doors: Doors,
    half_spread: u64,
    fair: Fair,
    /// What it does, and when.
    random: [Random; 2],
    began: Instant,
}

impl Plan {
    fn open(self, floor: &Floor) -> Result<Trader, String> {
        let Self { name, is_maker, key, doors, half_spread, fair, random, began } = self;
        let [what, when] = random;
        let drift = Drift::new(fair.clone(), began);
        if is_maker {
            let (session, hand) = Ouch::open(&doors.binary, &doors.json, &key)?;
            let view = Outside { tape: &floor.tape, fair: &fair, hand: &hand };
            let bot = Box::new(Maker::new(half_spread, &view, Ids::new("q")));
            let session = Box::new(session);
            return Ok(Trader { name, kind: "maker", bot, session, hand, drift, random: when });
        }
        let (session, hand, prefix) = Web::open(&doors.json, &key)?;
        let bot = Box::new(Noise::new(what, Ids::new(&prefix)));
        let session = Box::new(session);
        Ok(Trader { name, kind: "noise", bot, session, hand, drift, random: when })
    }
}

fn picture(floor: &Floor, lasted: Duration, seed: u64) -> Picture {
    let figures = floor.pulse.figures();
    let heading = format!(
        "seed {seed}  {}.{} s  {} orders/s  {} trades  p50 {}  p99 {}",
        lasted.as_secs(),
        lasted.subsec_millis() / 100,
        a_second(figures.answered, lasted),
        grouped(floor.tape.trades()),
        figures.latency(0.5),
        figures.latency(0.99),
    );
    Picture { heading, books: floor.tape.books(), standings: figures.leaderboard(&floor.tape) }
}

/// What happened, whether the books are in order, and how to see it again.
fn summary(end: &End, verdict: &str, directory: &Path) -> String {
    let engine = &end.ended.engine;
    let figures = end.floor.pulse.figures();
    let stats = engine.stats();
    let first = end.floor.tape.first_trade();
    let first = first.map_or_else(|| "none was heard".to_owned(), seconds);
    let directory = directory.display();
    let rows = [
        (
            "orders",
            format!(
                "{} answered ({} refused)",
                grouped(figures.answered),
                grouped(figures.refused)
            ),
        ),
        ("order → ack", acknowledged(&figures)),
        ("trades", format!("{}, the first after {first}", grouped(stats.trades))),
        ("trial balance", differences(engine)),
        ("audit", verdict.to_owned()),
        ("state hash", hex(&engine.state_hash())),
        ("verify", format!("ringside verify {directory}")),
        ("replay", format!("ringside replay {directory}   (ends in that hash)")),
        ("go on", format!("ringside demo --data {directory}")),
    ];
    rows.iter().map(|(what, value)| format!("{what:<14}{value}\n")).collect()
}

fn acknowledged(figures: &Figures) -> String {
    let at = |quantile| figures.latency(quantile);
    format!("p50 {}, p99 {}, p99.9 {}, on disk, at the bots", at(0.5), at(0.99), at(0.999))
}
