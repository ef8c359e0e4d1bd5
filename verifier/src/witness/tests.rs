use alloc::borrow::ToOwned as _;
use alloc::format;
use alloc::string::{String, ToString as _};
use core::convert::Infallible;

use nguon_ledger::checkpoint::SignedCheckpoint;
use nguon_ledger::key::PublicKey;
use nguon_ledger::note::SignatureType;
use nguon_ledger::tile::TilePath;
use nguon_ledger::tree::{CompactTree, Prover, TileReader};
use proptest::prelude::*;

use super::*;

const ORIGIN: &str = "trace.test";

/// A log of fewer than 256 leaves, all of them in one tile; logs of another `salt` have other leaves.
struct Leaves(Vec<u8>);

impl TileReader for Leaves {
    type Bytes = Vec<u8>;
    type Error = Infallible;

    fn read_tile(&self, _: &TilePath) -> Result<Vec<u8>, Infallible> {
        Ok(self.0.clone())
    }
}

fn leaf(salt: u8, index: u64) -> Hash {
    Hash::of_leaf(&[&[salt], index.to_be_bytes().as_slice()].concat())
}

fn checkpoint(salt: u8, size: u64) -> Checkpoint {
    let mut tree = CompactTree::new();
    (0..size).for_each(|index| tree.push(leaf(salt, index)));
    Checkpoint::new(ORIGIN.parse().unwrap(), tree.size(), tree.root())
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn vkey(name: &str, signature_type: SignatureType, seed: u8) -> VerifierKey {
    let public = PublicKey::from_bytes(key(seed).verifying_key().to_bytes());
    VerifierKey::new(name.parse().unwrap(), signature_type, public).unwrap()
}

fn log() -> VerifierKey {
    vkey(ORIGIN, SignatureType::Ed25519, 1)
}

fn proof(salt: u8, old: u64, new: u64) -> Vec<Hash> {
    if old == 0 || old > new {
        return Vec::new();
    }
    let leaves = Leaves((0..new).flat_map(|index| *leaf(salt, index).as_bytes()).collect());
    Prover::new(&leaves, TreeSize::new(new)).consistency(TreeSize::new(old)).unwrap().hashes().to_vec()
}

fn body(old: u64, hashes: &[Hash], note: &str) -> String {
    let lines: String = hashes.iter().map(|hash| BASE64_STANDARD.encode(hash.as_bytes()) + "\n").collect();
    format!("old {old}\n{lines}\n{note}")
}

fn signed(checkpoint: Checkpoint) -> String {
    SignedCheckpoint::sign(checkpoint, &key(1)).unwrap().to_string()
}

/// What is answered to a request when the tree of `last` leaves was cosigned before.
fn ask(body: &str, trusted: &[VerifierKey], last: Option<&Checkpoint>) -> Result<Cosignable, Refusal> {
    AddCheckpoint::parse(body.as_bytes())?.authenticate(trusted)?.extend(last)
}

fn status(body: &str, trusted: &[VerifierKey], last: Option<&Checkpoint>) -> u16 {
    ask(body, trusted, last).map_or_else(|refusal| refusal.status(), |_| 200)
}

#[test]
fn a_log_that_grows_is_cosigned_and_what_is_kept_verifies() {
    let witness = vkey("w.test", SignatureType::CosignatureV1, 2);
    let mut last = None;
    for (old, new) in [(0, 1), (1, 1), (1, 7), (7, 8), (8, 200)] {
        let body = body(old, &proof(0, old, new), &signed(checkpoint(0, new)));
        let time = CosignatureTime::from_seconds(1_000 + new).unwrap();
        let cosigned = ask(&body, &[log()], last.as_ref()).unwrap().cosign(witness.name(), &key(2), time).unwrap();
        assert_eq!(cosigned.note.verify(&[&log(), &witness]).unwrap().len(), 2);
        assert_eq!(cosigned.note.signatures().last(), Some(&cosigned.line));
        let (kept, at) = Cosignable::kept(&cosigned.note, &witness).unwrap();
        assert_eq!((kept.checkpoint(), at), (&checkpoint(0, new), time));
        last = Some(kept.checkpoint);
    }
}

#[test]
fn malformed_requests_are_400_whatever_else_is_wrong_with_them() {
    let note = signed(checkpoint(0, 5));
    let good = body(0, &[], &note);
    let long = body(1, &[Hash::ZERO; PROOF_HASHES_MAX + 1], &note);
    let cases = [
        (String::new(), ParseRequestError::Shape),
        ("old 0\n".to_owned(), ParseRequestError::Shape),
        (good.replace("old 0", "old 00"), ParseRequestError::Old),
        (good.replace("old 0", "old -1"), ParseRequestError::Old),
        (good.replace("old 0", "new 0"), ParseRequestError::Old),
        (good.replace("old 0\n", "old 0\r\n"), ParseRequestError::Old),
        (good.replace("old 0\n", "old 18446744073709551616\n"), ParseRequestError::Old),
        (good.replace("old 0\n", "old 0\nAAAA\n"), ParseRequestError::Hash { line: 0 }),
        (long, ParseRequestError::ProofTooLong),
        (body(0, &[], "no note"), ParseRequestError::Note(ParseNoteError::Unsigned)),
        (body(6, &[], &note), ParseRequestError::OldBeyondNew { old: TreeSize::new(6), new: TreeSize::new(5) }),
    ];
    for (body, error) in cases {
        // Not even the log is known: what cannot be read names none.
        assert_eq!(ask(&body, &[], None), Err(Refusal::Malformed(error)), "{body}");
        assert_eq!(status(&body, &[], None), 400);
    }
    let text = Note::sign("no checkpoint\n".to_owned(), &ORIGIN.parse().unwrap(), &key(1)).unwrap();
    let refusal = ask(&body(0, &[], &text.to_string()), &[log()], None).unwrap_err();
    assert!(matches!(refusal, Refusal::Malformed(ParseRequestError::Checkpoint(_))));
}

#[test]
fn the_first_of_several_faults_is_the_answer() {
    let (last, stranger) = (checkpoint(0, 5), vkey(ORIGIN, SignatureType::Ed25519, 9));
    let forked = signed(checkpoint(1, 8));
    let bad_proof = [Hash::ZERO];
    // Unknown log, stranger's signature, wrong old size and a proof of nothing: one fault less each time.
    assert_eq!(ask(&body(4, &bad_proof, &forked), &[], Some(&last)), Err(Refusal::UnknownLog));
    let refusal = ask(&body(4, &bad_proof, &forked), &[stranger], Some(&last)).unwrap_err();
    assert_eq!((refusal.status(), refusal), (403, Refusal::Signature(VerifyNoteError::NoKnownSignature)));
    let refusal = ask(&body(4, &bad_proof, &forked), &[log()], Some(&last)).unwrap_err();
    assert_eq!((refusal.status(), refusal), (409, Refusal::Conflict { has: TreeSize::new(5) }));
    assert_eq!(status(&body(5, &bad_proof, &forked), &[log()], Some(&last)), 422);
    assert_eq!(status(&body(5, &proof(1, 5, 8), &forked), &[log()], Some(&last)), 422);
    assert_eq!(status(&body(5, &proof(0, 5, 8), &signed(checkpoint(0, 8))), &[log()], Some(&last)), 200);
}

#[test]
fn a_line_under_a_trusted_key_that_fails_is_403_though_another_holds() {
    let (one, two) = (log(), vkey(ORIGIN, SignatureType::Ed25519, 3));
    let text = checkpoint(0, 3).to_string();
    let mut note = Note::sign(text, &ORIGIN.parse().unwrap(), &key(1)).unwrap();
    let wrong = NoteSignature::sign("another text\n", two.name(), &key(3));
    note.add_signature(wrong).unwrap();
    let body = body(0, &[], &note.to_string());
    assert_eq!(status(&body, &[one.clone(), two], None), 403);
    // Nobody vouches for what a stranger signs, and it is not kept.
    let cosignable = ask(&body, &[one], None).unwrap();
    assert_eq!(cosignable.note.signatures().len(), 1);
}

#[test]
fn a_witness_that_never_saw_the_log_has_size_0_and_needs_an_empty_proof() {
    let note = signed(checkpoint(0, 3));
    assert_eq!(ask(&body(2, &proof(0, 2, 3), &note), &[log()], None), Err(Refusal::Conflict { has: TreeSize::ZERO }));
    assert_eq!(status(&body(0, &[Hash::ZERO], &note), &[log()], None), 422);
    assert_eq!(status(&body(0, &[], &note), &[log()], None), 200);
}

#[test]
fn an_empty_tree_has_the_root_of_nothing() {
    let empty = Checkpoint::new(ORIGIN.parse().unwrap(), TreeSize::ZERO, Hash::ZERO);
    assert_eq!(status(&body(0, &[], &signed(empty)), &[log()], None), 422);
    assert_eq!(status(&body(0, &[], &signed(checkpoint(0, 0))), &[log()], None), 200);
    assert_eq!(status(&body(0, &[], &signed(checkpoint(0, 4))), &[log()], Some(&checkpoint(0, 0))), 200);
}

#[test]
fn the_same_size_is_cosigned_again_for_the_same_root_only() {
    let last = checkpoint(0, 5);
    assert_eq!(status(&body(5, &[], &signed(checkpoint(0, 5))), &[log()], Some(&last)), 200);
    let fork = ask(&body(5, &[], &signed(checkpoint(1, 5))), &[log()], Some(&last)).unwrap_err();
    assert_eq!((fork.status(), fork), (422, Refusal::Inconsistent(ConsistencyError::Fork)));
    assert_eq!(status(&body(5, &[Hash::ZERO], &signed(checkpoint(0, 5))), &[log()], Some(&last)), 422);
}

#[test]
fn what_another_key_cosigned_is_not_taken_for_our_own() {
    let witness = vkey("w.test", SignatureType::CosignatureV1, 2);
    let cosignable = ask(&body(0, &[], &signed(checkpoint(0, 3))), &[log()], None).unwrap();
    let zero = CosignatureTime::from_seconds(0).unwrap();
    assert_eq!(cosignable.clone().cosign(witness.name(), &key(2), zero), None);
    let time = CosignatureTime::from_seconds(9).unwrap();
    let note = cosignable.cosign(witness.name(), &key(4), time).unwrap().note;
    assert_eq!(Cosignable::kept(&note, &witness), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_are_answered(bytes: Vec<u8>, text in "old [0-9]{1,3}\n([A-Za-z0-9+/=]{0,44}\n){0,3}\n\\PC*\n[0-9]*\n.*\n\n\u{2014} .*\n") {
        let _ = AddCheckpoint::parse(&bytes);
        let _ = AddCheckpoint::parse(text.as_bytes());
    }

    #[test]
    fn only_extensions_of_the_last_tree_are_cosigned(last in 1_u64..40, old in 0_u64..40, new in 1_u64..40, salt in 0_u8..2) {
        let body = body(old, &proof(salt, old, new), &signed(checkpoint(salt, new)));
        let expected = match () {
            () if old > new => 400,
            () if old != last => 409,
            () if salt != 0 => 422,
            () => 200,
        };
        prop_assert_eq!(status(&body, &[log()], Some(&checkpoint(0, last))), expected);
    }
}
