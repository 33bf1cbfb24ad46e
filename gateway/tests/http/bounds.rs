//! What the door bounds: requests a minute, heads, bodies, connections; and where it listens.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpStream};
use std::os::unix::net::UnixStream;

use ringside_gateway::limits::{
    HTTP_BODY_BYTES_MAX, HTTP_CONNECTIONS_MAX, HTTP_HEAD_BYTES_MAX, HTTP_HEADERS_MAX, Limits,
};
use ringside_gateway::reactor::Address;

use crate::kit::{Answer, Bench, NOW_MS, loopback, written};

#[test]
fn an_address_has_so_many_requests_a_minute() {
    // GWY-012, GWY-013
    let bench = Bench::with(Limits { requests_per_minute: 3, ..Limits::default() }, true);
    for used in ["1", "2", "3"] {
        let answer = bench.ask("GET /api/v3/ping");
        assert_eq!((answer.status, answer.header("x-mbx-used-weight-1m")), (200, Some(used)));
    }
    bench.clock.set(NOW_MS + 20_000);
    for request in ["GET /api/v3/ping", "GET /nowhere", "POST /v1/session"] {
        let answer = bench.ask(request);
        assert_eq!(answer.error(), (429, -1003), "{request}");
        assert_eq!(answer.header("retry-after"), Some("40"), "{request}");
    }
    assert_eq!(bench.ask("GET /healthz").status, 200, "the operator has no limit");
    assert!(bench.ask("GET /metrics").body.contains("ringside_http_limited_total 3\n"));
    bench.clock.set(NOW_MS + 60_000);
    assert_eq!(bench.ask("GET /api/v3/ping").status, 200, "after the wait that was told");
}

#[test]
fn a_body_has_an_end() {
    // GWY-018
    let bench = Bench::new();
    let body = |bytes: usize| "x=".to_owned() + &"y".repeat(bytes - 2);
    let post = |bytes: usize| bench.ask_with("POST /v1/session", &[], &body(bytes));
    assert_eq!(post(HTTP_BODY_BYTES_MAX).error(), (400, -1103), "it is read, and means nothing");
    assert_eq!(post(HTTP_BODY_BYTES_MAX + 1).error(), (413, -1101));
    let mut chunks = "POST /v1/session HTTP/1.1\r\nHost: v\r\nConnection: close\r\n\
                      Transfer-Encoding: chunked\r\n\r\n"
        .to_owned();
    let chunk = "y".repeat(0x8000);
    (0..3).for_each(|_| chunks += &format!("8000\r\n{chunk}\r\n"));
    let answer = Answer::of(bench.connect(), &(chunks + "0\r\n\r\n"));
    assert_eq!(answer.error(), (413, -1101), "however it comes");
    assert_eq!(bench.ask("GET /healthz").status, 200, "nobody else is touched");
}

#[test]
fn a_head_has_an_end() {
    // GWY-018
    let bench = Bench::new();
    let many = vec!["X-Some: thing"; HTTP_HEADERS_MAX];
    assert_eq!(bench.ask_with("GET /healthz", &many, "").status, 431);
    let long = format!("X-Long: {}", "y".repeat(HTTP_HEAD_BYTES_MAX));
    assert_eq!(bench.ask_with("GET /healthz", &[&long], "").status, 431);
    let path = format!("GET /{}", "y".repeat(HTTP_HEAD_BYTES_MAX));
    assert!([414, 431].contains(&bench.ask(&path).status));
    for garbage in ["\0\0\0\0\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"] {
        assert_eq!(Answer::of(bench.connect(), garbage).status, 400, "{garbage:?}");
    }
    assert_eq!(bench.ask("GET /healthz").status, 200, "nobody else is touched");
}

#[test]
fn one_connection_more_than_there_is_room_for_is_closed() {
    let bench = Bench::new();
    let served = |socket: &mut TcpStream| {
        let request = "GET /healthz HTTP/1.1\r\nHost: venue\r\n\r\n";
        let sent = socket.write_all(request.as_bytes());
        let mut answer = [0; 12];
        sent.and_then(|()| socket.read_exact(&mut answer)).is_ok()
    };
    // A connection that was answered is one that has its place.
    let mut open: Vec<TcpStream> = (0..HTTP_CONNECTIONS_MAX).map(|_| bench.connect()).collect();
    assert!(open.iter_mut().all(served));
    assert!(!served(&mut bench.connect()), "one more");
    open.truncate(HTTP_CONNECTIONS_MAX / 2);
    let is_back = (0..1_000_000).any(|_| served(&mut bench.connect()));
    assert!(is_back, "where others leave there is room again");
}

#[test]
fn bytes_one_by_one_and_several_requests_at_once() {
    // GWY-019
    let bench = Bench::new();
    let mut socket = bench.connect();
    for byte in written("GET /api/v3/ping", &[], "").bytes() {
        socket.write_all(&[byte]).expect("taken");
    }
    assert_eq!(Answer::of(socket, "").body, "{}");
    let two = "GET /healthz HTTP/1.1\r\nHost: v\r\n\r\n".to_owned();
    let both = Answer::of(bench.connect(), &(two + &written("GET /api/v3/ping", &[], "")));
    assert!(both.body.starts_with("ok\n") && both.body.ends_with("{}"), "{both:?}");
}

#[test]
fn it_listens_on_every_kind_of_address() {
    // GWY-026
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("http.sock");
    let listen = [
        loopback(IpAddr::from(Ipv4Addr::LOCALHOST)),
        loopback(IpAddr::from(Ipv6Addr::LOCALHOST)),
        Address::Unix(path.clone()),
    ];
    let bench = Bench::at(&listen, Limits::default(), true);
    let request = written("GET /api/v3/ping", &[], "");
    for address in bench.addresses() {
        let answer = match address {
            Address::Tcp(at) => Answer::of(TcpStream::connect(at).expect("a port"), &request),
            Address::Unix(at) => Answer::of(UnixStream::connect(at).expect("a socket"), &request),
        };
        assert_eq!((answer.status, answer.body.as_str()), (200, "{}"), "{address}");
    }
    drop(bench);
    assert!(!path.exists(), "it takes its socket away");
}
