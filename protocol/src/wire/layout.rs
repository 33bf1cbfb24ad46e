//! What the layouts are made of: fields of fixed size, big-endian, one behind the other, and the
//! words for what can be wrong with them. No message is known here.

use core::fmt;

#[cfg(test)]
use super::sample::Entropy;

/// A field of fixed size.
pub(super) trait Field: Copy {
    /// Its size.
    const BYTES: usize;
    /// What it may hold, for people.
    const ALLOWED: &'static str;

    /// From exactly [`Field::BYTES`] bytes.
    ///
    /// # Errors
    /// The place, within the field, of the first byte that may not stand there.
    fn get(bytes: &[u8]) -> Result<Self, usize>;

    /// Appends it.
    fn put(self, out: &mut Vec<u8>);

    /// One of its values, whichever these bytes make.
    #[cfg(test)]
    fn sample(entropy: &mut Entropy<'_>) -> Self {
        let bytes: Vec<u8> = (0..Self::BYTES).map(|_| entropy.byte()).collect();
        Self::get(&bytes).expect("every number is one of its values")
    }
}

macro_rules! integers {
    ($($integer:ty)*) => {$(
        impl Field for $integer {
            const BYTES: usize = size_of::<Self>();
            const ALLOWED: &'static str = "any number";

            fn get(bytes: &[u8]) -> Result<Self, usize> {
                bytes.try_into().map(Self::from_be_bytes).map_err(|_| 0)
            }

            fn put(self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_be_bytes());
            }
        }
    )*};
}
integers! { u8 u16 u32 u64 i32 }

/// Text of at most `N` printable ASCII characters, left-justified and padded with spaces.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Alpha<const N: usize>([u8; N]);

impl<const N: usize> Alpha<N> {
    /// Nothing but spaces.
    pub const BLANK: Self = Self([b' '; N]);

    /// `None` where the text is longer than `N` or has anything but printable ASCII in it.
    pub fn new(text: &str) -> Option<Self> {
        let mut bytes = [b' '; N];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Self::get(&bytes).ok()
    }

    /// The text without the spaces around it.
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default().trim_matches(' ')
    }

    /// All `N` bytes, with the padding.
    pub const fn bytes(&self) -> &[u8; N] {
        &self.0
    }

    /// True where there is nothing but spaces.
    pub fn is_blank(&self) -> bool {
        *self == Self::BLANK
    }
}

impl<const N: usize> Field for Alpha<N> {
    const BYTES: usize = N;
    const ALLOWED: &'static str = "printable ASCII, padded with spaces";

    fn get(bytes: &[u8]) -> Result<Self, usize> {
        match bytes.iter().position(|byte| !(b' '..=b'~').contains(byte)) {
            Some(wrong) => Err(wrong),
            None => bytes.try_into().map(Self).map_err(|_| 0),
        }
    }

    fn put(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }

    #[cfg(test)]
    fn sample(entropy: &mut Entropy<'_>) -> Self {
        Self(std::array::from_fn(|_| b' ' + entropy.byte() % 95))
    }
}

impl<const N: usize> Default for Alpha<N> {
    fn default() -> Self {
        Self::BLANK
    }
}

impl<const N: usize> fmt::Debug for Alpha<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl<const N: usize> fmt::Display for Alpha<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// `N` bytes that are zero in this dialect.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Zero<const N: usize>;

impl<const N: usize> Field for Zero<N> {
    const BYTES: usize = N;
    const ALLOWED: &'static str = "zero";

    fn get(bytes: &[u8]) -> Result<Self, usize> {
        bytes.iter().position(|&byte| byte != 0).map_or(Ok(Self), Err)
    }

    fn put(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[0; N]);
    }

    #[cfg(test)]
    fn sample(_: &mut Entropy<'_>) -> Self {
        Self
    }
}

/// A number in `N` ASCII digits, padded with spaces on the left (read: on either side).
pub(super) fn digits<const N: usize>(number: u64, out: &mut Vec<u8>) {
    let (mut text, mut rest) = ([b' '; N], number);
    for digit in text.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    assert!(rest == 0, "the number {number} has at most {N} digits");
    out.extend_from_slice(&text);
}

/// The number that ASCII digits with spaces on either side stand for.
///
/// # Errors
/// The place of the first byte that may not stand there; the last one where the number is larger
/// than 64 bits hold, the first one where there is no digit at all.
pub(super) fn number(text: &[u8]) -> Result<u64, usize> {
    let start = text.iter().position(|&byte| byte != b' ').ok_or(0usize)?;
    let end = text.iter().rposition(|&byte| byte != b' ').map_or(0, |last| last + 1);
    (start..end).try_fold(0u64, |sum, place| {
        let digit = text[place].wrapping_sub(b'0');
        if digit > 9 {
            return Err(place);
        }
        sum.checked_mul(10).and_then(|sum| sum.checked_add(u64::from(digit))).ok_or(end - 1)
    })
}

/// What is wrong with the bytes of a message. Offsets count from its type byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// There is not even a type byte.
    Empty,
    /// No message of this direction has this type.
    Type {
        /// The first byte.
        found: u8,
        /// The types there are.
        allowed: &'static str,
    },
    /// The message ends within a field.
    Short {
        /// Which.
        field: &'static str,
        /// Where it begins.
        offset: usize,
        /// Its bytes.
        needed: usize,
        /// Those that are there.
        found: usize,
    },
    /// Bytes follow behind the last field.
    Extra {
        /// Where they begin.
        offset: usize,
        /// How many.
        found: usize,
    },
    /// A byte that the field does not allow.
    Value {
        /// Which field.
        field: &'static str,
        /// Where the byte stands.
        offset: usize,
        /// The byte.
        found: u8,
        /// What may stand there.
        allowed: &'static str,
    },
    /// A tag that no appendage has, or that this message does not take.
    Tag {
        /// Where it stands.
        offset: usize,
        /// The tag.
        found: u8,
        /// The tags this message takes.
        allowed: &'static [u8],
    },
    /// A tag that stands twice.
    Twice {
        /// Its field.
        field: &'static str,
        /// Where the second one stands.
        offset: usize,
    },
    /// The length byte of a tag's value is not the one it has.
    TagLength {
        /// Its field.
        field: &'static str,
        /// Where the length stands.
        offset: usize,
        /// The length there, the tag byte included.
        found: u8,
        /// The length it has, the tag byte included.
        allowed: u8,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Empty => write!(f, "is empty; a message starts with its type"),
            Self::Type { found, allowed } => {
                write!(f, "has the unknown type {}; allowed is {allowed}", Byte(found))
            }
            Self::Short { field, offset, needed, found } => write!(
                f,
                "ends within {field} at offset {offset} (bytes needed: {needed}, there: {found})"
            ),
            Self::Extra { offset, found } => {
                write!(
                    f,
                    "goes on at offset {offset}, where it should end (bytes too many: {found})"
                )
            }
            Self::Value { field, offset, found, allowed } => {
                write!(f, "has {} in {field} at offset {offset}; allowed is {allowed}", Byte(found))
            }
            Self::Tag { offset, found, allowed } => {
                write!(f, "has the tag {found} at offset {offset}; it takes {allowed:?}")
            }
            Self::Twice { field, offset } => {
                write!(f, "has the tag {field} a second time at offset {offset}")
            }
            Self::TagLength { field, offset, found, allowed } => write!(
                f,
                "gives the tag {field} the length {found} at offset {offset}; it is {allowed}"
            ),
        }
    }
}

/// A byte as people read it.
pub(super) struct Byte(pub(super) u8);

impl fmt::Display for Byte {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:02X}", self.0)?;
        if self.0.is_ascii_graphic() { write!(f, " ('{}')", self.0 as char) } else { Ok(()) }
    }
}

/// A message that is none: which, and what is wrong with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WireError {
    /// The message's name; "message" where the type is not known.
    pub message: &'static str,
    /// What is wrong.
    pub fault: Fault,
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} {}", self.message, self.fault)
    }
}

impl std::error::Error for WireError {}

/// Walks through a message, field by field.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Cursor<'a> {
    /// Behind the type byte.
    pub(super) const fn behind_type(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 1 }
    }

    /// Where the next field begins.
    pub(super) const fn offset(&self) -> usize {
        self.offset
    }

    /// How many bytes are left.
    pub(super) const fn left(&self) -> usize {
        self.bytes.len().saturating_sub(self.offset)
    }

    /// The next field.
    pub(super) fn field<F: Field>(&mut self, field: &'static str) -> Result<F, Fault> {
        let (offset, needed) = (self.offset, F::BYTES);
        let short = Fault::Short { field, offset, needed, found: self.left() };
        let bytes = self.bytes.get(offset..offset + needed).ok_or(short)?;
        self.offset += needed;
        F::get(bytes).map_err(|place| Fault::Value {
            field,
            offset: offset + place,
            found: bytes[place],
            allowed: F::ALLOWED,
        })
    }

    /// Nothing may follow.
    pub(super) const fn end(&self) -> Result<(), Fault> {
        match self.left() {
            0 => Ok(()),
            found => Err(Fault::Extra { offset: self.offset, found }),
        }
    }
}

/// The byte of an ASCII letter.
pub(super) const fn byte(letter: char) -> u8 {
    assert!(letter.is_ascii());
    letter as u8
}

/// A field of one letter, each with its meaning.
macro_rules! letters {
    ($($(#[$doc:meta])* $name:ident {
        $($(#[$case_doc:meta])* $case:ident = $letter:literal,)*
    })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum $name {
            $($(#[$case_doc])* $case = $crate::wire::layout::byte($letter),)*
        }

        impl $name {
            /// Every case.
            pub const ALL: &'static [Self] = &[$(Self::$case),*];
        }

        impl $crate::wire::layout::Field for $name {
            const BYTES: usize = 1;
            const ALLOWED: &'static str = concat!("one of", $(" '", $letter, "'"),*);

            fn get(bytes: &[u8]) -> Result<Self, usize> {
                match bytes[0] as char { $($letter => Ok(Self::$case),)* _ => Err(0) }
            }

            fn put(self, out: &mut Vec<u8>) {
                out.push(self as u8);
            }

            #[cfg(test)]
            fn sample(entropy: &mut $crate::wire::sample::Entropy<'_>) -> Self {
                Self::ALL[usize::from(entropy.byte()) % Self::ALL.len()]
            }
        }
    )*};
}
pub(super) use letters;

/// The place of a field in its message: its name in the specification, its offset, its bytes.
#[cfg(test)]
pub(super) type Place = (&'static str, usize, usize);

/// A family of messages that are told apart by their first byte: each field in its order with its
/// name in the specification and what it holds here. A message `with` tags ends in an appendage.
macro_rules! messages {
    ($(#[$doc:meta])* $family:ident {
        $($(#[$message_doc:meta])* $name:ident = $letter:literal $({
            $($field:ident: $kind:ty = $spec:literal $meaning:literal,)*
        })? $(with $tags:ident)?;)*
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum $family {
            $($(#[$message_doc])* $name($name),)*
        }

        $(
            $(#[$message_doc])*
            #[derive(Clone, Copy, PartialEq, Eq, Debug)]
            pub struct $name {
                $($(#[doc = concat!("`", $spec, "`: ", $meaning, ".")] pub $field: $kind,)*)?
                $(
                    #[doc = concat!("Optional fields; which, say `", stringify!($tags), "`.")]
                    pub appendages: Appendages,
                )?
            }

            impl $name {
                /// The type byte.
                pub const TYPE: u8 = $crate::wire::layout::byte($letter);

                fn read(bytes: &[u8]) -> Result<Self, $crate::wire::Fault> {
                    let mut cursor = $crate::wire::layout::Cursor::behind_type(bytes);
                    let message = Self {
                        $($($field: cursor.field($spec)?,)*)?
                        $(appendages: Appendages::read(&mut cursor, &$tags)?,)?
                    };
                    cursor.end()?;
                    Ok(message)
                }

                fn write(&self, out: &mut Vec<u8>) {
                    out.push(Self::TYPE);
                    $($($crate::wire::layout::Field::put(self.$field, out);)*)?
                    $(self.appendages.write(&$tags, out);)?
                }

                #[cfg(test)]
                pub(super) fn sample(entropy: &mut $crate::wire::sample::Entropy<'_>) -> Self {
                    Self {
                        $($($field: $crate::wire::layout::Field::sample(entropy),)*)?
                        $(appendages: Appendages::sample(entropy, &$tags),)?
                    }
                }

                /// Every field's place, the appendage apart.
                #[cfg(test)]
                pub(super) fn places() -> Vec<$crate::wire::layout::Place> {
                    let mut offset = 1;
                    let sizes: &[(&'static str, usize)] = &[
                        $($(($spec, <$kind as $crate::wire::layout::Field>::BYTES),)*)?
                    ];
                    sizes.iter().map(|&(spec, bytes)| {
                        offset += bytes;
                        (spec, offset - bytes, bytes)
                    }).collect()
                }
            }

            impl From<$name> for $family {
                fn from(message: $name) -> Self {
                    Self::$name(message)
                }
            }
        )*

        impl $family {
            /// The types there are.
            pub const TYPES: &'static str = concat!("one of", $(" '", $letter, "'"),*);

            /// Appends the message's bytes.
            pub fn encode(&self, out: &mut Vec<u8>) {
                match self { $(Self::$name(message) => message.write(out),)* }
            }

            /// One message of each type, whichever these bytes make.
            #[cfg(test)]
            pub(super) fn samples(entropy: &[u8]) -> Vec<Self> {
                let mut entropy = $crate::wire::sample::Entropy(entropy);
                vec![$(Self::$name($name::sample(&mut entropy)),)*]
            }

            /// Every message with the places of its fields, as its description draws them.
            #[cfg(test)]
            pub(super) fn layouts() -> Vec<(String, Vec<$crate::wire::layout::Place>)> {
                vec![$((format!("`{}` '{}'", stringify!($name), $letter), $name::places()),)*]
            }

            fn parse(bytes: &[u8]) -> Result<Self, $crate::wire::WireError> {
                use $crate::wire::{Fault, WireError};
                let unknown = |fault| WireError { message: "message", fault };
                let &found = bytes.first().ok_or(unknown(Fault::Empty))?;
                match found as char {
                    $($letter => $name::read(bytes)
                        .map(Self::$name)
                        .map_err(|fault| WireError { message: stringify!($name), fault }),)*
                    _ => Err(unknown(Fault::Type { found, allowed: Self::TYPES })),
                }
            }
        }
    };
}
pub(super) use messages;
