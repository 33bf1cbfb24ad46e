//! Slots: the fixed 128-byte cells that rings and journals are made of, and how commands and events
//! lie in them. All numbers are little-endian.
//!
//! ```text
//! command   0        8        16         24       25      26     28        32                128
//!           ├────────┼────────┼──────────┼────────┼───────┼──────┼─────────┼──────────────────┤
//!           sequence   time     key,stream number   slots   zero   session   payload, first 96
//! event     0        8        16      20     21      22      23      24                      128
//!           ├────────┼────────┼───────┼──────┼───────┼───────┼───────┼────────────────────────┤
//!           sequence   time     index   kind   slots   flags   zero    payload, first 104 bytes
//! ```
//!
//! An event's only flag says that it is the last of its command: there a view has the whole of it.
//!
//! What does not fit goes on in the following slots, 128 bytes each, under the same sequence.
//! Trailing slots that would be all zero are left out, so a record whose seldom used fields stand
//! last takes one slot.

use zerocopy::IntoBytes;

use crate::{
    CommandRef, Event, EventHeader, KeyId, Origin, Sequence, Sequenced, SessionNumber, Stamp,
    StreamId, Timestamp,
};

/// Bytes of a slot.
pub const SLOT_BYTES: usize = 128;
/// Slots one command or event takes at most.
pub const SLOTS_MAX: usize = 64;
/// Bytes of a command's payload in its first slot.
pub const COMMAND_HEAD_BYTES: usize = SLOT_BYTES - COMMAND_PAYLOAD_AT;
/// Bytes before an event's payload.
pub const EVENT_HEAD_BYTES: usize = 24;
/// Bytes of an event's payload in its first slot.
pub const EVENT_PAYLOAD_BYTES: usize = SLOT_BYTES - EVENT_HEAD_BYTES;

const COMMAND_PAYLOAD_AT: usize = 32;
const KEY_AT: usize = 16;
const STREAM_AT: usize = 20;
const SESSION_AT: usize = 28;
const COMMAND_NUMBER_AT: usize = 24;
const EVENT_KIND_AT: usize = 20;
const EVENT_FLAGS_AT: usize = 22;
const FLAG_LAST: u8 = 1;

/// One cell of a ring or a journal.
pub type Slot = [u8; SLOT_BYTES];

/// Why slots are not a command or an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SlotError {
    /// No kind has this number.
    Number(u8),
    /// The head says so many slots; the kind takes at least one and never more than its payload.
    Slots(u8),
    /// Fewer slots were there than the head says.
    Short,
    /// A field holds what none of its values is.
    Field,
    /// A reserved byte of the head is not zero.
    Reserved,
}

impl core::fmt::Display for SlotError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "no record has the number {number}"),
            Self::Slots(slots) => write!(f, "a record of this kind never takes {slots} slots"),
            Self::Short => f.write_str("the record goes on beyond the slots that are there"),
            Self::Field => f.write_str("a field holds none of its values"),
            Self::Reserved => f.write_str("a reserved byte is not zero"),
        }
    }
}

impl std::error::Error for SlotError {}

/// Writes a command into `slots` and says how many it took.
///
/// # Panics
/// When `slots` holds fewer than the command takes; [`SLOTS_MAX`] always suffice.
pub fn write_command(command: &Sequenced, slots: &mut [Slot]) -> usize {
    let taken = write_payload(
        command.command.number(),
        COMMAND_NUMBER_AT,
        COMMAND_PAYLOAD_AT,
        command.command.payload(),
        slots,
    );
    let (head, origin) = (&mut slots[0], &command.origin);
    stamp_command(head, command.sequence, command.time);
    head[KEY_AT..STREAM_AT].copy_from_slice(origin.key.as_bytes());
    head[STREAM_AT..COMMAND_NUMBER_AT].copy_from_slice(origin.stream.as_bytes());
    head[SESSION_AT..COMMAND_PAYLOAD_AT].copy_from_slice(origin.session.as_bytes());
    taken
}

/// Reads the command that starts at `slots[0]` and says how many slots it took.
///
/// # Errors
/// [`SlotError`] where the bytes are not a command.
pub fn read_command(slots: &[Slot]) -> Result<(Sequenced, usize), SlotError> {
    let mut reader = CommandReader::default();
    let (stamp, command, taken) = reader.read(slots)?;
    let Stamp { sequence, time, origin } = stamp;
    Ok((Sequenced { sequence, time, origin, command: command.to_command() }, taken))
}

/// Stamps a command that lies in slots: `first` is its first.
#[inline]
pub fn stamp_command(first: &mut Slot, sequence: Sequence, time: Timestamp) {
    first[..8].copy_from_slice(&sequence.0.to_le_bytes());
    first[8..16].copy_from_slice(&time.0.to_le_bytes());
}

/// The sequence of the command whose first slot this is, and how many slots it takes; for whoever
/// passes over records without reading them.
#[inline]
pub fn peek_command(first: &Slot) -> (Sequence, usize) {
    (Sequence(u64_at(first, 0)), usize::from(first[COMMAND_NUMBER_AT + 1]))
}

/// Says of the event in this slot that it is the last of its command.
#[inline]
pub fn mark_last(first: &mut Slot) {
    first[EVENT_FLAGS_AT] = FLAG_LAST;
}

/// Whether the event in this slot is the last of its command.
#[inline]
pub fn is_last(first: &Slot) -> bool {
    first[EVENT_FLAGS_AT] == FLAG_LAST
}

/// The stream that a command in this slot came by, without reading the command: for looking ahead.
/// Of a slot that is no command's first, it means nothing.
#[inline]
pub fn peek_stream(slot: &Slot) -> StreamId {
    StreamId(u32_at(slot, STREAM_AT))
}

/// Reads commands from slots without building them anew: the payload is laid out once, with the
/// zeros that its slots left out, and looked at where it lies.
#[derive(Debug)]
pub struct CommandReader {
    payload: [u64; PAYLOAD_BYTES_MAX / 8],
    /// Bytes at the start of `payload` that may not be zero.
    used: usize,
}

impl Default for CommandReader {
    fn default() -> Self {
        Self { payload: [0; PAYLOAD_BYTES_MAX / 8], used: 0 }
    }
}

impl CommandReader {
    /// Reads the command that starts at `slots[0]` and says how many slots it took.
    ///
    /// # Errors
    /// [`SlotError`] where the bytes are not a command.
    #[inline]
    pub fn read(&mut self, slots: &[Slot]) -> Result<(Stamp, CommandRef<'_>, usize), SlotError> {
        let head = slots.first().ok_or(SlotError::Short)?;
        if head[COMMAND_NUMBER_AT + 2..SESSION_AT] != [0; 2] {
            return Err(SlotError::Reserved);
        }
        let number = head[COMMAND_NUMBER_AT];
        let bytes = CommandRef::payload_bytes(number).ok_or(SlotError::Number(number))?;
        let taken = self.lay_out(bytes, slots)?;
        let command = CommandRef::read(number, self.payload.as_bytes()).ok_or(SlotError::Field)?;
        let stamp = Stamp {
            sequence: Sequence(u64_at(head, 0)),
            time: Timestamp(u64_at(head, 8)),
            origin: Origin {
                key: KeyId(u32_at(head, KEY_AT)),
                stream: StreamId(u32_at(head, STREAM_AT)),
                session: SessionNumber(u32_at(head, SESSION_AT)),
            },
        };
        Ok((stamp, command, taken))
    }

    #[inline]
    fn lay_out(&mut self, bytes: usize, slots: &[Slot]) -> Result<usize, SlotError> {
        let payload = self.payload.as_mut_bytes();
        if slots[0][COMMAND_NUMBER_AT + 1] == 1 {
            payload[..COMMAND_HEAD_BYTES].copy_from_slice(&slots[0][COMMAND_PAYLOAD_AT..]);
            if self.used > COMMAND_HEAD_BYTES {
                payload[COMMAND_HEAD_BYTES..].fill(0);
            }
            self.used = COMMAND_HEAD_BYTES;
            return Ok(1);
        }
        let (whole, taken) = read_payload(bytes, COMMAND_NUMBER_AT + 1, COMMAND_PAYLOAD_AT, slots)?;
        payload.copy_from_slice(&whole);
        self.used = PAYLOAD_BYTES_MAX;
        Ok(taken)
    }
}

/// Writes an event into `slots` and says how many it took.
///
/// # Panics
/// When `slots` holds fewer than the event takes; [`SLOTS_MAX`] always suffice.
pub fn write_event(header: &EventHeader, event: &Event, slots: &mut [Slot]) -> usize {
    slots[0][..EVENT_HEAD_BYTES].copy_from_slice(header.as_bytes());
    write_payload(event.kind() as u8, EVENT_KIND_AT, EVENT_HEAD_BYTES, event.payload(), slots)
}

/// Reads the event that starts at `slots[0]` and says how many slots it took.
///
/// # Errors
/// [`SlotError`] where the bytes are not an event.
pub fn read_event(slots: &[Slot]) -> Result<(EventHeader, Event, usize), SlotError> {
    let head = slots.first().ok_or(SlotError::Short)?;
    if head[EVENT_FLAGS_AT] > FLAG_LAST || head[EVENT_FLAGS_AT + 1] != 0 {
        return Err(SlotError::Reserved);
    }
    let number = head[EVENT_KIND_AT];
    let bytes = Event::payload_bytes(number).ok_or(SlotError::Number(number))?;
    let (payload, taken) = read_payload(bytes, EVENT_KIND_AT + 1, EVENT_HEAD_BYTES, slots)?;
    let event = Event::read(number, &payload).ok_or(SlotError::Field)?;
    Ok((peek_event(head).0, event, taken))
}

/// Where the event that starts in this slot belongs, and how many slots it takes, without reading
/// the event: for whoever only counts. Of a slot that is no event's first, it means nothing.
#[inline]
pub fn peek_event(slot: &Slot) -> (EventHeader, usize) {
    let header = EventHeader {
        sequence: Sequence(u64_at(slot, 0)),
        time: Timestamp(u64_at(slot, 8)),
        index: u32_at(slot, 16),
        reserved: 0,
    };
    (header, usize::from(slot[EVENT_KIND_AT + 1]))
}

/// The largest payload of any record.
const PAYLOAD_BYTES_MAX: usize = 256;

fn write_payload(
    number: u8,
    number_at: usize,
    payload_at: usize,
    payload: &[u8],
    slots: &mut [Slot],
) -> usize {
    let first = (SLOT_BYTES - payload_at).min(payload.len());
    slots[0][number_at..payload_at].fill(0);
    slots[0][number_at] = number;
    slots[0][payload_at..payload_at + first].copy_from_slice(&payload[..first]);
    slots[0][payload_at + first..].fill(0);
    let mut taken = 1;
    for (slot, rest) in payload[first..].chunks(SLOT_BYTES).enumerate() {
        if rest.iter().any(|&b| b != 0) {
            // A slot of zeros before this one was left as it was; it counts now.
            for skipped in &mut slots[taken..slot + 1] {
                skipped.fill(0);
            }
            taken = slot + 2;
            slots[taken - 1][..rest.len()].copy_from_slice(rest);
            slots[taken - 1][rest.len()..].fill(0);
        }
    }
    slots[0][number_at + 1] = taken as u8;
    taken
}

fn read_payload(
    bytes: usize,
    slots_at: usize,
    payload_at: usize,
    slots: &[Slot],
) -> Result<([u8; PAYLOAD_BYTES_MAX], usize), SlotError> {
    let taken = usize::from(slots[0][slots_at]);
    let beyond = bytes.saturating_sub(SLOT_BYTES - payload_at);
    if taken == 0 || taken > 1 + beyond.div_ceil(SLOT_BYTES) {
        return Err(SlotError::Slots(slots[0][slots_at]));
    }
    let slots = slots.get(..taken).ok_or(SlotError::Short)?;
    let mut payload = [0; PAYLOAD_BYTES_MAX];
    let first = (SLOT_BYTES - payload_at).min(bytes);
    payload[..first].copy_from_slice(&slots[0][payload_at..payload_at + first]);
    for (rest, slot) in payload[first..bytes].chunks_mut(SLOT_BYTES).zip(&slots[1..]) {
        rest.copy_from_slice(&slot[..rest.len()]);
    }
    Ok((payload, taken))
}

fn u64_at(slot: &Slot, at: usize) -> u64 {
    u64::from_le_bytes(slot[at..at + 8].try_into().expect("eight bytes"))
}

fn u32_at(slot: &Slot, at: usize) -> u32 {
    u32::from_le_bytes(slot[at..at + 4].try_into().expect("four bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::*;

    fn order() -> Order {
        Order {
            account: AccountId(7),
            instrument: InstrumentId(2),
            price: Price::new(10_000).unwrap().into(),
            quantity: Quantity::new(5).unwrap().into(),
            side: Side::Sell,
            id: Name::parse("a1").unwrap(),
            ..Order::default()
        }
    }

    fn stamped(command: impl Into<Command>) -> Sequenced {
        Sequenced {
            sequence: Sequence(0x0102_0304_0506_0708),
            time: Timestamp(42),
            origin: Origin { key: KeyId(3), stream: StreamId(9), session: SessionNumber(0x0B0A) },
            command: command.into(),
        }
    }

    #[test]
    fn a_plain_order_takes_one_slot_and_these_bytes() {
        let mut slots = [[0xAA; SLOT_BYTES]; 2];
        assert_eq!(write_command(&stamped(order()), &mut slots), 1);
        let mut golden = vec![8, 7, 6, 5, 4, 3, 2, 1, 42, 0, 0, 0, 0, 0, 0, 0];
        golden.extend([3, 0, 0, 0, 9, 0, 0, 0, 20, 1, 0, 0, 0x0A, 0x0B, 0, 0]);
        golden.extend([7, 0, 0, 0, 2, 0, 0, 0, 0x10, 0x27, 0, 0, 0, 0, 0, 0]);
        golden.extend([5, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b'a', b'1']);
        golden.resize(SLOT_BYTES, 0);
        assert_eq!(slots[0].to_vec(), golden);
        assert_eq!(read_command(&slots).unwrap(), (stamped(order()), 1));
    }

    #[test]
    fn a_tagged_order_takes_two_slots() {
        let tagged = stamped(Order { tag: Name::parse("desk-4").unwrap(), ..order() });
        let mut slots = [[0xAA; SLOT_BYTES]; 2];
        assert_eq!(write_command(&tagged, &mut slots), 2);
        assert_eq!(read_command(&slots).unwrap(), (tagged, 2));
        assert_eq!(read_command(&slots[..1]), Err(SlotError::Short));
    }

    #[test]
    fn an_event_comes_back_as_it_went_in() {
        let header =
            EventHeader { sequence: Sequence(3), time: Timestamp(4), index: 5, reserved: 0 };
        let renamed = Amended {
            account: AccountId(1),
            instrument: InstrumentId(0),
            order: OrderId(8),
            price: 3,
            quantity: 4,
            cumulative: 1,
            leaves: 3,
            held: Amount::new(9),
            priority: Priority::Lost,
            side: Side::Sell,
            reserved: [0; 2],
            report: Report::default(),
            taken_off: 2,
            new_id: Name::parse("the-longest-name-of-all-36-characters").unwrap_or_default(),
            reserved_2: [0; 4],
        };
        for (event, taken) in [
            (Event::Amended(renamed), 1),
            (
                Event::Amended(Amended {
                    new_id: Name::parse(&"n".repeat(36)).unwrap(),
                    ..renamed
                }),
                2,
            ),
            (
                Event::Warning(Warning {
                    account: AccountId::NONE,
                    code: WarningCode::VenueKilled,
                    reserved: [0; 3],
                }),
                1,
            ),
        ] {
            let mut slots = [[0xAA; SLOT_BYTES]; 2];
            assert_eq!(write_event(&header, &event, &mut slots), taken);
            assert_eq!(read_event(&slots).unwrap(), (header, event, taken));
            assert_eq!(peek_event(&slots[0]), (header, taken));
        }
    }

    #[test]
    fn records_are_passed_over_and_stamped_where_they_lie() {
        let mut slots = [[0; SLOT_BYTES]; 2];
        let tagged = stamped(Order { tag: Name::parse("desk-4").unwrap(), ..order() });
        write_command(&tagged, &mut slots);
        assert_eq!(peek_command(&slots[0]), (tagged.sequence, 2));
        stamp_command(&mut slots[0], Sequence(5), Timestamp(6));
        let restamped = Sequenced { sequence: Sequence(5), time: Timestamp(6), ..tagged };
        assert_eq!(read_command(&slots).unwrap().0, restamped);
    }

    #[test]
    fn the_last_event_of_a_command_says_so() {
        let header =
            EventHeader { sequence: Sequence(3), time: Timestamp(4), index: 0, reserved: 0 };
        let code = WarningCode::VenueKilled;
        let warning = Event::Warning(Warning { account: AccountId::NONE, code, reserved: [0; 3] });
        let mut slots = [[0; SLOT_BYTES]; 1];
        write_event(&header, &warning, &mut slots);
        assert_eq!((peek_event(&slots[0]), is_last(&slots[0])), ((header, 1), false));
        mark_last(&mut slots[0]);
        assert!(is_last(&slots[0]));
        assert_eq!(read_event(&slots).unwrap(), (header, warning, 1));
        slots[0][22] = 2;
        assert_eq!(read_event(&slots), Err(SlotError::Reserved), "there is no second flag");
    }

    #[test]
    fn bytes_that_are_no_record_are_refused_by_name() {
        let mut slots = [[0; SLOT_BYTES]; 2];
        write_command(&stamped(order()), &mut slots);
        let spoil = |at: usize, byte: u8| {
            let mut spoiled = slots;
            spoiled[0][at] = byte;
            read_command(&spoiled).unwrap_err()
        };
        assert_eq!(read_command(&[]), Err(SlotError::Short));
        assert_eq!(spoil(24, 99), SlotError::Number(99));
        assert_eq!(spoil(25, 0), SlotError::Slots(0));
        assert_eq!(spoil(25, 3), SlotError::Slots(3));
        assert_eq!(spoil(26, 1), SlotError::Reserved);
        assert_eq!(spoil(32 + 24, 2), SlotError::Field, "no third side");
    }

    #[test]
    fn no_byte_of_a_slot_makes_the_reader_panic() {
        let mut slots = [[0; SLOT_BYTES]; 2];
        write_command(&stamped(order()), &mut slots);
        for at in 0..SLOT_BYTES {
            for byte in 0..=255 {
                let mut spoiled = slots;
                spoiled[0][at] = byte;
                let _ = read_command(&spoiled);
                let _ = read_event(&spoiled);
            }
        }
    }
}
