//! One SoupBinTCP connection carrying OUCH: login by ticket, the stream from any number on, orders
//! in, heartbeats both ways. Sans-I/O; what it may use is in its [`Context`].
//!
//! ```text
//! Strange ──login──> Opening ──opened──> CatchingUp ──caught up──> Live ──day ends──> gone
//!    └──login to the session that has ended──> CatchingUp ──caught up──> gone
//! ```

use std::collections::VecDeque;

use ringside_protocol::wire::ouch::{AccountQueryResponse, Inbound, Outbound};
use ringside_protocol::wire::soup::{
    self, ClientPacket, LoginAccepted, LoginReject, LoginRequest, ServerPacket,
};
use ringside_protocol::{
    AccountId, Event, EventHeader, Name, OnDisconnect, Origin, Sequence, Session, SessionChanged,
    SessionNumber, SessionState, StreamId, StreamKind, Timestamp,
};

use crate::house::Counts;
use crate::identity::{Holder, StreamHolder};
use crate::library::{Answer, Ask};
use crate::limits::{CATCHING_UP_MAX, FETCH_BELOW_BYTES, FETCHED_MAX, MESSAGE_TOLD_BYTES_MAX};
use crate::market::Published;
use crate::ouch::{self, Asked, Seat};
use crate::sessions::Named;
use crate::talk::{Cause, Context, Farewell, Step, Talk};
use crate::throttle::Throttle;

/// A SoupBinTCP connection.
pub struct Soup {
    state: State,
    /// When the other side was heard last, and when it was told something last.
    heard: Timestamp,
    told: Timestamp,
    throttle: Throttle,
    /// A message that the venue was too busy for; only cancels pass it.
    held: Option<Inbound>,
    on_disconnect: OnDisconnect,
}

enum State {
    /// Nobody has logged in yet.
    Strange,
    /// The login was good; the venue opens the session.
    Opening { holder: StreamHolder, login: LoginRequest, token: u64 },
    /// What was told before is told again.
    CatchingUp { seat: Taken, catching: Catching },
    /// What happens is told.
    Live { seat: Taken },
}

/// The stream, by whose key it is held, and the session it is numbered in.
#[derive(Clone, Copy)]
struct Taken {
    seat: Seat,
    holder: Holder,
    session: SessionNumber,
}

/// How far somebody who resumes has come.
struct Catching {
    /// The last message told.
    told: u64,
    /// Up to here it is fetched; what is later was heard meanwhile.
    through: u64,
    heard: VecDeque<(EventHeader, Event)>,
    is_asked: bool,
    /// The session has ended: so does the connection, behind its last message.
    ends: bool,
    /// When the last piece came, or was found not to be written yet.
    since: Timestamp,
}

/// What is not to be had within this is not to be had.
const FETCH_WITHIN_NS: u64 = 10 * Timestamp::SECOND;

impl Soup {
    /// A connection that was just made.
    pub fn new(on_disconnect: OnDisconnect, messages_per_second: u32, now: Timestamp) -> Self {
        Self {
            state: State::Strange,
            heard: now,
            told: now,
            throttle: Throttle::new(messages_per_second, now),
            held: None,
            on_disconnect,
        }
    }

    fn log_in(&mut self, login: &LoginRequest, context: &mut Context<'_>) -> Step {
        match admitted(login, context) {
            Ok((holder, session)) if context.house.sessions.is_running(session.number) => {
                self.open(holder, *login, context)
            }
            Ok((holder, session)) => {
                // The stream stays whose it is: what has ended is only told.
                let entered = self.enter(&holder, login, session, context);
                entered.map_or_else(Step::Over, |_| Step::Taken(0))
            }
            Err((reject, why)) => {
                debug(context.out, &why);
                ServerPacket::LoginRejected(reject).encode(context.out);
                Step::Over(why.into())
            }
        }
    }

    /// The stream is this connection's; the venue is asked to open its session.
    fn open(
        &mut self,
        holder: StreamHolder,
        login: LoginRequest,
        context: &mut Context<'_>,
    ) -> Step {
        let account = holder.holder.account;
        let token = context.house.token(context.id);
        let session = self.session(&holder, SessionState::Open);
        if context.venue.offer(Origin::default(), session.into(), token).is_err() {
            context.house.redeem(token);
            return Step::Held;
        }
        context.house.take_stream(account, holder.stream, context.id);
        self.heard = context.now;
        self.state = State::Opening { holder, login, token };
        Step::Taken(0)
    }

    fn session(&self, holder: &StreamHolder, state: SessionState) -> Session {
        Session {
            account: holder.holder.account,
            name: holder.stream,
            kind: StreamKind::Ouch,
            state,
            cancel_on_disconnect: self.on_disconnect,
            reserved: 0,
            user_ref: 0,
        }
    }

    /// The session is open: says so, and begins where the client asked for.
    fn opened(&mut self, context: &mut Context<'_>) -> Result<(), Farewell> {
        let State::Opening { holder, login, .. } = &self.state else { return Ok(()) };
        let (holder, login) = (*holder, *login);
        // The session that was asked for may have ended meanwhile.
        let session = context.house.sessions.find(&login.session);
        let session = session.unwrap_or(*context.house.sessions.running());
        let stream = self.enter(&holder, &login, session, context)?;
        context.house.listen(stream, context.id);
        Ok(())
    }

    /// Lets a client in to a session that can be had, and begins where it asked for.
    fn enter(
        &mut self,
        holder: &StreamHolder,
        login: &LoginRequest,
        session: Named,
        context: &mut Context<'_>,
    ) -> Result<StreamId, Farewell> {
        let account = holder.holder.account;
        let is_running = context.house.sessions.is_running(session.number);
        let directory = &context.house.views.directory;
        let stream = directory.stream_named(account, holder.stream);
        let row = stream.and_then(|stream| directory.stream(stream)).copied();
        let is_there = |row: &SessionChanged| !is_running || row.state.is_there();
        let row = row.filter(|row| row.kind == StreamKind::Ouch && is_there(row));
        let Some(row) = row else {
            let (reject, why) = not_there(holder.stream, &session, is_running);
            return Err(refuse(context.out, reject, why));
        };
        let last = if is_running { row.number } else { row.number_before };
        let next = u64::from(last) + 1;
        let first = if login.sequence == 0 { next } else { login.sequence.min(next) };
        let accepted = LoginAccepted { session: session.id, sequence: first };
        ServerPacket::LoginAccepted(accepted).encode(context.out);
        let welcome = context.house.welcome(session.id, holder.stream, last, context.now);
        debug(context.out, &welcome);
        self.heard = context.now;
        let seat = Seat {
            account,
            stream: row.stream,
            name: holder.stream,
            on_disconnect: self.on_disconnect,
        };
        let seat = Taken { seat, holder: holder.holder, session: session.number };
        let catching = Catching {
            told: first - 1,
            through: next - 1,
            heard: VecDeque::new(),
            is_asked: false,
            ends: !is_running,
            since: context.now,
        };
        self.state = State::CatchingUp { seat, catching };
        self.fetch(context)?;
        Ok(row.stream)
    }

    /// Asks for what is to be told again, when there is room for it.
    fn fetch(&mut self, context: &mut Context<'_>) -> Result<(), Farewell> {
        let State::CatchingUp { seat, catching } = &mut self.state else { return Ok(()) };
        if catching.told >= catching.through {
            return self.catch_up(context);
        }
        let room = room(context);
        if catching.is_asked || context.out.len() > room.min(FETCH_BELOW_BYTES) {
            return Ok(());
        }
        let left = (catching.through - catching.told) as usize;
        catching.is_asked = context.house.desk.ask(Ask {
            connection: context.id,
            stream: seat.seat.stream,
            session: seat.session,
            after: catching.told,
            at_most: left.min(FETCHED_MAX).min(room / MESSAGE_TOLD_BYTES_MAX),
        });
        Ok(())
    }

    /// Everything from before is told: what was heard meanwhile follows, as there is room for it.
    fn catch_up(&mut self, context: &mut Context<'_>) -> Result<(), Farewell> {
        while let State::CatchingUp { seat, catching } = &mut self.state {
            catching.since = context.now;
            let seat = *seat;
            if context.out.len() > room(context) {
                return Ok(());
            }
            match catching.heard.pop_front() {
                Some((header, event)) => self.tell(&header, &event, context),
                None if catching.ends => return Err(Farewell::ended()),
                None => self.state = State::Live { seat },
            }
        }
        Ok(())
    }

    #[inline]
    fn tell(&mut self, header: &EventHeader, event: &Event, context: &mut Context<'_>) {
        if let Some(message) = ouch::message(header, event, &context.house.views.directory) {
            soup::sequenced(context.out, |out| message.encode(out));
            self.told = context.now;
        }
    }

    /// One message of a client.
    fn message(&mut self, payload: &[u8], context: &mut Context<'_>) -> Result<bool, Farewell> {
        let State::Live { seat } = &self.state else { return Ok(false) };
        let seat = *seat;
        let directory = &context.house.views.directory;
        let (asked, inbound) = match Inbound::decode(payload) {
            Ok(inbound) => {
                ouch::check_number(&inbound)?;
                (ouch::asked(&inbound, &seat.seat, directory), Some(inbound))
            }
            Err(error) => match ouch::asked_badly(&error, &seat.seat, directory) {
                Some(asked) => (asked, None),
                None => return Err(error.to_string().into()),
            },
        };
        if let Some(held) = &self.held
            && !passes(held, inbound.as_ref())
        {
            return Ok(false);
        }
        let is_taken = self.ask(&asked, &seat, context)?;
        if !is_taken
            && self.held.is_none()
            && let Some(inbound) = inbound
        {
            // It is kept, and cancels of other orders behind it go on.
            self.held = Some(inbound);
            return Ok(true);
        }
        Ok(is_taken)
    }

    /// Asks the venue; false where it is too busy.
    fn ask(
        &mut self,
        asked: &Asked,
        seat: &Taken,
        context: &mut Context<'_>,
    ) -> Result<bool, Farewell> {
        let command = match asked {
            Asked::Command(command) => command,
            Asked::Refused(command, why) => {
                debug(context.out, why);
                command
            }
            Asked::NextUserRef => {
                self.say_next_user_ref(seat, context);
                return Ok(true);
            }
        };
        let key = context.house.keys.standing(seat.holder, context.now);
        let key = key.map_err(|error| Farewell::from(error.to_string()))?.id;
        let origin = Origin { key, stream: seat.seat.stream, session: seat.session };
        let is_taken = context.venue.offer(origin, *command, 0).is_ok();
        if !is_taken {
            Counts::add(&context.house.counts.busy);
        }
        Ok(is_taken)
    }

    fn say_next_user_ref(&mut self, seat: &Taken, context: &mut Context<'_>) {
        let row = context.house.views.directory.stream(seat.seat.stream);
        let high = row.map_or(0, |row| row.user_ref_high);
        let response = Outbound::AccountQueryResponse(AccountQueryResponse {
            time: ouch::past_midnight(context.now),
            next_user_ref: high.saturating_add(1),
        });
        soup::unsequenced(context.out, |out| response.encode(out));
        self.told = context.now;
    }

    /// The held message goes first.
    fn retry(&mut self, context: &mut Context<'_>) -> Result<bool, Farewell> {
        let (Some(held), State::Live { seat }) = (self.held, &self.state) else { return Ok(true) };
        let seat = *seat;
        let asked = ouch::asked(&held, &seat.seat, &context.house.views.directory);
        let is_taken = self.ask(&asked, &seat, context)?;
        if is_taken {
            self.held = None;
        }
        Ok(is_taken)
    }

    fn packet(
        &mut self,
        packet: ClientPacket<'_>,
        taken: usize,
        context: &mut Context<'_>,
    ) -> Result<Step, Farewell> {
        Ok(match (packet, &self.state) {
            (ClientPacket::Debug(_) | ClientPacket::Heartbeat, _) => Step::Taken(taken),
            (ClientPacket::Logout, _) => Step::Over("the client has logged out".into()),
            (ClientPacket::Login(login), State::Strange) => match self.log_in(&login, context) {
                Step::Taken(_) => Step::Taken(taken),
                other @ (Step::Held | Step::Over(_) | Step::Wanting) => other,
            },
            (ClientPacket::Login(_), _) => Step::Over("there was a login already".into()),
            (ClientPacket::Unsequenced(_), State::Strange) => {
                Step::Over("the first packet must be a login request".into())
            }
            (ClientPacket::Unsequenced(payload), State::Live { .. }) => {
                match self.message(payload, context)? {
                    true => Step::Taken(taken),
                    false => Step::Held,
                }
            }
            (ClientPacket::Unsequenced(_), State::Opening { .. } | State::CatchingUp { .. }) => {
                Step::Held
            }
        })
    }
}

/// Whether a message may go before one that is held: it ends something, and something else.
fn passes(held: &Inbound, next: Option<&Inbound>) -> bool {
    let held = match held {
        Inbound::Enter(enter) => enter.user_ref,
        Inbound::Replace(replace) => replace.user_ref,
        Inbound::Cancel(_)
        | Inbound::Modify(_)
        | Inbound::MassCancel(_)
        | Inbound::DisableOrderEntry(_)
        | Inbound::EnableOrderEntry(_)
        | Inbound::AccountQuery(_) => return false,
    };
    matches!(next, Some(Inbound::Cancel(cancel)) if cancel.quantity == 0 && cancel.user_ref != held)
}

/// Who logs in and to which session, or why nobody does.
fn admitted(
    login: &LoginRequest,
    context: &mut Context<'_>,
) -> Result<(StreamHolder, Named), (LoginReject, String)> {
    let (now, source) = (context.now, context.source);
    let house = &mut *context.house;
    let (name, password) = (login.username.as_str(), login.password.as_str());
    let no_entry = |why: String| (LoginReject::NotAuthorized, why);
    house.lockout.check(name, source, now).map_err(|locked| no_entry(locked.to_string()))?;
    let holder = house.tickets.redeem(name, password, now).map_err(|error| {
        house.lockout.failed(name, source, now);
        no_entry(error.to_string())
    })?;
    house.lockout.succeeded(name, source);
    let key = house.keys.standing(holder.holder, now);
    key.map_err(|error| no_entry(error.to_string()))?;
    let Some(session) = house.sessions.find(&login.session) else {
        let running = house.sessions.running().id;
        return Err((
            LoginReject::SessionNotAvailable,
            format!("the session {} is not available, {running} is", login.session),
        ));
    };
    let is_running = house.sessions.is_running(session.number);
    let directory = &house.views.directory;
    let stream = directory.stream_named(holder.holder.account, holder.stream);
    let row = stream.and_then(|id| directory.stream(id));
    let number = row.map_or(0, |row| if is_running { row.number } else { row.number_before });
    if login.sequence > u64::from(number) + 1 {
        return Err((
            LoginReject::SessionNotAvailable,
            format!("the next message of this stream is {}, not {}", number + 1, login.sequence),
        ));
    }
    Ok((holder, session))
}

/// Why there is nothing to enter.
fn not_there(stream: Name, session: &Named, is_running: bool) -> (LoginReject, String) {
    if is_running {
        let why = format!("the stream {stream} is not one of this door; choose another name");
        return (LoginReject::NotAuthorized, why);
    }
    let why = format!("there was no stream {stream} in the session {}", session.id);
    (LoginReject::SessionNotAvailable, why)
}

/// How many bytes may wait for somebody who catches up: half of what cuts him off, so that he has
/// room for what happens meanwhile.
const fn room(context: &Context<'_>) -> usize {
    context.house.limits.out_bytes_max / 2
}

fn refuse(out: &mut Vec<u8>, reject: LoginReject, why: String) -> Farewell {
    debug(out, &why);
    ServerPacket::LoginRejected(reject).encode(out);
    why.into()
}

/// Says good-bye in SoupBinTCP.
pub(crate) fn farewell(why: &Farewell, out: &mut Vec<u8>) {
    match why.cause {
        Cause::Ended => ServerPacket::EndOfSession.encode(out),
        Cause::Policy
        | Cause::Leaving
        | Cause::Protocol
        | Cause::Unsupported
        | Cause::NotText
        | Cause::TooBig => debug(out, &why.why),
    }
}

fn debug(out: &mut Vec<u8>, text: &str) {
    ServerPacket::Debug(text.as_bytes()).encode(out);
}

impl Talk for Soup {
    fn read(&mut self, bytes: &[u8], context: &mut Context<'_>) -> Step {
        let limit = context.house.limits.message_bytes_max;
        let (packet, taken) = match soup::decode_client_within(bytes, limit) {
            Ok(Some(found)) => found,
            Ok(None) => return Step::Wanting,
            Err(error) => return Step::Over(error.to_string().into()),
        };
        match self.retry(context) {
            Ok(_) => {}
            Err(farewell) => return Step::Over(farewell),
        }
        let is_message = matches!(packet, ClientPacket::Unsequenced(_));
        let is_live = matches!(self.state, State::Live { .. });
        if is_message && is_live && !self.throttle.take(context.now) {
            return Step::Held;
        }
        // Before the login, time counts from the first moment.
        if !matches!(self.state, State::Strange) {
            self.heard = context.now;
        }
        self.packet(packet, taken, context).unwrap_or_else(Step::Over)
    }

    #[inline]
    fn hear(
        &mut self,
        header: &EventHeader,
        event: &Event,
        context: &mut Context<'_>,
    ) -> Result<(), Farewell> {
        match &mut self.state {
            State::Live { .. } => self.tell(header, event, context),
            State::CatchingUp { catching, .. } if catching.ends => {}
            State::CatchingUp { catching, .. } => {
                if catching.heard.len() == CATCHING_UP_MAX {
                    return Err(format!(
                        "more than {CATCHING_UP_MAX} messages came while earlier ones were told; \
                         log in again from where you are"
                    )
                    .into());
                }
                catching.heard.push_back((*header, *event));
            }
            State::Strange | State::Opening { .. } => {}
        }
        Ok(())
    }

    fn settled(
        &mut self,
        token: u64,
        _: Sequence,
        context: &mut Context<'_>,
    ) -> Result<(), Farewell> {
        match &self.state {
            State::Opening { token: awaited, .. } if *awaited == token => self.opened(context),
            State::Strange
            | State::Opening { .. }
            | State::CatchingUp { .. }
            | State::Live { .. } => Ok(()),
        }
    }

    fn touched(
        &mut self,
        _: &EventHeader,
        _: AccountId,
        _: &mut Context<'_>,
    ) -> Result<(), Farewell> {
        Ok(())
    }

    /// Whoever is told what was before hears the rest of it first.
    fn rolled(&mut self, context: &mut Context<'_>) -> Result<(), Farewell> {
        match &mut self.state {
            State::Live { .. } => return Err(Farewell::ended()),
            State::CatchingUp { catching, .. } => catching.ends = true,
            State::Strange | State::Opening { .. } => {}
        }
        self.fetch(context)
    }

    fn published(&mut self, _: &Published, _: &mut Vec<u8>) {}

    fn fetched(&mut self, answer: Answer, context: &mut Context<'_>) -> Result<(), Farewell> {
        let State::CatchingUp { seat, catching } = &mut self.state else { return Ok(()) };
        let is_ours = answer.ask.stream == seat.seat.stream && answer.ask.after == catching.told;
        if !is_ours {
            // Somebody else asked, who had this connection's number before.
            return Ok(());
        }
        catching.is_asked = false;
        let found =
            answer.found.map_err(|why| format!("what was told before is not here: {why}"))?;
        if found.is_empty() {
            return Ok(());
        }
        catching.since = context.now;
        let through = catching.through;
        for (header, event) in &found {
            let number = event.report().map_or(0, |report| u64::from(report.number));
            if number > through {
                break;
            }
            if let State::CatchingUp { catching, .. } = &mut self.state {
                assert_eq!(number, catching.told + 1, "Invariant: a stream's numbers are dense");
                catching.told = number;
            }
            self.tell(header, event, context);
        }
        self.fetch(context)
    }

    fn tick(&mut self, context: &mut Context<'_>) -> Result<(), Farewell> {
        self.retry(context)?;
        let limits = context.house.limits;
        let since = |then: Timestamp| context.now.0.saturating_sub(then.0);
        let silence = match self.state {
            State::Strange => limits.login_within,
            State::Opening { .. } | State::CatchingUp { .. } | State::Live { .. } => {
                limits.client_silence_max
            }
        };
        if u128::from(since(self.heard)) > silence.as_nanos() {
            return Err(format!("nothing was heard for {} ms", silence.as_millis()).into());
        }
        let is_quiet = u128::from(since(self.told)) >= limits.server_heartbeat.as_nanos();
        if is_quiet && !matches!(self.state, State::Strange) {
            ServerPacket::Heartbeat.encode(context.out);
            self.told = context.now;
        }
        if let State::CatchingUp { catching, .. } = &self.state {
            let waited = since(catching.since);
            if waited > FETCH_WITHIN_NS {
                return Err("what was told before could not be read in time; log in again".into());
            }
            context.house.hurry();
            return self.fetch(context);
        }
        Ok(())
    }

    fn message_bytes(&self, told: &[u8]) -> Option<usize> {
        soup::decode_server(told).ok().flatten().map(|(_, bytes)| bytes)
    }

    fn farewell(&mut self, why: &Farewell, out: &mut Vec<u8>) {
        farewell(why, out);
    }

    fn gone(&mut self, context: &mut Context<'_>) {
        let (account, name, taken) = match &self.state {
            State::Strange => return,
            State::Opening { holder, .. } => (holder.holder.account, holder.stream, None),
            State::CatchingUp { seat, .. } | State::Live { seat } => {
                (seat.seat.account, seat.seat.name, Some((seat.seat.stream, seat.session)))
            }
        };
        let house = &mut *context.house;
        if let Some((stream, _)) = taken {
            house.unlisten(stream, context.id);
        }
        if !house.release_stream(account, name, context.id) {
            return;
        }
        let closed = Session {
            account,
            name,
            kind: StreamKind::Ouch,
            state: SessionState::Closed,
            cancel_on_disconnect: self.on_disconnect,
            reserved: 0,
            user_ref: 0,
        };
        // Whose connection the day ended did not leave.
        match taken {
            Some((_, session)) if !house.sessions.is_running(session) => {
                house.leave_later(closed, context.now);
            }
            Some(_) | None => house.leave(closed),
        }
    }
}
