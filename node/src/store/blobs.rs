//! Photos, papers and profiles: files by hash, beside the log.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use nguon_ledger::hash::Hash;
use thiserror::Error;

use super::durable;

/// Longest blob (`docs/format.md`, section 10).
pub const BLOB_BYTES_MAX: u64 = 10 << 20;
/// Parts of uploads that nobody went on with are removed after a week.
const PART_AGE_MAX: Duration = Duration::from_secs(7 * 24 * 3_600);
const PARTS: &str = "parts";

/// A blob in the making or whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a part leaves a blob whole, there already, or in the making")]
pub enum Put {
    /// It is whole now and durable.
    Created,
    /// It was there before.
    Existed,
    /// So many bytes are held.
    Partial(u64),
}

/// A part of an upload: bytes from `first` on, of a blob of `total`.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "a part is these by the format")]
pub struct Part<'a> {
    /// Where it begins.
    pub first: u64,
    /// How long the blob will be.
    pub total: u64,
    /// The bytes.
    pub bytes: &'a [u8],
}

/// Why a blob was not taken or read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BlobError {
    /// Longer than [`BLOB_BYTES_MAX`], or a part beyond the stated total.
    #[error("longer than {BLOB_BYTES_MAX} bytes, or than it was said to be")]
    TooLarge,
    /// The bytes have another hash. They were thrown away.
    #[error("the bytes have another hash")]
    HashMismatch,
    /// Another upload of the same blob is under way.
    #[error("another upload of this blob is under way")]
    Busy,
    /// The disk refused.
    #[error("the disk refused")]
    Io(#[from] io::Error),
}

/// The blobs of one ledger.
#[derive(Debug)]
pub struct BlobStore {
    folder: PathBuf,
    /// Blobs that are being written to at this moment.
    busy: Mutex<BTreeSet<Hash>>,
}

impl BlobStore {
    /// Keeps blobs below a folder, which is made when the first one comes.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, busy: Mutex::new(BTreeSet::new()) }
    }

    /// The blob, if it is here.
    ///
    /// # Errors
    /// The disk refused.
    pub fn read(&self, hash: &Hash) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.path(hash)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// How many bytes of a blob in the making are held.
    #[must_use]
    pub fn held(&self, hash: &Hash) -> u64 {
        self.part(hash).metadata().map_or(0, |data| data.len())
    }

    /// Takes a part. Bytes that are held already are passed over; a part that leaves a gap changes nothing.
    ///
    /// # Errors
    /// [`BlobError`].
    pub fn put(&self, hash: &Hash, part: Part<'_>) -> Result<Put, BlobError> {
        let end = u64::try_from(part.bytes.len()).ok().and_then(|length| part.first.checked_add(length));
        let end = end.filter(|end| *end <= part.total && part.total <= BLOB_BYTES_MAX).ok_or(BlobError::TooLarge)?;
        let path = self.path(hash);
        if path.exists() {
            return Ok(Put::Existed);
        }
        let _busy = Busy::claim(self, *hash).ok_or(BlobError::Busy)?;
        let file = self.part(hash);
        durable::create_folders(durable::parent(&file))?;
        let opened = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&file)?;
        let held = opened.metadata()?.len();
        if part.first > held {
            return Ok(Put::Partial(held));
        }
        if end > held {
            let new = usize::try_from(held - part.first).ok().and_then(|known| part.bytes.get(known..));
            opened.write_all_at(new.unwrap_or_default(), held)?;
        }
        let held = held.max(end);
        if held < part.total {
            opened.sync_data()?;
            return Ok(Put::Partial(held));
        }
        finish(hash, &opened, &file, &path)
    }

    /// Removes the parts of uploads that were given up.
    ///
    /// # Errors
    /// The disk refused.
    pub fn remove_old_parts(&self, now: SystemTime) -> io::Result<()> {
        let Ok(parts) = fs::read_dir(self.folder.join(PARTS)) else { return Ok(()) };
        for item in parts {
            let item = item?;
            let age = now.duration_since(item.metadata()?.modified()?).unwrap_or_default();
            if age > PART_AGE_MAX {
                fs::remove_file(item.path())?;
            }
        }
        Ok(())
    }

    fn path(&self, hash: &Hash) -> PathBuf {
        let name = hash.to_string();
        let shelf: String = name.chars().take(2).collect();
        self.folder.join(shelf).join(name)
    }

    fn part(&self, hash: &Hash) -> PathBuf {
        self.folder.join(PARTS).join(hash.to_string())
    }
}

fn finish(hash: &Hash, opened: &File, file: &Path, path: &Path) -> Result<Put, BlobError> {
    if Hash::of(&fs::read(file)?) != *hash {
        fs::remove_file(file)?;
        return Err(BlobError::HashMismatch);
    }
    opened.sync_all()?;
    let folder = durable::parent(path);
    durable::create_folders(folder)?;
    fs::rename(file, path)?;
    durable::sync_folder(folder)?;
    Ok(Put::Created)
}

/// The right to write to one blob.
struct Busy<'s> {
    store: &'s BlobStore,
    hash: Hash,
}

impl<'s> Busy<'s> {
    fn claim(store: &'s BlobStore, hash: Hash) -> Option<Self> {
        let is_free = store.busy.lock().unwrap_or_else(PoisonError::into_inner).insert(hash);
        is_free.then_some(Self { store, hash })
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.store.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.hash);
    }
}
