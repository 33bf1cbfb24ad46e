//! `cargo run -p ringside-tests --bin planted [WORD]`: puts each bug of `tests/planted/bugs.txt`
//! (or those whose title has WORD) into a copy of the tree and demands that the tests it names
//! fail. A bug that survives, or that does not even compile, makes the exit status 1.
//!
//! The copy and its builds lie in `target/planted` and are kept, so the next run builds less.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use std::{env, fs, io};

use ringside_tests::planted::{Bug, package_of, parse};
use ringside_tests::tidy::root;

fn main() -> ExitCode {
    let wanted = env::args().nth(1).unwrap_or_default();
    let text = include_str!("../../planted/bugs.txt");
    let bugs = parse(text).unwrap_or_else(|error| panic!("tests/planted/bugs.txt: {error}"));
    let bugs: Vec<Bug> = bugs.into_iter().filter(|bug| bug.title.contains(&wanted)).collect();
    let tree = root().join("target/planted/tree");
    copy(&root(), &tree).expect("the tree is copied");
    let workshop = Workshop { tree };
    let Some(missed) = workshop.judge_all(&bugs) else { return ExitCode::FAILURE };
    println!("{} planted, {} caught, {missed} not", bugs.len(), bugs.len() - missed);
    if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A copy of the tree that bugs are put into.
struct Workshop {
    tree: PathBuf,
}

impl Workshop {
    /// How many bugs were not caught; `None` when a test fails without any.
    fn judge_all(&self, bugs: &[Bug]) -> Option<usize> {
        let mut tests: Vec<_> = bugs.iter().flat_map(|bug| bug.tests.clone()).collect();
        tests.sort();
        tests.dedup();
        for (suite, name) in &tests {
            if self.run(suite, name) != Verdict::Passes {
                println!("{suite} {name} does not pass without a bug, or is not there");
                return None;
            }
        }
        let missed = bugs.iter().filter(|bug| !self.is_caught(bug)).count();
        Some(missed)
    }

    /// Puts the bug in, runs its tests, takes it out again.
    fn is_caught(&self, bug: &Bug) -> bool {
        let path = self.tree.join(&bug.file);
        let right = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let wrong = match bug.put_into(&right) {
            Ok(wrong) => wrong,
            Err(error) => {
                println!("ERROR     {}: {}: {error}", bug.title, bug.file);
                return false;
            }
        };
        fs::write(&path, wrong).expect("the bug is put in");
        let verdicts: Vec<_> =
            bug.tests.iter().map(|(suite, name)| self.run(suite, name)).collect();
        fs::write(&path, right).expect("the bug is taken out");
        let worst = verdicts.into_iter().max().unwrap_or(Verdict::Passes);
        println!("{:<9} {}", worst.word(), bug.title);
        worst == Verdict::Fails
    }

    fn run(&self, suite: &str, name: &str) -> Verdict {
        let (package, suite) = package_of(suite);
        let built = self.cargo(&["test", "-p", package, "--test", suite, "--no-run"]);
        if !built.status.success() {
            println!("{}", String::from_utf8_lossy(&built.stderr));
            return Verdict::DoesNotBuild;
        }
        let test = ["test", "-p", package, "--test", suite, "--", "--exact", name];
        let ran = self.cargo(&test);
        let text = String::from_utf8_lossy(&ran.stdout);
        if ran.status.success() && text.contains("1 passed") {
            return Verdict::Passes;
        }
        // A panic on the way to a result, or an abort, is a failure too; no test at all is not.
        if text.contains("running 1 test") { Verdict::Fails } else { Verdict::DoesNotBuild }
    }

    fn cargo(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO"))
            .args(arguments)
            .current_dir(&self.tree)
            .env("CARGO_TARGET_DIR", self.tree.join("../target"))
            .env("RUST_BACKTRACE", "0")
            .output()
            .expect("cargo runs")
    }
}

/// What a test says of a bug, the better the lower.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Verdict {
    Fails,
    Passes,
    DoesNotBuild,
}

impl Verdict {
    const fn word(self) -> &'static str {
        match self {
            Self::Fails => "caught",
            Self::Passes => "SURVIVES",
            Self::DoesNotBuild => "ERROR",
        }
    }
}

/// Copies what differs, so that what is the same is not built again.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let source = entry?.path();
        let name = source.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let target = to.join(&name);
        if name == "target" || name.starts_with('.') {
            continue;
        }
        if source.is_dir() {
            copy(&source, &target)?;
        } else if fs::read(&target).ok() != Some(fs::read(&source)?) {
            fs::copy(&source, &target)?;
        }
    }
    Ok(())
}
