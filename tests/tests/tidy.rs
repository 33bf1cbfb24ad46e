//! The house rules, applied to the whole tree: arrows, addresses, lengths, and the rows of the
//! specification that tests cite.

use std::fs;

use ringside_tests::tidy::{RULES, limits_declared, root, rows_cited, sources, test_part};

#[test]
fn the_house_is_tidy() {
    let sources = sources();
    let mut wrong = Vec::new();
    for source in &sources {
        for (name, rule) in RULES {
            wrong.extend(rule(source).into_iter().map(|finding| format!("{name}: {finding}")));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

/// Limits that no test reaches, for it would take gigabytes: their refusal is that of the others.
const OUT_OF_REACH: &[&str] =
    &["ACCOUNTS_MAX", "INSTRUMENTS_MAX", "KEYS_MAX", "OPEN_ORDERS_MAX", "STREAMS_MAX"];

#[test]
fn every_named_limit_has_a_test() {
    let sources = sources();
    let tests: String = sources.iter().map(test_part).collect();
    let declared: Vec<String> = sources.iter().flat_map(limits_declared).collect();
    for name in OUT_OF_REACH {
        assert!(declared.iter().any(|there| there == name), "{name} is no limit any more");
    }
    let missing: Vec<&String> = declared
        .iter()
        .filter(|name| !tests.contains(name.as_str()) && !OUT_OF_REACH.contains(&name.as_str()))
        .collect();
    assert!(missing.is_empty(), "no test names {missing:?}");
}

/// Every row there is, in the order of the specification.
fn rows() -> Vec<&'static str> {
    include_str!("../rows.txt").lines().collect()
}

#[test]
fn every_row_that_is_cited_exists() {
    let rows = rows();
    let mut unknown = Vec::new();
    for source in sources() {
        let cited = rows_cited(&source.text).into_iter();
        let missing = cited.filter(|row| !rows.contains(&row.as_str()));
        unknown.extend(missing.map(|row| format!("{}: {row}", source.path)));
    }
    unknown.retain(|text| !text.starts_with("tests/src/tidy/rules.rs"));
    assert!(unknown.is_empty(), "\n{}\n", unknown.join("\n"));
}

/// The texts of the scenarios, which say on top which rows they show.
fn scenarios() -> Vec<String> {
    let folders = fs::read_dir(root().join("tests/scenarios")).expect("scenarios");
    let folders = folders.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir());
    folders
        .flat_map(|folder| fs::read_dir(folder).expect("a folder of scenarios"))
        .map(|entry| fs::read_to_string(entry.expect("an entry").path()).expect("a scenario"))
        .collect()
}

/// `cargo test -p ringside-tests --test tidy rows_covered -- --nocapture` prints them.
#[test]
fn rows_covered_by_tests() {
    let tested = sources().into_iter().filter(|source| source.code.contains("#[test]"));
    let mut cited: Vec<String> = tested.flat_map(|source| rows_cited(&source.text)).collect();
    cited.extend(scenarios().iter().flat_map(|text| rows_cited(text)));
    let rows = rows();
    let covered: Vec<&str> =
        rows.iter().copied().filter(|row| cited.iter().any(|there| there == row)).collect();
    println!("{} of {} rows are cited by tests:", covered.len(), rows.len());
    for line in covered.chunks(8) {
        println!("  {}", line.join(" "));
    }
    assert!(!covered.is_empty(), "tests cite no row");
}
