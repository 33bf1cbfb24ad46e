//! What the program `ringside` is made of: the command line ([`cli`]), one module a verb, and the
//! scenario language ([`scenario`]) that verbs share.

pub mod admin;
pub mod check_config;
pub mod cli;
pub mod config;
pub mod demo;
pub mod drive;
pub mod figures;
pub mod hash;
pub mod import;
pub mod inspect;
pub mod keygen;
pub mod order;
pub mod play;
pub mod progress;
pub mod random;
pub mod remote;
pub mod replay;
pub mod report;
pub mod run;
pub mod scenario;
pub mod serve;
pub mod ticket;
pub mod venue;
pub mod verify;
