//! The demo in process: the crowd trades as fast as it goes until so many commands are executed.
//! Seed and number of commands decide everything, on every machine.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use ringside_protocol::Timestamp;

use super::crowd::{Crowd, Until};
use super::display::Display;
use super::summary::summary;
use crate::cli::Ending;

/// Looks at the market on the way.
const LOOKS: u64 = 1_000;
/// A line is due after so many looks.
const LOOKS_A_LINE: u64 = LOOKS / 10;

/// Trades until `commands`, set-up included, are executed; shows, and sums up.
///
/// # Errors
/// When the way out is closed.
pub fn run<W: Write>(display: &mut Display<W>, seed: u64, commands: u64) -> io::Result<Ending> {
    let (mut crowd, mut busy) = (Crowd::new(seed), Duration::ZERO);
    display.look(&crowd.picture(seed), false)?;
    for look in 1..=LOOKS {
        let began = Instant::now();
        crowd.trade(Until { time: Timestamp(u64::MAX), commands: reached(commands, look) });
        busy += began.elapsed();
        display.look(&crowd.picture(seed), look.is_multiple_of(LOOKS_A_LINE))?;
    }
    display.draw(&crowd.picture(seed))?;
    let summary = summary(&crowd, seed, busy);
    display.say(&format!("\n{}", summary.text))?;
    Ok(if summary.audit.is_ok() { Ending::Done } else { Ending::Violation })
}

/// The command at which the market is looked at.
fn reached(commands: u64, look: u64) -> u64 {
    (u128::from(commands) * u128::from(look) / u128::from(LOOKS)) as u64
}

#[cfg(test)]
mod tests {
    use super::super::display::Shows;
    use super::*;

    /// What a demo prints where there is no terminal.
    fn printed(seed: u64, commands: u64) -> String {
        let shows = Shows { redraws: false, colours: false };
        let mut out = Vec::new();
        let ending = run(&mut Display::new(&mut out, shows), seed, commands).unwrap();
        assert_eq!(ending, Ending::Done);
        String::from_utf8(out).unwrap()
    }

    fn hash(printed: &str) -> &str {
        let line = printed.lines().find(|line| line.starts_with("state hash")).unwrap();
        line.split_whitespace().last().unwrap()
    }

    #[test]
    fn the_same_seed_and_commands_print_the_same_hash() {
        // ENG-023, BOT-027
        let (first, second, other) = (printed(7, 4_000), printed(7, 4_000), printed(8, 4_000));
        assert_eq!(hash(&first), hash(&second));
        assert_ne!(hash(&first), hash(&other));
        assert!(first.contains("--seed 7 --commands 4000"), "{first}");
        assert_eq!(first.lines().filter(|line| line.contains(" leads ")).count(), 10, "{first}");
    }

    #[test]
    fn the_readme_promises_this_hash() {
        // ENG-023, X-BOT-001
        let readme = include_str!("../../../README.md");
        let promise = |what: &str| {
            let line = readme.lines().rfind(|line| line.starts_with(what)).unwrap();
            line.split_whitespace().last().unwrap()
        };
        let commands = promise("again ").parse().unwrap();
        assert_eq!(hash(&printed(42, commands)), promise("state hash"));
    }
}
