//! `ringside serve`: the venue with its doors open.

pub mod door;
pub mod record;
pub mod tickets;
mod views;

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ringside_gateway::house::{Counts, House, Opening};
use ringside_gateway::identity::timing::AHEAD_NS_MAX;
use ringside_gateway::identity::{Replays, Tokens};
use ringside_gateway::library::library;
use ringside_gateway::limits::Limits;
use ringside_gateway::reactor::{Address, Poller, Reactor, Speech};
use ringside_protocol::wire::soup::SessionId;
use ringside_protocol::{OnDisconnect, Timestamp};

use self::door::ReactorDoor;
use self::record::Record;
use self::tickets::TicketFile;
use crate::admin;
use crate::admin::AdminSocket;
use crate::cli::Ending;
use crate::config::genesis::kept;
use crate::config::listen::Listen;
use crate::config::{self, Configuration};
use crate::drive::{announce, stop_on_signals};
use crate::report;
use crate::venue::assembly::{Ready, Venue};
use crate::venue::clock;
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
    /// Serves until told to stop.
    pub fn perform(self) -> Ending {
        let configuration = match Configuration::read(&self.config) {
            Ok(configuration) => configuration,
            Err(error) => {
                report::fatal(&error.to_string());
                return Ending::NotUnderstood;
            }
        };
        match serve(&configuration) {
            Ok(served) => {
                say(&served.addresses);
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
    /// Where the operator speaks to it.
    pub socket: AdminSocket,
}

/// Opens the doors of a venue.
///
/// # Errors
/// A sentence on what is in the way.
pub fn serve(configuration: &Configuration) -> Result<Served, String> {
    let directory = configuration.venue.directory.display().to_string();
    let told = |error: &dyn core::fmt::Display| format!("{directory}: {error}");
    let wall = clock::wall();
    let mut ready =
        Ready::open(configuration.venue.clone(), wall()).map_err(|error| told(&error))?;
    kept::enter(&mut ready, &configuration.genesis, wall()).map_err(|error| told(&error))?;
    announce(&configuration.venue, &ready);
    let fatal = Fatal::new(crate::drive::end);
    let (door, addresses, counts) = doors(configuration, &ready, &fatal)?;
    let (operator, socket) = admin::open(&ready).map_err(|error| told(&error))?;
    let doors: Vec<Box<dyn Door>> = vec![Box::new(door), Box::new(operator)];
    let venue = ready.start(doors, wall, fatal).map_err(|error| told(&error))?;
    stop_on_signals(venue.stop_sign()).map_err(|error| told(&error))?;
    Ok(Served { venue, addresses, counts, socket })
}

type Opened = (ReactorDoor, Vec<(Address, Speech)>, Arc<Counts>);

fn doors(configuration: &Configuration, ready: &Ready, fatal: &Fatal) -> Result<Opened, String> {
    let told = |error: io::Error| format!("the doors cannot be opened: {error}");
    let poller = Poller::new().map_err(told)?;
    let counts = Arc::<Counts>::default();
    let (desk, librarian) = library(Box::new(Record(ready.record())), Arc::new(poller.clone()));
    let spawned = thread::Builder::new().name("librarian".into());
    spawned.spawn(move || librarian.run()).map_err(told)?;
    let now = clock::wall()();
    let (file, tickets) = TicketFile::open(&configuration.venue.directory, now).map_err(told)?;
    let mut house = House::open(Opening {
        limits: limits(&configuration.limits),
        session: session(ready.epoch()),
        durability: configuration.venue.durability.word(),
        tickets,
        secrets: configuration.keys.secrets.clone(),
        tokens: Tokens::new(),
        replays: Replays::new(signed_after(ready, now)),
        random: |bytes| getrandom::fill(bytes).is_ok(),
        desk,
        counts: Arc::clone(&counts),
    });
    views::seed(&mut house, ready.engine());
    let mut reactor = Reactor::new(poller.clone(), house);
    let mut addresses = Vec::new();
    let ouch = configuration.tcp.listen.iter();
    let ouch = ouch.map(|listen| (listen, Speech::Ouch(OnDisconnect::Keep)));
    let web = configuration.websocket.listen.iter().map(|listen| (listen, Speech::WebSocket));
    for (listen, speech) in ouch.chain(web) {
        let bound = reactor.listen(&address(listen), speech);
        let bound = bound.map_err(|error| format!("{listen} cannot be listened on: {error}"))?;
        addresses.push((bound, speech));
    }
    let door = ReactorDoor::new(reactor, poller, clock::wall(), file, fatal.clone());
    Ok((door, addresses, counts))
}

/// What was taken before the start is forgotten, so requests of then are not taken again; a venue
/// without a past took none.
fn signed_after(ready: &Ready, now: Timestamp) -> Timestamp {
    if ready.is_new() { Timestamp(0) } else { Timestamp(now.0.saturating_add(AHEAD_NS_MAX)) }
}

/// The session that streams are numbered in: it changes only where numbers may be missing.
pub fn session(epoch: u32) -> SessionId {
    SessionId::new(&format!("E{epoch:09}")).expect("Invariant: ten characters")
}

fn address(listen: &Listen) -> Address {
    match listen {
        Listen::Tcp(address) => Address::Tcp(*address),
        Listen::Unix(path) => Address::Unix(path.clone()),
    }
}

fn limits(given: &config::limits::Limits) -> Limits {
    let narrow = |value: u64| u32::try_from(value).unwrap_or(u32::MAX);
    Limits {
        connections_max: given.connections_max as usize,
        message_bytes_max: given.message_bytes_max as usize,
        messages_per_second: narrow(given.messages_per_second),
        out_bytes_max: given.out_bytes_max as usize,
        login_within: given.login_timeout(),
        server_heartbeat: given.soup_server_heartbeat(),
        client_silence_max: given.soup_client_timeout(),
        ping_every: given.ping(),
        pong_within: Duration::from_secs(given.pong_timeout_s),
        ..Limits::default()
    }
}

fn say(addresses: &[(Address, Speech)]) {
    let line = |(address, speech): &(Address, Speech)| {
        let name = match address {
            Address::Tcp(address) => address.to_string(),
            Address::Unix(path) => path.display().to_string(),
        };
        match speech {
            Speech::Ouch(_) => format!("orders        {name} (SoupBinTCP with OUCH)\n"),
            Speech::WebSocket => format!("websocket     {name} (/ws-api/v3, /ws, /stream)\n"),
        }
    };
    let text: String = addresses.iter().map(line).collect();
    // There is nowhere to say that this could not be said.
    let _ = io::stderr().write_all(text.as_bytes());
}
