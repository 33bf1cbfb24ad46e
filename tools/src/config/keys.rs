//! `[keys]`: the file with the secrets of HMAC keys. It is read here, shown nowhere, and refused
//! where others than its owner may read it.

use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use ringside_gateway::identity::Secrets;

use super::error::ConfigError;
use super::shown::Shown;
use super::table::{Table, Value};

/// Every key.
pub const KEYS: &[&str] = &["secrets"];

/// A file of secrets is at most this large.
pub const SECRETS_FILE_BYTES_MAX: u64 = 32 << 20;

/// The venue's secrets.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KeyFile {
    /// Where they are kept; none: there are no HMAC keys.
    pub path: Option<PathBuf>,
    /// The secrets.
    pub secrets: Secrets,
}

impl KeyFile {
    /// Paths are relative to `base`.
    pub(super) fn read(table: &Table<'_>, base: &Path) -> Result<Self, ConfigError> {
        let Some(value) = table.value("secrets") else { return Ok(Self::default()) };
        let path = base.join(value.text()?);
        let secrets = secrets(&value, &path)?;
        Ok(Self { path: Some(path), secrets })
    }

    pub(super) fn show(&self, shown: &mut Shown) {
        shown.table("keys");
        match &self.path {
            None => shown.comment("secrets: none, so HMAC keys cannot sign"),
            Some(path) => {
                shown.text("secrets", path.display());
                shown.comment(format_args!("{} secrets, not shown", self.secrets.iter().count()));
            }
        }
    }
}

fn secrets(value: &Value<'_>, path: &Path) -> Result<Secrets, ConfigError> {
    let name = path.display();
    let text = private_text(path).map_err(|unreadable| match unreadable {
        Unreadable::Open(mode) => value.error(
            format!("{name} has mode {mode:04o}: others than its owner may read it"),
            format!("run `chmod 600 {name}`, and replace the secrets if others have read them"),
        ),
        Unreadable::Failed(error) => value.error(
            format!("{name} cannot be read: {error}"),
            "give a file of lines `NAME SECRET`, with mode 0600, or leave the key out",
        ),
    })?;
    Secrets::parse(&text).map_err(|error| {
        ConfigError::new(format!("{name}:{}", error.line), "", error.what, error.fix)
    })
}

enum Unreadable {
    /// Its mode lets others in.
    Open(u32),
    Failed(io::Error),
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

/// The mode is that of the file that is read, not of one that has its name a moment later.
fn private_text(path: &Path) -> Result<String, Unreadable> {
    let file = std::fs::File::open(path)?;
    let mode = file.metadata()?.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(Unreadable::Open(mode));
    }
    let mut text = String::new();
    let read = file.take(SECRETS_FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
    if read as u64 > SECRETS_FILE_BYTES_MAX {
        let what = format!("it is larger than {SECRETS_FILE_BYTES_MAX} bytes");
        return Err(io::Error::other(what).into());
    }
    Ok(text)
}
