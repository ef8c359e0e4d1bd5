//! Bundles of honest ledgers, also in unusual shapes.

use nguon_ledger::cosignature::{CosignatureTime, cosign};
use nguon_ledger::note::{KeyName, SignatureType};
use serde_json::{Value, json};

use super::Case;
use crate::fixture::{ORIGIN, Person, public_key, signing_key, vkey, vkey_of};
use crate::story::{
    CANNA, GS1, NOODLES, OTHER, PACKS, Story, actor, correct, harvest, object, packs, recall, ship, transform,
};

/// A policy with two witnesses, of which so many must have cosigned.
pub(super) fn policy_of_witnesses(threshold: u32) -> String {
    let witness = |number: u32| {
        let name = format!("witness{number}.test");
        format!("witness w{number} {}\n", vkey_of(&name, SignatureType::CosignatureV1, &signing_key(2_000 + number)))
    };
    format!("log {}\n{}{}group both {threshold} w1 w2\nquorum both\n", vkey(), witness(1), witness(2))
}

/// A bundle of all packs' entries whose checkpoint one witness cosigned.
pub(super) fn witnessed(story: &Story) -> Value {
    let mut checkpoint = story.ledger.signed();
    let (name, key) = (KeyName::new("witness1.test").unwrap(), signing_key(2_001));
    let time = CosignatureTime::from_seconds(1_795_140_000).unwrap();
    checkpoint.add_signature(cosign(checkpoint.checkpoint(), &name, &key, time)).unwrap();
    let mut bundle = story.ledger.bundle(PACKS, story.of_packs());
    bundle["checkpoint"] = json!(checkpoint.to_string());
    bundle
}

/// The story with a second key of the farmer, the first one revoked after the harvest.
pub(super) fn key_changed() -> Story {
    let mut story = Story::begin();
    story.harvest(CANNA, 100);
    let new = Person::new(20, "farmer");
    let body = json!({"actor": story.farmer.uri(), "add": new.hex()});
    story.ledger.add(&mut story.coop, "key", &body, &[]);
    let body = json!({"actor": story.farmer.uri(), "revoke": story.farmer.hex(), "reason": "phone lost"});
    story.ledger.add(&mut story.coop, "key", &body, &[]);
    story
}

fn all(story: &Story) -> Vec<u64> {
    (0..story.ledger.len()).collect()
}

pub(super) fn cases() -> Vec<Case> {
    let sold = Story::sold();
    let good = || sold.ledger.bundle(PACKS, sold.of_packs());
    let mut cases = vec![
        Case::new("good.json", good(), &[]),
        Case::new("good-first-use.json", good(), &[]).on_first_use(),
        Case::new("good-policy-no-witness.json", good(), &[]).policy(format!("log {}\nquorum none\n", vkey()), false),
        Case::new("good-witnessed.json", witnessed(&sold), &[]).policy(policy_of_witnesses(1), true),
        Case::new("good-newest.json", good(), &[]).newest(sold.ledger.signed().to_string()),
        Case::new("good-fresh-enough.json", good(), &[]).newest(longer(&sold)).size_min(18),
        Case::new("good-vkey-hint-wrong.json", with(good(), "vkey", "no key at all"), &[]),
        Case::new("good-ancestor.json", sold.ledger.bundle(NOODLES, without(&sold, &[10, 14, 15, 16])), &[]),
        Case::new("good-single-harvest.json", sold.ledger.bundle(OTHER, [0, 1, 4, 5, 8, 10]), &[]),
    ];
    cases.extend([
        merged(),
        with_gtin(),
        corrected(),
        changed_key(),
        recall_undone(),
        observed(),
        correction_reaches_further(),
    ]);
    let mut recalled = Story::sold();
    let body = recall(CANNA);
    recalled.operator_event(&body, &[CANNA]);
    let bundle = recalled.ledger.bundle(PACKS, recalled.of_packs());
    cases.push(Case::new("recalled-through-ancestor.json", bundle, &["recall"]));
    cases
}

/// A later checkpoint of the same log.
pub(super) fn longer(story: &Story) -> String {
    let mut story = story.clone();
    story.inspect(OTHER);
    story.ledger.signed().to_string()
}

pub(super) fn with(mut bundle: Value, key: &str, value: &str) -> Value {
    bundle[key] = json!(value);
    bundle
}

pub(super) fn without(story: &Story, left_out: &[u64]) -> Vec<u64> {
    (0..story.ledger.len()).filter(|index| !left_out.contains(index)).collect()
}

/// Two harvests merged and split again.
fn merged() -> Case {
    let mut story = Story::begin();
    story.harvest(CANNA, 100);
    story.harvest(OTHER, 50);
    let (whole, half) = ("https://trace.test/lot/MERGED000001", "https://trace.test/lot/HA1F00000001");
    let inputs = [(CANNA, 100.0, "KGM"), (OTHER, 50.0, "KGM")];
    let merge = transform("merge", &inputs, &[(whole, 150.0, "KGM", "canna")]);
    story.coop_event(&merge, &[CANNA, OTHER, whole]);
    let rest = "https://trace.test/lot/REST00000001";
    let outputs = [(half, 75.0, "KGM", "canna"), (rest, 75.0, "KGM", "canna")];
    let split = transform("split", &[(whole, 150.0, "KGM")], &outputs);
    story.coop_event(&split, &[whole, half, rest]);
    Case::new("good-merged-and-split.json", story.ledger.bundle(half, all(&story)), &[])
}

/// A lot with a GTIN, whose packs are named singly and in another spelling.
fn with_gtin() -> Case {
    let mut story = Story::begin();
    story.harvest(CANNA, 1_000);
    let process = transform("process", &[(CANNA, 1_000.0, "KGM")], &[(NOODLES, 150.0, "KGM", "noodles")]);
    story.coop_event(&process, &[CANNA, NOODLES]);
    let pack = transform("pack", &[(NOODLES, 150.0, "KGM")], &[(GS1, 300.0, "", "packs")]);
    story.coop_event(&pack, &[NOODLES, GS1]);
    let body = ship(GS1, 3, &story.shop);
    story.coop_event(&body, &[GS1]);
    story.shop_event(&packs("receive", "receiving", GS1, 3), &[GS1]);
    let mut sell = packs("sell", "retail_selling", GS1, 1);
    sell["event"]["quantityList"] = json!([]);
    sell["event"]["epcList"] = json!(["https://shop.example/01/08931234567897/10/A-1/21/SER1A1SER1A1?3103=000500"]);
    story.shop_event(&sell, &[GS1]);
    Case::new("good-gtin.json", story.ledger.bundle(GS1, all(&story)), &[])
}

/// A wrong harvest corrected, the right one in another lot.
fn corrected() -> Case {
    let mut story = Story::begin();
    let body = harvest(CANNA, 10, &story.coop);
    story.ledger.add(&mut story.farmer, "event", &body, &[CANNA]);
    story.ledger.add(&mut story.farmer, "event", &correct(&body), &[CANNA]);
    Case::new("good-corrected.json", story.ledger.bundle(CANNA, all(&story)), &[])
}

fn changed_key() -> Case {
    let mut story = key_changed();
    let mut new = Person::new(20, "farmer");
    let mut body = object("OBSERVE", "destroying", CANNA, &json!(1.5));
    body["eventTime"] = json!("2026-11-20T07:50:00.000+07:00");
    let lose = json!({"verb": "lose", "event": body, "for": story.coop.uri()});
    story.ledger.add(&mut new, "event", &lose, &[CANNA]);
    Case::new("good-key-changed.json", story.ledger.bundle(CANNA, all(&story)), &[])
}

fn recall_undone() -> Case {
    let mut story = Story::sold();
    let body = recall(NOODLES);
    story.operator_event(&body, &[NOODLES]);
    story.operator_event(&correct(&body), &[NOODLES]);
    Case::new("good-recall-undone.json", story.ledger.bundle(PACKS, story.of_packs()), &[])
}

/// Evidence of other systems, an actor registered twice, and an entry received in the same millisecond.
fn observed() -> Case {
    let mut story = Story::begin();
    story.harvest(CANNA, 100);
    let roles = ["registrar", "producer", "processor", "carrier"];
    let mut body = actor(&story.coop, "organisation", &roles, None);
    body["name"] = json!({"vi": "H\u{1ee3}p t\u{e1}c x\u{e3} \"T\u{e0}i Hoan\"", "en": "Co-op"});
    story.ledger.add(&mut story.operator, "actor", &body, &[]);
    let event = json!({
        "type": "AggregationEvent", "eventTime": "2026-11-20T00:50:00.123456Z", "eventTimeZoneOffset": "+07:00",
        "action": "ADD", "parentID": "urn:epc:id:sscc:4012345.0111222333",
        "childQuantityList": [{"epcClass": CANNA, "quantity": 1e1, "uom": "KGM"}],
        "ex:note": {"@type": "ex:Thing", "deep": [1, 2.50, null, true]}, "@context": [{"ex": "https://ex.test/"}],
    });
    let payload = story.shop.say("event", &json!({"verb": "observe", "event": event}));
    story.ledger.add_changed(&story.shop.key, &payload, &[CANNA], |entry| {
        assert_eq!(entry.signer, public_key(&Person::new(3, ORIGIN).key));
        let before = crate::fixture::START_MILLIS + 10 * 60_000;
        entry.received_at = nguon_ledger::time::UnixMillis::new(before);
    });
    Case::new("good-observed.json", story.ledger.bundle(CANNA, all(&story)), &[])
}

/// A correction of a shipment of two lots: whether it undid anything depends on both.
fn correction_reaches_further() -> Case {
    let mut story = Story::begin();
    story.harvest(CANNA, 100);
    story.harvest(OTHER, 50);
    let mut body = ship(CANNA, 1, &story.shop);
    body["event"]["eventID"] = json!("urn:test:ship");
    body["event"]["quantityList"] = json!([
        {"epcClass": CANNA, "quantity": 60, "uom": "KGM"}, {"epcClass": OTHER, "quantity": 30, "uom": "KGM"},
    ]);
    story.coop_event(&body, &[CANNA, OTHER]);
    let mut lose = object("OBSERVE", "destroying", OTHER, &json!(20));
    lose["eventTime"] = json!("2026-11-20T07:50:00.000+07:00");
    story.coop_event(&json!({"verb": "lose", "event": lose}), &[OTHER]);
    story.coop_event(&correct(&body), &[CANNA, OTHER]);
    // The other lot moved since, so nothing was undone and only 40 kg are left here.
    let sell = |kilograms: u32| json!({"verb": "sell", "event": object("OBSERVE", "retail_selling", CANNA, &json!(kilograms))});
    story.coop_event(&sell(40), &[CANNA]);
    Case::new("good-correction-of-two-lots.json", story.ledger.bundle(CANNA, all(&story)), &[])
}
