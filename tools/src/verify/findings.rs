//! What a check finds: troubles, with where and how to proceed, and notes on what is in order but
//! worth knowing.

/// Something that is not as it should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The file, and the offset where there is one.
    pub place: String,
    /// What is wrong, with the sequences it concerns.
    pub what: String,
    /// How to proceed.
    pub fix: String,
}

/// Something worth knowing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// The file.
    pub place: String,
    /// What there is.
    pub what: String,
}

/// How much was checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Checked {
    /// Records in batches that follow from one another.
    pub commands: u64,
    /// Those batches.
    pub batches: u64,
    /// Files of the journal.
    pub segments: u64,
    /// Files of images.
    pub snapshots: u64,
    /// Snapshots whose state came out again by executing.
    pub states: u64,
    /// Event hashes that came out again by executing.
    pub checkpoints: u64,
    /// Events of the record that came out again by executing.
    pub events: u64,
    /// Commands executed again.
    pub executed: u64,
}

/// All that a check came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Findings {
    /// Troubles, in the order they were found.
    pub troubles: Vec<Finding>,
    /// Notes, in the order they were made.
    pub notes: Vec<Note>,
    /// How much was checked.
    pub checked: Checked,
}

impl Findings {
    /// Adds a trouble.
    pub fn trouble(&mut self, place: String, what: String, fix: impl Into<String>) {
        self.troubles.push(Finding { place, what, fix: fix.into() });
    }

    /// Adds a note.
    pub fn note(&mut self, place: impl Into<String>, what: impl Into<String>) {
        self.notes.push(Note { place: place.into(), what: what.into() });
    }

    /// Whether there is a trouble at this place already.
    pub fn knows(&self, place: &str) -> bool {
        self.troubles.iter().any(|finding| finding.place == place)
    }
}
