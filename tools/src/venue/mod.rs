//! The running venue: threads, rings and files around the engine, put together here and nowhere
//! else. [`assembly`] joins the parts; each of the others is one of them. [`recording`] is a run in
//! one thread that leaves the same files; [`reading`] and [`survey`] look at a directory from
//! outside, [`execution`] executes what is in it once more, [`events`] keeps what was said.

pub mod assembly;
pub mod clock;
mod core;
pub mod door;
pub mod events;
pub mod execution;
pub mod fatal;
pub mod gate;
pub mod gauges;
pub mod health;
pub mod journaler;
pub mod keeper;
pub mod layout;
mod outlet;
pub mod reading;
mod recorder;
pub mod recording;
pub mod records;
pub mod recovery;
pub mod settings;
mod shadow;
pub mod station;
pub mod survey;
pub mod topology;
