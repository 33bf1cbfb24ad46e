//! Read models: what doors know of the venue, from its events alone. Events carry resulting values,
//! so a view assigns and never adds up; it is behind the gate, for so are the events.
//!
//! [`Views`] hears every event in order and moves its sequence at the last event of each command.
//! What is asked between the events of one command is asked too early.

pub mod accounts;
pub mod books;
mod chain;
pub mod directory;
pub mod movement;
pub mod orders;

use ringside_protocol::{Event, EventHeader, Sequence, Timestamp};

use accounts::Accounts;
use books::Books;
use directory::Directory;
use movement::Movements;
use orders::{OrderRow, Orders};

/// Everything that doors know of the venue.
#[derive(Debug, Default)]
pub struct Views {
    /// What there is.
    pub directory: Directory,
    /// Orders.
    pub orders: Orders,
    /// Money and positions.
    pub accounts: Accounts,
    /// Books by level.
    pub books: Books,
    movements: Movements,
    sequence: Sequence,
    time: Timestamp,
}

impl Views {
    /// Learns from an event; `is_last` says that it is the last of its command.
    pub fn hear(&mut self, header: &EventHeader, event: &Event, is_last: bool) {
        for movement in self.movements.hear(event) {
            self.books.hear_movement(&movement, &self.orders);
            self.orders.hear_movement(&movement);
        }
        self.directory.hear(event);
        self.orders.hear(header, event);
        self.accounts.hear(event, &self.directory, &self.orders);
        self.books.hear(header, event);
        if is_last {
            self.settle(header);
        }
    }

    fn settle(&mut self, header: &EventHeader) {
        if let Some(placed) = self.movements.settle() {
            self.books.hear_movement(&placed, &self.orders);
            self.orders.hear_movement(&placed);
        }
        self.books.settle(header);
        (self.sequence, self.time) = (header.sequence, header.time);
    }

    /// Takes over the orders that rest in an engine that was there before, as after `sequence`; see
    /// [`Orders::seed`] for their order. What there is comes first, by the events that retell it.
    pub fn seed(&mut self, queues: &[OrderRow], sequence: Sequence, time: Timestamp) {
        self.orders.seed(queues.iter().copied());
        queues.iter().for_each(|row| self.books.seed(row));
        self.books.seed_sequence(sequence, time);
        (self.sequence, self.time) = (sequence, time);
    }

    /// The last command that was heard to its end.
    pub const fn sequence(&self) -> Sequence {
        self.sequence
    }

    /// Venue time of that command.
    pub const fn time(&self) -> Timestamp {
        self.time
    }
}
