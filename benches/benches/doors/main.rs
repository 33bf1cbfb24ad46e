//! What the doors cost: `cargo bench -p ringside-benches --bench doors [-- --section NAME]
//! [--rounds N] [--seconds N] [--directory DIR]`.
//!
//! - `rates`: how long an order waits for its answer, at several rates, beside an echo.
//! - `stalled`: the same beside clients who do not read what they are told, and without them.
//! - `idle`: the memory of a session that is logged on and silent.
//!
//! Without a section, all of them. Open loop: every order has a time at which it is due, whatever
//! became of the one before, and its wait counts from then.

mod drive;
mod idle;
mod place;
mod rates;
mod speech;
mod stalled;

use std::time::Duration;

use ringside_benches::run::{argument, print_machine, word};

/// Bytes read at once.
const READ_BYTES: usize = 64 * 1024;

fn main() {
    if let Some(home) = word(idle::SERVE) {
        return idle::serve(home.as_ref());
    }
    let section = word("--section");
    let is_asked = |name| section.as_deref().is_none_or(|section| section == name);
    let rounds = argument("--rounds").unwrap_or(3);
    let length = Duration::from_secs(argument("--seconds").unwrap_or(2) as u64);
    print_machine();
    if is_asked("rates") {
        rates::print(rounds, length);
    }
    if is_asked("stalled") {
        stalled::print(rounds, length);
    }
    if is_asked("idle") {
        idle::print(rounds);
    }
}
