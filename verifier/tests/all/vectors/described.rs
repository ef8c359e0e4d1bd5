//! Products and organisations with all that labels ask for, and with a little too much of it.

use serde_json::{Value, json};

use super::Case;
use crate::fixture::Person;
use crate::story::{CANNA, Story, actor, product};

/// A harvest of a product that is described as `change` leaves it, by a co-operative whose number is known.
fn described(change: impl FnOnce(&mut Value)) -> Value {
    let mut story = Story::begin();
    let prose = json!({"vi": "\u{1ebf}".repeat(1_000), "en": "Two\nlines"});
    let mut body = json!({
        "id": product("canna"), "name": {"vi": "Dong ri\u{1ec1}ng", "en": "Canna"}, "unit": "KGM",
        // One character that UTF-16 writes as two.
        "brand": "\u{1f35c}".repeat(200), "ingredients": prose, "storage": prose, "warnings": "Not for babies",
        "standards": vec!["TCVN 12345:2019"; 8],
    });
    change(&mut body);
    story.ledger.add(&mut story.coop, "product", &body, &[]);
    story.harvest(CANNA, 10);
    story.ledger.bundle(CANNA, 0..story.ledger.len())
}

/// A harvest after the operator registered somebody of a class with the number of a business.
fn numbered(class: &str, number: &Value) -> Value {
    let mut story = Story::begin();
    let mut body = actor(&Person::new(31, "numbered"), class, &["producer"], None);
    body["businessId"] = number.clone();
    story.ledger.add(&mut story.operator, "actor", &body, &[]);
    story.harvest(CANNA, 10);
    story.ledger.bundle(CANNA, 0..story.ledger.len())
}

pub(super) fn cases() -> Vec<Case> {
    let with = |key: &str, value: Value| described(|body| body[key] = value);
    let long = |count: usize| json!("\u{1ebf}".repeat(count));
    let refused = [
        ("described-brand-of-two-languages.json", with("brand", json!({"vi": "a", "en": "b"}))),
        ("described-brand-too-long.json", with("brand", long(201))),
        ("described-ingredients-too-long.json", with("ingredients", long(1_001))),
        ("described-storage-is-a-list.json", with("storage", json!(["dry"]))),
        ("described-warnings-too-long.json", with("warnings", json!({"vi": "a", "en": "x".repeat(1_001)}))),
        ("described-standards-nine.json", with("standards", json!(vec!["TCVN 12345:2019"; 9]))),
        ("described-standard-too-long.json", with("standards", json!([long(201)]))),
        ("described-standard-empty.json", with("standards", json!([""]))),
        ("business-of-a-person.json", numbered("person", &json!("0000000000"))),
        ("business-of-a-device.json", numbered("device", &json!("0000000000"))),
        ("business-number-too-long.json", numbered("organisation", &long(61))),
        ("business-number-of-two-lines.json", numbered("organisation", &json!("000\n000"))),
        ("business-number-is-a-number.json", numbered("organisation", &json!(0))),
    ];
    let refused =
        refused.into_iter().map(|(file, bundle)| Case::new(file, bundle, &["rules"]).not_checked(&["recall"]));
    let good = [
        Case::new("good-described.json", described(|_| {}), &[]),
        Case::new("good-business-number.json", numbered("organisation", &long(60)), &[]),
    ];
    good.into_iter().chain(refused).collect()
}
