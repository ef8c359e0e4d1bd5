//! Amounts, yields, recalls, corrections, certificates, keys.

use super::*;

/// Two harvests to the mill with 10 kg missing, starch of them, noodles of that; some sold, some lost, some on its way.
fn season() -> World {
    let mut world = World::new();
    world.harvest(FARMER, "1", 1_000.0);
    world.harvest(FARMER, "2", 500.0);
    world.ship(FARMER, MILL, ("1", 1_000.0));
    world.receive(MILL, FARMER, ("1", 990.0));
    world.ship(FARMER, MILL, ("2", 400.0));
    world.receive(MILL, FARMER, ("2", 400.0));
    world.process(&[("1", 900.0), ("2", 100.0)], ("3", 150.0), "starch");
    world.process(&[("3", 100.0)], ("4", 87.0), "noodle");
    world.event(MILL, "sell", object("OBSERVE", "retail_selling", &[("4", 20.0)]), &[], &json!({}));
    world.event(MILL, "lose", object("OBSERVE", "destroying", &[("4", 1.5)]), &[], &json!({}));
    world.ship(MILL, SHOP, ("4", 30.5));
    world
}

/// The row of a product as text: all that is not zero.
fn row(world: &World, scope: &Scope, name: &str) -> String {
    let rows = world.facts.balances(scope);
    let row = rows.iter().find(|row| row.product == world.product(name)).unwrap();
    let named = [
        ("opening", row.opening),
        ("harvested", row.harvested),
        ("made", row.made),
        ("received", row.received),
        ("used", row.used),
        ("sent", row.sent),
        ("sold", row.sold),
        ("lost", row.lost),
        ("short", row.short),
        ("closing", row.closing),
        ("now", row.now.unwrap_or_default()),
        ("difference", row.difference.unwrap_or_default()),
    ];
    let shown = named.iter().filter(|(_, amount)| !amount.is_zero());
    shown.map(|(name, amount)| format!("{name} {amount}")).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_books_of_all_parties_balance() {
    let world = season();
    let all = Scope::default();
    // 1000 + 500 harvested, 10 missing, 1000 used: 490 stand (400 - 100 and 90 at the mill, 100 at the farmer's).
    assert_eq!(row(&world, &all, "canna"), "harvested 1500 used 1000 short 10 closing 490 now 490");
    assert_eq!(row(&world, &all, "starch"), "made 150 used 100 closing 50 now 50");
    // 87 - 20 - 1.5 = 65.5, of which 30.5 are on their way and still stand.
    assert_eq!(row(&world, &all, "noodle"), "made 87 sold 20 lost 1.5 closing 65.5 now 65.5");
}

#[test]
fn the_books_of_one_party_balance() {
    let world = season();
    let of = |who| Scope { party: Some(world.actor(who)), ..Scope::default() };
    assert_eq!(row(&world, &of(FARMER), "canna"), "harvested 1500 sent 1400 closing 100 now 100");
    assert_eq!(row(&world, &of(MILL), "canna"), "received 1400 used 1000 short 10 closing 390 now 390");
    // What is on its way is no longer the mill's and not yet the shop's.
    assert_eq!(row(&world, &of(MILL), "noodle"), "made 87 sent 30.5 sold 20 lost 1.5 closing 35 now 35");
    assert!(world.facts.balances(&of(SHOP)).is_empty());
}

#[test]
fn a_time_has_an_opening_and_a_closing() {
    let world = season();
    let shipped = world.facts.events.iter().find(|event| event.index == 11).unwrap();
    let scope = Scope { from: Some(shipped.at), party: Some(world.actor(FARMER)), ..Scope::default() };
    assert_eq!(row(&world, &scope, "canna"), "opening 1500 sent 1400 closing 100 now 100");
    let scope = Scope { until: Some(shipped.at), party: Some(world.actor(FARMER)), ..Scope::default() };
    assert_eq!(row(&world, &scope, "canna"), "harvested 1500 closing 1500 now 100");
    let scope = Scope { place: Some(world.place()), ..Scope::default() };
    assert_eq!(row(&world, &scope, "canna"), "harvested 1500 closing 1500");
    let rows = world.facts.harvests_by_place(&Scope::default());
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].place, rows[0].harvests, rows[0].amount), (Some(world.place()), 2, kilograms("1500")));
}

#[test]
fn yields_are_told_beside_their_bounds() {
    let world = season();
    let rows = world.facts.yield_rows(&Scope::default());
    let starch = rows.iter().find(|row| row.product == world.product("starch")).unwrap();
    // 150 of 1000 is 15 %, at most 16 % are allowed.
    assert_eq!((starch.input, starch.output, starch.allowed), (kilograms("1000"), kilograms("150"), kilograms("160")));
    assert_eq!(starch.share().unwrap().millionths(), 150_000);
    assert_eq!(starch.bound().unwrap().millionths(), 160_000);
    let noodle = rows.iter().find(|row| row.product == world.product("noodle")).unwrap();
    assert_eq!((noodle.share().unwrap().millionths(), noodle.count), (870_000, 1));
}

#[test]
fn a_correction_is_as_if_nothing_happened_or_is_only_noted() {
    let mut world = World::new();
    world.harvest(FARMER, "1", 100.0);
    let lost = world.event(FARMER, "lose", object("OBSERVE", "destroying", &[("1", 40.0)]), &[], &json!({}));
    let declare = |world: &World, id: u32, step: &str, action: &str, what: (&str, f64), at: u64| {
        let mut event = object(action, step, &[what]);
        let original = world.facts.events.iter().find(|event| event.index == at).unwrap();
        event["eventTime"] = original.at.to_rfc3339().into();
        event["eventID"] = format!("urn:x-event:{id}").into();
        event["errorDeclaration"] = json!({"declarationTime": world.now.to_rfc3339(), "reason": "incorrect_data"});
        event
    };
    let event = declare(&world, 2, "destroying", "OBSERVE", ("1", 40.0), lost);
    world.event(FARMER, "correct", event, &[], &json!({}));
    assert_eq!(row(&world, &Scope::default(), "canna"), "harvested 100 closing 100 now 100");
    // A sale of part of the lot comes in between: the loss stands.
    let lost = world.event(FARMER, "lose", object("OBSERVE", "destroying", &[("1", 10.0)]), &[], &json!({}));
    world.event(FARMER, "sell", object("OBSERVE", "retail_selling", &[("1", 5.0)]), &[], &json!({}));
    let event = declare(&world, 4, "destroying", "OBSERVE", ("1", 10.0), lost);
    world.event(FARMER, "correct", event, &[], &json!({}));
    assert_eq!(row(&world, &Scope::default(), "canna"), "harvested 100 sold 5 lost 10 closing 85 now 85");
    let rows = world.facts.correction_rows(&Scope::default());
    assert_eq!(rows.iter().map(|row| row.correction.undone).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn a_recall_reaches_what_was_made_before_and_after() {
    let mut world = season();
    let mut event = object("OBSERVE", "inspecting", &[]);
    event["quantityList"] = json!([{"epcClass": lot("2")}]);
    event["disposition"] = "recalled".into();
    world.event(INSPECTOR, "recall", event, &[], &json!({}));
    world.process(&[("3", 10.0)], ("5", 9.0), "noodle");
    let rows = world.facts.recall_rows(&Scope::default());
    let reached: Vec<_> = ["2", "3", "4", "5"].map(|name| world.lot(name)).to_vec();
    assert_eq!((rows[0].named.as_slice(), rows[0].reached.clone()), (&[world.lot("2")][..], reached));
    let noodles = |who| {
        let (who, noodle) = (world.actor(who), world.product("noodle"));
        rows[0].held.iter().find(|(party, of, ..)| (*party, *of) == (who, noodle)).map(|(.., amount)| *amount)
    };
    // The mill has 35 of lot 4 and 9 of lot 5; 30.5 are on their way to the shop; 20 were sold.
    assert_eq!((noodles(MILL), noodles(SHOP)), (Some(kilograms("44")), Some(kilograms("30.5"))));
    assert_eq!(rows[0].sold[0].2, kilograms("20"));
}

#[test]
fn certificates_hold_on_their_days() {
    let of = |day| Validity::on(day, Some("2026-01-01"), Some("2026-12-31")).as_str();
    assert_eq!(
        ["2025-12-31", "2026-01-01", "2026-12-31", "2027-01-01"].map(of),
        ["not_yet", "valid", "valid", "expired"]
    );
    let mut world = season();
    let certificate = json!({"certificate": {"scheme": "VietGAP", "issuer": "Office", "validTo": "2026-10-31"}});
    world.event(INSPECTOR, "inspect", object("OBSERVE", "inspecting", &[("1", 1.0)]), &[], &certificate);
    let rows = world.facts.inspection_rows(&Scope::default());
    assert_eq!(rows[0].inspection.certificate.as_ref().unwrap().valid_to.as_deref(), Some("2026-10-31"));
    assert!(world.facts.inspection_rows(&Scope { party: Some(world.actor(SHOP)), ..Scope::default() }).is_empty());
}

#[test]
fn keys_tell_what_they_signed_and_when_they_ended() {
    let mut world = season();
    let revoked = world.say(OPERATOR, "key", &json!({"actor": actor(SHOP), "revoke": key_of(SHOP).to_string()}));
    let keys = &world.facts.keys;
    let of = |who| keys.iter().find(|key| key.key == key_of(who)).unwrap();
    assert_eq!((of(SHOP).registered, of(SHOP).revoked, of(SHOP).statements), (3, Some(revoked), 0));
    assert_eq!((of(FARMER).statements, of(MILL).statements, of(OPERATOR).statements), (4, 7, 10));
    let rows = world.facts.key_rows(&Scope { party: Some(world.actor(FARMER)), ..Scope::default() });
    assert_eq!(rows.iter().map(|row| (keys[row.key].key, row.events)).collect::<Vec<_>>(), [(key_of(FARMER), 4)]);
}

#[test]
fn the_index_tells_the_ways_of_lots() {
    use crate::trace::{Direction, IndexError, TraceIndex, build, check};
    let world = season();
    let root = Hash::of(b"root");
    let bytes = build(&world.facts, &root);
    let index = TraceIndex::open(&bytes).unwrap();
    assert_eq!((index.size(), index.root(), index.lots()), (world.facts.size, root, 4));
    let find = |name: &str| index.find(&LotUri::parse(&origin(), &lot(name)).unwrap().key()).unwrap();
    assert_eq!(find("77"), None);
    let trace = index.trace(find("3").unwrap(), Direction::Both).unwrap();
    let depths: Vec<_> = trace.nodes.iter().map(|node| (node.lot.uri, node.depth)).collect();
    let (one, two, three, four) = (lot("1"), lot("2"), lot("3"), lot("4"));
    assert_eq!(depths, [(one.as_str(), -1), (&two, -1), (&three, 0), (&four, 1)]);
    assert_eq!(trace.edges.len(), 3);
    let holdings: Vec<_> = trace
        .holdings()
        .iter()
        .map(|holding| (holding.party.map(|no| index.party(no).unwrap().vi), holding.amount, holding.coming))
        .collect();
    let none = Amount::ZERO;
    let expected = [
        (Some("mill"), kilograms("50"), none),
        (Some("mill"), kilograms("35"), none),
        (Some("shop"), none, kilograms("30.5")),
        (None, kilograms("20"), none),
    ];
    assert_eq!(holdings, expected);
    let forward = index.trace(find("1").unwrap(), Direction::Forward).unwrap();
    assert_eq!(forward.nodes.iter().map(|node| node.depth).collect::<Vec<_>>(), [0, 1, 2]);
    let mut bad = bytes.clone();
    bad[100] ^= 1;
    assert_eq!((check(&bytes), check(&bad)), (Ok(()), Err(IndexError::Damaged)));
    assert_eq!((check(&[0; 40]), check(b"NG")), (Err(IndexError::Magic), Err(IndexError::CutShort)));
    assert_eq!(TraceIndex::open(b"else").unwrap_err(), IndexError::Magic);
}
