//! Questions about the ledger, answered from the log and the index. No HTTP here.

mod activity;
mod bundle;
mod family;
mod records;

use bytes::Bytes;
use nguon_ledger::identifier::Origin;
use nguon_ledger::tree::{InclusionProof, LeafIndex, Prover};
use thiserror::Error;

pub(crate) use activity::{Brief, EntriesAsked, LotsAsked, actor_entries, actor_lots, entry_by_code};
pub(crate) use bundle::bundle;
pub(crate) use family::{Direction, find_lot, trace};
pub(crate) use records::{RecordKind, Shown, record, record_list};

use crate::index::{IndexError, Reader};
use crate::store::{EntryReader, Head, LogStore, ReadEntryError, Tiles};

/// Why a question has no answer.
#[derive(Debug, Error)]
pub(crate) enum QueryError {
    /// There is no such thing.
    #[error("no such {what}")]
    NotFound { what: &'static str },
    /// The question is not one.
    #[error("{detail}")]
    Malformed { field: &'static str, detail: String },
    /// The answer would be longer than is given out.
    #[error("the answer would have more than {limit} {what}")]
    TooLarge { limit: usize, what: &'static str },
    /// The index failed.
    #[error("the index cannot be read")]
    Index(#[from] IndexError),
    /// The log could not be read.
    #[error("the log cannot be read")]
    Entry(#[from] ReadEntryError),
    /// The log holds something that it should not.
    #[error("the log is not as it should be: {detail}")]
    Log { detail: String },
}

/// What questions are answered from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'v> {
    pub(crate) store: &'v dyn LogStore,
    pub(crate) reader: &'v Reader,
}

impl<'v> View<'v> {
    pub(crate) fn origin(&self) -> &'v Origin {
        self.reader.origin()
    }
}

/// An entry's bytes.
pub(crate) fn entry(store: &dyn LogStore, index: LeafIndex) -> Result<Bytes, QueryError> {
    EntryReader::new(store).read(index)?.ok_or(QueryError::NotFound { what: "entry" })
}

/// An entry's inclusion proof to a head of the store.
pub(crate) fn proof(store: &dyn LogStore, index: LeafIndex, head: &Head) -> Result<InclusionProof, QueryError> {
    if index.get() >= head.size().get() {
        return Err(QueryError::NotFound { what: "entry" });
    }
    let proof = Prover::new(&Tiles::new(store), head.size()).inclusion(index);
    proof.map_err(|error| QueryError::Log { detail: error.to_string() })
}
