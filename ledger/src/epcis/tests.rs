use alloc::format;
use alloc::string::{String, ToString as _};
use std::path::{Path, PathBuf};
use std::{eprintln, fs};

use proptest::prelude::*;

use super::*;
use crate::amount::Dimension;

extern crate std;

/// A harvest as the producer's app sends it.
const HARVEST: &str = r#"{
    "type": "ObjectEvent", "eventID": "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8",
    "eventTime": "2026-11-23T08:15:00.000+07:00", "eventTimeZoneOffset": "+07:00", "action": "ADD",
    "bizStep": "commissioning", "disposition": "active",
    "readPoint": {"id": "https://trace.example/ledger/place/nuong-1"},
    "quantityList": [{"epcClass": "https://trace.example/ledger/lot/7K3M9QXV2T01", "quantity": 12.50, "uom": "KGM"}],
    "sourceList": [{"type": "possessing_party", "source": "https://trace.example/ledger/actor/a"}],
    "ilmd": {"cbvmda:harvestStartDate": "2026-11-23"}
}"#;

/// A drying step with every list of a transformation.
const PROCESS: &str = r#"{
    "type": "TransformationEvent", "eventTime": "2026-11-24T01:15:00Z", "eventTimeZoneOffset": "+07:00",
    "bizStep": "https://ref.gs1.org/cbv/BizStep-commissioning", "inputEPCList": ["urn:a:1"],
    "inputQuantityList": [{"epcClass": "urn:a:2", "quantity": 100, "uom": "DTN"}, {"epcClass": "urn:a:3"}],
    "outputEPCList": ["urn:a:4"], "outputQuantityList": [{"epcClass": "urn:a:5", "quantity": 3}]
}"#;

fn with<T>(text: &str, read: impl FnOnce(Result<Event<'_>, EventError>) -> T) -> T {
    let json = Json::parse(text.as_bytes()).unwrap_or_else(|e| panic!("{e} in {text}"));
    read(Event::parse(&json))
}

/// What is said of an event that is at fault.
fn fault(text: &str) -> String {
    with(text, |read| read.map_or_else(|e| e.to_string(), |_| "none".into()))
}

fn digest(text: &str) -> Hash {
    with(text, |read| read.unwrap().digest())
}

/// All files below a folder.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_below(&path)) } else { files.push(path) }
    }
    files
}

/// GS1's own examples, kept outside of the project.
fn examples() -> Option<Vec<(PathBuf, Vec<u8>)>> {
    let folder = std::env::var_os("NGUON_SHARED_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")), PathBuf::from)
        .join("gs1-epcis/examples");
    if !folder.is_dir() {
        eprintln!("skipped: no EPCIS examples at {}", folder.display());
        return None;
    }
    let mut files = files_below(&folder);
    files.sort();
    Some(files.into_iter().map(|file| (file.clone(), fs::read(file).unwrap())).collect())
}

#[test]
fn reads_every_example_of_the_standard() {
    let Some(examples) = examples() else { return };
    // These were written for drafts of the standard; its final schema refuses them too where formats are checked.
    let drafts = [
        ("Example-TransactionEvents-2020_07_03y.jsonld", "epcisBody.eventList[1].sourceList: not an array"),
        ("PersistentDisposition-example.jsonld", "epcisBody.eventList[0].id: no such field here"),
        (
            "aggregation_event_all_possible_fields.jsonld",
            "epcisBody.eventList[0].persistentDisposition: no such field here",
        ),
        (
            "association_event_all_possible_fields.jsonld",
            "epcisBody.eventList[0].persistentDisposition: no such field here",
        ),
        ("SensorDataExample12.jsonld", "schemaVersion: missing"),
        ("SensorDataExample17.jsonld", "schemaVersion: not a string"),
    ];
    let (mut events, mut refused) = (0, 0);
    for (file, text) in &examples {
        let name = file.to_string_lossy();
        let json = Json::parse(text).unwrap_or_else(|e| panic!("{name}: {e}"));
        match EpcisDocument::parse(&json) {
            Ok(document) => {
                assert!(document.creation_date.is_some() && !document.events.is_empty(), "{name}");
                events += document.events.len();
            }
            Err(error) => {
                let is_draft = |(file, said): &(&str, &str)| name.ends_with(file) && *said == error.to_string();
                assert!(name.contains("JSON-simple-context") && drafts.iter().any(is_draft), "{name}: {error}");
                refused += 1;
            }
        }
    }
    assert_eq!((examples.len(), refused, events), (48, 6, 48));
}

#[test]
fn reads_a_harvest() {
    with(HARVEST, |event| {
        let event = event.unwrap();
        assert_eq!(event.event_id, Some("urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8"));
        assert_eq!(event.event_time.to_string(), "2026-11-23T01:15:00.000Z");
        assert_eq!(event.event_time_zone_offset, "+07:00");
        assert_eq!(event.biz_step, Some(Term::Word("commissioning")));
        assert!(event.disposition.unwrap().is("active"));
        assert_eq!(event.read_point, Some("https://trace.example/ledger/place/nuong-1"));
        assert_eq!(event.action(), Some(Action::Add));
        assert_eq!(event.parent_id(), None);
        assert_eq!(event.source_list.len(), 1);
        assert!(event.source_list[0].kind.is("possessing_party"));
        assert_eq!(event.source_list[0].id, "https://trace.example/ledger/actor/a");
        let What::Object { quantity_list, ilmd, .. } = &event.what else { panic!("{:?}", event.what) };
        let quantity = quantity_list[0].quantity.unwrap();
        assert_eq!((quantity.amount().to_string().as_str(), quantity.dimension()), ("12.5", Dimension::Mass));
        assert_eq!(ilmd.unwrap().len(), 1);
        assert!(event.identifiers().eq(["https://trace.example/ledger/lot/7K3M9QXV2T01"]));
    });
}

#[test]
fn names_identifiers_of_all_types() {
    with(PROCESS, |event| {
        let event = event.unwrap();
        assert_eq!(event.biz_step, Some(Term::Word("commissioning")));
        assert_eq!(event.action(), None);
        assert!(event.identifiers().eq(["urn:a:1", "urn:a:4", "urn:a:2", "urn:a:3", "urn:a:5"]));
        let What::Transformation { input_quantity_list, output_quantity_list, .. } = &event.what else { panic!() };
        assert_eq!(input_quantity_list[0].quantity.unwrap().amount().to_string(), "10000");
        assert_eq!(input_quantity_list[1].quantity, None);
        assert_eq!(output_quantity_list[0].quantity.unwrap().dimension(), Dimension::Pieces);
    });
    for kind in ["AggregationEvent", "AssociationEvent"] {
        let text = event_of(
            kind,
            r#""action":"ADD","parentID":"urn:p","childEPCs":["urn:c","urn:c"],"childQuantityList":[{"epcClass":"urn:q"}]"#,
        );
        with(&text, |event| assert!(event.unwrap().identifiers().eq(["urn:p", "urn:c", "urn:c", "urn:q"])));
    }
    let text = event_of(
        "TransactionEvent",
        r#""action":"OBSERVE","parentID":"urn:p","epcList":["urn:e"],"bizTransactionList":[{"bizTransaction":"urn:t"},{"type":"urn:epcglobal:cbv:btt:po","bizTransaction":"urn:u"}]"#,
    );
    with(&text, |event| {
        let event = event.unwrap();
        assert!(event.identifiers().eq(["urn:p", "urn:e"]));
        assert_eq!(event.biz_transaction_list[0].kind, None);
        assert_eq!(event.biz_transaction_list[1].kind, Some(Term::Word("po")));
    });
}

/// An event of a type with the common required fields and others.
fn event_of(kind: &str, others: &str) -> String {
    format!(r#"{{"type":"{kind}","eventTime":"2026-11-23T08:15:00+07:00","eventTimeZoneOffset":"+07:00",{others}}}"#)
}

#[test]
fn names_the_field_at_fault() {
    assert_eq!(fault("[]"), ": not an object");
    assert_eq!(fault("{}"), "type: missing");
    assert_eq!(fault(r#"{"type":1}"#), "type: not a string");
    assert_eq!(fault(r#"{"type":"QuantityEvent"}"#), "type: neither a word of the vocabulary nor a uri outside of it");
    for (from, to, said) in [
        ("\"eventTime\"", "\"example:time\"", "example:time: undeclared prefix"),
        ("\"eventTime\"", "\"cbvmda:time\"", "eventTime: missing"),
        ("\"2026-11-23T08:15:00.000+07:00\"", "\"2026-11-23\"", "eventTime: not a date-time"),
        ("\"+07:00\"", "\"+14:30\"", "eventTimeZoneOffset: not a time zone offset"),
        ("\"+07:00\"", "\"07:00\"", "eventTimeZoneOffset: not a time zone offset"),
        ("\"ADD\"", "\"add\"", "action: neither a word of the vocabulary nor a uri outside of it"),
        ("\"ADD\"", "\"OBSERVE\"", "ilmd: does not go with the action"),
        ("\"commissioning\"", "\"harvesting\"", "bizStep: neither a word of the vocabulary nor a uri outside of it"),
        ("\"commissioning\"", "null", "bizStep: not a string"),
        ("\"readPoint\": {\"id\"", "\"readPoint\": {\"ID\"", "readPoint.ID: no such field here"),
        ("\"readPoint\": {\"id\"", "\"readPoint\": {\"urn:x:id\"", "readPoint.id: missing"),
        ("https://trace.example/ledger/place/nuong-1", "nuong", "readPoint.id: not a uri"),
        ("https://trace.example/ledger/place/nuong-1", "https://a/n\u{1b0}", "readPoint.id: not a uri"),
        ("\"epcClass\"", "\"epcclass\"", "quantityList[0].epcclass: no such field here"),
        ("\"epcClass\"", "\"urn:x:y\"", "quantityList[0].urn:x:y: no such field here"),
        ("12.50", "\"12.50\"", "quantityList[0].quantity: not a number"),
        ("12.50", "1.0123456789", "quantityList[0].quantity: more than 9 digits after the point"),
        ("12.50", "1e9", "quantityList[0].quantity: absolute value of 10^9 or more"),
        ("\"KGM\"", "\"kg\"", "quantityList[0].uom: not a unit code"),
        ("\"quantityList\"", "\"childQuantityList\"", "childQuantityList: no such field here"),
        ("\"quantityList\"", "\"cbvmda:x\"", "epcList: missing"),
        ("\"source\"", "\"destination\"", "sourceList[0].destination: no such field here"),
        ("\"type\": \"possessing_party\", ", "", "sourceList[0].type: missing"),
        ("possessing_party", "holder", "sourceList[0].type: neither a word of the vocabulary nor a uri outside of it"),
        ("cbvmda:harvestStartDate", "harvestStartDate", "ilmd.harvestStartDate: no such field here"),
        ("cbvmda:harvestStartDate", "cbvmda:", "ilmd.cbvmda:: undeclared prefix"),
        ("cbvmda:harvestStartDate", "http://a b", "ilmd.http://a b: not a uri"),
        ("\"disposition\"", "\"parentID\"", "parentID: no such field here"),
    ] {
        assert_fault(from, to, said);
    }
}

/// Spoils the harvest in one place and compares what is said of it.
fn assert_fault(from: &str, to: &str, said: &str) {
    assert!(HARVEST.contains(from), "{from}");
    assert_eq!(fault(&HARVEST.replacen(from, to, 1)), said, "{from} -> {to}");
}

#[test]
fn names_the_field_at_fault_in_what_is_rare() {
    for (to, said) in [
        ("\"certificationInfo\": {}", "certificationInfo: not a string"),
        ("\"certificationInfo\": [\"x\"]", "certificationInfo[0]: not a uri"),
        ("\"epcList\": [\"urn:a:b\", \"urn:a:c\", \"urn:a:b\"]", "epcList[2]: stands twice"),
        ("\"persistentDisposition\": {}", "persistentDisposition: empty"),
        ("\"persistentDisposition\": {\"set\": []}", "persistentDisposition.set: empty"),
        (
            "\"persistentDisposition\": {\"set\": [\"active\", \"cbv:Disp-active\"]}",
            "persistentDisposition.set[1]: stands twice",
        ),
        ("\"errorDeclaration\": {\"reason\": \"incorrect_data\"}", "errorDeclaration.declarationTime: missing"),
        (
            "\"errorDeclaration\": {\"declarationTime\": \"2026-11-23T08:15:00Z\", \"correctiveEventIDs\": [1]}",
            "errorDeclaration.correctiveEventIDs[0]: not a string",
        ),
        ("\"sensorElementList\": [{}]", "sensorElementList[0].sensorReport: missing"),
        ("\"sensorElementList\": [{\"sensorReport\": []}]", "sensorElementList[0].sensorReport: empty"),
        (
            "\"sensorElementList\": [{\"sensorReport\": [{\"value\": 1}]}]",
            "sensorElementList[0].sensorReport[0].type: missing",
        ),
        (
            "\"sensorElementList\": [{\"sensorReport\": [{\"type\": \"Warmth\"}]}]",
            "sensorElementList[0].sensorReport[0].type: neither a word of the vocabulary nor a uri outside of it",
        ),
        (
            "\"sensorElementList\": [{\"sensorReport\": [{\"type\": \"Mass\", \"hexBinaryValue\": \"g\"}]}]",
            "sensorElementList[0].sensorReport[0].hexBinaryValue: not hexadecimal digits",
        ),
        (
            "\"sensorElementList\": [{\"sensorReport\": [{\"type\": \"Mass\"}], \"type\": \"x\"}]",
            "sensorElementList[0].type: no such field here",
        ),
        ("\"@context\": [\"x\"]", "@context[0]: not a uri"),
        ("\"@context\": 1", "@context: not a uri or an object"),
    ] {
        assert_fault("\"disposition\": \"active\"", to, said);
    }
}

#[test]
fn asks_each_type_for_its_own() {
    for (kind, others, said) in [
        ("ObjectEvent", r#""epcList":["urn:a"]"#, "action: missing"),
        ("ObjectEvent", r#""action":"ADD""#, "epcList: missing"),
        ("ObjectEvent", r#""action":"ADD","epcList":[]"#, "none"),
        (
            "ObjectEvent",
            r#""action":"OBSERVE","sensorElementList":[{"sensorReport":[{"type":"Mass","value":1}]}]"#,
            "epcList: missing",
        ),
        (
            "ObjectEvent",
            r#""action":"OBSERVE","readPoint":{"id":"urn:p"},"sensorElementList":[{"sensorReport":[{"type":"Mass","value":1}]}]"#,
            "none",
        ),
        ("AggregationEvent", r#""action":"ADD","parentID":"urn:p""#, "childEPCs: missing"),
        ("AggregationEvent", r#""action":"DELETE","parentID":"urn:p""#, "none"),
        ("AggregationEvent", r#""action":"ADD","childEPCs":["urn:c"]"#, "none"),
        ("AggregationEvent", r#""action":"ADD","childEPCs":["urn:c"],"ilmd":{}"#, "ilmd: no such field here"),
        ("AssociationEvent", r#""action":"ADD","childEPCs":["urn:c"]"#, "parentID: missing"),
        ("TransactionEvent", r#""action":"ADD","epcList":["urn:c"]"#, "bizTransactionList: missing"),
        (
            "TransactionEvent",
            r#""action":"ADD","epcList":["urn:c"],"bizTransactionList":[]"#,
            "bizTransactionList: empty",
        ),
        ("TransactionEvent", r#""action":"ADD","bizTransactionList":[{"bizTransaction":"urn:t"}]"#, "epcList: missing"),
        (
            "TransactionEvent",
            r#""action":"ADD","epcList":["urn:c"],"bizTransactionList":[{}]"#,
            "bizTransactionList[0].bizTransaction: missing",
        ),
        ("TransactionEvent", r#""action":"DELETE","bizTransactionList":[{"bizTransaction":"urn:t"}]"#, "none"),
        ("TransformationEvent", r#""inputEPCList":["urn:a"]"#, "outputQuantityList: missing"),
        ("TransformationEvent", r#""outputEPCList":["urn:a"]"#, "inputQuantityList: missing"),
        ("TransformationEvent", r#""transformationID":"urn:t""#, "inputQuantityList: missing"),
        ("TransformationEvent", r#""transformationID":"urn:t","outputEPCList":["urn:a"]"#, "none"),
        (
            "TransformationEvent",
            r#""inputEPCList":["urn:a"],"outputEPCList":["urn:b"],"action":"ADD""#,
            "action: no such field here",
        ),
    ] {
        assert_eq!(fault(&event_of(kind, others)), said, "{kind} {others}");
    }
}

#[test]
fn extensions_need_a_declared_namespace() {
    let declared = |context: &str| {
        event_of("ObjectEvent", &format!(r#""action":"ADD","epcList":["urn:a"],"ex:note":[1],"@context":{context}"#))
    };
    assert_eq!(fault(&declared(r#"{"ex":"https://example.org/"}"#)), "none");
    assert_eq!(
        fault(&declared(r#"["https://example.org/c.jsonld",{"a":"urn:a:"},{"ex":{"@id":"https://example.org/"}}]"#)),
        "none"
    );
    assert_eq!(fault(&declared(r#"{"ex":null}"#)), "ex:note: undeclared prefix");
    assert_eq!(fault(&declared(r#""https://example.org/c.jsonld""#)), "ex:note: undeclared prefix");
    let many: Vec<String> = (0..300).map(|i| format!(r#""p{i}":"urn:p:""#)).collect();
    assert_eq!(fault(&declared(&format!("{{{}}}", many.join(",")))), "@context: more than 256");
    with(&declared(r#"{"ex":"https://example.org/"}"#), |event| {
        let event = event.unwrap();
        assert_eq!(event.extensions.len(), 1);
        assert_eq!(event.extensions[0].0, "ex:note");
    });
}

#[test]
fn reads_documents_and_answers_and_single_events() {
    let event = event_of("ObjectEvent", r#""action":"ADD","epcList":["urn:a"],"ex:note":1"#);
    let context = r#""@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",{"ex":"urn:ex:"}]"#;
    let capture = |body: &str| {
        format!(
            r#"{{{context},"type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2026-11-23T08:15:00Z","epcisBody":{body}}}"#
        )
    };
    let answer = |results: &str| {
        format!(r#"{{{context},"type":"EPCISQueryDocument","epcisBody":{{"queryResults":{results}}}}}"#)
    };
    let said = |text: &str| {
        let json = Json::parse(text.as_bytes()).unwrap();
        EpcisDocument::parse(&json)
            .map_or_else(|e| e.to_string(), |document| format!("{} events", document.events.len()))
    };
    assert_eq!(said(&capture(&format!(r#"{{"eventList":[{event},{event}]}}"#))), "2 events");
    assert_eq!(said(&capture(&format!(r#"{{"eventList":[{event},{{}}]}}"#))), "epcisBody.eventList[1].type: missing");
    assert_eq!(said(&capture(r#"{"eventlist":[]}"#)), "epcisBody.eventlist: no such field here");
    assert_eq!(said(&capture("{}")), "epcisBody.eventList: missing");
    assert_eq!(said(&answer(&format!(r#"{{"queryName":"q","resultsBody":{{"eventList":[{event}]}}}}"#))), "1 events");
    assert_eq!(said(&answer(r#"{"resultsBody":{"eventList":[]}}"#)), "epcisBody.queryResults.queryName: missing");
    assert_eq!(
        said(&answer(r#"{"queryName":"q","resultsBody":{"eventList":[1]}}"#)),
        "epcisBody.queryResults.resultsBody.eventList[0]: not an object"
    );
    assert_eq!(said(&event.replacen('{', &format!("{{{context},"), 1)), "1 events");
    assert_eq!(said(&event), "@context: missing");
}

#[test]
fn digest_is_of_the_canonical_text() {
    let text = "{\"type\":\"ObjectEvent\", \"eventTime\":\"2026-11-23T08:15:00+07:00\",\"eventTimeZoneOffset\":\"+07:00\",
        \"action\":\"ADD\",\"recordTime\":\"2026-11-23T08:15:00Z\",\"errorDeclaration\":{\"declarationTime\":\"2026-11-23T08:15:00Z\"},
        \"quantityList\":[{\"quantity\":12.50,\"epcClass\":\"urn:a:b\",\"uom\":\"KGM\"}],
        \"cbvmda:\u{1f33e}\":{\"recordTime\":-0.0e7,\"\u{ff61}\":[100,-3,1E+2,0.001,10.0e-5,1e9999999999999999999,true,false,null],\"\":{},
        \"a\":\"\\u0000\\b\\t\\n\\f\\r\\u001f\\\"\\\\\\/\\u00e9\\ud83c\\udf3e\\u007f\"}}";
    let canonical = "{\"action\":\"ADD\",\"cbvmda:\u{1f33e}\":{\"\":{},\"a\":\"\\u0000\\b\\t\\n\\f\\r\\u001f\\\"\\\\/\u{e9}\u{1f33e}\u{7f}\",\"recordTime\":0,\"\u{ff61}\":[1e2,-3e0,1e2,1e-3,1e-4,1e9999999999999999999,true,false,null]},\"eventTime\":\"2026-11-23T08:15:00+07:00\",\"eventTimeZoneOffset\":\"+07:00\",\"quantityList\":[{\"epcClass\":\"urn:a:b\",\"quantity\":125e-1,\"uom\":\"KGM\"}],\"type\":\"ObjectEvent\"}";
    let json = Json::parse(text.as_bytes()).unwrap();
    assert_eq!(canonical::event_text(&json), canonical);
    assert_eq!(Event::parse(&json).unwrap().digest(), Hash::of(canonical.as_bytes()));
    assert_eq!(digest(HARVEST).to_string(), "0c51c2fa13ffeb6e33445387156ff72f34b01742622de67fb92e6d62056110cd");
}

#[test]
fn digest_sees_content_and_nothing_else() {
    let original = digest(HARVEST);
    let corrected = HARVEST.replacen(
        '{',
        r#"{"errorDeclaration":{"declarationTime":"2026-11-24T08:15:00Z"},"recordTime":"2026-11-24T08:15:00Z","#,
        1,
    );
    assert_eq!(digest(&corrected), original);
    assert_eq!(digest(&HARVEST.replace("12.50", "1.25e1")), original);
    assert_eq!(digest(&HARVEST.replace(['\n'], " ")), original);
    assert_ne!(digest(&HARVEST.replace("12.50", "12.51")), original);
    assert_ne!(digest(&HARVEST.replace("active", "in_progress")), original);
    assert_ne!(digest(&HARVEST.replace("commissioning", "cbv:BizStep-commissioning")), original);
}

/// Any JSON text, often with the keys and values of events.
fn some_json() -> impl Strategy<Value = String> {
    let word = prop::sample::select(alloc::vec![
        "type",
        "ObjectEvent",
        "eventTime",
        "2026-11-23T08:15:00Z",
        "eventTimeZoneOffset",
        "+07:00",
        "action",
        "ADD",
        "epcList",
        "urn:a:b",
        "quantityList",
        "epcClass",
        "quantity",
        "uom",
        "KGM",
        "@context",
        "ilmd",
        "sensorElementList",
        "sensorReport",
        "a:b",
        "id",
        "\u{1b0}:",
        "EPCISDocument",
        "epcisBody",
        "eventList",
        "schemaVersion",
        "2.0",
        "creationDate",
        "errorDeclaration",
        "readPoint",
    ]);
    let text = prop_oneof![3 => word.prop_map(String::from), 1 => "[ -~]{0,8}"]
        .prop_map(|text| serde_json::to_string(&text).unwrap());
    let leaf = prop_oneof![
        Just("null".to_string()),
        Just("true".to_string()),
        "-?(0|[1-9][0-9]{0,12})(\\.[0-9]{1,11})?(e-?[0-9]{1,25})?",
        text.clone(),
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::btree_map(text.clone(), inner, 0..6).prop_map(|members| {
                let members: Vec<String> = members.into_iter().map(|(key, value)| format!("{key}:{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_json_is_read_or_refused(text in some_json(), at in any::<prop::sample::Index>(), base in prop::sample::select(alloc::vec![HARVEST, PROCESS])) {
        let json = Json::parse(text.as_bytes()).unwrap();
        let _ = Event::parse(&json).map(|event| event.digest());
        let _ = EpcisDocument::parse(&json);
        let _ = canonical::event_text(&json);
        // One value of a valid event replaced.
        let values: Vec<usize> = base.match_indices(": ").map(|(at, _)| at + 2).collect();
        let start = *at.get(&values);
        let (before, after) = base.split_at(start);
        let (_, after) = after.split_at(after.find([',', '}', ']']).unwrap());
        let spoilt = format!("{before}{text}{after}");
        if let Ok(json) = Json::parse(spoilt.as_bytes())
            && let Ok(event) = Event::parse(&json)
        {
            prop_assert!(event.identifiers().all(fields::is_uri));
            let _ = event.digest();
        }
    }

    #[test]
    fn canonical_text_is_its_own_canonical_text(text in some_json()) {
        let json = Json::parse(text.as_bytes()).unwrap();
        let canonical = canonical::event_text(&json);
        let again = Json::parse(canonical.as_bytes()).unwrap();
        prop_assert_eq!(canonical::event_text(&again), canonical);
    }

    #[test]
    fn order_of_members_does_not_count(seed in any::<u64>()) {
        let json: serde_json::Value = serde_json::from_str(PROCESS).unwrap();
        let mut members: Vec<String> = json.as_object().unwrap().iter().map(|(k, v)| format!("\"{k}\":{v}")).collect();
        let len = u64::try_from(members.len()).unwrap();
        members.rotate_left(usize::try_from(seed % len).unwrap());
        if seed % 2 == 0 { members.reverse(); }
        prop_assert_eq!(digest(&format!("{{{}}}", members.join(","))), digest(PROCESS));
    }
}
