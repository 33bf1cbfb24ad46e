//! `ringside keygen`: a key for a participant. The private key goes into a file that its owner
//! alone may read, and nowhere else; what is printed may be shown to everybody.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, KeypairBytes};
use ringside_gateway::identity::keys::{api_key, fingerprint_shown};
use ringside_protocol::Name;

use crate::cli::Ending;
use crate::{play, report};

/// So much of a file is read, in bytes: many times what a key takes.
pub const KEY_FILE_BYTES_MAX: u64 = 16_384;

/// Make a key to trade with, and print the line that grants it.
///
/// The private key is written as PKCS#8 in PEM, which openssl, Python and exchange libraries read.
/// Only its owner may read the file, and no file is ever overwritten. The API key that is printed
/// is what clients send, beside signatures; the `key` line goes into a scenario or to the operator.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  ringside keygen --account amber --out amber.pem
  ringside keygen --public amber.pem")]
pub struct Keygen {
    /// Where the private key goes
    #[arg(long, value_name = "FILE", default_value = "ringside-key.pem")]
    out: PathBuf,
    /// Print what belongs to the private key in this file, and make none
    #[arg(long, value_name = "FILE", conflicts_with = "out")]
    public: Option<PathBuf>,
    /// Whom the `key` line grants it to
    #[arg(long, value_name = "NAME", default_value = "ACCOUNT", value_parser = Name::parse)]
    account: Name,
}

impl Keygen {
    /// Makes or reads a key and prints what may be known of it.
    pub fn perform(self) -> Ending {
        let (file, key) = match &self.public {
            Some(file) => (file, read(file)),
            None => (&self.out, make(&self.out)),
        };
        match key {
            Ok(key) => print(&shown(file, &key, self.account)),
            Err(trouble) => trouble.told(file),
        }
    }
}

/// The private key in a file, for who signs with it; what is wrong with the file is said here.
///
/// # Errors
/// How the verb ends where there is none.
pub(crate) fn private(file: &Path) -> Result<SigningKey, Ending> {
    read(file).map_err(|trouble| trouble.told(file))
}

/// The key in a file; where there is none, a new one is made and kept there.
///
/// # Errors
/// A sentence: the file can be neither read nor made, or holds something else.
pub fn kept(file: &Path) -> Result<SigningKey, String> {
    let key = match make(file) {
        Err(Trouble::Exists) => read(file),
        made => made,
    };
    key.map_err(|trouble| trouble.said(file).1)
}

/// Why there is no key.
enum Trouble {
    /// There is a file already.
    Exists,
    /// It cannot be written.
    Unwritten(io::Error),
    /// It cannot be read.
    Unread(io::Error),
    /// It holds something else.
    NoKey,
}

impl Trouble {
    fn told(&self, file: &Path) -> Ending {
        let (ending, text) = self.said(file);
        report::fatal(&text);
        ending
    }

    fn said(&self, file: &Path) -> (Ending, String) {
        let file = file.display();
        match self {
            Self::Exists => (
                Ending::NotUnderstood,
                format!("{file} is there already and is not overwritten; give another file"),
            ),
            Self::Unwritten(why) => (
                Ending::Unreadable,
                format!("{file} cannot be written: {why}; give a place where you may write"),
            ),
            Self::Unread(why) => (
                Ending::Unreadable,
                format!("{file} cannot be read: {why}; give the file of a private key"),
            ),
            Self::NoKey => (
                Ending::NotUnderstood,
                format!(
                    "{file} is no Ed25519 private key in PEM; make one with `ringside keygen`, or \
                     with `openssl genpkey -algorithm ed25519`"
                ),
            ),
        }
    }
}

fn make(file: &Path) -> Result<SigningKey, Trouble> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|why| Trouble::Unwritten(why.into()))?;
    let key = SigningKey::from_bytes(&secret);
    write(file, &pem(&key)).map_err(unwritten)?;
    Ok(key)
}

fn unwritten(why: io::Error) -> Trouble {
    if why.kind() == io::ErrorKind::AlreadyExists {
        return Trouble::Exists;
    }
    Trouble::Unwritten(why)
}

/// Without the public key, which would be version 2 of the format: older openssl does not read
/// that, and exchange libraries tell Ed25519 from RSA by the length of version 1.
fn pem(key: &SigningKey) -> String {
    let private = KeypairBytes { secret_key: key.to_bytes(), public_key: None };
    let pem = private.to_pkcs8_pem(LineEnding::LF).expect("32 bytes are a private key");
    pem.as_str().to_owned()
}

fn write(file: &Path, pem: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    file.write_all(pem.as_bytes())?;
    file.sync_all()
}

fn read(file: &Path) -> Result<SigningKey, Trouble> {
    let opened = File::open(file).map_err(Trouble::Unread)?;
    if opened.metadata().is_ok_and(|of| of.is_file() && of.mode() & 0o077 != 0) {
        let name = file.display();
        report::warning(&format!("others may read {name}; run `chmod 600 {name}`"));
    }
    let mut bytes = Vec::new();
    opened.take(KEY_FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(Trouble::Unread)?;
    parsed(&bytes).ok_or(Trouble::NoKey)
}

fn parsed(bytes: &[u8]) -> Option<SigningKey> {
    SigningKey::from_pkcs8_pem(std::str::from_utf8(bytes).ok()?).ok()
}

fn shown(file: &Path, key: &SigningKey, account: Name) -> String {
    let public = key.verifying_key().to_bytes();
    let (api_key, fingerprint) = (api_key(&public), fingerprint_shown(&public));
    format!(
        "private key  {}\n\
         API key      {api_key}\n\
         fingerprint  {fingerprint}\n\
         {{\"op\":\"key\",\"account\":\"{account}\",\"key\":\"{api_key}\",\
         \"permissions\":[\"read\",\"trade\"]}}\n",
        file.display()
    )
}

fn print(text: &str) -> Ending {
    let printed = play::stdout().write_all(text.as_bytes());
    printed.map_or_else(|error| play::unwritten("standard output", &error), |()| Ending::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 8410, section 10.3: one key, in version 1 and, with its public key and
    /// an attribute, in version 2.
    const RFC_8410: [&str; 2] = [
        "-----BEGIN PRIVATE KEY-----\n\
         MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
         -----END PRIVATE KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\n\
         MHICAQEwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
         oB8wHQYKKoZIhvcNAQkJFDEPDA1DdXJkbGUgQ2hhaXJzgSEAGb9ECWmEzf6FQbrB\n\
         Z9w7lshQhqowtrbLDFw4rXAxZuE=\n\
         -----END PRIVATE KEY-----\n",
    ];
    const RFC_8410_PUBLIC: &str =
        "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";

    #[test]
    fn keys_are_those_of_the_standard() {
        for example in RFC_8410 {
            let key = parsed(example.as_bytes()).expect("a private key");
            assert_eq!(api_key(&key.verifying_key().to_bytes()), RFC_8410_PUBLIC);
            assert_eq!(pem(&key), RFC_8410[0], "version 1 is written, byte for byte");
        }
        assert!(RFC_8410[0].len() <= 120, "libraries take what is longer for RSA");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let version_1 = RFC_8410[0];
        for (what, text) in [
            ("nothing", String::new()),
            ("half of it", version_1[..60].to_owned()),
            ("a public key", version_1.replace("PRIVATE", "PUBLIC")),
            ("another algorithm", version_1.replace("K2Vw", "K2Vu")),
            ("another public key beside it", RFC_8410[1].replace("AxZuE=", "AxZuA=")),
        ] {
            assert!(parsed(text.as_bytes()).is_none(), "{what}");
        }
        assert!(parsed(&[0xFF; 100]).is_none(), "no text");
    }

    #[test]
    fn what_is_shown_grants_the_key() {
        let key = parsed(RFC_8410[0].as_bytes()).expect("a private key");
        let account = Name::parse("amber").expect("a name");
        let expected = format!(
            "private key  amber.pem\n\
             API key      {RFC_8410_PUBLIC}\n\
             fingerprint  19bf 4409 6984 cdfe\n\
             {{\"op\":\"key\",\"account\":\"amber\",\"key\":\"{RFC_8410_PUBLIC}\",\
             \"permissions\":[\"read\",\"trade\"]}}\n"
        );
        assert_eq!(shown(Path::new("amber.pem"), &key, account), expected);
    }

    #[test]
    fn a_file_is_read_to_its_limit() {
        let directory = tempfile::tempdir().expect("a directory");
        let behind = |newlines: u64| "\n".repeat(newlines as usize) + RFC_8410[0];
        let room = KEY_FILE_BYTES_MAX - RFC_8410[0].len() as u64;
        for (name, newlines, expected) in [("fits", room, true), ("does-not", room + 2, false)] {
            let file = directory.path().join(name);
            write(&file, &behind(newlines)).expect("a file");
            assert_eq!(read(&file).is_ok(), expected, "{name}");
        }
    }
}
