//! History told anew: a ledger without any fault, except that somebody has seen another.

use nguon_ledger::checkpoint::SignedCheckpoint;
use nguon_ledger::hash::Hash;
use nguon_ledger::refusal::Code;
use nguon_ledger::time::UnixMillis;
use nguon_ledger::tree::{ConsistencyProof, TreeSize, verify_consistency};
use nguon_verifier::audit::AuditCheck;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::How::{Entries, Kept};
use super::judged::{audit, faults, go_on, market, passes};
use super::{Lie, NEXT};
use crate::fixture::{Ledger, Person, Told, consistency, root_of};
use crate::kept::copy_of;
use crate::stored::verify;
use crate::story::{NOODLES, PACKS, Story, actor};

/// Tells the story so far anew and goes on. Answers the checkpoint that somebody kept of it as it was.
fn retell(story: &mut Story, change: impl FnOnce(&mut Vec<Told>)) -> SignedCheckpoint {
    let kept = story.ledger.signed();
    story.ledger = story.ledger.retold(change);
    go_on(story);
    kept
}

fn backdate(told: &mut [Told]) {
    let at = told[16].received_at.get();
    told[16].received_at = UnixMillis::new(at - 30_000);
}

/// The lies.
pub(super) fn lies() -> Vec<Lie> {
    let kept = |lie, bend| Lie::audited(lie, AuditCheck::Consistency, Kept(bend));
    vec![
        kept("goes back behind what it showed before", |story| {
            let kept = story.ledger.signed();
            story.ledger = story.ledger.retold(|told| drop(told.pop()));
            kept
        }),
        kept("shows two ledgers of one size", |story| {
            let kept = story.ledger.signed();
            story.ledger = story.ledger.retold(|told| drop(told.pop()));
            story.inspect(NOODLES);
            assert_eq!(kept.checkpoint().size().get(), story.ledger.len());
            kept
        }),
        kept("drops a member's newest statement and goes on", |story| {
            let kept = retell(story, |told| drop(told.pop()));
            go_on(story);
            kept
        }),
        kept("inserts a new statement of its own into the past", |story| {
            let kept = story.ledger.signed();
            let late = actor(&Person::new(70, "late"), "person", &["producer"], None);
            story.ledger.add(&mut story.operator, "actor", &late, &[]);
            retell(story, |told| told[9..].rotate_right(1));
            kept
        }),
        kept("moves an inspection behind the packing", |story| retell(story, |told| told.swap(12, 13))),
        kept("backdates an entry within its neighbours", |story| retell(story, |told| backdate(told))),
        Lie::audited(
            "backdates an entry that a member stands by",
            AuditCheck::Rules,
            Entries(|story| {
                let attest = json!({"entry": story.ledger.leaf_hash(16).to_string(), "claim": "stands_by"});
                story.ledger.add(&mut story.inspector, "attest", &attest, &[PACKS]);
                story.ledger = story.ledger.retold(|told| backdate(told));
            }),
        )
        .code(Code::UnknownEntry)
        .at(NEXT),
    ]
}

/// A lie about history is found by who kept something: an audit's state, or a checkpoint, from whose tree no proof leads to the new one.
/// Nobody else can find it.
pub(super) fn judge(lie: &Lie, bend: fn(&mut Story) -> SignedCheckpoint) {
    let mut story = market();
    let kept = bend(&mut story);
    passes(&story.ledger);
    audit(&story.ledger, Some(&kept)).expect_err(lie.lie);
    let state = TempDir::new().unwrap();
    assert_eq!(with_state(&market().ledger, &state)["verdict"], "passed");
    lie.expect("command", &with_state(&story.ledger, &state)["finding"]);
    assert_eq!(faults(&story.ledger).len(), 0);

    let (old, new) = (kept.checkpoint().clone(), story.ledger.signed().checkpoint().clone());
    let size = usize::try_from(old.size().get()).unwrap();
    let leaves: Vec<Hash> = story.ledger.leaves();
    let hashes = if size <= leaves.len() { consistency(&leaves, size) } else { Vec::new() };
    let proof = ConsistencyProof::new(hashes).unwrap();
    assert!(verify_consistency(old.size(), &old.root(), new.size(), &new.root(), &proof).is_err(), "{}", lie.lie);
}

/// The verdict of an audit that goes on from a state.
fn with_state(ledger: &Ledger, state: &TempDir) -> Value {
    let copy = copy_of(ledger);
    let (state, copy) = (state.path().to_str().unwrap(), copy.path().to_str().unwrap());
    let output = verify(&["audit", "--json", "--state", state, copy]);
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn an_honest_ledger_follows_on_every_checkpoint_of_it() {
    let leaves = market().ledger.leaves();
    let tree = |size: usize| (TreeSize::new(size.try_into().unwrap()), root_of(&leaves[..size]));
    let (new_size, new_root) = tree(leaves.len());
    for size in 1..=leaves.len() {
        let (old_size, old_root) = tree(size);
        let proof = ConsistencyProof::new(consistency(&leaves, size)).unwrap();
        verify_consistency(old_size, &old_root, new_size, &new_root, &proof).unwrap();
    }
}
