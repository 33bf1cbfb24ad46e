//! Lines of every scenario, shuffled and damaged: a line is applied, fails to compare or is
//! refused, and whatever came before it, the venue's books balance.

use std::path::{Path, PathBuf};

use ringside_tools::scenario::runner::{Runner, Show, Stop};

/// Lines taken in one test.
const LINES: u64 = 60_000;
/// Lines after which a new venue is begun.
const VENUE_LINES: u64 = 400;

/// A small generator with a period of 2^64 − 1 (xorshift).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

/// Every line of every scenario.
fn lines(folder: &Path) -> Vec<Vec<u8>> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let of = |path: &PathBuf| match path.is_dir() {
        true => lines(path),
        false => std::fs::read(path).unwrap().split(|&b| b == b'\n').map(<[u8]>::to_vec).collect(),
    };
    paths.iter().flat_map(of).collect()
}

/// Replaces, removes or doubles a byte or swaps in a piece of another line.
fn damage(line: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    const BYTES: &[u8] = b"\"{}[]:,.-0123456789eE\\ \x00\xfftrue";
    if line.is_empty() || other.is_empty() {
        return;
    }
    let at = random.below(line.len());
    match random.below(5) {
        0 => line[at] = BYTES[random.below(BYTES.len())],
        1 => drop(line.remove(at)),
        2 => line.insert(at, BYTES[random.below(BYTES.len())]),
        3 => line.truncate(at),
        _ => {
            let from = random.below(other.len());
            let to = (from + random.below(24)).min(other.len());
            line.splice(at..at, other[from..to].iter().copied());
        }
    }
}

#[test]
fn damaged_lines_neither_stop_the_venue_nor_unbalance_it() {
    let lines = lines(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/scenarios"));
    let mut random = Random(0x5eed_0000_0000_0001);
    let mut runner = Runner::new(Show::EVERYTHING, std::io::sink());
    let (mut applied, mut refused) = (0, 0);
    for number in 1..=LINES {
        let mut line = lines[random.below(lines.len())].clone();
        if random.below(3) == 0 {
            let other = &lines[random.below(lines.len())];
            damage(&mut line, other, &mut random);
        }
        match runner.line(number, &line) {
            Ok(_) => applied += 1,
            Err(Stop::Line(_)) => refused += 1,
            Err(Stop::Output(error) | Stop::Record(error)) => panic!("{error}"),
        }
        if number % VENUE_LINES == 0 {
            runner.audit().unwrap_or_else(|violation| panic!("{violation} after {number}"));
            runner = Runner::new(Show::EVERYTHING, std::io::sink());
            begin(&lines, &mut runner);
        }
    }
    assert!(applied > LINES / 4 && refused > LINES / 20, "{applied} applied, {refused} refused");
}

/// A venue with currencies, instruments and accounts, as the scenarios make them.
fn begin(lines: &[Vec<u8>], runner: &mut Runner<std::io::Sink>) {
    for op in ["currency", "instrument", "account", "deposit"] {
        let start = format!(r#"{{"op":"{op}","#);
        for line in lines.iter().filter(|line| line.starts_with(start.as_bytes())).take(60) {
            // A name that is taken, or not there yet, is an answer too.
            let _ = runner.line(0, line);
        }
    }
}
