//! Configurations: what they say, what is wrong with them, and what a venue begins with.

mod errors;
mod example;
mod genesis;
mod kit;
mod program;
