//! What can be read of a running venue at any time, from any thread: how far it has come, what it
//! takes, whether it was asked to stop. Reading them disturbs nobody.

use std::sync::Arc;

use ringside_ring::Watch;

use super::door::StopSign;
use super::gate::Progress;
use super::health::Health;

/// The gauges of a venue.
#[derive(Clone)]
pub struct Gauges {
    /// The last command that was executed.
    pub executed: Watch,
    /// How far the journaler has come.
    pub progress: Progress,
    /// What is taken.
    pub health: Arc<Health>,
    /// Whether it was asked to stop.
    pub stop: StopSign,
}
