//! A venue that a test starts, kills and starts again: `ringside serve` in a process of its own, on
//! a directory that goes when the test ends, with accounts, an instrument and a ticket for each
//! stream. Nothing here waits for time to pass.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ringside_client::ouch::{ClientError, OuchClient};
use ringside_client::socket::Address;
use ringside_client::soup::{Login, Patience, Resume};
use ringside_client::websocket::{Key, WebClient};
use ringside_gateway::identity::Tickets;
use ringside_protocol::{AccountId, KeyId, Name, Timestamp};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::opened::{Announced, Doors};

/// The wire symbol of the instrument there is.
pub const SYMBOL: &str = "SOL";
/// The first day of a venue ends so long after its start, by its clock: sooner than the longest
/// silence that can be allowed, for a test that moves the clock there.
const FIRST_DAY: Duration = Duration::from_secs(1_800);
/// A venue has its doors open within this, or there is something wrong with it.
const OPENS_WITHIN: Duration = Duration::from_secs(60);
/// Bots of tests are patient: the machine may be busy with other tests.
const PATIENCE: Patience =
    Patience { heartbeat: Duration::from_millis(500), silence_max: Duration::from_secs(60) };

/// How far a bot's clock is ahead.
const AHEAD_NS: u64 = 950_000_000;
/// Tests move the clock by less.
const CLOCK_STEP_S: u64 = 1_000_000;
/// Where doors listen that have no other place.
const PORTS: &str = "[\"127.0.0.1:0\", \"[::1]:0\"]";

/// How a venue is set up.
#[derive(Clone, Debug)]
pub struct Plan {
    /// `fused` or `pipelined`.
    pub topology: &'static str,
    /// `memory`, `async` or `sync`.
    pub durability: &'static str,
    /// Accounts `a0`, `a1`, …, each with money and a stream `S0`, `S1`, … of its own.
    pub accounts: u32,
    /// Whether orders go with their connection.
    pub cancel_on_disconnect: bool,
    /// Seconds that sessions have to come back after a crash.
    pub grace_s: u64,
    /// Keys of `[limits]`.
    pub limits: Vec<(&'static str, u64)>,
    /// Whether the doors of ITCH and HTTP are open, too.
    pub every_door: bool,
}

/// Both topologies.
pub const TOPOLOGIES: [&str; 2] = ["fused", "pipelined"];

impl Plan {
    /// A venue of two accounts.
    pub const fn new(topology: &'static str, durability: &'static str) -> Self {
        Self {
            topology,
            durability,
            accounts: 2,
            cancel_on_disconnect: false,
            grace_s: 3_600,
            limits: Vec::new(),
            every_door: false,
        }
    }

    /// With so many accounts.
    #[must_use]
    pub fn accounts(self, accounts: u32) -> Self {
        Self { accounts, ..self }
    }

    /// With a key of `[limits]`.
    #[must_use]
    pub fn limit(mut self, key: &'static str, value: u64) -> Self {
        self.limits.push((key, value));
        self
    }

    /// With the doors of ITCH and HTTP.
    #[must_use]
    pub fn every_door(self) -> Self {
        Self { every_door: true, ..self }
    }

    /// The configuration; the files go beside it.
    fn toml(&self, day_start: &str) -> String {
        let Self { topology, durability, grace_s, cancel_on_disconnect, .. } = self;
        let (itch, http) = if self.every_door {
            (format!("itch = {PORTS}\n"), format!("[http]\nlisten = {PORTS}\n"))
        } else {
            Default::default()
        };
        let mut text = format!(
            "[venue]\ndirectory = \"venue\"\ntopology = \"{topology}\"\n\
             durability = \"{durability}\"\npin = false\nsegment_mib = 4\n\
             session_grace_s = {grace_s}\nsnapshot_every = 50000\n\
             clock_step_max_s = {CLOCK_STEP_S}\n\
             [tcp]\nlisten = [\"127.0.0.1:0\", \"[::1]:0\", \"unix:door\"]\n\
             cancel_on_disconnect = {cancel_on_disconnect}\n{itch}\
             [websocket]\nlisten = {PORTS}\n{http}[limits]\n"
        );
        // Tests come more often than bots do, but for those that set this.
        if !self.limits.iter().any(|(key, _)| *key == "logins_per_minute") {
            text.push_str("logins_per_minute = 1000000\n");
        }
        for (key, value) in &self.limits {
            text += &format!("{key} = {value}\n");
        }
        let day = format!("{{\"op\":\"venue\",\"day_start\":\"{day_start}\"}}\n");
        text + "[genesis]\nlines = '''\n" + &day + &self.genesis() + "'''\n"
    }

    fn genesis(&self) -> String {
        let mut text = String::from(
            "{\"op\":\"currency\",\"code\":\"USD\",\"scale\":2}\n\
             {\"op\":\"currency\",\"code\":\"SOL\",\"scale\":0}\n\
             {\"op\":\"instrument\",\"symbol\":\"SOL/USD\",\"kind\":\"spot\",\"base\":\"SOL\",\
             \"quote\":\"USD\",\"tick\":\"0.01\",\"lot\":\"1\",\"wire_symbol\":\"SOL\",\
             \"max_open_orders\":1000000,\"min_notional\":\"0.01\"}\n",
        );
        for at in 0..self.accounts {
            let key = key(at).api_key();
            let lines = [
                format!("{{\"op\":\"account\",\"account\":\"a{at}\",\"stp\":\"cancel_maker\"}}\n"),
                deposit(at, "USD", 1_000_000_000_000),
                deposit(at, "SOL", 1_000_000_000_000),
                format!(
                    "{{\"op\":\"key\",\"account\":\"a{at}\",\"key\":\"{key}\",\
                     \"permissions\":[\"read\",\"trade\"]}}\n"
                ),
            ];
            text.extend(lines);
        }
        text
    }
}

fn deposit(at: u32, currency: &str, amount: u64) -> String {
    format!(
        "{{\"op\":\"deposit\",\"account\":\"a{at}\",\"currency\":\"{currency}\",\
         \"amount\":\"{amount}\"}}\n"
    )
}

/// A venue; it is killed when this is dropped.
pub struct Venue {
    program: PathBuf,
    directory: TempDir,
    tickets: Vec<String>,
    child: Child,
    /// How far its clock is ahead of the wall's, nanoseconds.
    ahead: u64,
    /// When its day ends.
    boundary: Timestamp,
    /// Where it takes connections now.
    pub doors: Doors,
    every_door: bool,
    said: Arc<Mutex<String>>,
}

impl Venue {
    /// Starts `program`, which is `doors`, on a new directory.
    ///
    /// # Panics
    /// When it does not open its doors; what it said is told.
    pub fn start(program: &str, plan: &Plan) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path();
        fs::create_dir(path.join("venue")).expect("a directory of the venue");
        let boundary =
            Timestamp((wall().0 / Timestamp::SECOND + FIRST_DAY.as_secs()) * Timestamp::SECOND);
        let toml = plan.toml(&time_of_day(boundary));
        fs::write(path.join("ringside.toml"), toml).expect("a configuration");
        let mut tickets = Tickets::new([7; 32]);
        let passwords = (0..plan.accounts).map(|at| ticket(&mut tickets, at)).collect();
        fs::write(path.join("venue/tickets"), tickets.text()).expect("tickets");
        let said = Arc::<Mutex<String>>::default();
        let program = PathBuf::from(program);
        let (every_door, ahead) = (plan.every_door, 0);
        let (child, doors) = open(&program, path, ahead, every_door, &said);
        let tickets = passwords;
        Self { program, directory, tickets, child, ahead, boundary, doors, every_door, said }
    }

    /// Moves its clock ahead, and says when it is there. Of a venue that does not run: for its next
    /// life.
    ///
    /// # Panics
    /// When it has ended meanwhile.
    pub fn moves_clock(&mut self, ns: u64) {
        self.ahead += ns;
        let (Some(stdin), Some(stdout)) = (&mut self.child.stdin, &mut self.child.stdout) else {
            return;
        };
        writeln!(stdin, "{ns}").expect("a venue that listens");
        let mut answer = [0; 1];
        while answer[0] != b'\n' {
            stdout.read_exact(&mut answer).expect("a venue that answers");
        }
    }

    /// The venue day ends; when this returns, everybody has been told so. Somebody logs in to
    /// account `waker`'s stream, and goes again: a venue that sleeps looks at its clock then.
    ///
    /// # Panics
    /// When the waker is not let in.
    pub fn ends_day(&mut self, waker: u32) {
        self.reaches_boundary();
        drop(self.bot(waker));
    }

    /// Its clock reaches the end of the venue day.
    ///
    /// # Panics
    /// As [`Self::moves_clock`].
    pub fn reaches_boundary(&mut self) {
        let now = wall().0 + self.ahead;
        self.moves_clock(self.boundary.0.saturating_sub(now));
        self.boundary.0 += Timestamp::DAY;
    }

    /// Kills it at once (kill -9).
    ///
    /// # Panics
    /// When the system refuses.
    pub fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it has ended");
        (self.child.stdin, self.child.stdout) = (None, None);
    }

    /// Asks it to stop, as an operator does, and waits for its end.
    ///
    /// # Panics
    /// When the system refuses.
    pub fn stop(&mut self) -> ExitStatus {
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("it can be signalled");
        self.child.wait().expect("it has ended")
    }

    /// Starts it again on what it left, at other ports.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub fn again(&mut self) {
        let (program, directory) = (&self.program, self.directory.path());
        (self.child, self.doors) =
            open(program, directory, self.ahead, self.every_door, &self.said);
    }

    /// The directory of its files.
    pub fn files(&self) -> PathBuf {
        self.directory.path().join("venue")
    }

    /// Everything it said to people, of all its lives.
    pub fn said(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The name of account `at`'s stream.
    pub fn stream(&self, at: u32) -> String {
        stream(at)
    }

    /// Its ticket.
    pub fn ticket(&self, at: u32) -> &str {
        &self.tickets[at as usize]
    }

    /// Who logs in to account `at`'s stream.
    ///
    /// # Panics
    /// Where there is no such account.
    pub fn login(&self, at: u32) -> Login {
        Login::new(&stream(at), self.ticket(at)).expect("a name and a ticket")
    }

    /// A bot before the JSON door, with nobody logged on.
    ///
    /// # Panics
    /// When it is not taken.
    pub fn web(&self, path: &str) -> WebClient {
        let address = self.doors.websocket.v4.clone();
        WebClient::connect(address, path, Box::new(ahead)).unwrap_or_else(|error| panic!("{error}"))
    }

    /// A bot on account `at`'s stream that hears what comes from now on.
    ///
    /// # Panics
    /// When it is not let in.
    pub fn bot(&self, at: u32) -> OuchClient {
        self.bot_from(at, Resume::LIVE).unwrap_or_else(|error| panic!("S{at}: {error}"))
    }

    /// A bot on account `at`'s stream that hears it from somewhere on.
    ///
    /// # Errors
    /// When it is not let in.
    pub fn bot_from(&self, at: u32, resume: Resume) -> Result<OuchClient, ClientError> {
        bot(self.doors.v4.clone(), self.login(at), resume)
    }

    /// How many sockets its process has.
    ///
    /// # Panics
    /// When it has ended.
    pub fn sockets(&self) -> usize {
        let path = format!("/proc/{}/fd", self.child.id());
        let open = fs::read_dir(path).expect("a process that runs");
        // One that is closed meanwhile is none.
        let names = open.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
        names.filter(|name| name.to_string_lossy().starts_with("socket:")).count()
    }

    /// How much memory of its own its process has, in bytes; files it looks at are not counted.
    ///
    /// # Panics
    /// When it has ended.
    pub fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("a process that runs");
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
        let kib = line.and_then(|line| line.split_whitespace().next()).expect("a number of kB");
        1024 * kib.parse::<u64>().expect("a number of kB")
    }
}

impl Drop for Venue {
    fn drop(&mut self) {
        // It may have ended long ago.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A bot of a test, anywhere.
///
/// # Errors
/// When it is not let in.
pub fn bot(address: Address, login: Login, resume: Resume) -> Result<OuchClient, ClientError> {
    OuchClient::connect_with(address, login, resume, PATIENCE, Box::new(wall))
}

/// What account `at` signs with at the JSON door.
pub fn key(at: u32) -> Key {
    let mut secret = [7; 32];
    secret[..4].copy_from_slice(&at.to_le_bytes());
    Key::from_secret(&secret)
}

/// The time of the wall, a little ahead, as the venue allows: what was signed before its start, and
/// a second after it, is not taken.
///
/// # Panics
/// Before 1970.
pub fn ahead() -> Timestamp {
    Timestamp(wall().0 + AHEAD_NS)
}

/// The time of the wall.
///
/// # Panics
/// Before 1970.
pub fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970");
    Timestamp(u64::try_from(since.as_nanos()).expect("a time before 2554"))
}

fn time_of_day(time: Timestamp) -> String {
    let seconds = time.0 % Timestamp::DAY / Timestamp::SECOND;
    format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

fn stream(at: u32) -> String {
    format!("S{at}")
}

fn ticket(tickets: &mut Tickets, at: u32) -> String {
    let name = Name::parse(&stream(at)).expect("a name");
    let random = (u128::from(at) * 0x9E37_79B9_7F4A_7C15 + 1).to_le_bytes();
    // Tickets are good for a day, and tests let more than one end.
    let week_ahead = Timestamp(wall().0 + 7 * Timestamp::DAY);
    let issued = tickets.issue(random, AccountId(at), name, KeyId(at), week_ahead);
    issued.expect("a ticket").password
}

fn open(
    program: &Path,
    directory: &Path,
    ahead: u64,
    every_door: bool,
    said: &Arc<Mutex<String>>,
) -> (Child, Doors) {
    let mut child = Command::new(program)
        .args(["ahead", &ahead.to_string()])
        .arg(directory.join("ringside.toml"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{} cannot be started: {error}", program.display()));
    let stderr = child.stderr.take().expect("stderr is a pipe");
    let (tell, opened) = channel();
    let heard = Arc::clone(said);
    thread::spawn(move || listen(stderr, &tell, &heard));
    (child, Doors::gather(every_door, || door(&opened, said)))
}

#[track_caller]
fn door(opened: &Receiver<Announced>, said: &Mutex<String>) -> Announced {
    opened.recv_timeout(OPENS_WITHIN).unwrap_or_else(|error| {
        let said = said.lock().unwrap_or_else(PoisonError::into_inner);
        panic!("the doors did not open: {error}\n{said}")
    })
}

/// Keeps what the venue says, and tells the doors among it.
fn listen(stderr: ChildStderr, tell: &Sender<Announced>, said: &Mutex<String>) {
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        if let Some(door) = Announced::in_line(&line) {
            // Whoever does not listen any more does not need it.
            let _ = tell.send(door);
        }
        let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
        said.push_str(&line);
        said.push('\n');
    }
}
