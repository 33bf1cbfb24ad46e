//! A set of small numbers with a summary level: the next member is found in a few instructions.

const WORD: usize = 64;

/// Numbers below a length that is a multiple of 64.
#[derive(Default, Debug)]
pub(super) struct Bitmap {
    words: Vec<u64>,
    /// Bit i: word i is not zero.
    summary: Vec<u64>,
}

impl Bitmap {
    /// Makes room for numbers below `len`.
    pub(super) fn grow(&mut self, len: usize) {
        self.words.resize(len.div_ceil(WORD), 0);
        self.summary.resize(self.words.len().div_ceil(WORD), 0);
    }

    #[inline(always)]
    pub(super) fn insert(&mut self, at: usize) {
        self.words[at / WORD] |= 1 << (at % WORD);
        self.summary[at / WORD / WORD] |= 1 << (at / WORD % WORD);
    }

    #[inline(always)]
    pub(super) fn remove(&mut self, at: usize) {
        let word = &mut self.words[at / WORD];
        *word &= !(1 << (at % WORD));
        if *word == 0 {
            self.summary[at / WORD / WORD] &= !(1 << (at / WORD % WORD));
        }
    }

    #[inline(always)]
    pub(super) fn contains(&self, at: usize) -> bool {
        self.words[at / WORD] & (1 << (at % WORD)) != 0
    }

    /// The smallest member that is at least `from`.
    #[inline(always)]
    pub(super) fn next(&self, from: usize) -> Option<usize> {
        let word = from / WORD;
        let here = self.words.get(word)? & (u64::MAX << (from % WORD));
        if here != 0 {
            return Some(word * WORD + here.trailing_zeros() as usize);
        }
        self.first_in(self.next_word(word + 1)?)
    }

    /// The largest member.
    pub(super) fn last(&self) -> Option<usize> {
        let at = self.summary.iter().rposition(|&word| word != 0)?;
        let word = at * WORD + top_bit(self.summary[at]);
        Some(word * WORD + top_bit(self.words[word]))
    }

    fn next_word(&self, from: usize) -> Option<usize> {
        let at = from / WORD;
        let here = self.summary.get(at)? & (u64::MAX << (from % WORD));
        if here != 0 {
            return Some(at * WORD + here.trailing_zeros() as usize);
        }
        let (ahead, bits) =
            self.summary[at + 1..].iter().enumerate().find(|(_, word)| **word != 0)?;
        Some((at + 1 + ahead) * WORD + bits.trailing_zeros() as usize)
    }

    fn first_in(&self, word: usize) -> Option<usize> {
        Some(word * WORD + self.words[word].trailing_zeros() as usize)
    }
}

fn top_bit(word: u64) -> usize {
    WORD - 1 - word.leading_zeros() as usize
}

#[cfg(test)]
mod tests {
    use super::Bitmap;

    #[test]
    fn members_are_found_in_order_over_word_and_summary_borders() {
        let members = [0, 1, 63, 64, 127, 4095, 4096, 65_535];
        let mut bitmap = Bitmap::default();
        bitmap.grow(65_536);
        members.iter().for_each(|&at| bitmap.insert(at));
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(at) = bitmap.next(from) {
            found.push(at);
            from = at + 1;
        }
        assert_eq!(found, members);
        assert_eq!(bitmap.last(), Some(65_535));
        members.iter().for_each(|&at| bitmap.remove(at));
        assert_eq!((bitmap.next(0), bitmap.last()), (None, None));
        assert!(bitmap.summary.iter().all(|&word| word == 0));
    }
}
