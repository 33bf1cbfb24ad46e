//! OUCH between the wire and the venue: what a client asks becomes a command, what happens becomes
//! a message. Both are functions of what they are given, so a message told again is the same bytes.
//! The dialect is described in protocol/doc/ouch.md.

use ringside_protocol::wire::ouch::{
    About, Appendages, Capacity, ClientId, CrossType, Display, Enter, EventCode, Firm, Inbound,
    LiquidityFlag, MARKET_PRICE, OrderState, OuchError, Outbound, PostOnly, PriceType,
    RestateReason, Side as WireSide, Sweep, Symbol, TimeInForce as WireTime, YesNo, Zero,
    cancel_code, reject_code,
};
use ringside_protocol::wire::{Alpha, ouch};
use ringside_protocol::{
    Accepted, AccountId, Amend, Amended, Cancel, CancelReason, Canceled, Command, CommandPayload,
    Confirmed, Event, EventHeader, Executed, GivenPrice, GivenQuantity, InstrumentId, Liquidity,
    MassCancel, Name, OnDisconnect, Order, OrderFlags, OrderRef, OrderType, Price, Quantity,
    Reason, Rejected, Replace, Request, Restated, Session, SessionState, Side, StreamId,
    StreamKind, TimeInForce, Timestamp,
};

use crate::views::directory::Directory;

/// Who asks: the stream a connection is logged in to.
#[derive(Clone, Copy, Debug)]
pub struct Seat {
    /// Whose stream.
    pub account: AccountId,
    /// Which.
    pub stream: StreamId,
    /// Its name.
    pub name: Name,
    /// What becomes of its orders when its session closes.
    pub on_disconnect: OnDisconnect,
}

/// What a message asks for.
#[derive(Clone, PartialEq, Debug)]
pub enum Asked {
    /// Something of the engine.
    Command(Command),
    /// Something the engine will refuse, and why in words.
    Refused(Command, String),
    /// Which UserRefNum comes next.
    NextUserRef,
}

/// What a message asks the venue for.
pub fn asked(message: &Inbound, seat: &Seat, directory: &Directory) -> Asked {
    match message {
        Inbound::Enter(enter) => order(enter, seat, directory),
        Inbound::Replace(replace) => replaced(replace, seat, directory),
        Inbound::Cancel(cancel) if cancel.quantity == 0 => {
            let target = OrderRef::user_ref(cancel.user_ref);
            Asked::Command(Cancel { account: seat.account, target }.into())
        }
        Inbound::Cancel(cancel) => {
            Asked::Command(reduced(seat, cancel.user_ref, cancel.quantity).into())
        }
        Inbound::Modify(modify) => {
            Asked::Command(reduced(seat, modify.user_ref, modify.quantity).into())
        }
        Inbound::MassCancel(mass) => mass_cancel(mass, seat, directory),
        Inbound::DisableOrderEntry(disable) => {
            Asked::Command(entry(seat, disable.user_ref, SessionState::CancelOnly))
        }
        Inbound::EnableOrderEntry(enable) => {
            Asked::Command(entry(seat, enable.user_ref, SessionState::Enabled))
        }
        Inbound::AccountQuery(_) => Asked::NextUserRef,
    }
}

/// What a message asks for that is none: something the engine refuses, where its number could be
/// read, so that the number is used up and the refusal is told as any other.
pub fn asked_badly(error: &OuchError, seat: &Seat, directory: &Directory) -> Option<Asked> {
    let user_ref = error.user_ref.filter(|&number| number > 0)?;
    let order = Order {
        account: seat.account,
        user_ref,
        price: GivenPrice::refused(Reason::BadValue),
        id: own_name(&error.client_id),
        ..Order::default()
    };
    let command = match error.about {
        About::Order(symbol) => {
            let instrument = symbol.map_or(InstrumentId::NONE, |it| instrument(&it, directory));
            Order { instrument, ..order }.into()
        }
        About::Replacement(original) => {
            let target = OrderRef::user_ref(original.unwrap_or_default());
            Replace { target, order }.into()
        }
        About::Resting => reduced(seat, user_ref, 0).into(),
        About::Stream => entry(seat, user_ref, NEVER_ASKED_FOR),
    };
    Some(Asked::Refused(command, error.to_string()))
}

/// A request of this state is refused.
const NEVER_ASKED_FOR: SessionState = SessionState::Disabled;

/// A message that numbers itself does so from 1 on.
///
/// # Errors
/// A sentence, where it does not.
pub fn check_number(message: &Inbound) -> Result<(), &'static str> {
    let number = match message {
        Inbound::Enter(enter) => enter.user_ref,
        Inbound::Replace(replace) => replace.user_ref,
        Inbound::MassCancel(mass) => mass.user_ref,
        Inbound::DisableOrderEntry(disable) => disable.user_ref,
        Inbound::EnableOrderEntry(enable) => enable.user_ref,
        Inbound::Cancel(_) | Inbound::Modify(_) | Inbound::AccountQuery(_) => return Ok(()),
    };
    if number > 0 { Ok(()) } else { Err("the UserRefNum is 0; a client numbers from 1 on") }
}

fn order(enter: &Enter, seat: &Seat, directory: &Directory) -> Asked {
    let terms = terms(enter.price, enter.quantity, enter.time_in_force, &enter.appendages);
    let side = side(enter.side);
    let new = Order {
        account: seat.account,
        instrument: instrument(&enter.symbol, directory),
        side,
        user_ref: enter.user_ref,
        id: own_name(&enter.client_id),
        ..Order::default()
    };
    given(terms, new, |order| order.into())
}

fn replaced(replace: &ouch::Replace, seat: &Seat, directory: &Directory) -> Asked {
    let terms = terms(replace.price, replace.quantity, replace.time_in_force, &replace.appendages);
    let _ = directory;
    let new = Order {
        account: seat.account,
        user_ref: replace.user_ref,
        id: own_name(&replace.client_id),
        ..Order::default()
    };
    let target = OrderRef::user_ref(replace.original_user_ref);
    given(terms, new, |order| Replace { target, order }.into())
}

fn given(terms: Result<Terms, String>, order: Order, into: impl FnOnce(Order) -> Command) -> Asked {
    match terms {
        Ok(terms) => {
            let Terms { price, quantity, kind, time_in_force, flags } = terms;
            Asked::Command(into(Order { price, quantity, kind, time_in_force, flags, ..order }))
        }
        Err(why) => {
            let price = GivenPrice::refused(Reason::BadValue);
            Asked::Refused(into(Order { price, ..order }), why)
        }
    }
}

/// What an order and a replacement have in common.
struct Terms {
    price: GivenPrice,
    quantity: GivenQuantity,
    kind: OrderType,
    time_in_force: TimeInForce,
    flags: OrderFlags,
}

fn terms(
    price: u64,
    quantity: u32,
    time: WireTime,
    appendages: &Appendages,
) -> Result<Terms, String> {
    if let Some(name) = unsupported(appendages) {
        return Err(format!("{name} is not supported; leave the appendage out"));
    }
    let is_market = price == MARKET_PRICE;
    let is_post_only = appendages.post_only == Some(PostOnly::Yes);
    Ok(Terms {
        price: if is_market { GivenPrice::ABSENT } else { given_price(price) },
        quantity: given_quantity(quantity),
        kind: if is_market { OrderType::Market } else { OrderType::Limit },
        time_in_force: time_in_force(time, quantity, is_market, appendages)?,
        flags: if is_post_only { OrderFlags::POST_ONLY } else { OrderFlags::NONE },
    })
}

/// FOK is IOC that must execute whole; good till cancelled is a day order that outlives the day.
fn time_in_force(
    time: WireTime,
    quantity: u32,
    is_market: bool,
    appendages: &Appendages,
) -> Result<TimeInForce, String> {
    match (time, appendages.min_quantity) {
        (WireTime::ImmediateOrCancel, None | Some(0)) => Ok(TimeInForce::Ioc),
        (WireTime::ImmediateOrCancel, Some(least)) if least == quantity => Ok(TimeInForce::Fok),
        (_, Some(least)) if least > 0 => {
            Err("MinQty is supported where it is the whole quantity of an IOC order".into())
        }
        (WireTime::Day, _) if is_market => Ok(TimeInForce::Ioc),
        (WireTime::Day, _) if appendages.good_till_cancel == Some(YesNo::Yes) => {
            Ok(TimeInForce::Gtc)
        }
        (WireTime::Day, _) => Err("day orders are not supported: add the appendage \
                                   GoodTillCancel (203) `Y`, or send IOC"
            .into()),
        (WireTime::ExtendedHours | WireTime::GoodTillTime | WireTime::AfterHours, _)
        | (WireTime::ImmediateOrCancel, Some(_)) => Err(format!(
            "the TimeInForce {time:?} is not supported; send `0` with GoodTillCancel, or `3`"
        )),
    }
}

/// The first appendage that asks for what the venue does not have.
fn unsupported(appendages: &Appendages) -> Option<&'static str> {
    let is_pegged = appendages.price_type.is_some_and(|kind| kind != PriceType::Limit);
    let checks = [
        (appendages.max_floor.is_some_and(|shown| shown > 0), "MaxFloor"),
        (is_pegged, "PriceType"),
        (appendages.stop_price.is_some(), "StopPrice"),
        (appendages.trail.is_some(), "Trail"),
        (appendages.reduce_only == Some(YesNo::Yes), "ReduceOnly"),
        (appendages.expire_at.is_some(), "ExpireAt"),
    ];
    checks.into_iter().find_map(|(is_there, name)| is_there.then_some(name))
}

/// Less of an order; none of it is refused.
fn reduced(seat: &Seat, user_ref: u32, quantity: u32) -> Amend {
    Amend {
        account: seat.account,
        target: OrderRef::user_ref(user_ref),
        reserved: [0; 4],
        quantity: given_quantity(quantity),
        price: GivenPrice::ABSENT,
        reserved_2: [0; 32],
        new_id: Name::ABSENT,
        reserved_3: [0; 4],
    }
}

fn mass_cancel(mass: &ouch::MassCancel, seat: &Seat, directory: &Directory) -> Asked {
    let instrument = if mass.symbol.is_blank() {
        InstrumentId::NONE
    } else {
        instrument(&mass.symbol, directory)
    };
    let command = MassCancel {
        account: seat.account,
        instrument,
        stream: seat.stream,
        side: 0,
        reserved: [0; 3],
        tag: Name::ABSENT,
        user_ref: mass.user_ref,
    };
    if !mass.symbol.is_blank() && !instrument.is_some() {
        let why = format!("no instrument has the wire symbol {}", mass.symbol);
        let order = Order { account: seat.account, user_ref: mass.user_ref, ..Order::default() };
        return Asked::Refused(order.into(), why);
    }
    Asked::Command(command.into())
}

fn entry(seat: &Seat, user_ref: u32, state: SessionState) -> Command {
    Session {
        account: seat.account,
        name: seat.name,
        kind: StreamKind::Ouch,
        state,
        cancel_on_disconnect: seat.on_disconnect,
        reserved: 0,
        user_ref,
    }
    .into()
}

fn instrument(symbol: &Symbol, directory: &Directory) -> InstrumentId {
    let mut padded = [0; 8];
    let text = symbol.as_str().as_bytes();
    padded[..text.len()].copy_from_slice(text);
    directory.instrument_on_wire(&padded).unwrap_or(InstrumentId::NONE)
}

const fn side(side: WireSide) -> Side {
    match side {
        WireSide::Buy => Side::Buy,
        WireSide::Sell | WireSide::SellShort | WireSide::SellShortExempt => Side::Sell,
    }
}

fn given_price(ticks: u64) -> GivenPrice {
    Price::new(ticks).map_or(GivenPrice::refused(Reason::BadValue), GivenPrice::of)
}

fn given_quantity(lots: u32) -> GivenQuantity {
    let lots = Quantity::new(u64::from(lots));
    lots.map_or(GivenQuantity::refused(Reason::BadValue), GivenQuantity::of)
}

/// The account's own name of an order; one that is no name is not kept.
fn own_name(client_id: &ClientId) -> Name {
    Name::parse(client_id.as_str()).unwrap_or(Name::ABSENT)
}

/// The message that an event is on its stream; none where it is none.
pub fn message(header: &EventHeader, event: &Event, directory: &Directory) -> Option<Outbound> {
    let time = past_midnight(header.time);
    match event {
        Event::Accepted(event) => Some(accepted(time, event, directory)),
        Event::Rejected(event) => Some(rejected(time, event)),
        Event::Executed(event) => Some(executed(time, event)),
        Event::Amended(event) => Some(amended(time, event)),
        Event::Canceled(event) => Some(canceled(time, event)),
        Event::Confirmed(event) => Some(confirmed(time, event, directory)),
        Event::Restated(event) => Some(restated(time, event)),
        Event::SessionEnded(_) => {
            Some(Outbound::SystemEvent(ouch::SystemEvent { time, event: EventCode::EndOfDay }))
        }
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
        | Event::Day(_) => None,
    }
}

/// Nanoseconds past midnight UTC.
pub const fn past_midnight(time: Timestamp) -> u64 {
    time.0 % Timestamp::DAY
}

fn accepted(time: u64, event: &Accepted, directory: &Directory) -> Outbound {
    let (wire_time, appendages) = shown_terms(event);
    let symbol = wire_symbol(event.instrument, directory);
    let price = if event.kind == OrderType::Market { MARKET_PRICE } else { event.price };
    let client_id = ClientId::new(event.id.as_str()).unwrap_or_default();
    let (user_ref, order) = (event.report.user_ref, event.order.0);
    let (side, quantity) = (wire_side(event.side), narrow(event.quantity));
    let (display, sweep) = (Display::Visible, Sweep::NotEligible);
    let (capacity, cross, state) = (Capacity::Other, CrossType::Continuous, OrderState::Live);
    if event.replaces != 0 {
        return Outbound::Replaced(ouch::Replaced {
            time,
            original_user_ref: event.replaces,
            user_ref,
            side,
            quantity,
            symbol,
            price,
            time_in_force: wire_time,
            display,
            order,
            capacity,
            sweep,
            cross,
            state,
            client_id,
            appendages,
        });
    }
    Outbound::Accepted(ouch::Accepted {
        time,
        user_ref,
        side,
        quantity,
        symbol,
        price,
        time_in_force: wire_time,
        display,
        order,
        capacity,
        sweep,
        cross,
        state,
        client_id,
        appendages,
    })
}

/// Time in force and instructions, as they would be entered.
fn shown_terms(event: &Accepted) -> (WireTime, Appendages) {
    let mut appendages = Appendages::NONE;
    if event.flags.has(OrderFlags::POST_ONLY) {
        appendages.post_only = Some(PostOnly::Yes);
    }
    let time = match event.time_in_force {
        TimeInForce::Gtc => {
            appendages.good_till_cancel = Some(YesNo::Yes);
            WireTime::Day
        }
        TimeInForce::Ioc => WireTime::ImmediateOrCancel,
        TimeInForce::Fok => {
            appendages.min_quantity = Some(narrow(event.quantity));
            WireTime::ImmediateOrCancel
        }
    };
    (time, appendages)
}

fn rejected(time: u64, event: &Rejected) -> Outbound {
    let user_ref = event.report.user_ref;
    let is_of_order = event.command == Cancel::NUMBER || event.command == Amend::NUMBER;
    if is_of_order {
        return Outbound::CancelReject(ouch::CancelReject { time, user_ref });
    }
    Outbound::Rejected(ouch::Rejected {
        time,
        user_ref,
        reason: reject_code(event.reason),
        client_id: ClientId::new(event.id.as_str()).unwrap_or_default(),
    })
}

fn executed(time: u64, event: &Executed) -> Outbound {
    Outbound::Executed(ouch::Executed {
        time,
        user_ref: event.report.user_ref,
        quantity: narrow(event.quantity),
        price: event.price,
        liquidity: match event.liquidity {
            Liquidity::Maker => LiquidityFlag::Added,
            Liquidity::Taker => LiquidityFlag::Removed,
        },
        trade: event.trade.0,
        no_appendage: Zero,
    })
}

/// What is less is told as cancelled, with the lots taken off; anything else as modified.
fn amended(time: u64, event: &Amended) -> Outbound {
    let user_ref = event.report.user_ref;
    if event.taken_off > 0 {
        let reason = cancel_code(CancelReason::User);
        let quantity = narrow(event.taken_off);
        return Outbound::Canceled(ouch::Canceled { time, user_ref, quantity, reason });
    }
    let (side, quantity) = (wire_side(event.side), narrow(event.leaves));
    Outbound::Modified(ouch::Modified { time, user_ref, side, quantity })
}

fn canceled(time: u64, event: &Canceled) -> Outbound {
    let (user_ref, quantity) = (event.report.user_ref, narrow(event.leaves));
    let reason = cancel_code(event.reason);
    if event.reason == CancelReason::SelfTrade {
        return Outbound::AiqCanceled(ouch::AiqCanceled {
            time,
            user_ref,
            quantity,
            reason,
            prevented: quantity,
            price: 0,
            liquidity: LiquidityFlag::Removed,
            strategy: Alpha::BLANK,
        });
    }
    Outbound::Canceled(ouch::Canceled { time, user_ref, quantity, reason })
}

/// The order by the venue's number of it, with what is left of it and where it stands.
fn restated(time: u64, event: &Restated) -> Outbound {
    let user_ref = event.report.user_ref;
    let appendages = Appendages {
        secondary_order: Some(event.order.0),
        display_quantity: Some(narrow(event.leaves)),
        display_price: Some(event.price),
        ..Appendages::NONE
    };
    let reason = RestateReason::NewDay;
    Outbound::Restated(ouch::Restated { time, user_ref, reason, appendages })
}

fn confirmed(time: u64, event: &Confirmed, directory: &Directory) -> Outbound {
    let (user_ref, firm) = (event.report.user_ref, Firm::BLANK);
    let appendages = Appendages::NONE;
    match event.request {
        Request::MassCancel => {
            let symbol = wire_symbol(event.instrument, directory);
            let response = ouch::MassCancelResponse { time, user_ref, firm, symbol, appendages };
            Outbound::MassCancelResponse(response)
        }
        Request::Disable => {
            Outbound::DisableResponse(ouch::DisableResponse { time, user_ref, firm, appendages })
        }
        Request::Enable => {
            Outbound::EnableResponse(ouch::EnableResponse { time, user_ref, firm, appendages })
        }
    }
}

fn wire_symbol(instrument: InstrumentId, directory: &Directory) -> Symbol {
    let listing = directory.instrument(instrument);
    let bytes = listing.map_or([0; 8], |listing| listing.terms.wire_symbol);
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    let text = core::str::from_utf8(&bytes[..end]).unwrap_or_default();
    Symbol::new(text).unwrap_or_default()
}

const fn wire_side(side: Side) -> WireSide {
    match side {
        Side::Buy => WireSide::Buy,
        Side::Sell => WireSide::Sell,
    }
}

/// Lots on the wire. What comes in over it fits.
fn narrow(lots: u64) -> u32 {
    u32::try_from(lots).unwrap_or(u32::MAX)
}
