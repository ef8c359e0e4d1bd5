//! The log in files: a journal, and tlog-tiles files behind it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bytes::Bytes;
use lru::LruCache;
use nguon_ledger::checkpoint::{OpenCheckpointError, SignedCheckpoint};
use nguon_ledger::hash::Hash;
use nguon_ledger::journal::Frame;
use nguon_ledger::note::VerifierKey;
use nguon_ledger::tile::{TILE_HEIGHT, TILE_WIDTH, TileKind, TilePath, split_entry_bundle, tile_root};
use nguon_ledger::tree::{ProveError, Prover, TreeSize};
use thiserror::Error;

use super::durable::{self, Access};
use super::edge::{self, Edge, NamedTile};
use super::journal::{Journal, JournalError, Visit, WriteError};
use super::publisher;
use super::{AppendError, Group, Head, LogStore, TileError, Tiles};
use crate::config::StoreLimits;

/// Full hash tiles kept in memory: 512 of 8 KiB are 4 MiB, and hold the upper levels of any tree and the newest leaves.
const TILES_CACHED: NonZeroUsize = NonZeroUsize::new(512).unwrap();
/// How long an append waits for full tiles to reach the disk before it says that the disk is not keeping up.
const ROOM_WAIT: Duration = Duration::from_secs(10);

/// Why a store cannot be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenStoreError {
    /// The journal is damaged or cannot be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A tile that is needed is missing or damaged.
    #[error("{} is missing or damaged; restore it from a backup or a mirror", path.display())]
    Tile {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The newest checkpoint is not one of this log.
    #[error("the journal's newest checkpoint is not of this log; restore the journal from a backup")]
    Checkpoint(#[source] OpenCheckpointError),
    /// Entries and checkpoint disagree.
    #[error(
        "the entries make a tree of {size} with root {root}, the checkpoint says {stated_size} with root {stated_root}; \
         restore journal and tlog from one backup"
    )]
    Head {
        /// Entries found.
        size: TreeSize,
        /// Their root.
        root: Hash,
        /// Entries by the checkpoint.
        stated_size: TreeSize,
        /// Root by the checkpoint.
        stated_root: Hash,
    },
    /// The published copy of the checkpoint is ahead of the journal: acknowledged entries are gone.
    #[error(
        "the journal ends with {size} entries, but a checkpoint of {published} was published; \
         restore the journal from a newer backup, for going on would show a second history"
    )]
    Behind {
        /// Entries in the journal.
        size: TreeSize,
        /// Entries of the published checkpoint.
        published: TreeSize,
    },
}

/// The log store of one box.
#[derive(Debug)]
pub struct FileStore {
    inner: Arc<Inner>,
    publisher: Option<JoinHandle<()>>,
}

/// What appends, readers and the publisher share.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) tlog: PathBuf,
    pub(super) limits: StoreLimits,
    /// Changed by appends; its segments are removed by the publisher.
    pub(super) journal: Mutex<Journal>,
    shared: Mutex<Shared>,
    /// Told whenever `shared` changes.
    pub(super) changed: Condvar,
    cache: Mutex<LruCache<TilePath, Bytes>>,
}

/// What is newer than the tlog-tiles files.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) head: Arc<Head>,
    pub(super) cosigned: Option<Arc<Head>>,
    pub(super) edge: Edge,
    /// Full tiles that are not durable as files yet. (As entries they are durable: the journal holds them.)
    pub(super) pending: BTreeMap<TilePath, Bytes>,
    pub(super) pending_bytes: usize,
    pub(super) is_stopping: bool,
    /// Set when nobody knows what the journal's end looks like on the disk.
    is_halted: bool,
}

impl Inner {
    pub(super) fn lock(&self) -> MutexGuard<'_, Shared> {
        // Every change to it is whole before anything that may panic.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn lock_journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn file(&self, path: &TilePath) -> PathBuf {
        self.tlog.join(path.to_string())
    }

    fn read_full(&self, path: TilePath) -> io::Result<Bytes> {
        let lock = || self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tile) = lock().get(&path) {
            return Ok(tile.clone());
        }
        let tile: Bytes = fs::read(self.file(&path))?.into();
        if let Some(length) = path.hash_bytes() {
            if tile.len() != length {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a tile of the wrong length"));
            }
            lock().put(path, tile.clone());
        }
        Ok(tile)
    }
}

impl FileStore {
    /// Opens the store of a ledger and checks that entries, tree and newest checkpoint agree.
    ///
    /// # Errors
    /// It is damaged, or not what it was.
    pub fn open(journal: &Path, tlog: &Path, vkey: &VerifierKey, limits: StoreLimits) -> Result<Self, OpenStoreError> {
        let mut replay = Replay { tlog, edge: Edge::default(), note: Vec::new() };
        let journal = Journal::open(journal, limits.segment_bytes, &mut replay)?;
        let checkpoint = SignedCheckpoint::open(&replay.note, vkey).map_err(OpenStoreError::Checkpoint)?;
        let head = Arc::new(Head::new(checkpoint));
        let shared = Shared {
            head: Arc::clone(&head),
            cosigned: None,
            edge: replay.edge,
            pending: BTreeMap::new(),
            pending_bytes: 0,
            is_stopping: false,
            is_halted: false,
        };
        let inner = Arc::new(Inner {
            tlog: tlog.to_owned(),
            limits,
            journal: Mutex::new(journal),
            shared: Mutex::new(shared),
            changed: Condvar::new(),
            cache: Mutex::new(LruCache::new(TILES_CACHED)),
        });
        let mut store = Self { inner, publisher: None };
        store.check_head(&head)?;
        store.check_published(&head, vkey)?;
        let cosigned = store.read_cosigned(&head, vkey)?;
        store.inner.lock().cosigned = cosigned;
        let inner = Arc::clone(&store.inner);
        let publisher = thread::Builder::new().name("publisher".to_owned()).spawn(move || publisher::run(&inner));
        store.publisher = Some(publisher.map_err(|source| OpenStoreError::Tile { path: tlog.to_owned(), source })?);
        Ok(store)
    }

    fn check_head(&self, head: &Head) -> Result<(), OpenStoreError> {
        let size = self.inner.lock().edge.size();
        let root = self.root(size)?;
        if (size, root) == (head.size(), head.root()) {
            return Ok(());
        }
        Err(OpenStoreError::Head { size, root, stated_size: head.size(), stated_root: head.root() })
    }

    fn root(&self, size: TreeSize) -> Result<Hash, OpenStoreError> {
        Prover::new(&Tiles::new(self), size).root().map_err(|error| {
            let text = error.to_string();
            let (path, source) = if let ProveError::Read { path, source: TileError::Io(source) } = error {
                (path.to_string(), source)
            } else {
                (String::new(), io::Error::new(io::ErrorKind::InvalidData, text))
            };
            OpenStoreError::Tile { path: self.inner.tlog.join(path), source }
        })
    }

    /// What witnesses have cosigned is history for ever: the journal must hold it, and hold the same.
    fn read_cosigned(&self, head: &Head, vkey: &VerifierKey) -> Result<Option<Arc<Head>>, OpenStoreError> {
        let Ok(copy) = fs::read(self.inner.tlog.join(publisher::COSIGNED)) else { return Ok(None) };
        let Ok(cosigned) = SignedCheckpoint::open(&copy, vkey) else {
            tracing::warn!("the checkpoint kept with cosignatures is unreadable; the witnesses will be asked again");
            return Ok(None);
        };
        let cosigned = Head::new(cosigned);
        if cosigned.size() > head.size() {
            return Err(OpenStoreError::Behind { size: head.size(), published: cosigned.size() });
        }
        let root = self.root(cosigned.size())?;
        if root == cosigned.root() {
            return Ok(Some(Arc::new(cosigned)));
        }
        let (stated_size, stated_root) = (cosigned.size(), cosigned.root());
        Err(OpenStoreError::Head { size: stated_size, root, stated_size, stated_root })
    }

    /// The published copy proves nothing when it is missing or unreadable; when it is signed, it must not be ahead.
    fn check_published(&self, head: &Head, vkey: &VerifierKey) -> Result<(), OpenStoreError> {
        let Ok(copy) = fs::read(self.inner.tlog.join(publisher::CHECKPOINT)) else { return Ok(()) };
        let Ok(published) = SignedCheckpoint::open(&copy, vkey) else {
            tracing::warn!("the published copy of the checkpoint is unreadable; it will be written anew");
            return Ok(());
        };
        let published = published.checkpoint().size();
        if published > head.size() {
            return Err(OpenStoreError::Behind { size: head.size(), published });
        }
        Ok(())
    }

    /// Waits until there is room for more full tiles in memory.
    fn wait_for_room(&self) -> Result<(), AppendError> {
        let has_room = |shared: &mut Shared| shared.pending_bytes <= self.inner.limits.pending_tile_bytes;
        let wait = self.inner.changed.wait_timeout_while(self.inner.lock(), ROOM_WAIT, |shared| !has_room(shared));
        let (mut shared, _) = wait.unwrap_or_else(PoisonError::into_inner);
        if has_room(&mut shared) {
            return Ok(());
        }
        Err(AppendError::Unavailable(io::Error::new(io::ErrorKind::StorageFull, "full tiles cannot be written")))
    }
}

impl LogStore for FileStore {
    fn head(&self) -> Arc<Head> {
        Arc::clone(&self.inner.lock().head)
    }

    fn append(&self, expected: TreeSize, group: &Group) -> Result<(), AppendError> {
        let entries = group.entries.iter().map(|(leaf_hash, entry)| (*leaf_hash, entry.as_slice())).collect();
        let frame = Frame { entries, checkpoint: group.head.note.as_bytes() };
        let frame = frame.to_bytes().map_err(|error| AppendError::Unavailable(io::Error::other(error)))?;
        self.wait_for_room()?;
        let mut journal = self.inner.lock_journal();
        {
            let shared = self.inner.lock();
            if shared.is_halted {
                return Err(AppendError::Halted(io::Error::other("an earlier write failed half-way")));
            }
            let found = shared.head.size();
            if found != expected {
                return Err(AppendError::StaleHead { expected, found });
            }
        }
        journal.append(expected.get(), &frame).map_err(|error| match error {
            WriteError::Refused(source) => AppendError::Unavailable(source),
            WriteError::Unknown(source) => {
                self.inner.lock().is_halted = true;
                AppendError::Halted(source)
            }
        })?;
        drop(journal);
        let mut full = Vec::new();
        let mut shared = self.inner.lock();
        for (leaf_hash, entry) in &group.entries {
            // The frame was made, so no entry is too long.
            let _ = shared.edge.push(*leaf_hash, entry, &mut full);
        }
        shared.head = Arc::clone(&group.head);
        shared.pending_bytes += full.iter().map(|(_, tile)| tile.len()).sum::<usize>();
        shared.pending.extend(full);
        drop(shared);
        self.inner.changed.notify_all();
        Ok(())
    }

    fn cosigned(&self) -> Option<Arc<Head>> {
        self.inner.lock().cosigned.clone()
    }

    fn keep_cosigned(&self, head: Arc<Head>) -> io::Result<()> {
        durable::create_folders(&self.inner.tlog)?;
        durable::write(&self.inner.tlog.join(publisher::COSIGNED), head.note.as_bytes(), Access::Shared)?;
        self.inner.lock().cosigned = Some(head);
        // The publisher may have copied the checkpoint without them.
        self.inner.changed.notify_all();
        Ok(())
    }

    fn read(&self, path: &TilePath) -> io::Result<Option<Bytes>> {
        let full = path.to_full();
        {
            let shared = self.inner.lock();
            if !path.is_within(shared.edge.size()) {
                return Ok(None);
            }
            if let Some(tile) = shared.edge.read(path) {
                return Ok(Some(tile));
            }
            if let Some(tile) = shared.pending.get(&full) {
                return Ok(if path.is_full() { Some(tile.clone()) } else { edge::narrow(path, tile) });
            }
        }
        let tile = self.inner.read_full(full)?;
        if path.is_full() {
            return Ok(Some(tile));
        }
        // Whoever holds an older checkpoint may still ask for the tile as narrow as it was.
        edge::narrow(path, &tile)
            .map(Some)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a bundle cut short"))
    }
}

impl Drop for FileStore {
    fn drop(&mut self) {
        self.inner.lock().is_stopping = true;
        self.inner.changed.notify_all();
        if let Some(publisher) = self.publisher.take() {
            // A publisher that panicked left work that the next start does again.
            let _ = publisher.join();
        }
    }
}

/// Rebuilds the right edge from the journal, and makes sure that each full tile that follows from it stands in its file.
struct Replay<'a> {
    tlog: &'a Path,
    edge: Edge,
    note: Vec<u8>,
}

impl Replay<'_> {
    fn read(&self, kind: TileKind, index: u64) -> Result<Vec<u8>, OpenStoreError> {
        let invalid = |text: &str| io::Error::new(io::ErrorKind::InvalidData, text.to_owned());
        let path = TilePath::new(kind, index, TILE_WIDTH).map_err(|error| OpenStoreError::Tile {
            path: self.tlog.to_owned(),
            source: invalid(&error.to_string()),
        })?;
        let file = self.tlog.join(path.to_string());
        let tile = fs::read(&file).map_err(|source| OpenStoreError::Tile { path: file.clone(), source })?;
        if path.hash_bytes().is_some_and(|length| length != tile.len()) {
            return Err(OpenStoreError::Tile { path: file, source: invalid("wrong length") });
        }
        Ok(tile)
    }

    /// The roots of the last tiles below each level's partial tile.
    fn edge_above(&self, bundles: u64) -> Result<Vec<Vec<Hash>>, OpenStoreError> {
        let width = u64::from(TILE_WIDTH);
        let (mut levels, mut count) = (Vec::new(), bundles);
        for below in 0.. {
            if count == 0 {
                break;
            }
            let hashes = (count - count % width..count).map(|index| {
                let tile = self.read(TileKind::Hashes(below), index)?;
                // The tile has 256 hashes, or it would not have been read.
                Ok(tile_root(&tile).unwrap_or(Hash::ZERO))
            });
            levels.push(hashes.collect::<Result<_, OpenStoreError>>()?);
            count >>= TILE_HEIGHT;
        }
        Ok(levels)
    }

    fn settle(&self, (path, tile): &NamedTile) -> Result<(), OpenStoreError> {
        let file = self.tlog.join(path.to_string());
        let io = |source| OpenStoreError::Tile { path: file.clone(), source };
        match fs::read(&file) {
            Ok(found) if found == *tile => return Ok(()),
            Ok(_) => tracing::warn!(file = %file.display(), "differed from the journal; written anew"),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(io(error)),
        }
        durable::create_folders(durable::parent(&file)).map_err(io)?;
        durable::write(&file, tile, Access::Shared).map_err(io)
    }
}

impl Visit for Replay<'_> {
    type Error = OpenStoreError;

    fn begin(&mut self, first: u64) -> Result<(), OpenStoreError> {
        let width = u64::from(TILE_WIDTH);
        let (bundles, rest) = (first / width, first % width);
        self.edge = Edge::of_full_bundles(TreeSize::new(bundles * width), self.edge_above(bundles)?);
        if rest == 0 {
            return Ok(());
        }
        // The segments before this one went only after their entries stood in full bundles.
        let bundle = self.read(TileKind::Entries, bundles)?;
        let entries = split_entry_bundle(&bundle, TILE_WIDTH).map_err(|error| OpenStoreError::Tile {
            path: self.tlog.join(format!("bundle {bundles}")),
            source: io::Error::new(io::ErrorKind::InvalidData, error.to_string()),
        })?;
        let mut full = Vec::new();
        for entry in entries.into_iter().take(usize::try_from(rest).unwrap_or_default()) {
            // It came out of a bundle, so it fits into one.
            let _ = self.edge.push(Hash::of_leaf(entry), entry, &mut full);
        }
        Ok(())
    }

    fn frame(&mut self, frame: &Frame<'_>) -> Result<(), OpenStoreError> {
        let mut full = Vec::new();
        for (leaf_hash, entry) in &frame.entries {
            // It came out of a frame, whose entries are no longer than a bundle's.
            let _ = self.edge.push(*leaf_hash, entry, &mut full);
        }
        full.iter().try_for_each(|tile| self.settle(tile))?;
        self.note = frame.checkpoint.to_vec();
        Ok(())
    }
}
