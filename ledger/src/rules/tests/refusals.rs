//! Every code, with the field that it names.

use super::*;

/// A code, the field that the refusal names, and how to earn it in the standard ledger.
type Case = (Code, &'static str, fn(&mut World) -> Refusal);

const FIRST: &str = "body.event.quantityList[0].quantity";
const EVENT_ID: &str = "body.event.eventID";

/// A lot of 10 kg of canna held by the farmer.
fn with_lot(world: &mut World) -> Accepted {
    world.event(FARMER, harvest("1", "canna", 10.0, "KGM"))
}

/// A statement with one of its own fields changed.
fn restated(world: &mut World, key: &str, value: Value) -> Refusal {
    let payload = world.payload(FARMER, "event", &mut harvest("1", "canna", 1.0, "KGM"));
    let mut statement: Value = serde_json::from_slice(&payload).unwrap();
    statement[key] = value;
    world.try_payload(statement.to_string().into_bytes(), Value::Null).unwrap_err()
}

const STATEMENTS: &[Case] = &[
    (Code::MalformedStatement, "body.nope", |w| w.refuse(OPERATOR, "place", with(place("p", COOP), "nope", 1.into()))),
    (Code::MalformedStatement, "body.entry", |w| w.refuse(FARMER, "attest", json!({ "claim": "disputes" }))),
    (Code::MalformedStatement, "nope", |w| restated(w, "nope", 1.into())),
    (Code::MalformedStatement, "seq", |w| restated(w, "seq", json!(0.5))),
    (Code::MalformedStatement, "kind", |w| restated(w, "kind", "deed".into())),
    (Code::MalformedStatement, "signedAt", |w| restated(w, "signedAt", "today".into())),
    (Code::MalformedStatement, "body", |w| restated(w, "body", json!([]))),
    (Code::MalformedStatement, "payload", |w| w.try_payload(b"{}x".to_vec(), Value::Null).unwrap_err()),
    (Code::TooLarge, "payload", |w| {
        let body = with(harvest("1", "canna", 1.0, "KGM"), "note", "x".repeat(61_440).into());
        w.refuse(FARMER, "event", body)
    }),
    (Code::UnknownSigner, "signer", |w| w.refuse(STRANGER, "event", harvest("1", "canna", 1.0, "KGM"))),
    (Code::UnknownSigner, "signer", |_| World::empty().refuse(OPERATOR, "place", place("p", COOP))),
    (Code::RevokedKey, "signer", |w| {
        w.say(REGISTRAR, "key", key_change("farmer", "revoke", FARMER));
        w.refuse(FARMER, "event", harvest("1", "canna", 1.0, "KGM"))
    }),
    (Code::WrongLedger, "ledger", |w| restated(w, "ledger", "other.example".into())),
    (Code::WrongSequence, "seq", |w| {
        let refusal = restated(w, "seq", 1.into());
        assert_eq!(refusal.expected, Some(Position::START));
        refusal
    }),
    (Code::WrongSequence, "prev", |w| {
        let said = with_lot(w);
        let refusal = restated(w, "prev", "0".repeat(64).into());
        assert_eq!(refusal.expected, Some(Position { seq: 1, prev: Hash::of(&said.payload) }));
        refusal
    }),
    (Code::CharterExists, "kind", |w| w.refuse(OPERATOR, "charter", charter())),
    (Code::CharterExists, "kind", |w| w.refuse(STRANGER, "charter", charter())),
];

const REGISTRATIONS: &[Case] = &[
    (Code::KeyInUse, "body.add", |w| w.refuse(OPERATOR, "key", key_change("farmer", "add", MILL))),
    (Code::KeyInUse, "body.keys[1]", |w| {
        w.refuse(OPERATOR, "actor", actor("farmer", "person", &["producer"], Some("coop"), &[50, MILL]))
    }),
    (Code::GtinInUse, "body.gtin", |w| {
        w.refuse(OPERATOR, "product", with(product("other", Some("KGM"), &[]), "gtin", json!(GTIN)))
    }),
    (Code::UnknownActor, "body.owner", |w| w.refuse(OPERATOR, "place", place("p", STRANGER))),
    (Code::UnknownActor, "body.under", |w| {
        w.refuse(OPERATOR, "actor", actor("new", "person", &[], Some("stranger"), &[]))
    }),
    (Code::UnknownActor, "body.actor", |w| w.refuse(OPERATOR, "key", key_change("stranger", "add", STRANGER))),
    (Code::UnknownProduct, "body.madeFrom[1].product", |w| {
        w.refuse(OPERATOR, "product", product("new", Some("KGM"), &[("canna", 1.0), ("nothing", 1.0)]))
    }),
    (Code::UnknownKey, "body.revoke", |w| w.refuse(OPERATOR, "key", key_change("farmer", "revoke", MILL))),
    (Code::UnknownKey, "body.revoke", |w| {
        w.say(OPERATOR, "key", key_change("farmer", "revoke", FARMER));
        w.refuse(OPERATOR, "key", key_change("farmer", "revoke", FARMER))
    }),
    (Code::UnitMismatch, "body.unit", |w| w.refuse(OPERATOR, "product", product("canna", Some("LTR"), &[]))),
    (Code::LastOperatorKey, "body.revoke", |w| w.refuse(OPERATOR, "key", key_change("operator", "revoke", OPERATOR))),
    (Code::LastOperatorKey, "body.roles", |w| {
        w.refuse(OPERATOR, "actor", actor("operator", "organisation", &[], None, &[]))
    }),
    (Code::NotAbove, "body.under", |w| w.refuse(OPERATOR, "actor", actor("new", "person", &[], Some("farmer"), &[]))),
    (Code::NotAbove, "body.under", |w| {
        w.refuse(OPERATOR, "actor", actor("coop", "organisation", &[], Some("coop"), &[]))
    }),
    (Code::RoleMissing, "signer", |w| w.refuse(FARMER, "product", product("new", Some("KGM"), &[]))),
    (Code::UnknownEntry, "body.entry", |w| {
        w.refuse(INSPECTOR, "attest", json!({ "entry": "00".repeat(32), "claim": "stands_by" }))
    }),
];

const EVENTS: &[Case] = &[
    (Code::MalformedEvent, "body.event.bizStep", |w| {
        w.refuse(FARMER, "event", with_event(harvest("1", "canna", 1.0, "KGM"), "bizStep", "shipping".into()))
    }),
    (Code::MalformedEvent, "body.event.type", |w| {
        w.refuse(
            FARMER,
            "event",
            with(without_creates(transform("process", &[("1", 1.0)], &[("2", "starch", 0.1)])), "verb", "ship".into()),
        )
    }),
    (Code::MalformedEvent, "body.event.action", |w| {
        w.refuse(FARMER, "event", with_event(sell("1", 1.0), "action", "ADD".into()))
    }),
    (Code::MalformedEvent, FIRST, |w| w.refuse(FARMER, "event", harvest("1", "canna", 0.0, "KGM"))),
    (Code::MalformedEvent, "body.creates", |w| {
        w.refuse(FARMER, "event", with(sell("1", 1.0), "creates", creates(&[("2", "canna")])))
    }),
    (Code::MalformedEvent, "body.creates", |w| {
        w.refuse(FARMER, "event", with(harvest("1", "canna", 1.0, "KGM"), "creates", creates(&[("2", "canna")])))
    }),
    (Code::MalformedEvent, "body.creates", |w| {
        let lots = creates(&[("1", "canna"), ("2", "canna")]);
        w.refuse(FARMER, "event", with(harvest("1", "canna", 1.0, "KGM"), "creates", lots))
    }),
    (Code::MalformedEvent, "body.serials", |w| {
        w.refuse(
            FARMER,
            "event",
            with(harvest("1", "canna", 1.0, "KGM"), "serials", json!({ "count": 1, "root": "00".repeat(32) })),
        )
    }),
    (Code::MalformedEvent, "body.event.errorDeclaration", |w| {
        let body = with_event(sell("1", 1.0), "errorDeclaration", json!({ "declarationTime": "2026-11-23T08:00:00Z" }));
        w.refuse(FARMER, "event", body)
    }),
    (Code::MalformedEvent, "body.event.disposition", |w| {
        with_lot(w);
        w.refuse(FARMER, "event", with_event(recall(&["1"]), "disposition", "active".into()))
    }),
    (Code::EventExists, EVENT_ID, |w| {
        let id = with_lot(w).body["event"]["eventID"].clone();
        w.refuse(MILL, "event", with_event(harvest("2", "canna", 1.0, "KGM"), "eventID", id))
    }),
    (Code::UnknownPlace, "body.event.readPoint", |w| {
        w.refuse(
            FARMER,
            "event",
            with_event(harvest("1", "canna", 1.0, "KGM"), "readPoint", json!({ "id": place_uri("nowhere") })),
        )
    }),
    (Code::UnknownPlace, "body.event.bizLocation", |w| {
        w.refuse(
            FARMER,
            "event",
            with_event(harvest("1", "canna", 1.0, "KGM"), "bizLocation", json!({ "id": place_uri("nowhere") })),
        )
    }),
    (Code::UnknownActor, "body.for", |w| {
        w.refuse(FARMER, "event", acting_for(harvest("1", "canna", 1.0, "KGM"), STRANGER))
    }),
    (Code::UnknownActor, "body.onBehalfOf", |w| {
        w.refuse(FARMER, "event", with(harvest("1", "canna", 1.0, "KGM"), "onBehalfOf", actor_uri(STRANGER).into()))
    }),
    (Code::UnknownActor, "body.event.destinationList", |w| {
        with_lot(w);
        w.refuse(FARMER, "event", ship("1", 1.0, STRANGER))
    }),
    (Code::NotAbove, "body.for", |w| w.refuse(FARMER, "event", acting_for(harvest("1", "canna", 1.0, "KGM"), MILL))),
    (Code::NotAbove, "body.for", |w| w.refuse(COOP, "event", acting_for(harvest("1", "canna", 1.0, "KGM"), FARMER))),
    (Code::TimeInFuture, "body.event.eventTime", |w| {
        w.refuse(
            FARMER,
            "event",
            with_event(harvest("1", "canna", 1.0, "KGM"), "eventTime", "2026-11-24T09:00:00+07:00".into()),
        )
    }),
    (Code::TimeInFuture, "body.event.errorDeclaration.declarationTime", |w| {
        let mut body = correct(&with_lot(w));
        body["event"]["errorDeclaration"]["declarationTime"] = "2026-12-24T09:00:00Z".into();
        w.refuse(FARMER, "event", body)
    }),
    (Code::TooManyLots, "body.creates", |w| w.refuse(FARMER, "event", harvest_many(49))),
    (Code::TooManyLots, "body.event", |w| {
        with_lot(w);
        let names: Vec<String> = (100..148).map(|number: u32| number.to_string()).collect();
        let outputs: Vec<(&str, &str, f64)> = names.iter().map(|name| (name.as_str(), "canna", 0.1)).collect();
        w.refuse(FARMER, "event", transform("split", &[("1", 10.0)], &outputs))
    }),
];

pub(super) fn harvest_many(count: u32) -> Value {
    let names: Vec<String> = (100..100 + count).map(|number| number.to_string()).collect();
    let lots: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "canna")).collect();
    let amounts = names.iter().map(|name| amount_in(name, 1.0, "KGM")).collect();
    with(object("harvest", "ADD", "commissioning", amounts), "creates", creates(&lots))
}

const LOTS: &[Case] = &[
    (Code::RoleMissing, "signer", |w| w.refuse(SHOP, "event", harvest("1", "canna", 1.0, "KGM"))),
    (Code::RoleMissing, "signer", |w| {
        with_lot(w);
        w.refuse(FARMER, "event", inspect("1"))
    }),
    (Code::RoleMissing, "signer", |w| {
        with_lot(w);
        w.refuse(SHOP, "event", recall(&["1"]))
    }),
    (Code::LotExists, FIRST, |w| {
        with_lot(w);
        w.refuse(COOP, "event", harvest("1", "canna", 1.0, "KGM"))
    }),
    (Code::UnknownLot, FIRST, |w| w.refuse(FARMER, "event", sell("1", 1.0))),
    (Code::UnknownLot, "body.event.quantityList", |w| w.refuse(INSPECTOR, "event", inspect("1"))),
    (Code::UnknownProduct, "body.creates", |w| w.refuse(FARMER, "event", harvest("1", "nothing", 1.0, "KGM"))),
    (Code::ProductMismatch, "body.creates", |w| {
        w.refuse(FARMER, "event", harvest("https://id.gs1.org/01/08931234567897/10/A", "canna", 1.0, "KGM"))
    }),
    (Code::ProductMismatch, "body.creates", |w| {
        with_lot(w);
        w.refuse(FARMER, "event", transform("merge", &[("1", 1.0)], &[("2", "starch", 0.1)]))
    }),
    (Code::UnitMismatch, FIRST, |w| w.refuse(FARMER, "event", harvest("1", "canna", 1.0, "LTR"))),
    (Code::UnitMismatch, FIRST, |w| {
        with_lot(w);
        w.refuse(FARMER, "event", object("sell", "OBSERVE", "retail_selling", [amount_in("1", 1.0, "LTR")].into()))
    }),
    (Code::UnitMismatch, FIRST, |w| {
        with_lot(w);
        w.refuse(FARMER, "event", object("sell", "OBSERVE", "retail_selling", [amount_in("1", 1.0, "")].into()))
    }),
    (Code::NotHolder, FIRST, |w| {
        with_lot(w);
        w.refuse(COOP, "event", sell("1", 1.0))
    }),
    (Code::NotHolder, "body.event.sourceList", |w| {
        with_lot(w);
        w.refuse(
            FARMER,
            "event",
            with_event(ship("1", 1.0, MILL), "sourceList", possessing("source", &actor_uri(COOP))),
        )
    }),
    (Code::NotAddressee, FIRST, |w| {
        with_lot(w);
        w.event(FARMER, ship("1", 1.0, MILL));
        w.refuse(SHOP, "event", receive("1", 1.0))
    }),
    (Code::NotAddressee, "body.event.destinationList", |w| {
        with_lot(w);
        w.event(FARMER, ship("1", 1.0, MILL));
        let body = with_event(receive("1", 1.0), "destinationList", possessing("destination", &actor_uri(SHOP)));
        w.refuse(MILL, "event", body)
    }),
    (Code::InsufficientQuantity, FIRST, |w| {
        with_lot(w);
        w.refuse(FARMER, "event", sell("1", 10.000_000_001))
    }),
    (Code::InsufficientQuantity, FIRST, |w| {
        with_lot(w);
        w.event(FARMER, ship("1", 1.0, MILL));
        w.refuse(MILL, "event", receive("1", 1.001))
    }),
    (Code::YieldExceeded, "body.event.outputQuantityList", |w| {
        with_lot(w);
        w.refuse(FARMER, "event", transform("process", &[("1", 10.0)], &[("2", "starch", 2.000_001)]))
    }),
    (Code::SerialsExceedLot, "body.serials.count", |w| {
        with_lot(w);
        let body = transform("pack", &[("1", 1.0)], &[("2", "egg", 1.0)]);
        w.say(OPERATOR, "product", with(product("bag", Some("KGM"), &[]), "netContent", content(0.5)));
        let body = with(body, "creates", creates(&[("2", "bag")]));
        w.refuse(FARMER, "event", with(body, "serials", json!({ "count": 3, "root": "00".repeat(32) })))
    }),
    (Code::Recalled, FIRST, |w| {
        with_lot(w);
        w.event(FARMER, recall(&["1"]));
        w.refuse(FARMER, "event", sell("1", 1.0))
    }),
    (Code::UnknownEvent, EVENT_ID, |w| {
        let original = with_lot(w);
        w.refuse(FARMER, "event", with_event(correct(&original), "eventID", "urn:x-event:never".into()))
    }),
    (Code::AlreadyCorrected, EVENT_ID, |w| {
        let original = with_lot(w);
        w.event(FARMER, correct(&original));
        w.refuse(FARMER, "event", correct(&original))
    }),
    (Code::NotAuthor, EVENT_ID, |w| {
        let original = with_lot(w);
        w.refuse(MILL, "event", correct(&original))
    }),
    (Code::CorrectionMismatch, "body.event", |w| {
        let original = with_lot(w);
        w.refuse(FARMER, "event", with_event(correct(&original), "bizLocation", json!({ "id": "urn:x:elsewhere" })))
    }),
];

#[test]
fn every_code_is_earned_and_names_its_field() {
    let (mut earned, mut faults) = (BTreeSet::new(), Vec::new());
    for (code, field, earn) in [STATEMENTS, REGISTRATIONS, EVENTS, LOTS].into_iter().flatten() {
        let mut world = World::new();
        let refusal = earn(&mut world);
        if (refusal.code, refusal.field.as_str()) != (*code, *field) {
            faults.push(format!("{code} at {field}: found {refusal}"));
        }
        earned.insert(*code);
    }
    assert!(faults.is_empty(), "{faults:#?}");
    // Envelopes are read and signatures checked before the rules; these two have their tests there.
    earned.extend([Code::MalformedEnvelope, Code::BadSignature]);
    let unearned: Vec<&Code> = Code::ALL.iter().filter(|code| !earned.contains(code)).collect();
    assert!(unearned.is_empty(), "no test refuses with {unearned:?}");
}
