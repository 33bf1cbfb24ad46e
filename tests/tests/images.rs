//! Images of random venues: every one becomes its engine again, tampered ones are refused or are in
//! order, and whatever the bytes, nothing panics. `RINGSIDE_SCALE` times as many in the long tier,
//! others with another `RINGSIDE_SEED`.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use ringside_engine::book::{Book, Ladder, NaiveBook};
use ringside_engine::{Engine, IMAGE_VERSION, Image, audit};
use ringside_tests::flow::{Shape, commands};
use ringside_tests::probe::events;
use ringside_tests::random::Random;
use ringside_tests::{scale, seed};

const SHAPES: [Shape; 6] = [
    Shape::NARROW,
    Shape::NARROW.beyond_oracle(),
    Shape::WIDE.beyond_oracle(),
    Shape { accounts: 3, instruments: 1, by_stream: 60, ..Shape::NARROW },
    Shape { matching_only: true, ..Shape::NARROW },
    Shape { matching_only: true, ..Shape::WIDE },
];

/// The engine of a random flow.
fn venue<B: Book>(shape: Shape, seed: u64, count: usize) -> Engine<B> {
    let mut engine = Engine::with_capacity(Default::default());
    for command in &commands(shape, seed, count).0 {
        events(&mut engine, command);
    }
    engine
}

fn bytes<B: Book>(engine: &Engine<B>) -> Vec<u8> {
    let mut bytes = Vec::new();
    engine.image().write(&mut bytes).expect("a vector takes every byte");
    bytes
}

/// What bytes come to: nothing, or an engine that is in order and has just this state.
///
/// # Panics
/// When they come to anything else.
fn come_to(bytes: &[u8]) -> Option<Engine> {
    let image = Image::read(bytes).ok()?;
    let engine = Engine::from_image(&image).ok()?;
    audit::check(&engine).expect("an engine that is in order");
    assert!(engine.image() == image, "an engine has the state of its image");
    Some(engine)
}

#[test]
fn every_venue_comes_back_from_its_image() {
    // ENG-021: whatever happened before, and on either book.
    for shape in SHAPES {
        for flow in 0..20 * scale() {
            let seed = seed() * (1 << 32) + flow;
            let engine: Engine = venue(shape, seed, 37 * flow as usize % 1_000);
            let restored = come_to(&bytes(&engine)).expect("an engine's image");
            assert_eq!(restored.state_hash(), engine.state_hash(), "{shape:?}, seed {seed}");
        }
    }
    let naive: Engine<NaiveBook> = venue(Shape::NARROW, seed(), 500);
    let image = Image::read(&bytes(&naive)).expect("an image");
    let restored: Engine<NaiveBook> = Engine::from_image(&image).expect("an engine's image");
    assert_eq!(restored.state_hash(), naive.state_hash());
}

/// Puts some bytes out of place: one set, a number of eight bytes set, or a stretch moved.
fn tamper(bytes: &mut [u8], random: &mut Random) {
    let at = random.below(bytes.len() as u64 - 8) as usize;
    match random.below(4) {
        0 => bytes[at] = random.below(256) as u8,
        1 => bytes[at..at + 8].copy_from_slice(&random.pick(&EXTREMES).to_le_bytes()),
        2 => bytes[at..].rotate_left(random.below(8) as usize),
        _ => {
            let from = random.below(bytes.len() as u64 - 8) as usize;
            bytes.copy_within(from..from + 8, at);
        }
    }
}

const EXTREMES: [u64; 6] = [0, 1, u32::MAX as u64, i64::MAX as u64, 1 << 63, u64::MAX];

#[test]
fn a_tampered_image_is_refused_or_in_order() {
    // JRN-004: the second line behind the checksum.
    let (mut refused, mut taken) = (0, 0);
    for (at, shape) in SHAPES.into_iter().enumerate() {
        let good = bytes(&venue::<Ladder>(shape, seed() + at as u64, 300));
        let mut random = Random::new(seed() * (1 << 32) + at as u64);
        for _ in 0..2_000 * scale() {
            let mut bytes = good.clone();
            (0..=random.below(3)).for_each(|_| tamper(&mut bytes, &mut random));
            match come_to(&bytes) {
                Some(_) => taken += 1,
                None => refused += 1,
            }
        }
    }
    assert!(taken > 100 && refused > taken, "{refused} refused, {taken} taken");
}

#[test]
fn no_bytes_panic() {
    let cases = 5_000 * u32::try_from(scale()).expect("a scale of sense");
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed().to_le_bytes(); 4].concat());
    let bytes = prop::collection::vec(any::<u8>(), 0..2_000);
    let outcome = TestRunner::new_with_rng(config, random).run(&bytes, |bytes| {
        come_to(&bytes);
        come_to(&[&IMAGE_VERSION.to_le_bytes(), &bytes[..]].concat());
        // Small numbers are lengths and places that are believed for longer.
        let small: Vec<u8> = bytes.iter().map(|byte| byte % 3 / 2).collect();
        come_to(&[&IMAGE_VERSION.to_le_bytes(), &small[..]].concat());
        Ok(())
    });
    outcome.expect("no bytes panic");
}
