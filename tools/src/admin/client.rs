//! `ringside admin`: the operator's side of the socket. It prints what comes back and understands
//! of it only what its exit status says.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use super::answer;
use crate::cli::Ending;
use crate::scenario::input::Lines;
use crate::venue::layout::Layout;
use crate::{play, report};

/// Send commands to the venue that runs in a directory, and print what came of them.
///
/// Commands are lines of the scenario language, such as a deposit, a new account, a kill switch, or
/// an order. Each is journalled and executed like any other; its events are printed as they are
/// told, as safe as the venue's durability says. Only the user who runs the venue may do this.
///
/// The exit status is 0 when every line was executed, 1 when the venue refused one (a `rejected`
/// event says why), 2 when a line could not be understood or sent (an `error` says why; the others
/// are executed all the same), 4 when no venue runs there or it ended in between.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ringside admin --dir venue '{\"op\":\"kill\",\"account\":\"amber\"}'
  ringside admin --dir venue - < deposits.jsonl")]
pub struct Admin {
    /// The venue's directory
    #[arg(long, value_name = "DIR", default_value = "venue")]
    dir: PathBuf,
    /// Commands, one JSON object each; - or none: lines from standard input
    #[arg(value_name = "LINE")]
    lines: Vec<String>,
}

impl Admin {
    /// Sends the lines and prints the answers.
    pub fn perform(self) -> Ending {
        let path = Layout::new(&self.dir).admin_socket();
        match UnixStream::connect(&path) {
            Ok(stream) => self.talk(&stream),
            Err(error) => {
                report::fatal(&unreached(&path, &error));
                Ending::Unreadable
            }
        }
    }

    fn talk(&self, stream: &UnixStream) -> Ending {
        let (counted, count) = channel();
        let sender = stream.try_clone().map(|stream| {
            let input = self.input();
            // Not joined: it may wait for input that nobody will take any more.
            thread::spawn(move || send(&stream, input, &counted))
        });
        let heard = sender.and_then(|_| hear(stream, &mut play::stdout()));
        match heard {
            Ok(heard) => heard.ending(count.try_recv().ok()),
            Err(error) => {
                report::fatal(&format!("the talk with the venue broke off: {error}"));
                Ending::Unreadable
            }
        }
    }

    /// The lines to send.
    fn input(&self) -> Box<dyn Read + Send> {
        match &*self.lines {
            [] => Box::new(io::stdin()),
            [dash] if dash == "-" => Box::new(io::stdin()),
            lines => Box::new(io::Cursor::new(lines.join("\n").into_bytes())),
        }
    }
}

fn unreached(path: &Path, error: &io::Error) -> String {
    let path = path.display();
    let kind = error.kind();
    if matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) {
        format!(
            "{path}: no venue runs there; start it with `ringside serve`, or name its directory \
             with --dir"
        )
    } else if kind == io::ErrorKind::PermissionDenied {
        format!("{path}: the venue is run by another user; only that user may do this")
    } else {
        format!("{path} cannot be connected to: {error}")
    }
}

/// Sends every line, and says how many there were before the venue can see that it was all. What
/// the venue does not take, it does not answer: that is noticed there.
fn send(mut stream: &UnixStream, input: Box<dyn Read + Send>, counted: &Sender<u64>) {
    let (mut lines, mut count) = (Lines::new(input), 0);
    while let Ok(Some((number, line))) = lines.next_line() {
        count = number;
        if stream.write_all(&[line, b"\n"].concat()).is_err() {
            return;
        }
    }
    let _ = counted.send(count);
    let _ = stream.shutdown(Shutdown::Write);
}

/// What the answers said.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Heard {
    /// The last line that is done.
    done: u64,
    refused: bool,
    misunderstood: bool,
}

/// Prints answers until there are no more.
fn hear(stream: &UnixStream, out: &mut impl Write) -> io::Result<Heard> {
    let (mut input, mut heard, mut line) = (BufReader::new(stream), Heard::default(), Vec::new());
    while input.read_until(b'\n', &mut line)? > 0 {
        if heard.is_printed(&line) {
            out.write_all(&line)?;
        }
        if input.buffer().is_empty() {
            out.flush()?;
        }
        line.clear();
    }
    out.flush().map(|()| heard)
}

impl Heard {
    /// Takes notice of a line; what is for this program alone is not printed.
    fn is_printed(&mut self, line: &[u8]) -> bool {
        self.refused |= line.starts_with(b"{\"event\":\"rejected\"");
        self.misunderstood |= line.starts_with(b"{\"error\":");
        let done = answer::done(String::from_utf8_lossy(line).trim_end());
        self.done = done.unwrap_or(self.done);
        done.is_none()
    }

    fn ending(self, sent: Option<u64>) -> Ending {
        if sent != Some(self.done) {
            report::fatal(&format!(
                "the venue closed the door after line {}; what came behind may be executed or not: \
                 look before you send it again",
                self.done
            ));
            return Ending::Unreadable;
        }
        match (self.misunderstood, self.refused) {
            (true, _) => Ending::NotUnderstood,
            (false, true) => Ending::Unexpected,
            (false, false) => Ending::Done,
        }
    }
}
