//! The instruments as this door knows them: asked for when something about them has changed, kept
//! until it changes again.

use std::sync::Arc;

use ringside_protocol::wire::json::RequestError;
use ringside_protocol::wire::json::info::InstrumentShown;
use ringside_protocol::{InstrumentId, Name};

use super::desk::{Desk, locked, read};
use crate::questions::{Instruments, Question};

/// The instruments, and as of which change of them.
#[derive(Clone)]
pub(super) struct Known {
    version: u64,
    instruments: Arc<Instruments>,
}

impl Desk {
    /// The instruments as they are now.
    pub(super) async fn instruments(&self) -> Result<Arc<Instruments>, RequestError> {
        // Read before they are asked for: what changes meanwhile is asked for again.
        let version = read(&self.opening.counts.directory);
        let known = locked(&self.known).clone();
        if let Some(known) = known.filter(|known| known.version == version) {
            return Ok(known.instruments);
        }
        let instruments = Arc::new(self.ask(Question::Instruments).await?);
        let known = Known { version, instruments: Arc::clone(&instruments) };
        *locked(&self.known) = Some(known);
        Ok(instruments)
    }
}

/// The instrument of a symbol.
pub(super) fn find(
    instruments: &Instruments,
    symbol: Name,
) -> Result<(InstrumentId, &InstrumentShown), RequestError> {
    let mut known = instruments.iter().enumerate();
    let found = known.find_map(|(at, shown)| {
        let shown = shown.as_ref().filter(|shown| shown.listing.symbol == symbol)?;
        Some((InstrumentId(at as u32), shown))
    });
    found.ok_or_else(|| RequestError::unknown_symbol("symbol"))
}
