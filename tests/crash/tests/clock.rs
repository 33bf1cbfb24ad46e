//! A machine whose clock is set while the venue runs: a step ahead is not gone by, orders are
//! refused and cancels taken, until the clock comes back or the operator confirms it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ringside_protocol::{Clock, Currency, Name, Origin, Timestamp};
use ringside_tools::venue::assembly::Ready;
use ringside_tools::venue::door::{Door, Input, Output};
use ringside_tools::venue::fatal::Fatal;
use ringside_tools::venue::health::Busy;
use ringside_tools::venue::settings::Settings;
use ringside_tools::venue::station::Turn;
use ringside_tools::venue::topology::Topology;

/// What the door does next, and whether the venue takes it.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// Asks for what is not kept.
    Order(Result<(), Busy>),
    /// Sends what is kept and waits until the engine has looked at the clock for it.
    Look,
    /// The wall is so many seconds past the start.
    Wall(u64),
    /// The operator confirms; whether there is anything to confirm.
    Confirm(bool),
}

/// A door that goes through its acts, each when the one before it is done.
struct Actor {
    wall: Arc<AtomicU64>,
    acts: Vec<Act>,
    done: usize,
    waits: bool,
}

const START: u64 = 1_000_000;
const HOUR: u64 = 3_600;
const REFUSED: Result<(), Busy> = Err(Busy::ClockStepped);

impl Actor {
    fn act(&mut self, act: Act, input: &mut Input) {
        let at = self.done;
        match act {
            Act::Order(expected) => {
                let code = Name::parse(&format!("C{at}")).expect("a code");
                let command = Currency { code, scale: 2, reserved: [0; 3] };
                let offered = input.offer_receipted(Origin::default(), command.into(), 1);
                assert_eq!(offered, expected, "act {at}");
                self.waits = offered.is_ok();
            }
            Act::Look => {
                let command = Clock { reserved: 0 };
                input.offer_receipted(Origin::default(), command.into(), 1).expect("it is kept");
                self.waits = true;
            }
            Act::Wall(seconds) => self.wall.store(START + seconds, Ordering::SeqCst),
            Act::Confirm(expected) => assert_eq!(input.confirm_clock(), expected, "act {at}"),
        }
        self.done += 1;
    }
}

impl Door for Actor {
    fn turn(&mut self, input: &mut Input, output: &mut Output, _: bool) -> Turn {
        output.each(|_, _| {});
        if self.waits {
            if output.settled().is_none() {
                return Turn::Idle;
            }
            self.waits = false;
        }
        let Some(&act) = self.acts.get(self.done) else { return Turn::Done };
        self.act(act, input);
        Turn::Worked
    }
}

/// Goes through the acts; the venue's time at the end, seconds past the start.
fn play(topology: Topology, acts: &[Act]) -> u64 {
    let directory = tempfile::tempdir().expect("a directory");
    let wall = Arc::new(AtomicU64::new(START));
    let settings = Settings::new(directory.path());
    let clock_step_max = Duration::from_secs(10);
    let settings = Settings { topology, clock_step_max, segment_bytes: 1 << 20, ..settings };
    // The venue was down for long: that is no step.
    let ready = Ready::open(settings, Timestamp(0)).expect("a venue");
    let looked = Arc::clone(&wall);
    let clock = move || Timestamp(looked.load(Ordering::SeqCst) * Timestamp::SECOND);
    let door = Actor { wall, acts: acts.to_vec(), done: 0, waits: false };
    let fatal = Fatal::new(|why| panic!("{why}"));
    let venue = ready.start(vec![Box::new(door)], Box::new(clock), fatal).expect("threads");
    venue.wait().engine.time().0 / Timestamp::SECOND - START
}

#[test]
fn a_step_of_the_clock_stops_orders_until_it_is_taken_back_or_confirmed() {
    use Act::{Confirm, Look, Order, Wall};
    let rows: [(&str, &[Act], u64); 4] = [
        ("what is allowed", &[Order(Ok(())), Wall(9), Look, Order(Ok(()))], 9),
        ("a step", &[Order(Ok(())), Wall(HOUR), Look, Order(REFUSED), Look, Order(REFUSED)], 0),
        (
            "taken back",
            &[Wall(HOUR), Look, Order(REFUSED), Wall(5), Look, Order(Ok(())), Confirm(false)],
            5,
        ),
        (
            "confirmed",
            &[Wall(HOUR), Look, Order(REFUSED), Confirm(true), Look, Order(Ok(())), Confirm(false)],
            HOUR,
        ),
    ];
    for topology in Topology::ALL {
        for (what, acts, ends) in rows {
            let time = play(topology, acts);
            // The steady clock goes on while a step is not believed.
            assert!((ends..ends + 10).contains(&time), "{what}, {topology}: {time} s");
        }
    }
}
