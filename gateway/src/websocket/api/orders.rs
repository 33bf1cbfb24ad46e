//! Orders, lookups and settings: what somebody who has logged on may ask.

use ringside_protocol::wire::json::answer::{self, AccountShown};
use ringside_protocol::wire::json::{
    Asked, CancelOrder, Code, Listing, OrderNamed, PlaceOrder, RequestError,
};
use ringside_protocol::{
    Cancel, KeyId, MassCancel, Name, OnDisconnect, OrderRef, Origin, Reason, SessionState,
    StreamId, Timestamp,
};

use super::super::{Taken, shown};
use super::reply::Reply;
use super::shared::{find, instrument, nobody, say, session, with_listing};
use super::{Api, CLOCK, Proof, Waiting, What};
use crate::talk::Context;

impl Api {
    pub(super) fn place(
        &mut self,
        id: Reply,
        place: &PlaceOrder<'_>,
        key: KeyId,
        context: &mut Context<'_>,
    ) -> Result<Taken, RequestError> {
        let speaking = self.speaking.as_ref().ok_or_else(nobody)?;
        let (account, stream) = (speaking.holder.account, speaking.stream);
        let instrument = instrument(context.house, place.symbol)?;
        let listing = shown::listing(&context.house.views.directory, instrument);
        let listing = listing.ok_or_else(|| RequestError::unknown_symbol("symbol"))?;
        let name = match place.id {
            Some(name) => name,
            None => self.own_name(context.now),
        };
        let order = place.order(account, instrument, name, &listing.terms);
        let what = What::Place { id: name, detail: place.detail };
        self.command(id, Origin { key, stream, ..Origin::default() }, order.into(), what, context)
    }

    /// A client order id for who gives none: no two of an account are alike.
    pub(super) fn own_name(&mut self, now: Timestamp) -> Name {
        self.named += 1;
        let stream = self.speaking.as_ref().map_or(0, |speaking| speaking.stream.0);
        let name = format!("x-{stream:x}-{:x}-{:x}", now.0, self.named);
        Name::parse(&name).expect("Invariant: hexadecimal numbers make a name")
    }

    pub(super) fn cancel(
        &mut self,
        id: Reply,
        cancel: &CancelOrder,
        text: &str,
        proof: Proof,
        key: KeyId,
        context: &mut Context<'_>,
    ) -> Result<Taken, RequestError> {
        let speaking = self.speaking.as_ref().ok_or_else(nobody)?;
        let (account, stream) = (speaking.holder.account, speaking.stream);
        instrument(context.house, cancel.symbol)?;
        let target = match (cancel.order.id, cancel.order.number) {
            (Some(name), _) => name,
            (None, number) if proof == Proof::Settled => {
                let row = number.and_then(|number| context.house.views.orders.get(number));
                let row = row.filter(|row| row.account == account);
                row.ok_or_else(|| RequestError::because(Asked::Cancel, Reason::UnknownOrder))?.id
            }
            (None, _) => {
                let what = What::Look { text: text.to_owned() };
                return self.command(id, Origin::default(), CLOCK.into(), what, context);
            }
        };
        let command = Cancel { account, target: OrderRef::id(target) };
        let what = What::Cancel { target, id: cancel.id };
        self.command(id, Origin { key, stream, ..Origin::default() }, command.into(), what, context)
    }

    pub(super) fn cancel_all(
        &mut self,
        id: Reply,
        symbol: Name,
        key: KeyId,
        context: &mut Context<'_>,
    ) -> Result<Taken, RequestError> {
        let speaking = self.speaking.as_ref().ok_or_else(nobody)?;
        let (account, stream) = (speaking.holder.account, speaking.stream);
        let instrument = instrument(context.house, symbol)?;
        let open = context.house.views.orders.open(account);
        let orders = open.filter(|row| row.instrument == instrument).map(|row| row.order);
        let what = What::CancelAll { orders: orders.collect() };
        let command = MassCancel {
            account,
            instrument,
            stream: StreamId::NONE,
            side: 0,
            reserved: [0; 3],
            tag: Name::ABSENT,
            user_ref: 0,
        };
        self.command(id, Origin { key, stream, ..Origin::default() }, command.into(), what, context)
    }

    pub(super) fn order_status(
        &self,
        id: &Reply,
        symbol: Name,
        named: &OrderNamed,
        context: &mut Context<'_>,
    ) -> Result<(), RequestError> {
        let account = self.speaking.as_ref().ok_or_else(nobody)?.holder.account;
        let house = &*context.house;
        let asked = instrument(house, symbol)?;
        let row = find(house, account, named).filter(|row| row.instrument == asked);
        let row = row.ok_or_else(|| RequestError::because(Asked::Find, Reason::UnknownOrder))?;
        let listing = shown::listing(&house.views.directory, row.instrument);
        let listing = listing.ok_or_else(|| RequestError::unknown_symbol("symbol"))?;
        let order = shown::order(row, &listing);
        say(context.out, id, |out| answer::order_status(out, &listing, &order));
        Ok(())
    }

    pub(super) fn open_orders(
        &self,
        id: &Reply,
        symbol: Option<Name>,
        context: &mut Context<'_>,
    ) -> Result<(), RequestError> {
        let account = self.speaking.as_ref().ok_or_else(nobody)?.holder.account;
        let house = &*context.house;
        let wanted = symbol.map(|symbol| instrument(house, symbol)).transpose()?;
        let open = house.views.orders.open(account);
        let open = open.filter(|row| wanted.is_none_or(|wanted| row.instrument == wanted));
        let shown: Vec<_> = open.filter_map(|row| with_listing(house, row)).collect();
        let orders = shown.iter().map(|(listing, order)| (listing, order));
        say(context.out, id, |out| answer::open_orders(out, orders));
        Ok(())
    }

    pub(super) fn account(
        &self,
        id: &Reply,
        omit_zero: bool,
        context: &mut Context<'_>,
    ) -> Result<(), RequestError> {
        let speaking = self.speaking.as_ref().ok_or_else(nobody)?;
        let account = speaking.holder.account;
        let views = &context.house.views;
        let member = views.directory.account(account);
        let balances = shown::balances(views, account);
        let shown = AccountShown {
            name: member.map_or(Name::ABSENT, |member| member.name),
            can_trade: member.is_some_and(|member| !member.is_killed),
            maker_fee: Default::default(),
            taker_fee: Default::default(),
            updated: views.time(),
            sequence: views.sequence().0,
            checksum: 0,
            balances: &balances,
        };
        say(context.out, id, |out| answer::account(out, &shown, omit_zero));
        Ok(())
    }

    /// Gives out a ticket; the answer waits until it is on file.
    pub(super) fn ticket(
        &mut self,
        id: Reply,
        stream: Name,
        key: KeyId,
        context: &mut Context<'_>,
    ) -> Result<(), RequestError> {
        let account = self.speaking.as_ref().ok_or_else(nobody)?.holder.account;
        let mut random = [0; 16];
        if !(context.house.random)(&mut random) {
            return Err(RequestError::new(Code::Busy, "there are no random bytes to be had"));
        }
        let issued = context.house.tickets.issue(random, account, stream, key, context.now);
        let ticket = issued
            .map_err(|error| RequestError::about(Code::BadValue, "stream", error.to_string()))?;
        let token = context.house.token_when_filed(context.id);
        let what = What::Ticket { stream, ticket };
        self.waiting.push_back(Waiting { token, id, since: context.now, what });
        Ok(())
    }

    pub(super) fn set_on_disconnect(
        &mut self,
        id: Reply,
        on: OnDisconnect,
        context: &mut Context<'_>,
    ) -> Result<Taken, RequestError> {
        let speaking = self.speaking.as_ref().ok_or_else(nobody)?;
        let account = speaking.holder.account;
        let command = session(account, speaking.name, SessionState::Open, on);
        let what = What::Settings { on };
        self.command(id, Origin::default(), command.into(), what, context)
    }

    /// An order of the account by its name.
    pub(super) fn own_order(
        &self,
        name: Name,
        context: &Context<'_>,
    ) -> Result<(Listing, ringside_protocol::wire::json::OrderShown), RequestError> {
        let account = self.speaking.as_ref().ok_or_else(nobody)?.holder.account;
        let house = &*context.house;
        let row = house.views.orders.named(account, name);
        let shown = row.and_then(|row| with_listing(house, row));
        shown.ok_or_else(|| RequestError::because(Asked::Find, Reason::UnknownOrder))
    }
}
