//! Names of a line looked up in the venue: an unknown account, symbol, currency or session is an
//! error of the line.

use ringside_protocol::{AccountId, CurrencyId, InstrumentId, Name, StreamId, Terms};

use super::directory::{Directory, NameKind};
use super::error::LineError;
use super::fields::{Fields, Value};
use super::spelling::nearest;

/// The account that `account` names.
pub(super) fn account(fields: &Fields<'_>, venue: &dyn Directory) -> Result<AccountId, LineError> {
    let value = fields.required("account")?;
    venue.account(value.name()?).ok_or_else(|| unknown(value, NameKind::Account, venue))
}

/// The account that `account` names; none where the key is absent.
pub(super) fn any_account(
    fields: &Fields<'_>,
    venue: &dyn Directory,
) -> Result<AccountId, LineError> {
    if fields.optional("account").is_none() {
        return Ok(AccountId::NONE);
    }
    account(fields, venue)
}

/// The instrument that `symbol` names, with its terms.
pub(super) fn instrument(
    fields: &Fields<'_>,
    venue: &dyn Directory,
) -> Result<(InstrumentId, Terms), LineError> {
    let value = fields.required("symbol")?;
    let id = venue
        .instrument(value.name()?)
        .ok_or_else(|| unknown(value, NameKind::Instrument, venue))?;
    Ok((id, venue.terms(id)))
}

/// The instrument that `symbol` names; none where the key is absent.
pub(super) fn any_instrument(
    fields: &Fields<'_>,
    venue: &dyn Directory,
) -> Result<InstrumentId, LineError> {
    if fields.optional("symbol").is_none() {
        return Ok(InstrumentId::NONE);
    }
    instrument(fields, venue).map(|(id, _)| id)
}

/// The currency that a key names.
pub(super) fn currency(
    fields: &Fields<'_>,
    key: &str,
    venue: &dyn Directory,
) -> Result<CurrencyId, LineError> {
    let value = fields.required(key)?;
    venue.currency(value.name()?).ok_or_else(|| unknown(value, NameKind::Currency, venue))
}

/// The stream of the account that `session` names; none where the key is absent.
pub(super) fn any_stream(
    fields: &Fields<'_>,
    account: AccountId,
    venue: &dyn Directory,
) -> Result<StreamId, LineError> {
    let Some(value) = fields.optional("session") else {
        return Ok(StreamId::NONE);
    };
    venue.stream(account, value.name()?).ok_or_else(|| unknown(value, NameKind::Session, venue))
}

/// The error for a name that the venue does not know.
pub(super) fn unknown(value: Value<'_>, kind: NameKind, venue: &dyn Directory) -> LineError {
    let name = value.text().unwrap_or_default();
    let what = format!("no {} is named `{name}`", kind.noun());
    let known = venue.names(kind, NAMES_COMPARED_MAX);
    match nearest(name, known.iter().map(Name::as_str)) {
        Some(nearest) => value
            .error(what, format!("did you mean `{nearest}`? else create it on an earlier line")),
        None => value.error(what, "create it on an earlier line"),
    }
}

/// Names that are compared for the nearest spelling, at most.
const NAMES_COMPARED_MAX: usize = 10_000;
