use alloc::string::{String, ToString as _};
use alloc::{format, vec};

use proptest::prelude::*;
use serde_json::Value;

use super::*;

const HEIGHT: u8 = 8;

/// Another implementation's path (`tile/8/<level>/...`, entries called `data`) in the spelling of C2SP.
fn oracle_path(tile: &tlog_tiles::Tile) -> String {
    tile.path().replacen("tile/8/", "tile/", 1).replacen("tile/data/", "tile/entries/", 1)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn paths_are_those_of_another_implementation(
        level in 0..=63_u8, index in 0..=TILE_INDEX_MAX, shift in 0..56_u32, width in 1..=256_u16, is_entries: bool,
    ) {
        let kind = if is_entries { TileKind::Entries } else { TileKind::Hashes(level) };
        let path = TilePath::new(kind, index >> shift, width).unwrap();
        let level = if is_entries { 0 } else { level };
        let theirs = tlog_tiles::Tile::new(HEIGHT, level, index >> shift, width.into(), is_entries);
        prop_assert_eq!(path.to_string(), oracle_path(&theirs));
        prop_assert_eq!(path.to_string().parse(), Ok(path));
    }

    #[test]
    fn tiles_of_a_growing_tree_are_those_of_another_implementation(old in 0..200_000_u64, more in 0..3_000_u64) {
        let new = old + more;
        let theirs: Vec<_> = tlog_tiles::Tile::new_tiles(HEIGHT, old, new).iter().map(oracle_path).collect();
        let (old, new) = (TreeSize::new(old), TreeSize::new(new));
        let ours: Vec<_> = hash_tiles_between(old, new).map(|path| path.to_string()).collect();
        prop_assert_eq!(&ours, &theirs);
        let bundles: Vec<_> = entry_bundles_between(old, new)
            .map(|path| path.to_string().replace("entries", "0")).collect();
        let level_0: Vec<_> = theirs.into_iter().filter(|path| path.starts_with("tile/0/")).collect();
        prop_assert_eq!(bundles, level_0);
        for path in hash_tiles_between(TreeSize::ZERO, new) {
            prop_assert!(path.is_within(new));
            prop_assert_eq!(TilePath::of_tree(path.kind(), new, path.index()), Some(path));
        }
    }

    #[test]
    fn whatever_parses_has_that_one_spelling(text in "tile/(0|9|63|64|00|entries|data)/(x?[0-9]{1,3}/){0,3}x?[0-9]{2,4}(\\.p/[0-9]{1,3})?") {
        if let Ok(path) = text.parse::<TilePath>() {
            prop_assert_eq!(path.to_string(), text);
        }
    }

    #[test]
    fn bundles_come_apart_as_they_were_put_together(entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..256)) {
        let mut bundle = Vec::new();
        for entry in &entries {
            push_entry(&mut bundle, entry).unwrap();
        }
        let width = u16::try_from(entries.len()).unwrap();
        prop_assert_eq!(split_entry_bundle(&bundle, width).unwrap(), entries);
        prop_assert_eq!(split_entry_bundle(&bundle, width + 1), Err(EntryBundleError::CutShort { place: width }));
        prop_assert!(split_entry_bundle(&bundle, width - 1).is_err());
        prop_assert!(split_entry_bundle(&bundle[..bundle.len() - 1], width).is_err());
        bundle.push(0);
        prop_assert_eq!(split_entry_bundle(&bundle, width), Err(EntryBundleError::TrailingBytes { bytes: 1 }));
    }
}

#[test]
fn other_spellings_are_refused() {
    for (path, error) in [
        ("", TilePathError::Shape),
        ("/tile/0/000", TilePathError::Shape),
        ("tile/0", TilePathError::Shape),
        ("tile/64/000", TilePathError::Level),
        ("tile/00/000", TilePathError::Level),
        ("tile/+1/000", TilePathError::Level),
        ("tile/-1/000", TilePathError::Level),
        ("tile/data/000", TilePathError::Level),
        ("tile/0/", TilePathError::Index),
        ("tile/0/0", TilePathError::Index),
        ("tile/0/0000", TilePathError::Index),
        ("tile/0/000/", TilePathError::Index),
        ("tile/0/x000", TilePathError::Index),
        ("tile/0/x000/001", TilePathError::Index),
        ("tile/0/001/000", TilePathError::Index),
        ("tile/0/x001/x000", TilePathError::Index),
        ("tile/0/+01", TilePathError::Index),
        ("tile/0/x072/x057/x594/x037/x927/x936", TilePathError::Index),
        ("tile/0/x072/x057/x594/x037/x927/936", TilePathError::Index),
        ("tile/0/x999/x999/x999/x999/x999/x999/x999/999", TilePathError::Index),
        ("tile/0/000.p/0", TilePathError::Width),
        ("tile/0/000.p/256", TilePathError::Width),
        ("tile/0/000.p/01", TilePathError::Width),
        ("tile/0/000.p/", TilePathError::Width),
        ("tile/0/000.p/1/", TilePathError::Width),
    ] {
        assert_eq!(path.parse::<TilePath>(), Err(error), "{path}");
    }
    assert_eq!(TilePath::new(TileKind::Entries, 0, 257), Err(TilePathError::Width));
    assert_eq!(TilePath::new(TileKind::Entries, TILE_INDEX_MAX + 1, 1), Err(TilePathError::Index));
    assert_eq!(TilePath::new(TileKind::Hashes(64), 0, 1), Err(TilePathError::Level));
}

#[test]
fn partial_widths_follow_the_size() {
    let paths = |size| hash_tiles_between(TreeSize::ZERO, TreeSize::new(size)).map(|path| path.to_string());
    let large: Vec<_> = paths(70_000).collect();
    assert_eq!(large.len(), 273 + 1 + 1 + 1 + 1);
    assert_eq!(large[273..], ["tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"]);
    assert_eq!(paths(256).collect::<Vec<_>>(), ["tile/0/000", "tile/1/000.p/1"]);
    assert_eq!(paths(0).count(), 0);
    assert!(hash_tiles_between(TreeSize::ZERO, TreeSize::new(u64::MAX)).next().is_some_and(|path| path.is_full()));
    let tile = |path: &str| path.parse::<TilePath>().unwrap();
    assert!(tile("tile/0/000.p/5").is_within(TreeSize::new(5)));
    assert!(!tile("tile/0/000.p/6").is_within(TreeSize::new(5)));
    assert!(!tile("tile/1/000.p/1").is_within(TreeSize::new(255)));
    assert!(!tile("tile/63/000.p/1").is_within(TreeSize::new(u64::MAX)));
    let bundle = TilePath::bundle_of(TreeSize::new(300), LeafIndex::new(257)).unwrap();
    assert_eq!((bundle.0.to_string().as_str(), bundle.1), ("tile/entries/001.p/44", 1));
    assert_eq!(TilePath::bundle_of(TreeSize::new(300), LeafIndex::new(300)), None);
}

#[test]
fn our_vectors_hold() {
    let vectors: Value = serde_json::from_str(include_str!("../../tests/vectors/tlog.json")).unwrap();
    for (name, path) in vectors["tile_path_examples"].as_object().unwrap() {
        let numbers: Vec<u64> =
            name.split(' ').map(|part| part.trim_start_matches(['L', 'N', 'W']).parse().unwrap()).collect();
        let kind = TileKind::Hashes(u8::try_from(numbers[0]).unwrap());
        let tile = TilePath::new(kind, numbers[1], u16::try_from(numbers[2]).unwrap()).unwrap();
        assert_eq!(tile.to_string(), path.as_str().unwrap());
    }
    for case in vectors["trees"].as_array().unwrap() {
        let size = case["size"].as_u64().unwrap();
        let entry = |index| if index == 3 { String::new() } else { format!("leaf {index}") };
        let entries: Vec<_> = (0..size).map(entry).collect();
        let mut level_0 = Vec::new();
        for (path, hash) in case["tiles_sha256"].as_array().unwrap().iter().map(|pair| (&pair[0], &pair[1])) {
            let path: TilePath = path.as_str().unwrap().parse().unwrap();
            assert_eq!(TilePath::of_tree(path.kind(), TreeSize::new(size), path.index()), Some(path));
            let first = usize::try_from(path.index()).unwrap() * usize::from(TILE_WIDTH);
            let mut bytes = Vec::new();
            match path.kind() {
                TileKind::Entries => entries[first..first + usize::from(path.width())]
                    .iter()
                    .for_each(|entry| push_entry(&mut bytes, entry.as_bytes()).unwrap()),
                TileKind::Hashes(0) => {
                    entries[first..first + usize::from(path.width())]
                        .iter()
                        .for_each(|entry| bytes.extend_from_slice(Hash::of_leaf(entry.as_bytes()).as_bytes()));
                    level_0.push(bytes.clone());
                }
                TileKind::Hashes(_) => level_0[..usize::from(path.width())]
                    .iter()
                    .for_each(|tile| bytes.extend_from_slice(tile_root(tile).unwrap().as_bytes())),
            }
            assert_eq!(Hash::of(&bytes).to_string(), hash.as_str().unwrap());
        }
    }
}

#[test]
fn odd_bytes_have_no_root() {
    for length in [0, 31, 33, 257 * HASH_BYTES] {
        assert_eq!(tile_root(&vec![0; length]), None);
    }
    assert_eq!(push_entry(&mut Vec::new(), &vec![0; ENTRY_BYTES_MAX + 1]), Err(EntryTooLong { bytes: 65_536 }));
    assert_eq!(push_entry(&mut Vec::new(), &vec![0; ENTRY_BYTES_MAX]), Ok(()));
}
