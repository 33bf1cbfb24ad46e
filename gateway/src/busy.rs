//! Why a command was turned away before it had a place in the total order.

use core::fmt;

/// Why a command was turned away before it was sequenced. It left no trace and may be sent again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Busy {
    /// More came in than the engine takes at the moment.
    LaneFull,
    /// The disk is nearly or wholly full.
    DiskFull,
    /// The machine's clock has stepped further than the venue believes.
    ClockStepped,
}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LaneFull => "busy: more comes in than is taken; try again at once",
            Self::DiskFull => "busy: the venue's disk is full; cancels are taken, orders are not",
            Self::ClockStepped => {
                "busy: the venue's clock has stepped; cancels are taken, orders are not until the \
                 operator confirms it"
            }
        })
    }
}

impl std::error::Error for Busy {}
