//! A venue with a WebSocket door in a directory of its own, served in process.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use data_encoding::HEXLOWER;
use ringside_gateway::identity::secrets::fingerprint;
use ringside_gateway::reactor::{Address, Speech};
use ringside_protocol::Timestamp;
use ringside_tools::config::Configuration;
use ringside_tools::serve::scribe::{Disk, disk};
use ringside_tools::serve::{Served, serve_on};
use ringside_tools::venue::clock::{self, SharedClock};
use tempfile::TempDir;

use super::client::{Client, Key};

/// What the account `hazel` signs with: a secret that it shares with the venue.
pub(crate) const SECRET: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/// Limits under which a test is never in its own way.
const WIDE: &str = "logins_per_minute = 1_000_000\n";

/// Who trades: five accounts with the same wealth.
pub(crate) const ACCOUNTS: [&str; 5] = ["amber", "basil", "coral", "dahlia", "hazel"];

/// The key of an account, from its name.
pub(crate) fn key(account: &str) -> Key {
    match account {
        "hazel" => Key::Shared(SECRET),
        account => Key::of(account.as_bytes()[0]),
    }
}

/// A key of `amber` that may only read.
pub(crate) fn reader() -> Key {
    Key::of(201)
}

/// A key of `amber` that expired long ago.
pub(crate) fn expired() -> Key {
    Key::of(202)
}

fn genesis() -> String {
    let mut lines = String::from(include_str!("genesis.jsonl"));
    for account in ACCOUNTS {
        let key = key(account).api_key();
        lines += &format!(
            r#"{{"op":"account","account":"{account}"}}
{{"op":"deposit","account":"{account}","currency":"USDC","amount":"1000000"}}
{{"op":"deposit","account":"{account}","currency":"SOL","amount":"100000"}}
{{"op":"key","account":"{account}","key":"{key}","permissions":["read","trade"]}}
"#
        );
    }
    let (reader, expired) = (reader().api_key(), expired().api_key());
    lines += &format!(
        r#"{{"op":"key","account":"amber","key":"{reader}","permissions":["read"]}}
{{"op":"key","account":"amber","key":"{expired}","permissions":["read"],"expires":1}}
"#
    );
    lines
}

/// The API key of a shared secret.
pub(crate) fn shared_key(secret: &str) -> String {
    HEXLOWER.encode(&fingerprint(secret.as_bytes()))
}

/// Writes the configuration of a venue in a directory; the port is free.
fn write_configuration(directory: &Path, limits: &str) -> PathBuf {
    let secrets = directory.join("secrets");
    fs::write(&secrets, format!("hazel {SECRET}\n")).expect("a file");
    fs::set_permissions(&secrets, fs::Permissions::from_mode(0o600)).expect("a mode");
    let wide = if limits.contains("logins_per_minute") { "" } else { WIDE };
    let text = format!(
        "[venue]\ndirectory = \"venue\"\ndurability = \"async\"\nsegment_mib = 8\n\
         session_grace_s = 30\nclock_step_max_s = 1000000\n\
         [tcp]\nlisten = [\"127.0.0.1:0\"]\n\
         [websocket]\nlisten = [\"127.0.0.1:0\"]\n\
         [http]\nlisten = [\"127.0.0.1:0\"]\n\
         [limits]\n{wide}{limits}\n[keys]\nsecrets = \"secrets\"\n\
         [genesis]\nlines = '''\n{}'''\n",
        genesis()
    );
    let path = directory.join("ringside.toml");
    fs::write(&path, text).expect("a file");
    path
}

/// A venue that serves in this process.
pub(crate) struct Venue {
    served: Option<Served>,
    /// How far its clock is ahead of the wall's, nanoseconds.
    ahead: Arc<AtomicU64>,
    address: SocketAddr,
    pub(crate) directory: TempDir,
}

impl Venue {
    /// With the usual limits.
    pub(crate) fn open() -> Self {
        Self::with("")
    }

    /// With these lines in `[limits]`.
    pub(crate) fn with(limits: &str) -> Self {
        Self::on(disk(), limits)
    }

    /// With the files of its doors on this disk.
    pub(crate) fn on(disk: Disk, limits: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let ahead = Arc::<AtomicU64>::default();
        let served = started(&write_configuration(directory.path(), limits), &ahead, disk);
        let address = door(&served);
        Self { served: Some(served), ahead, address, directory }
    }

    pub(crate) fn served(&self) -> &Served {
        self.served.as_ref().expect("it runs")
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where HTTP is spoken.
    pub(crate) fn http(&self) -> SocketAddr {
        let door = self.served().http.as_ref().expect("there is an HTTP door");
        match door.addresses() {
            [Address::Tcp(address)] => *address,
            other => panic!("{other:?} is not one address"),
        }
    }

    /// Somebody at a path who has not logged on.
    pub(crate) fn stranger(&self, path: &str) -> Client {
        Client::connect(self.address, path)
    }

    /// An account on its stream `ws`.
    pub(crate) fn trader(&self, account: &str) -> Client {
        self.on_stream(account, "ws")
    }

    /// An account on one of its streams.
    pub(crate) fn on_stream(&self, account: &str, stream: &str) -> Client {
        Client::trader(self.address, &key(account), stream)
    }

    /// An account that hears what becomes of its orders.
    pub(crate) fn listener(&self, account: &str) -> Client {
        let mut client = self.trader(account);
        client.subscribe("stream");
        client
    }

    /// An account on its stream `ws`, dated by the venue's clock.
    pub(crate) fn late_trader(&self, account: &str) -> Client {
        let ahead_us = self.ahead.load(Ordering::SeqCst) / 1_000;
        Client::late_trader(self.address, &key(account), "ws", ahead_us)
    }

    /// The venue day ends, and everybody has been told so when this returns: somebody logs on, so
    /// that a venue that sleeps looks at its clock.
    pub(crate) fn ends_day(&self) {
        self.ahead.fetch_add(Timestamp::DAY, Ordering::SeqCst);
        drop(self.late_trader("dahlia"));
    }

    /// Stops it in order and starts it again.
    pub(crate) fn restart(&mut self) {
        self.stop();
        let path = self.directory.path().join("ringside.toml");
        let served = started(&path, &self.ahead, disk());
        self.address = door(&served);
        self.served = Some(served);
    }

    /// Stops it in order.
    pub(crate) fn stop(&mut self) {
        if let Some(served) = self.served.take() {
            served.venue.stop();
        }
    }
}

impl Drop for Venue {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // What went wrong can be looked at, and the venue is not taken its files away.
            self.directory.disable_cleanup(true);
        } else {
            self.stop();
        }
    }
}

fn started(path: &Path, ahead: &Arc<AtomicU64>, disk: Disk) -> Served {
    let configuration = Configuration::read(path).unwrap_or_else(|error| panic!("{error}"));
    let ahead = Arc::clone(ahead);
    let clock: SharedClock =
        Arc::new(move || Timestamp(clock::now().0 + ahead.load(Ordering::SeqCst)));
    serve_on(&configuration, &clock, disk).unwrap_or_else(|error| panic!("{error}"))
}

fn door(served: &Served) -> SocketAddr {
    let found = served.addresses.iter().find_map(|(address, speech)| match (address, speech) {
        (Address::Tcp(address), Speech::WebSocket) => Some(*address),
        _ => None,
    });
    found.expect("there is a WebSocket door")
}
