//! The secrets of HMAC keys. They come from a file that its owner alone may read and go nowhere
//! else: not into the journal, not into a message, not into a debug print.

use std::collections::BTreeMap;
use std::fmt;

use data_encoding::HEXLOWER;
use ringside_protocol::Name;

use super::Digest;
use super::lines::{FileError, Line, lines};

/// The shortest secret, in bytes: half of what `openssl rand -hex 32` prints.
pub const SECRET_BYTES_MIN: usize = 32;
/// The longest secret, in bytes.
pub const SECRET_BYTES_MAX: usize = 256;
/// How many secrets a file may hold.
pub const SECRETS_MAX: usize = 65_536;

/// One secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    name: Name,
    bytes: Box<[u8]>,
}

impl Secret {
    #[cfg(test)]
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self { name: Name::ABSENT, bytes: bytes.into() }
    }

    /// What its line calls it; absent where it does not.
    pub const fn name(&self) -> Name {
        self.name
    }

    /// The secret itself: its ASCII text is the key of the HMAC.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", HEXLOWER.encode(&fingerprint(self.bytes())[..8]))
    }
}

/// What a secret is granted by: 32 bytes that tell nothing about it.
pub fn fingerprint(secret: &[u8]) -> Digest {
    *blake3::hash(secret).as_bytes()
}

/// Every secret of the venue, by fingerprint.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Secrets {
    secrets: BTreeMap<Digest, Secret>,
}

impl Secrets {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads lines of `NAME SECRET` or `SECRET`; `#` begins a comment line.
    ///
    /// # Errors
    /// [`FileError`] names the first line that is not such a line, and never shows it.
    pub fn parse(text: &str) -> Result<Self, FileError> {
        let mut secrets = Self::new();
        for line in lines(text) {
            secrets.insert(line)?;
        }
        Ok(secrets)
    }

    fn insert(&mut self, line: Line<'_>) -> Result<(), FileError> {
        if self.secrets.len() == SECRETS_MAX {
            let what = format!("the file has more than {SECRETS_MAX} secrets");
            return Err(line.error(what, "remove those that no key needs"));
        }
        let secret = secret(line)?;
        match self.secrets.insert(fingerprint(secret.bytes()), secret) {
            Some(_) => Err(line.error("the secret stands here twice", "remove one of the lines")),
            None => Ok(()),
        }
    }

    /// The secret of a fingerprint.
    pub fn get(&self, fingerprint: &Digest) -> Option<&Secret> {
        self.secrets.get(fingerprint)
    }

    /// Every secret with its fingerprint, in order of fingerprints.
    pub fn iter(&self) -> impl Iterator<Item = (&Digest, &Secret)> {
        self.secrets.iter()
    }
}

fn secret(line: Line<'_>) -> Result<Secret, FileError> {
    let words: Vec<&str> = line.text.split_whitespace().collect();
    let (name, text) = match words[..] {
        [text] => (Name::ABSENT, text),
        [name, text] => (named(line, name)?, text),
        _ => return Err(line.error("has more than two words", "write `NAME SECRET` or `SECRET`")),
    };
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        let fix = "use letters, digits and signs of ASCII, as `openssl rand -hex 32` prints";
        return Err(line.error("the secret has a character outside ASCII", fix));
    }
    if !(SECRET_BYTES_MIN..=SECRET_BYTES_MAX).contains(&text.len()) {
        let bytes = text.len();
        let range = format!("{SECRET_BYTES_MIN} to {SECRET_BYTES_MAX}");
        let what = format!("the secret has {bytes} characters; {range} are allowed");
        return Err(line.error(what, "make one with `openssl rand -hex 32`"));
    }
    Ok(Secret { name, bytes: text.as_bytes().into() })
}

fn named(line: Line<'_>, name: &str) -> Result<Name, FileError> {
    Name::parse(name)
        .map_err(|wrong| line.error(format!("the name {wrong}"), "write `NAME SECRET` or `SECRET`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn a_file_of_secrets() {
        let text = format!("# of the demo\n\n  amber {LONG}\r\n{}\n", LONG.to_uppercase());
        let secrets = Secrets::parse(&text).expect("a file of two secrets");
        for (secret, name) in [(LONG.to_owned(), "amber"), (LONG.to_uppercase(), "")] {
            let found = secrets.get(&fingerprint(secret.as_bytes())).expect("it is there");
            assert_eq!((found.bytes(), found.name().as_str()), (secret.as_bytes(), name));
        }
        assert_eq!(secrets.iter().count(), 2);
        assert_eq!(secrets.get(&[0; 32]), None);
    }

    #[test]
    fn errors_name_the_line_and_never_the_secret() {
        let short = &LONG[..SECRET_BYTES_MIN - 1];
        let long = "x".repeat(SECRET_BYTES_MAX + 1);
        for (text, expected) in [
            (format!("a {LONG}\nb {LONG}"), "line 2: the secret stands here twice; remove one"),
            (format!("#\n\na b {LONG}"), "line 3: has more than two words; write `NAME SECRET`"),
            (format!("ü {LONG}"), "line 1: the name has the character"),
            (format!("a {LONG}ü"), "line 1: the secret has a character outside ASCII; use"),
            (short.to_owned(), "line 1: the secret has 31 characters; 32 to 256 are allowed"),
            (long, "line 1: the secret has 257 characters; 32 to 256 are allowed"),
        ] {
            let error = Secrets::parse(&text).expect_err("it is wrong").to_string();
            assert!(error.starts_with(expected), "{error}");
            assert!(!error.contains(short) && !error.contains("xxxx"), "{error} shows the secret");
        }
    }

    #[test]
    fn a_secret_is_not_shown() {
        let secrets = Secrets::parse(LONG).expect("a secret");
        assert!(!format!("{secrets:?}").contains(LONG));
    }

    #[test]
    fn there_are_so_many_secrets_and_no_more() {
        let lines: Vec<String> = (0..=SECRETS_MAX).map(|at| format!("{at:032}")).collect();
        let most =
            Secrets::parse(&lines[..SECRETS_MAX].join("\n")).expect("as many as there may be");
        assert_eq!(most.iter().count(), SECRETS_MAX);
        let error = Secrets::parse(&lines.join("\n")).expect_err("one more");
        assert_eq!(
            (error.line, error.what),
            (SECRETS_MAX + 1, "the file has more than 65536 secrets".into())
        );
    }
}
