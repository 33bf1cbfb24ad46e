//! The venue of the demo: what it begins with, where it listens, and the private keys of everybody
//! who trades there, which lie beside its files.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use ringside_client::websocket::Key;
use ringside_protocol::decimal;

use super::super::crowd::{MAKER_WORTH, MAKERS, TAKERS};
use super::super::market::{
    GRANT, LISTINGS, Listing, MAKER_FEE_BPS, QUOTE_CODE, QUOTE_SCALE, TAKER_FEE_BPS,
};
use crate::config::Configuration;
use crate::keygen;

/// The account of whoever looks in.
pub const GUEST: &str = "guest";

/// Everybody who has an account and a key.
pub fn members() -> impl Iterator<Item = &'static str> {
    MAKERS.into_iter().chain(TAKERS).chain([GUEST])
}

/// A new directory among the system's temporary ones, for this user alone.
///
/// # Errors
/// When none can be made.
pub fn temporary() -> io::Result<PathBuf> {
    let random = getrandom::u64().map_err(io::Error::other)?;
    let path = std::env::temp_dir().join(format!("ringside-demo-{random:016x}"));
    DirBuilder::new().mode(0o700).create(&path)?;
    Ok(path)
}

/// Private keys, one file a member.
#[derive(Debug)]
pub struct Keyring {
    directory: PathBuf,
    keys: Vec<(&'static str, Key)>,
}

impl Keyring {
    /// The keys that lie in a venue's directory; those that are missing are made.
    ///
    /// # Errors
    /// A sentence: a file that can be neither read nor made.
    pub fn open(venue: &Path) -> Result<Self, String> {
        let directory = venue.join("keys");
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&directory);
        made.map_err(|error| format!("{}: {error}", directory.display()))?;
        let key = |name| {
            let secret = keygen::kept(&file(&directory, name))?;
            Ok((name, Key::from_secret(&secret.to_bytes())))
        };
        let keys = members().map(key).collect::<Result<_, String>>()?;
        Ok(Self { directory, keys })
    }

    /// The key of a member.
    ///
    /// # Panics
    /// Where nobody has that name.
    pub fn key(&self, name: &str) -> &Key {
        let found = self.keys.iter().find(|(member, _)| *member == name);
        &found.expect("Invariant: members have keys").1
    }

    /// The file of a member's key.
    pub fn file(&self, name: &str) -> PathBuf {
        file(&self.directory, name)
    }
}

fn file(directory: &Path, name: &str) -> PathBuf {
    directory.join(format!("{name}.pem"))
}

/// The venue of a directory: three instruments, everybody's account, key and money; doors on any
/// free port of this machine.
pub fn configuration(venue: &Path, keyring: &Keyring) -> Configuration {
    let text = format!(
        "[venue]\ndirectory = \"demo\"\nsegment_mib = 16\n\
         [tcp]\nlisten = [\"127.0.0.1:0\"]\n\
         [websocket]\nlisten = [\"127.0.0.1:0\"]\n\
         [genesis]\nlines = '''\n{}'''\n",
        genesis(keyring)
    );
    let read = Configuration::parse(&text);
    let mut configuration = read.expect("Invariant: the demo's configuration is one");
    venue.clone_into(&mut configuration.venue.directory);
    configuration
}

/// What the venue begins with, as scenario lines.
fn genesis(keyring: &Keyring) -> String {
    let mut lines = vec![
        format!(r#"{{"op":"venue","initial_grant":{{"{QUOTE_CODE}":"{GRANT}"}}}}"#),
        format!(r#"{{"op":"currency","code":"{QUOTE_CODE}","scale":{QUOTE_SCALE}}}"#),
    ];
    lines.extend(LISTINGS.iter().flat_map(listed));
    lines.extend(members().flat_map(|name| joined(name, keyring.key(name))));
    lines.extend(MAKERS.iter().flat_map(|name| endowed(name)));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn listed(listing: &Listing) -> [String; 2] {
    let Listing { symbol, base, base_scale, tick, lot, .. } = listing;
    [
        format!(r#"{{"op":"currency","code":"{base}","scale":{base_scale}}}"#),
        format!(
            concat!(
                r#"{{"op":"instrument","symbol":"{}","wire_symbol":"{}","kind":"spot","#,
                r#""base":"{}","quote":"{}","tick":"{}","lot":"{}","#,
                r#""maker_fee_bps":"{}","taker_fee_bps":"{}"}}"#
            ),
            symbol,
            listing.short_symbol(),
            base,
            QUOTE_CODE,
            tick,
            lot,
            MAKER_FEE_BPS,
            TAKER_FEE_BPS
        ),
    ]
}

fn joined(name: &str, key: &Key) -> [String; 2] {
    let key = key.api_key();
    [
        format!(r#"{{"op":"account","account":"{name}"}}"#),
        format!(
            r#"{{"op":"key","account":"{name}","key":"{key}","permissions":["read","trade"]}}"#
        ),
    ]
}

/// What a maker brings beside the grant, of every currency the same worth.
fn endowed(name: &str) -> Vec<String> {
    let worth = MAKER_WORTH * 10i128.pow(u32::from(QUOTE_SCALE));
    let deposit = |code: &str, units: i128, scale: u8| {
        let amount = decimal::text(units, scale);
        format!(r#"{{"op":"deposit","account":"{name}","currency":"{code}","amount":"{amount}"}}"#)
    };
    let of =
        |listing: &Listing| deposit(listing.base, listing.worth_in_base(worth), listing.base_scale);
    let quote = [deposit(QUOTE_CODE, worth, QUOTE_SCALE)];
    quote.into_iter().chain(LISTINGS.iter().map(of)).collect()
}

#[cfg(test)]
mod tests {
    use ringside_engine::{Counter, Engine, Sequencer};
    use ringside_protocol::{InstrumentId, Name, Timestamp};

    use super::super::super::crowd::Crowd;
    use super::*;

    #[test]
    fn it_begins_as_the_demo_in_process_does() {
        // ENG-031, LED-001: the same instruments, the same money.
        let directory = tempfile::tempdir().unwrap();
        let keyring = Keyring::open(directory.path()).unwrap();
        let configuration = configuration(directory.path(), &keyring);
        let (mut engine, mut sequencer) = (Engine::new(), Sequencer::new());
        for &command in configuration.genesis.commands() {
            let (at, from) = (Timestamp(0), Default::default());
            sequencer.submit(&mut engine, at, from, command, &mut Counter::default());
        }
        assert_eq!(engine.stats().rejected, 0);
        let crowd = Crowd::new(1);
        let inside = crowd.market().engine();
        for id in (0..LISTINGS.len() as u32).map(InstrumentId) {
            let (ours, theirs) = (engine.instrument_terms(id), inside.instrument_terms(id));
            assert_eq!((ours.tick, ours.lot), (theirs.tick, theirs.lot));
            assert_eq!((ours.maker_fee, ours.taker_fee), (theirs.maker_fee, theirs.taker_fee));
        }
        for name in MAKERS.into_iter().chain(TAKERS) {
            let money = |engine: &Engine| {
                let account = engine.account_named(Name::parse(name).unwrap()).unwrap();
                engine.portfolio(account).balances
            };
            assert_eq!(money(&engine), money(inside), "{name}");
        }
    }

    #[test]
    fn keys_are_made_once() {
        let directory = tempfile::tempdir().unwrap();
        let first = Keyring::open(directory.path()).unwrap();
        let second = Keyring::open(directory.path()).unwrap();
        for name in members() {
            assert_eq!(first.key(name).api_key(), second.key(name).api_key(), "{name}");
        }
        assert_ne!(first.key(GUEST).api_key(), first.key(MAKERS[0]).api_key());
        std::fs::write(first.file(GUEST), "no key").unwrap();
        assert!(Keyring::open(directory.path()).unwrap_err().contains("guest.pem"));
    }
}
