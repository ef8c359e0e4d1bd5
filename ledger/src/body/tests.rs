//! Bodies are read strictly: nothing unknown, nothing missing, nothing out of bounds, and no panic.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::identifier::Origin;
use crate::json::Json;
use crate::refusal::{Code, Refusal};

const ACTOR: &str = "https://trace.example/actor/coop";
const KEY: &str = "8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394";
const OTHER_KEY: &str = "ed4928c628d1c2c6eae90338905995612959273a5c63f93636c14614ac8737d1";

fn origin() -> Origin {
    Origin::parse("trace.example").unwrap()
}

/// Reads a body of a kind; `Ok` says only that it can be read.
fn read(kind: &str, body: &Value) -> Result<(), Refusal> {
    let text = body.to_string();
    let json = Json::parse(text.as_bytes()).unwrap();
    let body = json.as_object().unwrap();
    let origin = origin();
    match kind {
        "charter" => Charter::parse(&origin, body).map(|_| ()),
        "actor" => ActorBody::parse(&origin, body).map(|_| ()),
        "key" => KeyBody::parse(&origin, body).map(|_| ()),
        "product" => ProductBody::parse(&origin, body).map(|_| ()),
        "place" => PlaceBody::parse(&origin, body).map(|_| ()),
        "event" => EventBody::parse(&origin, body).map(|_| ()),
        _ => Attest::parse(body).map(|_| ()),
    }
}

/// A body of each kind with everything that it may hold.
fn full(kind: &str) -> Value {
    let blob = json!({ "sha256": "ab".repeat(32), "mediaType": "image/jpeg", "bytes": 1_000 });
    let actor = json!({
        "id": ACTOR, "class": "organisation", "roles": ["operator", "producer"], "under": "https://trace.example/actor/union",
        "name": { "vi": "H\u{1ee3}p t\u{e1}c x\u{e3}", "en": "Co-op" }, "profile": blob, "keys": [KEY, OTHER_KEY],
        "businessId": "0000000000-001",
    });
    match kind {
        "charter" => json!({
            "name": { "vi": "S\u{1ed5}", "en": "Ledger" }, "origin": "trace.example", "vkey": vkey(), "rulesVersion": 1,
            "operator": actor,
        }),
        "actor" => actor,
        "key" => json!({ "actor": ACTOR, "revoke": KEY, "reason": "lost" }),
        "product" => json!({
            "id": "https://trace.example/product/noodle", "gtin": "08931234567897", "name": "Noodles", "unit": "KGM",
            "netContent": { "quantity": 0.5, "uom": "KGM" },
            "madeFrom": [{ "product": "https://trace.example/product/starch", "yieldMax": 0.9 }],
            "shelfLifeDays": 365, "picture": blob, "shopLinks": ["https://shop.example/noodles"],
            "description": { "vi": "Mi\u{1ebf}n" }, "brand": "Na R\u{ec}", "ingredients": { "vi": "Tinh b\u{1ed9}t", "en": "Starch" },
            "storage": "Dry", "warnings": { "vi": "N\u{f3}ng", "en": "Hot" }, "standards": ["TCVN 12345:2019", "TCCS 01:2026"],
        }),
        "place" => json!({
            "id": "https://trace.example/place/hall", "class": "facility", "name": "Hall",
            "names": [{ "vi": "B\u{1eaf}c K\u{1ea1}n", "en": "Bac Kan", "from": "1997-01-01", "to": "2025-06-30" }, { "vi": "Th\u{e1}i Nguy\u{ea}n" }],
            "owner": ACTOR, "position": { "lat": 22.14, "lon": -106.05 }, "polygon": blob,
        }),
        "event" => json!({
            "verb": "inspect", "for": ACTOR, "onBehalfOf": "https://trace.example/actor/member",
            "creates": { "https://trace.example/lot/7K3M9QXV2T01": { "product": "https://trace.example/product/noodle" } },
            "media": [blob, blob], "note": "A\nremark", "serials": { "count": 2_400, "root": "cd".repeat(32) },
            "certificate": { "scheme": "VietGAP", "number": "VG-1", "issuer": "Province", "validFrom": "2026-01-01",
                "validTo": "2026-12-31", "file": blob },
            "event": { "type": "ObjectEvent", "eventTime": "2026-11-23T08:15:00.000+07:00", "eventTimeZoneOffset": "+07:00",
                "action": "OBSERVE", "bizStep": "inspecting",
                "quantityList": [{ "epcClass": "https://trace.example/lot/7K3M9QXV2T01", "quantity": 1.5, "uom": "KGM" }] },
        }),
        _ => json!({ "entry": "ef".repeat(32), "claim": "stands_by", "note": "Seen." }),
    }
}

fn vkey() -> String {
    use crate::note::{KeyName, SignatureType, VerifierKey};
    let name = KeyName::new("trace.example").unwrap();
    let key = crate::key::PublicKey::from_hex(KEY).unwrap();
    VerifierKey::new(name, SignatureType::Ed25519, key).unwrap().to_string()
}

const KINDS: [&str; 7] = ["charter", "actor", "key", "product", "place", "event", "attest"];

/// Keys of all kinds that may be left out.
const OPTIONAL: [&str; 37] = [
    "under",
    "profile",
    "reason",
    "gtin",
    "unit",
    "netContent",
    "madeFrom",
    "shelfLifeDays",
    "picture",
    "shopLinks",
    "description",
    "brand",
    "ingredients",
    "storage",
    "warnings",
    "standards",
    "businessId",
    "position",
    "polygon",
    "for",
    "onBehalfOf",
    "creates",
    "media",
    "note",
    "serials",
    "certificate",
    "en",
    "number",
    "validFrom",
    "validTo",
    "file",
    "from",
    "to",
    "bizStep",
    "name",
    "uom",
    "quantity",
];

/// Every place in a value where an object stands.
fn objects(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            found.push(path.to_string());
            for (key, member) in members {
                objects(member, &format!("{path}/{}", key.replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                objects(item, &format!("{path}/{at}"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn everything_that_may_stand_is_read() {
    for kind in KINDS {
        assert_eq!(read(kind, &full(kind)), Ok(()), "{kind}");
    }
}

#[test]
fn nothing_unknown_is_read() {
    for kind in KINDS {
        let mut paths = Vec::new();
        objects(&full(kind), "", &mut paths);
        for path in paths {
            let mut body = full(kind);
            body.pointer_mut(&path).unwrap()["nope"] = json!(1);
            let refusal = read(kind, &body).expect_err(&path);
            let code = if kind == "event" { Code::MalformedEvent } else { Code::MalformedStatement };
            assert_eq!(refusal.code, code, "{kind} {path}");
            assert!(refusal.field.starts_with("body"), "{kind} {path}: {}", refusal.field);
            assert!(refusal.field.ends_with("nope") || path.contains("creates"), "{kind} {path}: {}", refusal.field);
        }
    }
}

#[test]
fn nothing_is_missing_and_nothing_is_null() {
    for kind in KINDS {
        let mut paths = Vec::new();
        objects(&full(kind), "", &mut paths);
        for path in paths {
            let members = full(kind).pointer(&path).unwrap().as_object().unwrap().clone();
            for key in members.keys() {
                let mut body = full(kind);
                body.pointer_mut(&path).unwrap()[key] = Value::Null;
                assert!(read(kind, &body).is_err(), "{kind} {path}/{key} is null");
                body.pointer_mut(&path).unwrap().as_object_mut().unwrap().remove(key);
                // A charter and a product have a name, an actor and a place need none.
                let needs_name = key == "name" && matches!(kind, "charter" | "product") && path.is_empty();
                let is_optional = (OPTIONAL.contains(&key.as_str()) && !needs_name && !path.contains("netContent"))
                    || path == "/creates";
                assert_eq!(read(kind, &body).is_ok(), is_optional, "{kind} {path}/{key} is missing");
            }
        }
    }
}

/// The field at fault when one value of a full body is another.
#[track_caller]
fn fault(kind: &str, pointer: &str, value: Value) -> String {
    let shown = value.to_string();
    read(kind, &changed(kind, pointer, value)).expect_err(&shown).field
}

fn changed(kind: &str, pointer: &str, value: Value) -> Value {
    let mut body = full(kind);
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap();
    if let Value::Array(items) = parent {
        items[key.parse::<usize>().unwrap()] = value;
    } else {
        parent[key] = value;
    }
    body
}

#[track_caller]
fn is_fine(kind: &str, pointer: &str, value: Value) {
    let shown = value.to_string();
    assert_eq!(read(kind, &changed(kind, pointer, value)), Ok(()), "{shown}");
}

#[test]
fn texts_are_one_or_two_languages() {
    is_fine("product", "/name", json!("both"));
    is_fine("product", "/name", json!({ "vi": "one" }));
    is_fine("product", "/name", json!("\u{1ebf}".repeat(200)));
    is_fine("product", "/description", json!("x".repeat(1_000)));
    assert_eq!(fault("product", "/name", json!({ "en": "one" })), "body.name.vi");
    assert_eq!(fault("product", "/name", json!({ "vi": "one", "en": "" })), "body.name.en");
    assert_eq!(fault("product", "/name", json!({ "vi": "one", "fr": "un" })), "body.name.fr");
    for bad in [json!(""), json!("x".repeat(201)), json!("a\u{7}b"), json!("a\tb"), json!(1), json!(["x"]), json!(true)]
    {
        assert_eq!(fault("product", "/name", bad.clone()), "body.name");
        assert_eq!(fault("actor", "/name", bad.clone()), "body.name");
        assert_eq!(fault("place", "/names/1/vi", bad), "body.names[1].vi");
    }
    let text = full("product").to_string();
    let json = Json::parse(text.as_bytes()).unwrap();
    let product = ProductBody::parse(&origin(), json.as_object().unwrap()).unwrap();
    assert_eq!(product.name, Text { vi: "Noodles", en: None });
    assert_eq!(product.description.map(|text| text.vi), Some("Mi\u{1ebf}n"));
}

#[test]
fn what_a_label_must_say_is_bounded() {
    for key in ["description", "ingredients", "storage", "warnings"] {
        let (pointer, field) = (format!("/{key}"), format!("body.{key}"));
        is_fine("product", &pointer, json!("\u{1ebf}".repeat(1_000)));
        is_fine("product", &pointer, json!({ "vi": "x".repeat(1_000), "en": "a\nb" }));
        for bad in [json!(""), json!("x".repeat(1_001)), json!("a\u{7}b"), json!(["x"]), json!(1), json!(true)] {
            assert_eq!(fault("product", &pointer, bad), field);
        }
        assert_eq!(fault("product", &pointer, json!({ "vi": "x", "en": "x".repeat(1_001) })), format!("{field}.en"));
        assert_eq!(fault("product", &pointer, json!({ "en": "x" })), format!("{field}.vi"));
    }
    is_fine("product", "/brand", json!("\u{1ebf}".repeat(200)));
    for bad in [json!(""), json!("x".repeat(201)), json!({ "vi": "x" }), json!(["x"]), json!("a\tb")] {
        assert_eq!(fault("product", "/brand", bad.clone()), "body.brand");
        assert_eq!(fault("product", "/standards/1", bad), "body.standards[1]");
    }
    is_fine("product", "/standards", json!(vec!["x".repeat(200); 8]));
    is_fine("product", "/standards", json!([]));
    assert_eq!(fault("product", "/standards", json!(vec!["x"; 9])), "body.standards");
    assert_eq!(fault("product", "/standards", json!("TCVN 1")), "body.standards");
    let text = full("product").to_string();
    let json = Json::parse(text.as_bytes()).unwrap();
    let product = ProductBody::parse(&origin(), json.as_object().unwrap()).unwrap();
    assert_eq!(product.brand, Some("Na R\u{ec}"));
    assert_eq!(product.ingredients, Some(Text { vi: "Tinh b\u{1ed9}t", en: Some("Starch") }));
    assert_eq!(product.storage, Some(Text { vi: "Dry", en: None }));
    assert_eq!(product.warnings, Some(Text { vi: "N\u{f3}ng", en: Some("Hot") }));
    assert_eq!(product.standards, ["TCVN 12345:2019", "TCCS 01:2026"]);
}

#[test]
fn only_an_organisation_has_the_number_of_a_business() {
    is_fine("actor", "/businessId", json!("\u{110}".repeat(60)));
    for bad in [json!(""), json!("1".repeat(61)), json!("1\n2"), json!("1\t2"), json!(1), json!({ "vi": "1" })] {
        assert_eq!(fault("actor", "/businessId", bad.clone()), "body.businessId");
        assert_eq!(fault("charter", "/operator/businessId", bad), "body.operator.businessId");
    }
    for class in ["person", "device"] {
        assert_eq!(fault("actor", "/class", json!(class)), "body.businessId");
        assert_eq!(fault("charter", "/operator/class", json!(class)), "body.operator.businessId");
        let mut body = changed("actor", "/class", json!(class));
        body.as_object_mut().unwrap().remove("businessId");
        assert_eq!(read("actor", &body), Ok(()), "{class}");
    }
}

#[test]
fn positions_are_coarse() {
    for good in ["22", "-22.1", "0.05", "-0", "90", "-90.00", "90.0"] {
        is_fine("place", "/position/lat", serde_json::from_str(good).unwrap());
    }
    for bad in ["22.140", "22.141", "90.01", "-91", "1e1", "2.2E1", "99999999999"] {
        let value: Value = serde_json::from_str("0").unwrap();
        let text = changed("place", "/position/lat", value).to_string().replace("\"lat\":0", &format!("\"lat\":{bad}"));
        let json = Json::parse(text.as_bytes()).unwrap();
        let refusal = PlaceBody::parse(&origin(), json.as_object().unwrap()).unwrap_err();
        assert_eq!(refusal.field, "body.position.lat", "{bad}");
    }
    is_fine("place", "/position/lon", json!(180));
    assert_eq!(fault("place", "/position/lon", json!(180.01)), "body.position.lon");
    assert_eq!(fault("place", "/position/lon", json!("106")), "body.position.lon");
    assert_eq!(fault("place", "/names", json!([])), "body.names");
}

#[test]
fn dates_are_calendar_dates() {
    is_fine("place", "/names/0/from", json!("2024-02-29"));
    for bad in [
        "2025-02-29",
        "2025-7-01",
        "+2025-7-01",
        " 2025-7-01",
        "20250701",
        "2025-07-01Z",
        "12025-07-1",
        "2025/07/01",
        "",
    ] {
        assert_eq!(fault("place", "/names/0/from", json!(bad)), "body.names[0].from", "{bad:?}");
        assert_eq!(fault("event", "/certificate/validTo", json!(bad)), "body.certificate.validTo", "{bad:?}");
    }
    assert_eq!(fault("event", "/certificate/validTo", json!("2025-12-31")), "body.certificate.validTo");
    is_fine("event", "/certificate/validTo", json!("2026-01-01"));
}

#[test]
fn blobs_are_hash_type_and_length() {
    for (pointer, kind) in
        [("/profile", "actor"), ("/picture", "product"), ("/polygon", "place"), ("/media/1", "event")]
    {
        let field = format!("body.{}", pointer.trim_start_matches('/').replace("/1", "[1]"));
        for (key, bad) in [
            ("sha256", json!("AB".repeat(32))),
            ("sha256", json!("ab".repeat(31))),
            ("mediaType", json!("jpeg")),
            ("mediaType", json!("image/")),
            ("mediaType", json!("image/jpeg; q=1")),
            ("mediaType", json!("a/b/c")),
            ("bytes", json!(-1)),
            ("bytes", json!(1.5)),
            ("bytes", json!("1")),
        ] {
            assert_eq!(fault(kind, &format!("{pointer}/{key}"), bad), format!("{field}.{key}"));
        }
        assert_eq!(fault(kind, pointer, json!("ab")), field);
    }
    let blob = full("event")["media"][0].clone();
    assert_eq!(fault("event", "/media", core::iter::repeat_n(blob, 9).collect()), "body.media");
}

#[test]
fn lists_hold_words_and_keys_once() {
    assert_eq!(fault("actor", "/roles", json!(["producer", "seller", "producer"])), "body.roles");
    assert_eq!(fault("actor", "/roles/1", json!("Producer")), "body.roles[1]");
    assert_eq!(fault("actor", "/keys", json!([KEY, KEY])), "body.keys");
    assert_eq!(fault("actor", "/keys/0", json!(KEY.to_uppercase())), "body.keys[0]");
    // The identity is of small order.
    let weak = format!("01{}", "00".repeat(31));
    assert_eq!(fault("actor", "/keys/1", json!(weak)), "body.keys[1]");
    assert_eq!(fault("key", "/revoke", json!(weak)), "body.revoke");
    is_fine("actor", "/keys", json!([]));
    is_fine("actor", "/roles", json!([]));
    let roles: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
    is_fine("actor", "/roles", json!(roles));
    let source = full("product")["madeFrom"][0].clone();
    assert_eq!(fault("product", "/madeFrom", json!([source, source])), "body.madeFrom[1].product");
}

#[test]
fn identifiers_are_of_this_ledger() {
    for bad in [
        "https://other.example/actor/coop",
        "https://trace.example/place/coop",
        "https://trace.example/actor/Coop",
        "coop",
        "",
    ] {
        assert_eq!(fault("actor", "/id", json!(bad)), "body.id");
        assert_eq!(fault("event", "/for", json!(bad)), "body.for");
        assert_eq!(fault("place", "/owner", json!(bad)), "body.owner");
        assert_eq!(fault("key", "/actor", json!(bad)), "body.actor");
    }
    let product = json!({ "product": "https://trace.example/product/noodle" });
    for (lots, fault_at) in [
        (json!({ "https://trace.example/lot/SHORT": product }), r#"body.creates["https://trace.example/lot/SHORT"]"#),
        (json!({ "https://trace.example/lot/7K3M9QXV2T01/7K3M9QXV2T01": product }), "body.creates["),
        (json!({ "https://trace.example/lot/7K3M9QXV2T01": { "product": ACTOR } }), "body.creates["),
        (json!([]), "body.creates"),
    ] {
        assert!(fault("event", "/creates", lots).starts_with(fault_at));
    }
}

#[test]
fn numbers_have_their_bounds() {
    for (pointer, good, bad) in [
        ("/shelfLifeDays", [json!(1), json!(3_653)], [json!(0), json!(3_654), json!(1.5)]),
        ("/madeFrom/0/yieldMax", [json!(100), json!(0.000_001)], [json!(0), json!(100.1), json!(0.000_000_1)]),
        ("/netContent/quantity", [json!(0.001), json!(999_999_999)], [json!(0), json!(-1), json!("1")]),
        (
            "/gtin",
            [json!("00012345678905"), json!("08931234567897")],
            [json!("08931234567898"), json!("8931234567897"), json!(1)],
        ),
        ("/unit", [json!("LTR"), json!("EA")], [json!("kg"), json!("KILO"), json!("")]),
        ("/netContent/uom", [json!("LTR"), json!("GRM")], [json!("EA"), json!("C62"), json!("kg")]),
    ] {
        let field = format!("body{}", pointer.replace("/0", "[0]").replace('/', "."));
        good.into_iter().for_each(|value| is_fine("product", pointer, value));
        bad.into_iter().for_each(|value| assert_eq!(fault("product", pointer, value), field));
    }
    is_fine("event", "/serials/count", json!(1_000_000_000));
    for bad in [json!(0), json!(1_000_000_001), json!(-1)] {
        assert_eq!(fault("event", "/serials/count", bad), "body.serials.count");
    }
    assert_eq!(fault("product", "/shopLinks/0", json!("http://shop.example/")), "body.shopLinks[0]");
    assert_eq!(fault("charter", "/rulesVersion", json!("1")), "body.rulesVersion");
}

#[test]
fn a_key_is_added_or_revoked() {
    let both = json!({ "actor": ACTOR, "add": KEY, "revoke": OTHER_KEY });
    assert_eq!(read("key", &both).unwrap_err().field, "body.add");
    assert_eq!(read("key", &json!({ "actor": ACTOR })).unwrap_err().field, "body.add");
    assert_eq!(fault("key", "/reason", json!("x".repeat(201))), "body.reason");
}

#[test]
fn events_are_read_inside_of_their_bodies() {
    assert_eq!(fault("event", "/verb", json!("steal")), "body.verb");
    assert_eq!(fault("event", "/event/action", json!("observe")), "body.event.action");
    assert_eq!(fault("event", "/event/quantityList/0/uom", json!("kg")), "body.event.quantityList[0].uom");
    assert_eq!(fault("event", "/event", json!([])), "body.event");
    assert_eq!(fault("event", "/verb", json!("harvest")), "body.certificate");
    assert_eq!(fault("attest", "/claim", json!("agrees")), "body.claim");
    assert_eq!(fault("event", "/note", json!("x".repeat(1_001))), "body.note");
}

/// A value that somebody might put anywhere.
fn hostile() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(json!(KEY)),
        Just(json!(ACTOR)),
        Just(json!("2026-11-23T08:15:00.000+07:00")),
        Just(json!("\u{0}\u{202e}")),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[a-zA-Z]{1,8}|vi|product|id", inner, 0..6).prop_map(|members| json!(members)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn hostile_bodies_are_refused_in_peace(
        kind in prop::sample::select(&KINDS[..]),
        choice in any::<prop::sample::Index>(),
        member in any::<prop::sample::Index>(),
        value in hostile(),
    ) {
        let mut body = full(kind);
        let mut paths = Vec::new();
        objects(&body, "", &mut paths);
        let object = body.pointer_mut(&paths[choice.index(paths.len())]).unwrap().as_object_mut().unwrap();
        let key = object.keys().nth(member.index(object.len())).unwrap().clone();
        object.insert(key, value);
        if let Err(refusal) = read(kind, &body) {
            prop_assert!(refusal.field.starts_with("body"), "{}", refusal.field);
            prop_assert!(matches!(refusal.code, Code::MalformedEvent | Code::MalformedStatement));
        }
    }
}
