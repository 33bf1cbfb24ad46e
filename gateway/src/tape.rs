//! The public order-by-order feed on SoupBinTCP: ITCH messages, numbered from 1 since the venue's
//! start or the day's beginning, each put into its packet once and copied to everybody who listens.
//! A session that has ended is not told again: books are built anew.
//!
//! Who logs in with the number 0 is told every order that rests, as unsequenced packets that end
//! with the number to go on from; who names a number goes on from there, as long as it is kept.

use std::collections::VecDeque;

use ringside_protocol::wire::itch::Authenticity;
use ringside_protocol::wire::soup::{
    self, ClientPacket, LoginAccepted, LoginReject, LoginRequest, ServerPacket, SessionId,
};
use ringside_protocol::{AccountId, Event, EventHeader, Sequence, Timestamp};

use crate::feeds::itch::{Messages, Publisher};
use crate::library::Answer;
use crate::market::Published;
use crate::talk::{ConnectionId, Context, Farewell, Step, Talk};
use crate::views::Views;

/// Messages that can be told again, at most.
pub const TAPE_MESSAGES_MAX: usize = 262_144;

/// What was told, and who hears it.
pub struct Tape {
    session: SessionId,
    publisher: Publisher,
    made: Messages,
    /// The last packets, the youngest behind.
    kept: VecDeque<Box<[u8]>>,
    /// Packets that nobody was told yet.
    fresh: Vec<u8>,
    listeners: Vec<ConnectionId>,
}

impl Tape {
    /// A tape that begins behind a command.
    pub fn new(after: Sequence) -> Self {
        Self {
            session: Self::session_after(after),
            publisher: Publisher::new(Authenticity::Test),
            made: Messages::default(),
            kept: VecDeque::new(),
            fresh: Vec::new(),
            listeners: Vec::new(),
        }
    }

    /// Hears an event, after the views have.
    pub fn hear(&mut self, header: &EventHeader, event: &Event, is_last: bool, views: &Views) {
        self.publisher.hear(header, event, is_last, &views.directory, &mut self.made);
        for message in self.made.iter() {
            let start = self.fresh.len();
            soup::sequenced(&mut self.fresh, |out| out.extend_from_slice(message));
            if self.kept.len() == TAPE_MESSAGES_MAX {
                self.kept.pop_front();
            }
            self.kept.push_back(self.fresh[start..].into());
        }
        self.made.clear();
        if matches!(event, Event::Day(_)) {
            self.session = Self::session_after(header.sequence);
            self.kept.clear();
        }
    }

    /// The session that begins behind a command.
    pub fn session_after(command: Sequence) -> SessionId {
        let digits = command.0 % 1_000_000_000;
        SessionId::new(&format!("T{digits:09}")).expect("Invariant: ten characters")
    }

    /// What was made since the last time, in packets, and who hears it.
    pub(crate) fn take_fresh(&mut self) -> Option<(Vec<u8>, Vec<ConnectionId>)> {
        if self.fresh.is_empty() {
            return None;
        }
        let fresh = std::mem::take(&mut self.fresh);
        (!self.listeners.is_empty()).then(|| (fresh, self.listeners.clone()))
    }

    /// The number of the oldest message that is kept.
    fn oldest(&self) -> u64 {
        self.publisher.next() - self.kept.len() as u64
    }

    /// Tells a new listener where to begin, and everything from there on.
    fn begin(
        &self,
        login: &LoginRequest,
        views: &Views,
        out_bytes_max: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        let (oldest, next) = (self.oldest(), self.publisher.next());
        if !login.session.is_blank() && login.session != self.session {
            let (asked, ours) = (login.session, self.session);
            return Err(format!("the session {asked} is not available, {ours} is"));
        }
        let first = if login.sequence == 0 { next } else { login.sequence };
        if !(oldest..=next).contains(&first) {
            return Err(format!(
                "messages {oldest} to {next} can be had, and {first} is none of them; log in with \
                 the number 0 and build the books anew"
            ));
        }
        let accepted = LoginAccepted { session: self.session, sequence: first };
        ServerPacket::LoginAccepted(accepted).encode(out);
        if login.sequence == 0 {
            let mut snapshot = Messages::default();
            self.publisher.snapshot(&views.orders, &views.directory, &mut snapshot);
            for message in snapshot.iter() {
                soup::unsequenced(out, |out| out.extend_from_slice(message));
            }
        }
        let passed = usize::try_from(first - oldest).unwrap_or(usize::MAX);
        self.kept.iter().skip(passed).for_each(|packet| out.extend_from_slice(packet));
        // More than a listener may leave untaken would cut it off at once.
        if out.len() > out_bytes_max {
            let bytes = out.len();
            out.clear();
            return Err(format!(
                "what is to be told first takes {bytes} bytes, and out_bytes_max is \
                 {out_bytes_max}; log in with a later number, or have the limit raised"
            ));
        }
        Ok(())
    }
}

/// A connection that hears the tape.
pub struct TapeTalk {
    is_in: bool,
    heard: Timestamp,
    told: Timestamp,
}

impl TapeTalk {
    /// A connection that was just made.
    pub const fn new(now: Timestamp) -> Self {
        Self { is_in: false, heard: now, told: now }
    }

    fn log_in(&mut self, login: &LoginRequest, context: &mut Context<'_>) -> Result<(), Farewell> {
        let Some(tape) = &mut context.house.tape else {
            return Err("there is no public feed here".into());
        };
        let out_bytes_max = context.house.limits.out_bytes_max;
        let begun = tape.begin(login, &context.house.views, out_bytes_max, context.out);
        if let Err(why) = begun {
            ServerPacket::Debug(why.as_bytes()).encode(context.out);
            ServerPacket::LoginRejected(LoginReject::SessionNotAvailable).encode(context.out);
            return Err(why.into());
        }
        tape.listeners.push(context.id);
        (self.is_in, self.heard, self.told) = (true, context.now, context.now);
        Ok(())
    }
}

impl Talk for TapeTalk {
    fn read(&mut self, bytes: &[u8], context: &mut Context<'_>) -> Step {
        let limit = context.house.limits.message_bytes_max;
        let (packet, taken) = match soup::decode_client_within(bytes, limit) {
            Ok(Some(found)) => found,
            Ok(None) => return Step::Wanting,
            Err(error) => return Step::Over(error.to_string().into()),
        };
        // Before the login, time counts from the first moment.
        if self.is_in {
            self.heard = context.now;
        }
        match packet {
            ClientPacket::Debug(_) | ClientPacket::Heartbeat => Step::Taken(taken),
            ClientPacket::Logout => Step::Over("the client has logged out".into()),
            ClientPacket::Login(login) if !self.is_in => match self.log_in(&login, context) {
                Ok(()) => Step::Taken(taken),
                Err(why) => Step::Over(why),
            },
            ClientPacket::Login(_) => Step::Over("there was a login already".into()),
            ClientPacket::Unsequenced(_) => Step::Over("this door takes no messages".into()),
        }
    }

    fn hear(&mut self, _: &EventHeader, _: &Event, _: &mut Context<'_>) -> Result<(), Farewell> {
        Ok(())
    }

    fn settled(&mut self, _: u64, _: Sequence, _: &mut Context<'_>) -> Result<(), Farewell> {
        Ok(())
    }

    fn touched(
        &mut self,
        _: &EventHeader,
        _: AccountId,
        _: &mut Context<'_>,
    ) -> Result<(), Farewell> {
        Ok(())
    }

    fn rolled(&mut self, _: &mut Context<'_>) -> Result<(), Farewell> {
        if self.is_in { Err(Farewell::ended()) } else { Ok(()) }
    }

    fn published(&mut self, _: &Published, _: &mut Vec<u8>) {}

    fn fetched(&mut self, _: Answer, _: &mut Context<'_>) -> Result<(), Farewell> {
        Ok(())
    }

    fn tick(&mut self, context: &mut Context<'_>) -> Result<(), Farewell> {
        let limits = context.house.limits;
        let since = |then: Timestamp| u128::from(context.now.0.saturating_sub(then.0));
        let silence = if self.is_in { limits.client_silence_max } else { limits.login_within };
        if since(self.heard) > silence.as_nanos() {
            return Err(format!("nothing was heard for {} ms", silence.as_millis()).into());
        }
        if self.is_in && since(self.told) >= limits.server_heartbeat.as_nanos() {
            ServerPacket::Heartbeat.encode(context.out);
            self.told = context.now;
        }
        Ok(())
    }

    fn message_bytes(&self, told: &[u8]) -> Option<usize> {
        soup::decode_server(told).ok().flatten().map(|(_, bytes)| bytes)
    }

    fn farewell(&mut self, why: &Farewell, out: &mut Vec<u8>) {
        crate::soup::farewell(why, out);
    }

    fn gone(&mut self, context: &mut Context<'_>) {
        if let Some(tape) = &mut context.house.tape {
            tape.listeners.retain(|&listener| listener != context.id);
        }
    }
}
