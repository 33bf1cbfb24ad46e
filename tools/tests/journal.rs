//! The verbs over a venue's directory: what `run --journal` keeps, and what the others read there.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn ringside(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ringside")).args(arguments).output().unwrap()
}

fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/scenarios")
}

fn example() -> String {
    scenarios().join("example.jsonl").to_str().unwrap().to_owned()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[track_caller]
fn check(output: &Output, status: i32, stdout: &str, stderr: &str) {
    assert_eq!(
        (output.status.code(), text(&output.stdout), text(&output.stderr)),
        (Some(status), stdout.to_owned(), stderr.to_owned())
    );
}

/// A directory for one test, and its name.
fn directory() -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().unwrap();
    let name = directory.path().join("venue").to_str().unwrap().to_owned();
    (directory, name)
}

#[test]
fn a_run_that_is_recorded_prints_the_same() {
    let (_directory, venue) = directory();
    let output = ringside(&["run", "--journal", &venue, &example()]);
    check(&output, 0, include_str!("../../tests/scenarios/example.out"), "");
}

#[test]
fn a_record_needs_an_empty_directory() {
    let (_directory, venue) = directory();
    check(
        &ringside(&["run", "--quiet", "--journal", &venue, "no/such/file"]),
        4,
        "",
        concat!(
            "no/such/file: input: cannot be read: No such file or directory (os error 2); ",
            "give a scenario file, or - for standard input\n",
        ),
    );
    assert_eq!(
        ringside(&["run", "--quiet", "--journal", &venue, &example()]).status.code(),
        Some(0)
    );
    check(
        &ringside(&["run", "--journal", &venue, &example()]),
        4,
        "",
        &format!(
            "{venue}: journal: there is a journal already; a scenario starts from an empty venue: \
             give a directory that is new or empty\n"
        ),
    );
    let output = ringside(&["run", "--journal", "/proc/none", &example()]);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(4), 0));
    assert!(text(&output.stderr).starts_with("/proc/none: journal: cannot be written: "));
}

/// Every `.jsonl` file of a folder and those in it, in order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false if path.extension().is_some_and(|end| end == "jsonl") => found.push(path),
            false => {}
        }
    }
    found.sort();
    found
}

/// The lines of events: answers to queries are not in a journal.
fn events(printed: &[u8]) -> String {
    let is_event = |line: &&str| line.starts_with(r#"{"event":"#);
    text(printed).lines().filter(is_event).map(|line| format!("{line}\n")).collect()
}

#[test]
fn every_scenario_is_replayed_to_the_same_bytes_and_the_same_hash() {
    // JRN-002, JRN-008, JRN-009, ENG-023
    let files = files(&scenarios());
    assert!(files.len() > 70, "the scenarios are there");
    for path in files {
        let (_directory, venue) = directory();
        let path = path.to_str().unwrap();
        let run = ringside(&["run", "--journal", &venue, path]);
        assert_eq!(run.status.code(), Some(0), "{path}: {}", text(&run.stderr));
        let replay = ringside(&["replay", "--events", &venue]);
        assert_eq!(replay.status.code(), Some(0), "{path}: {}", text(&replay.stderr));
        assert_eq!(text(&replay.stdout), events(&run.stdout), "{path}");
        let (hash, replay) = (ringside(&["hash", path]), ringside(&["replay", &venue]));
        assert_eq!(text(&replay.stdout), text(&hash.stdout), "{path}");
    }
}
