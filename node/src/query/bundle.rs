//! Proof bundles: all that a stranger needs to check a lot's story (`docs/format.md`, section 8).

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use nguon_ledger::entry::Entry;
use nguon_ledger::identifier::{ActorUri, LotKey, LotUri, Origin, PlaceUri, ProductUri};
use nguon_ledger::json::Json;
use nguon_ledger::key::PublicKey;
use nguon_ledger::state::{Key, LotRecord, Record};
use nguon_ledger::tree::{InclusionProof, LeafIndex, Prover, TreeSize};

use super::family::LOTS_MAX;
use super::{QueryError, View};
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

/// Gathers the bundle of a lot: the entries of the lot, of what it was made from, and of what corrections of these name beside them,
/// because all of them decide what a correction undid. `covering` gives the head to prove entries below a size to.
pub(crate) fn bundle(
    view: View<'_>,
    lot: Box<LotRecord>,
    covering: impl FnOnce(TreeSize) -> Arc<Head>,
) -> Result<Bundle, QueryError> {
    let uri = lot.uri.clone();
    let mut gathering = Gathering::new(view);
    gathering.want(LeafIndex::new(0));
    let mut seen = BTreeSet::from([uri.key()]);
    let mut queue = vec![lot];
    while let Some(lot) = queue.pop() {
        if seen.len() > LOTS_MAX {
            return Err(QueryError::TooLarge { limit: LOTS_MAX, what: "lots" });
        }
        gathering.name(lot.product.as_str())?;
        let mut others = gathering.chain(&lot)?;
        others.extend_from_slice(&lot.parents);
        for other in others {
            if seen.insert(other)
                && let Some(Record::Lot(record)) = view.reader.record(&Key::Lot(other))?
            {
                queue.push(record);
            }
        }
    }
    gathering.finish()?.prove(view, uri, covering)
}

/// The lots that an entry links, if it corrects another.
fn corrected_lots(entry: &Entry<'_>) -> Vec<LotKey> {
    // Most entries link one lot, and then there is no other to be found.
    if entry.links.len() < 2 {
        return Vec::new();
    }
    let is_correction = Json::parse(entry.payload).is_ok_and(|json| {
        let body = json.as_object().and_then(|statement| statement.get("body")?.as_object());
        body.and_then(|body| body.get("verb")?.as_str()) == Some("correct")
    });
    if is_correction { entry.links.iter().map(|link| link.lot).collect() } else { Vec::new() }
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

    /// The entries of a lot, from its head back along the chain of their links. Answers the lots that corrections among them name.
    fn chain(&mut self, lot: &LotRecord) -> Result<Vec<LotKey>, QueryError> {
        let (key, mut at) = (lot.uri.key(), lot.head);
        let mut corrected = Vec::new();
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
            corrected.extend(corrected_lots(&entry));
        }
        Ok(corrected)
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

    fn prove(
        self,
        view: View<'_>,
        lot: LotUri,
        covering: impl FnOnce(TreeSize) -> Arc<Head>,
    ) -> Result<Bundle, QueryError> {
        let end = self.entries.last().map_or(0, |last| last.get().saturating_add(1));
        let head = covering(TreeSize::new(end));
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
