//! What stands in memory before sled: writes that it does not hold yet, and records that are in use.

use std::collections::BTreeMap;
use std::sync::Arc;

use lru::LruCache;
use nguon_ledger::state::Record;

use super::applied::Applied;

/// Room that a cached record takes beside its encoded bytes: key, links and hash table.
const RECORD_OVERHEAD_BYTES: usize = 256;

/// A value that sled does not hold yet, and the number of the group that wrote it last.
type Pending = (Arc<[u8]>, u64);

/// Pending writes and cached records. The newest value of a key is in `pending` until sled has it.
#[derive(Debug)]
pub(super) struct Memory {
    pending: BTreeMap<Arc<[u8]>, Pending>,
    records: LruCache<Vec<u8>, (Record, usize)>,
    record_bytes: usize,
    record_bytes_max: usize,
    /// Counts groups.
    generation: u64,
}

impl Memory {
    pub(super) fn new(record_bytes_max: usize) -> Self {
        Self {
            pending: BTreeMap::new(),
            records: LruCache::unbounded(),
            record_bytes: 0,
            record_bytes_max,
            generation: 0,
        }
    }

    /// Takes a group in; the number under which [`Memory::forget`] lets its writes go.
    pub(super) fn publish(&mut self, applied: &mut Applied) -> u64 {
        self.generation += 1;
        for (key, value) in &applied.pairs {
            self.pending.insert(Arc::clone(key), (Arc::clone(value), self.generation));
        }
        for (key, record, weight) in std::mem::take(&mut applied.records) {
            self.cache(key, record, weight);
        }
        self.generation
    }

    /// Lets writes go that sled holds now, unless a later group wrote them again.
    pub(super) fn forget<'k>(&mut self, keys: impl Iterator<Item = &'k Arc<[u8]>>, generation: u64) {
        for key in keys {
            if self.pending.get(key).is_some_and(|(_, written)| *written <= generation) {
                self.pending.remove(key);
            }
        }
    }

    pub(super) const fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn record(&mut self, key: &[u8]) -> Option<Record> {
        self.records.get(key).map(|(record, _)| record.clone())
    }

    pub(super) fn pending(&self, key: &[u8]) -> Option<&[u8]> {
        self.pending.get(key).map(|(value, _)| value.as_ref())
    }

    /// The pending pairs whose keys begin with `prefix` and are not below `from`, ascending.
    pub(super) fn pending_from<'m>(
        &'m self,
        prefix: &'m [u8],
        from: &'m [u8],
    ) -> impl Iterator<Item = (&'m [u8], &'m [u8])> {
        let from: Arc<[u8]> = from.max(prefix).into();
        let pairs = self.pending.range(from..);
        pairs
            .map(|(key, (value, _))| (key.as_ref(), value.as_ref()))
            .take_while(move |(key, _)| key.starts_with(prefix))
    }

    /// Keeps a record that was read, if nothing was written since `generation`: else it may be an old one.
    pub(super) fn cache_read(&mut self, generation: u64, key: Vec<u8>, record: Record, weight: usize) {
        if self.generation == generation {
            self.cache(key, record, weight);
        }
    }

    fn cache(&mut self, key: Vec<u8>, record: Record, weight: usize) {
        let weight = weight + RECORD_OVERHEAD_BYTES;
        self.record_bytes += weight;
        if let Some((_, (_, old))) = self.records.push(key, (record, weight)) {
            self.record_bytes = self.record_bytes.saturating_sub(old);
        }
        while self.record_bytes > self.record_bytes_max
            && let Some((_, (_, old))) = self.records.pop_lru()
        {
            self.record_bytes = self.record_bytes.saturating_sub(old);
        }
    }
}
