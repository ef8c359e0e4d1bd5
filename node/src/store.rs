//! Where the log is kept: the truth, in plain files (`docs/architecture.md`).
//!
//! [`LogStore`] is the one abstract contract; [`FileStore`] keeps it with a journal and tlog-tiles files in one folder that one
//! process owns. [`BlobStore`] keeps what is too heavy or too personal for the log.

mod blobs;
pub(crate) mod durable;
mod edge;
mod files;
mod folder;
mod journal;
mod publisher;
mod reader;
#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use nguon_ledger::checkpoint::SignedCheckpoint;
use nguon_ledger::hash::Hash;
use nguon_ledger::tile::TilePath;
use nguon_ledger::tree::TreeSize;
use thiserror::Error;

pub use blobs::{BLOB_BYTES_MAX, BlobError, BlobStore, Part, Put};
pub use files::{FileStore, OpenStoreError};
pub use folder::{CreateError, DataFolder, OpenFolderError, create};
pub use journal::{Fault, JournalError};
pub use reader::{EntryReader, ReadEntryError, TileError, Tiles};

/// The newest state of the log that is durable.
#[derive(Debug)]
#[non_exhaustive]
pub struct Head {
    /// The signed checkpoint.
    pub checkpoint: SignedCheckpoint,
    /// Its text, as it is served and handed out.
    pub note: Arc<str>,
}

impl Head {
    /// Of a checkpoint.
    #[must_use]
    pub fn new(checkpoint: SignedCheckpoint) -> Self {
        Self { note: checkpoint.to_string().into(), checkpoint }
    }

    /// Number of entries.
    #[must_use]
    pub const fn size(&self) -> TreeSize {
        self.checkpoint.checkpoint().size()
    }

    /// Root of the tree over them.
    #[must_use]
    pub const fn root(&self) -> Hash {
        self.checkpoint.checkpoint().root()
    }
}

/// Entries that are committed together.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "a commit is entries and the head that they lead to")]
pub struct Group {
    /// Each entry with its leaf hash, in order; at most [`nguon_ledger::journal::FRAME_ENTRIES_MAX`].
    pub entries: Vec<(Hash, Vec<u8>)>,
    /// The head after them.
    pub head: Arc<Head>,
}

/// Why a group was not appended. In every case nobody may be told that it was.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AppendError {
    /// The log ends elsewhere than the caller believes: a second writer, or a bug.
    #[error("the log has {found} entries, not {expected}")]
    StaleHead {
        /// What the caller said.
        expected: TreeSize,
        /// What is so.
        found: TreeSize,
    },
    /// Nothing was written, and the log is as it was; it may work later. A full disk, mostly.
    #[error("the log store cannot take more now")]
    Unavailable(#[source] io::Error),
    /// Whether it was written is not known before the store is opened again; nothing more is taken until then.
    #[error("the log store is halted until the node is restarted")]
    Halted(#[source] io::Error),
}

/// A store of one log.
///
/// Appending is by compare-and-swap on the head, and what was appended is durable on return: entries, the tiles that follow from them, and the
/// head. (This keeps two nodes or a restored backup from showing two histories by accident; a dishonest operator is the witnesses'
/// business.) Objects never change: a path that was read once reads the same for ever.
pub trait LogStore: Send + Sync + std::fmt::Debug {
    /// The newest durable head.
    fn head(&self) -> Arc<Head>;

    /// Appends a group after exactly `expected` entries. Only one caller appends at a time.
    ///
    /// # Errors
    /// [`AppendError`]; the head is then unchanged.
    fn append(&self, expected: TreeSize, group: &Group) -> Result<(), AppendError>;

    /// The newest checkpoint that was kept with its cosignatures: one of this log, no newer than the head.
    fn cosigned(&self) -> Option<Arc<Head>>;

    /// Keeps a checkpoint of this log with its cosignatures in place of the one before, durably. One caller at a time.
    ///
    /// # Errors
    /// The disk refused; the one before is still there.
    fn keep_cosigned(&self, head: Arc<Head>) -> io::Result<()>;

    /// Reads a tile or a bundle, full or partial, of any tree up to the head; `None` when the log has none such.
    ///
    /// # Errors
    /// The disk refused, or does not hold what it should.
    fn read(&self, path: &TilePath) -> io::Result<Option<Bytes>>;
}
