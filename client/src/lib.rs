//! The kit for bots: sessions over TCP and WebSocket that log in, send, hear, and resume where they
//! were cut off. It knows the venue's language and nothing of the venue.
