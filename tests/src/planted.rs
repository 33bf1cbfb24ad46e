//! Planted bugs: which text of which file is replaced by which, and the tests that must then fail.

/// One bug.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Bug {
    /// What is wrong.
    pub title: String,
    /// The file it is put into, from the root.
    pub file: String,
    /// Suites and names of the tests that must fail; see [`package_of`].
    pub tests: Vec<(String, String)>,
    /// The text that is replaced.
    pub find: String,
    /// What stands there instead.
    pub put: String,
}

impl Bug {
    /// A file's text with the bug in it.
    ///
    /// # Errors
    /// When the text to be replaced does not occur exactly once.
    pub fn put_into(&self, text: &str) -> Result<String, String> {
        match text.matches(&self.find).count() {
            1 => Ok(text.replace(&self.find, &self.put)),
            count => Err(format!("its text occurs {count} times, not once")),
        }
    }
}

/// Reads the list of bugs.
///
/// # Errors
/// When a line is none of those that its head describes, or a bug lacks something.
pub fn parse(text: &str) -> Result<Vec<Bug>, String> {
    let mut bugs: Vec<Bug> = Vec::new();
    let mut into_put = false;
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
        if let Some(title) = line.strip_prefix("== ") {
            bugs.push(Bug { title: title.into(), ..Bug::default() });
            continue;
        }
        let wrong = || format!("line {}: {line:?}", at + 1);
        if line.is_empty() {
            continue;
        }
        let bug = bugs.last_mut().ok_or_else(wrong)?;
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match (word, rest.split_once(' ')) {
            ("file", None) => bug.file = rest.into(),
            ("test", Some((suite, name))) => bug.tests.push((suite.into(), name.into())),
            ("find", None) => into_put = false,
            ("put", None) => into_put = true,
            _ => {
                let code = line.strip_prefix("  |").ok_or_else(wrong)?;
                let into = if into_put { &mut bug.put } else { &mut bug.find };
                into.push_str(code.strip_prefix(' ').unwrap_or(code));
                into.push('\n');
            }
        }
    }
    match bugs.iter().find(|bug| !bug.is_whole()) {
        Some(bug) => Err(format!("{:?} lacks a file, a test or a text", bug.title)),
        None => Ok(bugs),
    }
}

/// The package of a suite, and the suite's own name: that of the harness, or the one named before a
/// `/`.
pub fn package_of(suite: &str) -> (&str, &str) {
    suite.split_once('/').unwrap_or(("ringside-tests", suite))
}

impl Bug {
    fn is_whole(&self) -> bool {
        !self.file.is_empty() && !self.tests.is_empty() && !self.find.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::root;

    #[test]
    fn a_bug_is_put_in_exactly_once() {
        let head = "# A comment.\n== it is wrong\nfile a.rs\ntest traps one\n";
        let text = format!("{head}find\n  | x + 1\nput\n  | x\n");
        let bugs = parse(&text).unwrap();
        assert_eq!(bugs.len(), 1);
        assert_eq!(bugs[0].put_into("let y =\nx + 1\n;").unwrap(), "let y =\nx\n;");
        assert!(bugs[0].put_into("x + 2\n").is_err());
        assert!(bugs[0].put_into("x + 1\nx + 1\n").is_err());
        assert!(parse("== no file\n").is_err());
        assert!(parse("nonsense\n").is_err());
        assert_eq!(package_of("traps"), ("ringside-tests", "traps"));
        assert_eq!(package_of("ringside-journal/power"), ("ringside-journal", "power"));
    }

    /// Every bug still finds its text: whoever changes the engine changes the bug too.
    #[test]
    fn every_planted_bug_fits_the_tree() {
        let bugs = parse(include_str!("../planted/bugs.txt")).unwrap();
        assert!(bugs.len() > 40);
        for bug in bugs {
            let text = std::fs::read_to_string(root().join(&bug.file)).unwrap();
            if let Err(error) = bug.put_into(&text) {
                panic!("{}: {}: {error}", bug.title, bug.file);
            }
        }
    }
}
