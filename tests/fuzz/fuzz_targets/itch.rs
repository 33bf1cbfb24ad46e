//! ITCH: any bytes are a message, or an error; what was decoded encodes to a message that is equal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringside_protocol::wire::itch::Message;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(message) = Message::decode(bytes) {
        let mut again = Vec::new();
        message.encode(&mut again);
        assert_eq!(Message::decode(&again), Ok(message));
    }
});
