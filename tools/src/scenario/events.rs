//! Events as JSON: `event`, `sequence`, `index` and `time` first, then the fields of the kind,
//! always in the same order. Decimals are strings with the places of their instrument or currency.

use ringside_protocol::decimal::{steps_text, text};
use ringside_protocol::wire::json::writer::Writer;
use ringside_protocol::{
    Accepted, AccountId, AccountStateChanged, Amended, Amount, Canceled, Confirmed, CurrencyAdded,
    CurrencyId, Event, EventKind, Executed, InstrumentAdded, InstrumentFlags, InstrumentId,
    InstrumentStateChanged, KeyGranted, LotClosed, Name, OrderFlags, OrderId, Position, Posting,
    Rejected, Restated, SessionChanged, Side, Terms, Trade, Warning,
};

use super::answers::hex;
use super::directory::Directory;
use super::memory::{Known, Told};
use super::refusal;

/// Appends an event as one JSON object, without a line end.
pub fn write(out: &mut Vec<u8>, told: &Told, venue: &dyn Directory) {
    let mut json = Writer::object(out);
    json.text("event", told.event.kind().word());
    json.number("sequence", told.header.sequence.0);
    json.number("index", told.header.index);
    json.number("time", told.header.time.0);
    fields(&mut json, told, venue);
    json.end();
}

/// The fields that every event carries.
pub const HEAD: &[&str] = &["event", "sequence", "index", "time"];

/// The fields of a kind beside [`HEAD`], in the order they are written.
pub const fn names(kind: EventKind) -> &'static [&'static str] {
    match kind {
        EventKind::Accepted => &[
            "account",
            "id",
            "order",
            "symbol",
            "side",
            "type",
            "tif",
            "post_only",
            "price",
            "quantity",
            "reserved",
        ],
        EventKind::Rejected => &[
            "account", "id", "order", "symbol", "command", "reason", "message", "limit", "observed",
        ],
        EventKind::Executed => &[
            "account",
            "id",
            "order",
            "symbol",
            "side",
            "trade",
            "price",
            "quantity",
            "cumulative",
            "leaves",
            "liquidity",
            "fee",
            "counterparty_hidden",
        ],
        EventKind::Trade => &["symbol", "trade", "side", "price", "quantity"],
        EventKind::Amended => &[
            "account",
            "id",
            "order",
            "symbol",
            "new_id",
            "price",
            "quantity",
            "cumulative",
            "leaves",
            "priority",
            "reserved",
        ],
        EventKind::Canceled => {
            &["account", "id", "order", "symbol", "reason", "leaves", "cumulative", "reserved"]
        }
        EventKind::Posting => &[
            "purpose",
            "currency",
            "amount",
            "debit",
            "debit_total",
            "debit_reserved",
            "credit",
            "credit_total",
            "credit_reserved",
        ],
        EventKind::Position => {
            &["account", "symbol", "quantity", "average_cost", "cost", "realised"]
        }
        EventKind::LotClosed => &[
            "account",
            "symbol",
            "orphan",
            "buy_order",
            "buy_trade",
            "sell_order",
            "sell_trade",
            "quantity",
            "buy_price",
            "sell_price",
            "cost",
            "proceeds",
            "pnl",
            "buy_fee",
            "sell_fee",
        ],
        EventKind::InstrumentState => &["symbol", "state", "killed"],
        EventKind::AccountState => &["account", "symbol", "state"],
        EventKind::Warning => &["account", "code"],
        EventKind::Currency => &["code", "scale"],
        EventKind::Instrument => &["symbol", "wire_symbol", "base", "quote", "tick", "lot"],
        EventKind::Key => &["account", "key", "permissions", "expires"],
        EventKind::Session => &["account", "session", "kind", "state", "number"],
        EventKind::Confirmed => &["account", "request", "symbol"],
        EventKind::Restated => {
            &["account", "id", "order", "symbol", "side", "price", "cumulative", "leaves", "number"]
        }
        EventKind::Day => &["session", "began"],
        EventKind::SessionEnded => &["account", "number"],
    }
}

fn fields(json: &mut Writer<'_>, told: &Told, venue: &dyn Directory) {
    match &told.event {
        Event::Accepted(accepted) => write_accepted(json, accepted, venue),
        Event::Rejected(rejected) => write_rejected(json, told.order.id, rejected, venue),
        Event::Executed(executed) => write_executed(json, told.order.id, executed, venue),
        Event::Trade(trade) => write_trade(json, trade, venue),
        Event::Amended(amended) => write_amended(json, told.order, amended, venue),
        Event::Canceled(canceled) => write_canceled(json, told.order, canceled, venue),
        Event::Posting(posting) => write_posting(json, posting, venue),
        Event::Position(position) => write_position(json, position, venue),
        Event::LotClosed(closed) => write_lot_closed(json, closed, venue),
        Event::InstrumentState(changed) => write_instrument_state(json, changed),
        Event::AccountState(changed) => write_account_state(json, changed, venue),
        Event::Warning(warning) => write_warning(json, warning, venue),
        Event::Currency(added) => write_currency(json, added),
        Event::Instrument(added) => write_instrument(json, added, venue),
        Event::Key(granted) => write_key(json, granted, venue),
        Event::Session(changed) => write_session(json, changed, venue),
        Event::Confirmed(confirmed) => write_confirmed(json, confirmed, venue),
        Event::Restated(restated) => write_restated(json, restated, venue),
        Event::Day(day) => {
            json.number("session", day.session.0);
            json.number("began", day.began.0);
        }
        Event::SessionEnded(ended) => {
            json.text("account", venue.account_name(ended.account));
            json.number("number", ended.report.number);
        }
    }
}

fn write_accepted(json: &mut Writer<'_>, accepted: &Accepted, venue: &dyn Directory) {
    let terms = venue.terms(accepted.instrument);
    head(json, accepted.account, accepted.id, accepted.order, venue);
    json.text("symbol", terms.symbol);
    json.text("side", accepted.side.word());
    json.text("type", accepted.kind.word());
    json.text("tif", accepted.time_in_force.word());
    json.number("post_only", accepted.flags.has(OrderFlags::POST_ONLY));
    json.text_or_null("price", price(accepted.price, &terms));
    json.text("quantity", lots(accepted.quantity, &terms));
    json.text("reserved", held(accepted.held, accepted.side, &terms));
}

fn write_rejected(json: &mut Writer<'_>, id: Name, rejected: &Rejected, venue: &dyn Directory) {
    head(json, rejected.account, id, rejected.order, venue);
    json.text_or_null("symbol", symbol(rejected.instrument, venue));
    json.text_or_null("command", refusal::op(rejected.command));
    json.text("reason", rejected.reason.word());
    let refusal = refusal::explain(rejected, venue);
    json.text("message", refusal.message);
    json.text_or_null("limit", refusal.limit);
    json.text_or_null("observed", refusal.observed);
}

fn write_executed(json: &mut Writer<'_>, id: Name, executed: &Executed, venue: &dyn Directory) {
    let terms = venue.terms(executed.instrument);
    head(json, executed.account, id, executed.order, venue);
    json.text("symbol", terms.symbol);
    json.text("side", executed.side.word());
    json.number("trade", executed.trade.0);
    json.text("price", steps_text(executed.price, terms.tick));
    json.text("quantity", lots(executed.quantity, &terms));
    json.text("cumulative", lots(executed.cumulative, &terms));
    json.text("leaves", lots(executed.leaves, &terms));
    json.text("liquidity", executed.liquidity.word());
    json.text("fee", quote(executed.fee, &terms));
    json.number("counterparty_hidden", true);
}

fn write_trade(json: &mut Writer<'_>, trade: &Trade, venue: &dyn Directory) {
    let terms = venue.terms(trade.instrument);
    json.text("symbol", terms.symbol);
    json.number("trade", trade.trade.0);
    json.text("side", trade.side.word());
    json.text("price", steps_text(trade.price, terms.tick));
    json.text("quantity", lots(trade.quantity, &terms));
}

fn write_amended(json: &mut Writer<'_>, order: Known, amended: &Amended, venue: &dyn Directory) {
    let terms = venue.terms(amended.instrument);
    head(json, amended.account, order.id, amended.order, venue);
    json.text("symbol", terms.symbol);
    json.text_or_null("new_id", present(amended.new_id));
    json.text("price", steps_text(amended.price, terms.tick));
    json.text("quantity", lots(amended.quantity, &terms));
    json.text("cumulative", lots(amended.cumulative, &terms));
    json.text("leaves", lots(amended.leaves, &terms));
    json.text("priority", amended.priority.word());
    json.text("reserved", held(amended.held, order.side, &terms));
}

fn write_canceled(json: &mut Writer<'_>, order: Known, canceled: &Canceled, venue: &dyn Directory) {
    let terms = venue.terms(canceled.instrument);
    head(json, canceled.account, order.id, canceled.order, venue);
    json.text("symbol", terms.symbol);
    json.text("reason", canceled.reason.word());
    json.text("leaves", lots(canceled.leaves, &terms));
    json.text("cumulative", lots(canceled.cumulative, &terms));
    json.text("reserved", held(canceled.held, order.side, &terms));
}

fn write_posting(json: &mut Writer<'_>, posting: &Posting, venue: &dyn Directory) {
    let money = |amount: Amount| text(amount.units(), venue.money(posting.currency).scale);
    json.text("purpose", posting.purpose.word());
    json.text("currency", code(posting.currency, venue));
    json.text("amount", money(posting.amount));
    json.text("debit", party(posting.debit, venue));
    json.text("debit_total", money(posting.debit_total));
    json.text("debit_reserved", money(posting.debit_held));
    json.text("credit", party(posting.credit, venue));
    json.text("credit_total", money(posting.credit_total));
    json.text("credit_reserved", money(posting.credit_held));
}

fn write_position(json: &mut Writer<'_>, position: &Position, venue: &dyn Directory) {
    let terms = venue.terms(position.instrument);
    json.text("account", venue.account_name(position.account));
    json.text("symbol", terms.symbol);
    json.text("quantity", terms.signed_lots(position.quantity));
    let average = terms.average_cost(position.cost.units(), position.quantity);
    json.text_or_null("average_cost", average);
    json.text("cost", quote(position.cost, &terms));
    json.text("realised", quote(position.realised, &terms));
}

fn write_lot_closed(json: &mut Writer<'_>, closed: &LotClosed, venue: &dyn Directory) {
    let terms = venue.terms(closed.instrument);
    json.text("account", venue.account_name(closed.account));
    json.text("symbol", terms.symbol);
    json.number("orphan", closed.is_orphan());
    json.number_or_null("buy_order", closed.buy_order.0);
    json.number_or_null("buy_trade", closed.buy_trade.0);
    json.number_or_null("sell_order", closed.sell_order.0);
    json.number_or_null("sell_trade", closed.sell_trade.0);
    json.text("quantity", lots(closed.quantity, &terms));
    json.text_or_null("buy_price", price(closed.buy_price, &terms));
    json.text_or_null("sell_price", price(closed.sell_price, &terms));
    let value = |price| terms.value(price, closed.quantity);
    let (cost, proceeds) = (value(closed.buy_price), value(closed.sell_price));
    // What was not bought through the venue has no cost, hence no P&L.
    if closed.is_orphan() {
        json.text("proceeds", terms.quote_text(proceeds));
    } else {
        json.text("cost", terms.quote_text(cost));
        json.text("proceeds", terms.quote_text(proceeds));
        json.text("pnl", terms.quote_text(proceeds - cost));
    }
    json.text("buy_fee", quote(closed.buy_fee, &terms));
    json.text("sell_fee", quote(closed.sell_fee, &terms));
}

fn write_instrument_state(json: &mut Writer<'_>, changed: &InstrumentStateChanged) {
    json.text("symbol", changed.symbol);
    json.text("state", changed.state.word());
    json.number("killed", changed.flags.has(InstrumentFlags::KILLED));
}

fn write_account_state(
    json: &mut Writer<'_>,
    changed: &AccountStateChanged,
    venue: &dyn Directory,
) {
    json.text("account", changed.name);
    json.text_or_null("symbol", symbol(changed.instrument, venue));
    json.text("state", changed.state.word());
}

fn write_warning(json: &mut Writer<'_>, warning: &Warning, venue: &dyn Directory) {
    json.text_or_null("account", account(warning.account, venue));
    json.text("code", warning.code.word());
}

fn write_currency(json: &mut Writer<'_>, added: &CurrencyAdded) {
    json.text("code", added.code);
    json.number("scale", added.scale);
}

fn write_instrument(json: &mut Writer<'_>, added: &InstrumentAdded, venue: &dyn Directory) {
    let terms = &added.terms;
    let wire = terms.wire_symbol.iter().take_while(|&&byte| byte != 0);
    json.text("symbol", terms.symbol);
    json.text("wire_symbol", wire.map(|&byte| char::from(byte)).collect::<String>());
    json.text("base", code(terms.base, venue));
    json.text("quote", code(terms.quote, venue));
    json.text("tick", steps_text(1, terms.tick));
    json.text("lot", steps_text(1, terms.lot));
}

fn write_key(json: &mut Writer<'_>, granted: &KeyGranted, venue: &dyn Directory) {
    let grant = &granted.grant;
    json.text("account", venue.account_name(grant.account));
    json.text("key", hex(&grant.key));
    let mut words = json.list("permissions");
    grant.permissions.words().for_each(|word| words.item_text(word));
    words.end();
    json.number_or_null("expires", grant.expires.0);
}

fn write_session(json: &mut Writer<'_>, changed: &SessionChanged, venue: &dyn Directory) {
    json.text("account", venue.account_name(changed.account));
    json.text("session", changed.name);
    json.text("kind", changed.kind.word());
    json.text("state", changed.state.word());
    json.number("number", changed.number);
}

fn write_confirmed(json: &mut Writer<'_>, confirmed: &Confirmed, venue: &dyn Directory) {
    json.text("account", venue.account_name(confirmed.account));
    json.text("request", confirmed.request.word());
    json.text_or_null("symbol", symbol(confirmed.instrument, venue));
}

fn write_restated(json: &mut Writer<'_>, restated: &Restated, venue: &dyn Directory) {
    let terms = venue.terms(restated.instrument);
    head(json, restated.account, restated.id, restated.order, venue);
    json.text("symbol", terms.symbol);
    json.text("side", restated.side.word());
    json.text("price", steps_text(restated.price, terms.tick));
    json.text("cumulative", lots(restated.cumulative, &terms));
    json.text("leaves", lots(restated.leaves, &terms));
    json.number("number", restated.report.number);
}

/// What all order events begin with.
fn head(json: &mut Writer<'_>, whose: AccountId, id: Name, order: OrderId, venue: &dyn Directory) {
    json.text_or_null("account", account(whose, venue));
    json.text_or_null("id", present(id));
    json.number_or_null("order", order.0);
}

fn account(account: AccountId, venue: &dyn Directory) -> Option<Name> {
    account.is_some().then(|| venue.account_name(account))
}

fn symbol(instrument: InstrumentId, venue: &dyn Directory) -> Option<Name> {
    instrument.is_some().then(|| venue.terms(instrument).symbol)
}

fn present(name: Name) -> Option<Name> {
    Some(name).filter(|name| !name.is_absent())
}

fn code(currency: CurrencyId, venue: &dyn Directory) -> Name {
    venue.money(currency).code
}

/// A side of a posting: the venue's own have names that no account can have.
fn party(account: AccountId, venue: &dyn Directory) -> String {
    match account {
        AccountId::FEES => "@fees".to_owned(),
        AccountId::OUTSIDE => "@outside".to_owned(),
        account => venue.account_name(account).to_string(),
    }
}

fn price(ticks: u64, terms: &Terms) -> Option<String> {
    Some(steps_text(ticks, terms.tick)).filter(|_| ticks != 0)
}

fn lots(lots: u64, terms: &Terms) -> String {
    steps_text(lots, terms.lot)
}

fn quote(amount: Amount, terms: &Terms) -> String {
    terms.quote_text(amount.units())
}

/// A hold: quote for a buy, base for a sell.
fn held(held: Amount, side: Side, terms: &Terms) -> String {
    let scale = match side {
        Side::Buy => terms.quote_scale,
        Side::Sell => terms.base_scale,
    };
    text(held.units(), scale)
}
