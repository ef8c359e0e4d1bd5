//! Harvests, shipments, arrivals, sales and losses, with the balances that follow; times and their flags.

use super::*;

const FIRST: &str = "body.event.quantityList[0].quantity";

fn farmers_lot() -> World {
    let mut world = World::new();
    world.event(FARMER, harvest("1", "canna", 10.0, "KGM"));
    world
}

/// What a lot's shipments to the mill do when an amount arrives there.
#[track_caller]
fn arrives(shipments: &[f64], body: Value) -> (String, Vec<&'static str>) {
    let mut world = farmers_lot();
    for amount in shipments {
        world.event(FARMER, ship("1", *amount, MILL));
    }
    let flags = world.event(MILL, body).flags();
    (world.books("1"), flags)
}

#[test]
fn a_harvest_creates_a_lot() {
    let mut world = World::new();
    world.say(FARMER, "place", place("plot", FARMER));
    let body = harvest("1", "canna", 12_500.0, "GRM");
    let body = with_event(body, "readPoint", json!({ "id": place_uri("plot") }));
    let body = with_event(body, "@context", json!([{ "ext": "https://ext.example/" }]));
    let said = world.event(FARMER, with_event(body, "ilmd", json!({ "ext:harvestDate": "2026-11-23" })));
    assert_eq!(said.flags(), [""; 0]);
    let lot = world.lot("1");
    assert_eq!((lot.uri.as_str(), lot.product.slug(), lot.created_by.slug()), (&*lot_uri("1"), "canna", "farmer"));
    assert_eq!((lot.quantity.to_string().as_str(), world.books("1").as_str()), ("12.5", "farmer 12.5"));
    assert_eq!((lot.seq, lot.head, lot.created), (1, said.leaf_hash, LeafIndex::new(world.index().get() - 1)));
}

#[test]
fn acting_for_an_organisation_gives_the_lot_to_it() {
    let mut world = World::new();
    world.event(FARMER, acting_for(harvest("1", "canna", 10.0, "KGM"), COOP));
    assert_eq!(world.books("1"), "coop 10");
    assert_eq!(world.refused(FARMER, sell("1", 1.0)), (Code::NotHolder, FIRST.into()));
    // The carrier has no role that sells; the co-op, for which it acts, has one.
    assert_eq!(world.refused(CARRIER, sell("1", 1.0)), (Code::RoleMissing, "signer".into()));
    world.event(CARRIER, acting_for(sell("1", 1.0), COOP));
    world.event(COOP, acting_for(lose("1", 0.5), COOP));
    assert_eq!(world.books("1"), "coop 8.5, sold 1, lost 0.5");
}

#[test]
fn what_is_shipped_is_on_its_way_until_it_arrives() {
    let mut world = farmers_lot();
    world.event(FARMER, ship("1", 4.0, MILL));
    assert_eq!(world.books("1"), "farmer 6, farmer -> mill 4");
    assert_eq!(world.refused(MILL, sell("1", 1.0)), (Code::NotHolder, FIRST.into()));
    world.event(MILL, receive("1", 4.0));
    assert_eq!(world.books("1"), "farmer 6, mill 4");
    assert_eq!(world.refused(MILL, receive("1", 4.0)), (Code::NotAddressee, FIRST.into()));
    world.event(MILL, ship("1", 3.0, SHOP));
    world.event(SHOP, receive_from("1", 3.0, MILL));
    world.event(SHOP, sell("1", 2.0));
    world.event(SHOP, lose("1", 1.0));
    assert_eq!(world.books("1"), "farmer 6, mill 1, sold 2, lost 1");
    // One who gave all away holds nothing that could be sold, but did hold it.
    assert_eq!(world.refused(SHOP, sell("1", 0.1)), (Code::InsufficientQuantity, FIRST.into()));
}

#[test]
fn shipments_are_closed_in_order() {
    let none: Vec<&str> = Vec::new();
    // The exact one first, though another is older.
    assert_eq!(arrives(&[3.0, 4.0], receive("1", 4.0)), ("farmer 3, mill 4, farmer -> mill 3".into(), none.clone()));
    // Else the oldest, until the amount is covered.
    assert_eq!(
        arrives(&[3.0, 4.0, 1.0], receive("1", 7.0)),
        ("farmer 2, mill 7, farmer -> mill 1".into(), none.clone())
    );
    // What the last one touched lacks is lost.
    let short = arrives(&[3.0, 4.0, 1.0], receive("1", 6.5));
    assert_eq!(short, ("farmer 2, mill 6.5, farmer -> mill 1, lost 0.5".into(), ["shortfall"].to_vec()));
    let short = arrives(&[3.0, 4.0], receive("1", 2.0));
    assert_eq!(short, ("farmer 3, mill 2, farmer -> mill 4, lost 1".into(), ["shortfall"].to_vec()));
    // Of two that are exact, the older.
    assert_eq!(arrives(&[3.0, 3.0], receive("1", 3.0)), ("farmer 4, mill 3, farmer -> mill 3".into(), none));
}

#[test]
fn an_arrival_may_name_the_shipper() {
    let mut world = farmers_lot();
    world.event(FARMER, ship("1", 5.0, COOP));
    world.event(COOP, receive("1", 5.0));
    world.event(FARMER, ship("1", 2.0, MILL));
    world.event(COOP, ship("1", 2.0, MILL));
    assert_eq!(world.refused(MILL, receive_from("1", 2.0, SHOP)), (Code::NotAddressee, FIRST.into()));
    assert_eq!(world.refused(MILL, receive_from("1", 3.0, COOP)), (Code::InsufficientQuantity, FIRST.into()));
    world.event(MILL, receive_from("1", 2.0, COOP));
    assert_eq!(world.books("1"), "coop 3, farmer 3, mill 2, farmer -> mill 2");
}

#[test]
fn a_shipment_goes_to_one_other_party() {
    let mut world = farmers_lot();
    let destination = "body.event.destinationList";
    let malformed = (Code::MalformedEvent, destination.to_string());
    assert_eq!(world.refused(FARMER, ship("1", 1.0, FARMER)), malformed);
    assert_eq!(world.refused(FARMER, observed("ship", &[("1", 1.0)])), malformed);
    let two = json!([
        { "type": "possessing_party", "destination": actor_uri(MILL) },
        { "type": "possessing_party", "destination": actor_uri(SHOP) },
    ]);
    assert_eq!(world.refused(FARMER, with_event(ship("1", 1.0, MILL), "destinationList", two)), malformed);
    let foreign = possessing("destination", "https://other.example/actor/mill");
    assert_eq!(world.refused(FARMER, with_event(ship("1", 1.0, MILL), "destinationList", foreign)), malformed);
    // A location beside the party, and the source, are fine.
    let body = with_event(
        ship("1", 1.0, MILL),
        "destinationList",
        json!([
            { "type": "location", "destination": "urn:x:gate" },
            { "type": "possessing_party", "destination": actor_uri(MILL) },
        ]),
    );
    world.event(FARMER, with_event(body, "sourceList", possessing("source", &actor_uri(FARMER))));
    assert_eq!(world.books("1"), "farmer 9, farmer -> mill 1");
}

#[test]
fn several_lots_move_together_or_not_at_all() {
    let mut world = farmers_lot();
    world.event(FARMER, harvest("2", "canna", 1.0, "KGM"));
    let second = "body.event.quantityList[1].quantity".to_string();
    assert_eq!(
        world.refused(FARMER, ship_all(&[("1", 1.0), ("2", 2.0)], MILL)),
        (Code::InsufficientQuantity, second.clone())
    );
    assert_eq!(world.refused(FARMER, ship_all(&[("1", 1.0), ("3", 2.0)], MILL)), (Code::UnknownLot, second.clone()));
    assert_eq!(world.refused(FARMER, ship_all(&[("1", 1.0), ("1", 1.0)], MILL)), (Code::MalformedEvent, second));
    let said = world.event(FARMER, ship_all(&[("1", 1.0), ("2", 1.0)], MILL));
    assert_eq!(said.links.len(), 2);
    assert_eq!(
        (world.books("1").as_str(), world.books("2").as_str()),
        ("farmer 9, farmer -> mill 1", "farmer -> mill 1")
    );
}

#[test]
fn spellings_of_one_lot_are_one_lot() {
    let mut world = World::new();
    let lot = format!("https://id.gs1.org/01/{GTIN}/10/L-1");
    let short = GTIN.trim_start_matches('0');
    let spellings = [
        format!("https://shop.example/some/stem/01/{short}/10/L-1?17=271231"),
        format!("https://id.gs1.org/01/{GTIN}/10/%4C-1"),
    ];
    world.event(COOP, with(harvest(&spellings[0], "pack", 10.0, "KGM"), "creates", creates(&[(&lot, "pack")])));
    for spelling in &spellings {
        world.event(COOP, sell(spelling, 1.0));
        let twice = observed("sell", &[(&lot, 1.0), (spelling, 1.0)]);
        assert_eq!(world.refused(COOP, twice), (Code::MalformedEvent, "body.event.quantityList[1].quantity".into()));
    }
    assert_eq!((world.books(&lot).as_str(), world.lot(&lot).seq), ("coop 8, sold 2", 3));
    let twice =
        json!({ lot_uri(&lot): { "product": product_uri("pack") }, &spellings[1]: { "product": product_uri("pack") } });
    let refused = world.refused(COOP, with(harvest(&lot, "pack", 1.0, "KGM"), "creates", twice));
    assert_eq!(refused.0, Code::MalformedEvent);
}

#[test]
fn items_count_as_pieces() {
    let mut world = World::new();
    world.event(COOP, harvest("1", "jar", 10.0, ""));
    assert_eq!(world.books("1"), "coop 10");
    let mut body = with_event(sell("1", 1.0), "epcList", packs("1", 3));
    body["event"].as_object_mut().unwrap().remove("quantityList");
    world.event(COOP, body.clone());
    assert_eq!(world.books("1"), "coop 7, sold 3");
    // Beside an amount they say which packs, not how many.
    let four = object("sell", "OBSERVE", "retail_selling", [amount_in("1", 4.0, "EA")].into());
    world.event(COOP, with_event(four, "epcList", packs("1", 3)));
    assert_eq!(world.books("1"), "coop 3, sold 7");
    let other = with_event(body, "epcList", json!(["urn:epc:id:sscc:0614141.1234567890"]));
    assert_eq!(world.refused(COOP, other), (Code::MalformedEvent, "body.event.epcList[0]".into()));
}

#[test]
fn a_pack_spelled_twice_is_not_two_packs() {
    let mut world = World::new();
    let lot = format!("https://id.gs1.org/01/{GTIN}/10/L-1");
    world.event(COOP, harvest(&lot, "pack", 10.0, ""));
    let packs =
        json!([format!("{lot}/21/0123456789AB"), format!("https://x.example/01/{GTIN}/10/L-1/21/0123456789AB")]);
    let body = json!({ "verb": "sell", "event": {
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "retail_selling", "epcList": packs,
    } });
    assert_eq!(world.refused(COOP, body), (Code::MalformedEvent, "body.event.epcList[1]".into()));
    // A lot is no pack, and so not one piece of itself.
    let body = json!({ "verb": "sell", "event": {
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "retail_selling", "epcList": [lot],
    } });
    assert_eq!(world.refused(COOP, body), (Code::MalformedEvent, "body.event.epcList[0]".into()));
}

#[test]
fn pieces_are_taken_from_a_mass_by_their_net_content() {
    let mut world = World::new();
    let lot = format!("https://id.gs1.org/01/{GTIN}/10/L-1");
    world.event(COOP, harvest(&lot, "pack", 10.0, "KGM"));
    world.event(COOP, object("sell", "OBSERVE", "retail_selling", [amount_in(&lot, 3.0, "")].into()));
    assert_eq!(world.books(&lot), "coop 8.5, sold 1.5");
    world.event(COOP, harvest("1", "pack", 4.0, "EA"));
    assert_eq!(world.books("1"), "coop 4");
    // A lot that is counted is not weighed.
    assert_eq!(world.refused(COOP, sell("1", 0.5)), (Code::UnitMismatch, FIRST.into()));
}

#[test]
fn times_are_flagged() {
    let mut world = farmers_lot();
    let flags =
        |world: &mut World, at: &str| world.event(FARMER, with_event(lose("1", 0.1), "eventTime", at.into())).flags();
    let start = world.now.get();
    let at = |minutes: i64| UnixMillis::new(start + minutes * 60_000).to_rfc3339();
    let mut during = |minutes: i64| {
        world.now = UnixMillis::new(start - 1_000);
        flags(&mut world, &at(minutes))
    };
    assert_eq!(during(0), [""; 0]);
    assert_eq!(during(10), [""; 0]);
    assert_eq!(during(11), ["clock_ahead"]);
    assert_eq!(during(24 * 60), ["clock_ahead"]);
    assert_eq!(during(-1), ["time_before_creation"]);
    assert_eq!(during(-72 * 60), ["time_before_creation"]);
    assert_eq!(during(-72 * 60 - 1), ["late", "time_before_creation"]);
    let late = with_event(lose("1", 0.1), "eventTime", at(24 * 60 + 1).into());
    assert_eq!(world.refused(FARMER, late), (Code::TimeInFuture, "body.event.eventTime".into()));
}

#[test]
fn forty_eight_lots_are_not_too_many() {
    let mut world = World::new();
    let said = world.event(FARMER, refusals::harvest_many(48));
    assert_eq!(said.links.len(), 48);
    world.say(MILL, "attest", json!({ "entry": said.leaf_hash.to_string(), "claim": "stands_by", "note": "Seen." }));
    assert_eq!(world.lot("100").seq, 2);
    // Lots that do not exist are no links; observations may name as many as they like.
    let names: Vec<String> = (200..300).map(|number: u32| number.to_string()).collect();
    let lots: Vec<(&str, f64)> = names.iter().map(|name| (name.as_str(), 1.0)).collect();
    assert!(world.event(SHOP, observed("observe", &lots)).links.is_empty());
}

#[test]
fn inspections_and_observations_link_and_move_nothing() {
    let mut world = farmers_lot();
    let before = world.lot("1");
    let certificate =
        json!({ "scheme": "VietGAP", "issuer": "Province", "validFrom": "2026-01-01", "validTo": "2026-12-31" });
    world.event(INSPECTOR, with(inspect("1"), "certificate", certificate));
    for kind in ["AggregationEvent", "AssociationEvent"] {
        let body = json!({ "verb": "observe", "event": {
            "type": kind, "action": "OBSERVE", "bizStep": "packing", "parentID": "urn:epc:id:sscc:0614141.1234567890",
            "childQuantityList": [{ "epcClass": lot_uri("1"), "quantity": 99, "uom": "KGM" }],
        } });
        assert_eq!(world.event(CARRIER, body).links.len(), 1);
    }
    // An item's lot is linked too.
    let body = json!({ "verb": "observe", "event": {
        "type": "ObjectEvent", "action": "DELETE", "bizStep": "destroying", "epcList": packs("1", 2),
    } });
    assert_eq!(world.event(CARRIER, body).links.len(), 1);
    let after = world.lot("1");
    assert_eq!(after.seq, 5);
    assert_eq!(LotRecord { seq: 1, head: before.head, ..after }, before);
}
