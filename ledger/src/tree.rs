//! The Merkle tree of RFC 6962, section 2.1: sizes and indexes, roots, proofs and their checks.
//!
//! [`CompactTree`] grows a tree in memory of its logarithm; [`Prover`] makes proofs from stored tiles; the two `verify`
//! functions need neither.

mod compact;
mod proof;
mod prover;
#[cfg(test)]
mod tests;

use core::{fmt, str::FromStr};

use thiserror::Error;

pub use compact::{CompactTree, FrontierError};
pub use proof::{
    ConsistencyError, ConsistencyProof, InclusionError, InclusionProof, PROOF_HASHES_MAX, ProofTooLong,
    verify_consistency, verify_extension, verify_inclusion,
};
pub use prover::{ProveError, Prover, TileReader};

use crate::hash::Hash;

/// Number of leaves of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct TreeSize(u64);

impl TreeSize {
    /// The size of the empty tree.
    pub const ZERO: Self = Self(0);

    /// Takes a number of leaves.
    #[must_use]
    pub const fn new(leaves: u64) -> Self {
        Self(leaves)
    }

    /// The number of leaves.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// Position of a leaf in the log, counted from zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct LeafIndex(u64);

impl LeafIndex {
    /// Takes a position counted from zero.
    #[must_use]
    pub const fn new(index: u64) -> Self {
        Self(index)
    }

    /// The position counted from zero.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for TreeSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for LeafIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A number is not written as ASCII digits without sign or leading zeros, or does not fit in 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a decimal number in canonical form")]
pub struct DecimalError;

impl FromStr for TreeSize {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        parse_decimal(text).map(Self)
    }
}

impl FromStr for LeafIndex {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        parse_decimal(text).map(Self)
    }
}

/// Reads the one decimal spelling of a number that every C2SP format asks for.
pub(crate) fn parse_decimal(text: &str) -> Result<u64, DecimalError> {
    let has_leading_zero = text.len() > 1 && text.starts_with('0');
    if has_leading_zero || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(DecimalError);
    }
    text.parse().map_err(|_| DecimalError)
}

/// Root of the tree without leaves: SHA-256 of nothing.
#[must_use]
pub fn empty_root() -> Hash {
    Hash::of(&[])
}

/// Folds the roots of neighbouring perfect subtrees, left to right and each smaller than the one before, into the root
/// over all of them.
fn fold_frontier(frontier: &[Hash]) -> Option<Hash> {
    frontier.iter().rev().copied().reduce(|right, left| Hash::of_node(&left, &right))
}
