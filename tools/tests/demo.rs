//! `ringside demo` as anybody runs it: bots trade over sockets, the venue is left in order, what
//! was recorded verifies and replays, and a stranger trades along by the lines that it prints.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

use ringside_protocol::{Event, Name, StreamKind, Timestamp};
use ringside_tools::venue::assembly::Ready;
use ringside_tools::venue::settings::Settings;
use rustix::process::{Pid, Signal, kill_process};

const FIRST_TRADE_WITHIN: Duration = Duration::from_secs(5);

fn ringside(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringside"));
    command.args(arguments).stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> String {
    let Output { status, stdout, stderr } = ringside(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&stdout).into_owned();
    let complained = String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(0), "{arguments:?}\n{said}\n{complained}");
    said
}

/// What stands behind a word at the beginning of a line.
fn figure<'s>(said: &'s str, what: &str) -> &'s str {
    let line = said.lines().rfind(|line| line.starts_with(what));
    line.unwrap_or_else(|| panic!("no {what} in\n{said}"))[what.len()..].trim()
}

fn count(said: &str, what: &str) -> u64 {
    let digits =
        figure(said, what).split([' ', ',']).take_while(|part| !part.contains(char::is_alphabetic));
    digits.collect::<String>().parse().unwrap()
}

/// The books are in order, and the directory leads to the hash that was printed.
fn check(said: &str, directory: &str) {
    assert_eq!(figure(said, "audit"), "in order", "{said}");
    assert!(figure(said, "trial balance").starts_with("difference 0 in "), "{said}");
    assert!(count(said, "trades") > 0, "{said}");
    assert_eq!(figure(said, "verify"), format!("ringside verify {directory}"));
    run(&["verify", directory]);
    let replayed = run(&["replay", directory]);
    assert!(replayed.trim_end().ends_with(figure(said, "state hash")), "{replayed}\n{said}");
}

#[test]
fn bots_trade_over_both_doors_and_what_is_recorded_verifies_and_goes_on() {
    // X-BOT-001, BOT-026, LED-034
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path().join("venue");
    let directory = directory.to_str().unwrap();
    let said = run(&["demo", "--seconds", "3", "--seed", "7", "--data", directory]);
    check(&said, directory);
    let first = figure(&said, "trades").rsplit(' ').nth(1).unwrap().parse::<f64>().unwrap();
    assert!(first < FIRST_TRADE_WITHIN.as_secs_f64(), "the first trade after {first} s");
    assert!(said.contains("  alder") && said.contains("  elm"), "{said}");

    let again = run(&["demo", "--seconds", "3", "--seed", "8", "--data", directory]);
    check(&again, directory);
    assert!(count(&again, "trades") > count(&said, "trades"), "it goes on\n{again}");
    both_doors_had_sessions(Path::new(directory));
}

/// Makers come over TCP, takers over WebSocket: the streams of their accounts say so.
fn both_doors_had_sessions(directory: &Path) {
    let venue = Ready::open(Settings::new(directory), Timestamp(0)).unwrap();
    let mut streams = Vec::new();
    for event in venue.engine().retell() {
        if let Event::Session(session) = event {
            streams.push((session.account, session.kind));
        }
    }
    for (name, kind) in [("alder", StreamKind::Ouch), ("elm", StreamKind::WebSocket)] {
        let account = venue.engine().account_named(Name::parse(name).unwrap()).unwrap();
        assert!(streams.contains(&(account, kind)), "{name} had no such session: {streams:?}");
    }
}

/// A demo that runs until it is told to stop.
struct Running {
    demo: Child,
    out: BufReader<ChildStdout>,
}

impl Running {
    fn start(directory: &Path) -> Self {
        let directory = directory.to_str().unwrap();
        let mut demo = ringside(&["demo", "--seconds", "600", "--data", directory]);
        let mut demo = demo.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let out = BufReader::new(demo.stdout.take().unwrap());
        Self { demo, out }
    }

    /// Lines up to the first that fits, itself included.
    fn until(&mut self, fits: impl Fn(&str) -> bool) -> String {
        let mut said = String::new();
        loop {
            let before = said.len();
            assert!(self.out.read_line(&mut said).unwrap() > 0, "it ended early:\n{said}");
            if fits(said[before..].trim_end()) {
                return said;
            }
        }
    }

    /// Ctrl-C, and what it says then.
    fn interrupt(mut self) -> String {
        kill_process(Pid::from_child(&self.demo), Signal::INT).unwrap();
        let mut said = String::new();
        self.out.read_to_string(&mut said).unwrap();
        assert_eq!(self.demo.wait().unwrap().code(), Some(0), "{said}");
        said
    }
}

/// The lines from one that begins with `first` to one that `is_last`.
fn block(text: &str, first: &str, is_last: impl Fn(&str) -> bool) -> String {
    let lines = text.lines().skip_while(|line| !line.starts_with(first));
    let mut ended = false;
    let lines = lines.take_while(|line| !core::mem::replace(&mut ended, is_last(line)));
    lines.map(|line| format!("{line}\n")).collect()
}

fn is_installed(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        eprintln!("SKIPPED: {program} is not installed");
    }
    found
}

#[test]
fn a_stranger_trades_along_and_ctrl_c_ends_it_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let mut running = Running::start(directory.path());
    let welcome = running.until(|line| line == "END");
    running.until(|line| line.contains(" leads "));

    if is_installed("python3") {
        let order = block(&welcome, "python3", |line| line == "END");
        let done = Command::new("sh").args(["-c", &order]).output().unwrap();
        let told = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(done.status.success(), "{order}\n{}", String::from_utf8_lossy(&done.stderr));
        assert!(told.lines().any(|line| line.starts_with("b'SA")), "not accepted:\n{told}");
        assert!(told.lines().any(|line| line.starts_with("b'SE")), "not executed:\n{told}");
    }
    if is_installed("curl") {
        let listen = block(&welcome, "curl", |line| !line.ends_with('\\'));
        let listening = format!("exec {listen}");
        let mut curl = Command::new("sh");
        let mut curl = curl.args(["-c", &listening]).stdout(Stdio::piped()).spawn().unwrap();
        let (mut heard, mut out) = (Vec::new(), BufReader::new(curl.stdout.take().unwrap()));
        let until = Instant::now() + FIRST_TRADE_WITHIN;
        while Instant::now() < until && !heard.ends_with(br#""e":"trade""#) {
            assert!(out.read_until(b',', &mut heard).unwrap() > 0, "it ended early");
            heard.pop();
        }
        curl.kill().unwrap();
        curl.wait().unwrap();
        let heard = String::from_utf8_lossy(&heard).into_owned();
        assert!(heard.ends_with(r#""e":"trade""#), "{heard}");
    }
    check(&running.interrupt(), directory.path().to_str().unwrap());
}
