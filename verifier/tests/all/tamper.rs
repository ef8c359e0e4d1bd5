//! The matrix of lies: what somebody who holds the log's key can write, each so that all the rest fits together again and only the
//! check meant for it can find it. `docs/reliability.md` shows the table.

mod bundles;
mod chains;
mod document;
mod history;
mod judged;
mod rules;
mod stored;

use std::collections::BTreeSet;
use std::panic::catch_unwind;
use std::path::Path;

use nguon_ledger::checkpoint::SignedCheckpoint;
use nguon_ledger::refusal::Code;
use nguon_verifier::audit::AuditCheck;
use nguon_verifier::verdict::CheckName;
use serde_json::Value;

use crate::fixture::Ledger;
use crate::story::Story;

/// The first entry after the honest ones of [`judged::market`].
const NEXT: u64 = 17;

/// One lie, and what it must be found by.
struct Lie {
    /// What the operator does.
    lie: &'static str,
    how: How,
    found_by: FoundBy,
    code: Option<Code>,
    /// The entry at fault.
    index: Option<u64>,
}

/// Where the lie is told.
enum How {
    /// In the entries of a ledger that is consistent in itself: an audit of it finds the lie.
    Entries(fn(&mut Story)),
    /// In a ledger without any fault: only who kept an earlier checkpoint finds the lie.
    Kept(fn(&mut Story) -> SignedCheckpoint),
    /// In the files of a copy of the log.
    Copy(fn(&Ledger, &Path)),
    /// The same, audited with two witnesses who must both have cosigned.
    Witnessed(fn(&Ledger) -> String),
    /// In the files of a data folder.
    Data(fn(&Ledger, &Path)),
    /// In the journal of a data folder that has no other files yet.
    Journal(fn(&Path)),
    /// In a proof bundle.
    Bundle(fn(&mut bundles::Shown)),
    /// In a `.tlog-proof` of an entry: its text.
    Proof(fn(&Ledger, u64) -> String),
}

/// What finds a lie.
enum FoundBy {
    Audit(AuditCheck),
    /// Every check of the verdict that fails, in its order; where there are several, each would be enough.
    Bundle(&'static [CheckName]),
    /// The reader: what is there is no bundle at all.
    Reader,
}

impl Lie {
    const fn new(lie: &'static str, how: How, found_by: FoundBy) -> Self {
        Self { lie, how, found_by, code: None, index: None }
    }

    /// A lie that an audit finds.
    const fn audited(lie: &'static str, check: AuditCheck, how: How) -> Self {
        Self::new(lie, how, FoundBy::Audit(check))
    }

    /// A statement beyond the rules, entered after the honest entries.
    const fn refused(lie: &'static str, code: Code, bend: fn(&mut Story)) -> Self {
        Self::audited(lie, AuditCheck::Rules, How::Entries(bend)).code(code).at(NEXT)
    }

    const fn code(self, code: Code) -> Self {
        Self { code: Some(code), ..self }
    }

    const fn at(self, index: u64) -> Self {
        Self { index: Some(index), ..self }
    }

    /// The check's name, or names.
    fn check(&self) -> String {
        match &self.found_by {
            FoundBy::Audit(check) => check.to_string(),
            FoundBy::Bundle(checks) => checks.iter().map(|check| check.as_str()).collect::<Vec<_>>().join(", "),
            FoundBy::Reader => "unreadable".into(),
        }
    }

    /// Fails unless a finding of an audit is the one expected.
    #[track_caller]
    fn expect(&self, where_found: &str, found: &Value) {
        let found = (found["check"].as_str(), found["code"].as_str(), found["index"].as_u64());
        let check = self.check();
        let expected = (Some(check.as_str()), self.code.map(Code::as_str), self.index);
        assert_eq!(found, expected, "{} ({where_found})", self.lie);
    }
}

/// The lies, in parts with a heading each.
fn matrix() -> Vec<(&'static str, Vec<Lie>)> {
    vec![
        ("What the log holds", chains::log()),
        ("Who said it", chains::signers()),
        ("What the rules refuse: lots and amounts", rules::amounts()),
        ("What the rules refuse: who and what", rules::parties()),
        ("What the rules refuse: corrections, times, identifiers", rules::corrections()),
        ("What the rules refuse: the registry", rules::registry()),
        ("History told anew, without a fault in itself", history::lies()),
        ("Tiles and entry bundles", stored::tiles()),
        ("Checkpoints and witnesses", stored::checkpoints()),
        ("The journal", stored::journal()),
        ("Proof bundles and proofs", bundles::lies()),
    ]
}

#[test]
fn honest_ledgers_pass_every_way() {
    let story = judged::market();
    assert_eq!(story.ledger.len(), NEXT);
    judged::passes(&story.ledger);
    stored::honest_files_pass();
    bundles::honest_bundle_passes();
}

#[test]
fn every_lie_is_found_by_its_check_alone() {
    let lies = matrix().into_iter().flat_map(|(_, lies)| lies);
    // Each panic prints what was found; all are collected, so that one run shows every lie that passes.
    let passed: Vec<_> = lies.filter(|lie| catch_unwind(|| judge(lie)).is_err()).map(|lie| lie.lie).collect();
    assert_eq!(passed, [""; 0], "not found as they must be");
}

fn judge(lie: &Lie) {
    match lie.how {
        How::Entries(bend) => judged::entries(lie, bend),
        How::Kept(bend) => history::judge(lie, bend),
        How::Copy(bend) => stored::copy(lie, bend),
        How::Witnessed(checkpoint) => stored::witnessed(lie, checkpoint),
        How::Data(bend) => stored::data(lie, bend),
        How::Journal(bend) => stored::journal_only(lie, bend),
        How::Bundle(bend) => bundles::judge(lie, bend),
        How::Proof(text) => bundles::judge_proof(lie, text),
    }
}

/// Refusals that no lie of the matrix can show, with the reason.
const NOT_IN_A_LEDGER: [(Code, &str); 3] = [
    (Code::MalformedEnvelope, "an envelope is how a statement travels, the ledger has none"),
    (Code::BadSignature, "the audit's check of signatures says so"),
    (Code::TooLarge, "bytes with so long a payload are no entry"),
];

#[test]
fn every_check_and_every_refusal_has_its_lie() {
    let lies: Vec<Lie> = matrix().into_iter().flat_map(|(_, lies)| lies).collect();
    let names: BTreeSet<_> = lies.iter().map(|lie| lie.lie).collect();
    assert_eq!(names.len(), lies.len(), "two lies are told in the same words");
    let checks: BTreeSet<AuditCheck> = lies
        .iter()
        .filter_map(|lie| if let FoundBy::Audit(check) = lie.found_by { Some(check) } else { None })
        .collect();
    assert_eq!(checks, AuditCheck::ALL.iter().copied().collect());
    let checks: BTreeSet<CheckName> = lies
        .iter()
        .flat_map(|lie| if let FoundBy::Bundle(checks) = lie.found_by { checks } else { &[] })
        .copied()
        .collect();
    assert_eq!(checks, CheckName::ALL.iter().copied().collect());
    let codes = lies.iter().filter_map(|lie| lie.code).chain(NOT_IN_A_LEDGER.iter().map(|(code, _)| *code));
    assert_eq!(codes.collect::<BTreeSet<_>>(), Code::ALL.iter().copied().collect());
}
