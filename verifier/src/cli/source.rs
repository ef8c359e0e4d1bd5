//! Where an audit takes its entries from, one batch for each entry bundle.

use anyhow::Context as _;
use nguon_ledger::checkpoint::SignedCheckpoint;
use nguon_ledger::hash::{HASH_BYTES, Hash};
use nguon_ledger::note::VerifierKey;
use nguon_ledger::tile::{TILE_WIDTH, TileKind, TilePath};
use nguon_ledger::tree::{LeafIndex, TreeSize};
use nguon_verifier::audit::{AuditCheck, Finding, Tile};

use super::data::DataFolder;
use super::fetch::Fetch;
use super::journal::Acknowledged;

/// Entries in a full batch, as many as a full bundle has.
pub(super) const BATCH_ENTRIES: u64 = 256;

/// A log to be audited.
pub(super) enum Source {
    /// A tlog-tiles server or a copy of its files.
    Log(Log),
    /// A node's data folder.
    Data(DataFolder),
}

/// A batch still to be loaded. What must be read in order was read already.
pub(super) struct Plan {
    /// Number of the batch and of its entry bundle.
    pub(super) number: u64,
    /// How many entries it has.
    pub(super) count: u64,
    /// What the journal holds of it.
    pub(super) journal: Vec<Acknowledged>,
}

/// The stored bytes of a batch.
#[derive(Default)]
pub(super) struct Stored {
    /// The bundle's bytes and how many entries must stand in them.
    pub(super) bundle: Option<Bundle>,
    /// The hash tile over the entries, or its beginning.
    pub(super) leaf_hashes: Option<Vec<u8>>,
    /// Copies of the beginning of the bundle.
    pub(super) copies: Vec<Bundle>,
    /// Copies of the beginning of the hash tile.
    pub(super) hash_copies: Vec<Vec<u8>>,
}

/// An entry bundle as stored.
pub(super) struct Bundle {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    /// How many entries it has by its name.
    pub(super) width: u64,
    /// Whether more may follow than the entries asked for.
    pub(super) is_longer: bool,
}

impl Plan {
    pub(super) const fn first(&self) -> u64 {
        self.number.saturating_mul(BATCH_ENTRIES)
    }
}

impl Plan {
    /// The entries that the journal holds: index, leaf hash, bytes.
    pub(super) fn entries(&self) -> impl Iterator<Item = (u64, Hash, &[u8])> {
        self.journal.iter().filter_map(|item| match item {
            Acknowledged::Entry { index, leaf_hash, bytes } => Some((*index, *leaf_hash, bytes.as_slice())),
            Acknowledged::Checkpoint { .. } | Acknowledged::Fault(_) => None,
        })
    }
}

impl Stored {
    /// What the entries were read from.
    pub(super) fn name(&self) -> &str {
        self.bundle.as_ref().map_or("the journal", |bundle| bundle.name.as_str())
    }
}

impl Bundle {
    /// Takes the bundle apart as far as that goes: its first entries, at most `count`, and whether it ended rightly.
    pub(super) fn split(&self, count: u64) -> (Vec<&[u8]>, Result<(), &'static str>) {
        let mut entries = Vec::new();
        let mut rest = self.bytes.as_slice();
        for _ in 0..count {
            let entry = rest
                .split_first_chunk::<2>()
                .and_then(|(length, after)| after.split_at_checked(usize::from(u16::from_be_bytes(*length))));
            let Some((entry, after)) = entry else { return (entries, Err("the bundle is cut short")) };
            entries.push(entry);
            rest = after;
        }
        let is_whole = rest.is_empty() || self.is_longer;
        (entries, if is_whole { Ok(()) } else { Err("bytes follow the bundle's last entry") })
    }
}

impl Source {
    /// The next batch; `None` after the last one. Called in order.
    pub(super) fn next(&mut self) -> anyhow::Result<Option<Plan>> {
        match self {
            Self::Log(log) => Ok(log.next()),
            Self::Data(data) => data.next(),
        }
    }

    /// Leaves out the batches before this one.
    pub(super) const fn skip_to(&mut self, number: u64) {
        match self {
            Self::Log(log) => log.next = number,
            Self::Data(data) => data.skip_to(number),
        }
    }

    /// Number of the next batch, or of the one that could not be planned.
    pub(super) const fn number(&self) -> u64 {
        match self {
            Self::Log(log) => log.next,
            Self::Data(data) => data.number(),
        }
    }

    /// What reads the rest, from any thread.
    pub(super) fn loader(&self) -> Loader {
        match self {
            Self::Log(log) => Loader::Log { fetch: log.fetch.clone(), size: log.size() },
            Self::Data(data) => Loader::Data(data.files()),
        }
    }

    /// How many entries there are, to tell how long it will take.
    pub(super) fn expected(&self) -> u64 {
        match self {
            Self::Log(log) => log.size().get(),
            Self::Data(data) => data.expected(),
        }
    }
}

/// A tlog-tiles log.
pub(super) struct Log {
    fetch: Fetch,
    checkpoint: SignedCheckpoint,
    next: u64,
}

impl Log {
    pub(super) const fn new(fetch: Fetch, checkpoint: SignedCheckpoint) -> Self {
        Self { fetch, checkpoint, next: 0 }
    }

    pub(super) const fn checkpoint(&self) -> &SignedCheckpoint {
        &self.checkpoint
    }

    const fn size(&self) -> TreeSize {
        self.checkpoint.checkpoint().size()
    }

    fn next(&mut self) -> Option<Plan> {
        let number = self.next;
        let left = self.size().get().checked_sub(number.checked_mul(BATCH_ENTRIES)?)?;
        self.next = number.checked_add(1)?;
        (left > 0).then(|| Plan { number, count: left.min(BATCH_ENTRIES), journal: Vec::new() })
    }
}

/// Reads what a batch's plan does not hold.
pub(super) enum Loader {
    Log { fetch: Fetch, size: TreeSize },
    Data(super::data::Files),
}

impl Loader {
    pub(super) fn load(&self, plan: &Plan) -> anyhow::Result<Stored> {
        match self {
            Self::Log { fetch, size } => {
                let named = |kind| TilePath::of_tree(kind, *size, plan.number).context("no such tile");
                let (name, bytes, is_longer) = tile(fetch, named(TileKind::Entries)?)?;
                let (_, hashes, _) = tile(fetch, named(TileKind::Hashes(0))?)?;
                let bundle = Some(Bundle { name, bytes, width: BATCH_ENTRIES, is_longer });
                Ok(Stored { bundle, leaf_hashes: Some(hashes), ..Stored::default() })
            }
            Self::Data(files) => files.load(plan),
        }
    }

    /// Compares the beginning of a tile with what is stored of it now, if anything is.
    pub(super) fn compare_older(&self, expected: &Tile) -> anyhow::Result<Result<(), Finding>> {
        match self {
            Self::Log { fetch, size } => {
                let path = expected.path();
                let Some(now) = TilePath::of_tree(path.kind(), *size, path.index()) else { return Ok(Ok(())) };
                tile(fetch, now).map(|(_, stored, _)| expected.compare_beginning(&stored))
            }
            Self::Data(files) => files.compare(expected),
        }
    }

    /// Compares a tile with what is stored of it, if anything must be.
    pub(super) fn compare(&self, expected: &Tile) -> anyhow::Result<Result<(), Finding>> {
        match self {
            Self::Log { fetch, .. } => tile(fetch, expected.path()).map(|(_, stored, _)| expected.compare(&stored)),
            Self::Data(files) => files.compare(expected),
        }
    }
}

/// The first entry of a log, for the key in it. The size is not to be relied on yet, so a copy's partial bundles are looked through.
pub(super) fn first_entry(fetch: &Fetch, size: TreeSize) -> anyhow::Result<Option<Vec<u8>>> {
    let named = TilePath::of_tree(TileKind::Entries, size, 0).map(|path| path.to_string());
    let full = TilePath::new(TileKind::Entries, 0, TILE_WIDTH).context("no such tile")?.to_string();
    let partial = fetch.list(&format!("{full}.p"));
    for path in named.into_iter().chain([full]).chain(partial) {
        if let Some(bytes) = fetch.get(&path)? {
            let bundle = Bundle { name: path, bytes, width: BATCH_ENTRIES, is_longer: true };
            return Ok(bundle.split(1).0.first().map(|entry| entry.to_vec()));
        }
    }
    Ok(None)
}

/// A tile's name and bytes, or those of the full tile at its place, and whether it is that one.
fn tile(fetch: &Fetch, path: TilePath) -> anyhow::Result<(String, Vec<u8>, bool)> {
    let name = path.to_string();
    if let Some(bytes) = fetch.get(&name)? {
        return Ok((name, bytes, false));
    }
    // A log may drop partial tiles once the full one is there.
    match if path.is_full() { None } else { fetch.get(&path.to_full().to_string())? } {
        Some(bytes) => Ok((path.to_full().to_string(), bytes, true)),
        None => Ok((name.clone(), fetch.require(&name)?, false)),
    }
}

/// The hash in a tile's bytes at a place.
pub(super) fn hash_at(tile: &[u8], place: usize) -> Option<Hash> {
    let start = place.checked_mul(HASH_BYTES)?;
    Hash::from_slice(tile.get(start..start.checked_add(HASH_BYTES)?)?)
}

/// The number of hashes that a tile of a batch must have.
pub(super) fn check_length(tile: &[u8], count: u64, first: u64) -> Result<(), Finding> {
    let full = usize::from(TILE_WIDTH) * HASH_BYTES;
    let needed = usize::try_from(count).unwrap_or(usize::MAX).saturating_mul(HASH_BYTES);
    if tile.len() == needed || tile.len() == full && needed <= full {
        return Ok(());
    }
    let detail = format!("the hash tile over the entries from {first} has another length");
    Err(Finding::new(AuditCheck::Tile, detail)
        .at(LeafIndex::new(first))
        .between(format!("{needed} bytes"), format!("{} bytes", tile.len())))
}

/// Keys for all parts of an audit.
pub(super) type LogKeys = Vec<VerifierKey>;
