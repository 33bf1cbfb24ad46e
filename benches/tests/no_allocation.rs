//! No allocation in `apply` after warm-up: a counting allocator proves it on the reference flow.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

use ringside_benches::flow;
use ringside_benches::venue::{Naming, Scope, ready};
use ringside_engine::Counter;
use ringside_engine::book::Ladder;

/// Counts what it is asked for.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`; `place` came from the system.
        unsafe { System.dealloc(place, layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `realloc`; `place` came from the system.
        unsafe { System.realloc(place, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Commands after which the window, the tables and the buffers have found their sizes.
const WARM_UP: usize = 200_000;

#[test]
fn nothing_is_allocated_after_warm_up() {
    let (records, _) = flow::mixed(1_000_000, 42);
    for scope in [Scope::Full, Scope::MatchingOnly] {
        let mut venue = ready::<Ladder>(&records, Naming::UserRefs, scope);
        let timed = venue.slots.split_off(WARM_UP);
        let mut sink = Counter::default();
        venue.run(&mut sink);
        venue.slots = timed;
        let before = ALLOCATIONS.load(Ordering::Relaxed);
        venue.run(&mut sink);
        let after = ALLOCATIONS.load(Ordering::Relaxed);
        assert_eq!(after - before, 0, "{scope:?}");
        assert!(sink.trades > 0);
    }
}
