use alloc::string::ToString as _;
use alloc::vec::Vec;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::hash::Hash;
use crate::note::{Note, VerifierKey, VerifyNoteError};
use crate::tree::TreeSize;

fn signing_key(seed: &Value) -> SigningKey {
    SigningKey::from_bytes(&hex::decode(seed.as_str().unwrap()).unwrap().try_into().unwrap())
}

#[test]
fn our_vectors_are_made_and_verify() {
    let vectors: Value = serde_json::from_str(include_str!("../../tests/vectors/tlog.json")).unwrap();
    let key = signing_key(&vectors["witness"]["seed"]);
    let witness: VerifierKey = vectors["witness"]["vkey"].as_str().unwrap().parse().unwrap();
    let log: VerifierKey = vectors["log"]["vkey"].as_str().unwrap().parse().unwrap();
    for case in vectors["trees"].as_array().unwrap() {
        let mut note = Note::parse(case["checkpoint"].as_str().unwrap().as_bytes()).unwrap();
        let time = CosignatureTime::from_seconds(case["timestamp"].as_u64().unwrap()).unwrap();
        let line = cosign(&note.text().parse().unwrap(), witness.name(), &key, time);
        assert_eq!(line.to_string() + "\n", case["witness_line"].as_str().unwrap());
        note.add_signature(line).unwrap();
        let times: Vec<_> = note.verify(&[&log, &witness]).unwrap().iter().map(|signature| signature.time).collect();
        assert_eq!(times, [None, Some(time)]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_turned_bit_is_noticed(seconds in 0..=SECONDS_MAX, size: u64, at in 0..72_usize * 8) {
        let key = SigningKey::from_bytes(&[9; 32]);
        let public = PublicKey::from_bytes(key.verifying_key().to_bytes());
        let checkpoint = Checkpoint::new("log".parse().unwrap(), TreeSize::new(size), Hash::ZERO);
        let time = CosignatureTime::from_seconds(seconds).unwrap();
        let line = cosign(&checkpoint, &"witness".parse().unwrap(), &key, time);
        let text = checkpoint.to_string();
        prop_assert_eq!(verify_cosignature(&text, &public, line.bytes()), Ok(time));
        let mut bytes = line.bytes().to_vec();
        bytes[at / 8] ^= 1 << (at % 8);
        prop_assert!(verify_cosignature(&text, &public, &bytes).is_err());
        prop_assert!(verify_cosignature(&text.replace("log", "lag"), &public, line.bytes()).is_err());
    }
}

#[test]
fn lengths_and_times_have_bounds() {
    let public = PublicKey::from_bytes(SigningKey::from_bytes(&[9; 32]).verifying_key().to_bytes());
    for got in [0, 7, 8, 71, 73] {
        let result = verify_cosignature("", &public, &Vec::from_iter(core::iter::repeat_n(0, got)));
        assert_eq!(result, Err(CosignatureError::Length { got }));
    }
    assert_eq!(verify_cosignature("", &public, &[0xff; 72]), Err(CosignatureError::Time));
    assert_eq!(verify_cosignature("", &public, &[0x7f; 72]), Err(CosignatureError::Signature));
    assert_eq!(CosignatureTime::from_seconds(1 << 63), None);
}

#[test]
fn a_plain_signature_is_no_cosignature() {
    let key = SigningKey::from_bytes(&[9; 32]);
    let public = PublicKey::from_bytes(key.verifying_key().to_bytes());
    let witness = VerifierKey::new("w".parse().unwrap(), SignatureType::CosignatureV1, public).unwrap();
    let note = Note::sign("text\n".into(), witness.name(), &key).unwrap();
    assert_eq!(note.verify(&[&witness]), Err(VerifyNoteError::NoKnownSignature));
    let line = NoteSignature::new(witness.name().clone(), witness.id(), note.signatures()[0].bytes().to_vec()).unwrap();
    let mut note = note;
    note.add_signature(line).unwrap();
    assert!(matches!(note.verify(&[&witness]), Err(VerifyNoteError::InvalidSignature { .. })));
}
