//! The WebSocket door of a venue that serves, by the messages that go through it: what a client may
//! rely on, and what an attacker may not.

mod attacks;
mod bearer;
mod churn;
mod client;
mod day;
mod filing;
mod frames;
mod kit;
mod limits;
mod orders;
mod private;
mod resume;
mod session;
mod slow;
mod streams;
