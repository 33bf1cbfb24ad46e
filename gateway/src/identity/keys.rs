//! The keys of the venue, as they were granted. A key says for whom somebody acts, what they may do
//! and until when; that they have it is proved by a signature, never here.

use std::collections::BTreeMap;
use std::fmt;

use data_encoding::HEXLOWER;
use ringside_protocol::{AccountId, KeyId, Permissions, Timestamp};

use super::{Digest, Holder, lines};

/// A key as it was last granted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Key {
    /// Its place in order of grant.
    pub id: KeyId,
    /// For whom it acts.
    pub account: AccountId,
    /// The Ed25519 public key, or the fingerprint of an HMAC secret.
    pub bytes: Digest,
    /// What it may do, where the account may too.
    pub permissions: Permissions,
    /// The time from which it is worth nothing; 0: never.
    pub expires: Timestamp,
}

impl Key {
    /// Whether its time is over.
    pub const fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.0 != 0 && now.0 >= self.expires.0
    }

    /// Whether key and account both have what is needed (RSK-022).
    pub fn may(&self, account: Permissions, needed: Permissions) -> bool {
        self.permissions.and(account).has(needed)
    }

    /// Who uses it.
    pub const fn holder(&self) -> Holder {
        Holder { account: self.account, key: self.id }
    }
}

/// Why a key opens nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyError {
    /// Not 64 lower-case hexadecimal digits.
    NotAKey,
    /// Nobody was granted it, or it acts for somebody else by now.
    Unknown,
    /// It was worth something until then (GWY-016).
    Expired(Timestamp),
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAKey => f.write_str(
                "the API key is not a key; send its 32 bytes as 64 lower-case hexadecimal digits, \
                 as `ringside keygen` prints them",
            ),
            Self::Unknown => f.write_str(
                "the API key is not known here; ask the operator to grant it with a `key` line",
            ),
            Self::Expired(at) => write!(
                f,
                "the API key expired at {} ms; ask the operator to grant a new one",
                at.0 / 1_000_000
            ),
        }
    }
}

impl std::error::Error for KeyError {}

/// Every key of the venue. As many as were granted: the engine has the limit.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Keys {
    granted: BTreeMap<Digest, Key>,
    bytes: BTreeMap<KeyId, Digest>,
}

impl Keys {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a grant as it was journalled. A key that was granted before is from now on what the
    /// last grant says; so one that expires in the past takes a key back.
    pub fn grant(
        &mut self,
        id: KeyId,
        account: AccountId,
        bytes: Digest,
        permissions: Permissions,
        expires: Timestamp,
    ) {
        self.bytes.insert(id, bytes);
        self.granted.insert(bytes, Key { id, account, bytes, permissions, expires });
    }

    /// The key of these bytes, expired or not.
    pub fn find(&self, bytes: &Digest) -> Option<&Key> {
        self.granted.get(bytes)
    }

    /// The key that a client names, if it is worth something now.
    ///
    /// # Errors
    /// [`KeyError`] says why it is not.
    pub fn named(&self, text: &str, now: Timestamp) -> Result<&Key, KeyError> {
        let bytes = lines::digest(text).ok_or(KeyError::NotAKey)?;
        in_time(self.find(&bytes).ok_or(KeyError::Unknown)?, now)
    }

    /// The key behind a ticket, a token or a session, as it stands now: also where it was granted
    /// again since. Whoever acts by it has this key's number and permissions from now on.
    ///
    /// # Errors
    /// [`KeyError`] says why it is worth nothing any more.
    pub fn standing(&self, holder: Holder, now: Timestamp) -> Result<&Key, KeyError> {
        let bytes = self.bytes.get(&holder.key).ok_or(KeyError::Unknown)?;
        let key = self.find(bytes).filter(|key| key.account == holder.account);
        in_time(key.ok_or(KeyError::Unknown)?, now)
    }
}

fn in_time(key: &Key, now: Timestamp) -> Result<&Key, KeyError> {
    if key.is_expired(now) { Err(KeyError::Expired(key.expires)) } else { Ok(key) }
}

/// What a client sends as its API key, and what a `key` line grants.
pub fn api_key(bytes: &Digest) -> String {
    HEXLOWER.encode(bytes)
}

/// Enough of a key to tell it from others by eye: `d75a 9801 82b1 0ab7`.
pub fn fingerprint_shown(bytes: &Digest) -> String {
    let groups: Vec<String> = bytes[..8].chunks(2).map(|pair| HEXLOWER.encode(pair)).collect();
    groups.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = Timestamp::SECOND;
    const AMBER: AccountId = AccountId(0);
    const BASIL: AccountId = AccountId(1);

    fn granted(grants: &[(u32, AccountId, u8, u64)]) -> Keys {
        let mut keys = Keys::new();
        for &(id, account, byte, expires) in grants {
            keys.grant(KeyId(id), account, [byte; 32], Permissions::EVERY, Timestamp(expires));
        }
        keys
    }

    #[test]
    fn a_key_opens_until_it_expires() {
        // GWY-002, GWY-016: an expired key has a refusal of its own.
        let keys = granted(&[(0, AMBER, 0xA1, 0), (1, AMBER, 0xB2, 10 * SECOND)]);
        let expired = Err(KeyError::Expired(Timestamp(10 * SECOND)));
        for (what, text, now, expected) in [
            ("never expires", "a1".repeat(32), u64::MAX, Ok(KeyId(0))),
            ("not yet", "b2".repeat(32), 10 * SECOND - 1, Ok(KeyId(1))),
            ("from then on", "b2".repeat(32), 10 * SECOND, expired),
            ("nobody's", "c3".repeat(32), 0, Err(KeyError::Unknown)),
            ("upper case", "A1".repeat(32), 0, Err(KeyError::NotAKey)),
            ("too short", "a1".repeat(31), 0, Err(KeyError::NotAKey)),
            ("nothing", String::new(), 0, Err(KeyError::NotAKey)),
            ("no digits", "xy".repeat(32), 0, Err(KeyError::NotAKey)),
        ] {
            let found = keys.named(&text, Timestamp(now)).map(|key| key.id);
            assert_eq!(found, expected, "{what}");
        }
    }

    #[test]
    fn the_last_grant_holds_also_for_who_is_inside() {
        // GWY-016: keys are rotated and taken back while sessions of other keys go on.
        let first = &[(0, AMBER, 1, 0), (1, BASIL, 2, 0)];
        let now = Timestamp(50 * SECOND);
        let expired = Err(KeyError::Expired(Timestamp(SECOND)));
        for (what, later, expected) in [
            ("granted once", None, Ok(KeyId(0))),
            ("another key comes", Some((2, AMBER, 3, 0)), Ok(KeyId(0))),
            ("longer", Some((2, AMBER, 1, 99 * SECOND)), Ok(KeyId(2))),
            ("taken back", Some((2, AMBER, 1, SECOND)), expired),
            ("given to another", Some((2, BASIL, 1, 0)), Err(KeyError::Unknown)),
        ] {
            let mut grants = first.to_vec();
            grants.extend(later);
            let keys = granted(&grants);
            let inside = Holder { account: AMBER, key: KeyId(0) };
            assert_eq!(keys.standing(inside, now).map(|key| key.id), expected, "{what}");
            let beside = Holder { account: BASIL, key: KeyId(1) };
            assert_eq!(keys.standing(beside, now).map(|key| key.id), Ok(KeyId(1)), "{what}");
        }
    }

    #[test]
    fn a_key_does_what_it_and_its_account_both_may() {
        // X-GWY-005: rows are keys, columns what an endpoint needs: nothing, read, trade,
        // derivatives. The account may read and trade.
        const READ: Permissions = Permissions::READ;
        const TRADE: Permissions = Permissions::TRADE;
        const NEEDED: [Permissions; 4] = [Permissions::NONE, READ, TRADE, Permissions::DERIVATIVES];
        let account = READ.with(TRADE);
        for (role, permissions, may) in [
            ("nobody", Permissions::NONE, "x..."),
            ("read-only", READ, "xx.."),
            ("entry alone", TRADE, "x.x."),
            ("trader", READ.with(TRADE), "xxx."),
            ("more than the account", Permissions::EVERY, "xxx."),
        ] {
            let mut keys = Keys::new();
            keys.grant(KeyId(0), AMBER, [1; 32], permissions, Timestamp(0));
            let key = keys.find(&[1; 32]).expect("it was granted");
            let found = NEEDED.map(|needed| if key.may(account, needed) { 'x' } else { '.' });
            assert_eq!(String::from_iter(found), may, "{role}");
        }
    }

    #[test]
    fn a_key_has_a_text_and_a_short_one() {
        // GWY-006: the fingerprint is shown.
        let bytes: Digest = std::array::from_fn(|at| at as u8);
        assert_eq!(fingerprint_shown(&bytes), "0001 0203 0405 0607");
        assert_eq!(lines::digest(&api_key(&bytes)), Some(bytes));
    }

    #[test]
    fn refusals_say_what_to_do() {
        for (error, fix) in [
            (KeyError::NotAKey, "64 lower-case hexadecimal digits"),
            (KeyError::Unknown, "ask the operator"),
            (KeyError::Expired(Timestamp(7_000_000)), "expired at 7 ms"),
        ] {
            assert!(error.to_string().contains(fix), "{error}");
        }
    }
}
