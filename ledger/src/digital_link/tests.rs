use alloc::format;
use alloc::string::ToString as _;
use std::path::PathBuf;
use std::{eprintln, fs};

use proptest::prelude::*;
use serde_json::Value;

use super::*;

extern crate std;

/// GS1's own cases, kept outside of the project.
fn vectors(group: &str) -> Option<Vec<Value>> {
    let folder = std::env::var_os("NGUON_SHARED_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data")), PathBuf::from);
    let Ok(text) = fs::read(folder.join("gs1-syntax/vectors.json")) else {
        eprintln!("skipped: no GS1 vectors at {}", folder.display());
        return None;
    };
    let mut all: Value = serde_json::from_slice(&text).unwrap();
    let Value::Array(cases) = all[group].take() else { panic!("{group} is no list") };
    assert!(cases.len() >= 14, "{group} has too few cases");
    Some(cases)
}

fn text<'v>(case: &'v Value, key: &str) -> &'v str {
    case[key].as_str().unwrap()
}

fn options(case: &Value) -> Options {
    let on = |name: &str| case["options"][name] == "true";
    Options {
        convenience_words: on("permitConvenienceAlphas"),
        short_gtins: on("PermitZeroSuppressedGTINinDLuris"),
        unknown_ais: on("PermitUnknownAIs"),
    }
}

#[test]
fn reads_every_uri_as_gs1_does() {
    for case in vectors("parse_dl_uri").unwrap_or_default() {
        let link = DigitalLink::parse(text(&case, "uri"), options(&case));
        assert_eq!(link.is_ok(), case["should_succeed"] == true, "{case} {link:?}");
        if let Ok(link) = link {
            assert_eq!(to_element_string(link.elements()), text(&case, "element_string"), "{case}");
        }
    }
}

#[test]
fn makes_every_uri_as_gs1_does() {
    for case in vectors("generate_dl_uri").unwrap_or_default() {
        let options = options(&case);
        let elements = parse_bracketed(text(&case, "ai_data"), options).unwrap();
        let link = DigitalLink::from_elements(elements, options);
        assert_eq!(link.is_ok(), case["should_succeed"] == true, "{case} {link:?}");
        if let Ok(link) = link {
            assert_eq!(link.to_uri(text(&case, "stem")), text(&case, "uri"), "{case}");
        }
    }
}

#[test]
fn reads_bracketed_elements_as_gs1_does() {
    for case in vectors("parse_ai_data").unwrap_or_default() {
        let elements = parse_bracketed(text(&case, "ai_data"), options(&case));
        assert_eq!(elements.is_ok(), case["should_succeed"] == true, "{case} {elements:?}");
        if let Ok(elements) = elements {
            assert_eq!(to_element_string(&elements), text(&case, "element_string"), "{case}");
        }
    }
}

#[test]
fn reads_element_strings_as_gs1_does() {
    for case in vectors("process_ai_data").unwrap_or_default() {
        let given = text(&case, "element_string");
        let elements = parse_element_string(given);
        assert_eq!(elements.is_ok(), case["should_succeed"] == true, "{case} {elements:?}");
        if let Ok(elements) = elements {
            assert_eq!(to_element_string(&elements), given.trim_end_matches('^'), "{case}");
        }
    }
}

#[test]
fn judges_associations_only_where_a_uri_can_be_judged() {
    // The first rule is ours too. The others speak of all the carriers on one physical item together (GS1 General Specifications, sections
    // 4.13 and 4.14); a ledger sees one identifier at a time and does not judge them, so it accepts what they would refuse.
    let mut accepted_though_refused = Vec::new();
    let Some(cases) = vectors("validate_ais") else { return };
    for case in cases {
        let rule = text(&case, "rule");
        let elements = parse_bracketed(text(&case, "ai_data"), options(&case)).map(without_repeats);
        let accepted = matches!(elements, Ok(Ok(_)));
        match rule {
            "validateAIrepeats" => assert_eq!(accepted, case["should_succeed"] == true, "{case}"),
            _ if accepted && case["should_succeed"] == false => accepted_though_refused.push(rule.to_string()),
            _ => assert_eq!(accepted, case["should_succeed"] == true, "{case} {elements:?}"),
        }
    }
    let count = |rule: &str| accepted_though_refused.iter().filter(|r| *r == rule).count();
    assert_eq!(count("validateAImutex"), 9);
    assert_eq!(count("validateAIrequisites"), 10);
    assert_eq!(accepted_though_refused.len(), 19);
}

#[test]
fn golden_links() {
    for (uri, elements, canonical) in [
        (
            "https://trace.example/q/01/08931234567897/10/L-2026-01?17=271123#x",
            "^010893123456789710L-2026-01^17271123",
            "https://id.gs1.org/01/08931234567897/10/L-2026-01",
        ),
        (
            "HTTP://EXAMPLE.com:8080/01/8931234567897/22/v1/10/a%2fb%26/21/x%2E",
            "^010893123456789722v1^10a/b&^21x.",
            "https://id.gs1.org/01/08931234567897/22/v1/10/a%2Fb%26/21/x.",
        ),
        (
            "https://example.com/414/8931234567897/254/12",
            "^414893123456789725412",
            "https://id.gs1.org/414/8931234567897/254/12",
        ),
        (
            "https://example.com/414/8931234567897?422=704",
            "^4148931234567897422704",
            "https://id.gs1.org/414/8931234567897",
        ),
    ] {
        let link = DigitalLink::parse(uri, Options::LENIENT).unwrap_or_else(|e| panic!("{uri}: {e}"));
        assert_eq!(to_element_string(link.elements()), elements, "{uri}");
        assert_eq!(link.canonical_uri(), canonical, "{uri}");
    }
}

#[test]
fn says_what_is_wrong() {
    let gtin = AiCode::parse("01").unwrap();
    let lot = AiCode::parse("10").unwrap();
    for (uri, error) in [
        ("Https://a/01/12312312312333", DigitalLinkError::Scheme),
        ("https:///01/12312312312333", DigitalLinkError::Host),
        ("https://a:99999/01/12312312312333", DigitalLinkError::Host),
        ("https://u@a/01/12312312312333", DigitalLinkError::Host),
        ("https://a/01/12312312312334", DigitalLinkError::Value { ai: gtin, error: ValueError::Content }),
        ("https://a/01/12312312312333/10/%2", DigitalLinkError::Character),
        ("https://a/01/12312312312333/10/%C3%A9", DigitalLinkError::Value { ai: lot, error: ValueError::Character }),
        ("https://a/01/12312312312333/10/%FF", DigitalLinkError::Value { ai: lot, error: ValueError::Character }),
        (
            "https://a/01/12312312312333/10/123456789012345678901",
            DigitalLinkError::Value { ai: lot, error: ValueError::TooLong },
        ),
        ("https://a/01/12312312312333/21/A/10/B", DigitalLinkError::Qualifier { ai: lot }),
        ("https://a/01/12312312312333/10/A/10/B", DigitalLinkError::Qualifier { ai: lot }),
        ("https://a/lot/A", DigitalLinkError::UnknownAi),
        ("https://a/10/A", DigitalLinkError::NoKey),
    ] {
        assert_eq!(DigitalLink::parse(uri, Options::default()), Err(error), "{uri}");
    }
    let long = format!("https://a/01/12312312312333?x={}", "y".repeat(URI_BYTES_MAX));
    assert_eq!(DigitalLink::parse(&long, Options::default()), Err(DigitalLinkError::TooLong));
}

/// A valid link, in some spelling.
fn some_link() -> impl Strategy<Value = String> {
    let value = "[!-~]{1,20}";
    (value, proptest::option::of(value), "[0-9]{13}", proptest::option::of("[0-9]{1,8}"), any::<bool>()).prop_map(
        |(lot, serial, digits, count, upper)| {
            let encode = |text: &str| {
                let mut out = String::new();
                text.bytes().for_each(|b| out.push_str(&if upper { format!("%{b:02X}") } else { format!("%{b:02x}") }));
                out
            };
            let check = char::from(check_digit(digits.as_bytes()));
            let mut uri = format!("http://host.example/stem/01/{digits}{check}/10/{}", encode(&lot));
            if let Some(serial) = serial {
                uri.push_str(&format!("/21/{}", encode(&serial)));
            }
            if let Some(count) = count {
                uri.push_str(&format!("?30={count}&other=1"));
            }
            uri
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn links_read_back_as_written(uri in some_link()) {
        let Ok(link) = DigitalLink::parse(&uri, Options::default()) else { return Ok(()) };
        let again = link.to_uri("https://other.example/x/");
        prop_assert_eq!(&DigitalLink::parse(&again, Options::default()).unwrap(), &link);
        let canonical = link.canonical_uri();
        let reread = DigitalLink::parse(&canonical, Options::default()).unwrap();
        prop_assert_eq!(reread.path(), link.path());
        prop_assert_eq!(reread.canonical_uri(), canonical);
        let scanned = to_element_string(link.elements());
        prop_assert_eq!(parse_element_string(&scanned).unwrap(), link.elements());
        let made = DigitalLink::from_elements(link.elements().to_vec(), Options::default()).unwrap();
        prop_assert_eq!(made, link);
    }

    #[test]
    fn hostile_text_is_refused_calmly(tail in "[/?&=#%+0-9a-zA-Z:.\\[\\]\u{e9}-]{0,60}", free in any::<String>()) {
        for options in [Options::default(), Options::LENIENT, Options { convenience_words: true, short_gtins: true, unknown_ais: true }] {
            let _ = DigitalLink::parse(&format!("https://{tail}"), options);
            let _ = DigitalLink::parse(&format!("https://a/01/12312312312333{tail}"), options);
            let _ = DigitalLink::parse(&free, options);
            let _ = parse_bracketed(&free, options);
            let _ = parse_bracketed(&format!("(10){tail}({free}"), options);
        }
        let _ = parse_element_string(&format!("^{free}"));
        let _ = parse_element_string(&format!("^10{free}^01{tail}"));
    }
}
