//! What the demo shows: the books and the leaderboard on one screen of 80 × 24, or a line now and
//! then where nobody watches.

use std::fmt::{self, Write};

use anstyle::{AnsiColor, Style};
use ringside_protocol::{Side, decimal};

use super::leaderboard::{Leaderboard, Row};
use super::market::{Listing, QUOTE_SCALE};
use crate::figures::grouped;

/// Levels shown on each side of a book.
pub const LEVELS: usize = 4;

const COLUMN: usize = 24;
const GAP: &str = "    ";

const TITLE: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const BUY: Style = AnsiColor::Green.on_default();
const SELL: Style = AnsiColor::Red.on_default();

/// How things stand.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Figures, as the first line has them behind the venue's name.
    pub heading: String,
    /// Every book.
    pub books: Vec<Book>,
    /// Everybody, the best first.
    pub standings: Leaderboard,
}

/// A book's top.
#[derive(Clone, Debug)]
pub struct Book {
    /// Of which instrument.
    pub listing: &'static Listing,
    /// Buy levels, the best first: ticks and lots.
    pub bids: Vec<(u64, u64)>,
    /// Sell levels likewise.
    pub asks: Vec<(u64, u64)>,
    /// The last trade's price, in ticks.
    pub last: Option<u64>,
}

impl Book {
    fn price(&self, ticks: u64) -> String {
        decimal::steps_text(ticks, self.listing.tick_units())
    }

    fn level(&self, side: Side, at: usize) -> Cell {
        let (style, levels) = match side {
            Side::Buy => (BUY, &self.bids),
            Side::Sell => (SELL, &self.asks),
        };
        let text = levels.get(at).map_or(String::new(), |&(price, lots)| {
            let quantity = decimal::steps_text(lots, self.listing.lot_units());
            format!("{:>10} {quantity:>12}", self.price(price))
        });
        Cell { style, text }
    }

    fn last(&self) -> Cell {
        let text = match self.last {
            Some(last) => format!("{:>10} last", self.price(last)),
            None => format!("{:>10} no trade yet", ""),
        };
        Cell { style: FAINT, text }
    }

    /// The best prices: `SOL/USDC 149.98/150.02`.
    fn quoted(&self) -> String {
        let best = |levels: &[(u64, u64)]| {
            levels.first().map_or_else(|| "-".to_owned(), |&(price, _)| self.price(price))
        };
        format!("{} {}/{}", self.listing.symbol, best(&self.bids), best(&self.asks))
    }
}

/// The whole screen, lines ended, with colours for those who can show them.
pub fn screen(picture: &Picture) -> String {
    let mut text = String::new();
    let written = write_screen(&mut text, picture);
    written.expect("a string takes everything");
    text
}

/// One line on how things stand.
pub fn line(picture: &Picture) -> String {
    let prices: Vec<String> = picture.books.iter().map(Book::quoted).collect();
    let first = picture.standings.rows().first();
    let first =
        first.map_or(String::new(), |row| format!("{} leads {} %", row.name, row.total_return()));
    format!("{}  {}  {first}\n", picture.heading, prices.join("  "))
}

fn write_screen(out: &mut String, picture: &Picture) -> fmt::Result {
    writeln!(out, "{TITLE}Ringside{TITLE:#}  {}\n", picture.heading)?;
    write_books(out, &picture.books)?;
    writeln!(out)?;
    writeln!(
        out,
        "{FAINT}     {:<10}{:<10}{:>18}{:>18}{:>14}{FAINT:#}",
        "account", "bot", "started with", "is worth USDC", "return %"
    )?;
    (1..).zip(picture.standings.rows()).try_for_each(|(place, row)| write_standing(out, place, row))
}

/// The books side by side: asks above, the last trade, bids below.
fn write_books(out: &mut String, books: &[Book]) -> fmt::Result {
    let row = |out: &mut String, cell: &dyn Fn(&Book) -> Cell| {
        let cells: Vec<String> = books.iter().map(|book| cell(book).to_string()).collect();
        writeln!(out, "{}", cells.join(GAP).trim_end())
    };
    row(out, &|book| Cell { style: TITLE, text: book.listing.symbol.to_owned() })?;
    (0..LEVELS).rev().try_for_each(|at| row(out, &|book| book.level(Side::Sell, at)))?;
    row(out, &Book::last)?;
    (0..LEVELS).try_for_each(|at| row(out, &|book| book.level(Side::Buy, at)))
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

/// An amount of the quote currency in whole cents, cut.
fn money(units: i128) -> String {
    let cents = units / 10i128.pow(u32::from(QUOTE_SCALE) - 2);
    let text = decimal::text(cents, 2);
    let (whole, fraction) = text.split_at(text.len() - 3);
    format!("{}{fraction}", grouped(whole))
}

#[cfg(test)]
mod tests {
    use ringside_protocol::Timestamp;

    use super::super::crowd::{Crowd, Until};
    use super::*;

    /// What a screen without colours shows.
    fn shown(crowd: &Crowd) -> String {
        anstream::adapter::strip_str(&screen(&crowd.picture(42))).to_string()
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
        assert!(books.iter().all(|line| line.split_whitespace().count() == 6), "\n{text}");
        let leads = line(&crowd.picture(42));
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
