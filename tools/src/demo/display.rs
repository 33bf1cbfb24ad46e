//! Where the demo is shown: on a terminal one screen is drawn in place, elsewhere lines follow one
//! another. Colours and cursor movements go to terminals only.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use super::crowd::Crowd;
use super::screen::{line, screen};

/// From one drawing to the next at least; faster than that nobody reads.
const REDRAW: Duration = Duration::from_millis(90);

/// The way out, and what stands there.
pub struct Display<W> {
    out: W,
    redraws: bool,
    seed: u64,
    /// Lines of the screen that stands on the terminal.
    drawn: usize,
    drawn_at: Option<Instant>,
}

impl Display<anstream::AutoStream<io::Stdout>> {
    /// Standard output.
    pub fn stdout(seed: u64) -> Self {
        let moves = std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        Self::new(anstream::stdout(), moves && io::stdout().is_terminal(), seed)
    }
}

impl<W: Write> Display<W> {
    /// Any way out; `redraws` says whether its cursor can be moved.
    pub const fn new(out: W, redraws: bool, seed: u64) -> Self {
        Self { out, redraws, seed, drawn: 0, drawn_at: None }
    }

    /// Shows how things stand: a screen when the last one is old enough, a line when `line_due`.
    ///
    /// # Errors
    /// When the way out is closed.
    pub fn look(&mut self, crowd: &Crowd, line_due: bool) -> io::Result<()> {
        if self.redraws {
            let is_fresh = self.drawn_at.is_some_and(|drawn| drawn.elapsed() < REDRAW);
            return if is_fresh { Ok(()) } else { self.draw(crowd) };
        }
        if line_due { self.out.write_all(line(crowd).as_bytes()) } else { Ok(()) }
    }

    /// Draws the screen, over the last one where that can be.
    ///
    /// # Errors
    /// When the way out is closed.
    pub fn draw(&mut self, crowd: &Crowd) -> io::Result<()> {
        let screen = screen(crowd, self.seed);
        self.up()?;
        self.drawn = screen.lines().count();
        self.drawn_at = Some(Instant::now());
        self.out.write_all(screen.as_bytes())?;
        self.out.flush()
    }

    /// Adds what comes after the screen.
    ///
    /// # Errors
    /// When the way out is closed.
    pub fn end(&mut self, text: &str) -> io::Result<()> {
        write!(self.out, "\n{text}")?;
        self.out.flush()
    }

    /// Goes back to the first line of the screen that stands there, and clears it.
    fn up(&mut self) -> io::Result<()> {
        if self.redraws && self.drawn > 0 {
            // Colours can be switched off on a terminal; the cursor moves all the same.
            let mut terminal = io::stdout();
            write!(terminal, "\x1b[{}A\x1b[J", self.drawn)?;
        }
        Ok(())
    }
}
