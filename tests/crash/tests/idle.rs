//! A venue that nobody uses: its threads sleep, whatever the topology. A process of its own, for
//! what is measured is the processor time of all its threads.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use ringside_journal::Durability;
use ringside_protocol::Timestamp;
use ringside_tools::drive::market;
use ringside_tools::venue::assembly::Ready;
use ringside_tools::venue::clock;
use ringside_tools::venue::door::{Door, Input, Output};
use ringside_tools::venue::fatal::Fatal;
use ringside_tools::venue::settings::Settings;
use ringside_tools::venue::station::Turn;
use ringside_tools::venue::topology::Topology;

/// Until spares are made and marks are written.
const SETTLING: Duration = Duration::from_millis(500);
const WATCHED: Duration = Duration::from_secs(3);
/// Of one core, while it is watched: one part in fifty.
const SPENT_MAX: Duration = Duration::from_millis(60);

/// Sends nothing and hears what there is; its turns are those that the venue gives an idle door.
struct Watcher {
    opened: Instant,
    /// When the venue had settled, and what it had spent by then.
    settled: Option<(Instant, ProcessTime)>,
    spent: Arc<Mutex<Option<Duration>>>,
}

impl Door for Watcher {
    fn turn(&mut self, _input: &mut Input, output: &mut Output, _is_stopping: bool) -> Turn {
        if output.each(|_, _| {}) > 0 {
            return Turn::Worked;
        }
        match self.settled {
            None if self.opened.elapsed() >= SETTLING => {
                self.settled = Some((Instant::now(), ProcessTime::now()));
                Turn::Idle
            }
            Some((since, time)) if since.elapsed() >= WATCHED => {
                *self.spent.lock().expect("the figure") = Some(time.elapsed());
                Turn::Done
            }
            None | Some(_) => Turn::Idle,
        }
    }
}

/// X-BEN-003: less than 2 % of a core.
#[test]
fn an_idle_venue_uses_next_to_no_processor_time() {
    for topology in Topology::ALL {
        for durability in [Durability::Async, Durability::Sync] {
            let directory = tempfile::tempdir().expect("a directory");
            let segment_bytes = 1 << 20;
            let settings = Settings::new(directory.path());
            let settings = Settings { topology, durability, segment_bytes, ..settings };
            let mut ready = Ready::open(settings, Timestamp(0)).expect("a venue");
            ready.genesis(&market::genesis(Timestamp(0)), Timestamp(0)).expect("a market");
            let spent = Arc::default();
            let (opened, settled) = (Instant::now(), None);
            let door = Watcher { opened, settled, spent: Arc::clone(&spent) };
            let fatal = Fatal::new(|why| panic!("{why}"));
            ready.start(vec![Box::new(door)], clock::wall(), fatal).expect("threads").wait();
            let spent = spent.lock().expect("the figure").expect("the venue was watched");
            println!("{topology}, {}: {spent:?} in {WATCHED:?}", durability.word());
            assert!(spent < SPENT_MAX, "{topology}, {}: {spent:?}", durability.word());
        }
    }
}
