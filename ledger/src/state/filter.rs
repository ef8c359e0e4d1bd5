//! A Bloom filter over keys that are hashes: says "not here" for sure, or "perhaps". Node and auditor keep one beside what they have sorted on
//! disk, so that what is not there is not looked for.

use alloc::vec;
use alloc::vec::Vec;

/// Bits for each key, so that one absent key in a hundred is looked for in vain.
const BITS_PER_KEY: u64 = 10;
/// Bits that each key sets: 10 ln 2.
const PROBES: u64 = 7;

/// What the filter sees of a key: as much of a hash as its probes need.
pub type FilterKey = [u8; 16];

/// The filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter(Vec<u64>);

impl Filter {
    /// An empty filter with room for so many keys; more make it say "perhaps" more often.
    #[must_use]
    pub fn for_keys(keys: u64) -> Self {
        let words = keys.saturating_mul(BITS_PER_KEY).div_ceil(64).max(1);
        Self(vec![0; usize::try_from(words).unwrap_or(1)])
    }

    /// The filter that [`Filter::to_bytes`] wrote.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.chunks_exact(8).filter_map(|word| Some(u64::from_le_bytes(word.try_into().ok()?))).collect())
    }

    /// The filter's bits, as words of eight bytes, the least first.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// Adds a key.
    pub fn insert(&mut self, key: &FilterKey) {
        for (at, mask) in places(key, self.0.len()) {
            if let Some(word) = self.0.get_mut(at) {
                *word |= mask;
            }
        }
    }

    /// Whether the key may have been added; if not, it was not.
    #[must_use]
    pub fn may_hold(&self, key: &FilterKey) -> bool {
        places(key, self.0.len()).all(|(at, mask)| self.0.get(at).is_some_and(|word| word & mask != 0))
    }
}

/// The word and the bit of each probe: two independent parts of the hash, combined.
fn places(key: &FilterKey, words: usize) -> impl Iterator<Item = (usize, u64)> {
    let (one, other) = key.split_at(8);
    let part = |part: &[u8]| part.try_into().map_or(0, u64::from_le_bytes);
    let (one, other) = (part(one), part(other) | 1);
    let bits = u64::try_from(words).unwrap_or(1).saturating_mul(64).max(1);
    (0..PROBES).map(move |probe| {
        let bit = one.wrapping_add(probe.wrapping_mul(other)) % bits;
        (usize::try_from(bit / 64).unwrap_or(0), 1 << (bit % 64))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::Hash;

    fn key(number: u32) -> FilterKey {
        *Hash::of(&number.to_be_bytes()).as_bytes().first_chunk().unwrap()
    }

    #[test]
    fn no_key_is_lost_and_few_are_imagined() {
        let mut filter = Filter::for_keys(1_000);
        (0..1_000).for_each(|number| filter.insert(&key(number)));
        let filter = Filter::from_bytes(&filter.to_bytes());
        assert!((0..1_000).all(|number| filter.may_hold(&key(number))));
        let imagined = (1_000..11_000).filter(|number| filter.may_hold(&key(*number))).count();
        assert!(imagined < 200, "{imagined} of 10,000");
        assert!(!Filter::for_keys(0).may_hold(&key(0)));
        assert!(!Filter::from_bytes(b"").may_hold(&key(0)));
    }
}
