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
}

impl Default for Tokens {
    fn default() -> Self {
        Self::new()
    }
}

impl Tokens {
    /// None yet.
    pub const fn new() -> Self {
        Self { tokens: Aged::new(), keys: BTreeSet::new() }
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
        self.keep(hash(&token.text), Holder { account, key }, token.expires);
        Ok(token)
    }

    /// Who shows this token. Then ask [`Keys::standing`](super::Keys::standing).
    ///
    /// # Errors
    /// [`TokenError::Unknown`] and [`TokenError::Expired`].
    pub fn check(&self, text: &str, now: Timestamp) -> Result<Holder, TokenError> {
        let &(expires, holder) = self.tokens.get(&hash(text)).ok_or(TokenError::Unknown)?;
        if now >= expires { Err(TokenError::Expired(expires)) } else { Ok(holder) }
    }

    /// Lets a token that is still worth something live a whole life from now on; tells until when.
    ///
    /// # Errors
    /// [`TokenError::Unknown`] and [`TokenError::Expired`].
    pub fn refresh(&mut self, text: &str, now: Timestamp) -> Result<Timestamp, TokenError> {
        let holder = self.check(text, now)?;
        let expires = life_from(now);
        self.forget(&hash(text));
        self.keep(hash(text), holder, expires);
        Ok(expires)
    }

    /// Makes a token worth nothing: somebody logs out.
    pub fn end(&mut self, text: &str) {
        self.forget(&hash(text));
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
