//! The HTTP door, asked over real sockets; behind it a house without a venue.

mod api;
mod bounds;
mod health;
mod kit;
mod queue;
mod session;
