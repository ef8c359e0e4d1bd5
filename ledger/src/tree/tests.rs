extern crate std;

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use alloc::{format, vec};
use core::cell::Cell;
use std::{path::PathBuf, println};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::tile::{TilePath, hash_tiles_between};

/// Hash tiles of one tree in memory, built the slow way: straight from the definition.
struct Tiles {
    tiles: BTreeMap<TilePath, Vec<u8>>,
    reads: Cell<u32>,
}

impl TileReader for Tiles {
    type Bytes = Vec<u8>;
    type Error = TilePath;

    fn read_tile(&self, path: &TilePath) -> Result<Vec<u8>, TilePath> {
        self.reads.set(self.reads.get() + 1);
        self.tiles.get(path).cloned().ok_or(*path)
    }
}

fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            Hash::of_node(&naive_root(left), &naive_root(right))
        }
    }
}

fn entry(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

fn leaves(size: u64) -> Vec<Hash> {
    (0..size).map(|index| Hash::of_leaf(&entry(index))).collect()
}

fn tiles(leaves: &[Hash]) -> Tiles {
    let size = TreeSize::new(u64::try_from(leaves.len()).unwrap());
    let mut tiles = BTreeMap::new();
    for path in hash_tiles_between(TreeSize::ZERO, size) {
        let crate::tile::TileKind::Hashes(level) = path.kind() else { panic!("asked for hash tiles") };
        let span = 256_usize.pow(u32::from(level));
        let first = usize::try_from(path.index()).unwrap() * 256 * span;
        let bytes = leaves[first..]
            .chunks_exact(span)
            .take(usize::from(path.width()))
            .flat_map(|part| *naive_root(part).as_bytes())
            .collect();
        tiles.insert(path, bytes);
    }
    Tiles { tiles, reads: Cell::new(0) }
}

fn oracle(size: u64) -> MemoryBackedTree<sha2::Sha256, Vec<u8>> {
    let mut tree = MemoryBackedTree::new();
    (0..size).for_each(|index| tree.push(entry(index)));
    tree
}

fn concat(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

fn compact(leaves: &[Hash]) -> CompactTree {
    let mut tree = CompactTree::new();
    leaves.iter().for_each(|&leaf| tree.push(leaf));
    tree
}

/// Every hash list one step away from this one: a bit flipped, one hash less at either end, one more at either end.
fn damaged(hashes: &[Hash], byte: usize, bit: u8) -> Vec<Vec<Hash>> {
    let mut all = Vec::new();
    for at in 0..hashes.len() {
        let mut bytes = *hashes[at].as_bytes();
        bytes[byte] ^= 1 << bit;
        let mut copy = hashes.to_vec();
        copy[at] = Hash::from_bytes(bytes);
        all.push(copy);
        let mut copy = hashes.to_vec();
        copy.remove(at);
        all.push(copy);
    }
    all.push([hashes, &[Hash::ZERO]].concat());
    all.push([&[Hash::ZERO], hashes].concat());
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn proofs_from_tiles_are_those_of_another_implementation(
        size in 1..1200_u64, index_seed: u64, old_seed: u64, byte in 0..32_usize, bit in 0..8_u8,
    ) {
        let leaves = leaves(size);
        let tiles = tiles(&leaves);
        let oracle = oracle(size);
        let prover = Prover::new(&tiles, TreeSize::new(size));
        let root = prover.root().unwrap();
        prop_assert_eq!(root, naive_root(&leaves));
        prop_assert_eq!(root.as_bytes().to_vec(), oracle.root().as_bytes().to_vec());
        prop_assert_eq!(&compact(&leaves), &prover.compact_tree().unwrap());
        prop_assert_eq!(root, compact(&leaves).root());

        let index = index_seed % size;
        let at = usize::try_from(index).unwrap();
        let proof = prover.inclusion(LeafIndex::new(index)).unwrap();
        let theirs = oracle.prove_inclusion(at);
        prop_assert_eq!(concat(proof.hashes()), theirs.as_bytes());
        let check = |proof: &InclusionProof, leaf: &Hash, root: &Hash| {
            verify_inclusion(LeafIndex::new(index), TreeSize::new(size), leaf, proof, root)
        };
        prop_assert_eq!(check(&proof, &leaves[at], &root), Ok(()));
        prop_assert!(check(&proof, &Hash::ZERO, &root).is_err());
        prop_assert!(check(&proof, &leaves[at], &Hash::ZERO).is_err());
        for bad in damaged(proof.hashes(), byte, bit) {
            prop_assert!(check(&InclusionProof::new(bad).unwrap(), &leaves[at], &root).is_err());
        }

        let old = old_seed % size + 1;
        let old_leaves = usize::try_from(old).unwrap();
        let old_root = naive_root(&leaves[..old_leaves]);
        let proof = prover.consistency(TreeSize::new(old)).unwrap();
        if old < size {
            let theirs = oracle.prove_consistency(usize::try_from(size - old).unwrap());
            prop_assert_eq!(concat(proof.hashes()), theirs.as_bytes());
        }
        let check = |proof: &ConsistencyProof, old_root: &Hash, root: &Hash| {
            let sizes = (TreeSize::new(old), TreeSize::new(size));
            let strict = verify_consistency(sizes.0, old_root, sizes.1, root, proof);
            assert_eq!(strict, verify_extension(sizes.0, old_root, sizes.1, root, proof));
            strict
        };
        prop_assert_eq!(check(&proof, &old_root, &root), Ok(()));
        prop_assert!(check(&proof, &Hash::ZERO, &root).is_err());
        prop_assert!(check(&proof, &old_root, &Hash::ZERO).is_err());
        for bad in damaged(proof.hashes(), byte, bit) {
            prop_assert!(check(&ConsistencyProof::new(bad).unwrap(), &old_root, &root).is_err());
        }
    }

    #[test]
    fn any_numbers_are_answered(index: u64, old: u64, size: u64, count in 0..64_usize) {
        let hashes = vec![Hash::ZERO; count];
        let inclusion = InclusionProof::new(hashes.clone());
        let consistency = ConsistencyProof::new(hashes);
        prop_assert_eq!(inclusion.is_ok(), count <= PROOF_HASHES_MAX);
        let (Ok(inclusion), Ok(consistency)) = (inclusion, consistency) else { return Ok(()) };
        let (old, size) = (TreeSize::new(old), TreeSize::new(size));
        prop_assert!(verify_inclusion(LeafIndex::new(index), size, &Hash::ZERO, &inclusion, &Hash::ZERO).is_err());
        if old != size {
            prop_assert!(verify_consistency(old, &Hash::ZERO, size, &Hash::ZERO, &consistency).is_err());
        }
    }

    #[test]
    fn numbers_have_one_spelling(number: u64) {
        let size = TreeSize::new(number);
        prop_assert_eq!(size.to_string().parse(), Ok(size));
        prop_assert_eq!(format!("0{number}").parse::<TreeSize>(), Err(DecimalError));
        prop_assert_eq!(format!("+{number}").parse::<LeafIndex>(), Err(DecimalError));
    }
}

#[test]
fn huge_trees_are_proven_and_refused_without_overflow() {
    let none = Tiles { tiles: BTreeMap::new(), reads: Cell::new(0) };
    for size in [u64::MAX, 1 << 63, (1 << 63) - 1] {
        let prover = Prover::new(&none, TreeSize::new(size));
        assert!(matches!(prover.root(), Err(ProveError::Read { .. })));
        assert!(prover.inclusion(LeafIndex::new(size - 1)).is_err());
        assert!(prover.consistency(TreeSize::new(size - 1)).is_err());
    }
    assert!(matches!(
        CompactTree::from_frontier(TreeSize::new(u64::MAX), vec![Hash::ZERO; 64]),
        Err(FrontierError::TooLarge { .. })
    ));
    for (index, size) in [(0, u64::MAX), (u64::MAX - 1, u64::MAX), (1 << 63, u64::MAX)] {
        let proof = InclusionProof::default();
        let result = verify_inclusion(LeafIndex::new(index), TreeSize::new(size), &Hash::ZERO, &proof, &Hash::ZERO);
        assert!(matches!(result, Err(InclusionError::WrongLength { .. })));
    }
}

#[test]
fn a_proof_reads_each_tile_once() {
    let leaves = leaves(70_000);
    let tiles = tiles(&leaves);
    let prover = Prover::new(&tiles, TreeSize::new(70_000));
    let proof = prover.inclusion(LeafIndex::new(12_345)).unwrap();
    // The leaf's own tile, the tile above it, the right edge of the tree at levels 0 and 1.
    assert_eq!(tiles.reads.get(), 4);
    let root = compact(&leaves).root();
    let check = verify_inclusion(LeafIndex::new(12_345), TreeSize::new(70_000), &leaves[12_345], &proof, &root);
    assert_eq!(check, Ok(()));
    let old = prover.consistency(TreeSize::new(65_537)).unwrap();
    let old_root = naive_root(&leaves[..65_537]);
    assert_eq!(verify_consistency(TreeSize::new(65_537), &old_root, TreeSize::new(70_000), &root, &old), Ok(()));
}

#[test]
fn damaged_tiles_are_reported() {
    let mut tiles = tiles(&leaves(300));
    tiles.tiles.values_mut().for_each(|bytes| bytes.truncate(40));
    let prover = Prover::new(&tiles, TreeSize::new(300));
    assert!(matches!(prover.root(), Err(ProveError::ShortTile { .. })));
    tiles.tiles.clear();
    let prover = Prover::new(&tiles, TreeSize::new(300));
    assert!(matches!(prover.inclusion(LeafIndex::new(0)), Err(ProveError::Read { .. })));
    assert!(matches!(prover.inclusion(LeafIndex::new(300)), Err(ProveError::IndexBeyondSize { .. })));
    assert!(matches!(prover.consistency(TreeSize::ZERO), Err(ProveError::OldSizeOutOfRange { .. })));
    assert!(matches!(prover.consistency(TreeSize::new(301)), Err(ProveError::OldSizeOutOfRange { .. })));
}

#[test]
fn a_frontier_needs_one_hash_for_each_binary_one() {
    let tree = compact(&leaves(13));
    let again = CompactTree::from_frontier(tree.size(), tree.frontier().to_vec()).unwrap();
    assert_eq!(again, tree);
    assert_eq!(
        CompactTree::from_frontier(TreeSize::new(12), tree.frontier().to_vec()),
        Err(FrontierError::WrongCount { size: TreeSize::new(12), expected: 2, got: 3 })
    );
    assert_eq!(CompactTree::new().root(), empty_root());
}

#[test]
fn the_empty_tree_is_extended_by_an_empty_proof_only() {
    let (none, some) = (ConsistencyProof::default(), ConsistencyProof::new(vec![Hash::ZERO]).unwrap());
    let (zero, one) = (TreeSize::ZERO, TreeSize::new(1));
    let empty = empty_root();
    assert_eq!(verify_consistency(zero, &empty, one, &Hash::ZERO, &none), Err(ConsistencyError::OldTreeEmpty));
    assert_eq!(verify_extension(zero, &empty, one, &Hash::ZERO, &none), Ok(()));
    assert_eq!(verify_extension(zero, &empty, zero, &empty, &none), Ok(()));
    assert_eq!(verify_extension(zero, &Hash::ZERO, one, &Hash::ZERO, &none), Err(ConsistencyError::WrongOldRoot));
    assert_eq!(verify_extension(zero, &empty, zero, &Hash::ZERO, &none), Err(ConsistencyError::WrongNewRoot));
    let wrong = Err(ConsistencyError::WrongLength { expected: 0, got: 1 });
    assert_eq!(verify_extension(zero, &empty, one, &Hash::ZERO, &some), wrong);
    assert_eq!(verify_consistency(one, &empty, one, &Hash::ZERO, &none), Err(ConsistencyError::Fork));
    assert!(matches!(verify_consistency(one, &empty, zero, &empty, &none), Err(ConsistencyError::Shrunk { .. })));
    let three = TreeSize::new(3);
    let wrong = Err(ConsistencyError::WrongLength { expected: 3, got: 0 });
    assert_eq!(verify_consistency(three, &empty, TreeSize::new(4), &empty, &none), wrong);
}

/// A few of the cases of others have words in place of hashes; any hash made from them stands for them as well.
fn hash_of(value: &Value) -> Option<Hash> {
    let bytes = BASE64_STANDARD.decode(value.as_str()?).ok()?;
    if bytes.is_empty() { None } else { Some(Hash::from_slice(&bytes).unwrap_or_else(|| Hash::of(&bytes))) }
}

fn hashes_of(value: &Value) -> Option<Vec<Hash>> {
    value.as_array().map_or(Some(Vec::new()), |list| list.iter().map(hash_of).collect())
}

#[test]
fn our_vectors_verify() {
    let vectors: Value = serde_json::from_str(include_str!("../../tests/vectors/tlog.json")).unwrap();
    let mut tree = CompactTree::new();
    for case in vectors["trees"].as_array().unwrap() {
        let size = TreeSize::new(case["size"].as_u64().unwrap());
        while tree.size() < size {
            let entry = if tree.size().get() == 3 { String::new() } else { format!("leaf {}", tree.size()) };
            tree.push(Hash::of_leaf(entry.as_bytes()));
        }
        let root = hash_of(&case["root_b64"]).unwrap();
        assert_eq!(tree.root(), root);
        if size == TreeSize::ZERO {
            continue;
        }
        let inclusion = &case["incl"];
        let index = LeafIndex::new(inclusion["index"].as_u64().unwrap());
        let leaf = Hash::of_leaf(inclusion["entry"].as_str().unwrap().as_bytes());
        let proof = InclusionProof::new(hashes_of(&inclusion["proof"]).unwrap()).unwrap();
        assert_eq!(verify_inclusion(index, size, &leaf, &proof, &root), Ok(()));
        let consistency = &case["cons"];
        let old = TreeSize::new(consistency["old"].as_u64().unwrap());
        let old_root = hash_of(&consistency["old_root"]).unwrap();
        let proof = ConsistencyProof::new(hashes_of(&consistency["proof"]).unwrap()).unwrap();
        assert_eq!(verify_consistency(old, &old_root, size, &root, &proof), Ok(()));
    }
}

/// Cases that others made (transparency-dev/merkle), read where they lie.
fn shared_cases(kind: &str) -> Vec<Value> {
    let root = std::env::var_os("NGUON_SHARED_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")), PathBuf::from);
    let mut folders = vec![root.join("merkle-testdata").join(kind)];
    if !folders[0].is_dir() {
        println!("skipped: {} is not here", folders[0].display());
        return Vec::new();
    }
    let mut cases = Vec::new();
    while let Some(folder) = folders.pop() {
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                cases.push(serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap());
            }
        }
    }
    println!("{} cases of {kind}", cases.len());
    cases
}

#[test]
fn inclusion_cases_of_others_are_judged_alike() {
    for case in shared_cases("inclusion") {
        let index = LeafIndex::new(case["leafIdx"].as_u64().unwrap());
        let size = TreeSize::new(case["treeSize"].as_u64().unwrap());
        let holds = (|| {
            let proof = InclusionProof::new(hashes_of(&case["proof"])?).ok()?;
            verify_inclusion(index, size, &hash_of(&case["leafHash"])?, &proof, &hash_of(&case["root"])?).ok()
        })();
        assert_eq!(holds.is_none(), case["wantErr"].as_bool().unwrap(), "{}", case["desc"]);
    }
}

#[test]
fn consistency_cases_of_others_are_judged_alike() {
    for case in shared_cases("consistency") {
        let (old, new) = (case["size1"].as_u64().unwrap(), case["size2"].as_u64().unwrap());
        let holds = (|| {
            let proof = ConsistencyProof::new(hashes_of(&case["proof"])?).ok()?;
            let (old_root, root) = (hash_of(&case["root1"])?, hash_of(&case["root2"])?);
            verify_consistency(TreeSize::new(old), &old_root, TreeSize::new(new), &root, &proof).ok()
        })();
        assert_eq!(holds.is_none(), case["wantErr"].as_bool().unwrap(), "{}", case["desc"]);
    }
}
