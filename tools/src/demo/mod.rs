//! `ringside demo`: a market to look at. Bots trade three instruments in process; the books and the
//! leaderboard are drawn while they do, and the end says whether every cent is where it belongs.
//!
//! The seed decides every command. The wall clock decides when a screen is drawn, and nothing else.

pub mod bots;
pub mod crowd;
pub mod display;
pub mod fair;
pub mod leaderboard;
pub mod maker;
pub mod market;
pub mod noise;
pub mod screen;
pub mod summary;
pub mod wall;

use std::io::{self, Write};

use ringside_protocol::Timestamp;

use crate::cli::Ending;
use crate::report;
use crowd::{Crowd, Until};
use display::Display;
use market::START;
use summary::summary;
use wall::Wall;

/// Looks at a market that keeps to the wall clock, a second.
const LOOKS_A_SECOND: u64 = 10;
/// Looks at a market that does not, on the whole way.
const LOOKS: u64 = 1_000;

/// Watch bots trade: three books and a leaderboard, live, in process.
///
/// Three market makers quote SOL/USDC, BTC/USDC and ETH/USDC around prices that drift, five noise
/// takers buy and sell. On a terminal one screen is drawn over and over, elsewhere a line a second
/// is printed. The demo ends by itself after ten seconds; Ctrl-C ends it at once.
///
/// The same seed and number of commands give the same state hash on every machine. The exit status
/// is 0 when the books are in order at the end, else 3.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ringside demo
  ringside demo --seconds 60 --seed 7
  ringside demo --seed 7 --commands 1000000   as fast as it goes")]
pub struct Demo {
    /// How long to trade, in seconds of venue time that pass like those on the wall
    #[arg(long, value_name = "N", default_value_t = 10, conflicts_with = "commands")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,

    /// What decides everything that happens
    #[arg(long, value_name = "S", default_value_t = 42)]
    seed: u64,

    /// Trade until so many commands, set-up included, without waiting for the wall clock
    #[arg(long, value_name = "N")]
    commands: Option<u64>,
}

impl Demo {
    /// Trades, shows and sums up.
    pub fn perform(self) -> Ending {
        match self.show(&mut Display::stdout(self.seed)) {
            Ok(ending) => ending,
            // A reader who has gone away is no trouble of ours.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ending::Done,
            Err(error) => {
                report::unwritable("demo", &error);
                Ending::Unreadable
            }
        }
    }

    fn show<W: Write>(&self, display: &mut Display<W>) -> io::Result<Ending> {
        let (mut wall, mut crowd) = (Wall::start(), Crowd::new(self.seed));
        display.look(&crowd, false)?;
        for stage in self.stages() {
            wall.work(|| crowd.trade(stage.until));
            if self.commands.is_none() {
                wall.wait_for(stage.until.time);
            }
            display.look(&crowd, stage.line_due)?;
        }
        display.draw(&crowd)?;
        let summary = summary(&crowd, self.seed, wall.busy());
        display.end(&summary.text)?;
        Ok(if summary.audit.is_ok() { Ending::Done } else { Ending::Violation })
    }

    /// Where to stop and look, one after another.
    fn stages(&self) -> Vec<Stage> {
        match self.commands {
            Some(commands) => (1..=LOOKS).map(|look| Stage::counted(commands, look)).collect(),
            None => (1..=self.seconds * LOOKS_A_SECOND).map(Stage::timed).collect(),
        }
    }
}

/// A piece of the way, and whether a line is due at its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Stage {
    until: Until,
    line_due: bool,
}

impl Stage {
    /// A tenth of a second; a line a second.
    fn timed(look: u64) -> Self {
        let time = Timestamp(START.0 + look * (Timestamp::SECOND / LOOKS_A_SECOND));
        let until = Until { time, commands: u64::MAX };
        Self { until, line_due: look.is_multiple_of(LOOKS_A_SECOND) }
    }

    /// A thousandth of the commands; a line every tenth of the way.
    fn counted(commands: u64, look: u64) -> Self {
        let reached = u128::from(commands) * u128::from(look) / u128::from(LOOKS);
        let until = Until { time: Timestamp(u64::MAX), commands: reached as u64 };
        Self { until, line_due: look.is_multiple_of(LOOKS / 10) }
    }
}

#[cfg(test)]
mod tests {
    use super::display::Shows;
    use super::*;

    /// What a demo prints where there is no terminal.
    fn printed(demo: &Demo) -> String {
        let shows = Shows { redraws: false, colours: false };
        let mut out = Vec::new();
        let ending = demo.show(&mut Display::new(&mut out, shows, demo.seed)).unwrap();
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
        let demo = |seed| Demo { seconds: 10, seed, commands: Some(4_000) };
        let (first, second, other) = (printed(&demo(7)), printed(&demo(7)), printed(&demo(8)));
        assert_eq!(hash(&first), hash(&second));
        assert_ne!(hash(&first), hash(&other));
        assert!(first.contains("--seed 7 --commands 4000"), "{first}");
        assert_eq!(first.lines().filter(|line| line.contains(" leads ")).count(), 10, "{first}");
    }

    #[test]
    fn seconds_and_the_commands_they_took_end_in_the_same_state() {
        let timed = printed(&Demo { seconds: 1, seed: 7, commands: None });
        let again = timed.lines().find(|line| line.starts_with("again")).unwrap();
        let commands = again.split_whitespace().last().unwrap().parse().unwrap();
        let counted = printed(&Demo { seconds: 10, seed: 7, commands: Some(commands) });
        assert_eq!(hash(&timed), hash(&counted));
    }
}
