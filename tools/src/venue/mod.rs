//! The running venue: threads, rings and files around the engine, put together here and nowhere
//! else. [`layout`] says where its files lie, [`records`] what is in the journal's; [`recording`]
//! is a run in process that leaves the same files. [`reading`] and [`survey`] look at a directory
//! from outside, [`execution`] executes what is in it once more.

pub mod execution;
pub mod layout;
pub mod reading;
pub mod recording;
pub mod records;
pub mod survey;
