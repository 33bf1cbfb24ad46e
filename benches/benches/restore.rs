//! A venue with a million resting orders as an image and back, step by step: `cargo bench -p
//! ringside-benches --bench restore [-- --orders N] [--rounds N]`.
//!
//! A thousand accounts, a hundred instruments; half of the orders are numbered by streams, half
//! named by their accounts. Each figure is the median of the rounds, CPU time of the thread. The
//! restored engine must have the state hash of the one it came from.

use std::hint::black_box;
use std::time::Duration;

use cpu_time::ThreadTime;
use ringside_benches::full::full_house;
use ringside_benches::run::{argument, print_machine};
use ringside_engine::{Engine, Image, audit};

/// A step and what it took, a time a round.
struct Step {
    name: &'static str,
    spent: Vec<Duration>,
}

fn main() {
    let orders = argument("--orders").unwrap_or(1_000_000);
    let rounds = argument("--rounds").unwrap_or(5);
    print_machine();
    let engine = full_house(orders);
    let bytes = written(&engine.image());
    println!("{orders} resting orders, an image of {} bytes", bytes.len());
    let mut steps = Vec::new();
    for _ in 0..rounds {
        round(&engine, &bytes, &mut steps);
    }
    println!("{:<40} {:>12} {:>12}", "step, median of rounds", "ms", "ns/order");
    for step in &mut steps {
        step.spent.sort();
        let median = step.spent[step.spent.len() / 2].as_nanos();
        let (ms, ns) = (median as f64 / 1e6, median as f64 / orders as f64);
        println!("{:<40} {ms:>12.1} {ns:>12.1}", step.name);
    }
}

fn round(engine: &Engine, bytes: &[u8], steps: &mut Vec<Step>) {
    let image = timed(steps, "take the image", || engine.image());
    timed(steps, "write it", || written(&image));
    drop(image);
    let hash = timed(steps, "take, write and hash it: state_hash", || engine.state_hash());
    let restored: Engine = timed(steps, "read and restore, audited: a restart", || {
        let image = Image::read(bytes).expect("an image");
        Engine::from_image(&image).expect("an engine's image")
    });
    assert_eq!(restored.state_hash(), hash, "the same state");
    drop(restored);
    let image = timed(steps, "  read it", || Image::read(bytes).expect("an image"));
    let restored: Engine = timed(steps, "  restore it, audited", || {
        Engine::from_image(&image).expect("an engine's image")
    });
    timed(steps, "    audit it", || audit::check(&restored).expect("in order"));
}

fn written(image: &Image) -> Vec<u8> {
    let mut bytes = Vec::new();
    image.write(&mut bytes).expect("a vector takes every byte");
    bytes
}

/// Does it and notes the time under its name.
fn timed<T>(steps: &mut Vec<Step>, name: &'static str, does: impl FnOnce() -> T) -> T {
    let clock = ThreadTime::now();
    let result = black_box(does());
    let spent = clock.elapsed();
    match steps.iter_mut().find(|step| step.name == name) {
        Some(step) => step.spent.push(spent),
        None => steps.push(Step { name, spent: vec![spent] }),
    }
    result
}
