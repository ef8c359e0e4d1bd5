use alloc::vec::Vec;

use thiserror::Error;

use super::{TreeSize, empty_root, fold_frontier};
use crate::hash::Hash;

/// Sizes above this are refused where they come from outside, so that adding leaves can never overflow.
const FRONTIER_SIZE_MAX: u64 = u64::MAX >> 1;

/// The right edge of a tree: all that is needed to add leaves and to know the root, in memory of O(log n).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CompactTree {
    size: u64,
    /// Roots of the perfect subtrees that the size's binary digits name, largest and leftmost first.
    frontier: Vec<Hash>,
}

/// Why hashes are no frontier of a tree.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FrontierError {
    /// A tree has as many frontier hashes as its size has binary ones.
    #[error("a tree of {size} leaves has {expected} frontier hashes, not {got}")]
    WrongCount {
        /// The size claimed.
        size: TreeSize,
        /// Hashes it needs.
        expected: u32,
        /// Hashes given.
        got: usize,
    },
    /// More leaves than any log can hold.
    #[error("tree size {size} is out of range")]
    TooLarge {
        /// The size claimed.
        size: TreeSize,
    },
}

impl CompactTree {
    /// The tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Continues a tree from the roots of its perfect subtrees, largest first (what [`CompactTree::frontier`] gives).
    ///
    /// # Errors
    ///
    /// [`FrontierError`] if the number of hashes does not fit the size. The hashes themselves cannot be checked here:
    /// compare [`CompactTree::root`] with a signed checkpoint.
    pub fn from_frontier(size: TreeSize, frontier: Vec<Hash>) -> Result<Self, FrontierError> {
        let expected = size.get().count_ones();
        if size.get() > FRONTIER_SIZE_MAX {
            return Err(FrontierError::TooLarge { size });
        }
        if u32::try_from(frontier.len()) != Ok(expected) {
            return Err(FrontierError::WrongCount { size, expected, got: frontier.len() });
        }
        Ok(Self { size: size.get(), frontier })
    }

    /// Adds one leaf.
    pub fn push(&mut self, leaf_hash: Hash) {
        let mut node = leaf_hash;
        let mut left_siblings = self.size.trailing_ones();
        while left_siblings > 0
            && let Some(left) = self.frontier.pop()
        {
            node = Hash::of_node(&left, &node);
            left_siblings -= 1;
        }
        self.frontier.push(node);
        self.size += 1;
    }

    /// Number of leaves.
    #[must_use]
    pub const fn size(&self) -> TreeSize {
        TreeSize::new(self.size)
    }

    /// Root over all leaves.
    #[must_use]
    pub fn root(&self) -> Hash {
        fold_frontier(&self.frontier).unwrap_or_else(empty_root)
    }

    /// Roots of the perfect subtrees, largest first.
    #[must_use]
    pub fn frontier(&self) -> &[Hash] {
        &self.frontier
    }
}
