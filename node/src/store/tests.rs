//! The log in files: torn tails, damage, growth over many segments, and what a store refuses to open.

use std::fs;
use std::path::{Path, PathBuf};

use nguon_ledger::checkpoint::Checkpoint;
use nguon_ledger::note::KeyName;
use nguon_ledger::tile::{TILE_WIDTH, TileKind, entry_bundles_between, hash_tiles_between};
use nguon_ledger::tree::{CompactTree, LeafIndex, Prover, verify_inclusion};

use super::journal::Journal;
use super::*;
use crate::config::StoreLimits;
use crate::testing::{ORIGIN, log_key, vkey};

/// A log of made-up entries: what an entry says does not concern the store, only its index in bytes 1 to 9.
struct Log {
    folder: tempfile::TempDir,
    tree: CompactTree,
    leaves: Vec<Hash>,
}

fn entry(index: u64) -> Vec<u8> {
    let mut entry = vec![1];
    entry.extend_from_slice(&index.to_be_bytes());
    entry.extend(std::iter::repeat_n(b'x', usize::try_from(index % 50).unwrap()));
    entry
}

impl Log {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Self { folder, tree: CompactTree::new(), leaves: Vec::new() };
        let group = log.group(1);
        let entries = group.entries.iter().map(|(hash, entry)| (*hash, entry.as_slice())).collect();
        let frame = nguon_ledger::journal::Frame { entries, checkpoint: group.head.note.as_bytes() };
        Journal::create(&log.journal(), &frame.to_bytes().unwrap()).unwrap();
        log
    }

    fn journal(&self) -> PathBuf {
        self.folder.path().join("journal")
    }

    fn tlog(&self) -> PathBuf {
        self.folder.path().join("tlog")
    }

    /// The next so many entries; the log moves on.
    fn group(&mut self, count: u64) -> Group {
        let first = self.tree.size().get();
        let entries: Vec<_> = (first..first + count).map(entry).map(|entry| (Hash::of_leaf(&entry), entry)).collect();
        for (leaf_hash, _) in &entries {
            self.tree.push(*leaf_hash);
            self.leaves.push(*leaf_hash);
        }
        Group { entries, head: Arc::new(self.head()) }
    }

    fn head(&self) -> Head {
        let checkpoint = Checkpoint::new(KeyName::new(ORIGIN).unwrap(), self.tree.size(), self.tree.root());
        Head::new(SignedCheckpoint::sign(checkpoint, &log_key()).unwrap())
    }

    fn open_with(&self, segment_bytes: u64) -> Result<FileStore, OpenStoreError> {
        let limits = StoreLimits { segment_bytes, ..StoreLimits::default() };
        FileStore::open(&self.journal(), &self.tlog(), &vkey(), limits)
    }

    fn open(&self) -> Result<FileStore, OpenStoreError> {
        self.open_with(1 << 20)
    }

    fn append(&mut self, store: &FileStore, count: u64) {
        let expected = self.tree.size();
        let group = self.group(count);
        store.append(expected, &group).unwrap();
    }

    /// Checks every entry, every tile and some proofs of the whole log.
    fn check(&self, store: &FileStore) {
        let size = self.tree.size();
        assert_eq!((store.head().size(), store.head().root()), (size, self.tree.root()));
        let mut reader = EntryReader::new(store);
        for index in 0..size.get() {
            assert_eq!(reader.read(LeafIndex::new(index)).unwrap().unwrap(), entry(index));
        }
        assert_eq!(reader.read(LeafIndex::new(size.get())).unwrap(), None);
        for path in hash_tiles_between(TreeSize::ZERO, size).chain(entry_bundles_between(TreeSize::ZERO, size)) {
            let tile = store.read(&path).unwrap().unwrap();
            if path.kind() == TileKind::Hashes(0) {
                let first = usize::try_from(path.index()).unwrap() * usize::from(TILE_WIDTH);
                let expected: Vec<u8> =
                    self.leaves[first..].iter().take(256).flat_map(|hash| *hash.as_bytes()).collect();
                assert_eq!(tile, expected);
            }
        }
        let tiles = Tiles::new(store);
        let prover = Prover::new(&tiles, size);
        for index in [0, size.get() / 2, size.get() - 1] {
            let proof = prover.inclusion(LeafIndex::new(index)).unwrap();
            let leaf = &self.leaves[usize::try_from(index).unwrap()];
            verify_inclusion(LeafIndex::new(index), size, leaf, &proof, &self.tree.root()).unwrap();
        }
    }

    fn last_segment(&self) -> PathBuf {
        segments(&self.journal()).pop().unwrap()
    }
}

fn segments(journal: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(journal).unwrap().map(|item| item.unwrap().path()).collect();
    found.sort();
    found
}

#[test]
fn what_was_appended_is_there_again() {
    let mut log = Log::new();
    for counts in [vec![1, 1, 3], vec![250], vec![300, 1, 1_024], vec![1_024; 3]] {
        let store = log.open().unwrap();
        counts.into_iter().for_each(|count| log.append(&store, count));
        log.check(&store);
    }
    log.check(&log.open().unwrap());
}

#[test]
fn segments_go_once_their_entries_are_in_bundles() {
    let mut log = Log::new();
    for _ in 0..20 {
        // Tiny segments: each append begins a new one.
        let store = log.open_with(1).unwrap();
        log.append(&store, 100);
        log.check(&store);
    }
    drop(log.open_with(1).unwrap());
    let kept = segments(&log.journal());
    // 2,001 entries are 7 full bundles of 1,792; what is newer stands in segments, none of which begins much earlier.
    assert!(kept.len() <= 4, "{kept:?}");
    log.check(&log.open_with(1).unwrap());
}

#[test]
fn a_torn_last_frame_is_dropped_at_every_length() {
    let mut log = Log::new();
    let store = log.open().unwrap();
    log.append(&store, 2);
    drop(store);
    let segment = log.last_segment();
    let before = fs::read(&segment).unwrap();
    let (tree, leaves) = (log.tree.clone(), log.leaves.clone());
    let store = log.open().unwrap();
    log.append(&store, 2);
    drop(store);
    // As if the power had gone before anything of it was published.
    fs::remove_file(log.tlog().join("checkpoint")).unwrap();
    let whole = fs::read(&segment).unwrap();
    (log.tree, log.leaves) = (tree, leaves);
    for length in before.len()..whole.len() {
        fs::write(&segment, &whole[..length]).unwrap();
        let store = log.open().unwrap();
        log.check(&store);
        // Nothing is left of it, and the log goes on.
        assert_eq!(fs::read(&segment).unwrap(), before);
        drop(store);
    }
}

#[test]
fn damage_anywhere_stops_the_node_and_names_the_entry() {
    let mut log = Log::new();
    let store = log.open().unwrap();
    (0..3).for_each(|_| log.append(&store, 2));
    drop(store);
    let segment = log.last_segment();
    let good = fs::read(&segment).unwrap();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&segment, &bad).unwrap();
        let error = log.open().unwrap_err();
        assert!(matches!(error, OpenStoreError::Journal(JournalError::Damaged { .. })), "byte {at}: {error}");
        assert!(error.to_string().contains(&segment.display().to_string()), "{error}");
    }
    // The last byte of the fourth entry: index 3.
    let at = good.windows(9).position(|bytes| bytes == &entry(3)[..9]).unwrap() + 8;
    let mut bad = good.clone();
    bad[at] ^= 1;
    fs::write(&segment, &bad).unwrap();
    assert!(log.open().unwrap_err().to_string().contains("entry 3"));
    // The same bytes cut short in a segment that others follow.
    fs::write(&segment, &good).unwrap();
    let store = log.open_with(1).unwrap();
    log.append(&store, 1);
    drop(store);
    fs::write(&segment, &good[..good.len() - 1]).unwrap();
    assert!(matches!(log.open().unwrap_err(), OpenStoreError::Journal(JournalError::Damaged { .. })));
}

#[test]
fn a_stale_head_is_refused() {
    let mut log = Log::new();
    let store = log.open().unwrap();
    let group = log.group(1);
    for expected in [0, 2, 99].map(TreeSize::new) {
        let refused = store.append(expected, &group);
        assert!(matches!(refused, Err(AppendError::StaleHead { .. })), "{refused:?}");
    }
    store.append(TreeSize::new(1), &group).unwrap();
    assert!(matches!(store.append(TreeSize::new(1), &group), Err(AppendError::StaleHead { .. })));
}

#[test]
fn a_journal_behind_its_published_checkpoint_is_refused() {
    let mut log = Log::new();
    let backup = fs::read(log.last_segment()).unwrap();
    let store = log.open().unwrap();
    log.append(&store, 5);
    drop(store);
    fs::write(log.last_segment(), backup).unwrap();
    assert!(matches!(log.open().unwrap_err(), OpenStoreError::Behind { .. }));
}

#[test]
fn a_missing_or_changed_tile_behind_the_journal_is_refused() {
    let mut log = Log::new();
    let store = log.open_with(1).unwrap();
    (0..6).for_each(|_| log.append(&store, 256));
    drop(store);
    let file = log.tlog().join("tile/0/001");
    let good = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    let error = log.open().unwrap_err();
    assert!(error.to_string().contains("tile/0/001"), "{error}");
    let mut bad = good.clone();
    bad[100] ^= 1;
    fs::write(&file, bad).unwrap();
    assert!(matches!(log.open().unwrap_err(), OpenStoreError::Head { .. }));
    fs::write(&file, good).unwrap();
    log.check(&log.open().unwrap());
}

#[test]
fn an_older_and_narrower_tile_can_still_be_read() {
    let mut log = Log::new();
    let store = log.open().unwrap();
    log.append(&store, 300);
    for kind in [TileKind::Hashes(0), TileKind::Entries] {
        let full = store.read(&TilePath::new(kind, 0, TILE_WIDTH).unwrap()).unwrap().unwrap();
        for width in [1, 2, 255] {
            let narrow = store.read(&TilePath::new(kind, 0, width).unwrap()).unwrap().unwrap();
            assert!(full.starts_with(&narrow) && narrow.len() < full.len(), "{kind:?} {width}");
        }
    }
    let beyond = TilePath::new(TileKind::Entries, 1, 60).unwrap();
    assert_eq!(store.read(&beyond).unwrap(), None);
}

#[test]
fn the_folder_can_be_served_as_it_is_once_the_store_is_closed() {
    let mut log = Log::new();
    let store = log.open().unwrap();
    log.append(&store, 300);
    drop(store);
    let store = log.open().unwrap();
    log.append(&store, 3);
    drop(store);
    let size = log.tree.size();
    let store = log.open().unwrap();
    for path in hash_tiles_between(TreeSize::ZERO, size).chain(entry_bundles_between(TreeSize::ZERO, size)) {
        let file = fs::read(log.tlog().join(path.to_string())).unwrap();
        assert_eq!(store.read(&path).unwrap().unwrap(), file, "{path}");
    }
    assert_eq!(fs::read_to_string(log.tlog().join("checkpoint")).unwrap(), *store.head().note);
    // One partial copy of each tile, not one for each width that it ever had.
    assert_eq!(fs::read_dir(log.tlog().join("tile/0/001.p")).unwrap().count(), 1);
}

#[test]
fn blobs_are_taken_whole_or_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    let store = BlobStore::new(folder.path().join("blobs"));
    let bytes: Vec<u8> = (0..=255).cycle().take(10_000).collect();
    let hash = Hash::of(&bytes);
    let part = |first: usize, end: usize| Part {
        first: u64::try_from(first).unwrap(),
        total: 10_000,
        bytes: &bytes[first..end],
    };
    assert_eq!(store.put(&hash, part(0, 4_000)).unwrap(), Put::Partial(4_000));
    // One that leaves a gap changes nothing, one that overlaps adds what is new.
    assert_eq!(store.put(&hash, part(5_000, 6_000)).unwrap(), Put::Partial(4_000));
    assert_eq!(store.put(&hash, part(2_000, 7_000)).unwrap(), Put::Partial(7_000));
    assert_eq!(store.read(&hash).unwrap(), None);
    assert_eq!(store.put(&hash, part(7_000, 10_000)).unwrap(), Put::Created);
    assert_eq!(store.put(&hash, part(0, 10_000)).unwrap(), Put::Existed);
    assert_eq!(store.read(&hash).unwrap().unwrap(), bytes);

    let other = Hash::of(b"other");
    assert!(matches!(store.put(&other, part(0, 10_000)), Err(BlobError::HashMismatch)));
    assert_eq!(store.held(&other), 0, "wrong bytes are thrown away");
    let too_long = Part { first: 0, total: BLOB_BYTES_MAX + 1, bytes: b"x" };
    assert!(matches!(store.put(&other, too_long), Err(BlobError::TooLarge)));
}
