//! `ringside import` as its users meet it: small recordings written for these tests, every kind of
//! bad input, and the real recordings where they are there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const SOURCES: [(&str, &str); 3] = [
    ("bitstamp", "bitstamp_l3"),
    ("lobster", "lobster_aapl_l50"),
    ("databento-csv", "xnas_arl_mbo"),
];

fn ringside(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ringside")).args(arguments).output().unwrap()
}

fn import(source: &str, path: &Path, more: &[&str]) -> Output {
    ringside(&[&["import", source, path.to_str().unwrap()], more].concat())
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The recordings beside this file.
fn recordings() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings")
}

/// A folder of a test's own, with a copy of the recordings.
fn copy(test: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    if root.exists() {
        fs::remove_dir_all(&root).unwrap();
    }
    for (_, folder) in SOURCES {
        fs::create_dir_all(root.join(folder)).unwrap();
        for file in fs::read_dir(recordings().join(folder)).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), root.join(folder).join(file.file_name())).unwrap();
        }
    }
    root
}

#[test]
fn small_recordings_agree() {
    for (source, notes, summary) in [
        (
            "bitstamp",
            "orders from before the first line, entered first: 1\n",
            "bitstamp agrees: trades identical running free 2 of 2, \
             best sides equal running free 3 of 3",
        ),
        (
            "lobster",
            "orders from before the first row, entered first: 3\n",
            "lobster agrees: fill lists identical re-synced 2 of 2, \
             fill lists identical running free 2 of 2, rows exact running free 3 of 3",
        ),
        (
            "databento-csv",
            "running free: 2 trades",
            "databento-csv agrees: fill lists identical running free 1 of 1, \
             rows exact running free 10 of 10",
        ),
    ] {
        let output = import(source, &recordings(), &["--check"]);
        let report = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{report}{}", text(&output.stderr));
        assert!(report.starts_with(notes), "{report}");
        assert_eq!(report.lines().last(), Some(summary));
    }
}

#[test]
fn what_is_written_runs_to_the_end_that_was_checked() {
    for (source, _) in SOURCES {
        same_end(source, &recordings());
    }
}

/// `ringside hash` of the written scenario says what the check said.
fn same_end(source: &str, path: &Path) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join(format!("{source}-{}.jsonl", path.iter().count()));
    let output = import(source, path, &["--check", "--out", file.to_str().unwrap()]);
    let hash = ringside(&["hash", file.to_str().unwrap()]);
    assert_eq!(hash.status.code(), Some(0), "{}", text(&hash.stderr));
    let end = format!(", and the end is {}", text(&hash.stdout));
    assert!(text(&output.stdout).contains(&end), "{}{end}", text(&output.stdout));
    fs::remove_file(file).unwrap();
}

#[test]
fn without_out_and_check_the_scenario_goes_to_standard_output() {
    let output = import("databento-csv", &recordings().join("xnas_arl_mbo"), &[]);
    let scenario = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        scenario.starts_with("{\"op\":\"clock\",\"time\":1577975400000000000}\n"),
        "{scenario}"
    );
    let take = concat!(
        r#"{"op":"order","account":"buyer","id":"taker-7","symbol":"TEST/USD","side":"buy","#,
        r#""price":"13.40","quantity":"25","tif":"IOC"}"#
    );
    assert!(scenario.lines().any(|line| line == take), "{scenario}");
}

#[test]
fn an_exchange_that_did_otherwise_is_told_with_differences() {
    let root = copy("otherwise");
    let path = root.join("xnas_arl_mbo/mbo.csv");
    let other =
        fs::read_to_string(&path).unwrap().replace("A,A,13.400000000,24", "A,A,13.400000000,23");
    fs::write(&path, other).unwrap();
    // Both files tell of the event itself, so the other is changed where it does.
    let mbp = root.join("xnas_arl_mbo/mbp.csv");
    let shown = fs::read_to_string(&mbp).unwrap().replace("A,A,0,13.4,24", "A,A,0,13.4,23");
    fs::write(&mbp, shown).unwrap();
    let output = import("databento-csv", &root, &["--check", "--differences", "1"]);
    let report = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{report}");
    for line in [
        "fill lists identical       0 of       1    0.00 %  required 100.00 %  TOO FEW",
        "    line 7: the exchange filled 24 of 9 at 13.40, 1 of 11 at 13.40, \
         the engine filled 23 of 9 at 13.40, 2 of 11 at 13.40",
        "    line 3: the exchange has 24 at 13.40 in 1 orders on level 1, \
         the engine has 23 at 13.40 in 1 orders on level 1",
    ] {
        assert!(report.contains(line), "{report}");
    }
    assert!(report.lines().last().unwrap().starts_with("databento-csv falls short: "), "{report}");
}

/// What is done to a good recording, and what is said of it.
struct Spoilt {
    source: &'static str,
    file: &'static str,
    content: Option<&'static [u8]>,
    said: &'static str,
}

/// "1577836800000 trade …" compressed, and cut off.
const XZ_CUT_OFF: &[u8] = &[
    0xFD, b'7', b'z', b'X', b'Z', 0x00, 0x00, 0x04, 0xE6, 0xD6, 0xB4, 0x46, 0x02, 0x00, 0x21, 0x01,
    0x16, 0x00, 0x00, 0x00, 0x74, 0x2F, 0xE5, 0xA3,
];

#[test]
fn bad_input_is_named_with_its_place_and_what_helps() {
    let mbo = "xnas_arl_mbo/mbo.csv";
    let log = "bitstamp_l3/2020-01-01.log";
    let messages = "lobster_aapl_l50/TEST_2020-01-02_34200000_37800000_message_50.csv";
    for (at, Spoilt { source, file, content, said }) in [
        Spoilt {
            source: "databento-csv",
            file: mbo,
            content: None,
            said: "xnas_arl_mbo: recording: there is no file mbo.csv in it; put mbo.csv there",
        },
        Spoilt {
            source: "databento-csv",
            file: mbo,
            content: Some(b"ts_event,action\n"),
            said: "mbo.csv:1: recording: there is no column `sequence`; export the file with all",
        },
        Spoilt {
            source: "databento-csv",
            file: mbo,
            content: Some(b"sequence,action,side,price,size,order_id,ts_event,symbol\n1,A,B\n"),
            said: "mbo.csv:2: recording: the row has 3 columns, the rows before it have 8; fetch",
        },
        Spoilt {
            source: "databento-csv",
            file: mbo,
            content: Some(
                b"sequence,action,side,price,size,order_id,ts_event,symbol\n1,A,B,1,1,1,now,T\n",
            ),
            said: "mbo.csv:2: recording: `ts_event`: \"now\" is no time; export times as RFC 3339",
        },
        Spoilt {
            source: "databento-csv",
            file: mbo,
            content: Some(b"sequence,action,side,price,size,order_id,ts_event,symbol\n"),
            said: "mbo.csv: recording: nothing is recorded in it; give a file with a recorded",
        },
        Spoilt {
            source: "databento-csv",
            file: mbo,
            content: Some(
                b"sequence,action,side,price,size,order_id,ts_event,symbol\n\
                  1,R,N,,0,0,2020-01-02T14:30:00Z,TEST\n",
            ),
            said: "mbp.csv:2: recording: the row belongs to no row of mbo.csv, or not in this",
        },
        Spoilt {
            source: "bitstamp",
            file: log,
            content: Some(b""),
            said: "2020-01-01.log: recording: nothing is recorded in it; give a file with a",
        },
        Spoilt {
            source: "bitstamp",
            file: log,
            content: Some(b"1577836800000 trade {\"price\": 1.0, \"amount\": 1.0}\nnonsense\n"),
            said: "2020-01-01.log:2: recording: it is not `<milliseconds> <kind> <json>`; the log",
        },
        Spoilt {
            source: "bitstamp",
            file: log,
            content: Some(b"2 trade {\"price\": 1.0, \"amount\": 1.0}\n1 order_book {}\n"),
            said: "2020-01-01.log:2: recording: missing field `bids`",
        },
        Spoilt {
            source: "bitstamp",
            file: log,
            content: Some(b"\xFF\xFE\n"),
            said: "2020-01-01.log:1: recording: the file is damaged or cut off: stream did not",
        },
        Spoilt {
            source: "bitstamp",
            file: "bitstamp_l3/2020-01-02.log.xz",
            content: Some(XZ_CUT_OFF),
            said: "recording: 2020-01-01.log and 2020-01-02.log.xz are both a *.log*; keep one",
        },
        Spoilt {
            source: "lobster",
            file: messages,
            content: Some(b"34200.1,1,11,20,999900,1\n34200.0,1,12,30,1000000,-1\n"),
            said: "message_50.csv:2: recording: its time is before the row above; sort the rows",
        },
        Spoilt {
            source: "lobster",
            file: messages,
            content: Some(b"34200.1,1,11,20,999900,1\n"),
            said: "1 messages, 9 rows of best prices, 3 deep rows do not belong together; fetch",
        },
        Spoilt {
            source: "lobster",
            file: "lobster_aapl_l50/TEST_2020-01-02_orderbook_50_first3rows.csv",
            content: Some(b"1000000,10,999900\n"),
            said: "first3rows.csv:1: recording: the row has 3 columns; there are four a level",
        },
    ]
    .into_iter()
    .enumerate()
    {
        let root = copy(&format!("spoilt-{at}"));
        match content {
            None => fs::remove_file(root.join(file)).unwrap(),
            Some(content) => fs::write(root.join(file), content).unwrap(),
        }
        let output = import(source, &root, &["--check"]);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(said), "{error}\ninstead of\n{said}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn compressed_input_that_is_cut_off_is_named() {
    let root = copy("cut-off");
    let folder = root.join("bitstamp_l3");
    fs::remove_file(folder.join("2020-01-01.log")).unwrap();
    fs::write(folder.join("2020-01-01.log.xz"), XZ_CUT_OFF).unwrap();
    let output = import("bitstamp", &root, &[]);
    let error = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("2020-01-01.log.xz:1: recording: the file is damaged or cut off"));
}

#[test]
fn a_wrong_folder_is_named() {
    for (path, said) in [
        (recordings().join("nowhere"), "nowhere: recording: No such file or directory"),
        (
            recordings().join("xnas_arl_mbo"),
            "xnas_arl_mbo: recording: there is neither a file *.log* nor a folder bitstamp_l3 \
             in it; give the folder that holds *.log*",
        ),
    ] {
        let output = import("bitstamp", &path, &[]);
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(said), "{error}");
    }
    let unwritable = import("bitstamp", &recordings(), &["--out", "/nowhere/at/all"]);
    assert_eq!(unwritable.status.code(), Some(4));
    assert!(text(&unwritable.stderr).contains("/nowhere/at/all: output: cannot be written"));
}

/// Real recordings: `RINGSIDE_MARKET_DATA`, else beside the repository; `None` where they are not.
fn market_data() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let path = std::env::var_os("RINGSIDE_MARKET_DATA").map_or(beside, PathBuf::from);
    path.is_dir().then_some(path)
}

#[test]
fn real_recordings_agree() {
    let Some(data) = market_data() else {
        println!("skipped: no recorded market data; set RINGSIDE_MARKET_DATA to its folder");
        return;
    };
    for (source, folder) in SOURCES.iter().filter(|(_, folder)| data.join(folder).is_dir()) {
        let output = import(source, &data.join(folder), &["--check"]);
        let report = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{report}{}", text(&output.stderr));
        println!("{report}");
        same_end(source, &data);
    }
}
