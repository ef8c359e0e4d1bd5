//! Tampering with entries, their order and their links.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nguon_ledger::entry::Entry;
use nguon_ledger::hash::Hash;
use nguon_ledger::time::UnixMillis;
use nguon_ledger::tree::LeafIndex;
use serde_json::{Value, json};

use super::Case;
use super::edge::{with, without};
use super::log::flip;
use crate::fixture::lot_key;
use crate::story::{CANNA, NOODLES, OTHER, PACKS, Story, packs, ship};

/// Offset of the payload in an entry without links.
const PAYLOAD: usize = 146;

/// Bytes of an honest bundle changed, so that nothing fits together any more.
fn bytes(good: &dyn Fn() -> Value) -> Vec<Case> {
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut bundle = good();
        change(&mut bundle["entries"]);
        bundle
    };
    vec![
        Case::new(
            "entry-payload-changed.json",
            changed(&|entries| flip(&mut entries[2]["entry"], PAYLOAD + 60)),
            &["entries_included", "entry_chain", "signatures", "signer_registered", "signer_chain", "rules"],
        )
        .not_checked(&["recall"]),
        Case::new(
            "entry-time-changed.json",
            changed(&|entries| flip(&mut entries[14]["entry"], 48)),
            &["entries_included", "entry_chain", "lot_chain_complete", "rules"],
        )
        .not_checked(&["recall"]),
        Case::new(
            "last-entry-time-changed.json",
            changed(&|entries| flip(&mut entries[16]["entry"], 48)),
            &["entries_included"],
        ),
        Case::new(
            "entry-cut.json",
            changed(&|entries| {
                let bytes = STANDARD.decode(entries[9]["entry"].as_str().unwrap()).unwrap();
                entries[9]["entry"] = json!(STANDARD.encode(&bytes[..100]));
            }),
            &["entries_included", "entry_chain", "lot_chain_complete", "signatures", "rules"],
        )
        .not_checked(&["recall"]),
        Case::new(
            "entry-version.json",
            changed(&|entries| flip(&mut entries[16]["entry"], 0)),
            &["entries_included", "entry_chain", "signatures", "rules"],
        )
        .not_checked(&["recall"]),
        Case::new(
            "index-stated-wrong.json",
            changed(&|entries| entries[16]["index"] = json!(30)),
            &["entries_included", "entry_chain"],
        ),
        Case::new(
            "entries-swapped.json",
            changed(&|entries| entries.as_array_mut().unwrap().swap(13, 14)),
            &["entry_chain", "lot_chain_complete", "rules"],
        )
        .not_checked(&["recall"]),
        Case::new(
            "entry-twice.json",
            changed(&|entries| {
                let twice = entries[16].clone();
                entries.as_array_mut().unwrap().push(twice);
            }),
            &["entry_chain", "lot_chain_complete", "signer_chain", "rules"],
        )
        .not_checked(&["recall"]),
    ]
}

/// Entries left out or added.
fn selection(sold: &Story) -> Vec<Case> {
    let bundle = |left_out: &[u64]| sold.ledger.bundle(PACKS, without(sold, left_out));
    let good = || bundle(&[10]);
    vec![
        Case::new("lot-entry-left-out.json", bundle(&[10, 15]), &["lot_chain_complete", "rules"])
            .not_checked(&["recall"]),
        Case::new("ancestor-harvest-left-out.json", bundle(&[9, 10]), &["lot_chain_complete", "rules"])
            .not_checked(&["recall"]),
        Case::new("ancestor-inspection-left-out.json", bundle(&[10, 12]), &["lot_chain_complete", "rules"])
            .not_checked(&["recall"]),
        Case::new("creation-left-out.json", bundle(&[10, 13]), &["lot_chain_complete", "rules"])
            .not_checked(&["recall"]),
        Case::new("foreign-entry.json", sold.ledger.bundle(PACKS, 0..18), &["lot_chain_complete"]),
        Case::new("no-entries.json", sold.ledger.bundle(PACKS, []), &["lot_chain_complete"]).not_checked(&["recall"]),
        Case::new(
            "lot-of-nobody.json",
            with(good(), "lot", "https://trace.test/lot/N0B0DY000001"),
            &["lot_chain_complete"],
        )
        .not_checked(&["recall"]),
        Case::new(
            "lot-not-canonical.json",
            with(good(), "lot", "https://shop.example/01/08931234567897/10/A-1"),
            &["lot_chain_complete"],
        )
        .not_checked(&["rules", "recall"]),
        Case::new(
            "lot-of-another-ledger.json",
            with(good(), "lot", "https://other.test/lot/PACKS0000001"),
            &["lot_chain_complete"],
        )
        .not_checked(&["rules", "recall"]),
    ]
}

/// A ledger whose operator bent the last entry and signed the tree all the same.
fn bent(change: impl FnOnce(&mut Entry<'_>)) -> Value {
    let mut story = Story::packed();
    let payload = story.coop.say("event", &ship(PACKS, 200, &story.shop));
    story.ledger.add_changed(&story.coop.key, &payload, &[PACKS], change);
    story.ledger.bundle(PACKS, story.of_packs())
}

fn links() -> Vec<Case> {
    let both = &["lot_chain_complete", "rules"];
    vec![
        Case::new("link-seq.json", bent(|entry| entry.links[0].seq = 2), both),
        Case::new("link-previous.json", bent(|entry| entry.links[0].previous = Hash::of(b"another")), both),
        Case::new("link-dropped.json", bent(|entry| entry.links.clear()), both),
        Case::new(
            "link-added.json",
            bent(|entry| {
                let mut more = entry.links[0];
                more.lot = lot_key(NOODLES);
                more.seq = 3;
                entry.links.push(more);
                entry.links.sort_by_key(|link| link.lot);
            }),
            &["rules"],
        ),
        Case::new("previous-wrong.json", bent(|entry| entry.previous = Hash::of(b"another")), &["entry_chain"]),
        Case::new(
            "time-back.json",
            bent(|entry| entry.received_at = UnixMillis::new(entry.received_at.get() - 3_600_000)),
            &["entry_chain"],
        ),
        Case::new("index-own-wrong.json", bent(|entry| entry.index = LeafIndex::new(40)), &["entry_chain"]),
    ]
    .into_iter()
    .map(|case| if case.failed.contains(&"rules") { case.not_checked(&["recall"]) } else { case })
    .collect()
}

/// The first entry may not name one before it.
fn first() -> Vec<Case> {
    let mut story = Story::begin();
    let mut charter = None;
    let entries = std::mem::take(&mut story.ledger.entries);
    for bytes in &entries {
        let entry = Entry::parse(bytes).unwrap();
        let index = entry.index.get();
        let key = if [0, 1, 2, 3].contains(&index) { &story.operator.key } else { &story.coop.key };
        story.ledger.add_changed(key, entry.payload, &[], |entry| {
            if index == 0 {
                entry.previous = Hash::of(b"another");
                charter = Some(index);
            }
        });
    }
    assert_eq!(charter, Some(0));
    story.harvest(CANNA, 10);
    vec![Case::new("first-entry-names-another.json", story.ledger.bundle(CANNA, 0..10), &["entry_chain"])]
}

pub(super) fn cases() -> Vec<Case> {
    let sold = Story::sold();
    let good = || sold.ledger.bundle(PACKS, sold.of_packs());
    // A second story, so that the foreign lot has an entry after the bundle's own ones as well.
    let mut later = Story::sold();
    later.inspect(OTHER);
    later.shop_event(&packs("sell", "retail_selling", PACKS, 1), &[PACKS]);
    let foreign = later.ledger.bundle(PACKS, without(&later, &[10]));
    let mut cases = vec![Case::new("foreign-inspection.json", foreign, &["lot_chain_complete"])];
    cases.extend(bytes(&good));
    cases.extend(selection(&sold));
    cases.extend(links());
    cases.extend(first());
    cases
}
