//! A random sample that nobody chose: drawn from a checkpoint's root hash, so that anybody can draw it again
//! (`docs/report.md`, section 4).

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use nguon_ledger::hash::{HASH_BYTES, Hash};

/// Draws `count` of the numbers from 0 to `population - 1`, in the order in which they come; all of them if there are no more.
///
/// For the counter 0, 1, 2, ... in eight bytes, big-endian: the first eight bytes of SHA-256(root || salt || counter), big-endian, are x. An
/// x at or above the greatest multiple of `population` that 2^64 holds is passed over, so that no number is likelier than another; else
/// x mod `population` is drawn, unless it was drawn before.
#[must_use]
pub fn draw(root: &Hash, salt: &[u8], population: u64, count: u64) -> Vec<u64> {
    let mut bytes = Vec::with_capacity(HASH_BYTES.saturating_add(salt.len()).saturating_add(8));
    let mut seen = BTreeSet::new();
    let mut drawn = Vec::new();
    let wanted = count.min(population);
    let past = (1_u128 << 64).checked_rem(u128::from(population)).unwrap_or_default();
    // The multiples of the population end here; what lies beyond would make the first numbers likelier.
    let limit = (1_u128 << 64).saturating_sub(past);
    let mut counter: u64 = 0;
    while u64::try_from(drawn.len()).is_ok_and(|length| length < wanted) {
        bytes.clear();
        bytes.extend_from_slice(root.as_bytes());
        bytes.extend_from_slice(salt);
        bytes.extend_from_slice(&counter.to_be_bytes());
        counter = counter.saturating_add(1);
        let hash = Hash::of(&bytes);
        let Some(x) = hash.as_bytes().first_chunk::<8>().map(|bytes| u64::from_be_bytes(*bytes)) else { continue };
        if u128::from(x) >= limit {
            continue;
        }
        if let Some(number) = x.checked_rem(population)
            && seen.insert(number)
        {
            drawn.push(number);
        }
    }
    drawn
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;

    #[test]
    fn the_draw_is_as_the_document_says() {
        let root = Hash::of(b"a root");
        // Written from the document: SHA-256 by another call, arithmetic by hand.
        let mut expected: Vec<u64> = Vec::new();
        for counter in 0_u64.. {
            let hash = Sha256::new()
                .chain_update(root.as_bytes())
                .chain_update(b"dice 4 2 6")
                .chain_update(counter.to_be_bytes());
            let x = u64::from_be_bytes(hash.finalize()[..8].try_into().unwrap());
            if !expected.contains(&(x % 1_000)) && u128::from(x) < (1 << 64) / 1_000 * 1_000 {
                expected.push(x % 1_000);
            }
            if expected.len() == 30 {
                break;
            }
        }
        assert_eq!(draw(&root, b"dice 4 2 6", 1_000, 30), expected);
        assert_ne!(draw(&root, b"", 1_000, 30), expected);
    }

    #[test]
    fn no_more_are_drawn_than_there_are() {
        let root = Hash::of(b"another");
        let mut all = draw(&root, b"", 7, 100);
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 3, 4, 5, 6]);
        assert!(draw(&root, b"", 0, 5).is_empty());
        assert!(draw(&root, b"", 5, 0).is_empty());
    }

    #[test]
    fn no_number_is_likelier_than_another() {
        let mut counts = [0_u32; 10];
        for root in 0_u32..2_000 {
            for number in draw(&Hash::of(&root.to_be_bytes()), b"", 10, 3) {
                counts[usize::try_from(number).unwrap()] += 1;
            }
        }
        // 600 are expected; five standard deviations are 102.
        assert!(counts.iter().all(|count| (498..=702).contains(count)), "{counts:?}");
    }
}
