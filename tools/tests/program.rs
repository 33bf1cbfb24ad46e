//! The program as its users meet it: exit statuses, what goes to which stream, and its errors.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A venue with one account.
const SET_UP: &str = include_str!("program/set-up.jsonl");

fn ringside(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringside"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs with a scenario on standard input.
fn with_input(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = ringside(arguments).spawn().unwrap();
    // A program that stops at a bad line reads no further.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn example() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/scenarios/example.jsonl");
    path.to_str().unwrap().to_owned()
}

#[track_caller]
fn check(output: &Output, status: i32, stdout: &str, stderr: &str) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    assert_eq!(
        (output.status.code(), text(&output.stdout), text(&output.stderr)),
        (Some(status), stdout.to_owned(), stderr.to_owned())
    );
}

#[test]
fn a_scenario_that_runs_ends_with_0() {
    let golden = include_str!("../../tests/scenarios/example.out");
    check(&ringside(&["run", &example()]).output().unwrap(), 0, golden, "");
    let input = std::fs::read(example()).unwrap();
    check(&with_input(&["run", "-"], &input), 0, golden, "");
}

#[test]
fn only_what_is_asked_for_is_printed() {
    let kinds = |output: &Output| {
        let text = String::from_utf8(output.stdout.clone()).unwrap();
        let kind = |line: &str| line.split('"').nth(3).unwrap().to_owned();
        text.lines().map(kind).collect::<Vec<_>>()
    };
    let output = ringside(&["run", "--events", "executed,trade", &example()]).output().unwrap();
    assert_eq!(kinds(&output), ["executed", "executed", "trade", "amber"], "and the query");
    let output = ringside(&["run", "--quiet", &example()]).output().unwrap();
    assert_eq!(kinds(&output), ["amber"]);
    let output = ringside(&["run", "--events", "funding", &example()]).output().unwrap();
    assert_eq!(kinds(&output), ["amber"], "a kind that is not there yet never occurs");
    let output = ringside(&["run", "--events", "trades", &example()]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("did you mean `trade`?"), "{error}");
}

#[test]
fn a_failed_expect_is_told_and_the_run_goes_on() {
    let file = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/program").join(name);
        std::fs::read_to_string(path).unwrap()
    };
    let input = format!("{SET_UP}{}", file("failing.jsonl"));
    let output = with_input(&["run", "--quiet", "-"], input.as_bytes());
    check(&output, 1, &file("failing.out"), &file("failing.err"));
}

#[test]
fn a_line_that_is_not_understood_stops_the_run() {
    let input =
        format!("{SET_UP}{}\n{}\n", r#"{"op":"withdraw","acount":"amber"}"#, r#"{"op":"hash"}"#);
    check(
        &with_input(&["run", "--quiet", "-"], input.as_bytes()),
        2,
        "",
        "-:7: acount: `acount` is not a key of this; did you mean `account`?\n",
    );
    check(
        &with_input(&["hash", "-"], b"\x89PNG\r\n"),
        2,
        "",
        "-:1: line: byte 1 is not UTF-8; scenario files are UTF-8 text, one JSON object a line\n",
    );
}

#[test]
fn a_file_that_cannot_be_read_ends_with_4() {
    check(
        &ringside(&["run", "no/such/file"]).output().unwrap(),
        4,
        "",
        "no/such/file: input: cannot be read: No such file or directory (os error 2); \
         give a scenario file, or - for standard input\n",
    );
    let output = ringside(&["hash", env!("CARGO_MANIFEST_DIR")]).output().unwrap();
    assert_eq!(output.status.code(), Some(4), "a folder is no scenario");
}

#[test]
fn hash_prints_the_sequence_and_the_state_hash() {
    let asked =
        with_input(&["run", "--quiet", "-"], format!("{SET_UP}{}", r#"{"op":"hash"}"#).as_bytes());
    let asked = String::from_utf8(asked.stdout).unwrap();
    let digits = asked.trim_end().strip_prefix(r#"{"sequence":5,"hash":""#).unwrap();
    let digits = digits.strip_suffix(r#""}"#).unwrap();
    assert_eq!(digits.len(), 64);
    check(&with_input(&["hash", "-"], SET_UP.as_bytes()), 0, &format!("5 {digits}\n"), "");
    let empty = with_input(&["hash", "-"], b"");
    assert!(empty.stdout.starts_with(b"0 "));
}

#[test]
fn a_reader_who_goes_away_ends_the_run_quietly() {
    let mut child = ringside(&["run", "-"]).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    drop(child.stdout.take());
    let mark = "{\"op\":\"stats\"}\n".repeat(1000);
    while input.write_all(mark.as_bytes()).is_ok() {}
    let output = child.wait_with_output().unwrap();
    check(&output, 0, "", "");
}

#[test]
fn answers_come_while_the_input_is_still_open() {
    let mut child = ringside(&["run", "-"]).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines();
    for _ in 0..3 {
        input.write_all(b"{\"op\":\"stats\"}\n").unwrap();
        assert!(answers.next().unwrap().unwrap().starts_with(r#"{"commands":0,"#));
    }
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn help_names_the_verbs_and_the_exit_statuses() {
    let text = |arguments: &[&str]| {
        String::from_utf8(ringside(arguments).output().unwrap().stdout).unwrap()
    };
    let help = text(&["--help"]);
    assert!(help.contains("run") && help.contains("hash"), "{help}");
    let help = text(&["run", "--help"]);
    assert!(help.contains("The exit status is 0") && help.contains("Examples:"), "{help}");
}
