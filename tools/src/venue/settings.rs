//! How a venue is run: where, how safely, on which threads.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ringside_journal::Durability;
use ringside_ring::Wait;

use super::topology::Topology;

/// How a venue is run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Its directory.
    pub directory: PathBuf,
    /// When what was accepted may be told.
    pub durability: Durability,
    /// Which stages share a thread.
    pub topology: Topology,
    /// What threads do that wait for one another.
    pub wait: Wait,
    /// Whether threads are bound to cores.
    pub pin: bool,
    /// Bytes of a segment of commands or events.
    pub segment_bytes: u64,
    /// Slots of a door's lane; a power of two, as the other rings.
    pub lane_slots: usize,
    /// Slots of the ring of stamped commands.
    pub command_slots: usize,
    /// Slots of the ring of events.
    pub event_slots: usize,
    /// The shadow engine writes a snapshot after so many commands.
    pub snapshot_every: u64,
    /// A session that was open when the venue went down has so long to come back.
    pub session_grace: Duration,
    /// How far the machine's clock may step ahead before orders are refused.
    pub clock_step_max: Duration,
    /// Whether segments are deleted that recovery does not need any more.
    pub delete_old: bool,
}

impl Settings {
    /// In `directory`; safe, on as many threads as there are cores for.
    pub fn new(directory: &Path) -> Self {
        Self {
            directory: directory.to_path_buf(),
            durability: Durability::Sync,
            topology: Topology::for_cores(super::topology::cores()),
            wait: Wait::Park,
            pin: super::topology::cores() >= super::topology::PIPELINED_CORES,
            segment_bytes: 64 << 20,
            lane_slots: 4096,
            command_slots: 8192,
            event_slots: 65_536,
            snapshot_every: 2_000_000,
            session_grace: Duration::from_secs(10),
            clock_step_max: Duration::from_secs(10),
            delete_old: false,
        }
    }
}
