//! A map whose entries have a time: the oldest is found at once. It never drops anything by itself;
//! whoever owns it decides what is too old and what is too much.

use std::collections::{BTreeMap, BTreeSet};

use ringside_protocol::Timestamp;

/// Entries by key, and in order of their times.
pub(super) struct Aged<K, V> {
    entries: BTreeMap<K, (Timestamp, V)>,
    ages: BTreeSet<(Timestamp, K)>,
}

impl<K: Ord + Clone, V> Aged<K, V> {
    pub(super) const fn new() -> Self {
        Self { entries: BTreeMap::new(), ages: BTreeSet::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn get(&self, key: &K) -> Option<&(Timestamp, V)> {
        self.entries.get(key)
    }

    /// Everything there is, in order of keys.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&K, &(Timestamp, V))> {
        self.entries.iter()
    }

    /// The entry with the earliest time.
    pub(super) fn oldest(&self) -> Option<&(Timestamp, K)> {
        self.ages.first()
    }

    /// Puts an entry in the place of the one that had the key.
    pub(super) fn put(&mut self, key: K, at: Timestamp, value: V) {
        self.remove(&key);
        self.ages.insert((at, key.clone()));
        self.entries.insert(key, (at, value));
    }

    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        let (at, value) = self.entries.remove(key)?;
        let aged = self.ages.remove(&(at, key.clone()));
        assert!(aged, "Invariant: every entry has an age");
        Some(value)
    }

    /// Takes out the oldest entry if its time has come by `now`.
    pub(super) fn pop_due(&mut self, now: Timestamp) -> Option<(K, V)> {
        let (at, key) = self.oldest()?.clone();
        if at > now {
            return None;
        }
        self.remove(&key).map(|value| (key, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_goes_first_and_only_when_due() {
        let mut aged = Aged::new();
        for (key, at) in [("late", 30), ("early", 10), ("moved", 5), ("gone", 1)] {
            aged.put(key, Timestamp(at), ());
        }
        aged.put("moved", Timestamp(20), ());
        assert_eq!(aged.remove(&"gone"), Some(()));
        assert_eq!(aged.len(), 3);

        let due = |aged: &mut Aged<_, _>, now| aged.pop_due(Timestamp(now)).map(|(key, ())| key);
        assert_eq!(due(&mut aged, 9), None);
        assert_eq!(due(&mut aged, 10), Some("early"));
        assert_eq!(due(&mut aged, 40), Some("moved"));
        assert_eq!(due(&mut aged, 40), Some("late"));
        assert_eq!(due(&mut aged, 40), None);
    }
}
