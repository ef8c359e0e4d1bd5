//! Makes the proof bundle of a lot from a whole log, for those who have the log and no node to ask.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::convert::Infallible;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nguon_ledger::checkpoint::SignedCheckpoint;
use nguon_ledger::entry::Entry;
use nguon_ledger::hash::{HASH_BYTES, Hash};
use nguon_ledger::identifier::{ActorUri, LotKey, LotUri, Origin, PlaceUri, ProductUri};
use nguon_ledger::json::{Json, Object};
use nguon_ledger::key::PublicKey;
use nguon_ledger::statement::{Kind, Statement};
use nguon_ledger::tile::{TILE_WIDTH, TileKind, TilePath, tile_root};
use nguon_ledger::tree::{LeafIndex, ProveError, Prover, TileReader, TreeSize};

use super::{BUNDLE_VERSION, reading};
use crate::verdict::json;

/// What must be known of every entry of a log to choose those of any lot's bundle: some hundred bytes each, not the entries themselves.
#[derive(Debug)]
pub struct Gatherer {
    origin: Origin,
    leaves: Vec<u8>,
    /// Per lot, the entries that link it.
    of_lot: BTreeMap<LotKey, Vec<LeafIndex>>,
    /// Per lot, those that belong to its bundles.
    leads_to: BTreeMap<LotKey, Vec<LotKey>>,
    /// Per actor, product or place, the statements about it.
    about: BTreeMap<u32, Vec<LeafIndex>>,
    /// Per entry, the actors, products and places that it names.
    named: Vec<Vec<u32>>,
    actor_of: BTreeMap<PublicKey, u32>,
    uris: BTreeMap<String, u32>,
}

impl Gatherer {
    /// Nothing seen yet of this ledger.
    #[must_use]
    pub const fn new(origin: Origin) -> Self {
        Self {
            origin,
            leaves: Vec::new(),
            of_lot: BTreeMap::new(),
            leads_to: BTreeMap::new(),
            about: BTreeMap::new(),
            named: Vec::new(),
            actor_of: BTreeMap::new(),
            uris: BTreeMap::new(),
        }
    }

    /// Takes note of the next entry, from the first on without a gap.
    pub fn learn(&mut self, leaf_hash: Hash, parts: Option<(&Entry<'_>, &Statement<'_>)>) {
        let index = LeafIndex::new(u64::try_from(self.named.len()).unwrap_or(u64::MAX));
        self.leaves.extend_from_slice(leaf_hash.as_bytes());
        let mut named = Vec::new();
        if let Some((entry, statement)) = parts {
            for link in &entry.links {
                self.of_lot.entry(link.lot).or_default().push(index);
            }
            for (from, to) in reading::step(&self.origin, entry, statement)
                .into_iter()
                .flat_map(|(from, to)| from.into_iter().map(move |lot| (lot, to.clone())))
            {
                self.leads_to.entry(from).or_default().extend(to);
            }
            self.learn_keys(statement);
            if let Some(uri) = subject(statement) {
                let uri = self.number(&uri);
                self.about.entry(uri).or_default().push(index);
            }
            named.extend(self.actor_of.get(&entry.signer));
            self.uris_in(statement.body(), &mut named);
        }
        self.named.push(named);
    }

    fn number(&mut self, uri: &str) -> u32 {
        let next = u32::try_from(self.uris.len()).unwrap_or(u32::MAX);
        *self.uris.entry(uri.to_string()).or_insert(next)
    }

    /// Whose the keys are that a statement adds.
    fn learn_keys(&mut self, statement: &Statement<'_>) {
        let body = match statement.kind() {
            Kind::Charter => statement.body().get("operator").and_then(Json::as_object),
            Kind::Actor | Kind::Key => Some(statement.body()),
            Kind::Product | Kind::Place | Kind::Event | Kind::Attest => None,
        };
        let Some(body) = body else { return };
        let text = |key| body.get(key).and_then(Json::as_str);
        let keys = body.get("keys").and_then(Json::as_array).unwrap_or_default();
        let keys: Vec<_> = keys.iter().filter_map(Json::as_str).chain(text("add")).collect();
        let actor = match statement.kind() {
            Kind::Charter | Kind::Actor => text("id"),
            Kind::Key => text("actor"),
            Kind::Product | Kind::Place | Kind::Event | Kind::Attest => None,
        };
        let Some(actor) = actor.map(|actor| self.number(actor)) else { return };
        for key in keys.into_iter().filter_map(PublicKey::from_hex) {
            self.actor_of.entry(key).or_insert(actor);
        }
    }

    fn uris_in(&mut self, object: &Object<'_>, found: &mut Vec<u32>) {
        object.iter().for_each(|(_, json)| self.uris_of(json, found));
    }

    fn uris_of(&mut self, json: &Json<'_>, found: &mut Vec<u32>) {
        match json {
            Json::String(text) => {
                let is_record = ActorUri::parse(&self.origin, text).is_ok()
                    || ProductUri::parse(&self.origin, text).is_ok()
                    || PlaceUri::parse(&self.origin, text).is_ok();
                if is_record {
                    let number = self.number(text);
                    found.push(number);
                }
            }
            Json::Array(values) => values.iter().for_each(|value| self.uris_of(value, found)),
            Json::Object(object) => self.uris_in(object, found),
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }

    /// The entries of a lot's bundle (`docs/format.md`, section 8); none if the log has no entry of the lot.
    #[must_use]
    pub fn choose(&self, lot: &LotUri) -> BTreeSet<LeafIndex> {
        if !self.of_lot.contains_key(&lot.key()) {
            return BTreeSet::new();
        }
        let mut lots = BTreeSet::from([lot.key()]);
        let mut queue = Vec::from([lot.key()]);
        let mut chosen = BTreeSet::from([LeafIndex::new(0)]);
        while let Some(lot) = queue.pop() {
            chosen.extend(self.of_lot.get(&lot).into_iter().flatten());
            let others = self.leads_to.get(&lot).into_iter().flatten();
            queue.extend(others.filter(|other| lots.insert(**other)));
        }
        let mut unread: Vec<_> = chosen.iter().copied().collect();
        let mut names = BTreeSet::new();
        while let Some(index) = unread.pop() {
            let place = usize::try_from(index.get()).unwrap_or(usize::MAX);
            let named = self.named.get(place).into_iter().flatten().filter(|uri| names.insert(**uri));
            let about = named.filter_map(|uri| self.about.get(uri)).flatten();
            unread.extend(about.filter(|other| chosen.insert(**other)));
        }
        chosen
    }

    /// Writes the bundle of a lot of these entries, proven against a checkpoint of all entries seen.
    ///
    /// # Errors
    /// [`ProveError`] when the checkpoint is of more entries than were seen.
    pub fn bundle(
        &self,
        lot: &LotUri,
        checkpoint: &SignedCheckpoint,
        entries: &BTreeMap<LeafIndex, Vec<u8>>,
    ) -> Result<String, ProveError<Infallible>> {
        let tiles = MemoryTiles::new(&self.leaves);
        let prover = Prover::new(&tiles, checkpoint.checkpoint().size());
        let mut items = Vec::new();
        for (index, entry) in entries {
            let proof = prover.inclusion(*index)?;
            let hashes = proof.hashes().iter().map(|hash| format!("\"{}\"", STANDARD.encode(hash.as_bytes())));
            let (entry, hashes) = (STANDARD.encode(entry), hashes.collect::<Vec<_>>().join(","));
            items.push(format!(r#"{{"index":{index},"entry":"{entry}","proof":[{hashes}]}}"#));
        }
        Ok(format!(
            r#"{{"v":{BUNDLE_VERSION},"lot":{},"vkey":{},"checkpoint":{},"entries":[{}]}}"#,
            json::text(lot.as_str()),
            json::text(&checkpoint.log().to_string()),
            json::lines(&checkpoint.note().to_string()),
            items.join(","),
        ))
    }

    /// How many entries were seen.
    #[must_use]
    pub fn size(&self) -> TreeSize {
        TreeSize::new(u64::try_from(self.named.len()).unwrap_or(u64::MAX))
    }
}

/// The actor, product or place that a statement is about.
fn subject(statement: &Statement<'_>) -> Option<String> {
    let key = match statement.kind() {
        Kind::Actor | Kind::Product | Kind::Place => "id",
        Kind::Key => "actor",
        Kind::Charter | Kind::Event | Kind::Attest => return None,
    };
    statement.body().get(key)?.as_str().map(ToString::to_string)
}

/// The hash tiles of a tree, from its leaf hashes.
struct MemoryTiles<'a> {
    leaves: &'a [u8],
    /// The hashes of each level above the leaves, one after the other.
    above: Vec<Vec<u8>>,
}

const TILE_BYTES: usize = HASH_BYTES * 256;
const _: () = assert!(TILE_WIDTH == 256, "the width stands in TILE_BYTES");

impl<'a> MemoryTiles<'a> {
    fn new(leaves: &'a [u8]) -> Self {
        let mut above: Vec<Vec<u8>> = Vec::new();
        loop {
            let below = above.last().map_or(leaves, Vec::as_slice);
            let roots = below.chunks_exact(TILE_BYTES).filter_map(tile_root);
            let level: Vec<u8> = roots.flat_map(|root| *root.as_bytes()).collect();
            if level.is_empty() {
                return Self { leaves, above };
            }
            above.push(level);
        }
    }
}

impl<'a> TileReader for MemoryTiles<'a> {
    type Bytes = Vec<u8>;
    type Error = Infallible;

    fn read_tile(&self, path: &TilePath) -> Result<Vec<u8>, Infallible> {
        let level = match path.kind() {
            TileKind::Hashes(0) => Some(self.leaves),
            TileKind::Hashes(level) => self.above.get(usize::from(level) - 1).map(Vec::as_slice),
            TileKind::Entries => None,
        };
        let start = usize::try_from(path.index()).ok().and_then(|index| index.checked_mul(TILE_BYTES));
        let width = usize::from(path.width()) * HASH_BYTES;
        let tile = start.and_then(|start| level?.get(start..start.checked_add(width)?));
        // A tile that is not there is cut short to nothing, which the prover tells.
        Ok(tile.unwrap_or_default().to_vec())
    }
}
