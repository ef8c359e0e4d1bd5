//! The runs say what a map in memory says, whatever is merged, opened again or broken off in between.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

const CACHE_BYTES: u64 = 1 << 20;
const OPENED_WITHIN: Duration = Duration::from_secs(30);
/// More than any level has, so that a merge that does not come is noticed.
const RUNS_MAX: usize = 3 * RUNS_MERGED;

struct Rig {
    folder: TempDir,
    runs: Option<Runs>,
}

impl Rig {
    fn new() -> Self {
        let mut rig = Self { folder: tempfile::tempdir().unwrap(), runs: None };
        rig.open();
        rig
    }

    /// Opens the runs anew. Threads of sled's own may hold its files for a moment after it was dropped.
    fn open(&mut self) {
        if let Some(runs) = self.runs.take() {
            runs.flush().unwrap();
        }
        let begun = Instant::now();
        let tree = loop {
            match SledTree::open(self.folder.path(), CACHE_BYTES) {
                Ok(tree) => break tree,
                Err(error) => {
                    assert!(begun.elapsed() < OPENED_WITHIN, "{error}: {:?}", std::error::Error::source(&error))
                }
            }
            std::thread::yield_now();
        };
        self.runs = Some(Runs::open(tree).unwrap());
    }

    fn runs(&self) -> &Runs {
        self.runs.as_ref().unwrap()
    }

    fn apply(&self, pairs: &BTreeMap<Vec<u8>, Vec<u8>>) {
        self.runs().apply(pairs.iter().map(|(key, value)| (key.as_slice(), value.as_slice()))).unwrap();
    }

    fn all(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        let mut pairs = Vec::new();
        let visit = |key: &[u8], value: &[u8]| {
            pairs.push((key.to_vec(), value.to_vec()));
            true
        };
        assert!(self.runs().for_each(visit).unwrap());
        assert!(pairs.is_sorted_by(|(one, _), (other, _)| one < other), "ascending, none twice");
        pairs.into_iter().collect()
    }

    /// How many values sled holds.
    fn values(&self) -> usize {
        self.runs().tree.count().unwrap()
    }
}

/// A key below one of three prefixes, with a value of this length, so that some runs have one block and others have many guides.
fn pair(number: u16, length: usize) -> (Vec<u8>, Vec<u8>) {
    let key =
        [b"abc".get(usize::from(number % 3)..).unwrap().get(..1).unwrap(), number.to_be_bytes().as_slice()].concat();
    (key, vec![u8::try_from(length % 251).unwrap(); length])
}

fn group() -> impl Strategy<Value = BTreeMap<Vec<u8>, Vec<u8>>> {
    let few = prop::collection::btree_map(0..400_u16, 0..300_usize, 1..30);
    let long = prop::collection::btree_map(0..400_u16, 3_000..9_000_usize, 1..80);
    prop_oneof![9 => few, 1 => long]
        .prop_map(|group| group.into_iter().map(|(number, length)| pair(number, length)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn they_say_what_a_map_says(groups in prop::collection::vec((group(), 0..6_u8), 1..60)) {
        let mut rig = Rig::new();
        let mut map = BTreeMap::new();
        for (group, then) in groups {
            map.extend(group.clone());
            rig.apply(&group);
            match then {
                0 => rig.open(),
                // Broken off at once: what it made is of no consequence.
                1 => drop(rig.runs().merge(&|| true).unwrap()),
                _ => while rig.runs().merge(&|| false).unwrap() {},
            }
        }
        while rig.runs().merge(&|| false).unwrap() {}
        prop_assert!(rig.runs().list().len() < RUNS_MAX);
        for number in 0..=400 {
            let (key, _) = pair(number, 0);
            prop_assert_eq!(rig.runs().get(&key).unwrap(), map.get(&key).cloned());
        }
        for (prefix, from, limit) in [("a", "a", 1_000), ("b", "b\0\x40", 7), ("c", "", 3), ("d", "d", 9), ("", "", 2_000)] {
            let expected: Vec<_> = map.range(from.max(prefix).as_bytes().to_vec()..)
                .filter(|(key, _)| key.starts_with(prefix.as_bytes())).take(limit).map(|(key, value)| (key.clone(), value.clone())).collect();
            prop_assert_eq!(rig.runs().scan(prefix.as_bytes(), from.as_bytes(), limit).unwrap(), expected);
        }
        prop_assert_eq!(rig.all(), map.clone());
        rig.open();
        prop_assert_eq!(rig.all(), map);
    }
}

/// As many runs of one pair as there are merged, and one more.
fn merged() -> Rig {
    let rig = Rig::new();
    for number in 0..=u16::try_from(RUNS_MERGED).unwrap() {
        rig.apply(&[pair(number, 9)].into());
    }
    rig
}

#[test]
fn what_a_merge_made_or_left_over_is_removed() {
    let mut rig = merged();
    let before = rig.all();
    assert_eq!(rig.values(), 1 + 2 * (RUNS_MERGED + 1), "a manifest, and a block and a guide for each run");
    // A merge that was cut off left values and its number.
    {
        let mut pending = lock(&rig.runs().pending);
        pending.making = Some(pending.next);
        pending.next += 1;
        let mut writer = Writer::new(pending.making.unwrap(), 1);
        (0..300).for_each(|number| {
            let (key, value) = pair(number, 500);
            writer.push(&key, &value).unwrap();
        });
        let (_, mut values) = writer.finish().unwrap();
        values.push(Runs::manifest(&pending, &rig.runs().list()).unwrap());
        rig.runs().write(&values).unwrap();
    }
    assert!(rig.values() > 40);
    rig.open();
    assert_eq!((rig.values(), rig.all()), (1 + 2 * (RUNS_MERGED + 1), before.clone()));
    assert!(rig.runs().merge(&|| false).unwrap());
    assert_eq!((rig.values(), rig.all()), (1 + 2 * 2, before), "of two runs");
}

#[test]
fn a_merge_that_was_given_up_leaves_nothing_to_the_next_one() {
    let rig = Rig::new();
    // Each pair fills a block, so that a merge has many to write.
    for run in 0..u16::try_from(RUNS_MERGED).unwrap() {
        rig.apply(&(0..20).map(|number| pair(20 * run + number, 5_000)).collect());
    }
    let before = rig.all();
    let values = rig.values();
    assert!(!rig.runs().merge(&|| true).unwrap());
    assert!(rig.values() > values, "it had written something");
    assert_eq!(rig.all(), before);
    assert!(rig.runs().merge(&|| false).unwrap());
    let blocks = 20 * RUNS_MERGED;
    assert_eq!((rig.values(), rig.all()), (1 + blocks + blocks.div_ceil(32), before));
}

#[test]
fn what_somebody_reads_stays_until_it_was_read() {
    let rig = merged();
    let before = rig.all();
    let list = rig.runs().list();
    assert!(rig.runs().merge(&|| false).unwrap());
    let mut read = BTreeMap::new();
    let is_whole = super::merged(&rig.runs().tree, &list, &mut |key, value| {
        read.insert(key.to_vec(), value.to_vec());
        Ok(true)
    });
    assert!(is_whole.unwrap());
    assert_eq!(read, before);
    drop(list);
    let kept = rig.values();
    rig.runs().remove_retired().unwrap();
    assert!(rig.values() < kept);
    assert_eq!(rig.all(), before);
}

#[test]
fn a_missing_block_is_damage_and_not_a_missing_key() {
    let rig = Rig::new();
    let (key, value) = pair(1, 9);
    rig.apply(&[(key.clone(), value)].into());
    rig.runs().tree.remove(&[1]).unwrap();
    assert!(matches!(rig.runs().get(&key), Err(IndexError::Codec(_))));
    assert!(rig.runs().scan(&key, &key, 1).is_err());
}
