//! One fence in two halves. Who publishes and who is about to sleep each write first and then
//! look at what the other wrote. That takes a fence on both sides, and on the publisher's it
//! costs a wait for every line that another core still holds. So the publisher's half is free and
//! the sleeper's, which has time, pays for both: `membarrier(2)` makes every running thread of
//! the process pass a full fence (Linux 4.14 and later; its manual names just this use).
//!
//! Where the system has no such call both halves are full fences, and so they are for loom and
//! Miri, which know fences only.

/// The half of whoever never waits: between its store and its look.
#[inline]
pub(crate) fn light() {
    chosen::light();
}

/// The half of whoever is about to sleep: between its store and its look.
pub(crate) fn heavy() {
    chosen::heavy();
}

/// Settles which halves this process uses; done before the first of them, by every cursor.
pub(crate) fn prepare() {
    chosen::prepare();
}

#[cfg(all(target_os = "linux", not(loom), not(miri)))]
mod chosen {
    use std::sync::Once;
    use std::sync::atomic::{AtomicBool, Ordering, compiler_fence, fence};

    use rustix::thread::{MembarrierCommand, membarrier};

    static PREPARED: Once = Once::new();
    /// Written once, before there is a cursor; so both halves always find the same.
    static IS_SPLIT: AtomicBool = AtomicBool::new(false);

    pub(super) fn prepare() {
        PREPARED.call_once(|| {
            let is_split = membarrier(MembarrierCommand::RegisterPrivateExpedited).is_ok();
            // Relaxed: who has a cursor has waited for this `Once`.
            IS_SPLIT.store(is_split, Ordering::Relaxed);
        });
    }

    #[inline]
    pub(super) fn light() {
        match IS_SPLIT.load(Ordering::Relaxed) {
            true => compiler_fence(Ordering::SeqCst),
            false => fence(Ordering::SeqCst),
        }
    }

    pub(super) fn heavy() {
        if IS_SPLIT.load(Ordering::Relaxed) {
            let passed = membarrier(MembarrierCommand::PrivateExpedited);
            passed.expect("the system took the registration, so it takes the call");
        }
        // The caller's own order, whatever the system says of the thread that calls.
        fence(Ordering::SeqCst);
    }
}

#[cfg(not(all(target_os = "linux", not(loom), not(miri))))]
mod chosen {
    use crate::sync::{Ordering, fence};

    pub(super) fn prepare() {}

    #[inline]
    pub(super) fn light() {
        fence(Ordering::SeqCst);
    }

    pub(super) fn heavy() {
        fence(Ordering::SeqCst);
    }
}
