//! Proof bundles: all that a stranger needs to check a lot's story (`docs/format.md`, section 8).

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use nguon_ledger::entry::Entry;
use nguon_ledger::identifier::{ActorUri, LotUri, Origin, PlaceUri, ProductUri};
use nguon_ledger::json::Json;
use nguon_ledger::key::PublicKey;
use nguon_ledger::state::{Key, LotRecord, Record};
use nguon_ledger::tree::{InclusionProof, LeafIndex, Prover};

use super::{Direction, QueryError, View, trace};
use crate::store::{EntryReader, Head, Tiles};

/// Most entries of a bundle: with some 2 KiB of base64 and proof each, what a reader of 32 MiB still takes.
const ENTRIES_MAX: usize = 15_000;

/// An entry with its proof.
#[derive(Debug)]
pub(crate) struct Proven {
    pub(crate) index: LeafIndex,
    pub(crate) entry: Bytes,
    pub(crate) proof: InclusionProof,
}

/// A lot's story with all that proves it.
#[derive(Debug)]
pub(crate) struct Bundle {
    pub(crate) lot: LotUri,
    pub(crate) head: Arc<Head>,
    pub(crate) entries: Vec<Proven>,
}

/// Gathers the bundle of a lot.
pub(crate) fn bundle(view: View<'_>, lot: Box<LotRecord>) -> Result<Bundle, QueryError> {
    let uri = lot.uri.clone();
    let family = trace(view, lot, Direction::Back)?;
    // Taken after the records were read, so that it covers all that they name; every entry found below is in its tree.
    let mut gathering = Gathering::new(view);
    gathering.want(LeafIndex::new(0));
    for node in &family.nodes {
        gathering.name(node.record.product.as_str())?;
        gathering.chain(&node.record)?;
    }
    gathering.finish()?.prove(view, uri)
}

/// Entries that are in the bundle, and those that are still to be read for what they name.
struct Gathering<'v> {
    view: View<'v>,
    entries: BTreeSet<LeafIndex>,
    unread: Vec<LeafIndex>,
    named: BTreeSet<String>,
    signers: BTreeSet<PublicKey>,
}

impl<'v> Gathering<'v> {
    const fn new(view: View<'v>) -> Self {
        Self { view, entries: BTreeSet::new(), unread: Vec::new(), named: BTreeSet::new(), signers: BTreeSet::new() }
    }

    fn want(&mut self, index: LeafIndex) {
        if self.entries.insert(index) {
            self.unread.push(index);
        }
    }

    /// The entries of a lot, from its head back along the chain of their links.
    fn chain(&mut self, lot: &LotRecord) -> Result<(), QueryError> {
        let (key, mut at) = (lot.uri.key(), lot.head);
        let mut reader = EntryReader::new(self.view.store);
        for seq in (0..lot.seq).rev() {
            let broken = || QueryError::Log { detail: format!("no entry {seq} of lot {}", lot.uri) };
            let Some(Record::Entry(record)) = self.view.reader.record(&Key::Entry(at))? else { return Err(broken()) };
            self.want(record.index);
            if self.entries.len() > ENTRIES_MAX {
                return Err(QueryError::TooLarge { limit: ENTRIES_MAX, what: "entries" });
            }
            let bytes = reader.read(record.index)?.ok_or_else(broken)?;
            let entry = Entry::parse(&bytes).map_err(|_| broken())?;
            let link = entry.links.iter().find(|link| link.lot == key && link.seq == seq);
            at = link.ok_or_else(broken)?.previous;
        }
        Ok(())
    }

    /// An actor, product or place is named: all registry statements about it are wanted.
    fn name(&mut self, uri: &str) -> Result<(), QueryError> {
        if !self.named.insert(uri.to_owned()) {
            return Ok(());
        }
        for index in self.view.reader.about(uri, ENTRIES_MAX)? {
            self.want(index);
        }
        Ok(())
    }

    fn signer(&mut self, key: PublicKey) -> Result<(), QueryError> {
        if self.signers.insert(key)
            && let Some(Record::Signer(signer)) = self.view.reader.record(&Key::Signer(key))?
        {
            self.name(signer.actor.as_str())?;
        }
        Ok(())
    }

    /// Reads entries until none names anything new.
    fn finish(mut self) -> Result<Self, QueryError> {
        let mut reader = EntryReader::new(self.view.store);
        while !self.unread.is_empty() {
            if self.entries.len() > ENTRIES_MAX {
                return Err(QueryError::TooLarge { limit: ENTRIES_MAX, what: "entries" });
            }
            let mut batch = std::mem::take(&mut self.unread);
            batch.sort_unstable();
            for index in batch {
                let damaged = |detail: String| QueryError::Log { detail: format!("entry {index}: {detail}") };
                let bytes = reader.read(index)?.ok_or_else(|| damaged("missing".to_owned()))?;
                let entry = Entry::parse(&bytes).map_err(|error| damaged(error.to_string()))?;
                let json = Json::parse(entry.payload).map_err(|error| damaged(error.to_string()))?;
                self.signer(entry.signer)?;
                let mut uris = BTreeSet::new();
                gather_uris(self.view.origin(), &json, &mut uris);
                for uri in uris {
                    self.name(&uri)?;
                }
            }
        }
        Ok(self)
    }

    fn prove(self, view: View<'_>, lot: LotUri) -> Result<Bundle, QueryError> {
        let head = view.store.head();
        let tiles = Tiles::new(view.store);
        let prover = Prover::new(&tiles, head.size());
        let mut reader = EntryReader::new(view.store);
        let mut entries = Vec::with_capacity(self.entries.len());
        for index in self.entries {
            let missing = || QueryError::Log { detail: format!("entry {index}: missing") };
            let entry = reader.read(index)?.ok_or_else(missing)?;
            let proof = prover.inclusion(index);
            let proof = proof.map_err(|error| QueryError::Log { detail: error.to_string() })?;
            entries.push(Proven { index, entry, proof });
        }
        Ok(Bundle { lot, head, entries })
    }
}

/// The actors, products and places of the ledger that any text of a statement names.
fn gather_uris(origin: &Origin, json: &Json<'_>, found: &mut BTreeSet<String>) {
    match json {
        Json::String(text) => {
            let is_record = ActorUri::parse(origin, text).is_ok()
                || ProductUri::parse(origin, text).is_ok()
                || PlaceUri::parse(origin, text).is_ok();
            if is_record {
                found.insert(text.clone().into_owned());
            }
        }
        Json::Array(values) => values.iter().for_each(|value| gather_uris(origin, value, found)),
        Json::Object(object) => object.iter().for_each(|(_, value)| gather_uris(origin, value, found)),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}
