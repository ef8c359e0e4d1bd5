//! The right edge of the log: tiles and bundle that are not full yet.

use bytes::Bytes;
use nguon_ledger::hash::{HASH_BYTES, Hash};
use nguon_ledger::tile::{EntryTooLong, TILE_HEIGHT, TILE_WIDTH, TileKind, TilePath, push_entry, tile_root};
use nguon_ledger::tree::TreeSize;

/// A tile with the name under which it is read.
pub(crate) type NamedTile = (TilePath, Bytes);

/// The partial tiles of every level and the partial bundle: at most 255 hashes a level and 255 entries.
#[derive(Debug, Default)]
pub(crate) struct Edge {
    size: u64,
    /// The hashes of each level's partial tile, one after another.
    levels: Vec<Vec<u8>>,
    bundle: Vec<u8>,
    /// Where each entry of the bundle ends.
    ends: Vec<usize>,
}

impl Edge {
    /// The edge of a tree whose size is a multiple of 256: no entries, and the hashes of the partial tiles from level 1 up.
    pub(crate) fn of_full_bundles(size: TreeSize, hashes: Vec<Vec<Hash>>) -> Self {
        let flat = hashes.into_iter().map(|level| level.iter().flat_map(|hash| *hash.as_bytes()).collect());
        Self { size: size.get(), levels: [Vec::new()].into_iter().chain(flat).collect(), ..Self::default() }
    }

    pub(crate) const fn size(&self) -> TreeSize {
        TreeSize::new(self.size)
    }

    /// Adds an entry; tiles that became full by it are moved to `full`.
    pub(crate) fn push(
        &mut self,
        leaf_hash: Hash,
        entry: &[u8],
        full: &mut Vec<NamedTile>,
    ) -> Result<(), EntryTooLong> {
        push_entry(&mut self.bundle, entry)?;
        self.ends.push(self.bundle.len());
        if self.ends.len() == usize::from(TILE_WIDTH) {
            self.ends.clear();
            let bundle = std::mem::take(&mut self.bundle);
            full.extend(name(TileKind::Entries, self.size / u64::from(TILE_WIDTH), bundle));
        }
        self.push_hash(0, leaf_hash, full);
        self.size += 1;
        Ok(())
    }

    fn push_hash(&mut self, level: u8, hash: Hash, full: &mut Vec<NamedTile>) {
        let at = usize::from(level);
        if self.levels.len() <= at {
            self.levels.resize_with(at + 1, Vec::new);
        }
        let Some(tile) = self.levels.get_mut(at) else { return };
        tile.extend_from_slice(hash.as_bytes());
        if tile.len() < usize::from(TILE_WIDTH) * HASH_BYTES {
            return;
        }
        let tile = std::mem::take(tile);
        let root = tile_root(&tile);
        // The tile's last leaf is the one being added.
        let index = self.size >> (TILE_HEIGHT * (u32::from(level) + 1));
        full.extend(name(TileKind::Hashes(level), index, tile));
        if let Some(root) = root {
            self.push_hash(level + 1, root, full);
        }
    }

    /// A partial tile, no wider than it is now; `None` when the place is not at the edge.
    pub(crate) fn read(&self, path: &TilePath) -> Option<Bytes> {
        let now = TilePath::of_tree(path.kind(), self.size(), path.index())?;
        if now.is_full() || path.width() > now.width() {
            return None;
        }
        let width = usize::from(path.width());
        match path.kind() {
            TileKind::Hashes(level) => {
                let tile = self.levels.get(usize::from(level))?;
                tile.get(..width * HASH_BYTES).map(Bytes::copy_from_slice)
            }
            TileKind::Entries => {
                let end = *self.ends.get(width.checked_sub(1)?)?;
                self.bundle.get(..end).map(Bytes::copy_from_slice)
            }
        }
    }

    /// All partial tiles as wide as they are.
    pub(crate) fn partial_tiles(&self) -> Vec<NamedTile> {
        let kinds = (0..).take(self.levels.len()).map(TileKind::Hashes).chain([TileKind::Entries]);
        kinds
            .filter_map(|kind| {
                let level = if let TileKind::Hashes(level) = kind { u32::from(level) } else { 0 };
                let index = self.size.checked_shr(TILE_HEIGHT * (level + 1)).unwrap_or(0);
                let path = TilePath::of_tree(kind, self.size(), index)?;
                Some((path, self.read(&path)?))
            })
            .collect()
    }
}

fn name(kind: TileKind, index: u64, tile: Vec<u8>) -> Option<NamedTile> {
    Some((TilePath::new(kind, index, TILE_WIDTH).ok()?, tile.into()))
}

/// The beginning of a full tile, as wide as `path` says; `None` when the tile is shorter.
pub(crate) fn narrow(path: &TilePath, full: &Bytes) -> Option<Bytes> {
    if let Some(length) = path.hash_bytes() {
        return (length <= full.len()).then(|| full.slice(..length));
    }
    let end = end_of_entry(full, path.width().checked_sub(1)?)?;
    Some(full.slice(..end))
}

/// Where the entry at `place` of a bundle ends.
fn end_of_entry(bundle: &[u8], place: u16) -> Option<usize> {
    let mut end = 0;
    for _ in 0..=place {
        end = entry_range(bundle, end)?.end;
    }
    Some(end)
}

/// The bytes of the entry whose length stands at `at`.
fn entry_range(bundle: &[u8], at: usize) -> Option<std::ops::Range<usize>> {
    let length = bundle.get(at..)?.first_chunk::<2>()?;
    let start = at + 2;
    let end = start + usize::from(u16::from_be_bytes(*length));
    (end <= bundle.len()).then_some(start..end)
}

/// The entry at `place` of a bundle.
pub(crate) fn entry_of(bundle: &Bytes, place: usize) -> Option<Bytes> {
    let mut range = entry_range(bundle, 0)?;
    for _ in 0..place {
        range = entry_range(bundle, range.end)?;
    }
    Some(bundle.slice(range))
}
