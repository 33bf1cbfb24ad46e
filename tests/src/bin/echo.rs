//! Gives every WebSocket message back: through the reactor and the frames of the venue's own door,
//! or, with `--bare`, through the WebSocket library alone. For suites that test the protocol; the
//! product has no such door.
//!
//! ```text
//! echo [--bare] 127.0.0.1:0     prints the address it listens on, and runs until it is killed
//! ```

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ringside_gateway::Busy;
use ringside_gateway::house::{House, Opening};
use ringside_gateway::identity::{Replays, Secrets, Tickets, Tokens};
use ringside_gateway::library::{Answer, Library, library};
use ringside_gateway::limits::Limits;
use ringside_gateway::market::Published;
use ringside_gateway::reactor::{Address, Poller, Reactor};
use ringside_gateway::sessions::Sessions;
use ringside_gateway::talk::{Context, Farewell, Step, Talk, Venue};
use ringside_gateway::websocket::frames::{Frames, Next, first_bytes};
use ringside_protocol::{
    AccountId, Command, Event, EventHeader, Origin, Sequence, SessionNumber, StreamId, Timestamp,
};
use ringside_ring::Sleep;
use tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tungstenite::{Error, Message};

/// The largest message that suites send, and room for its frames.
const MESSAGE_BYTES_MAX: usize = 64 << 20;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (is_bare, address) = match &*arguments {
        [bare, address] if bare == "--bare" => (true, address),
        [address] => (false, address),
        _ => panic!("echo [--bare] ADDRESS"),
    };
    let address = address.parse().expect("an address is like 127.0.0.1:0");
    if is_bare { bare(address) } else { reactor(address) }
}

/// The library alone, a thread for each connection.
fn bare(address: SocketAddr) {
    let listener = TcpListener::bind(address).expect("the address is free");
    println!("{}", listener.local_addr().expect("it is bound"));
    for stream in listener.incoming() {
        let stream = stream.expect("a connection");
        thread::spawn(move || {
            // How a connection ends is what the suite is told by the library itself.
            if let Ok(mut socket) = tungstenite::accept(stream) {
                while echo_one(&mut socket).is_ok() {}
            }
        });
    }
}

fn echo_one(socket: &mut tungstenite::WebSocket<std::net::TcpStream>) -> Result<(), Error> {
    let message = socket.read()?;
    if message.is_text() || message.is_binary() {
        socket.send(message)?;
    }
    Ok(())
}

/// The venue's own reactor.
fn reactor(address: SocketAddr) {
    let poller = Poller::new().expect("the system has one");
    let limits = Limits {
        message_bytes_max: MESSAGE_BYTES_MAX,
        out_bytes_max: 4 * MESSAGE_BYTES_MAX,
        connects_per_minute: u32::MAX,
        ..Limits::default()
    };
    let (desk, _librarian) = library(Box::new(Nothing), Arc::new(poller.clone()));
    let house = House::open(Opening {
        limits,
        sessions: Sessions::new(1, SessionNumber::FIRST, Timestamp(0), None),
        durability: "memory",
        tickets: Tickets::new([0; 32]),
        secrets: Secrets::new(),
        tokens: Tokens::new(),
        replays: Replays::new(Timestamp(0)),
        random: |_| false,
        desk,
        counts: Arc::default(),
    });
    let mut reactor = Reactor::new(poller.clone(), house);
    let make = Box::new(|_: &Limits, _: Timestamp| Box::new(Echo::default()) as Box<dyn Talk>);
    let bound = reactor.listen(&Address::Tcp(address), make).expect("the address is free");
    if let Address::Tcp(bound) = bound {
        println!("{bound}");
    }
    loop {
        let worked = reactor.turn(now(), &mut Closed);
        reactor.flush(now(), &mut Closed);
        if !worked {
            poller.sleep(Some(Duration::from_millis(50)));
        }
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970");
    Timestamp(since.as_nanos() as u64)
}

/// No venue.
struct Closed;

impl Venue for Closed {
    fn offer(&mut self, _: Origin, _: Command, _: u64) -> Result<(), Busy> {
        Err(Busy::LaneFull)
    }
}

/// No record.
struct Nothing;

impl Library for Nothing {
    fn stream(
        &mut self,
        _: StreamId,
        _: SessionNumber,
        _: u64,
        _: usize,
        _: &mut Vec<(EventHeader, Event)>,
    ) -> Result<(), String> {
        Err(ErrorKind::NotFound.to_string())
    }
}

/// Gives back what it hears.
#[derive(Default)]
struct Echo {
    frames: Option<Frames>,
}

#[expect(clippy::result_large_err, reason = "the library's own signature")]
fn accept(_: &Request, response: Response) -> Result<Response, ErrorResponse> {
    Ok(response)
}

impl Echo {
    fn next(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<Step, Farewell> {
        let Some(frames) = &mut self.frames else {
            let opened = Frames::open(bytes, MESSAGE_BYTES_MAX, accept, out)?;
            let Some((frames, taken)) = opened else { return Ok(Step::Wanting) };
            self.frames = Some(frames);
            return Ok(Step::Taken(taken));
        };
        match frames.next(bytes, out)? {
            Next::Message(message @ (Message::Text(_) | Message::Binary(_))) => {
                frames.send(message, out);
                Ok(Step::Taken(0))
            }
            Next::Message(_) => Ok(Step::Taken(0)),
            Next::Fed(bytes) => Ok(Step::Taken(bytes)),
            Next::Wanting => Ok(Step::Wanting),
        }
    }
}

impl Talk for Echo {
    fn read(&mut self, bytes: &[u8], context: &mut Context<'_>) -> Step {
        self.next(bytes, context.out).unwrap_or_else(Step::Over)
    }

    fn hear(&mut self, _: &EventHeader, _: &Event, _: &mut Context<'_>) -> Result<(), Farewell> {
        Ok(())
    }

    fn settled(&mut self, _: u64, _: Sequence, _: &mut Context<'_>) -> Result<(), Farewell> {
        Ok(())
    }

    fn touched(
        &mut self,
        _: &EventHeader,
        _: AccountId,
        _: &mut Context<'_>,
    ) -> Result<(), Farewell> {
        Ok(())
    }

    fn published(&mut self, _: &Published, _: &mut Vec<u8>) {}

    fn fetched(&mut self, _: Answer, _: &mut Context<'_>) -> Result<(), Farewell> {
        Ok(())
    }

    fn tick(&mut self, _: &mut Context<'_>) -> Result<(), Farewell> {
        Ok(())
    }

    fn message_bytes(&self, told: &[u8]) -> Option<usize> {
        first_bytes(told)
    }

    fn farewell(&mut self, why: &Farewell, out: &mut Vec<u8>) {
        if let Some(frames) = &mut self.frames {
            frames.close(why, out);
        }
    }

    fn gone(&mut self, _: &mut Context<'_>) {}
}
