//! What one connection, and all of them, may use. Every bound has a name; reaching it is an answer
//! or the end of the connection, never a wait for somebody else.

use core::time::Duration;

use ringside_protocol::Timestamp;

/// Messages of one connection that are looked at in a turn, at most.
pub const MESSAGES_PER_TURN_MAX: usize = 64;
/// Events that are kept for a connection while what went before them is fetched, at most.
pub const CATCHING_UP_MAX: usize = 65_536;
/// Events fetched at once for somebody who resumes, at most.
pub const FETCHED_MAX: usize = 1_024;
/// Bytes told and not yet taken by the other side at which no more is fetched; less where fewer
/// may wait.
pub const FETCH_BELOW_BYTES: usize = 256 * 1024;
/// A message of a stream has at most so many bytes: what is fetched must not be too much to wait.
pub const MESSAGE_TOLD_BYTES_MAX: usize = 128;
/// A connection that ends is told why within this, or not at all; nanoseconds.
pub const FAREWELL_NS_MAX: u64 = Timestamp::SECOND;
/// Addresses whose connections are counted, at most.
pub const CONNECT_SOURCES_MAX: usize = 16_384;

/// HTTP connections at once; one more is closed at once.
pub const HTTP_CONNECTIONS_MAX: usize = 256;
/// Bytes of the body of an HTTP request.
pub const HTTP_BODY_BYTES_MAX: usize = 64 * 1024;
/// Bytes of an HTTP request's line and headers, and of what is read ahead.
pub const HTTP_HEAD_BYTES_MAX: usize = 16 * 1024;
/// Headers of an HTTP request.
pub const HTTP_HEADERS_MAX: usize = 64;
/// An HTTP request's headers must come within this; so long may a connection be idle.
pub const HTTP_HEAD_WITHIN: Duration = Duration::from_secs(10);
/// An HTTP request's body must come within this.
pub const HTTP_BODY_WITHIN: Duration = Duration::from_secs(5);
/// An HTTP connection lives so long; clients make another.
pub const HTTP_CONNECTION_LIFE: Duration = Duration::from_secs(300);
/// Addresses whose HTTP requests of a minute are counted; who asked longest ago makes room.
pub const HTTP_SOURCES_MAX: usize = 16_384;

/// Bounds that a configuration may set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Connections at once.
    pub connections_max: usize,
    /// Connections at once from one address.
    pub connections_per_address_max: u32,
    /// Connections from one address in a minute, those included that never log in.
    pub connects_per_minute: u32,
    /// Public streams of one connection.
    pub subscriptions_max: usize,
    /// Bytes of one message.
    pub message_bytes_max: usize,
    /// Messages of one connection in a second; what comes faster waits.
    pub messages_per_second: u32,
    /// Bytes told to a connection and not taken by it: one more, and it is cut off.
    pub out_bytes_max: usize,
    /// A connection must log in within this.
    pub login_within: Duration,
    /// SoupBinTCP: the venue says something at least this often.
    pub server_heartbeat: Duration,
    /// SoupBinTCP: a client that says nothing for so long is gone.
    pub client_silence_max: Duration,
    /// SoupBinTCP: a stream whose connection was ended with the day has so long for the next login
    /// before its session is closed.
    pub session_grace: Duration,
    /// HTTP: requests of one address in a minute, whenever it begins (GWY-013).
    pub requests_per_minute: u32,
    /// WebSocket: the venue pings this often.
    pub ping_every: Duration,
    /// WebSocket: a client must answer a ping within this.
    pub pong_within: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 4_096,
            connections_per_address_max: 4_096,
            connects_per_minute: 600,
            subscriptions_max: 1_024,
            message_bytes_max: 64 * 1024,
            messages_per_second: 100_000,
            out_bytes_max: 8 << 20,
            login_within: Duration::from_secs(10),
            server_heartbeat: Duration::from_secs(1),
            client_silence_max: Duration::from_secs(15),
            session_grace: Duration::from_secs(10),
            requests_per_minute: 200,
            ping_every: Duration::from_secs(30),
            pong_within: Duration::from_secs(5),
        }
    }
}
