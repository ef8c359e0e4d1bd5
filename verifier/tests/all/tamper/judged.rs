//! An honest ledger, a judge of its entries that reports all that is wrong and not only the first, and the judgement of lies in entries.

use std::collections::BTreeSet;

use nguon_ledger::checkpoint::SignedCheckpoint;
use nguon_ledger::entry::Entry;
use nguon_ledger::envelope::pae;
use nguon_ledger::hash::Hash;
use nguon_ledger::identifier::{LotKey, Origin};
use nguon_ledger::refusal::{Code, Position};
use nguon_ledger::rules::{ApplyError, Context, Effects, Proposal, Scope, apply};
use nguon_ledger::state::{Key, MemoryState, ReadState as _, Record};
use nguon_ledger::statement::Statement;
use nguon_ledger::tree::LeafIndex;
use nguon_verifier::audit::{AuditCheck, Auditor, Finding};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{FoundBy, Lie};
use crate::fixture::{Ledger, ORIGIN, vkey};
use crate::stored::{data_folder, verify, write_log};
use crate::story::{CANNA, NOODLES, OTHER, PACKS, Story, object, packs, ship, transform};

/// Entries 0 to 8 as ever, then: 9 and 10 harvests by the farmer, 11 vermicelli of the second, 12 its inspection, 13 packs, 14 to 16
/// packs to the shop, which sells some. Every member's last statement is one on which nothing later stands.
pub(super) fn market() -> Story {
    let mut story = Story::begin();
    story.harvest(OTHER, 500);
    story.harvest(CANNA, 1_000);
    let process = transform("process", &[(CANNA, 1_000.0, "KGM")], &[(NOODLES, 150.0, "KGM", "noodles")]);
    story.coop_event(&process, &[CANNA, NOODLES]);
    story.inspect(NOODLES);
    let mut pack = transform("pack", &[(NOODLES, 150.0, "KGM")], &[(PACKS, 300.0, "", "packs")]);
    pack["serials"] = json!({"count": 300, "root": "7d".repeat(32)});
    story.coop_event(&pack, &[NOODLES, PACKS]);
    let body = ship(PACKS, 200, &story.shop);
    story.coop_event(&body, &[PACKS]);
    story.shop_event(&packs("receive", "receiving", PACKS, 200), &[PACKS]);
    let mut sell = packs("sell", "retail_selling", PACKS, 10);
    sell["event"]["eventID"] = json!(SALE);
    story.shop_event(&sell, &[PACKS]);
    story
}

/// The identifier of the sale.
pub(super) const SALE: &str = "urn:test:sale";

/// The ledger goes on as if nothing were, with a statement that depends on nothing.
pub(super) fn go_on(story: &mut Story) {
    let event = object("OBSERVE", "inspecting", "https://trace.test/lot/N0NE00000001", &json!(1));
    story.coop_event(&json!({"verb": "observe", "event": event}), &[]);
}

pub(super) fn origin() -> Origin {
    Origin::parse(ORIGIN).unwrap()
}

/// The audit of a ledger against its own checkpoint, by somebody who kept an earlier one perhaps.
pub(super) fn audit(ledger: &Ledger, kept: Option<&SignedCheckpoint>) -> Result<(), Finding> {
    let mut auditor = Auditor::new(origin());
    let kept = kept.map(SignedCheckpoint::checkpoint);
    for entry in &ledger.entries {
        auditor.push(entry)?;
        if let Some(kept) = kept.filter(|kept| kept.size() == auditor.size()) {
            auditor.finish(kept)?;
        }
    }
    if let Some(kept) = kept.filter(|kept| kept.size() > auditor.size()) {
        auditor.finish(kept)?;
    }
    auditor.finish(ledger.signed().checkpoint())
}

/// What the command says of a folder: its finding, if any.
pub(super) fn command(arguments: &[&str]) -> Option<Value> {
    let output = verify(&[&["audit", "--json"][..], arguments].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let finding = report.get("finding").cloned();
    assert_eq!(output.status.code(), Some(i32::from(finding.is_some())), "{report}");
    finding
}

pub(super) fn command_on(folder: &TempDir) -> Option<Value> {
    command(&["--vkey", &vkey().to_string(), folder.path().to_str().unwrap()])
}

pub(super) fn copy_of(ledger: &Ledger) -> TempDir {
    let folder = TempDir::new().unwrap();
    write_log(ledger, folder.path());
    folder
}

/// A ledger in which nobody finds anything.
pub(super) fn passes(ledger: &Ledger) {
    audit(ledger, None).unwrap();
    assert_eq!(faults(ledger), BTreeSet::new());
    assert_eq!(command_on(&copy_of(ledger)), None);
    assert_eq!(command_on(&data_folder(ledger, 0)), None);
}

/// A lie in entries is found by the library, and by the command in a copy of the log and in a data folder, all saying the same;
/// and once that check is left out, nothing is wrong with the whole ledger.
pub(super) fn entries(lie: &Lie, bend: fn(&mut Story)) {
    let mut story = market();
    bend(&mut story);
    go_on(&mut story);
    let finding = audit(&story.ledger, None).expect_err(lie.lie);
    lie.expect("library", &serde_json::from_str(&finding.to_json()).unwrap());
    lie.expect("copy", &command_on(&copy_of(&story.ledger)).expect(lie.lie));
    lie.expect("data folder", &command_on(&data_folder(&story.ledger, 0)).expect(lie.lie));
    let FoundBy::Audit(check) = lie.found_by else { panic!("{}: not an audit's", lie.lie) };
    assert_eq!(faults(&story.ledger), BTreeSet::from([check]), "{}: what is wrong in all", lie.lie);
}

/// Every check that some entry fails. Written apart from the auditor, and going on after each fault as if that check were not there.
pub(super) fn faults(ledger: &Ledger) -> BTreeSet<AuditCheck> {
    let mut judge = Judge { state: MemoryState::new(), lots: lots(ledger), found: BTreeSet::new() };
    let (mut previous, mut earliest) = (Hash::ZERO, 0);
    for (index, bytes) in (0..).zip(&ledger.entries) {
        let before = std::mem::replace(&mut previous, Hash::of_leaf(bytes));
        let Ok(entry) = Entry::parse(bytes) else {
            judge.found.insert(AuditCheck::EntryBytes);
            continue;
        };
        let received_at = entry.received_at.get();
        if entry.index.get() != index || entry.previous != before || received_at < earliest {
            judge.found.insert(AuditCheck::EntryChain);
        }
        earliest = earliest.max(received_at);
        judge.entry(LeafIndex::new(index), &entry, previous);
    }
    judge.found
}

fn lots(ledger: &Ledger) -> BTreeSet<LotKey> {
    let entries = ledger.entries.iter().filter_map(|bytes| Entry::parse(bytes).ok());
    entries.flat_map(|entry| entry.links).map(|link| link.lot).collect()
}

struct Judge {
    state: MemoryState,
    lots: BTreeSet<LotKey>,
    found: BTreeSet<AuditCheck>,
}

impl Judge {
    fn entry(&mut self, index: LeafIndex, entry: &Entry<'_>, leaf_hash: Hash) {
        let Ok(statement) = Statement::parse(entry.payload) else {
            self.found.insert(AuditCheck::Rules);
            return;
        };
        let is_by_whom_it_names = statement.signer() == entry.signer;
        if !is_by_whom_it_names || !entry.signer.verifies(&pae(entry.payload), &entry.signature) {
            self.found.insert(AuditCheck::Signatures);
        }
        let Some(effects) = self.effects(index, entry, &statement) else {
            self.pass_over(entry, &statement, leaf_hash);
            return;
        };
        if effects.links() != entry.links.as_slice() {
            self.found.insert(AuditCheck::LotLinks);
        }
        self.state.write(effects.finish(leaf_hash));
    }

    /// What a statement does, also when it does not come next in its signer's chain.
    fn effects(&mut self, index: LeafIndex, entry: &Entry<'_>, statement: &Statement<'_>) -> Option<Effects> {
        let (origin, lots) = (origin(), self.lots.clone());
        for scope in [Scope::Whole, Scope::Lots(&lots)] {
            let context = Context { index, received_at: entry.received_at, scope };
            let refusal = match apply(&self.state, &context, &Proposal::new(&origin, statement, entry.payload)) {
                Ok(effects) => return Some(effects),
                Err(ApplyError::Refused(refusal)) => refusal,
                Err(ApplyError::State(never)) => match never {},
            };
            if matches!(refusal.code, Code::UnknownSigner | Code::RevokedKey) {
                self.found.insert(AuditCheck::SignerRegistered);
                return None;
            }
            if refusal.code != Code::WrongSequence {
                self.found.insert(AuditCheck::Rules);
                return None;
            }
            self.found.insert(AuditCheck::SignerChain);
        }
        None
    }

    /// Lets the chains of signer and lots go on behind a statement that is refused.
    fn pass_over(&mut self, entry: &Entry<'_>, statement: &Statement<'_>, leaf_hash: Hash) {
        let key = Key::Signer(statement.signer());
        if let Ok(Some(Record::Signer(mut signer))) = self.state.read(&key) {
            signer.position = Position { seq: statement.position().seq + 1, prev: Hash::of(entry.payload) };
            self.state.write([(key, Record::Signer(signer))]);
        }
        for link in &entry.links {
            if let Ok(Some(Record::Lot(mut lot))) = self.state.read(&Key::Lot(link.lot)) {
                (lot.seq, lot.head) = (link.seq + 1, leaf_hash);
                self.state.write([(Key::Lot(link.lot), Record::Lot(lot))]);
            }
        }
    }
}
