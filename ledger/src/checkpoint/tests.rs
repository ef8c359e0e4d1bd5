use alloc::string::ToString as _;
use alloc::vec;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::tree::CompactTree;

fn vectors(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn signing_key(seed: &Value) -> SigningKey {
    SigningKey::from_bytes(&hex::decode(seed.as_str().unwrap()).unwrap().try_into().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn checkpoints_read_the_same_elsewhere(
        origin in "[a-z./]{1,12}", size: u64, root: [u8; 32], extensions in prop::collection::vec("[!-~]{1,9}", 0..3),
    ) {
        let root = Hash::from_bytes(root);
        let ours = Checkpoint { extensions, ..Checkpoint::new(origin.parse().unwrap(), TreeSize::new(size), root) };
        let text = ours.to_string();
        prop_assert_eq!(text.parse(), Ok(ours));
        let theirs = tlog_tiles::Checkpoint::from_bytes(text.as_bytes()).unwrap();
        prop_assert_eq!(theirs.origin(), origin);
        prop_assert_eq!(theirs.size(), size);
        prop_assert_eq!(&theirs.hash().0, root.as_bytes());
        prop_assert_eq!(theirs.to_bytes(), text.as_bytes());
    }

    #[test]
    fn whatever_parses_has_that_one_spelling(text in "[a ]{0,2}\n0?[0-9]{0,2}\n[A/+=]{43}[=A]\n{1,2}([a\t]{0,2}\n){0,2}") {
        if let Ok(checkpoint) = text.parse::<Checkpoint>() {
            prop_assert_eq!(checkpoint.to_string(), text);
        }
    }
}

#[test]
fn our_vectors_are_made_and_opened() {
    let tlog = vectors(include_str!("../../tests/vectors/tlog.json"));
    let (key, log) = (signing_key(&tlog["log"]["seed"]), tlog["log"]["vkey"].as_str().unwrap());
    let log: VerifierKey = log.parse().unwrap();
    for case in tlog["trees"].as_array().unwrap() {
        let bytes = case["checkpoint"].as_str().unwrap();
        let opened = SignedCheckpoint::open(bytes.as_bytes(), &log).unwrap();
        assert_eq!(opened.checkpoint().size().get(), case["size"].as_u64().unwrap());
        assert_eq!(encode_hash(&opened.checkpoint().root()), case["root_b64"].as_str().unwrap());
        let made = SignedCheckpoint::sign(opened.checkpoint().clone(), &key).unwrap();
        assert_eq!(made, opened);
        assert_eq!(made.to_string(), bytes);
    }
}

#[test]
fn only_the_log_itself_can_sign() {
    let key = SigningKey::from_bytes(&[1; 32]);
    let log: KeyName = "example.com/log".parse().unwrap();
    let checkpoint = Checkpoint::new(log, TreeSize::new(1), Hash::ZERO);
    let signed = SignedCheckpoint::sign(checkpoint.clone(), &key).unwrap();
    let bytes = signed.to_string().into_bytes();
    let public = signed.log().public_key();
    let named = |name: &str, kind| VerifierKey::new(name.parse().unwrap(), kind, public).unwrap();
    assert_eq!(SignedCheckpoint::open(&bytes, signed.log()).as_ref(), Ok(&signed));
    let unknown = Err(OpenCheckpointError::UnknownOrigin { origin: checkpoint.origin().clone() });
    assert_eq!(SignedCheckpoint::open(&bytes, &named("example.com", SignatureType::Ed25519)), unknown);
    assert_eq!(SignedCheckpoint::open(&bytes, &named("example.com/log", SignatureType::CosignatureV1)), unknown);
    assert_eq!(SignedCheckpoint::open_any(&bytes, []), unknown);
    let other = VerifierKey::new(
        checkpoint.origin().clone(),
        SignatureType::Ed25519,
        crate::key::PublicKey::from_bytes(SigningKey::from_bytes(&[2; 32]).verifying_key().to_bytes()),
    )
    .unwrap();
    let unsigned = Err(OpenCheckpointError::Signature(VerifyNoteError::NoKnownSignature));
    assert_eq!(SignedCheckpoint::open(&bytes, &other), unsigned);
    assert_eq!(SignedCheckpoint::open_any(&bytes, [&other, signed.log()]).as_ref(), Ok(&signed));
    // Under a foreign origin the same key's signature is worth nothing.
    let foreign =
        Note::sign("elsewhere\n1\n".to_string() + &encode_hash(&Hash::ZERO) + "\n", checkpoint.origin(), &key);
    let foreign = foreign.unwrap().to_string();
    let result = SignedCheckpoint::open(foreign.as_bytes(), signed.log());
    assert!(matches!(result, Err(OpenCheckpointError::UnknownOrigin { .. })));
}

#[test]
fn malformed_checkpoints_are_refused() {
    let root = encode_hash(&Hash::ZERO);
    let parse = |text: &str| text.replace("ROOT", &root).parse::<Checkpoint>();
    assert_eq!(parse("a\n1\nROOT\nx\n").map(|checkpoint| checkpoint.extensions), Ok(vec!["x".into()]));
    for (text, error) in [
        ("", CheckpointError::TooShort),
        ("a\n1\nROOT", CheckpointError::TooShort),
        ("a\n1\n", CheckpointError::TooShort),
        ("\n1\nROOT\n", CheckpointError::Origin(KeyNameError)),
        ("a b\n1\nROOT\n", CheckpointError::Origin(KeyNameError)),
        ("a\n\nROOT\n", CheckpointError::Size(DecimalError)),
        ("a\n01\nROOT\n", CheckpointError::Size(DecimalError)),
        ("a\n+1\nROOT\n", CheckpointError::Size(DecimalError)),
        ("a\n18446744073709551616\nROOT\n", CheckpointError::Size(DecimalError)),
        ("a\n1\nROOT=\n", CheckpointError::Root),
        ("a\n1\nAAAA\n", CheckpointError::Root),
        ("a\n1\nROOT\n\n", CheckpointError::Extension { line: 0 }),
        ("a\n1\nROOT\nx\n\ny\n", CheckpointError::Extension { line: 1 }),
        ("a\n1\nROOT\nx\r\n", CheckpointError::Extension { line: 0 }),
    ] {
        assert_eq!(parse(text), Err(error), "{text:?}");
    }
}

#[test]
fn checkpoints_of_the_ledger_vectors_are_made_again() {
    let ledger = vectors(include_str!("../../tests/vectors/nguon.json"));
    let key = signing_key(&ledger["log_seed"]);
    let origin: KeyName = ledger["origin"].as_str().unwrap().parse().unwrap();
    let mut tree = CompactTree::new();
    for entry in ledger["entries"].as_array().unwrap() {
        let bytes = BASE64_STANDARD.decode(entry["entry"].as_str().unwrap()).unwrap();
        tree.push(Hash::of_leaf(&bytes));
        let signed = SignedCheckpoint::sign(Checkpoint::new(origin.clone(), tree.size(), tree.root()), &key).unwrap();
        assert_eq!(signed.to_string(), entry["checkpoint"].as_str().unwrap());
        assert_eq!(signed.log().to_string(), ledger["vkey"].as_str().unwrap());
    }
    let log: VerifierKey = ledger["vkey"].as_str().unwrap().parse().unwrap();
    let last = SignedCheckpoint::open(ledger["checkpoint"].as_str().unwrap().as_bytes(), &log).unwrap();
    assert_eq!(last.checkpoint().size().get(), ledger["size"].as_u64().unwrap());
}
