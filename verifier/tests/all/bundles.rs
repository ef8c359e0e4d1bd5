//! Proof bundles as they are read.

use nguon_verifier::bundle::{Bundle, Options, ReadBundleError, Trust, verify_bundle};
use nguon_verifier::verdict::CheckName;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixture::vkey;
use crate::story::{PACKS, Story};

fn good() -> Value {
    let story = Story::sold();
    story.ledger.bundle(PACKS, story.of_packs())
}

#[test]
fn a_verdict_is_written_to_the_letter() {
    let mut bundle = good();
    bundle["checkpoint"] = json!("no note");
    bundle["lot"] = json!("a \"lot\"\n\u{1ed5}");
    bundle["entries"] = json!([]);
    let bundle = Bundle::parse(bundle.to_string().as_bytes()).unwrap();
    let verdict = verify_bundle(&bundle, &Options::new(Trust::Key(&vkey())));
    let expected = format!(
        concat!(
            r#"{{"v":1,"verdict":"failed","lot":"a \"lot\"\u000a{}","size":null,"root":null,"vkey":"{}","checks":["#,
            r#"{{"name":"checkpoint_signed","result":"failed","detail":"the signature lines are missing or malformed"}},"#,
            r#"{{"name":"witness_quorum","result":"not_checked","detail":"no policy given"}},"#
        ),
        '\u{1ed5}',
        vkey()
    );
    let head = |text: &str| text.split("\"detail\"").next().unwrap().to_owned();
    assert_eq!(head(&verdict.to_json()), head(&expected));
    let json: Value = serde_json::from_str(&verdict.to_json()).unwrap();
    let names: Vec<_> =
        json["checks"].as_array().unwrap().iter().map(|check| check["name"].as_str().unwrap()).collect();
    assert_eq!(names, CheckName::ALL.iter().map(|check| check.as_str()).collect::<Vec<_>>());
}

#[test]
fn what_is_no_bundle_is_an_error() {
    let read = |change: &dyn Fn(&mut Value)| {
        let mut bundle = good();
        change(&mut bundle);
        Bundle::parse(bundle.to_string().as_bytes())
    };
    assert!(read(&|_| {}).is_ok_and(|bundle| bundle.len() == 17 && !bundle.is_empty() && bundle.lot() == PACKS));
    assert_eq!(read(&|bundle| bundle["v"] = json!(2)), Err(ReadBundleError::Version));
    type Change = fn(&mut Value);
    let changes: [(Change, &str); 9] = [
        (|bundle| bundle["more"] = json!(1), "bundle"),
        (|bundle| bundle["lot"] = json!(1), "lot"),
        (|bundle| bundle["vkey"] = json!(null), "vkey"),
        (|bundle| bundle["checkpoint"] = json!([]), "checkpoint"),
        (|bundle| bundle["entries"] = json!({}), "entries"),
        (|bundle| bundle["entries"][0]["more"] = json!(1), "entries[]"),
        (|bundle| bundle["entries"][0]["index"] = json!(-1), "index"),
        (|bundle| bundle["entries"][0]["entry"] = json!("AA"), "entry"),
        (|bundle| bundle["entries"][0]["proof"] = json!(["*"]), "proof[]"),
    ];
    for (change, field) in changes {
        assert_eq!(read(&change).unwrap_err().to_string(), format!("{field} is missing or not as the format says"));
    }
    for bytes in [b"".as_slice(), b"[]", b"{\"v\":1,\"v\":1}", b"\xff"] {
        assert!(Bundle::parse(bytes).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// No change of a bundle's text makes it pass and say something else.
    #[test]
    fn no_changed_bundle_passes_for_the_good_one(place: usize, byte: u8) {
        let text = good().to_string();
        let mut bytes = text.clone().into_bytes();
        let place = place % bytes.len();
        bytes[place] = byte;
        if let Ok(bundle) = Bundle::parse(&bytes) {
            let verdict = verify_bundle(&bundle, &Options::new(Trust::Key(&vkey())));
            let good = Bundle::parse(text.as_bytes()).unwrap();
            // The hint is nobody's word.
            let is_same = bundle == good || bundle.vkey() != good.vkey();
            prop_assert!(!verdict.is_passed() || is_same, "{}", verdict.to_json());
        }
    }
}
