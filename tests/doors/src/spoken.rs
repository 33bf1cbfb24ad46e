//! Messages as tests write them down: without their time, which is the wall's.

use ringside_client::ouch::OuchClient;
use ringside_protocol::wire::ouch::{Inbound, Outbound};
use ringside_protocol::wire::soup;

/// Where every message of the venue has its time.
const TIME: core::ops::Range<usize> = 1..9;

/// A message of the venue as if it had been said at midnight.
///
/// # Panics
/// Never: what could be read can be read without its time.
pub fn timeless(message: &Outbound) -> Outbound {
    let mut bytes = Vec::new();
    message.encode(&mut bytes);
    bytes[TIME].fill(0);
    Outbound::decode(&bytes).expect("the same message")
}

/// The bytes of a client's message.
pub fn encoded(message: &Inbound) -> Vec<u8> {
    let mut bytes = Vec::new();
    message.encode(&mut bytes);
    bytes
}

/// The bytes of a client's message in its packet.
pub fn packed(message: &Inbound) -> Vec<u8> {
    let mut bytes = Vec::new();
    soup::unsequenced(&mut bytes, |out| message.encode(out));
    bytes
}

/// The next so many messages of a bot's stream, timeless.
///
/// # Panics
/// When the connection ends before.
pub fn next(bot: &mut OuchClient, count: usize) -> Vec<Outbound> {
    let next = |_| bot.next().unwrap_or_else(|error| panic!("{error}")).message;
    (0..count).map(next).map(|message| timeless(&message)).collect()
}
