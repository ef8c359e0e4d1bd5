//! Ledgers whose operator bent a rule, with every chain, hash and signature right.

use serde_json::{Value, json};

use super::Case;
use crate::fixture::Person;
use crate::story::{
    CANNA, NOODLES, OTHER, PACKS, Story, actor, correct, harvest, object, packs, product, recall, ship, transform,
};

/// A bundle of the story up to the packs, and one more event of somebody.
fn after(who: impl FnOnce(&mut Story) -> &mut Person, body: &Value, lots: &[&str]) -> Value {
    let mut story = Story::packed();
    let mut person = who(&mut story).clone();
    story.ledger.add(&mut person, "event", body, lots);
    story.ledger.bundle(PACKS, story.of_packs())
}

fn quantities() -> Vec<(&'static str, Value)> {
    let shop = Person::new(3, "shop");
    let too_much = transform("process", &[(CANNA, 1_000.0, "KGM")], &[(NOODLES, 160.001, "KGM", "noodles")]);
    let mut story = Story::begin();
    story.harvest(CANNA, 1_000);
    story.coop_event(&too_much, &[CANNA, NOODLES]);
    let yield_exceeded = story.ledger.bundle(NOODLES, 0..story.ledger.len());

    let mut story = Story::begin();
    story.harvest(CANNA, 1_000);
    let process = transform("process", &[(CANNA, 1_000.0, "KGM")], &[(NOODLES, 150.0, "KGM", "noodles")]);
    story.coop_event(&process, &[CANNA, NOODLES]);
    let mut pack = transform("pack", &[(NOODLES, 150.0, "KGM")], &[(PACKS, 300.0, "", "packs")]);
    pack["serials"] = json!({"count": 301, "root": "7d".repeat(32)});
    story.coop_event(&pack, &[NOODLES, PACKS]);
    let serials_exceed = story.ledger.bundle(PACKS, 0..story.ledger.len());

    let mut received = Story::packed();
    received.coop_event(&ship(PACKS, 100, &shop), &[PACKS]);
    received.shop_event(&packs("receive", "receiving", PACKS, 101), &[PACKS]);
    let received_more = received.ledger.bundle(PACKS, received.of_packs());

    let mut litres = object("OBSERVE", "destroying", PACKS, &json!(1));
    litres["quantityList"][0]["uom"] = json!("LTR");
    let mut negative = packs("lose", "destroying", PACKS, 1);
    negative["event"]["quantityList"][0]["quantity"] = json!(-1);
    vec![
        ("rule-oversold.json", after(|story| &mut story.coop, &packs("sell", "retail_selling", PACKS, 301), &[PACKS])),
        ("rule-yield-exceeded.json", yield_exceeded),
        ("rule-serials-exceed.json", serials_exceed),
        ("rule-received-more.json", received_more),
        ("rule-other-unit.json", after(|story| &mut story.coop, &json!({"verb": "lose", "event": litres}), &[PACKS])),
        ("rule-negative-amount.json", after(|story| &mut story.coop, &negative, &[PACKS])),
    ]
}

fn roles() -> Vec<(&'static str, Value)> {
    let (coop, shop) = (Person::new(1, "coop"), Person::new(3, "shop"));
    let mut shop_harvests = Story::begin();
    let mut body = harvest(CANNA, 10, &shop);
    body.as_object_mut().unwrap().remove("for");
    shop_harvests.shop_event(&body, &[CANNA]);
    let mut for_another = Story::begin();
    let body = harvest(CANNA, 10, &shop);
    for_another.ledger.add(&mut for_another.farmer, "event", &body, &[CANNA]);
    let mut granted = Story::begin();
    let body = actor(&Person::new(30, "pal"), "person", &["inspector"], Some(&coop));
    granted.ledger.add(&mut granted.coop, "actor", &body, &[]);
    granted.harvest(CANNA, 10);
    let mut intercepted = Story::packed();
    intercepted.coop_event(&ship(PACKS, 100, &shop), &[PACKS]);
    let body = packs("receive", "receiving", PACKS, 100);
    intercepted.ledger.add(&mut intercepted.inspector, "event", &body, &[PACKS]);
    vec![
        ("rule-not-holder.json", after(|story| &mut story.shop, &packs("sell", "retail_selling", PACKS, 1), &[PACKS])),
        ("rule-not-addressee.json", intercepted.ledger.bundle(PACKS, intercepted.of_packs())),
        ("rule-role-missing.json", shop_harvests.ledger.bundle(CANNA, 0..10)),
        ("rule-not-above.json", for_another.ledger.bundle(CANNA, 0..10)),
        ("rule-role-granted.json", granted.ledger.bundle(CANNA, 0..11)),
    ]
}

fn events() -> Vec<(&'static str, Value)> {
    let mut twice = Story::begin();
    twice.harvest(CANNA, 10);
    let mut body = harvest(CANNA, 10, &twice.coop);
    body["event"]["eventID"] = json!("urn:test:another");
    twice.ledger.add(&mut twice.farmer, "event", &body, &[CANNA]);
    let mut future = Story::begin();
    let mut body = harvest(CANNA, 10, &future.coop);
    body["event"]["eventTime"] = json!("2026-11-21T08:30:00.000+07:00");
    future.ledger.add(&mut future.farmer, "event", &body, &[CANNA]);
    let mut foreign = Story::begin();
    let body = harvest(CANNA, 10, &foreign.coop);
    foreign.ledger.add(&mut foreign.farmer, "event", &body, &[CANNA]);
    let mut other = correct(&body);
    other["event"]["quantityList"][0]["quantity"] = json!(11);
    foreign.ledger.add(&mut foreign.farmer, "event", &other, &[CANNA]);
    let mut malformed = packs("lose", "destroying", PACKS, 1);
    malformed["event"]["eventTimeZoneOffset"] = json!("7");
    let mut wrong_step = packs("lose", "shipping", PACKS, 1);
    wrong_step["event"]["eventID"] = json!("urn:test:wrong-step");
    let mut second = Story::packed();
    let charter = json!({"name": "x", "origin": "trace.test"});
    second.ledger.add(&mut second.operator, "charter", &charter, &[]);
    let mut unit = Story::packed();
    let body = json!({"id": product("packs"), "name": "x", "unit": "LTR"});
    unit.ledger.add(&mut unit.coop, "product", &body, &[]);
    vec![
        ("rule-lot-exists.json", twice.ledger.bundle(CANNA, 0..11)),
        ("rule-future.json", future.ledger.bundle(CANNA, 0..10)),
        ("rule-correction-differs.json", foreign.ledger.bundle(CANNA, 0..11)),
        ("rule-event-malformed.json", after(|story| &mut story.coop, &malformed, &[PACKS])),
        ("rule-business-step.json", after(|story| &mut story.coop, &wrong_step, &[PACKS])),
        ("rule-second-charter.json", second.ledger.bundle(PACKS, second.of_packs())),
        ("rule-unit-changed.json", unit.ledger.bundle(PACKS, unit.of_packs())),
    ]
}

pub(super) fn cases() -> Vec<Case> {
    let mut recalled = Story::packed();
    recalled.operator_event(&recall(PACKS), &[PACKS]);
    recalled.coop_event(&packs("sell", "retail_selling", PACKS, 1), &[PACKS]);
    let sold_recalled = recalled.ledger.bundle(PACKS, recalled.of_packs());
    // A lot made from two, of which the bundle leaves out everything about one.
    let mut merged = Story::begin();
    merged.harvest(CANNA, 100);
    merged.harvest(OTHER, 50);
    let whole = "https://trace.test/lot/MERGED000001";
    let inputs = [(CANNA, 100.0, "KGM"), (OTHER, 50.0, "KGM")];
    merged.coop_event(&transform("merge", &inputs, &[(whole, 150.0, "KGM", "canna")]), &[CANNA, OTHER, whole]);
    let half_shown = merged.ledger.bundle(whole, (0..12).filter(|index| *index != 10));
    let refused = [quantities(), roles(), events()].into_iter().flatten();
    let mut cases: Vec<_> =
        refused.map(|(file, bundle)| Case::new(file, bundle, &["rules"]).not_checked(&["recall"])).collect();
    cases.push(Case::new("rule-sold-though-recalled.json", sold_recalled, &["rules", "recall"]));
    cases
        .push(Case::new("ancestor-hidden.json", half_shown, &["lot_chain_complete", "rules"]).not_checked(&["recall"]));
    cases
}
