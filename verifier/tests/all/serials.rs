//! Serials of packs, judged by both verifiers: made here, kept in `tests/vectors/serials.json`, read by the browser's tests too.
//! `NGUON_WRITE_VECTORS=1` writes the file anew.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nguon_ledger::hash::Hash;
use nguon_verifier::bundle::{Bundle, Options, Pack, Trust, verify_bundle, verify_pack};
use nguon_verifier::verdict::{CheckName, Verdict};
use serde_json::{Value, json};

use crate::fixture::{path, root_of, vkey};
use crate::story::{CANNA, NOODLES, PACKS, Story, transform};

const COUNT: u64 = 11;

/// The serials of the packs, ascending.
fn serials() -> Vec<String> {
    let mut serials: Vec<_> = (0..COUNT)
        .map(|n| Hash::of(&n.to_be_bytes()).to_string().to_uppercase().chars().take(16).collect::<String>())
        .collect();
    serials.sort_unstable();
    serials
}

fn leaves() -> Vec<Hash> {
    serials().iter().map(|serial| Hash::of_leaf(serial.as_bytes())).collect()
}

/// A bundle of a lot of so many packs, with a commitment to serials or without; there is enough for 300.
fn bundle(packed: f64, is_committed: bool) -> Value {
    let mut story = Story::begin();
    story.harvest(CANNA, 1_000);
    let process = transform("process", &[(CANNA, 1_000.0, "KGM")], &[(NOODLES, 150.0, "KGM", "noodles")]);
    story.coop_event(&process, &[CANNA, NOODLES]);
    let mut pack = transform("pack", &[(NOODLES, 150.0, "KGM")], &[(PACKS, packed, "", "packs")]);
    if is_committed {
        pack["serials"] = json!({"count": COUNT, "root": root_of(&leaves()).to_string()});
    }
    story.coop_event(&pack, &[NOODLES, PACKS]);
    story.ledger.bundle(PACKS, 0..story.ledger.len())
}

fn proof(index: usize) -> Value {
    let hashes: Vec<_> = path(&leaves(), index).iter().map(|hash| STANDARD.encode(hash.as_bytes())).collect();
    json!({"v": 1, "lot": PACKS, "serial": serials()[index], "index": index, "count": COUNT, "hashes": hashes})
}

fn bent(change: impl FnOnce(&mut Value)) -> Option<String> {
    let mut proof = proof(4);
    change(&mut proof);
    Some(proof.to_string())
}

/// What is asked: which bundle, which serial, with which proof; and what must come out.
fn cases() -> Vec<(&'static str, String, Option<String>, &'static str)> {
    let all = serials();
    let fourth = || all[4].clone();
    let mut cases: Vec<_> = all
        .iter()
        .enumerate()
        .map(|(index, serial)| ("committed", serial.clone(), Some(proof(index).to_string()), "passed"))
        .collect();
    let long: Vec<_> = (0..64).map(|_| STANDARD.encode([7; 32])).collect();
    cases.extend([
        ("committed", fourth(), None, "not_checked"),
        ("none", fourth(), Some(proof(4).to_string()), "not_checked"),
        ("refused", fourth(), Some(proof(4).to_string()), "not_checked"),
        ("committed", fourth(), Some(proof(5).to_string()), "failed"),
        ("committed", "0000000000000000".into(), bent(|proof| proof["serial"] = json!("0000000000000000")), "failed"),
        ("committed", fourth(), bent(|proof| proof["lot"] = json!(NOODLES)), "failed"),
        ("committed", fourth(), bent(|proof| proof["index"] = json!(5)), "failed"),
        ("committed", fourth(), bent(|proof| proof["index"] = json!(COUNT)), "failed"),
        ("committed", fourth(), bent(|proof| proof["index"] = json!(-1)), "failed"),
        ("committed", fourth(), bent(|proof| proof["index"] = json!("4")), "failed"),
        ("committed", fourth(), bent(|proof| proof["count"] = json!(COUNT + 1)), "failed"),
        ("committed", fourth(), bent(|proof| proof["hashes"][1] = json!(STANDARD.encode([1; 32]))), "failed"),
        ("committed", fourth(), bent(|proof| proof["hashes"][0] = json!(STANDARD.encode([1; 31]))), "failed"),
        ("committed", fourth(), bent(|proof| proof["hashes"] = json!([])), "failed"),
        ("committed", fourth(), bent(|proof| proof["hashes"] = json!(long)), "failed"),
        ("committed", fourth(), bent(|proof| proof["hashes"] = json!("AAAA")), "failed"),
        ("committed", fourth(), bent(|proof| proof["v"] = json!(2)), "failed"),
        ("committed", fourth(), bent(|proof| proof["more"] = json!(1)), "failed"),
        ("committed", fourth(), bent(|proof| drop(proof.as_object_mut().unwrap().remove("count"))), "failed"),
        ("committed", fourth(), Some("[]".into()), "failed"),
        ("committed", fourth(), Some("not json".into()), "failed"),
        ("committed", fourth(), Some(String::new()), "failed"),
    ]);
    cases
}

fn bundles() -> Value {
    json!({"committed": bundle(300.0, true), "none": bundle(300.0, false), "refused": bundle(400.0, true)})
}

fn judge(bundles: &Value, name: &str, serial: &str, proof: Option<&str>) -> Verdict {
    let bundle = Bundle::parse(bundles[name].to_string().as_bytes()).unwrap();
    let key = vkey();
    verify_pack(&bundle, &Options::new(Trust::Key(&key)), Pack { serial, proof: proof.map(str::as_bytes) })
}

#[test]
fn a_pack_is_the_lots_only_by_a_proof_to_the_root_in_the_ledger() {
    let bundles = bundles();
    for (name, serial, proof, expected) in cases() {
        let verdict = judge(&bundles, name, &serial, proof.as_deref());
        let check = verdict.checks.last().unwrap();
        assert_eq!(check.name, CheckName::SerialIncluded);
        assert_eq!(check.outcome.as_str(), expected, "{name} {serial} {proof:?}: {:?}", check.detail);
        assert_eq!(verdict.checks.len(), CheckName::ALL.len() + 1);
        assert_eq!(verdict.is_passed(), name != "refused" && expected != "failed");
    }
    let bundle = Bundle::parse(bundles["committed"].to_string().as_bytes()).unwrap();
    let verdict = verify_bundle(&bundle, &Options::new(Trust::Key(&vkey())));
    assert!(verdict.check(CheckName::SerialIncluded).is_none(), "nobody asked about a pack");
}

#[test]
fn the_shared_file_is_these_cases() {
    let cases: Vec<_> = cases()
        .into_iter()
        .map(|(bundle, serial, proof, expected)| {
            json!({"bundle": bundle, "serial": serial, "proof": proof, "expected": expected})
        })
        .collect();
    let text = format!("{:#}\n", json!({"vkey": vkey().to_string(), "bundles": bundles(), "cases": cases}));
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/serials.json");
    if std::env::var_os("NGUON_WRITE_VECTORS").is_some_and(|value| value == "1") {
        std::fs::write(file, &text).unwrap();
    }
    assert!(std::fs::read_to_string(file).unwrap() == text, "run again with NGUON_WRITE_VECTORS=1");
}
