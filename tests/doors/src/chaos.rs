//! A line that breaks at random: a proxy before the venue's door that passes packets on until
//! chance cuts the connection, mostly with an acknowledgement in hand that the venue has sent and
//! the client never sees. The same seed draws the same numbers; what they hit is the threads'
//! affair.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use ringside_client::socket::Address;
use ringside_protocol::wire::soup::{ServerPacket, decode_server};
use ringside_tests::random::Random;

/// How a line breaks.
#[derive(Clone, Copy, Debug)]
pub struct Breaks {
    /// Of a hundred pieces with acknowledgements from the venue, so many are lost with the line.
    pub answers: u64,
    /// Of a hundred pieces from the client, so many are lost in part with the line.
    pub requests: u64,
}

/// A proxy before a door.
pub struct Chaos {
    /// Where it listens.
    pub address: Address,
    shared: Arc<Shared>,
}

struct Shared {
    venue: SocketAddr,
    breaks: Breaks,
    random: Mutex<Random>,
    cuts: AtomicU64,
    is_over: AtomicBool,
}

impl Chaos {
    /// Before this door.
    ///
    /// # Panics
    /// When the door is no port, or the system gives none.
    pub fn before(door: &Address, breaks: Breaks, seed: u64) -> Self {
        let Address::Tcp(venue) = *door else { panic!("{door} is no port") };
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = Address::Tcp(listener.local_addr().expect("a port"));
        let shared = Arc::new(Shared {
            venue,
            breaks,
            random: Mutex::new(Random::new(seed)),
            cuts: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
        });
        let taking = Arc::clone(&shared);
        thread::spawn(move || take(&listener, &taking));
        Self { address, shared }
    }

    /// How many lines were cut.
    pub fn cuts(&self) -> u64 {
        self.shared.cuts.load(Ordering::Relaxed)
    }
}

impl Drop for Chaos {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        if let Address::Tcp(address) = self.address {
            // It wakes up by this and goes.
            let _ = TcpStream::connect(address);
        }
    }
}

fn take(listener: &TcpListener, shared: &Arc<Shared>) {
    while let Ok((client, _)) = listener.accept() {
        if shared.is_over.load(Ordering::Relaxed) {
            return;
        }
        let Ok(venue) = TcpStream::connect(shared.venue) else { continue };
        for stream in [&client, &venue] {
            stream.set_nodelay(true).expect("a connection that stands");
        }
        let ends = (client.try_clone().expect("a socket"), venue.try_clone().expect("a socket"));
        let (there, back) = (Arc::clone(shared), Arc::clone(shared));
        thread::spawn(move || there.pass_requests(client, venue));
        thread::spawn(move || back.pass_answers(ends.1, ends.0));
    }
}

impl Shared {
    fn hits(&self, percent: u64) -> bool {
        self.random.lock().unwrap_or_else(PoisonError::into_inner).chance(percent, 100)
    }

    fn cut(&self, one: &TcpStream, other: &TcpStream) {
        self.cuts.fetch_add(1, Ordering::Relaxed);
        close(one, other);
    }

    fn pass_requests(&self, mut client: TcpStream, mut venue: TcpStream) {
        let mut piece = [0; 4096];
        while let Some(count @ 1..) = read(&mut client, &mut piece) {
            if self.hits(self.breaks.requests) {
                // Half of it still arrives.
                let _ = venue.write_all(&piece[..count / 2]);
                return self.cut(&client, &venue);
            }
            if venue.write_all(&piece[..count]).is_err() {
                break;
            }
        }
        close(&client, &venue);
    }

    fn pass_answers(&self, mut venue: TcpStream, mut client: TcpStream) {
        let (mut piece, mut heard) = ([0; 4096], Vec::new());
        while let Some(count @ 1..) = read(&mut venue, &mut piece) {
            heard.extend_from_slice(&piece[..count]);
            if acknowledges(&mut heard) && self.hits(self.breaks.answers) {
                return self.cut(&client, &venue);
            }
            if client.write_all(&piece[..count]).is_err() {
                break;
            }
        }
        close(&client, &venue);
    }
}

/// Whether there is an acknowledgement among whole packets, which are forgotten.
fn acknowledges(heard: &mut Vec<u8>) -> bool {
    let mut found = false;
    while let Ok(Some((packet, bytes))) = decode_server(heard) {
        found |= matches!(packet, ServerPacket::Sequenced(_));
        heard.drain(..bytes);
    }
    found
}

fn read(stream: &mut TcpStream, into: &mut [u8]) -> Option<usize> {
    loop {
        match stream.read(into) {
            Ok(count) => return Some(count),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
}

fn close(one: &TcpStream, other: &TcpStream) {
    for stream in [one, other] {
        // It may have ended already.
        let _ = stream.shutdown(Shutdown::Both);
    }
}
