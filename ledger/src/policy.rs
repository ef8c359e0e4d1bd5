//! Trust policies: which logs, which witnesses, and how many of them must have cosigned (C2SP tlog-policy).

mod parse;
#[cfg(test)]
mod tests;

use alloc::{string::String, vec::Vec};
use core::fmt;

use thiserror::Error;

pub use parse::{PolicyError, PolicyLineError};

use crate::checkpoint::{OpenCheckpointError, SignedCheckpoint};
use crate::cosignature::CosignatureTime;
use crate::note::{Note, VerifierKey, VerifyNoteError};

/// Most logs, most witnesses and most groups of a policy: twice what C2SP asks every program to support. A note carries no
/// more signatures either.
pub const POLICY_ITEMS_MAX: usize = 64;

/// A name within a policy: bytes that are compared as they are, UTF-8 by custom only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyName(Vec<u8>);

impl PolicyName {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Bytes that are not UTF-8 are shown as U+FFFD.
impl fmt::Display for PolicyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        String::from_utf8_lossy(&self.0).fmt(f)
    }
}

impl fmt::Debug for PolicyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&String::from_utf8_lossy(&self.0), f)
    }
}

/// A log whose checkpoints are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyLog {
    key: VerifierKey,
    url: Option<Vec<u8>>,
}

/// A witness whose cosignatures count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyWitness {
    name: PolicyName,
    key: VerifierKey,
    url: Option<Vec<u8>>,
}

/// A number of witnesses and groups, of which so many must have witnessed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    name: PolicyName,
    threshold: usize,
    members: Vec<Member>,
}

/// A witness or an earlier group, by its place among its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Member {
    Witness(usize),
    Group(usize),
}

/// A trust policy. Read one with [`Policy::parse`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<PolicyLog>,
    witnesses: Vec<PolicyWitness>,
    groups: Vec<Group>,
    /// `None` for `quorum none`.
    quorum: Option<Member>,
}

/// Whether a checkpoint has the cosignatures that a policy asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a caller must tell all three apart")]
pub enum Quorum {
    /// The policy asks for no witness (`quorum none`).
    NotRequired,
    /// Enough of the witnesses have cosigned.
    Met,
    /// Too few have.
    NotMet,
}

/// A witness's valid cosignature on a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WitnessCosignature<'p> {
    /// Who cosigned.
    pub witness: &'p PolicyWitness,
    /// When it last did, by its own claim.
    pub time: CosignatureTime,
}

/// What a policy says about one checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation<'p> {
    quorum: Quorum,
    cosignatures: Vec<WitnessCosignature<'p>>,
}

/// Why a checkpoint is not accepted by a policy.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AcceptCheckpointError {
    /// It is no checkpoint signed by one of the policy's logs.
    #[error(transparent)]
    Open(#[from] OpenCheckpointError),
    /// A witness's line on it is not valid.
    #[error("a witness's cosignature is not valid")]
    Cosignature(#[source] VerifyNoteError),
    /// Too few witnesses cosigned it.
    #[error("{got} witnesses cosigned the checkpoint, which is no quorum")]
    QuorumNotMet {
        /// Witnesses of the policy that cosigned.
        got: usize,
    },
}

impl PolicyLog {
    /// The log's key; its name is the log's origin.
    #[must_use]
    pub const fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// Where to reach the log, as written.
    #[must_use]
    pub fn url(&self) -> Option<&[u8]> {
        self.url.as_deref()
    }
}

impl PolicyWitness {
    /// The witness's name within the policy.
    #[must_use]
    pub const fn name(&self) -> &PolicyName {
        &self.name
    }

    /// The witness's key.
    #[must_use]
    pub const fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// Where to reach the witness, as written; by custom its submission prefix.
    #[must_use]
    pub fn url(&self) -> Option<&[u8]> {
        self.url.as_deref()
    }
}

impl<'p> Evaluation<'p> {
    /// Whether enough witnesses have cosigned.
    #[must_use]
    pub const fn quorum(&self) -> Quorum {
        self.quorum
    }

    /// The witnesses that have cosigned, in the policy's order, each once.
    #[must_use]
    pub fn cosignatures(&self) -> &[WitnessCosignature<'p>] {
        &self.cosignatures
    }
}

impl Policy {
    /// The logs that are accepted. A policy without logs is for a log known otherwise.
    #[must_use]
    pub fn logs(&self) -> &[PolicyLog] {
        &self.logs
    }

    /// The witnesses that count.
    #[must_use]
    pub fn witnesses(&self) -> &[PolicyWitness] {
        &self.witnesses
    }

    /// Opens a checkpoint that one of the policy's logs signed. Cosignatures are another question: [`Policy::evaluate`].
    ///
    /// # Errors
    ///
    /// [`OpenCheckpointError`].
    pub fn open_checkpoint(&self, note: Note) -> Result<SignedCheckpoint, OpenCheckpointError> {
        SignedCheckpoint::from_note(note, self.logs.iter().map(PolicyLog::key))
    }

    /// Verifies the cosignatures on a checkpoint and holds them against the quorum.
    ///
    /// # Errors
    ///
    /// [`VerifyNoteError::InvalidSignature`] if a line under a key of the policy is not valid: the whole note is to be
    /// rejected then. Too few cosignatures are no error but [`Quorum::NotMet`].
    pub fn evaluate(&self, checkpoint: &SignedCheckpoint) -> Result<Evaluation<'_>, VerifyNoteError> {
        let keys: Vec<_> = self.witnesses.iter().map(PolicyWitness::key).collect();
        let verified = match checkpoint.note().verify(&keys) {
            Err(VerifyNoteError::NoKnownSignature) => Vec::new(),
            result => result?,
        };
        let latest = |witness: &PolicyWitness| {
            verified
                .iter()
                .filter(|signature| *signature.key == witness.key)
                .filter_map(|signature| signature.time)
                .max()
        };
        let times: Vec<_> = self.witnesses.iter().map(latest).collect();
        let has_cosigned: Vec<_> = times.iter().map(Option::is_some).collect();
        let cosignatures = self
            .witnesses
            .iter()
            .zip(times)
            .filter_map(|(witness, time)| time.map(|time| WitnessCosignature { witness, time }))
            .collect();
        Ok(Evaluation { quorum: self.quorum(&has_cosigned), cosignatures })
    }

    /// Opens a checkpoint and asks for the quorum as well.
    ///
    /// # Errors
    ///
    /// [`AcceptCheckpointError`].
    pub fn accept(&self, note: Note) -> Result<(SignedCheckpoint, Evaluation<'_>), AcceptCheckpointError> {
        let checkpoint = self.open_checkpoint(note)?;
        let evaluation = self.evaluate(&checkpoint).map_err(AcceptCheckpointError::Cosignature)?;
        match evaluation.quorum {
            Quorum::NotRequired | Quorum::Met => Ok((checkpoint, evaluation)),
            Quorum::NotMet => Err(AcceptCheckpointError::QuorumNotMet { got: evaluation.cosignatures.len() }),
        }
    }

    /// Holds the witnesses that cosigned, by their place, against the quorum.
    fn quorum(&self, has_cosigned: &[bool]) -> Quorum {
        let Some(quorum) = self.quorum else { return Quorum::NotRequired };
        // A group's members stand before it, so one pass decides them all.
        let mut groups = Vec::new();
        let has_witnessed = |member: Member, groups: &[bool]| match member {
            Member::Witness(place) => has_cosigned.get(place).copied().unwrap_or(false),
            Member::Group(place) => groups.get(place).copied().unwrap_or(false),
        };
        for group in &self.groups {
            let count = group.members.iter().filter(|&&member| has_witnessed(member, &groups)).count();
            groups.push(count >= group.threshold);
        }
        if has_witnessed(quorum, &groups) { Quorum::Met } else { Quorum::NotMet }
    }
}
