//! The reference of the scenario language, `tools/scenario.md`, says what is so: its scenarios run,
//! what it shows was printed, the lines it calls wrong are refused with those words, and every op,
//! key, field and reason has its place in it.

use std::collections::BTreeSet;

use ringside_protocol::{
    AccountState, CancelReason, EventKind, InstrumentKind, InstrumentState, Liquidity, OrderStatus,
    OrderType, Permissions, Priority, Purpose, Reason, SelfTrade, SessionState, Side, TimeInForce,
    WarningCode,
};
use ringside_tools::scenario::events::{HEAD, names};
use ringside_tools::scenario::expect::{KINDS_LATER, answer_keys};
use ringside_tools::scenario::line::{LATER, OPS};
use ringside_tools::scenario::runner::{Runner, Show, Stop};

const DOCUMENT: &str = include_str!("../scenario.md");
const NOT_THERE_YET: &str = include_str!("refused/not-there-yet.txt");

/// A fenced block: what it holds, and the number of its first line.
struct Block {
    kind: &'static str,
    text: &'static str,
    line: usize,
}

/// Every fenced block of the document, in order.
fn blocks() -> Vec<Block> {
    let mut line = 1;
    let mut found = Vec::new();
    for (place, part) in DOCUMENT.split("```").enumerate() {
        if let (1, Some((kind, text))) = (place % 2, part.split_once('\n')) {
            found.push(Block { kind, text, line: line + 1 });
        }
        line += part.matches('\n').count();
    }
    found
}

/// Runs a scenario as `ringside run` does and expects exit status 0.
fn run(block: &Block) -> Runner<Vec<u8>> {
    let mut runner = Runner::new(Show::EVERYTHING, Vec::new());
    for (number, line) in block.text.lines().enumerate() {
        let place = format!("scenario.md:{}: {line}", block.line + number);
        match runner.line(number as u64 + 1, line.as_bytes()) {
            Ok(None) => {}
            Ok(Some(failure)) => panic!("{place}\n{failure:#?}"),
            Err(stop) => panic!("{place}\n{stop:?}"),
        }
    }
    runner.audit().unwrap_or_else(|violation| panic!("scenario.md:{}: {violation}", block.line));
    runner
}

#[test]
fn every_scenario_in_it_runs_and_prints_what_it_shows() {
    let mut printed = String::new();
    let mut ran = 0;
    for block in blocks() {
        match block.kind {
            "jsonl" => {
                printed = String::from_utf8(run(&block).into_output()).unwrap();
                ran += 1;
            }
            "json" => shown(&block, &printed),
            _ => {}
        }
    }
    assert!(ran > 5, "the scenarios are there");
}

/// What a block shows was printed by the scenario before it, in this order.
fn shown(block: &Block, printed: &str) {
    let mut lines = printed.lines();
    for (number, line) in block.text.lines().enumerate() {
        let place = block.line + number;
        assert!(lines.any(|other| other == line), "scenario.md:{place}: not among:\n{printed}");
    }
}

/// In a `refused` block stand lines for the scenario before it, and below each what is said of it.
#[test]
fn every_line_it_calls_wrong_is_refused_with_those_words() {
    let mut market = None;
    let mut refused = 0;
    for block in blocks() {
        match block.kind {
            "jsonl" => market = Some(run(&block)),
            "refused" => {
                let runner = market.as_mut().expect("a scenario stands before");
                for row in block.text.trim_end().split("\n\n") {
                    let (line, text) = row.split_once("\n  ").expect("a line and its error");
                    match runner.line(99, line.as_bytes()) {
                        Err(Stop::Line(error)) => assert_eq!(error.to_string(), text, "{line}"),
                        other => panic!("{line}: {other:?}"),
                    }
                    refused += 1;
                }
            }
            _ => {}
        }
    }
    assert!(refused > 5, "the wrong lines are there");
}

/// The part of the document under the heading, of any depth, that names this word.
fn section(word: &str) -> &'static str {
    let quoted = quoted(word);
    let is_heading = |line: &&str| line.starts_with('#') && line.contains(&quoted);
    let heading = DOCUMENT.lines().find(is_heading).unwrap_or_else(|| panic!("no part on {word}"));
    let from = DOCUMENT.find(heading).unwrap() + heading.len();
    let end = DOCUMENT[from..].find("\n#").map_or(DOCUMENT.len(), |end| from + end);
    &DOCUMENT[from..end]
}

fn quoted(word: &str) -> String {
    format!("`{word}`")
}

/// What stands in the first column of a part's table with this heading.
fn column(part: &'static str, heading: &str) -> Vec<&'static str> {
    let heading = format!("| {heading} |");
    let lines = part.lines().skip_while(|line| !line.starts_with(&heading));
    let rows = lines.skip(2).map_while(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split_once('`').map(|(word, _)| word)).collect()
}

#[test]
fn every_op_and_key_has_its_place() {
    for op in OPS {
        let part = section(op.name);
        let keys: BTreeSet<&str> = op.keys.iter().copied().filter(|&key| key != "op").collect();
        let named: BTreeSet<&str> = column(part, "key").into_iter().collect();
        assert_eq!(named, keys, "the keys of {}", op.name);
        for key in answer_keys(op.name) {
            assert!(part.contains(&quoted(key)), "the answer of {} has {key}", op.name);
        }
    }
}

#[test]
fn every_event_has_its_fields_in_the_order_they_are_printed() {
    let every = section("sequence");
    assert_eq!(column(every, "field"), HEAD);
    for &kind in EventKind::ALL {
        let heading = format!("event `{}`", kind.word());
        let from = DOCUMENT.find(&heading).unwrap_or_else(|| panic!("no part on {heading}"));
        let part = DOCUMENT[from..].split("\n#").next().unwrap();
        assert_eq!(column(part, "field"), names(kind), "{heading}");
    }
}

#[test]
fn every_reason_stands_in_the_table_in_the_order_of_the_checks() {
    let row = |reason: &Reason| {
        let (number, word, sentence) = (*reason as u16, reason.word(), reason.sentence());
        format!("| {number} | `{word}` | {sentence} |")
    };
    let rows: Vec<String> = Reason::ALL.iter().map(row).collect();
    let is_row = |line: &&str| line.strip_prefix("| ").is_some_and(|r| r.starts_with(is_digit));
    let part = DOCUMENT.split("### Every reason\n").nth(1).unwrap();
    let found: Vec<&str> = part.lines().filter(is_row).collect();
    assert_eq!(found, rows, "the table should be\n{}\n", rows.join("\n"));
}

const fn is_digit(letter: char) -> bool {
    letter.is_ascii_digit()
}

macro_rules! words {
    ($($kind:ty),*) => {
        [$(<$kind>::ALL.iter().map(|case| case.word()).collect::<Vec<_>>()),*].concat()
    };
}

#[test]
fn every_word_is_named() {
    let mut words = words!(
        AccountState,
        CancelReason,
        EventKind,
        InstrumentKind,
        InstrumentState,
        Liquidity,
        OrderType,
        Priority,
        Purpose,
        Reason,
        SelfTrade,
        SessionState,
        Side,
        TimeInForce,
        WarningCode
    );
    words.extend(Permissions::ALL.iter().map(|(_, word)| *word));
    words.extend(OrderStatus::ALL.iter().map(|status| status.word()));
    let missing: Vec<&str> =
        words.into_iter().filter(|word| !DOCUMENT.contains(&quoted(word))).collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn what_is_not_there_yet_is_listed() {
    let part = DOCUMENT.split("## What is not there yet").nth(1).unwrap();
    let refused = NOT_THERE_YET.lines().filter_map(|line| {
        let (before, _) = line.strip_prefix("  ")?.split_once("` is not there yet")?;
        before.rsplit_once('`').map(|(_, word)| word)
    });
    let keys = OPS.iter().flat_map(|op| op.later);
    let words = LATER.iter().chain(KINDS_LATER).chain(keys).copied().chain(refused);
    let missing: Vec<&str> = words.filter(|word| !part.contains(&quoted(word))).collect();
    assert_eq!(missing, [""; 0]);
}
