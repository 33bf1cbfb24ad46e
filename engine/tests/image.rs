//! Images as bytes: a golden file a version holds them to what they were.

mod venue;

use std::fs;
use std::path::PathBuf;

use ringside_engine::{Engine, IMAGE_BYTES_MAX, IMAGE_VERSION, Image, ImageError, audit};
use ringside_protocol::{AccountId, Clock, InstrumentId, Timestamp};
use venue::{Venue, kill, some_of_everything};

/// Where an image of each version lies.
fn golden(version: u32) -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    PathBuf::from(folder).join(format!("{version}.image"))
}

/// The golden venue: a day has ended, and orders have lived on.
fn golden_venue() -> Venue {
    let mut venue = some_of_everything();
    venue.says(Clock { reserved: 0 });
    let boundary = venue.engine.next_deadline().expect("a day ends");
    venue.now = boundary.0 - Timestamp::SECOND;
    venue.says(Clock { reserved: 0 });
    venue
}

const WHAT_TO_DO: &str = "what an image holds has changed: raise IMAGE_VERSION in \
    engine/src/snapshot/codec.rs (and BEHAVIOUR_VERSION in engine/src/behaviour.rs where commands \
    are answered otherwise), go on reading the version before, and let `RINGSIDE_GOLDEN=write \
    cargo test -p ringside-engine --test image` write the new golden file; one that is there is \
    never written again";

#[test]
fn the_bytes_of_a_version_never_change_and_every_version_is_read() {
    // ENG-021: the golden venue gives the golden bytes, and they give its state.
    let (path, bytes) = (golden(IMAGE_VERSION), golden_venue().image());
    if std::env::var_os("RINGSIDE_GOLDEN").is_some_and(|what| what == "write") && !path.exists() {
        fs::write(&path, &bytes).expect("a golden file is written");
    }
    let found = fs::read(&path).unwrap_or_else(|error| {
        panic!("{}: {error}; {WHAT_TO_DO}", path.display());
    });
    assert!(found == bytes, "{}: {WHAT_TO_DO}", path.display());
    let engine = restored(&found).expect("the golden image is an engine's");
    assert_eq!(engine.state_hash(), golden_venue().engine.state_hash());
    for version in (1..=IMAGE_VERSION).rev().skip(1) {
        let bytes = fs::read(golden(version)).expect("a golden file of every version");
        assert!(come_to(&bytes).is_some(), "version {version}");
    }
}

#[test]
fn bytes_that_are_no_image_are_refused_by_name() {
    let good = golden_venue().image();
    let newer = [&(IMAGE_VERSION + 1).to_le_bytes(), &good[4..]].concat();
    let says = |bytes: &[u8]| Image::read(bytes).expect_err("no image").to_string();
    assert_eq!(
        says(&newer),
        "the image has version 4, this build reads version 3; use the build that wrote it"
    );
    assert_eq!(says(&[&good[..], &[0; 3]].concat()), "3 bytes stand behind the end of the image");
    for end in [0, 3, 4, 5, good.len() / 2, good.len() - 1] {
        let error = Image::read(&good[..end]).expect_err("no image");
        assert!(matches!(error, ImageError::Read(_)), "{end} bytes: {error}");
    }
}

#[test]
fn a_length_beyond_the_largest_image_is_refused_before_it_is_believed() {
    // The first text of the golden image is the currency of its grant.
    let mut bytes = golden_venue().image();
    let at = bytes.windows(12).position(|w| w == b"\x04\0\0\0\0\0\0\0USDC").expect("a currency");
    bytes[at..at + 8].copy_from_slice(&(IMAGE_BYTES_MAX as u64).to_le_bytes());
    let error = Image::read(&bytes).expect_err("no image");
    assert!(error.to_string().contains("LimitExceeded"), "{error}");
}

/// The engine of these bytes, if they are the image of one.
fn restored(bytes: &[u8]) -> Option<Engine> {
    let image = Image::read(bytes).ok()?;
    let engine = Engine::from_image(&image).ok()?;
    assert!(engine.image() == image, "an engine has the state of its image");
    Some(engine)
}

/// What bytes come to: nothing, or an engine that is in order, has just this state and can go on.
///
/// # Panics
/// When they come to anything else.
fn come_to(bytes: &[u8]) -> Option<Engine> {
    let engine = restored(bytes)?;
    audit::check(&engine).expect("an engine that is in order");
    let mut venue = Venue::with(engine);
    venue.says(kill(AccountId::NONE, InstrumentId::NONE));
    assert_eq!(venue.engine.stats().resting, 0, "every order can be cancelled");
    Some(venue.engine)
}

#[test]
fn no_bytes_make_a_panic_or_an_engine_out_of_order() {
    // JRN-004: the second line behind the checksum. Every bit flipped, every byte set to extremes.
    let good = golden_venue().image();
    let (mut refused, mut taken) = (0, 0);
    for at in 0..good.len() {
        let flips = (0..8).map(|bit| good[at] ^ (1 << bit));
        for byte in flips.chain([0, 1, 0x7F, 0x80, 0xFF]).filter(|&byte| byte != good[at]) {
            let mut bytes = good.clone();
            bytes[at] = byte;
            match come_to(&bytes) {
                Some(_) => taken += 1,
                None => refused += 1,
            }
        }
    }
    println!("{refused} refused, {taken} taken");
    assert!(refused > taken, "most of an image is bound by the rest: {refused}, {taken}");
}
