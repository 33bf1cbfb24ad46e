//! `[limits]`: what one connection, and all of them together, may take. Each has a default that
//! suits a machine of two cores, and a range that no typing error leaves.

use std::time::Duration;

use super::error::ConfigError;
use super::shown::Shown;
use super::table::Table;

macro_rules! limits {
    ($(
        $(#[doc = $doc:literal])*
        $key:ident = $default:literal, $least:literal..=$most:literal;
    )*) => {
        /// What connections may take.
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub struct Limits {
            $($(#[doc = $doc])* pub $key: u64,)*
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($key: $default,)* }
            }
        }

        impl Limits {
            /// Every key.
            pub const KEYS: &[&str] = &[$(stringify!($key),)*];

            pub(super) fn read(table: &Table<'_>) -> Result<Self, ConfigError> {
                Ok(Self { $($key: table.count(stringify!($key), $default, $least..=$most)?,)* })
            }

            pub(super) fn show(&self, shown: &mut Shown) {
                shown.table("limits");
                $(shown.plain(stringify!($key), self.$key);)*
            }
        }
    };
}

limits! {
    /// Connections at once, of all doors together.
    connections_max = 4096, 1..=1_000_000;
    /// Connections at once from one address.
    connections_per_address_max = 4096, 1..=1_000_000;
    /// Bytes of one message, at most (GWY-018).
    message_bytes_max = 65_536, 1024..=16_777_216;
    /// Messages a second of one connection, orders and cancels alike.
    messages_per_second = 20_000, 1..=10_000_000;
    /// Bytes that wait for a slow reader before it is cut off.
    out_bytes_max = 4_194_304, 65_536..=1_073_741_824;
    /// Streams and channels that one connection may be subscribed to.
    subscriptions_max = 1024, 1..=65_536;
    /// Seconds that a connection has to log in before it is closed.
    login_timeout_s = 10, 1..=3600;
    /// Logins a minute from one address, those that fail included (GWY-021).
    logins_per_minute = 600, 1..=1_000_000;
    /// HTTP requests a minute from one address (GWY-013).
    requests_per_minute = 200, 1..=10_000_000;
    /// Seconds between pings on a WebSocket (GWY-003).
    ping_s = 30, 1..=3600;
    /// Seconds that the answer to a ping may take.
    pong_timeout_s = 5, 1..=3600;
    /// Seconds of silence after which the server sends a SoupBinTCP heartbeat.
    soup_server_heartbeat_s = 1, 1..=60;
    /// Seconds of silence after which a SoupBinTCP client counts as gone.
    soup_client_timeout_s = 15, 2..=3600;
}

impl Limits {
    /// How long a connection has to log in.
    pub const fn login_timeout(&self) -> Duration {
        Duration::from_secs(self.login_timeout_s)
    }

    /// How long after one ping the next goes out.
    pub const fn ping(&self) -> Duration {
        Duration::from_secs(self.ping_s)
    }

    /// How long the answer to a ping may take.
    pub const fn pong_timeout(&self) -> Duration {
        Duration::from_secs(self.pong_timeout_s)
    }

    /// How long the server is silent on SoupBinTCP, at most.
    pub const fn soup_server_heartbeat(&self) -> Duration {
        Duration::from_secs(self.soup_server_heartbeat_s)
    }

    /// How long a SoupBinTCP client may be silent.
    pub const fn soup_client_timeout(&self) -> Duration {
        Duration::from_secs(self.soup_client_timeout_s)
    }
}
