//! A node's data folder, while the node runs or after: `tlog` with full tiles and bundles and copies of the partial ones, `journal`
//! with everything that is not in full bundles yet, and often more.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use nguon_ledger::note::VerifierKey;
use nguon_ledger::tile::{TILE_WIDTH, TileKind, TilePath};
use nguon_verifier::audit::{AuditCheck, Finding, Tile};

use super::fetch::read_file;
use super::journal::{Acknowledged, Journal};
use super::source::{BATCH_ENTRIES, Bundle, Plan, Stored};
use super::trust;

/// The names of the copies in the folder `tlog`.
const COPIES: [&str; 2] = ["checkpoint", "checkpoint.cosigned"];

/// A data folder, read in order.
pub(super) struct DataFolder {
    folder: PathBuf,
    /// The copies of checkpoints beside the tiles, each with the size that it says: the newest, and the newest that witnesses have
    /// cosigned.
    copies: Vec<(u64, Vec<u8>)>,
    /// Full bundles that there were before the journal was opened.
    bundles: u64,
    journal: Journal,
    next: u64,
    is_ended: bool,
}

impl DataFolder {
    /// Whether a folder is one.
    pub(super) fn is_at(folder: &Path) -> bool {
        folder.join("journal").is_dir()
    }

    pub(super) fn open(folder: &Path) -> anyhow::Result<Self> {
        // In this order, because a running node writes the journal first: what follows from the journal is never ahead of it.
        let mut copies = Vec::new();
        for name in COPIES {
            let note = read_file(&folder.join("tlog").join(name))?;
            copies.extend(note.map(|note| (trust::claimed(&note).map_or(0, |claimed| claimed.size().get()), note)));
        }
        let bundles = Files::at(folder).count_bundles()?;
        let journal = Journal::open(&folder.join("journal"))?;
        Ok(Self { folder: folder.to_owned(), copies, bundles, journal, next: 0, is_ended: false })
    }

    pub(super) fn files(&self) -> Files {
        Files::at(&self.folder)
    }

    pub(super) const fn expected(&self) -> u64 {
        self.journal.expected()
    }

    /// The key in the folder's own description.
    pub(super) fn key(&self) -> anyhow::Result<Option<VerifierKey>> {
        Ok(read_file(&self.folder.join("ledger.json"))?.and_then(|text| trust::key_in_description(&text)))
    }

    /// The ledger's origin by the folder's own checkpoint.
    pub(super) fn origin(&self) -> Option<String> {
        Some(trust::claimed(self.copy()?)?.origin().as_str().to_owned())
    }

    /// The copy of the checkpoint beside the tiles.
    pub(super) fn copy(&self) -> Option<&[u8]> {
        self.copies.first().map(|(_, note)| note.as_slice())
    }

    pub(super) const fn number(&self) -> u64 {
        self.next
    }

    pub(super) const fn skip_to(&mut self, number: u64) {
        self.next = number;
    }

    pub(super) fn next(&mut self) -> anyhow::Result<Option<Plan>> {
        if self.is_ended {
            return Ok(None);
        }
        let number = self.next;
        let first = number.saturating_mul(BATCH_ENTRIES);
        let full_end = first.saturating_add(BATCH_ENTRIES);
        // Before the journal's first entry full bundles are all there is.
        let known = self.journal.read_to(full_end)?;
        let end = known.clamp(first, full_end);
        let mut journal = self.journal.take_before(end);
        // What belongs to batches that were left out was audited before.
        journal.retain(|item| match item {
            Acknowledged::Entry { index, .. } => *index >= first,
            Acknowledged::Checkpoint { size, .. } => *size >= first,
            Acknowledged::Fault(_) => true,
        });
        for (size, note) in self.copies.extract_if(.., |(size, _)| *size <= end).filter(|(size, _)| *size >= first) {
            journal.push(Acknowledged::Checkpoint { size, note });
        }
        self.next = number.saturating_add(1);
        self.is_ended = end < full_end;
        if self.is_ended {
            journal.extend(self.beyond(known));
        }
        Ok(Some(Plan { number, count: end.saturating_sub(first), journal }))
    }

    /// What there is of entries that the journal should hold and does not.
    fn beyond(&self, end: u64) -> Option<Acknowledged> {
        let in_bundles = self.bundles.saturating_mul(BATCH_ENTRIES);
        let (more, place) = match self.copies.iter().map(|(size, _)| *size).max() {
            Some(size) => (size, "the copy of the checkpoint"),
            None if in_bundles > end => (in_bundles, "the full bundles"),
            None => return None,
        };
        let detail = format!("the journal ends before {place}: entries are missing");
        let finding = Finding::new(AuditCheck::TreeSize, detail);
        Some(Acknowledged::Fault(finding.between(format!("{more} entries"), format!("{end} entries"))))
    }
}

/// The tlog-tiles files of a data folder.
pub(super) struct Files {
    tlog: PathBuf,
}

impl Files {
    fn at(folder: &Path) -> Self {
        Self { tlog: folder.join("tlog") }
    }

    fn path(&self, kind: TileKind, number: u64) -> anyhow::Result<PathBuf> {
        let path = TilePath::new(kind, number, TILE_WIDTH).context("no such tile")?;
        Ok(self.tlog.join(path.to_string()))
    }

    /// How many full bundles there are, from the first.
    fn count_bundles(&self) -> anyhow::Result<u64> {
        // Bundles come in order, so the first gap is found by halving.
        let exists = |number: u64| anyhow::Ok(self.path(TileKind::Entries, number)?.exists());
        let mut beyond: u64 = 1;
        while exists(beyond.saturating_sub(1))? {
            beyond = beyond.saturating_mul(2);
        }
        let (mut low, mut high) = (beyond / 2, beyond.saturating_sub(1));
        while low < high {
            let middle = low.midpoint(high);
            if exists(middle)? {
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    pub(super) fn load(&self, plan: &Plan) -> anyhow::Result<Stored> {
        let path = self.path(TileKind::Entries, plan.number)?;
        let is_longer = plan.count < BATCH_ENTRIES;
        let bundle = read_file(&path)?;
        let held = plan.journal.iter().filter(|item| matches!(item, Acknowledged::Entry { .. })).count();
        if bundle.is_none() && u64::try_from(held).unwrap_or_default() < plan.count {
            let (first, path) = (plan.first(), path.display());
            bail!("entries from {first} on are neither in the journal nor in {path}. Restore the file from a copy");
        }
        let copies = partial_copies(&path)?.into_iter().map(|(path, width, bytes)| Bundle {
            name: path.display().to_string(),
            bytes,
            width,
            is_longer: width > plan.count,
        });
        let hash_path = self.path(TileKind::Hashes(0), plan.number)?;
        let hash_copies = partial_copies(&hash_path)?;
        Ok(Stored {
            bundle: bundle.map(|bytes| Bundle {
                name: path.display().to_string(),
                bytes,
                width: BATCH_ENTRIES,
                is_longer,
            }),
            // The journal alone says what the entries are before their tile is written.
            leaf_hashes: read_file(&hash_path)?,
            copies: copies.collect(),
            hash_copies: hash_copies.into_iter().map(|(_, _, bytes)| bytes).collect(),
        })
    }

    /// Compares a tile of a higher level with what there is of it. (Missing tiles are made again from the entries.)
    pub(super) fn compare(&self, expected: &Tile) -> anyhow::Result<Result<(), Finding>> {
        let path = self.path(expected.path().kind(), expected.path().index())?;
        for (_, _, copy) in partial_copies(&path)? {
            if let Err(finding) = expected.compare_beginning(&copy) {
                return Ok(Err(finding));
            }
        }
        Ok(read_file(&path)?.map_or(Ok(()), |stored| expected.compare(&stored)))
    }
}

/// The copies of a partial tile: path, width, bytes. A running node may remove them at any moment.
fn partial_copies(full: &Path) -> anyhow::Result<Vec<(PathBuf, u64, Vec<u8>)>> {
    let mut folder = full.as_os_str().to_owned();
    folder.push(".p");
    let mut found = Vec::new();
    let Ok(listing) = std::fs::read_dir(Path::new(&folder)) else { return Ok(found) };
    for item in listing.flatten() {
        let path = item.path();
        let width = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
        if let (Some(width), Some(bytes)) = (width, read_file(&path)?) {
            found.push((path, width, bytes));
        }
    }
    Ok(found)
}
