//! Who guesses is locked out: a name, for the address that guesses, and for nobody else. So
//! passwords cannot be tried, and nobody can lock out another by trying.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use ringside_protocol::Timestamp;

use super::aged::Aged;

/// So many failures within [`LOCKOUT_WINDOW`] lock a name for an address.
pub const LOCKOUT_FAILURES: usize = 5;
/// How long a failure counts, in nanoseconds.
pub const LOCKOUT_WINDOW: u64 = 60 * Timestamp::SECOND;
/// How many names and addresses are remembered; the one that failed longest ago makes room.
pub const LOCKOUT_ENTRIES_MAX: usize = 65_536;
/// So much of a name is looked at, in bytes.
pub const LOCKOUT_NAME_BYTES_MAX: usize = 64;

/// Where somebody comes from. IPv6 counts by network of 64 bits, for one host has all of its
/// addresses.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SourceId {
    /// By a socket of this machine.
    Unix,
    /// By this address; make it with `SourceId::from`.
    Address(IpAddr),
}

impl From<IpAddr> for SourceId {
    fn from(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => IpAddr::V6(network(address)),
        })
    }
}

const fn network(address: Ipv6Addr) -> Ipv6Addr {
    Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)
}

/// A name is locked for an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Locked {
    /// Until then; at that time it may be tried again.
    pub until: Timestamp,
}

impl fmt::Display for Locked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{LOCKOUT_FAILURES} failures within a minute; this name may be tried again from this \
             address at {} ms",
            self.until.0.div_ceil(1_000_000)
        )
    }
}

impl std::error::Error for Locked {}

type Guesser = (SourceId, Box<[u8]>);

/// Failures within the last minute, by name and address.
pub struct Lockout {
    failures: Aged<Guesser, Vec<Timestamp>>,
}

impl Default for Lockout {
    fn default() -> Self {
        Self::new()
    }
}

impl Lockout {
    /// Nobody is locked out.
    pub const fn new() -> Self {
        Self { failures: Aged::new() }
    }

    /// Asks before a password is looked at.
    ///
    /// # Errors
    /// [`Locked`] until when; the password must not be looked at.
    pub fn check(&self, name: &str, source: SourceId, now: Timestamp) -> Result<(), Locked> {
        let recent = self.recent(&guesser(name, source), now);
        if recent.len() < LOCKOUT_FAILURES {
            return Ok(());
        }
        Err(Locked { until: counts_until(recent[0]) })
    }

    /// Tells of a wrong password. While the name is locked nothing is counted, so a lock ends.
    pub fn failed(&mut self, name: &str, source: SourceId, now: Timestamp) {
        let guesser = guesser(name, source);
        let mut recent = self.recent(&guesser, now);
        if recent.len() == LOCKOUT_FAILURES {
            return;
        }
        recent.push(now);
        self.make_room(&guesser);
        self.failures.put(guesser, now, recent);
    }

    /// Tells of a right password: what failed before is forgotten.
    pub fn succeeded(&mut self, name: &str, source: SourceId) {
        self.failures.remove(&guesser(name, source));
    }

    /// How many names and addresses are remembered.
    pub fn len(&self) -> usize {
        self.failures.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn recent(&self, guesser: &Guesser, now: Timestamp) -> Vec<Timestamp> {
        let all = self.failures.get(guesser).map_or(&[][..], |(_, times)| times);
        all.iter().copied().filter(|&at| counts_until(at) > now).collect()
    }

    fn make_room(&mut self, guesser: &Guesser) {
        if self.failures.len() < LOCKOUT_ENTRIES_MAX || self.failures.get(guesser).is_some() {
            return;
        }
        let (_, oldest) =
            self.failures.oldest().expect("Invariant: what is full has an oldest").clone();
        self.failures.remove(&oldest);
    }
}

const fn counts_until(failure: Timestamp) -> Timestamp {
    Timestamp(failure.0.saturating_add(LOCKOUT_WINDOW))
}

/// A name in another case or with blanks behind it is the same name: doors read them so.
fn guesser(name: &str, source: SourceId) -> Guesser {
    let name = name.trim_end().to_ascii_lowercase().into_bytes();
    (source, name[..name.len().min(LOCKOUT_NAME_BYTES_MAX)].into())
}
