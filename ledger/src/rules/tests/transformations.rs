//! Lots made from lots: yields, units, serials.

use super::*;

const OUTPUT: &str = "body.event.outputQuantityList";

fn yield_exceeded() -> (Code, String) {
    (Code::YieldExceeded, OUTPUT.into())
}

/// The co-op holds 10 kg of canna in each of two lots.
fn coop_lots() -> World {
    let mut world = World::new();
    for lot in ["1", "2"] {
        world.event(COOP, harvest(lot, "canna", 10.0, "KGM"));
    }
    world
}

#[test]
fn processing_consumes_and_creates() {
    let mut world = coop_lots();
    let said = world.event(COOP, transform("process", &[("1", 10.0), ("2", 5.0)], &[("3", "starch", 3.0)]));
    assert_eq!(said.links.len(), 3);
    assert_eq!([world.books("1"), world.books("2"), world.books("3")], ["consumed 10", "coop 5, consumed 5", "coop 3"]);
    let lot = world.lot("3");
    let mut parents = [lot_key("1"), lot_key("2")];
    parents.sort();
    assert_eq!((lot.parents.as_slice(), lot.created_by.slug(), lot.seq), (&parents[..], "coop", 1));
    assert_eq!(world.lot("1").children, 1);
    let child = world.state.read(&Key::Child { lot: lot_key("2"), number: 0 }).unwrap();
    assert_eq!(child, Some(Record::Child(lot_key("3"))));
    // What is made is used again.
    world.event(COOP, transform("process", &[("3", 2.0)], &[("4", "noodle", 1.8)]));
    assert_eq!(world.books("3"), "coop 1, consumed 2");
}

#[test]
fn only_the_holder_transforms() {
    let mut world = coop_lots();
    let input = "body.event.inputQuantityList[0].quantity".to_string();
    let body = transform("process", &[("1", 1.0)], &[("3", "starch", 0.1)]);
    assert_eq!(world.refused(MILL, body.clone()), (Code::NotHolder, input.clone()));
    assert_eq!(world.refused(SHOP, body.clone()), (Code::RoleMissing, "signer".into()));
    world.event(FARMER, acting_for(body, COOP));
    let body = transform("process", &[("1", 9.5)], &[("4", "starch", 0.1)]);
    assert_eq!(world.refused(COOP, body), (Code::InsufficientQuantity, input.clone()));
    let body = transform("process", &[("9", 9.5)], &[("4", "starch", 0.1)]);
    assert_eq!(world.refused(COOP, body), (Code::UnknownLot, input));
    let onto_itself = transform("merge", &[("1", 1.0)], &[("1", "canna", 1.0)]);
    assert_eq!(world.refused(COOP, onto_itself), (Code::LotExists, "body.event.outputQuantityList[0].quantity".into()));
}

#[test]
fn yields_bound_each_product_and_all_together() {
    let mut world = coop_lots();
    let made = |starch: f64, residue: f64| {
        transform("process", &[("1", 10.0)], &[("3", "starch", starch), ("4", "residue", residue)])
    };
    assert_eq!(world.refused(COOP, made(2.001, 1.0)), yield_exceeded());
    assert_eq!(world.refused(COOP, made(1.0, 7.001)), yield_exceeded());
    // Starch in two lots is starch.
    let twice = transform("process", &[("1", 10.0)], &[("3", "starch", 1.5), ("4", "starch", 0.6)]);
    assert_eq!(world.refused(COOP, twice), yield_exceeded());
    world.event(COOP, made(2.0, 7.0));
    assert_eq!([world.books("3"), world.books("4")], ["coop 2", "coop 7"]);
    // Each within its own limit, all together more than went in.
    world.say(OPERATOR, "product", product("residue", Some("KGM"), &[("canna", 0.9)]));
    let both = transform("process", &[("2", 10.0)], &[("5", "starch", 2.0), ("6", "residue", 8.1)]);
    assert_eq!(world.refused(COOP, both), yield_exceeded());
    let both = transform("process", &[("2", 10.0)], &[("5", "starch", 2.0), ("6", "residue", 8.0)]);
    world.event(COOP, both);
}

#[test]
fn inputs_add_up_by_their_own_yields() {
    let mut world = coop_lots();
    let mixed = product("mixed", Some("KGM"), &[("canna", 0.2), ("starch", 1.0)]);
    world.say(OPERATOR, "product", mixed);
    world.event(COOP, transform("process", &[("1", 10.0)], &[("3", "starch", 2.0)]));
    let body = |amount: f64| transform("process", &[("2", 10.0), ("3", 2.0)], &[("4", "mixed", amount)]);
    assert_eq!(world.refused(COOP, body(4.001)), yield_exceeded());
    world.event(COOP, body(4.0));
    // A product that declares what it is made of is made of nothing else; one that declares nothing is made of all.
    world.event(COOP, harvest("5", "canna", 1.0, "KGM"));
    assert_eq!(world.refused(COOP, transform("process", &[("5", 1.0)], &[("6", "noodle", 0.001)])), yield_exceeded());
    world.say(OPERATOR, "product", product("dust", Some("KGM"), &[]));
    assert_eq!(world.refused(COOP, transform("process", &[("5", 1.0)], &[("6", "dust", 1.001)])), yield_exceeded());
    world.event(COOP, transform("process", &[("5", 1.0)], &[("6", "dust", 1.0)]));
}

#[test]
fn yields_above_one_are_for_processing_alone() {
    let mut world = World::new();
    for lot in ["1", "2"] {
        world.event(COOP, harvest(lot, "noodle", 1.0, "KGM"));
    }
    let body = |verb, amount| transform(verb, &[("1", 1.0)], &[("3", "pack", amount)]);
    assert_eq!(world.refused(COOP, body("pack", 1.001)), yield_exceeded());
    assert_eq!(world.refused(COOP, body("process", 1.501)), yield_exceeded());
    world.event(COOP, body("process", 1.5));
    world.event(COOP, transform("pack", &[("2", 1.0)], &[("4", "pack", 1.0)]));
    // The same product never yields more than itself.
    assert_eq!(world.refused(COOP, transform("process", &[("4", 1.0)], &[("5", "pack", 1.001)])), yield_exceeded());
}

#[test]
fn merging_and_splitting_keep_the_product() {
    let mut world = coop_lots();
    world.event(COOP, transform("merge", &[("1", 10.0), ("2", 10.0)], &[("3", "canna", 20.0)]));
    assert_eq!(world.books("3"), "coop 20");
    assert_eq!(world.refused(COOP, transform("split", &[("3", 20.0)], &[("4", "canna", 20.1)])), yield_exceeded());
    world.event(COOP, transform("split", &[("3", 20.0)], &[("4", "canna", 12.0), ("5", "canna", 7.5)]));
    assert_eq!([world.books("3"), world.books("4"), world.books("5")], ["consumed 20", "coop 12", "coop 7.5"]);
    let changed = (Code::ProductMismatch, "body.creates".to_string());
    assert_eq!(world.refused(COOP, transform("split", &[("4", 1.0)], &[("6", "starch", 0.1)])), changed);
    let two = transform("merge", &[("4", 1.0)], &[("6", "canna", 0.5), ("7", "canna", 0.5)]);
    assert_eq!(world.refused(COOP, two), (Code::MalformedEvent, OUTPUT.into()));
    let two = transform("split", &[("4", 1.0), ("5", 1.0)], &[("6", "canna", 0.5)]);
    assert_eq!(world.refused(COOP, two), (Code::MalformedEvent, "body.event.inputQuantityList".into()));
}

#[test]
fn pieces_weigh_what_they_hold() {
    let mut world = World::new();
    world.event(COOP, harvest("1", "noodle", 10.0, "KGM"));
    let packed = |pieces: f64| {
        let body = transform("pack", &[("1", 10.0)], &[("2", "jar", pieces)]);
        with_event(body, "outputQuantityList", json!([amount_in("2", pieces, "")]))
    };
    assert_eq!(world.refused(COOP, packed(21.0)), yield_exceeded());
    world.event(COOP, packed(20.0));
    assert_eq!(world.books("2"), "coop 20");
    // And back: 20 jars are 10 kg again.
    world.say(OPERATOR, "product", product("bulk", Some("KGM"), &[("jar", 1.0)]));
    let unpacked = |kilograms: f64| {
        let body = transform("process", &[("2", 20.0)], &[("3", "bulk", kilograms)]);
        with_event(body, "inputQuantityList", json!([amount_in("2", 20.0, "")]))
    };
    assert_eq!(world.refused(COOP, unpacked(10.001)), yield_exceeded());
    world.event(COOP, unpacked(10.0));
    // Eggs have no weight, oil none either.
    world.event(COOP, harvest("4", "egg", 12.0, ""));
    let body = transform("process", &[("4", 1.0)], &[("5", "bulk", 1.0)]);
    let body = with_event(body, "inputQuantityList", json!([amount_in("4", 12.0, "EA")]));
    let input = (Code::UnitMismatch, "body.event.inputQuantityList[0].quantity".to_string());
    assert_eq!(world.refused(COOP, body), input);
    world.event(COOP, harvest("6", "oil", 1.0, "LTR"));
    let body = transform("process", &[("6", 1.0)], &[("7", "bulk", 1.0)]);
    assert_eq!(world.refused(COOP, with_event(body, "inputQuantityList", json!([amount_in("6", 1.0, "LTR")]))), input);
}

#[test]
fn serials_are_bound_to_the_packed_lot() {
    let mut world = World::new();
    world.event(COOP, harvest("1", "noodle", 10.0, "KGM"));
    let lot = format!("https://id.gs1.org/01/{GTIN}/10/L-1");
    let serials = |count: u32| json!({ "count": count, "root": "ab".repeat(32) });
    let body = transform("pack", &[("1", 5.0)], &[(&lot, "pack", 5.0)]);
    let refused = world.refused(COOP, with(body.clone(), "serials", serials(11)));
    assert_eq!(refused, (Code::SerialsExceedLot, "body.serials.count".into()));
    world.event(COOP, with(body, "serials", serials(10)));
    assert_eq!(world.lot(&lot).serials.map(|serials| serials.count), Some(10));
    // A lot in pieces is packs already.
    let body = transform("pack", &[("1", 1.0)], &[("2", "jar", 2.0)]);
    let body = with_event(body, "outputQuantityList", json!([amount_in("2", 2.0, "")]));
    let refused = world.refused(COOP, with(body.clone(), "serials", serials(3)));
    assert_eq!(refused, (Code::SerialsExceedLot, "body.serials.count".into()));
    world.event(COOP, with(body, "serials", serials(2)));
    // Not packs, not one lot, or a lot whose packs have no weight.
    let body = transform("process", &[("1", 1.0)], &[("3", "pack", 1.0)]);
    assert_eq!(world.refused(COOP, with(body, "serials", serials(1))), (Code::MalformedEvent, "body.serials".into()));
    let body = transform("pack", &[("1", 1.0)], &[("3", "pack", 0.5), ("4", "pack", 0.5)]);
    assert_eq!(world.refused(COOP, with(body, "serials", serials(1))), (Code::MalformedEvent, "body.serials".into()));
    let body = transform("pack", &[("1", 1.0)], &[("3", "noodle", 1.0)]);
    assert_eq!(world.refused(COOP, with(body, "serials", serials(1))), (Code::UnitMismatch, "body.serials".into()));
}
