//! Topology: which stages share a thread, and which threads have a core of their own. It is
//! configuration, not code: the stations are the same.

use core::fmt;
use std::thread;

use crate::report;

/// From so many cores on, every stage has a thread of its own unless told otherwise.
pub const PIPELINED_CORES: usize = 4;

/// Which stages share a thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Topology {
    /// Doors and engine on one thread; the journaler on another where it syncs, else there too.
    Fused,
    /// Each stage on its own.
    Pipelined,
}

impl Topology {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Fused, Self::Pipelined];

    /// What is best on so many cores.
    pub const fn for_cores(cores: usize) -> Self {
        if cores >= PIPELINED_CORES { Self::Pipelined } else { Self::Fused }
    }

    /// As people write it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fused => "fused",
            Self::Pipelined => "pipelined",
        }
    }
}

impl fmt::Display for Topology {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Cores this process may use.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// A thread's place among those that want a core each; the engine is 0 and has the last core, for
/// the system likes the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seating(pub usize);

/// Binds this thread to its core, and says so where it cannot be done.
pub fn pin(name: &str, seating: Seating) {
    let ids = core_affinity::get_core_ids().unwrap_or_default();
    let Some(&id) = ids.iter().rev().nth(seating.0) else {
        return report::warning(&format!(
            "{name} has no core of its own: there are {} cores; it runs where the system puts it",
            ids.len()
        ));
    };
    if !core_affinity::set_for_current(id) {
        report::warning(&format!(
            "{name} could not be bound to core {}: the system refused; it runs where the system \
             puts it, and its latency varies more",
            id.id
        ));
    }
}
