//! The operator's door: lines in, answers out, on a venue that runs; and what becomes of clients
//! that stay, go, or do not listen.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::thread;

use ringside_protocol::{EventKind, Timestamp};
use ringside_tools::admin::{self, ANSWERS_WAITING_MAX, AdminSocket, LINES_WAITING_MAX};
use ringside_tools::scenario::line::LINE_BYTES_MAX;
use ringside_tools::scenario::runner::{Runner, Show};
use ringside_tools::venue::assembly::{Ready, Venue};
use ringside_tools::venue::clock::Clock;
use ringside_tools::venue::fatal::Fatal;
use ringside_tools::venue::settings::Settings;
use ringside_tools::venue::topology::Topology;
use tempfile::TempDir;

/// A running venue with nothing but the operator's door.
struct Running {
    venue: Venue,
    socket: AdminSocket,
}

fn directory() -> TempDir {
    tempfile::tempdir().expect("a directory")
}

fn start(directory: &Path, topology: Topology) -> Running {
    start_by(Box::new(|| Timestamp(0)), directory, topology)
}

fn start_by(clock: Clock, directory: &Path, topology: Topology) -> Running {
    let settings =
        Settings { topology, pin: false, segment_bytes: 1 << 20, ..Settings::new(directory) };
    let ready = Ready::open(settings, Timestamp(0)).expect("it opens");
    let (door, socket) = admin::open(&ready).expect("the door opens");
    let fatal = Fatal::new(|error| panic!("{error}"));
    let venue = ready.start(vec![Box::new(door)], clock, fatal);
    Running { venue: venue.expect("it starts"), socket }
}

impl Running {
    fn connect(&self) -> UnixStream {
        UnixStream::connect(self.socket.path()).expect("the door is open")
    }

    /// Sends lines and returns what comes back until the door closes.
    fn ask(&self, lines: &str) -> Vec<String> {
        let mut stream = self.connect();
        stream.write_all(lines.as_bytes()).expect("it is taken");
        stream.shutdown(Shutdown::Write).expect("it is connected");
        answers(stream)
    }

    fn stop(self) -> [u8; 32] {
        let hash = self.venue.stop().engine.state_hash();
        drop(self.socket);
        hash
    }
}

fn answers(stream: UnixStream) -> Vec<String> {
    BufReader::new(stream).lines().map(|line| line.expect("a line")).collect()
}

const LINES: &str = r#"# A market, some money, and a trade.
{"op":"currency","code":"USD","scale":2}
{"op":"currency","code":"GEM","scale":0}
{"op":"instrument","symbol":"GU","kind":"spot","base":"GEM","quote":"USD","tick":"0.05","lot":"1"}

{"op":"account","account":"ann"}
{"op":"account","account":"bob"}
{"op":"deposit","account":"ann","currency":"GEM","amount":"10"}
{"op":"deposit","account":"bob","currency":"USD","amount":"100"}
{"op":"order","account":"ann","symbol":"GU","id":"a1","side":"sell","price":"10.05","quantity":"4"}
{"op":"order","account":"ann","symbol":"GU","id":"a2","side":"sell","price":"10.10","quantity":"4"}
{"op":"amend","account":"ann","id":"a2","price":"10.15","new_id":"a3"}
{"op":"order","account":"bob","symbol":"GU","id":"b1","side":"buy","price":"10.05","quantity":"5"}
{"op":"order","account":"bob","symbol":"GU","id":"b2","side":"buy","price":"10.01","quantity":"1"}
{"op":"limits","account":"bob","max_open_orders":1}
{"op":"kill","account":"bob"}
{"op":"mass_cancel","account":"ann"}
"#;

/// Without its sequence: the venue's own first command comes before the lines.
fn placeless(event: &str) -> String {
    let Some((head, rest)) = event.split_once("\"sequence\":") else { return event.to_owned() };
    let digits = rest.find(|c: char| !c.is_ascii_digit()).expect("more fields");
    format!("{head}{}", &rest[digits..])
}

/// What `ringside run` says to the same lines, every kind of event shown.
fn expected(lines: &str) -> Vec<String> {
    let show = Show { kinds: Some(EventKind::ALL.to_vec()), queries: true };
    let mut runner = Runner::new(show, Vec::new());
    for (line, number) in lines.lines().zip(1..) {
        runner.line(number, line.as_bytes()).expect("it is understood");
    }
    let text = String::from_utf8(runner.into_output()).expect("text");
    text.lines().map(placeless).collect()
}

fn done(line: &str) -> bool {
    line.starts_with("{\"done\":")
}

#[test]
fn the_operator_confirms_a_step_of_the_clock() {
    const CONFIRM: &str = "{\"op\":\"confirm_clock\"}\n";
    const LOOK: &str = "{\"op\":\"kill\",\"account\":\"ann\"}\n";
    let currency =
        |code: &str| format!("{{\"op\":\"currency\",\"code\":\"{code}\",\"scale\":2}}\n");
    for topology in Topology::ALL {
        let (directory, wall) = (directory(), Arc::new(AtomicU64::new(1)));
        let looked = Arc::clone(&wall);
        let clock = Box::new(move || Timestamp(looked.load(SeqCst) * Timestamp::SECOND));
        let running = start_by(clock, directory.path(), topology);
        running.ask("{\"op\":\"account\",\"account\":\"ann\"}\n");
        let error = |lines: &str| {
            let answers = running.ask(lines);
            answers.into_iter().find(|line| line.contains("\"error\"")).unwrap_or_default()
        };
        assert!(error(CONFIRM).contains("the clock has not stepped"), "{topology}");
        wall.store(3_600, SeqCst);
        assert_eq!(error(LOOK), "", "a kill is taken");
        let refused = error(&currency("USD"));
        assert!(refused.contains("the clock has stepped"), "{topology}: {refused}");
        assert_eq!((error(CONFIRM), error(&currency("USD"))), (String::new(), String::new()));
        running.stop();
    }
}

#[test]
fn a_running_venue_says_what_a_scenario_says() {
    for topology in Topology::ALL {
        let directory = directory();
        let running = start(directory.path(), topology);
        let said = running.ask(LINES);
        let (marks, events): (Vec<_>, Vec<_>) = said.into_iter().partition(|line| done(line));
        let events: Vec<String> = events.iter().map(|event| placeless(event)).collect();
        assert_eq!(events, expected(LINES), "{topology}");
        let lines = 1..=LINES.lines().count();
        let each: Vec<String> = lines.map(|line| format!("{{\"done\":{line}}}")).collect();
        assert_eq!(marks, each, "{topology}");
        running.stop();
    }
}

/// What a line that is no command is told, after the lines above.
const REFUSED: &[(&str, &str)] = &[
    (
        "{\"op\":\"kil\"}",
        "\"key\":\"op\",\"what\":\"`kil` is not an op\",\"fix\":\"did you mean `kill`?\"",
    ),
    ("kill ann", "\"key\":\"json\",\"what\":\""),
    (
        "{\"op\":\"kill\",\"account\":\"anm\"}",
        "\"what\":\"no account is named `anm`\",\"fix\":\"did you mean `ann`?",
    ),
    (
        "{\"op\":\"venue\"}",
        "\"what\":\"a venue's settings are its first command\",\"fix\":\"write them in [genesis]\"",
    ),
    ("{\"op\":\"clock\",\"time\":1}", "\"what\":\"a running venue has the clock of its machine\""),
    ("{\"op\":\"depth\",\"symbol\":\"GU\"}", "\"fix\":\"ask HTTP: GET /api/v3/depth\""),
    (
        "{\"op\":\"depth\",\"symbol\":\"GU\",\"by_order\":true}",
        "\"fix\":\"rebuild it from the ITCH feed",
    ),
    ("{\"op\":\"portfolio\",\"account\":\"ann\"}", "account.status"),
    ("{\"op\":\"orders\",\"account\":\"ann\"}", "openOrders.status"),
    ("{\"op\":\"trial_balance\"}", "ringside verify"),
    ("{\"op\":\"hash\"}", "ringside replay"),
    ("{\"op\":\"stats\"}", "GET /metrics"),
    ("{\"op\":\"expect\",\"events\":[]}", "ringside run"),
    (
        "{\"op\":\"session\",\"account\":\"ann\",\"session\":\"s\",\"state\":\"open\"}",
        "sessions are opened by logging in at a door",
    ),
];

/// GWY-017: the field is named and the connection stays up.
#[test]
fn a_line_that_is_no_command_is_told_what_to_do_instead_and_the_rest_is_executed() {
    let directory = directory();
    let running = start(directory.path(), Topology::Pipelined);
    running.ask(LINES);
    for (line, expected) in REFUSED {
        let kill = "{\"op\":\"unkill\",\"account\":\"bob\"}";
        let said = running.ask(&format!("{line}\n{kill}\n"));
        assert!(said[0].starts_with("{\"error\":{\"line\":1,\"key\":\""), "{said:?}");
        assert!(said[0].contains(expected), "{said:?}");
        assert_eq!(said[1], "{\"done\":1}");
        assert!(said[2].starts_with("{\"event\":\"account_state\""), "{said:?}");
        assert_eq!(said[3], "{\"done\":2}");
    }
    running.stop();
}

#[test]
fn a_line_that_is_too_long_ends_the_talk() {
    let directory = directory();
    let running = start(directory.path(), Topology::Fused);
    let long = "x".repeat(LINE_BYTES_MAX + 1);
    let mut stream = running.connect();
    let mut writing = stream.try_clone().expect("a second handle");
    // The door does not read it to its end.
    let writer = thread::spawn(move || writing.write_all(format!("{long}\n").as_bytes()));
    let mut said = String::new();
    let _ = stream.read_to_string(&mut said);
    let _ = writer.join().expect("no panic");
    assert!(
        said.starts_with("{\"error\":{\"line\":1,\"key\":\"line\",\"what\":\"the line is longer")
    );
    assert!(said.ends_with("{\"done\":1}\n"), "{said}");
    running.stop();
}

#[test]
fn orders_from_before_a_restart_have_their_names_and_ticks() {
    let directory = directory();
    let running = start(directory.path(), Topology::Fused);
    let until_amend = LINES.lines().take(11).collect::<Vec<_>>().join("\n");
    running.ask(&until_amend);
    let before = running.stop();
    let running = start(directory.path(), Topology::Fused);
    let said =
        running.ask("{\"op\":\"amend\",\"account\":\"ann\",\"id\":\"a2\",\"price\":\"10.15\"}");
    assert!(
        said[0].contains("\"event\":\"amended\"") && said[0].contains("\"id\":\"a2\""),
        "{said:?}"
    );
    assert!(said[0].contains("\"price\":\"10.15\""), "{said:?}");
    assert_ne!(running.stop(), before);
}

#[test]
fn the_socket_is_its_owners_and_goes_with_the_venue() {
    let directory = directory();
    let path = directory.path().join("admin.sock");
    // What a venue that was killed left behind.
    fs::write(&path, "").expect("a file");
    fs::create_dir(directory.path().join("admin.new")).expect("a directory");
    let running = start(directory.path(), Topology::Fused);
    let mode = fs::metadata(&path).expect("a socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(!directory.path().join("admin.new").exists());
    assert_eq!(running.ask("# nothing\n"), ["{\"done\":1}"]);
    running.stop();
    assert!(!path.exists());
}

#[test]
fn a_client_waits_for_the_one_before_it_and_is_served_then() {
    let directory = directory();
    let running = start(directory.path(), Topology::Pipelined);
    let mut first = running.connect();
    first.write_all(b"#\n").expect("it is taken");
    let mut line = String::new();
    BufReader::new(first.try_clone().expect("a handle")).read_line(&mut line).expect("an answer");
    assert_eq!(line, "{\"done\":1}\n");
    let mut second = running.connect();
    second.write_all(b"#\n#\n").expect("it is taken");
    second.shutdown(Shutdown::Write).expect("it is connected");
    drop(first);
    assert_eq!(answers(second), ["{\"done\":1}", "{\"done\":2}"]);
    running.stop();
}

/// A client that hangs up does not take its lines back, and leaves the door to the next.
#[test]
fn a_client_that_goes_leaves_the_door_open() {
    let directory = directory();
    let running = start(directory.path(), Topology::Fused);
    for at in 0..20 {
        let mut stream = running.connect();
        let line = format!("{{\"op\":\"account\",\"account\":\"a{at}\"}}\n");
        stream.write_all(line.as_bytes()).expect("it is taken");
    }
    let said = running.ask("{\"op\":\"account\",\"account\":\"last\"}\n");
    assert!(said[0].starts_with("{\"event\":\"account_state\""), "{said:?}");
    running.stop();
}

/// GWY-005: who sends and does not read waits alone, and loses nothing when it reads at last.
#[test]
fn a_client_that_does_not_read_is_not_waited_for() {
    const LINES: usize = 200 * (LINES_WAITING_MAX + ANSWERS_WAITING_MAX);
    let directory = directory();
    let running = start(directory.path(), Topology::Fused);
    let stream = running.connect();
    let mut writing = stream.try_clone().expect("a handle");
    let writer = thread::spawn(move || {
        writing.write_all("{\"op\":\"nothing of the kind\"}\n".repeat(LINES).as_bytes())?;
        writing.shutdown(Shutdown::Write)
    });
    let said = answers(stream);
    writer.join().expect("no panic").expect("everything is taken");
    let marks: Vec<&String> = said.iter().filter(|line| done(line)).collect();
    assert_eq!((said.len(), marks.len()), (2 * LINES, LINES));
    assert_eq!(marks.last().expect("lines").as_str(), format!("{{\"done\":{LINES}}}"));

    // One that never reads: the venue stops all the same.
    let stream = running.connect();
    let mut writing = stream.try_clone().expect("a handle");
    let writer = thread::spawn(move || {
        let line = "{\"op\":\"nothing of the kind\"}\n".repeat(1000);
        while writing.write_all(line.as_bytes()).is_ok() {}
    });
    running.stop();
    writer.join().expect("it was hung up on");
}

fn ringside(directory: &Path, arguments: &[&str], input: &str) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringside"));
    command.arg("admin").arg("--dir").arg(directory).args(arguments);
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().expect("the program runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_program_prints_answers_and_its_status_says_how_it_went() {
    let directory = directory();
    let running = start(directory.path(), Topology::Pipelined);
    let usd = "{\"op\":\"currency\",\"code\":\"USD\",\"scale\":2}";
    let (code, shown, told) = ringside(directory.path(), &["-"], &format!("{usd}\n\n"));
    assert_eq!((code, &*told), (Some(0), ""));
    assert!(shown.starts_with("{\"event\":\"currency\"") && shown.lines().count() == 1, "{shown}");
    for (lines, code, printed) in [
        (&["{\"op\":\"account\",\"account\":\"ann\"}"][..], 0, "account_state"),
        (&[usd], 1, "\"reason\":\"EXISTS\""),
        (&[usd, "{\"op\":\"curency\"}"], 2, "did you mean `currency`?"),
        (&["#"], 0, ""),
    ] {
        let (found, shown, told) = ringside(directory.path(), lines, "");
        assert_eq!((found, &*told), (Some(code), ""), "{lines:?}");
        assert!(shown.contains(printed), "{shown}");
        assert!(!shown.contains("\"done\""), "{shown}");
    }
    running.stop();
    let (code, shown, told) = ringside(directory.path(), &[usd], "");
    assert_eq!((code, &*shown), (Some(4), ""));
    assert!(
        told.contains("admin.sock: no venue runs there; start it with `ringside serve`"),
        "{told}"
    );
}

/// Reads what a child says until a line begins so.
fn until(said: &mut impl BufRead, beginning: &str) -> String {
    let mut line = String::new();
    while !line.starts_with(beginning) {
        line.clear();
        assert!(said.read_line(&mut line).expect("text") > 0, "it ended before `{beginning}`");
    }
    line
}

/// From a configuration to a venue that an operator changes, and that begins only once.
#[test]
fn a_served_venue_has_its_genesis_and_its_operator() {
    let directory = directory();
    let file = directory.path().join("ringside.toml");
    let text = "[venue]\ndirectory = \"venue\"\nsegment_mib = 1\n\
                [tcp]\nlisten = [\"127.0.0.1:0\"]\n\
                [[genesis.currency]]\ncode = \"USD\"\nscale = 2\n\
                [[genesis.account]]\naccount = \"ann\"\n";
    fs::write(&file, text).expect("a file");
    let venue = directory.path().join("venue");
    for total in ["1.50", "3.00"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ringside"));
        command.arg("serve").arg("--config").arg(&file).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program runs");
        let mut said = BufReader::new(child.stderr.take().expect("a pipe"));
        until(&mut said, "orders");
        let line = "{\"op\":\"deposit\",\"account\":\"ann\",\"currency\":\"USD\",\"amount\":1.5}";
        let (code, shown, told) = ringside(&venue, &[line], "");
        assert_eq!((code, &*told), (Some(0), ""));
        assert!(shown.contains(&format!("\"credit_total\":\"{total}\"")), "{shown}");
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
        let mut rest = String::new();
        said.read_to_string(&mut rest).expect("text");
        assert!(child.wait().expect("it ends").success(), "{rest}");
        assert!(!venue.join("admin.sock").exists());
    }
    let changed = text.replace("scale = 2", "scale = 3");
    fs::write(&file, changed).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringside"));
    let refused = command.arg("serve").arg("--config").arg(&file).output().expect("it runs");
    let told = String::from_utf8(refused.stderr).expect("text");
    assert_eq!(refused.status.code(), Some(4), "{told}");
    assert!(told.contains("ringside.toml:6: [genesis] now says {\"op\":\"currency\""), "{told}");
}
