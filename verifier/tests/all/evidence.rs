//! Evidence files: the same parts give the same bytes, every change is found, and what comes from elsewhere cannot do harm.

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

use nguon_ledger::hash::Hash;
use nguon_ledger::identifier::{LotUri, Origin};
use nguon_ledger::key::Keys;
use nguon_ledger::note::VerifierKey;
use nguon_ledger::tree::LeafIndex;
use nguon_verifier::audit::Opened;
use nguon_verifier::bundle::{Bundle, Gatherer, Options, Trust, verify_bundle};
use nguon_verifier::evidence::{self, Evidence, EvidenceVerdict, Parts, Timestamps, check};
use nguon_verifier::verdict::Outcome;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixture::{ORIGIN, vkey};
use crate::story::{NOODLES, PACKS, Story, object};

mod archive;
mod vectors;

pub(crate) const PHOTO: &[u8] = include_bytes!("../../../tests/vectors/evidence/photo.png");
pub(crate) const PAPER: &[u8] = b"%PDF-1.4 a paper that nobody reads\n";

/// What a file of the tests is made of.
pub(crate) struct Made {
    pub(crate) bundle: String,
    pub(crate) policy: String,
    pub(crate) blobs: BTreeMap<Hash, Vec<u8>>,
    pub(crate) ots: Option<Vec<u8>>,
}

pub(crate) fn blob(media_type: &str, bytes: &[u8]) -> Value {
    json!({"sha256": Hash::of(bytes).to_string(), "mediaType": media_type, "bytes": bytes.len()})
}

/// The story of the packs, with a photo and a paper, and a key of the co-op that was added and revoked.
pub(crate) fn story() -> Story {
    let mut story = Story::sold();
    let mut event = object("OBSERVE", "inspecting", NOODLES, &json!(1));
    event["quantityList"] = json!([{"epcClass": NOODLES}]);
    let certificate = json!({"scheme": "OCOP", "issuer": "Certifier", "file": blob("application/pdf", PAPER)});
    let body = json!({
        "verb": "inspect", "event": event, "certificate": certificate, "media": [blob("image/png", PHOTO)],
        "note": "drying racks are clean",
    });
    story.ledger.add(&mut story.inspector, "event", &body, &[NOODLES]);
    let uri = story.coop.uri();
    let other = crate::fixture::Person::new(7, "coop").hex();
    for change in ["add", "revoke"] {
        story.ledger.add(&mut story.coop, "key", &json!({"actor": uri, change: other}), &[]);
    }
    story
}

impl Made {
    pub(crate) fn good() -> Self {
        let story = story();
        let blobs = [PHOTO, PAPER].map(|bytes| (Hash::of(bytes), bytes.to_vec()));
        Self {
            bundle: story.ledger.bundle(PACKS, story.of_packs()).to_string(),
            policy: format!("log {}\nquorum none\n", vkey()),
            blobs: BTreeMap::from(blobs),
            ots: None,
        }
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        let bundle = Bundle::parse(self.bundle.as_bytes()).unwrap();
        let parts = Parts {
            bundle: self.bundle.as_bytes(),
            policy: self.policy.as_bytes(),
            blobs: &self.blobs,
            timestamps: Timestamps { rfc3161: None, ots: self.ots.as_deref() },
            summaries: ["t\u{f3}m t\u{1eaf}t\n", "summary\n"],
            page: "<!doctype html>\n",
        };
        evidence::write(&bundle, &parts).unwrap()
    }
}

/// The verdict, or why there is none.
pub(crate) fn judge(bytes: &[u8]) -> Result<EvidenceVerdict, String> {
    let key: VerifierKey = vkey();
    let evidence = Evidence::read(bytes).map_err(|error| error.to_string())?;
    Ok(check(&evidence, Some(Trust::Key(&key))))
}

/// Whether a file is found to be good in every way.
fn is_good(bytes: &[u8]) -> bool {
    judge(bytes).is_ok_and(|verdict| verdict.is_passed())
}

#[test]
fn the_same_parts_give_the_same_bytes_and_a_good_verdict() {
    let made = Made::good();
    let bytes = made.write();
    assert_eq!(bytes, made.write());
    let verdict = judge(&bytes).unwrap();
    assert!(verdict.is_passed(), "{}", verdict.to_json());
    assert!(verdict.files.iter().all(|result| result.outcome == Outcome::Passed), "{}", verdict.to_json());
    let json: Value = serde_json::from_str(&verdict.to_json()).unwrap();
    assert_eq!(json["bundle"]["checks"].as_array().unwrap().len(), 11);
}

#[test]
fn another_reader_of_zip_finds_the_same_files() {
    let bytes = Made::good().write();
    let evidence = Evidence::read(&bytes).unwrap();
    let mut other = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
    assert_eq!(other.len(), evidence.files().count());
    for (name, expected) in evidence.files() {
        let mut found = Vec::new();
        other.by_name(name).unwrap().read_to_end(&mut found).unwrap();
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn a_changed_byte_in_any_file_is_found() {
    let bytes = Made::good().write();
    let evidence = Evidence::read(&bytes).unwrap();
    let mut files = 0;
    for (name, content) in evidence.files() {
        let start = content.as_ptr().addr() - bytes.as_ptr().addr();
        for place in [0, content.len() / 2, content.len() - 1] {
            let mut changed = bytes.clone();
            changed[start + place] ^= 1;
            let verdict = judge(&changed).unwrap();
            let json = verdict.to_json();
            assert!(!verdict.is_passed() && json.contains(name), "{name} at {place}: {json}");
        }
        files += 1;
    }
    assert!(files > 40, "{files} files");
}

#[test]
fn what_follows_from_the_bundle_must_follow_from_it() {
    let bytes = Made::good().write();
    let evidence = Evidence::read(&bytes).unwrap();
    let derived = |name: &str| {
        ["checkpoint", "keys.json"].contains(&name) || name.starts_with("entries/") || name.starts_with("proofs/")
    };
    for (name, content) in evidence.files().filter(|(name, _)| derived(name)) {
        let mut changed = content.to_vec();
        changed.push(b'\n');
        let forged = archive::with(&evidence, name, Some(&changed));
        let json = judge(&forged).unwrap().to_json();
        let failed = format!(r#""name":"copies","result":"failed","detail":"{name} is not what"#);
        assert!(json.contains(r#""name":"sums","result":"passed""#) && json.contains(&failed), "{name}: {json}");
        assert!(!is_good(&archive::with(&evidence, name, None)), "{name} left out");
    }
    for name in ["more.txt", "entries/99.bin", "blobs/x", "proofs/0.tlog-proof.bin"] {
        assert!(!is_good(&archive::with(&evidence, name, Some(b"x"))), "{name} added");
    }
}

#[test]
fn photos_are_those_that_statements_name() {
    let mut made = Made::good();
    let is = |made: &Made, result: &str| {
        let json = judge(&made.write()).unwrap().to_json();
        assert!(json.contains(&format!(r#""name":"blobs","result":"{result}""#)), "{result}: {json}");
    };
    made.blobs.insert(Hash::of(PHOTO), b"another photo".to_vec());
    is(&made, "failed");
    made.blobs.remove(&Hash::of(PHOTO));
    is(&made, "not_checked");
    assert!(is_good(&made.write()), "an erased photo does not make the records false");
    made.blobs.insert(Hash::of(b"nobody names it"), b"nobody names it".to_vec());
    is(&made, "failed");
}

#[test]
fn a_bundle_that_fails_is_evidence_all_the_same() {
    let mut made = Made::good();
    let mut bundle: Value = serde_json::from_str(&made.bundle).unwrap();
    bundle["entries"].as_array_mut().unwrap().remove(9);
    made.bundle = bundle.to_string();
    let verdict = judge(&made.write()).unwrap();
    assert!(!verdict.is_passed() && !verdict.verdict.clone().unwrap().is_passed());
    assert!(verdict.files.iter().all(|result| result.outcome != Outcome::Failed), "{}", verdict.to_json());
}

#[test]
fn a_timestamp_is_carried_and_not_judged() {
    let made = Made { ots: Some(b"a proof of another kind".to_vec()), ..Made::good() };
    let bytes = made.write();
    assert!(Evidence::read(&bytes).unwrap().timestamps().ots.is_some());
    let json = judge(&bytes).unwrap().to_json();
    assert!(json.contains(r#""name":"timestamps","result":"not_checked""#), "{json}");
    assert!(is_good(&bytes));
}

#[test]
fn the_key_history_tells_who_said_what_of_whose_key() {
    let bytes = Made::good().write();
    let keys: Value = serde_json::from_slice(Evidence::read(&bytes).unwrap().get("keys.json").unwrap()).unwrap();
    let story = story();
    let signers = keys["signers"].as_array().unwrap();
    assert_eq!(signers.len(), 5);
    let coop = signers.iter().find(|signer| signer["key"] == json!(story.coop.hex())).unwrap();
    assert_eq!(coop["actor"], json!(story.coop.uri()));
    assert_eq!(coop["history"][0]["entry"], 1);
    assert_eq!(coop["history"][0]["by"], json!(story.operator.hex()));
}

#[test]
fn whoever_has_the_log_makes_the_same_bundle_as_the_node() {
    let story = story();
    let origin = Origin::parse(ORIGIN).unwrap();
    let mut gatherer = Gatherer::new(origin.clone());
    let mut keys = Keys::new();
    for entry in &story.ledger.entries {
        let stated = Opened::new(entry, &mut keys).read();
        gatherer.learn(stated.leaf_hash(), stated.parts());
    }
    let lot = LotUri::parse(&origin, PACKS).unwrap();
    let chosen = gatherer.choose(&lot);
    let expected: Vec<_> = story.of_packs().into_iter().map(LeafIndex::new).collect();
    assert_eq!(chosen.iter().copied().collect::<Vec<_>>(), expected);
    let place = |index: &LeafIndex| usize::try_from(index.get()).unwrap();
    let entries = chosen.iter().map(|index| (*index, story.ledger.entries[place(index)].clone())).collect();
    let text = gatherer.bundle(&lot, &story.ledger.signed(), &entries).unwrap();
    let made: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(made, story.ledger.bundle(PACKS, story.of_packs()));
    let bundle = Bundle::parse(text.as_bytes()).unwrap();
    assert!(verify_bundle(&bundle, &Options::new(Trust::Key(&vkey()))).is_passed());
    let nobody = LotUri::own(&origin, "N0B0DY000001").unwrap();
    assert!(gatherer.choose(&nobody).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// No other byte anywhere leaves a file good.
    #[test]
    fn no_changed_file_is_good(place: usize, change in 1..=u8::MAX) {
        let mut bytes = Made::good().write();
        let place = place % bytes.len();
        bytes[place] ^= change;
        prop_assert!(!is_good(&bytes), "at {place}");
    }

    /// Nothing makes the reader panic, and nothing it takes has more bytes than were given.
    #[test]
    fn anything_may_be_read(mut bytes: Vec<u8>, keep in 0_usize..4096, insert: Vec<u8>) {
        let good = Made::good().write();
        let mut mixed = good.get(..keep).unwrap_or_default().to_vec();
        mixed.append(&mut bytes);
        mixed.extend(insert);
        mixed.extend_from_slice(good.get(keep..).unwrap_or_default());
        if let Ok(evidence) = Evidence::read(&mixed) {
            prop_assert!(evidence.files().map(|(_, bytes)| bytes.len()).sum::<usize>() <= mixed.len());
        }
    }
}
