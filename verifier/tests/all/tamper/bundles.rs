//! Lies in proof bundles and `.tlog-proof` files, and what no bundle can show.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signer as _;
use nguon_ledger::envelope::pae;
use nguon_ledger::hash::Hash;
use nguon_ledger::key::Signature;
use nguon_ledger::policy::Policy;
use nguon_ledger::refusal::Code;
use nguon_ledger::state::{Key, ReadState as _, Record};
use nguon_ledger::time::UnixMillis;
use nguon_ledger::tree::TreeSize;
use nguon_verifier::audit::{AuditCheck, Auditor};
use nguon_verifier::bundle::{Bundle, Options, ReadBundleError, Trust, verify_bundle};
use nguon_verifier::verdict::{CheckName, Outcome, Verdict};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::How::{Bundle as Shows, Proof};
use super::judged::{audit, go_on, market, origin};
use super::stored::{cosignature, cosigned, policy};
use super::{FoundBy, Lie, NEXT};
use crate::fixture::{Ledger, ORIGIN, log_key, lot_key, path, sign, signing_key, vkey};
use crate::stored::verify;
use crate::story::{CANNA, OTHER, PACKS, Story, packs, recall};

/// A bundle of the packs as it is shown to somebody, and what she asks for.
pub(super) struct Shown {
    story: Story,
    bundle: Value,
    policy: Option<String>,
    newest: Option<String>,
    size_min: Option<u64>,
}

impl Shown {
    fn new() -> Self {
        let mut shown = Self { story: market(), bundle: Value::Null, policy: None, newest: None, size_min: None };
        shown.show_without(&[]);
        shown
    }

    /// Makes the bundle anew: every entry but the other lot's harvest and those withheld.
    fn show_without(&mut self, withheld: &[u64]) {
        let entries = (0..self.story.ledger.len()).filter(|index| *index != 9 && !withheld.contains(index));
        self.bundle = self.story.ledger.bundle(PACKS, entries);
    }

    /// The shop's next sale, told as it likes; then the bundle anew.
    fn tell(&mut self, tell: impl FnOnce(&mut Story)) {
        tell(&mut self.story);
        self.show_without(&[]);
    }

    fn ask_for_newest(&mut self) {
        self.newest = Some(self.story.ledger.signed().to_string());
    }

    fn verdict(&self) -> Result<Verdict, ReadBundleError> {
        let bundle = Bundle::parse(self.bundle.to_string().as_bytes())?;
        let (vkey, policy) = (vkey(), self.policy.as_ref().map(|text| Policy::parse(text.as_bytes()).unwrap()));
        let options = Options {
            trust: policy.as_ref().map_or(Trust::Key(&vkey), Trust::Policy),
            newest: self.newest.as_deref().map(str::as_bytes),
            size_min: self.size_min.map(TreeSize::new),
        };
        Ok(verify_bundle(&bundle, &options))
    }
}

fn sell() -> Value {
    packs("sell", "retail_selling", PACKS, 1)
}

/// Lies in bundles and proofs.
pub(super) fn lies() -> Vec<Lie> {
    [withheld(), of_the_log(), of_entries(), unreadable(), proofs()].into_iter().flatten().collect()
}

fn shows(lie: &'static str, checks: &'static [CheckName], bend: fn(&mut Shown)) -> Lie {
    Lie::new(lie, Shows(bend), FoundBy::Bundle(checks))
}

/// The links of the entry after a gap are not those that the rules give either.
const GAP: &[CheckName] = &[CheckName::LotChainComplete, CheckName::Rules];

fn withheld() -> Vec<Lie> {
    use CheckName::{LotChainComplete, Recall, Rules, SignerRegistered};
    vec![
        shows("withholds an inspection of what the packs were made from", GAP, |shown| shown.show_without(&[12]))
            .at(13),
        shows("withholds the harvest", GAP, |shown| shown.show_without(&[10])).at(11),
        shows("withholds a recall and shows what came after", GAP, |shown| {
            shown.story.operator_event(&recall(CANNA), &[CANNA]);
            shown.story.inspect(CANNA);
            shown.show_without(&[NEXT]);
        })
        .at(NEXT + 1),
        shows("shows a recalled lot as if it were good", &[Recall], |shown| {
            shown.tell(|story| {
                story.operator_event(&recall(CANNA), &[CANNA]);
            });
        })
        .at(NEXT),
        shows("withholds the enrolment of who harvested", &[SignerRegistered, Rules], |shown| {
            shown.show_without(&[4]);
        })
        .at(10),
        shows("withholds the product that the packs are", &[Rules], |shown| shown.show_without(&[7])).at(13),
        shows("puts a foreign lot's entry in", &[LotChainComplete], |shown| {
            shown.bundle = shown.story.ledger.bundle(PACKS, 0..NEXT);
        })
        .at(9),
        shows("shows one lot's story as another's", &[LotChainComplete], |shown| shown.bundle["lot"] = json!(OTHER))
            .at(10),
    ]
}

fn of_the_log() -> Vec<Lie> {
    use CheckName::{CheckpointSigned, EntriesIncluded, EntryChain, Freshness, WitnessQuorum};
    vec![
        shows("shows an old checkpoint when there is a newer one", &[Freshness], |shown| {
            go_on(&mut shown.story);
            shown.ask_for_newest();
        }),
        shows("shows this reader one tree and others another of the same size", &[Freshness], |shown| {
            shown.story.ledger = shown.story.ledger.retold(|told| drop(told.pop()));
            go_on(&mut shown.story);
            shown.ask_for_newest();
        }),
        shows("shows a checkpoint smaller than the reader has seen", &[Freshness], |shown| {
            shown.size_min = Some(NEXT + 1);
        }),
        shows("signs a bundle's checkpoint with another key", &[CheckpointSigned], |shown| {
            let ledger = &shown.story.ledger;
            shown.bundle["checkpoint"] = json!(sign(ORIGIN, ledger.len(), ledger.root(), &signing_key(77)).to_string());
        }),
        shows("shows a bundle that too few witnesses cosigned", &[WitnessQuorum], |shown| {
            let signed = shown.story.ledger.signed();
            shown.bundle["checkpoint"] = json!(cosigned(&signed, &[cosignature(1, signed.checkpoint())]));
            shown.policy = Some(policy());
        }),
        shows("proves an entry in another tree", &[EntriesIncluded], |shown| {
            let mut leaves = shown.story.ledger.leaves();
            leaves[6] = Hash::of(b"another");
            let proof: Vec<_> = path(&leaves, 5).iter().map(|hash| STANDARD.encode(hash.as_bytes())).collect();
            shown.bundle["entries"][5]["proof"] = json!(proof);
        })
        .at(5),
        shows("shows an entry at another place", &[EntriesIncluded, EntryChain], |shown| {
            shown.bundle["entries"][8]["index"] = json!(9);
        })
        .at(9),
    ]
}

fn of_entries() -> Vec<Lie> {
    use CheckName::{EntryChain, Rules, Signatures, SignerChain, SignerRegistered};
    vec![
        shows("lets times run back in a bundle", &[EntryChain], |shown| {
            shown.tell(|story| {
                let payload = story.shop.say("event", &sell());
                story.ledger.add_changed(&story.shop.key, &payload, &[PACKS], |entry| {
                    entry.received_at = UnixMillis::new(entry.received_at.get() - 600_000);
                });
            });
        })
        .at(NEXT),
        shows("invents a sale and signs it with its own key", &[Signatures], |shown| {
            shown.tell(|story| {
                let payload = story.shop.draft("event", &sell());
                let forged = Signature::from_bytes(story.operator.key.sign(&pae(&payload)).to_bytes());
                story.ledger.add_changed(&story.shop.key, &payload, &[PACKS], |entry| entry.signature = forged);
            });
        })
        .at(NEXT),
        shows("shows a sale by a key that was revoked before", &[SignerRegistered, Rules], |shown| {
            shown.tell(|story| {
                let revoke = json!({"actor": story.shop.uri(), "revoke": story.shop.hex()});
                story.ledger.add(&mut story.operator, "key", &revoke, &[]);
                story.shop_event(&sell(), &[PACKS]);
            });
        })
        .at(NEXT + 1),
        shows("drops a statement of a member and shows the ones around it", &[SignerChain], |shown| {
            shown.tell(|story| {
                story.shop.prev = Hash::of(b"what was dropped");
                story.shop_event(&sell(), &[PACKS]);
            });
        })
        .at(NEXT),
        shows("shows the sale of more than there is", &[Rules], |shown| {
            shown.tell(|story| {
                story.shop_event(&packs("sell", "retail_selling", PACKS, 191), &[PACKS]);
            });
        })
        .at(NEXT),
    ]
}

fn unreadable() -> Vec<Lie> {
    let read = |lie, bend| Lie::new(lie, Shows(bend), FoundBy::Reader);
    vec![
        read("adds a key to a bundle that the format does not know", |shown: &mut Shown| {
            shown.bundle["checked"] = json!(true);
        }),
        read("adds a key to an entry of a bundle", |shown: &mut Shown| {
            shown.bundle["entries"][3]["note"] = json!("believe me");
        }),
        read("calls a bundle another version", |shown: &mut Shown| shown.bundle["v"] = json!(2)),
    ]
}

fn proof_text(index: u64, hashes: &[Hash], checkpoint: &impl ToString) -> String {
    let hashes: String = hashes.iter().map(|hash| STANDARD.encode(hash.as_bytes()) + "\n").collect();
    format!("c2sp.org/tlog-proof@v1\nindex {index}\n{hashes}\n{}", checkpoint.to_string())
}

fn proof_of(ledger: &Ledger, index: u64) -> Vec<Hash> {
    path(&ledger.leaves(), usize::try_from(index).unwrap())
}

/// The entry that the proofs are about.
const PROVEN: u64 = 5;

fn proofs() -> Vec<Lie> {
    use AuditCheck::{CheckpointSigned, EntriesIncluded};
    let proof = |lie, check, text| Lie::audited(lie, check, Proof(text));
    vec![
        proof("proves an entry at another index", EntriesIncluded, |ledger, index| {
            proof_text(index + 1, &proof_of(ledger, index + 1), &ledger.signed())
        })
        .at(PROVEN + 1),
        proof("gives the proof of another entry", EntriesIncluded, |ledger, index| {
            proof_text(index, &proof_of(ledger, index + 2), &ledger.signed())
        })
        .at(PROVEN),
        proof("gives a proof to the root of another tree", EntriesIncluded, |ledger, index| {
            let other = sign(ORIGIN, ledger.len(), Hash::of(b"another"), &log_key());
            proof_text(index, &proof_of(ledger, index), &other)
        })
        .at(PROVEN),
        proof("signs a proof's checkpoint with another key", CheckpointSigned, |ledger, index| {
            let other = sign(ORIGIN, ledger.len(), ledger.root(), &signing_key(77));
            proof_text(index, &proof_of(ledger, index), &other)
        }),
    ]
}

/// A lie in a bundle is found by the checks named and by no other.
pub(super) fn judge(lie: &Lie, bend: fn(&mut Shown)) {
    let mut shown = Shown::new();
    bend(&mut shown);
    let verdict = match (shown.verdict(), &lie.found_by) {
        (Err(_), FoundBy::Reader) => return,
        (verdict, _) => verdict.expect(lie.lie),
    };
    let failed: Vec<_> = verdict.checks.iter().filter(|check| check.outcome == Outcome::Failed).collect();
    let names: Vec<_> = failed.iter().map(|check| check.name).collect();
    let FoundBy::Bundle(expected) = lie.found_by else { panic!("{}: not a bundle's", lie.lie) };
    assert_eq!(names, expected, "{}: {}", lie.lie, verdict.to_json());
    assert_eq!(failed[0].index.map(|index| index.get()), lie.index, "{}: {}", lie.lie, verdict.to_json());
}

/// The command's finding on a proof of an entry, if any.
fn prove(ledger: &Ledger, text: &str) -> Option<Value> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("tlog-proof");
    std::fs::write(&path, text).unwrap();
    let (leaf, vkey) = (ledger.leaf_hash(PROVEN).to_string(), vkey().to_string());
    let output = verify(&["proof", path.to_str().unwrap(), "--leaf", &leaf, "--vkey", &vkey, "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    let finding = report.get("finding").cloned();
    assert_eq!(output.status.code(), Some(i32::from(finding.is_some())), "{report}");
    finding
}

pub(super) fn judge_proof(lie: &Lie, text: fn(&Ledger, u64) -> String) {
    let ledger = market().ledger;
    lie.expect("proof", &prove(&ledger, &text(&ledger, PROVEN)).expect(lie.lie));
}

/// What the lies start from passes.
pub(super) fn honest_bundle_passes() {
    let mut shown = Shown::new();
    shown.ask_for_newest();
    passes(&shown);
    let ledger = market().ledger;
    assert_eq!(prove(&ledger, &proof_text(PROVEN, &proof_of(&ledger, PROVEN), &ledger.signed())), None);
}

#[track_caller]
fn passes(shown: &Shown) {
    let verdict = shown.verdict().unwrap();
    let not_passed: Vec<_> = verdict.checks.iter().filter(|check| check.outcome != Outcome::Passed).collect();
    assert_eq!(not_passed.iter().map(|check| check.name).collect::<Vec<_>>(), [CheckName::WitnessQuorum]);
    assert!(verdict.is_passed());
}

/// How many entries of a lot an audit of the whole ledger knows.
fn length_of(ledger: &Ledger, lot: &str) -> u32 {
    let mut auditor = Auditor::new(origin());
    ledger.entries.iter().for_each(|entry| auditor.push(entry).unwrap());
    let Ok(Some(Record::Lot(record))) = auditor.state().read(&Key::Lot(lot_key(lot))) else { return 0 };
    record.seq
}

/// The limit that `docs/reliability.md` names: the newest entries of a lot can be withheld even beside the newest checkpoint. Who
/// replays the ledger sees that the lot's chain is longer.
#[test]
fn a_bundle_cannot_show_that_a_lots_newest_entries_are_missing() {
    let mut shown = Shown::new();
    shown.show_without(&[16]);
    shown.ask_for_newest();
    passes(&shown);
    assert_eq!(length_of(&shown.story.ledger, PACKS), 4, "packed, sent, received, sold");

    let mut shown = Shown::new();
    shown.story.operator_event(&recall(PACKS), &[PACKS]);
    shown.show_without(&[NEXT]);
    shown.ask_for_newest();
    passes(&shown);
    assert_eq!(length_of(&shown.story.ledger, PACKS), 5);
}

/// The other limit: of a signer's statements a bundle holds those that it needs, so a revocation can be withheld. An audit finds that the
/// key was used after it.
#[test]
fn a_bundle_cannot_show_that_a_revocation_is_missing() {
    let mut shown = Shown::new();
    let revoke = json!({"actor": shown.story.shop.uri(), "revoke": shown.story.shop.hex()});
    shown.story.ledger.add(&mut shown.story.operator, "key", &revoke, &[]);
    shown.story.shop_event(&sell(), &[PACKS]);
    shown.show_without(&[NEXT]);
    shown.ask_for_newest();
    passes(&shown);
    let finding = audit(&shown.story.ledger, None).unwrap_err();
    assert_eq!((finding.check, finding.code), (AuditCheck::SignerRegistered, Some(Code::RevokedKey)));
}
