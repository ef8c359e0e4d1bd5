//! The hash tiles that a tree must have, level by level as it grows.

use alloc::format;
use alloc::vec::Vec;

use nguon_ledger::hash::{HASH_BYTES, Hash};
use nguon_ledger::tile::{TILE_HEIGHT, TILE_WIDTH, TileKind, TilePath, tile_root};
use nguon_ledger::tree::LeafIndex;

use super::{AuditCheck, Finding};

/// A tile and the bytes it must have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    path: TilePath,
    bytes: Vec<u8>,
}

impl Tile {
    /// Its name.
    #[must_use]
    pub const fn path(&self) -> TilePath {
        self.path
    }

    /// Compares it with what is stored under its name, or under that of the full tile at its place.
    ///
    /// # Errors
    /// A hash differs, or some are missing.
    pub fn compare(&self, stored: &[u8]) -> Result<(), Finding> {
        let is_long_enough = stored.len() == self.bytes.len()
            || stored.len() >= self.bytes.len() && stored.len() == usize::from(TILE_WIDTH) * HASH_BYTES;
        if !is_long_enough {
            let found = Finding::new(AuditCheck::Tile, format!("{} has another length", self.path));
            return Err(found.between(format!("{} bytes", self.bytes.len()), format!("{} bytes", stored.len())));
        }
        self.compare_beginning(stored)
    }

    /// Compares the hashes that both have.
    ///
    /// # Errors
    /// One differs.
    pub fn compare_beginning(&self, stored: &[u8]) -> Result<(), Finding> {
        let pairs = self.bytes.chunks(HASH_BYTES).zip(stored.chunks(HASH_BYTES));
        for (place, (expected, found)) in (0..).zip(pairs) {
            if expected != found {
                return Err(self.differs(place, expected, found));
            }
        }
        Ok(())
    }

    fn differs(&self, place: u64, expected: &[u8], found: &[u8]) -> Finding {
        let finding =
            Finding::new(AuditCheck::Tile, format!("hash {place} of {} differs from the entries'", self.path));
        let finding = match (Hash::from_slice(expected), Hash::from_slice(found)) {
            (Some(expected), Some(found)) => finding.between(expected, found),
            _ => finding,
        };
        // At level 0 each hash is one entry's; above, it spans so many that naming one would mislead.
        let number = self.path.index().checked_mul(u64::from(TILE_WIDTH)).and_then(|first| first.checked_add(place));
        match (self.path.kind(), number) {
            (TileKind::Hashes(0), Some(index)) => finding.at(LeafIndex::new(index)),
            _ => finding,
        }
    }
}

/// The tiles being filled, one row of hashes for each level.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    /// Per level: tiles filled so far, and the hashes of the next one.
    rows: Vec<(u64, Vec<u8>)>,
    full: Vec<Tile>,
}

impl Rows {
    pub(super) fn push(&mut self, leaf_hash: Hash) {
        let mut hash = leaf_hash;
        for level in 0..u8::MAX {
            let place = usize::from(level);
            if self.rows.len() == place {
                self.rows.push((0, Vec::new()));
            }
            let Some((index, row)) = self.rows.get_mut(place) else { return };
            row.extend_from_slice(hash.as_bytes());
            if row.len() < usize::from(TILE_WIDTH) * HASH_BYTES {
                return;
            }
            let bytes = core::mem::take(row);
            let path = TilePath::new(TileKind::Hashes(level), *index, TILE_WIDTH);
            *index = index.saturating_add(1);
            let (Some(root), Ok(path)) = (tile_root(&bytes), path) else { return };
            self.full.push(Tile { path, bytes });
            hash = root;
        }
    }

    pub(super) const fn resume(rows: Vec<(u64, Vec<u8>)>) -> Self {
        Self { rows, full: Vec::new() }
    }

    pub(super) fn rows(&self) -> &[(u64, Vec<u8>)] {
        &self.rows
    }

    pub(super) fn take_full(&mut self) -> Vec<Tile> {
        core::mem::take(&mut self.full)
    }

    pub(super) fn partial(&self) -> Vec<Tile> {
        let rows = (0..).zip(&self.rows).filter(|(_, (_, row))| !row.is_empty());
        rows.filter_map(|(level, (index, row))| {
            let width = u16::try_from(row.len() / HASH_BYTES).ok()?;
            let path = TilePath::new(TileKind::Hashes(level), *index, width).ok()?;
            Some(Tile { path, bytes: row.clone() })
        })
        .collect()
    }
}

// Rows are as many as tiles have levels: a tree of 2^64 leaves has eight.
const _: () = assert!(u64::BITS / TILE_HEIGHT <= 8);
