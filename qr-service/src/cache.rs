//! A bounded least-recently-used cache behind one lock.
//!
//! Two ordered maps instead of a linked list: the work per access is logarithmic in a capacity of some hundreds, and there
//! is nothing to get wrong. The lock is never held across an await.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Keeps at most `capacity` values, dropping the one used longest ago.
#[derive(Debug)]
pub(crate) struct Cache<V> {
    capacity: usize,
    inner: Mutex<Inner<V>>,
}

#[derive(Debug)]
struct Inner<V> {
    by_key: BTreeMap<String, (u64, V)>,
    by_use: BTreeMap<u64, String>,
    uses: u64,
}

impl<V: Clone> Cache<V> {
    /// An empty cache for `capacity` values.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, inner: Mutex::new(Inner { by_key: BTreeMap::new(), by_use: BTreeMap::new(), uses: 0 }) }
    }

    /// The value under `key`, which becomes the one used last.
    pub(crate) fn get(&self, key: &str) -> Option<V> {
        let mut inner = self.lock();
        let value = inner.by_key.get(key)?.1.clone();
        inner.touch(key);
        Some(value)
    }

    /// Puts `value` under `key`, dropping the value used longest ago when the cache is full.
    pub(crate) fn put(&self, key: &str, value: V) {
        let mut inner = self.lock();
        if let Some((old_use, _)) = inner.by_key.insert(key.to_owned(), (0, value)) {
            inner.by_use.remove(&old_use);
        }
        inner.touch(key);
        while inner.by_key.len() > self.capacity {
            let Some((_, oldest)) = inner.by_use.pop_first() else { break };
            inner.by_key.remove(&oldest);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner<V>> {
        // No code under the lock can panic half way through a change, so a poisoned lock holds a sound cache.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> Inner<V> {
    fn touch(&mut self, key: &str) {
        self.uses = self.uses.wrapping_add(1);
        let now = self.uses;
        if let Some((last_use, _)) = self.by_key.get_mut(key) {
            self.by_use.remove(last_use);
            *last_use = now;
            self.by_use.insert(now, key.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Cache;

    #[test]
    fn drops_the_value_used_longest_ago() {
        let cache = Cache::new(2);
        cache.put("a", 1);
        cache.put("b", 2);
        assert_eq!(cache.get("a"), Some(1));
        cache.put("c", 3);
        assert_eq!((cache.get("a"), cache.get("b"), cache.get("c")), (Some(1), None, Some(3)));
    }

    #[test]
    fn a_value_put_twice_counts_once() {
        let cache = Cache::new(2);
        cache.put("a", 1);
        cache.put("a", 2);
        cache.put("b", 3);
        assert_eq!((cache.get("a"), cache.get("b")), (Some(2), Some(3)));
    }
}
