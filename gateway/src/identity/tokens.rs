//! Bearer tokens: what a page or a script shows instead of a signature, for a day, longer if it
//! asks in time. Only hashes are kept.

use std::collections::BTreeSet;
use std::fmt::{self, Write};

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use ringside_protocol::{AccountId, KeyId, Timestamp};

use super::aged::Aged;
use super::lines::{FileError, Line, REMOVE, headed};
use super::{Digest, Holder};

/// How long a token is worth something after it was issued or refreshed, in nanoseconds.
pub const TOKEN_LIFE: u64 = Timestamp::DAY;
/// How many tokens there may be.
pub const TOKENS_MAX: usize = 65_536;
/// How many of one key; the one that would expire first makes room.
pub const TOKENS_PER_KEY_MAX: usize = 32;

/// A token as it is given out; the venue forgets its text.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// What to show: 43 characters of `[A-Za-z0-9_-]`.
    pub text: String,
    /// The time from which it is worth nothing.
    pub expires: Timestamp,
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token(until {})", self.expires.0)
    }
}

/// Why there is no token, or it is worth nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TokenError {
    /// No such token.
    Unknown,
    /// It was worth something until then (GWY-011).
    Expired(Timestamp),
    /// There are [`TOKENS_MAX`].
    Full,
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("no such token; ask for one with a signed request"),
            Self::Expired(at) => write!(
                f,
                "the token expired at {} ms; ask for a new one with a signed request, and refresh \
                 that before it expires",
                at.0 / 1_000_000
            ),
            Self::Full => write!(
                f,
                "the venue has given out {TOKENS_MAX} tokens; sign requests until one expires"
            ),
        }
    }
}

impl std::error::Error for TokenError {}

/// Every token, as a hash. One that expired is remembered as expired until room is needed.
pub struct Tokens {
    /// By when they expire.
    tokens: Aged<Digest, Holder>,
    keys: BTreeSet<(KeyId, Timestamp, Digest)>,
    is_changed: bool,
}

impl Default for Tokens {
    fn default() -> Self {
        Self::new()
    }
}

impl Tokens {
    /// None yet.
    pub const fn new() -> Self {
        Self { tokens: Aged::new(), keys: BTreeSet::new(), is_changed: false }
    }

    /// Gives out a token. Of a key that has many, the one that would expire first is worth nothing
    /// from now on.
    ///
    /// # Errors
    /// [`TokenError::Full`].
    pub fn issue(
        &mut self,
        random: [u8; 32],
        account: AccountId,
        key: KeyId,
        now: Timestamp,
    ) -> Result<Token, TokenError> {
        self.make_room(key, now)?;
        let token = Token { text: BASE64URL_NOPAD.encode(&random), expires: life_from(now) };
        self.is_changed = true;
        self.keep(hash(&token.text), Holder { account, key }, token.expires);
        Ok(token)
    }

    /// Who shows this token. Then ask [`Keys::standing`](super::Keys::standing).
    ///
    /// # Errors
    /// [`TokenError::Unknown`] and [`TokenError::Expired`].
    pub fn check(&self, text: &str, now: Timestamp) -> Result<Holder, TokenError> {
        self.look(text, now).map(|(_, holder)| holder)
    }

    /// As [`Self::check`], with until when it is worth something.
    ///
    /// # Errors
    /// As there.
    pub fn look(&self, text: &str, now: Timestamp) -> Result<(Timestamp, Holder), TokenError> {
        let &(expires, holder) = self.tokens.get(&hash(text)).ok_or(TokenError::Unknown)?;
        if now >= expires { Err(TokenError::Expired(expires)) } else { Ok((expires, holder)) }
    }

    /// Lets a token that is still worth something live a whole life from now on; tells until when.
    ///
    /// # Errors
    /// [`TokenError::Unknown`] and [`TokenError::Expired`].
    pub fn refresh(&mut self, text: &str, now: Timestamp) -> Result<Timestamp, TokenError> {
        let holder = self.check(text, now)?;
        let expires = life_from(now);
        self.is_changed = true;
        self.keep(hash(text), holder, expires);
        Ok(expires)
    }

    /// Makes a token worth nothing: somebody logs out.
    pub fn end(&mut self, text: &str) {
        self.is_changed = true;
        self.forget(&hash(text));
    }

    /// Whether one was issued, refreshed or ended since this was asked last: then the file is to be
    /// written before anybody is told of it.
    pub const fn take_changed(&mut self) -> bool {
        core::mem::replace(&mut self.is_changed, false)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn make_room(&mut self, key: KeyId, now: Timestamp) -> Result<(), TokenError> {
        let first = self.of_key(key).next().copied();
        if let Some((_, _, first)) =
            first.filter(|_| self.of_key(key).count() == TOKENS_PER_KEY_MAX)
        {
            self.forget(&first);
        }
        if self.len() == TOKENS_MAX {
            self.drop_expired(now);
        }
        if self.len() == TOKENS_MAX { Err(TokenError::Full) } else { Ok(()) }
    }

    fn of_key(&self, key: KeyId) -> impl Iterator<Item = &(KeyId, Timestamp, Digest)> {
        let (first, last) = (Timestamp(0), Timestamp(u64::MAX));
        self.keys.range((key, first, [0; 32])..=(key, last, [u8::MAX; 32]))
    }

    fn keep(&mut self, hash: Digest, holder: Holder, expires: Timestamp) {
        self.forget(&hash);
        self.keys.insert((holder.key, expires, hash));
        self.tokens.put(hash, expires, holder);
    }

    fn forget(&mut self, hash: &Digest) {
        let Some(&(expires, holder)) = self.tokens.get(hash) else { return };
        self.tokens.remove(hash);
        self.keys.remove(&(holder.key, expires, *hash));
    }

    fn drop_expired(&mut self, now: Timestamp) {
        while let Some(&(_, first)) = self.tokens.oldest().filter(|(expires, _)| *expires <= now) {
            self.forget(&first);
        }
    }
}

/// The file that a restart reads again.
impl Tokens {
    const HEADING: &str = "ringside-tokens 1";

    /// The tokens as lines: for a file that its owner alone may read.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", Self::HEADING);
        for (hash, (expires, Holder { account, key })) in self.tokens.iter() {
            let hash = HEXLOWER.encode(hash);
            let line = writeln!(text, "{hash} {} {} {}", account.0, key.0, expires.0);
            line.expect("a text takes every line");
        }
        text
    }

    /// Reads them again, without those that have expired.
    ///
    /// # Errors
    /// [`FileError`] names the first line that is not as [`Tokens::text`] writes it.
    pub fn parse(text: &str, now: Timestamp) -> Result<Self, FileError> {
        let mut tokens = Self::new();
        for line in headed(text, Self::HEADING)? {
            tokens.read(line)?;
        }
        tokens.drop_expired(now);
        Ok(tokens)
    }

    fn read(&mut self, line: Line<'_>) -> Result<(), FileError> {
        let [hash, account, key, expires] = line.words(REMOVE)?;
        let hash = line.digest(hash)?;
        if self.tokens.get(&hash).is_some() {
            return Err(line.error("the token stands here twice", REMOVE));
        }
        if self.len() == TOKENS_MAX {
            return Err(line.error(format!("there are more than {TOKENS_MAX} tokens"), REMOVE));
        }
        let holder =
            Holder { account: AccountId(line.number(account)?), key: KeyId(line.number(key)?) };
        self.keep(hash, holder, Timestamp(line.number(expires)?));
        Ok(())
    }
}

/// A token is 256 random bits, so its hash needs no salt.
fn hash(text: &str) -> Digest {
    *blake3::hash(text.as_bytes()).as_bytes()
}

const fn life_from(now: Timestamp) -> Timestamp {
    Timestamp(now.0.saturating_add(TOKEN_LIFE))
}

#[cfg(test)]
mod tests {
    use super::*;

    const AMBER: AccountId = AccountId(0);
    const KEY: KeyId = KeyId(5);
    const NOW: Timestamp = Timestamp(1_000_000_000);
    const HOUR: u64 = 3_600 * Timestamp::SECOND;
    const HOLDER: Holder = Holder { account: AMBER, key: KEY };

    fn random(seed: usize) -> [u8; 32] {
        *blake3::hash(&seed.to_le_bytes()).as_bytes()
    }

    fn after(hours: u64) -> Timestamp {
        Timestamp(NOW.0 + hours * HOUR)
    }

    fn issue(tokens: &mut Tokens, seed: usize, key: KeyId, now: Timestamp) -> String {
        tokens.issue(random(seed), AMBER, key, now).expect("there is room").text
    }

    #[test]
    fn what_changes_is_to_be_written() {
        let mut tokens = Tokens::new();
        assert!(!tokens.take_changed(), "nothing has happened");
        let token = issue(&mut tokens, 1, KEY, NOW);
        assert!(tokens.take_changed() && !tokens.take_changed(), "issued, and said once");
        assert_eq!(tokens.look(&token, NOW), Ok((after(24), HOLDER)));
        assert!(!tokens.take_changed(), "looking changes nothing");
        assert_eq!(tokens.refresh(&token, after(1)), Ok(after(25)));
        assert!(tokens.take_changed(), "refreshed");
        tokens.end(&token);
        assert!(tokens.take_changed(), "ended");
        assert_eq!(tokens.look(&token, NOW), Err(TokenError::Unknown));
    }

    #[test]
    fn a_token_lives_a_day() {
        // GWY-002, GWY-007, GWY-011: an ended one has a refusal of its own.
        let mut tokens = Tokens::new();
        let token = issue(&mut tokens, 1, KEY, NOW);
        let forged = BASE64URL_NOPAD.encode(&random(2));
        let padded = format!("{token}=");
        let unknown = Err(TokenError::Unknown);
        for (what, text, now, expected) in [
            ("at once", &*token, NOW, Ok(HOLDER)),
            ("to the last nanosecond", &token, Timestamp(after(24).0 - 1), Ok(HOLDER)),
            ("of an ended day", &token, after(24), Err(TokenError::Expired(after(24)))),
            ("forged", &forged, NOW, unknown),
            ("its hash, from the file", &HEXLOWER.encode(&hash(&token)), NOW, unknown),
            ("cut", &token[..42], NOW, unknown),
            ("written in another way", &padded, NOW, unknown),
            ("none", "", NOW, unknown),
        ] {
            assert_eq!(tokens.check(text, now), expected, "{what}");
        }
        tokens.end(&token);
        assert_eq!(tokens.check(&token, NOW), unknown, "logged out");
        assert!(tokens.is_empty());
    }

    #[test]
    fn a_token_is_refreshed_before_it_ends() {
        // GWY-011: after a refresh the new end is more than 22 hours ahead.
        let mut tokens = Tokens::new();
        let token = issue(&mut tokens, 1, KEY, NOW);
        for (hours, expected) in [
            (1, Ok(after(25))),
            (24, Ok(after(48))),
            (47, Ok(after(71))),
            (71, Err(TokenError::Expired(after(71)))),
            (72, Err(TokenError::Expired(after(71)))),
        ] {
            let refreshed = tokens.refresh(&token, after(hours));
            assert_eq!(refreshed, expected, "after {hours} h");
            let ahead = refreshed.map_or(u64::MAX, |until| until.0 - after(hours).0);
            assert!(ahead > 22 * HOUR, "after {hours} h");
        }
        assert_eq!(tokens.refresh("no token", NOW), Err(TokenError::Unknown));
        assert_eq!(tokens.len(), 1);
    }

    #[test]
    fn of_one_key_the_first_to_end_makes_room() {
        let mut tokens = Tokens::new();
        let texts: Vec<String> = (0..TOKENS_PER_KEY_MAX)
            .map(|at| issue(&mut tokens, at, KEY, Timestamp(NOW.0 + at as u64)))
            .collect();
        let other = issue(&mut tokens, 900, KeyId(6), NOW);
        tokens.refresh(&texts[0], after(1)).expect("it is fresh");
        issue(&mut tokens, 901, KEY, after(1));
        for (text, expected) in [
            (&texts[0], Ok(HOLDER)),
            (&texts[1], Err(TokenError::Unknown)),
            (&texts[2], Ok(HOLDER)),
            (&other, Ok(Holder { account: AMBER, key: KeyId(6) })),
        ] {
            assert_eq!(tokens.check(text, after(1)), expected);
        }
        assert_eq!(tokens.len(), TOKENS_PER_KEY_MAX + 1);
    }

    #[test]
    fn there_are_so_many_and_no_more() {
        let mut tokens = Tokens::new();
        for at in 0..TOKENS_MAX {
            issue(&mut tokens, at, KeyId((at / TOKENS_PER_KEY_MAX) as u32), NOW);
        }
        let line = format!("{} 0 0 9\n", "0a".repeat(32));
        let error =
            Tokens::parse(&format!("{}{line}", tokens.text()), NOW).err().expect("too many");
        assert_eq!(
            (error.line, &*error.what),
            (TOKENS_MAX + 2, "there are more than 65536 tokens")
        );

        let new = KeyId(999_999);
        let mut more = |seed, key, now| {
            let token = tokens.issue(random(TOKENS_MAX + seed), AMBER, key, now);
            token.map(|token| token.expires)
        };
        assert_eq!(more(0, new, after(1)), Err(TokenError::Full));
        assert_eq!(more(1, KeyId(0), after(1)), Ok(after(25)), "in the place of one of its own");
        assert_eq!(more(2, new, after(24)), Ok(after(48)), "what has expired makes room");
        assert_eq!(tokens.len(), 2);
    }

    #[test]
    fn a_restart_changes_nothing() {
        let mut tokens = Tokens::new();
        let token = issue(&mut tokens, 1, KEY, NOW);
        let text = tokens.text();
        assert!(!text.contains(&token), "the file has hashes only");
        let hash = HEXLOWER.encode(&hash(&token));
        assert_eq!(text, format!("ringside-tokens 1\n{hash} 0 5 86401000000000\n"));

        let mut again = Tokens::parse(&text, NOW).expect("what was written");
        assert_eq!(again.text(), text);
        assert_eq!(again.check(&token, NOW), Ok(HOLDER));
        assert_eq!(again.refresh(&token, after(1)), Ok(after(25)));
        assert!(Tokens::parse(&text, after(24)).expect("what was written").is_empty());
    }

    #[test]
    fn a_broken_file_is_named_with_line_and_fix() {
        let good = format!("{} 0 5 9", "0a".repeat(32));
        for (text, expected) in [
            (String::new(), "line 1: the file is empty; give the file"),
            ("ringside-tickets 1".to_owned(), "line 1: the file does not begin with `ringside-to"),
            (format!("ringside-tokens 1\n{good} 1"), "line 2: has 5 words, not 4; remove the line"),
            ("ringside-tokens 1\n\n0a 0 5 9".to_owned(), "line 3: a hash is not 64 lower-case"),
            (format!("ringside-tokens 1\n{good}x"), "line 2: `9x` is not a number that fits"),
            (format!("ringside-tokens 1\n{good}\n{good}"), "line 3: the token stands here twice"),
        ] {
            let error = Tokens::parse(&text, NOW).err().expect("it is broken").to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }

    #[test]
    fn refusals_say_what_to_do_and_never_show_a_token() {
        for (error, fix) in [
            (TokenError::Unknown, "ask for one with a signed request"),
            (TokenError::Expired(NOW), "expired at 1000 ms; ask for a new one"),
            (TokenError::Full, "65536 tokens; sign requests"),
        ] {
            assert!(error.to_string().contains(fix), "{error}");
        }
        let token = Token { text: "secret".to_owned(), expires: NOW };
        assert_eq!(format!("{token:?}"), "Token(until 1000000000)");
    }
}
