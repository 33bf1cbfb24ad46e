//! `ringside check-config` as its users meet it.

use std::path::Path;
use std::process::{Command, Output};

use super::kit::{LEAST, directory, file};

fn check(directory: &Path, text: &str) -> Output {
    file(directory, "ringside.toml", text);
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringside"));
    command.current_dir(directory).args(["check-config", "ringside.toml"]);
    command.output().expect("the program runs")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("text")
}

#[test]
fn effective_values_go_to_standard_output_and_can_be_given_back() {
    let directory = directory();
    let first = check(directory.path(), LEAST);
    assert_eq!((first.status.code(), text(&first.stderr)), (Some(0), ""));
    let shown = text(&first.stdout);
    for line in [
        "plaintext = false",
        "directory = \"venue\"",
        "durability = \"sync\"",
        "message_bytes_max = 65536",
        "# secrets: none, so HMAC keys cannot sign",
    ] {
        assert!(shown.lines().any(|there| there == line), "{line} in\n{shown}");
    }
    assert_eq!(check(directory.path(), shown).stdout, first.stdout);
    assert!(!directory.path().join("venue").exists(), "nothing is made");
}

#[test]
fn what_is_wrong_goes_to_standard_error_with_status_2() {
    let directory = directory();
    let output = check(directory.path(), &format!("{LEAST}durabilty = \"sync\"\n"));
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""));
    assert_eq!(
        text(&output.stderr),
        "ringside.toml:3: venue: `durabilty` is no key of [venue]; did you mean `durability`?\n"
    );
}

#[test]
fn doors_that_others_reach_are_said_aloud() {
    let directory = directory();
    let open = format!("plaintext = true\n{LEAST}[http]\nlisten = [\"0.0.0.0:7004\"]\n");
    let output = check(directory.path(), &open);
    assert_eq!(output.status.code(), Some(0));
    let said = text(&output.stderr);
    assert!(
        said.starts_with("warning: plaintext = true: other machines reach 0.0.0.0:7004,"),
        "{said}"
    );
}
