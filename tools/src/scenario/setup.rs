//! The ops that set a venue up: time, currencies, instruments, accounts, limits, money, sessions
//! and keys.
//!
//! A decimal that fits no record field is sent as a value the venue refuses, so that it becomes a
//! `rejected` event and not an error of the line.

use ringside_protocol::{
    Account, AccountFlags, Amount, Currency, FeeRate, GrantKey, InitialGrant, Instrument,
    InstrumentId, InstrumentKind, InstrumentState, LimitSet, Limits, Name, OnDisconnect,
    Permissions, SCALE_MAX, SelfTrade, Session, SessionState, SetInstrumentState, StreamKind,
    Timestamp, Transfer, Value as Units, Venue, VenueFlags, Withdrawal, decimal,
};

use super::directory::{Directory, Money};
use super::error::{LineError, shown};
use super::fields::{Fields, Value, joined};
use super::line::{Line, Step};
use super::{lookup, time};

type Read<'l> = Result<Line<'l>, LineError>;

pub(super) const VENUE: &[&str] = &["day_start", "initial_grant", "test_mode"];
pub(super) const CURRENCY: &[&str] = &["code", "scale"];
pub(super) const INSTRUMENT: &[&str] = &[
    "symbol",
    "kind",
    "base",
    "quote",
    "tick",
    "lot",
    "wire_symbol",
    "max_price",
    "min_quantity",
    "max_quantity",
    "min_notional",
    "max_notional",
    "maker_fee_bps",
    "taker_fee_bps",
    "max_open_orders",
];
pub(super) const INSTRUMENT_LATER: &[&str] = &[
    "price_band_pct",
    "dynamic_band_pct",
    "pause_s",
    "max_trigger_orders",
    "initial_margin_pct",
    "maintenance_margin_pct",
    "liquidation_fee_bps",
    "funding_interval_s",
    "mark_window",
    "mark_stale_s",
];
pub(super) const STATE: &[&str] = &["symbol", "state"];
pub(super) const STATE_LATER: &[&str] = &["price"];
pub(super) const ACCOUNT: &[&str] = &["account", "anonymous", "stp", "lots", "permissions"];
pub(super) const LIMITS: &[&str] = &[
    "account",
    "symbol",
    "max_order_value",
    "max_position",
    "max_exposure",
    "max_daily_value",
    "max_orders_per_second",
    "max_open_orders",
];
pub(super) const LIMITS_LATER: &[&str] =
    &["daily_loss_soft", "daily_loss_hard", "loss_streak_warning", "max_leverage", "stop_loss_pct"];
pub(super) const TRANSFER: &[&str] = &["account", "currency", "amount"];
pub(super) const SESSION: &[&str] = &["account", "session", "state", "cancel_on_disconnect"];
pub(super) const KEY: &[&str] = &["account", "key", "permissions", "expires"];

pub(super) fn clock<'l>(fields: &Fields<'l>, _: &dyn Directory) -> Read<'l> {
    fields.required("time")?.time().map(Line::Clock)
}

pub(super) fn venue<'l>(fields: &Fields<'l>, _: &dyn Directory) -> Read<'l> {
    let flags = if switch(fields, "test_mode")? { VenueFlags::TEST_MODE } else { VenueFlags::NONE };
    let day_start_ns = fields.optional("day_start").map_or(Ok(0), day_start)?;
    let mut steps = vec![Venue { day_start_ns, flags, reserved: [0; 7] }.into()];
    if let Some(grants) = fields.optional("initial_grant") {
        for (code, amount) in grants.object()? {
            steps.push(grant(&grants.place(), code, Value::of("initial_grant", code, amount))?);
        }
    }
    Ok(Line::Venue(steps))
}

fn day_start(value: Value<'_>) -> Result<u64, LineError> {
    let text = value.text()?;
    time::of_day(text).ok_or_else(|| {
        let what = format!("`{}` is not a time of day", shown(text));
        value.error(what, "write hours and minutes, such as \"17:30\"")
    })
}

fn grant(place: &str, code: &str, amount: Value<'_>) -> Result<Step, LineError> {
    let currency = Name::parse(code).map_err(|error| {
        let what = format!("the currency `{}` {error}", shown(code));
        LineError::new(joined(place, &shown(code)), what, "write a currency's code")
    })?;
    Ok(InitialGrant { currency, reserved: [0; 4], amount: amount.units()? }.into())
}

pub(super) fn currency<'l>(fields: &Fields<'l>, _: &dyn Directory) -> Read<'l> {
    let code = fields.required("code")?.name()?;
    let scale = fields.required("scale")?.count(u64::from(SCALE_MAX))? as u8;
    one(Currency { code, scale, reserved: [0; 3] })
}

pub(super) fn instrument<'l>(fields: &Fields<'l>, venue: &dyn Directory) -> Read<'l> {
    let kind = fields.required("kind")?.word::<InstrumentKind>(&["perpetual", "event"])?;
    let symbol = fields.required("symbol")?.name()?;
    let base = lookup::currency(fields, "base", venue)?;
    let quote = lookup::currency(fields, "quote", venue)?;
    let tick = step(fields.required("tick")?)?;
    let lot = step(fields.required("lot")?)?;
    let money = venue.money(quote);
    one(Instrument {
        symbol,
        wire_symbol: fields.optional("wire_symbol").map_or(Ok([0; 8]), wire_symbol)?,
        base,
        quote,
        kind,
        reserved: [0; 3],
        tick,
        lot,
        max_price: steps(fields, "max_price", tick)?,
        min_quantity: steps(fields, "min_quantity", lot)?,
        max_quantity: steps(fields, "max_quantity", lot)?,
        min_notional: min_notional(fields, money)?,
        max_notional: max_notional(fields, money)?,
        maker_fee: fee(fields, "maker_fee_bps")?,
        taker_fee: fee(fields, "taker_fee_bps")?,
        max_open_orders: open_orders(fields)?,
        reserved_2: 0,
    })
}

/// A tick or lot in units of 10^−12; 0 where it is none.
fn step(value: Value<'_>) -> Result<u64, LineError> {
    value.units().map(|units| u64::try_from(units.units()).unwrap_or(0))
}

/// A whole number of ticks or lots; 0 where the key is absent, out of range where it does not fit.
fn steps(fields: &Fields<'_>, key: &str, size: u64) -> Result<u64, LineError> {
    let Some(value) = fields.optional(key) else {
        return Ok(0);
    };
    let steps = value.price(size.max(1))?.get();
    Ok(steps.map_or(u64::MAX, |steps| steps.ticks()))
}

fn min_notional(fields: &Fields<'_>, quote: Money) -> Result<Amount, LineError> {
    match fields.optional("min_notional") {
        Some(value) => notional(value, quote),
        None => Ok(Amount::new(10i128.pow(u32::from(quote.scale)))),
    }
}

fn max_notional(fields: &Fields<'_>, quote: Money) -> Result<Amount, LineError> {
    let Some(value) = fields.optional("max_notional") else {
        return Ok(Amount::ZERO);
    };
    let amount = notional(value, quote)?;
    Ok(if amount == Amount::ZERO { Amount::new(-1) } else { amount })
}

/// Smallest quote units; −1 where the decimal does not fit.
fn notional(value: Value<'_>, quote: Money) -> Result<Amount, LineError> {
    Ok(Amount::new(decimal::parse(&value.decimal()?, quote.scale).unwrap_or(-1)))
}

/// Hundred-millionths of the notional; out of range where the decimal does not fit.
fn fee(fields: &Fields<'_>, key: &str) -> Result<FeeRate, LineError> {
    const BASIS_POINT_PLACES: u8 = 4;
    let Some(value) = fields.optional(key) else {
        return Ok(FeeRate::ZERO);
    };
    let rate = decimal::parse(&value.decimal()?, BASIS_POINT_PLACES).ok();
    Ok(FeeRate(rate.and_then(|rate| i32::try_from(rate).ok()).unwrap_or(i32::MAX)))
}

fn open_orders(fields: &Fields<'_>) -> Result<u32, LineError> {
    let Some(value) = fields.optional("max_open_orders") else {
        return Ok(0);
    };
    match value.count(u64::from(u32::MAX))? {
        0 => Err(value.error("0 would allow no order at all", "write at least 1, or leave it out")),
        count => Ok(count as u32),
    }
}

fn wire_symbol(value: Value<'_>) -> Result<[u8; 8], LineError> {
    let name = value.name()?;
    let text = name.as_str().as_bytes();
    let mut symbol = [0; 8];
    let Some(place) = symbol.get_mut(..text.len()) else {
        return Err(value.error("the symbol is too long", "binary doors have 8 characters for it"));
    };
    place.copy_from_slice(text);
    Ok(symbol)
}

pub(super) fn instrument_state<'l>(fields: &Fields<'l>, venue: &dyn Directory) -> Read<'l> {
    let (instrument, _) = lookup::instrument(fields, venue)?;
    let state = fields.required("state")?.word::<InstrumentState>(&["pre_open", "auction"])?;
    one(SetInstrumentState { instrument, state, reserved: [0; 3] })
}

pub(super) fn account<'l>(fields: &Fields<'l>, _: &dyn Directory) -> Read<'l> {
    let name = fields.required("account")?.name()?;
    let self_trade = fields.optional("stp").map_or(Ok(SelfTrade::RejectTaker), |v| v.word(&[]))?;
    fields.optional("lots").map_or(Ok(()), lots)?;
    let permissions = fields.optional("permissions").map_or(Ok(Permissions::EVERY), permissions)?;
    let anonymous = switch(fields, "anonymous")?;
    let flags = if anonymous { AccountFlags::ANONYMOUS } else { AccountFlags::NONE };
    one(Account { name, self_trade, permissions, flags, reserved: 0 })
}

fn lots(value: Value<'_>) -> Result<(), LineError> {
    value.word::<LotMethod>(&["lifo", "average"]).map(|_| ())
}

/// Which lots a sale consumes first.
#[derive(Clone, Copy)]
enum LotMethod {
    /// The oldest.
    Fifo,
}

impl super::word::Word for LotMethod {
    const NOUN: &'static str = "lot method";

    fn cases() -> &'static [Self] {
        &[Self::Fifo]
    }

    fn word(self) -> &'static str {
        match self {
            Self::Fifo => "fifo",
        }
    }
}

fn permissions(value: Value<'_>) -> Result<Permissions, LineError> {
    let place = value.place();
    let mut granted = Permissions::NONE;
    for item in value.list()? {
        let word = Value::of("", &place, item).text()?;
        let known = Permissions::ALL.iter().find(|(_, known)| *known == word);
        let words: Vec<&str> = Permissions::ALL.iter().map(|(_, word)| *word).collect();
        let unknown = || LineError::unknown(&*place, "a permission", word, &words);
        granted = granted.with(known.ok_or_else(unknown)?.0);
    }
    Ok(granted)
}

pub(super) fn limits<'l>(fields: &Fields<'l>, venue: &dyn Directory) -> Read<'l> {
    let account = lookup::account(fields, venue)?;
    let instrument = lookup::any_instrument(fields, venue)?;
    if instrument.is_some() {
        account_wide(fields)?;
    }
    let mut limits = no_limits(account, instrument);
    limits.max_order_value = units(fields, &mut limits, LimitSet::ORDER_VALUE)?;
    limits.max_position = units(fields, &mut limits, LimitSet::POSITION)?;
    limits.max_exposure = units(fields, &mut limits, LimitSet::EXPOSURE)?;
    limits.max_daily_value = units(fields, &mut limits, LimitSet::DAILY_VALUE)?;
    let rate = limit(fields, &mut limits, LimitSet::ORDER_RATE);
    limits.max_orders_per_second = rate.map_or(Ok(0), |v| v.count(u64::from(u32::MAX)))? as u32;
    let open = limit(fields, &mut limits, LimitSet::OPEN_ORDERS);
    limits.max_open_orders = open.map_or(Ok(0), |v| v.count(u64::MAX))?;
    one(limits)
}

/// Refuses limits that cannot be set for one symbol.
fn account_wide(fields: &Fields<'_>) -> Result<(), LineError> {
    let keys = ["max_exposure", "max_daily_value", "max_orders_per_second"];
    match keys.into_iter().find_map(|key| fields.optional(key)) {
        Some(value) => {
            Err(value
                .error("this limit counts over all symbols", "set it on a line without `symbol`"))
        }
        None => Ok(()),
    }
}

const fn no_limits(account: ringside_protocol::AccountId, instrument: InstrumentId) -> Limits {
    Limits {
        account,
        instrument,
        given: LimitSet::NONE,
        removed: LimitSet::NONE,
        reserved: [0; 2],
        max_orders_per_second: 0,
        max_open_orders: 0,
        max_order_value: Units::new(0),
        max_position: Units::new(0),
        max_exposure: Units::new(0),
        max_daily_value: Units::new(0),
    }
}

/// The value of a limit, marked as given; `None` where it is absent or removed by `null`.
fn limit<'f>(fields: &'f Fields<'_>, limits: &mut Limits, which: LimitSet) -> Option<Value<'f>> {
    let (_, key) = LimitSet::ALL.iter().find(|(limit, _)| *limit == which)?;
    let value = fields.optional(key)?;
    limits.given = limits.given.with(which);
    if value.is_null() {
        limits.removed = limits.removed.with(which);
        return None;
    }
    Some(value)
}

fn units(fields: &Fields<'_>, limits: &mut Limits, which: LimitSet) -> Result<Units, LineError> {
    limit(fields, limits, which).map_or(Ok(Units::new(0)), Value::units)
}

pub(super) fn deposit<'l>(fields: &Fields<'l>, venue: &dyn Directory) -> Read<'l> {
    transfer(fields, venue).and_then(one)
}

pub(super) fn withdraw<'l>(fields: &Fields<'l>, venue: &dyn Directory) -> Read<'l> {
    transfer(fields, venue).and_then(|transfer| one(Withdrawal(transfer)))
}

fn transfer(fields: &Fields<'_>, venue: &dyn Directory) -> Result<Transfer, LineError> {
    let account = lookup::account(fields, venue)?;
    let currency = lookup::currency(fields, "currency", venue)?;
    let amount = fields.required("amount")?.amount(venue.money(currency).scale)?;
    Ok(Transfer { account, currency, amount })
}

pub(super) fn session<'l>(fields: &Fields<'l>, venue: &dyn Directory) -> Read<'l> {
    let account = lookup::account(fields, venue)?;
    let name = fields.required("session")?.name()?;
    let state = fields.required("state")?.word::<SessionState>(&[])?;
    let cancel = switch(fields, "cancel_on_disconnect")?;
    let cancel_on_disconnect = if cancel { OnDisconnect::Cancel } else { OnDisconnect::Keep };
    let kind = StreamKind::WebSocket;
    one(Session { account, name, kind, state, cancel_on_disconnect, reserved: 0, user_ref: 0 })
}

pub(super) fn key<'l>(fields: &Fields<'l>, venue: &dyn Directory) -> Read<'l> {
    let account = lookup::account(fields, venue)?;
    let key = key_bytes(fields.required("key")?)?;
    let permissions = permissions(fields.required("permissions")?)?;
    let expires = fields.optional("expires").map_or(Ok(Timestamp(0)), Value::time)?;
    one(GrantKey { account, permissions, reserved: [0; 3], key, expires })
}

/// Bytes of an Ed25519 public key and of an HMAC fingerprint.
const KEY_BYTES: usize = 32;

fn key_bytes(value: Value<'_>) -> Result<[u8; KEY_BYTES], LineError> {
    let text = value.text()?;
    let mut key = [0; KEY_BYTES];
    let hex = text.len() == 2 * KEY_BYTES && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !hex {
        let what = format!("`{}` is not a key", shown(text));
        return Err(value.error(what, "write its 32 bytes as 64 hexadecimal digits"));
    }
    for (byte, digits) in key.iter_mut().zip(text.as_bytes().chunks(2)) {
        let digit = |digit: u8| char::from(digit).to_digit(16).unwrap_or(0) as u8;
        *byte = digit(digits[0]) << 4 | digit(digits[1]);
    }
    Ok(key)
}

/// A switch that is off where its key is absent.
fn switch(fields: &Fields<'_>, key: &str) -> Result<bool, LineError> {
    fields.optional(key).map_or(Ok(false), Value::switch)
}

fn one<'l>(command: impl Into<Step>) -> Read<'l> {
    Ok(Line::Commands(vec![command.into()]))
}
