//! Storage in memory that forgets like a disk: every file has a *live* image, which readers see,
//! and a *durable* one, which is what a power cut leaves. A sync carries one to the other; a
//! [`Fault`] plan makes syncs and writes fail. Names have the two images too.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::storage::{Contents, Storage, StorageFile};

/// Disks write whole sectors of this many bytes: each is old or new after a power cut, never mixed.
pub const SECTOR_BYTES: usize = 512;

/// What goes wrong, by the count of operations of a kind since the plan was set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Fault {
    /// So many more syncs succeed, then each fails, and the pages it failed on are lost at a power
    /// cut although readers still see them; none: all succeed.
    pub syncs_until_failure: Option<u64>,
    /// So many more bytes may be created, then the disk is full; none: there is room.
    pub bytes_until_full: Option<u64>,
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
    fault: Fault,
    syncs: u64,
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

    /// The directory after a power cut: what was synced is there, and of each sector that was not,
    /// `keeps` decides whether it made it; it is asked once a written sector, in the order of
    /// writing, and so about names that were not synced. A torn write is one of whose sectors some
    /// made it, a reordered one, whose sectors made it before those of an earlier one.
    pub fn power_cut(&self, mut keeps: impl FnMut() -> bool) -> Self {
        let disk = locked(&self.disk);
        let mut names = disk.durable_names.clone();
        for (name, &file) in &disk.live_names {
            if disk.durable_names.get(name) != Some(&file) && keeps() {
                names.retain(|_, other| *other != file);
                names.insert(name.clone(), file);
            }
        }
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
        let next_file = disk.next_file;
        let (live_names, durable_names) = (names.clone(), names);
        let disk =
            Disk { files, next_file, live_names, durable_names, fault: Fault::default(), syncs: 0 };
        Self { disk: Arc::new(Mutex::new(disk)) }
    }

    /// The directory after the process was killed: everything written is there.
    pub fn kill(&self) -> Self {
        let disk = locked(&self.disk);
        let disk = Disk {
            files: disk.files.clone(),
            next_file: disk.next_file,
            live_names: disk.live_names.clone(),
            durable_names: disk.durable_names.clone(),
            fault: Fault::default(),
            syncs: 0,
        };
        Self { disk: Arc::new(Mutex::new(disk)) }
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

impl Disk {
    fn image(&self, name: &str) -> io::Result<&Image> {
        let file = self.live_names.get(name).ok_or_else(|| not_found(name))?;
        Ok(&self.files[file])
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
}

impl Storage for MemoryStorage {
    type File = MemoryFile;

    fn names(&self) -> io::Result<Vec<String>> {
        Ok(locked(&self.disk).live_names.keys().cloned().collect())
    }

    fn create(&self, name: &str, bytes: u64) -> io::Result<MemoryFile> {
        let mut disk = locked(&self.disk);
        if disk.live_names.contains_key(name) {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{name} is there")));
        }
        disk.take_room(bytes)?;
        let file = disk.next_file;
        disk.next_file += 1;
        let zeros = vec![0; bytes as usize];
        let image = Image { live: zeros.clone(), durable: zeros, pending: Vec::new() };
        disk.files.insert(file, image);
        disk.live_names.insert(name.to_owned(), file);
        Ok(MemoryFile { disk: Arc::clone(&self.disk), file })
    }

    fn open(&self, name: &str) -> io::Result<MemoryFile> {
        let file = *locked(&self.disk).live_names.get(name).ok_or_else(|| not_found(name))?;
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
        let file = disk.live_names.remove(from).ok_or_else(|| not_found(from))?;
        disk.live_names.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let removed = locked(&self.disk).live_names.remove(name);
        removed.map(drop).ok_or_else(|| not_found(name))
    }

    fn sync_names(&self) -> io::Result<()> {
        let mut disk = locked(&self.disk);
        if disk.may_sync()? {
            disk.durable_names = disk.live_names.clone();
        }
        Ok(())
    }
}

impl StorageFile for MemoryFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut disk = locked(&self.disk);
        let image = disk.files.get_mut(&self.file).expect("Invariant: an open file stays");
        let (from, to) = (offset as usize, offset as usize + bytes.len());
        if to > image.live.len() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "beyond the file's end"));
        }
        image.live[from..to].copy_from_slice(bytes);
        let first = from / SECTOR_BYTES * SECTOR_BYTES;
        for at in (first..to).step_by(SECTOR_BYTES) {
            let end = (at + SECTOR_BYTES).min(image.live.len());
            image.pending.push((at, image.live[at..end].to_vec()));
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut disk = locked(&self.disk);
        let may_sync = disk.may_sync();
        let image = disk.files.get_mut(&self.file).expect("Invariant: an open file stays");
        match may_sync {
            Ok(true) => {
                image.durable.clone_from(&image.live);
                image.pending.clear();
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
