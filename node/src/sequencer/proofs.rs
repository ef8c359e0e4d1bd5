//! Inclusion proofs of a whole group at once.

use nguon_ledger::hash::Hash;
use nguon_ledger::tree::CompactTree;

/// The inclusion proofs of `leaves`, which follow `before`, in the tree that ends with the last of them.
///
/// All proofs of a group share their nodes: each node above new leaves is hashed once, and of the old tree only its frontier is needed,
/// for a left neighbour of a new leaf's path that holds no new leaf is one of the frontier's subtrees.
pub(super) fn of_group(before: &CompactTree, leaves: &[Hash]) -> Vec<Vec<Hash>> {
    let old = before.size().get();
    let mut starts = Vec::new();
    let mut start = 0;
    for (height, root) in (0..u64::BITS).rev().filter(|height| old >> height & 1 == 1).zip(before.frontier()) {
        starts.push((start, *root));
        start += 1 << height;
    }
    let size = old + u64::try_from(leaves.len()).unwrap_or_default();
    let mut walk = Walk { old, frontier: starts, leaves, proofs: vec![Vec::new(); leaves.len()] };
    if !leaves.is_empty() {
        walk.root(0, size);
    }
    walk.proofs
}

struct Walk<'a> {
    old: u64,
    /// The perfect subtrees of the old tree, each with the leaf where it begins.
    frontier: Vec<(u64, Hash)>,
    leaves: &'a [Hash],
    proofs: Vec<Vec<Hash>>,
}

impl Walk<'_> {
    /// Root over the leaves `start..end`; each new leaf below gets its sibling at every level, lowest first.
    fn root(&mut self, start: u64, end: u64) -> Hash {
        if end <= self.old {
            let subtree = self.frontier.iter().find(|(at, _)| *at == start);
            return subtree.map_or(Hash::ZERO, |(_, root)| *root);
        }
        let leaves = end - start;
        if leaves == 1 {
            let leaf = usize::try_from(start - self.old).ok().and_then(|at| self.leaves.get(at));
            return leaf.copied().unwrap_or(Hash::ZERO);
        }
        // RFC 6962 splits at the largest power of two below the number of leaves.
        let middle = start + (1 << (leaves - 1).ilog2());
        let left = self.root(start, middle);
        let right = self.root(middle, end);
        self.push(start, middle, right);
        self.push(middle, end, left);
        Hash::of_node(&left, &right)
    }

    fn push(&mut self, start: u64, end: u64, sibling: Hash) {
        let place = |leaf: u64| usize::try_from(leaf.saturating_sub(self.old)).unwrap_or(usize::MAX);
        let range = place(start)..place(end);
        if let Some(proofs) = self.proofs.get_mut(range) {
            proofs.iter_mut().for_each(|proof| proof.push(sibling));
        }
    }
}
