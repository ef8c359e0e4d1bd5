//! The index's pairs as sorted runs, each packed into blocks that sled keeps.
//!
//! sled splits a page at 16 values however short they are, and copies the page at most changes, so that a pair costs it some 7 microseconds; a ledger
//! writes five pairs an entry, all over the key space. So a batch is written as one run of blocks beside each other. Runs of one level are merged
//! when there are [`RUNS_MERGED`], behind everybody's back. Pairs are written again, never removed. A batch is in sled whole or not at all.
//!
//! The newest run that holds a key says its value. Most keys that are looked for are in none, which the guides' filters tell.

mod run;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use nguon_ledger::state::wire::{from_bytes, to_bytes};

use super::IndexError;
use super::codec::{CodecError, FORMAT};
use super::sled_tree::{Pair, SledTree};
use run::{Cursor, Guide, PairRef, Run, Writer};

/// So many runs of one level are merged into one of the next.
const RUNS_MERGED: usize = 8;
/// Values that a merge hands to sled at once: with blocks of 4 KiB 256 KiB, during which nobody reads.
const MERGE_VALUES: usize = 64;
/// Memory for guides, by their encoded length: those of some two million entries.
const GUIDE_BYTES_MAX: usize = 16 << 20;
/// Where sled keeps which runs there are.
const MANIFEST: &[u8] = &[0];

/// The runs, the newest first.
type List = Arc<Vec<Arc<Run>>>;
/// Which guide of which run.
type GuideKey = (u64, u32);
/// Is shown a pair; whether it wants more.
type Visit<'v> = dyn FnMut(&[u8], &[u8]) -> Result<bool, IndexError> + 'v;
/// Format, number of the next run, the runs, numbers of runs that must go.
type Manifest = (u32, u64, Vec<run::Entry>, Vec<u64>);

/// All runs. Reading waits for nobody but sled.
#[derive(Debug)]
pub(super) struct Runs {
    tree: SledTree,
    list: Mutex<List>,
    guides: Mutex<Guides>,
    /// Held while the manifest is changed.
    pending: Mutex<Pending>,
}

/// What the manifest says beside the list.
#[derive(Debug, Default)]
struct Pending {
    /// Number of the next run.
    next: u64,
    /// The run that a merge is making.
    making: Option<u64>,
    /// Runs that were merged into another and that somebody may still read.
    retired: Vec<Arc<Run>>,
}

/// Guides in memory, those used last.
#[derive(Debug)]
struct Guides {
    cache: LruCache<GuideKey, Arc<Guide>>,
    bytes: usize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Runs {
    /// The runs that sled holds. What a crash left of others is removed.
    pub(super) fn open(tree: SledTree) -> Result<Self, IndexError> {
        let (mut pending, mut list) = (Pending::default(), Vec::new());
        if let Some(bytes) = tree.get(MANIFEST)? {
            let (format, next, runs, doomed): Manifest = from_bytes(&bytes)?;
            if format != FORMAT {
                return Err(CodecError.into());
            }
            for entry in runs {
                list.push(Arc::new(Run::open(&tree, entry)?));
            }
            for number in doomed {
                run::remove(&tree, number)?;
            }
            pending.next = next;
        }
        let guides = Mutex::new(Guides { cache: LruCache::unbounded(), bytes: 0 });
        Ok(Self { tree, list: Mutex::new(Arc::new(list)), guides, pending: Mutex::new(pending) })
    }

    fn list(&self) -> List {
        Arc::clone(&lock(&self.list))
    }

    /// The manifest as sled is to hold it.
    fn manifest(pending: &Pending, list: &[Arc<Run>]) -> Result<Pair, CodecError> {
        let runs = list.iter().map(|run| run.entry()).collect();
        let doomed = pending.retired.iter().map(|run| run.number).chain(pending.making).collect();
        let manifest: Manifest = (FORMAT, pending.next, runs, doomed);
        Ok((MANIFEST.to_vec(), to_bytes(&manifest)?))
    }

    fn write(&self, pairs: &[Pair]) -> Result<(), IndexError> {
        Ok(self.tree.apply(pairs.iter().map(|(key, value)| (key.as_slice(), value.as_slice())))?)
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        let filter_key = run::filter_key(key);
        for run in self.list().iter() {
            let Some(number) = run.guide_of(key) else { continue };
            let guide = self.guide(run.number, number)?;
            if guide.may_hold(&filter_key)
                && let Some(value) = run::get(&self.tree, run.number, (number, &guide), key)?
            {
                return Ok(Some(value));
            }
        }
        Ok(None)
    }

    fn guide(&self, run: u64, number: u32) -> Result<Arc<Guide>, IndexError> {
        if let Some(guide) = lock(&self.guides).cache.get(&(run, number)) {
            return Ok(Arc::clone(guide));
        }
        let guide = Arc::new(Guide::read(&self.tree, run, number)?);
        lock(&self.guides).insert((run, number), &guide);
        Ok(guide)
    }

    /// The pairs whose keys begin with `prefix` and are not below `from`, ascending, at most `limit`.
    pub(super) fn scan(&self, prefix: &[u8], from: &[u8], limit: usize) -> Result<Vec<Pair>, IndexError> {
        let mut found = BTreeMap::new();
        for run in self.list().iter() {
            let from = from.max(prefix);
            let guide = match run.guide_of(from) {
                Some(number) => Some((number, self.guide(run.number, number)?)),
                None => None,
            };
            let guide = guide.as_ref().map(|(number, guide)| (*number, guide.as_ref()));
            let mut cursor = Cursor::seek(&self.tree, run, guide, from)?;
            for _ in 0..limit {
                let Some((key, value)) = cursor.pair()?.filter(|(key, _)| key.starts_with(prefix)) else { break };
                // A newer run was there before.
                found.entry(key.to_vec()).or_insert_with(|| value.to_vec());
                cursor.advance()?;
            }
        }
        Ok(found.into_iter().take(limit).collect())
    }

    /// Shows every pair to `visit`, ascending, until it says no; whether it said yes to all.
    pub(super) fn for_each(&self, mut visit: impl FnMut(&[u8], &[u8]) -> bool) -> Result<bool, IndexError> {
        merged(&self.tree, &self.list(), &mut |key, value| Ok(visit(key, value)))
    }

    /// Writes all pairs, which come ascending, or none.
    pub(super) fn apply<'p>(&self, pairs: impl Iterator<Item = (&'p [u8], &'p [u8])>) -> Result<(), IndexError> {
        let mut pending = lock(&self.pending);
        let mut writer = Writer::new(pending.next, 0);
        for (key, value) in pairs {
            writer.push(key, value)?;
        }
        let (run, mut values) = writer.finish()?;
        pending.next += 1;
        let mut list = vec![Arc::new(run)];
        list.extend(self.list().iter().cloned());
        values.push(Self::manifest(&pending, &list)?);
        self.write(&values)?;
        *lock(&self.list) = Arc::new(list);
        Ok(())
    }

    /// Merges runs of one level if there are enough; whether there were. Gives up when `is_stopped` says so: what it made is removed
    /// by the next merge or at the next start.
    pub(super) fn merge(&self, is_stopped: &dyn Fn() -> bool) -> Result<bool, IndexError> {
        let Some(old) = due(&self.list()) else { return Ok(false) };
        let level = old.first().map_or(0, |run| run.level).saturating_add(1);
        // What a merge before this one made and gave up would else be forgotten with its number.
        let given_up = lock(&self.pending).making;
        if let Some(number) = given_up {
            run::remove(&self.tree, number)?;
        }
        let mut writer = {
            let mut pending = lock(&self.pending);
            let number = pending.next;
            pending.next += 1;
            pending.making = Some(number);
            self.write(&[Self::manifest(&pending, &self.list())?])?;
            Writer::new(number, level)
        };
        let is_whole = merged(&self.tree, &old, &mut |key, value| {
            writer.push(key, value)?;
            if writer.ready() >= MERGE_VALUES {
                self.write(&writer.take())?;
                return Ok(!is_stopped());
            }
            Ok(true)
        })?;
        if is_whole {
            self.replace(old, writer)?;
            self.remove_retired()?;
        }
        Ok(is_whole)
    }

    /// Puts a merged run in the place of those that it was made of.
    fn replace(&self, old: Vec<Arc<Run>>, writer: Writer) -> Result<(), IndexError> {
        let (run, mut values) = writer.finish()?;
        let is_old = |number: u64| old.iter().any(|run| run.number == number);
        let mut pending = lock(&self.pending);
        let before = self.list();
        let newer = before.iter().take_while(|run| !is_old(run.number));
        let older = before.iter().skip_while(|run| !is_old(run.number)).filter(|run| !is_old(run.number));
        let list: Vec<_> = newer.cloned().chain([Arc::new(run)]).chain(older.cloned()).collect();
        pending.making = None;
        lock(&self.guides).forget(is_old);
        pending.retired.extend(old);
        values.push(Self::manifest(&pending, &list)?);
        self.write(&values)?;
        *lock(&self.list) = Arc::new(list);
        Ok(())
    }

    /// Removes from sled the runs that nobody reads any more; whoever reads holds the list that they stand in.
    fn remove_retired(&self) -> Result<(), IndexError> {
        let unread = |run: &Arc<Run>| Arc::strong_count(run) == 1;
        let numbers: Vec<_> =
            lock(&self.pending).retired.iter().filter(|run| unread(run)).map(|run| run.number).collect();
        for number in &numbers {
            run::remove(&self.tree, *number)?;
        }
        let mut pending = lock(&self.pending);
        pending.retired.retain(|run| !numbers.contains(&run.number));
        self.write(&[Self::manifest(&pending, &self.list())?])
    }

    /// Hands everything to the operating system; that does not make it durable.
    pub(super) fn flush(&self) -> Result<(), IndexError> {
        Ok(self.tree.flush()?)
    }
}

impl Guides {
    fn insert(&mut self, key: GuideKey, guide: &Arc<Guide>) {
        self.bytes += guide.bytes;
        if let Some((_, old)) = self.cache.push(key, Arc::clone(guide)) {
            self.bytes = self.bytes.saturating_sub(old.bytes);
        }
        while self.bytes > GUIDE_BYTES_MAX
            && let Some((_, old)) = self.cache.pop_lru()
        {
            self.bytes = self.bytes.saturating_sub(old.bytes);
        }
    }

    fn forget(&mut self, is_old: impl Fn(u64) -> bool) {
        let keys: Vec<_> = self.cache.iter().map(|(key, _)| *key).filter(|(run, _)| is_old(*run)).collect();
        for key in keys {
            self.bytes = self.bytes.saturating_sub(self.cache.pop(&key).map_or(0, |guide| guide.bytes));
        }
    }
}

/// The runs that should be merged next: the oldest of the least level that has enough.
fn due(list: &[Arc<Run>]) -> Option<Vec<Arc<Run>>> {
    let level = list.chunk_by(|one, other| one.level == other.level).find(|level| level.len() >= RUNS_MERGED)?;
    Some(level.iter().skip(level.len() - RUNS_MERGED).cloned().collect())
}

/// Shows the pairs of several runs, the newest first, ascending, until `visit` says no; whether it said yes to all. Where a key stands in more than
/// one, the newest says what it is.
fn merged(tree: &SledTree, runs: &[Arc<Run>], visit: &mut Visit<'_>) -> Result<bool, IndexError> {
    let mut cursors = runs.iter().map(|run| Cursor::first(tree, run)).collect::<Result<Vec<_>, _>>()?;
    let mut least = Vec::new();
    loop {
        let mut newest: Option<PairRef<'_>> = None;
        for cursor in &cursors {
            if let Some((key, value)) = cursor.pair()?
                && newest.is_none_or(|(found, _)| key < found)
            {
                newest = Some((key, value));
            }
        }
        let Some((key, value)) = newest else { return Ok(true) };
        if !visit(key, value)? {
            return Ok(false);
        }
        least.clear();
        least.extend_from_slice(key);
        for cursor in &mut cursors {
            if cursor.pair()?.is_some_and(|(key, _)| key == least) {
                cursor.advance()?;
            }
        }
    }
}
