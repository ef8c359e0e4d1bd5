//! sled, and all that is known about it. Nothing else in this crate names it.
//!
//! sled 0.34.7 is not durable on Linux and can panic on damaged files, so every call is caught and every error means the same to the
//! caller: the index is broken and must be made again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use thiserror::Error;

/// Keys removed in one batch, during which nobody reads.
const REMOVED_AT_ONCE: usize = 64;

/// A key with its value.
pub(crate) type Pair = (Vec<u8>, Vec<u8>);

/// Why sled did not do what it should.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SledError {
    /// It says so itself.
    #[error("sled refused")]
    Refused(#[source] sled::Error),
    /// It panicked; its message was printed.
    #[error("sled panicked")]
    Panicked,
}

fn guard<T>(work: impl FnOnce() -> sled::Result<T>) -> Result<T, SledError> {
    // What sled leaves behind after a panic is never used again: the index is marked broken.
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| SledError::Panicked)?.map_err(SledError::Refused)
}

/// One sled tree, written in atomic batches.
#[derive(Debug)]
pub(crate) struct SledTree {
    db: sled::Db,
}

impl SledTree {
    /// Opens or makes the tree in a folder.
    pub(crate) fn open(folder: &Path, cache_bytes: u64) -> Result<Self, SledError> {
        let config = sled::Config::new().path(folder).cache_capacity(cache_bytes).flush_every_ms(None);
        guard(|| config.open()).map(|db| Self { db })
    }

    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, SledError> {
        guard(|| Ok(self.db.get(key)?.map(|value| value.to_vec())))
    }

    /// Removes every key that begins with `prefix`, some at a time.
    pub(crate) fn remove(&self, prefix: &[u8]) -> Result<(), SledError> {
        loop {
            let mut batch = sled::Batch::default();
            let mut count = 0;
            guard(|| {
                for key in self.db.scan_prefix(prefix).keys().take(REMOVED_AT_ONCE) {
                    batch.remove(key?);
                    count += 1;
                }
                self.db.apply_batch(batch)
            })?;
            if count < REMOVED_AT_ONCE {
                return Ok(());
            }
        }
    }

    /// Writes all pairs or none.
    pub(crate) fn apply<'p>(&self, pairs: impl Iterator<Item = (&'p [u8], &'p [u8])>) -> Result<(), SledError> {
        let mut batch = sled::Batch::default();
        pairs.for_each(|(key, value)| batch.insert(key, value));
        guard(|| self.db.apply_batch(batch))
    }

    /// How many keys there are.
    #[cfg(test)]
    pub(crate) fn count(&self) -> Result<usize, SledError> {
        guard(|| Ok(self.db.len()))
    }

    /// Hands everything to the operating system; that does not make it durable.
    pub(crate) fn flush(&self) -> Result<(), SledError> {
        guard(|| self.db.flush().map(|_| ()))
    }
}
