//! Refusals for people, and the op that each command was asked with.

use ringside_protocol::{Refusal, Rejected};

use super::directory::Directory;

/// Puts a refusal into words.
pub fn explain(rejected: &Rejected, venue: &dyn Directory) -> Refusal {
    let terms = rejected.instrument.is_some().then(|| venue.terms(rejected.instrument));
    let scale = rejected.currency.is_some().then(|| venue.money(rejected.currency).scale);
    Refusal::of(rejected, terms.as_ref(), scale)
}

/// The op that asks for the command with this number; none for the venue's own commands.
pub const fn op(command: u8) -> Option<&'static str> {
    Some(match command {
        1 => "clock",
        2 => "venue",
        3 => "venue",
        4 => "currency",
        5 => "instrument",
        6 => "instrument_state",
        7 => "account",
        8 => "limits",
        9 => "deposit",
        10 => "withdraw",
        11 => "key",
        12 => "session",
        20 => "order",
        21 => "amend",
        22 => "replace",
        23 => "cancel",
        24 => "mass_cancel",
        25 => "kill",
        26 => "mark",
        _ => return None,
    })
}
