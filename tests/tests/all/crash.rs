//! What was acknowledged survives: the node is killed, or the power is cut, in the middle of load.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nguon_ledger::checkpoint::SignedCheckpoint;
use nguon_ledger::hash::Hash;
use nguon_ledger::note::VerifierKey;
use nguon_ledger::tree::{InclusionProof, LeafIndex, verify_inclusion};
use nguon_tests::disk::Disk;
use nguon_tests::person::{Person, actor_body, harvest, lot, product};
use nguon_tests::process::{Ledger, Node};
use nguon_tests::{binary, rounds};
use serde_json::{Value, json};

/// Producers that write at once.
const WRITERS: u32 = 8;

static NEXT_LOT: AtomicU64 = AtomicU64::new(1);

pub(crate) fn writer(number: u32) -> Person {
    Person::new(100 + number, &format!("ho-{number:02}"))
}

/// Registers a product and the producers.
pub(crate) fn register_writers(ledger: &Ledger, node: &Node) {
    let mut operator = ledger.operator(node).unwrap();
    let body = json!({"id": product("cu-dong"), "name": "canna", "unit": "KGM"});
    node.accept(&operator.say("product", &body)).unwrap();
    for number in 0..WRITERS {
        let body = actor_body(&writer(number), "person", &["producer"], Some("operator"));
        node.accept(&operator.say("actor", &body)).unwrap();
    }
}

/// Receipts that came before the end was begun, and those that were still on their way.
struct Loaded {
    before: Vec<Value>,
    after: Vec<Value>,
}

/// Writes from all producers at once until `enough` receipts came, then calls `end` while they still write. Answers every receipt that
/// any writer got.
fn load_until(node: Node, enough: usize, end: impl FnOnce(Node)) -> Loaded {
    let (send, receipts) = mpsc::channel();
    let writers: Vec<_> = (0..WRITERS)
        .map(|number| {
            let (send, url, client) = (send.clone(), node.url().to_owned(), node.client().clone());
            let mut person = node.caught_up(&writer(number)).unwrap();
            thread::spawn(move || {
                loop {
                    // Half of the writers send a few lines at once.
                    let lines = if number % 2 == 0 { 1 } else { 5 };
                    let kind = if lines == 1 { "application/json" } else { "application/x-ndjson" };
                    let body: Vec<_> = (0..lines)
                        .map(|_| {
                            let lot = lot(NEXT_LOT.fetch_add(1, Ordering::Relaxed));
                            person.say("event", &harvest(&lot, &product("cu-dong"), 100))
                        })
                        .collect();
                    let request = client.post(format!("{url}/v1/statements")).header("content-type", kind);
                    // When the node is gone there is no answer; what was not answered was not acknowledged.
                    let Ok(text) = request.body(body.join("\n")).send().and_then(|answer| answer.text()) else {
                        return;
                    };
                    for line in text.lines() {
                        let Ok(receipt) = serde_json::from_str::<Value>(line) else { return };
                        if receipt.get("leafHash").is_none() || send.send(receipt).is_err() {
                            return;
                        }
                    }
                }
            })
        })
        .collect();
    drop(send);
    let before: Vec<_> = receipts.iter().take(enough).collect();
    end(node);
    let after = receipts.iter().collect();
    for writer in writers {
        writer.join().unwrap();
    }
    Loaded { before, after }
}

/// Checks a receipt by itself, and that the node still holds what it promised.
fn check_receipt(node: &Node, log: &VerifierKey, receipt: &Value) -> anyhow::Result<()> {
    let index = receipt["index"].as_u64().context("no index")?;
    let leaf_hash = receipt["leafHash"].as_str().and_then(Hash::from_hex).context("no leaf hash")?;
    let checkpoint = SignedCheckpoint::open(receipt["checkpoint"].as_str().context("no checkpoint")?.as_bytes(), log)?;
    let proof = receipt["proof"].as_array().context("no proof")?.iter().map(|hash| {
        Hash::from_slice(&STANDARD.decode(hash.as_str().unwrap_or_default()).unwrap_or_default()).context("no hash")
    });
    let proof = InclusionProof::new(proof.collect::<Result<_, _>>()?)?;
    let checkpoint = checkpoint.checkpoint();
    verify_inclusion(LeafIndex::new(index), checkpoint.size(), &leaf_hash, &proof, &checkpoint.root())?;
    let entry = node.get(&format!("/v1/entries/{index}"))?.error_for_status()?.bytes()?;
    ensure!(Hash::of_leaf(&entry) == leaf_hash, "entry {index} is another now");
    Ok(())
}

/// Checks every receipt and audits the whole ledger.
pub(crate) fn check_all(node: &Node, receipts: &[Value]) {
    let log: VerifierKey = node.get_json("/v1/ledger").unwrap()["vkey"].as_str().unwrap().parse().unwrap();
    let mut indexes = BTreeSet::new();
    for receipt in receipts {
        check_receipt(node, &log, receipt).unwrap();
        assert!(indexes.insert(receipt["index"].as_u64()), "two statements at one index: {receipt}");
    }
    let audit = Command::new(binary("nguon-verify").unwrap()).args(["audit", node.url()]).output().unwrap();
    assert!(
        audit.status.success(),
        "{}{}",
        String::from_utf8_lossy(&audit.stdout),
        String::from_utf8_lossy(&audit.stderr)
    );
}

#[test]
fn what_was_acknowledged_survives_kill() {
    let ledger = Ledger::init().unwrap();
    let mut node = ledger.serve().unwrap();
    register_writers(&ledger, &node);
    let mut receipts = Vec::new();
    for round in 0..rounds(5, 50) {
        // A different moment in each round.
        let enough = 20 + usize::try_from(round).unwrap() * 37 % 200;
        let loaded = load_until(node, enough, |node| node.kill().unwrap());
        receipts.extend(loaded.before);
        receipts.extend(loaded.after);
        node = ledger.serve().unwrap();
        check_all(&node, &receipts);
    }
    assert!(node.stop().unwrap(), "did not stop well");
}

#[test]
fn what_was_acknowledged_survives_a_power_cut() {
    let Some(disk) = Disk::make(256 << 20).unwrap() else { return };
    let ledger = Ledger::init_in(&disk.path().join("data")).unwrap();
    let mut node = ledger.serve().unwrap();
    register_writers(&ledger, &node);
    let mut receipts = Vec::new();
    for round in 0..rounds(2, 10) {
        let enough = 30 + usize::try_from(round).unwrap() * 53 % 200;
        // A machine without power sends no receipts. Here the process lives on past the cut, and ext4 answers "done" to a flush whose
        // transaction the shutdown threw away: a program that does nothing but append and fdatasync loses about one record in fifty
        // such cuts, always one whose flush returned after the cut began, never one from before. So only those from before count.
        let cut = |node: Node| {
            disk.cut_power().unwrap();
            node.kill().unwrap();
        };
        receipts.extend(load_until(node, enough, cut).before);
        disk.remount().unwrap();
        node = ledger.serve().unwrap();
        check_all(&node, &receipts);
    }
    assert!(node.stop().unwrap());
    disk.unmount().unwrap();
}
