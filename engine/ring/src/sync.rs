//! Atomics, locks and threads: the standard ones, or those of loom in its models. Nothing else.

#[cfg(not(loom))]
mod chosen {
    pub(crate) use std::hint::spin_loop;
    pub(crate) use std::sync::Mutex;
    pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
    pub(crate) use std::thread::{current, park, park_timeout, yield_now};
}

#[cfg(loom)]
mod chosen {
    pub(crate) use loom::hint::spin_loop;
    pub(crate) use loom::sync::Mutex;
    pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
    pub(crate) use loom::thread::{current, park, yield_now};

    /// Loom has no time: what would end by itself just lets others run.
    pub(crate) fn park_timeout(_limit: std::time::Duration) {
        yield_now();
    }
}

pub(crate) use chosen::*;
