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

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = Timestamp::SECOND;

    fn source(address: &str) -> SourceId {
        SourceId::from(address.parse::<IpAddr>().expect("an address"))
    }

    fn at(second: u64) -> Timestamp {
        Timestamp(second * SECOND)
    }

    /// Five wrong passwords for `name`, in the seconds 0 to 4.
    fn guessed(name: &str, from: SourceId) -> Lockout {
        let mut lockout = Lockout::new();
        for second in 0..LOCKOUT_FAILURES as u64 {
            assert_eq!(lockout.check(name, from, at(second)), Ok(()), "guess {second}");
            lockout.failed(name, from, at(second));
        }
        lockout
    }

    #[test]
    fn who_guesses_is_locked_out_and_nobody_else() {
        // GWY-002: after five wrong passwords for "MM1" from 10.0.0.1.
        let lockout = guessed("MM1", source("10.0.0.1"));
        let locked = Err(Locked { until: at(60) });
        for (what, name, from, second, expected) in [
            ("a sixth", "MM1", "10.0.0.1", 5, locked),
            ("in another case", "mm1", "10.0.0.1", 5, locked),
            ("with blanks behind, as on the wire", "MM1   ", "10.0.0.1", 5, locked),
            ("written as IPv6", "MM1", "::ffff:10.0.0.1", 5, locked),
            ("late in the minute", "MM1", "10.0.0.1", 59, locked),
            ("a minute after the first", "MM1", "10.0.0.1", 60, Ok(())),
            ("its owner, elsewhere", "MM1", "10.0.0.2", 5, Ok(())),
            ("another name from there", "MM2", "10.0.0.1", 5, Ok(())),
        ] {
            assert_eq!(lockout.check(name, source(from), at(second)), expected, "{what}");
        }
        assert_eq!(lockout.check("MM1", SourceId::Unix, at(5)), Ok(()));
    }

    #[test]
    fn a_host_has_all_addresses_of_its_network() {
        let lockout = guessed("MM1", source("2001:db8:0:1::1"));
        for (from, locked) in [
            ("2001:db8:0:1::1", true),
            ("2001:db8:0:1:ffff:ffff:ffff:ffff", true),
            ("2001:db8:0:2::1", false),
        ] {
            assert_eq!(lockout.check("MM1", source(from), at(5)).is_err(), locked, "{from}");
        }
    }

    #[test]
    fn guessing_goes_on_at_five_a_minute() {
        let from = source("10.0.0.1");
        let mut lockout = Lockout::new();
        let mut looked_at = 0;
        for tenth in 0..6_000 {
            let now = Timestamp(tenth * SECOND / 10);
            if lockout.check("MM1", from, now).is_ok() {
                looked_at += 1;
            }
            // Counted while locked too: what comes then must not make the lock longer.
            lockout.failed("MM1", from, now);
        }
        assert_eq!(looked_at, 10 * LOCKOUT_FAILURES, "ten minutes of guessing");
    }

    #[test]
    fn who_is_right_starts_anew() {
        let from = source("10.0.0.1");
        let mut lockout = Lockout::new();
        for second in 0..40 {
            assert_eq!(lockout.check("MM1", from, at(second)), Ok(()), "second {second}");
            lockout.failed("MM1", from, at(second));
            if second % 4 == 3 {
                lockout.succeeded("MM1", from);
                assert!(lockout.is_empty());
            }
        }
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_makes_room() {
        let from = source("10.0.0.1");
        let mut lockout = guessed("MM1", from);
        for other in 1..LOCKOUT_ENTRIES_MAX {
            lockout.failed(&format!("x{other}"), from, at(5));
        }
        assert_eq!(lockout.len(), LOCKOUT_ENTRIES_MAX);
        assert!(lockout.check("MM1", from, at(6)).is_err(), "as many as there may be");
        lockout.failed("x1", from, at(6));
        assert!(lockout.check("MM1", from, at(6)).is_err(), "one that is there needs no room");
        lockout.failed("one more", from, at(6));
        assert_eq!(lockout.len(), LOCKOUT_ENTRIES_MAX);
        assert!(lockout.check("MM1", from, at(6)).is_ok(), "the oldest made room");
    }

    #[test]
    fn long_names_take_no_more_room() {
        let long = "x".repeat(100_000);
        let lockout = guessed(&long, SourceId::Unix);
        assert!(lockout.check(&long[..LOCKOUT_NAME_BYTES_MAX], SourceId::Unix, at(5)).is_err());
        assert!(lockout.check(&long[..LOCKOUT_NAME_BYTES_MAX - 1], SourceId::Unix, at(5)).is_ok());
    }

    #[test]
    fn the_lock_says_when_it_ends() {
        let locked = guessed("MM1", SourceId::Unix).check("MM1", SourceId::Unix, at(9));
        let text = locked.expect_err("it is locked").to_string();
        assert!(text.ends_with("may be tried again from this address at 60000 ms"), "{text}");
    }
}
