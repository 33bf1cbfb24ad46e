//! A bot's session over TCP: SoupBinTCP with OUCH, by a ticket that the venue issues for its key.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use ringside_client::order::{Life, NewOrder, Terms, symbol};
use ringside_client::ouch::{ClientError, OuchClient, Told};
use ringside_client::socket::Address;
use ringside_client::soup::Resume;
use ringside_client::websocket::Key;
use ringside_protocol::wire::ouch::{Executed, LiquidityFlag, Outbound, Replaced};
use ringside_protocol::{ClientOrderId, Side};

use super::super::bots::{Entry, Resting, Style, Wish};
use super::super::market::LISTINGS;
use super::hand::{Fill, Hand};
use super::pulse::Pulse;
use super::session::{Session, begin, log_on, told};
use crate::venue::clock;

/// The binary stream of every account that has one.
const STREAM: &str = "quotes";
/// Who rests gets one part of so many.
const REBATE_PARTS: i128 = 100_000;
/// Who takes pays one part of so many.
const FEE_PARTS: i128 = 20_000;

/// A session of the binary door.
pub struct Ouch {
    client: OuchClient,
    /// What was sent under which number and is not answered.
    sent: HashMap<u32, Sent>,
    /// Orders in the books, by both of their names.
    names: HashMap<u32, ClientOrderId>,
    numbers: HashMap<ClientOrderId, u32>,
}

struct Sent {
    at: Instant,
    what: Wish,
}

impl Ouch {
    /// Fetches a ticket over the JSON door and logs in with it; and what the account has.
    ///
    /// # Errors
    /// What the venue or the line has against it.
    pub fn open(binary: &Address, json: &Address, key: &Key) -> Result<(Self, Hand), String> {
        let (mut desk, _) = log_on(json, key)?;
        let hand = begin(&mut desk)?;
        let login = desk.ticket(STREAM).map_err(told)?;
        desk.close();
        let clock = Box::new(clock::wall());
        let client =
            OuchClient::connect(binary.clone(), login, Resume::LIVE, clock).map_err(told)?;
        let (sent, names, numbers) = Default::default();
        Ok((Self { client, sent, names, numbers }, hand))
    }

    fn hear_one(&mut self, message: &Outbound, hand: &mut Hand, pulse: &Pulse) {
        match message {
            Outbound::Accepted(message) => {
                if let Some(Wish::Enter(entry)) = self.answered(message.user_ref, false, pulse) {
                    self.rest(entry, message.user_ref, message.price, message.quantity, hand);
                }
            }
            Outbound::Replaced(message) => self.replaced(message, hand, pulse),
            Outbound::Rejected(message) => {
                self.answered(message.user_ref, true, pulse);
            }
            Outbound::Executed(message) => self.executed(message, hand),
            Outbound::Canceled(message) => self.reduced(message.user_ref, message.quantity, hand),
            Outbound::AiqCanceled(message) => {
                self.reduced(message.user_ref, message.quantity, hand);
            }
            Outbound::SystemEvent(_)
            | Outbound::Modified(_)
            | Outbound::BrokenTrade(_)
            | Outbound::CancelPending(_)
            | Outbound::CancelReject(_)
            | Outbound::PriorityUpdate(_)
            | Outbound::Restated(_)
            | Outbound::MassCancelResponse(_)
            | Outbound::DisableResponse(_)
            | Outbound::EnableResponse(_)
            | Outbound::AccountQueryResponse(_) => {}
        }
    }

    /// The venue day has ended, and with it the session. What was not answered will not be; orders
    /// live on under other numbers, are cancelled when those are told, and the bot begins anew.
    fn begin_anew(&mut self, hand: &mut Hand) -> Result<(), String> {
        self.sent.clear();
        self.names.clear();
        for id in self.numbers.drain().map(|(id, _)| id) {
            hand.reduce(&id, u64::MAX);
        }
        self.client.reconnect().map_err(told)
    }

    fn answered(&mut self, number: u32, is_refused: bool, pulse: &Pulse) -> Option<Wish> {
        let sent = self.sent.remove(&number)?;
        pulse.answered(sent.at.elapsed(), is_refused);
        Some(sent.what)
    }

    fn rest(&mut self, entry: Entry, number: u32, price: u64, quantity: u32, hand: &mut Hand) {
        let Entry { id, instrument, side, .. } = entry;
        let leaves = u64::from(quantity);
        hand.rest(Resting { id, instrument, side, price, executed: 0, leaves });
        self.name(id, number);
    }

    fn name(&mut self, id: ClientOrderId, number: u32) {
        self.names.insert(number, id);
        self.numbers.insert(id, number);
    }

    fn replaced(&mut self, message: &Replaced, hand: &mut Hand, pulse: &Pulse) {
        self.answered(message.user_ref, false, pulse);
        if let Some(id) = self.names.remove(&message.original_user_ref) {
            hand.replace(&id, message.price, u64::from(message.quantity));
            self.name(id, message.user_ref);
        }
    }

    fn executed(&mut self, message: &Executed, hand: &mut Hand) {
        let Some(id) = self.names.get(&message.user_ref).copied() else { return };
        let Some(order) = hand.order(&id).copied() else { return };
        let (price, quantity) = (message.price, u64::from(message.quantity));
        let per_tick_lot = LISTINGS[order.instrument.index()].scales().quote_per_tick_lot;
        let worth = i128::from(price) * i128::from(quantity) * i128::from(per_tick_lot);
        // The wire does not tell fees; the venue rounds what it takes up, and what it gives down.
        let fee = match message.liquidity {
            LiquidityFlag::Added => -(worth / REBATE_PARTS),
            LiquidityFlag::Removed => (worth + FEE_PARTS - 1) / FEE_PARTS,
        };
        hand.fill(&id, Fill { price, quantity, fee });
        self.forget_ended(message.user_ref, &id, hand);
    }

    fn reduced(&mut self, number: u32, quantity: u32, hand: &mut Hand) {
        let Some(id) = self.names.get(&number).copied() else { return };
        hand.reduce(&id, u64::from(quantity));
        self.forget_ended(number, &id, hand);
    }

    fn forget_ended(&mut self, number: u32, id: &ClientOrderId, hand: &Hand) {
        if hand.order(id).is_none() {
            self.names.remove(&number);
            self.numbers.remove(id);
        }
    }
}

impl Session for Ouch {
    fn carry(&mut self, wish: &Wish, _: &Hand) -> Result<(), String> {
        let at = Instant::now();
        let number = match wish {
            Wish::Enter(entry) => self.client.place(&new_order(entry)).map_err(told)?,
            Wish::Amend { id, quantity, price } => {
                let Some(&number) = self.numbers.get(id) else { return Ok(()) };
                let terms = Terms { post_only: true, ..Terms::new(narrow(*quantity), *price) };
                self.client.replace(number, &terms, Life::GoodTillCancel).map_err(told)?
            }
            Wish::Cancel { id } => {
                let Some(&number) = self.numbers.get(id) else { return Ok(()) };
                return self.client.cancel(number).map_err(told);
            }
        };
        self.sent.insert(number, Sent { at, what: *wish });
        Ok(())
    }

    fn hear(&mut self, limit: Duration, hand: &mut Hand, pulse: &Pulse) -> Result<(), String> {
        match self.client.next_within(limit) {
            Ok(Some(Told { message: Outbound::Restated(message), .. })) => {
                self.client.cancel(message.user_ref).map_err(told)
            }
            Ok(Some(heard)) => {
                self.hear_one(&heard.message, hand, pulse);
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(ClientError::Ended) => self.begin_anew(hand),
            Err(error) => Err(told(error)),
        }
    }

    fn is_settled(&self) -> bool {
        self.sent.is_empty()
    }

    fn leave(self: Box<Self>) {
        // The venue may have gone first.
        let _ = self.client.log_out();
    }
}

fn new_order(entry: &Entry) -> NewOrder {
    let Entry { instrument, side, quantity, style, .. } = *entry;
    let (symbol, quantity) = (wire_symbol(instrument.index()), narrow(quantity));
    let limit = |side: Side, price| NewOrder::limit(side, symbol, quantity, price);
    match style {
        Style::Market => NewOrder::market(side, symbol, quantity),
        Style::Immediate(price) => limit(side, price).life(Life::ImmediateOrCancel),
        Style::Resting(price) => limit(side, price),
        Style::PostOnly(price) => limit(side, price).post_only(),
    }
}

fn wire_symbol(instrument: usize) -> ringside_protocol::wire::ouch::Symbol {
    symbol(&LISTINGS[instrument].short_symbol())
}

/// Lots on the wire; the demo's are few.
fn narrow(lots: u64) -> u32 {
    u32::try_from(lots).unwrap_or(u32::MAX)
}
