//! The source tree as the rules see it: paths from its root, and texts.

use std::fs;
use std::path::{Path, PathBuf};

use super::code_only;

/// One file of the tree.
#[derive(Clone, Debug)]
pub struct Source {
    /// From the root, with `/`.
    pub path: String,
    /// As it stands.
    pub text: String,
    /// Without comments and without the insides of texts, line by line.
    pub code: String,
}

impl Source {
    /// A file with this text.
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.into(), text: text.into(), code: code_only(text) }
    }

    /// Whether it lies in one of these places.
    pub fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path.starts_with(place))
    }
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the workspace is there")
}

/// Every Rust file and every manifest, in the order of their paths.
pub fn sources() -> Vec<Source> {
    let (root, mut found) = (root(), Vec::new());
    collect(&root, &root, &mut found);
    found.sort_by(|one, other| one.path.cmp(&other.path));
    assert!(found.len() > 20, "the tree is not where it should be: {}", root.display());
    found
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("a folder of the tree") {
        let path = entry.expect("an entry of the tree").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            if !name.starts_with('.') && name != "target" {
                collect(root, &path, found);
            }
        } else if name.ends_with(".rs") || name == "Cargo.toml" {
            let text = fs::read_to_string(&path).expect("a source is text");
            let from_root = path.strip_prefix(root).expect("below the root");
            found.push(Source::new(&from_root.to_string_lossy().replace('\\', "/"), &text));
        }
    }
}
