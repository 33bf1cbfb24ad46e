//! OUCH: any bytes are a message, or an error; what was decoded encodes to a message that is equal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringside_protocol::wire::ouch::{Inbound, Outbound};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(message) = Inbound::decode(bytes) {
        let mut again = Vec::new();
        message.encode(&mut again);
        assert_eq!(Inbound::decode(&again), Ok(message));
    }
    if let Ok(message) = Outbound::decode(bytes) {
        let mut again = Vec::new();
        message.encode(&mut again);
        assert_eq!(Outbound::decode(&again), Ok(message));
    }
});
