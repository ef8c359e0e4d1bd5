//! Whose word on the log is taken.

use anyhow::{Context as _, bail};
use nguon_ledger::body::Charter;
use nguon_ledger::checkpoint::{Checkpoint, SignedCheckpoint};
use nguon_ledger::entry::Entry;
use nguon_ledger::identifier::Origin;
use nguon_ledger::json::Json;
use nguon_ledger::note::{Note, VerifierKey};
use nguon_ledger::policy::{Policy, PolicyLog, Quorum};
use nguon_ledger::statement::Statement;
use nguon_verifier::audit::{AuditCheck, Finding};

use super::TrustArgs;

/// Whose word is taken, as told on the command line.
#[derive(Debug)]
pub(super) enum Trust {
    Key(VerifierKey),
    Policy(Policy),
    /// Nobody was named.
    FirstUse,
}

impl Trust {
    pub(super) fn read(args: &TrustArgs) -> anyhow::Result<Self> {
        if let Some(vkey) = &args.vkey {
            let key =
                vkey.parse().context("--vkey is no verifier key. It reads name+8 hex digits+base64, in quotes")?;
            return Ok(Self::Key(key));
        }
        let Some(path) = &args.policy else { return Ok(Self::FirstUse) };
        let bytes = std::fs::read(path).with_context(|| format!("the policy {}", path.display()))?;
        let policy = Policy::parse(&bytes)
            .with_context(|| format!("{} is no trust policy (see c2sp.org/tlog-policy)", path.display()))?;
        if policy.logs().is_empty() {
            bail!("{} names no log: add a line `log VKEY`", path.display());
        }
        Ok(Self::Policy(policy))
    }

    /// How the key was come by, as it travels.
    pub(super) const fn as_str(&self) -> &'static str {
        match self {
            Self::Key(_) => "given",
            Self::Policy(_) => "policy",
            Self::FirstUse => "first_use",
        }
    }

    /// The keys whose word is taken; `None` if nobody was named.
    pub(super) fn keys(&self) -> Option<Vec<VerifierKey>> {
        match self {
            Self::Key(key) => Some(vec![key.clone()]),
            Self::Policy(policy) => Some(policy.logs().iter().map(PolicyLog::key).cloned().collect()),
            Self::FirstUse => None,
        }
    }

    /// Holds a checkpoint against the policy's witnesses, if there is a policy.
    pub(super) fn quorum(&self, checkpoint: &SignedCheckpoint) -> Result<(), Finding> {
        let Self::Policy(policy) = self else { return Ok(()) };
        let finding = |detail: String| Finding::new(AuditCheck::WitnessQuorum, detail);
        let evaluation = policy.evaluate(checkpoint).map_err(|error| finding(error.to_string()))?;
        match evaluation.quorum() {
            Quorum::NotRequired | Quorum::Met => Ok(()),
            Quorum::NotMet => {
                Err(finding(format!("{} witnesses cosigned, which is no quorum", evaluation.cosignatures().len())))
            }
        }
    }
}

/// Opens a checkpoint with one of the keys.
pub(super) fn open(note: &[u8], keys: &[VerifierKey]) -> Result<SignedCheckpoint, Finding> {
    SignedCheckpoint::open_any(note, keys).map_err(|error| Finding::new(AuditCheck::CheckpointSigned, chain_of(&error)))
}

/// What an unsigned reading of a checkpoint says, to choose among keys by.
pub(super) fn claimed(note: &[u8]) -> Option<Checkpoint> {
    Note::parse(note).ok()?.text().parse().ok()
}

/// The key in the answer to `GET /v1/ledger`, or in a data folder's `ledger.json`.
pub(super) fn key_in_description(bytes: &[u8]) -> Option<VerifierKey> {
    let json = Json::parse(bytes).ok()?;
    json.as_object()?.get("vkey")?.as_str()?.parse().ok()
}

/// The key that the ledger's first entry names.
pub(super) fn key_in_charter(entry: &[u8]) -> Option<VerifierKey> {
    let entry = Entry::parse(entry).ok()?;
    let statement = Statement::parse(entry.payload).ok()?;
    let origin = Origin::parse(statement.ledger()).ok()?;
    Charter::parse(&origin, statement.body()).ok()?.vkey.parse().ok()
}

/// An error and its causes in one line.
pub(super) fn chain_of(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
