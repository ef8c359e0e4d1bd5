use alloc::vec::Vec;
use core::cell::RefCell;

use thiserror::Error;

use super::{CompactTree, ConsistencyProof, FrontierError, InclusionProof, LeafIndex, ProofTooLong, TreeSize};
use super::{empty_root, fold_frontier};
use crate::hash::{HASH_BYTES, Hash};
use crate::tile::{TILE_HEIGHT, TILE_WIDTH, TilePath, tile_root};

/// Where hash tiles are read from.
pub trait TileReader {
    /// The bytes of one tile, as cheap to hold as the store can make them.
    type Bytes: AsRef<[u8]>;
    /// Why a tile could not be read.
    type Error;

    /// Reads the hash tile at `path`, or the full tile at its place, of which every partial one is the beginning.
    ///
    /// # Errors
    ///
    /// When the tile is not there or cannot be read.
    fn read_tile(&self, path: &TilePath) -> Result<Self::Bytes, Self::Error>;
}

/// Why a proof could not be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProveError<E> {
    /// The tree has no such leaf.
    #[error("leaf {index} is not in a tree of {size} leaves")]
    IndexBeyondSize {
        /// The leaf asked for.
        index: LeafIndex,
        /// The tree's size.
        size: TreeSize,
    },
    /// A proof runs from a tree of one leaf or more to one at least as large.
    #[error("no consistency proof runs from {old} to {new} leaves")]
    OldSizeOutOfRange {
        /// Old size asked for.
        old: TreeSize,
        /// The tree's size.
        new: TreeSize,
    },
    /// The tree is larger than any proof reaches.
    #[error("a tree of {size} leaves is too large")]
    TreeTooLarge {
        /// The tree's size.
        size: TreeSize,
    },
    /// The store gave fewer hashes than the tile holds: it is damaged.
    #[error("tile {path} is cut short")]
    ShortTile {
        /// The tile read.
        path: TilePath,
    },
    /// The tile could not be read.
    #[error("tile {path} cannot be read")]
    Read {
        /// The tile asked for.
        path: TilePath,
        /// Why.
        #[source]
        source: E,
    },
}

/// Makes the root and the proofs of one tree from its stored hash tiles, reading each tile once.
///
/// What is read is trusted: compare [`Prover::root`] with a signed checkpoint where the store is somebody else's. Tiles read
/// are held until the prover is dropped, so one prover serves one request, not a process.
#[derive(Debug)]
pub struct Prover<'a, R: TileReader> {
    reader: &'a R,
    size: u64,
    /// Tiles read so far; a proof touches two per level at most, so a list is quicker than a map.
    tiles: RefCell<Vec<(TilePath, R::Bytes)>>,
}

impl<'a, R: TileReader> Prover<'a, R> {
    /// Takes a store that holds all hash tiles of a tree of this size.
    #[must_use]
    pub const fn new(reader: &'a R, size: TreeSize) -> Self {
        Self { reader, size: size.get(), tiles: RefCell::new(Vec::new()) }
    }

    /// The tree's size.
    #[must_use]
    pub const fn size(&self) -> TreeSize {
        TreeSize::new(self.size)
    }

    /// The tree's root.
    ///
    /// # Errors
    ///
    /// [`ProveError`] when a tile cannot be read.
    pub fn root(&self) -> Result<Hash, ProveError<R::Error>> {
        self.range_root(0, self.size)
    }

    /// The tree's right edge, to grow it further.
    ///
    /// # Errors
    ///
    /// [`ProveError`] when a tile cannot be read.
    pub fn compact_tree(&self) -> Result<CompactTree, ProveError<R::Error>> {
        CompactTree::from_frontier(self.size(), self.frontier(0, self.size)?)
            .map_err(|_: FrontierError| ProveError::TreeTooLarge { size: self.size() })
    }

    /// Proves that the leaf at `index` is in the tree.
    ///
    /// # Errors
    ///
    /// [`ProveError`] when there is no such leaf or a tile cannot be read.
    pub fn inclusion(&self, index: LeafIndex) -> Result<InclusionProof, ProveError<R::Error>> {
        if index.get() >= self.size {
            return Err(ProveError::IndexBeyondSize { index, size: self.size() });
        }
        let mut hashes = Vec::new();
        let (mut start, mut end) = (0, self.size);
        while end - start > 1 {
            let middle = start + split(end - start);
            if index.get() < middle {
                hashes.push(self.range_root(middle, end)?);
                end = middle;
            } else {
                hashes.push(self.range_root(start, middle)?);
                start = middle;
            }
        }
        hashes.reverse();
        InclusionProof::new(hashes).map_err(|_: ProofTooLong| ProveError::TreeTooLarge { size: self.size() })
    }

    /// Proves that the tree of `old` leaves is the beginning of this one.
    ///
    /// # Errors
    ///
    /// [`ProveError`] when `old` is zero or beyond this tree, or a tile cannot be read.
    pub fn consistency(&self, old: TreeSize) -> Result<ConsistencyProof, ProveError<R::Error>> {
        if old == TreeSize::ZERO || old > self.size() {
            return Err(ProveError::OldSizeOutOfRange { old, new: self.size() });
        }
        let mut hashes = Vec::new();
        let (mut start, mut end) = (0, self.size);
        while old.get() != end {
            let middle = start + split(end - start);
            if old.get() <= middle {
                hashes.push(self.range_root(middle, end)?);
                end = middle;
            } else {
                hashes.push(self.range_root(start, middle)?);
                start = middle;
            }
        }
        // What is left is the subtree at the old tree's end; where it is the whole old tree its root is known already.
        if start != 0 {
            hashes.push(self.range_root(start, end)?);
        }
        hashes.reverse();
        ConsistencyProof::new(hashes).map_err(|_: ProofTooLong| ProveError::TreeTooLarge { size: self.size() })
    }

    /// Root over the leaves `start..end`, where `start` is a multiple of the smallest power of two that covers the range.
    fn range_root(&self, start: u64, end: u64) -> Result<Hash, ProveError<R::Error>> {
        Ok(fold_frontier(&self.frontier(start, end)?).unwrap_or_else(empty_root))
    }

    /// Roots of the perfect subtrees of such a range, largest first.
    fn frontier(&self, mut start: u64, end: u64) -> Result<Vec<Hash>, ProveError<R::Error>> {
        let mut roots = Vec::new();
        while let Some(height) = (end - start).checked_ilog2() {
            roots.push(self.node(height, start >> height)?);
            start += 1 << height;
        }
        Ok(roots)
    }

    /// Root of the `index`-th perfect subtree of `height`, which must lie within the tree. Only heights that are multiples
    /// of the tile height are stored; the others are hashed together from at most half a tile.
    fn node(&self, height: u32, index: u64) -> Result<Hash, ProveError<R::Error>> {
        let tile_level = height / TILE_HEIGHT;
        let inner_height = height % TILE_HEIGHT;
        let first = index << inner_height;
        let (tile_index, offset) = (first / u64::from(TILE_WIDTH), first % u64::from(TILE_WIDTH));
        let too_large = || ProveError::TreeTooLarge { size: self.size() };
        let level = u8::try_from(tile_level).map_err(|_| too_large())?;
        let path = TilePath::hash_tile_of(self.size(), level, tile_index).ok_or_else(too_large)?;
        let short = || ProveError::ShortTile { path };

        let offset = usize::try_from(offset).map_err(|_| too_large())? * HASH_BYTES;
        let length = HASH_BYTES << inner_height;
        let mut tiles = self.tiles.borrow_mut();
        if let Some((_, bytes)) = tiles.iter().find(|(held, _)| *held == path) {
            return subtree(bytes.as_ref(), offset, length).ok_or_else(short);
        }
        let bytes = self.reader.read_tile(&path).map_err(|source| ProveError::Read { path, source })?;
        let root = subtree(bytes.as_ref(), offset, length).ok_or_else(short);
        tiles.push((path, bytes));
        root
    }
}

/// Root over the hashes in a part of a tile.
fn subtree(tile: &[u8], offset: usize, length: usize) -> Option<Hash> {
    tile_root(tile.get(offset..)?.get(..length)?)
}

/// Largest power of two smaller than `leaves`, which is two or more: where RFC 6962 splits a tree.
fn split(leaves: u64) -> u64 {
    1 << (leaves - 1).ilog2()
}
