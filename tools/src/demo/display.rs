//! Where the demo is shown: on a terminal one screen is drawn in place, elsewhere lines follow one
//! another. Colours and cursor movements go to terminals only.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use anstream::adapter::strip_str;
use anstream::{AutoStream, ColorChoice};

use super::screen::{Picture, line, screen};

/// From one drawing to the next at least; faster than that nobody reads.
const REDRAW: Duration = Duration::from_millis(90);

/// The way out, and what stands there.
pub struct Display<W> {
    out: W,
    shows: Shows,
    /// Lines of the screen that stands on the terminal.
    drawn: usize,
    drawn_at: Option<Instant>,
}

/// What a way out can do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shows {
    /// Its cursor can be moved.
    pub redraws: bool,
    /// It has colours.
    pub colours: bool,
}

impl Display<io::Stdout> {
    /// Standard output.
    pub fn stdout() -> Self {
        let out = io::stdout();
        let moves = std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let shows = Shows {
            redraws: moves && out.is_terminal(),
            colours: AutoStream::choice(&out) != ColorChoice::Never,
        };
        Self::new(out, shows)
    }
}

impl<W: Write> Display<W> {
    /// Any way out.
    pub const fn new(out: W, shows: Shows) -> Self {
        Self { out, shows, drawn: 0, drawn_at: None }
    }

    /// Shows how things stand: a screen when the last one is old enough, a line when `line_due`.
    ///
    /// # Errors
    /// When the way out is closed.
    pub fn look(&mut self, picture: &Picture, line_due: bool) -> io::Result<()> {
        if self.shows.redraws {
            let is_fresh = self.drawn_at.is_some_and(|drawn| drawn.elapsed() < REDRAW);
            return if is_fresh { Ok(()) } else { self.draw(picture) };
        }
        if line_due { self.out.write_all(line(picture).as_bytes()) } else { Ok(()) }
    }

    /// Draws the screen, over the last one where that can be.
    ///
    /// # Errors
    /// When the way out is closed.
    pub fn draw(&mut self, picture: &Picture) -> io::Result<()> {
        let mut screen = screen(picture);
        if !self.shows.colours {
            screen = strip_str(&screen).to_string();
        }
        if self.shows.redraws {
            screen = self.in_place(&screen);
        }
        self.drawn = screen.lines().count();
        self.drawn_at = Some(Instant::now());
        self.out.write_all(screen.as_bytes())?;
        self.out.flush()
    }

    /// The screen with the movements that put it where the last one stands. Lines are written over
    /// and their rests cleared: nothing flickers, nothing is scrolled away.
    fn in_place(&self, screen: &str) -> String {
        let up = if self.drawn == 0 { String::new() } else { format!("\x1b[{}A", self.drawn) };
        up + &screen.replace('\n', "\x1b[K\n")
    }

    /// Says something before the first screen, or after the last.
    ///
    /// # Errors
    /// When the way out is closed.
    pub fn say(&mut self, text: &str) -> io::Result<()> {
        write!(self.out, "{text}")?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::super::crowd::Crowd;
    use super::*;

    fn drawn_twice(shows: Shows) -> String {
        let (mut out, picture) = (Vec::new(), Crowd::new(1).picture(1));
        let mut display = Display::new(&mut out, shows);
        display.draw(&picture).unwrap();
        display.draw(&picture).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn only_terminals_get_movements_and_colours() {
        let (moves, colour) = ("\x1b[22A", "\x1b[1m");
        for (redraws, colours) in [(false, false), (false, true), (true, false), (true, true)] {
            let text = drawn_twice(Shows { redraws, colours });
            assert_eq!(text.matches(moves).count(), usize::from(redraws), "{text:?}");
            assert_eq!(text.contains(colour), colours, "{text:?}");
            assert_eq!(text.contains('\x1b'), redraws || colours);
        }
    }
}
