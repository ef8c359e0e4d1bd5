//! The mark of an index that was closed: which files it left, so that a copy, a crash or damage in between is seen.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use crate::store::durable;

const MARK: &str = "closed";

/// Makes the files durable and leaves the mark. Nobody may have them open.
pub(super) fn leave(folder: &Path, files: &Path) -> io::Result<()> {
    for path in list(files)? {
        File::open(path)?.sync_all()?;
    }
    durable::sync_folder(files)?;
    durable::write(&folder.join(MARK), print(files)?.as_bytes(), durable::Access::Shared)
}

/// Whether the mark is there and fits the files; it is gone afterwards.
pub(super) fn take(folder: &Path, files: &Path) -> io::Result<bool> {
    let mark = folder.join(MARK);
    let found = match fs::read_to_string(&mark) {
        Ok(found) => found,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    fs::remove_file(&mark)?;
    durable::sync_folder(folder)?;
    Ok(found == print(files)?)
}

/// Each file with length and time of its last change.
fn print(files: &Path) -> io::Result<String> {
    let mut lines = Vec::new();
    for path in list(files)? {
        let data = path.metadata()?;
        let changed = data.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        lines.push(format!("{} {} {changed}\n", path.display(), data.len()));
    }
    Ok(lines.concat())
}

/// All files below a folder, in order.
fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(folder)? {
            let path = item?.path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    Ok(found)
}
