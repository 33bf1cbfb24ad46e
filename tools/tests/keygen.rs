//! `ringside keygen` as its users meet it: files that are theirs alone, that are never overwritten,
//! and lines that a scenario takes.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

fn ringside(directory: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringside"));
    command.current_dir(directory).args(arguments).output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[test]
fn a_key_is_made_once_and_shown_again() {
    let directory = tempfile::tempdir().expect("a directory");
    let here = directory.path();
    let made = ringside(here, &["keygen", "--account", "amber", "--out", "amber.pem"]);
    assert_eq!((made.status.code(), &*text(&made.stderr)), (Some(0), ""));
    let file = here.join("amber.pem");
    let mode = fs::metadata(&file).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "its owner's alone");

    let private = fs::read(&file).expect("a key");
    let secret = text(&private).lines().nth(1).expect("a second line").to_owned();
    assert!(!text(&made.stdout).contains(&secret), "the private key is not shown");

    let shown = ringside(here, &["keygen", "--account", "amber", "--public", "amber.pem"]);
    assert_eq!(text(&shown.stdout), text(&made.stdout));

    let again = ringside(here, &["keygen", "--out", "amber.pem"]);
    assert_eq!(again.status.code(), Some(2));
    assert!(text(&again.stderr).contains("is there already and is not overwritten; give another"));
    assert_eq!(fs::read(&file).expect("a key"), private, "it is as it was");
}

#[test]
fn two_keys_are_two() {
    let directory = tempfile::tempdir().expect("a directory");
    let made = ["a.pem", "b.pem"].map(|file| {
        let output = ringside(directory.path(), &["keygen", "--out", file]);
        text(&output.stdout).lines().nth(1).expect("an API key").to_owned()
    });
    assert_ne!(made[0], made[1]);
}

#[test]
fn the_line_that_is_printed_grants_the_key() {
    // GWY-006.
    let directory = tempfile::tempdir().expect("a directory");
    let here = directory.path();
    let made = ringside(here, &["keygen", "--account", "amber"]);
    assert!(here.join("ringside-key.pem").exists(), "where nothing else is said");
    let line = text(&made.stdout).lines().last().expect("a line").to_owned();
    let scenario = format!("{{\"op\":\"account\",\"account\":\"amber\"}}\n{line}\n");
    fs::write(here.join("grant.jsonl"), scenario).expect("a file");
    let run = ringside(here, &["run", "grant.jsonl"]);
    assert_eq!((run.status.code(), &*text(&run.stderr)), (Some(0), ""), "{line}");
}

#[test]
fn trouble_is_told_with_its_fix() {
    let directory = tempfile::tempdir().expect("a directory");
    let here = directory.path();
    let note = here.join("note.txt");
    fs::write(&note, "no key").expect("a file");
    fs::set_permissions(&note, fs::Permissions::from_mode(0o644)).expect("the file is ours");
    for (arguments, status, expected) in [
        (&["--public", "nothing.pem"][..], 4, "nothing.pem cannot be read: "),
        (&["--public", "note.txt"], 2, "note.txt is no Ed25519 private key in PEM; make one with"),
        (&["--public", "note.txt"], 2, "others may read note.txt; run `chmod 600 note.txt`"),
        (&["--out", "nowhere/key.pem"], 4, "nowhere/key.pem cannot be written: "),
        (&["--account", "a b"], 2, "has the character ' '"),
        (&["--out", "a.pem", "--public", "b.pem"], 2, "cannot be used with"),
    ] {
        let output = ringside(here, &[&["keygen"], arguments].concat());
        assert_eq!(output.status.code(), Some(status), "{arguments:?}");
        let error = text(&output.stderr);
        assert!(error.contains(expected), "{arguments:?}: {error}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}
