//! Files that are whole or not there, also after a power cut.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Who may read a new file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anybody whom the folder lets in.
    Shared,
    /// Its owner alone: it is a secret.
    Owner,
}

/// Writes a file under a temporary name, syncs it, renames it, and syncs its folder: whoever finds it finds all of it.
pub(crate) fn write(path: &Path, bytes: &[u8], access: Access) -> io::Result<()> {
    write_unsynced_folder(path, bytes, access)?;
    sync_folder(parent(path))
}

/// The same without syncing the folder, for a caller that writes several files into it and syncs it once.
pub(crate) fn write_unsynced_folder(path: &Path, bytes: &[u8], access: Access) -> io::Result<()> {
    let temporary = temporary_name(path);
    let mut file = create(&temporary, access)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // What is left over on a full disk is in the way; it is overwritten next time if it cannot go now.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Replaces a file at once, without asking the disk: for copies that can be made again.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let temporary = temporary_name(path);
    create(&temporary, Access::Shared)?.write_all(bytes)?;
    fs::rename(&temporary, path)
}

/// Makes a folder and all above it, and syncs the parent of each one that is new.
pub(crate) fn create_folders(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let above = parent(path);
    create_folders(above)?;
    match fs::create_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    sync_folder(above)
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// The folder that holds a path.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(above) if !above.as_os_str().is_empty() => above,
        _ => Path::new("."),
    }
}

fn create(path: &Path, access: Access) -> io::Result<File> {
    let mode = match access {
        Access::Shared => 0o644,
        Access::Owner => 0o600,
    };
    OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(path)
}

fn temporary_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    PathBuf::from(name)
}
