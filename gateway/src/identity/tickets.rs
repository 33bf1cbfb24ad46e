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
    is_changed: bool,
}

impl Tickets {
    /// None yet. The salt is 32 random bytes; it goes into the file.
    pub const fn new(salt: Digest) -> Self {
        Self { salt, tickets: Aged::new(), streams: BTreeMap::new(), is_changed: false }
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
        self.is_changed = true;
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

    /// Whether there is a ticket that was issued since this was asked last: then the file is to be
    /// written before anybody is told of it.
    pub const fn take_changed(&mut self) -> bool {
        core::mem::replace(&mut self.is_changed, false)
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
        if let Some(same) = self.tickets.remove(&hash) {
            self.streams.remove(&(same.holder.account, same.stream));
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    const AMBER: AccountId = AccountId(0);
    const BASIL: AccountId = AccountId(1);
    const KEY: KeyId = KeyId(5);
    const NOW: Timestamp = Timestamp(1_000_000_000);
    const END: Timestamp = Timestamp(NOW.0 + TICKET_LIFE);

    fn name(text: &str) -> Name {
        Name::parse(text).expect("a name")
    }

    fn random(seed: u128) -> [u8; 16] {
        let hash = blake3::hash(&seed.to_le_bytes());
        hash.as_bytes()[..16].try_into().expect("16 of 32 bytes")
    }

    fn issue(tickets: &mut Tickets, seed: u128, account: AccountId, stream: &str) -> String {
        let ticket = tickets.issue(random(seed), account, name(stream), KEY, NOW);
        ticket.expect("there is room").password
    }

    fn holder(account: AccountId, stream: &str) -> Result<StreamHolder, TicketError> {
        Ok(StreamHolder { holder: Holder { account, key: KEY }, stream: name(stream) })
    }

    #[test]
    fn a_ticket_opens_its_stream_and_no_other() {
        // GWY-002: two accounts have a stream "MM1"; "MM2" has been given two tickets.
        let mut tickets = Tickets::new([9; 32]);
        let mm1 = issue(&mut tickets, 1, AMBER, "MM1");
        let older = issue(&mut tickets, 2, AMBER, "MM2");
        let mm2 = issue(&mut tickets, 3, AMBER, "MM2");
        let basil = issue(&mut tickets, 4, BASIL, "MM1");
        let unknown = Err(TicketError::Unknown);
        let last = Timestamp(END.0 - 1);
        for (what, username, password, now, expected) in [
            ("its own", "MM1", &*mm1, NOW, holder(AMBER, "MM1")),
            ("for any number of reconnects", "MM1", &mm1, last, holder(AMBER, "MM1")),
            ("as the wire pads it", "MM1   ", &mm1, NOW, holder(AMBER, "MM1")),
            ("in upper case", "mm1", &mm1.to_uppercase(), NOW, holder(AMBER, "MM1")),
            ("of the other account", "MM1", &basil, NOW, holder(BASIL, "MM1")),
            ("the newer one", "MM2", &mm2, NOW, holder(AMBER, "MM2")),
            ("the older one", "MM2", &older, NOW, unknown),
            ("another stream's", "MM2", &mm1, NOW, unknown),
            ("no stream", "MM3", &mm1, NOW, unknown),
            ("nothing", "MM1", "", NOW, unknown),
            ("nobody", "", &mm1, NOW, unknown),
            ("cut elsewhere", "MM", &format!("1{mm1}"), NOW, unknown),
            ("a day later", "MM1", &mm1, END, Err(TicketError::Expired(END))),
        ] {
            assert_eq!(tickets.redeem(username, password, now), expected, "{what}");
        }
    }

    #[test]
    fn the_same_random_bytes_twice_never_open_two_streams() {
        // Where randomness is broken, the later one holds, and the books stay in order.
        let mut tickets = Tickets::new([9; 32]);
        issue(&mut tickets, 1, AMBER, "MM1");
        let password = issue(&mut tickets, 1, BASIL, "MM1");
        assert_eq!(tickets.redeem("MM1", &password, NOW), holder(BASIL, "MM1"));
        issue(&mut tickets, 2, AMBER, "MM1");
        assert_eq!(tickets.redeem("MM1", &password, NOW), holder(BASIL, "MM1"));
        assert_eq!((tickets.len(), tickets.streams.len()), (2, 2));
    }

    #[test]
    fn a_ticket_is_fifty_bits_in_ten_plain_characters() {
        assert_eq!(1_usize << 5, ALPHABET.len());
        let mut seen = [false; 32];
        for seed in 0..200 {
            let password = password(random(seed));
            assert_eq!(password.len(), TICKET_CHARACTERS);
            for character in password.bytes() {
                let at = ALPHABET.iter().position(|&known| known == character);
                seen[at.expect("a plain character")] = true;
            }
        }
        assert_eq!(seen, [true; 32], "every character occurs");
        assert_eq!(password([0; 16]), "0000000000");
        assert_eq!(password([u8::MAX; 16]), "zzzzzzzzzz");
    }

    #[test]
    fn streams_have_short_names() {
        let mut tickets = Tickets::new([9; 32]);
        let longest = "x".repeat(STREAM_NAME_BYTES_MAX);
        assert!(tickets.issue([1; 16], AMBER, name(&longest), KEY, NOW).is_ok());
        for stream in [Name::ABSENT, name("sevenxx")] {
            let refused = tickets.issue([1; 16], AMBER, stream, KEY, NOW);
            assert_eq!(refused, Err(TicketError::StreamName), "{stream}");
        }
    }

    #[test]
    fn a_restart_changes_nothing() {
        let mut tickets = Tickets::new([9; 32]);
        let mm1 = issue(&mut tickets, 1, AMBER, "MM1");
        let mm2 = issue(&mut tickets, 2, BASIL, "MM2");
        let text = tickets.text();
        assert!(!text.contains(&mm1), "the file has hashes only");

        let again = Tickets::parse(&text, NOW).expect("what was written");
        assert_eq!(again.text(), text);
        assert_eq!(again.redeem("MM1", &mm1, NOW), holder(AMBER, "MM1"));
        assert_eq!(again.redeem("MM2", &mm2, NOW), holder(BASIL, "MM2"));
        assert!(Tickets::parse(&text, END).expect("what was written").is_empty(), "a day later");

        let resalted = text.replace(&"09".repeat(32), &"0a".repeat(32));
        let resalted = Tickets::parse(&resalted, NOW).expect("another salt");
        assert_eq!(resalted.redeem("MM1", &mm1, NOW), Err(TicketError::Unknown));
    }

    #[test]
    fn the_file_has_this_form() {
        let mut tickets = Tickets::new([9; 32]);
        let password = issue(&mut tickets, 1, AMBER, "MM1");
        let hash = HEXLOWER.encode(&tickets.hash("MM1", &password));
        let salt = "09".repeat(32);
        let expected = format!("ringside-tickets 1\nsalt {salt}\n{hash} 0 MM1 5 86401000000000\n");
        assert_eq!(tickets.text(), expected);
    }

    #[test]
    fn a_broken_file_is_named_with_line_and_fix() {
        let salt = format!("salt {}", "09".repeat(32));
        let good = format!("{} 0 MM1 5 9", "0a".repeat(32));
        let head = format!("ringside-tickets 1\n{salt}");
        for (text, expected) in [
            (String::new(), "line 1: the file is empty"),
            ("ringside-tickets 2".to_owned(), "line 1: the file does not begin with `ringside-t"),
            ("ringside-tickets 1".to_owned(), "line 2: the salt is missing; remove the file"),
            (format!("ringside-tickets 1\n{good}"), "line 2: has 5 words, not 2; remove the"),
            ("ringside-tickets 1\nsalt 09".to_owned(), "line 2: a hash is not 64 lower-case"),
            (format!("{head}\n# why\n0a 0 MM1 5 9"), "line 4: a hash is not 64"),
            (format!("{head}\n{good} 1"), "line 3: has 6 words, not 5; remove the line"),
            (format!("{head}\n{}", good.replace(" 0 ", " x ")), "line 3: `x` is not a number"),
            (format!("{head}\n{}", good.replace("MM1", "ü")), "line 3: the stream has the char"),
            (format!("{head}\n{good}\n{good}"), "line 4: the stream has a ticket already"),
        ] {
            let error = Tickets::parse(&text, NOW).err().expect("it is broken").to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn one_account_has_so_many_and_no_more() {
        let mut tickets = Tickets::new([9; 32]);
        for at in 0..TICKETS_PER_ACCOUNT_MAX {
            issue(&mut tickets, at as u128, AMBER, &format!("{at}"));
        }
        let mut more = |account, stream, now| {
            tickets.issue(random(999), account, name(stream), KEY, now).map(|ticket| ticket.expires)
        };
        assert_eq!(more(AMBER, "more", NOW), Err(TicketError::Full));
        assert_eq!(more(AMBER, "0", NOW), Ok(END), "a newer one for a stream that has one");
        assert_eq!(more(BASIL, "more", NOW), Ok(END), "the others do not suffer");
        let day_after = Timestamp(END.0 + TICKET_LIFE);
        assert_eq!(more(AMBER, "more", END), Ok(day_after), "what has expired makes room");
    }

    #[test]
    fn all_accounts_have_so_many_and_no_more() {
        let mut tickets = Tickets::new([9; 32]);
        for at in 0..TICKETS_MAX {
            let account = AccountId((at / TICKETS_PER_ACCOUNT_MAX) as u32);
            issue(&mut tickets, at as u128, account, &format!("{at}"));
        }
        assert_eq!(tickets.len(), TICKETS_MAX);
        let more = tickets.issue(random(0), AccountId(999), name("more"), KEY, NOW);
        assert_eq!(more, Err(TicketError::Full));

        let one_more = format!("{}{} 999 more 0 9\n", tickets.text(), "0a".repeat(32));
        let error = Tickets::parse(&one_more, NOW).err().expect("one too many");
        assert_eq!(
            (error.line, &*error.what),
            (TICKETS_MAX + 3, "there are more than 65536 tickets")
        );
    }

    #[test]
    fn refusals_say_what_to_do_and_never_show_a_ticket() {
        for (error, fix) in [
            (TicketError::Unknown, "use the newest one of this stream"),
            (TicketError::Expired(NOW), "expired at 1000 ms; ask for a new one"),
            (TicketError::StreamName, "1 to 6 characters; choose a shorter one"),
            (TicketError::Full, "256 streams of an account and 65536 in all"),
        ] {
            assert!(error.to_string().contains(fix), "{error}");
        }
        let ticket = Ticket { password: "secret".to_owned(), expires: NOW };
        assert_eq!(format!("{ticket:?}"), "Ticket(until 1000000000)");
    }
}
