//! SoupBinTCP against its specification: every packet byte by byte, and everything that is none.

use proptest::prelude::*;

use super::*;
use crate::Timestamp;
use crate::wire::sample::bytes;

fn login() -> LoginRequest {
    LoginRequest {
        username: Alpha::new("alice").unwrap(),
        password: Alpha::new("secret-77").unwrap(),
        session: SessionId::new("20260102-3").unwrap(),
        sequence: 1_234,
    }
}

/// Everything a client sends, in the order of `ClientPacket`.
fn from_client() -> Vec<(&'static str, ClientPacket<'static>)> {
    vec![
        ("0006 '+' 'hello'", ClientPacket::Debug(b"hello")),
        (
            "002F 'L' 'alice ' 'secret-77 ' '20260102-3' '                1234'",
            ClientPacket::Login(login()),
        ),
        ("0004 'U' 010203", ClientPacket::Unsequenced(&[1, 2, 3])),
        ("0001 'U'", ClientPacket::Unsequenced(&[])),
        ("0001 'R'", ClientPacket::Heartbeat),
        ("0001 'O'", ClientPacket::Logout),
    ]
}

/// Everything a server sends, in the order of `ServerPacket`.
fn from_server() -> Vec<(&'static str, ServerPacket<'static>)> {
    let accepted = LoginAccepted { session: SessionId::new("D7-2").unwrap(), sequence: u64::MAX };
    vec![
        ("0006 '+' 'hello'", ServerPacket::Debug(b"hello")),
        ("001F 'A' '      D7-2' '18446744073709551615'", ServerPacket::LoginAccepted(accepted)),
        ("0002 'J' 'A'", ServerPacket::LoginRejected(LoginReject::NotAuthorized)),
        ("0002 'J' 'S'", ServerPacket::LoginRejected(LoginReject::SessionNotAvailable)),
        ("0004 'S' 010203", ServerPacket::Sequenced(&[1, 2, 3])),
        ("0003 'U' 0405", ServerPacket::Unsequenced(&[4, 5])),
        ("0001 'H'", ServerPacket::Heartbeat),
        ("0001 'Z'", ServerPacket::EndOfSession),
    ]
}

#[test]
fn what_a_client_sends_byte_by_byte() {
    // X-GWY-001, GWY-027
    for (text, packet) in from_client() {
        let (expected, mut found) = (bytes(text), Vec::new());
        packet.encode(&mut found);
        assert_eq!(found, expected, "{packet:?}");
        assert_eq!(decode_client(&expected), Ok(Some((packet, expected.len()))), "{text}");
    }
}

#[test]
fn what_a_server_sends_byte_by_byte() {
    // X-GWY-001, GWY-027
    for (text, packet) in from_server() {
        let (expected, mut found) = (bytes(text), Vec::new());
        packet.encode(&mut found);
        assert_eq!(found, expected, "{packet:?}");
        assert_eq!(decode_server(&expected), Ok(Some((packet, expected.len()))), "{text}");
    }
}

#[test]
fn a_payload_is_written_where_it_will_lie() {
    let mut out = vec![9];
    sequenced(&mut out, |out| out.extend_from_slice(&[1, 2, 3]));
    unsequenced(&mut out, |out| out.push(4));
    assert_eq!(out, bytes("09 0004 'S' 010203 0002 'U' 04"));
}

#[test]
fn a_login_may_be_padded_on_either_side() {
    // Libraries differ; the same login is meant.
    for text in [
        "002F 'L' 'alice ' 'secret-77 ' '20260102-3' '1234                '",
        "002F 'L' ' alice' ' secret-77' '20260102-3' '                1234'",
        "002F 'L' 'alice ' 'secret-77 ' '20260102-3' '00000000000000001234'",
    ] {
        let packet = bytes(text);
        let Ok(Some((ClientPacket::Login(found), 49))) = decode_client(&packet) else {
            panic!("{text} is a login");
        };
        assert_eq!(found.username.as_str(), login().username.as_str());
        assert_eq!(found.password.as_str(), login().password.as_str());
        assert_eq!((found.session, found.sequence), (login().session, 1_234));
    }
    let (left, right) = (*b"      D7-2", *b"D7-2      ");
    assert_eq!(SessionId::get(&left), SessionId::get(&right));
}

/// The date of its beginning and the epoch: they sort as they came.
#[test]
fn a_session_is_named_by_its_day_and_its_epoch() {
    let day = Timestamp::DAY;
    let rows = [
        (0, 0, "7001010000"),
        (11_016 * day, 1, "0002290001"),
        (11_017 * day, 1, "0003010001"),
        (20_778 * day, 1, "2611210001"),
        (20_778 * day + day - 1, 9, "2611210009"),
        (20_778 * day, 10, "261121000A"),
        (20_778 * day, 36, "2611210010"),
        (20_778 * day, 1_679_615, "261121ZZZZ"),
        (20_779 * day, 0, "2611220000"),
        (20_818 * day, 3, "2612310003"),
        (20_819 * day, 3, "2701010003"),
    ];
    for (began, epoch, id) in rows {
        assert_eq!(SessionId::of(Timestamp(began), epoch).as_str(), id);
    }
    assert!(rows[1..].is_sorted_by_key(|row| row.2));
    assert_eq!(SessionId::of(Timestamp(0), 1_679_616).as_str(), "7001010000", "from 0 again");
    let last = SessionId::of(Timestamp(u64::MAX), u32::MAX);
    assert_eq!(last.as_str().len(), SessionId::BYTES, "any time and epoch have one");
}

#[test]
fn a_session_has_a_short_name_or_none() {
    assert_eq!(SessionId::new("D7-2").unwrap().as_str(), "D7-2");
    assert_eq!(SessionId::new("12345678901"), None);
    assert_eq!(SessionId::new("D7\n"), None);
    assert!(SessionId::new("").unwrap().is_blank());
    assert_eq!(SessionId::new(""), Some(SessionId::BLANK));
}

#[test]
fn a_login_never_shows_its_password() {
    let shown = format!("{:?}", ClientPacket::Login(login()));
    assert!(shown.contains("alice") && !shown.contains("secret"), "{shown}");
}

#[test]
fn what_a_client_may_not_send_is_said() {
    // GWY-018
    for (text, sentence) in [
        ("0000", "the packet has the length 0; the shortest has 1, its type"),
        (
            "0001 'H'",
            "the packet has the unknown type 0x48 ('H'); allowed is one of '+' 'L' 'U' 'R' 'O'",
        ),
        ("0002 'R' 00", "the packet 0x52 ('R') has the length 2; it is 1"),
        ("0003 'O'", "the packet 0x4F ('O') has the length 3; it is 1"),
        ("0030 'L' 'alice '", "the packet 0x4C ('L') has the length 48; it is 47"),
        (
            "002F 'L' 'ali' C3A9 ' ' 'secret-77 ' '20260102-3' '                1234'",
            "the username has 0xC3 at offset 6; text is printable ASCII, \
             numbers are digits padded with spaces, below 2^64",
        ),
        (
            "002F 'L' 'alice ' 'secret-7' 00 ' ' '20260102-3' '                1234'",
            "the password has 0x00 at offset 17; text is printable ASCII, \
             numbers are digits padded with spaces, below 2^64",
        ),
        (
            "002F 'L' 'alice ' 'secret-77 ' '20260102' 0D0A '                1234'",
            "the requested session has 0x0D at offset 27; text is printable ASCII, \
             numbers are digits padded with spaces, below 2^64",
        ),
        (
            "002F 'L' 'alice ' 'secret-77 ' '20260102-3' '               -1234'",
            "the requested sequence number has 0x2D ('-') at offset 44; text is printable ASCII, \
             numbers are digits padded with spaces, below 2^64",
        ),
        (
            "002F 'L' 'alice ' 'secret-77 ' '20260102-3' '18446744073709551616'",
            "the requested sequence number has 0x36 ('6') at offset 48; text is printable ASCII, \
             numbers are digits padded with spaces, below 2^64",
        ),
        (
            "002F 'L' 'alice ' 'secret-77 ' '20260102-3' '                    '",
            "the requested sequence number has 0x20 at offset 29; text is printable ASCII, \
             numbers are digits padded with spaces, below 2^64",
        ),
    ] {
        assert_eq!(decode_client(&bytes(text)).unwrap_err().to_string(), sentence);
    }
}

#[test]
fn what_a_server_may_not_send_is_said() {
    // GWY-018
    for (text, sentence) in [
        (
            "0001 'R'",
            "the packet has the unknown type 0x52 ('R'); \
             allowed is one of '+' 'A' 'J' 'S' 'U' 'H' 'Z'",
        ),
        ("0020 'A'", "the packet 0x41 ('A') has the length 32; it is 31"),
        (
            "0002 'J' 'X'",
            "the reject reason has 0x58 ('X') at offset 3; text is printable ASCII, \
             numbers are digits padded with spaces, below 2^64",
        ),
        ("0001 'J'", "the packet 0x4A ('J') has the length 1; it is 2"),
    ] {
        assert_eq!(decode_server(&bytes(text)).unwrap_err().to_string(), sentence);
    }
}

#[test]
fn a_length_beyond_the_limit_is_refused_at_once() {
    // GWY-018
    let bytes = [0x00, 0x30, b'U'];
    let refused = Err(SoupError::TooLong { length: 48, limit: 47 });
    assert_eq!(decode_client_within(&bytes, 47), refused);
    assert_eq!(decode_client_within(&bytes[..2], 47), refused, "before its type is there");
    assert_eq!(decode_client_within(&bytes, 48), Ok(None));
    assert_eq!(decode_client(&[0xFF, 0xFF, b'U']), Ok(None));
    assert_eq!(usize::from(u16::MAX), PACKET_BYTES_MAX);
}

#[test]
fn the_longest_packet_there_can_be() {
    let payload = vec![7; PACKET_BYTES_MAX - 1];
    let mut out = Vec::new();
    ServerPacket::Sequenced(&payload).encode(&mut out);
    let expected = (ServerPacket::Sequenced(&payload), PACKET_BYTES_MAX + LENGTH_BYTES);
    assert_eq!(decode_server(&out), Ok(Some(expected)));
}

#[test]
#[should_panic(expected = "at most PACKET_BYTES_MAX")]
fn a_longer_packet_there_cannot_be() {
    sequenced(&mut Vec::new(), |out| out.resize(3 + PACKET_BYTES_MAX, 0));
}

#[test]
fn every_packet_that_is_cut_needs_more_bytes() {
    // GWY-019
    for (text, _) in from_client() {
        let whole = bytes(text);
        for cut in 0..whole.len() {
            assert_eq!(decode_client(&whole[..cut]), Ok(None), "{text} at {cut}");
        }
    }
    for (text, _) in from_server() {
        let whole = bytes(text);
        for cut in 0..whole.len() {
            assert_eq!(decode_server(&whole[..cut]), Ok(None), "{text} at {cut}");
        }
    }
}

/// All packets of a stream that arrives in pieces, as text, and the bytes left over.
fn in_pieces<'a>(
    pieces: impl Iterator<Item = &'a [u8]>,
    next: impl Fn(&[u8]) -> Option<(String, usize)>,
) -> (Vec<String>, usize) {
    let (mut kept, mut packets) = (Vec::new(), Vec::new());
    for piece in pieces {
        kept.extend_from_slice(piece);
        while let Some((packet, bytes)) = next(&kept) {
            packets.push(packet);
            kept.drain(..bytes);
        }
    }
    (packets, kept.len())
}

fn next_of_client(bytes: &[u8]) -> Option<(String, usize)> {
    let next = decode_client(bytes).expect("a stream without errors");
    next.map(|(packet, bytes)| (format!("{packet:?}"), bytes))
}

#[test]
fn a_stream_is_the_same_in_whichever_pieces_it_comes() {
    // GWY-019
    let packets: Vec<String> = from_client().iter().map(|(_, p)| format!("{p:?}")).collect();
    let mut stream = Vec::new();
    from_client().iter().for_each(|(_, packet)| packet.encode(&mut stream));
    for size in 1..=stream.len() {
        let found = in_pieces(stream.chunks(size), next_of_client);
        assert_eq!(found, (packets.clone(), 0), "pieces of {size}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// GWY-027
    #[test]
    fn every_login_comes_back(
        username in "[a-z]{0,6}",
        password in "[A-Z0-9]{0,10}",
        session in "[0-9-]{0,10}",
        sequence in any::<u64>(),
    ) {
        let session = SessionId::new(&session).unwrap();
        let request = LoginRequest {
            username: Alpha::new(&username).unwrap(),
            password: Alpha::new(&password).unwrap(),
            session,
            sequence,
        };
        let mut out = Vec::new();
        ClientPacket::Login(request).encode(&mut out);
        prop_assert_eq!(decode_client(&out), Ok(Some((ClientPacket::Login(request), 49))));
        let accepted = ServerPacket::LoginAccepted(LoginAccepted { session, sequence });
        out.clear();
        accepted.encode(&mut out);
        prop_assert_eq!(decode_server(&out), Ok(Some((accepted, 33))));
    }

    /// GWY-027, GWY-019
    #[test]
    fn every_payload_comes_back(payload in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut out = Vec::new();
        ClientPacket::Unsequenced(&payload).encode(&mut out);
        ServerPacket::Sequenced(&payload).encode(&mut out);
        let bytes = payload.len() + 3;
        let first = decode_client(&out);
        prop_assert_eq!(first, Ok(Some((ClientPacket::Unsequenced(&payload), bytes))));
        let second = decode_server(&out[bytes..]);
        prop_assert_eq!(second, Ok(Some((ServerPacket::Sequenced(&payload), bytes))));
    }

    /// GWY-018: any bytes are a packet, an error, or too few; a packet lies within them.
    #[test]
    fn any_bytes_are_an_answer(
        length in 0..60u16,
        kind in prop::sample::select(b"+LUROAJSHZ?".to_vec()),
        rest in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let bytes = [&length.to_be_bytes()[..], &[kind], &rest[..]].concat();
        let client = decode_client(&bytes).map(|next| next.map(|(_, taken)| taken));
        let server = decode_server(&bytes).map(|next| next.map(|(_, taken)| taken));
        for taken in [client, server].into_iter().flatten().flatten() {
            prop_assert_eq!(taken, usize::from(length) + 2);
            prop_assert!(taken <= bytes.len());
        }
        let _ = decode_client(&rest);
        let _ = decode_server(&rest);
    }
}
