//! SoupBinTCP: any bytes are packets, or an error; what was decoded encodes to the same bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ringside_protocol::wire::soup::{decode_client, decode_server};

fuzz_target!(|bytes: &[u8]| {
    let mut at = 0;
    while let Ok(Some((packet, taken))) = decode_client(&bytes[at..]) {
        let mut again = Vec::new();
        packet.encode(&mut again);
        assert_eq!(again.len(), taken);
        let (same, _) = decode_client(&again).expect("a packet").expect("whole");
        assert_eq!(same, packet);
        at += taken;
    }
    at = 0;
    while let Ok(Some((packet, taken))) = decode_server(&bytes[at..]) {
        let mut again = Vec::new();
        packet.encode(&mut again);
        let (same, _) = decode_server(&again).expect("a packet").expect("whole");
        assert_eq!(same, packet);
        at += taken;
    }
});
