//! Reading entries, and tiles for proofs, from any log store.

use std::io;

use bytes::Bytes;
use nguon_ledger::tile::TilePath;
use nguon_ledger::tree::{LeafIndex, TileReader, TreeSize};
use thiserror::Error;

use super::{LogStore, edge};

/// A log store as a source of hash tiles.
#[derive(Clone, Copy, Debug)]
pub struct Tiles<'s>(&'s dyn LogStore);

impl<'s> Tiles<'s> {
    /// Reads from this store.
    #[must_use]
    pub const fn new(store: &'s dyn LogStore) -> Self {
        Self(store)
    }
}

/// Why a tile could not be read. The disk is at fault.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TileError {
    /// It is not there.
    #[error("the tile is missing")]
    Missing,
    /// The disk refused.
    #[error("the tile cannot be read")]
    Io(#[source] io::Error),
}

impl TileReader for Tiles<'_> {
    type Bytes = Bytes;
    type Error = TileError;

    fn read_tile(&self, path: &TilePath) -> Result<Bytes, TileError> {
        self.0.read(path).map_err(TileError::Io)?.ok_or(TileError::Missing)
    }
}

/// Why an entry could not be read. The disk is at fault.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReadEntryError {
    /// Its bundle is not there, or shorter than it must be.
    #[error("the bundle {path} is missing or cut short; restore it from a backup or a mirror")]
    Missing {
        /// The bundle.
        path: TilePath,
    },
    /// The disk refused.
    #[error("the bundle {path} cannot be read")]
    Io {
        /// The bundle.
        path: TilePath,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Reads entries of one tree and keeps the last bundle, so that neighbours cost one read.
#[derive(Debug)]
pub struct EntryReader<'s> {
    store: &'s dyn LogStore,
    size: TreeSize,
    bundle: Option<(TilePath, Bytes)>,
}

impl<'s> EntryReader<'s> {
    /// Reads the tree that the store's head names now.
    #[must_use]
    pub fn new(store: &'s dyn LogStore) -> Self {
        Self { store, size: store.head().size(), bundle: None }
    }

    /// The size of the tree that is read.
    #[must_use]
    pub const fn size(&self) -> TreeSize {
        self.size
    }

    /// The entry at `index`; `None` beyond the tree.
    ///
    /// # Errors
    /// The bundle could not be read.
    pub fn read(&mut self, index: LeafIndex) -> Result<Option<Bytes>, ReadEntryError> {
        let Some((path, place)) = TilePath::bundle_of(self.size, index) else { return Ok(None) };
        let held = self.bundle.as_ref().filter(|(held, _)| *held == path).map(|(_, bundle)| bundle.clone());
        let bundle = match held {
            Some(bundle) => bundle,
            None => {
                let read = self.store.read(&path).map_err(|source| ReadEntryError::Io { path, source })?;
                read.ok_or(ReadEntryError::Missing { path })?
            }
        };
        let entry = edge::entry_of(&bundle, place).ok_or(ReadEntryError::Missing { path })?;
        self.bundle = Some((path, bundle));
        Ok(Some(entry))
    }
}
