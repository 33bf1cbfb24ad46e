//! The command line: `ringside VERB`. A verb is one line in [`verbs`](self) and one module that
//! declares its arguments, ends its help with an example, and performs.

use std::process::ExitCode;

use clap::Parser;

/// How a verb ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Ending {
    /// As asked.
    Done = 0,
    /// What was checked is not as expected.
    Unexpected = 1,
    /// The input could not be understood.
    NotUnderstood = 2,
    /// The venue broke a rule of its own: a bug.
    Violation = 3,
    /// A file or stream could not be read or written.
    Unreadable = 4,
    /// The journal's disk failed while the venue ran; nothing that is not on disk was told.
    DiskFailed = 5,
}

impl From<Ending> for ExitCode {
    fn from(ending: Ending) -> Self {
        Self::from(ending as u8)
    }
}

macro_rules! verbs {
    ($($verb:ident = $module:ident;)*) => {
        #[derive(clap::Subcommand)]
        enum Verb {
            $($verb(crate::$module::$verb),)*
        }

        impl Verb {
            fn perform(self) -> Ending {
                match self { $(Self::$verb(verb) => verb.perform(),)* }
            }
        }
    };
}

verbs! {
    Run = run;
    Hash = hash;
    Replay = replay;
    Verify = verify;
    Inspect = inspect;
    Import = import;
    Demo = demo;
    Drive = drive;
    Serve = serve;
    CheckConfig = check_config;
    Admin = admin;
    Keygen = keygen;
    Ticket = ticket;
    Order = order;
}

/// An exchange in a box: deterministic matching, risk and money, driven by scenario files.
#[derive(Parser)]
#[command(name = "ringside", version, arg_required_else_help = true, max_term_width = 100)]
#[command(after_help = "Example: ringside run tests/scenarios/example.jsonl")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

/// Reads the command line and performs the verb.
pub fn main() -> ExitCode {
    Arguments::parse().verb.perform().into()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Arguments;

    #[test]
    fn every_verb_has_an_example_in_its_help() {
        let mut command = Arguments::command();
        command.build();
        for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
            let help = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("ringside "), "{} has no example", verb.get_name());
        }
    }
}
