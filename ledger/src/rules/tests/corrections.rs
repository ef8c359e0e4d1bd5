//! Corrections: undone to the gram while nothing depends on it, else marked.

use super::*;

/// Lots 1 and 2 of the co-op (10 kg of canna each); of lot 1, 2 kg were sold and 3 kg are on their way to the mill.
fn busy() -> World {
    let mut world = World::new();
    for lot in ["1", "2"] {
        world.event(COOP, harvest(lot, "canna", 10.0, "KGM"));
    }
    world.event(COOP, sell("1", 2.0));
    world.event(COOP, ship("1", 3.0, MILL));
    world
}

/// Says an event, corrects it, and compares the balances of lot 1 and 2 with those before.
#[track_caller]
fn is_undone(world: &mut World, who: u8, body: Value) -> Accepted {
    let before = [world.lot("1").balances, world.lot("2").balances];
    let said = world.event(who, body);
    let correction = world.event(who, correct(&said));
    assert_eq!(correction.flags(), [""; 0]);
    assert_eq!([world.lot("1").balances, world.lot("2").balances], before);
    let linked = |entry: &Accepted| entry.links.iter().map(|link| link.lot).collect::<Vec<_>>();
    assert_eq!(linked(&correction), linked(&said));
    correction
}

#[test]
fn movements_are_undone() {
    let mut world = busy();
    for body in [ship_all(&[("1", 1.0), ("2", 4.0)], SHOP), sell("1", 5.0), lose("1", 5.0), inspect("2")] {
        is_undone(&mut world, if body["verb"] == "inspect" { INSPECTOR } else { COOP }, body);
    }
    for body in [receive("1", 3.0), receive("1", 1.0)] {
        is_undone(&mut world, MILL, body);
    }
    is_undone(&mut world, CARRIER, observed("observe", &[("1", 3.0)]));
    world.event(MILL, receive("1", 3.0));
    assert_eq!(world.books("1"), "coop 5, mill 3, sold 2");
}

#[test]
fn transformations_are_undone_and_their_lots_voided() {
    let mut world = busy();
    for (lot, body) in [
        ("11", transform("process", &[("1", 5.0), ("2", 10.0)], &[("11", "starch", 3.0)])),
        ("12", transform("merge", &[("1", 5.0), ("2", 10.0)], &[("12", "canna", 15.0)])),
        ("13", transform("split", &[("2", 10.0)], &[("13", "canna", 1.0), ("14", "canna", 9.0)])),
        ("15", transform("pack", &[("2", 10.0)], &[("15", "canna", 10.0)])),
    ] {
        is_undone(&mut world, COOP, body);
        let voided = world.lot(lot);
        assert!(voided.voided && voided.quantity.is_zero());
        assert_eq!(world.books(lot), "");
        assert_eq!(world.refused(COOP, sell(lot, 0.1)).0, Code::NotHolder);
        assert_eq!(world.refused(COOP, harvest(lot, "canna", 0.1, "KGM")).0, Code::LotExists);
    }
    world.event(COOP, transform("process", &[("1", 5.0), ("2", 10.0)], &[("16", "starch", 3.0)]));
}

#[test]
fn a_harvest_is_undone() {
    let mut world = World::new();
    let said = world.event(FARMER, harvest("1", "canna", 10.0, "KGM"));
    world.event(FARMER, correct(&said));
    let lot = world.lot("1");
    assert_eq!((lot.voided, lot.seq, world.books("1").as_str()), (true, 2, ""));
    assert_eq!((lot.last_effect.get(), lot.before), (world.index().get() - 1, None));
    assert_eq!(world.refused(FARMER, harvest("1", "canna", 10.0, "KGM")).0, Code::LotExists);
}

#[test]
fn what_something_later_depends_on_is_flagged() {
    let mut world = World::new();
    let harvested = world.event(COOP, harvest("1", "canna", 10.0, "KGM"));
    let shipped = world.event(COOP, ship("1", 4.0, MILL));
    let received = world.event(MILL, receive("1", 4.0));
    let sold = world.event(MILL, sell("1", 1.0));
    let made = world.event(COOP, transform("process", &[("1", 5.0)], &[("2", "starch", 1.0)]));
    let lost = world.event(COOP, lose("2", 0.5));
    let books = "coop 1, mill 3, sold 1, consumed 5";
    for (who, said) in [(COOP, &harvested), (COOP, &shipped), (MILL, &received), (MILL, &sold), (COOP, &made)] {
        assert_eq!(world.event(who, correct(said)).flags(), ["correction_not_undone"]);
        assert_eq!((world.books("1").as_str(), world.books("2").as_str()), (books, "coop 0.5, lost 0.5"));
    }
    assert_eq!(world.event(COOP, correct(&lost)).flags(), [""; 0]);
    assert_eq!(world.books("2"), "coop 1");
}

#[test]
fn one_dependent_lot_keeps_all_of_an_event() {
    let mut world = busy();
    let said = world.event(COOP, ship_all(&[("1", 1.0), ("2", 1.0)], SHOP));
    world.event(SHOP, receive("2", 1.0));
    assert_eq!(world.event(COOP, correct(&said)).flags(), ["correction_not_undone"]);
    assert_eq!(world.books("1"), "coop 4, coop -> mill 3, coop -> shop 1, sold 2");
}

#[test]
fn inspections_and_recalls_are_nothing_that_depends() {
    let mut world = busy();
    let said = world.event(COOP, lose("1", 1.0));
    world.event(INSPECTOR, inspect("1"));
    world.event(COOP, recall(&["1"]));
    world.say(MILL, "attest", json!({ "entry": said.leaf_hash.to_string(), "claim": "disputes" }));
    assert_eq!(world.event(COOP, correct(&said)).flags(), [""; 0]);
    assert_eq!(world.books("1"), "coop 5, coop -> mill 3, sold 2");
}

#[test]
fn author_party_and_operator_correct() {
    let mut world = World::new();
    let mut lots = ["1", "2", "3", "4"].into_iter();
    let mut said =
        |world: &mut World| world.event(FARMER, acting_for(harvest(lots.next().unwrap(), "canna", 1.0, "KGM"), COOP));
    for who in [FARMER, COOP, OPERATOR] {
        let original = said(&mut world);
        let body = correct(&original);
        world.event(who, if who == FARMER { body } else { without(body, "for") });
    }
    let original = said(&mut world);
    let not_author = (Code::NotAuthor, "body.event.eventID".to_string());
    assert_eq!(world.refused(CARRIER, without(correct(&original), "for")), not_author);
    assert_eq!(world.refused(INSPECTOR, without(correct(&original), "for")), not_author);
    // Whoever stands below the co-op acts for it.
    world.event(CARRIER, correct(&original));
}

fn without(mut body: Value, key: &str) -> Value {
    body.as_object_mut().unwrap().remove(key);
    body
}

#[test]
fn a_correction_repeats_the_event_and_says_so() {
    let mut world = World::new();
    let original = world.event(FARMER, harvest("1", "canna", 10.0, "KGM"));
    let mut body = correct(&original);
    body["event"]["quantityList"][0]["quantity"] = json!(9);
    assert_eq!(world.refused(FARMER, body), (Code::CorrectionMismatch, "body.event".into()));
    let declaration = (Code::MalformedEvent, "body.event.errorDeclaration".to_string());
    assert_eq!(world.refused(FARMER, with(original.body.clone(), "verb", "correct".into())), declaration);
    let mut body = correct(&original);
    body["event"].as_object_mut().unwrap().remove("eventID");
    body["event"]["eventID"] = Value::Null;
    assert_eq!(world.refused(FARMER, body), (Code::MalformedEvent, "body.event.eventID".into()));
    // Another spelling of the same JSON, and a record time, are the same event.
    let mut body = correct(&original);
    body["event"]["quantityList"][0]["quantity"] = json!(10);
    body["event"]["recordTime"] = "2026-11-23T08:00:00Z".into();
    world.event(FARMER, body);
    // The eventID is used up, and a correction is not corrected.
    let again = with_event(harvest("2", "canna", 1.0, "KGM"), "eventID", original.body["event"]["eventID"].clone());
    assert_eq!(world.refused(FARMER, again).0, Code::EventExists);
    assert_eq!(world.refused(FARMER, correct(&original)).0, Code::AlreadyCorrected);
}

#[test]
fn a_late_correction_is_not_a_late_event() {
    let mut world = World::new();
    let original = world.event(FARMER, harvest("1", "canna", 10.0, "KGM"));
    world.now = UnixMillis::new(world.now.get() + 100 * 3_600_000);
    let mut body = correct(&original);
    body["event"]["errorDeclaration"]["declarationTime"] = world.now.to_rfc3339().into();
    assert_eq!(world.event(FARMER, body).flags(), [""; 0]);
}
