//! Every refusal code, met over HTTP, with its status and the field it names.

use std::collections::BTreeSet;

use nguon_ledger::envelope::Envelope;
use nguon_ledger::hash::Hash;
use nguon_ledger::refusal::Code;
use nguon_tests::ORIGIN;
use nguon_tests::person::{Person, actor, actor_body, harvest, lot, movement, product};
use nguon_tests::process::{Ledger, Node};
use serde_json::{Value, json};

/// A small cooperative, and what it was refused so far.
struct Village {
    _ledger: Ledger,
    node: Node,
    operator: Person,
    registrar: Person,
    grower: Person,
    mill: Person,
    inspector: Person,
    met: BTreeSet<String>,
}

const CANNA: &str = "cu-dong";
const STARCH: &str = "tinh-bot";
const PACKED: &str = "goi-mien";

impl Village {
    fn settle() -> Self {
        let ledger = Ledger::init().unwrap();
        let node = ledger.serve().unwrap();
        let operator = ledger.operator(&node).unwrap();
        let mut village = Self {
            _ledger: ledger,
            node,
            operator,
            registrar: Person::new(1, "ban-quan-ly"),
            grower: Person::new(2, "ho-02"),
            mill: Person::new(3, "xuong"),
            inspector: Person::new(4, "kiem-tra"),
            met: BTreeSet::new(),
        };
        let organisation = json!({"id": actor("htx"), "class": "organisation", "roles": ["processor"], "keys": []});
        let records = [
            ("actor", organisation),
            ("actor", actor_body(&village.registrar, "person", &["registrar"], Some("htx"))),
            ("actor", actor_body(&village.grower, "person", &["producer"], Some("htx"))),
            ("actor", actor_body(&village.mill, "organisation", &["processor", "seller"], None)),
            ("actor", actor_body(&village.inspector, "person", &["inspector"], None)),
            ("product", json!({"id": product(CANNA), "name": "canna", "unit": "KGM"})),
            (
                "product",
                json!({"id": product(STARCH), "name": "starch", "unit": "KGM", "gtin": "08938505970011",
                "madeFrom": [{"product": product(CANNA), "yieldMax": 0.16}]}),
            ),
            (
                "product",
                json!({"id": product(PACKED), "name": "packed", "unit": "KGM",
                "netContent": {"quantity": 0.5, "uom": "KGM"}, "madeFrom": [{"product": product(CANNA), "yieldMax": 1}]}),
            ),
        ];
        for (kind, body) in records {
            let envelope = village.operator.say(kind, &body);
            village.node.accept(&envelope).unwrap();
        }
        for number in 1..=3 {
            let envelope = village.grower.say("event", &harvest(&lot(number), &product(CANNA), 1_000));
            village.node.accept(&envelope).unwrap();
        }
        village
    }

    /// An envelope that must be refused with this code, for a field whose path begins like this.
    fn refused(&mut self, code: Code, field: &str, envelope: &str) {
        let (status, problem) = self.node.submit(envelope).unwrap();
        assert_eq!((status, problem["code"].as_str()), (code.status(), Some(code.as_str())), "{problem}");
        assert_eq!(problem["status"], code.status());
        assert!(problem["field"].as_str().unwrap_or_default().starts_with(field), "{field}: {problem}");
        self.met.insert(code.as_str().to_owned());
    }

    fn refuses(&mut self, code: Code, field: &str, who: &Person, kind: &str, body: &Value) {
        self.refused(code, field, &who.draft(kind, body));
    }

    fn accepts(&mut self, who: fn(&mut Self) -> &mut Person, kind: &str, body: &Value) -> Value {
        let envelope = who(self).say(kind, body);
        self.node.accept(&envelope).unwrap()
    }
}

fn grower(village: &mut Village) -> &mut Person {
    &mut village.grower
}

fn operator(village: &mut Village) -> &mut Person {
    &mut village.operator
}

fn inspector(village: &mut Village) -> &mut Person {
    &mut village.inspector
}

fn to(slug: &str) -> Value {
    json!([{"type": "possessing_party", "destination": actor(slug)}])
}

fn ship(lot: &str, kilograms: u64, to_slug: &str) -> Value {
    movement("ship", "shipping", lot, kilograms, |body| body["event"]["destinationList"] = to(to_slug))
}

fn transformation(verb: &str, step: &str, inputs: &[(&str, u64)], outputs: &[(&str, &str, u64)]) -> Value {
    let list = |items: Vec<(&str, u64)>| -> Value {
        items.into_iter().map(|(lot, amount)| json!({"epcClass": lot, "quantity": amount, "uom": "KGM"})).collect()
    };
    let creates: serde_json::Map<_, _> =
        outputs.iter().map(|(lot, of, _)| ((*lot).to_owned(), json!({"product": product(of)}))).collect();
    json!({"verb": verb, "creates": creates, "event": {
        "type": "TransformationEvent", "eventTime": "2026-11-20T10:30:00.000+07:00", "eventTimeZoneOffset": "+07:00",
        "bizStep": step, "inputQuantityList": list(inputs.to_vec()),
        "outputQuantityList": list(outputs.iter().map(|(lot, _, amount)| (*lot, *amount)).collect()),
    }})
}

fn malformed_and_unsigned(village: &mut Village) {
    let grower = village.grower.clone();
    let body = harvest(&lot(10), &product(CANNA), 1);
    village.refused(
        Code::MalformedEnvelope,
        "signatures",
        r#"{"payloadType":"application/vnd.nguon.statement+json","payload":"e30=","signatures":[]}"#,
    );
    village.refused(Code::MalformedStatement, "v", &Envelope::sign(b"{}".to_vec(), grower.key()).to_json());
    let twice = String::from_utf8(grower.payload("event", &body)).unwrap().replacen('{', r#"{"v":1,"#, 1);
    village.refused(Code::MalformedStatement, "payload", &Envelope::sign(twice.into_bytes(), grower.key()).to_json());
    let mut changed = body.clone();
    changed["event"]["bizStep"] = json!("shipping");
    village.refuses(Code::MalformedEvent, "body.event.bizStep", &grower, "event", &changed);
    changed["event"]["bizStep"] = json!("no_such_step");
    village.refuses(Code::MalformedEvent, "body.event.bizStep", &grower, "event", &changed);
    changed = body.clone();
    changed["note"] = json!("x".repeat(61_440));
    let payload = grower.payload("event", &changed);
    village.refused(Code::TooLarge, "", &Envelope::sign(payload, grower.key()).to_json());

    let good = Envelope::parse(grower.draft("event", &body).as_bytes()).unwrap();
    let other = Envelope::sign(b"other".to_vec(), grower.key()).signature();
    let unsigned = Envelope::new(good.payload().to_vec(), good.key(), other).to_json();
    village.refused(Code::BadSignature, "", &unsigned);
    let stranger = Person::new(99, "la");
    village.refuses(Code::UnknownSigner, "signer", &stranger, "event", &body);
    let elsewhere = String::from_utf8(grower.payload("event", &body)).unwrap();
    let elsewhere = elsewhere.replace(&format!(r#""ledger":"{ORIGIN}""#), r#""ledger":"elsewhere.test""#);
    village.refused(Code::WrongLedger, "ledger", &Envelope::sign(elsewhere.into_bytes(), grower.key()).to_json());

    let late = grower.clone().at(17, Hash::ZERO);
    let envelope = late.draft("event", &body);
    let (_, problem) = village.node.submit(&envelope).unwrap();
    assert_eq!(problem["expectedSeq"], 3);
    assert!(problem["expectedPrev"].as_str().unwrap().len() == 64, "{problem}");
    village.refused(Code::WrongSequence, "seq", &envelope);
}

fn registry(village: &mut Village) {
    let (operator_now, grower, registrar) =
        (village.operator.clone(), village.grower.clone(), village.registrar.clone());
    let charter = json!({"name": "x", "origin": ORIGIN, "vkey": "x", "rulesVersion": 1, "operator": {}});
    village.refuses(Code::CharterExists, "kind", &operator_now, "charter", &charter);
    let body = actor_body(&Person::new(50, "ho-50"), "person", &["producer"], Some("htx"));
    village.refuses(Code::RoleMissing, "signer", &grower, "actor", &body);
    let body = actor_body(&Person::new(50, "ho-50"), "person", &["inspector"], Some("htx"));
    village.refuses(Code::RoleMissing, "body.roles", &registrar, "actor", &body);
    let mut body = actor_body(&Person::new(50, "ho-50"), "person", &["producer"], Some("htx"));
    body["keys"] = json!([grower.key_hex()]);
    village.refuses(Code::KeyInUse, "body.keys", &registrar, "actor", &body);
    body["under"] = json!(actor("nowhere"));
    village.refuses(Code::UnknownActor, "body.under", &registrar, "actor", &body);
    let key = json!({"actor": grower.uri(), "revoke": Person::new(98, "la").key_hex()});
    village.refuses(Code::UnknownKey, "body.revoke", &registrar, "key", &key);
    let key = json!({"actor": operator_now.uri(), "revoke": operator_now.key_hex()});
    village.refuses(Code::LastOperatorKey, "body.revoke", &operator_now, "key", &key);
    let body = json!({"id": product("khac"), "name": "other", "unit": "KGM", "gtin": "08938505970011"});
    village.refuses(Code::GtinInUse, "body.gtin", &operator_now, "product", &body);
    let body =
        json!({"id": product("khac"), "name": "other", "madeFrom": [{"product": product("none"), "yieldMax": 1}]});
    village.refuses(Code::UnknownProduct, "body.madeFrom", &operator_now, "product", &body);

    // A key that was revoked speaks no more.
    let lost = Person::new(60, "ho-60");
    village.accepts(operator, "actor", &actor_body(&lost, "person", &["producer"], Some("htx")));
    village.accepts(operator, "key", &json!({"actor": lost.uri(), "revoke": lost.key_hex(), "reason": "lost"}));
    village.refuses(Code::RevokedKey, "signer", &lost, "event", &harvest(&lot(60), &product(CANNA), 1));
}

fn lots_and_amounts(village: &mut Village) {
    let (grower, mill) = (village.grower.clone(), village.mill.clone());
    village.refuses(Code::LotExists, "body.event.quantityList[0]", &grower, "event", &{
        let mut body = harvest(&lot(1), &product(CANNA), 1);
        body["event"]["eventID"] = json!("urn:test:again");
        body
    });
    village.refuses(Code::EventExists, "body.event.eventID", &grower, "event", &{
        let mut body = harvest(&lot(11), &product(CANNA), 1);
        body["event"]["eventID"] = json!(format!("urn:test:harvest:{}", lot(1)));
        body
    });
    village.refuses(Code::UnknownLot, "body.event.quantityList[0]", &grower, "event", &ship(&lot(77), 1, "xuong"));
    village.refuses(Code::UnknownActor, "body.event.destinationList", &grower, "event", &ship(&lot(1), 1, "nobody"));
    village.refuses(Code::UnknownPlace, "body.event.readPoint", &grower, "event", &{
        let mut body = ship(&lot(1), 1, "xuong");
        body["event"]["readPoint"] = json!({"id": format!("https://{ORIGIN}/place/none")});
        body
    });
    village.refuses(Code::NotHolder, "body.event.quantityList[0]", &mill, "event", &ship(&lot(1), 1, "htx"));
    let receive = movement("receive", "receiving", &lot(1), 1, |_| {});
    village.refuses(Code::NotAddressee, "body.event.quantityList[0]", &mill, "event", &receive);
    village.refuses(
        Code::InsufficientQuantity,
        "body.event.quantityList[0]",
        &grower,
        "event",
        &ship(&lot(1), 1_001, "xuong"),
    );
    village.refuses(Code::UnitMismatch, "body.event.quantityList[0]", &grower, "event", &{
        let mut body = ship(&lot(1), 1, "xuong");
        body["event"]["quantityList"][0]["uom"] = json!("LTR");
        body
    });
    village.refuses(Code::ProductMismatch, "body.creates", &grower, "event", &{
        harvest("https://id.gs1.org/01/08938505970028/10/A1", &product(STARCH), 1)
    });
    village.refuses(Code::UnknownProduct, "body.creates", &grower, "event", &harvest(&lot(12), &product("none"), 1));
    village.refuses(Code::NotAbove, "body.for", &grower, "event", &{
        let mut body = harvest(&lot(13), &product(CANNA), 1);
        body["for"] = json!(mill.uri());
        body
    });
    village.refuses(Code::TimeInFuture, "body.event.eventTime", &grower, "event", &{
        let mut body = harvest(&lot(14), &product(CANNA), 1);
        body["event"]["eventTime"] = json!("2096-11-20T07:30:00.000+07:00");
        body
    });
    let many: Vec<_> = (1_000..1_049).map(lot).collect();
    village.refuses(Code::TooManyLots, "body", &grower, "event", &{
        let mut body = harvest(&many[0], &product(CANNA), 1);
        body["event"]["quantityList"] =
            many.iter().map(|lot| json!({"epcClass": lot, "quantity": 1, "uom": "KGM"})).collect();
        body["creates"] = many
            .iter()
            .map(|lot| (lot.clone(), json!({"product": product(CANNA)})))
            .collect::<serde_json::Map<_, _>>()
            .into();
        body
    });
}

fn transformations(village: &mut Village) {
    let grower = village.grower.clone();
    let process = transformation("process", "commissioning", &[(&lot(1), 1_000)], &[(&lot(20), STARCH, 161)]);
    village.refuses(Code::YieldExceeded, "body.event.outputQuantityList", &grower, "event", &process);
    let mut pack = transformation("pack", "packing", &[(&lot(1), 100)], &[(&lot(21), PACKED, 100)]);
    pack["serials"] = json!({"count": 201, "root": "00".repeat(32)});
    village.refuses(Code::SerialsExceedLot, "body.serials.count", &grower, "event", &pack);
    pack["serials"] = json!({"count": 200, "root": "00".repeat(32)});
    village.accepts(self::grower, "event", &pack);
}

fn after_the_fact(village: &mut Village) {
    let mill = village.mill.clone();
    let unknown = json!({"entry": "00".repeat(32), "claim": "stands_by"});
    village.refuses(Code::UnknownEntry, "body.entry", &mill, "attest", &unknown);
    let original = harvest(&lot(3), &product(CANNA), 1_000);
    let correction = |change: &dyn Fn(&mut Value)| {
        let mut event = original["event"].clone();
        event["errorDeclaration"] =
            json!({"declarationTime": "2026-11-21T08:00:00.000+07:00", "reason": "incorrect_data"});
        change(&mut event);
        json!({"verb": "correct", "event": event})
    };
    let grower = village.grower.clone();
    let none = correction(&|event| event["eventID"] = json!("urn:test:none"));
    village.refuses(Code::UnknownEvent, "body.event.eventID", &grower, "event", &none);
    village.refuses(Code::NotAuthor, "body.event.eventID", &mill, "event", &correction(&|_| {}));
    let other = correction(&|event| event["quantityList"][0]["quantity"] = json!(999));
    village.refuses(Code::CorrectionMismatch, "body.event", &grower, "event", &other);
    village.accepts(self::grower, "event", &correction(&|_| {}));
    let grower = village.grower.clone();
    village.refuses(Code::AlreadyCorrected, "body.event.eventID", &grower, "event", &correction(&|_| {}));

    let recall = movement("recall", "holding", &lot(2), 1, |body| {
        body["event"]["disposition"] = json!("recalled");
        body["event"]["quantityList"] = json!([{"epcClass": lot(2)}]);
    });
    village.accepts(inspector, "event", &recall);
    let sell = movement("sell", "retail_selling", &lot(2), 1, |_| {});
    village.refuses(Code::Recalled, "body.event.quantityList[0]", &grower, "event", &sell);
}

#[test]
fn every_refusal_is_met_over_http() {
    let mut village = Village::settle();
    malformed_and_unsigned(&mut village);
    registry(&mut village);
    lots_and_amounts(&mut village);
    transformations(&mut village);
    after_the_fact(&mut village);
    let missing: Vec<_> =
        Code::ALL.iter().map(|code| code.as_str()).filter(|code| !village.met.contains(*code)).collect();
    assert!(missing.is_empty(), "no test meets {missing:?}");
}
