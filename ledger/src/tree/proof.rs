use alloc::vec::Vec;

use thiserror::Error;

use super::{LeafIndex, TreeSize, empty_root};
use crate::hash::Hash;

/// Most hashes in one proof (C2SP tlog-witness): a tree of 2^63 leaves has paths of 63.
pub const PROOF_HASHES_MAX: usize = 63;

/// A proof has more than [`PROOF_HASHES_MAX`] hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a proof of {got} hashes is longer than any tree needs")]
pub struct ProofTooLong {
    /// Hashes given.
    pub got: usize,
}

/// Proof that a leaf is in a tree: the sibling hashes from the leaf up to the root's child (RFC 6962, section 2.1.1).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InclusionProof(Vec<Hash>);

/// Proof that one tree is the beginning of another (RFC 6962, section 2.1.2).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConsistencyProof(Vec<Hash>);

fn bounded(hashes: Vec<Hash>) -> Result<Vec<Hash>, ProofTooLong> {
    if hashes.len() > PROOF_HASHES_MAX { Err(ProofTooLong { got: hashes.len() }) } else { Ok(hashes) }
}

impl InclusionProof {
    /// Takes the hashes, the leaf's sibling first.
    ///
    /// # Errors
    ///
    /// [`ProofTooLong`].
    pub fn new(hashes: Vec<Hash>) -> Result<Self, ProofTooLong> {
        bounded(hashes).map(Self)
    }

    /// The hashes, the leaf's sibling first.
    #[must_use]
    pub fn hashes(&self) -> &[Hash] {
        &self.0
    }
}

impl ConsistencyProof {
    /// Takes the hashes in the order of RFC 6962.
    ///
    /// # Errors
    ///
    /// [`ProofTooLong`].
    pub fn new(hashes: Vec<Hash>) -> Result<Self, ProofTooLong> {
        bounded(hashes).map(Self)
    }

    /// The hashes in the order of RFC 6962.
    #[must_use]
    pub fn hashes(&self) -> &[Hash] {
        &self.0
    }
}

/// Why a leaf is not proven to be in a tree.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InclusionError {
    /// The tree has no such leaf.
    #[error("leaf {index} is not in a tree of {size} leaves")]
    IndexBeyondSize {
        /// The leaf asked about.
        index: LeafIndex,
        /// The tree's size.
        size: TreeSize,
    },
    /// The path from this leaf has another length.
    #[error("the proof has {got} hashes, the path has {expected}")]
    WrongLength {
        /// Length of the path.
        expected: usize,
        /// Length of the proof.
        got: usize,
    },
    /// The path leads to another root: the leaf, the proof or the root is not what it is said to be.
    #[error("the proof leads to another root")]
    WrongRoot,
}

/// Why one tree is not proven to be the beginning of another.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConsistencyError {
    /// Nothing can be proven about the empty tree; see [`verify_extension`].
    #[error("the old tree is empty")]
    OldTreeEmpty,
    /// The old tree is larger than the new one.
    #[error("the tree shrank from {old} to {new} leaves")]
    Shrunk {
        /// Old size.
        old: TreeSize,
        /// New size.
        new: TreeSize,
    },
    /// A proof between these sizes has another length.
    #[error("the proof has {got} hashes, not {expected}")]
    WrongLength {
        /// Length needed.
        expected: usize,
        /// Length of the proof.
        got: usize,
    },
    /// The proof does not lead to the old root, or the old tree is empty and its root is not the empty tree's.
    #[error("the proof leads to another old root")]
    WrongOldRoot,
    /// The proof does not lead to the new root, or the new tree is empty and its root is not the empty tree's.
    #[error("the proof leads to another new root")]
    WrongNewRoot,
    /// The sizes are equal and the roots are not: the log shows two histories.
    #[error("two roots for one tree size")]
    Fork,
}

/// Number of binary digits of `number`.
fn bit_length(number: u64) -> u32 {
    u64::BITS - number.leading_zeros()
}

/// Splits a path into the part through perfect subtrees and the part along the tree's right border, if it has exactly
/// `inner + border` hashes; otherwise gives that number.
fn split_path(path: &[Hash], inner: u32, border: u32) -> Result<(&[Hash], &[Hash]), usize> {
    let lengths = usize::try_from(inner).ok().zip(usize::try_from(border).ok());
    let (inner, border) = lengths.unwrap_or((usize::MAX, 0));
    let expected = inner.saturating_add(border);
    if path.len() != expected {
        return Err(expected);
    }
    path.split_at_checked(inner).ok_or(expected)
}

/// Checks that `leaf_hash` stands at `index` in the tree of `size` leaves with this `root` (RFC 9162, section 2.1.3.2,
/// which is the algorithm for RFC 6962 trees).
///
/// # Errors
///
/// [`InclusionError`].
pub fn verify_inclusion(
    index: LeafIndex,
    size: TreeSize,
    leaf_hash: &Hash,
    proof: &InclusionProof,
    root: &Hash,
) -> Result<(), InclusionError> {
    if index.get() >= size.get() {
        return Err(InclusionError::IndexBeyondSize { index, size });
    }
    // Below `inner` the path runs through perfect subtrees and turns as the index's digits say; above, along the tree's
    // right border, where only left siblings exist.
    let inner = bit_length(index.get() ^ (size.get() - 1));
    let border = index.get().checked_shr(inner).unwrap_or(0).count_ones();
    let got = proof.0.len();
    let (inner_hashes, border_hashes) =
        split_path(&proof.0, inner, border).map_err(|expected| InclusionError::WrongLength { expected, got })?;

    let mut node = *leaf_hash;
    let mut turns = index.get();
    for sibling in inner_hashes {
        node = if turns & 1 == 1 { Hash::of_node(sibling, &node) } else { Hash::of_node(&node, sibling) };
        turns >>= 1;
    }
    for sibling in border_hashes {
        node = Hash::of_node(sibling, &node);
    }
    if node == *root { Ok(()) } else { Err(InclusionError::WrongRoot) }
}

/// Checks that the tree of `old_size` leaves is the beginning of the tree of `new_size` leaves (RFC 9162, section
/// 2.1.4.2). An empty old tree is refused: nothing is proven about it.
///
/// # Errors
///
/// [`ConsistencyError`].
pub fn verify_consistency(
    old_size: TreeSize,
    old_root: &Hash,
    new_size: TreeSize,
    new_root: &Hash,
    proof: &ConsistencyProof,
) -> Result<(), ConsistencyError> {
    let got = proof.0.len();
    if old_size > new_size {
        return Err(ConsistencyError::Shrunk { old: old_size, new: new_size });
    }
    let Some(last_old) = old_size.get().checked_sub(1) else {
        return Err(ConsistencyError::OldTreeEmpty);
    };
    if old_size == new_size {
        return match (got, old_root == new_root) {
            (0, true) => Ok(()),
            (0, false) => Err(ConsistencyError::Fork),
            (_, _) => Err(ConsistencyError::WrongLength { expected: 0, got }),
        };
    }
    // The walk starts at the largest perfect subtree that ends where the old tree ends.
    let shift = old_size.get().trailing_zeros();
    let total = bit_length(last_old ^ (new_size.get() - 1));
    let inner = total.saturating_sub(shift);
    let border = last_old.checked_shr(total).unwrap_or(0).count_ones();
    // If that subtree is the whole old tree, its hash is the old root and is left out of the proof.
    let (seed, path) = match proof.0.split_first() {
        Some((first, rest)) if !old_size.get().is_power_of_two() => (*first, rest),
        _ => (*old_root, proof.0.as_slice()),
    };
    let seeds = usize::from(!old_size.get().is_power_of_two());
    let (inner_hashes, border_hashes) = split_path(path, inner, border)
        .map_err(|expected| ConsistencyError::WrongLength { expected: expected.saturating_add(seeds), got })?;
    if got - path.len() != seeds {
        return Err(ConsistencyError::WrongLength { expected: got.saturating_add(seeds), got });
    }

    let (mut old, mut new) = (seed, seed);
    let mut turns = last_old.checked_shr(shift).unwrap_or(0);
    for sibling in inner_hashes {
        if turns & 1 == 1 {
            old = Hash::of_node(sibling, &old);
            new = Hash::of_node(sibling, &new);
        } else {
            new = Hash::of_node(&new, sibling);
        }
        turns >>= 1;
    }
    for sibling in border_hashes {
        old = Hash::of_node(sibling, &old);
        new = Hash::of_node(sibling, &new);
    }
    if old != *old_root {
        return Err(ConsistencyError::WrongOldRoot);
    }
    if new != *new_root {
        return Err(ConsistencyError::WrongNewRoot);
    }
    Ok(())
}

/// Checks consistency by the rule of C2SP tlog-witness: as [`verify_consistency`], but every tree extends the empty one,
/// shown by an empty proof. An empty tree must have the root of [`empty_root`].
///
/// # Errors
///
/// [`ConsistencyError`].
pub fn verify_extension(
    old_size: TreeSize,
    old_root: &Hash,
    new_size: TreeSize,
    new_root: &Hash,
    proof: &ConsistencyProof,
) -> Result<(), ConsistencyError> {
    if old_size != TreeSize::ZERO {
        return verify_consistency(old_size, old_root, new_size, new_root, proof);
    }
    if !proof.0.is_empty() {
        return Err(ConsistencyError::WrongLength { expected: 0, got: proof.0.len() });
    }
    if *old_root != empty_root() {
        return Err(ConsistencyError::WrongOldRoot);
    }
    if new_size == TreeSize::ZERO && *new_root != empty_root() {
        return Err(ConsistencyError::WrongNewRoot);
    }
    Ok(())
}
