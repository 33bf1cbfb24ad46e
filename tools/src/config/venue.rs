//! `[venue]`: where the venue keeps its files, how safe its answers are, and on which threads it
//! runs. Sizes of rings are not here: they are the program's own.

use std::path::Path;
use std::time::Duration;

use ringside_journal::Durability;
use ringside_ring::Wait;

use super::error::ConfigError;
use super::shown::Shown;
use super::table::Table;
use crate::venue::settings::Settings;
use crate::venue::topology::Topology;

/// Every key.
pub const KEYS: &[&str] = &[
    "directory",
    "durability",
    "topology",
    "wait",
    "pin",
    "segment_mib",
    "snapshot_every",
    "session_grace_s",
    "clock_step_max_s",
    "delete_old",
];

/// A segment is at most this large, MiB.
pub const SEGMENT_MIB_MAX: u64 = 65_536;
/// A session that was open when the venue went down has at most this long to come back, seconds.
pub const SESSION_GRACE_S_MAX: u64 = 86_400;
/// The clock may be allowed to step ahead by at most this, seconds: a century, which is any step.
pub const CLOCK_STEP_S_MAX: u64 = 3_153_600_000;

const DURABILITY: &[(&str, Durability)] =
    &[("memory", Durability::Memory), ("async", Durability::Async), ("sync", Durability::Sync)];
const TOPOLOGY: &[(&str, Topology)] =
    &[("fused", Topology::Fused), ("pipelined", Topology::Pipelined)];
const WAIT: &[(&str, Wait)] = &[("park", Wait::Park), ("yield", Wait::Yield), ("spin", Wait::Spin)];

/// Paths are relative to `base`.
pub(super) fn read(table: &Table<'_>, place: &str, base: &Path) -> Result<Settings, ConfigError> {
    let Some(directory) = table.value("directory") else {
        let fix = "write `directory = \"venue\"` under [venue]; it is made where there is none";
        return Err(ConfigError::new(place, "venue.directory", "the key is missing", fix));
    };
    let path = directory.text()?;
    if path.is_empty() {
        return Err(directory.error("the path is empty", "name the directory of the venue's files"));
    }
    let usual = Settings::new(&base.join(path));
    let mib = table.count("segment_mib", usual.segment_bytes >> 20, 1..=SEGMENT_MIB_MAX)?;
    let grace = usual.session_grace.as_secs();
    let grace = table.count("session_grace_s", grace, 0..=SESSION_GRACE_S_MAX)?;
    let step = usual.clock_step_max.as_secs();
    let step = table.count("clock_step_max_s", step, 1..=CLOCK_STEP_S_MAX)?;
    Ok(Settings {
        durability: table.word("durability", usual.durability, DURABILITY)?,
        topology: table.word("topology", usual.topology, TOPOLOGY)?,
        wait: table.word("wait", usual.wait, WAIT)?,
        pin: table.switch("pin", usual.pin)?,
        segment_bytes: mib << 20,
        snapshot_every: table.count("snapshot_every", usual.snapshot_every, 1..=u64::MAX)?,
        session_grace: Duration::from_secs(grace),
        clock_step_max: Duration::from_secs(step),
        delete_old: table.switch("delete_old", usual.delete_old)?,
        ..usual
    })
}

pub(super) fn show(settings: &Settings, shown: &mut Shown) {
    shown.table("venue");
    shown.text("directory", settings.directory.display());
    shown.text("durability", settings.durability.word());
    shown.text("topology", settings.topology.word());
    shown.text("wait", word(WAIT, settings.wait));
    shown.plain("pin", settings.pin);
    shown.plain("segment_mib", settings.segment_bytes >> 20);
    shown.plain("snapshot_every", settings.snapshot_every);
    shown.plain("session_grace_s", settings.session_grace.as_secs());
    shown.plain("clock_step_max_s", settings.clock_step_max.as_secs());
    shown.plain("delete_old", settings.delete_old);
}

fn word<T: PartialEq>(words: &[(&'static str, T)], meant: T) -> &'static str {
    let found = words.iter().find(|(_, value)| *value == meant);
    found.map(|(word, _)| *word).expect("Invariant: every case has a word")
}
