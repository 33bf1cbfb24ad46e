//! Who an order is: its names, who asks for it, and whether it was here before.

use ringside_protocol::{
    AccountId, ClientOrderId, EventKind, InstrumentId, Order, OrderId, OrderRef, OrderStatus,
    Origin, Permissions, Reason, Rejected, SessionState, USER_REF_MAX,
};

use crate::Engine;
use crate::book::{Book, SlotIndex};
use crate::duplicates::{FinishedId, Known};
use crate::out::{EventSink, Out};
use crate::risk::Refusal;
use crate::streams::USER_REF_AHEAD_MAX;

/// The names an order goes by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Naming {
    pub(crate) account: AccountId,
    pub(crate) instrument: InstrumentId,
    pub(crate) origin: Origin,
    pub(crate) user_ref: u32,
    pub(crate) id: ClientOrderId,
}

impl Naming {
    /// The names of a new order; a number goes before an id.
    #[inline(always)]
    pub(crate) fn of(order: &Order, origin: Origin) -> Self {
        Self {
            account: order.account,
            instrument: order.instrument,
            origin,
            user_ref: order.user_ref,
            id: order.id,
        }
    }

    /// Named by its stream, not by its account.
    pub(crate) const fn is_numbered(&self) -> bool {
        self.user_ref != 0
    }
}

/// What the memory says of a new order's name.
pub(crate) enum Claim {
    /// It is new.
    New,
    /// A number repeated on its stream: to be ignored, without an event.
    Repeated,
    /// To be refused.
    Refused(Refusal),
}

impl<B: Book> Engine<B> {
    /// Whether a new order's name is new; a number is used up by asking.
    #[inline(always)]
    pub(crate) fn claim(&mut self, name: &Naming) -> Claim {
        if name.is_numbered() {
            return self.claim_number(name);
        }
        if name.id.is_absent() {
            return Claim::Refused(Reason::BadValue.into());
        }
        match self.duplicates.find(name.account, name.id) {
            Some(known) => Claim::Refused(self.duplicate_of(known)),
            None if !self.duplicates.has_room(name.account) => {
                Claim::Refused(Refusal::with(Reason::RateLimited, 0, crate::RECV_WINDOW_MAX))
            }
            None => Claim::New,
        }
    }

    /// Whether a request about many orders is new; only a number can say that it is not.
    pub(crate) fn claim_request(&mut self, name: &Naming) -> Claim {
        if name.is_numbered() { self.claim_number(name) } else { Claim::New }
    }

    fn claim_number(&mut self, name: &Naming) -> Claim {
        let Some(stream) = self.streams.rows.get_mut(name.origin.stream.index()) else {
            return Claim::Refused(Reason::UnknownSession.into());
        };
        if stream.account != name.account {
            return Claim::Refused(Reason::Permission.into());
        }
        if name.user_ref <= stream.user_ref_high {
            return Claim::Repeated;
        }
        let highest = stream.user_ref_high.saturating_add(USER_REF_AHEAD_MAX).min(USER_REF_MAX);
        if name.user_ref > highest {
            return Claim::Refused(Refusal::with(Reason::UserRefGap, highest, name.user_ref));
        }
        stream.user_ref_high = name.user_ref;
        Claim::New
    }

    fn duplicate_of(&self, known: Known) -> Refusal {
        let (order, status) = match known {
            Known::Finished(order, status, _) => (order, status),
            Known::Live(slot) => {
                let node = &self.pool[slot];
                (node.order, OrderStatus::resting(node.executed))
            }
        };
        Refusal::of_order(Reason::DuplicateId, order, status)
    }

    /// The living order that is meant.
    #[inline(always)]
    pub(crate) fn find_order(
        &self,
        account: AccountId,
        origin: Origin,
        target: &OrderRef,
    ) -> Result<SlotIndex, Refusal> {
        if target.user_ref != 0 {
            return self.find_numbered(account, origin, target.user_ref);
        }
        match self.duplicates.find(account, target.id) {
            Some(Known::Live(slot)) => Ok(slot),
            Some(Known::Finished(order, status, _)) if status.is_final() && order.0 != 0 => {
                Err(Refusal::of_order(Reason::TooLate, order, status))
            }
            Some(Known::Finished(..)) | None => Err(Reason::UnknownOrder.into()),
        }
    }

    /// The instrument of the order that an id stands for, dead or alive; none for an id never used.
    #[cold]
    pub(crate) fn instrument_meant(&self, account: AccountId, id: ClientOrderId) -> InstrumentId {
        match self.duplicates.find(account, id) {
            Some(Known::Finished(_, _, instrument)) => instrument,
            Some(Known::Live(slot)) => self.holdings.at(self.pool[slot].holding).instrument,
            None => InstrumentId::NONE,
        }
    }

    fn find_numbered(
        &self,
        account: AccountId,
        origin: Origin,
        user_ref: u32,
    ) -> Result<SlotIndex, Refusal> {
        let stream = self.streams.get(origin.stream).filter(|stream| stream.account == account);
        let Some(stream) = stream else { return Err(Reason::UnknownSession.into()) };
        match self.streams.live(origin.stream, user_ref) {
            Some(slot) => Ok(slot),
            None if stream.has_used(user_ref) => {
                Err(Refusal::of_order(Reason::TooLate, OrderId(0), OrderStatus::Canceled))
            }
            None => Err(Reason::UnknownOrder.into()),
        }
    }

    /// Kill switch, then permission: what holds for every order of an account in an instrument.
    #[inline(always)]
    pub(crate) fn check_standing(&self, holding: u32, origin: Origin) -> Result<(), Refusal> {
        let holding = self.holdings.at(holding);
        if holding.blocked {
            return Err(Reason::Killed.into());
        }
        self.check_origin(holding.account, holding.permissions, origin)?;
        self.check_entry(origin)
    }

    /// The stream's owner has not switched it off for orders.
    #[inline(always)]
    fn check_entry(&self, origin: Origin) -> Result<(), Refusal> {
        match self.streams.get(origin.stream) {
            Some(stream) if stream.session == SessionState::CancelOnly => {
                Err(Reason::EntryDisabled.into())
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The holding's account, the key and the session must all permit trading.
    #[inline(always)]
    pub(crate) fn check_holder(&self, holding: u32, origin: Origin) -> Result<(), Refusal> {
        let holding = self.holdings.at(holding);
        self.check_origin(holding.account, holding.permissions, origin)
    }

    /// The same where the instrument is not known yet.
    pub(crate) fn check_account_standing(&self, name: &Naming) -> Result<(), Refusal> {
        if self.venue.killed || self.accounts[name.account.index()].killed {
            return Err(Reason::Killed.into());
        }
        self.check_permission(name.account, name.origin)?;
        self.check_entry(name.origin)
    }

    /// The account, the key and the session must all permit trading (RSK-022).
    #[inline(always)]
    pub(crate) fn check_permission(
        &self,
        account: AccountId,
        origin: Origin,
    ) -> Result<(), Refusal> {
        self.check_origin(account, self.accounts[account.index()].permissions, origin)
    }

    #[inline(always)]
    fn check_origin(
        &self,
        account: AccountId,
        mut granted: Permissions,
        origin: Origin,
    ) -> Result<(), Refusal> {
        if origin.key.is_some() {
            granted = granted.and(self.key_permissions(account, origin));
        }
        let session_fits = !origin.stream.is_some()
            || self
                .streams
                .get(origin.stream)
                .is_some_and(|stream| stream.account == account && stream.session.is_there());
        if granted.has(Permissions::TRADE) && session_fits {
            Ok(())
        } else {
            Err(Reason::Permission.into())
        }
    }

    fn key_permissions(&self, account: AccountId, origin: Origin) -> Permissions {
        let key = self.keys.get(origin.key.index()).filter(|key| key.account == account);
        let valid = key.filter(|key| key.expires.0 == 0 || self.time < key.expires);
        valid.map_or(Permissions::NONE, |key| key.permissions)
    }

    /// The order of this name has ended.
    #[inline(always)]
    pub(crate) fn finish_name(&mut self, name: &Naming, order: OrderId, status: OrderStatus) {
        if !name.is_numbered() && !name.id.is_absent() {
            let (instrument, time) = (name.instrument, self.time);
            let finished = FinishedId { id: name.id, order, status, instrument, time };
            self.duplicates.finish(name.account, finished);
        }
    }

    /// Refuses a command, with an event to whoever asked.
    #[cold]
    pub(crate) fn refuse<S: EventSink>(
        &mut self,
        command: u8,
        name: &Naming,
        order: OrderId,
        refusal: Refusal,
        out: &mut Out<'_, S>,
    ) {
        self.stats.rejected += 1;
        let report = self.streams.report(name.origin.stream, name.user_ref, EventKind::Rejected);
        out.emit(Rejected {
            account: name.account,
            instrument: name.instrument,
            order,
            reason: refusal.reason,
            command,
            reserved: 0,
            report,
            id: name.id,
            currency: refusal.currency,
            limit: refusal.limit.into(),
            observed: refusal.observed.into(),
        });
    }
}
