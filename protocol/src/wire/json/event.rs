//! Private events: what a subscription hears of its orders and balances. Each report carries the
//! session and its number there, so that a client which lost its connection can ask for what it
//! missed, and the venue's sequence.

use super::answer::BalanceShown;
use super::error::{ReasonShown, RequestError};
use super::listing::{Listing, milliseconds};
use super::order::{OrderShown, self_trade_word, side_word};
use super::writer::Writer;
use crate::{
    CancelReason, ClientOrderId, Event, Liquidity, Name, OrderId, Sequence, Timestamp, TradeId,
};

/// Where a report belongs: when, in the venue's order and in its stream's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Told {
    /// The subscription that hears it; none: the event without its wrapper.
    pub subscription: Option<u64>,
    /// The session whose numbers these are.
    pub session: Name,
    /// The stream's number of this report; 0 where it comes from another stream.
    pub number: u64,
    /// Of the command that caused it.
    pub sequence: Sequence,
    /// Of the command that caused it.
    pub time: Timestamp,
}

/// What happened to an order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Happened {
    /// It was accepted.
    Accepted,
    /// It was refused.
    Refused(ReasonShown),
    /// Part of it traded.
    Executed {
        /// Ticks.
        price: u64,
        /// Lots.
        quantity: u64,
        /// Smallest quote units; negative is a rebate.
        fee: i128,
        /// The trade.
        trade: TradeId,
        /// Whether it was resting or incoming.
        liquidity: Liquidity,
    },
    /// It was changed in place.
    Amended,
    /// It ended unfilled.
    Canceled(CancelReason),
    /// It lives on in a new session.
    Restated,
}

impl Happened {
    /// What an event says happened to an order; none where it says nothing of one. A refusal
    /// becomes [`Happened::Refused`] without its values; [`command_refused`] is for refusals of
    /// anything but a new order.
    pub const fn of(event: &Event) -> Option<Self> {
        Some(match event {
            Event::Accepted(_) => Self::Accepted,
            Event::Rejected(rejected) => Self::Refused(ReasonShown {
                word: rejected.reason.word(),
                limit: None,
                observed: None,
            }),
            Event::Executed(executed) => Self::Executed {
                price: executed.price,
                quantity: executed.quantity,
                fee: executed.fee.units(),
                trade: executed.trade,
                liquidity: executed.liquidity,
            },
            Event::Amended(_) => Self::Amended,
            Event::Canceled(canceled) => Self::Canceled(canceled.reason),
            Event::Restated(_) => Self::Restated,
            Event::Trade(_)
            | Event::Posting(_)
            | Event::Position(_)
            | Event::LotClosed(_)
            | Event::InstrumentState(_)
            | Event::AccountState(_)
            | Event::Warning(_)
            | Event::Currency(_)
            | Event::Instrument(_)
            | Event::Key(_)
            | Event::Session(_)
            | Event::Confirmed(_)
            | Event::Day(_)
            | Event::SessionEnded(_) => return None,
        })
    }

    /// `x`, the execution type.
    const fn word(&self) -> &'static str {
        match self {
            Self::Accepted => "NEW",
            Self::Refused(_) => "REJECTED",
            Self::Executed { .. } => "TRADE",
            Self::Amended => "REPLACED",
            Self::Restated => "RESTATED",
            Self::Canceled(CancelReason::SelfTrade) => "TRADE_PREVENTION",
            Self::Canceled(CancelReason::NoLiquidity) => "EXPIRED",
            Self::Canceled(
                CancelReason::User
                | CancelReason::Killed
                | CancelReason::Disconnect
                | CancelReason::Amend
                | CancelReason::Phase,
            ) => "CANCELED",
        }
    }

    /// `r`, the reason of a refusal.
    const fn refusal(&self) -> &'static str {
        match self {
            Self::Refused(reason) => reason.word,
            Self::Accepted
            | Self::Executed { .. }
            | Self::Amended
            | Self::Canceled(_)
            | Self::Restated => "NONE",
        }
    }
}

/// `executionReport`: what happened to an order, and where it is now.
pub fn execution_report(
    out: &mut Vec<u8>,
    told: &Told,
    listing: &Listing,
    order: &OrderShown,
    happened: &Happened,
) {
    event(out, told, "executionReport", |report| {
        write_order(report, listing, order, happened);
        report.text("x", happened.word());
        report.text("X", order.status_word());
        report.text("r", happened.refusal());
        report.number("i", order.order.0);
        write_execution(report, listing, order, happened);
        report.number("T", milliseconds(told.time));
        write_rest(report, told, listing, order, happened);
        write_reason(report, happened);
    });
}

fn write_order(
    report: &mut Writer<'_>,
    listing: &Listing,
    order: &OrderShown,
    happened: &Happened,
) {
    let canceled = matches!(happened, Happened::Canceled(_));
    report.text("s", listing.symbol);
    report.text("c", order.id);
    report.text("S", side_word(order.side));
    report.text("o", order.kind_word());
    report.text("f", order.time_in_force.word());
    report.text("q", listing.quantity(order.quantity));
    report.text("p", listing.price(order.price));
    report.text("P", listing.price(0));
    report.text("F", listing.quantity(0));
    report.number("g", -1);
    report.text("C", if canceled { order.id } else { Name::ABSENT });
}

/// The last execution, or zeros, as the dialect has it.
fn write_execution(
    report: &mut Writer<'_>,
    listing: &Listing,
    order: &OrderShown,
    happened: &Happened,
) {
    let (price, quantity, fee, trade, maker) = match happened {
        Happened::Executed { price, quantity, fee, trade, liquidity } => {
            (*price, *quantity, Some(*fee), Some(trade.0), *liquidity == Liquidity::Maker)
        }
        Happened::Accepted
        | Happened::Refused(_)
        | Happened::Amended
        | Happened::Canceled(_)
        | Happened::Restated => (0, 0, None, None, false),
    };
    report.text("l", listing.quantity(quantity));
    report.text("z", listing.quantity(order.executed));
    report.text("L", listing.price(price));
    match fee {
        Some(fee) => report.text("n", listing.quote(fee)),
        None => report.text("n", 0),
    }
    report.text_or_null("N", fee.map(|_| listing.quote));
    match trade {
        Some(trade) => report.number("t", trade),
        None => report.number("t", -1),
    }
    report.number("m", maker);
    report.text("Y", listing.quote(listing.terms.value(price, quantity)));
}

fn write_rest(
    report: &mut Writer<'_>,
    told: &Told,
    listing: &Listing,
    order: &OrderShown,
    happened: &Happened,
) {
    report.number("I", told.sequence.0);
    report.number("w", order.is_working());
    report.number("M", false);
    report.number("O", milliseconds(order.created));
    report.text("Z", listing.quote(order.executed_quote));
    report.text("Q", listing.quote(0));
    if !matches!(happened, Happened::Refused(_)) {
        report.number("W", milliseconds(order.created));
    }
    if let Some(mode) = order.self_trade {
        report.text("V", self_trade_word(mode));
    }
}

fn write_reason(report: &mut Writer<'_>, happened: &Happened) {
    match happened {
        Happened::Refused(reason) => reason.write(report),
        Happened::Canceled(reason) => report.text("reason", reason.word()),
        Happened::Accepted | Happened::Executed { .. } | Happened::Amended | Happened::Restated => {
        }
    }
}

/// What was asked for, when it was not a new order and was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RefusedCommand {
    /// What was asked: `cancel`, `amend`, …
    pub command: &'static str,
    /// The order meant, by its owner's name; absent for none.
    pub id: ClientOrderId,
    /// The order meant, by the venue's name; 0 where it is not known.
    pub order: OrderId,
}

/// `commandRefused`, ours: a cancel or amend that changed nothing. It counts in the stream's
/// numbers, so it must be said; the dialect has no event for it.
pub fn command_refused(
    out: &mut Vec<u8>,
    told: &Told,
    symbol: Name,
    refused: &RefusedCommand,
    error: &RequestError,
) {
    event(out, told, "commandRefused", |report| {
        report.text("s", symbol);
        report.text("command", refused.command);
        report.text("c", refused.id);
        report.number_or_null("i", refused.order.0);
        report.number("T", milliseconds(told.time));
        report.number("code", error.code.number());
        report.escaped("msg", &error.message);
        if let Some(reason) = &error.reason {
            reason.write(report);
        }
    });
}

/// `sessionEnded`, ours: the last report of a session; the next has the number 1 of the next one.
pub fn session_ended(out: &mut Vec<u8>, told: &Told) {
    event(out, told, "sessionEnded", |report| report.number("T", milliseconds(told.time)));
}

/// `outboundAccountPosition`: the balances that an event may have changed.
pub fn account_position(out: &mut Vec<u8>, told: &Told, balances: &[BalanceShown]) {
    event(out, told, "outboundAccountPosition", |report| {
        report.number("u", milliseconds(told.time));
        let mut list = report.list("B");
        for balance in balances {
            let mut item = list.item();
            item.text("a", balance.code);
            item.text("f", balance.free());
            item.text("l", balance.held());
            item.end();
        }
        list.end();
    });
}

/// `eventStreamTerminated`: the subscription has ended, and why.
pub fn stream_terminated(out: &mut Vec<u8>, told: &Told, reason: &str) {
    event(out, told, "eventStreamTerminated", |report| report.escaped("reason", reason));
}

/// An event in its wrapper, with where it belongs.
fn event(out: &mut Vec<u8>, told: &Told, kind: &str, members: impl FnOnce(&mut Writer<'_>)) {
    match told.subscription {
        None => write_event(Writer::object(out), told, kind, members),
        Some(subscription) => {
            let mut message = Writer::object(out);
            message.number("subscriptionId", subscription);
            write_event(message.open("event"), told, kind, members);
            message.end();
        }
    }
}

fn write_event(
    mut event: Writer<'_>,
    told: &Told,
    kind: &str,
    members: impl FnOnce(&mut Writer<'_>),
) {
    event.text("e", kind);
    event.number("E", milliseconds(told.time));
    members(&mut event);
    event.text("session", told.session);
    event.number("number", told.number);
    event.number("sequence", told.sequence.0);
    event.end();
}
