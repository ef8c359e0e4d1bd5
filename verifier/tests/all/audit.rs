//! Whole audits: the honest ledger, and every way of bending it that is consistent in itself.

use nguon_ledger::entry::Entry;
use nguon_ledger::hash::Hash;
use nguon_ledger::identifier::Origin;
use nguon_ledger::key::{Keys, Signature};
use nguon_ledger::refusal::Code;
use nguon_ledger::time::UnixMillis;
use nguon_ledger::tree::LeafIndex;
use nguon_verifier::audit::{AuditCheck, Auditor, Finding, Opened};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::fixture::{Ledger, ORIGIN, Person, lot_key, sign, signing_key};
use crate::story::{CANNA, NOODLES, PACKS, Story, object, packs, recall, ship, transform};

fn audit(ledger: &Ledger) -> Result<Auditor, Finding> {
    let mut auditor = Auditor::new(Origin::parse(ORIGIN).unwrap());
    for entry in &ledger.entries {
        auditor.push(entry)?;
    }
    auditor.finish(ledger.signed().checkpoint())?;
    Ok(auditor)
}

#[test]
fn an_honest_ledger_verifies() {
    let story = Story::sold();
    let auditor = audit(&story.ledger).unwrap();
    assert_eq!((auditor.root(), auditor.size().get()), (story.ledger.root(), story.ledger.len()));
}

/// What an audit finds of the packed story, to which the operator added a bent entry: check, code.
fn bent(change: impl FnOnce(&mut Entry<'_>)) -> (AuditCheck, Option<Code>) {
    let mut story = Story::packed();
    let payload = story.coop.say("event", &ship(PACKS, 200, &story.shop));
    story.ledger.add_changed(&story.coop.key, &payload, &[PACKS], change);
    found(&story)
}

/// The finding about the last entry, after which the ledger goes on as if nothing were.
fn found(story: &Story) -> (AuditCheck, Option<Code>) {
    let mut story = story.clone();
    let last = story.ledger.len() - 1;
    story.inspect(CANNA);
    let finding = audit(&story.ledger).unwrap_err();
    assert_eq!(finding.index, Some(LeafIndex::new(last)), "{finding}");
    let json: Value = serde_json::from_str(&finding.to_json()).unwrap();
    assert_eq!((&json["check"], &json["index"]), (&json!(finding.check.as_str()), &json!(last)));
    (finding.check, finding.code)
}

fn by_coop(body: &Value, lots: &[&str]) -> (AuditCheck, Option<Code>) {
    let mut story = Story::packed();
    story.coop_event(body, lots);
    found(&story)
}

fn by_stranger(change: impl FnOnce(&mut Person)) -> (AuditCheck, Option<Code>) {
    let mut story = Story::packed();
    let mut person = story.coop.clone();
    change(&mut person);
    story.ledger.add(&mut person, "event", &ship(PACKS, 1, &story.shop), &[PACKS]);
    found(&story)
}

#[test]
fn a_bent_chain_is_found_at_its_entry() {
    let chain = (AuditCheck::EntryChain, None);
    assert_eq!(bent(|entry| entry.index = LeafIndex::new(3)), chain);
    assert_eq!(bent(|entry| entry.previous = Hash::of(b"another")), chain);
    assert_eq!(bent(|entry| entry.received_at = UnixMillis::new(entry.received_at.get() - 600_000)), chain);
    let links = (AuditCheck::LotLinks, None);
    assert_eq!(bent(|entry| entry.links[0].seq += 1), links);
    assert_eq!(bent(|entry| entry.links[0].previous = Hash::of(b"another")), links);
    assert_eq!(bent(|entry| entry.links[0].lot = lot_key(NOODLES)), links);
    assert_eq!(bent(|entry| entry.links.clear()), links);
}

#[test]
fn bent_signatures_and_signers_are_found_at_their_entry() {
    let signatures = (AuditCheck::Signatures, None);
    let change = |place: usize| {
        move |entry: &mut Entry<'_>| {
            let mut bytes = *entry.signature.as_bytes();
            bytes[place] ^= 0x20;
            entry.signature = Signature::from_bytes(bytes);
        }
    };
    assert_eq!(bent(change(0)), signatures);
    assert_eq!(bent(change(63)), signatures);
    assert_eq!(bent(|entry| entry.signer = crate::fixture::public_key(&signing_key(3))), signatures);
    let unknown = (AuditCheck::SignerRegistered, Some(Code::UnknownSigner));
    assert_eq!(by_stranger(|person| person.key = signing_key(90)), unknown);
    let sequence = (AuditCheck::SignerChain, Some(Code::WrongSequence));
    assert_eq!(by_stranger(|person| person.seq += 1), sequence);
    assert_eq!(by_stranger(|person| person.seq -= 1), sequence);
    assert_eq!(by_stranger(|person| person.prev = Hash::of(b"another")), sequence);
    let mut story = Story::packed();
    let revoke = json!({"actor": story.farmer.uri(), "revoke": story.farmer.hex()});
    story.ledger.add(&mut story.coop, "key", &revoke, &[]);
    let lose =
        json!({"verb": "lose", "event": object("OBSERVE", "destroying", PACKS, &json!(1)), "for": story.coop.uri()});
    story.ledger.add(&mut story.farmer, "event", &lose, &[PACKS]);
    assert_eq!(found(&story), (AuditCheck::SignerRegistered, Some(Code::RevokedKey)));
}

#[test]
fn a_bent_rule_is_found_at_its_entry() {
    let rules = |code| (AuditCheck::Rules, Some(code));
    let oversold = packs("sell", "retail_selling", PACKS, 301);
    assert_eq!(by_coop(&oversold, &[PACKS]), rules(Code::InsufficientQuantity));
    let unknown = "https://trace.test/lot/N0B0DY000001";
    assert_eq!(by_coop(&packs("sell", "retail_selling", unknown, 1), &[]), rules(Code::UnknownLot));
    let other = "https://trace.test/lot/M0RE00000001";
    let from_nothing = transform("split", &[(PACKS, 300.0, "")], &[(other, 301.0, "", "packs")]);
    assert_eq!(by_coop(&from_nothing, &[PACKS, other]), rules(Code::YieldExceeded));
    let again = transform("split", &[(PACKS, 300.0, "")], &[(NOODLES, 300.0, "", "packs")]);
    assert_eq!(by_coop(&again, &[PACKS, NOODLES]), rules(Code::LotExists));
    assert_eq!(by_coop(&packs("inspect", "inspecting", PACKS, 1), &[PACKS]), rules(Code::RoleMissing));
    assert_eq!(by_coop(&packs("receive", "receiving", PACKS, 1), &[PACKS]), rules(Code::NotAddressee));
    let mut story = Story::packed();
    story.operator_event(&recall(CANNA), &[CANNA]);
    story.coop_event(&packs("sell", "retail_selling", PACKS, 1), &[PACKS]);
    assert_eq!(found(&story), rules(Code::Recalled));
    let mut story = Story::packed();
    story.shop_event(&ship(PACKS, 1, &story.inspector.clone()), &[PACKS]);
    assert_eq!(found(&story), rules(Code::NotHolder));
    let mut story = Story::packed();
    let payload = story.coop.say("event", &ship(PACKS, 200, &story.shop));
    let payload = String::from_utf8(payload).unwrap().replacen('{', r#"{"v":1,"#, 1);
    story.ledger.add_payload(&story.coop.key, payload.as_bytes(), &[PACKS]);
    assert_eq!(found(&story), rules(Code::MalformedStatement));
}

#[test]
fn entries_removed_inserted_or_reordered_are_found() {
    let story = Story::sold();
    for index in 0..17 {
        let mut removed = story.ledger.clone();
        removed.entries.remove(index);
        assert_eq!(audit(&removed).unwrap_err().index, Some(LeafIndex::new(index.try_into().unwrap())));
        let mut swapped = story.ledger.clone();
        swapped.entries.swap(index, index + 1);
        assert_eq!(audit(&swapped).unwrap_err().check, AuditCheck::EntryChain);
        let mut twice = story.ledger.clone();
        twice.entries.insert(index, twice.entries[index].clone());
        assert_eq!(audit(&twice).unwrap_err().check, AuditCheck::EntryChain);
    }
    // The last entry can be left out without a gap: only the checkpoint knows of it.
    let mut auditor = Auditor::new(Origin::parse(ORIGIN).unwrap());
    story.ledger.entries[..17].iter().for_each(|entry| auditor.push(entry).unwrap());
    assert_eq!(auditor.finish(story.ledger.signed().checkpoint()).unwrap_err().check, AuditCheck::TreeSize);
    auditor.push(&story.ledger.entries[17]).unwrap();
    let other = sign(ORIGIN, 18, Hash::of(b"another"), &signing_key(1_000));
    assert_eq!(auditor.finish(other.checkpoint()).unwrap_err().check, AuditCheck::TreeRoot);
    auditor.finish(story.ledger.signed().checkpoint()).unwrap();
}

#[test]
fn stored_hashes_are_compared_with_the_entry() {
    let story = Story::sold();
    let stated = Opened::new(&story.ledger.entries[4], &mut Keys::new()).read();
    let origin = Origin::parse(ORIGIN).unwrap();
    let prepared = stated.prepare(&origin);
    let index = LeafIndex::new(4);
    prepared.expect_leaf_hash(index, story.ledger.leaf_hash(4), "the tile").unwrap();
    let finding = prepared.expect_leaf_hash(index, story.ledger.leaf_hash(5), "the tile").unwrap_err();
    assert_eq!((finding.check, finding.index), (AuditCheck::LeafHash, Some(index)));
    assert_eq!(finding.found, Some(story.ledger.leaf_hash(4).to_string()));
}

#[test]
fn tiles_are_those_of_the_entries() {
    let story = Story::sold();
    let auditor = audit(&story.ledger).unwrap();
    let tiles = auditor.partial_tiles();
    assert_eq!(tiles.iter().map(|tile| tile.path().to_string()).collect::<Vec<_>>(), ["tile/0/000.p/18"]);
    let mut bytes: Vec<u8> = (0..18).flat_map(|index| *story.ledger.leaf_hash(index).as_bytes()).collect();
    tiles[0].compare(&bytes).unwrap();
    bytes[32 * 7] ^= 1;
    let finding = tiles[0].compare(&bytes).unwrap_err();
    assert_eq!((finding.check, finding.index), (AuditCheck::Tile, Some(LeafIndex::new(7))));
    assert_eq!(tiles[0].compare(&bytes[..32 * 17]).unwrap_err().check, AuditCheck::Tile);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Any bit of any entry, anything cut off or put at its end: found, and never beyond the entry after it.
    #[test]
    fn any_change_of_bytes_is_found(index in 0..18_usize, place: usize, bit in 0..8_u8, how in 0..3_u8) {
        let mut ledger = Story::sold().ledger;
        let root = ledger.signed();
        let entry = &mut ledger.entries[index];
        let place = place % entry.len();
        match how {
            0 => entry[place] ^= 1 << bit,
            1 => entry.truncate(place),
            _ => entry.push(bit),
        }
        let mut auditor = Auditor::new(Origin::parse(ORIGIN).unwrap());
        let result = ledger.entries.iter().try_for_each(|entry| auditor.push(entry));
        match result {
            Err(finding) => prop_assert!(finding.index.is_some_and(|at| at.get() <= u64::try_from(index).unwrap() + 1)),
            Ok(()) => {
                prop_assert_eq!(index, 17, "only the last entry has no other after it");
                prop_assert_eq!(auditor.finish(root.checkpoint()).unwrap_err().check, AuditCheck::TreeRoot);
            }
        }
    }
}
