//! What strangers say: random bytes, and conversations that would be good but for one mistake. The
//! same numbers drawn make the same bytes, but for the time in what is signed.

mod scripts;

use ringside_tests::random::Random;

pub use self::scripts::{Desk, Stranger};

/// Random bytes at once, at most.
const RANDOM_BYTES_MAX: u64 = 4_096;
/// How often a message is repeated, at most.
const REPEATS_MAX: u64 = 50;
/// Lengths stand within so many first bytes of a message, in every format.
const HEAD_BYTES: u64 = 16;

/// A mistake.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mistake {
    /// None: whoever talks like this is served.
    None,
    /// Nothing but random bytes.
    Noise,
    /// A few bits of a message are others.
    Flips,
    /// A message ends early, and the next follows.
    Truncation,
    /// The conversation ends within a message.
    Silence,
    /// A message comes again and again.
    Repetition,
    /// Two messages have changed places.
    Order,
    /// The fields of a message have changed places.
    Fields,
    /// A length is far too large.
    Length,
    /// Random bytes within a message.
    Insertion,
}

impl Mistake {
    /// Each of them.
    pub const ALL: [Self; 10] = [
        Self::None,
        Self::Noise,
        Self::Flips,
        Self::Truncation,
        Self::Silence,
        Self::Repetition,
        Self::Order,
        Self::Fields,
        Self::Length,
        Self::Insertion,
    ];

    /// A conversation with this mistake behind its first `kept` messages.
    pub fn make(self, messages: &[Vec<u8>], kept: usize, random: &mut Random) -> Vec<u8> {
        let (good, rest) = messages.split_at(kept.min(messages.len()));
        let mut rest = rest.to_vec();
        if self == Self::Noise {
            rest = vec![noise(random)];
        } else if let Some(at) = any(rest.len(), random) {
            self.spoil(&mut rest, at, random);
        }
        [good, &rest].concat().concat()
    }

    fn spoil(self, messages: &mut Vec<Vec<u8>>, at: usize, random: &mut Random) {
        let message = &mut messages[at];
        let place = random.below(message.len().max(1) as u64) as usize;
        match self {
            Self::None | Self::Noise => {}
            Self::Flips => flip(message, random),
            Self::Truncation => message.truncate(place),
            Self::Silence => {
                message.truncate(place);
                messages.truncate(at + 1);
            }
            Self::Repetition => {
                *message = message.repeat(random.within(2, REPEATS_MAX) as usize);
            }
            Self::Order => messages.swap(0, at),
            Self::Fields => message.rotate_left(place),
            Self::Length => {
                let from = random.below(HEAD_BYTES) as usize;
                let width = 1 << random.below(4);
                message.iter_mut().skip(from).take(width).for_each(|byte| *byte = 0xFF);
            }
            Self::Insertion => drop(message.splice(place..place, noise(random))),
        }
    }
}

fn any(count: usize, random: &mut Random) -> Option<usize> {
    (count > 0).then(|| random.below(count as u64) as usize)
}

fn noise(random: &mut Random) -> Vec<u8> {
    (0..random.within(1, RANDOM_BYTES_MAX)).map(|_| random.bits() as u8).collect()
}

fn flip(message: &mut [u8], random: &mut Random) {
    for _ in 0..random.within(1, 8) {
        if let Some(at) = any(message.len(), random) {
            message[at] ^= 1 << random.below(8);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages() -> Vec<Vec<u8>> {
        ["hello", "first message", "second message", "third message"]
            .map(|text| text.as_bytes().to_vec())
            .to_vec()
    }

    #[test]
    fn a_seed_makes_the_same_mistake_again() {
        for mistake in Mistake::ALL {
            let made = |seed| mistake.make(&messages(), 1, &mut Random::new(seed));
            for seed in 0..100 {
                assert_eq!(made(seed), made(seed), "{mistake:?}");
            }
        }
    }

    #[test]
    fn a_mistake_is_one_and_what_is_kept_is_not_touched() {
        let good = messages().concat();
        for mistake in Mistake::ALL {
            let mut wrong = 0;
            for seed in 0..100 {
                let made = mistake.make(&messages(), 1, &mut Random::new(seed));
                assert!(made.starts_with(b"hello"), "{mistake:?}");
                wrong += usize::from(made != good);
            }
            // Messages may change places with themselves, and bits may flip back.
            let expected = if mistake == Mistake::None { 0..=0 } else { 60..=100 };
            assert!(expected.contains(&wrong), "{mistake:?}: {wrong} of 100");
        }
    }
}
