//! The state on disk says what a map in memory says.

use nguon_ledger::identifier::{ActorUri, LotUri, Slug};
use nguon_ledger::state::{EntryRecord, PlaceRecord};
use nguon_ledger::tree::LeafIndex;
use proptest::prelude::*;

use super::flush::RUNS_MERGED;
use super::*;

fn origin() -> Origin {
    Origin::parse("trace.test").unwrap()
}

fn key(number: u8) -> Key {
    let lot = LotUri::own(&origin(), &format!("TEST{number:08}")).unwrap().key();
    match number % 5 {
        0 => Key::Lot(lot),
        1 => Key::Child { lot, number: u32::from(number) },
        2 => Key::Event(Hash::of(&[number])),
        3 => Key::Entry(Hash::of(&[number])),
        _ => Key::Actor(ActorUri::new(&origin(), &Slug::parse(&format!("a{number}")).unwrap())),
    }
}

/// Any record serves: the state does not look into them.
fn record(value: u64) -> Record {
    let owner = ActorUri::new(&origin(), &Slug::parse("owner").unwrap());
    if value.is_multiple_of(2) {
        Record::Place(PlaceRecord { index: LeafIndex::new(value), owner })
    } else {
        Record::Entry(EntryRecord { index: LeafIndex::new(value), lots: Vec::new() })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn says_what_a_map_says(groups in prop::collection::vec(prop::collection::btree_map(0..60_u8, any::<u32>(), 0..20), 0..80)) {
        let mut state = State::temporary(origin());
        let mut map = BTreeMap::new();
        for group in groups {
            let writes: BTreeMap<_, _> =
                group.iter().map(|(number, value)| (key(*number), record(u64::from(*value)))).collect();
            map.extend(writes.clone());
            state.write(writes).unwrap();
            state.flush().unwrap();
            prop_assert!(state.runs.len() < 3 * RUNS_MERGED, "runs are merged");
        }
        for number in 0..=60 {
            let found = state.read(&key(number)).unwrap();
            prop_assert_eq!(found.as_ref(), map.get(&key(number)));
        }
    }
}
