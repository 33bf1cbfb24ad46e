//! What is in `events/`, held against the events that executing the commands gives. A venue that is
//! running is a little ahead of its record: what is missing at the end is a note.

use ringside_journal::Chain;
use ringside_protocol::Sequence;

use super::findings::Findings;
use crate::figures::counted;
use crate::venue::events::{self, EventStore, EventsError, Verified};
use crate::venue::layout::Layout;
use crate::venue::reading;

const PLACE: &str = "events";
const FIX: &str = "nothing is lost: the commands have everything";

/// Checks the record of events, where there is one.
pub(super) fn check(layout: &Layout, chain: &Chain, findings: &mut Findings) {
    if reading::files(&layout.events()).unwrap_or_default().is_empty() {
        return;
    }
    match verified(layout, chain) {
        Ok(verified) => note(&verified, findings),
        Err(error) => findings.trouble(PLACE.to_owned(), error.to_string(), FIX),
    }
}

fn verified(layout: &Layout, chain: &Chain) -> Result<Verified, EventsError> {
    let store = EventStore::open(layout.events(), reading::access(layout))?;
    // The commands were read before; what has been said since belongs to later ones.
    let store = store.cut_after(Sequence(chain.whole))?;
    let mut engine = match chain.oldest() {
        1 => reading::empty_engine(chain),
        _ => events::start(&store, &layout.snapshots(), chain)?.engine,
    };
    events::verify(&store, &mut engine, chain)
}

fn note(verified: &Verified, findings: &mut Findings) {
    findings.checked.events = verified.events;
    if verified.missing > 0 {
        let count = counted(verified.missing, "event");
        let what = format!("{count} not recorded yet; the venue, or its next start, adds them");
        findings.note(PLACE, what);
    }
    if verified.damaged_indexes > 0 {
        let count = counted(verified.damaged_indexes, "index file");
        let what = format!("{count} with a wrong checksum; made again when it is needed");
        findings.note(PLACE, what);
    }
}
