//! The event hash: a rolling 64-bit hash over everything the engine ever said, O(1) a command, equal
//! on every machine. It finds divergence; it is no proof against a forger.
//!
//! Per event: the payload's little-endian 64-bit words are taken in pairs; each word of a pair is
//! XORed with its constant, the two are multiplied to 128 bits and the halves XORed ("folded"); the
//! folds are added up, starting from the kind's number. The state then becomes
//! `fold(rotate_left(state, 23) ^ sum, MULTIPLIER)`. A command mixes in its sequence and time first.

use ringside_protocol::{EventKind, Sequence, Timestamp};
use serde::{Deserialize, Serialize};

/// Sixteen odd numbers: the outputs of splitmix64 from seed 0, with the lowest bit set.
const SECRET: [u64; 16] = secret();
const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

const fn secret() -> [u64; 16] {
    let mut out = [0; 16];
    let mut state = 0u64;
    let mut at = 0;
    while at < out.len() {
        state = state.wrapping_add(MULTIPLIER);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        out[at] = (word ^ (word >> 31)) | 1;
        at += 1;
    }
    out
}

/// The rolling hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct EventHash(u64);

impl EventHash {
    /// Its value.
    pub(crate) const fn value(self) -> u64 {
        self.0
    }

    /// A command begins.
    #[inline(always)]
    pub(crate) fn command(&mut self, sequence: Sequence, time: Timestamp) {
        self.mix(fold(sequence.0 ^ SECRET[0], time.0 ^ SECRET[1]));
    }

    /// An event with this payload, whose length is a multiple of 8 and at most 128.
    #[inline(always)]
    pub(crate) fn event(&mut self, kind: EventKind, payload: &[u8]) {
        let mut sum = kind as u64;
        let mut pairs = payload.chunks_exact(16);
        for (pair, secret) in pairs.by_ref().zip(SECRET.chunks_exact(2)) {
            sum = sum.wrapping_add(fold(word(pair, 0) ^ secret[0], word(pair, 8) ^ secret[1]));
        }
        if !pairs.remainder().is_empty() {
            sum = sum.wrapping_add(fold(word(pairs.remainder(), 0) ^ SECRET[0], SECRET[15]));
        }
        self.mix(sum);
    }

    #[inline(always)]
    fn mix(&mut self, sum: u64) {
        self.0 = fold(self.0.rotate_left(23) ^ sum, MULTIPLIER);
    }
}

#[inline(always)]
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

#[inline(always)]
fn word(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_values_never_change() {
        let mut hash = EventHash::default();
        hash.command(Sequence(1), Timestamp(2));
        let after_command = hash.value();
        let payload: Vec<u8> = (0..104).collect();
        hash.event(EventKind::Accepted, &payload);
        assert_eq!(
            (after_command, hash.value()),
            (13_658_093_531_080_299_429, 7_162_628_846_465_251_158)
        );
    }

    #[test]
    fn every_bit_and_the_kind_and_the_order_count() {
        let of = |events: &[(EventKind, Vec<u8>)]| {
            let mut hash = EventHash::default();
            events.iter().for_each(|(kind, payload)| hash.event(*kind, payload));
            hash.value()
        };
        let payload = vec![7u8; 72];
        let plain = of(&[(EventKind::Trade, payload.clone())]);
        assert_ne!(plain, of(&[(EventKind::Posting, payload.clone())]));
        for bit in 0..payload.len() * 8 {
            let mut flipped = payload.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(plain, of(&[(EventKind::Trade, flipped)]), "bit {bit}");
        }
        let (a, b) = ((EventKind::Trade, vec![1; 8]), (EventKind::Trade, vec![2; 8]));
        assert_ne!(of(&[a.clone(), b.clone()]), of(&[b, a]));
    }
}
