//! What one group of entries adds to the index.

use std::collections::BTreeMap;

use nguon_ledger::refusal::Flag;
use nguon_ledger::state::{Key, Record};
use nguon_ledger::statement::{Kind, Statement};
use nguon_ledger::tree::LeafIndex;

use super::codec::{self, CodecError, Stamp};
use super::{IndexError, Reader};

/// An entry that was applied, as far as the index cares.
#[derive(Debug)]
pub(crate) struct AppliedEntry<'a> {
    pub(crate) index: LeafIndex,
    pub(crate) statement: &'a Statement<'a>,
    pub(crate) flags: &'a [Flag],
    pub(crate) writes: &'a BTreeMap<Key, Record>,
}

/// The writes of a group, encoded; later writes to a key replace earlier ones.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    entries: usize,
    pub(super) pairs: BTreeMap<Vec<u8>, Vec<u8>>,
    pub(super) records: Vec<(Vec<u8>, Record, usize)>,
}

impl Applied {
    /// How many entries.
    pub(crate) const fn entries(&self) -> usize {
        self.entries
    }

    /// Adds what follows from an entry beside its records: how it is found again.
    pub(crate) fn add(&mut self, reader: &Reader, entry: &AppliedEntry<'_>) -> Result<(), IndexError> {
        self.entries += 1;
        let (signer, seq) = (entry.statement.signer(), entry.statement.position().seq);
        let key = codec::statements_key(&signer, seq);
        let mut chunk = match self.pairs.get(&key) {
            Some(chunk) => codec::decode_chunk(chunk)?,
            None => reader.chunk(&key)?,
        };
        chunk.push(entry.index.get());
        self.pairs.insert(key, codec::encode_chunk(&chunk)?);
        if !entry.flags.is_empty() {
            self.pairs.insert(codec::flags_key(entry.index), codec::encode_flags(entry.flags)?);
        }
        if is_registry(entry.statement.kind()) {
            for subject in entry.writes.keys().filter_map(subject) {
                self.pairs.insert(codec::about_key(subject, entry.index), Vec::new());
            }
        }
        Ok(())
    }

    /// Adds the records that the group leaves behind.
    pub(crate) fn add_records(&mut self, records: BTreeMap<Key, Record>) -> Result<(), CodecError> {
        for (key, record) in records {
            let value = codec::encode_record(&record)?;
            let weight = value.len();
            let key = codec::record_key(&key);
            self.pairs.insert(key.clone(), value);
            self.records.push((key, record, weight));
        }
        Ok(())
    }

    /// Says of which tree the index is once it holds the group.
    pub(crate) fn stamp(&mut self, stamp: &Stamp) -> Result<(), CodecError> {
        self.pairs.insert(codec::stamp_key(), codec::encode_stamp(stamp)?);
        Ok(())
    }
}

/// Whether statements of this kind are about an actor, a product or a place.
const fn is_registry(kind: Kind) -> bool {
    match kind {
        Kind::Charter | Kind::Actor | Kind::Key | Kind::Product | Kind::Place => true,
        Kind::Event | Kind::Attest => false,
    }
}

/// Whom a registry statement that writes this record is about.
fn subject(key: &Key) -> Option<&str> {
    match key {
        Key::Actor(uri) => Some(uri.as_str()),
        Key::Product(uri) => Some(uri.as_str()),
        Key::Place(uri) => Some(uri.as_str()),
        Key::Charter
        | Key::Signer(_)
        | Key::Gtin(_)
        | Key::Lot(_)
        | Key::Child { .. }
        | Key::Event(_)
        | Key::Entry(_) => None,
    }
}
