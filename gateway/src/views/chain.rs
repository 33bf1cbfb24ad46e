//! Rows at fixed places, strung on chains: adding, finding by place and taking off a chain are
//! O(1), and nothing ever moves. Rows lie in pages, so more of them never copies those there are.

/// Rows of one page.
const PAGE_ROWS: usize = 1 << PAGE_BITS;
const PAGE_BITS: u32 = 12;
/// No row.
const NOWHERE: u32 = u32::MAX;

/// Where a row lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place(u32);

/// Which of its two chains a row is strung on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Strand {
    /// That of its account.
    Account = 0,
    /// That of the venue.
    Venue = 1,
}

/// A chain's ends and length.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chain {
    oldest: u32,
    youngest: u32,
    length: usize,
}

impl Default for Chain {
    fn default() -> Self {
        Self { oldest: NOWHERE, youngest: NOWHERE, length: 0 }
    }
}

impl Chain {
    /// How many rows are on it.
    pub(super) const fn length(&self) -> usize {
        self.length
    }

    /// The row that has been on it longest.
    pub(super) const fn oldest(&self) -> Option<Place> {
        if self.oldest == NOWHERE { None } else { Some(Place(self.oldest)) }
    }
}

#[derive(Clone, Copy, Debug)]
struct Links {
    older: u32,
    younger: u32,
}

const LOOSE: Links = Links { older: NOWHERE, younger: NOWHERE };

#[derive(Clone, Copy, Debug)]
struct Strung<T> {
    value: T,
    links: [Links; 2],
}

/// The rows.
#[derive(Debug)]
pub(super) struct Rows<T> {
    pages: Vec<Vec<Strung<T>>>,
    /// The first of the places that are free again; each names the next.
    free: u32,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { pages: Vec::new(), free: NOWHERE }
    }
}

impl<T: Copy> Rows<T> {
    /// A row on no chain.
    pub(super) fn insert(&mut self, value: T) -> Place {
        let row = Strung { value, links: [LOOSE; 2] };
        if self.free != NOWHERE {
            let place = Place(self.free);
            self.free = self.links(place, Strand::Account).younger;
            *self.row_mut(place) = row;
            return place;
        }
        self.append(row)
    }

    fn append(&mut self, row: Strung<T>) -> Place {
        if self.pages.last().is_none_or(|page| page.len() == PAGE_ROWS) {
            self.pages.push(Vec::with_capacity(PAGE_ROWS));
        }
        let at = self.pages.len() - 1;
        let place = (at << PAGE_BITS) + self.pages[at].len();
        assert!(place < NOWHERE as usize, "Invariant: what lives and what is kept is bounded");
        self.pages[at].push(row);
        Place(place as u32)
    }

    /// Frees the place of a row that is on no chain.
    pub(super) fn remove(&mut self, place: Place) {
        let free = self.free;
        self.row_mut(place).links[Strand::Account as usize].younger = free;
        self.free = place.0;
    }

    /// Strings a row as the youngest of a chain.
    pub(super) fn string(&mut self, chain: &mut Chain, strand: Strand, place: Place) {
        let older = chain.youngest;
        *self.links_mut(place, strand) = Links { older, younger: NOWHERE };
        match older {
            NOWHERE => chain.oldest = place.0,
            older => self.links_mut(Place(older), strand).younger = place.0,
        }
        chain.youngest = place.0;
        chain.length += 1;
    }

    /// Takes a row off a chain.
    pub(super) fn unstring(&mut self, chain: &mut Chain, strand: Strand, place: Place) {
        let Links { older, younger } = self.links(place, strand);
        match older {
            NOWHERE => chain.oldest = younger,
            older => self.links_mut(Place(older), strand).younger = younger,
        }
        match younger {
            NOWHERE => chain.youngest = older,
            younger => self.links_mut(Place(younger), strand).older = older,
        }
        chain.length -= 1;
    }

    /// The rows of a chain, oldest first.
    pub(super) fn along(&self, chain: &Chain, strand: Strand) -> impl Iterator<Item = &T> {
        let mut next = chain.oldest;
        core::iter::from_fn(move || {
            let row = if next == NOWHERE { None } else { Some(self.row(Place(next))) }?;
            next = row.links[strand as usize].younger;
            Some(&row.value)
        })
    }

    /// A row.
    pub(super) fn at(&self, place: Place) -> &T {
        &self.row(place).value
    }

    /// A row.
    pub(super) fn at_mut(&mut self, place: Place) -> &mut T {
        &mut self.row_mut(place).value
    }

    fn links(&self, place: Place, strand: Strand) -> Links {
        self.row(place).links[strand as usize]
    }

    fn links_mut(&mut self, place: Place, strand: Strand) -> &mut Links {
        &mut self.row_mut(place).links[strand as usize]
    }

    fn row(&self, Place(place): Place) -> &Strung<T> {
        &self.pages[(place >> PAGE_BITS) as usize][place as usize % PAGE_ROWS]
    }

    fn row_mut(&mut self, Place(place): Place) -> &mut Strung<T> {
        &mut self.pages[(place >> PAGE_BITS) as usize][place as usize % PAGE_ROWS]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_leave_a_chain_from_anywhere_and_their_places_are_used_again() {
        for (gone, left) in [(0, [1, 2]), (1, [0, 2]), (2, [0, 1])] {
            let (mut rows, mut chain) = (Rows::default(), Chain::default());
            let places = [0, 1, 2].map(|value| rows.insert(value));
            places.iter().for_each(|&place| rows.string(&mut chain, Strand::Venue, place));
            rows.unstring(&mut chain, Strand::Venue, places[gone]);
            rows.remove(places[gone]);
            assert!(rows.along(&chain, Strand::Venue).eq(&left));
            assert_eq!(chain.length(), 2);
            assert_eq!(rows.insert(7), places[gone]);
            assert_eq!(rows.insert(8), Place(3));
        }
    }

    #[test]
    fn more_than_a_page_moves_nothing() {
        let (mut rows, mut chain) = (Rows::default(), Chain::default());
        for value in 0..3 * PAGE_ROWS {
            let place = rows.insert(value);
            rows.string(&mut chain, Strand::Account, place);
        }
        assert!(rows.along(&chain, Strand::Account).copied().eq(0..3 * PAGE_ROWS));
        assert_eq!(chain.oldest().map(|place| *rows.at(place)), Some(0));
    }
}
