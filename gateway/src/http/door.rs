//! The door's thread: it listens, serves one request after another on each connection, and ends
//! when the venue does. Every wait and every buffer has a bound.

use std::io;
use std::net::TcpListener as StdTcpListener;
use std::os::unix::net::UnixListener as StdUnixListener;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{sleep, timeout};

use super::{Opening, router};
use crate::identity::SourceId;
use crate::limits::{
    HTTP_CONNECTION_LIFE, HTTP_CONNECTIONS_MAX, HTTP_HEAD_BYTES_MAX, HTTP_HEAD_WITHIN,
    HTTP_HEADERS_MAX,
};
use crate::reactor::{Address, clear_way};

/// After the system refused a connection, which it does when descriptors run out.
const PAUSE: Duration = Duration::from_millis(50);

/// The open door. Dropping it closes it and waits for its thread.
pub struct HttpDoor {
    addresses: Vec<Address>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

enum Bound {
    Tcp(StdTcpListener),
    Unix(StdUnixListener),
}

impl HttpDoor {
    /// Listens and starts to serve.
    ///
    /// # Errors
    /// When an address cannot be had, with that address, or the system gives no thread.
    pub fn open(listen: &[Address], opening: Opening) -> io::Result<Self> {
        let bound: Vec<(Bound, Address)> = listen.iter().map(bind).collect::<io::Result<_>>()?;
        let addresses = bound.iter().map(|(_, address)| address.clone()).collect();
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let serve = move || {
            runtime.block_on(async {
                let slots = Arc::new(Semaphore::new(HTTP_CONNECTIONS_MAX));
                let router = router(opening);
                for (bound, address) in bound {
                    listen_on(bound, &address, &router, &slots);
                }
                // Dropped without a word is a stop as well.
                let _ = stopped.await;
            });
        };
        let thread = thread::Builder::new().name("http".to_owned()).spawn(serve)?;
        Ok(Self { addresses, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens; port 0 has become one that was free.
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }
}

impl Drop for HttpDoor {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of that thread was printed by itself.
            let _ = thread.join();
        }
        for address in &self.addresses {
            if let Address::Unix(path) = address {
                // Whoever comes next takes it away as well.
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

fn bind(address: &Address) -> io::Result<(Bound, Address)> {
    let bound = match address {
        Address::Tcp(at) => StdTcpListener::bind(at).and_then(|listener| {
            listener.set_nonblocking(true)?;
            let at = listener.local_addr()?;
            Ok((Bound::Tcp(listener), Address::Tcp(at)))
        }),
        Address::Unix(path) => bind_unix(path),
    };
    bound.map_err(|error| io::Error::new(error.kind(), format!("{address}: {error}")))
}

fn bind_unix(path: &PathBuf) -> io::Result<(Bound, Address)> {
    clear_way(path)?;
    let listener = StdUnixListener::bind(path)?;
    listener.set_nonblocking(true)?;
    Ok((Bound::Unix(listener), Address::Unix(path.clone())))
}

fn listen_on(bound: Bound, address: &Address, router: &Router, slots: &Arc<Semaphore>) {
    let (router, slots) = (router.clone(), Arc::clone(slots));
    let usable = |error| panic!("the system takes back {address}: {error}");
    match bound {
        Bound::Tcp(listener) => {
            let listener = TcpListener::from_std(listener).unwrap_or_else(usable);
            tokio::spawn(take_tcp(listener, router, slots));
        }
        Bound::Unix(listener) => {
            let listener = UnixListener::from_std(listener)
                .unwrap_or_else(|error| panic!("the system takes back {address}: {error}"));
            tokio::spawn(take_unix(listener, router, slots));
        }
    }
}

async fn take_tcp(listener: TcpListener, router: Router, slots: Arc<Semaphore>) {
    loop {
        match listener.accept().await {
            Ok((stream, from)) => {
                // Answers are written whole: waiting for more would only delay them.
                let _ = stream.set_nodelay(true);
                begin(stream, SourceId::from(from.ip()), &router, &slots);
            }
            Err(_) => sleep(PAUSE).await,
        }
    }
}

async fn take_unix(listener: UnixListener, router: Router, slots: Arc<Semaphore>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => begin(stream, SourceId::Unix, &router, &slots),
            Err(_) => sleep(PAUSE).await,
        }
    }
}

/// Serves a connection where there is room for it; else it is closed.
fn begin<S>(stream: S, source: SourceId, router: &Router, slots: &Arc<Semaphore>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    if let Ok(slot) = Arc::clone(slots).try_acquire_owned() {
        tokio::spawn(serve(stream, source, router.clone(), slot));
    }
}

async fn serve<S>(stream: S, source: SourceId, router: Router, _slot: OwnedSemaphorePermit)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = TowerToHyperService::new(router.layer(Extension(source)));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HTTP_HEAD_WITHIN)
        .max_buf_size(HTTP_HEAD_BYTES_MAX)
        .max_headers(HTTP_HEADERS_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    // What breaks a connection is its client's: there is nobody to tell.
    if timeout(HTTP_CONNECTION_LIFE, connection.as_mut()).await.is_err() {
        connection.as_mut().graceful_shutdown();
        let _ = timeout(HTTP_HEAD_WITHIN, connection).await;
    }
}
