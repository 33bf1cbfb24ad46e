//! The answers to requests, when their commands have ended.

use ringside_protocol::wire::json::answer::{self, Fill};
use ringside_protocol::wire::json::{Asked, Code, RequestError};
use ringside_protocol::{Event, Reason, Rejected, Sequence, StreamId, StreamKind};

use super::reply::Reply;
use super::shared::{refuse_if, say, with_listing};
use super::{Api, Proof, Speaking, Waiting, What};
use crate::talk::Context;

impl Api {
    /// Why a command was refused, if it was.
    pub(super) fn refusal(&self, sequence: Sequence) -> Option<&Rejected> {
        self.heard.iter().find_map(|(of, event)| {
            let Event::Rejected(rejected) = event else { return None };
            (*of == sequence).then_some(rejected)
        })
    }

    /// What was executed by now of the order that a command entered.
    pub(super) fn fills(&self, sequence: Sequence) -> Vec<Fill> {
        let entered = self.heard.iter().find_map(|(of, event)| {
            let Event::Accepted(accepted) = event else { return None };
            (*of == sequence).then_some(accepted.order)
        });
        let fill = |(_, event): &(Sequence, Event)| {
            let Event::Executed(executed) = event else { return None };
            let fill = Fill {
                price: executed.price,
                quantity: executed.quantity,
                fee: executed.fee.units(),
                trade: executed.trade,
            };
            (Some(executed.order) == entered).then_some(fill)
        };
        self.heard.iter().filter_map(fill).collect()
    }

    /// Nobody asks any more what became of this command and those before it.
    pub(super) fn forget(&mut self, sequence: Sequence) {
        if self.waiting.is_empty() {
            self.heard.clear();
        }
        while self.heard.front().is_some_and(|(of, _)| *of <= sequence) {
            self.heard.pop_front();
        }
    }

    /// A command has ended: whoever waits for it is answered.
    pub(in crate::websocket) fn settled(
        &mut self,
        token: u64,
        sequence: Sequence,
        context: &mut Context<'_>,
    ) {
        let at = self.waiting.iter().position(|waiting| waiting.token == token);
        if let Some(waiting) = at.and_then(|at| self.waiting.remove(at)) {
            let id = waiting.id.clone();
            if let Err(error) = self.answer(waiting, sequence, context) {
                id.refuse(context.out, error);
            }
        }
        self.forget(sequence);
    }

    pub(super) fn answer(
        &mut self,
        waiting: Waiting,
        sequence: Sequence,
        context: &mut Context<'_>,
    ) -> Result<(), RequestError> {
        let Waiting { id, what, .. } = waiting;
        refuse_if(self.refusal(sequence), context)?;
        match what {
            What::LogOn { holder, api_key, name, on, then } => {
                let speaking = Speaking {
                    holder,
                    api_key,
                    name,
                    stream: StreamId::NONE,
                    since: context.now,
                    on_disconnect: on,
                };
                self.logged_on(&id, speaking, then, context)?;
            }
            What::Place { id: name, detail } => {
                let fills = self.fills(sequence);
                let (listing, order) = self.own_order(name, context)?;
                say(context.out, &id, |out| {
                    answer::order_placed(out, &listing, &order, &fills, detail);
                });
            }
            What::Cancel { target, id: own } => {
                let (listing, order) = self.own_order(target, context)?;
                say(context.out, &id, |out| answer::order_canceled(out, &listing, &order, own));
            }
            What::CancelAll { orders } => {
                let house = &*context.house;
                let rows = orders.iter().filter_map(|&order| house.views.orders.get(order));
                let ended = rows.filter(|row| row.canceled.is_some());
                let shown: Vec<_> = ended.filter_map(|row| with_listing(house, row)).collect();
                if shown.is_empty() {
                    return Err(RequestError::because(Asked::Cancel, Reason::UnknownOrder));
                }
                let orders = shown.iter().map(|(listing, order)| (listing, order));
                say(context.out, &id, |out| answer::orders_canceled(out, orders));
            }
            What::Look { text } => {
                self.request(&text, Proof::Settled, context);
            }
            What::Settings { on } => {
                if let Some(speaking) = &mut self.speaking {
                    speaking.on_disconnect = on;
                }
                say(context.out, &id, |out| answer::cancel_on_disconnect(out, on));
            }
            What::Ticket { stream, ticket } => say(context.out, &id, |out| {
                answer::ticket(out, stream, &ticket.password, ticket.expires);
            }),
        }
        Ok(())
    }

    pub(super) fn logged_on(
        &mut self,
        id: &Reply,
        speaking: Speaking,
        then: Option<String>,
        context: &mut Context<'_>,
    ) -> Result<(), RequestError> {
        let directory = &context.house.views.directory;
        let (account, name) = (speaking.holder.account, speaking.name);
        let stream = directory.stream_named(account, name);
        let row = stream.and_then(|stream| directory.stream(stream)).copied();
        let row = row.filter(|row| row.kind == StreamKind::WebSocket && row.state.is_there());
        let Some(row) = row else {
            context.house.part(account, name);
            let fix = format!("the stream {name} is one of the binary door; choose another name");
            return Err(RequestError::about(Code::BadValue, "stream", fix));
        };
        context.house.listen(row.stream, context.id);
        self.speaking = Some(Speaking { stream: row.stream, ..speaking });
        match then {
            None => self.say_welcome(id, context),
            Some(text) => {
                self.request(&text, Proof::Given, context);
            }
        }
        Ok(())
    }
}
