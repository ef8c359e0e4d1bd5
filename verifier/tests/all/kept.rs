//! Audits that go on from a kept state: they read only what is new, and find a past that was changed.

use std::fs;
use std::path::Path;

use nguon_ledger::entry::Entry;
use nguon_ledger::key::Signature;
use nguon_ledger::note::SignatureType;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::fixture::{Ledger, ORIGIN, sign, signing_key, vkey, vkey_of};
use crate::stored::{data_folder, files, verify, write_log};
use crate::story::{PACKS, Story, object};

/// A story with so many inspections, which are other ones from `changed` on.
pub(crate) fn ledger(inspections: usize, changed: usize) -> Ledger {
    story(inspections, changed).ledger
}

fn story(inspections: usize, changed: usize) -> Story {
    let mut story = Story::sold();
    for number in 0..inspections {
        inspect(&mut story, &format!("urn:test:{}:{number}", if number < changed { "observe" } else { "other" }));
    }
    story
}

fn inspect(story: &mut Story, id: &str) {
    let mut event = object("OBSERVE", "inspecting", PACKS, &json!(1));
    event["eventID"] = json!(id);
    story.shop_event(&json!({"verb": "observe", "event": event}), &[PACKS]);
}

/// A copy of a log.
pub(crate) fn copy_of(ledger: &Ledger) -> TempDir {
    let folder = TempDir::new().unwrap();
    write_log(ledger, folder.path());
    folder
}

/// Exit code, and the verdict or what was said instead.
fn audit(target: &Path, state: &Path, more: &[&str]) -> (Option<i32>, Value) {
    let mut arguments = vec!["audit", "--json", "--state", state.to_str().unwrap(), target.to_str().unwrap()];
    arguments.extend(more);
    let output = verify(&arguments);
    let said = serde_json::from_slice(&output.stdout);
    (output.status.code(), said.unwrap_or_else(|_| json!(String::from_utf8_lossy(&output.stderr))))
}

/// The check that failed.
fn finding(target: &TempDir, state: &Path) -> String {
    let (code, verdict) = audit(target.path(), state, &[]);
    assert_eq!(code, Some(1), "{verdict}");
    verdict["finding"]["check"].as_str().unwrap().to_owned()
}

#[test]
fn a_second_audit_reads_only_what_is_new() {
    let (before, after) = (ledger(500, 500), ledger(800, 800));
    let stores: [fn(&Ledger) -> TempDir; 3] =
        [copy_of, |ledger| data_folder(ledger, 0), |ledger| data_folder(ledger, 256)];
    for store in stores {
        let state = TempDir::new().unwrap();
        let (code, verdict) = audit(store(&before).path(), state.path(), &[]);
        assert_eq!((code, &verdict["from"]), (Some(0), &json!(0)), "{verdict}");
        for (store, from) in [(store(&before), 512), (store(&after), 512), (store(&after), 768)] {
            let (code, verdict) = audit(store.path(), state.path(), &[]);
            assert_eq!((code, &verdict["from"]), (Some(0), &json!(from)), "{verdict}");
        }
        let (_, verdict) = audit(store(&after).path(), state.path(), &[]);
        assert_eq!(verdict["root"], json!(after.root().to_string()));
    }
}

#[test]
fn what_is_new_is_held_against_the_old_state() {
    let state = TempDir::new().unwrap();
    let mut honest = story(500, 500);
    assert_eq!(audit(copy_of(&honest.ledger).path(), state.path(), &[]).0, Some(0));

    // Both lies are about entries of full bundles, which are not read again: the registry and the runs must tell.
    let mut replayed = honest.ledger.clone();
    let payload = Entry::parse(&replayed.entries[300]).unwrap().payload.to_vec();
    replayed.add_payload(&honest.shop.key, &payload, &[PACKS]);
    assert_eq!(finding(&copy_of(&replayed), state.path()), "signer_chain");
    let mut twice = honest.clone();
    inspect(&mut twice, "urn:test:observe:5");
    assert_eq!(finding(&copy_of(&twice.ledger), state.path()), "rules");

    inspect(&mut honest, "urn:test:observe:500");
    assert_eq!(audit(copy_of(&honest.ledger).path(), state.path(), &[]).0, Some(0));
}

#[test]
fn a_changed_past_is_found() {
    let state = TempDir::new().unwrap();
    let (code, _) = audit(copy_of(&ledger(500, 500)).path(), state.path(), &[]);
    assert_eq!(code, Some(0));
    let bent = [
        ("an entry of a full bundle", ledger(600, 10)),
        ("one of the last bundle", ledger(600, 498)),
        ("the same, with two checkpoints of one size", ledger(500, 498)),
        ("the log rolled back", ledger(499, 499)),
        ("the log rolled back beyond what was saved", ledger(300, 300)),
    ];
    for (what, ledger) in bent {
        assert_eq!(finding(&copy_of(&ledger), state.path()), "consistency", "{what}");
    }
    // What was found is not what is kept.
    assert_eq!(audit(copy_of(&ledger(500, 500)).path(), state.path(), &[]).0, Some(0));
}

#[test]
fn a_damaged_or_foreign_state_is_not_used() {
    let log = copy_of(&ledger(300, 300));
    let state = TempDir::new().unwrap();
    assert_eq!(audit(log.path(), state.path(), &[]).0, Some(0));
    let mut flipped = 0;
    for path in files(state.path()) {
        let whole = fs::read(&path).unwrap();
        for place in (0..whole.len()).step_by(whole.len() / 16 + 1) {
            let mut bytes = whole.clone();
            bytes[place] ^= 4;
            fs::write(&path, bytes).unwrap();
            let (code, said) = audit(log.path(), state.path(), &[]);
            // A block that this audit does not need is not read; nothing wrong is ever said.
            assert!(code == Some(2) || code == Some(0) && said["verdict"] == "passed", "{said}");
            flipped += usize::from(code == Some(2));
        }
        fs::write(&path, &whole).unwrap();
    }
    assert!(flipped > 16, "{flipped}");

    // The same entries under another log's key are another ledger.
    let other = signing_key(77);
    let ledger = ledger(300, 300);
    let foreign = copy_of(&ledger);
    let checkpoint = sign(ORIGIN, ledger.len(), ledger.root(), &other);
    fs::write(foreign.path().join("checkpoint"), checkpoint.to_string()).unwrap();
    let key = vkey_of(ORIGIN, SignatureType::Ed25519, &other).to_string();
    let (code, said) = audit(foreign.path(), state.path(), &["--vkey", &key]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.as_str().unwrap().contains(&vkey().to_string()), "{said}");
}

#[test]
fn batches_say_that_they_are_batches_and_find_a_bad_signature() {
    let log = copy_of(&ledger(300, 300));
    let state = TempDir::new().unwrap();
    let (code, verdict) = audit(log.path(), state.path(), &["--fast"]);
    assert_eq!((code, &verdict["signatures"]), (Some(0), &json!("batch")));
    let (code, said) = audit(log.path(), state.path(), &[]);
    assert_eq!(code, Some(2), "a state of unchecked signatures is not passed off as strict: {said}");

    let mut story = Story::sold();
    let mut event = object("OBSERVE", "inspecting", PACKS, &json!(1));
    event["eventID"] = json!("urn:test:observe:bent");
    let payload = story.shop.say("event", &json!({"verb": "observe", "event": event}));
    let at = story.ledger.add_changed(&story.shop.key.clone(), &payload, &[PACKS], |entry| {
        let mut bytes = *entry.signature.as_bytes();
        bytes[40] ^= 1;
        entry.signature = Signature::from_bytes(bytes);
    });
    let output = verify(&["audit", "--json", "--fast", copy_of(&story.ledger).path().to_str().unwrap()]);
    let verdict: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (verdict["finding"]["check"].as_str(), verdict["finding"]["index"].as_u64()),
        (Some("signatures"), Some(at))
    );
}
