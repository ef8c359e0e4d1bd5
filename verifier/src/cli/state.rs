//! The state of an audit: what the rules need to judge the next entry.
//!
//! Who may do what (actors, keys, products, places) is in memory. What there is most of, and what grows with the log (lots, events, entries),
//! goes through a bounded table in memory into sorted files, about 300 bytes for a harvested lot. The files are in a temporary folder, or in
//! one that is kept, from which a later audit goes on.

mod flush;
mod run;
mod saved;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::hash::{BuildHasherDefault, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use nguon_ledger::hash::Hash;
use nguon_ledger::identifier::Origin;
use nguon_ledger::state::wire::{decode_record, encode_key, encode_record};
use nguon_ledger::state::{Key, ReadState, Record};
use nguon_verifier::audit::AuditState;
use tempfile::TempDir;

use flush::{Flush, Runs};
use run::{KEY_BYTES, Run, RunKey};
pub(super) use saved::{Promise, Saved};

/// Most records in the table in memory: at about 200 bytes each with its key and place, 50 MB; and once more while it is written to a file.
const RECENT_MAX: usize = 1 << 18;
/// Where a kept state says what it is.
const MANIFEST: &str = "manifest";

/// Records in memory.
type Table = HashMap<RunKey, Box<[u8]>, BuildHasherDefault<Prehashed>>;

/// The state.
pub(super) struct State {
    origin: Origin,
    registry: BTreeMap<Key, Record>,
    recent: Table,
    /// The table before, while it is written to a run.
    sealed: Option<Flush>,
    /// The newest first.
    runs: Runs,
    /// Number of the next run's file.
    next: u64,
    place: Place,
    /// The registry as it was when the state was parked.
    parked: Option<BTreeMap<Key, Record>>,
}

enum Place {
    /// Made when the first run is written, and gone in the end.
    Temporary(Option<TempDir>),
    Kept {
        folder: PathBuf,
        /// Held as long as the state is used, so that two audits never write one folder.
        _lock: File,
    },
}

impl State {
    /// An empty state that is not kept.
    pub(super) fn temporary(origin: Origin) -> Self {
        Self::new(origin, Place::Temporary(None))
    }

    fn new(origin: Origin, place: Place) -> Self {
        Self {
            origin,
            registry: BTreeMap::new(),
            recent: HashMap::default(),
            sealed: None,
            runs: Vec::new(),
            next: 1,
            place,
            parked: None,
        }
    }

    /// Opens a kept state, or makes an empty one in the folder. Answers what was saved with it.
    pub(super) fn open(folder: &Path, origin: Origin) -> anyhow::Result<(Self, Option<Saved>)> {
        let using = || format!("cannot use {} for the state", folder.display());
        std::fs::create_dir_all(folder).with_context(using)?;
        let lock = File::create(folder.join("lock")).with_context(using)?;
        if lock.try_lock().is_err() {
            bail!("another audit uses {}: wait for it, or give another folder", folder.display());
        }
        let mut state = Self::new(origin, Place::Kept { folder: folder.to_owned(), _lock: lock });
        let Some(saved) = Saved::read(&folder.join(MANIFEST), &state.origin)? else { return Ok((state, None)) };
        for (level, number) in &saved.runs {
            let run = Run::open(&run_path(folder, *number))?;
            state.runs.push((*level, *number, Arc::new(run)));
            state.next = state.next.max(number.saturating_add(1));
        }
        state.registry.clone_from(&saved.registry);
        state.remove_others(folder)?;
        Ok((state, Some(saved)))
    }

    /// Whether the table in memory should be written now.
    pub(super) fn is_full(&self) -> bool {
        self.recent.len() >= RECENT_MAX
    }

    /// Whether a later audit can go on from it.
    pub(super) const fn is_kept(&self) -> bool {
        matches!(self.place, Place::Kept { .. })
    }

    /// Writes the table in memory to a run, and merges runs when there are many. What is not kept is written while the audit goes on.
    pub(super) fn flush(&mut self) -> anyhow::Result<()> {
        self.finish_flush()?;
        if self.recent.is_empty() {
            return Ok(());
        }
        let folder = self.folder()?.to_owned();
        let table = std::mem::take(&mut self.recent);
        self.sealed = Some(Flush::start(table, folder, self.runs.clone(), self.next, self.is_kept()));
        if self.is_kept() { self.finish_flush() } else { Ok(()) }
    }

    fn finish_flush(&mut self) -> anyhow::Result<()> {
        if let Some(flush) = self.sealed.take() {
            (self.runs, self.next) = flush.finish()?;
        }
        Ok(())
    }

    /// Notes that what follows is no part of what will be saved: the entries of a bundle that is not full yet, which are read again.
    pub(super) fn park(&mut self) -> anyhow::Result<()> {
        self.flush()?;
        self.parked = Some(self.registry.clone());
        Ok(())
    }

    /// Makes the state, as it is or as it was parked, and where the audit stood then durable, if the state is kept.
    pub(super) fn save(&mut self, saved: &Saved) -> anyhow::Result<()> {
        if !self.is_kept() {
            return Ok(());
        }
        if self.parked.is_none() {
            self.flush()?;
        }
        let Place::Kept { folder, .. } = &self.place else { return Ok(()) };
        let runs = self.runs.iter().map(|(level, number, _)| (*level, *number)).collect();
        let registry = self.parked.as_ref().unwrap_or(&self.registry);
        saved.write(&folder.join(MANIFEST), &self.origin, runs, registry)?;
        self.remove_others(folder)
    }

    /// Removes the runs that are no part of the state: merged ones, and those of an audit that was cut off.
    fn remove_others(&self, folder: &Path) -> anyhow::Result<()> {
        for item in std::fs::read_dir(folder)?.flatten() {
            let name = item.file_name();
            let number =
                name.to_str().and_then(|name| name.strip_prefix("run-")).and_then(|digits| digits.parse::<u64>().ok());
            if number.is_some_and(|number| self.runs.iter().all(|(_, other, _)| *other != number)) {
                std::fs::remove_file(item.path())?;
            }
        }
        Ok(())
    }

    fn folder(&mut self) -> anyhow::Result<&Path> {
        match &mut self.place {
            Place::Kept { folder, .. } => Ok(folder.as_path()),
            Place::Temporary(folder) => {
                let made = match folder.take() {
                    Some(made) => made,
                    None => tempfile::Builder::new().prefix("nguon-verify-").tempdir().context(
                        "no temporary folder for the audit's state: set TMPDIR to one with room, or give --state",
                    )?,
                };
                Ok(folder.insert(made).path())
            }
        }
    }

    fn get(&self, key: &RunKey) -> anyhow::Result<Option<Record>> {
        let decode = |bytes: &[u8]| decode_record(&self.origin, bytes).context("a value of the state is damaged");
        let sealed = || self.sealed.as_ref().and_then(|flush| flush.table().get(key));
        if let Some(value) = self.recent.get(key).or_else(sealed) {
            return decode(value).map(Some);
        }
        for (_, _, run) in &self.runs {
            if let Some(value) = run.get(key)? {
                return decode(&value).map(Some);
            }
        }
        Ok(None)
    }
}

impl Drop for State {
    fn drop(&mut self) {
        // A temporary folder cannot be removed while something is written into it. What comes of that matters to nobody any more.
        let _ = self.finish_flush();
    }
}

impl ReadState for State {
    type Error = anyhow::Error;

    fn read(&self, key: &Key) -> anyhow::Result<Option<Record>> {
        match run_key(key)? {
            Some(key) => self.get(&key),
            None => Ok(self.registry.get(key).cloned()),
        }
    }
}

impl AuditState for State {
    fn write(&mut self, writes: BTreeMap<Key, Record>) -> anyhow::Result<()> {
        for (key, record) in writes {
            match run_key(&key)? {
                Some(key) => self.recent.insert(key, encode_record(&record)?.into_boxed_slice()).map(drop),
                None => self.registry.insert(key, record).map(drop),
            };
        }
        Ok(())
    }
}

/// The key in runs of what is kept there; `None` for what is in memory.
fn run_key(key: &Key) -> anyhow::Result<Option<RunKey>> {
    let (kind, hash) = match key {
        Key::Lot(lot) => (1, *lot.hash()),
        Key::Child { .. } => (2, Hash::of(&encode_key(key)?)),
        Key::Event(id) => (3, *id),
        Key::Entry(leaf_hash) => (4, *leaf_hash),
        Key::Charter | Key::Actor(_) | Key::Signer(_) | Key::Product(_) | Key::Gtin(_) | Key::Place(_) => {
            return Ok(None);
        }
    };
    let mut bytes = [kind; KEY_BYTES];
    let [_, rest @ ..] = &mut bytes;
    rest.iter_mut().zip(hash.as_bytes()).for_each(|(to, from)| *to = *from);
    Ok(Some(bytes))
}

fn run_name(number: u64) -> String {
    format!("run-{number:08}")
}

fn run_path(folder: &Path, number: u64) -> PathBuf {
    folder.join(run_name(number))
}

/// A key is of a hash already: its bytes serve as they are.
#[derive(Default)]
struct Prehashed(u64);

impl Hasher for Prehashed {
    fn write(&mut self, bytes: &[u8]) {
        // Whoever can choose the first bytes of SHA-256 at will has no need to slow an audit down.
        if let Some(part) = bytes.last_chunk::<8>() {
            self.0 ^= u64::from_le_bytes(*part);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
