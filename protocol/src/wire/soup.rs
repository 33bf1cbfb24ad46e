//! SoupBinTCP 3.00: packets with a length, logins, sequenced data, heartbeats. Both directions.
//! Drawn in `protocol/doc/soup.md`.
//!
//! This knows one packet at a time. Who may log in, which number comes next and when a heartbeat
//! is due, it never knows.
//!
//! ```
//! use ringside_protocol::wire::soup::{ClientPacket, decode_client};
//!
//! let mut bytes = Vec::new();
//! ClientPacket::Heartbeat.encode(&mut bytes);
//! assert_eq!(bytes, [0, 1, b'R']);
//! assert_eq!(decode_client(&bytes[..2]), Ok(None), "more bytes are needed");
//! assert_eq!(decode_client(&bytes), Ok(Some((ClientPacket::Heartbeat, 3))));
//! ```

#[cfg(test)]
mod tests;

use core::fmt;

use super::Alpha;
use super::layout::{Byte, Field, digits, letters, number};
use crate::Timestamp;

/// The longest packet a decoder takes when nothing else is said: what its length counts, type and
/// payload. More, the length field cannot say.
pub const PACKET_BYTES_MAX: usize = 65_535;

/// The length field itself, which the length does not count.
const LENGTH_BYTES: usize = 2;
const LOGIN_REQUEST_BYTES: usize = 47;
const LOGIN_ACCEPTED_BYTES: usize = 31;
const NUMBER_BYTES: usize = 20;

/// Which session: at most 10 printable ASCII characters; blank means the one that is running.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId([u8; SessionId::BYTES]);

impl SessionId {
    /// Characters it has.
    pub const BYTES: usize = 10;
    /// Whichever session is running.
    pub const BLANK: Self = Self([b' '; Self::BYTES]);

    /// `None` where the text is longer than 10 or has anything but printable ASCII in it.
    pub fn new(text: &str) -> Option<Self> {
        let start = Self::BYTES.checked_sub(text.len())?;
        let mut bytes = [b' '; Self::BYTES];
        bytes[start..].copy_from_slice(text.as_bytes());
        Alpha::<{ Self::BYTES }>::get(&bytes).ok().map(|_| Self(bytes))
    }

    /// The session that began at `began`, in an epoch of the venue: the UTC date of its beginning
    /// and the epoch in four digits of base 36, `YYMMDDEEEE`. A venue that comes to 1,679,616
    /// epochs begins with 0 again. Within a century, ids sort as their sessions came.
    ///
    /// ```
    /// use ringside_protocol::Timestamp;
    /// use ringside_protocol::wire::soup::SessionId;
    ///
    /// let began = Timestamp(20_778 * Timestamp::DAY);
    /// assert_eq!(SessionId::of(began, 1).as_str(), "2611210001");
    /// assert_eq!(SessionId::of(began, 37).as_str(), "2611210011");
    /// ```
    pub fn of(began: Timestamp, epoch: u32) -> Self {
        let (year, month, day) = date(began.0 / Timestamp::DAY);
        let mut bytes = [0; Self::BYTES];
        let pairs = bytes.chunks_exact_mut(2).zip([year % 100, month, day]);
        pairs.for_each(|(pair, number)| {
            pair.copy_from_slice(&[number / 10, number % 10].map(|d| b'0' + d as u8));
        });
        let mut left = epoch;
        for byte in bytes[6..].iter_mut().rev() {
            *byte = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(left % 36) as usize];
            left /= 36;
        }
        Self(bytes)
    }

    /// The name without its padding.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default().trim_matches(' ')
    }

    /// True where it names no session.
    pub fn is_blank(&self) -> bool {
        *self == Self::BLANK
    }

    /// The same session is the same bytes, whichever side was padded.
    fn get(bytes: &[u8]) -> Result<Self, usize> {
        let text = Alpha::<{ Self::BYTES }>::get(bytes)?;
        Self::new(text.as_str()).ok_or(0)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Year, month and day of the day so many days after 1970-01-01, in the Gregorian calendar (by
/// Howard Hinnant's `civil_from_days`: years begin with March, 146,097 days are 400 years).
const fn date(days: u64) -> (u64, u64, u64) {
    let since_march_of_0 = days + 719_468;
    let (era, of_era) = (since_march_of_0 / 146_097, since_march_of_0 % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year + (month <= 2) as u64, month, day)
}

/// What a client says to be let in. Its debug text keeps the password to itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LoginRequest {
    /// The stream's name.
    pub username: Alpha<6>,
    /// The ticket.
    pub password: Alpha<10>,
    /// The session it wants to go on with.
    pub session: SessionId,
    /// The number of the first sequenced packet it wants; 0: only what comes from now on.
    pub sequence: u64,
}

impl fmt::Debug for LoginRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginRequest")
            .field("username", &self.username)
            .field("session", &self.session)
            .field("sequence", &self.sequence)
            .finish_non_exhaustive()
    }
}

/// Who was let in, and what comes next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LoginAccepted {
    /// The session it is now in.
    pub session: SessionId,
    /// The number of the next sequenced packet.
    pub sequence: u64,
}

letters! {
    /// Why a login was refused.
    LoginReject {
        /// The username and password are not those of a stream.
        NotAuthorized = 'A',
        /// The session asked for cannot be had.
        SessionNotAvailable = 'S',
    }
}

/// What a client sends. Payloads borrow the bytes they were decoded from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClientPacket<'a> {
    /// `+`: text for people, ignored.
    Debug(&'a [u8]),
    /// `L`: the first packet of a connection.
    Login(LoginRequest),
    /// `U`: a message.
    Unsequenced(&'a [u8]),
    /// `R`: still here.
    Heartbeat,
    /// `O`: please end the connection.
    Logout,
}

/// What a server sends. Payloads borrow the bytes they were decoded from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ServerPacket<'a> {
    /// `+`: text for people, ignored.
    Debug(&'a [u8]),
    /// `A`: the login was good.
    LoginAccepted(LoginAccepted),
    /// `J`: the login was not; the connection ends.
    LoginRejected(LoginReject),
    /// `S`: the next numbered message; the number is counted, not sent.
    Sequenced(&'a [u8]),
    /// `U`: a message without a number.
    Unsequenced(&'a [u8]),
    /// `H`: still here.
    Heartbeat,
    /// `Z`: the session is over; no more sequenced packets in it.
    EndOfSession,
}

impl ClientPacket<'_> {
    /// The types there are.
    pub const TYPES: &'static str = "one of '+' 'L' 'U' 'R' 'O'";

    /// Appends the packet's bytes.
    ///
    /// # Panics
    /// Where a payload is longer than a packet can be.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Debug(text) => packet(out, b'+', |out| out.extend_from_slice(text)),
            Self::Login(request) => packet(out, b'L', |out| request.put(out)),
            Self::Unsequenced(payload) => packet(out, b'U', |out| out.extend_from_slice(payload)),
            Self::Heartbeat => packet(out, b'R', |_| ()),
            Self::Logout => packet(out, b'O', |_| ()),
        }
    }
}

impl ServerPacket<'_> {
    /// The types there are.
    pub const TYPES: &'static str = "one of '+' 'A' 'J' 'S' 'U' 'H' 'Z'";

    /// Appends the packet's bytes.
    ///
    /// # Panics
    /// Where a payload is longer than a packet can be.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Debug(text) => packet(out, b'+', |out| out.extend_from_slice(text)),
            Self::LoginAccepted(accepted) => packet(out, b'A', |out| accepted.put(out)),
            Self::LoginRejected(reason) => packet(out, b'J', |out| reason.put(out)),
            Self::Sequenced(payload) => sequenced(out, |out| out.extend_from_slice(payload)),
            Self::Unsequenced(payload) => unsequenced(out, |out| out.extend_from_slice(payload)),
            Self::Heartbeat => packet(out, b'H', |_| ()),
            Self::EndOfSession => packet(out, b'Z', |_| ()),
        }
    }
}

/// Bytes of the packet that begins here, whole or not; 0 where its length is not here.
pub fn packet_bytes(bytes: &[u8]) -> usize {
    match bytes {
        [high, low, ..] => 2 + usize::from(u16::from_be_bytes([*high, *low])),
        [] | [_] => 0,
    }
}

/// Appends a Sequenced Data packet around what `payload` appends.
///
/// # Panics
/// Where the payload is longer than a packet can be.
pub fn sequenced(out: &mut Vec<u8>, payload: impl FnOnce(&mut Vec<u8>)) {
    packet(out, b'S', payload);
}

/// Appends an Unsequenced Data packet, of either direction, around what `payload` appends.
///
/// # Panics
/// Where the payload is longer than a packet can be.
pub fn unsequenced(out: &mut Vec<u8>, payload: impl FnOnce(&mut Vec<u8>)) {
    packet(out, b'U', payload);
}

fn packet(out: &mut Vec<u8>, kind: u8, payload: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0, 0, kind]);
    payload(out);
    let bytes = out.len() - start - LENGTH_BYTES;
    let length = u16::try_from(bytes).expect("a packet is at most PACKET_BYTES_MAX long");
    out[start..start + LENGTH_BYTES].copy_from_slice(&length.to_be_bytes());
}

impl LoginRequest {
    fn put(self, out: &mut Vec<u8>) {
        self.username.put(out);
        self.password.put(out);
        out.extend_from_slice(&self.session.0);
        digits::<NUMBER_BYTES>(self.sequence, out);
    }

    fn get(payload: &[u8]) -> Result<Self, SoupError> {
        Ok(Self {
            username: part("username", payload, 0, 6, Alpha::get)?,
            password: part("password", payload, 6, 10, Alpha::get)?,
            session: part("requested session", payload, 16, 10, SessionId::get)?,
            sequence: part("requested sequence number", payload, 26, NUMBER_BYTES, number)?,
        })
    }
}

impl LoginAccepted {
    fn put(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.session.0);
        digits::<NUMBER_BYTES>(self.sequence, out);
    }

    fn get(payload: &[u8]) -> Result<Self, SoupError> {
        Ok(Self {
            session: part("session", payload, 0, 10, SessionId::get)?,
            sequence: part("sequence number", payload, 10, NUMBER_BYTES, number)?,
        })
    }
}

/// One field of a login; the length of the payload was looked at before.
fn part<T>(
    field: &'static str,
    payload: &[u8],
    at: usize,
    bytes: usize,
    get: impl FnOnce(&[u8]) -> Result<T, usize>,
) -> Result<T, SoupError> {
    get(&payload[at..at + bytes]).map_err(|place| SoupError::Field {
        field,
        offset: LENGTH_BYTES + 1 + at + place,
        found: payload[at + place],
    })
}

/// Why bytes are no packet. The connection cannot be read any further.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SoupError {
    /// The length is 0; there is not even a type.
    NoType,
    /// The length exceeds what the reader takes.
    TooLong {
        /// The length.
        length: usize,
        /// The reader's limit.
        limit: usize,
    },
    /// No packet of this direction has this type.
    Type {
        /// The type byte.
        found: u8,
        /// The types there are.
        allowed: &'static str,
    },
    /// The length is not the one that packets of this type have.
    Length {
        /// The type byte.
        kind: u8,
        /// The length.
        found: usize,
        /// The length they have.
        allowed: usize,
    },
    /// A byte that a field does not allow: text is printable ASCII, numbers are digits with spaces
    /// before or behind, below 2^64.
    Field {
        /// Which.
        field: &'static str,
        /// Where, from the packet's first byte.
        offset: usize,
        /// The byte.
        found: u8,
    },
}

impl fmt::Display for SoupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::NoType => write!(f, "the packet has the length 0; the shortest has 1, its type"),
            Self::TooLong { length, limit } => {
                write!(f, "the packet has the length {length}; at most {limit} are taken")
            }
            Self::Type { found, allowed } => {
                write!(f, "the packet has the unknown type {}; allowed is {allowed}", Byte(found))
            }
            Self::Length { kind, found, allowed } => {
                write!(f, "the packet {} has the length {found}; it is {allowed}", Byte(kind))
            }
            Self::Field { field, offset, found } => write!(
                f,
                "the {field} has {} at offset {offset}; text is printable ASCII, \
                 numbers are digits padded with spaces, below 2^64",
                Byte(found)
            ),
        }
    }
}

impl std::error::Error for SoupError {}

/// The first packet of what a client sent, and how many bytes it takes; `None`: more are needed.
///
/// # Errors
/// [`SoupError`], as soon as the bytes that are there show it.
pub fn decode_client(bytes: &[u8]) -> Result<Option<(ClientPacket<'_>, usize)>, SoupError> {
    decode_client_within(bytes, PACKET_BYTES_MAX)
}

/// [`decode_client`] for a reader that takes packets of at most `limit` bytes, type included.
///
/// # Errors
/// [`SoupError`], as soon as the bytes that are there show it.
pub fn decode_client_within(
    bytes: &[u8],
    limit: usize,
) -> Result<Option<(ClientPacket<'_>, usize)>, SoupError> {
    let Some(head) = Head::read(bytes, limit)? else { return Ok(None) };
    let fixed = match head.kind {
        b'+' | b'U' => None,
        b'L' => Some(LOGIN_REQUEST_BYTES),
        b'R' | b'O' => Some(1),
        found => return Err(SoupError::Type { found, allowed: ClientPacket::TYPES }),
    };
    let Some(payload) = head.payload(bytes, fixed)? else { return Ok(None) };
    let packet = match head.kind {
        b'+' => ClientPacket::Debug(payload),
        b'L' => ClientPacket::Login(LoginRequest::get(payload)?),
        b'R' => ClientPacket::Heartbeat,
        b'O' => ClientPacket::Logout,
        _ => ClientPacket::Unsequenced(payload),
    };
    Ok(Some((packet, LENGTH_BYTES + head.length)))
}

/// The first packet of what a server sent, and how many bytes it takes; `None`: more are needed.
///
/// # Errors
/// [`SoupError`], as soon as the bytes that are there show it.
pub fn decode_server(bytes: &[u8]) -> Result<Option<(ServerPacket<'_>, usize)>, SoupError> {
    let Some(head) = Head::read(bytes, PACKET_BYTES_MAX)? else { return Ok(None) };
    let fixed = match head.kind {
        b'+' | b'S' | b'U' => None,
        b'A' => Some(LOGIN_ACCEPTED_BYTES),
        b'J' => Some(2),
        b'H' | b'Z' => Some(1),
        found => return Err(SoupError::Type { found, allowed: ServerPacket::TYPES }),
    };
    let Some(payload) = head.payload(bytes, fixed)? else { return Ok(None) };
    let packet = match head.kind {
        b'+' => ServerPacket::Debug(payload),
        b'A' => ServerPacket::LoginAccepted(LoginAccepted::get(payload)?),
        b'J' => {
            let reason = part("reject reason", payload, 0, 1, LoginReject::get)?;
            ServerPacket::LoginRejected(reason)
        }
        b'U' => ServerPacket::Unsequenced(payload),
        b'H' => ServerPacket::Heartbeat,
        b'Z' => ServerPacket::EndOfSession,
        _ => ServerPacket::Sequenced(payload),
    };
    Ok(Some((packet, LENGTH_BYTES + head.length)))
}

/// Length and type of a packet.
struct Head {
    length: usize,
    kind: u8,
}

impl Head {
    fn read(bytes: &[u8], limit: usize) -> Result<Option<Self>, SoupError> {
        let Some(length) = bytes.first_chunk() else { return Ok(None) };
        let length = usize::from(u16::from_be_bytes(*length));
        if length == 0 {
            return Err(SoupError::NoType);
        }
        if length > limit {
            return Err(SoupError::TooLong { length, limit });
        }
        Ok(bytes.get(LENGTH_BYTES).map(|&kind| Self { length, kind }))
    }

    /// What follows the type, once all of it is there.
    fn payload<'a>(
        &self,
        bytes: &'a [u8],
        fixed: Option<usize>,
    ) -> Result<Option<&'a [u8]>, SoupError> {
        let &Self { length: found, kind } = self;
        if let Some(allowed) = fixed.filter(|&allowed| allowed != found) {
            return Err(SoupError::Length { kind, found, allowed });
        }
        Ok(bytes.get(LENGTH_BYTES + 1..LENGTH_BYTES + found))
    }
}
