//! What follows from the entries, ready to be looked up: a cache that can be lost at any moment (`docs/architecture.md`).
//!
//! Reads see what was acknowledged a moment ago in memory, then a bounded cache of records, then sled. Writes go to memory at once and to
//! sled behind it, on a thread of its own: no acknowledgement waits for sled, and none depends on it.

mod applied;
mod check;
mod clean;
mod codec;
mod memory;
mod merger;
mod parties;
mod replay;
mod runs;
mod sled_tree;
#[cfg(test)]
mod tests;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nguon_ledger::identifier::{LotKey, Origin};
use nguon_ledger::key::PublicKey;
use nguon_ledger::refusal::Flag;
use nguon_ledger::state::{Key, Record};
use nguon_ledger::tree::{LeafIndex, TreeSize};
use thiserror::Error;

pub(crate) use applied::{Applied, AppliedEntry};
pub use codec::CodecError;
pub(crate) use codec::{Stamp, Table};
pub use replay::ReplayError;
pub use sled_tree::SledError;

use crate::config::IndexLimits;
use crate::store::{LogStore, durable};
use memory::Memory;
use merger::{Merger, Wake};
use runs::Runs;
use sled_tree::SledTree;

/// Most entries that the indexing thread writes to sled at once.
const BATCH_ENTRIES: usize = 4_096;
/// How long a group waits for others to be written with: few long runs cost less than many short ones, and readers find it in memory.
const GATHERED: Duration = Duration::from_millis(100);
/// sled's own folder within the index.
const SLED: &str = "sled";

/// The index cannot be read or written; it is made again from the log. Nothing that was acknowledged is lost.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum IndexError {
    /// sled failed.
    #[error(transparent)]
    Sled(#[from] SledError),
    /// A value is damaged.
    #[error("a value of the index is damaged")]
    Codec(#[from] CodecError),
    /// It failed before.
    #[error("the index is broken and has to be made again")]
    Broken,
}

/// Why the index cannot be opened or made again.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenIndexError {
    /// The log cannot be applied.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The disk refused.
    #[error("cannot use {}", path.display())]
    Io {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The index, open.
#[derive(Debug)]
pub struct Index {
    reader: Arc<Reader>,
    folder: PathBuf,
    queue: Option<SyncSender<(Applied, u64)>>,
    indexer: Option<JoinHandle<()>>,
    merger: Option<Merger>,
}

/// The reading side, shared by all.
#[derive(Debug)]
pub struct Reader {
    origin: Origin,
    runs: Runs,
    memory: Mutex<Memory>,
    is_broken: AtomicBool,
    /// Called once when it breaks.
    when_broken: OnceLock<WhenBroken>,
}

/// What is done when the index breaks.
struct WhenBroken(Box<dyn Fn() + Send + Sync>);

impl std::fmt::Debug for WhenBroken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("WhenBroken")
    }
}

/// Told how many entries of how many are applied.
pub type Progress<'p> = &'p dyn Fn(TreeSize, TreeSize);

impl Index {
    /// Opens the index of a log. What is missing is applied from the log; whatever else is not as it should be leads to a new index, with
    /// the old one moved aside.
    ///
    /// # Errors
    /// The log cannot be applied, or the disk refuses.
    pub fn open(
        folder: &Path,
        origin: &Origin,
        store: &dyn LogStore,
        limits: IndexLimits,
        progress: Progress<'_>,
    ) -> Result<Self, OpenIndexError> {
        let io = |source| OpenIndexError::Io { path: folder.to_owned(), source };
        durable::create_folders(folder).map_err(io)?;
        let found = match open_existing(folder, origin, store, limits) {
            Ok(found) => found,
            Err(reason) => {
                tracing::warn!(%reason, folder = %folder.display(), "the index is not usable; it is moved aside and made again");
                move_aside(folder).map_err(io)?;
                None
            }
        };
        let (reader, size) = match found {
            Some((reader, size)) => (reader, size),
            None => {
                // Without a stamp to trust, what little may be there is nothing to build on.
                let files = folder.join(SLED);
                if files.exists() {
                    fs::remove_dir_all(&files).map_err(io)?;
                }
                let tree = SledTree::open(&files, limits.cache_bytes).map_err(IndexError::from);
                let runs = tree.and_then(Runs::open).map_err(ReplayError::Index)?;
                (Reader::new(origin.clone(), runs, limits), TreeSize::ZERO)
            }
        };
        let reader = Arc::new(reader);
        let merger = Merger::start(Arc::clone(&reader)).map_err(io)?;
        let tree = replay::tree_at(store, size)?;
        replay::replay(store, &reader, tree, limits.replay_entries, progress, &mut |mut applied| {
            let generation = reader.lock().publish(&mut applied);
            let written = reader.write(&[(applied, generation)]);
            match &written {
                Ok(()) => merger.wake(),
                Err(_) => reader.break_down(),
            }
            written
        })?;
        let (queue, groups) = sync_channel(limits.queue_groups);
        let indexer = {
            let (reader, wake) = (Arc::clone(&reader), merger.waker());
            let work = move || run_indexer(&reader, &groups, &wake);
            thread::Builder::new().name("indexer".to_owned()).spawn(work).map_err(io)?
        };
        Ok(Self { reader, folder: folder.to_owned(), queue: Some(queue), indexer: Some(indexer), merger: Some(merger) })
    }

    /// The reading side.
    #[must_use]
    pub const fn reader(&self) -> &Arc<Reader> {
        &self.reader
    }

    /// Takes a durable group in: readers see it on return, sled some time later. Waits when sled is far behind.
    pub(crate) fn publish(&self, mut applied: Applied) {
        let generation = self.reader.lock().publish(&mut applied);
        if let Some(queue) = &self.queue
            && queue.send((applied, generation)).is_err()
        {
            self.reader.break_down();
        }
    }

    /// Empties an index, so that the next start makes it again. The folder itself stays: it may be a disk of its own.
    ///
    /// # Errors
    /// The disk refused.
    pub fn remove(folder: &Path) -> io::Result<()> {
        let found = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            found => found?,
        };
        for item in found {
            let path = item?.path();
            if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }?;
        }
        Ok(())
    }
}

impl Drop for Index {
    fn drop(&mut self) {
        self.queue = None;
        let is_done = self.indexer.take().is_none_or(|indexer| indexer.join().is_ok());
        self.merger = None;
        if !is_done || self.reader.is_broken() || self.reader.runs.flush().is_err() {
            return;
        }
        // The mark is left only when nobody reads on; without it the next start looks more closely.
        if Arc::strong_count(&self.reader) == 1
            && let Err(error) = clean::leave(&self.folder, &self.folder.join(SLED))
        {
            tracing::warn!(%error, "the index was not marked as closed; the next start checks all of it");
        }
    }
}

/// Why an index that is there is not used.
#[derive(Debug, Error)]
enum Unusable {
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error("it cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("it was not closed, and does not agree with itself")]
    NotWhole,
    #[error("it is of {size} entries, and the log has {head}")]
    Ahead { size: TreeSize, head: TreeSize },
    #[error("it is of another tree")]
    OtherTree,
}

/// Opens what is there: the reader and the size of its tree, or nothing when there is no index yet.
fn open_existing(
    folder: &Path,
    origin: &Origin,
    store: &dyn LogStore,
    limits: IndexLimits,
) -> Result<Option<(Reader, TreeSize)>, Unusable> {
    let files = folder.join(SLED);
    if !files.exists() {
        return Ok(None);
    }
    let was_closed = clean::take(folder, &files)?;
    let runs = Runs::open(SledTree::open(&files, limits.cache_bytes).map_err(IndexError::from)?)?;
    let Some(stamp) = runs.get(&codec::stamp_key())? else { return Ok(None) };
    let (stamp, _) = codec::decode_stamp(&stamp).map_err(IndexError::from)?;
    let head = store.head().size();
    if stamp.size > head {
        return Err(Unusable::Ahead { size: stamp.size, head });
    }
    let root = replay::tree_at(store, stamp.size).map(|tree| tree.root());
    if root.ok() != Some(stamp.root) {
        return Err(Unusable::OtherTree);
    }
    if !was_closed && !check::is_whole(&runs, origin, &stamp)? {
        return Err(Unusable::NotWhole);
    }
    Ok(Some((Reader::new(origin.clone(), runs, limits), stamp.size)))
}

/// Moves a broken index to `index.broken-1`, in place of an older one.
fn move_aside(folder: &Path) -> io::Result<()> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let aside = folder.with_file_name(format!("{name}.broken-1"));
    if aside.exists() {
        fs::remove_dir_all(&aside)?;
    }
    fs::rename(folder, &aside)?;
    durable::create_folders(folder)
}

fn run_indexer(reader: &Reader, groups: &Receiver<(Applied, u64)>, wake: &Wake) {
    while let Ok(first) = groups.recv() {
        let mut entries = first.0.entries();
        let mut batch = vec![first];
        let until = Instant::now() + GATHERED;
        while entries < BATCH_ENTRIES
            && let Ok(next) = groups.recv_timeout(until.saturating_duration_since(Instant::now()))
        {
            entries += next.0.entries();
            batch.push(next);
        }
        if let Err(error) = reader.write(&batch) {
            tracing::error!(%error, "the index cannot be written; the log is whole, and the index is made again from it");
            reader.break_down();
            return;
        }
        wake.wake();
    }
}

impl Reader {
    fn new(origin: Origin, runs: Runs, limits: IndexLimits) -> Self {
        let memory = Mutex::new(Memory::new(limits.record_bytes));
        Self { origin, runs, memory, is_broken: AtomicBool::new(false), when_broken: OnceLock::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ledger that this is the index of.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Whether the index has failed.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.is_broken.load(Ordering::Acquire)
    }

    fn break_down(&self) {
        if !self.is_broken.swap(true, Ordering::AcqRel)
            && let Some(WhenBroken(tell)) = self.when_broken.get()
        {
            tell();
        }
    }

    /// Has `tell` called when the index breaks; at once if it is broken already. Only the first such wish counts.
    pub(crate) fn when_broken(&self, tell: Box<dyn Fn() + Send + Sync>) {
        let tell = &self.when_broken.get_or_init(|| WhenBroken(tell)).0;
        // One that broke in between may be told of twice.
        if self.is_broken() {
            tell();
        }
    }

    /// Writes groups to sled as one batch: a run.
    fn write(&self, groups: &[(Applied, u64)]) -> Result<(), IndexError> {
        let mut merged = std::collections::BTreeMap::new();
        for (applied, _) in groups {
            merged.extend(applied.pairs.iter().map(|(key, value)| (key.as_ref(), value.as_ref())));
        }
        self.runs.apply(merged.into_iter())?;
        let mut memory = self.lock();
        for (applied, generation) in groups {
            memory.forget(applied.pairs.keys(), *generation);
        }
        Ok(())
    }

    /// The value of a key, with the number of the last group that may have changed it.
    fn value(&self, key: &[u8]) -> Result<(Option<Vec<u8>>, u64), IndexError> {
        let generation = {
            let memory = self.lock();
            if let Some(value) = memory.pending(key) {
                return Ok((Some(value.to_vec()), memory.generation()));
            }
            memory.generation()
        };
        Ok((self.check(self.runs.get(key))?, generation))
    }

    /// Notes that the index is broken when it cannot be read.
    fn check<T>(&self, result: Result<T, IndexError>) -> Result<T, IndexError> {
        result.inspect_err(|error| {
            tracing::error!(%error, "the index cannot be read; it is made again from the log");
            self.break_down();
        })
    }

    /// The record under a key.
    ///
    /// # Errors
    /// The index is broken.
    pub fn record(&self, key: &Key) -> Result<Option<Record>, IndexError> {
        let is_cached = applied::is_cached(key);
        let key = codec::record_key(key);
        if is_cached && let Some(record) = self.lock().record(&key) {
            return Ok(Some(record));
        }
        let (value, generation) = self.value(&key)?;
        let Some(value) = value else { return Ok(None) };
        let record = codec::decode_record(&self.origin, &value).inspect_err(|_| self.break_down())?;
        if is_cached {
            self.lock().cache_read(generation, key, record.clone(), value.len());
        }
        Ok(Some(record))
    }

    /// The entry of a signer's accepted statement.
    ///
    /// # Errors
    /// The index is broken.
    pub fn statement(&self, signer: &PublicKey, seq: u64) -> Result<Option<LeafIndex>, IndexError> {
        let chunk = self.chunk(&codec::statements_key(signer, seq))?;
        let place = usize::try_from(seq % codec::CHUNK).unwrap_or(usize::MAX);
        Ok(chunk.get(place).map(|index| LeafIndex::new(*index)))
    }

    /// Where the statements of a chunk stand.
    fn chunk(&self, key: &[u8]) -> Result<Vec<u64>, IndexError> {
        let (value, _) = self.value(key)?;
        Ok(value.map_or(Ok(Vec::new()), |value| codec::decode_chunk(&value))?)
    }

    /// What was odd about an entry.
    ///
    /// # Errors
    /// The index is broken.
    pub fn flags(&self, index: LeafIndex) -> Result<Vec<Flag>, IndexError> {
        let (value, _) = self.value(&codec::flags_key(index))?;
        Ok(value.map_or(Ok(Vec::new()), |value| codec::decode_flags(&value))?)
    }

    /// The registry statements about an actor, a product or a place, ascending; at most `limit`.
    ///
    /// # Errors
    /// The index is broken.
    pub fn about(&self, uri: &str, limit: usize) -> Result<Vec<LeafIndex>, IndexError> {
        let prefix = codec::about_prefix(uri);
        let keys = self.scan(&prefix, &prefix, limit)?;
        Ok(keys.iter().map(|(key, _)| codec::about_entry(key)).collect::<Result<_, _>>()?)
    }

    /// How many keys [`Table::Party`] holds.
    fn parties(&self) -> Result<u64, IndexError> {
        let (stamp, _) = self.value(&codec::stamp_key())?;
        Ok(stamp.map_or(Ok(0), |stamp| codec::decode_stamp(&stamp).map(|(_, parties)| parties))?)
    }

    /// Lots that an actor holds, that are on their way to it, or that once were: those after one, in no order that means anything; at most
    /// `limit`.
    ///
    /// # Errors
    /// The index is broken.
    pub fn held(&self, slug: &str, after: Option<LotKey>, limit: usize) -> Result<Vec<LotKey>, IndexError> {
        let prefix = codec::actor_prefix(Table::Held, slug);
        let from = after.map_or_else(|| prefix.clone(), |lot| [codec::held_key(slug, &lot), vec![0]].concat());
        let keys = self.scan(&prefix, &from, limit)?;
        Ok(keys.iter().map(|(key, _)| codec::held_lot(key)).collect::<Result<_, _>>()?)
    }

    /// Events from an entry on that speak of an actor and are not signed by it, ascending; at most `limit`.
    ///
    /// # Errors
    /// The index is broken.
    pub fn spoken_of(&self, slug: &str, from: LeafIndex, limit: usize) -> Result<Vec<LeafIndex>, IndexError> {
        let keys = self.scan(&codec::actor_prefix(Table::Party, slug), &codec::party_key(slug, from), limit)?;
        Ok(keys.iter().map(|(key, _)| codec::about_entry(key)).collect::<Result<_, _>>()?)
    }

    /// The entries whose leaf hashes begin with these bytes; at most `limit`.
    ///
    /// # Errors
    /// The index is broken.
    pub fn entries_by_hash(&self, start: [u8; 5], limit: usize) -> Result<Vec<LeafIndex>, IndexError> {
        let prefix = codec::entry_prefix(start);
        let mut found = Vec::new();
        for (_, value) in self.scan(&prefix, &prefix, limit)? {
            if let Record::Entry(entry) = codec::decode_record(&self.origin, &value)? {
                found.push(entry.index);
            }
        }
        Ok(found)
    }

    /// The slugs of a table that come after one, ascending; at most `limit`.
    ///
    /// # Errors
    /// The index is broken.
    pub(crate) fn slugs(&self, table: Table, after: Option<&str>, limit: usize) -> Result<Vec<String>, IndexError> {
        let prefix = table.key(&[]);
        // The least key above another is that one with a zero byte behind it.
        let from = after.map_or_else(|| prefix.clone(), |slug| table.key(&[slug.as_bytes(), &[0]]));
        let keys = self.scan(&prefix, &from, limit)?;
        let slug = |key: Vec<u8>| key.get(1..).and_then(|slug| String::from_utf8(slug.to_vec()).ok()).ok_or(CodecError);
        Ok(keys.into_iter().map(|(key, _)| slug(key)).collect::<Result<_, _>>()?)
    }

    fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<sled_tree::Pair>, IndexError> {
        // Memory first: what leaves it in between is in sled by then.
        let pending: Vec<_> = {
            let memory = self.lock();
            memory.pending_from(prefix, from).take(limit).map(|(key, value)| (key.to_vec(), value.to_vec())).collect()
        };
        let mut merged: std::collections::BTreeMap<_, _> =
            self.check(self.runs.scan(prefix, from, limit))?.into_iter().collect();
        merged.extend(pending);
        Ok(merged.into_iter().take(limit).collect())
    }
}

#[cfg(test)]
impl Index {
    pub(crate) fn dump(&self) -> Vec<sled_tree::Pair> {
        let mut all = Vec::new();
        let visit = |key: &[u8], value: &[u8]| {
            all.push((key.to_vec(), value.to_vec()));
            true
        };
        self.reader.runs.for_each(visit).unwrap();
        all
    }
}
