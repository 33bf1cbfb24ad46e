//! What the demo shows: the books and the leaderboard on one screen of 80 × 24, or a line now and
//! then where nobody watches.

use std::fmt::{self, Write};

use anstyle::{AnsiColor, Style};
use ringside_protocol::depth::{Depth, DepthLevel};
use ringside_protocol::{InstrumentId, Side, Timestamp, decimal};

use super::crowd::Crowd;
use super::leaderboard::Row;
use super::market::{LISTINGS, Market, QUOTE_SCALE, START, instruments};
use crate::figures::grouped;

/// Levels shown on each side of a book.
pub const LEVELS: usize = 4;

const COLUMN: usize = 24;
const GAP: &str = "    ";

const TITLE: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const BUY: Style = AnsiColor::Green.on_default();
const SELL: Style = AnsiColor::Red.on_default();

/// The whole screen, lines ended, with colours for those who can show them.
pub fn screen(crowd: &Crowd, seed: u64) -> String {
    let mut text = String::new();
    let written = write_screen(&mut text, crowd, seed);
    written.expect("a string takes everything");
    text
}

/// One line on how things stand.
pub fn line(crowd: &Crowd) -> String {
    let engine = crowd.market().engine();
    let stats = engine.stats();
    let prices: Vec<String> = instruments().map(|(id, _)| quoted(crowd.market(), id)).collect();
    let board = crowd.leaderboard();
    let first = board
        .rows()
        .first()
        .map_or(String::new(), |row| format!("{} leads {} %", row.name, row.total_return()));
    format!(
        "{} s  {} commands  {} trades  {}  {first}\n",
        seconds(engine.time()),
        grouped(stats.commands),
        grouped(stats.trades),
        prices.join("  "),
    )
}

fn write_screen(out: &mut String, crowd: &Crowd, seed: u64) -> fmt::Result {
    write_head(out, crowd, seed)?;
    write_books(out, crowd.market())?;
    writeln!(out)?;
    writeln!(
        out,
        "{FAINT}     {:<10}{:<10}{:>18}{:>18}{:>14}{FAINT:#}",
        "account", "bot", "started with", "is worth USDC", "return %"
    )?;
    let board = crowd.leaderboard();
    (1..).zip(board.rows()).try_for_each(|(place, row)| write_standing(out, place, row))
}

fn write_head(out: &mut String, crowd: &Crowd, seed: u64) -> fmt::Result {
    let engine = crowd.market().engine();
    let stats = engine.stats();
    writeln!(
        out,
        "{TITLE}Ringside{TITLE:#}  seed {seed}  {} s  {} commands  {} trades  {} resting",
        seconds(engine.time()),
        grouped(stats.commands),
        grouped(stats.trades),
        stats.resting,
    )?;
    writeln!(out)
}

/// The books side by side: asks above, the last trade, bids below.
fn write_books(out: &mut String, market: &Market) -> fmt::Result {
    let depths: Vec<Depth> =
        instruments().map(|(id, _)| market.engine().depth(id, LEVELS)).collect();
    let row = |out: &mut String, cell: &dyn Fn(InstrumentId, &Depth) -> Cell| {
        let cells: Vec<String> =
            depths.iter().map(|depth| cell(depth.instrument, depth).to_string()).collect();
        writeln!(out, "{}", cells.join(GAP).trim_end())
    };
    row(out, &|id, _| Cell { style: TITLE, text: LISTINGS[id.index()].symbol.to_owned() })?;
    for at in (0..LEVELS).rev() {
        row(out, &|id, depth| level(market, id, Side::Sell, depth.asks.get(at)))?;
    }
    row(out, &|id, _| last(market, id))?;
    for at in 0..LEVELS {
        row(out, &|id, depth| level(market, id, Side::Buy, depth.bids.get(at)))?;
    }
    Ok(())
}

/// A piece of a row, as wide as a column.
struct Cell {
    style: Style,
    text: String,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { style, text } = self;
        let rest = COLUMN.saturating_sub(text.chars().count());
        write!(f, "{style}{text}{style:#}{:rest$}", "")
    }
}

fn level(market: &Market, id: InstrumentId, side: Side, level: Option<&DepthLevel>) -> Cell {
    let style = if side == Side::Buy { BUY } else { SELL };
    let text = level.map_or(String::new(), |level| {
        let lot = market.engine().instrument_terms(id).lot;
        let quantity = decimal::steps_text(level.quantity, lot);
        format!("{:>10} {quantity:>10} {}", price(market, id, level.price), level.orders)
    });
    Cell { style, text }
}

fn last(market: &Market, id: InstrumentId) -> Cell {
    let text = match market.engine().instrument_terms(id).last {
        Some(last) => format!("{:>10} last", price(market, id, last)),
        None => format!("{:>10} no trade yet", ""),
    };
    Cell { style: FAINT, text }
}

fn write_standing(out: &mut String, place: usize, row: &Row) -> fmt::Result {
    let style = match row.profit().signum() {
        1 => BUY,
        -1 => SELL,
        _ => Style::new(),
    };
    writeln!(
        out,
        "{place:>3}  {:<10}{:<10}{:>18}{:>18}{style}{:>14}{style:#}",
        row.name,
        row.kind,
        money(row.starting_equity),
        money(row.equity),
        row.total_return(),
    )
}

/// An instrument's best prices: `SOL 149.98/150.02`.
fn quoted(market: &Market, id: InstrumentId) -> String {
    let side = |side| {
        let best = market.engine().best(id, side);
        best.map_or_else(|| "-".to_owned(), |ticks| price(market, id, ticks))
    };
    format!("{} {}/{}", LISTINGS[id.index()].symbol, side(Side::Buy), side(Side::Sell))
}

fn price(market: &Market, id: InstrumentId, ticks: u64) -> String {
    decimal::steps_text(ticks, market.engine().instrument_terms(id).tick)
}

/// Seconds of venue time since the demo began, with one place.
fn seconds(now: Timestamp) -> String {
    const TENTH: u64 = Timestamp::SECOND / 10;
    let tenths = (now.0.saturating_sub(START.0) + TENTH / 2) / TENTH;
    decimal::text(tenths.into(), 1)
}

/// An amount of the quote currency in whole cents, cut.
fn money(units: i128) -> String {
    let cents = units / 10i128.pow(u32::from(QUOTE_SCALE) - 2);
    let text = decimal::text(cents, 2);
    let (whole, fraction) = text.split_at(text.len() - 3);
    format!("{}{fraction}", grouped(whole))
}

#[cfg(test)]
mod tests {
    use super::super::crowd::Until;
    use super::*;

    /// What a screen without colours shows.
    fn shown(crowd: &Crowd) -> String {
        anstream::adapter::strip_str(&screen(crowd, 42)).to_string()
    }

    #[test]
    fn the_first_screen_shows_every_book_and_everybody_and_fits_a_terminal() {
        // ENG-031, DSH-001, X-BOT-001
        let crowd = Crowd::new(42);
        let text = shown(&crowd);
        for promised in ["SOL/USDC", "BTC/USDC", "ETH/USDC", "seed 42", "no trade yet"] {
            assert!(text.contains(promised), "{promised} is missing:\n{text}");
        }
        for name in ["alder", "birch", "cedar", "elm", "fir", "hazel", "juniper", "larch"] {
            assert!(text.contains(name), "{name} is missing:\n{text}");
        }
        assert_eq!(text.matches("10,000.00").count(), 10, "five grants twice:\n{text}");
        assert!(text.lines().count() <= 23, "{} lines", text.lines().count());
    }

    #[test]
    fn a_screen_of_a_running_market_has_levels_on_both_sides() {
        let mut crowd = Crowd::new(42);
        crowd.trade(Until { time: Timestamp(u64::MAX), commands: 20_000 });
        let text = shown(&crowd);
        assert!(text.lines().all(|line| line.chars().count() <= 80), "\n{text}");
        assert!(!text.contains("no trade yet"), "\n{text}");
        let books: Vec<&str> = text.lines().skip(3).take(2 * LEVELS + 1).collect();
        assert!(books.iter().all(|line| line.split_whitespace().count() >= 6), "\n{text}");
        let leads = line(&crowd);
        assert!(leads.contains(" leads ") && leads.contains("20,000 commands"), "{leads}");
    }

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [(0, "0"), (999, "999"), (-1_000, "-1,000"), (1_234_567, "1,234,567")]
        {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(money(12_345_678_999), "12,345.67");
        assert_eq!(money(-5_000_000), "-5.00");
    }
}
