//! The JSON dialect, seen from outside: requests as libraries send them, answers and events to the
//! letter, its document, and text that makes no sense.

mod document;
mod events;
mod fuzz;
mod kit;
mod mistakes;
mod requests;
mod rest;
mod samples;
mod streams;
