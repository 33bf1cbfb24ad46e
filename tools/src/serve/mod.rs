//! `ringside serve`: the venue with its doors open.

pub mod door;
mod feed;
pub mod files;
pub mod http;
pub mod record;
pub mod scribe;
mod views;

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ringside_gateway::house::{Counts, House, Opening};
use ringside_gateway::http::HttpDoor;
use ringside_gateway::identity::Replays;
use ringside_gateway::identity::timing::AHEAD_NS_MAX;
use ringside_gateway::library::library;
use ringside_gateway::limits::Limits;
use ringside_gateway::questions::Answers;
use ringside_gateway::reactor::{Address, Poller, Reactor, Speech};
use ringside_gateway::sessions::Sessions;
use ringside_protocol::{OnDisconnect, Timestamp};

use self::door::{Files, ReactorDoor};
use self::files::KeptFile;
use self::record::Record;
use self::scribe::{Disk, Scribe};
use crate::admin::{self, AdminSocket};
use crate::check_config::exposed;
use crate::cli::Ending;
use crate::config::genesis::kept;
use crate::config::listen::Listen;
use crate::config::{self, Configuration};
use crate::drive::{announce, stop_on_signals};
use crate::report;
use crate::venue::assembly::{Ready, Venue};
use crate::venue::clock::{self, SharedClock};
use crate::venue::door::Door;
use crate::venue::fatal::Fatal;

/// Run a venue with its doors open.
///
/// Bots connect by SoupBinTCP and OUCH. Every command is journalled before it is answered, as the
/// durability mode says. Kill it in any way and start it again: everything that was acknowledged is
/// there, and every session goes on where it was. SIGTERM and Ctrl-C stop it in order.
///
/// The exit status is 0 when it ended in order, 2 when the configuration cannot be understood, 4
/// when the directory does not lead to a venue or an address cannot be had, 5 when the disk failed
/// while it ran.
#[derive(clap::Args)]
#[command(after_help = "Example:
  ringside check-config ringside.toml && ringside serve --config ringside.toml")]
pub struct Serve {
    /// The configuration; `ringside check-config` explains it
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

impl Serve {
    /// By this configuration.
    pub const fn of(config: PathBuf) -> Self {
        Self { config }
    }

    /// Serves until told to stop.
    pub fn perform(self) -> Ending {
        self.perform_by(&(Arc::new(clock::now) as SharedClock))
    }

    /// The same by a clock of one's own.
    pub fn perform_by(self, clock: &SharedClock) -> Ending {
        let configuration = match Configuration::read(&self.config) {
            Ok(configuration) => configuration,
            Err(error) => {
                report::configuration(&error);
                return Ending::NotUnderstood;
            }
        };
        if let Some(warning) = exposed(&configuration.exposed()) {
            report::warning(&warning);
        }
        match serve_on(&configuration, clock, scribe::disk()) {
            Ok(served) => {
                say(&served);
                served.venue.wait();
                Ending::Done
            }
            Err(why) => {
                report::fatal(&why);
                Ending::Unreadable
            }
        }
    }
}

/// A venue with its doors open.
pub struct Served {
    /// The venue.
    pub venue: Venue,
    /// Where it takes connections, and what is spoken there.
    pub addresses: Vec<(Address, Speech)>,
    /// What its doors count.
    pub counts: Arc<Counts>,
    /// Where the operator's commands come in, until it is dropped.
    pub admin: AdminSocket,
    /// The HTTP door; it closes when this is dropped.
    pub http: Option<HttpDoor>,
}

/// Opens the doors of a venue.
///
/// # Errors
/// A sentence on what is in the way.
pub fn serve(configuration: &Configuration) -> Result<Served, String> {
    serve_on(configuration, &(Arc::new(clock::now) as SharedClock), scribe::disk())
}

/// The same by a clock of one's own, and with the files of the doors put on this disk.
///
/// # Errors
/// As [`serve`].
pub fn serve_on(
    configuration: &Configuration,
    clock: &SharedClock,
    disk: Disk,
) -> Result<Served, String> {
    let directory = configuration.venue.directory.display().to_string();
    let told = |error: &dyn core::fmt::Display| format!("{directory}: {error}");
    let mut front = Front::open(configuration, clock)?;
    let mut ready =
        Ready::open(configuration.venue.clone(), clock()).map_err(|error| told(&error))?;
    kept::enter(&mut ready, &configuration.genesis, clock()).map_err(|error| told(&error))?;
    ready.complete_record(clock()).map_err(|error| told(&error))?;
    announce(&configuration.venue, &ready);
    let fatal = Fatal::new(crate::drive::end);
    let (door, addresses) = doors(configuration, &ready, &fatal, &mut front, disk)?;
    let (operator, admin) = admin::open(&ready).map_err(|error| told(&error))?;
    let doors: Vec<Box<dyn Door>> = vec![Box::new(door), Box::new(operator)];
    let venue = ready.start(doors, clock::own(clock), fatal).map_err(|error| told(&error))?;
    stop_on_signals(venue.stop_sign()).map_err(|error| told(&error))?;
    let Front { counts, http, .. } = front;
    let http = http.map(|(door, pulse)| {
        pulse.runs(venue.gauges());
        door
    });
    Ok(Served { venue, addresses, counts, admin, http })
}

/// What is there before the venue has recovered: the HTTP door, which says that it does.
struct Front {
    clock: SharedClock,
    poller: Poller,
    counts: Arc<Counts>,
    http: Option<(HttpDoor, Arc<http::Pulse>)>,
    answers: Option<Answers>,
}

impl Front {
    fn open(configuration: &Configuration, clock: &SharedClock) -> Result<Self, String> {
        let poller = Poller::new().map_err(|error| not_opened(&error))?;
        let counts = Arc::<Counts>::default();
        let listen: Vec<Address> = configuration.http.listen.iter().map(address).collect();
        let opened = http::open(&listen, limits(configuration), &poller, &counts, clock);
        let opened = opened.map_err(|error| format!("the HTTP door cannot be opened: {error}"))?;
        let (http, answers) = match opened {
            Some(http::Opened { door, answers, pulse }) => (Some((door, pulse)), Some(answers)),
            None => (None, None),
        };
        Ok(Self { clock: Arc::clone(clock), poller, counts, http, answers })
    }
}

fn not_opened(error: &io::Error) -> String {
    format!("the doors cannot be opened: {error}")
}

type Opened = (ReactorDoor, Vec<(Address, Speech)>);

fn doors(
    configuration: &Configuration,
    ready: &Ready,
    fatal: &Fatal,
    front: &mut Front,
    disk: Disk,
) -> Result<Opened, String> {
    let poller = front.poller.clone();
    let (house, files) =
        house(configuration, ready, front, disk).map_err(|error| not_opened(&error))?;
    let mut reactor = Reactor::new(poller.clone(), house);
    if let Some(answers) = front.answers.take() {
        reactor.answer(answers);
    }
    let mut addresses = Vec::new();
    let ouch = configuration.tcp.listen.iter();
    let ouch = ouch.map(|listen| (listen, Speech::Ouch(on_disconnect(&configuration.tcp))));
    let itch = configuration.tcp.itch.iter().map(|listen| (listen, Speech::Itch));
    let web = configuration.websocket.listen.iter().map(|listen| (listen, Speech::WebSocket));
    for (listen, speech) in ouch.chain(itch).chain(web) {
        let bound = reactor.listen(&address(listen), speech.conversation());
        let bound = bound.map_err(|error| format!("{listen} cannot be listened on: {error}"))?;
        addresses.push((bound, speech));
    }
    let clock = clock::own(&front.clock);
    let door = ReactorDoor::new(reactor, poller, clock, files, fatal.clone());
    Ok((door, addresses))
}

/// What the doors share, and the files that are kept for it.
fn house(
    configuration: &Configuration,
    ready: &Ready,
    front: &Front,
    disk: Disk,
) -> io::Result<(House, Files)> {
    let wake = Arc::new(front.poller.clone());
    let scribe = Scribe::start(disk, wake.clone())?;
    let (desk, librarian) = library(Box::new(Record(ready.record())), wake);
    thread::Builder::new().name("librarian".into()).spawn(move || librarian.run())?;
    let now = (front.clock)();
    let directory = &configuration.venue.directory;
    let (ticket_file, tickets) = KeptFile::open(directory, now)?;
    let (token_file, tokens) = KeptFile::open(directory, now)?;
    let mut house = House::open(Opening {
        limits: limits(configuration),
        sessions: sessions(ready),
        durability: configuration.venue.durability.word(),
        tickets,
        secrets: configuration.keys.secrets.clone(),
        tokens,
        replays: Replays::new(signed_after(ready.is_new(), now)),
        random: |bytes| getrandom::fill(bytes).is_ok(),
        desk,
        counts: Arc::clone(&front.counts),
    });
    views::seed(&mut house, ready.engine());
    if !configuration.tcp.itch.is_empty() {
        house.tape = Some(feed::open(ready, &house, now)?);
    }
    let feed = ready.layout().feed();
    Ok((house, Files { tickets: ticket_file, tokens: token_file, feed, scribe }))
}

/// What was signed before a restart is forgotten: requests of then are not taken again. A venue
/// without a past took none.
fn signed_after(is_new: bool, now: Timestamp) -> Timestamp {
    if is_new { Timestamp(0) } else { Timestamp(now.0.saturating_add(AHEAD_NS_MAX)) }
}

fn on_disconnect(tcp: &config::Tcp) -> OnDisconnect {
    if tcp.cancel_on_disconnect { OnDisconnect::Cancel } else { OnDisconnect::Keep }
}

/// The sessions that streams are numbered in. One that ended before this epoch had another name,
/// and messages of it may be missing.
fn sessions(ready: &Ready) -> Sessions {
    let session = ready.engine().session();
    let began = ready.engine().day_began().unwrap_or_default();
    let before = session.before_began.filter(|_| session.since >= ready.epoch_began());
    Sessions::new(ready.epoch(), session.number, began, before)
}

fn address(listen: &Listen) -> Address {
    match listen {
        Listen::Tcp(address) => Address::Tcp(*address),
        Listen::Unix(path) => Address::Unix(path.clone()),
    }
}

fn limits(configuration: &Configuration) -> Limits {
    let given = &configuration.limits;
    let narrow = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    Limits {
        connections_max: given.connections_max as usize,
        message_bytes_max: given.message_bytes_max as usize,
        messages_per_second: narrow(given.messages_per_second),
        out_bytes_max: given.out_bytes_max as usize,
        login_within: given.login_timeout(),
        server_heartbeat: given.soup_server_heartbeat(),
        client_silence_max: given.soup_client_timeout(),
        session_grace: configuration.venue.session_grace,
        ping_every: given.ping(),
        pong_within: Duration::from_secs(given.pong_timeout_s),
        connections_per_address_max: narrow(given.connections_per_address_max),
        connects_per_minute: narrow(given.logins_per_minute),
        requests_per_minute: narrow(given.requests_per_minute),
        subscriptions_max: given.subscriptions_max as usize,
    }
}

fn say(served: &Served) {
    let line = |(address, speech): &(Address, Speech)| match speech {
        Speech::Ouch(_) => format!("orders        {address} (SoupBinTCP with OUCH)\n"),
        Speech::Itch => format!("market data   {address} (SoupBinTCP with ITCH)\n"),
        Speech::WebSocket => format!("websocket     {address} (/ws-api/v3, /ws, /stream)\n"),
    };
    let mut text: String = served.addresses.iter().map(line).collect();
    for address in served.http.iter().flat_map(HttpDoor::addresses) {
        text += &format!("http          {address} (/api/v3, /v1/session, /healthz, /metrics)\n");
    }
    // There is nowhere to say that this could not be said.
    let _ = io::stderr().write_all(text.as_bytes());
}
