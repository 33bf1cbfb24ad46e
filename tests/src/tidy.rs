//! The house rules, each a function from the text of a file to what is wrong in it, so that each
//! can be shown to fail on a bad sample. `tests/tests/tidy.rs` reads the tree and applies them.

mod code;
mod rules;
mod tree;

pub use code::code_only;
pub use rules::*;
pub use tree::{Source, root, sources};
