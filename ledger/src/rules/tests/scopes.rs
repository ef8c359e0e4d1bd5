//! Replays that see some lots only, as the judge of a proof bundle does.

use super::*;

/// The lots that a bundle of a lot must hold to be replayed like the ledger itself: the lot, with every lot its parents, and with every
/// lot those that a correction of it names.
pub(super) fn closure(world: &World, lot: LotKey) -> BTreeSet<LotKey> {
    let mut lots = BTreeSet::from([lot]);
    loop {
        let before = lots.len();
        for entry in world.log.iter().filter(|entry| entry.body["verb"] == "correct") {
            if entry.links.iter().any(|link| lots.contains(&link.lot)) {
                lots.extend(entry.links.iter().map(|link| link.lot));
            }
        }
        for key in lots.clone() {
            lots.extend(record(&world.state, key).parents);
        }
        if lots.len() == before {
            return lots;
        }
    }
}

fn ancestors(world: &World, lot: LotKey) -> BTreeSet<LotKey> {
    let mut lots = BTreeSet::from([lot]);
    let mut queue = [lot].to_vec();
    while let Some(key) = queue.pop() {
        queue.extend(record(&world.state, key).parents.into_iter().filter(|parent| lots.insert(*parent)));
    }
    lots
}

fn record(state: &MemoryState, key: LotKey) -> LotRecord {
    match state.read(&Key::Lot(key)) {
        Ok(Some(Record::Lot(lot))) => *lot,
        other => panic!("{other:?}"),
    }
}

/// Applies the accepted entries that a scope has: all of a whole ledger; of lots, those that link them and all registrations.
pub(super) fn replay(world: &World, scope: Scope<'_>) -> Result<MemoryState, Refusal> {
    let mut state = MemoryState::new();
    let origin = origin();
    for (index, entry) in (0..).zip(&world.log) {
        let is_seen = |link: &LotLink| match scope {
            Scope::Whole => true,
            Scope::Lots(lots) => lots.contains(&link.lot),
        };
        let statement = Statement::parse(&entry.payload)?;
        let moves_lots = matches!(statement.kind(), Kind::Event | Kind::Attest);
        if matches!(scope, Scope::Lots(_)) && moves_lots && !entry.links.iter().any(is_seen) {
            continue;
        }
        let context = Context { index: LeafIndex::new(index), received_at: entry.received_at, scope };
        let effects = match apply(&state, &context, &Proposal::new(&origin, &statement, &entry.payload)) {
            Ok(effects) => effects,
            Err(ApplyError::Refused(refusal)) => return Err(refusal),
            Err(ApplyError::State(never)) => match never {},
        };
        assert!(effects.links().iter().eq(entry.links.iter().filter(|link| is_seen(link))));
        state.write(effects.finish(entry.leaf_hash));
    }
    Ok(state)
}

/// Every lot's bundle replays, and every lot in it ends as it did in the ledger, but for children that the bundle does not hold.
#[track_caller]
pub(super) fn check_scopes(world: &World) {
    let lots = world.state.iter().filter_map(|(key, _)| if let Key::Lot(lot) = key { Some(*lot) } else { None });
    for lot in lots {
        let scope = closure(world, lot);
        let state = replay(world, Scope::Lots(&scope)).unwrap();
        for key in scope {
            let (seen, whole) = (record(&state, key), record(&world.state, key));
            assert!(seen.children <= whole.children);
            assert_eq!(LotRecord { children: whole.children, ..seen }, whole);
        }
    }
}

#[test]
fn a_bundle_is_replayed_without_the_lots_around_it() {
    let mut world = World::new();
    for lot in ["1", "2", "3"] {
        world.event(COOP, harvest(lot, "canna", 100.0, "KGM"));
    }
    world.event(
        COOP,
        transform("process", &[("1", 50.0), ("2", 50.0)], &[("4", "starch", 20.0), ("5", "residue", 70.0)]),
    );
    world.event(COOP, ship_all(&[("3", 10.0), ("4", 10.0), ("5", 1.0)], MILL));
    world.event(MILL, receive("4", 9.0));
    world.event(COOP, recall(&["2", "3"]));
    world.event(MILL, transform("process", &[("4", 9.0)], &[("6", "noodle", 8.0)]));
    world.event(OPERATOR, recall(&["5"]));
    check_scopes(&world);
    assert_eq!(closure(&world, lot_key("6")), ["1", "2", "4", "6"].map(lot_key).into());
    assert_eq!(closure(&world, lot_key("6")), ancestors(&world, lot_key("6")));
    // An input whose output is not seen gives up the same.
    assert_eq!(closure(&world, lot_key("1")), [lot_key("1")].into());
}

#[test]
fn a_correction_is_decided_by_all_the_lots_it_names() {
    let mut world = World::new();
    for lot in ["1", "2"] {
        world.event(COOP, harvest(lot, "canna", 10.0, "KGM"));
    }
    let shipped = world.event(COOP, ship_all(&[("1", 5.0), ("2", 5.0)], MILL));
    world.event(MILL, receive("2", 5.0));
    assert_eq!(world.event(COOP, correct(&shipped)).flags(), ["correction_not_undone"]);
    world.event(MILL, receive("1", 5.0));
    check_scopes(&world);
    // Who sees lot 1 alone cannot know of what lot 2 went through, takes the shipment for undone, and stumbles over its arrival.
    let refusal = replay(&world, Scope::Lots(&ancestors(&world, lot_key("1")))).unwrap_err();
    assert_eq!(refusal.code, Code::NotAddressee);
}

#[test]
fn a_correction_of_what_linked_nothing_is_passed_over() {
    let mut world = World::new();
    // Lot 1 is observed before it is harvested: the observation links nothing, its correction links the lot.
    let seen = world.event(SHOP, observed("observe", &[("1", 1.0)]));
    world.event(FARMER, harvest("1", "canna", 10.0, "KGM"));
    assert_eq!(world.event(SHOP, correct(&seen)).links.len(), 1);
    check_scopes(&world);
}

#[test]
fn a_bundle_keeps_to_the_rules() {
    let mut world = World::new();
    for lot in ["1", "2"] {
        world.event(COOP, harvest(lot, "canna", 10.0, "KGM"));
    }
    world.event(COOP, transform("process", &[("1", 10.0), ("2", 10.0)], &[("3", "starch", 4.0)]));
    // Entries taken out of a ledger whose operator let too much pass: without the harvest of lot 2, or of more than there was.
    let mut cut = world.clone();
    cut.log.retain(|entry| !entry.links.iter().any(|link| link.lot == lot_key("2")) || entry.links.len() > 1);
    let scope = closure(&world, lot_key("3"));
    let lots = Scope::Lots(&scope);
    assert_eq!(replay(&cut, lots).unwrap_err().code, Code::UnknownLot);
    // With an input out of sight, what it may yield is not judged.
    let some = [lot_key("1"), lot_key("3")].into();
    assert!(replay(&world, Scope::Lots(&some)).is_ok());
}
