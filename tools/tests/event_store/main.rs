//! The event store: what is written is what was said, what is looked up is what a scan finds, and
//! what is lost is made again, whatever was lost.

mod again;
mod checks;
mod kit;
mod record;
