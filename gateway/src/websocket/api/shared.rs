//! What the parts of the API share: look-ups by the dialect's names, and writing.

use ringside_protocol::wire::json::answer;
use ringside_protocol::wire::json::event::{self, Happened, RefusedCommand, Told};
use ringside_protocol::wire::json::info::{RateInterval, RateKind, RateLimit};
use ringside_protocol::wire::json::{Code, Listing, OrderNamed, RequestError};
use ringside_protocol::{
    AccountId, Amend, Cancel, CommandPayload, Event, EventHeader, InstrumentId, MassCancel, Name,
    OnDisconnect, Order, Rejected, Replace, Session, SessionState, StreamKind,
};

use super::super::{pipe, shown};
use super::reply::Reply;
use crate::house::House;
use crate::sessions::Named;
use crate::talk::Context;
use crate::views::orders::OrderRow;

/// The error for a request that nobody signed, on a connection that nobody logged on.
pub(super) fn nobody() -> RequestError {
    let fix = "log on with session.logon, or sign the request";
    RequestError::new(Code::Unauthorized, fix)
}

pub(super) fn refuse_if(
    refused: Option<&Rejected>,
    context: &Context<'_>,
) -> Result<(), RequestError> {
    match refused {
        None => Ok(()),
        Some(rejected) => {
            let refusal = shown::refusal(&context.house.views.directory, rejected);
            Err(RequestError::refused(rejected, refusal))
        }
    }
}

pub(super) const fn session(
    account: AccountId,
    name: Name,
    state: SessionState,
    cancel_on_disconnect: OnDisconnect,
) -> Session {
    Session {
        account,
        name,
        kind: StreamKind::WebSocket,
        state,
        cancel_on_disconnect,
        reserved: 0,
        user_ref: 0,
    }
}

pub(super) fn instrument(house: &House, symbol: Name) -> Result<InstrumentId, RequestError> {
    let found = house.views.directory.instrument_on_rest(symbol);
    found.ok_or_else(|| RequestError::unknown_symbol("symbol"))
}

pub(super) fn instruments(
    house: &House,
    symbols: &[Name],
) -> Result<Vec<ringside_protocol::wire::json::info::InstrumentShown>, RequestError> {
    let directory = &house.views.directory;
    let ids: Vec<InstrumentId> = match symbols {
        [] => (0..directory.instruments().len() as u32).map(InstrumentId).collect(),
        symbols => {
            symbols.iter().map(|&symbol| instrument(house, symbol)).collect::<Result<_, _>>()?
        }
    };
    Ok(ids.into_iter().filter_map(|id| shown::instrument(directory, id)).collect())
}

pub(super) fn find<'h>(
    house: &'h House,
    account: AccountId,
    named: &OrderNamed,
) -> Option<&'h OrderRow> {
    let orders = &house.views.orders;
    let by_number = named.number.and_then(|number| orders.get(number));
    let row = by_number.or_else(|| named.id.and_then(|id| orders.named(account, id)))?;
    let is_meant = row.account == account && named.id.is_none_or(|id| id == row.id);
    is_meant.then_some(row)
}

pub(super) fn with_listing(
    house: &House,
    row: &OrderRow,
) -> Option<(Listing, ringside_protocol::wire::json::OrderShown)> {
    let listing = shown::listing(&house.views.directory, row.instrument)?;
    let order = shown::order(row, &listing);
    Some((listing, order))
}

/// What a connection may say, the only limit there is on it.
pub(super) fn rate_limit(house: &House) -> RateLimit {
    RateLimit {
        kind: RateKind::RawRequests,
        interval: RateInterval::Second,
        intervals: 1,
        limit: u64::from(house.limits.messages_per_second),
        count: None,
    }
}

pub(super) fn milliseconds(duration: core::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Tells a subscription of an event; `row` is the order as it is with it.
pub(super) fn tell(
    subscription: u64,
    header: &EventHeader,
    event: &Event,
    row: Option<&OrderRow>,
    session: &Named,
    context: &mut Context<'_>,
) {
    let number = event.report().map_or(0, |report| report.number);
    let told = told(subscription, header, number, session);
    if matches!(event, Event::SessionEnded(_)) {
        return say_event(context.out, |out| event::session_ended(out, &told));
    }
    if let Event::Rejected(rejected) = event {
        let directory = &context.house.views.directory;
        let error = RequestError::refused(rejected, shown::refusal(directory, rejected));
        let listing = shown::listing(directory, rejected.instrument);
        let symbol = listing.map_or(Name::ABSENT, |listing| listing.symbol);
        let refused = RefusedCommand {
            command: command_word(rejected.command),
            id: rejected.id,
            order: rejected.order,
        };
        return say_event(context.out, |out| {
            event::command_refused(out, &told, symbol, &refused, &error);
        });
    }
    let Some(happened) = Happened::of(event) else { return };
    let shown = row.and_then(|row| with_listing(context.house, row));
    if let Some((listing, order)) = shown {
        say_event(context.out, |out| {
            event::execution_report(out, &told, &listing, &order, &happened);
        });
    }
}

/// What a refused command is called.
pub(super) fn command_word(number: u8) -> &'static str {
    match number {
        Order::NUMBER => "order.place",
        Cancel::NUMBER => "order.cancel",
        MassCancel::NUMBER => "openOrders.cancelAll",
        Amend::NUMBER => "order.amend",
        Replace::NUMBER => "order.cancelReplace",
        _ => "command",
    }
}

pub(super) fn told(subscription: u64, header: &EventHeader, number: u32, session: &Named) -> Told {
    Told {
        subscription: Some(subscription),
        session: session.name(),
        number: u64::from(number),
        sequence: header.sequence,
        time: header.time,
    }
}

/// Answers a request.
pub(super) fn say(out: &mut Vec<u8>, id: &Reply, result: impl FnOnce(&mut Vec<u8>)) {
    say_event(out, |out| answer::answer(out, &id.id, id.limits.as_slice(), result));
}

pub(super) fn say_event(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let mut text = Vec::with_capacity(512);
    write(&mut text);
    pipe::text(out, &text);
}
