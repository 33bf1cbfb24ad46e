//! Answers to queries as JSON, from the plain views an engine gives of its state.

use ringside_engine::query::{
    BalanceView, CurrencyBalance, LimitsView, OrderView, Portfolio, PositionView, Stats, Turnover,
};
use ringside_protocol::decimal::{steps_text, text};
use ringside_protocol::depth::{Depth, DepthByOrder, DepthLevel, DepthOrder};
use ringside_protocol::wire::json::writer::Writer;
use ringside_protocol::{
    AccountId, InstrumentId, Name, OrderId, OrderType, Sequence, Terms, portfolio,
};

use super::directory::Directory;
use super::limits;

/// A book by level.
pub fn depth(json: &mut Writer<'_>, depth: &Depth, venue: &dyn Directory) {
    let terms = venue.terms(depth.instrument);
    json.text("symbol", terms.symbol);
    json.number("sequence", depth.sequence.0);
    levels(json.list("bids"), &depth.bids, &terms);
    levels(json.list("asks"), &depth.asks, &terms);
    json.number("checksum", depth.checksum);
}

fn levels(mut list: Writer<'_>, levels: &[DepthLevel], terms: &Terms) {
    for level in levels {
        let mut row = list.item_list();
        row.item_text(steps_text(level.price, terms.tick));
        row.item_text(steps_text(level.quantity, terms.lot));
        row.item_number(level.orders);
        row.end();
    }
    list.end();
}

/// A book by order; `id` tells an order's client order id.
pub fn depth_by_order(
    json: &mut Writer<'_>,
    depth: &DepthByOrder,
    id: &dyn Fn(OrderId) -> Name,
    venue: &dyn Directory,
) {
    let terms = venue.terms(depth.instrument);
    json.text("symbol", terms.symbol);
    json.number("sequence", depth.sequence.0);
    queues(json.list("bids"), &depth.bids, id, &terms, venue);
    queues(json.list("asks"), &depth.asks, id, &terms, venue);
    json.number("checksum", depth.checksum);
}

fn queues(
    mut list: Writer<'_>,
    orders: &[DepthOrder],
    id: &dyn Fn(OrderId) -> Name,
    terms: &Terms,
    venue: &dyn Directory,
) {
    for level in orders.chunk_by(|a, b| a.price == b.price) {
        let mut row = list.item_list();
        row.item_text(steps_text(level[0].price, terms.tick));
        let mut queue = row.item_list();
        for order in level {
            let mut entry = queue.item_list();
            entry.item_text(venue.account_name(order.account));
            entry.item_text(id(order.order));
            entry.item_text(steps_text(order.leaves, terms.lot));
            entry.end();
        }
        queue.end();
        row.end();
    }
    list.end();
}

/// An account's money, positions and limits.
pub fn portfolio(
    json: &mut Writer<'_>,
    portfolio: &Portfolio,
    account_limits: &LimitsView,
    venue: &dyn Directory,
) {
    json.text("account", venue.account_name(portfolio.account));
    json.number("sequence", portfolio.sequence.0);
    json.text("state", portfolio.state.word());
    let balances: Vec<Balance> = portfolio.balances.iter().map(|b| Balance::of(b, venue)).collect();
    let positions: Vec<Position> =
        portfolio.positions.iter().map(|p| Position::of(p, venue)).collect();
    write_balances(json.open("balances"), &balances);
    write_positions(json.open("positions"), &positions);
    json.open("margin").end();
    limits::write(json.open("limits"), account_limits, venue);
    json.number("checksum", checksum(&balances, &positions));
}

/// A balance as it is shown.
struct Balance {
    code: Name,
    total: String,
    available: String,
    reserved: String,
}

impl Balance {
    fn of(view: &BalanceView, venue: &dyn Directory) -> Self {
        let money = venue.money(view.currency);
        Self {
            code: money.code,
            total: text(view.available + view.held, money.scale),
            available: text(view.available, money.scale),
            reserved: text(view.held, money.scale),
        }
    }
}

fn write_balances(mut json: Writer<'_>, balances: &[Balance]) {
    for balance in balances {
        let mut object = json.open(balance.code.as_str());
        object.text("total", &balance.total);
        object.text("available", &balance.available);
        object.text("reserved", &balance.reserved);
        object.end();
    }
    json.end();
}

/// A position as it is shown.
struct Position {
    symbol: Name,
    quantity: String,
    average_cost: String,
    realised: String,
    unrealised: Option<String>,
    /// Quantity, price and trade of each open lot.
    lots: Vec<(String, String, u64)>,
}

impl Position {
    fn of(view: &PositionView, venue: &dyn Directory) -> Self {
        let terms = venue.terms(view.instrument);
        let lots = view.lots.iter().map(|lot| {
            let quantity = steps_text(lot.quantity, terms.lot);
            (quantity, steps_text(lot.price, terms.tick), lot.trade.0)
        });
        Self {
            symbol: terms.symbol,
            quantity: terms.signed_lots(view.quantity),
            average_cost: terms.average_cost(view.cost, view.quantity).unwrap_or_default(),
            realised: terms.quote_text(view.realised),
            unrealised: view.unrealised.map(|units| terms.quote_text(units)),
            lots: lots.collect(),
        }
    }
}

fn write_positions(mut json: Writer<'_>, positions: &[Position]) {
    for position in positions {
        let mut object = json.open(position.symbol.as_str());
        object.text("quantity", &position.quantity);
        object.text("average_cost", &position.average_cost);
        object.text("realised", &position.realised);
        object.text_or_null("unrealised", position.unrealised.as_ref());
        let mut lots = object.list("lots");
        for (quantity, price, id) in &position.lots {
            let mut lot = lots.item();
            lot.text("quantity", quantity);
            lot.text("price", price);
            lot.number("id", id);
            lot.end();
        }
        lots.end();
        object.end();
    }
    json.end();
}

fn checksum(balances: &[Balance], positions: &[Position]) -> u32 {
    let balances = balances.iter().map(|b| [b.code.as_str(), &b.total, &b.reserved]);
    let positions =
        positions.iter().map(|p| [p.symbol.as_str(), &p.quantity, &p.average_cost, &p.realised]);
    portfolio::checksum(balances.collect(), positions.collect())
}

/// An account's living orders, in order of entry.
pub fn orders(
    json: &mut Writer<'_>,
    account: AccountId,
    orders: &[OrderView],
    venue: &dyn Directory,
) {
    json.text("account", venue.account_name(account));
    let mut list = json.list("orders");
    for order in orders {
        write_order(list.item(), order, &venue.terms(order.instrument));
    }
    list.end();
}

fn write_order(mut json: Writer<'_>, order: &OrderView, terms: &Terms) {
    let price = steps_text(order.price, terms.tick);
    json.text_or_null("id", Some(order.id).filter(|id| !id.is_absent()));
    json.number("order", order.order.0);
    json.text("symbol", terms.symbol);
    json.text("side", order.side.word());
    json.text("type", order.kind.word());
    json.text_or_null("price", Some(price).filter(|_| order.kind != OrderType::Market));
    json.text("quantity", steps_text(order.executed + order.leaves, terms.lot));
    json.text("executed", steps_text(order.executed, terms.lot));
    json.text("leaves", steps_text(order.leaves, terms.lot));
    json.text("status", order.status.word());
    json.end();
}

/// Where each currency's money is and came from.
pub fn trial_balance(json: &mut Writer<'_>, currencies: &[CurrencyBalance], venue: &dyn Directory) {
    for balance in currencies {
        let money = venue.money(balance.currency);
        let mut object = json.open(money.code.as_str());
        object.text("deposits", text(balance.deposits, money.scale));
        object.text("withdrawals", text(balance.withdrawals, money.scale));
        object.text("accounts", text(balance.accounts, money.scale));
        object.text("fees", text(balance.fees, money.scale));
        object.text("insurance", text(0, money.scale));
        object.text("difference", difference(balance, money.scale));
        object.end();
    }
}

/// `0`, or by how much the books do not balance.
fn difference(balance: &CurrencyBalance, scale: u8) -> String {
    match balance.difference() {
        0 => "0".to_owned(),
        units => text(units, scale),
    }
}

/// The state hash and the sequence it stands at.
pub fn hash(json: &mut Writer<'_>, sequence: Sequence, hash: &[u8; 32]) {
    json.number("sequence", sequence.0);
    json.text("hash", hex(hash));
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Counters, and what was traded in each instrument.
pub fn stats(
    json: &mut Writer<'_>,
    stats: &Stats,
    turnovers: &[(InstrumentId, Turnover)],
    venue: &dyn Directory,
) {
    json.number("commands", stats.commands);
    json.number("events", stats.events);
    json.number("trades", stats.trades);
    json.number("rejected", stats.rejected);
    json.number("resting", stats.resting);
    let mut volume = json.open("volume");
    for (instrument, turnover) in turnovers {
        let terms = venue.terms(*instrument);
        volume.text(terms.symbol.as_str(), terms.volume_text(turnover.volume));
    }
    volume.end();
    let mut notional = json.open("notional");
    for (instrument, turnover) in turnovers {
        let terms = venue.terms(*instrument);
        notional.text(terms.symbol.as_str(), unsigned(turnover.notional, terms.quote_scale));
    }
    notional.end();
}

/// A sum that may be larger than any amount the venue computes with.
fn unsigned(units: u128, scale: u8) -> String {
    text(i128::try_from(units).unwrap_or(i128::MAX), scale)
}
