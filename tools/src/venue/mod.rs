//! The running venue: threads, rings and files around the engine, put together here and nowhere
//! else. [`layout`] says where its files lie, [`records`] what is in the journal's, [`events`] keeps
//! what was said.

pub mod events;
pub mod layout;
pub mod records;
