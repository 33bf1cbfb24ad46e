//! Every scenario under `tests/scenarios`, in process: each runs to its end as it expects, twice
//! with the same bytes, and its books balance. What the files cite is the list of rows that hold.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ringside_tools::scenario::input::Lines;
use ringside_tools::scenario::runner::{Runner, Show};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/scenarios")
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

/// Runs a file; says what it printed and the hashes it ended in.
fn run(path: &Path) -> (Vec<u8>, u64, [u8; 32]) {
    let mut lines = Lines::new(std::fs::File::open(path).unwrap());
    let mut runner = Runner::new(Show::EVERYTHING, Vec::new());
    while let Some((number, line)) = lines.next_line().unwrap() {
        let place = format!("{}:{number}", path.display());
        match runner.line(number, line) {
            Ok(None) => {}
            Ok(Some(failure)) => panic!("{place}: {failure:#?}"),
            Err(stop) => panic!("{place}: {stop:?}"),
        }
        runner.audit().unwrap_or_else(|violation| panic!("{place}: {violation}"));
    }
    let hashes = (runner.engine().event_hash(), runner.engine().state_hash());
    (runner.into_output(), hashes.0, hashes.1)
}

/// The rows that a file's heading cites: `ENG-001`, `X-ENG-009`.
fn cited(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let heading = text.lines().take_while(|line| line.starts_with('#'));
    let words = heading.flat_map(|line| line.split([' ', ',', '(', ')', ':', '.']));
    words.filter(|word| is_row(word)).map(str::to_owned).collect()
}

fn is_row(word: &str) -> bool {
    let Some((area, number)) = word.rsplit_once('-') else { return false };
    let area = area.strip_prefix("X-").unwrap_or(area);
    area.len() == 3
        && area.bytes().all(|letter| letter.is_ascii_uppercase())
        && number.len() == 3
        && number.bytes().all(|digit| digit.is_ascii_digit())
}

#[test]
fn every_scenario_runs_as_it_expects_and_twice_alike() {
    let files = files(&folder());
    assert!(files.len() > 70, "the scenarios are there");
    for path in files {
        assert_eq!(run(&path), run(&path), "{}: ENG-023", path.display());
    }
}

#[test]
fn every_scenario_says_what_it_shows_and_expects_something() {
    for path in files(&folder()) {
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("# "), "{}: begins with what it shows", path.display());
        assert!(text.contains(r#"{"op":"expect""#), "{}: expects something", path.display());
    }
}

#[test]
fn the_rows_that_hold() {
    let mut rows: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in files(&folder()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for row in cited(&path) {
            rows.entry(row).or_default().push(name.clone());
        }
    }
    for (row, files) in &rows {
        println!("{row} {}", files.join(" "));
    }
    let numbered = |area: &str, numbers: &[u32]| {
        numbers.iter().map(|number| format!("{area}-{number:03}")).collect::<Vec<_>>()
    };
    let through =
        |area: &str, first: u32, last: u32| numbered(area, &(first..=last).collect::<Vec<_>>());
    let wanted = [
        through("ENG", 1, 26),
        numbered("ENG", &[28, 29, 31, 33, 34, 35, 43, 44, 46]),
        numbered("X-ENG", &[9, 10, 11, 13, 16, 18]),
        through("LED", 1, 20),
        numbered("LED", &[22, 23, 26, 27, 28, 32, 34]),
        through("RSK", 1, 12),
        numbered("RSK", &[16, 17, 22, 23, 29]),
        numbered("X-RSK", &[2]),
    ];
    for row in wanted.concat() {
        assert!(rows.contains_key(&row), "no scenario shows {row}");
    }
}

#[test]
fn the_example_prints_exactly_these_bytes() {
    let (printed, ..) = run(&folder().join("example.jsonl"));
    let golden = std::fs::read_to_string(folder().join("example.out")).unwrap();
    assert_eq!(String::from_utf8(printed).unwrap(), golden);
}
