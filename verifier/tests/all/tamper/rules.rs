//! Lies that the rules refuse: the operator enters a statement, signed by whom it names and chained as it must be, that no honest node
//! would have accepted.

use nguon_ledger::hash::Hash;
use nguon_ledger::refusal::Code;
use serde_json::{Value, json};

use super::judged::SALE;
use super::{Lie, NEXT};
use crate::fixture::{ORIGIN, Person};
use crate::story::{
    CANNA, GS1, OTHER, PACKS, Story, actor, correct, harvest, object, packs, product, recall, ship, transform,
};

const NEW: &str = "https://trace.test/lot/NEW000000001";
const NEWER: &str = "https://trace.test/lot/NEW000000002";
const UNKNOWN: &str = "https://trace.test/lot/N0B0DY000001";

fn sell(lot: &str, count: u32) -> Value {
    packs("sell", "retail_selling", lot, count)
}

fn receive(lot: &str, count: u32) -> Value {
    packs("receive", "receiving", lot, count)
}

/// The sale that is entry 16.
fn sale() -> Value {
    let mut sale = sell(PACKS, 10);
    sale["event"]["eventID"] = json!(SALE);
    sale
}

/// The other harvest becomes as much vermicelli as it can.
fn more_noodles(story: &mut Story) {
    let process = transform("process", &[(OTHER, 500.0, "KGM")], &[(NEW, 80.0, "KGM", "noodles")]);
    story.coop_event(&process, &[OTHER, NEW]);
}

/// Lies about lots and how much there is of them.
pub(super) fn amounts() -> Vec<Lie> {
    [sold_and_moved(), made()].into_iter().flatten().collect()
}

fn sold_and_moved() -> Vec<Lie> {
    vec![
        Lie::refused("sells more than there is", Code::InsufficientQuantity, |story| {
            story.shop_event(&sell(PACKS, 191), &[PACKS]);
        }),
        Lie::refused("sells of a lot that nobody made", Code::UnknownLot, |story| {
            story.shop_event(&sell(UNKNOWN, 1), &[]);
        }),
        Lie::refused("lets more arrive than was sent", Code::InsufficientQuantity, |story| {
            let body = ship(PACKS, 50, &story.shop);
            story.coop_event(&body, &[PACKS]);
            story.shop_event(&receive(PACKS, 51), &[PACKS]);
        })
        .at(NEXT + 1),
        Lie::refused("sends less than nothing, so that the sender has more", Code::MalformedEvent, |story| {
            let mut body = ship(PACKS, 1, &story.shop);
            body["event"]["quantityList"][0]["quantity"] = json!(-5);
            story.coop_event(&body, &[PACKS]);
        }),
        Lie::refused("counts the same lot twice in one event", Code::MalformedEvent, |story| {
            let mut body = ship(PACKS, 60, &story.shop);
            let element = body["event"]["quantityList"][0].clone();
            body["event"]["quantityList"] = json!([element, element]);
            story.coop_event(&body, &[PACKS]);
        }),
    ]
}

fn made() -> Vec<Lie> {
    vec![
        Lie::refused("makes more vermicelli than the canna yields", Code::YieldExceeded, |story| {
            let process = transform("process", &[(OTHER, 500.0, "KGM")], &[(NEW, 80.5, "KGM", "noodles")]);
            story.coop_event(&process, &[OTHER, NEW]);
        }),
        Lie::refused("splits a lot into more than it was", Code::YieldExceeded, |story| {
            let parts = [(NEW, 250.0, "KGM", "canna"), (NEWER, 251.0, "KGM", "canna")];
            story.coop_event(&transform("split", &[(OTHER, 500.0, "KGM")], &parts), &[OTHER, NEW, NEWER]);
        }),
        Lie::refused("packs more net content than went in", Code::YieldExceeded, |story| {
            more_noodles(story);
            let pack = transform("pack", &[(NEW, 80.0, "KGM")], &[(NEWER, 161.0, "", "packs")]);
            story.coop_event(&pack, &[NEW, NEWER]);
        })
        .at(NEXT + 1),
        Lie::refused("makes a product of what it is not made of", Code::YieldExceeded, |story| {
            let process = transform("process", &[(PACKS, 100.0, "")], &[(NEW, 1.0, "KGM", "noodles")]);
            story.coop_event(&process, &[PACKS, NEW]);
        }),
        Lie::refused("promises serials for more packs than there are", Code::SerialsExceedLot, |story| {
            more_noodles(story);
            let mut pack = transform("pack", &[(NEW, 80.0, "KGM")], &[(NEWER, 160.0, "", "packs")]);
            pack["serials"] = json!({"count": 161, "root": "7d".repeat(32)});
            story.coop_event(&pack, &[NEW, NEWER]);
        })
        .at(NEXT + 1),
        Lie::refused("turns one product into another by merging", Code::ProductMismatch, |story| {
            let merge = transform("merge", &[(OTHER, 500.0, "KGM")], &[(NEW, 80.0, "KGM", "noodles")]);
            story.coop_event(&merge, &[OTHER, NEW]);
        }),
        Lie::refused("makes a lot under another product's GTIN", Code::ProductMismatch, |story| {
            let body = harvest(GS1, 10, &story.coop);
            story.ledger.add(&mut story.farmer, "event", &body, &[GS1]);
        }),
        Lie::refused("weighs a lot in litres", Code::UnitMismatch, |story| {
            let mut body = harvest(NEW, 10, &story.coop);
            body["event"]["quantityList"][0]["uom"] = json!("LTR");
            story.ledger.add(&mut story.farmer, "event", &body, &[NEW]);
        }),
        Lie::refused("harvests a lot a second time", Code::LotExists, |story| {
            let mut body = harvest(OTHER, 500, &story.coop);
            body["event"]["eventID"] = json!("urn:test:again");
            story.ledger.add(&mut story.farmer, "event", &body, &[OTHER]);
        }),
        Lie::refused("harvests more lots at once than an entry can link", Code::TooManyLots, |story| {
            let mut body = harvest(NEW, 1, &story.coop);
            for number in 0..48 {
                let lot = format!("https://trace.test/lot/CR0WD{number:07}");
                let element = json!({"epcClass": lot, "quantity": 1, "uom": "KGM"});
                body["event"]["quantityList"].as_array_mut().unwrap().push(element);
                body["creates"][lot] = json!({"product": product("canna")});
            }
            story.ledger.add(&mut story.farmer, "event", &body, &[NEW]);
        }),
    ]
}

/// Lies about who may do what.
pub(super) fn parties() -> Vec<Lie> {
    [holders(), roles(), references()].into_iter().flatten().collect()
}

fn holders() -> Vec<Lie> {
    vec![
        Lie::refused("lets a shop sell what another holds", Code::NotHolder, |story| {
            let event = object("OBSERVE", "retail_selling", OTHER, &json!(1));
            story.shop_event(&json!({"verb": "sell", "event": event}), &[OTHER]);
        }),
        Lie::refused("lets arrive what was never sent", Code::NotAddressee, |story| {
            story.shop_event(&receive(PACKS, 1), &[PACKS]);
        }),
        Lie::refused("lets arrive what was sent to another", Code::NotAddressee, |story| {
            let body = ship(PACKS, 5, &story.inspector);
            story.coop_event(&body, &[PACKS]);
            story.shop_event(&receive(PACKS, 5), &[PACKS]);
        })
        .at(NEXT + 1),
        Lie::refused("sells packs of a recalled harvest", Code::Recalled, |story| {
            story.operator_event(&recall(CANNA), &[CANNA]);
            story.shop_event(&sell(PACKS, 1), &[PACKS]);
        })
        .at(NEXT + 1),
        Lie::refused("sends on packs of a recalled harvest", Code::Recalled, |story| {
            story.operator_event(&recall(CANNA), &[CANNA]);
            let body = ship(PACKS, 1, &story.shop);
            story.coop_event(&body, &[PACKS]);
        })
        .at(NEXT + 1),
        Lie::refused("lets a member act for an organisation that is not above it", Code::NotAbove, |story| {
            let mut body = sell(PACKS, 1);
            body["for"] = json!(story.coop.uri());
            story.shop_event(&body, &[PACKS]);
        }),
    ]
}

fn roles() -> Vec<Lie> {
    vec![
        Lie::refused("lets a shop harvest", Code::RoleMissing, |story| {
            let body = harvest(NEW, 10, &story.shop);
            story.shop_event(&body, &[NEW]);
        }),
        Lie::refused("lets a producer certify its own lot", Code::RoleMissing, |story| {
            let body = packs("inspect", "inspecting", PACKS, 1);
            story.coop_event(&body, &[PACKS]);
        }),
        Lie::refused("lets somebody recall who neither made nor holds the lot", Code::RoleMissing, |story| {
            story.ledger.add(&mut story.farmer, "event", &recall(PACKS), &[PACKS]);
        }),
    ]
}

fn references() -> Vec<Lie> {
    vec![
        Lie::refused("sends a lot to nobody", Code::UnknownActor, |story| {
            let body = ship(PACKS, 1, &Person::new(80, "nobody"));
            story.coop_event(&body, &[PACKS]);
        }),
        Lie::refused("harvests a product that is not registered", Code::UnknownProduct, |story| {
            let mut body = harvest(NEW, 10, &story.coop);
            body["creates"][NEW] = json!({"product": product("gold")});
            story.ledger.add(&mut story.farmer, "event", &body, &[NEW]);
        }),
        Lie::refused("harvests at a place that is not registered", Code::UnknownPlace, |story| {
            let mut body = harvest(NEW, 10, &story.coop);
            body["event"]["bizLocation"] = json!({"id": format!("https://{ORIGIN}/place/nowhere")});
            story.ledger.add(&mut story.farmer, "event", &body, &[NEW]);
        }),
        Lie::refused("has somebody stand by an entry that is not there", Code::UnknownEntry, |story| {
            let attest = json!({"entry": Hash::of(b"none").to_string(), "claim": "stands_by"});
            story.ledger.add(&mut story.inspector, "attest", &attest, &[]);
        }),
        Lie::refused("enters what a member signed for another ledger", Code::WrongLedger, |story| {
            let said = String::from_utf8(story.shop.draft("event", &sell(PACKS, 1))).unwrap();
            let said = said.replace(r#""ledger":"trace.test""#, r#""ledger":"other.test""#);
            story.ledger.add_payload(&story.shop.key, said.as_bytes(), &[PACKS]);
        }),
        Lie::refused("enters a statement that two readers read differently", Code::MalformedStatement, |story| {
            let said = String::from_utf8(story.shop.draft("event", &sell(PACKS, 1))).unwrap();
            let said = said.replacen('{', r#"{"v":1,"#, 1);
            story.ledger.add_payload(&story.shop.key, said.as_bytes(), &[PACKS]);
        }),
    ]
}

/// Lies about corrections, times and identifiers of events.
pub(super) fn corrections() -> Vec<Lie> {
    vec![
        Lie::refused("corrects what never happened", Code::UnknownEvent, |story| {
            let mut body = correct(&sale());
            body["event"]["eventID"] = json!("urn:test:never");
            story.shop_event(&body, &[PACKS]);
        }),
        Lie::refused("lets a stranger correct a member's event", Code::NotAuthor, |story| {
            story.coop_event(&correct(&sale()), &[PACKS]);
        }),
        Lie::refused("corrects the same event twice", Code::AlreadyCorrected, |story| {
            story.shop_event(&correct(&sale()), &[PACKS]);
            story.shop_event(&correct(&sale()), &[PACKS]);
        })
        .at(NEXT + 1),
        Lie::refused("corrects another event than it was", Code::CorrectionMismatch, |story| {
            let mut body = correct(&sale());
            body["event"]["quantityList"][0]["quantity"] = json!(100);
            story.shop_event(&body, &[PACKS]);
        }),
        Lie::refused("corrects an event from the future", Code::TimeInFuture, |story| {
            let mut body = correct(&sale());
            body["event"]["errorDeclaration"]["declarationTime"] = json!("2026-11-30T08:10:00.000+07:00");
            story.shop_event(&body, &[PACKS]);
        }),
        Lie::refused("enters an event from the far future", Code::TimeInFuture, |story| {
            let mut body = sell(PACKS, 1);
            body["event"]["eventTime"] = json!("2026-11-22T08:18:00.000+07:00");
            story.shop_event(&body, &[PACKS]);
        }),
        Lie::refused("gives two events one identifier", Code::EventExists, |story| {
            story.shop_event(&sale(), &[PACKS]);
        }),
        Lie::refused("slips a correction in as a sale", Code::MalformedEvent, |story| {
            let mut body = correct(&sale());
            body["verb"] = json!("sell");
            story.shop_event(&body, &[PACKS]);
        }),
    ]
}

/// Lies about who and what there is.
pub(super) fn registry() -> Vec<Lie> {
    [enrolments(), keys(), things()].into_iter().flatten().collect()
}

fn enrol(by: fn(&mut Story) -> &mut Person, story: &mut Story, body: &Value) {
    let mut person = by(story).clone();
    story.ledger.add(&mut person, "actor", body, &[]);
    *by(story) = person;
}

fn enrolments() -> Vec<Lie> {
    fn friend() -> Person {
        Person::new(60, "friend")
    }
    vec![
        Lie::refused("lets somebody enrol members who may not", Code::RoleMissing, |story| {
            let body = actor(&friend(), "person", &["producer"], Some(&story.shop));
            enrol(|story| &mut story.shop, story, &body);
        }),
        Lie::refused("lets a registrar enrol outside its own organisation", Code::RoleMissing, |story| {
            let body = actor(&friend(), "person", &["producer"], Some(&story.shop));
            enrol(|story| &mut story.coop, story, &body);
        }),
        Lie::refused("lets a registrar make an inspector", Code::RoleMissing, |story| {
            let body = actor(&friend(), "person", &["inspector"], Some(&story.coop));
            enrol(|story| &mut story.coop, story, &body);
        }),
        Lie::refused("puts a person above others", Code::NotAbove, |story| {
            let body = actor(&friend(), "person", &["producer"], Some(&story.farmer));
            enrol(|story| &mut story.operator, story, &body);
        }),
        Lie::refused("enrols a key under which anybody can sign", Code::MalformedStatement, |story| {
            let mut body = actor(&friend(), "person", &["producer"], None);
            body["keys"] = json!([format!("01{}", "00".repeat(31))]);
            enrol(|story| &mut story.operator, story, &body);
        }),
        Lie::refused("writes a second charter", Code::CharterExists, |story| {
            story.ledger.add(&mut story.operator, "charter", &json!({}), &[]);
        }),
        Lie::refused("takes the operator's role from the charter's operator", Code::LastOperatorKey, |story| {
            let body = actor(&story.operator, "organisation", &["registrar"], None);
            enrol(|story| &mut story.operator, story, &body);
        }),
    ]
}

fn keys() -> Vec<Lie> {
    vec![
        Lie::refused("gives a member's key to another", Code::KeyInUse, |story| {
            let body = json!({"actor": story.coop.uri(), "add": story.shop.hex()});
            story.ledger.add(&mut story.operator, "key", &body, &[]);
        }),
        Lie::refused("lets a stranger revoke a member's key", Code::RoleMissing, |story| {
            let body = json!({"actor": story.farmer.uri(), "revoke": story.farmer.hex()});
            story.ledger.add(&mut story.shop, "key", &body, &[]);
        }),
        Lie::refused("revokes a key that the actor never had", Code::UnknownKey, |story| {
            let body = json!({"actor": story.farmer.uri(), "revoke": Person::new(60, "friend").hex()});
            story.ledger.add(&mut story.coop, "key", &body, &[]);
        }),
        Lie::refused("revokes the last key of the operator", Code::LastOperatorKey, |story| {
            let body = json!({"actor": story.operator.uri(), "revoke": story.operator.hex()});
            story.ledger.add(&mut story.operator, "key", &body, &[]);
        }),
    ]
}

fn things() -> Vec<Lie> {
    vec![
        Lie::refused("lets a shop rewrite a product's yield", Code::RoleMissing, |story| {
            let body = json!({
                "id": product("noodles"), "name": "Vermicelli", "unit": "KGM",
                "madeFrom": [{"product": product("canna"), "yieldMax": 1}],
            });
            story.ledger.add(&mut story.shop, "product", &body, &[]);
        }),
        Lie::refused("gives one GTIN to two products", Code::GtinInUse, |story| {
            let body = json!({"id": product("copy"), "gtin": "08931234567897", "name": "Copy"});
            story.ledger.add(&mut story.coop, "product", &body, &[]);
        }),
        Lie::refused("changes what a product's amounts measure", Code::UnitMismatch, |story| {
            let body = json!({"id": product("canna"), "name": "Canna", "unit": "LTR"});
            story.ledger.add(&mut story.coop, "product", &body, &[]);
        }),
        Lie::refused("lets a stranger take over a field", Code::RoleMissing, |story| {
            let body = json!({
                "id": format!("https://{ORIGIN}/place/field"), "class": "plot", "names": [{"vi": "X"}],
                "owner": story.shop.uri(),
            });
            story.ledger.add(&mut story.shop, "place", &body, &[]);
        }),
    ]
}
