//! Recalls: how far they reach, what they stop, who takes them back.

use super::*;

/// Canna 1 became starch 2, which became noodles 3, which were packed as 4; all of the co-op, all with something left.
fn family() -> World {
    let mut world = World::new();
    world.event(COOP, harvest("1", "canna", 100.0, "KGM"));
    world.event(COOP, transform("process", &[("1", 50.0)], &[("2", "starch", 10.0)]));
    world.event(COOP, transform("process", &[("2", 5.0)], &[("3", "noodle", 4.0)]));
    world.event(COOP, transform("pack", &[("3", 2.0)], &[("4", "pack", 2.0)]));
    world
}

fn recalled(world: &World) -> Vec<&'static str> {
    ["1", "2", "3", "4", "5"]
        .into_iter()
        .filter(|lot| matches!(world.state.read(&Key::Lot(lot_key(lot))), Ok(Some(Record::Lot(lot))) if !lot.recalls.is_empty()))
        .collect()
}

fn index_of_last(world: &World) -> LeafIndex {
    LeafIndex::new(world.index().get() - 1)
}

#[test]
fn a_recall_reaches_all_that_was_made_and_will_be() {
    let mut world = family();
    let before = world.lot("4");
    let said = world.event(COOP, recall(&["2"]));
    assert_eq!(said.links.len(), 1);
    assert_eq!(recalled(&world), ["2", "3", "4"]);
    // Lots that are only reached are not linked.
    let after = world.lot("4");
    assert_eq!((after.seq, after.head), (before.seq, before.head));
    assert_eq!(after.recalls, [index_of_last(&world)]);
    // A lot made later inherits it.
    world.event(COOP, transform("pack", &[("3", 1.0)], &[("5", "pack", 1.0)]));
    assert_eq!(recalled(&world), ["2", "3", "4", "5"]);
}

#[test]
fn what_is_recalled_is_neither_shipped_nor_sold() {
    let mut world = family();
    world.event(COOP, ship("4", 1.0, MILL));
    world.event(INSPECTOR, recall(&["1"]));
    let refused = (Code::Recalled, "body.event.quantityList[0].quantity".to_string());
    for lot in ["1", "2", "3", "4"] {
        assert_eq!(world.refused(COOP, sell(lot, 0.1)), refused);
        assert_eq!(world.refused(COOP, ship(lot, 0.1, MILL)), refused);
    }
    // It still arrives, and may be destroyed and worked on.
    world.event(MILL, receive("4", 1.0));
    world.event(COOP, lose("4", 0.5));
    world.event(COOP, transform("pack", &[("3", 1.0)], &[("5", "pack", 1.0)]));
    assert_eq!(world.refused(COOP, sell("5", 0.1)), refused);
}

#[test]
fn a_recall_is_taken_back_from_the_whole_family() {
    let mut world = family();
    let first = world.event(COOP, recall(&["1"]));
    let second = world.event(OPERATOR, recall(&["3"]));
    world.event(COOP, transform("pack", &[("3", 1.0)], &[("5", "pack", 1.0)]));
    assert_eq!(world.lot("5").recalls.len(), 2);
    assert_eq!(world.refused(MILL, correct(&first)).0, Code::NotAuthor);
    world.event(COOP, correct(&first));
    assert_eq!(recalled(&world), ["3", "4", "5"]);
    world.event(COOP, sell("2", 1.0));
    world.event(OPERATOR, correct(&second));
    assert_eq!(recalled(&world), [""; 0]);
    world.event(COOP, sell("5", 1.0));
}

#[test]
fn a_lot_reached_twice_is_marked_once() {
    let mut world = family();
    // Starch and its own noodles are mixed again; the recall comes by two ways.
    world.say(OPERATOR, "product", product("mixed", Some("KGM"), &[]));
    world.event(COOP, transform("process", &[("2", 1.0), ("3", 1.0)], &[("5", "mixed", 1.0)]));
    let said = world.event(COOP, recall(&["1", "3"]));
    assert_eq!(said.links.len(), 2);
    assert_eq!(world.lot("5").recalls, [index_of_last(&world)]);
    world.event(COOP, correct(&said));
    assert_eq!(recalled(&world), [""; 0]);
}

#[test]
fn creator_holder_and_officials_recall() {
    for who in [COOP, OPERATOR, REGISTRAR, INSPECTOR, MILL] {
        let mut world = family();
        world.event(who, recall(&["1"]));
    }
    let mut world = family();
    let refused = (Code::RoleMissing, "signer".to_string());
    assert_eq!(world.refused(SHOP, recall(&["4"])), refused);
    assert_eq!(world.refused(FARMER, recall(&["4"])), refused);
    world.event(FARMER, acting_for(recall(&["4"]), COOP));
    // The holder of a part, as long as it holds.
    let mut world = family();
    world.event(COOP, ship("4", 1.0, SHOP));
    assert_eq!(world.refused(SHOP, recall(&["4"])), refused);
    world.event(SHOP, receive("4", 1.0));
    assert_eq!(world.refused(SHOP, recall(&["4", "3"])), refused);
    world.event(SHOP, recall(&["4"]));
    let mut world = family();
    world.event(COOP, ship("4", 1.0, SHOP));
    world.event(SHOP, receive("4", 1.0));
    world.event(SHOP, sell("4", 1.0));
    assert_eq!(world.refused(SHOP, recall(&["4"])), refused);
}

#[test]
fn packs_are_recalled_with_their_lot() {
    let mut world = family();
    let body = json!({ "verb": "recall", "event": {
        "type": "ObjectEvent", "action": "OBSERVE", "disposition": "recalled", "epcList": packs("3", 2),
    } });
    assert_eq!(world.event(COOP, body).links.len(), 1);
    assert_eq!(recalled(&world), ["3", "4"]);
}
