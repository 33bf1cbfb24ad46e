//! The verbs over a venue's directory: what `run --journal` keeps, and what the others read there.

mod venue;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};

use ringside_journal::DirectoryLock;
use venue::{BATCH, BATCH_BYTES, Venue, batch_at, damage, ringside, text, write_batch};

fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/scenarios")
}

fn example() -> String {
    scenarios().join("example.jsonl").to_str().unwrap().to_owned()
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

/// The verdict of `verify`: its status, the last line's end, and what it says besides.
#[track_caller]
fn verify(venue: &Venue, arguments: &[&str], status: i32, verdict: &str, said: &[&str]) {
    let output = venue.verb(&[&["verify"], arguments].concat());
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(status), "{stdout}{stderr}");
    assert!(stdout.ends_with(&format!(": {verdict}\n")), "{stdout}");
    for wanted in said {
        assert!(stdout.contains(wanted) || stderr.contains(wanted), "{wanted}\n{stdout}{stderr}");
    }
    assert!(!said.is_empty() || stderr.is_empty(), "{stderr}");
}

#[track_caller]
fn shows(output: &Output, wanted: &[&str]) {
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{shown}{}", text(&output.stderr));
    for wanted in wanted {
        assert!(shown.contains(wanted), "{wanted}\n{shown}");
    }
}

#[track_caller]
fn refuses(output: &Output, status: i32, wanted: &[&str]) {
    let said = text(&output.stderr);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(status), ""), "{said}");
    for wanted in wanted {
        assert!(said.contains(wanted), "{wanted}\n{said}");
    }
}

#[test]
fn a_good_directory_is_in_order() {
    // JRN-003, JRN-006
    let mut venue = Venue::new();
    venue.batches(40);
    venue.snapshot();
    venue.batches(30);
    venue.snapshot();
    venue.stop();
    let read = "1,120 commands, 71 batches, 3 segments, 2 snapshots read";
    let executed = "; 1,120 commands executed, 71 event hashes and 2 states agree; in ";
    verify(&venue, &[], 0, "in order", &[&format!("{read}{executed}"), " commands a second"]);
    verify(&venue, &["--quick"], 0, "in order", &[&format!("{read} in ")]);
    let replay = venue.verb(&["replay"]);
    assert!(text(&replay.stdout).starts_with("1120 "), "{}", text(&replay.stdout));
    assert!(text(&replay.stderr).ends_with("a second; 71 checkpoints compared\n"));
}

#[test]
fn folders_that_are_missing_are_no_trouble_and_a_missing_journal_is() {
    let venue = Venue::stopped(2);
    for folder in ["snapshots", "events"] {
        fs::remove_dir(venue.path.join(folder)).unwrap();
    }
    verify(&venue, &[], 0, "in order", &["0 snapshots read"]);
    shows(&venue.verb(&["inspect"]), &["000000000001", "newest"]);
    assert_eq!(venue.verb(&["replay"]).status.code(), Some(0));
    let inner = venue.path.join("journal");
    for verb in ["replay", "verify", "inspect"] {
        refuses(&ringside(&[verb, "/none"]), 4, &["/none: journal: there is no journal: "]);
        refuses(&ringside(&[verb, inner.to_str().unwrap()]), 4, &["give the one above it"]);
    }
}

#[test]
fn a_journal_nobody_wrote_in_is_in_order() {
    let venue = Venue::stopped(0);
    verify(&venue, &[], 0, "in order", &["0 commands, 1 batch, 1 segment"]);
    assert!(text(&venue.verb(&["replay"]).stdout).starts_with("0 "));
    refuses(&venue.verb(&["inspect", "--sequence", "1"]), 1, &["no whole batch holds sequence 1"]);
}

#[test]
fn replay_stops_where_it_is_told() {
    let venue = Venue::stopped(3);
    let hash = |to: &str| text(&venue.verb(&["replay", "--to", to]).stdout);
    assert!(hash("0").starts_with("0 ") && hash("20").starts_with("20 "));
    // Command n is stamped at (n − 1) tenths of a second.
    assert_eq!(hash("1970-01-01T00:00:01.9Z"), hash("20"));
    assert_eq!(hash("1970-01-01T00:00:01.899999999Z"), hash("19"));
    assert_eq!(hash("2100-01-01T00:00:00Z"), hash("48"));
    let beyond = venue.verb(&["replay", "--to", "49"]);
    assert_eq!((beyond.status.code(), text(&beyond.stdout)), (Some(1), hash("48")));
    assert!(text(&beyond.stderr).contains("the journal ends with sequence 48, before 49"));
    let events = venue.verb(&["replay", "--events", "--to", "4"]);
    let kinds: Vec<String> = text(&events.stdout)
        .lines()
        .map(|line| line.split('"').nth(3).unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["account_state", "posting", "posting"]);
    refuses(&venue.verb(&["replay", "--to", "noon"]), 2, &["a venue time as RFC 3339"]);
}

#[test]
fn a_batch_that_was_acknowledged_and_is_damaged_is_found() {
    // JRN-004, JRN-006
    let venue = Venue::stopped(40);
    venue.snapshot();
    damage(&venue.segment(1), batch_at(3) + 100);
    let place = format!("offset {}", venue_offset(3));
    verify(
        &venue,
        &[],
        1,
        "1 trouble",
        &[
            &format!(
                "journal/000000000001.segment, {place}: the checksum is not that of the bytes"
            ),
            "sequences 49 to 480 cannot be read",
            &format!(
                "26 whole batches with sequences 65 to 480 can still be read from offset {} on",
                venue_offset(4)
            ),
            "restore the directory from a copy",
        ],
    );
    verify(&venue, &["--quick"], 1, "1 trouble", &[&place]);
    refuses(&venue.verb(&["replay"]), 4, &["000000000001.segment is corrupt", "ringside verify"]);
    shows(&venue.verb(&["inspect"]), &["BROKEN: 2 says that it ends at "]);
    shows(
        &venue.verb(&["inspect", "--segment", "1"]),
        &[
            &format!("offset {}: BROKEN: the checksum", venue_offset(3)),
            "sequence 49 should come here",
            "behind it, 26 whole batches that nothing leads to:",
        ],
    );
    let at = batch_at(3) + 64;
    shows(
        &venue.verb(&["inspect", "--segment", "1", "--at", &at.to_string()]),
        &[
            "lies in no whole batch",
            "the whole batch before it\n",
            "the whole batch behind it, behind a break: nothing leads to this batch",
        ],
    );
    shows(&venue.verb(&["inspect", "--sequence", "66"]), &["behind a break", "Deposit account 0"]);
    refuses(
        &venue.verb(&["inspect", "--sequence", "50"]),
        1,
        &["no whole batch holds sequence 50"],
    );
}

/// The offset of a batch, as it is shown.
fn venue_offset(index: u64) -> String {
    ringside_tools::figures::grouped(batch_at(index))
}

#[test]
fn damage_in_the_last_segment_that_later_batches_prove_is_found() {
    // JRN-004
    let venue = Venue::stopped(6);
    damage(&venue.segment(1), batch_at(2));
    verify(
        &venue,
        &[],
        1,
        "1 trouble",
        &[
            &format!("offset {}: the bytes do not begin as they should", venue_offset(2)),
            "sequences 33 to 96 cannot be read and were on disk; 4 whole batches",
        ],
    );
}

#[test]
fn a_torn_tail_is_named_and_no_trouble() {
    // JRN-004
    let mut venue = Venue::new();
    venue.batches(5);
    damage(&venue.segment(1), batch_at(4) + BATCH_BYTES - 1);
    let torn = "torn tail: the checksum is not that of the bytes; nothing proves that";
    verify(&venue, &[], 0, "in order", &[torn, "64 commands executed"]);
    let replay = venue.verb(&["replay"]);
    assert_eq!(replay.status.code(), Some(0));
    assert!(text(&replay.stdout).starts_with("64 "));
    assert!(text(&replay.stderr).contains("torn tail: 000000000001.segment ends at offset "));
    shows(&venue.verb(&["inspect"]), &["newest; at its end the checksum is not"]);
}

#[test]
fn heads_are_checked() {
    // JRN-006
    for (number, offset, said) in [
        (1, 20, "000000000001.segment, offset 0: its identity: the checksum"),
        (1, 520, "000000000001.segment, offset 512: its opening: the checksum"),
        (2, 512, "000000000002.segment, offset 512: its opening: the bytes do not begin"),
    ] {
        let venue = Venue::stopped(40);
        damage(&venue.segment(number), offset);
        verify(&venue, &[], 1, "1 trouble", &[said]);
        refuses(&venue.verb(&["replay"]), 4, &["the head of 00000000000"]);
        shows(&venue.verb(&["inspect", "--segment", &number.to_string()]), &["none: the "]);
    }
}

#[test]
fn a_segment_that_is_missing_is_named() {
    // JRN-006
    let venue = Venue::stopped(70);
    fs::remove_file(venue.segment(2)).unwrap();
    verify(
        &venue,
        &[],
        1,
        "1 trouble",
        &["journal/000000000002.segment: it is missing: 000000000001.segment ends with \
             sequence 480, 000000000003.segment begins with 961; \
             sequences 481 to 960 cannot be read"],
    );
    refuses(&venue.verb(&["replay"]), 4, &["000000000002.segment is missing"]);
    shows(&venue.verb(&["inspect"]), &["followed by 2, which is missing or damaged"]);
}

#[test]
fn without_its_first_segments_a_journal_starts_from_a_snapshot() {
    let mut venue = Venue::new();
    venue.batches(35);
    venue.snapshot();
    venue.batches(10);
    venue.snapshot();
    venue.stop();
    let whole = venue.verb(&["replay"]);
    fs::remove_file(venue.segment(1)).unwrap();
    let rest = venue.verb(&["replay"]);
    assert_eq!((rest.status.code(), &rest.stdout), (Some(0), &whole.stdout));
    let said = "the journal begins with sequence 481: starting from the snapshot of sequence 720";
    assert!(text(&rest.stderr).contains(said), "{}", text(&rest.stderr));
    let said = "starting from the snapshot of sequence 560";
    assert!(text(&venue.verb(&["replay", "--to", "600"]).stderr).contains(said));
    let refused = "the journal begins with sequence 481, and no whole snapshot";
    refuses(&venue.verb(&["replay", "--to", "500"]), 4, &[refused]);
    refuses(&venue.verb(&["replay", "--events"]), 4, &[refused]);
    verify(&venue, &[], 0, "in order", &["executed from this snapshot on", "and 1 state agree"]);
}

#[test]
fn spares_are_zeros_unless_a_recovery_was_interrupted() {
    let mut venue = Venue::new();
    venue.batches(2);
    venue.offer_spare();
    venue.stop();
    shows(&venue.verb(&["inspect"]), &["spare"]);
    verify(&venue, &[], 0, "in order", &["2 segments"]);
    write_batch(&venue.segment(2), 2);
    let left = "000000000002.segment: note: an interrupted recovery left it";
    verify(&venue, &[], 0, "in order", &[left]);
    shows(&venue.verb(&["inspect", "--segment", "2"]), &["left by an interrupted recovery"]);
    // A torn copy is still a copy.
    damage(&venue.segment(2), batch_at(0) + 70);
    verify(&venue, &[], 0, "in order", &[left]);
    for offset in [70, 600, 50_000] {
        let mut venue = Venue::new();
        venue.batches(2);
        venue.offer_spare();
        venue.stop();
        damage(&venue.segment(2), offset);
        // In the place of the opening it is a damaged opening.
        let said = if offset == 600 { "its opening" } else { "spares are zeros behind" };
        verify(&venue, &[], 1, "1 trouble", &["000000000002.segment, offset ", said]);
    }
    // One that was not even made.
    fs::write(venue.segment(2), vec![0; 5000]).unwrap();
    verify(&venue, &[], 0, "in order", &["it was not made to its end"]);
}

#[test]
fn snapshots_are_read_and_compared() {
    // JRN-003, JRN-004
    let mut venue = Venue::new();
    venue.batches(2);
    venue.snapshot();
    venue.batches(2);
    venue.stop();
    let storage = venue.layout.snapshots();
    let file = storage.path(&ringside_journal::names::snapshot(32));
    venue.snapshot_as(48);
    verify(
        &venue,
        &[],
        1,
        "1 trouble",
        &[
            "snapshots/00000000000000000048.snapshot: the state hash of sequence 48 is ",
            "1 state agree",
            "move it away",
        ],
    );
    verify(&venue, &["--quick"], 0, "in order", &["2 snapshots"]);
    damage(&file, 200);
    verify(&venue, &["--quick"], 1, "1 trouble", &["the hash is not that of its bytes"]);
    shows(&venue.verb(&["inspect"]), &["DAMAGED: the hash is not that of its bytes"]);
    fs::rename(&file, file.with_extension("snapshot.part")).unwrap();
    verify(&venue, &["--quick"], 0, "in order", &["or that a crash cut short; nothing reads it"]);
}

#[test]
fn a_snapshot_beyond_the_journal_proves_that_commands_are_lost() {
    let mut venue = Venue::stopped(2);
    venue.batches(0);
    venue.snapshot_as(40);
    verify(
        &venue,
        &["--quick"],
        1,
        "1 trouble",
        &["sequences 33 to 40 cannot be read and were on"],
    );
}

#[test]
fn events_that_are_not_those_of_then_are_a_divergence() {
    // ENG-023, JRN-003
    let mut venue = Venue::new();
    venue.batches(2);
    venue.lie = 1;
    venue.batch();
    venue.stop();
    let said = "the events up to sequence 48 are not those of the time when they were journalled";
    let agreed = "up to sequence 32 they agree";
    refuses(&venue.verb(&["replay"]), 3, &["replay: executed again, ", said, agreed]);
    verify(&venue, &[], 1, "1 trouble", &[said, agreed]);
    verify(&venue, &["--quick"], 0, "in order", &["48 commands"]);
}

#[test]
fn a_directory_in_use_is_read_as_far_as_it_is() {
    let mut venue = Venue::new();
    let _lock = DirectoryLock::take(&venue.path).unwrap();
    for round in 1..=20 {
        venue.batches(4);
        let (commands, hash) = (4 * BATCH * round, venue.engine.state_hash());
        let hash = ringside_tools::scenario::answers::hex(&hash);
        assert_eq!(text(&venue.verb(&["replay"]).stdout), format!("{commands} {hash}\n"));
        verify(&venue, &[], 0, "in order", &[&format!("{} executed", figure(commands))]);
        shows(&venue.verb(&["inspect"]), &["newest"]);
    }
    let taken = ringside(&["run", "--quiet", "--journal", venue.name(), &example()]);
    refuses(&taken, 4, &["is in use by process"]);
}

#[test]
fn a_directory_that_is_being_written_is_read_as_far_as_it_is() {
    const READS: usize = 12;
    let (mut venue, is_over) = (Venue::new(), AtomicBool::new(false));
    let name = venue.name().to_owned();
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            while !is_over.load(Ordering::Acquire) {
                venue.batch();
            }
        });
        let statuses: Vec<(&str, Output)> = ["replay", "verify", "inspect"]
            .into_iter()
            .cycle()
            .take(3 * READS)
            .map(|verb| (verb, ringside(&[verb, &name])))
            .collect();
        is_over.store(true, Ordering::Release);
        writer.join().unwrap();
        for (verb, output) in statuses {
            let said = (text(&output.stdout), text(&output.stderr));
            assert_eq!(output.status.code(), Some(0), "{verb}: {said:?}");
        }
    });
    verify(&venue, &[], 0, "in order", &["executed"]);
}

fn figure(commands: u64) -> String {
    ringside_tools::figures::counted(commands, "command")
}

#[test]
fn inspect_shows_places_and_sequences() {
    let venue = Venue::stopped(40);
    shows(&venue.verb(&["inspect"]), &["followed by 2", "newest", "480", "640"]);
    let segment = venue.verb(&["inspect", "--segment", "2", "--count", "3"]);
    shows(&segment, &["previous       segment 1 up to offset", "first sequence 481", "and 8 more"]);
    shows(
        &venue.verb(&["inspect", "--segment", "1"]),
        &["segment 2 goes on here, with sequence 481"],
    );
    let around = venue.verb(&["inspect", "--sequence", "481", "--count", "2"]);
    shows(
        &around,
        &["000000000002.segment\n", ">   1,088", "Deposit account 0, currency 0, amount 1"],
    );
    let at = venue.verb(&["inspect", "--segment", "1", "--at", "1100"]);
    shows(&at, &[">   1,088", "Currency code \"USDC\", scale 6"]);
    shows(
        &venue.verb(&["inspect", "--segment", "1", "--at", "3"]),
        &["in the head of the segment"],
    );
    let beyond = venue.verb(&["inspect", "--segment", "1", "--at", "65536"]);
    refuses(&beyond, 1, &["000000000001.segment ends at offset 65,536; give one before that"]);
    refuses(&venue.verb(&["inspect", "--segment", "9"]), 1, &["there are: 1, 2"]);
    assert_eq!(venue.verb(&["inspect", "--at", "3"]).status.code(), Some(2), "of which segment?");
}

#[test]
fn no_damage_makes_a_verb_panic() {
    let venue = Venue::stopped(33);
    let (one, two) = (venue.segment(1), venue.segment(2));
    let whole = [fs::read(&one).unwrap(), fs::read(&two).unwrap()];
    let verbs: [&[&str]; 5] = [
        &["verify"],
        &["replay", "--events"],
        &["inspect"],
        &["inspect", "--segment", "2"],
        &["inspect", "--segment", "1", "--at", "1500"],
    ];
    let try_all = |what: &str| {
        for verb in verbs {
            let output = venue.verb(verb);
            let status = output.status.code();
            let known = status.is_some_and(|status| [0, 1, 3, 4].contains(&status));
            assert!(known, "{what}: {verb:?}: {status:?}: {}", text(&output.stderr));
        }
    };
    for cut in [0, 1, 63, 64, 512, 700, 1024, 1090, 3000] {
        fs::write(&two, &whole[1][..cut]).unwrap();
        try_all(&format!("cut at {cut}"));
    }
    fs::write(&two, &whole[1]).unwrap();
    for (path, whole) in [(&one, &whole[0]), (&two, &whole[1])] {
        for offset in [0, 9, 17, 25, 512, 521, 530, 540, 570, 1024, 1033, 1042, 1050, 1100, 3136] {
            damage(path, offset);
            try_all(&format!("{} damaged at {offset}", path.display()));
            fs::write(path, whole).unwrap();
        }
    }
    try_all("put right again");
}
