//! The story of the tests: a co-op harvests canna, makes vermicelli of it, packs it, and a shop sells it.

use serde_json::{Value, json};

use crate::fixture::{Ledger, ORIGIN, Person, vkey};

pub(crate) const CANNA: &str = "https://trace.test/lot/CANNA0000001";
pub(crate) const OTHER: &str = "https://trace.test/lot/0THER0000001";
pub(crate) const NOODLES: &str = "https://trace.test/lot/N00D1ES00001";
pub(crate) const PACKS: &str = "https://trace.test/lot/PACKS0000001";
pub(crate) const GS1: &str = "https://id.gs1.org/01/08931234567897/10/A-1";

/// The people and the ledger so far.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    pub(crate) ledger: Ledger,
    pub(crate) operator: Person,
    pub(crate) coop: Person,
    pub(crate) farmer: Person,
    pub(crate) shop: Person,
    pub(crate) inspector: Person,
}

pub(crate) fn product(slug: &str) -> String {
    format!("https://{ORIGIN}/product/{slug}")
}

pub(crate) fn actor(person: &Person, class: &str, roles: &[&str], under: Option<&Person>) -> Value {
    let mut body = json!({"id": person.uri(), "class": class, "roles": roles, "keys": [person.hex()]});
    if let Some(under) = under {
        body["under"] = json!(under.uri());
    }
    body
}

/// An object event of kilograms of one lot.
pub(crate) fn object(action: &str, step: &str, lot: &str, kilograms: &Value) -> Value {
    json!({
        "type": "ObjectEvent", "eventTime": "2026-11-20T07:30:00.000+07:00", "eventTimeZoneOffset": "+07:00",
        "action": action, "bizStep": step,
        "quantityList": [{"epcClass": lot, "quantity": kilograms, "uom": "KGM"}],
    })
}

pub(crate) fn harvest(lot: &str, kilograms: u32, acting_for: &Person) -> Value {
    let mut event = object("ADD", "commissioning", lot, &json!(kilograms));
    event["eventID"] = json!(format!("urn:test:harvest:{lot}"));
    json!({"verb": "harvest", "event": event, "for": acting_for.uri(), "creates": {lot: {"product": product("canna")}}})
}

/// A transformation of (lot, amount, unit) to (lot, amount, unit, product).
pub(crate) fn transform(verb: &str, inputs: &[(&str, f64, &str)], outputs: &[(&str, f64, &str, &str)]) -> Value {
    let quantity = |lot: &str, amount: f64, unit: &str| {
        let mut element = json!({"epcClass": lot, "quantity": amount});
        if !unit.is_empty() {
            element["uom"] = json!(unit);
        }
        element
    };
    let event = json!({
        "type": "TransformationEvent", "eventTime": "2026-11-20T07:40:00.000+07:00", "eventTimeZoneOffset": "+07:00",
        "bizStep": if verb == "pack" { "packing" } else { "commissioning" },
        "inputQuantityList": inputs.iter().map(|(lot, amount, unit)| quantity(lot, *amount, unit)).collect::<Vec<_>>(),
        "outputQuantityList":
            outputs.iter().map(|(lot, amount, unit, _)| quantity(lot, *amount, unit)).collect::<Vec<_>>(),
    });
    let creates: serde_json::Map<_, _> =
        outputs.iter().map(|(lot, _, _, slug)| ((*lot).to_owned(), json!({"product": product(slug)}))).collect();
    json!({"verb": verb, "event": event, "creates": creates})
}

/// An event on a number of packs.
pub(crate) fn packs(verb: &str, step: &str, lot: &str, count: u32) -> Value {
    let mut event = object("OBSERVE", step, lot, &json!(count));
    event["quantityList"] = json!([{"epcClass": lot, "quantity": count}]);
    json!({"verb": verb, "event": event})
}

pub(crate) fn ship(lot: &str, count: u32, to: &Person) -> Value {
    let mut body = packs("ship", "shipping", lot, count);
    body["event"]["destinationList"] = json!([{"type": "possessing_party", "destination": to.uri()}]);
    body
}

pub(crate) fn recall(lot: &str) -> Value {
    let mut event = object("OBSERVE", "inspecting", lot, &json!(1));
    event["quantityList"] = json!([{"epcClass": lot}]);
    event["eventID"] = json!(format!("urn:test:recall:{lot}"));
    event["disposition"] = json!("recalled");
    json!({"verb": "recall", "event": event})
}

/// The same event again, as a correction.
pub(crate) fn correct(body: &Value) -> Value {
    let mut body = body.clone();
    body["verb"] = json!("correct");
    body["event"]["errorDeclaration"] =
        json!({"declarationTime": "2026-11-20T08:10:00.000+07:00", "reason": "incorrect_data"});
    body
}

impl Story {
    /// Entries 0 to 8: who and what there is.
    pub(crate) fn begin() -> Self {
        let mut operator = Person::new(0, "operator");
        let mut coop = Person::new(1, "coop");
        let farmer = Person::new(2, "farmer");
        let shop = Person::new(3, "shop");
        let inspector = Person::new(4, "inspector");
        let mut ledger = Ledger::default();
        let charter = json!({
            "name": {"vi": "S\u{1ed5} th\u{1eed}", "en": "Test ledger"}, "origin": ORIGIN, "vkey": vkey().to_string(),
            "rulesVersion": 1, "operator": actor(&operator, "organisation", &["operator"], None),
        });
        ledger.add(&mut operator, "charter", &charter, &[]);
        let roles = ["registrar", "producer", "processor"];
        ledger.add(&mut operator, "actor", &actor(&coop, "organisation", &roles, None), &[]);
        ledger.add(&mut operator, "actor", &actor(&shop, "organisation", &["seller"], None), &[]);
        ledger.add(&mut operator, "actor", &actor(&inspector, "person", &["inspector"], None), &[]);
        let farmer_body = actor(&farmer, "person", &["producer"], Some(&coop));
        ledger.add(&mut coop, "actor", &farmer_body, &[]);
        let canna = json!({"id": product("canna"), "name": {"vi": "Dong ri\u{1ec1}ng", "en": "Canna"}, "unit": "KGM"});
        ledger.add(&mut coop, "product", &canna, &[]);
        let noodles = json!({
            "id": product("noodles"), "name": {"vi": "Mi\u{1ebf}n", "en": "Vermicelli"}, "unit": "KGM",
            "madeFrom": [{"product": product("canna"), "yieldMax": 0.16}],
        });
        ledger.add(&mut coop, "product", &noodles, &[]);
        let packs = json!({
            "id": product("packs"), "gtin": "08931234567897", "name": {"vi": "Mi\u{1ebf}n g\u{f3}i", "en": "Packed vermicelli"},
            "netContent": {"quantity": 0.5, "uom": "KGM"},
            "madeFrom": [{"product": product("noodles"), "yieldMax": 1}],
        });
        ledger.add(&mut coop, "product", &packs, &[]);
        let place = json!({
            "id": format!("https://{ORIGIN}/place/field"), "class": "plot",
            "names": [{"vi": "B\u{1eaf}c K\u{1ea1}n", "to": "2025-06-30"}, {"vi": "Th\u{e1}i Nguy\u{ea}n", "from": "2025-07-01"}],
            "owner": coop.uri(), "position": {"lat": 22.14, "lon": 106.05},
        });
        ledger.add(&mut coop, "place", &place, &[]);
        Self { ledger, operator, coop, farmer, shop, inspector }
    }

    /// Entries 9 to 13: two harvests, of which one becomes vermicelli and packs.
    pub(crate) fn packed() -> Self {
        let mut story = Self::begin();
        story.harvest(CANNA, 1_000);
        story.harvest(OTHER, 500);
        let process = transform("process", &[(CANNA, 1_000.0, "KGM")], &[(NOODLES, 150.0, "KGM", "noodles")]);
        story.coop_event(&process, &[CANNA, NOODLES]);
        story.inspect(NOODLES);
        let mut pack = transform("pack", &[(NOODLES, 150.0, "KGM")], &[(PACKS, 300.0, "", "packs")]);
        pack["serials"] = json!({"count": 300, "root": "7d".repeat(32)});
        story.coop_event(&pack, &[NOODLES, PACKS]);
        story
    }

    /// Entries 14 to 17: packs go to the shop, which sells some; the operator stands by the inspection.
    pub(crate) fn sold() -> Self {
        let mut story = Self::packed();
        let body = ship(PACKS, 200, &story.shop);
        story.coop_event(&body, &[PACKS]);
        story.shop_event(&packs("receive", "receiving", PACKS, 200), &[PACKS]);
        story.shop_event(&packs("sell", "retail_selling", PACKS, 10), &[PACKS]);
        let inspected = story.ledger.leaf_hash(12).to_string();
        let attest = json!({"entry": inspected, "claim": "stands_by", "note": "seen by the operator"});
        story.ledger.add(&mut story.operator, "attest", &attest, &[NOODLES]);
        story
    }

    pub(crate) fn harvest(&mut self, lot: &str, kilograms: u32) -> u64 {
        let mut body = harvest(lot, kilograms, &self.coop);
        body["event"]["bizLocation"] = json!({"id": format!("https://{ORIGIN}/place/field")});
        self.ledger.add(&mut self.farmer, "event", &body, &[lot])
    }

    pub(crate) fn inspect(&mut self, lot: &str) -> u64 {
        let mut event = object("OBSERVE", "inspecting", lot, &json!(1));
        event["quantityList"] = json!([{"epcClass": lot}]);
        let certificate = json!({"scheme": "VietGAP", "issuer": "Certifier", "validFrom": "2026-01-01"});
        let body = json!({"verb": "inspect", "event": event, "certificate": certificate});
        self.ledger.add(&mut self.inspector, "event", &body, &[lot])
    }

    pub(crate) fn coop_event(&mut self, body: &Value, lots: &[&str]) -> u64 {
        self.ledger.add(&mut self.coop, "event", body, lots)
    }

    pub(crate) fn shop_event(&mut self, body: &Value, lots: &[&str]) -> u64 {
        self.ledger.add(&mut self.shop, "event", body, lots)
    }

    pub(crate) fn operator_event(&mut self, body: &Value, lots: &[&str]) -> u64 {
        self.ledger.add(&mut self.operator, "event", body, lots)
    }

    /// Everything but the harvest of the other lot.
    pub(crate) fn of_packs(&self) -> Vec<u64> {
        (0..self.ledger.len()).filter(|index| *index != 10).collect()
    }
}
