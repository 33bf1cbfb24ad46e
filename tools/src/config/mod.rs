//! How a venue is configured: one TOML file. It is read as a whole before anything is opened or
//! bound; what is unknown, ill-typed or contradictory is an error with its line and what to do.
//!
//! ```
//! use ringside_tools::config::Configuration;
//!
//! let text = "[venue]\ndirectory = \"venue\"\n[tcp]\nlisten = [\"127.0.0.1:7001\"]\n";
//! assert_eq!(Configuration::parse(text).unwrap().tcp.listen[0].to_string(), "127.0.0.1:7001");
//!
//! let error = Configuration::parse("[venue]\ndirectroy = \"venue\"\n").unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "configuration:2: venue: `directroy` is no key of [venue]; did you mean `directory`?"
//! );
//! ```

pub mod error;
pub mod genesis;
pub mod keys;
pub mod limits;
pub mod listen;
pub mod shown;
pub mod table;
pub mod venue;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use toml::de::{DeTable, Error};

pub use self::error::ConfigError;
pub use self::genesis::Genesis;
pub use self::keys::KeyFile;
pub use self::limits::Limits;
pub use self::listen::Listen;
use self::listen::Listening;
use self::shown::Shown;
use self::table::{Source, Table};
use crate::venue::settings::Settings;

/// A configuration is at most this large.
pub const CONFIGURATION_BYTES_MAX: u64 = 4 << 20;

/// Every key at the top, and every table.
pub const KEYS: &[&str] =
    &["plaintext", "venue", "tcp", "websocket", "http", "limits", "keys", "genesis"];
/// The keys of `[tcp]`.
pub const TCP: &[&str] = &["listen", "itch", "cancel_on_disconnect"];
/// The keys of `[websocket]` and of `[http]`.
pub const DOOR: &[&str] = &["listen"];

/// How a venue is run, and what it begins with.
#[derive(Clone, PartialEq, Debug)]
pub struct Configuration {
    /// Whether doors may listen where other machines reach them, unencrypted.
    pub plaintext: bool,
    /// Where and how the venue runs.
    pub venue: Settings,
    /// The binary doors.
    pub tcp: Tcp,
    /// The WebSocket door.
    pub websocket: Door,
    /// The HTTP door.
    pub http: Door,
    /// What connections may take.
    pub limits: Limits,
    /// The secrets of HMAC keys.
    pub keys: KeyFile,
    /// What the venue begins with.
    pub genesis: Genesis,
}

/// The binary doors.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tcp {
    /// Where orders are taken: SoupBinTCP with OUCH.
    pub listen: Vec<Listen>,
    /// Where market data is given: SoupBinTCP with ITCH.
    pub itch: Vec<Listen>,
    /// Whether a stream's open orders are cancelled when its connection is lost.
    pub cancel_on_disconnect: bool,
}

/// A door; closed where it listens nowhere.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Door {
    /// Where it listens.
    pub listen: Vec<Listen>,
}

impl Configuration {
    /// Reads a file. Paths in it are relative to where it lies.
    ///
    /// # Errors
    /// [`ConfigError`]: it, or a file that it names, cannot be read or used.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let name = path.display().to_string();
        let text = text(path).map_err(|error| {
            let what = format!("cannot be read: {error}");
            ConfigError::new(&name, "", what, "give a configuration file in TOML")
        })?;
        let base = path.parent().unwrap_or(Path::new(""));
        Self::understand(Source { name: &name, text: &text }, base)
    }

    /// Reads a text. Paths in it are relative to where the process runs.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        Self::understand(Source { name: "configuration", text }, Path::new(""))
    }

    fn understand(source: Source<'_>, base: &Path) -> Result<Self, ConfigError> {
        let rows = DeTable::parse(source.text).map_err(|error| malformed(&source, &error))?;
        let root = Table::root(source, rows.get_ref());
        root.only(KEYS)?;
        let plaintext = root.switch("plaintext", false)?;
        let mut doors = Listening::new(base, plaintext);
        let tcp = root.table("tcp", TCP)?;
        let (websocket, http) = (root.table("websocket", DOOR)?, root.table("http", DOOR)?);
        Ok(Self {
            plaintext,
            venue: venue::read(&root.table("venue", venue::KEYS)?, source.name, base)?,
            tcp: Tcp {
                listen: doors.read(&tcp, "listen")?,
                itch: doors.read(&tcp, "itch")?,
                cancel_on_disconnect: tcp.switch("cancel_on_disconnect", false)?,
            },
            websocket: Door { listen: doors.read(&websocket, "listen")? },
            http: Door { listen: doors.read(&http, "listen")? },
            limits: Limits::read(&root.table("limits", Limits::KEYS)?)?,
            keys: KeyFile::read(&root.table("keys", keys::KEYS)?, base)?,
            genesis: Genesis::read(&root.table("genesis", &genesis::keys())?, base)?,
        })
    }

    /// Where other machines reach the venue, unencrypted.
    pub fn exposed(&self) -> Vec<&Listen> {
        let doors = [&self.tcp.listen, &self.tcp.itch, &self.websocket.listen, &self.http.listen];
        doors.into_iter().flatten().filter(|listen| !listen.is_local()).collect()
    }

    /// The effective values, as a configuration that means the same. No secret is in it.
    pub fn shown(&self) -> String {
        let mut shown = Shown::default();
        shown.plain("plaintext", self.plaintext);
        venue::show(&self.venue, &mut shown);
        shown.table("tcp");
        listen::show(&mut shown, "listen", &self.tcp.listen);
        listen::show(&mut shown, "itch", &self.tcp.itch);
        shown.plain("cancel_on_disconnect", self.tcp.cancel_on_disconnect);
        for (name, door) in [("websocket", &self.websocket), ("http", &self.http)] {
            shown.table(name);
            listen::show(&mut shown, "listen", &door.listen);
        }
        self.limits.show(&mut shown);
        self.keys.show(&mut shown);
        self.genesis.show(&mut shown);
        shown.into_text()
    }
}

/// The error of a text that is no TOML.
fn malformed(source: &Source<'_>, error: &Error) -> ConfigError {
    let place = error.span().map_or(source.name.to_owned(), |span| source.place(span.start));
    ConfigError::new(place, "", error.message(), "write TOML: `key = value` under `[table]`")
}

/// The text of a file that is not larger than a configuration can be.
fn text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let file = File::open(path)?;
    let read = file.take(CONFIGURATION_BYTES_MAX + 1).read_to_string(&mut text)?;
    if read as u64 > CONFIGURATION_BYTES_MAX {
        return Err(io::Error::other(format!("it is larger than {CONFIGURATION_BYTES_MAX} bytes")));
    }
    Ok(text)
}
