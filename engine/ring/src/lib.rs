//! The lock-free joints between the venue's threads: cursors that one thread moves and others read
//! or sleep on, lanes from one thread to one, and broadcasts from one thread to many. They know no
//! command and no event; they never block who publishes, read no clock and allocate only when they
//! are made.
//!
//! ```
//! use ringside_ring::{Full, lane};
//!
//! let (mut sender, mut receiver) = lane::<u64>(8);
//! sender.try_publish(&[1, 2, 3])?;
//! assert!(receiver.batch().iter().eq(&[1, 2, 3]));
//! receiver.release(3);
//! # Ok::<(), Full>(())
//! ```

mod batch;
mod broadcast;
mod buffer;
mod cursor;
mod fence;
mod lagging;
mod lane;
mod sync;
mod wait;

pub use batch::Batch;
pub use broadcast::{
    Broadcast, Full, Publisher, START_MAX, SUBSCRIBERS_MAX, Subscriber, broadcast,
};
pub use buffer::{ALIGN, CAPACITY_MAX, CAPACITY_MIN, CapacityError, Item, Plain, check_capacity};
pub use cursor::{Crowded, Cursor, SLEEPERS_MAX, Seat, Watch};
pub use lagging::{LaggingSubscriber, Lapped};
pub use lane::{Receiver, Sender, lane};
pub use wait::{Armed, Goal, LOOKS_MAX, Sleep, Wait, Waiter, Wake, Woken, arm, look};
