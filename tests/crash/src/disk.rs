//! A disk whose power can be cut: a file system of its own in an image file. The cut is a real one
//! as far as the file system goes: what was not synced, and the part of its log that was not, is
//! dropped, and the next mount recovers from what is left.
//!
//! It needs root. It touches nothing but a temporary directory of its own and a free loop device,
//! and gives both back when it is dropped. In a mount namespace of its own ([`enclosed`]) nothing
//! stays mounted even when the process is killed.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::ioctl::{Opcode, Setter, ioctl, opcode};
use tempfile::TempDir;

/// Where images lie: in memory, where there is such a place; the cut is what drops bytes.
const PLACES: [&str; 2] = ["/dev/shm", "/tmp"];
/// Bytes of an image.
const IMAGE_BYTES: u64 = 256 << 20;
/// EXT4_IOC_SHUTDOWN: `_IOR('X', 125, __u32)`.
const SHUTDOWN: Opcode = opcode::read::<u32>(b'X', 125);
/// EXT4_GOING_FLAGS_NOLOGFLUSH: flush neither data nor log.
const NO_LOG_FLUSH: u32 = 2;

/// Programs that a disk needs.
const PROGRAMS: [&str; 4] = ["mkfs.ext4", "mount", "umount", "unshare"];

/// Why there can be no such disk here; none: there can.
pub fn missing() -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("needs root, to mount an image".into());
    }
    let is_missing = |program: &&&str| Command::new(program).arg("--help").output().is_err();
    if let Some(program) = PROGRAMS.iter().find(is_missing) {
        return Some(format!("{program} is not there"));
    }
    Disk::new().err().map(|error| format!("an image cannot be mounted: {error}"))
}

/// This program again, with these arguments, where what it mounts is gone when it ends, however it
/// ends.
///
/// # Panics
/// When the system does not say which program this is.
pub fn enclosed(arguments: impl IntoIterator<Item = OsString>) -> Command {
    let mut command = Command::new("unshare");
    let program = std::env::current_exe().expect("the system knows this program");
    command.arg("--mount").arg(program).args(arguments);
    command
}

/// A mounted file system. Its parts are given back in the order of the fields.
#[derive(Debug)]
pub struct Disk {
    mount: Option<Mount>,
    place: TempDir,
}

impl Disk {
    /// A new, empty one.
    ///
    /// # Errors
    /// What the system says.
    pub fn new() -> io::Result<Self> {
        let place = PLACES.iter().find(|place| Path::new(place).is_dir()).unwrap_or(&"/tmp");
        let place = tempfile::Builder::new().prefix("ringside-power-").tempdir_in(place)?;
        let mut disk = Self { mount: None, place };
        std::fs::create_dir(disk.path())?;
        File::create_new(disk.image())?.set_len(IMAGE_BYTES)?;
        perform(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(disk.image()))?;
        disk.mount = Some(Mount::new(&disk.image(), &disk.path())?);
        Ok(disk)
    }

    /// Where its files are.
    pub fn path(&self) -> PathBuf {
        self.place.path().join("disk")
    }

    /// Cuts its power: every write from now on fails, and what was not synced is gone.
    ///
    /// # Errors
    /// What the system says.
    pub fn cut(&self) -> io::Result<()> {
        shut_down(&File::open(self.path())?)
    }

    /// Brings its power back: the file system recovers from what is left. Nobody has a file open.
    ///
    /// # Errors
    /// What the system says.
    pub fn restore(&mut self) -> io::Result<()> {
        if let Some(mount) = self.mount.take() {
            mount.unmount()?;
        }
        self.mount = Some(Mount::new(&self.image(), &self.path())?);
        Ok(())
    }

    fn image(&self) -> PathBuf {
        self.place.path().join("image")
    }
}

/// An image at its place; the loop device between them goes when the mount does.
#[derive(Debug)]
struct Mount {
    point: PathBuf,
    is_mounted: bool,
}

impl Mount {
    fn new(image: &Path, point: &Path) -> io::Result<Self> {
        perform(Command::new("mount").args(["-t", "ext4", "-o", "loop"]).arg(image).arg(point))?;
        Ok(Self { point: point.to_path_buf(), is_mounted: true })
    }

    fn unmount(mut self) -> io::Result<()> {
        perform(Command::new("umount").arg(&self.point))?;
        self.is_mounted = false;
        Ok(())
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if !self.is_mounted {
            return;
        }
        // Lazily: somebody may still have a file open when a test fails.
        if let Err(error) = perform(Command::new("umount").arg("--lazy").arg(&self.point)) {
            eprintln!("warning: {error}; look at `mount` and `losetup --all`");
        }
    }
}

/// Runs a program to its end.
fn perform(command: &mut Command) -> io::Result<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!("{command:?}: {}: {}", output.status, said.trim())))
}

/// Stops the file system that a directory lies on, and drops what is not on its device.
#[expect(unsafe_code, reason = "the system has no other door to this")]
fn shut_down(directory: &File) -> io::Result<()> {
    // SAFETY: this operation reads one 32-bit number of flags through the pointer, as ext4 says.
    unsafe { ioctl(directory, Setter::<SHUTDOWN, u32>::new(NO_LOG_FLUSH)) }?;
    Ok(())
}
