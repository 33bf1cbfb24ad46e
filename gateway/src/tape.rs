//! The public order-by-order feed on SoupBinTCP: ITCH messages, numbered from 1 through a session
//! that outlives the venue's stops and ends with its day, each put into its packet once and copied
//! to everybody who listens. A session that has ended is not told again: books are built anew.
//!
//! Who logs in with the number 0 is told every order that rests, as unsequenced packets that end
//! with the number to go on from; who names a number goes on from there, as long as it is kept.
//!
//! What is kept lies in memory. After a stop it is made again from the record of events, from the
//! oldest place that is on file on ([`Tape::recall`]): the same bytes under the same numbers.

use std::collections::VecDeque;

use ringside_protocol::wire::itch::Authenticity;
use ringside_protocol::wire::soup::{
    self, ClientPacket, LoginAccepted, LoginReject, LoginRequest, ServerPacket, SessionId,
};
use ringside_protocol::{AccountId, Event, EventHeader, Sequence, Timestamp};

use crate::feeds::itch::{Mark, Messages, Publisher};
use crate::feeds::kept::KeptFeed;
use crate::library::Answer;
use crate::market::Published;
use crate::talk::{ConnectionId, Context, Farewell, Step, Talk};
use crate::views::Views;
use crate::views::directory::Directory;

/// Messages that can be told again, at most.
pub const TAPE_MESSAGES_MAX: usize = 262_144;
/// Events from which messages are made again after a stop, at most: a start takes no longer than
/// that, however few of them become messages.
pub const TAPE_EVENTS_MAX: u64 = 4_194_304;

/// What was told, and who hears it.
pub struct Tape {
    session: SessionId,
    epoch: u32,
    publisher: Publisher,
    made: Messages,
    /// The last packets, the youngest behind.
    kept: VecDeque<Box<[u8]>>,
    /// Packets that nobody was told yet.
    fresh: Vec<u8>,
    listeners: Vec<ConnectionId>,
    /// The youngest place that was put on file, in events.
    filed: Option<u64>,
}

impl Tape {
    /// A session that begins, or goes on, at a mark.
    pub fn new(session: SessionId, epoch: u32, mark: Mark) -> Self {
        Self {
            session,
            epoch,
            publisher: Publisher::at(Authenticity::Test, mark),
            made: Messages::default(),
            kept: VecDeque::new(),
            fresh: Vec::new(),
            listeners: Vec::new(),
            filed: None,
        }
    }

    /// Makes again what was told from the mark on, of the events of the record behind it; they end
    /// where a command ends. The directory knows the instruments there are.
    ///
    /// # Errors
    /// The first that reading the record meets.
    pub fn recall<E>(
        &mut self,
        events: impl Iterator<Item = Result<(EventHeader, Event), E>>,
        mut directory: Directory,
    ) -> Result<(), E> {
        let mut events = events.peekable();
        while let Some(told) = events.next() {
            let (header, event) = told?;
            let is_same = |next: &Result<(EventHeader, Event), E>| {
                next.as_ref().is_ok_and(|(next, _)| next.sequence == header.sequence)
            };
            let is_last = !events.peek().is_some_and(is_same);
            directory.hear(&event);
            self.hear(&header, &event, is_last, &directory);
        }
        Ok(())
    }

    /// Events that it has heard, over the venue's life.
    pub const fn events(&self) -> u64 {
        self.publisher.events()
    }

    /// Hears an event, after the directory has.
    pub fn hear(
        &mut self,
        header: &EventHeader,
        event: &Event,
        is_last: bool,
        directory: &Directory,
    ) {
        self.publisher.hear(header, event, is_last, directory, &mut self.made);
        for message in self.made.iter() {
            let start = self.fresh.len();
            soup::sequenced(&mut self.fresh, |out| out.extend_from_slice(message));
            if self.kept.len() == TAPE_MESSAGES_MAX {
                self.kept.pop_front();
            }
            self.kept.push_back(self.fresh[start..].into());
            if self.listeners.is_empty() {
                self.fresh.clear();
            }
        }
        self.made.clear();
        if matches!(event, Event::Day(_)) {
            self.session = Self::session_of(self.epoch, header.time);
            self.kept.clear();
        }
    }

    /// The session that begins at this time: `T`, two digits of the epoch, seven of the second, to
    /// the base 36. No session had the name before.
    ///
    /// # Panics
    /// Never: every time fits.
    pub fn session_of(epoch: u32, time: Timestamp) -> SessionId {
        let seconds = time.0 / Timestamp::SECOND;
        let name = format!("T{}{}", base36::<2>(u64::from(epoch)), base36::<7>(seconds));
        SessionId::new(&name).expect("Invariant: ten characters")
    }

    /// What is to be put on file, if there is a new place to go on from.
    pub fn to_file(&mut self) -> Option<KeptFeed> {
        let latest = self.publisher.index().back().map(|mark| mark.events);
        if latest == self.filed {
            return None;
        }
        self.filed = latest;
        self.publisher.forget_before(self.oldest(), TAPE_EVENTS_MAX);
        let marks = self.publisher.index().iter().cloned().collect();
        Some(KeptFeed { session: self.session, epoch: self.epoch, marks })
    }

    /// What was made since the last time, in packets, and who hears it.
    pub(crate) fn take_fresh(&mut self) -> Option<(Vec<u8>, Vec<ConnectionId>)> {
        if self.fresh.is_empty() {
            return None;
        }
        Some((std::mem::take(&mut self.fresh), self.listeners.clone()))
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

fn base36<const N: usize>(mut number: u64) -> String {
    let mut digits = [0; N];
    for digit in digits.iter_mut().rev() {
        *digit = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(number % 36) as usize];
        number /= 36;
    }
    digits.into_iter().map(char::from).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_named_by_epoch_and_second() {
        let of =
            |epoch, seconds: u64| Tape::session_of(epoch, Timestamp(seconds * Timestamp::SECOND));
        assert_eq!(of(1, 1_800_000_000).as_str(), "T010TRO8W0");
        assert_ne!(of(1, 1_800_000_000), of(1, 1_800_000_001));
        assert_ne!(of(1, 1_800_000_000), of(2, 1_800_000_000));
    }
}
