//! The example that comes with the program: it is understood, it has every key, and it says what
//! the defaults are.

use std::path::Path;

use ringside_tools::config::{Configuration, DOOR, KEYS, Limits, TCP, genesis, keys, venue};

use super::kit::{LEAST, parse};

fn path() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/ringside.toml")
}

fn text() -> String {
    std::fs::read_to_string(path()).expect("the example")
}

/// The lines from a table's heading to the next, comments of keys that are left out included.
fn table(name: &str) -> String {
    let text = text();
    let after = text.split_once(&format!("\n[{name}]\n")).expect("the table is there").1;
    after.split("\n[").next().unwrap_or_default().to_owned()
}

fn has_key(table: &str, key: &str) -> bool {
    table.lines().any(|line| line.trim_start_matches("# ").starts_with(&format!("{key} = ")))
}

#[test]
fn the_example_is_understood() {
    let example = Configuration::read(&path()).unwrap_or_else(|error| panic!("{error}"));
    assert!(example.venue.directory.ends_with("tools/deploy/venue"), "relative to the file");
    assert_eq!(example.genesis.lines().len(), 11);
    assert_eq!(example.tcp.listen.len(), 3);
}

#[test]
fn the_example_has_every_key() {
    let text = text();
    for key in KEYS {
        let heading = text.contains(&format!("[{key}]")) || text.contains(&format!("\n{key} = "));
        assert!(heading, "{key}");
    }
    for (name, keys) in [
        ("venue", venue::KEYS),
        ("tcp", TCP),
        ("websocket", DOOR),
        ("http", DOOR),
        ("limits", Limits::KEYS),
        ("keys", keys::KEYS),
    ] {
        let table = table(name);
        for key in keys {
            assert!(has_key(&table, key), "[{name}] {key}");
        }
    }
    for key in genesis::keys() {
        let is_there = text.contains(&format!("[genesis.{key}]")) || has_key(&text, key);
        assert!(is_there, "[genesis] {key}");
    }
}

#[test]
fn the_example_shows_the_defaults() {
    let example = Configuration::read(&path()).expect("it is understood");
    let usual = parse(LEAST);
    assert_eq!(example.limits, usual.limits);
    assert_eq!(example.limits, Limits::default());
    assert_eq!(example.plaintext, usual.plaintext);
    let mut venue = example.venue.clone();
    venue.directory.clone_from(&usual.venue.directory);
    // By the number of cores.
    (venue.topology, venue.pin) = (usual.venue.topology, usual.venue.pin);
    assert_eq!(venue, usual.venue);
}

/// GWY-003 and GWY-018: the defaults that the specification states.
#[test]
fn the_defaults_are_those_of_the_specification() {
    let limits = Limits::default();
    let seconds = |duration: std::time::Duration| duration.as_secs();
    assert_eq!((seconds(limits.ping()), seconds(limits.pong_timeout())), (30, 5));
    assert_eq!(limits.message_bytes_max, 64 * 1024);
    let soup = (limits.soup_server_heartbeat(), limits.soup_client_timeout());
    assert_eq!((seconds(soup.0), seconds(soup.1)), (1, 15));
    assert_eq!(seconds(limits.login_timeout()), 10);
}

#[test]
fn what_is_shown_means_the_same() {
    let odd = "plaintext = true\n[venue]\ndirectory = \"a \\\"b\\\" \\\\ \\t c\"\n\
               durability = \"memory\"\ntopology = \"pipelined\"\nwait = \"spin\"\npin = true\n\
               segment_mib = 0x10\nsnapshot_every = 7\nsession_grace_s = 0\n\
               clock_step_max_s = 60\ndelete_old = true\n\
               [tcp]\nlisten = [\"0.0.0.0:1\", \"unix:a b\"]\nitch = [\"[::1]:0\"]\n\
               [limits]\nping_s = 1\nconnections_max = 9\n\
               [genesis]\nlines = '''{\"op\":\"currency\",\"code\":\"USD\",\"scale\":2}'''\n";
    let example = Configuration::read(&path()).expect("it is understood");
    for configuration in [parse(LEAST), parse(odd), example] {
        let shown = configuration.shown();
        let again = parse(&shown);
        assert_eq!(again.shown(), shown);
        assert_eq!(again.venue, configuration.venue);
        assert_eq!(again.limits, configuration.limits);
        assert_eq!((&again.tcp, &again.http), (&configuration.tcp, &configuration.http));
        assert_eq!(again.genesis.commands(), configuration.genesis.commands());
    }
}
