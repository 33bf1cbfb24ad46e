//! The parts of a book by themselves: `cargo bench -p ringside-benches --bench book`.
//!
//! Each figure is two commands through the whole `apply` of a matching-only venue: an order that
//! rests and its cancel, at the touch and far from it, in books of different depths, for the fast
//! book and the naive one that it is held against.

#![allow(missing_docs)] // criterion's macros write undocumented functions

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ringside_benches::venue::Deep;
use ringside_engine::book::{Book, Ladder, NaiveBook};

/// Ticks between the touch and the order: at the touch, inside the window, outside it.
const DISTANCES: [u64; 3] = [0, 100, 100_000];

fn enter_and_cancel<B: Book>(criterion: &mut Criterion, book: &str, depths: &[u64]) {
    let mut group = criterion.benchmark_group(format!("enter and cancel, {book}"));
    group.throughput(Throughput::Elements(2));
    for &orders in depths {
        for distance in DISTANCES {
            let mut venue = Deep::<B>::new(orders);
            let id = BenchmarkId::new(format!("{distance} ticks away"), orders);
            group.bench_function(id, |bencher| {
                bencher.iter(|| venue.enter_and_cancel(black_box(distance)));
            });
        }
    }
    group.finish();
}

fn ladder(criterion: &mut Criterion) {
    enter_and_cancel::<Ladder>(criterion, "ladder", &[1_000, 100_000, 1_000_000]);
}

fn naive(criterion: &mut Criterion) {
    enter_and_cancel::<NaiveBook>(criterion, "naive", &[100]);
}

criterion_group!(benches, ladder, naive);
criterion_main!(benches);
