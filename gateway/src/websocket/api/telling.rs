//! What a connection is told unasked: the events of its stream, or of its account.

use ringside_protocol::wire::json::answer;
use ringside_protocol::wire::json::event;
use ringside_protocol::wire::json::{Code, RequestError, Scope, Subscribe};
use ringside_protocol::{AccountId, Event, EventHeader};

use super::super::catching::Catching;
use super::super::shown;
use super::reply::Reply;
use super::shared::{nobody, say, say_event, tell, told};
use super::{Api, BalanceShown, Subscription};
use crate::library::Answer;
use crate::talk::{Context, Farewell};

impl Api {
    pub(super) fn subscribe(
        &mut self,
        id: &Reply,
        subscribe: &Subscribe,
        context: &mut Context<'_>,
    ) -> Result<(), RequestError> {
        let speaking = self.speaking.as_ref().ok_or_else(nobody)?;
        if self.subscription.is_some() {
            return Err(RequestError::new(Code::BadValue, "the connection is subscribed already"));
        }
        let catching = match subscribe.resume_after {
            Some(cursor) => {
                let session = context.house.session;
                if cursor.session.as_str() != session.as_str() {
                    let fix =
                        format!("the session is {session} now; begin anew without resumeAfter");
                    return Err(RequestError::about(Code::BadValue, "resumeAfter.session", fix));
                }
                let row = context.house.views.directory.stream(speaking.stream);
                let number = row.map_or(0, |row| u64::from(row.number));
                if cursor.number > number {
                    let fix = format!("the stream's last message has the number {number}");
                    return Err(RequestError::about(Code::BadValue, "resumeAfter.number", fix));
                }
                let is_behind = cursor.number < number;
                is_behind
                    .then(|| Catching::new(speaking.stream, cursor.number, number, context.now))
            }
            None => None,
        };
        self.subscriptions += 1;
        let number = self.subscriptions;
        say(context.out, id, |out| answer::subscribed(out, number));
        context.house.subscribe(speaking.holder.account, context.id);
        let balances = shown::balances(&context.house.views, speaking.holder.account);
        let scope = subscribe.scope;
        self.subscription = Some(Subscription { number, scope, catching, balances });
        self.fetch(context);
        Ok(())
    }

    pub(super) fn unsubscribe(&mut self, context: &mut Context<'_>) {
        if let (Some(_), Some(speaking)) = (self.subscription.take(), &self.speaking) {
            context.house.unsubscribe(speaking.holder.account, context.id);
        }
    }

    pub(super) fn fetch(&mut self, context: &mut Context<'_>) {
        let catching = self.subscription.as_mut().and_then(|ours| ours.catching.as_mut());
        if let Some(catching) = catching {
            catching.fetch(context);
        }
    }

    /// An event of the connection's stream, or of another of its account.
    pub(in crate::websocket) fn hear(
        &mut self,
        header: &EventHeader,
        event: &Event,
        context: &mut Context<'_>,
    ) {
        let Some(speaking) = &self.speaking else { return };
        let (Some(report), stream) = (event.report(), speaking.stream) else { return };
        let is_own = report.stream == stream;
        if is_own && !self.waiting.is_empty() {
            self.heard.push_back((header.sequence, *event));
        }
        let Some(subscription) = &mut self.subscription else { return };
        if !is_own && subscription.scope == Scope::Stream {
            return;
        }
        match &mut subscription.catching {
            Some(catching) if is_own => {
                catching.hear(header, event, context.house.limits.out_bytes_max);
            }
            Some(_) | None => {
                let order = context.house.views.orders.of(event).copied();
                tell(subscription.number, header, event, order.as_ref(), context);
            }
        }
    }

    /// The account's balances may have changed.
    pub(in crate::websocket) fn touched(
        &mut self,
        header: &EventHeader,
        account: AccountId,
        context: &mut Context<'_>,
    ) {
        let (Some(subscription), Some(speaking)) = (&mut self.subscription, &self.speaking) else {
            return;
        };
        if subscription.catching.is_some() || speaking.holder.account != account {
            return;
        }
        let balances = shown::balances(&context.house.views, account);
        let known = std::mem::replace(&mut subscription.balances, balances.clone());
        let is_news = |balance: &&BalanceShown| !known.contains(balance);
        let changed: Vec<BalanceShown> = balances.iter().filter(is_news).copied().collect();
        if changed.is_empty() {
            return;
        }
        let row = context.house.views.directory.stream(speaking.stream);
        let number = row.map_or(0, |row| row.number);
        let told = told(subscription.number, header, number, context.house);
        say_event(context.out, |out| event::account_position(out, &told, &changed));
    }

    /// What was told before came.
    pub(in crate::websocket) fn fetched(
        &mut self,
        answer: Answer,
        context: &mut Context<'_>,
    ) -> Result<(), Farewell> {
        let Some(subscription) = &mut self.subscription else { return Ok(()) };
        let Some(catching) = &mut subscription.catching else { return Ok(()) };
        let number = subscription.number;
        let is_done = catching.fetched(answer, context, |header, event, row, context| {
            tell(number, header, event, row, context);
        })?;
        if is_done {
            subscription.catching = None;
        } else {
            self.fetch(context);
        }
        Ok(())
    }
}
