//! The house rules, applied to the whole tree: arrows, addresses, lengths, and the rows of the
//! specification that tests cite.

use ringside_tests::tidy::{RULES, rows_cited, sources};

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

/// `cargo test -p ringside-tests --test tidy rows_covered -- --nocapture` prints them.
#[test]
fn rows_covered_by_tests() {
    let tested = sources().into_iter().filter(|source| source.code.contains("#[test]"));
    let cited: Vec<String> = tested.flat_map(|source| rows_cited(&source.text)).collect();
    let rows = rows();
    let covered: Vec<&str> =
        rows.iter().copied().filter(|row| cited.iter().any(|there| there == row)).collect();
    println!("{} of {} rows are cited by tests:", covered.len(), rows.len());
    for line in covered.chunks(8) {
        println!("  {}", line.join(" "));
    }
    assert!(!covered.is_empty(), "tests cite no row");
}
