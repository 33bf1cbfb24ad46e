//! The rules. Each returns what is wrong, one text a finding, with the line where there is one.

use super::Source;

/// Lines are at most this long.
pub const LINE_CHARACTERS_MAX: usize = 100;
/// Files are at most this long.
pub const FILE_LINES_MAX: usize = 700;

/// A rule: its name, and what it finds in one file.
pub type Rule = (&'static str, fn(&Source) -> Vec<String>);

/// Every rule that looks at one file at a time.
pub const RULES: &[Rule] = &[
    ("arrows", arrows),
    ("one file names mio", mio_has_one_address),
    ("one file maps memory", mapping_has_one_address),
    ("unsafe has two addresses", unsafe_has_two_addresses),
    ("only tools reads the wall clock", wall_clock_has_one_address),
    ("only protocol::wire knows wire bytes", wire_bytes_have_one_address),
    ("no floats in protocol and engine", no_floats),
    ("no hash map is iterated in engine", no_hash_order),
    ("no stubs, no sleeps, no ignored tests", no_stubs),
    ("lines and files have a length", lengths),
    ("a file says what it is", opens_with_what_it_is),
];

/// Which of our crates a crate may depend on (tests and benches, everything).
const ARROWS: &[(&str, &[&str])] = &[
    ("protocol", &[]),
    ("engine", &["ringside-protocol"]),
    ("engine/ring", &[]),
    ("journal", &[]),
    ("gateway", &["ringside-protocol", "ringside-ring"]),
    ("client", &["ringside-protocol"]),
];

/// `engine`, `client` and `gateway` know `protocol`; `journal` knows nobody; only `tools`, `tests`
/// and `benches` know everybody.
pub fn arrows(source: &Source) -> Vec<String> {
    let Some(folder) = source.path.strip_suffix("/Cargo.toml") else { return Vec::new() };
    if ["tools", "tests", "tests/crash", "tests/doors", "tests/fuzz", "benches"].contains(&folder) {
        return Vec::new();
    }
    let Some((_, allowed)) = ARROWS.iter().find(|(there, _)| *there == folder) else {
        return vec![format!("{folder} is no room of the house; give it its arrows")];
    };
    dependencies(&source.text)
        .filter(|name| name.starts_with("ringside") && !allowed.contains(name))
        .map(|name| format!("{folder} depends on {name}"))
        .collect()
}

/// The names in every dependency section of a manifest.
fn dependencies(manifest: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    manifest.lines().filter_map(move |line| {
        if line.starts_with('[') {
            inside = line.contains("dependencies") && !line.contains("dev-dependencies");
            return None;
        }
        let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
        (inside && !name.is_empty() && !name.starts_with('#')).then_some(name)
    })
}

/// Only the reactor names mio.
pub fn mio_has_one_address(source: &Source) -> Vec<String> {
    words_outside(source, &["mio"], &["gateway/src/reactor"])
}

/// Only the journal's mapped storage maps memory.
pub fn mapping_has_one_address(source: &Source) -> Vec<String> {
    let words = ["memmap2", "memmap", "Mmap", "MmapMut", "MmapOptions", "mmap64"];
    words_outside(source, &words, &["journal/src/mmap.rs"])
}

/// `unsafe` lives in the rings and in the mapping; tests and benches may count allocations.
pub fn unsafe_has_two_addresses(source: &Source) -> Vec<String> {
    let addresses = ["engine/ring/", "journal/src/mmap.rs", "tests/", "benches/"];
    words_outside(source, &["unsafe"], &addresses)
}

/// Time comes stamped; only tools, tests and benches look at a clock.
pub fn wall_clock_has_one_address(source: &Source) -> Vec<String> {
    let mut found = words_outside(source, &["SystemTime"], &["tools/", "tests/", "benches/"]);
    found.extend(texts_outside(source, &["Instant::now"], &["tools/", "tests/", "benches/"]));
    found
}

/// Network byte order is the wire's.
pub fn wire_bytes_have_one_address(source: &Source) -> Vec<String> {
    let words = ["from_be_bytes", "to_be_bytes", "swap_bytes", "from_be", "to_be"];
    words_outside(source, &words, &["protocol/src/wire", "tests/", "benches/"])
}

/// ENG-030: the language and the engine compute with integers.
pub fn no_floats(source: &Source) -> Vec<String> {
    if !source.is_in(&["protocol/src/", "engine/src/"]) {
        return Vec::new();
    }
    words_outside(source, &["f32", "f64"], &[])
}

/// Vectors that have the name of a map in the same file: a file and the text that walks one.
const NOT_HASHED: &[(&str, &str)] = &[("engine/src/setup.rs", "self.instruments.iter(")];

/// ENG-023: maps that hash are looked up, never walked.
pub fn no_hash_order(source: &Source) -> Vec<String> {
    if !source.is_in(&["engine/src/"]) {
        return Vec::new();
    }
    let mut source = source.clone();
    for (_, walk) in NOT_HASHED.iter().filter(|(path, _)| *path == source.path) {
        source.code = source.code.replace(walk, "");
    }
    let source = &source;
    let walks =
        ["iter", "iter_mut", "keys", "values", "values_mut", "drain", "into_iter", "retain"];
    let mut found = Vec::new();
    for name in hashed_names(&source.code) {
        for walk in walks {
            found.extend(texts_outside(source, &[&format!("{name}.{walk}(")], &[]));
        }
        for start in ["in &", "in &mut ", "in &self.", "in &mut self.", "in self.", "in "] {
            found.extend(texts_outside(source, &[&format!("{start}{name} {{")], &[]));
        }
    }
    found
}

/// Names declared with a hashing type: fields, parameters and variables.
fn hashed_names(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for line in code.lines() {
        let hashed = ["HashMap<", "HashSet<", "HashMap::", "HashSet::", "HashTable<"];
        let Some(at) = hashed.iter().filter_map(|kind| line.find(kind)).min() else { continue };
        let before = line[..at].trim_end_matches(|c: char| c != ':' && c != '=');
        let name = before.trim_end_matches([':', '=', ' ']).split([' ', '(', ',']).next_back();
        match name {
            Some(name) if !name.is_empty() && name.chars().all(is_word) => names.push(name.into()),
            Some(_) | None => {}
        }
    }
    names.sort();
    names.dedup();
    names
}

/// What is written is finished; what waits, waits for something.
pub fn no_stubs(source: &Source) -> Vec<String> {
    let stubs = ["todo!", "unimplemented!", "dbg!", "#[ignore", "thread::sleep"];
    texts_outside(source, &stubs, &[])
}

/// Lines fit a screen, files a sitting.
pub fn lengths(source: &Source) -> Vec<String> {
    if !source.path.ends_with(".rs") {
        return Vec::new();
    }
    let long = source.text.lines().enumerate().filter_map(|(at, line)| {
        let length = line.chars().count();
        (length > LINE_CHARACTERS_MAX)
            .then(|| format!("{}:{}: {length} characters", source.path, at + 1))
    });
    let lines = source.text.lines().count();
    let file = (lines > FILE_LINES_MAX).then(|| format!("{}: {lines} lines", source.path));
    long.chain(file).collect()
}

/// A file opens with a sentence on what it is.
pub fn opens_with_what_it_is(source: &Source) -> Vec<String> {
    if source.path.ends_with(".rs") && !source.text.starts_with("//! ") {
        return vec![format!("{}: does not open with `//! `", source.path)];
    }
    Vec::new()
}

/// The names of the limits that a file of the venue declares: `pub const …_MAX`.
pub fn limits_declared(source: &Source) -> Vec<String> {
    if !source.is_in(&["engine/src/", "engine/ring/src/", "protocol/src/", "journal/src/"]) {
        return Vec::new();
    }
    let declared = source.code.lines().filter_map(|line| {
        let name = line.trim_start().strip_prefix("pub const ")?.split(':').next()?;
        name.ends_with("_MAX").then(|| name.to_string())
    });
    declared.collect()
}

/// What of a file is test: all of a suite, and what stands behind `#[cfg(test)]` elsewhere.
pub fn test_part(source: &Source) -> &str {
    if source.is_in(&["tests/tests/", "benches/"]) || source.path.contains("/tests/") {
        return &source.text;
    }
    source.text.find("#[cfg(test)]").map_or("", |at| &source.text[at..])
}

/// The rows of the specification that a text names.
pub fn rows_cited(text: &str) -> Vec<String> {
    let areas =
        ["ENG", "RSK", "LED", "GWY", "FED", "CLI", "BOT", "TLS", "DSH", "JRN", "TST", "BEN"];
    let mut found = Vec::new();
    for area in areas {
        let needle = format!("{area}-");
        for (at, _) in text.match_indices(&needle) {
            let digits = text[at + 4..].chars().take_while(char::is_ascii_digit).count();
            let before = &text[..at];
            let added = before.ends_with("X-");
            let start = if added { at - 2 } else { at };
            let is_word = text[..start].chars().next_back().is_some_and(is_word);
            if digits == 3 && !is_word {
                found.push(text[start..at + 7].to_string());
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where whole words stand in the code of a file that is not at one of the addresses.
fn words_outside(source: &Source, words: &[&str], addresses: &[&str]) -> Vec<String> {
    findings(source, words, addresses, |line, word| {
        line.match_indices(word).any(|(at, _)| {
            !line[..at].chars().next_back().is_some_and(is_word)
                && !line[at + word.len()..].chars().next().is_some_and(is_word)
        })
    })
}

/// Where texts stand in the code of a file that is not at one of the addresses.
fn texts_outside(source: &Source, texts: &[&str], addresses: &[&str]) -> Vec<String> {
    findings(source, texts, addresses, |line, text| {
        line.match_indices(text).any(|(at, _)| {
            let joined = text.chars().next().is_some_and(is_word);
            !(joined && line[..at].chars().next_back().is_some_and(is_word))
        })
    })
}

fn findings(
    source: &Source,
    needles: &[&str],
    addresses: &[&str],
    stands_in: impl Fn(&str, &str) -> bool,
) -> Vec<String> {
    if !source.path.ends_with(".rs") || source.is_in(addresses) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (at, line) in source.code.lines().enumerate() {
        for needle in needles.iter().filter(|needle| stands_in(line, needle)) {
            found.push(format!("{}:{}: {needle}", source.path, at + 1));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each row: a rule, a place, a good sample, a bad one.
    #[test]
    fn every_rule_fails_on_a_bad_sample() {
        let long_line = format!("//! Long.\n// {}\n", "x".repeat(98));
        let long_file = "//! Long.\n".repeat(FILE_LINES_MAX + 1);
        let samples: &[(&str, &str, &str, &str)] = &[
            (
                "arrows",
                "engine/Cargo.toml",
                "[dependencies]\nringside-protocol.workspace = true\n",
                "[dependencies]\nringside-journal.workspace = true\n",
            ),
            (
                "arrows",
                "journal/Cargo.toml",
                "[dependencies]\n[dev-dependencies]\nringside-tests = \"1\"\n",
                "[dependencies]\nringside-protocol = { path = \"../protocol\" }\n",
            ),
            ("arrows", "benches/Cargo.toml", "[dependencies]\nringside-engine = \"1\"\n", ""),
            (
                "arrows",
                "client/Cargo.toml",
                "[package]\n",
                "[build-dependencies]\nringside-engine = \"1\"\n",
            ),
            (
                "one file names mio",
                "gateway/src/http.rs",
                "//! Not mio.\nfn premio() {}\n",
                "use mio::Poll;\n",
            ),
            ("one file maps memory", "journal/src/file.rs", "// memmap\n", "use memmap2::Mmap;\n"),
            (
                "unsafe has two addresses",
                "engine/src/lib.rs",
                "#![forbid(unsafe_code)]\n",
                "fn f() { unsafe { g() } }\n",
            ),
            (
                "only tools reads the wall clock",
                "gateway/src/session.rs",
                "use std::time::Instant;\n",
                "let t = Instant::now();\n",
            ),
            (
                "only tools reads the wall clock",
                "engine/src/a.rs",
                "//! No SystemTime here.\n",
                "use std::time::SystemTime;\n",
            ),
            (
                "only protocol::wire knows wire bytes",
                "gateway/src/session.rs",
                "u64::from_le_bytes(b)\n",
                "u64::from_be_bytes(b)\n",
            ),
            (
                "no floats in protocol and engine",
                "engine/src/a.rs",
                "let f = 1; // no f64\n",
                "let f: f64 = g();\n",
            ),
            (
                "no hash map is iterated in engine",
                "engine/src/a.rs",
                "ids: HashMap<Name, u32>,\nself.ids.get(&name); names.iter();\n",
                "ids: HashMap<Name, u32>,\nself.ids.iter();\n",
            ),
            (
                "no hash map is iterated in engine",
                "engine/src/b.rs",
                "let mut seen = HashSet::new();\nseen.insert(1);\n",
                "let mut seen = HashSet::new();\nfor x in &seen {}\n",
            ),
            (
                "no stubs, no sleeps, no ignored tests",
                "tests/tests/a.rs",
                "// todo!\nlet s = \"dbg!\";\n",
                "todo!()\n",
            ),
            (
                "no stubs, no sleeps, no ignored tests",
                "tests/tests/b.rs",
                "#[test]\n",
                "#[ignore = \"slow\"]\n",
            ),
            (
                "no stubs, no sleeps, no ignored tests",
                "tools/src/c.rs",
                "thread::spawn(f)\n",
                "std::thread::sleep(d)\n",
            ),
            ("lines and files have a length", "a.rs", "//! Short.\n", &long_line),
            ("lines and files have a length", "b.rs", "//! Short.\n", &long_file),
            ("a file says what it is", "a.rs", "//! What it is.\n", "use std::fs;\n"),
        ];
        for &(name, path, good, bad) in samples {
            let (_, rule) = RULES.iter().find(|(there, _)| *there == name).expect("a rule");
            assert_eq!(rule(&Source::new(path, good)), Vec::<String>::new(), "{name}: {good}");
            let found = rule(&Source::new(path, bad));
            assert_eq!(found.is_empty(), bad.is_empty(), "{name} lets pass: {bad}");
        }
        for (name, _) in RULES {
            assert!(samples.iter().any(|sample| sample.0 == *name), "{name} has no bad sample");
        }
    }

    #[test]
    fn a_crate_that_is_no_room_of_the_house_is_refused() {
        assert_eq!(arrows(&Source::new("cellar/Cargo.toml", "[package]\n")).len(), 1);
    }

    #[test]
    fn limits_and_tests_are_told_apart() {
        let text =
            "pub const A_MAX: u32 = 1;\nconst B_MAX: u32 = 2;\n#[cfg(test)]\nmod t { A_MAX }";
        let source = Source::new("engine/src/a.rs", text);
        assert_eq!(limits_declared(&source), ["A_MAX"]);
        assert!(test_part(&source).contains("A_MAX") && !test_part(&source).contains("B_MAX"));
        assert_eq!(test_part(&Source::new("engine/src/b.rs", "pub const A_MAX: u32 = 1;")), "");
    }

    #[test]
    fn rows_are_found_where_they_are_cited() {
        let text = "// ENG-001, X-ENG-019 and (RSK-005); not ENG-1, LED-0123, MYENG-001";
        assert_eq!(rows_cited(text), ["ENG-001", "RSK-005", "X-ENG-019"]);
    }
}
