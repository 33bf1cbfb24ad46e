//! Appendages: optional fields behind a message, each as length, tag and value. Which message takes
//! which, is said here; what they do to an order, never.

use super::{Alpha, Fault, Firm, PostOnly, PriceType, Side, YesNo};
use crate::wire::layout::{Cursor, Field};
#[cfg(test)]
use crate::wire::sample::Entropy;

/// Which tags a message takes, and whether the length of its appendage may be left out.
pub(super) struct Tags {
    pub(super) allowed: &'static [u8],
    pub(super) required: bool,
}

const fn required(allowed: &'static [u8]) -> Tags {
    Tags { allowed, required: true }
}

const fn optional(allowed: &'static [u8]) -> Tags {
    Tags { allowed, required: false }
}

/// The first tag of our own; those below are the specification's.
pub const OWN_TAG_MIN: u8 = 200;

// The lists of the specification, and behind them our own tags.
pub(super) const ENTER_TAGS: Tags = required(&[
    2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 15, 16, 17, 24, 25, 26, 28, 29, 30, 200, 201, 202, 203,
    204,
]);
pub(super) const REPLACE_TAGS: Tags = required(&[
    3, 5, 6, 7, 9, 10, 11, 12, 13, 15, 16, 17, 25, 26, 27, 28, 29, 30, 200, 201, 202, 203, 204,
]);
pub(super) const CANCEL_TAGS: Tags = optional(&[28]);
pub(super) const MODIFY_TAGS: Tags = optional(&[25, 26, 28]);
pub(super) const MASS_CANCEL_TAGS: Tags = required(&[24, 27, 28]);
pub(super) const ORDER_ENTRY_TAGS: Tags = required(&[28]);
pub(super) const QUERY_TAGS: Tags = optional(&[28]);
pub(super) const ACCEPTED_TAGS: Tags = required(&[
    2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 24, 25, 28, 29, 30, 200, 201, 202,
    203, 204,
]);
pub(super) const REPLACED_TAGS: Tags =
    required(&[2, 3, 5, 6, 12, 15, 16, 17, 18, 28, 29, 30, 200, 201, 202, 203, 204]);
pub(super) const RESTATED_TAGS: Tags = required(&[1, 22, 23, 28]);

const LENGTH: &str = "Appendage Length";

macro_rules! tags {
    ($($tag:literal $field:ident: $kind:ty = $spec:literal $meaning:literal;)*) => {
        /// The optional fields of a message; which one takes which, `protocol/doc/ouch.md` says.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
        pub struct Appendages {
            $(
                #[doc = concat!("`", $spec, "`, tag ", $tag, ": ", $meaning, ".")]
                pub $field: Option<$kind>,
            )*
        }

        impl Appendages {
            /// None of them.
            pub const NONE: Self = Self { $($field: None,)* };

            /// Every tag with its name in the specification and the bytes of its value.
            pub const TAGS: &'static [(u8, &'static str, usize)] =
                &[$(($tag, $spec, <$kind as Field>::BYTES),)*];

            fn read_one(&mut self, cursor: &mut Cursor<'_>, tags: &Tags) -> Result<(), Fault> {
                let length_offset = cursor.offset();
                let length: u8 = cursor.field("length of a tag")?;
                let offset = cursor.offset();
                let found: u8 = cursor.field("tag")?;
                let one = One { length, length_offset, offset };
                match found {
                    $($tag if tags.allowed.contains(&$tag) => {
                        one.read(cursor, $spec, &mut self.$field)
                    })*
                    _ => Err(Fault::Tag { offset, found, allowed: tags.allowed }),
                }
            }

            /// Some of the fields a message takes, whichever these bytes make.
            #[cfg(test)]
            pub(super) fn sample(entropy: &mut Entropy<'_>, tags: &Tags) -> Self {
                let mut appendages = Self::NONE;
                $(if tags.allowed.contains(&$tag) && entropy.byte() % 2 == 1 {
                    appendages.$field = Some(Field::sample(entropy));
                })*
                appendages
            }

            fn write_all(&self, tags: &Tags, out: &mut Vec<u8>) {
                $(if let Some(value) = self.$field {
                    assert!(tags.allowed.contains(&$tag), "the message takes no tag {}", $tag);
                    out.extend_from_slice(&[<$kind as Field>::BYTES as u8 + 1, $tag]);
                    value.put(out);
                })*
            }
        }
    };
}

tags! {
    1 secondary_order: u64 = "SecondaryOrdRefNum" "a further order number of the venue";
    2 firm: Firm = "Firm" "the firm";
    3 min_quantity: u32 = "MinQty" "lots that must execute at once";
    4 customer_type: Alpha<1> = "CustomerType" "retail or not; echoed";
    5 max_floor: u32 = "MaxFloor" "lots shown at a time";
    6 price_type: PriceType = "PriceType" "how the price is made";
    7 peg_offset: i32 = "PegOffset" "ticks from the price that is followed";
    9 discretion_price: u64 = "DiscretionPrice" "ticks up to which it may trade";
    10 discretion_price_type: Alpha<1> = "DiscretionPriceType" "how that price is made";
    11 discretion_peg_offset: i32 = "DiscretionPegOffset" "ticks from what that price follows";
    12 post_only: PostOnly = "PostOnly" "whether it may take";
    13 random_reserves: u32 = "RandomReserves" "lots by which what is shown may vary";
    14 route: Alpha<4> = "Route" "where to; in answers only";
    15 expire_time: u32 = "ExpireTime" "seconds to live, below 86,400";
    16 trade_now: Alpha<1> = "TradeNow" "whether it takes when locked";
    17 handle_inst: Alpha<1> = "HandleInst" "special handling";
    18 bbo_weight: Alpha<1> = "BBOWeightIndicator" "its weight at the best price; in answers only";
    22 display_quantity: u32 = "DisplayQuantity" "lots now shown";
    23 display_price: u64 = "DisplayPrice" "ticks now shown";
    24 group: u16 = "GroupID" "the group it can be cancelled by";
    25 shares_located: YesNo = "SharesLocated" "whether a short sale is covered";
    26 locate_broker: Alpha<4> = "LocateBroker" "by whom";
    27 side: Side = "Side" "orders of this side only";
    28 user_ref_index: u8 = "UserRefIdx" "which row of UserRefNums; here always 0";
    29 self_match: Alpha<1> = "AIQStrategy" "what a meeting of own orders does";
    30 self_match_group: Alpha<2> = "AIQGroupID" "whose meetings count";
    200 stop_price: u64 = "StopPrice" "ticks at which it becomes active; ours";
    201 trail: u64 = "Trail" "ticks by which the stop price follows the market; ours";
    202 reduce_only: YesNo = "ReduceOnly" "whether it may only reduce the position; ours";
    203 good_till_cancel: YesNo = "GoodTillCancel" "whether it outlives the day; ours";
    204 expire_at: u64 = "ExpireAt" "nanoseconds since the Unix epoch at which it expires; ours";
}

impl Appendages {
    pub(super) fn read(cursor: &mut Cursor<'_>, tags: &Tags) -> Result<Self, Fault> {
        let mut appendages = Self::NONE;
        if cursor.left() == 0 && !tags.required {
            return Ok(appendages);
        }
        let needed = usize::from(cursor.field::<u16>(LENGTH)?);
        let (offset, found) = (cursor.offset(), cursor.left());
        if found < needed {
            return Err(Fault::Short { field: "appendage", offset, needed, found });
        }
        if found > needed {
            return Err(Fault::Extra { offset: offset + needed, found: found - needed });
        }
        while cursor.left() > 0 {
            appendages.read_one(cursor, tags)?;
        }
        Ok(appendages)
    }

    pub(super) fn write(&self, tags: &Tags, out: &mut Vec<u8>) {
        if *self == Self::NONE && !tags.required {
            return;
        }
        let start = out.len();
        0u16.put(out);
        self.write_all(tags, out);
        let length = (out.len() - start - u16::BYTES) as u16;
        out[start..start + u16::BYTES].copy_from_slice(&length.to_be_bytes());
    }
}

/// One optional field, as far as length and tag.
struct One {
    length: u8,
    length_offset: usize,
    offset: usize,
}

impl One {
    fn read<F: Field>(
        self,
        cursor: &mut Cursor<'_>,
        field: &'static str,
        slot: &mut Option<F>,
    ) -> Result<(), Fault> {
        if slot.is_some() {
            return Err(Fault::Twice { field, offset: self.offset });
        }
        let (found, allowed) = (self.length, F::BYTES as u8 + 1);
        if found != allowed {
            return Err(Fault::TagLength { field, offset: self.length_offset, found, allowed });
        }
        *slot = Some(cursor.field(field)?);
        Ok(())
    }
}
