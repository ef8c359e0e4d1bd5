use alloc::string::{String, ToString as _};
use alloc::{format, vec};

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::policy::Quorum;

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../tests/vectors/tlog.json")).unwrap()
}

fn policy(vectors: &Value, quorum: &str) -> Policy {
    let (log, witness) = (vectors["log"]["vkey"].as_str().unwrap(), vectors["witness"]["vkey"].as_str().unwrap());
    Policy::parse(format!("log {log}\nwitness w {witness}\nquorum {quorum}\n").as_bytes()).unwrap()
}

/// The file for the largest tree of the vectors, and the entry it proves.
fn largest() -> (String, String) {
    let vectors = vectors();
    let case = vectors["trees"].as_array().unwrap().last().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_string();
    (text(&case["tlog_proof"]), text(&case["incl"]["entry"]))
}

#[test]
fn our_vectors_verify() {
    let vectors = vectors();
    let policy = policy(&vectors, "w");
    let mut count = 0;
    for case in vectors["trees"].as_array().unwrap() {
        let Some(file) = case["tlog_proof"].as_str() else { continue };
        let proof = TlogProof::parse(file.as_bytes()).unwrap();
        assert_eq!(proof.to_string(), file);
        let leaf = Hash::of_leaf(case["incl"]["entry"].as_str().unwrap().as_bytes());
        let proven = proof.verify(&leaf, &policy).unwrap();
        assert_eq!(proven.index.get(), case["incl"]["index"].as_u64().unwrap());
        assert_eq!(proven.checkpoint.checkpoint().size().get(), case["size"].as_u64().unwrap());
        assert_eq!(proven.evaluation.quorum(), Quorum::Met);
        let time = proven.evaluation.cosignatures()[0].time;
        assert_eq!(time.seconds(), case["timestamp"].as_u64().unwrap());
        let parts = TlogProof::new(proof.index(), proof.proof().clone(), proof.checkpoint().clone());
        assert_eq!(parts, proof);
        count += 1;
    }
    assert_eq!(count, 8);
}

#[test]
fn a_proof_needs_leaf_log_and_witness() {
    let (file, entry) = largest();
    let vectors = vectors();
    let (with, without) = (policy(&vectors, "w"), policy(&vectors, "none"));
    let leaf = Hash::of_leaf(entry.as_bytes());
    let proof = TlogProof::parse(file.as_bytes()).unwrap();
    let other_leaf = proof.verify(&Hash::of_leaf(b"other"), &with);
    assert_eq!(other_leaf, Err(VerifyTlogProofError::Inclusion(InclusionError::WrongRoot)));

    let last_line = file.trim_end().rfind('\n').unwrap();
    let (bare, _) = file.split_at(last_line + 1);
    let proof = TlogProof::parse(bare.as_bytes()).unwrap();
    let no_quorum = Err(VerifyTlogProofError::Checkpoint(AcceptCheckpointError::QuorumNotMet { got: 0 }));
    assert_eq!(proof.verify(&leaf, &with), no_quorum);
    assert_eq!(proof.verify(&leaf, &without).unwrap().evaluation.quorum(), Quorum::NotRequired);

    let nobody = Policy::parse(b"quorum none").unwrap();
    let result = proof.verify(&leaf, &nobody);
    assert!(matches!(result, Err(VerifyTlogProofError::Checkpoint(AcceptCheckpointError::Open(_)))));
}

#[test]
fn extra_bytes_are_carried() {
    let (file, entry) = largest();
    let file = file.replacen("index", "extra AQID\nindex", 1);
    let proof = TlogProof::parse(file.as_bytes()).unwrap();
    assert_eq!(proof.extra(), Some([1, 2, 3].as_slice()));
    assert_eq!(proof.to_string(), file);
    assert!(proof.verify(&Hash::of_leaf(entry.as_bytes()), &policy(&vectors(), "w")).is_ok());
}

#[test]
fn malformed_files_are_refused() {
    let (file, _) = largest();
    let hash = encode_hash(&Hash::ZERO);
    let long = format!("index 5\n{}", vec![hash.as_str(); 64].join("\n"));
    let head = |lines: &str| format!("{HEADER}\n{lines}\n\n{}", file.split_once("\n\n").unwrap().1);
    assert!(TlogProof::parse(head("index 5").as_bytes()).is_ok());
    for (text, error) in [
        (String::new(), ParseTlogProofError::Shape),
        (file.replace("\n\n", "\n"), ParseTlogProofError::Shape),
        (file.replace("@v1", "@v2"), ParseTlogProofError::Header),
        (format!(" {file}"), ParseTlogProofError::Header),
        (format!("{HEADER}\n\n"), ParseTlogProofError::Index),
        (head("extra AQID"), ParseTlogProofError::Index),
        (head("extra \nindex 5"), ParseTlogProofError::Extra),
        (head("extra AQI\nindex 5"), ParseTlogProofError::Extra),
        (head("index 5\nextra AQID"), ParseTlogProofError::Hash { line: 0 }),
        (head("extra AQID\nextra AQID\nindex 5"), ParseTlogProofError::Index),
        (head("index 05"), ParseTlogProofError::Index),
        (head("index +5"), ParseTlogProofError::Index),
        (head("index"), ParseTlogProofError::Index),
        (head(&format!("index 5\n{hash}\nAAAA")), ParseTlogProofError::Hash { line: 1 }),
        (head(&long), ParseTlogProofError::TooLong(ProofTooLong { got: 64 })),
        (format!("{HEADER}\nindex 5\n\n"), ParseTlogProofError::Checkpoint(ParseNoteError::Unsigned)),
        (file.trim_end().to_string(), ParseTlogProofError::Checkpoint(ParseNoteError::Unsigned)),
    ] {
        assert_eq!(TlogProof::parse(text.as_bytes()), Err(error), "{text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_turned_bit_is_noticed(at: u16) {
        let (file, entry) = largest();
        let mut bytes = file.into_bytes();
        let at = usize::from(at) % (bytes.len() * 8);
        bytes[at / 8] ^= 1 << (at % 8);
        let leaf = Hash::of_leaf(entry.as_bytes());
        let policy = policy(&vectors(), "w");
        prop_assert!(TlogProof::parse(&bytes).map_or(true, |proof| proof.verify(&leaf, &policy).is_err()));
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        let bytes = [HEADER.as_bytes(), b"\nindex 1\n", &bytes].concat();
        prop_assert!(TlogProof::parse(&bytes).is_err());
    }
}
