//! What one group of entries adds to the index.

use std::collections::BTreeMap;
use std::sync::Arc;

use nguon_ledger::identifier::Origin;
use nguon_ledger::refusal::Flag;
use nguon_ledger::state::{Key, Record};
use nguon_ledger::statement::{Kind, Statement};
use nguon_ledger::tree::LeafIndex;

use super::codec::{self, CodecError, Stamp};
use super::{IndexError, Reader, parties};

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
    /// Shared with the memory that stands before sled until sled holds them.
    pub(super) pairs: BTreeMap<Arc<[u8]>, Arc<[u8]>>,
    /// Records that are likely to be read again soon.
    pub(super) records: Vec<(Vec<u8>, Record, usize)>,
    /// Where the signers' statements stand, not yet encoded: a group often has many of one signer.
    chunks: BTreeMap<Vec<u8>, Vec<u64>>,
    /// How many keys of [`codec::Table::Party`] there are with those of the group.
    parties: Option<u64>,
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
        match self.chunks.get_mut(&key) {
            Some(chunk) => chunk.push(entry.index.get()),
            None => {
                let mut chunk = reader.chunk(&key)?;
                chunk.push(entry.index.get());
                self.chunks.insert(key, chunk);
            }
        }
        if !entry.flags.is_empty() {
            self.insert(codec::flags_key(entry.index), codec::encode_flags(entry.flags)?);
        }
        if self.parties.is_none() {
            self.parties = Some(reader.parties()?);
        }
        if is_registry(entry.statement.kind()) {
            for subject in entry.writes.keys().filter_map(subject) {
                self.insert(codec::about_key(subject, entry.index), Vec::new());
            }
        } else {
            self.add_parties(reader.origin(), entry);
        }
        Ok(())
    }

    /// Adds whom an event speaks of, and who has a lot since.
    fn add_parties(&mut self, origin: &Origin, entry: &AppliedEntry<'_>) {
        for (key, record) in entry.writes {
            let (Key::Lot(lot), Record::Lot(record)) = (key, record) else { continue };
            for slug in parties::new_holders(record) {
                self.insert(codec::held_key(slug, lot), Vec::new());
            }
        }
        let others = parties::spoken_of(origin, entry);
        self.parties = self.parties.map(|count| count.saturating_add(u64::try_from(others.len()).unwrap_or(u64::MAX)));
        for slug in others {
            self.insert(codec::party_key(slug, entry.index), Vec::new());
        }
    }

    /// Adds the records that the group leaves behind.
    pub(crate) fn add_records(&mut self, records: BTreeMap<Key, Record>) -> Result<(), CodecError> {
        for (key, record) in records {
            let value = codec::encode_record(&record)?;
            let weight = value.len();
            let encoded = codec::record_key(&key);
            if is_cached(&key) {
                self.records.push((encoded.clone(), record, weight));
            }
            self.insert(encoded, value);
        }
        Ok(())
    }

    /// Ends the group and says of which tree the index is once it holds it.
    pub(crate) fn finish(&mut self, stamp: &Stamp) -> Result<(), CodecError> {
        for (key, chunk) in std::mem::take(&mut self.chunks) {
            self.insert(key, codec::encode_chunk(&chunk)?);
        }
        self.insert(codec::stamp_key(), codec::encode_stamp(stamp, self.parties.unwrap_or(0))?);
        Ok(())
    }

    fn insert(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.pairs.insert(key.into(), value.into());
    }
}

/// Whether records under this key are kept in memory: events and entries are looked up once or never, when somebody corrects or attests
/// them. What is cached when it is read must be cached when it is written too, or the cache would show what it was before.
pub(super) const fn is_cached(key: &Key) -> bool {
    !matches!(key, Key::Event(_) | Key::Entry(_))
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
