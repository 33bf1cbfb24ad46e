//! `ringside demo`: a market to look at. Bots trade three instruments through the doors of a venue;
//! the books and the leaderboard are drawn while they do, and the end says whether every cent is
//! where it belongs. With a number of commands the same bots trade in process, as fast as it goes.
//!
//! In process the seed decides every command. Over sockets it decides what bots do with what they
//! hear; what they hear when, the machine decides.

pub mod bots;
pub mod counted;
pub mod crowd;
pub mod display;
pub mod fair;
pub mod leaderboard;
pub mod live;
pub mod maker;
pub mod market;
pub mod noise;
pub mod screen;
pub mod summary;

use std::io::{self, Write};
use std::path::PathBuf;

use crate::cli::Ending;
use crate::report;
use display::Display;
use live::Live;

/// Watch bots trade: three books and a leaderboard, live, over real sockets.
///
/// A venue opens in a directory, journals every command, and listens on free ports of this
/// machine. Three market makers quote SOL/USDC, BTC/USDC and ETH/USDC over TCP around prices that
/// drift, five noise takers buy and sell over WebSocket. The first lines say how to trade along. On
/// a terminal one screen is drawn over and over, elsewhere a line a second is printed. The demo
/// ends by itself after ten seconds; Ctrl-C ends it at once, in order. The last lines say how to
/// verify and replay it.
///
/// With --commands there are no sockets: the bots trade in process, and the same seed and number of
/// commands give the same state hash on every machine. The exit status is 0 when the books are in
/// order at the end, 3 when they are not, 1 when a bot lost its session, 4 when the venue could not
/// be opened.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ringside demo
  ringside demo --seconds 60 --data venue
  ringside demo --seed 7 --commands 1000000   in process, as fast as it goes")]
pub struct Demo {
    /// How long to trade, in seconds
    #[arg(long, value_name = "N", default_value_t = 10, conflicts_with = "commands")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,

    /// Where the venue lies; one that is there goes on. A new temporary directory unless given
    #[arg(long, value_name = "DIR", conflicts_with = "commands")]
    data: Option<PathBuf>,

    /// What decides what the bots do
    #[arg(long, value_name = "S", default_value_t = 42)]
    seed: u64,

    /// Trade in process until so many commands, set-up included
    #[arg(long, value_name = "N")]
    commands: Option<u64>,
}

impl Demo {
    /// Trades, shows and sums up.
    pub fn perform(self) -> Ending {
        match self.show(&mut Display::stdout()) {
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
        let Self { seconds, seed, ref data, commands } = *self;
        match commands {
            Some(commands) => counted::run(display, seed, commands),
            None => Live { seconds, seed, directory: data.clone() }.run(display),
        }
    }
}
