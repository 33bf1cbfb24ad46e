//! Read models: what doors know of the venue, from its events alone. Events carry resulting values,
//! so a view assigns and never adds up; it is behind the gate, for so are the events.

pub mod directory;
