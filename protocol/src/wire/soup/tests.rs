//! SoupBinTCP against its specification: every packet byte by byte, and everything that is none.

use super::*;

#[test]
fn a_length_beyond_the_limit_is_refused_at_once() {
    // GWY-018
    let bytes = [0x00, 0x30, b'U'];
    assert_eq!(decode_client_within(&bytes, 47), Err(SoupError::TooLong { length: 48, limit: 47 }));
    assert_eq!(decode_client_within(&bytes, 48), Ok(None));
    let longest = [0xFF, 0xFF, b'U'];
    assert_eq!(decode_client(&longest), Ok(None));
    assert_eq!(usize::from(u16::MAX), PACKET_BYTES_MAX);
}
