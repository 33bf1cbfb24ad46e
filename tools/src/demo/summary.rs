//! What the demo in process ends with: what happened, whether the books are in order, and how to
//! see it again.

use std::fmt::Write;
use std::time::Duration;

use ringside_engine::Engine;
use ringside_engine::audit::{self, Violation};

use super::crowd::Crowd;
use crate::figures::{a_second, grouped};
use crate::scenario::answers::hex;

/// How a demo went.
pub struct Summary {
    /// Everything, line by line.
    pub text: String,
    /// What the audit found.
    pub audit: Result<(), Violation>,
}

/// Looks at everything; `busy` is how long the venue and the bots worked.
pub fn summary(crowd: &Crowd, seed: u64, busy: Duration) -> Summary {
    let engine = crowd.market().engine();
    let (stats, audit) = (engine.stats(), audit::check(engine));
    let verdict = verdict(&audit);
    let mut text = String::new();
    for (what, value) in [
        ("commands", format!("{} ({} refused)", grouped(stats.commands), grouped(stats.rejected))),
        ("events", grouped(stats.events)),
        ("trades", grouped(stats.trades)),
        ("resting", grouped(stats.resting)),
        ("speed", format!("{} orders a second, the bots' own work included", speed(crowd, busy))),
        ("trial balance", differences(engine)),
        ("audit", verdict),
        ("state hash", hex(&engine.state_hash())),
        ("again", format!("ringside demo --seed {seed} --commands {}", crowd.sequence())),
    ] {
        writeln!(text, "{what:<14}{value}").expect("a string takes everything");
    }
    Summary { text, audit }
}

/// What the audit found, as it is said.
pub fn verdict(audit: &Result<(), Violation>) -> String {
    match audit {
        Ok(()) => "in order".to_owned(),
        Err(violation) => format!("NOT in order: {violation}"),
    }
}

/// Commands a second of work.
fn speed(crowd: &Crowd, busy: Duration) -> String {
    a_second(crowd.sequence(), busy)
}

/// What is there of each currency less what came in: `difference 0` (LED-034).
pub fn differences(engine: &Engine) -> String {
    let rows = engine.trial_balance();
    let wrong: Vec<String> = rows
        .iter()
        .filter(|row| row.difference() != 0)
        .map(|row| format!("{} {}", engine.currency_code(row.currency), row.difference()))
        .collect();
    if !wrong.is_empty() {
        return format!("difference {}", wrong.join(", "));
    }
    let codes: Vec<String> =
        rows.iter().map(|row| engine.currency_code(row.currency).to_string()).collect();
    format!("difference 0 in {}", codes.join(", "))
}

#[cfg(test)]
mod tests {
    use ringside_protocol::Timestamp;

    use super::super::crowd::Until;
    use super::*;

    #[test]
    fn it_says_what_happened_and_how_to_see_it_again() {
        // LED-034, X-LED-002
        let mut crowd = Crowd::new(7);
        crowd.trade(Until { time: Timestamp(u64::MAX), commands: 3_000 });
        let summary = summary(&crowd, 7, Duration::from_millis(3));
        assert_eq!(summary.audit, Ok(()));
        for promised in [
            "commands      3,000 (",
            "speed         1,000,000 orders a second",
            "trial balance difference 0 in USDC, SOL, BTC, ETH",
            "audit         in order",
            &hex(&crowd.market().engine().state_hash()),
            "again         ringside demo --seed 7 --commands 3000",
        ] {
            assert!(summary.text.contains(promised), "{promised} is missing:\n{}", summary.text);
        }
    }
}
