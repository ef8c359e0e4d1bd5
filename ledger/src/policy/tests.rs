use alloc::string::ToString as _;
use alloc::{format, vec};

use ed25519_dalek::SigningKey;
use proptest::prelude::*;

use super::*;
use crate::checkpoint::Checkpoint;
use crate::cosignature::cosign;
use crate::hash::Hash;
use crate::key::PublicKey;
use crate::note::{KeyName, NoteSignature, SignatureType, VerifierKeyError};
use crate::tree::TreeSize;

const LOG_SEED: u8 = 200;

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn name(seed: u8) -> KeyName {
    format!("witness.example/w{seed}").parse().unwrap()
}

fn log_key(seed: u8) -> VerifierKey {
    let public = PublicKey::from_bytes(key(seed).verifying_key().to_bytes());
    VerifierKey::new("example.com/log".parse().unwrap(), SignatureType::Ed25519, public).unwrap()
}

fn witness_key(seed: u8) -> VerifierKey {
    let public = PublicKey::from_bytes(key(seed).verifying_key().to_bytes());
    VerifierKey::new(name(seed), SignatureType::CosignatureV1, public).unwrap()
}

/// Writes a policy with `LOG`, and `W1` to `W9` for the keys of witnesses.
fn filled(text: &str) -> String {
    let text = text.replace("LOG", &log_key(LOG_SEED).to_string());
    (1..=9).fold(text, |text, seed| text.replace(&format!("W{seed}"), &witness_key(seed).to_string()))
}

fn parse(text: &str) -> Result<Policy, PolicyError> {
    Policy::parse(filled(text).as_bytes())
}

fn line_error(text: &str) -> (usize, PolicyLineError) {
    match parse(text) {
        Err(PolicyError::Line { line, source }) => (line, source),
        other => panic!("{text:?} gives {other:?}"),
    }
}

fn checkpoint(cosigners: &[(u8, u64)]) -> SignedCheckpoint {
    let origin = "example.com/log".parse().unwrap();
    let checkpoint = Checkpoint::new(origin, TreeSize::new(1), Hash::of_leaf(b"leaf"));
    let mut signed = SignedCheckpoint::sign(checkpoint, &key(LOG_SEED)).unwrap();
    for &(seed, seconds) in cosigners {
        let time = CosignatureTime::from_seconds(seconds).unwrap();
        let line = cosign(signed.checkpoint(), &name(seed), &key(seed), time);
        signed.add_signature(line).unwrap();
    }
    signed
}

fn quorum(policy: &Policy, cosigners: &[u8]) -> Quorum {
    let cosigners: Vec<_> = cosigners.iter().map(|&seed| (seed, 1)).collect();
    policy.evaluate(&checkpoint(&cosigners)).unwrap().quorum()
}

const TWO_LEVELS: &str = "log LOG https://example.com/log\n\n  # three of one house\n\
    witness X1 W1\nwitness\tX2  W2\t\nwitness X3 W3 https://w3.example\ngroup X-witnesses 2 X1 X2 X3\n\
    witness Y1 W4\nwitness Y2 W5\ngroup Y-witnesses any Y1 Y2\n\
    group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n";

#[test]
fn groups_of_groups_decide() {
    let policy = parse(TWO_LEVELS).unwrap();
    for (cosigners, expected) in [
        (&[1, 2, 4][..], Quorum::Met),
        (&[5, 3, 2], Quorum::Met),
        (&[1, 2, 3, 4, 5, 9], Quorum::Met),
        (&[], Quorum::NotMet),
        (&[1, 4, 5], Quorum::NotMet),
        (&[1, 2, 3], Quorum::NotMet),
        // Witnesses that the policy does not name count for nothing.
        (&[6, 7, 8, 9], Quorum::NotMet),
    ] {
        assert_eq!(quorum(&policy, cosigners), expected, "{cosigners:?}");
    }
    assert_eq!(policy.logs()[0].url(), Some(b"https://example.com/log".as_slice()));
    assert_eq!(policy.witnesses()[2].url(), Some(b"https://w3.example".as_slice()));
    assert_eq!(policy.witnesses()[1].name().to_string(), "X2");
    assert_eq!(quorum(&parse("witness w W1\nquorum w").unwrap(), &[1]), Quorum::Met);
    assert_eq!(quorum(&parse("witness w W1\nquorum w").unwrap(), &[2]), Quorum::NotMet);
    assert_eq!(quorum(&parse("witness w W1\nquorum none").unwrap(), &[]), Quorum::NotRequired);
}

#[test]
fn the_evaluation_names_witnesses_and_their_latest_times() {
    let policy = parse(TWO_LEVELS).unwrap();
    let signed = checkpoint(&[(4, 10), (1, 20), (4, 30), (9, 40), (4, 15)]);
    let evaluation = policy.evaluate(&signed).unwrap();
    let seen: Vec<_> =
        evaluation.cosignatures().iter().map(|c| (c.witness.name().to_string(), c.time.seconds())).collect();
    assert_eq!(seen, [("X1".to_string(), 20), ("Y1".to_string(), 30)]);
    let result = policy.accept(signed.note().clone());
    assert_eq!(result, Err(AcceptCheckpointError::QuorumNotMet { got: 2 }));
    let signed = checkpoint(&[(1, 1), (2, 1), (4, 1)]);
    let (opened, evaluation) = policy.accept(signed.note().clone()).unwrap();
    assert_eq!((opened, evaluation.quorum()), (signed, Quorum::Met));
}

#[test]
fn an_invalid_line_of_a_witness_rejects_the_note() {
    let policy = parse(TWO_LEVELS).unwrap();
    let mut signed = checkpoint(&[(1, 1), (2, 1), (4, 1)]);
    let forged = NoteSignature::new(name(5), witness_key(5).id(), vec![0; 72]).unwrap();
    signed.add_signature(forged).unwrap();
    let error = VerifyNoteError::InvalidSignature { name: name(5), key_id: witness_key(5).id() };
    assert_eq!(policy.evaluate(&signed), Err(error.clone()));
    assert_eq!(policy.accept(signed.note().clone()), Err(AcceptCheckpointError::Cosignature(error)));
    // Under a policy that does not know this witness the line is one of many unknown ones.
    assert_eq!(quorum(&parse("witness w W1\nquorum w").unwrap(), &[1, 5]), Quorum::Met);
}

#[test]
fn only_a_log_of_the_policy_is_opened() {
    let signed = checkpoint(&[]);
    let policy = parse("quorum none").unwrap();
    let result = policy.accept(signed.note().clone());
    assert!(matches!(result, Err(AcceptCheckpointError::Open(OpenCheckpointError::UnknownOrigin { .. }))));
    let other = Policy::parse(format!("log {}\nquorum none\n", log_key(1)).as_bytes()).unwrap();
    let result = other.accept(signed.note().clone());
    assert!(matches!(result, Err(AcceptCheckpointError::Open(OpenCheckpointError::Signature(_)))));
    let both = Policy::parse(format!("log {}\nlog {}\nquorum none\n", log_key(1), log_key(LOG_SEED)).as_bytes());
    assert_eq!(both.unwrap().accept(signed.note().clone()).unwrap().0, signed);
}

#[test]
fn malformed_policies_are_refused() {
    let taken = |name: &str| PolicyLineError::NameTaken { name: PolicyName(name.into()) };
    let unknown = |name: &str| PolicyLineError::UnknownName { name: PolicyName(name.into()) };
    let twice = |name: &str| PolicyLineError::MemberTwice { name: PolicyName(name.into()) };
    for text in ["", "log LOG\n", "# quorum none", "witness w W1\n"] {
        assert_eq!(parse(text), Err(PolicyError::NoQuorum), "{text:?}");
    }
    for (text, line, error) in [
        ("quorum none\r\n", 1, PolicyLineError::ControlCharacter { byte: b'\r' }),
        ("# \0\nquorum none", 1, PolicyLineError::ControlCharacter { byte: 0 }),
        ("quorum\u{7f} none", 1, PolicyLineError::ControlCharacter { byte: 0x7f }),
        ("\n\nQuorum none", 3, PolicyLineError::Keyword),
        // Only space and tab separate.
        ("quorum\u{a0}none", 1, PolicyLineError::Keyword),
        ("quorum", 1, PolicyLineError::Items),
        ("quorum none # so be it", 1, PolicyLineError::Items),
        ("log", 1, PolicyLineError::Items),
        ("log LOG url more", 1, PolicyLineError::Items),
        ("witness w", 1, PolicyLineError::Items),
        ("witness w W1 url more", 1, PolicyLineError::Items),
        ("group g any", 1, PolicyLineError::Items),
        ("quorum none\nquorum none", 2, PolicyLineError::SecondQuorum),
        ("quorum w", 1, unknown("w")),
        ("quorum w\nwitness w W1", 1, unknown("w")),
        ("group g any g\nquorum g", 1, unknown("g")),
        ("witness w W1\ngroup g any none w", 2, unknown("none")),
        ("witness none W1", 1, taken("none")),
        ("witness w W1\nwitness w W2", 2, taken("w")),
        ("witness w W1\ngroup w any w", 2, taken("w")),
        ("witness w W1\ngroup none any w", 2, taken("none")),
        ("witness w W1\nwitness v W1", 2, PolicyLineError::DuplicateKey),
        ("log LOG\nlog LOG", 2, PolicyLineError::DuplicateKey),
        ("log W1", 1, PolicyLineError::KeyType),
        ("witness w LOG", 1, PolicyLineError::KeyType),
        ("witness w key", 1, PolicyLineError::Key(VerifierKeyError::Shape)),
        ("witness w W1\ngroup g any w w", 2, twice("w")),
        ("witness w W1\ngroup g any w\ngroup h any w", 3, twice("w")),
        ("witness w W1\ngroup g 0 w", 2, PolicyLineError::Threshold),
        ("witness w W1\ngroup g 2 w", 2, PolicyLineError::Threshold),
        ("witness w W1\ngroup g 01 w", 2, PolicyLineError::Threshold),
        ("witness w W1\ngroup g +1 w", 2, PolicyLineError::Threshold),
        ("witness w W1\ngroup g ANY w", 2, PolicyLineError::Threshold),
    ] {
        assert_eq!(line_error(text), (line, error), "{text:?}");
    }
}

#[test]
fn one_key_under_two_names_is_one_witness() {
    let public = witness_key(1).public_key();
    let again = VerifierKey::new(name(7), SignatureType::CosignatureV1, public).unwrap();
    let text = format!("witness a W1\nwitness b {again}\nquorum none");
    assert_eq!(line_error(&text), (2, PolicyLineError::DuplicateKey));
}

#[test]
fn names_are_bytes() {
    let (k, kelvin) = ("K", "\u{212a}");
    let policy = parse(&format!("witness {k} W1\nwitness {kelvin} W2\nquorum {kelvin}")).unwrap();
    assert_eq!((quorum(&policy, &[1]), quorum(&policy, &[2])), (Quorum::NotMet, Quorum::Met));
    let bytes =
        [b"witness \xff\xfe ".as_slice(), witness_key(1).to_string().as_bytes(), b"\nquorum \xff\xfe\n"].concat();
    let policy = Policy::parse(&bytes).unwrap();
    assert_eq!(policy.to_bytes(), bytes);
    assert_eq!(policy.witnesses()[0].name().to_string(), "\u{fffd}\u{fffd}");
}

#[test]
fn sixty_four_of_each_are_enough() {
    let mut text = String::new();
    for seed in 1..=64_u8 {
        text += &format!("log {}\nwitness w{seed} {}\ngroup g{seed} all w{seed}\n", log_key(seed), witness_key(seed));
    }
    let policy = Policy::parse(format!("{text}quorum g64\n").as_bytes()).unwrap();
    assert_eq!((policy.logs().len(), policy.witnesses().len()), (POLICY_ITEMS_MAX, POLICY_ITEMS_MAX));
    for more in [format!("log {}", log_key(65)), format!("witness v {}", witness_key(65)), "group g any g1".into()] {
        let result = Policy::parse(format!("{text}{more}\nquorum none").as_bytes());
        assert_eq!(result, Err(PolicyError::Line { line: 193, source: PolicyLineError::TooMany }));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn thresholds_count_witnesses(members in 1..=9_usize, threshold in 1..=9_usize, cosigned in prop::collection::btree_set(1..=9_u8, 0..9)) {
        let threshold = threshold.min(members);
        let names: Vec<_> = (1..=members).map(|n| format!("w{n}")).collect();
        let lines: String = (1..=members).map(|n| format!("witness w{n} W{n}\n")).collect();
        let policy = parse(&format!("{lines}group g {threshold} {}\nquorum g\n", names.join(" "))).unwrap();
        let cosigned: Vec<_> = cosigned.into_iter().collect();
        let counted = cosigned.iter().filter(|&&seed| usize::from(seed) <= members).count();
        let expected = if counted >= threshold { Quorum::Met } else { Quorum::NotMet };
        prop_assert_eq!(quorum(&policy, &cosigned), expected);
        prop_assert_eq!(Policy::parse(&policy.to_bytes()), Ok(policy));
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(policy) = Policy::parse(&bytes) {
            prop_assert_eq!(Policy::parse(&policy.to_bytes()), Ok(policy));
        }
    }
}

#[test]
fn policies_are_written_as_they_are_read() {
    let policy = parse(TWO_LEVELS).unwrap();
    let written = String::from_utf8(policy.to_bytes()).unwrap();
    assert!(written.ends_with(
        "group X-witnesses 2 X1 X2 X3\ngroup Y-witnesses any Y1 Y2\n\
         group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n"
    ));
    assert_eq!(Policy::parse(written.as_bytes()), Ok(policy));
}
