//! Lines that cannot be understood: each is refused with the key, what is wrong and how to put it
//! right, and nothing of it is applied. The tables are the files in `refused/`: a line, and below
//! it what is said of it.

use ringside_tools::scenario::runner::{Runner, Show, Stop};

const SET_UP: &str = include_str!("refused/set-up.jsonl");

/// Every line is refused with its text; the venue is as it was, and the next line is taken.
fn refused(table: &[(&[u8], &str)]) {
    let mut runner = Runner::new(Show::EVERYTHING, Vec::new());
    for (number, line) in SET_UP.lines().enumerate() {
        assert_eq!(runner.line(number as u64 + 1, line.as_bytes()).unwrap(), None);
    }
    let before = (runner.engine().sequence(), runner.engine().state_hash());
    for (line, text) in table {
        let shown = String::from_utf8_lossy(&line[..line.len().min(200)]);
        match runner.line(7, line) {
            Err(Stop::Line(error)) => assert_eq!(error.to_string(), *text, "{shown}"),
            other => panic!("{shown}: {other:?}"),
        }
        let after = (runner.engine().sequence(), runner.engine().state_hash());
        assert_eq!(after, before, "{shown}: something was applied");
    }
    assert_eq!(runner.line(8, br#"{"op":"kill"}"#).unwrap(), None);
}

/// The rows of a file: a line, and below it, indented, what is said of it.
fn refused_rows(table: &str) {
    let rows = table.split("\n\n").map(str::trim_ascii).filter(|row| !row.starts_with('#'));
    let rows: Vec<(&[u8], &str)> = rows
        .filter_map(|row| row.split_once("\n  "))
        .map(|(line, text)| (line.as_bytes(), text))
        .collect();
    assert!(rows.len() > 5, "the table is there");
    refused(&rows);
}

#[test]
fn words_that_there_are_not() {
    refused_rows(include_str!("refused/words.txt"));
}

#[test]
fn names_that_were_not_created() {
    refused_rows(include_str!("refused/names.txt"));
}

#[test]
fn values_of_the_wrong_type_or_form() {
    refused_rows(include_str!("refused/values.txt"));
}

#[test]
fn what_is_not_there_yet_is_refused_by_name() {
    refused_rows(include_str!("refused/not-there-yet.txt"));
}

/// What is said of broken JSON ends alike.
const ONE_OBJECT: &str = "; write one JSON object a line";
/// What is said of other encodings ends alike.
const UTF_8: &str = " is not UTF-8; scenario files are UTF-8 text, one JSON object a line";

#[test]
fn what_is_no_json() {
    for (line, text) in [
        (&b"{"[..], "broken JSON: EOF while parsing an object at column 1"),
        (br#"{"op":"kill"} {"op":"kill"}"#, "broken JSON: trailing characters at column 15"),
        (br#"{"op":"kill",}"#, "broken JSON: key must be a string at column 14"),
        (b"\x00\x01\x02", "broken JSON: expected value at column 1"),
        (b"\x7fELF\x02", "broken JSON: expected value at column 1"),
    ] {
        refused(&[(line, &format!("json: {text}{ONE_OBJECT}"))]);
    }
    refused(&[
        (b"\xff\xfe{", &format!("line: byte 1{UTF_8}")),
        (b"{\"op\":\"kill\x80\"}", &format!("line: byte 12{UTF_8}")),
        (b"[]", &format!("line: expected an object, found a list{ONE_OBJECT}")),
        (b"7", &format!("line: expected an object, found a number{ONE_OBJECT}")),
    ]);
}

#[test]
fn what_is_too_much() {
    let name = |length: usize| format!(r#"{{"op":"account","account":"{}"}}"#, "a".repeat(length));
    let (lists, ends) = ("[".repeat(50_000), "]".repeat(50_000));
    let deep = format!(r#"{{"op":"expect","events":{lists}{ends}}}"#);
    let long_name = format!(
        "account: `{}…` has 100000 characters; at most 36 are allowed; \
         write 1 to 36 of the characters A-Z a-z 0-9 . _ : / -",
        "a".repeat(40)
    );
    refused(&[
        (
            name(1 << 20).as_bytes(),
            "line: the line is longer than 262144 bytes; \
             one command, query or expectation a line",
        ),
        (name(100_000).as_bytes(), &long_name),
        (
            deep.as_bytes(),
            "json: objects and lists stand more than 16 deep; no line needs more than a few",
        ),
    ]);
}
