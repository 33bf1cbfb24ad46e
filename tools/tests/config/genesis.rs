//! What a venue begins with: lines and tables, what is refused, and that it is entered once.

use std::fs;
use std::path::Path;

use ringside_protocol::Timestamp;
use ringside_tools::config::genesis::{GENESIS_FILE_BYTES_MAX, KeptError, OPS, enter, kept};
use ringside_tools::config::{Configuration, Genesis};
use ringside_tools::venue::assembly::Ready;
use ringside_tools::venue::clock;
use ringside_tools::venue::fatal::Fatal;
use ringside_tools::venue::settings::Settings;

use super::kit::{LEAST, directory, error, file, parse};

const LINES: &str = r#"{"op":"venue","day_start":"17:30:00","initial_grant":{"USD":1.50}}
{"op":"currency","code":"USD","scale":2}
{"op":"currency","code":"GEM","scale":0}
{"op":"instrument","symbol":"GEM/USD","kind":"spot","base":"GEM","quote":"USD","tick":0.05,"lot":1}
{"op":"account","account":"amber","stp":"cancel_taker","permissions":["trade","read"]}
{"op":"limits","account":"amber","max_open_orders":5}
{"op":"deposit","account":"amber","currency":"USD","amount":"15"}"#;

const TABLES: &str = r#"
[genesis.venue]
day_start = 17:30:00
initial_grant = { USD = 1.50 }
[[genesis.currency]]
code = "USD"
scale = 0x2
[[genesis.currency]]
code = "GEM"
scale = 0
[[genesis.instrument]]
symbol = "GEM/USD"
kind = "spot"
base = "GEM"
quote = "USD"
tick = +0.05
lot = 1
[[genesis.account]]
account = "amber"
stp = "cancel_taker"
permissions = ["trade", "read"]
[[genesis.limits]]
account = "amber"
max_open_orders = 5
[[genesis.deposit]]
account = "amber"
currency = "USD"
amount = "15"
"#;

fn of_lines(lines: &str) -> String {
    format!("{LEAST}[genesis]\nlines = '''\n{lines}\n'''\n")
}

fn texts(genesis: &Genesis) -> Vec<&str> {
    genesis.lines().iter().map(|line| line.text.as_str()).collect()
}

#[test]
fn tables_are_lines_digit_by_digit_in_the_order_they_are_written() {
    let (lines, tables) = (parse(&of_lines(LINES)), parse(&format!("{LEAST}{TABLES}")));
    assert_eq!(texts(&tables.genesis), texts(&lines.genesis));
    assert_eq!(texts(&lines.genesis), LINES.lines().collect::<Vec<_>>());
    assert_eq!(tables.genesis.commands(), lines.genesis.commands());
    assert_eq!(lines.genesis.commands().len(), 8, "`venue` with a grant is two");
}

#[test]
fn lines_of_a_file_come_first() {
    let directory = directory();
    let (first, rest) = LINES.split_at(LINES.find("\n{\"op\":\"account").expect("a line"));
    file(directory.path(), "genesis.jsonl", &format!("# of the test\n\n{first}\n"));
    let text = format!("{LEAST}[genesis]\nfile = \"genesis.jsonl\"\nlines = '''{rest}'''\n");
    let path = file(directory.path(), "ringside.toml", &text);
    let read = Configuration::read(&path).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(texts(&read.genesis), LINES.lines().collect::<Vec<_>>());
    let place = format!("{}:3", directory.path().join("genesis.jsonl").display());
    assert_eq!(read.genesis.lines()[0].place, place);
}

#[test]
fn what_is_wrong_with_a_line_is_said_with_its_place() {
    let usd = r#"{"op":"currency","code":"USD","scale":2}"#;
    for (text, expected) in [
        (
            of_lines(&format!("{usd}\n\n{{\"op\":\"curency\"}}")),
            "configuration:7: genesis.lines.op: `curency` is not an op; did you mean `currency`?",
        ),
        (
            of_lines(&format!("{usd}\n{usd}")),
            "configuration:6: genesis.lines.line: the venue refuses it with EXISTS; that name is \
             taken",
        ),
        (
            of_lines(r#"{"op":"order"}"#),
            "configuration:5: genesis.lines.op: `order` is no part of a genesis; there are venue, \
             currency, instrument, instrument_state, account, limits, deposit, withdraw, key; send \
             others with `ringside admin`",
        ),
        (
            format!("{LEAST}[[genesis.currency]]\ncode = \"USD\"\nscal = 2\n"),
            "configuration:3: genesis.currency.scal: `scal` is not a key of this; did you mean \
             `scale`?",
        ),
        (
            format!("{LEAST}[[genesis.deposit]]\naccount = \"amber\"\n"),
            "configuration:3: genesis.deposit.account: no account is named `amber`; create it on \
             an earlier line",
        ),
        (
            format!("{LEAST}[genesis]\ncurency = []\n"),
            "configuration:4: genesis: `curency` is no key of [genesis]; did you mean `currency`?",
        ),
        (
            format!("{LEAST}[genesis]\naccount = [\"amber\"]\n"),
            "configuration:4: genesis.account[0]: expected a table, found a string; write a table",
        ),
        (
            format!("{LEAST}[[genesis.currency]]\ncode = \"USD\"\nscale = inf\n"),
            "configuration:3: genesis.currency[0]: inf is no number of money; write a decimal, \
             such as \"12.5\"",
        ),
        (
            format!("{LEAST}[genesis]\nfile = \"/nowhere\"\n"),
            "configuration:4: genesis.file: /nowhere cannot be read: No such file or directory \
             (os error 2); give a file of scenario lines, or write them under [genesis]",
        ),
    ] {
        assert_eq!(error(&text), expected, "{text}");
    }
}

#[test]
fn a_venue_does_not_begin_with_more_than_a_batch_holds() {
    let account = |at: usize| format!("{{\"op\":\"account\",\"account\":\"a{at}\"}}");
    let text = |count: usize| of_lines(&(0..count).map(account).collect::<Vec<_>>().join("\n"));
    // 1 MiB is 8,192 cells of 128 bytes; the venue's own first command takes one.
    assert_eq!(parse(&text(8191)).genesis.commands().len(), 8191);
    let error = error(&text(8192));
    assert!(
        error.starts_with("configuration:8196: genesis.lines.line: a venue begins with at most")
    );
}

#[test]
fn a_file_of_genesis_lines_has_a_limit() {
    let directory = directory();
    let path = directory.path().join("genesis.jsonl");
    let fill = |bytes: u64| "#\n".repeat(bytes as usize / 2) + &"#".repeat(bytes as usize % 2);
    let text = format!("{LEAST}[genesis]\nfile = \"{}\"\n", path.display());
    fs::write(&path, fill(GENESIS_FILE_BYTES_MAX)).expect("a file");
    assert!(parse(&text).genesis.lines().is_empty());
    fs::write(&path, fill(GENESIS_FILE_BYTES_MAX + 1)).expect("a file");
    assert!(error(&text).contains("it is larger than 8388608 bytes"));
}

#[test]
fn every_op_of_a_genesis_is_an_op_of_the_language() {
    let known: Vec<&str> = ringside_tools::scenario::line::OPS.iter().map(|op| op.name).collect();
    assert!(OPS.iter().all(|op| known.contains(op)));
}

/// Starts a venue in a directory and stops it again; its state hash.
fn run(directory: &Path, genesis: &Genesis) -> Result<[u8; 32], KeptError> {
    let settings = Settings { segment_bytes: 1 << 20, ..Settings::new(directory) };
    let mut ready = Ready::open(settings, Timestamp(1)).expect("it opens");
    enter(&mut ready, genesis, Timestamp(1))?;
    let fatal = Fatal::new(|error| panic!("{error}"));
    let venue = ready.start(Vec::new(), clock::wall(), fatal).expect("it starts");
    Ok(venue.stop().engine.state_hash())
}

/// X-ENG-023: what a venue was configured with is in its journal, and a later difference is an
/// error that names the line.
#[test]
fn a_genesis_is_entered_once_and_a_later_difference_is_named() {
    let directory = directory();
    let venue = &directory.path().join("venue");
    let genesis = parse(&of_lines(LINES)).genesis;
    let begun = run(venue, &genesis).expect("the first start");
    let kept_text = fs::read_to_string(venue.join("genesis")).expect("it is kept");
    assert!(kept_text.starts_with("# what this venue began with; blake3 "));
    assert_eq!(kept_text.split_once('\n').expect("lines").1, format!("{LINES}\n"));

    let again = run(venue, &genesis).expect("the second start");
    assert_eq!(again, begun, "nothing is entered twice");
    // Spaces and comments mean nothing; nor does which form it is written in.
    let spaced = LINES.replace(":", ": ").replace("17: 30: 00", "17:30:00");
    let same = [of_lines(&format!("# spaced\n\n{spaced}")), format!("{LEAST}{TABLES}")];
    for text in same {
        run(venue, &parse(&text).genesis).unwrap_or_else(|error| panic!("{error}"));
    }

    let kept_file = venue.join("genesis").display().to_string();
    let shorter = &LINES[..LINES.rfind('\n').expect("lines")];
    let longer = format!("{LINES}\n{}", r#"{"op":"account","account":"birch"}"#);
    for (lines, expected) in [
        (
            LINES.replace("\"max_open_orders\":5", "\"max_open_orders\":6"),
            format!(
                "configuration:10: [genesis] now says {{\"op\":\"limits\",\"account\":\"amber\",\
                 \"max_open_orders\":6}} where the venue began with {{\"op\":\"limits\",\
                 \"account\":\"amber\",\"max_open_orders\":5}} ({kept_file}:7); a genesis"
            ),
        ),
        (
            shorter.to_owned(),
            format!(
                "[genesis] says nothing where the venue began with {{\"op\":\"deposit\",\
                 \"account\":\"amber\",\"currency\":\"USD\",\"amount\":\"15\"}} ({kept_file}:8); a"
            ),
        ),
        (
            longer,
            format!(
                "configuration:12: [genesis] now says {{\"op\":\"account\",\
                 \"account\":\"birch\"}}, and the venue began without it ({kept_file}); a genesis"
            ),
        ),
    ] {
        let changed = parse(&of_lines(&lines)).genesis;
        let error = run(venue, &changed).expect_err("it differs").to_string();
        assert!(error.starts_with(&expected), "{error}\n{expected}");
        assert_eq!(kept::check(venue, &changed).expect_err("it differs").to_string(), error);
    }
    assert_eq!(run(venue, &genesis).expect("as it was"), begun);

    fs::write(venue.join("genesis"), kept_text.replace("\"15\"", "\"16\"")).expect("a file");
    let error = run(venue, &genesis).expect_err("damaged").to_string();
    assert!(error.contains("the lines are not those that the venue wrote"), "{error}");
}

#[test]
fn a_venue_that_began_without_a_configuration_has_no_genesis() {
    let directory = directory();
    let settings = Settings { segment_bytes: 1 << 20, ..Settings::new(directory.path()) };
    let ready = Ready::open(settings, Timestamp(1)).expect("it opens");
    let fatal = Fatal::new(|error| panic!("{error}"));
    ready.start(Vec::new(), clock::wall(), fatal).expect("it starts").stop();
    run(directory.path(), &Genesis::default()).expect("nothing is as it was");
    let error = run(directory.path(), &parse(&of_lines(LINES)).genesis).expect_err("it differs");
    assert!(error.to_string().starts_with("configuration:5: [genesis] now says {\"op\":\"venue\""));
}

/// A crash after the file is written and before the journal is: the venue has not begun.
#[test]
fn a_genesis_that_was_only_written_down_is_no_beginning() {
    let directory = directory();
    fs::write(directory.path().join("genesis"), "# broken off").expect("a file");
    run(directory.path(), &parse(&of_lines(LINES)).genesis).expect("the first start");
    assert!(kept::check(directory.path(), &parse(&of_lines(LINES)).genesis).is_ok());
}
