//! A blocking connection to the venue, over TCP or by a Unix socket. It knows no protocol.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

/// Where the venue listens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Address {
    /// IPv4 or IPv6.
    Tcp(SocketAddr),
    /// A socket of this machine.
    Unix(PathBuf),
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp(address)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// A connection.
#[derive(Debug)]
pub enum Socket {
    /// Over TCP.
    Tcp(TcpStream),
    /// By a Unix socket.
    Unix(UnixStream),
}

/// The shortest time a read may wait: 0 would be for ever.
const WAIT_MIN: Duration = Duration::from_millis(1);

impl Socket {
    /// Connects; a TCP connection must be there within `limit`.
    ///
    /// # Errors
    /// When nobody listens there, or not in time.
    pub fn connect(address: &Address, limit: Duration) -> io::Result<Self> {
        match address {
            Address::Tcp(address) => {
                let stream = TcpStream::connect_timeout(address, limit)?;
                // Small messages must not wait for one another.
                stream.set_nodelay(true)?;
                Ok(Self::Tcp(stream))
            }
            Address::Unix(path) => UnixStream::connect(path).map(Self::Unix),
        }
    }

    /// Reads what is there, waiting for it so long; `None`: nothing came. 0 bytes are the end.
    ///
    /// # Errors
    /// When the connection broke.
    pub fn read_within(&mut self, limit: Duration, into: &mut [u8]) -> io::Result<Option<usize>> {
        let limit = Some(limit.max(WAIT_MIN));
        let read = match self {
            Self::Tcp(stream) => stream.set_read_timeout(limit).and_then(|()| stream.read(into)),
            Self::Unix(stream) => stream.set_read_timeout(limit).and_then(|()| stream.read(into)),
        };
        match read {
            Ok(count) => Ok(Some(count)),
            Err(error) if is_nothing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// When the connection broke.
    pub fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.write_all(bytes),
            Self::Unix(stream) => stream.write_all(bytes),
        }
    }

    /// Ends it, both ways.
    pub fn close(&self) {
        // It may have ended already.
        let _ = match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Both),
            Self::Unix(stream) => stream.shutdown(Shutdown::Both),
        };
    }
}

fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}
