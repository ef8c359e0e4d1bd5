//! A Bloom filter over keys that are hashes already: says "not here" for sure, or "perhaps".

use super::run::RunKey;

/// Bits for each key, so that one absent key in a hundred is looked for in vain.
const BITS_PER_KEY: u64 = 10;
/// Bits that each key sets: 10 ln 2.
const PROBES: u64 = 7;

/// The filter.
#[derive(Debug)]
pub(super) struct Filter(Vec<u64>);

impl Filter {
    pub(super) fn for_records(records: u64) -> Self {
        let words = records.saturating_mul(BITS_PER_KEY).div_ceil(64).max(1);
        Self(vec![0; usize::try_from(words).unwrap_or(1)])
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.chunks_exact(8).filter_map(|word| Some(u64::from_le_bytes(word.try_into().ok()?))).collect())
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    pub(super) fn insert(&mut self, key: &RunKey) {
        for (at, mask) in places(key, self.0.len()) {
            if let Some(word) = self.0.get_mut(at) {
                *word |= mask;
            }
        }
    }

    pub(super) fn may_hold(&self, key: &RunKey) -> bool {
        places(key, self.0.len()).all(|(at, mask)| self.0.get(at).is_some_and(|word| word & mask != 0))
    }
}

/// The word and the bit of each probe: two independent parts of the hash, combined.
fn places(key: &RunKey, words: usize) -> impl Iterator<Item = (usize, u64)> {
    let part = |at: usize| key.get(at..at + 8).and_then(|part| part.try_into().ok()).map_or(0, u64::from_le_bytes);
    // The first byte is the kind; the hash follows.
    let (one, other) = (part(1), part(9) | 1);
    let bits = u64::try_from(words).unwrap_or(1).saturating_mul(64).max(1);
    (0..PROBES).map(move |probe| {
        let bit = one.wrapping_add(probe.wrapping_mul(other)) % bits;
        (usize::try_from(bit / 64).unwrap_or(0), 1 << (bit % 64))
    })
}
