//! The evidence files shared with the browser's verifier: made here, kept under `tests/vectors/evidence`, judged by both.
//! `NGUON_WRITE_VECTORS=1` writes the files anew.

use std::path::PathBuf;

use nguon_ledger::hash::Hash;
use nguon_verifier::evidence::Evidence;
use nguon_verifier::verdict::Outcome;
use serde_json::{Value, json};

use super::{Made, PHOTO, archive, judge};
use crate::fixture::vkey;

/// A file and what must come out: the checks of the file that do not pass, and of the bundle.
struct Case {
    file: &'static str,
    bytes: Vec<u8>,
    files: &'static [(&'static str, &'static str)],
    bundle: &'static [&'static str],
}

fn cases() -> Vec<Case> {
    let made = Made::good();
    let good = made.write();
    let evidence = Evidence::read(&good).unwrap();
    let forged = |name, bytes: &[u8]| archive::with(&evidence, name, Some(bytes));
    let keys = String::from_utf8(evidence.get("keys.json").unwrap().to_vec()).unwrap();
    let mut withheld = Made::good();
    withheld.blobs.remove(&Hash::of(PHOTO));
    let mut cut = Made::good();
    let mut bundle: Value = serde_json::from_str(&cut.bundle).unwrap();
    bundle["entries"].as_array_mut().unwrap().remove(11);
    cut.bundle = bundle.to_string();
    let stamped = Made { ots: Some(b"not looked at".to_vec()), ..Made::good() };
    let mut flipped = good.clone();
    let photo = good.windows(PHOTO.len()).position(|window| window == PHOTO).unwrap();
    flipped[photo + 100] ^= 1;
    let case = |file, bytes, files, bundle| Case { file, bytes, files, bundle };
    vec![
        case("good.zip", good.clone(), &[], &[]),
        case("photo-withheld.zip", withheld.write(), &[("blobs", "not_checked")], &[]),
        case("timestamped.zip", stamped.write(), &[("timestamps", "not_checked")], &[]),
        case("photo-changed.zip", flipped, &[("sums", "failed"), ("blobs", "failed")], &[]),
        case("entry-left-out.zip", cut.write(), &[("blobs", "passed")], &["lot_chain_complete", "rules"]),
        case(
            "keys-forged.zip",
            forged("keys.json", keys.replace("added", "added-").as_bytes()),
            &[("copies", "failed")],
            &[],
        ),
        case("entry-forged.zip", forged("entries/9.bin", b"\x01"), &[("copies", "failed")], &[]),
        case("proof-added.zip", forged("proofs/99.tlog-proof", b"x"), &[("copies", "failed")], &[]),
        case("policy-unreadable.zip", forged("trust.policy", b"trust me"), &[("copies", "failed")], &[]),
        case(
            "bundle-unreadable.zip",
            forged("bundle.json", b"{}"),
            &[("copies", "failed"), ("blobs", "not_checked")],
            &[],
        ),
    ]
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/evidence").join(name)
}

#[test]
fn every_shared_file_is_judged_as_written() {
    let mut index = Vec::new();
    for Case { file, bytes, files, bundle } in cases() {
        let verdict = judge(&bytes).unwrap();
        let found: Vec<_> =
            verdict.files.iter().map(|result| (result.name.as_str(), result.outcome.as_str())).collect();
        for (name, outcome) in &found {
            let expected = files.iter().find(|(other, _)| other == name).map_or("passed", |(_, outcome)| outcome);
            assert_eq!(*outcome, expected, "{file} {name}: {}", verdict.to_json());
        }
        assert!(files.iter().all(|(name, _)| found.iter().any(|(other, _)| other == name)), "{file}");
        let checks = verdict.verdict.iter().flat_map(|verdict| &verdict.checks);
        let failed: Vec<_> =
            checks.filter(|check| check.outcome == Outcome::Failed).map(|check| check.name.as_str()).collect();
        assert_eq!(failed, bundle, "{file}: {}", verdict.to_json());
        let found: Vec<_> = found.iter().map(|(name, result)| json!({"name": name, "result": result})).collect();
        index.push(json!({"file": file, "files": found, "failed": failed, "passed": verdict.is_passed()}));
        if std::env::var_os("NGUON_WRITE_VECTORS").is_some() {
            std::fs::write(path(file), &bytes).unwrap();
        }
        assert_eq!(std::fs::read(path(file)).unwrap(), bytes, "{file}: write the vectors anew");
    }
    let text = format!("{:#}\n", json!({"vkey": vkey().to_string(), "cases": index}));
    if std::env::var_os("NGUON_WRITE_VECTORS").is_some() {
        std::fs::write(path("index.json"), &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path("index.json")).unwrap(), text);
}
