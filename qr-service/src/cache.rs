//! A least-recently-used cache bounded in bytes, behind one lock that is never held across an await.

use std::sync::{Mutex, MutexGuard, PoisonError};

use lru::LruCache;

/// What the cache's own structures take for one value, about.
const OVERHEAD_BYTES: usize = 128;

/// Keeps values of at most `bytes_max` bytes in all, dropping those used longest ago.
#[derive(Debug)]
pub(crate) struct Cache<V> {
    bytes_max: usize,
    inner: Mutex<Inner<V>>,
}

#[derive(Debug)]
struct Inner<V> {
    by_key: LruCache<String, (V, usize)>,
    bytes: usize,
}

impl<V: Clone> Cache<V> {
    /// An empty cache for values of `bytes_max` bytes.
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { bytes_max, inner: Mutex::new(Inner { by_key: LruCache::unbounded(), bytes: 0 }) }
    }

    /// The value under `key`, which becomes the one used last.
    pub(crate) fn get(&self, key: &str) -> Option<V> {
        self.lock().by_key.get(key).map(|(value, _)| value.clone())
    }

    /// Puts `value`, which takes `bytes`, under `key`. One that is larger than the whole cache is not kept.
    pub(crate) fn put(&self, key: &str, value: V, bytes: usize) {
        let bytes = bytes.saturating_add(key.len()).saturating_add(OVERHEAD_BYTES);
        let mut inner = self.lock();
        if let Some((_, old)) = inner.by_key.pop(key) {
            inner.bytes = inner.bytes.saturating_sub(old);
        }
        if bytes > self.bytes_max {
            return;
        }
        inner.bytes = inner.bytes.saturating_add(bytes);
        inner.by_key.put(key.to_owned(), (value, bytes));
        while inner.bytes > self.bytes_max {
            let Some((_, (_, oldest))) = inner.by_key.pop_lru() else { break };
            inner.bytes = inner.bytes.saturating_sub(oldest);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner<V>> {
        // No code under the lock can panic half way through a change, so a poisoned lock holds a sound cache.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{Cache, OVERHEAD_BYTES};

    /// Room for two values of ten bytes with keys of one letter.
    const TWO: usize = 2 * (OVERHEAD_BYTES + 11);

    #[test]
    fn drops_the_value_used_longest_ago() {
        let cache = Cache::new(TWO);
        cache.put("a", 1, 10);
        cache.put("b", 2, 10);
        assert_eq!(cache.get("a"), Some(1));
        cache.put("c", 3, 10);
        assert_eq!((cache.get("a"), cache.get("b"), cache.get("c")), (Some(1), None, Some(3)));
    }

    #[test]
    fn a_value_put_twice_counts_once() {
        let cache = Cache::new(TWO);
        cache.put("a", 1, 10);
        cache.put("a", 2, 10);
        cache.put("b", 3, 10);
        assert_eq!((cache.get("a"), cache.get("b")), (Some(2), Some(3)));
    }

    #[test]
    fn a_value_larger_than_the_cache_is_not_kept_and_drops_no_other() {
        let cache = Cache::new(TWO);
        cache.put("a", 1, 10);
        cache.put("b", 2, TWO);
        cache.put("a", 3, TWO);
        assert_eq!((cache.get("a"), cache.get("b")), (None, None), "what it replaces is out of date");
    }
}
