//! What was written and what was told, against what is read.

use ringside_journal::Chain;

use super::records_of;

/// Every record ever written that may still be there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Truth {
    records: Vec<Vec<u8>>,
    /// The last sequence that the world has heard of.
    pub(crate) told: u64,
    /// The last sequence that the journal says is on disk.
    pub(crate) durable: u64,
    /// The last sequence that may have been taken away for being old.
    pub(crate) retired: u64,
}

impl Truth {
    /// The last sequence written.
    pub(crate) fn written(&self) -> u64 {
        self.records.len() as u64
    }

    /// One more was written, or may have been.
    pub(crate) fn add(&mut self, record: Vec<u8>) {
        self.records.push(record);
    }

    /// Everything that is there was recovered: it is on disk and told.
    pub(crate) fn recovered(&mut self) {
        self.told = self.written();
        self.durable = self.written();
    }

    /// The power went: only what was on disk must be there.
    pub(crate) fn power_went(&mut self) {
        self.told = self.told.min(self.durable);
    }

    /// Holds a chain against what was written: nothing told is missing, nothing is there that was
    /// not written, nothing is changed. What is not there now may never come back.
    pub(crate) fn check(&mut self, chain: &Chain) -> Result<(), String> {
        let oldest = chain.oldest();
        if oldest > self.retired + 1 {
            return Err(format!("sequences up to {} are gone; {} was told", oldest - 1, self.told));
        }
        let mut next = oldest;
        for batch in chain.batches(oldest).map_err(|error| error.to_string())? {
            let batch = batch.map_err(|error| error.to_string())?;
            for (sequence, bytes) in records_of(&batch)? {
                self.check_record(next, sequence, bytes)?;
                next += 1;
            }
        }
        let last = next - 1;
        if last < self.told {
            return Err(format!("{} was told and the last record there is {last}", self.told));
        }
        if chain.whole != last || chain.proven > chain.whole {
            return Err(format!("the chain says {} and {}", chain.whole, chain.proven));
        }
        self.records.truncate(last as usize);
        Ok(())
    }

    fn check_record(&self, next: u64, sequence: u64, bytes: &[u8]) -> Result<(), String> {
        if sequence != next {
            return Err(format!("record {sequence} stands where {next} belongs"));
        }
        match self.records.get(sequence as usize - 1) {
            None => Err(format!("record {sequence} was never written, or was lost before")),
            Some(written) if written != bytes => Err(format!("record {sequence} is changed")),
            Some(_) => Ok(()),
        }
    }
}
