//! The running venue: threads, rings and files around the engine, put together here and nowhere
//! else. [`layout`] says where its files lie, [`records`] what is in the journal's; [`recording`]
//! is a run in process that leaves the same files.

pub mod layout;
pub mod recording;
pub mod records;
