//! The market that a driven venue begins with: traders with money and a stream each, and a few
//! instruments.

use ringside_protocol::*;

/// Traders, each with one stream of the same number.
pub const TRADERS: u32 = 32;
/// Instruments.
pub const INSTRUMENTS: u32 = 4;
/// Units of 10^−12 in one.
const UNIT: u64 = 1_000_000_000_000;
/// What every trader has of every currency, smallest units.
const MONEY: u64 = 1_000_000_000_000_000_000;

/// The commands that make it at this time. Its days begin half a day later, so that none ends, and
/// with it the session that traders count their orders in, while a short run lasts.
pub fn genesis(now: Timestamp) -> Vec<Command> {
    let day_start_ns = (now.0 % Timestamp::DAY + Timestamp::DAY / 2) % Timestamp::DAY;
    let mut commands: Vec<Command> = vec![
        Venue { day_start_ns, flags: VenueFlags::NONE, reserved: [0; 7] }.into(),
        Currency { code: name("USD"), scale: 2, reserved: [0; 3] }.into(),
    ];
    for at in 0..INSTRUMENTS {
        let code = name(&format!("X{at}"));
        commands.push(Currency { code, scale: 0, reserved: [0; 3] }.into());
        commands.push(instrument(at).into());
    }
    for at in 0..TRADERS {
        commands.extend(trader(AccountId(at)));
    }
    commands
}

fn instrument(at: u32) -> Instrument {
    Instrument {
        symbol: name(&format!("X{at}/USD")),
        wire_symbol: [0; 8],
        base: CurrencyId(at + 1),
        quote: CurrencyId(0),
        kind: InstrumentKind::Spot,
        reserved: [0; 3],
        tick: UNIT / 100,
        lot: UNIT,
        max_price: 1_000_000,
        min_quantity: 1,
        max_quantity: 1_000_000,
        min_notional: Amount::new(1),
        max_notional: Amount::ZERO,
        maker_fee: FeeRate(FeeRate::BASIS_POINT),
        taker_fee: FeeRate(2 * FeeRate::BASIS_POINT),
        max_open_orders: 100_000,
        reserved_2: 0,
    }
}

fn trader(account: AccountId) -> Vec<Command> {
    let mut commands: Vec<Command> = vec![
        Account {
            name: name(&format!("trader-{}", account.0)),
            self_trade: SelfTrade::CancelMaker,
            permissions: Permissions::EVERY,
            flags: AccountFlags::NONE,
            reserved: 0,
        }
        .into(),
    ];
    for currency in (0..=INSTRUMENTS).map(CurrencyId) {
        let amount = GivenAmount::of(MONEY.into());
        commands.push(Command::Deposit(Transfer { account, currency, amount }));
    }
    commands.push(session(account, SessionState::Open).into());
    commands
}

/// Opens or closes a trader's session.
pub fn session(account: AccountId, state: SessionState) -> Session {
    Session {
        account,
        name: name("drive"),
        kind: StreamKind::Ouch,
        state,
        cancel_on_disconnect: OnDisconnect::Keep,
        reserved: 0,
        user_ref: 0,
    }
}

fn name(text: &str) -> Name {
    Name::parse(text).expect("Invariant: names of the market are names")
}
