//! Applies the entries of the log again, to bring an index up to the log's head.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use nguon_ledger::entry::{Entry, EntryError};
use nguon_ledger::hash::Hash;
use nguon_ledger::refusal::Refusal;
use nguon_ledger::rules::{self, ApplyError, Context, Proposal, Scope};
use nguon_ledger::state::{Key, Overlay, ReadState, Record};
use nguon_ledger::statement::Statement;
use nguon_ledger::tree::{CompactTree, LeafIndex, Prover, TreeSize};
use thiserror::Error;

use super::applied::{Applied, AppliedEntry};
use super::codec::{CodecError, Stamp};
use super::{IndexError, Reader};
use crate::store::{EntryReader, LogStore, ReadEntryError, Tiles};

/// How often progress is told.
const TELL: Duration = Duration::from_secs(1);

/// Why the log could not be applied. The truth is at fault, not the index: the node must not go on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// An entry could not be read.
    #[error("entry {index} cannot be read")]
    Read {
        /// The entry.
        index: LeafIndex,
        /// Why.
        #[source]
        source: ReadEntryError,
    },
    /// The log ends before its head.
    #[error("entry {index} is missing")]
    Missing {
        /// The entry.
        index: LeafIndex,
    },
    /// The bytes are no entry.
    #[error("entry {index} is damaged")]
    Entry {
        /// The entry.
        index: LeafIndex,
        /// Why.
        #[source]
        source: EntryError,
    },
    /// The rules refuse what the log holds.
    #[error("entry {index} breaks the rules; run `nguon-verify audit` on the folder")]
    Refused {
        /// The entry.
        index: LeafIndex,
        /// Why.
        #[source]
        source: Refusal,
    },
    /// The bundles do not make the tree that the tiles make.
    #[error("the entries up to {size} do not make the tree of the checkpoint; run `nguon-verify audit` on the folder")]
    Root {
        /// Where that was found.
        size: TreeSize,
    },
    /// A tile could not be read.
    #[error("the tree cannot be read: {detail}")]
    Tree {
        /// Why.
        detail: String,
    },
    /// The index cannot be read or written.
    #[error("the index cannot be used")]
    Index(#[source] IndexError),
}

impl From<CodecError> for ReplayError {
    fn from(error: CodecError) -> Self {
        Self::Index(IndexError::Codec(error))
    }
}

/// The tree of the log's first `size` entries.
pub(super) fn tree_at(store: &dyn LogStore, size: TreeSize) -> Result<CompactTree, ReplayError> {
    let tree = Prover::new(&Tiles::new(store), size).compact_tree();
    tree.map_err(|error| ReplayError::Tree { detail: error.to_string() })
}

/// Applies all entries from the end of `tree` to the store's head, and hands groups of them to `write`.
pub(super) fn replay(
    store: &dyn LogStore,
    reader: &Reader,
    mut tree: CompactTree,
    entries_max: usize,
    progress: &dyn Fn(TreeSize, TreeSize),
    write: &mut dyn FnMut(Applied) -> Result<(), IndexError>,
) -> Result<(), ReplayError> {
    let head = store.head();
    let mut entries = EntryReader::new(store);
    let mut told = Instant::now();
    while tree.size() < head.size() {
        let mut group = Replayed { overlay: Overlay::new(reader), applied: Applied::default() };
        while group.applied.entries() < entries_max && tree.size() < head.size() {
            let index = LeafIndex::new(tree.size().get());
            let bytes = entries.read(index).map_err(|source| ReplayError::Read { index, source })?;
            let bytes = bytes.ok_or(ReplayError::Missing { index })?;
            let leaf_hash = Hash::of_leaf(&bytes);
            group.apply(reader, index, leaf_hash, &bytes)?;
            tree.push(leaf_hash);
        }
        if tree.size() == head.size() && tree.root() != head.root() {
            return Err(ReplayError::Root { size: tree.size() });
        }
        let mut applied = group.applied;
        applied.add_records(group.overlay.into_writes())?;
        applied.finish(&Stamp { size: tree.size(), root: tree.root() })?;
        write(applied).map_err(ReplayError::Index)?;
        if told.elapsed() >= TELL || tree.size() == head.size() {
            progress(tree.size(), head.size());
            told = Instant::now();
        }
    }
    Ok(())
}

struct Replayed<'r> {
    overlay: Overlay<&'r Reader>,
    applied: Applied,
}

impl Replayed<'_> {
    fn apply(&mut self, reader: &Reader, index: LeafIndex, leaf_hash: Hash, bytes: &[u8]) -> Result<(), ReplayError> {
        let entry = Entry::parse(bytes).map_err(|source| ReplayError::Entry { index, source })?;
        let refused = |source| ReplayError::Refused { index, source };
        let statement = Statement::parse(entry.payload).map_err(refused)?;
        let context = Context { index, received_at: entry.received_at, scope: Scope::Whole };
        let proposal = Proposal::new(reader.origin(), &statement, entry.payload);
        let effects = rules::apply(&self.overlay, &context, &proposal).map_err(|error| match error {
            ApplyError::Refused(refusal) => refused(refusal),
            ApplyError::State(error) => ReplayError::Index(error),
        })?;
        let flags = effects.flags().to_vec();
        let writes: BTreeMap<Key, Record> = effects.finish(leaf_hash);
        let applied = AppliedEntry { index, statement: &statement, flags: &flags, writes: &writes };
        self.applied.add(reader, &applied).map_err(ReplayError::Index)?;
        self.overlay.write(writes);
        Ok(())
    }
}

/// A state that nothing is written in front of.
impl ReadState for Reader {
    type Error = IndexError;

    fn read(&self, key: &Key) -> Result<Option<Record>, IndexError> {
        self.record(key)
    }
}
