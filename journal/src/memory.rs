//! Storage in memory that forgets like a disk: every file has a *live* image, which readers see,
//! and a *durable* one, which is what a power cut leaves. A sync carries one to the other; a
//! [`Fault`] plan makes operations fail. Names have the two images too.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::storage::{Contents, Storage, StorageFile};

/// Disks write whole sectors of this many bytes: each is old or new after a power cut, never mixed.
pub const SECTOR_BYTES: usize = 512;

/// What goes wrong, by the count of operations of a kind since the plan was set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Fault {
    /// So many more syncs succeed, then each fails, and the sectors it failed on are lost at a
    /// power cut although readers still see them and later syncs succeed; none: all succeed.
    pub syncs_until_failure: Option<u64>,
    /// So many more writes succeed, then each fails with a part written; none: all succeed.
    pub writes_until_failure: Option<u64>,
    /// So many more bytes may be created, then the disk is full; none: there is room.
    pub bytes_until_full: Option<u64>,
    /// So many more operations that change something succeed, then whoever does them is no more:
    /// that one is done in part, and every other one, reading too, fails. None: nobody dies.
    pub operations_until_crash: Option<u64>,
    /// How many bytes of a write or of a new file are there when it is done in part; of a write,
    /// whole sectors.
    pub bytes_of_part: usize,
    /// Syncs say that they succeeded and do nothing.
    pub syncs_lie: bool,
}

#[derive(Clone, Debug, Default)]
struct Image {
    live: Vec<u8>,
    durable: Vec<u8>,
    /// Sectors written since the last sync, in order, each as it was written.
    pending: Vec<(usize, Vec<u8>)>,
}

#[derive(Debug, Default)]
struct Disk {
    /// Files by a number that outlasts renaming.
    files: BTreeMap<u64, Image>,
    next_file: u64,
    live_names: BTreeMap<String, u64>,
    durable_names: BTreeMap<String, u64>,
    /// Files that somebody holds, once for each who does.
    held: Vec<u64>,
    fault: Fault,
    is_crashed: bool,
    syncs: u64,
    operations: u64,
}

/// A directory in memory; clones are the same directory.
#[derive(Clone, Debug, Default)]
pub struct MemoryStorage {
    disk: Arc<Mutex<Disk>>,
}

/// A file of it, open for writing.
#[derive(Debug)]
pub struct MemoryFile {
    disk: Arc<Mutex<Disk>>,
    file: u64,
}

/// Keeps a file of it.
#[derive(Debug)]
pub struct MemoryHold {
    disk: Arc<Mutex<Disk>>,
    file: u64,
}

impl Drop for MemoryHold {
    fn drop(&mut self) {
        let mut disk = locked(&self.disk);
        if let Some(at) = disk.held.iter().position(|&held| held == self.file) {
            disk.held.swap_remove(at);
        }
    }
}

fn locked(disk: &Mutex<Disk>) -> MutexGuard<'_, Disk> {
    disk.lock().expect("Invariant: nobody panics in here")
}

fn not_found(name: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, format!("{name} is not there"))
}

impl MemoryStorage {
    /// An empty directory.
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on this goes wrong.
    pub fn set_fault(&self, fault: Fault) {
        locked(&self.disk).fault = fault;
    }

    /// How many syncs succeeded, or said so.
    pub fn syncs(&self) -> u64 {
        locked(&self.disk).syncs
    }

    /// How many operations were asked for that change something.
    pub fn operations(&self) -> u64 {
        locked(&self.disk).operations
    }

    /// The directory after a power cut: what was synced is there, and of each sector that was not,
    /// `keeps` decides whether it made it; it is asked once a written sector, in the order of
    /// writing, and so about names that were not synced. A torn write is one of whose sectors some
    /// made it, a reordered one, whose sectors made it before those of an earlier one.
    pub fn power_cut(&self, mut keeps: impl FnMut() -> bool) -> Self {
        let disk = locked(&self.disk);
        let names = disk.names_after_power_cut(&mut keeps);
        let mut files = BTreeMap::new();
        for &file in names.values() {
            let mut image = disk.files[&file].clone();
            for (at, sector) in image.pending.drain(..) {
                if keeps() {
                    image.durable[at..at + sector.len()].copy_from_slice(&sector);
                }
            }
            image.live.clone_from(&image.durable);
            files.insert(file, image);
        }
        Disk {
            files,
            next_file: disk.next_file,
            live_names: names.clone(),
            durable_names: names,
            ..Disk::default()
        }
        .into()
    }

    /// The directory after the process was killed: everything written is there.
    pub fn kill(&self) -> Self {
        let disk = locked(&self.disk);
        Disk {
            files: disk.files.clone(),
            next_file: disk.next_file,
            live_names: disk.live_names.clone(),
            durable_names: disk.durable_names.clone(),
            ..Disk::default()
        }
        .into()
    }

    /// Changes bytes of a file behind everybody's back, as rot does.
    pub fn spoil(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut disk = locked(&self.disk);
        let file = disk.live_names[name];
        let image = disk.files.get_mut(&file).expect("Invariant: a name has a file");
        change(&mut image.live);
        image.durable.clone_from(&image.live);
        image.pending.clear();
    }
}

impl From<Disk> for MemoryStorage {
    fn from(disk: Disk) -> Self {
        Self { disk: Arc::new(Mutex::new(disk)) }
    }
}

/// How an operation goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Going {
    Well,
    /// In part; then it fails.
    InPart,
}

fn gone() -> io::Error {
    io::Error::other("whoever did this is no more")
}

impl Disk {
    fn image(&self, name: &str) -> io::Result<&Image> {
        self.check_alive()?;
        let file = self.live_names.get(name).ok_or_else(|| not_found(name))?;
        Ok(&self.files[file])
    }

    fn check_alive(&self) -> io::Result<()> {
        if self.is_crashed { Err(gone()) } else { Ok(()) }
    }

    /// Counts an operation that changes something; it may be the last.
    fn change(&mut self) -> io::Result<Going> {
        self.check_alive()?;
        self.operations += 1;
        match &mut self.fault.operations_until_crash {
            Some(0) => {
                self.is_crashed = true;
                return Ok(Going::InPart);
            }
            Some(left) => *left -= 1,
            None => {}
        }
        Ok(Going::Well)
    }

    /// Of an operation that is done whole or not at all.
    fn change_whole(&mut self) -> io::Result<()> {
        match self.change()? {
            Going::Well => Ok(()),
            Going::InPart => Err(gone()),
        }
    }

    fn take_room(&mut self, bytes: u64) -> io::Result<()> {
        let Some(left) = &mut self.fault.bytes_until_full else { return Ok(()) };
        if *left < bytes {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "the disk is full"));
        }
        *left -= bytes;
        Ok(())
    }

    /// Whether this sync does something; an error where it fails.
    fn may_sync(&mut self) -> io::Result<bool> {
        match &mut self.fault.syncs_until_failure {
            Some(0) => return Err(io::Error::other("the disk failed")),
            Some(left) => *left -= 1,
            None => {}
        }
        self.syncs += 1;
        Ok(!self.fault.syncs_lie)
    }

    /// How many of `bytes` are written, and whether that is all.
    fn may_write(&mut self, offset: usize, bytes: usize) -> io::Result<(usize, io::Result<()>)> {
        let whole_sectors = (offset + self.fault.bytes_of_part) / SECTOR_BYTES * SECTOR_BYTES;
        let part = whole_sectors.saturating_sub(offset).min(bytes);
        if self.change()? == Going::InPart {
            return Ok((part, Err(gone())));
        }
        match &mut self.fault.writes_until_failure {
            Some(0) => return Ok((part, Err(io::Error::other("the disk failed")))),
            Some(left) => *left -= 1,
            None => {}
        }
        Ok((bytes, Ok(())))
    }

    /// Each name that was not synced is the new one or the old one; a file whose new name made it
    /// has lost the old.
    fn names_after_power_cut(&self, keeps: &mut impl FnMut() -> bool) -> BTreeMap<String, u64> {
        let mut names = self.durable_names.clone();
        for (name, &file) in &self.live_names {
            if self.durable_names.get(name) != Some(&file) && keeps() {
                names.retain(|_, other| *other != file);
                names.insert(name.clone(), file);
            }
        }
        let alive: BTreeSet<u64> = self.live_names.values().copied().collect();
        names.retain(|_, file| alive.contains(file) || !keeps());
        names
    }
}

impl Storage for MemoryStorage {
    type File = MemoryFile;
    type Hold = MemoryHold;

    fn names(&self) -> io::Result<Vec<String>> {
        let disk = locked(&self.disk);
        disk.check_alive()?;
        Ok(disk.live_names.keys().cloned().collect())
    }

    fn create(&self, name: &str, bytes: u64) -> io::Result<MemoryFile> {
        let mut disk = locked(&self.disk);
        if disk.live_names.contains_key(name) {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{name} is there")));
        }
        disk.take_room(bytes)?;
        let going = disk.change()?;
        let file = disk.next_file;
        disk.next_file += 1;
        let length = match going {
            Going::Well => bytes as usize,
            Going::InPart => disk.fault.bytes_of_part.min(bytes as usize),
        };
        let zeros = vec![0; length];
        let image = Image { live: zeros.clone(), durable: zeros, pending: Vec::new() };
        disk.files.insert(file, image);
        disk.live_names.insert(name.to_owned(), file);
        disk.check_alive()?;
        Ok(MemoryFile { disk: Arc::clone(&self.disk), file })
    }

    fn open(&self, name: &str) -> io::Result<MemoryFile> {
        let disk = locked(&self.disk);
        disk.check_alive()?;
        let file = *disk.live_names.get(name).ok_or_else(|| not_found(name))?;
        Ok(MemoryFile { disk: Arc::clone(&self.disk), file })
    }

    fn view(&self, name: &str) -> io::Result<Contents> {
        Ok(Contents::new(locked(&self.disk).image(name)?.live.clone()))
    }

    fn copy(&self, name: &str, offset: u64, bytes: usize) -> io::Result<Vec<u8>> {
        let disk = locked(&self.disk);
        let live = &disk.image(name)?.live;
        let from = live.len().min(offset as usize);
        let to = live.len().min(from + bytes);
        Ok(live[from..to].to_vec())
    }

    fn length(&self, name: &str) -> io::Result<u64> {
        Ok(locked(&self.disk).image(name)?.live.len() as u64)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut disk = locked(&self.disk);
        disk.change_whole()?;
        let file = disk.live_names.remove(from).ok_or_else(|| not_found(from))?;
        disk.live_names.insert(to.to_owned(), file);
        Ok(())
    }

    fn hold(&self, name: &str) -> io::Result<MemoryHold> {
        let mut disk = locked(&self.disk);
        disk.check_alive()?;
        let file = *disk.live_names.get(name).ok_or_else(|| not_found(name))?;
        disk.held.push(file);
        Ok(MemoryHold { disk: Arc::clone(&self.disk), file })
    }

    fn remove_unheld(&self, name: &str) -> io::Result<bool> {
        let is_held = {
            let disk = locked(&self.disk);
            disk.live_names.get(name).is_some_and(|file| disk.held.contains(file))
        };
        if is_held { Ok(false) } else { self.remove(name).map(|()| true) }
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut disk = locked(&self.disk);
        disk.change_whole()?;
        let removed = disk.live_names.remove(name);
        removed.map(drop).ok_or_else(|| not_found(name))
    }

    fn sync_names(&self) -> io::Result<()> {
        let mut disk = locked(&self.disk);
        disk.change_whole()?;
        if disk.may_sync()? {
            disk.durable_names = disk.live_names.clone();
        }
        Ok(())
    }
}

impl StorageFile for MemoryFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut disk = locked(&self.disk);
        let offset = offset as usize;
        let (length, outcome) = disk.may_write(offset, bytes.len())?;
        let image = disk.files.get_mut(&self.file).expect("Invariant: an open file stays");
        if offset + bytes.len() > image.live.len() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "beyond the file's end"));
        }
        image.write(offset, &bytes[..length]);
        outcome
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut disk = locked(&self.disk);
        disk.change_whole()?;
        let may_sync = disk.may_sync();
        let image = disk.files.get_mut(&self.file).expect("Invariant: an open file stays");
        match may_sync {
            Ok(true) => {
                image.settle();
                Ok(())
            }
            Ok(false) => Ok(()),
            Err(error) => {
                // The system forgets what it could not write: another sync would say all is well.
                image.pending.clear();
                Err(error)
            }
        }
    }
}

impl Image {
    fn write(&mut self, from: usize, bytes: &[u8]) {
        let to = from + bytes.len();
        self.live[from..to].copy_from_slice(bytes);
        for at in (from / SECTOR_BYTES * SECTOR_BYTES..to).step_by(SECTOR_BYTES) {
            let end = (at + SECTOR_BYTES).min(self.live.len());
            self.pending.push((at, self.live[at..end].to_vec()));
        }
    }

    /// What waits is on disk; what a failed sync forgot is not, and never will be.
    fn settle(&mut self) {
        for (at, sector) in self.pending.drain(..) {
            self.durable[at..at + sector.len()].copy_from_slice(&sector);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn byte_of(storage: &MemoryStorage, at: usize) -> u8 {
        storage.view("a").expect("it is there")[at]
    }

    /// A file of two sectors, whose name is on disk.
    fn one_file() -> (MemoryStorage, MemoryFile) {
        let storage = MemoryStorage::new();
        let file = storage.create("a", 2 * SECTOR_BYTES as u64).expect("there is room");
        storage.sync_names().expect("a sync");
        (storage, file)
    }

    #[test]
    fn a_power_cut_keeps_what_was_synced_and_any_sectors_of_the_rest() {
        let (storage, mut file) = one_file();
        file.write_at(0, &[1; 2 * SECTOR_BYTES]).expect("a write");
        for (kept, wanted) in [(0b00, [0, 0]), (0b01, [1, 0]), (0b10, [0, 1]), (0b11, [1, 1])] {
            let mut asked = 0;
            let after = storage.power_cut(|| {
                asked += 1;
                kept >> (asked - 1) & 1 == 1
            });
            assert_eq!([byte_of(&after, 0), byte_of(&after, SECTOR_BYTES)], wanted);
            assert_eq!(byte_of(&storage.kill(), 0), 1, "a kill loses nothing");
        }
        file.sync().expect("a sync");
        assert_eq!(byte_of(&storage.power_cut(|| false), SECTOR_BYTES), 1);
    }

    #[test]
    fn what_a_failed_sync_forgot_is_never_on_disk_whatever_later_syncs_say() {
        let (storage, mut file) = one_file();
        file.write_at(0, &[1]).expect("a write");
        storage.set_fault(Fault { syncs_until_failure: Some(0), ..Fault::default() });
        file.sync().expect_err("the disk fails");
        storage.set_fault(Fault::default());
        file.sync().expect("the system has forgotten");
        assert_eq!((byte_of(&storage, 0), byte_of(&storage.power_cut(|| true), 0)), (1, 0));
    }

    #[test]
    fn names_come_and_go_as_they_were_synced() {
        let (storage, _file) = one_file();
        storage.create("b", 1).expect("there is room");
        storage.rename("a", "c").expect("it is there");
        let after = |kept| storage.power_cut(|| kept).names().expect("names");
        assert_eq!((after(false), after(true)), (vec!["a".into()], vec!["b".into(), "c".into()]));
        storage.remove("c").expect("it is there");
        assert_eq!((after(false), after(true)), (vec!["a".into()], vec!["b".into()]));
    }

    #[test]
    fn whoever_dies_does_nothing_any_more() {
        let (storage, mut file) = one_file();
        let bytes_of_part = SECTOR_BYTES + 1;
        let fault = Fault { operations_until_crash: Some(1), bytes_of_part, ..Fault::default() };
        storage.set_fault(fault);
        file.write_at(0, &[1; 2 * SECTOR_BYTES]).expect("the last one that is whole");
        file.write_at(0, &[2; 2 * SECTOR_BYTES]).expect_err("it dies");
        file.sync().expect_err("it is dead");
        storage.names().expect_err("it is dead");
        let after = storage.kill();
        assert_eq!((byte_of(&after, 0), byte_of(&after, SECTOR_BYTES)), (2, 1));
    }
}
