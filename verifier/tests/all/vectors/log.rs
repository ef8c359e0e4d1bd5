//! Tampering with the log's own word: checkpoint, witnesses, proofs, freshness.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nguon_ledger::hash::Hash;
use serde_json::{Value, json};

use super::Case;
use super::edge::{longer, policy_of_witnesses, with, witnessed};
use crate::fixture::{ORIGIN, log_key, sign, signing_key};
use crate::story::{PACKS, Story};

/// Changes one byte of a base64 value.
pub(super) fn flip(value: &mut Value, place: usize) {
    let mut bytes = STANDARD.decode(value.as_str().unwrap()).unwrap();
    bytes[place] ^= 1;
    *value = json!(STANDARD.encode(bytes));
}

fn checkpoints(sold: &Story, good: &dyn Fn() -> Value) -> Vec<Case> {
    let (size, root) = (sold.ledger.len(), sold.ledger.root());
    let other_key = sign(ORIGIN, size, root, &signing_key(77)).to_string();
    let other_log = sign("other.test", size, root, &log_key()).to_string();
    let signed = sold.ledger.signed().to_string();
    let resized = signed.replacen("\n18\n", "\n19\n", 1);
    let other_root = sign(ORIGIN, size, Hash::of(b"another"), &log_key()).to_string();
    let (_, signature) = signed.rsplit_once("\n\n").unwrap();
    let (text, _) = other_root.rsplit_once("\n\n").unwrap();
    let bad_signature = format!("{text}\n\n{signature}");
    vec![
        Case::new("checkpoint-other-key.json", with(good(), "checkpoint", &other_key), &["checkpoint_signed"]),
        Case::new("checkpoint-other-log.json", with(good(), "checkpoint", &other_log), &["checkpoint_signed"]),
        Case::new(
            "checkpoint-resized.json",
            with(good(), "checkpoint", &resized),
            &["checkpoint_signed", "entries_included"],
        ),
        Case::new(
            "checkpoint-root-changed.json",
            with(good(), "checkpoint", &bad_signature),
            &["checkpoint_signed", "entries_included"],
        ),
        Case::new("checkpoint-other-tree.json", with(good(), "checkpoint", &other_root), &["entries_included"]),
        Case::new("checkpoint-no-note.json", with(good(), "checkpoint", "no note"), &["checkpoint_signed"])
            .not_checked(&["entries_included"]),
        Case::new("first-use-no-key.json", with(good(), "vkey", "no key at all"), &["checkpoint_signed"])
            .on_first_use(),
    ]
}

fn witnesses(sold: &Story, good: &dyn Fn() -> Value) -> Vec<Case> {
    let mut invalid = witnessed(sold);
    let note = invalid["checkpoint"].as_str().unwrap().to_owned();
    let (rest, line) = note.trim_end().rsplit_once(' ').unwrap();
    let mut bytes = STANDARD.decode(line).unwrap();
    bytes[40] ^= 1;
    invalid["checkpoint"] = json!(format!("{rest} {}\n", STANDARD.encode(bytes)));
    vec![
        Case::new("witnesses-none.json", good(), &["witness_quorum"]).policy(policy_of_witnesses(1), true),
        Case::new("witnesses-too-few.json", witnessed(sold), &["witness_quorum"]).policy(policy_of_witnesses(2), true),
        Case::new("witness-invalid.json", invalid, &["witness_quorum"]).policy(policy_of_witnesses(1), true),
    ]
}

fn freshness(sold: &Story, good: &dyn Fn() -> Value) -> Vec<Case> {
    let two_roots = sign(ORIGIN, sold.ledger.len(), Hash::of(b"another"), &log_key()).to_string();
    let of_another = sign(ORIGIN, 99, Hash::of(b"another"), &signing_key(77)).to_string();
    let mut unknown = Case::new("newest-not-the-logs.json", good(), &[]).newest(of_another);
    unknown.not_checked.push("freshness");
    vec![
        Case::new("stale.json", good(), &["freshness"]).newest(longer(sold)),
        Case::new("stale-size-min.json", good(), &["freshness"]).size_min(19),
        Case::new("two-histories.json", good(), &["freshness"]).newest(two_roots),
        unknown,
    ]
}

fn proofs(good: &dyn Fn() -> Value) -> Vec<Case> {
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut bundle = good();
        change(&mut bundle["entries"]);
        bundle
    };
    let included = &["entries_included"];
    vec![
        Case::new("proof-hash-changed.json", changed(&|entries| flip(&mut entries[5]["proof"][2], 7)), included),
        Case::new(
            "proof-cut.json",
            changed(&|entries| {
                entries[9]["proof"].as_array_mut().unwrap().pop();
            }),
            included,
        ),
        Case::new(
            "proof-too-long.json",
            changed(&|entries| {
                let proof = entries[9]["proof"].as_array_mut().unwrap();
                proof.push(proof[0].clone());
            }),
            included,
        ),
        Case::new("proof-missing.json", changed(&|entries| entries[0]["proof"] = json!([])), included),
        Case::new(
            "proof-hash-short.json",
            changed(&|entries| entries[1]["proof"][0] = json!(STANDARD.encode([1, 2, 3]))),
            included,
        ),
        Case::new(
            "proofs-swapped.json",
            changed(&|entries| {
                let first = entries[3]["proof"].take();
                entries[3]["proof"] = entries[4]["proof"].take();
                entries[4]["proof"] = first;
            }),
            included,
        ),
    ]
}

pub(super) fn cases() -> Vec<Case> {
    let sold = Story::sold();
    let good = || sold.ledger.bundle(PACKS, sold.of_packs());
    [checkpoints(&sold, &good), witnesses(&sold, &good), freshness(&sold, &good), proofs(&good)]
        .into_iter()
        .flatten()
        .collect()
}
