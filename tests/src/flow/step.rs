//! One random command after another.

use ringside_protocol::*;

use super::{Flow, UNIT, session};

impl Flow {
    pub(super) fn step(&mut self) {
        self.time += self.random.below(3) * self.random.below(400_000_000);
        if !self.undo.is_empty() && self.random.chance(1, 8) {
            let undo = self.undo.swap_remove(self.random.below(self.undo.len() as u64) as usize);
            return self.put(Origin::default(), undo);
        }
        match self.random.below(1000) {
            0..590 => self.order(),
            590..740 => self.cancel(),
            740..860 => self.amend(),
            860..910 => self.replace(),
            910..918 => self.mass_cancel(),
            918..950 => self.transfer_in(),
            950..960 => self.transfer_out(),
            960..972 => self.limits(),
            972..978 => self.kill(),
            978..986 => self.state(),
            986..990 => self.toggle_session(),
            990..995 => self.mark(),
            995..998 => self.clock(),
            _ => self.behaviour(),
        }
    }

    /// Time is looked at; now and then a day has ended, and numbers begin anew.
    fn clock(&mut self) {
        if self.is_dated && self.shape.days_end && self.random.chance(1, 2) {
            self.time += Timestamp::DAY;
            self.session += 1;
            self.user_refs.iter_mut().for_each(|(_, _, highest)| *highest = 0);
        }
        self.is_dated = true;
        self.say(Clock { reserved: 0 });
        for at in 0..self.user_refs.len() {
            let (stream, account, _) = self.user_refs[at];
            let living = USER_REF_MAX + 1 + self.random.below(3) as u32;
            let origin = Origin { stream, ..Origin::default() };
            self.put(origin, Cancel { account, target: OrderRef::user_ref(living) });
        }
    }

    pub(super) fn order(&mut self) {
        let order = self.draft();
        if !self.user_refs.is_empty() && self.random.chance(15, 100) {
            return self.numbered_order(order);
        }
        let origin = self.origin_for(order.account);
        self.put(origin, order);
    }

    /// The order, numbered by a stream: mostly the next number, now and then an old one or one that
    /// is far ahead; some are cancelled by their number at once.
    fn numbered_order(&mut self, order: Order) {
        let at = self.random.below(self.user_refs.len() as u64) as usize;
        let (stream, account, highest) = self.user_refs[at];
        let user_ref = match self.random.below(20) {
            0 => highest,
            1 => highest.saturating_add(1 << 20),
            2 => highest + 3,
            _ => highest + 1,
        };
        if user_ref < 1 << 20 {
            self.user_refs[at].2 = highest.max(user_ref);
        }
        let origin = Origin { stream, ..Origin::default() };
        let user_ref = user_ref.max(1);
        self.put(origin, Order { account, user_ref, id: Name::ABSENT, ..order });
        if self.random.chance(1, 3) {
            self.put(origin, Cancel { account, target: OrderRef::user_ref(user_ref) });
        }
    }

    pub(super) fn draft(&mut self) -> Order {
        let account = self.any_account();
        let side = self.random.pick(Side::ALL);
        let mode = self.random.pick(SelfTrade::ALL);
        let mode = if self.random.chance(1, 2) { None } else { Some(mode) };
        let market = self.random.chance(8, 100);
        let post_only = !market && self.random.chance(8, 100);
        Order {
            account,
            instrument: self.any_instrument(),
            price: self.price(side),
            quantity: self.quantity(),
            side,
            kind: if market { OrderType::Market } else { OrderType::Limit },
            time_in_force: self.time_in_force(),
            flags: if post_only { OrderFlags::POST_ONLY } else { OrderFlags::NONE },
            self_trade: Order::self_trade_field(mode),
            id: self.new_id(account),
            tag: self.tag(),
            ..Order::default()
        }
    }

    pub(super) fn time_in_force(&mut self) -> TimeInForce {
        match self.random.below(100) {
            0..16 => TimeInForce::Ioc,
            16..26 => TimeInForce::Fok,
            _ => TimeInForce::Gtc,
        }
    }

    pub(super) fn cancel(&mut self) {
        let (account, target) = self.target();
        let origin = self.origin_for(account);
        self.put(origin, Cancel { account, target });
    }

    pub(super) fn amend(&mut self) {
        let (account, target) = self.target();
        let side = self.random.pick(Side::ALL);
        let (mut quantity, mut price) = (GivenQuantity::ABSENT, GivenPrice::ABSENT);
        if self.random.chance(60, 100) {
            quantity = self.quantity();
        }
        if self.random.chance(50, 100) {
            price = self.price(side);
        }
        let renamed = self.random.chance(1, 10);
        let new_id = if renamed { self.new_id(account) } else { Name::ABSENT };
        let origin = self.origin_for(account);
        self.put(
            origin,
            Amend {
                account,
                target,
                reserved: [0; 4],
                quantity,
                price,
                reserved_2: [0; 32],
                new_id,
                reserved_3: [0; 4],
            },
        );
    }

    pub(super) fn replace(&mut self) {
        let (account, target) = self.target();
        let order = self.draft();
        let id = self.new_id(account);
        let origin = self.origin_for(account);
        self.put(origin, Replace { target, order: Order { account, id, ..order } });
    }

    pub(super) fn mass_cancel(&mut self) {
        let account = self.any_account();
        let side = self.random.pick(&[None, None, Some(Side::Buy), Some(Side::Sell)]);
        let some = self.any_instrument();
        let instrument = self.random.pick(&[InstrumentId::NONE, some]);
        let stream = self.random.pick(&[StreamId::NONE, StreamId::NONE, StreamId(0)]);
        let tag = self.tag();
        self.say(MassCancel {
            account,
            instrument,
            stream,
            side: MassCancel::side_field(side),
            reserved: [0; 3],
            tag,
            user_ref: 0,
        });
    }

    pub(super) fn transfer_in(&mut self) {
        let currency = self.random.below(u64::from(self.shape.instruments) + 1) as u32;
        let account = self.any_account();
        let amount = match self.random.below(20) {
            0 => AMOUNT_MAX,
            1 => 0,
            _ => self.funds(currency == 0) / 3,
        };
        self.deposit(account, CurrencyId(currency), amount);
    }

    pub(super) fn transfer_out(&mut self) {
        let currency = self.random.below(u64::from(self.shape.instruments) + 1) as u32;
        let account = self.any_account();
        let amount = GivenAmount::of(self.funds(currency == 0));
        self.say(Withdrawal(Transfer { account, currency: CurrencyId(currency), amount }));
    }

    pub(super) fn limits(&mut self) {
        let some = self.any_instrument();
        let instrument = self.random.pick(&[InstrumentId::NONE, some]);
        let all = [LimitSet::ORDER_VALUE, LimitSet::POSITION, LimitSet::OPEN_ORDERS];
        let wide = [LimitSet::EXPOSURE, LimitSet::DAILY_VALUE, LimitSet::ORDER_RATE];
        let mut given = self.random.pick(&all);
        if self.shape.beyond_oracle && !instrument.is_some() && self.random.chance(1, 2) {
            given = self.random.pick(&wide);
        }
        let removed = if self.random.chance(1, 2) { given } else { LimitSet::NONE };
        let account = self.any_account();
        let value = |units: u64| Value::new(i128::from(units) * i128::from(UNIT / 1000));
        let limits = Limits {
            account,
            instrument,
            given,
            removed,
            reserved: [0; 2],
            max_orders_per_second: self.random.within(1, 9) as u32,
            max_open_orders: self.random.within(1, 15),
            max_order_value: value(self.random.within(3, 9)),
            max_position: value(self.random.within(5, 60)),
            max_exposure: value(self.random.within(5, 90)),
            max_daily_value: value(self.random.within(5, 400)),
        };
        self.say(limits);
    }

    pub(super) fn kill(&mut self) {
        let (account, instrument) = (self.any_account(), self.any_instrument());
        let account = self.random.pick(&[AccountId::NONE, account, account, account]);
        let instrument = self.random.pick(&[InstrumentId::NONE, instrument]);
        let kill = |switch| Kill { account, instrument, switch, reserved: [0; 3] };
        self.undo.push(kill(Switch::Off).into());
        self.say(kill(Switch::On));
    }

    pub(super) fn state(&mut self) {
        let instrument = self.any_instrument();
        let state = self.random.pick(&[
            InstrumentState::PostOnly,
            InstrumentState::LimitOnly,
            InstrumentState::CancelOnly,
            InstrumentState::Halted,
            InstrumentState::Closed,
        ]);
        let change = |state| SetInstrumentState { instrument, state, reserved: [0; 3] };
        self.undo.push(change(InstrumentState::Open).into());
        self.say(change(state));
    }

    pub(super) fn toggle_session(&mut self) {
        let at = self.random.below(self.streams.len() as u64) as usize;
        let (account, stream) = self.streams[at];
        let cancel = self.random.pick(OnDisconnect::ALL);
        let state = self.random.pick(&[SessionState::Closed, SessionState::CancelOnly]);
        let undone =
            if state == SessionState::Closed { SessionState::Open } else { SessionState::Enabled };
        self.undo.push(session(account, stream, undone, cancel).into());
        self.say(session(account, stream, state, cancel));
    }

    /// Mostly the same again; now and then lower than before, or none.
    pub(super) fn behaviour(&mut self) {
        let version = self.random.within(0, 2) as u32;
        self.say(Behaviour { version, reserved: 0 });
    }

    pub(super) fn mark(&mut self) {
        let price = self.ordinary_price(Side::Buy);
        let mark = Mark {
            instrument: self.any_instrument(),
            reserved: 0,
            price: Price::new(price).map_or(GivenPrice::ABSENT, GivenPrice::of),
            source_time: Timestamp(0),
        };
        self.say(mark);
    }
}
