//! Tickets: the passwords of streams. Whoever signed for one may open that stream, and no other,
//! for a day, as often as the line breaks and also after a restart. Only hashes are kept.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use data_encoding::HEXLOWER;
use ringside_protocol::{AccountId, KeyId, Name, Timestamp};

use super::aged::Aged;
use super::lines::{FileError, Line, REMOVE, headed};
use super::{Digest, Holder};

/// A ticket has exactly as many characters as the password of a login: 50 bits.
pub const TICKET_CHARACTERS: usize = 10;
/// The longest name of a stream that fits into a login, in bytes.
pub const STREAM_NAME_BYTES_MAX: usize = 6;
/// How long a ticket is worth something, in nanoseconds.
pub const TICKET_LIFE: u64 = Timestamp::DAY;
/// How many tickets there may be.
pub const TICKETS_MAX: usize = 65_536;
/// How many streams of one account may have one.
pub const TICKETS_PER_ACCOUNT_MAX: usize = 256;

/// Digits and letters that are not taken for one another: no i, l, o, u.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A ticket as it is given out; the venue forgets the password.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket {
    /// What to log in with; upper case will do as well.
    pub password: String,
    /// The time from which it is worth nothing.
    pub expires: Timestamp,
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ticket(until {})", self.expires.0)
    }
}

/// Whose stream a ticket opens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StreamHolder {
    /// For whom, and by which key it was signed for; ask [`Keys::standing`](super::Keys::standing).
    pub holder: Holder,
    /// The stream.
    pub stream: Name,
}

/// Why there is no ticket, or it opens nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TicketError {
    /// No ticket of that stream: wrong, replaced by a newer one, or of another stream.
    Unknown,
    /// It was worth something until then.
    Expired(Timestamp),
    /// The stream's name has more than [`STREAM_NAME_BYTES_MAX`] bytes, or none.
    StreamName,
    /// [`TICKETS_PER_ACCOUNT_MAX`] streams of the account have one, or [`TICKETS_MAX`] of all.
    Full,
}

impl fmt::Display for TicketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str(
                "no such ticket; use the newest one of this stream, or ask for one with a signed \
                 request",
            ),
            Self::Expired(at) => write!(
                f,
                "the ticket expired at {} ms; ask for a new one with a signed request",
                at.0 / 1_000_000
            ),
            Self::StreamName => write!(
                f,
                "a stream that is opened with a ticket has a name of 1 to {STREAM_NAME_BYTES_MAX} \
                 characters; choose a shorter one"
            ),
            Self::Full => write!(
                f,
                "{TICKETS_PER_ACCOUNT_MAX} streams of an account and {TICKETS_MAX} in all may have \
                 a ticket; use one that has, or wait until one expires"
            ),
        }
    }
}

impl std::error::Error for TicketError {}

/// Every ticket that is worth something, as a hash.
pub struct Tickets {
    salt: Digest,
    /// By when they expire.
    tickets: Aged<Digest, StreamHolder>,
    streams: BTreeMap<(AccountId, Name), Digest>,
}

impl Tickets {
    /// None yet. The salt is 32 random bytes; it goes into the file.
    pub const fn new(salt: Digest) -> Self {
        Self { salt, tickets: Aged::new(), streams: BTreeMap::new() }
    }

    /// Gives a stream a ticket; the one it had is worth nothing from now on.
    ///
    /// # Errors
    /// [`TicketError::StreamName`] and [`TicketError::Full`].
    pub fn issue(
        &mut self,
        random: [u8; 16],
        account: AccountId,
        stream: Name,
        key: KeyId,
        now: Timestamp,
    ) -> Result<Ticket, TicketError> {
        if stream.is_absent() || stream.as_str().len() > STREAM_NAME_BYTES_MAX {
            return Err(TicketError::StreamName);
        }
        self.make_room(account, stream, now)?;
        let ticket = Ticket {
            password: password(random),
            expires: Timestamp(now.0.saturating_add(TICKET_LIFE)),
        };
        let hash = self.hash(stream.as_str(), &ticket.password);
        let holder = Holder { account, key };
        self.keep(hash, StreamHolder { holder, stream }, ticket.expires);
        Ok(ticket)
    }

    /// Who logs in with this. Blanks behind and case do not matter, as in the protocol of the
    /// login.
    ///
    /// # Errors
    /// [`TicketError::Unknown`] and [`TicketError::Expired`].
    pub fn redeem(
        &self,
        username: &str,
        password: &str,
        now: Timestamp,
    ) -> Result<StreamHolder, TicketError> {
        let hash = self.hash(username, password);
        let &(expires, holder) = self.tickets.get(&hash).ok_or(TicketError::Unknown)?;
        if now >= expires { Err(TicketError::Expired(expires)) } else { Ok(holder) }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.tickets.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn make_room(
        &mut self,
        account: AccountId,
        stream: Name,
        now: Timestamp,
    ) -> Result<(), TicketError> {
        self.forget(account, stream);
        self.drop_expired(now);
        let of_account =
            (account, Name::ABSENT)..(AccountId(account.0.saturating_add(1)), Name::ABSENT);
        let full = self.len() == TICKETS_MAX
            || self.streams.range(of_account).count() == TICKETS_PER_ACCOUNT_MAX;
        if full { Err(TicketError::Full) } else { Ok(()) }
    }

    fn forget(&mut self, account: AccountId, stream: Name) {
        if let Some(hash) = self.streams.remove(&(account, stream)) {
            self.tickets.remove(&hash);
        }
    }

    fn drop_expired(&mut self, now: Timestamp) {
        while let Some((_, StreamHolder { holder, stream })) = self.tickets.pop_due(now) {
            self.streams.remove(&(holder.account, stream));
        }
    }

    fn keep(&mut self, hash: Digest, holder: StreamHolder, expires: Timestamp) {
        self.streams.insert((holder.holder.account, holder.stream), hash);
        self.tickets.put(hash, expires, holder);
    }

    /// The name is hashed too: a ticket is looked for among those of its stream only.
    fn hash(&self, username: &str, password: &str) -> Digest {
        let mut hasher = blake3::Hasher::new_keyed(&self.salt);
        for text in [username, password] {
            hasher.update(text.trim_end_matches(' ').to_ascii_lowercase().as_bytes());
            hasher.update(b"\n");
        }
        *hasher.finalize().as_bytes()
    }
}

/// The file that a restart reads again.
impl Tickets {
    const HEADING: &str = "ringside-tickets 1";

    /// The tickets as lines: for a file that its owner alone may read.
    pub fn text(&self) -> String {
        let mut text = format!("{}\nsalt {}\n", Self::HEADING, HEXLOWER.encode(&self.salt));
        for (hash, (expires, StreamHolder { holder, stream })) in self.tickets.iter() {
            let (hash, Holder { account, key }) = (HEXLOWER.encode(hash), holder);
            let line = writeln!(text, "{hash} {} {stream} {} {}", account.0, key.0, expires.0);
            line.expect("a text takes every line");
        }
        text
    }

    /// Reads them again, without those that have expired.
    ///
    /// # Errors
    /// [`FileError`] names the first line that is not as [`Tickets::text`] writes it.
    pub fn parse(text: &str, now: Timestamp) -> Result<Self, FileError> {
        let mut lines = headed(text, Self::HEADING)?;
        let mut tickets = Self::new(salt(lines.next())?);
        for line in lines {
            tickets.read(line)?;
        }
        tickets.drop_expired(now);
        Ok(tickets)
    }

    fn read(&mut self, line: Line<'_>) -> Result<(), FileError> {
        let [hash, account, stream, key, expires] = line.words(REMOVE)?;
        let holder =
            Holder { account: AccountId(line.number(account)?), key: KeyId(line.number(key)?) };
        let stream =
            Name::parse(stream).map_err(|why| line.error(format!("the stream {why}"), REMOVE))?;
        if self.streams.contains_key(&(holder.account, stream)) {
            return Err(line.error("the stream has a ticket already", REMOVE));
        }
        if self.len() == TICKETS_MAX {
            return Err(line.error(format!("there are more than {TICKETS_MAX} tickets"), REMOVE));
        }
        let expires = Timestamp(line.number(expires)?);
        self.keep(line.digest(hash)?, StreamHolder { holder, stream }, expires);
        Ok(())
    }
}

fn salt(line: Option<Line<'_>>) -> Result<Digest, FileError> {
    let fix = "remove the file; everybody asks for a new ticket";
    let missing = || FileError { line: 2, what: "the salt is missing".to_owned(), fix };
    let line = line.ok_or_else(missing)?;
    let [word, salt] = line.words(fix)?;
    if word != "salt" {
        return Err(line.error("the salt is missing", fix));
    }
    line.digest(salt)
}

/// The first 50 bits, five to a character.
fn password(random: [u8; 16]) -> String {
    let bits = u128::from_le_bytes(random);
    let character = |at: usize| char::from(ALPHABET[(bits >> (5 * at)) as usize % ALPHABET.len()]);
    (0..TICKET_CHARACTERS).map(character).collect()
}
