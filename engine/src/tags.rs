//! Tags of orders as small numbers, so that an order carries four bytes and not thirty-six. Every
//! account has its own, so none can use up another's.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use ringside_protocol::{AccountId, Name};

/// Different tags of an account; beyond it an order with a new tag is refused `LIMIT`.
pub const TAGS_MAX: usize = 4_096;

/// Every tag ever used; number 0 is no tag.
#[derive(Default, Debug)]
pub(crate) struct Tags {
    /// By account, in order of first use.
    names: Vec<Vec<Name>>,
    numbers: HashMap<(AccountId, Name), u32, FixedState>,
}

impl Tags {
    /// The number of an account's tag; `None` for one never used.
    pub(crate) fn find(&self, account: AccountId, tag: Name) -> Option<u32> {
        if tag.is_absent() { Some(0) } else { self.numbers.get(&(account, tag)).copied() }
    }

    /// True when a new tag would be one too many.
    #[inline(always)]
    pub(crate) fn refuses(&self, account: AccountId, tag: Name) -> bool {
        !tag.is_absent()
            && self.names(account).len() >= TAGS_MAX
            && self.find(account, tag).is_none()
    }

    /// The number of an account's tag, given on first use.
    #[inline(always)]
    pub(crate) fn number(&mut self, account: AccountId, tag: Name) -> u32 {
        if tag.is_absent() { 0 } else { self.number_of_name(account, tag) }
    }

    #[cold]
    fn number_of_name(&mut self, account: AccountId, tag: Name) -> u32 {
        if let Some(number) = self.find(account, tag) {
            return number;
        }
        if self.names.len() <= account.index() {
            self.names.resize_with(account.index() + 1, Vec::new);
        }
        let names = &mut self.names[account.index()];
        names.push(tag);
        let number = names.len() as u32;
        self.numbers.insert((account, tag), number);
        number
    }

    /// The tags of an account, in order of first use.
    pub(crate) fn names(&self, account: AccountId) -> &[Name] {
        self.names.get(account.index()).map_or(&[], Vec::as_slice)
    }
}
