//! Where a door listens: an address with a port, or a Unix socket. Names are not looked up: which
//! address a name has is not the configuration's to know.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::error::ConfigError;
use super::shown::Shown;
use super::table::{Table, Value};

/// Addresses of one door, at most.
pub const LISTEN_MAX: usize = 16;

/// What a Unix socket's path begins with.
const UNIX: &str = "unix:";

/// An address that a door listens on.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Listen {
    /// IPv4 or IPv6; port 0 is any free port.
    Tcp(SocketAddr),
    /// A socket of this machine.
    Unix(PathBuf),
}

impl Listen {
    /// Whether nobody outside this machine reaches it.
    pub fn is_local(&self) -> bool {
        match self {
            Self::Tcp(address) => address.ip().to_canonical().is_loopback(),
            Self::Unix(_) => true,
        }
    }

    /// Whether only one door can have it; of port 0 there are many.
    fn is_one(&self) -> bool {
        match self {
            Self::Tcp(address) => address.port() != 0,
            Self::Unix(_) => true,
        }
    }

    fn read(value: &Value<'_>, base: &Path) -> Result<Self, ConfigError> {
        let text = value.text()?;
        match text.strip_prefix(UNIX) {
            Some("") => Err(value.error("the socket has no path", "write unix:/run/ringside.sock")),
            Some(path) => Ok(Self::Unix(base.join(path))),
            None => text.parse().map(Self::Tcp).map_err(|_| malformed(value, text)),
        }
    }
}

fn malformed(value: &Value<'_>, text: &str) -> ConfigError {
    let what = format!("`{}` is not an address with a port", text.escape_debug());
    value.error(what, "write 127.0.0.1:7001, [::1]:7001 or unix:/run/ringside.sock")
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "{UNIX}{}", path.display()),
        }
    }
}

/// The doors of a configuration, as they are read: no address twice, and none that others reach
/// unless that is wanted.
pub(super) struct Listening<'b> {
    base: &'b Path,
    plaintext: bool,
    taken: Vec<(Listen, String)>,
}

impl<'b> Listening<'b> {
    /// Paths are relative to `base`; `plaintext`: others may reach the doors.
    pub(super) const fn new(base: &'b Path, plaintext: bool) -> Self {
        Self { base, plaintext, taken: Vec::new() }
    }

    /// The addresses that a key lists; none where it is absent.
    pub(super) fn read(
        &mut self,
        table: &Table<'_>,
        key: &str,
    ) -> Result<Vec<Listen>, ConfigError> {
        let Some(value) = table.value(key) else { return Ok(Vec::new()) };
        let items = value.list()?;
        if items.len() > LISTEN_MAX {
            let what = format!("{} addresses are too many", items.len());
            return Err(value.error(what, format!("a door listens on at most {LISTEN_MAX}")));
        }
        items.iter().map(|item| self.one(item)).collect()
    }

    fn one(&mut self, value: &Value<'_>) -> Result<Listen, ConfigError> {
        let listen = Listen::read(value, self.base)?;
        if !self.plaintext && !listen.is_local() {
            let what = format!("{listen} is reached from other machines, without encryption");
            let fix = "listen on 127.0.0.1 or ::1, with a TLS proxy before it for others, or write \
                       `plaintext = true` at the top where that network is trusted";
            return Err(value.error(what, fix));
        }
        if let Some((_, place)) = self.taken.iter().find(|(taken, _)| *taken == listen) {
            let what = format!("{listen} is taken by {place}");
            return Err(value.error(what, "give each door addresses of its own"));
        }
        if listen.is_one() {
            self.taken.push((listen.clone(), value.place()));
        }
        Ok(listen)
    }
}

/// Shows a list of addresses.
pub(super) fn show(shown: &mut Shown, key: &str, listen: &[Listen]) {
    shown.texts(key, listen.iter().map(ToString::to_string));
}
