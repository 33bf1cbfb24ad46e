//! The HTTP door at its place beside the venue: it is open before the venue has recovered, says how
//! far that is, and closes when the venue has ended.

use std::io;
use std::sync::{Arc, OnceLock};

use ringside_gateway::house::Counts;
use ringside_gateway::http::{Figures, HttpDoor, Opening, Standing, Vitals};
use ringside_gateway::limits::Limits;
use ringside_gateway::questions::{Answers, questions};
use ringside_gateway::reactor::{Address, Poller};

use crate::venue::clock::SharedClock;
use crate::venue::gauges::Gauges;
use crate::venue::health::Admission;

/// How the venue is; starting until its gauges are there.
#[derive(Default)]
pub struct Pulse(OnceLock<Gauges>);

impl Pulse {
    /// The venue runs.
    pub fn runs(&self, gauges: Gauges) {
        assert!(self.0.set(gauges).is_ok(), "a venue starts once");
    }
}

impl Vitals for Pulse {
    fn standing(&self) -> Standing {
        let Some(gauges) = self.0.get() else { return Standing::Starting };
        if gauges.stop.is_up() {
            return Standing::Stopping;
        }
        match gauges.health.admission() {
            Admission::Open => Standing::Open,
            Admission::Kept if gauges.health.is_clock_stepped() => Standing::ClockStepped,
            Admission::Kept => Standing::CancelsOnly,
            Admission::Nothing => Standing::TakesNothing,
        }
    }

    fn figures(&self) -> Figures {
        let Some(gauges) = self.0.get() else { return Figures::default() };
        Figures {
            executed: gauges.executed.get(),
            written: gauges.progress.written.get(),
            durable: gauges.progress.durable.get(),
        }
    }
}

/// The open door, and what the reactor and the venue are to give it.
pub struct Opened {
    /// The door.
    pub door: HttpDoor,
    /// The reactor answers here.
    pub answers: Answers,
    /// The venue says here that it runs.
    pub pulse: Arc<Pulse>,
}

/// Opens the door; none where it is to listen nowhere.
///
/// # Errors
/// When an address cannot be had.
pub fn open(
    listen: &[Address],
    limits: Limits,
    poller: &Poller,
    counts: &Arc<Counts>,
    clock: &SharedClock,
) -> io::Result<Option<Opened>> {
    if listen.is_empty() {
        return Ok(None);
    }
    let (asking, answers) = questions(Arc::new(poller.clone()));
    let pulse = Arc::<Pulse>::default();
    let opening = Opening {
        limits,
        questions: asking,
        counts: Arc::clone(counts),
        vitals: Arc::clone(&pulse) as Arc<dyn Vitals>,
        clock: Arc::clone(clock) as _,
    };
    let door = HttpDoor::open(listen, opening)?;
    Ok(Some(Opened { door, answers, pulse }))
}
