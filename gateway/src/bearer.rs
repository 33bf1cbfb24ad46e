//! Bearer sessions: a signed request becomes a token, which stands for its key for a day
//! (GWY-007, GWY-011). Runs where the tokens are, on the reactor's thread.

use ringside_protocol::wire::json::answer::BearerShown;
use ringside_protocol::wire::json::{Access, Code, RequestError, Signed};
use ringside_protocol::{Name, Timestamp};

use crate::house::House;
use crate::identity::keys::fingerprint_shown;
use crate::identity::{Holder, Key};
use crate::proof::{key_error, prove, token_error};

/// What is asked of a bearer session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BearerAsk {
    /// A new token for who signed this.
    Open(Signed),
    /// A whole life more for this token.
    Refresh(String),
    /// Whose this token is, and until when.
    Look(String),
    /// The end of this token.
    End(String),
}

impl BearerAsk {
    /// Whether what it does is to be on file before it is told.
    pub const fn changes(&self) -> bool {
        match self {
            Self::Open(_) | Self::Refresh(_) | Self::End(_) => true,
            Self::Look(_) => false,
        }
    }
}

/// Does what is asked; none: there is nothing to show.
///
/// # Errors
/// 401 where the signature or the token proves nothing.
pub fn answer(
    ask: &BearerAsk,
    house: &mut House,
    now: Timestamp,
) -> Result<Option<BearerShown>, RequestError> {
    match ask {
        BearerAsk::Open(signed) => open(signed, house, now).map(Some),
        BearerAsk::Refresh(token) => {
            // A key that is worth nothing any more is not refreshed.
            standing(token, house, now)?;
            house.tokens.refresh(token, now).map_err(token_error)?;
            standing(token, house, now).map(Some)
        }
        BearerAsk::Look(token) => standing(token, house, now).map(Some),
        BearerAsk::End(token) => {
            house.tokens.check(token, now).map_err(token_error)?;
            house.tokens.end(token);
            Ok(None)
        }
    }
}

fn open(signed: &Signed, house: &mut House, now: Timestamp) -> Result<BearerShown, RequestError> {
    let (holder, _) = prove(signed, Access::Read, house, now)?;
    let mut random = [0; 32];
    if !(house.random)(&mut random) {
        return Err(RequestError::new(Code::Unknown, "the system has no random bytes"));
    }
    let issued = house.tokens.issue(random, holder.account, holder.key, now);
    let token = issued.map_err(token_error)?;
    let shown = shown(holder, token.expires, house, now)?;
    Ok(BearerShown { token: Some(token.text), ..shown })
}

fn standing(token: &str, house: &House, now: Timestamp) -> Result<BearerShown, RequestError> {
    let (expires, holder) = house.tokens.look(token, now).map_err(token_error)?;
    shown(holder, expires, house, now)
}

fn shown(
    holder: Holder,
    expires: Timestamp,
    house: &House,
    now: Timestamp,
) -> Result<BearerShown, RequestError> {
    let key: &Key = house.keys.standing(holder, now).map_err(key_error)?;
    let account = house.views.directory.account(key.account);
    Ok(BearerShown {
        token: None,
        expires,
        account: account.map_or(Name::ABSENT, |member| member.name),
        fingerprint: fingerprint_shown(&key.bytes),
    })
}
