//! A venue with its doors open, and everybody who may come before them. One program, so that it is
//! linked once; each module is a part of what a door promises.

#![allow(clippy::wildcard_enum_match_arm, reason = "a test looks for one message among many")]

mod addresses;
mod chaos;
mod cycles;
mod day;
mod entry;
mod feed;
mod holding;
mod input;
mod kill;
mod login;
mod noise;
mod orders;
mod resume;
mod slow;

use ringside_client::order::{NewOrder, symbol};
use ringside_client::ouch::OuchClient;
use ringside_client::socket::Address;
use ringside_doors::venue::{Plan, SYMBOL, Venue};
use ringside_protocol::Side;
use ringside_protocol::wire::ouch::Outbound;

/// A venue by this plan.
fn open(plan: &Plan) -> Venue {
    Venue::start(env!("CARGO_BIN_EXE_doors"), plan)
}

/// Where the public feed of a venue with every door is told.
fn market_data(venue: &Venue) -> &Address {
    &venue.doors.public.as_ref().expect("every door is open").market_data.v4
}

fn buy(quantity: u32, price: u64) -> NewOrder {
    NewOrder::limit(Side::Buy, symbol(SYMBOL), quantity, price)
}

fn sell(quantity: u32, price: u64) -> NewOrder {
    NewOrder::limit(Side::Sell, symbol(SYMBOL), quantity, price)
}

/// An order that rests far from the market and its cancel, both answered: somebody is served.
#[track_caller]
fn round_trip(bot: &mut OuchClient) {
    let order = bot.place(&buy(1, 1)).unwrap_or_else(|error| panic!("{error}"));
    let accepted = bot.next().unwrap_or_else(|error| panic!("{error}")).message;
    assert!(matches!(accepted, Outbound::Accepted(it) if it.user_ref == order), "{accepted:?}");
    bot.cancel(order).unwrap_or_else(|error| panic!("{error}"));
    let canceled = bot.next().unwrap_or_else(|error| panic!("{error}")).message;
    assert!(matches!(canceled, Outbound::Canceled(it) if it.user_ref == order), "{canceled:?}");
}
