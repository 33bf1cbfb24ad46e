//! A venue that another process runs under load, and what it has acknowledged. Nothing here waits
//! for time to pass: everything happens on lines that the venue prints, or on its end.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use ringside_journal::Durability;
use ringside_tools::venue::topology::Topology;
use rustix::process::{Pid, Signal, kill_process};

/// An order that the venue has answered: its stream and its number there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Answer {
    /// The stream.
    pub stream: u32,
    /// Its UserRefNum, at least 1.
    pub user_ref: u32,
}

impl Answer {
    /// Of a whole line, `stream number`.
    fn parse(line: &str) -> Option<Self> {
        let (stream, user_ref) = line.strip_suffix('\n')?.split_once(' ')?;
        Some(Self { stream: stream.parse().ok()?, user_ref: user_ref.parse().ok()? })
    }
}

/// How a venue is driven. Segments are as small as they can be, so that they are left often.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Commands a second.
    pub rate: u64,
    /// What decides them.
    pub seed: u64,
    /// Which stages share a thread.
    pub topology: Topology,
    /// When an answer may be told.
    pub durability: Durability,
    /// Commands between two snapshots.
    pub snapshot_every: u64,
}

/// A venue ends by itself after so long: whoever started it is gone.
const SECONDS_MAX: u64 = 120;

/// A venue under load that answers nothing for so long has come to a halt; it is shorter than the
/// grace of sessions, whose end would set everything going again.
const SILENCE_MAX: Duration = Duration::from_secs(8);

/// A venue in a process of its own; it is killed when this is dropped.
#[derive(Debug)]
pub struct Driven {
    child: Child,
    lines: Receiver<Answer>,
    heard: Vec<Answer>,
}

/// What a driven venue ended as.
#[derive(Debug)]
pub struct Ended {
    /// How the process ended.
    pub status: ExitStatus,
    /// Every order it has answered.
    pub answers: Vec<Answer>,
    /// What it said to people.
    pub said: String,
}

impl Driven {
    /// Starts `program`, which is `ringside` by any name, on a directory.
    ///
    /// # Panics
    /// When the system gives no process.
    pub fn start(program: &Path, directory: &Path, load: &Load) -> Self {
        let mut child = drive(program, directory, load)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{} cannot be started: {error}", program.display()));
        let (tell, lines) = channel();
        let stdout = child.stdout.take().expect("stdout is a pipe");
        thread::spawn(move || listen(stdout, &tell));
        Self { child, lines, heard: Vec::new() }
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Hears so many answers more; false: the venue has ended before.
    ///
    /// # Panics
    /// When it runs and answers nothing.
    pub fn await_answers(&mut self, count: u64) -> bool {
        for _ in 0..count {
            match self.lines.recv_timeout(SILENCE_MAX) {
                Ok(answer) => self.heard.push(answer),
                Err(RecvTimeoutError::Disconnected) => return false,
                Err(RecvTimeoutError::Timeout) => {
                    panic!("no answer in {SILENCE_MAX:?} after {} of them", self.heard.len())
                }
            }
        }
        true
    }

    /// Hears what comes within `moment`, which is where a crash falls and never what a test relies
    /// on; false: the venue has ended before.
    pub fn hear_for(&mut self, moment: Duration) -> bool {
        let end = Instant::now() + moment;
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(answer) => self.heard.push(answer),
                Err(RecvTimeoutError::Timeout) => return true,
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
    }

    /// Asks it to stop, as an operator does.
    ///
    /// # Panics
    /// When the system refuses.
    pub fn terminate(&self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("it can be signalled");
    }

    /// Kills it at once (kill -9).
    ///
    /// # Panics
    /// When the system refuses.
    pub fn kill(mut self) -> Ended {
        self.child.kill().expect("it can be killed");
        self.finish()
    }

    /// Its end, when it comes of its own accord within `patience`; else the venue as it is.
    ///
    /// # Errors
    /// The venue, which runs on.
    pub fn ended(mut self, patience: Duration) -> Result<Ended, Self> {
        if self.hear_for(patience) { Err(self) } else { Ok(self.finish()) }
    }

    /// Everything it said before its end.
    fn finish(&mut self) -> Ended {
        self.heard.extend(self.lines.iter());
        let mut said = String::new();
        let mut stderr = self.child.stderr.take().expect("stderr is a pipe");
        stderr.read_to_string(&mut said).expect("what it says is text");
        let status = self.child.wait().expect("it has ended");
        Ended { status, answers: std::mem::take(&mut self.heard), said }
    }
}

impl Drop for Driven {
    fn drop(&mut self) {
        // It may have ended long ago.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The command that drives a venue.
pub fn drive(program: &Path, directory: &Path, load: &Load) -> Command {
    let mut command = Command::new(program);
    command.arg("drive").arg(directory).args(["--answers", "--segment", "1"]);
    command.args(["--topology", load.topology.word(), "--durability", load.durability.word()]);
    let numbers = [
        ("--rate", load.rate),
        ("--seed", load.seed),
        ("--snapshot-every", load.snapshot_every),
        ("--seconds", SECONDS_MAX),
    ];
    command.args(numbers.iter().flat_map(|(name, value)| [(*name).to_owned(), value.to_string()]));
    command
}

/// Hands on every whole line. What a crash cut short was not told.
fn listen(stdout: ChildStdout, tell: &Sender<Answer>) {
    let mut stdout = BufReader::new(stdout);
    let mut line = String::new();
    while stdout.read_line(&mut line).is_ok_and(|length| length > 0) {
        if let Some(answer) = Answer::parse(&line) {
            // Whoever does not listen any more does not need it.
            let _ = tell.send(answer);
        }
        line.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_line_is_an_answer() {
        let rows = [
            ("3 12\n", Some(Answer { stream: 3, user_ref: 12 })),
            ("3 12", None),
            ("3\n", None),
            ("3 x\n", None),
            ("", None),
        ];
        for (line, answer) in rows {
            assert_eq!(Answer::parse(line), answer, "{line:?}");
        }
    }
}
