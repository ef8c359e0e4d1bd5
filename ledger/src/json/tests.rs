use alloc::string::ToString as _;
use alloc::vec;

use proptest::prelude::*;

use super::*;

fn kind(text: &str) -> JsonErrorKind {
    Json::parse(text.as_bytes()).unwrap_err().kind
}

#[test]
fn keeps_the_text_of_numbers_and_borrows_strings() {
    let json = Json::parse(br#" {"a":12.50,"b":"x","c":[true,null,-0e+1]} "#).unwrap();
    let object = json.as_object().unwrap();
    assert_eq!(object.get("a"), Some(&Json::Number("12.50")));
    assert!(matches!(object.get("b"), Some(Json::String(Cow::Borrowed("x")))));
    assert_eq!(object.get("c").unwrap().as_array().unwrap(), vec![Json::Bool(true), Json::Null, Json::Number("-0e+1")]);
}

#[test]
fn unescapes() {
    let json = Json::parse(br#""\u0041\uD83C\uDF31\n\/""#).unwrap();
    assert_eq!(json.as_str(), Some("A\u{1f331}\n/"));
}

#[test]
fn refuses_what_general_readers_let_pass() {
    assert_eq!(kind(r#"{"a":1,"a":2}"#), JsonErrorKind::DuplicateKey);
    assert_eq!(kind(r#"{"a":1,"\u0061":2}"#), JsonErrorKind::DuplicateKey);
    assert_eq!(kind(r#""\ud800""#), JsonErrorKind::BadEscape);
    assert_eq!(kind(r#""\udc00""#), JsonErrorKind::BadEscape);
    assert_eq!(kind("1 2"), JsonErrorKind::TrailingText);
    assert_eq!(kind("[1,]"), JsonErrorKind::Unexpected);
    assert_eq!(kind("01"), JsonErrorKind::TrailingText);
    assert_eq!(kind("NaN"), JsonErrorKind::Unexpected);
    assert_eq!(kind("\"\u{1}\""), JsonErrorKind::Unexpected);
    assert_eq!(kind("\u{feff}1"), JsonErrorKind::Unexpected);
    assert_eq!(kind("[1"), JsonErrorKind::UnexpectedEnd);
    assert_eq!(Json::parse(&[b'"', 0xff, b'"']).unwrap_err().kind, JsonErrorKind::InvalidUtf8);
}

#[test]
fn bounds_depth() {
    let nested = |n: usize| ["[".repeat(n), "]".repeat(n)].concat();
    assert!(Json::parse(nested(DEPTH_MAX).as_bytes()).is_ok());
    assert_eq!(kind(&nested(DEPTH_MAX + 1)), JsonErrorKind::TooDeep);
    assert_eq!(kind(&"[".repeat(60_000)), JsonErrorKind::TooDeep);
}

#[test]
fn finds_duplicates_in_large_objects() {
    let members: Vec<_> = (0..500).map(|i| alloc::format!("\"k{i}\":{i}")).collect();
    let good = alloc::format!("{{{}}}", members.join(","));
    assert!(Json::parse(good.as_bytes()).is_ok());
    let bad = alloc::format!("{{{},\"k7\":0}}", members.join(","));
    assert_eq!(kind(&bad), JsonErrorKind::DuplicateKey);
}

fn to_oracle(json: &Json<'_>) -> serde_json::Value {
    match json {
        Json::Null => serde_json::Value::Null,
        Json::Bool(b) => (*b).into(),
        Json::Number(text) => serde_json::from_str(text).unwrap(),
        Json::String(text) => text.as_ref().into(),
        Json::Array(values) => values.iter().map(to_oracle).collect(),
        Json::Object(object) => {
            serde_json::Value::Object(object.iter().map(|(k, v)| (k.to_string(), to_oracle(v))).collect())
        }
    }
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(5, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Into::into),
            prop::collection::btree_map(any::<String>(), inner, 0..8)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn agrees_with_serde_json_on_valid_text(value in any_json()) {
        let text = value.to_string();
        // The oracle rounds some numbers when it reads; both sides read the same text.
        let oracle: serde_json::Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(to_oracle(&Json::parse(text.as_bytes()).unwrap()), oracle);
    }

    #[test]
    fn accepts_nothing_that_serde_json_refuses(bytes in prop::collection::vec(
        prop::sample::select(br#"{}[]",:0123456789.eE+-truefalsn\ u"#.to_vec()), 0..24)) {
        if Json::parse(&bytes).is_ok() {
            prop_assert!(serde_json::from_slice::<serde_json::Value>(&bytes).is_ok());
        }
    }

    #[test]
    fn never_panics(bytes in any::<Vec<u8>>()) {
        let _ = Json::parse(&bytes);
    }
}
