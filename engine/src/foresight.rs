//! Looking ahead: asks the cache for what coming commands will touch, so that it is there by their
//! turn.
//!
//! A venue with many accounts misses the cache on nearly every order: its stream, then the holding
//! that the stream points at, then the balances that the holding points at. Whoever applies
//! commands in batches knows which streams come next and says so; each step of that way is then
//! asked for one command earlier than the next. It changes nothing, and whatever turns out
//! otherwise costs nothing but the asking.

use prefetch_index::prefetch_index;
use ringside_protocol::StreamId;

use crate::Engine;
use crate::book::Book;

impl<B: Book> Engine<B> {
    /// The streams of the next three commands, the next one first. A stream that is none, or not
    /// there, is passed over.
    #[inline(always)]
    pub fn foresee(&self, ahead: [StreamId; 3]) {
        let [near, middle, far] = ahead;
        prefetch_index(&self.streams.rows, far.index());
        if let Some(place) = self.recent_place(middle) {
            let holding = self.holdings.at(place);
            fetch(&holding.account);
            fetch(&holding.open_value);
        }
        if let Some(place) = self.recent_place(near) {
            let holding = self.holdings.at(place);
            fetch(self.balances.row(holding.base));
            fetch(self.balances.row(holding.quote));
        }
    }

    #[inline(always)]
    fn recent_place(&self, stream: StreamId) -> Option<u32> {
        self.streams.get(stream)?.recent_place()
    }
}

/// Asks for the cache line that something lies in.
#[inline(always)]
fn fetch<T>(of: &T) {
    prefetch_index(core::slice::from_ref(of), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looking_ahead_at_nobody_is_harmless() {
        let engine = Engine::new();
        let before = engine.state_hash();
        for stream in [StreamId::NONE, StreamId(0), StreamId(u32::MAX - 1)] {
            engine.foresee([stream; 3]);
        }
        assert_eq!(engine.state_hash(), before);
    }
}
