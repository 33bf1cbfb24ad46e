//! Sessions: whether somebody is there on a stream, and what becomes of the stream's orders when
//! nobody is any more.

use ringside_protocol::{
    CancelReason, InstrumentId, Name, OnDisconnect, Origin, Reason, Request, Session,
    SessionChanged, SessionState, StreamId,
};

use crate::Engine;
use crate::book::Book;
use crate::orders::{Claim, Naming, Scope};
use crate::out::{EventSink, Out};
use crate::risk::Refusal;
use crate::setup::limit;
use crate::streams::Stream;

/// Streams the venue holds at most.
pub const STREAMS_MAX: usize = 1_048_576;

impl<B: Book> Engine<B> {
    /// Opens a session on a stream, made on first use, switches it off for orders, or closes it.
    pub(crate) fn set_session<S: EventSink>(
        &mut self,
        session: &Session,
        origin: Origin,
        out: &mut Out<'_, S>,
    ) -> Result<(), Refusal> {
        self.check_account(session.account)?;
        let name = Naming {
            account: session.account,
            instrument: InstrumentId::NONE,
            origin,
            user_ref: session.user_ref,
            id: Name::ABSENT,
        };
        match self.claim_request(&name) {
            Claim::Repeated => return Ok(()),
            Claim::Refused(refusal) => return Err(refusal),
            Claim::New => {}
        }
        let id = match self.streams.named(session.account, session.name) {
            Some(id) => id,
            None if session.state == SessionState::Open => self.add_stream(session)?,
            None => return Err(Reason::UnknownSession.into()),
        };
        if self.streams.rows[id.index()].kind != session.kind {
            return Err(Reason::BadValue.into());
        }
        self.turn(id, session, out)?;
        let stood = match session.state {
            SessionState::Enabled => Some(Request::Enable),
            SessionState::CancelOnly => Some(Request::Disable),
            SessionState::Open | SessionState::Closed | SessionState::Disabled => None,
        };
        if let Some(request) = stood {
            self.confirm(&name, request, out);
        }
        out.emit(self.session_changed(id));
        Ok(())
    }

    fn turn<S: EventSink>(
        &mut self,
        id: StreamId,
        session: &Session,
        out: &mut Out<'_, S>,
    ) -> Result<(), Refusal> {
        let stream = &mut self.streams.rows[id.index()];
        match session.state {
            SessionState::Open => {
                stream.session = opened(stream.session);
                stream.on_disconnect = session.cancel_on_disconnect;
            }
            SessionState::CancelOnly if !stream.session.is_there() => {
                return Err(Reason::UnknownSession.into());
            }
            SessionState::CancelOnly => stream.session = SessionState::CancelOnly,
            SessionState::Enabled => stream.session = enabled(stream.session),
            SessionState::Closed => self.close_session(id, out),
            SessionState::Disabled => return Err(Reason::BadValue.into()),
        }
        Ok(())
    }

    fn add_stream(&mut self, session: &Session) -> Result<StreamId, Refusal> {
        if session.name.is_absent() {
            return Err(Reason::BadValue.into());
        }
        limit(self.streams.rows.len(), STREAMS_MAX)?;
        let id = StreamId(self.streams.rows.len() as u32);
        let Session { account, name, kind, cancel_on_disconnect, .. } = *session;
        self.streams.add(Stream::new(account, name, kind, cancel_on_disconnect));
        Ok(id)
    }

    fn close_session<S: EventSink>(&mut self, id: StreamId, out: &mut Out<'_, S>) {
        let stream = &mut self.streams.rows[id.index()];
        let was_there = stream.session.is_there();
        stream.session = closed(stream.session);
        if was_there && stream.on_disconnect == OnDisconnect::Cancel {
            let scope =
                Scope { account: Some(stream.account), stream: Some(id), ..Scope::default() };
            self.cancel_all(&scope, CancelReason::Disconnect, out);
        }
    }

    /// How a stream stands.
    pub(crate) fn session_changed(&self, id: StreamId) -> SessionChanged {
        let stream = &self.streams.rows[id.index()];
        SessionChanged {
            stream: id,
            account: stream.account,
            number: stream.number,
            user_ref_high: stream.user_ref_high,
            kind: stream.kind,
            state: stream.session,
            cancel_on_disconnect: stream.on_disconnect,
            reserved: 0,
            name: stream.name,
            number_before: stream.number_before,
            reserved_2: 0,
        }
    }
}

/// A login changes nothing about whether orders are taken.
const fn opened(before: SessionState) -> SessionState {
    match before {
        SessionState::Open | SessionState::Closed | SessionState::Enabled => SessionState::Open,
        SessionState::CancelOnly | SessionState::Disabled => SessionState::CancelOnly,
    }
}

/// Nor does a logout.
const fn closed(before: SessionState) -> SessionState {
    match before {
        SessionState::Open | SessionState::Closed | SessionState::Enabled => SessionState::Closed,
        SessionState::CancelOnly | SessionState::Disabled => SessionState::Disabled,
    }
}

/// Orders are taken again, by whoever is there or comes.
const fn enabled(before: SessionState) -> SessionState {
    if before.is_there() { SessionState::Open } else { SessionState::Closed }
}
