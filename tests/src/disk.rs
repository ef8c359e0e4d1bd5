//! A disk of its own: an ext4 file system in a file, whose power can be cut and whose space can be used up.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::Command;

use anyhow::ensure;
use tempfile::TempDir;

use crate::temp_dir;

/// What is written at once to use up space; the last bits of it in pieces of the file system's own blocks.
const PIECES: [usize; 3] = [1 << 20, 64 << 10, 4 << 10];

/// The disk. It is unmounted and removed with this value.
#[derive(Debug)]
pub struct Disk {
    folder: TempDir,
}

impl Disk {
    /// Makes a disk of so many bytes; `None`, with the reason printed, where that cannot be done: it needs root and loop devices.
    ///
    /// # Errors
    /// When there is no room for it.
    pub fn make(bytes: u64) -> anyhow::Result<Option<Self>> {
        let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n");
        if !is_root {
            eprintln!("skipped: a file system of its own needs root");
            return Ok(None);
        }
        let disk = Self { folder: temp_dir()? };
        fs::create_dir(disk.path())?;
        File::create(disk.image())?.set_len(bytes)?;
        let made = Command::new("mkfs.ext4").arg("-q").arg(disk.image()).status();
        if made.is_ok_and(|status| status.success()) && disk.mount().is_ok() {
            return Ok(Some(disk));
        }
        eprintln!("skipped: no loop-mounted ext4 file system can be made here");
        Ok(None)
    }

    /// Where it is mounted.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    fn image(&self) -> PathBuf {
        self.folder.path().join("disk.img")
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }

    fn mount(&self) -> anyhow::Result<()> {
        run(Command::new("mount").args(["-o", "loop"]).args([self.image(), self.path()]))
    }

    /// Shuts the file system down without writing its journal out, as when the power goes: EXT4_IOC_SHUTDOWN with
    /// EXT4_GOING_FLAGS_NOLOGFLUSH.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn cut_power(&self) -> anyhow::Result<()> {
        let script =
            "open(my $d, '<', $ARGV[0]) or die $!; my $flag = pack('L', 2); ioctl($d, 0x8004587d, $flag) or die $!;";
        run(Command::new("perl").args(["-e", script]).arg(self.path()))
    }

    /// Mounts it anew, as after a start of the machine.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn remount(&self) -> anyhow::Result<()> {
        self.unmount()?;
        self.mount()
    }

    /// Takes it off.
    ///
    /// # Errors
    /// When files on it are still open.
    pub fn unmount(&self) -> anyhow::Result<()> {
        run(Command::new("umount").arg(self.path()))
    }

    /// Uses up all of its space but about `left` bytes.
    ///
    /// # Errors
    /// When writing fails for another reason than want of space.
    pub fn fill(&self, left: u64) -> io::Result<()> {
        let mut ballast = File::options().append(true).create(true).open(self.ballast())?;
        for piece in PIECES {
            let refused = std::iter::repeat_with(|| ballast.write_all(&vec![0; piece])).find_map(Result::err);
            match refused {
                Some(error) if error.kind() != io::ErrorKind::StorageFull => return Err(error),
                _ => ballast.sync_data()?,
            }
        }
        let full = ballast.metadata()?.len();
        ballast.set_len(full.saturating_sub(left))?;
        ballast.sync_all()
    }

    /// Gives back what [`Disk::fill`] used up.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn free(&self) -> io::Result<()> {
        fs::remove_file(self.ballast())?;
        File::open(self.path())?.sync_all()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Unmounted already, or never mounted: both are fine here.
        let _ = Command::new("umount").arg("-l").arg(self.path()).output();
    }
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status()?;
    ensure!(status.success(), "{command:?}: {status}");
    Ok(())
}
