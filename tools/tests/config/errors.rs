//! What is wrong with a configuration: place, key, what, and how to put it right.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use ringside_tools::config::keys::SECRETS_FILE_BYTES_MAX;
use ringside_tools::config::listen::LISTEN_MAX;
use ringside_tools::config::venue::{CLOCK_STEP_S_MAX, SEGMENT_MIB_MAX, SESSION_GRACE_S_MAX};
use ringside_tools::config::{CONFIGURATION_BYTES_MAX, Configuration};

use super::kit::{LEAST, directory, error, file, parse};

/// What follows `[venue]` and its directory, and the error that it makes.
const WRONG: &[(&str, &str)] = &[
    (
        "durabilty = \"sync\"",
        "configuration:3: venue: `durabilty` is no key of [venue]; did you mean `durability`?",
    ),
    (
        "durability = \"fsync\"",
        "configuration:3: venue.durability: `fsync` is not a word for this; did you mean `sync`? \
         There are `memory`, `async`, `sync`",
    ),
    (
        "pin = 1",
        "configuration:3: venue.pin: expected true or false, found a whole number; write true or \
         false",
    ),
    (
        "snapshot_every = 0",
        "configuration:3: venue.snapshot_every: 0 is out of range; write a whole number from 1 to \
         18446744073709551615",
    ),
    (
        "segment_mib = -1",
        "configuration:3: venue.segment_mib: -1 is out of range; write a whole number from 1 to \
         65536",
    ),
    (
        "snapshot_every = 1e6",
        "configuration:3: venue.snapshot_every: expected a whole number, found a decimal; write a \
         whole number",
    ),
    ("[tpc]", "configuration:3: `tpc` is no key of a configuration; did you mean `tcp`?"),
    (
        "[limits]\n# how large\nmessage_bytes_max = 12",
        "configuration:5: limits.message_bytes_max: 12 is out of range; write a whole number from \
         1024 to 16777216",
    ),
    (
        "[tcp]\nlisten = \"127.0.0.1:7001\"",
        "configuration:4: tcp.listen: expected a list, found a string; write a list",
    ),
    (
        "[tcp]\nlisten = [\n  \"127.0.0.1:7001\",\n  \"localhost:7002\"]",
        "configuration:6: tcp.listen[1]: `localhost:7002` is not an address with a port; write \
         127.0.0.1:7001, [::1]:7001 or unix:/run/ringside.sock",
    ),
    (
        "[tcp]\nlisten = [\"unix:\"]",
        "configuration:4: tcp.listen[0]: the socket has no path; write unix:/run/ringside.sock",
    ),
    (
        "[tcp]\nlisten = [\"[::1]:7001\"]\n[http]\nlisten = [\"[::1]:7001\"]",
        "configuration:6: http.listen[0]: [::1]:7001 is taken by configuration:4; give each door \
         addresses of its own",
    ),
    (
        "[http]\nlisten = [7001]",
        "configuration:4: http.listen[0]: expected a string, found a whole number; write a string",
    ),
    ("[venue]", "configuration:3: duplicate key; write TOML: `key = value` under `[table]`"),
    (
        "[keys]\nsecrets = \"/nowhere/at/all\"",
        "configuration:4: keys.secrets: /nowhere/at/all cannot be read: No such file or directory \
         (os error 2); give a file of lines `NAME SECRET`, with mode 0600, or leave the key out",
    ),
];

#[test]
fn every_error_names_the_line_the_key_what_and_how_to_fix_it() {
    for (rest, expected) in WRONG {
        assert_eq!(error(&format!("{LEAST}{rest}\n")), *expected, "{rest}");
    }
}

#[test]
fn a_venue_needs_a_directory() {
    for text in ["", "[venue]\n", "[tcp]\n"] {
        let error = error(text);
        assert!(
            error.starts_with("configuration: venue.directory: the key is missing; "),
            "{error}"
        );
    }
    assert!(error("[venue]\ndirectory = \"\"").contains("the path is empty"));
    assert!(error("venue = 1").contains("venue: expected a table, found a whole number"));
}

/// GWY-026: IPv4, IPv6 and Unix sockets; and nothing that others reach unless that is wanted.
#[test]
fn doors_that_others_reach_are_opened_only_when_that_is_said() {
    for (listen, is_local) in [
        ("127.0.0.1:7001", true),
        ("127.9.9.9:1", true),
        ("[::1]:7001", true),
        ("[::ffff:127.0.0.1]:7001", true),
        ("unix:/run/x.sock", true),
        ("0.0.0.0:7001", false),
        ("[::]:7001", false),
        ("10.0.0.1:7001", false),
        ("[::ffff:10.0.0.1]:7001", false),
    ] {
        for door in ["tcp", "websocket", "http"] {
            let text = format!("{LEAST}[{door}]\nlisten = [\"{listen}\"]\n");
            let open = format!("plaintext = true\n{text}");
            assert_eq!(parse(&open).exposed().len(), usize::from(!is_local), "{listen}");
            if is_local {
                assert!(parse(&text).exposed().is_empty(), "{listen}");
                continue;
            }
            let error = error(&text);
            let place =
                format!("configuration:4: {door}.listen[0]: {listen} is reached from other");
            assert!(error.starts_with(&place), "{error}");
            assert!(error.contains("write `plaintext = true` at the top"), "{error}");
        }
    }
}

#[test]
fn any_free_port_may_be_asked_for_twice() {
    let text = format!("{LEAST}[tcp]\nlisten = [\"127.0.0.1:0\", \"127.0.0.1:0\"]\n");
    assert_eq!(parse(&text).tcp.listen.len(), 2);
}

#[test]
fn what_is_at_its_limit_is_taken_and_one_more_is_not() {
    let listen = |count: usize| {
        let ports: Vec<String> = (0..count).map(|port| format!("\"[::1]:{}\"", port + 1)).collect();
        Configuration::parse(&format!("{LEAST}[http]\nlisten = [{}]\n", ports.join(","))).is_ok()
    };
    assert_eq!((listen(LISTEN_MAX), listen(LISTEN_MAX + 1)), (true, false));
    for (key, most) in [
        ("segment_mib", SEGMENT_MIB_MAX),
        ("session_grace_s", SESSION_GRACE_S_MAX),
        ("clock_step_max_s", CLOCK_STEP_S_MAX),
    ] {
        let with = |count: u64| Configuration::parse(&format!("{LEAST}{key} = {count}\n")).is_ok();
        assert_eq!((with(most), with(most + 1)), (true, false), "{key}");
    }
}

#[test]
fn a_file_that_is_too_large_is_not_read() {
    let directory = directory();
    let fill = |bytes: u64| format!("{LEAST}#{}", "x".repeat(bytes as usize - LEAST.len() - 1));
    let path = file(directory.path(), "ringside.toml", &fill(CONFIGURATION_BYTES_MAX));
    assert!(Configuration::read(&path).is_ok());
    fs::write(&path, fill(CONFIGURATION_BYTES_MAX + 1)).expect("a file");
    let error = Configuration::read(&path).expect_err("too large").to_string();
    assert!(error.contains("cannot be read: it is larger than 4194304 bytes"), "{error}");
}

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// X-GWY-005's roles stand on keys; their secrets are their owner's alone, and shown to nobody.
#[test]
fn secrets_are_read_from_a_private_file_and_never_shown() {
    let directory = directory();
    let secrets = file(directory.path(), "secrets", &format!("amber {SECRET}\n"));
    let path = file(directory.path(), "ringside.toml", "[keys]\nsecrets = \"secrets\"\n");
    fs::write(&path, format!("{LEAST}[keys]\nsecrets = \"secrets\"\n")).expect("a file");
    for (mode, expected) in [
        (0o600, None),
        (0o400, None),
        (0o640, Some("has mode 0640: others than its owner may read it; run `chmod 600 ")),
        (0o604, Some("has mode 0604: others than its owner may read it; run `chmod 600 ")),
    ] {
        fs::set_permissions(&secrets, Permissions::from_mode(mode)).expect("its owner may");
        match (Configuration::read(&path), expected) {
            (Ok(configuration), None) => {
                assert_eq!(configuration.keys.secrets.iter().count(), 1);
                assert!(configuration.shown().contains("# 1 secrets, not shown"));
                assert!(!configuration.shown().contains(SECRET));
                assert!(!format!("{configuration:?}").contains(SECRET));
            }
            (Err(error), Some(expected)) => {
                assert!(error.to_string().contains(expected), "{error}")
            }
            (found, _) => panic!("mode {mode:o}: {found:?}"),
        }
    }
}

#[test]
fn a_broken_line_of_secrets_is_named_and_not_shown() {
    let directory = directory();
    let short = &SECRET[1..];
    let secrets = file(directory.path(), "secrets", &format!("# of the test\namber {short}\n"));
    fs::set_permissions(&secrets, Permissions::from_mode(0o600)).expect("its owner may");
    let text = format!("{LEAST}[keys]\nsecrets = \"{}\"\n", secrets.display());
    let error = error(&text);
    assert!(error.contains("secrets:2: the secret has 31 characters"), "{error}");
    assert!(!error.contains(short), "{error}");

    fs::File::create(&secrets).expect("a file").set_len(SECRETS_FILE_BYTES_MAX + 1).expect("room");
    let error = self::error(&text);
    assert!(error.contains("cannot be read: it is larger than 33554432 bytes"), "{error}");
}
