//! Sockets that listen. The file of a Unix socket goes with it.

use std::io;
use std::path::{Path, PathBuf};

use mio::Token;
use mio::net::{TcpListener, UnixListener};

use super::connection::Socket;
use super::{Address, Poller};
use crate::identity::SourceId;

/// A socket that listens.
pub(super) enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

impl Listener {
    /// Listens at an address; says which it is, for port 0 becomes one that is free.
    pub(super) fn bind(
        address: &Address,
        poller: &Poller,
        token: Token,
    ) -> io::Result<(Self, Address)> {
        Ok(match address {
            Address::Tcp(address) => {
                let mut listener = TcpListener::bind(*address)?;
                let bound = listener.local_addr()?;
                poller.register(&mut listener, token, false)?;
                (Self::Tcp(listener), Address::Tcp(bound))
            }
            Address::Unix(path) => {
                clear_way(path)?;
                let mut listener = UnixListener::bind(path)?;
                poller.register(&mut listener, token, false)?;
                (Self::Unix(listener, path.clone()), address.clone())
            }
        })
    }

    /// The next connection, and where it comes from.
    pub(super) fn accept(&self) -> io::Result<(Socket, SourceId)> {
        match self {
            Self::Tcp(listener) => listener.accept().map(|(stream, address)| {
                // Small messages must not wait for one another.
                let _ = stream.set_nodelay(true);
                (Socket::Tcp(stream), SourceId::from(address.ip()))
            }),
            Self::Unix(listener, _) => {
                listener.accept().map(|(stream, _)| (Socket::Unix(stream), SourceId::Unix))
            }
        }
    }
}

/// Takes away a socket's file that nobody listens on any more.
pub(crate) fn clear_way(path: &Path) -> io::Result<()> {
    if !path.exists() || std::os::unix::net::UnixStream::connect(path).is_ok() {
        return Ok(());
    }
    std::fs::remove_file(path)
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Self::Unix(_, path) = self {
            // Whoever comes next takes it away as well.
            let _ = std::fs::remove_file(path);
        }
    }
}
