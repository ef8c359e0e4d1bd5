//! Checks of the log: its checkpoint, its witnesses, what is in its tree, and whether it has moved on.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use nguon_ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use nguon_ledger::hash::Hash;
use nguon_ledger::identifier::Origin;
use nguon_ledger::note::{Note, VerifierKey};
use nguon_ledger::policy::{Policy, Quorum};
use nguon_ledger::tree::{InclusionProof, TreeSize, verify_inclusion};

use super::{Bundle, BundleEntry, Options, Trust};
use crate::verdict::{Check, CheckName, Fault};

/// The log as the bundle shows it and as it is trusted.
pub(super) struct Log<'a> {
    policy: Option<&'a Policy>,
    on_first_use: bool,
    /// Keys whose word is taken; a policy may have several.
    keys: Vec<VerifierKey>,
    signed: Result<SignedCheckpoint, String>,
    /// What the note says, signed or not.
    claimed: Option<Checkpoint>,
    origin: Option<Origin>,
}

impl<'a> Log<'a> {
    pub(super) fn read(bundle: &Bundle, options: &Options<'a>) -> Self {
        let (keys, policy, on_first_use) = match options.trust {
            Trust::Key(key) => (alloc::vec![key.clone()], None, false),
            Trust::Policy(policy) => (policy.logs().iter().map(|log| log.key().clone()).collect(), Some(policy), false),
            Trust::OnFirstUse => (bundle.vkey.parse().into_iter().collect(), None, true),
        };
        let note = Note::parse(bundle.checkpoint.as_bytes());
        let claimed: Option<Checkpoint> = note.as_ref().ok().and_then(|note| note.text().parse().ok());
        let signed = match note {
            Ok(_) if keys.is_empty() => Err("no readable key to hold the checkpoint against".into()),
            Ok(note) => SignedCheckpoint::from_note(note, &keys).map_err(|error| sources(&error)),
            Err(error) => Err(sources(&error)),
        };
        // A lone trusted key names the ledger; among several the checkpoint chooses.
        let name = match keys.as_slice() {
            [key] => Some(key.name()),
            _ => claimed.as_ref().map(Checkpoint::origin),
        };
        let origin = name.and_then(|name| Origin::parse(name.as_str()).ok());
        Self { policy, on_first_use, keys, signed, claimed, origin }
    }

    pub(super) const fn origin(&self) -> Option<&Origin> {
        self.origin.as_ref()
    }

    pub(super) fn size(&self) -> Option<TreeSize> {
        self.claimed.as_ref().map(Checkpoint::size)
    }

    pub(super) fn root(&self) -> Option<Hash> {
        self.claimed.as_ref().map(Checkpoint::root)
    }

    pub(super) fn vkey(&self) -> Option<&VerifierKey> {
        let only = if let [key] = self.keys.as_slice() { Some(key) } else { None };
        self.signed.as_ref().ok().map(SignedCheckpoint::log).or(only)
    }

    pub(super) fn checkpoint_signed(&self) -> Check {
        let check = Check::of(CheckName::CheckpointSigned, self.signed.as_ref().map(|_| ()).map_err(Fault::new));
        let detail = self.on_first_use && check.detail.is_none();
        Check { detail: detail.then(|| "with the key that the bundle itself names".into()).or(check.detail), ..check }
    }

    pub(super) fn witness_quorum(&self) -> Check {
        let name = CheckName::WitnessQuorum;
        let Some(policy) = self.policy else { return Check::not_checked(name, "no policy given") };
        let Ok(signed) = &self.signed else { return Check::not_checked(name, "the checkpoint is not the log's") };
        match policy.evaluate(signed) {
            Err(error) => Check::of(name, Err(Fault::new(sources(&error)))),
            Ok(evaluation) => match evaluation.quorum() {
                Quorum::NotRequired => Check::not_checked(name, "the policy asks for no witness"),
                Quorum::Met => Check::passed(name),
                Quorum::NotMet => {
                    let detail = format!("{} witnesses cosigned, which is no quorum", evaluation.cosignatures().len());
                    Check::of(name, Err(Fault::new(detail)))
                }
            },
        }
    }

    pub(super) fn entries_included(&self, entries: &[BundleEntry]) -> Check {
        let name = CheckName::EntriesIncluded;
        let Some(claimed) = &self.claimed else { return Check::not_checked(name, "no readable checkpoint") };
        Check::of(name, entries.iter().try_for_each(|entry| is_included(claimed, entry)))
    }

    pub(super) fn freshness(&self, options: &Options<'_>) -> Check {
        let name = CheckName::Freshness;
        let Some(claimed) = &self.claimed else { return Check::not_checked(name, "no readable checkpoint") };
        let is_accepted = options.size_min.is_some_and(|size_min| claimed.size() >= size_min);
        let newest = match options.newest.map(|note| SignedCheckpoint::open_any(note, &self.keys)) {
            Some(Ok(newest)) => newest,
            _ if is_accepted => return Check::passed(name),
            _ if options.size_min.is_some() => {
                return Check::of(name, Err(Fault::new("older than what the verifier was told to accept")));
            }
            Some(Err(_)) => return Check::not_checked(name, "the checkpoint to compare with is not the log's"),
            None => return Check::not_checked(name, "nobody was asked for a newer checkpoint"),
        };
        let newest = newest.checkpoint();
        let result = if newest.size() == claimed.size() && newest.root() != claimed.root() {
            Err(Fault::new(format!("two roots for one size of {}: the log shows two histories", newest.size())))
        } else if newest.size() <= claimed.size() || is_accepted {
            Ok(())
        } else {
            Err(Fault::new(format!("made at size {}, the log is at {}", claimed.size(), newest.size())))
        };
        Check::of(name, result)
    }
}

fn is_included(checkpoint: &Checkpoint, entry: &BundleEntry) -> Result<(), Fault> {
    let fault = |detail: String| Fault::at(entry.index, detail);
    let hashes = entry.proof.iter().map(|bytes| Hash::from_slice(bytes)).collect::<Option<Vec<_>>>();
    let hashes = hashes.ok_or_else(|| fault("a hash of the proof has not 32 bytes".into()))?;
    let proof = InclusionProof::new(hashes).map_err(|error| fault(format!("{error}")))?;
    let leaf_hash = Hash::of_leaf(&entry.entry);
    verify_inclusion(entry.index, checkpoint.size(), &leaf_hash, &proof, &checkpoint.root())
        .map_err(|error| fault(format!("{error}")))
}

/// An error and what caused it, in one line.
pub(super) fn sources(error: &dyn core::error::Error) -> String {
    let mut text = format!("{error}");
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&format!("{cause}"));
        source = cause.source();
    }
    text
}
