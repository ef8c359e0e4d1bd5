//! The service's own folder: lists of serials, scan counts, reports, copies of bundles. Without one it keeps none of them.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{copies::Copies, reports::Reports, scans::ScanStore, serials::SerialLists};

/// The folder, held by one process.
#[derive(Debug)]
pub(crate) struct Data {
    pub(crate) serials: SerialLists,
    pub(crate) reports: Arc<Reports>,
    pub(crate) copies: Arc<Copies>,
    scans: Mutex<ScanStore>,
    entered: Mutex<ScanStore>,
    /// Locked as long as it is open.
    _lock: File,
}

impl Data {
    /// Opens the folder, making it where there is none.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let lock = File::options().create(true).truncate(false).write(true).open(folder.join("lock"))?;
        lock.try_lock().map_err(|error| match error {
            fs::TryLockError::WouldBlock => {
                io::Error::new(io::ErrorKind::ResourceBusy, "another process serves from this folder")
            }
            fs::TryLockError::Error(error) => error,
        })?;
        Ok(Self {
            serials: SerialLists::new(folder),
            reports: Arc::new(Reports::open(folder)?),
            copies: Arc::new(Copies::open(folder)?),
            scans: Mutex::new(ScanStore::open(folder, "scans.db")?),
            entered: Mutex::new(ScanStore::open(folder, "layers.db")?),
            _lock: lock,
        })
    }

    /// The scan counts. Not to be held across an await.
    pub(crate) fn scans(&self) -> MutexGuard<'_, ScanStore> {
        // A count that was half made is at worst not made.
        self.scans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often the codes under scratch layers were entered. Not to be held across an await.
    pub(crate) fn entered(&self) -> MutexGuard<'_, ScanStore> {
        self.entered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes a file so that after a power cut either the old or the new one is there.
pub(crate) fn write_durably(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut aside = PathBuf::from(path);
    aside.add_extension("new");
    let mut file = File::create(&aside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&aside, path)?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
