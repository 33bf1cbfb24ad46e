//! Tags of orders as small numbers, so that an order carries four bytes and not thirty-six.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use ringside_protocol::Name;

/// Different tags the venue knows at most; beyond it an order with a new tag is refused `LIMIT`.
pub const TAGS_MAX: usize = 65_536;

/// Every tag ever used, in order of first use; number 0 is no tag.
#[derive(Default, Debug)]
pub(crate) struct Tags {
    names: Vec<Name>,
    numbers: HashMap<Name, u32, FixedState>,
}

impl Tags {
    /// The number of a tag; `None` for one never used.
    pub(crate) fn find(&self, tag: Name) -> Option<u32> {
        if tag.is_absent() { Some(0) } else { self.numbers.get(&tag).copied() }
    }

    /// True when a new tag would be one too many.
    #[inline(always)]
    pub(crate) fn refuses(&self, tag: Name) -> bool {
        !tag.is_absent() && self.names.len() >= TAGS_MAX && self.find(tag).is_none()
    }

    /// The number of a tag, given on first use.
    #[inline(always)]
    pub(crate) fn number(&mut self, tag: Name) -> u32 {
        if tag.is_absent() { 0 } else { self.number_of_name(tag) }
    }

    #[cold]
    fn number_of_name(&mut self, tag: Name) -> u32 {
        self.find(tag).unwrap_or_else(|| {
            self.names.push(tag);
            let number = self.names.len() as u32;
            self.numbers.insert(tag, number);
            number
        })
    }

    /// Every tag, in order of first use.
    pub(crate) fn names(&self) -> &[Name] {
        &self.names
    }
}
