//! What a connection is told unasked: the events of its stream, or of its account.

use ringside_protocol::wire::json::answer;
use ringside_protocol::wire::json::event;
use ringside_protocol::wire::json::{Code, Cursor, RequestError, Scope, Subscribe};
use ringside_protocol::wire::soup::SessionId;
use ringside_protocol::{AccountId, Event, EventHeader, StreamId};

use super::super::catching::Catching;
use super::super::shown;
use super::reply::Reply;
use super::shared::{nobody, say, say_event, tell, told};
use super::{Api, BalanceShown, Subscription};
use crate::library::Answer;
use crate::talk::{Context, Farewell};

/// What is told before what happens, if anything is; the cursor must be of a session that can be
/// had.
fn resume(
    cursor: Cursor,
    stream: StreamId,
    context: &Context<'_>,
) -> Result<Option<Catching>, RequestError> {
    let sessions = &context.house.sessions;
    let id = SessionId::new(cursor.session.as_str()).filter(|id| !id.is_blank());
    let Some(session) = id.and_then(|id| sessions.find(&id)) else {
        let running = sessions.running().id;
        let fix = format!("the session is {running} now; begin anew without resumeAfter");
        return Err(RequestError::about(Code::BadValue, "resumeAfter.session", fix));
    };
    let is_running = sessions.is_running(session.number);
    let row = context.house.views.directory.stream(stream);
    let last = row.map_or(0, |row| if is_running { row.number } else { row.number_before });
    let last = u64::from(last);
    if cursor.number > last {
        let fix = format!("the stream's last message has the number {last}");
        return Err(RequestError::about(Code::BadValue, "resumeAfter.number", fix));
    }
    let is_behind = cursor.number < last || !is_running;
    Ok(is_behind.then(|| Catching::new(stream, session, cursor.number, last, context.now)))
}

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
            Some(cursor) => resume(cursor, speaking.stream, context)?,
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
        // That another stream's numbers end is told there.
        let is_told =
            subscription.scope != Scope::Stream && !matches!(event, Event::SessionEnded(_));
        if !is_own && !is_told {
            return;
        }
        match &mut subscription.catching {
            Some(catching) if is_own => {
                catching.hear(header, event, context.house);
            }
            Some(_) | None => {
                let order = context.house.views.orders.of(event).copied();
                let session = *context.house.sessions.running();
                tell(subscription.number, header, event, order.as_ref(), &session, context);
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
        let session = context.house.sessions.running();
        let told = told(subscription.number, header, number, session);
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
        let is_done =
            catching.fetched(answer, context, |header, event, row, session, context| {
                tell(number, header, event, row, session, context);
            })?;
        if is_done {
            subscription.catching = None;
        } else {
            self.fetch(context);
        }
        Ok(())
    }
}
