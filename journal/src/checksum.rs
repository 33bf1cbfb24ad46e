//! CRC-32C (Castagnoli), the checksum of everything in a segment; processors have an instruction
//! for it. It finds accidents; against a forger stand hashes.

/// A checksum in the making.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crc(u32);

impl Crc {
    /// Over bytes that may lie anywhere.
    pub(crate) fn new() -> Self {
        Self(0)
    }

    /// Over bytes that belong at this offset of this segment, and nowhere else.
    pub(crate) fn at(segment: u64, offset: u64) -> Self {
        let mut place = [0; 16];
        place[..8].copy_from_slice(&segment.to_le_bytes());
        place[8..].copy_from_slice(&offset.to_le_bytes());
        Self::new().mix(&place)
    }

    /// Goes on over `bytes`.
    pub(crate) fn mix(self, bytes: &[u8]) -> Self {
        Self(crc32c::crc32c_append(self.0, bytes))
    }

    pub(crate) fn value(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value of CRC-32C, from the catalogue of parametrised CRC algorithms.
    #[test]
    fn it_is_castagnoli() {
        assert_eq!(Crc::new().mix(b"123456789").value(), 0xE306_9283);
        assert_eq!(Crc::new().mix(b"1234").mix(b"56789").value(), 0xE306_9283);
    }

    #[test]
    fn the_same_bytes_elsewhere_have_another_checksum() {
        let here = Crc::at(1, 1024).mix(b"batch").value();
        assert_ne!(here, Crc::at(1, 1088).mix(b"batch").value());
        assert_ne!(here, Crc::at(2, 1024).mix(b"batch").value());
    }
}
